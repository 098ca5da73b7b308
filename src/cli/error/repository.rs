//! A repository that cannot be opened or read: what is wrong with it, or what only stands in the way.

use crate::domain::words::shell_line;
use crate::git::{Form, OpenError, ReadError};

use super::CliError;
use crate::cli::exit::Exit;

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        if let OpenError::Foreign { dir } = &error {
            let path = shell_line(&[dir.display().to_string()]);
            return Self::new(Exit::PersonNeeded, error.to_string()).hint(format!(
                "its configuration may run programs as you; if you trust it: git config --global --add safe.directory {path}"
            ));
        }
        let hint = match error {
            OpenError::NotFound { .. } => {
                "run it inside a repository, make one with `git init`, or try `git harness demo`"
            }
            OpenError::Unreadable { .. } => "`git status` there tells more",
            OpenError::Form {
                form: Form::Refs(_), ..
            } => {
                "a newer git may read it; or put its refs into files, which changes nothing else: git refs migrate --ref-format=files"
            }
            OpenError::Form {
                form: Form::Hash(_), ..
            } => {
                "nothing is wrong with it; a copy with SHA-1 ids: git init --object-format=sha1 COPY, then git fast-export --all | git -C COPY fast-import"
            }
            OpenError::NoGit => "install git 2.38 or newer",
            OpenError::Foreign { .. } | OpenError::Resolve { .. } => "look whether the folder still exists",
        };
        Self::new(Exit::Usage, error.to_string()).hint(hint)
    }
}

impl From<ReadError> for CliError {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::NotBrought { .. } => Self::new(Exit::Refused, error.to_string())
                .hint("nothing is damaged; look whether `git fetch` works, then run the command again"),
            _ => Self::new(Exit::Damaged, error.to_string()).hint("`git fsck` tells what is wrong with the repository"),
        }
    }
}
