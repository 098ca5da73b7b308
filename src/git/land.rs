//! Moving a branch that may be checked out somewhere, without harm to what people have there.
//!
//! Under the worktree's `index.lock`: first it is tried on a copy of the index whether anything of the user's would be
//! written over, then the ref moves by compare-and-swap, then files and copy follow with the user's own filters, and
//! the copy takes the index's place. Other staged and edited work stays as it is. Once the ref has moved there is no
//! way back: what cannot follow then is left as the user has it, and `git status` shows it as their own change.

mod follow;
mod half;
mod lock;
mod way;

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::change::{Change, ChangeSet, Entry};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

use super::command::GitError;
use super::open::Repository;
use super::refs::{SwapError, Worktree};
use super::tree::ReadError;
use super::write::WriteError;
use lock::IndexLock;
use way::{exists, is_as_after, is_as_before, on_disk};

/// Why a branch was not moved. Where `move_branch` says `Moved`, `Blocked`, `Busy` or `Locked`, nothing has changed;
/// after any other error it may have moved, and `finish_move` brings the files after it.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// It does not stand where it was expected.
    #[error("{branch} moved meanwhile (to {})", .found.map_or_else(|| "nothing".to_owned(), |found| found.short(10)))]
    Moved {
        /// The branch.
        branch: String,
        /// Where it stands.
        found: Option<CommitId>,
    },
    /// Files in a worktree are in the way.
    #[error("local changes in {worktree} are in the way: {}", .paths.join(", "))]
    Blocked {
        /// The worktree.
        worktree: PathBuf,
        /// The paths.
        paths: Vec<String>,
    },
    /// Something is going on in the worktree that has the branch.
    #[error("{what} is going on in {worktree}, which has {branch} checked out")]
    Busy {
        /// The branch.
        branch: String,
        /// The worktree.
        worktree: PathBuf,
        /// What.
        what: &'static str,
    },
    /// Another git command holds the index.
    #[error("another git command is at work in {worktree} ({lock} exists)")]
    Locked {
        /// The worktree.
        worktree: PathBuf,
        /// The lock.
        lock: PathBuf,
    },
    /// The ref could not be moved.
    #[error(transparent)]
    Swap(SwapError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What a worktree holds could not be told from what landed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file of the worktree's git folder could not be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How often a worktree is looked at anew that somebody writes in meanwhile.
const LOOKS: u32 = 5;

/// One move of a branch, seen from a worktree that has it checked out.
struct Step<'a> {
    old: TreeId,
    new: TreeId,
    changes: &'a ChangeSet,
}

impl Repository {
    /// Moves a branch from `old` to `new`, and with it the files of every worktree that has it checked out.
    ///
    /// A branch that stands at `new` already is only caught up with, as by [`Repository::finish_move`].
    pub fn move_branch(&self, branch: &str, new: CommitId, old: CommitId, why: &str) -> Result<(), MoveError> {
        let found = self.branch_tip(branch)?;
        if found == Some(new) {
            return match self.finish_move(branch, new, old) {
                // It has landed; what is left behind is the user's own, and `git status` shows it.
                Err(MoveError::Blocked { .. }) => Ok(()),
                other => other,
            };
        }
        if found != Some(old) {
            return Err(MoveError::Moved {
                branch: branch.to_owned(),
                found,
            });
        }
        let worktrees = self.checked_out_in(branch)?;
        let changes = self.diff(self.tree_of(old)?, self.tree_of(new)?)?;
        let step = self.step(new, old, &changes)?;
        let mut locks = Vec::new();
        for worktree in worktrees
            .into_iter()
            .filter(|worktree| !changes.is_empty() && has_index(worktree))
        {
            let lock = IndexLock::take(worktree)?;
            self.look(&lock, &step)?;
            locks.push(lock);
        }
        self.compare_and_swap(&format!("refs/heads/{branch}"), new, Some(old), why)
            .map_err(|error| match error {
                SwapError::Moved { found, .. } => MoveError::Moved {
                    branch: branch.to_owned(),
                    found,
                },
                other => MoveError::Swap(other),
            })?;
        for lock in locks {
            if self.two_way(&lock, step.old, step.new, Trial::ForGood)?.is_ok() {
                half::sync_files(&lock, &changes)?;
                lock.publish()?;
            } else {
                // Somebody edited in between. The rest follows; theirs stays, and is no reason to say that it failed.
                self.catch_up(lock, &step)?;
            }
        }
        Ok(())
    }

    /// Brings files and index after a branch that moved, when a kill came in between. What follows already is known by
    /// its content. `Blocked` names what the user did meanwhile, which was left alone; everything else has followed.
    pub fn finish_move(&self, branch: &str, new: CommitId, old: CommitId) -> Result<(), MoveError> {
        let changes = self.diff(self.tree_of(old)?, self.tree_of(new)?)?;
        let step = self.step(new, old, &changes)?;
        let mut blocked = Ok(());
        for worktree in self.checked_out_in(branch)? {
            if changes.is_empty() || !has_index(&worktree) {
                continue;
            }
            let path = worktree.path.clone();
            let left = self.catch_up(IndexLock::take(worktree)?, &step)?;
            if !left.is_empty() {
                blocked = Err(blocked_by(path, &left));
            }
        }
        blocked
    }

    fn step<'a>(&self, new: CommitId, old: CommitId, changes: &'a ChangeSet) -> Result<Step<'a>, MoveError> {
        Ok(Step {
            old: self.tree_of(old)?,
            new: self.tree_of(new)?,
            changes,
        })
    }

    /// Takes away locks that processes of ours left when they died, in every worktree: git would wait for them for ever.
    /// For when nothing is left to finish, since whoever finishes a move learns from its lock when it began.
    pub fn clear_dead_locks(&self) -> Result<(), ReadError> {
        for worktree in self.worktrees()? {
            lock::clear_dead(&worktree.git_dir);
        }
        Ok(())
    }

    /// Every worktree that has a branch; an error where something is going on in one of them.
    fn checked_out_in(&self, branch: &str) -> Result<Vec<Worktree>, MoveError> {
        let mut found = self.worktrees()?;
        found.retain(|worktree| worktree.branch.as_deref() == Some(branch));
        match found.iter().find_map(|worktree| Some((worktree, worktree.busy?))) {
            Some((worktree, what)) => Err(MoveError::Busy {
                branch: branch.to_owned(),
                worktree: worktree.path.clone(),
                what,
            }),
            None => Ok(found),
        }
    }

    /// Whether files and index could follow, without touching either.
    fn look(&self, lock: &IndexLock, step: &Step) -> Result<(), MoveError> {
        let covered = self.covered(lock, step.changes)?;
        if !covered.is_empty() {
            return Err(blocked_by(lock.worktree.path.clone(), &covered));
        }
        // A new file that is there already to the byte: as if somebody had added it.
        let is_there =
            |change: &Change| change.old.is_none() && exists(&on_disk(&lock.worktree.path, change.path.as_bytes()));
        if step.changes.iter().any(is_there) {
            let mut there = self.settled(lock, step)?;
            there.retain(|change| is_there(change));
            self.adopt(lock, &there)?;
        }
        // Times that changed without the content are no edits, and only a refresh knows.
        self.on_copy(lock).words(["update-index", "-q", "--refresh"]).output()?;
        let Err(error) = self.two_way(lock, step.old, step.new, Trial::DryRun)? else {
            return Ok(());
        };
        let paths = self.users_own(lock, step.changes)?;
        if paths.is_empty() {
            return Err(error.into());
        }
        Err(blocked_by(lock.worktree.path.clone(), &paths))
    }

    /// Git's own two-way merge of trees into the copy of the index and the files. The inner error is its refusal.
    fn two_way(
        &self,
        lock: &IndexLock,
        old: TreeId,
        new: TreeId,
        trial: Trial,
    ) -> Result<Result<(), GitError>, MoveError> {
        let mut call = self.on_copy(lock);
        call.words(["read-tree", "-m", "-u"]);
        if trial == Trial::DryRun {
            call.word("-n");
        }
        let call = call.word(old.to_string()).word(new.to_string());
        let output = call.holding(lock.held()?).output()?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        Ok(Err(call.failed(&output)))
    }

    /// Lets everything follow that may, and names what is the user's own and stays.
    fn catch_up(&self, lock: IndexLock, step: &Step) -> Result<Vec<RepoPath>, MoveError> {
        self.remove_half_written(&lock, step.changes)?;
        for _ in 0..LOOKS {
            let (old, own) = self.without_the_users_own(&lock, step)?;
            if self.two_way(&lock, old, step.new, Trial::DryRun)?.is_err() {
                // Git found something else than was looked at: most likely somebody is writing right now.
                lock.begin_again()?;
                continue;
            }
            if let Err(error) = self.two_way(&lock, old, step.new, Trial::ForGood)? {
                self.remove_half_written(&lock, step.changes)?;
                return Err(error.into());
            }
            half::sync_files(&lock, step.changes)?;
            lock.publish()?;
            return Ok(own);
        }
        // Better left as it is than half done: `git status` shows all of it.
        Ok(step.changes.paths().cloned().collect())
    }

    /// What git's merge has to start from so that it passes over what is the user's own, which is named beside it; the
    /// copy of the index is prepared for that.
    fn without_the_users_own(&self, lock: &IndexLock, step: &Step) -> Result<(TreeId, Vec<RepoPath>), MoveError> {
        let settled = self.settled(lock, step)?;
        self.adopt(lock, &settled)?;
        let own = self.users_own(lock, step.changes)?;
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
    fn settled<'a>(&self, lock: &IndexLock, step: &Step<'a>) -> Result<Vec<&'a Change>, MoveError> {
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
    fn adopt(&self, lock: &IndexLock, changes: &[&Change]) -> Result<(), MoveError> {
        self.set_entries(lock, changes.iter().map(|change| (&change.path, change.new)))
    }

    fn set_entries<'a>(
        &self,
        lock: &IndexLock,
        entries: impl Iterator<Item = (&'a RepoPath, Option<Entry>)>,
    ) -> Result<(), MoveError> {
        let mut input = Vec::new();
        for (path, entry) in entries {
            let line = match entry {
                Some(entry) => format!("{} {}\t", entry.mode.as_octal(), entry.blob),
                None => format!("0 {}\t", "0".repeat(40)),
            };
            input.extend_from_slice(line.as_bytes());
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        if input.is_empty() {
            return Ok(());
        }
        let mut call = self.on_copy(lock);
        call.words(["update-index", "-z", "--index-info"])
            .input(input)
            .bytes()?;
        Ok(())
    }

    /// Every path of a worktree that is not as its HEAD has it: staged, edited, or untracked and not ignored. A
    /// repository of its own inside the worktree is one path.
    pub fn dirty_paths(&self, worktree: &Worktree) -> Result<Vec<RepoPath>, ReadError> {
        let mut call = self.program().as_user(&worktree.git_dir, Some(&worktree.path));
        call.variable("GIT_OPTIONAL_LOCKS", "0");
        call.words([
            "-c",
            "core.fsmonitor=false",
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
        ])
        .word("--untracked-files=all")
        .word("--ignore-submodules=none");
        let listing = call.bytes()?;
        Ok(listing
            .split(|byte| *byte == 0)
            .filter_map(|line| RepoPath::new(line.get(3..)?.strip_suffix(b"/").unwrap_or(&line[3..])).ok())
            .collect())
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Trial {
    DryRun,
    ForGood,
}

/// Whether two paths are one, or one is below the other.
fn are_in_line(one: &RepoPath, other: &RepoPath) -> bool {
    one.parts().zip(other.parts()).all(|(one, other)| one == other)
}

/// Whether anything is checked out: `git worktree add --no-checkout` leaves no index, and nothing to bring along.
fn has_index(worktree: &Worktree) -> bool {
    exists(&worktree.git_dir.join("index"))
}

fn blocked_by(worktree: PathBuf, paths: &[RepoPath]) -> MoveError {
    MoveError::Blocked {
        worktree,
        paths: paths.iter().map(ToString::to_string).collect(),
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> MoveError + '_ {
    move |source| MoveError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
