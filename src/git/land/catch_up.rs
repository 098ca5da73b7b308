//! Letting a worktree catch up with a branch that has moved already: what can follow does, and what is the user's own, or
//! cannot be written, stays as it is against the new commit.

use crate::domain::change::{Change, Entry};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::git::open::Repository;

use super::lock::IndexLock;
use super::refusal::named_in;
use super::way::{exists, is_as_after, is_as_before, on_disk, turn_off};
use super::{MoveError, Step, Trial, half};

/// How often a worktree is looked at anew that somebody writes in meanwhile.
const LOOKS: u32 = 5;

impl Repository {
    /// Lets everything follow that may, and names what is the user's own and stays.
    pub(super) fn catch_up(&self, lock: IndexLock, step: &Step) -> Result<Vec<RepoPath>, MoveError> {
        self.remove_half_written(&lock, step.changes)?;
        let mut unable: Vec<RepoPath> = Vec::new();
        for _ in 0..LOOKS {
            let (old, own) = self.without_the_users_own(&lock, step, &unable)?;
            if let Err(error) = self.two_way(&lock, old, step.new, Trial::DryRun)? {
                // Git found something else than was looked at: somebody is writing right now, or it sees what we do not.
                unable.extend(named_in(&error, step.changes));
                lock.begin_again()?;
                continue;
            }
            if let Err(error) = self.two_way(&lock, old, step.new, Trial::ForGood)? {
                self.remove_half_written(&lock, step.changes)?;
                // One file that cannot be written keeps the index of all others from following.
                unable.extend(named_in(&error, step.changes));
                unable.extend(self.filtered(&lock, step)?);
                lock.begin_again()?;
                continue;
            }
            half::sync_files(&lock, step.changes)?;
            lock.publish()?;
            return Ok(own);
        }
        // Better left as it is than half done: `git status` shows all of it.
        Ok(step.changes.paths().cloned().collect())
    }

    /// What git's merge has to start from so that it passes over what is the user's own, or cannot be written, which is
    /// named beside it; the copy of the index is prepared for that.
    fn without_the_users_own(
        &self,
        lock: &IndexLock,
        step: &Step,
        unable: &[RepoPath],
    ) -> Result<(TreeId, Vec<RepoPath>), MoveError> {
        let settled = self.settled(lock, step)?;
        self.adopt(lock, &settled)?;
        let mut own = self.users_own(lock, step.changes)?;
        own.extend_from_slice(unable);
        own.sort();
        own.dedup();
        let index = self.entries(lock)?;
        // A file stands in the way of a folder of its name, and the other way round.
        let mine = |change: &&Change| own.iter().any(|path| are_in_line(path, &change.path));
        let left: Vec<&Change> = step.changes.iter().filter(mine).collect();
        // Edited but not staged: the index goes on, so that the edit stands against what landed.
        let unstaged: Vec<&Change> = left
            .iter()
            .copied()
            .filter(|change| is_as_before(&index, change))
            .collect();
        self.adopt(lock, &unstaged)?;
        // For git's merge these paths do not change, so it keeps them.
        let edits: Vec<(RepoPath, Option<Entry>)> =
            left.iter().map(|change| (change.path.clone(), change.new)).collect();
        Ok((self.write_tree(step.old, &edits)?, own))
    }

    /// Changed paths whose files are as the new commit has them although the index is not: what a killed move wrote.
    pub(super) fn settled<'a>(&self, lock: &IndexLock, step: &Step<'a>) -> Result<Vec<&'a Change>, MoveError> {
        let index = self.entries(lock)?;
        let behind: Vec<&Change> = step
            .changes
            .iter()
            .filter(|change| is_as_before(&index, change) && !is_as_after(&index, change))
            .collect();
        // Git compares: as if the index had followed, what does not differ is there already.
        self.adopt(lock, &behind)?;
        let differing = self.differing(lock)?;
        let (there, rest): (Vec<&Change>, Vec<&Change>) = behind.into_iter().partition(|change| {
            let file_exists = exists(&on_disk(&lock.worktree.path, change.path.as_bytes()));
            match change.new {
                Some(_) => file_exists && !differing.contains(change.path.as_bytes()),
                None => !file_exists,
            }
        });
        self.set_entries(lock, rest.iter().map(|change| (&change.path, change.old)))?;
        Ok(there)
    }

    /// Puts the new commit's entries into the copy of the index; no file is touched.
    pub(super) fn adopt(&self, lock: &IndexLock, changes: &[&Change]) -> Result<(), MoveError> {
        self.set_entries(lock, changes.iter().map(|change| (&change.path, change.new)))
    }

    /// The same for any entries.
    pub(super) fn set_entries<'a>(
        &self,
        lock: &IndexLock,
        entries: impl Iterator<Item = (&'a RepoPath, Option<Entry>)>,
    ) -> Result<(), MoveError> {
        let mut input = Vec::new();
        for (path, entry) in entries {
            let line = match entry {
                Some(entry) => format!("{} {}\t", entry.mode.as_octal(), entry.blob),
                None => format!("0 {}\t", self.no_id()),
            };
            input.extend_from_slice(line.as_bytes());
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        if input.is_empty() {
            return Ok(());
        }
        let mut call = self.on_copy(lock);
        // Git looks once more at files that changed as late as the index, whatever they have to do with this. A filter that
        // fails would stop it there; without one such a file is looked at again by whoever asks next.
        turn_off(&mut call, &self.required_filters());
        call.words(["update-index", "-z", "--index-info"])
            .input(input)
            .bytes()?;
        Ok(())
    }
}

/// Whether two paths are one, or one is below the other.
fn are_in_line(one: &RepoPath, other: &RepoPath) -> bool {
    one.parts().zip(other.parts()).all(|(one, other)| one == other)
}
