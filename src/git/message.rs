//! The message of a commit, to the byte: in whatever encoding it was written.

use crate::domain::oid::CommitId;

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

    /// Gives HEAD another message, as `git commit --amend` does: author, dates of its author and signature as they would
    /// be, and nothing of the index.
    pub fn reword(&self, message: &[u8]) -> Result<(), WriteError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        call.words(["commit", "--amend", "--only", "--allow-empty", "--quiet"]);
        call.words(["--no-verify", "--no-post-rewrite", "--cleanup=verbatim", "-F", "-"]);
        call.input(message).bytes()?;
        Ok(())
    }
}
