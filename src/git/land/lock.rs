//! A worktree's index, locked as git locks it, with a copy to work on.
//!
//! Git knows a lock by the file's name alone, so a process that is killed would leave one behind for ever. Ours says
//! whose it is and is held by `flock` as long as the process lives: what bears our line and nobody holds was left by
//! a dead one of ours, and may be taken. A lock of anybody else is never touched. The git commands that work under it
//! hold it too, so that one which outlives its killed parent is waited for.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::fault::{self, Point};
use crate::git::worktrees::Worktree;

use super::{MoveError, io_at};

const LINE: &str = "git-harness moves the branch that is checked out here\n";
const COPY: &str = "index.harness.";
/// What a lock is called until it is one.
const DRAFT: &str = "index.harness-lock.";
/// An editor's `git status` in the background holds the lock for some milliseconds.
const TRIES: u32 = 24;
const PAUSE: Duration = Duration::from_millis(25);

/// A locked index. Dropped, it lets go and nothing has changed.
pub(super) struct IndexLock {
    pub(super) worktree: Worktree,
    /// The copy that is worked on.
    pub(super) copy: PathBuf,
    lock: PathBuf,
    held: File,
}

impl IndexLock {
    /// Locks the index of a worktree, waiting a moment for whoever has it.
    pub(super) fn take(worktree: Worktree) -> Result<Self, MoveError> {
        let lock = worktree.git_dir.join("index.lock");
        for attempt in 0..TRIES {
            if attempt > 0 {
                thread::sleep(PAUSE);
            }
            if let Some(held) = try_take(&lock, &worktree.git_dir).map_err(io_at(&lock))? {
                // Whoever made them held this lock, and is gone.
                remove_copies(&worktree.git_dir);
                let copy = worktree.git_dir.join(format!("{COPY}{}", std::process::id()));
                let index = Self {
                    worktree,
                    copy,
                    lock,
                    held,
                };
                fault::at(Point::IndexLocked).map_err(io_at(&index.lock))?;
                index.begin_again()?;
                return Ok(index);
            }
        }
        Err(MoveError::Locked {
            worktree: worktree.path,
            lock,
        })
    }

    /// Makes the copy what the index is, once more.
    pub(super) fn begin_again(&self) -> Result<(), MoveError> {
        let copied = fs::copy(self.index(), &self.copy);
        copied.map(drop).map_err(io_at(&self.copy))
    }

    /// When the move began that this lock is for: that of a dead process, where it was taken over from one.
    pub(super) fn begun(&self) -> Option<SystemTime> {
        self.held.metadata().and_then(|lock| lock.created()).ok()
    }

    /// The lock's file, for a program that works under it.
    pub(super) fn held(&self) -> Result<File, MoveError> {
        self.held.try_clone().map_err(io_at(&self.lock))
    }

    /// Leaves everything lying there, as a killed process does.
    #[cfg(test)]
    pub(super) fn leave_behind(self) {
        assert!(self.held.unlock().is_ok());
        std::mem::forget(self);
    }

    fn index(&self) -> PathBuf {
        self.worktree.git_dir.join("index")
    }

    /// Puts the copy in the index's place, and lets go.
    pub(super) fn publish(self) -> Result<(), MoveError> {
        let copy = File::open(&self.copy).map_err(io_at(&self.copy))?;
        fault::at(Point::IndexSync)
            .and_then(|()| copy.sync_all())
            .map_err(io_at(&self.copy))?;
        let index = self.index();
        fault::at(Point::IndexRename)
            .and_then(|()| fs::rename(&self.copy, &index))
            .and_then(|()| File::open(&self.worktree.git_dir)?.sync_all())
            .and_then(|()| fault::at(Point::IndexRenamed))
            .map_err(io_at(&index))
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.copy);
        if is_at(&self.held, &self.lock) {
            let _ = fs::remove_file(&self.lock);
        }
    }
}

/// Takes away the lock that a dead process of ours left, with what it worked on. Where that fails the next move tries
/// again.
pub(super) fn clear_dead(git_dir: &Path) {
    let lock = git_dir.join("index.lock");
    if let Some(_held) = left_behind(&lock) {
        remove_copies(git_dir);
        let _ = fs::remove_file(lock);
    }
}

fn try_take(lock: &Path, git_dir: &Path) -> io::Result<Option<File>> {
    // Held, and told whose it is, before it has the name: so it is never there without either.
    let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(git_dir)?;
    draft.as_file().try_lock()?;
    draft.write_all(LINE.as_bytes())?;
    // After a power cut it would be empty, and taken for somebody else's.
    draft.as_file().sync_data()?;
    fault::at(Point::IndexLock)?;
    match draft.persist_noclobber(lock) {
        Ok(held) => Ok(Some(held)),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(left_behind(lock)),
        Err(refused) => Err(refused.error),
    }
}

/// A lock of ours whose process is gone.
fn left_behind(lock: &Path) -> Option<File> {
    let mut file = File::open(lock).ok()?;
    let mut text = Vec::new();
    (&mut file).take(LINE.len() as u64 + 1).read_to_end(&mut text).ok()?;
    (text == LINE.as_bytes() && file.try_lock().is_ok() && is_at(&file, lock)).then_some(file)
}

/// Whether a file is still the one that has this name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

fn remove_copies(git_dir: &Path) {
    for entry in fs::read_dir(git_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_draft = || name.starts_with(DRAFT) && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if name.starts_with(COPY) || is_draft() {
            let _ = fs::remove_file(entry.path());
        }
    }
}
