//! Allowed files. An entry that is exactly a path is that path, with whatever characters it holds; any other is a glob, in
//! which `*` and `?` do not match `/`, and `**` matches folders.
//!
//! Which of the two an entry is depends on the tree that the work is done on: [`Allowed::at`] asks it. `app/[id]/page.tsx`
//! is that file where there is a folder `app/[id]`, and never `app/i/page.tsx` besides. What it was when it was written stays
//! ([`Allowed::doubtful`], [`as_name`], [`Allowed::with_globs`]), whatever other work makes or removes.

use std::collections::BTreeSet;

use globset::{GlobSet, GlobSetBuilder};

use crate::domain::path::RepoPath;

use super::entry::{GlobError, check, compile, escaped, has_wildcard, unescaped};

/// The allowed files of a card, compiled.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The entries that are read as globs, too.
    globs: Vec<String>,
    set: GlobSet,
    /// Every entry read as a path.
    names: BTreeSet<Vec<u8>>,
    /// Entries that are an escaped name, with that.
    escaped: Vec<(String, String)>,
    /// Those that are globs for sure, whatever is there.
    sure: BTreeSet<String>,
}

/// An entry as the name that it is in a tree, with everything in that escaped; `None` for one that is a glob there.
pub fn as_name<E>(entry: &str, mut there: impl FnMut(&str) -> Result<bool, E>) -> Result<Option<String>, E> {
    Ok(match literal_part(entry, &mut there)? {
        0 => None,
        length => Some(escaped(&entry[..length]) + &entry[length..]),
    })
}

impl Allowed {
    /// Compiles the entries, or says what is wrong with each that is no good in any tree.
    pub fn new<S: AsRef<str>>(entries: &[S]) -> Result<Self, Vec<GlobError>> {
        let mut globs = Vec::new();
        let mut names = BTreeSet::new();
        let mut escaped = Vec::new();
        let mut wrong = Vec::new();
        for (index, entry) in entries.iter().map(AsRef::as_ref).enumerate() {
            if let Err((why, fix)) = check(entry) {
                wrong.push(GlobError {
                    index,
                    glob: entry.to_owned(),
                    why,
                    fix,
                });
                continue;
            }
            names.insert(entry.as_bytes().to_vec());
            match unescaped(entry) {
                Some(name) if name != entry => {
                    names.insert(name.as_bytes().to_vec());
                    escaped.push((entry.to_owned(), name));
                }
                // What is no glob can only be a name.
                None if compile(entry).is_ok() => globs.push(entry.to_owned()),
                _ => {}
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        match set_of(&globs) {
            Ok(set) => Ok(Self {
                globs,
                set,
                names,
                escaped,
                sure: BTreeSet::new(),
            }),
            Err(error) => Err(vec![error]),
        }
    }

    /// The entries of which it has to be asked what they were when they were written: those that are a name now, and those
    /// with brackets, which a name has more often than a star.
    pub fn doubtful<E>(&self, mut there: impl FnMut(&str) -> Result<bool, E>) -> Result<Vec<&str>, E> {
        let mut found = Vec::new();
        for glob in &self.globs {
            if glob.contains(['[', '{']) || literal_part(glob, &mut there)? > 0 {
                found.push(glob.as_str());
            }
        }
        Ok(found)
    }

    /// The same where some entries are globs, though a tree may hold what they would be as a name. That is allowed, too.
    #[must_use]
    pub fn with_globs(self, sure: impl IntoIterator<Item = String>) -> Self {
        Self {
            sure: sure.into_iter().collect(),
            ..self
        }
    }

    /// The same where the entries are read in a tree, of which `there` tells whether it holds a file or a folder of a name.
    /// What an entry says of a path that is there is meant as it stands, and only what follows it as a glob.
    ///
    /// # Errors
    /// Those of `there`.
    pub fn at<E>(&self, mut there: impl FnMut(&str) -> Result<bool, E>) -> Result<Self, E> {
        let mut names = self.names.clone();
        for (entry, name) in &self.escaped {
            if there(entry)? && !self.escaped.iter().any(|(other, _)| other == name) {
                names.remove(name.as_bytes());
            }
        }
        let mut changed = false;
        let mut globs = Vec::with_capacity(self.globs.len());
        for glob in &self.globs {
            match literal_part(glob, &mut there)? {
                0 => globs.push(glob.clone()),
                length => {
                    changed = true;
                    if self.sure.contains(glob) {
                        globs.push(glob.clone());
                    }
                    let rest = &glob[length..];
                    if has_wildcard(rest) {
                        globs.push(escaped(&glob[..length]) + rest);
                    }
                }
            }
        }
        let set = match changed {
            true => set_of(&globs).ok(),
            false => None,
        };
        let (escaped, sure) = (self.escaped.clone(), self.sure.clone());
        Ok(match set {
            Some(set) => Self {
                globs,
                set,
                names,
                escaped,
                sure,
            },
            None => Self { names, ..self.clone() },
        })
    }

    /// Whether an entry is this path or matches it.
    pub fn matches(&self, path: &RepoPath) -> bool {
        use std::os::unix::ffi::OsStrExt;
        self.names.contains(path.as_bytes()) || self.set.is_match(std::ffi::OsStr::from_bytes(path.as_bytes()))
    }

    /// Whether an entry is exactly this path.
    pub fn names_exactly(&self, path: &RepoPath) -> bool {
        self.names.contains(path.as_bytes())
    }

    /// The paths that the entries are where they are read as such.
    pub fn names(&self) -> impl Iterator<Item = RepoPath> {
        let names = self.names.iter();
        names.filter_map(|name| RepoPath::in_tree(name.clone()).ok())
    }

    /// The entries that are read as globs.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(String::as_str)
    }
}

/// How many bytes of a glob, in whole names, are a path that is there and has a character that would stand for others.
fn literal_part<E>(glob: &str, there: &mut impl FnMut(&str) -> Result<bool, E>) -> Result<usize, E> {
    let ends = glob.match_indices('/').map(|(at, _)| at).chain([glob.len()]);
    let mut ends: Vec<usize> = ends.filter(|end| has_wildcard(&glob[..*end])).collect();
    // The shortest first: below what is not there, nothing is.
    let mut found = 0;
    ends.sort_unstable();
    for end in ends {
        if !there(&glob[..end])? {
            break;
        }
        found = end;
    }
    Ok(found)
}

fn set_of(globs: &[String]) -> Result<GlobSet, GlobError> {
    let mut builder = GlobSetBuilder::new();
    for (index, glob) in globs.iter().enumerate() {
        builder.add(compile(glob).map_err(|(why, fix)| GlobError {
            index,
            glob: glob.clone(),
            why,
            fix,
        })?);
    }
    builder.build().map_err(|error| GlobError {
        index: 0,
        glob: error.glob().unwrap_or_default().to_owned(),
        why: format!("cannot be read: {}", error.kind()),
        fix: "write it simpler".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::super::entry::doubt;
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::in_tree(text).unwrap()
    }

    /// The entries, read in a tree with these files.
    fn at(entries: &[&str], files: &[&str]) -> Allowed {
        let there = |name: &str| {
            let below = format!("{name}/");
            Ok::<_, Infallible>(files.iter().any(|file| *file == name || file.starts_with(&below)))
        };
        Allowed::new(entries).unwrap().at(there).unwrap()
    }

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        let allowed = Allowed::new(&["src/*.rs", "docs/**", "a.{js,ts}", "b/**/x?.txt"]).unwrap();
        for yes in ["src/a.rs", "docs/a", "docs/b/c.md", "a.ts", "b/x1.txt", "b/c/d/x2.txt"] {
            assert!(allowed.matches(&path(yes)), "{yes}");
        }
        for no in ["src/a/b.rs", "docs", "a.rs", "b/x.txt", "src/a.rs.evil", "SRC/a.rs"] {
            assert!(!allowed.matches(&path(no)), "{no}");
        }
    }

    #[test]
    fn a_name_is_that_file_even_where_it_looks_odd() {
        let allowed =
            Allowed::new(&["src/a b.rs", "x", "~$Budget.xlsx", "!x", "c:x", "a\\b", "{{name}}.fish"]).unwrap();
        for name in ["src/a b.rs", "~$Budget.xlsx", "!x", "c:x", "a\\b", "{{name}}.fish"] {
            assert!(allowed.names_exactly(&path(name)), "{name}");
        }
        assert!(!allowed.matches(&path("x/y")));
    }

    #[test]
    fn an_entry_that_is_a_path_of_the_tree_is_that_path_alone() {
        let tree = [
            "app/[id]/page.tsx",
            "app/i/page.tsx",
            "a*b.py",
            "axb.py",
            "[x]/y/z",
            "x/y/z",
        ];
        for (entry, opens, shuts) in [
            (
                "app/[id]/page.tsx",
                vec!["app/[id]/page.tsx"],
                vec!["app/i/page.tsx", "app/d/page.tsx"],
            ),
            // A new file in a folder that is there.
            ("app/[id]/new.tsx", vec!["app/[id]/new.tsx"], vec!["app/i/new.tsx"]),
            (
                "app/[id]/**",
                vec!["app/[id]/a", "app/[id]/b/c"],
                vec!["app/i/page.tsx"],
            ),
            (
                "app/[id]/[slug].tsx",
                vec!["app/[id]/[slug].tsx", "app/[id]/s.tsx"],
                vec!["app/i/s.tsx"],
            ),
            ("a*b.py", vec!["a*b.py"], vec!["axb.py"]),
            ("[x]/*/z", vec!["[x]/y/z", "[x]/q/z"], vec!["x/y/z"]),
            // Nothing of that name is there: a glob, and the path itself.
            (
                "app/[ij]/page.tsx",
                vec!["app/i/page.tsx", "app/[ij]/page.tsx"],
                vec!["app/[id]/page.tsx"],
            ),
            // Escaped, and so exactly one name.
            ("app/[[]id]/page.tsx", vec!["app/[id]/page.tsx"], vec!["app/i/page.tsx"]),
        ] {
            let allowed = at(&[entry], &tree);
            for open in opens {
                assert!(allowed.matches(&path(open)), "{entry} does not open {open}");
            }
            for shut in shuts {
                assert!(!allowed.matches(&path(shut)), "{entry} opens {shut}");
            }
        }
        assert!(at(&["app/[[]id]/package.json"], &tree).names_exactly(&path("app/[id]/package.json")));
        assert!(at(&["app/[id]/package.json"], &tree).names_exactly(&path("app/[id]/package.json")));
        assert!(!at(&["app/[ij]/package.json"], &tree).names_exactly(&path("app/i/package.json")));
    }

    #[test]
    fn every_bad_entry_is_named_with_its_fix() {
        let never = ["", "/etc/x", "../x", "src/", ".git/config", ".harness/**", "a/./b"];
        let wrong = Allowed::new(&never).unwrap_err();
        assert_eq!(wrong.len(), never.len());
        let unless_there = ["a\\b", "src/[", "!x", "~/x", "C:/x", "a\u{200b}b", "{{x}}"];
        let doubts: Vec<GlobError> = unless_there.iter().filter_map(|entry| doubt(entry)).collect();
        assert_eq!(doubts.len(), unless_there.len());
        let text: Vec<String> = wrong
            .iter()
            .chain(&doubts)
            .map(|error| format!("{error}; {}", error.fix))
            .collect();
        insta::assert_snapshot!(text.join("\n"));
        for fine in ["src/*.rs", "app/[[]id]/x", "a b", "docs/**", "[{][{]NAME[}][}]"] {
            assert_eq!(doubt(fine), None, "{fine}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_name_is_that_name_and_no_other(name in "[a\\[\\]{}*?!,]{1,6}", other in "[a\\[\\]{}*?!,]{1,6}") {
            let allowed = Allowed::new(&[escaped(&name)]).unwrap();
            prop_assert!(allowed.names_exactly(&path(&name)));
            prop_assert_eq!(allowed.matches(&path(&other)), other == name || other == escaped(&name));
        }

        #[test]
        fn in_a_tree_that_holds_it_every_name_is_itself(
            names in proptest::collection::btree_set("[ab\\[\\]{*?]{1,3}", 2..6),
        ) {
            let files: Vec<&str> = names.iter().map(String::as_str).collect();
            for name in &files {
                let allowed = at(&[name], &files);
                for other in &files {
                    prop_assert_eq!(allowed.matches(&path(other)), other == name, "{} in {:?}", name, files);
                }
            }
        }
    }
}
