//! Transcripts: packets, answers and check logs, each under the digest of its bytes, so that a row can name them and
//! one of them can be erased without breaking the journal.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::oid::Digest;
use crate::domain::redact::Redactor;
use crate::fault::{self, Point};
use crate::folders::make_private;

/// A clone's transcripts.
#[derive(Debug)]
pub struct Transcripts {
    dir: PathBuf,
    redactor: Arc<Redactor>,
}

impl Transcripts {
    pub(super) fn new(dir: &Path, redactor: Arc<Redactor>) -> Self {
        Self {
            dir: dir.to_owned(),
            redactor,
        }
    }

    pub(super) fn clean_with(&mut self, redactor: Arc<Redactor>) {
        self.redactor = redactor;
    }

    fn path(&self, digest: Digest) -> PathBuf {
        let text = digest.to_string();
        let (head, rest) = text.split_at(2);
        self.dir.join(head).join(rest)
    }

    /// Keeps bytes without the secrets in them; they are on disk when this returns. The digest is of what is kept.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let bytes = &*self.redactor.bytes(bytes);
        let digest = Digest::of(bytes);
        let path = self.path(digest);
        if path.exists() {
            return Ok(digest);
        }
        let dir = path.parent().unwrap_or(&self.dir);
        make_private(dir)?;
        // tempfile makes files for their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        fault::before_write(Point::TranscriptWrite, file.as_file(), bytes)?;
        file.write_all(bytes)?;
        fault::at(Point::TranscriptSync)?;
        file.as_file().sync_data()?;
        fault::at(Point::TranscriptRename)?;
        file.persist(&path).map_err(|error| error.error)?;
        for dir in [dir, &self.dir] {
            File::open(dir)?.sync_all()?;
        }
        fault::at(Point::TranscriptRenamed)?;
        Ok(digest)
    }

    /// The digests of everything that is kept, in their order.
    pub fn all(&self) -> io::Result<Vec<Digest>> {
        let mut found = Vec::new();
        for folder in entries(&self.dir)? {
            for file in entries(&folder)? {
                let name =
                    [&folder, &file].map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
                // What is being written has another name.
                found.extend(name.concat().parse::<Digest>());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Takes one away. Whether it was there.
    pub fn erase(&self, digest: Digest) -> io::Result<bool> {
        match fs::remove_file(self.path(digest)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
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

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn bytes_come_back_and_are_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let transcripts = Transcripts::new(
            &dir.path().join("t"),
            Arc::new(Redactor::new(&["kn0wn-by-value"], b"salt")),
        );
        let digest = transcripts.put(b"packet").unwrap();
        assert_eq!(transcripts.put(b"packet").unwrap(), digest);
        assert_eq!(transcripts.get(digest).unwrap().as_deref(), Some(b"packet".as_slice()));
        assert_eq!(transcripts.get(Digest::of(b"other")).unwrap(), None);
        fs::write(dir.path().join("t/.half"), "x").unwrap();
        assert_eq!(transcripts.all().unwrap(), [digest]);
        let digest_of_secret = transcripts.put(b"it is kn0wn-by-value").unwrap();
        let kept = transcripts.get(digest_of_secret).unwrap().unwrap();
        assert!(kept.starts_with(b"it is [redacted:known:"));
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&transcripts.path(digest)), 0o600);
        assert_eq!(mode(&dir.path().join("t")), 0o700);
    }
}
