//! A commit that was made of the files of the worktree that it lands in: they are there already, so only the index follows,
//! and the few files that the commit has beyond them are written.

use gix::index::entry::Flags;

use crate::domain::change::{Change, Entry};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::git::open::Repository;
use crate::git::under_way::whole_index;

use super::lock::IndexLock;
use super::way::suspect;
use super::{MoveError, Step, Trial};

/// How a worktree follows once the branch has moved.
pub(super) enum Follow {
    /// By git's merge of two trees into index and files, which starts from this one.
    Merge(TreeId),
    /// The copy of the index has all of it, and of the files only these are missing.
    Write(Vec<RepoPath>),
}

impl Repository {
    /// Gives the copy of the index what the commit was made of, whatever became of the files since; what it has beyond
    /// that still has to come, and is tried.
    pub(super) fn with_what_was_made(&self, lock: &IndexLock, step: &Step) -> Result<Follow, MoveError> {
        let index = whole_index(&lock.copy, self.hash());
        if index.is_none() {
            self.has_no_conflict(lock)?;
        }
        // The record is the only thing that the harness adds by itself.
        let (added, made): (Vec<&Change>, Vec<&Change>) =
            step.changes.iter().partition(|change| change.path.is_harness());
        let is_free = |change: &&Change| suspect(&lock.worktree.path, change).is_none();
        if index.is_some_and(|index| are_simply_new(&index, &added)) && added.iter().all(is_free) {
            // A merge of trees reads all of both, twice with its trial: in a large tree most of what a landing takes.
            self.adopt(lock, &step.changes.iter().collect::<Vec<_>>())?;
            self.refresh(lock, made.iter().copied())?;
            return Ok(Follow::Write(added.iter().map(|change| change.path.clone()).collect()));
        }
        self.adopt(lock, &made)?;
        let edits: Vec<(RepoPath, Option<Entry>)> =
            made.iter().map(|change| (change.path.clone(), change.new)).collect();
        let from = self.write_tree(step.old, &edits)?;
        self.refresh(lock, step.changes.iter())?;
        match self.two_way(lock, from, step.new, Trial::DryRun)? {
            Ok(()) => Ok(Follow::Merge(from)),
            Err(error) => Err(self.refusal(lock, step, &error)?),
        }
    }

    /// Writes files that the copy of the index has and the worktree lacks, through the user's own filters. False where one of
    /// them could not be written; the copy is what the index is again then.
    pub(super) fn write_new(&self, lock: &IndexLock, paths: &[RepoPath]) -> Result<bool, MoveError> {
        if paths.is_empty() {
            return Ok(true);
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let mut call = self.on_copy(lock);
        call.words(["checkout-index", "-q", "-u", "-z", "--stdin"]).input(input);
        let output = call.holding(lock.held()?).output()?;
        if !output.status.success() {
            lock.begin_again()?;
        }
        Ok(output.status.success())
    }
}

/// Whether changes do nothing but add files, at paths that an index has nothing at, above or below.
fn are_simply_new(index: &gix::index::File, changes: &[&Change]) -> bool {
    // What a sparse checkout leaves out is for git to tell.
    let is_hidden = |entry: &gix::index::Entry| entry.flags.contains(Flags::SKIP_WORKTREE);
    let adds = |change: &&Change| change.old.is_none() && change.new.is_some_and(|entry| entry.mode.is_file());
    let is_free = |path: &[u8]| {
        let mut slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let has_file_above = slashes.any(|(at, _)| index.entry_by_path(path[..at].into()).is_some());
        let below = [path, b"/"].concat();
        let is_there = index.entry_by_path(path.into()).is_some();
        !has_file_above && !is_there && index.prefixed_entries_range(below.as_slice().into()).is_none()
    };
    !index.entries().iter().any(is_hidden)
        && changes
            .iter()
            .all(|change| adds(change) && is_free(change.path.as_bytes()))
}

#[cfg(test)]
mod tests;
