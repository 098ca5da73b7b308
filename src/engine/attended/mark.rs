//! The mark: a file in a worktree's git folder that says that a task is open there. Hooks look for it before they look
//! for anything else, so that a commit without a task costs nothing.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::domain::id::TaskId;
use crate::engine::Engine;
use crate::fault::{self, Point};
use crate::git::Repository;

use super::AttendedError;

/// The file that says that a task is open in a worktree. A cache of the journal; the hooks of git look for it.
pub fn mark_of(git: &Repository) -> PathBuf {
    git.git_dir().join("harness").join("open")
}

pub(super) fn mark(engine: &Engine) -> PathBuf {
    mark_of(&engine.git)
}

/// Writes the mark that the hooks look for.
pub fn set_mark(engine: &Engine, task: &TaskId) -> Result<(), AttendedError> {
    let path = mark(engine);
    if let Some(dir) = path.parent() {
        crate::folders::make_private(dir).map_err(io_at(path.clone()))?;
    }
    fault::at(Point::MarkWrite)
        .and_then(|()| fs::write(&path, format!("{task}\n")))
        .and_then(|()| fault::at(Point::MarkWritten))
        .map_err(io_at(path))
}

/// Takes the mark away.
pub fn clear_mark(engine: &Engine) -> Result<(), AttendedError> {
    let path = mark(engine);
    match fault::at(Point::MarkClear).and_then(|()| fs::remove_file(&path)) {
        Ok(()) => fault::at(Point::MarkCleared).map_err(io_at(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_at(path)(error)),
    }
}

fn io_at(path: PathBuf) -> impl FnOnce(io::Error) -> AttendedError {
    move |source| AttendedError::Io { path, source }
}
