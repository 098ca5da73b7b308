//! Moving a branch that may be checked out somewhere, without harm to what people have there.
//!
//! Under the worktree's `index.lock`: first it is tried on a copy of the index whether git would have to overwrite
//! anything, then the ref moves by compare-and-swap, then files and index follow with the user's own filters, and the
//! lock is renamed into place. Other staged and edited work stays as it is.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;

use super::command::GitError;
use super::open::Repository;
use super::refs::{SwapError, Worktree};
use super::tree::ReadError;

/// Why a branch was not moved. Nothing has changed.
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
    /// A file of the worktree's git folder could not be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Repository {
    /// Moves a branch from `old` to `new`, and with it the files of a worktree that has it checked out.
    pub fn move_branch(&self, branch: &str, new: CommitId, old: CommitId, why: &str) -> Result<(), MoveError> {
        let reference = format!("refs/heads/{branch}");
        let swap = || {
            self.compare_and_swap(&reference, new, Some(old), why)
                .map_err(|error| match error {
                    SwapError::Moved { found, .. } => MoveError::Moved {
                        branch: branch.to_owned(),
                        found,
                    },
                    other => MoveError::Swap(other),
                })
        };
        let found = self.branch_tip(branch)?;
        if found != Some(old) {
            return Err(MoveError::Moved {
                branch: branch.to_owned(),
                found,
            });
        }
        let Some(worktree) = self.checked_out_in(branch)? else {
            return swap();
        };
        let index = IndexLock::take(branch, worktree)?;
        self.two_way(&index, new, old, Trial::DryRun)?;
        swap()?;
        self.two_way(&index, new, old, Trial::ForGood)?;
        index.commit()
    }

    /// Brings files and index after a branch that moved, when a kill came in between.
    pub fn finish_move(&self, branch: &str, new: CommitId, old: CommitId) -> Result<(), MoveError> {
        let Some(worktree) = self.checked_out_in(branch)? else {
            return Ok(());
        };
        let index = IndexLock::take(branch, worktree)?;
        // Where they followed already, the two-way merge finds nothing to do.
        self.two_way(&index, new, old, Trial::DryRun)?;
        self.two_way(&index, new, old, Trial::ForGood)?;
        index.commit()
    }

    fn checked_out_in(&self, branch: &str) -> Result<Option<Worktree>, MoveError> {
        let found = self.worktrees()?;
        Ok(found
            .into_iter()
            .find(|worktree| worktree.branch.as_deref() == Some(branch)))
    }

    fn two_way(&self, index: &IndexLock, new: CommitId, old: CommitId, trial: Trial) -> Result<(), MoveError> {
        let worktree = &index.worktree;
        let mut call = self.program().as_user(&worktree.git_dir, Some(&worktree.path));
        call.variable("GIT_INDEX_FILE", &index.copy);
        let refresh = call.words(["update-index", "-q", "--refresh"]).output();
        drop(refresh);
        let mut call = self.program().as_user(&worktree.git_dir, Some(&worktree.path));
        call.variable("GIT_INDEX_FILE", &index.copy)
            .words(["read-tree", "-m", "-u"]);
        if trial == Trial::DryRun {
            call.word("-n");
        }
        call.word(old.to_string()).word(new.to_string());
        let output = call.output()?;
        if output.status.success() {
            return Ok(());
        }
        let paths = paths_in(&String::from_utf8_lossy(&output.stderr));
        if paths.is_empty() {
            return Err(call.failed(&output).into());
        }
        Err(MoveError::Blocked {
            worktree: worktree.path.clone(),
            paths,
        })
    }

    /// Every path of a worktree that is not as its HEAD has it: staged, edited, or untracked and not ignored.
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
            .filter(|line| line.len() > 3)
            .filter_map(|line| RepoPath::new(&line[3..]).ok())
            .collect())
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Trial {
    DryRun,
    ForGood,
}

/// The paths that `read-tree` complains of, from its messages in the C locale.
fn paths_in(stderr: &str) -> Vec<String> {
    stderr
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("error: ")?;
            let quoted = line.split('\'').nth(1);
            quoted.map(str::to_owned)
        })
        .collect()
}

/// A worktree's index, locked as git locks it, with a copy to work on.
struct IndexLock {
    worktree: Worktree,
    lock: PathBuf,
    copy: PathBuf,
    done: bool,
}

impl IndexLock {
    fn take(branch: &str, worktree: Worktree) -> Result<Self, MoveError> {
        if let Some(what) = worktree.busy {
            return Err(MoveError::Busy {
                branch: branch.to_owned(),
                worktree: worktree.path,
                what,
            });
        }
        let lock = worktree.git_dir.join("index.lock");
        let copy = worktree.git_dir.join("index.harness");
        match OpenOptions::new().write(true).create_new(true).open(&lock) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(MoveError::Locked {
                    worktree: worktree.path,
                    lock,
                });
            }
            Err(source) => return Err(MoveError::Io { path: lock, source }),
        }
        let index = Self {
            worktree,
            lock,
            copy,
            done: false,
        };
        let from = index.worktree.git_dir.join("index");
        if from.exists() {
            fs::copy(&from, &index.copy).map_err(io_at(&index.copy))?;
        } else {
            let _ = fs::remove_file(&index.copy);
        }
        Ok(index)
    }

    /// Puts the copy in the index's place, by way of the lock as git does.
    fn commit(mut self) -> Result<(), MoveError> {
        let index = self.worktree.git_dir.join("index");
        fs::rename(&self.copy, &self.lock).map_err(io_at(&self.lock))?;
        if let Ok(file) = File::open(&self.lock) {
            let _ = file.sync_all();
        }
        fs::rename(&self.lock, &index).map_err(io_at(&index))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.copy);
            let _ = fs::remove_file(&self.lock);
        }
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> MoveError + '_ {
    move |source| MoveError::Io {
        path: path.to_owned(),
        source,
    }
}
