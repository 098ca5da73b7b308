//! Whether two cards may touch the same file, decided so that the answer "no" is always right.

use std::collections::HashSet;

/// The first pair of globs, one of each list, that some path may match both.
pub fn overlap<'a>(a: &'a [String], b: &'a [String]) -> Option<(&'a str, &'a str)> {
    let all: Vec<&str> = b.iter().map(String::as_str).collect();
    let names: HashSet<&str> = all.iter().copied().collect();
    let globs: Vec<&str> = all.iter().copied().filter(|glob| is_wild(glob)).collect();
    a.iter().map(String::as_str).find_map(|left| {
        if let Some(same) = names.get(left) {
            return Some((left, *same));
        }
        // A name that is no glob meets no other name.
        let others = match is_wild(left) {
            true => &all,
            false => &globs,
        };
        let right = others.iter().find(|right| may_meet(left, right))?;
        Some((left, *right))
    })
}

fn is_wild(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// Whether two globs may match one path. Each pair of their ends is looked at once.
fn may_meet(left: &str, right: &str) -> bool {
    let left: Vec<&str> = left.split('/').collect();
    let right: Vec<&str> = right.split('/').collect();
    // Whether the ends from these places on may meet; at the last place both are at their end.
    let (rows, columns) = (left.len(), right.len());
    let mut meets = vec![vec![false; columns + 1]; rows + 1];
    for row in (0..=rows).rev() {
        for column in (0..=columns).rev() {
            let (a, b) = (left.get(row), right.get(column));
            meets[row][column] = match (a, b) {
                (None, None) => true,
                // Folders may be none, or take one more part of the other side with them.
                (Some(&"**"), _) => meets[row + 1][column] || b.is_some() && meets[row][column + 1],
                (_, Some(&"**")) => meets[row][column + 1] || a.is_some() && meets[row + 1][column],
                (Some(a), Some(b)) => names_meet(a, b) && meets[row + 1][column + 1],
                _ => false,
            };
        }
    }
    meets[0][0]
}

/// Two names with wildcards may meet unless their fixed beginnings or ends differ. Braces and brackets are taken to
/// match anything.
fn names_meet(a: &str, b: &str) -> bool {
    match (is_wild(a), is_wild(b)) {
        (false, false) => a == b,
        _ => {
            let fixed = |name: &str| -> (String, String) {
                let stands = |c: char| matches!(c, '*' | '?' | '[' | '{' | ']' | '}' | ',');
                let start: String = name.chars().take_while(|c| !stands(*c)).collect();
                let end: String = if is_wild(name) {
                    let end: String = name.chars().rev().take_while(|c| !stands(*c)).collect();
                    end.chars().rev().collect()
                } else {
                    name.to_owned()
                };
                (start, end)
            };
            let ((start_a, end_a), (start_b, end_b)) = (fixed(a), fixed(b));
            let starts = start_a.starts_with(&start_b) || start_b.starts_with(&start_a);
            let ends = end_a.ends_with(&end_b) || end_b.ends_with(&end_a);
            starts && ends
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::path::RepoPath;
    use crate::domain::scope::Allowed;

    fn meet(a: &str, b: &str) -> bool {
        overlap(&[a.to_owned()], &[b.to_owned()]).is_some()
    }

    #[test]
    fn plain_cases() {
        assert!(meet("src/a.rs", "src/*.rs"));
        assert!(meet("src/**", "src/a/b.rs"));
        assert!(meet("**/x", "a/b/x"));
        assert!(!meet("src/a.rs", "src/b.rs"));
        assert!(!meet("src/*.rs", "src/*.js"));
        assert!(!meet("src/*.rs", "src/a/b.rs"));
        assert!(!meet("web/**", "src/**"));
    }

    #[test]
    fn globs_of_many_folders_are_compared_at_once() {
        let (a, b) = ("**/a/".repeat(60) + "x", "**/a/".repeat(60) + "y");
        assert!(!meet(&a, &b) && meet(&a, &a));
        let many: Vec<String> = (0..20_000).map(|number| format!("a/{number}")).collect();
        let others: Vec<String> = (0..20_000).map(|number| format!("b/{number}")).collect();
        assert_eq!(overlap(&many, &others), None);
    }

    proptest! {
        #[test]
        fn a_common_path_is_never_overlooked(
            path in "[ab]{1,3}(/[ab]{1,3}){0,3}",
            a in "[ab*]{1,3}(/([ab*]{1,3}|\\*\\*)){0,3}",
            b in "[ab*]{1,3}(/([ab*]{1,3}|\\*\\*)){0,3}",
        ) {
            let path = RepoPath::try_from(path.as_str()).unwrap();
            let matches = |glob: &str| Allowed::new(&[glob]).is_ok_and(|allowed| allowed.matches(&path));
            if matches(&a) && matches(&b) {
                prop_assert!(meet(&a, &b), "{a} and {b} both match {path}");
            }
        }
    }
}
