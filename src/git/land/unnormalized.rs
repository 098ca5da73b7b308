//! Files that git calls edited although nobody edited them: they were stored before attributes asked for other line ends
//! or another encoding, so that `git add` would store a fresh checkout of them anew.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::domain::change::Entry;
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::git::open::Repository;

use super::lock::IndexLock;
use super::way::{is_as_before, on_disk};
use super::{MoveError, Step};

impl Repository {
    /// Gives the copy of the index what git would store of such files, so that they are no edits any more. Returns the
    /// tree that git's merge starts from then; `None` where no changed path is one of them.
    pub(super) fn as_git_sees(&self, lock: &IndexLock, step: &Step) -> Result<Option<TreeId>, MoveError> {
        let differing = self.differing(lock)?;
        let index = self.entries(lock)?;
        let mut seen: Vec<(RepoPath, Option<Entry>)> = Vec::new();
        for change in step.changes {
            let Some(old) = change.old.filter(|old| old.mode.is_file()) else {
                continue;
            };
            let is_concerned = differing.contains(change.path.as_bytes()) && is_as_before(&index, change);
            if is_concerned
                && self.is_as_checked_out(lock, &change.path, old)?
                && let Some(blob) = self.stored_as(lock, &change.path)?
            {
                seen.push((change.path.clone(), Some(Entry { blob, ..old })));
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        self.set_entries(lock, seen.iter().map(|(path, entry)| (path, *entry)))?;
        self.on_copy(lock).words(["update-index", "-q", "--refresh"]).output()?;
        Ok(Some(self.write_tree(step.old, &seen)?))
    }

    /// Whether a file lies there to the byte as git would check out what is stored of it.
    fn is_as_checked_out(&self, lock: &IndexLock, path: &RepoPath, stored: Entry) -> Result<bool, MoveError> {
        let Ok(there) = fs::read(on_disk(&lock.worktree.path, path.as_bytes())) else {
            return Ok(false);
        };
        let mut call = self.on_copy(lock);
        let mut name = b"--path=".to_vec();
        name.extend_from_slice(path.as_bytes());
        call.words(["cat-file", "--filters"])
            .word(OsStr::from_bytes(&name))
            .word(stored.blob.to_string());
        let output = call.output()?;
        Ok(output.status.success() && output.stdout == there)
    }
}
