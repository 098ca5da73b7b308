//! Merging trees without a work tree, by git's own merge.

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

use super::open::Repository;
use super::tree::ReadError;
use super::write::WriteError;

/// What came of a merge.
#[derive(Debug)]
pub enum Merge {
    /// It is clean, and this is the tree.
    Clean(TreeId),
    /// Some of it could not be joined.
    Conflict {
        /// What git made of it: clean paths joined, conflicts with their marks.
        tree: TreeId,
        /// The paths in conflict.
        paths: Vec<RepoPath>,
    },
}

impl Repository {
    /// Merges two commits; their merge base is found by git from their parents.
    pub fn merge(&self, ours: CommitId, theirs: CommitId) -> Result<Merge, WriteError> {
        let mut call = self.trusted();
        call.words(["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z"])
            .word(ours.to_string())
            .word(theirs.to_string());
        let output = call.output()?;
        let mut fields = output.stdout.split(|byte| *byte == 0);
        let tree = fields.next().unwrap_or_default();
        match output.status.code() {
            Some(0) => Ok(Merge::Clean(String::from_utf8_lossy(tree).trim().parse()?)),
            Some(1) => {
                let paths = fields
                    .filter(|field| !field.is_empty())
                    .filter_map(|field| RepoPath::new(field).ok());
                Ok(Merge::Conflict {
                    paths: paths.collect(),
                    tree: String::from_utf8_lossy(tree).trim().parse()?,
                })
            }
            _ => Err(call.failed(&output).into()),
        }
    }

    /// Where all refs stand.
    pub fn all_tips(&self) -> Result<Vec<CommitId>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words([
                "for-each-ref",
                "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)",
            ])
            .text()?;
        let ids = listing.lines().filter_map(|line| line.parse::<CommitId>().ok());
        // A tag may name a blob or a tree.
        Ok(ids.filter(|id| self.commit(*id).is_ok()).collect())
    }

    /// Where the branches of all remotes stood when they were last seen.
    pub fn remote_tips(&self) -> Result<Vec<CommitId>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["for-each-ref", "--format=%(objectname)", "refs/remotes"])
            .text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Whether `old` is `new` or one of its ancestors.
    pub fn is_ancestor(&self, old: CommitId, new: CommitId) -> Result<bool, ReadError> {
        let mut call = self.trusted();
        call.words(["merge-base", "--is-ancestor"])
            .word(old.to_string())
            .word(new.to_string());
        let output = call.output()?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(call.failed(&output).into()),
        }
    }
}
