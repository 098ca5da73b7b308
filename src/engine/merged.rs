//! Merged: a merge that a person makes while a task is open. What others did comes in with it; what is neither theirs
//! nor git's own joining is the person's work, and has to be in scope.

use std::collections::BTreeSet;

use crate::domain::change::ChangeSet;
use crate::domain::failure::Failure;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::reversal;
use crate::git::{Merge, NewCommit};

use super::Engine;
use super::attended::{AttendedError, Candidate, Open};
use super::finish;
use super::history::HistoryError;
use super::history::undo;
use super::project::Project;

/// What git makes of several commits that are joined one after the other: the tree, and the paths that it left to a person.
fn joined(engine: &Engine, ours: CommitId, theirs: &[CommitId]) -> Result<(TreeId, BTreeSet<RepoPath>), AttendedError> {
    let (mut at, mut tree, mut conflicts) = (ours, engine.git.tree_of(ours)?, BTreeSet::new());
    for (number, other) in theirs.iter().enumerate() {
        tree = match engine.git.merge(at, *other)? {
            Merge::Clean(tree) => tree,
            Merge::Conflict { tree, paths } => {
                conflicts.extend(paths);
                tree
            }
        };
        if number + 1 < theirs.len() {
            at = engine.git.commit_unsigned(&NewCommit {
                tree,
                parents: &[at, *other],
                message: "joined",
                seconds: 0,
            })?;
        }
    }
    Ok((tree, conflicts))
}

/// Judges a merge that a person is about to commit while a task is open: what no side brought, and git did not
/// join cleanly, is the person's own work and has to be in scope. Conflicts are theirs to resolve.
pub fn merge_scope(
    engine: &Engine,
    project: &Project,
    open: &Open,
    candidate: Candidate,
    theirs: &[CommitId],
) -> Result<Option<Failure>, AttendedError> {
    let ours_tree = engine.git.tree_of(candidate.parent)?;
    let (joined_tree, conflicts) = joined(engine, candidate.parent, theirs)?;
    let sides = theirs.iter().map(|side| engine.git.tree_of(*side));
    let sides = sides.collect::<Result<Vec<_>, _>>()?;
    let mut own = Vec::new();
    for change in &engine.git.diff(ours_tree, candidate.tree)? {
        let path = change.path.to_text();
        let mut known = conflicts.contains(&change.path) || engine.git.entry(joined_tree, &path)? == change.new;
        for side in &sides {
            known = known || engine.git.entry(*side, &path)? == change.new;
        }
        if !known {
            own.push(change.clone());
        }
    }
    let rules = finish::rules(&engine.git, project, &open.card)?;
    let violations = rules.violations(&engine.git, ours_tree, &ChangeSet::new(own))?;
    Ok((!violations.is_empty()).then(|| Failure::out_of_scope(violations)))
}

/// Whether a commit is exactly what its message says: others, which HEAD stands on, taken out again.
pub fn is_reversal(engine: &Engine, message: &str, candidate: Candidate) -> Result<bool, AttendedError> {
    let Some(said) = reversal::read(message).filter(|said| !said.names_nothing()) else {
        return Ok(false);
    };
    let view = engine.git.scratch().map_err(HistoryError::from)?;
    let made = view.joining_commit(candidate.tree, &[candidate.parent])?;
    let undoing = undo::of(&view, &view.commit(made)?, &said).map_err(HistoryError::from)?;
    Ok(undoing.is_some_and(|undoing| undoing.is_exact()))
}
