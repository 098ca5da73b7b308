//! Locks that die with their owner.
//!
//! `flock` on files that are never deleted; after locking, the file's inode is compared with the path's, so that a
//! lock file which somebody replaced is noticed. "Is its owner alive" is answered by the kernel, not by a number in
//! a file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::domain::id::{PlanId, TaskId};
use crate::folders::make_private;

/// A lock that is held; dropping it lets go.
#[derive(Debug)]
#[must_use = "a lock that is dropped at once protects nothing"]
pub struct FileLock {
    file: File,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread starts at this moment holds the file too, until it becomes
        // its program.
        let _ = self.file.unlock();
    }
}

impl FileLock {
    /// Waits for the lock.
    pub(super) fn wait(path: &Path) -> io::Result<Self> {
        loop {
            let file = open(path)?;
            file.lock()?;
            if is_still(&file, path) {
                return Ok(Self { file });
            }
        }
    }

    /// Takes the lock if it is free.
    pub(super) fn attempt(path: &Path) -> io::Result<Option<Self>> {
        Self::attempt_by(path, File::try_lock)
    }

    /// Takes the lock together with others who take it so, if nobody has it alone.
    fn attempt_shared(path: &Path) -> io::Result<Option<Self>> {
        Self::attempt_by(path, File::try_lock_shared)
    }

    fn attempt_by(path: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            match take(&file) {
                Ok(()) if is_still(&file, path) => return Ok(Some(Self { file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn is_still(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// The locks of a clone.
#[derive(Debug)]
pub struct Locks {
    dir: PathBuf,
}

impl Locks {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The lock of a task, if no other process has it.
    pub fn try_task(&self, task: &TaskId) -> io::Result<Option<TaskLock>> {
        self.attempt(&format!("task-{task}"))
    }

    /// The lock of a slot, if no other process has it.
    pub fn try_slot(&self, name: &str) -> io::Result<Option<FileLock>> {
        self.attempt(&format!("slot-{name}"))
    }

    /// The lock of an unattended run onto a branch, if no other process has it.
    pub fn try_run(&self, target: &str) -> io::Result<Option<FileLock>> {
        self.attempt(&run_name(target))
    }

    /// The same for a run that shares the branch with others like it, here and elsewhere.
    pub fn try_shared_run(&self, target: &str) -> io::Result<Option<FileLock>> {
        make_private(&self.dir)?;
        FileLock::attempt_shared(&self.dir.join(run_name(target)))
    }

    /// The lock of a plan in the making, if no other process has it.
    pub fn try_plan(&self, plan: &PlanId) -> io::Result<Option<FileLock>> {
        self.attempt(&format!("plan-{}", plan.folded()))
    }

    /// Waits for the turn to land on a branch.
    pub fn landing(&self, target: &str) -> io::Result<FileLock> {
        make_private(&self.dir)?;
        FileLock::wait(&self.dir.join(landing(target)))
    }

    /// The turn to land on a branch, if no other process has it.
    pub fn try_landing(&self, target: &str) -> io::Result<Option<FileLock>> {
        self.attempt(&landing(target))
    }

    /// The lock of a claim on a server, if no other process of this clone has it.
    pub fn try_claim(&self, what: &str) -> io::Result<Option<FileLock>> {
        self.attempt(&format!("claim-{}", what.replace('/', "%2F")))
    }

    /// Waits for the turn to put hooks for one commit there, or to take them away.
    pub fn hooks(&self) -> io::Result<FileLock> {
        make_private(&self.dir)?;
        FileLock::wait(&self.dir.join("hooks"))
    }

    /// Waits for the turn to bring what a remote has.
    pub fn remote(&self, name: &str) -> io::Result<FileLock> {
        make_private(&self.dir)?;
        FileLock::wait(&self.dir.join(format!("remote-{}", name.replace('/', "%2F"))))
    }

    fn attempt(&self, name: &str) -> io::Result<Option<FileLock>> {
        make_private(&self.dir)?;
        FileLock::attempt(&self.dir.join(name))
    }
}

type TaskLock = FileLock;

fn run_name(target: &str) -> String {
    format!("run-{}", target.replace('/', "%2F"))
}

fn landing(target: &str) -> String {
    format!("landing-{}", target.replace('/', "%2F"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_free_when_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let locks = Locks::new(dir.path());
        let task = TaskId::new("a").unwrap();
        let held = locks.try_task(&task).unwrap().unwrap();
        assert!(locks.try_task(&task).unwrap().is_none());
        drop(held);
        assert!(locks.try_task(&task).unwrap().is_some());
    }

    /// As a child of another thread's has it between its beginning and its program.
    #[test]
    fn it_is_free_when_dropped_though_somebody_holds_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let held = FileLock::attempt(&dir.path().join("l")).unwrap().unwrap();
        let _by_a_child = held.file.try_clone().unwrap();
        drop(held);
        assert!(FileLock::attempt(&dir.path().join("l")).unwrap().is_some());
    }

    #[test]
    fn runs_that_share_go_on_together_and_one_alone_beside_none() {
        let dir = tempfile::tempdir().unwrap();
        let locks = Locks::new(dir.path());
        let shared = (
            locks.try_shared_run("m/a").unwrap(),
            locks.try_shared_run("m/a").unwrap(),
        );
        assert!(shared.0.is_some() && shared.1.is_some());
        assert!(locks.try_run("m/a").unwrap().is_none());
        drop(shared);
        let alone = locks.try_run("m/a").unwrap();
        assert!(alone.is_some() && locks.try_shared_run("m/a").unwrap().is_none());
    }

    #[test]
    fn a_replaced_lock_file_is_not_taken_for_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l");
        let old = FileLock::attempt(&path).unwrap().unwrap();
        fs::remove_file(&path).unwrap();
        let new = FileLock::attempt(&path).unwrap().unwrap();
        assert!(!is_still(&old.file, &path));
        assert!(is_still(&new.file, &path));
    }
}
