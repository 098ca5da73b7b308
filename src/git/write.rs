//! Writing trees and commits, by the git program: no filter, no attribute, and durable before anything points to them
//! (`durable.rs`).

use std::collections::BTreeMap;
use std::fmt;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::{CommitId, OidError, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::scope::cone::{Cone, Extent};

use super::blobs::Listed;
use super::command::GitError;
use super::open::Repository;
use super::tree::{ReadError, push};

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// git refused.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What it builds on could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// git's answer is no id.
    #[error(transparent)]
    Id(#[from] OidError),
    /// A temporary file could not be used.
    #[error("cannot use a temporary file: {0}")]
    Io(#[from] std::io::Error),
}

/// Why there is nobody to commit as.
#[derive(Debug, thiserror::Error)]
#[error("git does not know who you are: {0}")]
pub struct IdentityError(String);

/// A person as git names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// A commit to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCommit<'a> {
    /// Its tree.
    pub tree: TreeId,
    /// Its parents.
    pub parents: &'a [CommitId],
    /// Its message.
    pub message: &'a str,
    /// Both of its dates, in seconds since 1970, written in UTC.
    pub seconds: i64,
}

impl Repository {
    /// A tree with some paths replaced, added or (`None`) removed. A file takes the place of a folder and the other
    /// way round; folders that become empty vanish.
    pub fn write_tree(&self, base: TreeId, edits: &[(RepoPath, Option<Entry>)]) -> Result<TreeId, WriteError> {
        let mut root = Folder::default();
        for (path, entry) in edits {
            let parts: Vec<&[u8]> = path.parts().collect();
            root.edit(&parts, *entry);
        }
        let mut made = Vec::new();
        let written = self.write_folder(Some(base.object_id()), &root, &mut made)?;
        self.write_trees(made)?;
        Ok(TreeId::new(written.unwrap_or_else(|| self.empty_tree().object_id())))
    }

    /// What a cone holds of a tree, as a tree.
    pub fn narrowed(&self, tree: TreeId, cone: &Cone) -> Result<TreeId, WriteError> {
        let mut made = Vec::new();
        let narrow = self.narrow(tree, cone, &mut made)?;
        self.write_trees(made)?;
        Ok(narrow)
    }

    /// The id of what a cone holds of a tree; nothing is written.
    pub fn narrowed_id(&self, tree: TreeId, cone: &Cone) -> Result<TreeId, ReadError> {
        self.narrow(tree, cone, &mut Vec::new())
    }

    /// The same; `made` gets the bytes of every tree on the way that is another one than before, those below first.
    fn narrow(&self, tree: TreeId, cone: &Cone, made: &mut Vec<Vec<u8>>) -> Result<TreeId, ReadError> {
        let narrow = self.narrow_folder(tree.object_id(), &mut Vec::new(), cone, made)?;
        Ok(narrow.map_or_else(|| self.empty_tree(), TreeId::new))
    }

    fn narrow_folder(
        &self,
        tree: ObjectId,
        prefix: &mut Vec<u8>,
        cone: &Cone,
        made: &mut Vec<Vec<u8>>,
    ) -> Result<Option<ObjectId>, ReadError> {
        let (mut kept, mut is_same) = (BTreeMap::new(), true);
        for node in self.nodes(tree)? {
            let mut id = Some(node.id);
            if node.kind == EntryKind::Tree {
                let length = prefix.len();
                push(prefix, &node.name);
                id = match cone.extent(prefix) {
                    Extent::All => id,
                    Extent::Part => self.narrow_folder(node.id, prefix, cone, made)?,
                    Extent::Nothing => None,
                };
                prefix.truncate(length);
            }
            is_same &= id == Some(node.id);
            if let Some(id) = id {
                kept.insert(node.name, (node.kind, id));
            }
        }
        if is_same {
            return Ok(Some(tree));
        }
        if kept.is_empty() {
            return Ok(None);
        }
        let bytes = tree_bytes(&kept);
        let id = self.hash_tree(&bytes);
        made.push(bytes);
        Ok(id)
    }

    /// The id of a folder with its edits; `made` gets the bytes of every tree that this takes, those below first.
    fn write_folder(
        &self,
        base: Option<ObjectId>,
        folder: &Folder,
        made: &mut Vec<Vec<u8>>,
    ) -> Result<Option<ObjectId>, WriteError> {
        let mut nodes = BTreeMap::new();
        if let Some(base) = base {
            for node in self.nodes(base)? {
                nodes.insert(node.name, (node.kind, node.id));
            }
        }
        for (name, edit) in &folder.edits {
            let below = nodes
                .get(name)
                .filter(|(kind, _)| *kind == EntryKind::Tree)
                .map(|(_, id)| *id);
            let new = match edit {
                Edit::Set(entry) => Some((kind_of(entry.mode), entry.blob.object_id())),
                Edit::Remove if below.is_some() => nodes.get(name).copied(),
                Edit::Remove => None,
                Edit::Below(folder) => match self.write_folder(below, folder, made)? {
                    Some(id) => Some((EntryKind::Tree, id)),
                    // The file that was here stays unless something was put below its name.
                    None if below.is_none() && !folder.sets_anything() => nodes.get(name).copied(),
                    None => None,
                },
            };
            match new {
                Some(new) => nodes.insert(name.clone(), new),
                None => nodes.remove(name),
            };
        }
        if nodes.is_empty() {
            return Ok(None);
        }
        let bytes = tree_bytes(&nodes);
        // Without an id (bytes made to collide) git is asked at once, and says why not.
        let id = match self.hash_tree(&bytes) {
            Some(id) => id,
            None => return self.write_tree_bytes(bytes).map(Some),
        };
        made.push(bytes);
        Ok(Some(id))
    }

    /// Writes trees that are not there yet, those below first, by one start of git.
    fn write_trees(&self, trees: Vec<Vec<u8>>) -> Result<(), WriteError> {
        // Most trees that are asked for are there already: the same candidate is looked at by every hook.
        let is_there = |bytes: &[u8]| self.hash_tree(bytes).is_some_and(|id| self.contains(id));
        let mut missing: Vec<Vec<u8>> = trees.into_iter().filter(|bytes| !is_there(bytes)).collect();
        if missing.len() < 2 {
            return missing
                .pop()
                .map_or(Ok(()), |only| self.write_tree_bytes(only).map(drop));
        }
        let listed = Listed::new(missing.iter().map(Vec::as_slice))?;
        let mut call = self.trusted();
        let answer = call
            .words(["hash-object", "-t", "tree", "-w", "--stdin-paths", "--literally"])
            .input(listed.names())
            .text()?;
        match answer.lines().count() == missing.len() {
            true => Ok(()),
            false => Err(call.unexpected(answer.as_bytes()).into()),
        }
    }

    fn write_tree_bytes(&self, bytes: Vec<u8>) -> Result<ObjectId, WriteError> {
        // `mktree` reads no setting, so it would leave them to the next write-back; its names are as unjudged as these.
        let mut call = self.trusted();
        call.words(["hash-object", "-t", "tree", "-w", "--stdin", "--literally"]);
        let id: TreeId = call.input(bytes).text()?.parse()?;
        Ok(id.object_id())
    }

    /// Commits as the user: their identity, their signature where they sign.
    pub fn commit_tree(&self, commit: &NewCommit) -> Result<CommitId, WriteError> {
        self.commit_with(commit, self.signs())
    }

    /// Commits what is kept for the harness alone: never signed, so that nobody is asked for a passphrase.
    pub fn commit_unsigned(&self, commit: &NewCommit) -> Result<CommitId, WriteError> {
        self.commit_with(commit, false)
    }

    /// Whether the user signs commits; `commit-tree` does not look at the setting itself.
    fn signs(&self) -> bool {
        self.gix.config_snapshot().boolean("commit.gpgsign").unwrap_or(false)
    }

    fn commit_with(&self, commit: &NewCommit, sign: bool) -> Result<CommitId, WriteError> {
        let date = format!("@{} +0000", commit.seconds);
        let identity = self.identity().map_err(|error| GitError::Answer {
            call: "var GIT_AUTHOR_IDENT".to_owned(),
            answer: error.to_string(),
        })?;
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        call.variable("GIT_AUTHOR_DATE", &date)
            .variable("GIT_COMMITTER_DATE", &date)
            .variable("GIT_AUTHOR_NAME", &identity.name)
            .variable("GIT_AUTHOR_EMAIL", &identity.email)
            .variable("GIT_COMMITTER_NAME", &identity.name)
            .variable("GIT_COMMITTER_EMAIL", &identity.email)
            .words(["commit-tree"])
            .word(commit.tree.to_string());
        for parent in commit.parents {
            call.word("-p").word(parent.to_string());
        }
        if sign {
            call.word("-S");
        }
        let id: CommitId = call.input(commit.message).text()?.parse()?;
        let parent = commit.parents.first().map(|parent| self.tree_of(*parent)).transpose()?;
        self.sync_objects(id, commit.tree, parent)?;
        Ok(id)
    }

    /// Who commits here.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        let line = call
            .words(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"])
            .text()
            .map_err(|error| IdentityError(error.to_string()))?;
        let parsed = line.split_once(" <").and_then(|(name, rest)| {
            let (email, _date) = rest.split_once('>')?;
            Some(Identity {
                name: name.to_owned(),
                email: email.to_owned(),
            })
        });
        parsed.ok_or(IdentityError(line))
    }

    /// Writes an index that holds exactly a tree, without looking at any file.
    pub fn write_index(&self, tree: TreeId, file: &std::path::Path) -> Result<(), WriteError> {
        let mut call = self.trusted();
        call.variable("GIT_INDEX_FILE", file)
            .words(["read-tree"])
            .word(tree.to_string())
            .bytes()?;
        Ok(())
    }
}

/// A tree of these entries as git writes it.
pub(super) fn tree_bytes(nodes: &BTreeMap<Vec<u8>, (EntryKind, ObjectId)>) -> Vec<u8> {
    let mut entries: Vec<_> = nodes.iter().collect();
    // Git sorts a folder as if its name ended in a slash.
    entries.sort_by_key(|(name, (kind, _))| {
        let mut key = (*name).clone();
        if *kind == EntryKind::Tree {
            key.push(b'/');
        }
        key
    });
    let mut bytes = Vec::new();
    for (name, (kind, id)) in entries {
        let mode = match kind {
            EntryKind::Tree => "40000",
            EntryKind::Blob => "100644",
            EntryKind::BlobExecutable => "100755",
            EntryKind::Link => "120000",
            EntryKind::Commit => "160000",
        };
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_slice());
    }
    bytes
}

pub(super) const fn kind_of(mode: FileMode) -> EntryKind {
    match mode {
        FileMode::Regular => EntryKind::Blob,
        FileMode::Executable => EntryKind::BlobExecutable,
        FileMode::Symlink => EntryKind::Link,
        FileMode::Gitlink => EntryKind::Commit,
    }
}

/// The edits of one folder, by name.
#[derive(Default)]
struct Folder {
    edits: BTreeMap<Vec<u8>, Edit>,
}

enum Edit {
    Set(Entry),
    Remove,
    Below(Folder),
}

impl Folder {
    fn edit(&mut self, parts: &[&[u8]], entry: Option<Entry>) {
        let Some((name, rest)) = parts.split_first() else {
            return;
        };
        if rest.is_empty() {
            match (entry, self.edits.get(*name)) {
                (Some(entry), _) => {
                    self.edits.insert(name.to_vec(), Edit::Set(entry));
                }
                // Something goes below this name, so whatever had it goes anyway.
                (None, Some(Edit::Below(_))) => {}
                (None, _) => {
                    self.edits.insert(name.to_vec(), Edit::Remove);
                }
            }
            return;
        }
        let slot = self
            .edits
            .entry(name.to_vec())
            .or_insert_with(|| Edit::Below(Self::default()));
        if matches!(slot, Edit::Remove) {
            *slot = Edit::Below(Self::default());
        }
        if let Edit::Below(folder) = slot {
            folder.edit(rest, entry);
        }
    }

    fn sets_anything(&self) -> bool {
        self.edits.values().any(|edit| match edit {
            Edit::Set(_) => true,
            Edit::Remove => false,
            Edit::Below(folder) => folder.sets_anything(),
        })
    }
}
