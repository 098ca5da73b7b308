//! Reading objects: commits, trees, blobs.

use gix::ObjectId;
use gix::hash::Kind;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryRef};

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::{PathError, RepoPath};
use crate::domain::scope::near::{Look, Near};

use super::open::Repository;
use super::write::Identity;

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// An object is missing or damaged.
    #[error("cannot read object {id}: {why}")]
    Object {
        /// Which.
        id: String,
        /// What gix said.
        why: String,
    },
    /// A partial clone left it at its remote, which does not give it now.
    #[error("this partial clone lacks object {id}, and its remote does not give it: {why}")]
    NotBrought {
        /// Which.
        id: String,
        /// What git said.
        why: String,
    },
    /// A ref or revision cannot be resolved.
    #[error("cannot resolve {name}: {why}")]
    Reference {
        /// Which.
        name: String,
        /// What gix said.
        why: String,
    },
    /// A tree holds a path that no tree may hold.
    #[error("tree {tree} holds a path that git refuses: {source}")]
    Path {
        /// The tree.
        tree: String,
        /// What is wrong with it.
        source: PathError,
    },
    /// A git call failed.
    #[error(transparent)]
    Git(#[from] super::command::GitError),
}

impl ReadError {
    pub(super) fn reference(name: &str, error: &(impl std::fmt::Display + ?Sized)) -> Self {
        Self::Reference {
            name: name.to_owned(),
            why: error.to_string(),
        }
    }

    pub(super) fn object(id: ObjectId, error: &dyn std::fmt::Display) -> Self {
        Self::Object {
            id: id.to_string(),
            why: error.to_string(),
        }
    }
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its message as it is stored; bytes that are not UTF-8 are replaced.
    pub message: String,
    /// Whether it names an encoding, so that git shows people another message than the one that is stored.
    pub is_encoded: bool,
    /// The committer's time, in seconds since 1970.
    pub seconds: i64,
    /// Its author.
    pub author: Identity,
}

/// One decoded entry of a tree.
pub(super) struct Node {
    pub(super) name: Vec<u8>,
    pub(super) kind: EntryKind,
    pub(super) id: ObjectId,
}

impl Node {
    fn of(entry: &EntryRef) -> Self {
        Self {
            name: entry.filename.to_vec(),
            kind: entry.mode.kind(),
            id: entry.oid.to_owned(),
        }
    }

    fn entry(&self) -> Option<Entry> {
        entry_of(self.kind, self.id)
    }
}

/// An entry as a change set sees it; `None` for a folder.
pub(super) fn entry_of(kind: EntryKind, id: ObjectId) -> Option<Entry> {
    let mode = match kind {
        EntryKind::Tree => return None,
        EntryKind::Blob => FileMode::Regular,
        EntryKind::BlobExecutable => FileMode::Executable,
        EntryKind::Link => FileMode::Symlink,
        EntryKind::Commit => FileMode::Gitlink,
    };
    Some(Entry {
        mode,
        blob: BlobId::new(id),
    })
}

impl Repository {
    /// Reads a commit.
    pub fn commit(&self, id: CommitId) -> Result<Commit, ReadError> {
        let failed = |error: &dyn std::fmt::Display| ReadError::object(id.object_id(), error);
        let object = self
            .object(id.object_id())?
            .try_into_commit()
            .map_err(|error| failed(&error))?;
        let decoded = object.decode().map_err(|error| failed(&error))?;
        let author = decoded.author().map_err(|error| failed(&error))?;
        let committer = decoded.committer().map_err(|error| failed(&error))?;
        Ok(Commit {
            id,
            tree: TreeId::new(decoded.tree()),
            parents: decoded.parents().map(CommitId::new).collect(),
            message: String::from_utf8_lossy(decoded.message).into_owned(),
            is_encoded: decoded.encoding.is_some(),
            seconds: committer.seconds(),
            author: Identity {
                name: author.name.to_string(),
                email: author.email.to_string(),
            },
        })
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: CommitId) -> Result<TreeId, ReadError> {
        let failed = |error: &dyn std::fmt::Display| ReadError::object(commit.object_id(), error);
        let object = self
            .object(commit.object_id())?
            .try_into_commit()
            .map_err(|error| failed(&error))?;
        let tree = object.tree_id().map_err(|error| failed(&error))?;
        Ok(TreeId::new(tree.detach()))
    }

    /// An object. One that a partial clone has left at its remote is brought from there first, as git does.
    fn object(&self, id: ObjectId) -> Result<gix::Object<'_>, ReadError> {
        let missing = match self.gix.find_object(id) {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        let Some(mut call) = self.call_to_promisor() else {
            return Err(ReadError::object(id, &missing));
        };
        let brought = call
            .words(["cat-file", "-t"])
            .word(id.to_string())
            .without_answer()
            .output()?;
        if !brought.status.success() {
            return Err(ReadError::NotBrought {
                id: id.to_string(),
                why: call.failed(&brought).said(),
            });
        }
        self.gix.find_object(id).map_err(|error| ReadError::object(id, &error))
    }

    /// Whether the object is there.
    pub fn contains(&self, id: ObjectId) -> bool {
        self.gix.has_object(id)
    }

    /// The bytes of a blob.
    pub fn blob(&self, id: BlobId) -> Result<Vec<u8>, ReadError> {
        Ok(self.object(id.object_id())?.detach().data)
    }

    /// The size of a blob in bytes, without reading it.
    pub fn blob_size(&self, id: BlobId) -> Result<u64, ReadError> {
        if let Ok(header) = self.gix.find_header(id.object_id()) {
            return Ok(header.size());
        }
        Ok(self.object(id.object_id())?.data.len() as u64)
    }

    /// Writes a blob into an empty file without holding it.
    pub fn blob_into(&self, id: BlobId, file: std::fs::File) -> Result<(), ReadError> {
        let mut call = self.trusted();
        // Longer ones git itself does not hold either.
        call.setting("core.bigFileThreshold=8m");
        call.words(["cat-file", "blob", &id.to_string()]);
        Ok(call.output_to(file)?)
    }

    /// A tree's object; the empty tree needs none. Its bytes go back to be used again, so it is not copied out of them.
    pub(super) fn tree_object(&self, tree: ObjectId) -> Result<Option<gix::Object<'_>>, ReadError> {
        if tree.is_empty_tree() {
            return Ok(None);
        }
        self.object(tree).map(Some)
    }

    /// The entries of one tree, unsorted beyond git's own order.
    pub(super) fn nodes(&self, tree: ObjectId) -> Result<Vec<Node>, ReadError> {
        let object = self.tree_object(tree)?;
        let entries = entries_of(object.as_ref());
        let nodes = entries.map(|entry| Ok(Node::of(&entry.map_err(|error| ReadError::object(tree, &error))?)));
        nodes.collect()
    }

    /// One entry of one tree.
    fn child(&self, tree: ObjectId, name: &[u8]) -> Result<Option<Node>, ReadError> {
        let object = self.tree_object(tree)?;
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree, &error))?;
            if entry.filename == name {
                return Ok(Some(Node::of(&entry)));
            }
        }
        Ok(None)
    }

    fn node(&self, tree: TreeId, path: &[u8]) -> Result<Option<Node>, ReadError> {
        let mut at = tree.object_id();
        let parts = path.split(|byte| *byte == b'/');
        let mut parts = parts.filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            match self.child(at, part)? {
                Some(node) if parts.peek().is_none() => return Ok(Some(node)),
                Some(node) if node.kind == EntryKind::Tree => at = node.id,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Whether a tree holds a file or a folder of this path.
    pub fn holds(&self, tree: TreeId, path: &str) -> Result<bool, ReadError> {
        Ok(self.node(tree, path.as_bytes())?.is_some())
    }

    /// What a tree holds at a path, if that is no folder.
    pub fn entry(&self, tree: TreeId, path: &str) -> Result<Option<Entry>, ReadError> {
        Ok(self.node(tree, path.as_bytes())?.and_then(|node| node.entry()))
    }

    /// The bytes of a file in a tree; `None` where there is no regular file.
    pub fn file(&self, tree: TreeId, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self.entry(tree, path)? {
            Some(entry) if entry.mode.is_file() => self.blob(entry.blob).map(Some),
            _ => Ok(None),
        }
    }

    /// The tree of a folder in a tree.
    pub fn subtree(&self, tree: TreeId, dir: &str) -> Result<Option<TreeId>, ReadError> {
        if dir.is_empty() {
            return Ok(Some(tree));
        }
        let node = self.node(tree, dir.as_bytes())?;
        Ok(node
            .filter(|node| node.kind == EntryKind::Tree)
            .map(|node| TreeId::new(node.id)))
    }

    /// Everything below a folder (empty for all), sorted by path.
    pub fn list(&self, tree: TreeId, under: &str) -> Result<Vec<(RepoPath, Entry)>, ReadError> {
        let mut found = Vec::new();
        if let Some(top) = self.subtree(tree, under)? {
            let mut prefix = under.as_bytes().to_vec();
            self.list_into(top.object_id(), &mut prefix, &mut found)?;
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// What a tree has at a place: a file, everything below a folder, or nothing. Sorted by path.
    pub fn list_at(&self, tree: TreeId, place: &RepoPath) -> Result<Vec<(RepoPath, Entry)>, ReadError> {
        let mut found = Vec::new();
        if let Some(node) = self.node(tree, place.as_bytes())? {
            match node.entry() {
                Some(entry) => found.push((place.clone(), entry)),
                None => self.list_into(node.id, &mut place.as_bytes().to_vec(), &mut found)?,
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// Whether a tree has a folder of this path.
    pub fn has_folder(&self, tree: TreeId, path: &RepoPath) -> Result<bool, ReadError> {
        let node = self.node(tree, path.as_bytes())?;
        Ok(node.is_some_and(|node| node.kind == EntryKind::Tree))
    }

    fn list_into(
        &self,
        tree: ObjectId,
        prefix: &mut Vec<u8>,
        found: &mut Vec<(RepoPath, Entry)>,
    ) -> Result<(), ReadError> {
        let object = self.tree_object(tree)?;
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree, &error))?;
            let length = prefix.len();
            push(prefix, entry.filename);
            match entry_of(entry.mode.kind(), entry.oid.into()) {
                Some(file) => found.push((checked(tree, prefix)?, file)),
                None => self.list_into(entry.oid.into(), prefix, found)?,
            }
            prefix.truncate(length);
        }
        Ok(())
    }

    /// The paths that can matter to new names, by the names in the folders near them.
    pub fn list_near(&self, tree: TreeId, near: &Near) -> Result<Vec<RepoPath>, ReadError> {
        let mut found = Vec::new();
        if !near.is_nothing() {
            self.list_near_into(tree.object_id(), None, near, &mut found)?;
        }
        Ok(found)
    }

    fn list_near_into(
        &self,
        tree: ObjectId,
        folder: Option<&RepoPath>,
        near: &Near,
        found: &mut Vec<RepoPath>,
    ) -> Result<(), ReadError> {
        let object = self.tree_object(tree)?;
        let inside = near.inside(folder);
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree, &error))?;
            let look = inside.look(entry.filename);
            if look == Look::Past {
                continue;
            }
            let mut path = folder.map_or_else(Vec::new, |folder| folder.as_bytes().to_vec());
            push(&mut path, entry.filename);
            let path = checked(tree, &path)?;
            let is_folder = entry.mode.is_tree();
            if is_folder && look != Look::At {
                self.list_near_into(entry.oid.into(), Some(&path), near, found)?;
            }
            if !is_folder || look != Look::Into {
                found.push(path);
            }
        }
        Ok(())
    }
}

/// The entries of a tree, one after the other; none where there is no tree.
pub(super) fn entries_of<'a>(tree: Option<&'a gix::Object<'_>>) -> TreeRefIter<'a> {
    match tree {
        Some(tree) => TreeRefIter::from_bytes(&tree.data, tree.id.kind()),
        None => TreeRefIter::from_bytes(&[], Kind::shortest()),
    }
}

pub(super) fn push(prefix: &mut Vec<u8>, name: &[u8]) {
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    prefix.extend_from_slice(name);
}

pub(super) fn checked(tree: ObjectId, path: &[u8]) -> Result<RepoPath, ReadError> {
    RepoPath::in_tree(path).map_err(|source| ReadError::Path {
        tree: tree.to_string(),
        source,
    })
}
