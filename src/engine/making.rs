//! Making: what prepare-commit-msg found out about the commit that git is about to make. commit-msg puts the message right by
//! it, and where git does not tell a new commit from an amended one, the commit itself is held against it once it is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::fault::{self, Point};

use super::Engine;

/// The commit that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// The task that it is made for, or after.
    pub task: TaskId,
    /// HEAD before it.
    pub head: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// What it has to stand on.
    pub on: Vec<CommitId>,
    /// The trailer block that it has to have; without, it may hold no line of ours.
    pub block: Option<String>,
    /// What the person was handed to edit, where git refuses what comes back unchanged.
    pub handed: Option<Vec<u8>>,
    /// What it is where it stands on something else.
    pub or: Option<Otherwise>,
    /// The commit that still lacks its block.
    pub lacks: Option<CommitId>,
}

/// The other reading of a commit: the task's commit, made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Otherwise {
    /// What it stands on.
    pub on: Vec<CommitId>,
    /// Its block, where that is known already; else the commit has to be judged.
    pub block: Option<String>,
}

fn place(engine: &Engine) -> PathBuf {
    engine.git.git_dir().join("harness").join("making")
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot use {}: {error}", path.display()))
}

/// Keeps it for the hooks that follow.
pub fn keep(engine: &Engine, making: &Making) -> io::Result<()> {
    let path = place(engine);
    let bytes = serde_json::to_vec(making).map_err(io::Error::from);
    bytes
        .and_then(|bytes| {
            fault::at(Point::MakingWrite)?;
            fs::write(&path, bytes)?;
            fault::at(Point::MakingWritten)
        })
        .map_err(|error| at(&path, &error))
}

/// The commit that is being made on this HEAD; none where there is nothing to be known.
pub fn current(engine: &Engine) -> io::Result<Option<Making>> {
    let path = place(engine);
    match fs::read(&path) {
        // What cannot be read is of another version, and says nothing.
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&path, &error)),
    }
}

/// Forgets it: the commit is made, or is none of ours.
pub fn forget(engine: &Engine) -> io::Result<()> {
    let path = place(engine);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path, &error)),
        _ => Ok(()),
    }
}

/// Whether a commit is being made in another worktree, which waits for the hooks that all of them share.
pub fn is_another(engine: &Engine) -> io::Result<bool> {
    let (own, common) = (place(engine), engine.git.common_dir());
    let mut others = vec![common.join("harness").join("making")];
    match fs::read_dir(common.join("worktrees")) {
        Ok(worktrees) => {
            for worktree in worktrees {
                others.push(worktree?.path().join("harness").join("making"));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(common, &error)),
    }
    Ok(others.iter().any(|other| *other != own && other.exists()))
}
