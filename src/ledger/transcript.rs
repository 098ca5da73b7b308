//! Transcripts: packets, answers and check logs, each under the digest of its bytes, so that a row can name them and
//! one of them can be erased without breaking the journal.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::domain::oid::Digest;

/// A clone's transcripts.
#[derive(Debug)]
pub struct Transcripts {
    dir: PathBuf,
}

impl Transcripts {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn path(&self, digest: Digest) -> PathBuf {
        let text = digest.to_string();
        let (head, rest) = text.split_at(2);
        self.dir.join(head).join(rest)
    }

    /// Keeps bytes; they are on disk when this returns.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        let path = self.path(digest);
        if path.exists() {
            return Ok(digest);
        }
        let dir = path.parent().unwrap_or(&self.dir);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        // tempfile makes files for their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_data()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(digest)
    }

    /// The bytes under a digest; `None` where they were erased or never here.
    pub fn get(&self, digest: Digest) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(digest)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn bytes_come_back_and_are_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let transcripts = Transcripts::new(&dir.path().join("t"));
        let digest = transcripts.put(b"packet").unwrap();
        assert_eq!(transcripts.put(b"packet").unwrap(), digest);
        assert_eq!(transcripts.get(digest).unwrap().as_deref(), Some(b"packet".as_slice()));
        assert_eq!(transcripts.get(Digest::of(b"other")).unwrap(), None);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&transcripts.path(digest)), 0o600);
        assert_eq!(mode(&dir.path().join("t")), 0o700);
    }
}
