//! Protected files: paths that no glob can open, only an exact name in a card whose lane permits that. The harness's
//! own files are never opened. Some are protected in every project, others by its policy.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::domain::path::RepoPath;

use super::built_in;
use super::entry::GlobError;
use super::names::{as_seen, fold};

/// Protected files: those of every project, and its own, compiled.
#[derive(Debug, Clone)]
pub struct Protected {
    own: GlobSet,
    patterns: Vec<String>,
}

impl Protected {
    /// The built-in patterns and a project's own.
    pub fn new<S: AsRef<str>>(own: &[S]) -> Result<Self, Vec<GlobError>> {
        let mut builder = GlobSetBuilder::new();
        let mut patterns = Vec::new();
        let mut wrong = Vec::new();
        for (index, pattern) in own.iter().map(AsRef::as_ref).enumerate() {
            match GlobBuilder::new(&fold(&from_where(pattern)))
                .literal_separator(true)
                .build()
            {
                Ok(glob) => {
                    builder.add(glob);
                    patterns.push(pattern.to_owned());
                }
                Err(error) => wrong.push(GlobError {
                    index,
                    glob: pattern.to_owned(),
                    why: format!("is no glob: {}", error.kind()),
                    fix: "mend it in [policy] protected".to_owned(),
                }),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        match builder.build() {
            Ok(own) => Ok(Self { own, patterns }),
            Err(error) => Err(vec![GlobError {
                index: 0,
                glob: error.glob().unwrap_or_default().to_owned(),
                why: format!("cannot be read: {}", error.kind()),
                fix: "mend it in [policy] protected".to_owned(),
            }]),
        }
    }

    /// The pattern that protects a path, if one does: also a path that only some systems take for a protected one, such
    /// as `.GitHub /` or `conftest.py::$DATA`.
    pub fn pattern_for(&self, path: &RepoPath) -> Option<&str> {
        let seen = as_seen(path);
        built_in::pattern_for(&seen).or_else(|| {
            let found = self.own.matches(seen);
            found.first().map(|index| self.patterns[*index].as_str())
        })
    }
}

impl Protected {
    /// The pattern that protects a path, or something below it if it is a folder.
    pub fn covers(&self, path: &RepoPath) -> Option<&str> {
        let below = RepoPath::in_tree([path.as_bytes(), b"/x"].concat()).ok();
        self.pattern_for(path)
            .or_else(|| built_in::pattern_below(&as_seen(path)))
            .or_else(|| self.pattern_for(&below?))
    }
}

/// A project's pattern without a folder before its first name is meant at the top and anywhere below.
fn from_where(pattern: &str) -> String {
    match pattern.trim_end_matches("/**").contains('/') {
        true => pattern.to_owned(),
        false => format!("**/{pattern}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_governs_or_runs_by_itself_is_protected_at_any_depth() {
        let protected = Protected::new(&["infra/**"]).unwrap();
        let pattern = |path: &str| {
            protected
                .pattern_for(&RepoPath::try_from(path).unwrap())
                .map(str::to_owned)
        };
        assert_eq!(pattern(".harness/tasks/a.md").as_deref(), Some(".harness/**"));
        for path in [
            ".gitattributes",
            "web/.gitignore",
            ".github/workflows/x.yml",
            "sub/build.rs",
            "AGENTS.md",
            "a/agents.md",
            "tests/conftest.py",
            ".cargo/config.toml",
            "infra/x/y.tf",
        ] {
            assert!(pattern(path).is_some(), "{path} is open");
        }
        for path in ["src/main.rs", "git/x", "docs/AGENTS.md.txt", "x.gitignore"] {
            assert_eq!(pattern(path), None, "{path} is protected");
        }
    }
}
