//! Why git will not bring a worktree along, told so that a person can act on it: the paths where it is theirs, git's own
//! words where it is not. No refusal of git's is a fault of the machine.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::domain::change::{Change, ChangeSet};
use crate::domain::path::RepoPath;
use crate::git::command::GitError;
use crate::git::open::Repository;
use crate::git::under_way::{is_merged, unmerged};

use super::lock::IndexLock;
use super::way::{Held, Index, on_disk};
use super::{MoveError, Step, blocked_by};

impl Repository {
    /// What a refused merge into a locked index is called.
    pub(super) fn refusal(&self, lock: &IndexLock, step: &Step, error: &GitError) -> Result<MoveError, MoveError> {
        self.has_no_conflict(lock)?;
        let mut paths = self.users_own(lock, step.changes)?;
        if paths.is_empty() {
            paths = named_in(error, step.changes);
        }
        let worktree = lock.worktree.path.clone();
        Ok(match paths.is_empty() {
            true => MoveError::CannotFollow {
                worktree,
                why: error.said(),
            },
            false => blocked_by(worktree, &paths),
        })
    }

    /// Git merges nothing into an index that holds several sides of a conflict.
    pub(super) fn has_no_conflict(&self, lock: &IndexLock) -> Result<(), MoveError> {
        if is_merged(&lock.copy, self.hash()) {
            return Ok(());
        }
        let paths = unmerged(&self.on_copy(lock).words(["ls-files", "--unmerged", "-z"]).bytes()?);
        match paths.is_empty() {
            true => Ok(()),
            false => Err(MoveError::Unmerged {
                worktree: lock.worktree.path.clone(),
                paths,
            }),
        }
    }

    /// Changed paths that git was told not to look at (`skip-worktree`, `assume-unchanged`) and whose files are not as the
    /// index has them: no listing of git's names them, yet it writes over none.
    pub(super) fn hidden_edits(
        &self,
        lock: &IndexLock,
        index: &Index,
        changes: &ChangeSet,
    ) -> Result<Vec<RepoPath>, MoveError> {
        let mut found = Vec::new();
        for change in changes {
            let Some(Held::Sparse(entry) | Held::Hidden(entry)) = index.get(change.path.as_bytes()) else {
                continue;
            };
            let file = on_disk(&lock.worktree.path, change.path.as_bytes());
            let Ok(there) = std::fs::symlink_metadata(&file) else {
                continue;
            };
            let id = match there.is_file() {
                true => self.stored_as(lock, &change.path)?,
                false => link_target(&file).map(|target| self.hash_blob(&target)),
            };
            if id != Some(entry.blob) {
                found.push(change.path.clone());
            }
        }
        Ok(found)
    }

    /// The id that a file of a worktree would be stored as, through the user's own filters.
    pub(super) fn stored_as(
        &self,
        lock: &IndexLock,
        path: &RepoPath,
    ) -> Result<Option<crate::domain::oid::BlobId>, MoveError> {
        let mut call = self.on_copy(lock);
        let name = std::ffi::OsStr::from_bytes(path.as_bytes());
        let output = call.words(["hash-object", "--"]).word(name).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.trim_end().parse().ok())
    }
}

fn link_target(file: &Path) -> Option<Vec<u8>> {
    let target = std::fs::read_link(file).ok()?;
    Some(target.as_os_str().as_bytes().to_vec())
}

/// The changed paths that git's words name: between quotes, on a line of their own, or before what happened to them.
pub(super) fn named_in(error: &GitError, changes: &ChangeSet) -> Vec<RepoPath> {
    let said = error.said();
    let names: Vec<&str> = said.lines().filter_map(named).collect();
    let is_named = |change: &&Change| {
        let path = change.path.to_text();
        names
            .iter()
            .any(|name| is_at_or_below(&path, name) || is_at_or_below(name, &path))
    };
    changes
        .iter()
        .filter(is_named)
        .map(|change| change.path.clone())
        .collect()
}

fn named(line: &str) -> Option<&str> {
    if let Some(path) = line.strip_prefix('\t') {
        return Some(path.trim_end_matches('/'));
    }
    let said = line.strip_prefix("error: ").or_else(|| line.strip_prefix("fatal: "))?;
    if let Some((path, _)) = said.split_once(": smudge filter") {
        return Some(path);
    }
    let (_, rest) = said.split_once('\'')?;
    let (path, _) = rest.rsplit_once('\'')?;
    Some(path.trim_end_matches('/'))
}

fn is_at_or_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_path_in_gits_words_is_found_in_each_of_their_forms() {
        for (line, path) in [
            ("error: Entry 'src/a b.txt' not uptodate. Cannot merge.", "src/a b.txt"),
            (
                "error: Untracked working tree file 'it's' would be overwritten by merge.",
                "it's",
            ),
            ("error: Updating 'sub' would lose untracked files in it", "sub"),
            ("\tsub/x", "sub/x"),
            ("fatal: art/x.bin: smudge filter lfs failed", "art/x.bin"),
        ] {
            assert_eq!(named(line), Some(path));
        }
        assert_eq!(named("error: external filter is not there"), None);
    }
}
