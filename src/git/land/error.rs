//! Why a branch was not moved, and which of the reasons a person can take out of the way.

use std::io;
use std::path::PathBuf;

use crate::domain::oid::CommitId;
use crate::git::command::GitError;
use crate::git::refs::SwapError;
use crate::git::tree::ReadError;
use crate::git::under_way::UnderWay;
use crate::git::worktrees::Away;
use crate::git::write::WriteError;

/// Why a branch was not moved. Where `move_branch` says `Moved`, or something that [`MoveError::is_in_the_way`], nothing has
/// changed; after any other error it may have moved, and `finish_move` brings the files after it.
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
        what: UnderWay,
    },
    /// The worktree that has the branch cannot be worked in now.
    #[error("{branch} is checked out in {worktree}, {away}, so that its files could not follow")]
    Away {
        /// The branch.
        branch: String,
        /// The worktree, as git names it.
        worktree: PathBuf,
        /// Why.
        away: Away,
    },
    /// A conflict waits to be resolved in the worktree that has the branch.
    #[error("a conflict in {worktree} is not resolved yet: {}", .paths.join(", "))]
    Unmerged {
        /// The worktree.
        worktree: PathBuf,
        /// The paths.
        paths: Vec<String>,
    },
    /// git cannot write the files, whatever the user did to them.
    #[error("the files in {worktree} cannot follow: {why}")]
    CannotFollow {
        /// The worktree.
        worktree: PathBuf,
        /// What git says.
        why: String,
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

impl MoveError {
    /// What takes it out of the way.
    pub fn way_out(&self) -> Option<String> {
        Some(match self {
            Self::Blocked { .. } => "commit, stash or move these files".to_owned(),
            Self::Busy { what, .. } => format!("end it there: {}", what.ends_with()),
            Self::Away { away, .. } => away.way_out().to_owned(),
            Self::Unmerged { .. } => "resolve it there and `git add` the files".to_owned(),
            Self::CannotFollow { .. } => "mend what git names (a filter, a file in the way)".to_owned(),
            Self::Locked { .. } => "wait until the other command has ended".to_owned(),
            Self::Moved { .. } | Self::Swap(_) | Self::Read(_) | Self::Git(_) | Self::Write(_) | Self::Io { .. } => {
                return None;
            }
        })
    }

    /// Whether nothing has moved because of something in a worktree that a person has to end, bring back or mend; then
    /// the same move can be made.
    pub const fn is_in_the_way(&self) -> bool {
        matches!(
            self,
            Self::Blocked { .. }
                | Self::Busy { .. }
                | Self::Away { .. }
                | Self::Unmerged { .. }
                | Self::CannotFollow { .. }
                | Self::Locked { .. }
        )
    }
}
