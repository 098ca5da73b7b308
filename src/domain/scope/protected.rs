//! Protected files: paths that no glob can open, only an exact name in a card whose lane permits that. The harness's
//! own files are never opened.
//!
//! What stands here either governs the work (cards, git's own files, instructions to agents, CI) or runs by itself
//! when somebody builds or opens the project (security reference, S04 and S08).

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::domain::path::RepoPath;

use super::allowed::GlobError;

/// Patterns of every project. One without a slash is meant at any depth.
pub const BUILT_IN: [&str; 47] = [
    // The harness and git.
    ".harness/**",
    ".git*",
    ".git*/**",
    // Instructions to agents.
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".claude/**",
    ".codex/**",
    ".cursor/**",
    ".cursorrules",
    ".gemini/**",
    ".aider*",
    ".mcp.json",
    // Continuous integration.
    ".gitlab-ci.yml",
    ".forgejo/**",
    ".gitea/**",
    ".circleci/**",
    ".travis.yml",
    "azure-pipelines.yml",
    "Jenkinsfile",
    // What runs when somebody builds, tests or opens the project.
    "build.rs",
    ".cargo/**",
    "rust-toolchain",
    "rust-toolchain.toml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    ".envrc",
    ".env",
    ".direnv/**",
    ".vscode/**",
    ".idea/**",
    ".devcontainer/**",
    ".husky/**",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    "lefthook.yaml",
    "hk.pkl",
    ".lfsconfig",
    ".editorconfig",
];

/// Protected files, compiled.
#[derive(Debug, Clone)]
pub struct Protected {
    set: GlobSet,
    patterns: Vec<String>,
}

impl Protected {
    /// The built-in patterns and a project's own.
    pub fn new<S: AsRef<str>>(extra: &[S]) -> Result<Self, Vec<GlobError>> {
        let mut builder = GlobSetBuilder::new();
        let mut patterns = Vec::new();
        let mut wrong = Vec::new();
        let own = extra.iter().map(AsRef::as_ref);
        for (index, pattern) in BUILT_IN.into_iter().chain(own).enumerate() {
            for anywhere in at_any_depth(pattern) {
                match GlobBuilder::new(&anywhere)
                    .literal_separator(true)
                    .case_insensitive(true)
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
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        match builder.build() {
            Ok(set) => Ok(Self { set, patterns }),
            Err(error) => Err(vec![GlobError {
                index: 0,
                glob: error.glob().unwrap_or_default().to_owned(),
                why: format!("cannot be read: {}", error.kind()),
                fix: "mend it in [policy] protected".to_owned(),
            }]),
        }
    }

    /// The pattern that protects a path, if one does.
    pub fn pattern_for(&self, path: &RepoPath) -> Option<&str> {
        use std::os::unix::ffi::OsStrExt;
        let found = self.set.matches(std::ffi::OsStr::from_bytes(path.as_bytes()));
        found.first().map(|index| self.patterns[*index].as_str())
    }
}

/// A pattern without a folder before its first name is meant at the top and anywhere below.
fn at_any_depth(pattern: &str) -> Vec<String> {
    let folders = pattern.trim_end_matches("/**");
    if folders.contains('/') || pattern == ".harness/**" {
        return vec![pattern.to_owned()];
    }
    vec![pattern.to_owned(), format!("**/{pattern}")]
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
        for path in [
            "src/main.rs",
            "git/x",
            "docs/AGENTS.md.txt",
            "package.json",
            "x.gitignore",
        ] {
            assert_eq!(pattern(path), None, "{path} is protected");
        }
    }
}
