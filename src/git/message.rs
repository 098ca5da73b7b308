//! The message of a commit, to the byte: in whatever encoding it was written.

use std::fs;

use crate::domain::change::ChangeSet;
use crate::domain::oid::{CommitId, TreeId};

use super::hooks::HookState;
use super::open::Repository;
use super::tree::ReadError;
use super::write::WriteError;

impl Repository {
    /// A commit's message as it is stored.
    pub fn raw_message(&self, id: CommitId) -> Result<Vec<u8>, ReadError> {
        let failed = |error: &dyn std::fmt::Display| ReadError::object(id.object_id(), error);
        let object = self.gix.find_commit(id.object_id()).map_err(|error| failed(&error))?;
        let decoded = object.decode().map_err(|error| failed(&error))?;
        Ok(decoded.message.to_vec())
    }

    /// A commit's message as git shows it to people: decoded, where the commit names an encoding.
    pub fn shown_message(&self, id: CommitId) -> Result<String, ReadError> {
        let mut call = self.trusted();
        let bytes = call
            .words(["log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%B"])
            .word(id.to_string())
            .bytes()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Gives HEAD another message, as `git commit --amend` does: author, dates of its author and signature as they would
    /// be, and nothing of the index.
    pub fn reword(&self, message: &[u8]) -> Result<(), WriteError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        call.words(["commit", "--amend", "--only", "--allow-empty", "--quiet"]);
        call.words(["--no-verify", "--no-post-rewrite", "--cleanup=verbatim", "-F", "-"]);
        call.input(message).bytes()?;
        Ok(())
    }

    /// Gives HEAD another message and another tree. What `changed` says is different in that tree is brought into the index,
    /// and into files that are still what they were.
    pub fn remake(&self, message: &[u8], tree: TreeId, changed: &ChangeSet) -> Result<(), WriteError> {
        let dir = tempfile::tempdir_in(self.git_dir())?;
        let index = dir.path().join("index");
        let call = || {
            let mut call = self.program().as_user(self.git_dir(), self.work_tree());
            call.variable("GIT_INDEX_FILE", &index);
            call
        };
        call().words(["read-tree"]).word(tree.to_string()).bytes()?;
        let mut commit = call();
        commit.words([
            "commit",
            "--amend",
            "--allow-empty",
            "--quiet",
            "--no-verify",
            "--no-post-rewrite",
        ]);
        commit.words(["--cleanup=verbatim", "-F", "-"]);
        commit.input(message).bytes()?;
        for change in changed {
            let (Some(old), Some(new)) = (change.old, change.new) else {
                continue;
            };
            let path = change.path.to_text();
            let mut update = self.program().as_user(self.git_dir(), self.work_tree());
            update.words(["update-index", "--cacheinfo"]);
            update
                .word(format!("{},{},{path}", new.mode.as_octal(), new.blob))
                .bytes()?;
            let file = self.work_tree().map(|top| top.join(&*path));
            if let Some(file) = file
                && fs::read(&file).is_ok_and(|bytes| self.blob(old.blob).is_ok_and(|blob| blob == bytes))
            {
                fs::write(&file, self.blob(new.blob)?)?;
            }
        }
        Ok(())
    }

    /// Whether anybody else's commit-msg hook would have a word in a message.
    pub fn has_message_hook(&self) -> bool {
        let reports = self.hook_status();
        let ours = reports.iter().find(|report| report.name == "commit-msg");
        ours.is_some_and(|report| report.chained.is_some() || report.state == HookState::Displaced)
    }

    /// Shows a message to the repository's commit-msg hooks, as `git commit` does, and gives what they make of it. A hook
    /// that refuses it is an error with its words.
    pub fn shown_to_message_hook(&self, message: &[u8]) -> Result<Vec<u8>, WriteError> {
        let file = tempfile::NamedTempFile::new_in(self.git_dir())?;
        fs::write(file.path(), message)?;
        let mut call = self.program().with_hooks(self.git_dir(), self.work_tree());
        call.variable("GIT_EDITOR", ":");
        call.words(["hook", "run", "--ignore-missing", "commit-msg", "--"]);
        call.word(file.path()).bytes()?;
        Ok(fs::read(file.path())?)
    }
}
