//! Merging trees aside: what would come of it is asked for, and nothing of the answer stays in the repository.

use gix::objs::Write as _;

use crate::domain::oid::{CommitId, TreeId};

use super::merge::Merge;
use super::open::Repository;
use super::plain::{PlainError, PlainView};
use super::write::WriteError;

impl Repository {
    /// Joins two trees that come from a third, whatever history they have. For a throw-away view: the commits that this
    /// takes are nobody's, and nothing ever points to them.
    pub fn join_in_view(&self, base: TreeId, ours: TreeId, theirs: TreeId) -> Result<Merge, WriteError> {
        // Git 2.39 has no `--merge-base`; two commits with one parent have that one, and no history is walked for it.
        let base = self.joining_commit(base, &[])?;
        let ours = self.joining_commit(ours, &[base])?;
        let theirs = self.joining_commit(theirs, &[base])?;
        self.merge(ours, theirs)
    }

    /// A throw-away view that has every object of this repository, borrowed ones and a shallow history too: for merges that
    /// are made to be looked at.
    pub fn scratch(&self) -> Result<PlainView, PlainError> {
        self.view_of(&[self.common_dir().join("objects")])
    }

    /// A commit of nobody's, for a merge that is made to be looked at.
    pub fn joining_commit(&self, tree: TreeId, parents: &[CommitId]) -> Result<CommitId, WriteError> {
        let mut text = format!("tree {tree}\n");
        for parent in parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str("author nobody <> 0 +0000\ncommitter nobody <> 0 +0000\n\njoin\n");
        let written = self.gix.objects.write_buf(gix::objs::Kind::Commit, text.as_bytes());
        let id = written.map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(CommitId::new(id))
    }
}
