//! The index of a commit that is being made, and what git is in the middle of. For the hooks.

use crate::domain::oid::{CommitId, TreeId};

use super::cache_tree;
use super::open::Repository;
use super::tree::ReadError;
use super::under_way::UnderWay;
use super::write::WriteError;

/// What git is replaying or joining here; such commits keep their message and get no task trailers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaying {
    /// A cherry-pick.
    CherryPick,
    /// A revert.
    Revert,
    /// A merge.
    Merge,
    /// A rebase.
    Rebase,
}

/// Whom a commit names as its author, and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorship {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// In seconds since 1970.
    pub seconds: i64,
}

impl Authorship {
    /// What git tells a hook of the author of the commit that is being made: `@<seconds> <zone>` is the date.
    pub fn of(name: &str, email: &str, date: &str) -> Option<Self> {
        let seconds = date.strip_prefix('@').unwrap_or(date).split(' ').next()?;
        Some(Self {
            name: name.to_owned(),
            email: email.to_owned(),
            seconds: seconds.parse().ok()?,
        })
    }
}

impl Repository {
    /// The tree that the commit being made will have.
    ///
    /// What the index's cache-tree names where it is valid; else `git write-tree` on a copy of the index, since the index
    /// itself may be locked by the commit that runs the hook.
    pub fn index_tree(&self) -> Result<TreeId, WriteError> {
        let bytes = std::fs::read(self.index_file()).unwrap_or_default();
        if let Some(id) = cache_tree::root(&bytes, self.hash()).filter(|id| self.contains(*id)) {
            return Ok(TreeId::new(id));
        }
        self.written_index_tree()
    }

    fn written_index_tree(&self) -> Result<TreeId, WriteError> {
        let dir = tempfile::tempdir_in(self.git_dir())?;
        let copy = dir.path().join("index");
        if self.index_file().exists() {
            std::fs::copy(self.index_file(), &copy)?;
        }
        let mut call = self.trusted();
        let id = call.variable("GIT_INDEX_FILE", &copy).words(["write-tree"]).text()?;
        Ok(id.parse()?)
    }

    /// The commits that a merge is joining with HEAD, all of them.
    pub fn merge_heads(&self) -> Result<Vec<CommitId>, ReadError> {
        let path = self.git_dir().join("MERGE_HEAD");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ReadError::reference("MERGE_HEAD", &error)),
        };
        let ids = text.lines().map(|line| line.trim().parse());
        ids.collect::<Result<_, _>>()
            .map_err(|error| ReadError::reference("MERGE_HEAD", &error))
    }

    /// Who wrote a commit, and when.
    pub fn authorship(&self, id: CommitId) -> Result<Authorship, ReadError> {
        let failed = |error: &dyn std::fmt::Display| ReadError::object(id.object_id(), error);
        let object = self.gix.find_commit(id.object_id()).map_err(|error| failed(&error))?;
        let author = object.author().map_err(|error| failed(&error))?;
        Ok(Authorship {
            name: author.name.to_string(),
            email: author.email.to_string(),
            seconds: author.seconds(),
        })
    }

    /// What is going on in this worktree, by the files that git keeps about it.
    pub fn replaying(&self) -> Option<Replaying> {
        let has = |name: &str| self.git_dir().join(name).exists();
        if has("rebase-merge") || has("rebase-apply") {
            Some(Replaying::Rebase)
        } else if has("CHERRY_PICK_HEAD") {
            Some(Replaying::CherryPick)
        } else if has("REVERT_HEAD") {
            Some(Replaying::Revert)
        } else if has("MERGE_HEAD") {
            Some(Replaying::Merge)
        } else {
            // Where refs are no files, git has to be asked.
            match self.under_way() {
                Some(UnderWay::CherryPick) => Some(Replaying::CherryPick),
                Some(UnderWay::Revert) => Some(Replaying::Revert),
                _ => None,
            }
        }
    }
}
