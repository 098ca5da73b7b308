//! Whether two cards may touch the same file, decided so that the answer "no" is always right.

/// The first pair of globs, one of each list, that some path may match both.
pub fn overlap<'a>(a: &'a [String], b: &'a [String]) -> Option<(&'a str, &'a str)> {
    a.iter()
        .flat_map(|left| b.iter().map(move |right| (left.as_str(), right.as_str())))
        .find(|(left, right)| may_meet(left, right))
}

fn may_meet(left: &str, right: &str) -> bool {
    let left: Vec<&str> = left.split('/').collect();
    let right: Vec<&str> = right.split('/').collect();
    parts_meet(&left, &right)
}

fn parts_meet(left: &[&str], right: &[&str]) -> bool {
    match (left, right) {
        ([], []) => true,
        // Folders may be none, or take one more part of the other side with them.
        (["**", rest @ ..], other) => parts_meet(rest, other) || takes_one(left, other),
        (other, ["**", rest @ ..]) => parts_meet(other, rest) || takes_one(right, other),
        ([a, left @ ..], [b, right @ ..]) => names_meet(a, b) && parts_meet(left, right),
        _ => false,
    }
}

fn takes_one(folders: &[&str], other: &[&str]) -> bool {
    other.split_first().is_some_and(|(_, after)| parts_meet(folders, after))
}

/// Two names with wildcards may meet unless their fixed beginnings or ends differ. Braces and brackets are taken to
/// match anything.
fn names_meet(a: &str, b: &str) -> bool {
    let wild = |name: &str| name.contains(['*', '?', '[', '{']);
    match (wild(a), wild(b)) {
        (false, false) => a == b,
        _ => {
            let fixed = |name: &str| -> (String, String) {
                let is_wild = |c: char| matches!(c, '*' | '?' | '[' | '{' | ']' | '}' | ',');
                let start: String = name.chars().take_while(|c| !is_wild(*c)).collect();
                let end: String = if wild(name) {
                    let end: String = name.chars().rev().take_while(|c| !is_wild(*c)).collect();
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
