//! Durability: what git leaves to the next write-back. It syncs the files of objects and refs when told to, but never
//! the folders that name them, and nothing of an object that was there already.
//!
//! The order is what keeps a power cut harmless (security reference 4.5): objects and their folders when a commit is
//! made, then whatever intent names it, then the ref, its log and their folders, then the row that says it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::domain::oid::{CommitId, TreeId};
use crate::fault::{self, Point};

use super::open::Repository;
use super::tree::ReadError;
use super::write::WriteError;

impl Repository {
    /// Makes durable what a commit brings over its first parent: the objects and the folders that name them.
    pub(super) fn sync_objects(
        &self,
        commit: CommitId,
        tree: TreeId,
        parent: Option<TreeId>,
    ) -> Result<(), WriteError> {
        let mut brought = vec![commit.object_id()];
        let parent = parent.map(|tree| tree.object_id());
        self.brought_by(tree.object_id(), parent, &mut brought)?;
        let objects = self.common_dir().join("objects");
        let mut folders = BTreeSet::new();
        for id in brought {
            let name = id.to_string();
            let folder = objects.join(&name[..2]);
            // What is in a pack or in an alternate was not written now.
            if sync_if_there(&folder.join(&name[2..]))? {
                folders.insert(folder);
            }
        }
        for folder in &folders {
            sync_if_there(folder)?;
        }
        sync_if_there(&objects)?;
        Ok(())
    }

    /// Makes durable the names of packs.
    pub(super) fn sync_packs(&self) -> io::Result<()> {
        sync_if_there(&self.common_dir().join("objects/pack")).map(drop)
    }

    /// The trees and blobs of a tree that another one does not have at the same place.
    fn brought_by(&self, tree: ObjectId, before: Option<ObjectId>, found: &mut Vec<ObjectId>) -> Result<(), ReadError> {
        if Some(tree) == before {
            return Ok(());
        }
        found.push(tree);
        let mut old = BTreeMap::new();
        if let Some(before) = before {
            for node in self.nodes(before)? {
                old.insert(node.name, (node.kind, node.id));
            }
        }
        for node in self.nodes(tree)? {
            let known = old.get(&node.name);
            match node.kind {
                _ if known.is_some_and(|(_, id)| *id == node.id) => {}
                EntryKind::Tree => {
                    let before = known.filter(|(kind, _)| *kind == EntryKind::Tree).map(|(_, id)| *id);
                    self.brought_by(node.id, before, found)?;
                }
                // A submodule's commit lies elsewhere.
                EntryKind::Commit => {}
                _ => found.push(node.id),
            }
        }
        Ok(())
    }

    /// Makes durable the names of a ref and its log, up to the folders that hold all of them.
    pub(super) fn sync_reference(&self, reference: &str) -> io::Result<()> {
        fault::at(Point::RefSync)?;
        sync_if_there(&self.common_dir().join("reftable"))?;
        for (root, top) in [("", "refs"), ("logs", "logs/refs")] {
            let top = self.common_dir().join(top);
            let file = self.common_dir().join(root).join(reference);
            for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(&top)) {
                sync_if_there(folder)?;
            }
        }
        fault::at(Point::RefSynced)
    }
}

/// Syncs a file or folder; whether it is there.
fn sync_if_there(path: &Path) -> io::Result<bool> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let named = format!("cannot sync {}: {error}", path.display());
            Err(io::Error::new(error.kind(), named))
        }
    }
}
