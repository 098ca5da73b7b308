//! What of a tree decides how the rest of it is read: `.gitattributes`, `.gitignore`, and submodules.
//!
//! Asked of one tree after the other, most of which share most of their folders. A folder without any of these is
//! remembered, so that only what differs is gone through again.

use gix::ObjectId;

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::path::RepoPath;

use super::open::Repository;
use super::tree::{ReadError, checked, entries_of, entry_of, push};

/// The most folders that are remembered.
const MOST_REMEMBERED: usize = 200_000;

/// What was found in a tree, in the order of its folders.
#[derive(Debug, Default)]
pub struct Deciding {
    /// The files of attributes.
    pub attributes: Vec<(RepoPath, BlobId)>,
    /// The files of ignore rules.
    pub ignores: Vec<(RepoPath, BlobId)>,
    /// The commits of submodules.
    pub links: Vec<(RepoPath, Entry)>,
}

impl Deciding {
    fn len(&self) -> usize {
        self.attributes.len() + self.ignores.len() + self.links.len()
    }
}

impl Repository {
    /// What in a tree decides how the rest is read.
    pub fn deciding(&self, tree: TreeId) -> Result<Deciding, ReadError> {
        let mut found = Deciding::default();
        self.deciding_in(tree.object_id(), &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn deciding_in(&self, tree: ObjectId, prefix: &mut Vec<u8>, found: &mut Deciding) -> Result<(), ReadError> {
        if self.without_deciding.borrow().contains(&tree) {
            return Ok(());
        }
        let before = found.len();
        let object = self.tree_object(tree)?;
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree, &error))?;
            let length = prefix.len();
            push(prefix, entry.filename);
            if entry.mode.is_tree() {
                self.deciding_in(entry.oid.into(), prefix, found)?;
            } else if entry.mode.is_commit() {
                if let Some(link) = entry_of(entry.mode.kind(), entry.oid.into()) {
                    debug_assert_eq!(link.mode, FileMode::Gitlink);
                    found.links.push((checked(tree, prefix)?, link));
                }
            } else if entry.mode.is_blob() && entry.filename == b".gitattributes" {
                found
                    .attributes
                    .push((checked(tree, prefix)?, BlobId::new(entry.oid.into())));
            } else if entry.mode.is_blob() && entry.filename == b".gitignore" {
                found
                    .ignores
                    .push((checked(tree, prefix)?, BlobId::new(entry.oid.into())));
            }
            prefix.truncate(length);
        }
        let mut without = self.without_deciding.borrow_mut();
        if found.len() == before && without.len() < MOST_REMEMBERED {
            without.insert(tree);
        }
        Ok(())
    }
}
