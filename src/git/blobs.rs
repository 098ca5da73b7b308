//! Writing blobs, by the git program: no filter, no attribute. A few are loose objects; many are one pack, since every
//! loose object is synced by itself and a plan may have a hundred thousand cards.

use crate::domain::oid::BlobId;

use super::open::Repository;
use super::write::WriteError;

/// From this many on, blobs are written as a pack.
const MANY: usize = 200;

/// Contents that lie in files of their own, so that one start of git takes all of them.
pub(super) struct Listed {
    _dir: tempfile::TempDir,
    names: String,
}

impl Listed {
    pub(super) fn new<'a>(contents: impl Iterator<Item = &'a [u8]>) -> std::io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut names = String::new();
        for (number, bytes) in contents.enumerate() {
            let file = dir.path().join(number.to_string());
            std::fs::write(&file, bytes)?;
            names.push_str(&file.to_string_lossy());
            names.push('\n');
        }
        Ok(Self { _dir: dir, names })
    }

    /// Their names, a line each, as `hash-object --stdin-paths` reads them.
    pub(super) fn names(&self) -> &str {
        &self.names
    }
}

impl Repository {
    /// Writes a blob.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<BlobId, WriteError> {
        let mut call = self.trusted();
        let id = call
            .words(["hash-object", "-w", "--stdin", "--no-filters"])
            .input(bytes)
            .text()?;
        Ok(id.parse()?)
    }

    /// Writes several blobs with one process.
    pub fn write_blobs(&self, files: &[&[u8]]) -> Result<Vec<BlobId>, WriteError> {
        match files {
            [] => Ok(Vec::new()),
            [only] => Ok(vec![self.write_blob(only)?]),
            few if few.len() < MANY => self.write_loose(few),
            many => self.write_pack(many),
        }
    }

    fn write_loose(&self, files: &[&[u8]]) -> Result<Vec<BlobId>, WriteError> {
        let listed = Listed::new(files.iter().copied())?;
        let mut call = self.trusted();
        let answer = call
            .words(["hash-object", "-w", "--stdin-paths", "--no-filters"])
            .input(listed.names())
            .text()?;
        let ids: Vec<BlobId> = answer.lines().map(str::parse).collect::<Result<_, _>>()?;
        if ids.len() != files.len() {
            return Err(call.unexpected(answer.as_bytes()).into());
        }
        Ok(ids)
    }

    fn write_pack(&self, files: &[&[u8]]) -> Result<Vec<BlobId>, WriteError> {
        let ids: Vec<BlobId> = files.iter().map(|bytes| self.hash_blob(bytes)).collect();
        let mut stream = Vec::new();
        for (bytes, id) in files.iter().zip(&ids) {
            if !self.contains(id.object_id()) {
                stream.extend_from_slice(format!("blob\ndata {}\n", bytes.len()).as_bytes());
                stream.extend_from_slice(bytes);
                stream.push(b'\n');
            }
        }
        if stream.is_empty() {
            return Ok(ids);
        }
        // A half of the stream is no import.
        stream.extend_from_slice(b"done\n");
        let mut call = self.trusted();
        // Synced with what finds objects in it, and never taken apart into loose ones.
        call.setting("core.fsync=committed,loose-object,reference,pack-metadata")
            .setting("fastimport.unpackLimit=1")
            .words(["fast-import", "--quiet", "--done"])
            .input(stream);
        let answer = call.bytes()?;
        self.sync_packs()?;
        match ids.last().is_some_and(|last| self.contains(last.object_id())) {
            true => Ok(ids),
            false => Err(call.unexpected(&answer).into()),
        }
    }
}
