//! Making a repository: for the demonstration.

use std::path::Path;

use crate::domain::oid::CommitId;

use super::command::{GitError, GitProgram};
use super::open::{OpenError, Repository};
use super::write::WriteError;

/// Why no repository could be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It could not be opened afterwards.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its first commit could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Repository {
    /// Makes a repository in a folder, with everything that lies there as its first commit. Where git knows nobody,
    /// `fallback` (a name and an address) is who commits in it.
    pub fn create(dir: &Path, branch: &str, message: &str, fallback: (&str, &str)) -> Result<Self, CreateError> {
        let program = GitProgram::find().ok_or(OpenError::NoGit)?;
        let git_dir = dir.join(".git");
        program
            .as_user(&git_dir, Some(dir))
            .words(["init", "--quiet", "-b", branch])
            .bytes()?;
        let mut config = program.as_user(&git_dir, Some(dir));
        if config.words(["config", "user.email"]).output()?.stdout.is_empty() {
            for (key, value) in [("user.name", fallback.0), ("user.email", fallback.1)] {
                program
                    .as_user(&git_dir, Some(dir))
                    .words(["config", key, value])
                    .bytes()?;
            }
        }
        program.as_user(&git_dir, Some(dir)).words(["add", "--all"]).bytes()?;
        program
            .as_user(&git_dir, Some(dir))
            .words(["commit", "--quiet", "--no-gpg-sign", "-m", message])
            .bytes()?;
        Ok(Self::discover(dir)?)
    }

    /// Opens a file in the editor that git would open, and waits for it.
    pub fn edit_file(&self, file: &Path) -> Result<(), GitError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        let editor = call.words(["var", "GIT_EDITOR"]).text()?;
        super::command::run_editor(&editor, file)
    }

    /// The log as git prints it for people, newest first.
    pub fn log_text(&self, tip: CommitId, most: usize) -> Result<String, GitError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        call.words(["-c", "color.ui=false", "--no-pager", "log", "--no-show-signature"])
            .word(format!("-{most}"))
            .word(tip.to_string())
            .text()
    }
}
