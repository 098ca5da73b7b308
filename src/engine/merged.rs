//! Merged: a merge that a person makes while a task is open. What others did comes in with it; what is neither theirs
//! nor git's own joining is the person's work, and has to be in scope.

use crate::domain::change::ChangeSet;
use crate::domain::failure::Failure;
use crate::domain::oid::CommitId;
use crate::git::Merge;

use super::Engine;
use super::attended::{AttendedError, Candidate, Open};
use super::finish;
use super::project::Project;

/// Judges a merge that a person is about to commit while a task is open: what neither side brought, and git did not
/// join cleanly, is the person's own work and has to be in scope. Conflicts are theirs to resolve.
pub fn merge_scope(
    engine: &Engine,
    project: &Project,
    open: &Open,
    candidate: Candidate,
    theirs: CommitId,
) -> Result<Option<Failure>, AttendedError> {
    let ours_tree = engine.git.tree_of(candidate.parent)?;
    let theirs_tree = engine.git.tree_of(theirs)?;
    let (joined_tree, conflicts) = match engine.git.merge(candidate.parent, theirs)? {
        Merge::Clean(tree) => (tree, Vec::new()),
        Merge::Conflict { tree, paths } => (tree, paths),
    };
    let mut own = Vec::new();
    for change in &engine.git.diff(ours_tree, candidate.tree)? {
        let path = change.path.to_text();
        let joined = conflicts.contains(&change.path) || engine.git.entry(joined_tree, &path)? == change.new;
        if !joined && engine.git.entry(theirs_tree, &path)? != change.new {
            own.push(change.clone());
        }
    }
    let rules = finish::rules(project, &open.card)?;
    let violations = rules.violations(&engine.git, ours_tree, &ChangeSet::new(own))?;
    Ok((!violations.is_empty()).then(|| Failure::out_of_scope(violations)))
}
