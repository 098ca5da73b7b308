//! An index that follows a commit which was made of its own worktree's files.

use crate::domain::oid::CommitId;
use crate::git::open::Repository;
use crate::git::refs::Worktree;

use super::half::sync_files;
use super::lock::IndexLock;
use super::way::{exists, on_disk};
use super::{MoveError, has_index};

impl Repository {
    /// Brings the index after a commit that was made of the worktree's files: entries that the commit changed are taken
    /// from it, others stay staged as they were, and files that only the commit has are written. Killed in between, it
    /// leaves the index as it was, so that `finish_move` sees what is missing.
    pub fn follow_commit(&self, old: CommitId, new: CommitId) -> Result<(), MoveError> {
        let Some(path) = self.work_tree() else {
            return Ok(());
        };
        let worktree = Worktree {
            path: path.to_owned(),
            git_dir: self.git_dir().to_owned(),
            branch: None,
            busy: None,
        };
        if !has_index(&worktree) {
            return Ok(());
        }
        let lock = IndexLock::take(worktree)?;
        let changes = self.diff(self.tree_of(old)?, self.tree_of(new)?)?;
        self.set_entries(&lock, changes.iter().map(|change| (&change.path, change.new)))?;
        let mut to_write = Vec::new();
        for change in changes.iter().filter(|change| change.new.is_some()) {
            let path = change.path.as_bytes();
            if change.path.is_harness() || !exists(&on_disk(&lock.worktree.path, path)) {
                to_write.extend_from_slice(path);
                to_write.push(0);
            }
        }
        if !to_write.is_empty() {
            let mut call = self.on_copy(&lock);
            call.words(["checkout-index", "-z", "-f", "--stdin"]).input(to_write);
            if let Err(error) = call.bytes() {
                self.remove_half_written(&lock, &changes)?;
                return Err(error.into());
            }
        }
        self.on_copy(&lock)
            .words(["update-index", "-q", "--refresh"])
            .output()?;
        sync_files(&lock, &changes)?;
        lock.publish()
    }
}
