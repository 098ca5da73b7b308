//! The hash that a repository's objects are named by, and what things are called by it: SHA-1, or SHA-256.

use std::io::{self, Read};

use gix::ObjectId;
use gix::hash::Kind;
use gix::objs::compute_hash;

use crate::domain::oid::{BlobId, TreeId};

use super::open::Repository;

impl Repository {
    /// The hash that its objects are named by.
    pub fn hash(&self) -> Kind {
        self.gix.object_hash()
    }

    /// The id of no object, as git writes it for what is not there.
    pub fn no_id(&self) -> String {
        Kind::null(&self.hash()).to_string()
    }

    /// The tree without entries.
    pub fn empty_tree(&self) -> TreeId {
        TreeId::empty(self.hash())
    }

    /// The id that these bytes have as a blob; nothing is written.
    pub fn hash_blob(&self, bytes: &[u8]) -> BlobId {
        blob_of(self.hash(), bytes)
    }

    /// Whether a blob is of these bytes.
    pub fn is_blob(bytes: &[u8], id: BlobId) -> bool {
        blob_of(id.object_id().kind(), bytes) == id
    }

    /// Whether a blob is of what a file of this length holds, which is read piece by piece.
    pub fn is_blob_in(mut file: impl Read, length: u64, id: BlobId) -> io::Result<bool> {
        let mut hasher = gix::hash::hasher(id.object_id().kind());
        hasher.update(format!("blob {length}\0").as_bytes());
        let (mut piece, mut read) = (vec![0; 64 * 1024], 0);
        loop {
            match file.read(&mut piece)? {
                0 => break,
                count => {
                    hasher.update(&piece[..count]);
                    read += count as u64;
                }
            }
            if read > length {
                return Ok(false);
            }
        }
        Ok(read == length && hasher.try_finalize().is_ok_and(|found| found == id.object_id()))
    }

    /// The id that a tree has.
    pub(super) fn hash_tree(&self, bytes: &[u8]) -> Option<ObjectId> {
        compute_hash(self.hash(), gix::objs::Kind::Tree, bytes).ok()
    }
}

fn blob_of(hash: Kind, bytes: &[u8]) -> BlobId {
    let id = compute_hash(hash, gix::objs::Kind::Blob, bytes);
    BlobId::new(id.unwrap_or_else(|_| ObjectId::null(hash)))
}
