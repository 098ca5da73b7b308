//! The repository in a copy: for whoever asks git about the tree that lies there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::oid::Digest;
use crate::fault::{self, Point};
use crate::git::{Lent, Repository, StatCache, WriteError};

use super::{Slot, SlotError, io_at, remove};

impl Slot {
    /// Puts a repository over the filled tree. Asked for straight after the tree was filled, while what is known of its
    /// files is what lies there. Gives the digest of what it says besides the tree.
    pub fn lend(&self, git: &Repository, lent: &Lent) -> Result<Digest, LendError> {
        let dir = self.repository();
        let known = StatCache::read(&self.stat_cache(), git.hash());
        let failed = |source| LendError {
            path: dir.clone(),
            source,
        };
        let io = |source| failed(WriteError::Io(source));
        fault::at(Point::ViewWrite).map_err(io)?;
        clear(&dir).map_err(io)?;
        let digest = git.lend(&dir, lent, &known).map_err(failed)?;
        fault::at(Point::ViewWritten).map_err(io)?;
        Ok(digest)
    }

    /// Where it lies.
    pub fn repository(&self) -> PathBuf {
        self.tree().join(".git")
    }
}

impl Slot {
    /// Takes the repository of the last use away.
    pub(super) fn clear_lent(&self) -> Result<(), SlotError> {
        let dir = self.repository();
        clear(&dir).map_err(io_at(&dir))
    }
}

/// Why a copy has no repository.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the repository of the copy, {path}: {source}")]
pub struct LendError {
    path: PathBuf,
    source: WriteError,
}

fn clear(dir: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(dir) {
        Err(_) => Ok(()),
        Ok(_) => remove(dir).map_err(std::io::Error::other),
    }
}
