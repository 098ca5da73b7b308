//! Allowed files: globs in which `*` and `?` do not match `/`, `**` matches folders, and a name without wildcards is
//! that file and nothing else.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::domain::path::{PathError, RepoPath};

use super::names::deceives;

/// Why a glob is no good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` {why}")]
pub struct GlobError {
    /// Its place in the list, from 0.
    pub index: usize,
    /// The glob.
    pub glob: String,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub fix: String,
}

/// The allowed files of a card, compiled.
#[derive(Debug, Clone)]
pub struct Allowed {
    set: GlobSet,
    names: BTreeSet<Vec<u8>>,
}

impl Allowed {
    /// Compiles the globs, or says what is wrong with each that is no good.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, Vec<GlobError>> {
        let mut builder = GlobSetBuilder::new();
        let mut names = BTreeSet::new();
        let mut wrong = Vec::new();
        for (index, glob) in globs.iter().enumerate() {
            let glob = glob.as_ref();
            let added = check(glob).and_then(|()| {
                if has_wildcard(glob) {
                    builder.add(compile(glob)?);
                } else {
                    names.insert(glob.as_bytes().to_vec());
                }
                Ok(())
            });
            if let Err((why, fix)) = added {
                wrong.push(GlobError {
                    index,
                    glob: glob.to_owned(),
                    why,
                    fix,
                });
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        match builder.build() {
            Ok(set) => Ok(Self { set, names }),
            Err(error) => Err(vec![GlobError {
                index: 0,
                glob: error.glob().unwrap_or_default().to_owned(),
                why: format!("cannot be read: {}", error.kind()),
                fix: "write it simpler".to_owned(),
            }]),
        }
    }

    /// Whether a glob matches the path.
    pub fn matches(&self, path: &RepoPath) -> bool {
        use std::os::unix::ffi::OsStrExt;
        self.names.contains(path.as_bytes()) || self.set.is_match(std::ffi::OsStr::from_bytes(path.as_bytes()))
    }

    /// Whether an entry without wildcards is exactly this path.
    pub fn names_exactly(&self, path: &RepoPath) -> bool {
        self.names.contains(path.as_bytes())
    }
}

/// Whether a glob has any character that stands for others.
pub fn has_wildcard(glob: &str) -> bool {
    glob.contains(['*', '?', '[', '{'])
}

type Wrong = (String, String);

fn compile(glob: &str) -> Result<globset::Glob, Wrong> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .backslash_escape(false)
        .build()
        .map_err(|error| {
            (
                format!("is no glob: {}", error.kind()),
                "close every bracket and brace, or name the file as it is".to_owned(),
            )
        })
}

fn check(glob: &str) -> Result<(), Wrong> {
    let wrong = |why: &str, fix: String| Err((why.to_owned(), fix));
    if glob.trim().is_empty() {
        return wrong("is empty", "remove it, or name a file".to_owned());
    }
    if glob.contains('\\') {
        return wrong("has a backslash", format!("write `{}`", glob.replace('\\', "/")));
    }
    if let Some(why) = deceives(glob) {
        return wrong(&why, "write the name as it is in the tree".to_owned());
    }
    if let Some(dir) = glob.strip_suffix('/') {
        return wrong(
            "names a folder, and folders hold no changes",
            format!("write `{dir}/**` for all files below it"),
        );
    }
    if let Some(exclusion) = glob.strip_prefix('!') {
        return wrong(
            "excludes, and only inclusions are read",
            format!("remove `!{exclusion}` and name what is allowed"),
        );
    }
    let plain = glob.replace(['*', '?'], "x");
    match RepoPath::new(plain.as_str()) {
        Ok(path) if path.is_harness() => wrong(
            "opens the harness's own files, which no card may",
            "change cards with `git harness plan edit`".to_owned(),
        ),
        Ok(_) => Ok(()),
        Err(PathError::Absolute(_)) => wrong(
            "is not relative to the repository",
            format!("write `{}`", glob.trim_start_matches(['/', '~'])),
        ),
        Err(PathError::Dots(_)) => wrong(
            "leaves the repository, or goes round (`.` and `..` are refused)",
            format!("write `{}`", glob.trim_start_matches("./").trim_start_matches("../")),
        ),
        Err(PathError::GitFolder(_)) => wrong("names git's own folder", "remove it".to_owned()),
        Err(error) => wrong("is no path in a repository", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::try_from(text).unwrap()
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
        let allowed = Allowed::new(&["src/a b.rs", "x"]).unwrap();
        assert!(allowed.names_exactly(&path("src/a b.rs")));
        assert!(!allowed.matches(&path("x/y")));
    }

    #[test]
    fn every_bad_glob_is_named_with_its_fix() {
        let globs = [
            "",
            "/etc/x",
            "../x",
            "a\\b",
            "src/",
            ".git/config",
            ".harness/**",
            "src/[",
            "!x",
            "a/./b",
        ];
        let wrong = Allowed::new(&globs).unwrap_err();
        let text: Vec<String> = wrong.iter().map(|error| format!("{error}; {}", error.fix)).collect();
        insta::assert_snapshot!(text.join("\n"));
        assert_eq!(wrong.len(), globs.len());
    }
}
