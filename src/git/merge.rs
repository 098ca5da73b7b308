//! Merging trees without a work tree, by git's own merge.
//!
//! A merge is made in a throw-away git folder beside the objects: what decides it is the two commits and the attributes that
//! stand in the tree of ours. An attribute that nobody committed, a merge driver or a setting of this clone, and the folder
//! in which the user stands have no say, so that the same two commits join in the same way everywhere.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;

use std::collections::BTreeSet;

use gix::hash::Kind as HashKind;

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
    /// Merges two commits; their merge base is found by git from their parents. The attributes are those of ours.
    pub fn merge(&self, ours: CommitId, theirs: CommitId) -> Result<Merge, WriteError> {
        let place = self.merge_place(ours)?;
        let mut call = self.program().trusted(&place.path().join("git"));
        call.in_dir(&place.path().join("tree"))
            .variable("GIT_OBJECT_DIRECTORY", self.common_dir().join("objects"));
        // Histories may begin apart: a project that took another one in, or a first commit that somebody made by hand.
        call.words(["merge-tree", "--write-tree", "--allow-unrelated-histories"])
            .words(["--name-only", "--no-messages", "-z"])
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
                    .filter_map(|field| RepoPath::in_tree(field).ok());
                Ok(Merge::Conflict {
                    paths: paths.collect(),
                    tree: String::from_utf8_lossy(tree).trim().parse()?,
                })
            }
            _ => Err(call.failed(&output).into()),
        }
    }

    /// A git folder of its own for one merge, and a work tree that holds the attributes of a commit and nothing else. A
    /// driver that they name and git does not know joins lines as if there were none.
    fn merge_place(&self, ours: CommitId) -> Result<tempfile::TempDir, WriteError> {
        let place = tempfile::tempdir()?;
        let (git, tree) = (place.path().join("git"), place.path().join("tree"));
        fs::create_dir_all(git.join("refs"))?;
        fs::create_dir(git.join("objects"))?;
        fs::create_dir(&tree)?;
        fs::write(git.join("HEAD"), "ref: refs/heads/none\n")?;
        fs::write(git.join("config"), self.plain_config())?;
        // Where history is cut off it is cut off for the merge too.
        match fs::copy(self.common_dir().join("shallow"), git.join("shallow")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for (path, blob) in self.deciding(self.tree_of(ours)?)?.attributes {
            let file = tree.join(std::ffi::OsStr::from_bytes(path.as_bytes()));
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, self.blob(blob)?)?;
        }
        Ok(place)
    }

    /// The configuration of a git folder that we make ourselves beside this repository's objects.
    pub(super) fn plain_config(&self) -> String {
        let (version, format) = match self.hash() {
            HashKind::Sha1 => (0, String::new()),
            other => (1, format!("[extensions]\n\tobjectFormat = {other}\n")),
        };
        format!("[core]\n\trepositoryformatversion = {version}\n\tbare = false\n\tlogAllRefUpdates = false\n{format}")
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

    /// The commits of a range, as git's own revision syntax names it.
    pub fn commits_in(&self, range: &str) -> Result<BTreeSet<CommitId>, ReadError> {
        let (from, to) = range.split_once("..").unwrap_or(("", range));
        let named = |name: &str| self.resolve(if name.is_empty() { "HEAD" } else { name });
        let (from, to) = (named(from)?, named(to.trim_start_matches('.'))?);
        let mut call = self.trusted();
        call.words(["rev-list"])
            .word(to.to_string())
            .word("--not")
            .word(from.to_string());
        let listing = call.text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Whether `old` is `new` or one of its ancestors. What is no commit, whatever a message calls it, is nobody's.
    pub fn is_ancestor(&self, old: CommitId, new: CommitId) -> Result<bool, ReadError> {
        let header = self.gix.find_header(old.object_id());
        if header.is_ok_and(|header| header.kind() != gix::objs::Kind::Commit) {
            return Ok(false);
        }
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
