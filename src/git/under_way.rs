//! What git is in the middle of in a worktree. A branch that moves then is moved back when it ends, or takes half of what
//! was being joined along; so nothing moves, and the command is named that ends it.

use std::fmt;
use std::fs;
use std::path::Path;

use super::open::Repository;
use super::tree::ReadError;

/// An operation of git's that takes more than one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnderWay {
    /// A rebase.
    Rebase,
    /// `git am`.
    Am,
    /// A merge.
    Merge,
    /// A cherry-pick.
    CherryPick,
    /// A revert.
    Revert,
    /// A bisect.
    Bisect,
}

impl UnderWay {
    /// The commands that end it: going on with it, or giving it up.
    pub const fn ends_with(self) -> &'static str {
        match self {
            Self::Rebase => "git rebase --continue, or git rebase --abort",
            Self::Am => "git am --continue, or git am --abort",
            Self::Merge => "git merge --continue, or git merge --abort",
            Self::CherryPick => "git cherry-pick --continue, or git cherry-pick --abort",
            Self::Revert => "git revert --continue, or git revert --abort",
            Self::Bisect => "git bisect reset",
        }
    }

    /// What is under way in the worktree of a git folder, by the files that git keeps about it.
    pub(super) fn of(git_dir: &Path) -> Option<Self> {
        let has = |name: &str| git_dir.join(name).exists();
        // A rebase makes use of the others, and keeps their files.
        if has("rebase-merge") {
            Some(Self::Rebase)
        } else if has("rebase-apply") {
            Some(match has("rebase-apply/applying") {
                true => Self::Am,
                false => Self::Rebase,
            })
        } else if has("MERGE_HEAD") {
            Some(Self::Merge)
        } else if has("CHERRY_PICK_HEAD") {
            Some(Self::CherryPick)
        } else if has("REVERT_HEAD") {
            Some(Self::Revert)
        } else if has("BISECT_LOG") {
            Some(Self::Bisect)
        } else {
            // Several commits were asked for, and the one that stopped was committed by hand.
            let todo = fs::read_to_string(git_dir.join("sequencer/todo")).ok()?;
            Some(match todo.starts_with("revert") {
                true => Self::Revert,
                false => Self::CherryPick,
            })
        }
    }
}

impl fmt::Display for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rebase => "a rebase",
            Self::Am => "git am",
            Self::Merge => "a merge",
            Self::CherryPick => "a cherry-pick",
            Self::Revert => "a revert",
            Self::Bisect => "a bisect",
        })
    }
}

impl Repository {
    /// What git is in the middle of in this worktree.
    pub fn under_way(&self) -> Option<UnderWay> {
        self.under_way_in(self.git_dir())
    }

    /// The same for another worktree's git folder.
    pub(super) fn under_way_in(&self, git_dir: &Path) -> Option<UnderWay> {
        UnderWay::of(git_dir).or_else(|| {
            // Where refs are no files, these are none either.
            let is_there = |name: &str| {
                let mut call = self.program().trusted(git_dir);
                let asked = call.words(["rev-parse", "--quiet", "--verify", name]).output();
                asked.is_ok_and(|output| output.status.success())
            };
            match self.refs_by_git {
                true if is_there("CHERRY_PICK_HEAD") => Some(UnderWay::CherryPick),
                true if is_there("REVERT_HEAD") => Some(UnderWay::Revert),
                _ => None,
            }
        })
    }

    /// Paths of this worktree's index that hold several sides of a conflict.
    pub fn unmerged_paths(&self) -> Result<Vec<String>, ReadError> {
        if is_merged(self.index_file(), self.hash()) {
            return Ok(Vec::new());
        }
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        Ok(unmerged(&call.words(["ls-files", "--unmerged", "-z"]).bytes()?))
    }
}

/// Whether an index is known to hold no conflict, without a start of git. One that is kept in parts is not read here.
pub(super) fn is_merged(index: &Path, hash: gix::hash::Kind) -> bool {
    whole_index(index, hash).is_some()
}

/// An index that holds no conflict and is in one file, each of its entries one path; read without a start of git.
pub(super) fn whole_index(index: &Path, hash: gix::hash::Kind) -> Option<gix::index::File> {
    let options = gix::index::decode::Options::default();
    let file = gix::index::File::at(index, hash, true, options).ok()?;
    let is_whole = !file.is_sparse() && file.link().is_none();
    (is_whole && file.entries().iter().all(|entry| entry.stage_raw() == 0)).then_some(file)
}

/// The paths that `ls-files --unmerged -z` names, each once.
pub(super) fn unmerged(listing: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = listing
        .split(|byte| *byte == 0)
        .filter_map(|line| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            Some(String::from_utf8_lossy(&line[tab + 1..]).into_owned())
        })
        .collect();
    found.dedup();
    found
}
