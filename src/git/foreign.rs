//! What others pushed, read without believing anything of it: an object may be of another kind than its ref suggests, its
//! head may be nonsense, and a tree may unfold without an end. So nothing here fails for what it finds, reads what is too
//! large, or goes deeper than it was told to.

use gix::object::Kind;
use gix::objs::tree::EntryKind;

use crate::domain::oid::{BlobId, CommitId, TreeId};

use super::open::Repository;

/// What a ref of somebody else names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A commit, of so many bytes.
    Commit(u64),
    /// Something else: `blob`, `tree` or `tag`.
    Other(&'static str),
    /// Nothing that is here.
    Missing,
}

impl Repository {
    /// What an id names, without reading it.
    pub fn named(&self, id: CommitId) -> Named {
        let Ok(header) = self.gix.find_header(id.object_id()) else {
            return Named::Missing;
        };
        match header.kind() {
            Kind::Commit => Named::Commit(header.size()),
            Kind::Blob => Named::Other("blob"),
            Kind::Tree => Named::Other("tree"),
            Kind::Tag => Named::Other("tag"),
        }
    }

    /// The message of a commit, whatever its head says; `None` where there is none, or more than so many bytes of it.
    pub fn message_of(&self, id: CommitId, most: u64) -> Option<String> {
        if !matches!(self.named(id), Named::Commit(size) if size <= most) {
            return None;
        }
        let object = self.gix.find_object(id.object_id()).ok()?;
        let end = memchr::memmem::find(&object.data, b"\n\n")?;
        Some(String::from_utf8_lossy(&object.data[end + 2..]).into_owned())
    }

    /// The tree of a commit; `None` where it is none, or has none that is here.
    pub fn tree_if_any(&self, id: CommitId) -> Option<TreeId> {
        if !matches!(self.named(id), Named::Commit(_)) {
            return None;
        }
        let tree = self.tree_of(id).ok()?;
        (tree.is_empty() || self.contains(tree.object_id())).then_some(tree)
    }

    /// The regular files of one folder of a tree, by name; `None` where it holds anything else, or more than so many.
    pub fn files_in(&self, tree: TreeId, folder: &str, most: usize) -> Option<Vec<(String, BlobId)>> {
        let Some(at) = self.folder_in(tree, folder)? else {
            return Some(Vec::new());
        };
        let nodes = self.nodes(at.object_id()).ok()?;
        let files = nodes.into_iter().map(|node| match node.kind {
            EntryKind::Blob => Some((String::from_utf8(node.name).ok()?, BlobId::new(node.id))),
            _ => None,
        });
        let files: Option<Vec<_>> = files.take(most + 1).collect();
        files.filter(|files| files.len() <= most)
    }

    /// The folders of one folder of a tree, by name; anything else in it is passed over, and so is what comes behind so
    /// many.
    pub fn folders_in(&self, tree: TreeId, folder: &str, most: usize) -> Vec<(String, TreeId)> {
        let Some(Some(at)) = self.folder_in(tree, folder) else {
            return Vec::new();
        };
        let nodes = self.nodes(at.object_id()).unwrap_or_default().into_iter();
        let folders = nodes.filter(|node| node.kind == EntryKind::Tree);
        let named = folders.filter_map(|node| Some((String::from_utf8(node.name).ok()?, TreeId::new(node.id))));
        named.take(most).collect()
    }

    /// The regular files of a tree itself, by name; anything else in it is passed over.
    pub fn files_of(&self, tree: TreeId, most: usize) -> Vec<(String, BlobId)> {
        let nodes = self.nodes(tree.object_id()).unwrap_or_default().into_iter();
        let files = nodes.filter(|node| node.kind == EntryKind::Blob);
        let named = files.filter_map(|node| Some((String::from_utf8(node.name).ok()?, BlobId::new(node.id))));
        named.take(most).collect()
    }

    /// A folder of a tree: `Some(None)` where there is nothing of this name, `None` where it is something else.
    fn folder_in(&self, tree: TreeId, folder: &str) -> Option<Option<TreeId>> {
        let nodes = self.nodes(tree.object_id()).ok()?;
        match nodes.into_iter().find(|node| node.name == folder.as_bytes()) {
            None => Some(None),
            Some(node) if node.kind == EntryKind::Tree => Some(Some(TreeId::new(node.id))),
            Some(_) => None,
        }
    }
}
