//! Moving a branch that may be checked out somewhere, without harm to what people have there.
//!
//! Under the worktree's `index.lock`: first it is tried on a copy of the index whether anything of the user's would be
//! written over, then the ref moves by compare-and-swap, then files and copy follow with the user's own filters, and
//! the copy takes the index's place. Other staged and edited work stays as it is. Once the ref has moved there is no
//! way back: what cannot follow then is left as the user has it, and `git status` shows it as their own change.

mod catch_up;
mod error;
mod filters;
mod half;
mod lock;
mod made_here;
mod refusal;
mod unnormalized;
mod way;

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::change::{Change, ChangeSet};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

use super::command::GitError;
use super::open::Repository;
use super::refs::SwapError;
use super::tree::ReadError;
use super::worktrees::Worktree;
pub use error::MoveError;
use lock::IndexLock;
use made_here::Follow;
use way::{exists, on_disk};

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
        self.move_to(branch, new, old, why, Made::Elsewhere)
    }

    /// The same for a commit that was made of the files of this worktree: here they are what has landed, so only the
    /// index follows, and what the commit has beyond them.
    pub fn move_branch_made_here(
        &self,
        branch: &str,
        new: CommitId,
        old: CommitId,
        why: &str,
    ) -> Result<(), MoveError> {
        self.move_to(branch, new, old, why, Made::Here)
    }

    /// Whether a branch could be moved as far as what git is in the middle of and where its worktrees are: for a look
    /// before work is begun that would have to wait.
    pub fn look_before_move(&self, branch: &str) -> Result<(), MoveError> {
        self.checked_out_in(&self.branch_behind(branch)?, true).map(drop)
    }

    fn move_to(&self, branch: &str, new: CommitId, old: CommitId, why: &str, made: Made) -> Result<(), MoveError> {
        // A symbolic branch moves the one that it stands for, and whoever has that checked out follows.
        let branch = &*self.branch_behind(branch)?;
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
        let changes = self.diff(self.tree_of(old)?, self.tree_of(new)?)?;
        let worktrees = self.checked_out_in(branch, !changes.is_empty())?;
        let step = self.step(new, old, &changes)?;
        let mut locks = Vec::new();
        for worktree in worktrees
            .into_iter()
            .filter(|worktree| !changes.is_empty() && has_index(worktree))
        {
            let is_here = worktree.git_dir == self.git_dir();
            let lock = IndexLock::take(worktree)?;
            let follow = match made {
                Made::Here if is_here => self.with_what_was_made(&lock, &step)?,
                _ => Follow::Merge(self.look(&lock, &step)?),
            };
            locks.push((lock, follow));
        }
        self.compare_and_swap(&format!("refs/heads/{branch}"), new, Some(old), why)
            .map_err(|error| match error {
                SwapError::Moved { found, .. } => MoveError::Moved {
                    branch: branch.to_owned(),
                    found,
                },
                other => MoveError::Swap(other),
            })?;
        for (lock, follow) in locks {
            let has_followed = match follow {
                Follow::Merge(from) => self.two_way(&lock, from, step.new, Trial::ForGood)?.is_ok(),
                Follow::Write(paths) => self.write_new(&lock, &paths)?,
            };
            if has_followed {
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
        let branch = &*self.branch_behind(branch)?;
        let changes = self.diff(self.tree_of(old)?, self.tree_of(new)?)?;
        let step = self.step(new, old, &changes)?;
        let mut blocked = Ok(());
        for worktree in self.checked_out_in(branch, !changes.is_empty())? {
            if changes.is_empty() || !has_index(&worktree) {
                continue;
            }
            let path = worktree.path.clone();
            let lock = IndexLock::take(worktree)?;
            self.has_no_conflict(&lock)?;
            let left = self.catch_up(lock, &step)?;
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

    /// Every worktree that has a branch; an error where something is going on in one of them, or where files would have
    /// to follow in one that is away.
    fn checked_out_in(&self, branch: &str, files_follow: bool) -> Result<Vec<Worktree>, MoveError> {
        let mut found = self.worktrees()?;
        let has_it = |worktree: &Worktree| worktree.branch.as_deref() == Some(branch);
        let busy = found.iter().find_map(|worktree| {
            let concerned = has_it(worktree) || worktree.rewrites.iter().any(|other| other == branch);
            Some((worktree, worktree.busy.filter(|_| concerned)?))
        });
        if let Some((worktree, what)) = busy {
            return Err(MoveError::Busy {
                branch: branch.to_owned(),
                worktree: worktree.path.clone(),
                what,
            });
        }
        found.retain(has_it);
        let away = found.iter().find_map(|worktree| {
            let concerned = files_follow && (has_index(worktree) || worktree.git_dir.as_os_str().is_empty());
            Some((worktree, worktree.away.filter(|_| concerned)?))
        });
        match away {
            Some((worktree, away)) => Err(MoveError::Away {
                branch: branch.to_owned(),
                worktree: worktree.path.clone(),
                away,
            }),
            None => {
                found.retain(|worktree| worktree.away.is_none());
                Ok(found)
            }
        }
    }

    /// Whether files and index could follow, without touching either. Returns the tree that git's merge starts from.
    fn look(&self, lock: &IndexLock, step: &Step) -> Result<TreeId, MoveError> {
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
        self.refresh(lock, step.changes.iter())?;
        let mut from = step.old;
        let mut tried = self.two_way(lock, from, step.new, Trial::DryRun)?;
        if tried.is_err()
            && let Some(seen) = self.as_git_sees(lock, step)?
        {
            from = seen;
            tried = self.two_way(lock, from, step.new, Trial::DryRun)?;
        }
        match tried {
            Ok(()) => self.try_filters(lock, step).map(|()| from),
            Err(error) => Err(self.refusal(lock, step, &error)?),
        }
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

    /// Every path of this worktree that is not as its HEAD has it: staged, edited, or untracked and not ignored. A
    /// repository of its own inside the worktree is one path.
    pub fn dirty_paths(&self) -> Result<Vec<RepoPath>, ReadError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
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
            .filter_map(|line| RepoPath::in_tree(line.get(3..)?.strip_suffix(b"/").unwrap_or(&line[3..])).ok())
            .collect())
    }
}

/// Of whose files a commit was made.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Made {
    /// Of those of the worktree that this process is in.
    Here,
    /// Of others.
    Elsewhere,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Trial {
    DryRun,
    ForGood,
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
