//! Undo: one task's change taken out of a tree, so that what others changed since stays.
//!
//! A landing is undone by the task's own change set and not by its whole commit: a squash merge holds more than one
//! task's work, and a commit of the harness may carry records of other tasks.

use crate::domain::change::{Change, Entry};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::trailer::{Said, read_message};
use crate::git::{Commit, Merge, ReadError, Repository, WriteError};

use super::landed;

/// Where records are kept.
pub const LEDGER: &str = ".harness/ledger";

/// What came of it.
#[derive(Debug)]
pub enum Undone {
    /// The tree without the change, its records untouched.
    Clean(TreeId),
    /// Later work changed the same lines.
    Conflict(Vec<RepoPath>),
    /// The commit holds more than this task's work, and no record tells which part is the task's.
    NotApart,
}

/// Takes what a task changed in a commit out of a later commit's tree.
pub fn undo(git: &Repository, task: &TaskId, landing: CommitId, from: CommitId) -> Result<Undone, WriteError> {
    let landed = git.commit(landing)?;
    let before = match said_alone(&landed, task) {
        true => {
            let old = own_changes(git, &landed)?;
            git.write_tree(landed.tree, &sides(&old, |change| change.old))?
        }
        false => {
            let here = git.tree_of(from)?;
            let recorded = landed::recorded_change(git, task, &[landed.tree, here])?;
            let Some(changes) = Some(recorded).filter(|changes| !changes.is_empty()) else {
                return Ok(Undone::NotApart);
            };
            match without(git, landed.tree, &changes)? {
                Merge::Clean(tree) => tree,
                Merge::Conflict { paths, .. } => return Ok(Undone::Conflict(paths)),
            }
        }
    };
    // From the landing to what it would be without the task: its base is the landing itself.
    let back = git.counter_commit(landing, before)?;
    Ok(match git.merge(from, back)? {
        Merge::Clean(tree) => Undone::Clean(tree),
        Merge::Conflict { paths, .. } => Undone::Conflict(paths),
    })
}

/// Whether a commit says that it lands this task and no other.
pub fn said_alone(commit: &Commit, task: &TaskId) -> bool {
    let said = read_message(&commit.message);
    let mut landed = said.iter().filter_map(|said| match said {
        Said::Landed(task) => Some(task),
        _ => None,
    });
    landed.next() == Some(task) && landed.next().is_none()
}

/// What a commit changed against its first parent, but for records.
pub fn own_changes(git: &Repository, commit: &Commit) -> Result<Vec<Change>, ReadError> {
    let before = match commit.parents.first() {
        Some(parent) => git.tree_of(*parent)?,
        None => git.empty_tree(),
    };
    let changes = git.diff(before, commit.tree)?;
    let own = changes.iter().filter(|change| !change.path.is_under(LEDGER));
    Ok(own.cloned().collect())
}

fn sides(changes: &[Change], pick: impl Fn(&Change) -> Option<Entry>) -> Vec<(RepoPath, Option<Entry>)> {
    changes
        .iter()
        .map(|change| (change.path.clone(), pick(change)))
        .collect()
}

/// A tree without a change set, which later ones of the same commit may have gone on from.
fn without(git: &Repository, tree: TreeId, changes: &[Change]) -> Result<Merge, WriteError> {
    let base = git.write_tree(tree, &sides(changes, |change| change.new))?;
    let theirs = git.write_tree(tree, &sides(changes, |change| change.old))?;
    if base == tree {
        return Ok(Merge::Clean(theirs));
    }
    let root = git.nobodys_commit(base, None)?;
    let ours = git.nobodys_commit(tree, Some(root))?;
    let theirs = git.nobodys_commit(theirs, Some(root))?;
    git.merge(ours, theirs)
}
