//! Caches: what can be made again from history, objects and the journal. Deleting them loses time, never truth.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::domain::oid::Digest;
use crate::fault::{self, Point};
use crate::folders::make_private;

/// The most entries of one kind; beyond it the kind starts anew.
const MOST_ENTRIES: usize = 4096;

/// Bytes of the digest that closes an entry.
const DIGEST: usize = 32;

/// A clone's caches.
#[derive(Debug)]
pub struct Caches {
    dir: PathBuf,
}

impl Caches {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn path(&self, kind: &str, key: &str) -> PathBuf {
        self.dir.join(kind).join(Digest::of(key.as_bytes()).to_string())
    }

    /// What was put under a key. A damaged entry is as good as none.
    pub fn get(&self, kind: &str, key: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(kind, key)).ok()?;
        let length = bytes.len().checked_sub(DIGEST)?;
        let is_whole = Digest::of(&bytes[..length]).as_bytes() == &bytes[length..];
        // The digest stands at the end, so that a large entry is not moved to be given away.
        bytes.truncate(length);
        is_whole.then_some(bytes)
    }

    /// Puts something under a key. It is no error if that fails: the next reader makes it again.
    pub fn put(&self, kind: &str, key: &str, bytes: &[u8]) {
        let _ = self.try_put(kind, key, bytes);
    }

    fn try_put(&self, kind: &str, key: &str, bytes: &[u8]) -> std::io::Result<()> {
        let dir = self.dir.join(kind);
        make_private(&dir)?;
        let path = self.path(kind, key);
        if !path.exists() && fs::read_dir(&dir)?.count() >= MOST_ENTRIES {
            fs::remove_dir_all(&dir)?;
            make_private(&dir)?;
        }
        let mut file = tempfile::NamedTempFile::new_in(&dir)?;
        fault::before_write(Point::CacheWrite, file.as_file(), bytes)?;
        file.write_all(bytes)?;
        file.write_all(Digest::of(bytes).as_bytes())?;
        fault::at(Point::CacheRename)?;
        file.persist(path).map_err(|error| error.error)?;
        fault::at(Point::CacheRenamed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_until_it_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let caches = Caches::new(dir.path());
        assert_eq!(caches.get("k", "a"), None);
        caches.put("k", "a", b"one");
        caches.put("k", "a", b"two");
        assert_eq!(caches.get("k", "a").as_deref(), Some(b"two".as_slice()));
        let path = caches.path("k", "a");
        let mut bytes = fs::read(&path).unwrap();
        bytes[0] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(caches.get("k", "a"), None);
    }
}
