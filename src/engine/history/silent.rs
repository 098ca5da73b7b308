//! Landings that somebody took back without a word: the message of a revert may be amended away. The trees tell: where a
//! landing was, stands what stood there before it, and the commit that put it there does nothing but that, or takes the
//! task's record away as well. Whoever renames or removes a file that a task once made goes on from it.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use crate::domain::block;
use crate::domain::change::ChangeSet;
use crate::domain::oid::CommitId;
use crate::git::{Commit, History, ReadError, Repository};

use super::HistoryError;
use super::fold::Fold;
use super::search::saying_of;

/// How many commits back the tree is looked for that somebody went back to.
const MOST_IN_RANGE: usize = 64;

/// The landings in whose place stands what stood there before.
pub(super) fn candidates(git: &Repository, history: &History, tip: CommitId) -> Result<Vec<CommitId>, ReadError> {
    let tree = git.tree_of(tip)?;
    let mut found = Vec::new();
    for (landing, before) in history.befores() {
        if git.entry(tree, &before.path.to_text())? == before.entry && !history.has_gone_on(landing) {
            found.push(landing);
        }
    }
    Ok(found)
}

/// Takes those away that somebody took back.
pub(super) fn take(fold: &mut Fold, tip: CommitId, candidates: &[CommitId]) -> Result<(), HistoryError> {
    let git = fold.git();
    let tree = git.tree_of(tip)?;
    let mut by: BTreeMap<CommitId, Vec<(CommitId, Rc<ChangeSet>)>> = BTreeMap::new();
    for landing in candidates {
        let changes = fold.changes_of(*landing)?;
        let mut culprit = None;
        for change in changes.iter() {
            let path = change.path.to_text();
            if git.entry(tree, &path)? != change.old {
                culprit = None;
                break;
            }
            if culprit.is_none() {
                culprit = git.newest_change_of(tip, &path)?;
            }
        }
        match culprit {
            Some(commit) if commit != *landing => by.entry(commit).or_default().push((*landing, changes)),
            _ => {
                fold.history.searched().went_on.insert(*landing);
            }
        }
    }
    for (commit, landings) in by {
        let commit = git.commit(commit)?;
        for (landing, tasks) in taken_back(fold, &commit, &landings)? {
            for (task, known) in fold.history.brought_by(landing) {
                if tasks && fold.history.landing(&task) == Some(known) {
                    fold.history.unland(task, known, commit.id);
                }
            }
            if !tasks {
                fold.history.searched().went_on.insert(landing);
            }
        }
    }
    Ok(())
}

/// Of some landings in whose place a commit put what stood there before, which it took back.
fn taken_back(
    fold: &mut Fold,
    commit: &Commit,
    landings: &[(CommitId, Rc<ChangeSet>)],
) -> Result<Vec<(CommitId, bool)>, HistoryError> {
    let git = fold.git();
    let (Some(parent), true) = (commit.parents.first(), commit.parents.len() == 1) else {
        return Ok(Vec::new());
    };
    let speaks = !block::claims(&saying_of(commit).message).is_empty();
    let own = fold.changes_of(commit.id)?;
    let explained: HashSet<_> = landings
        .iter()
        .flat_map(|(_, changes)| changes.iter().map(|change| (&change.path, change.old)))
        .collect();
    let is_all = own.iter().all(|change| explained.contains(&(&change.path, change.new)));
    // A range that was reverted in one commit takes other work along.
    let earlier = git.first_parents(*parent, MOST_IN_RANGE)?;
    let is_back = earlier.iter().any(|(_, tree)| *tree == commit.tree);
    let parent = git.tree_of(*parent)?;
    let mut found = Vec::new();
    for (landing, _) in landings {
        let mut takes_record = false;
        for (task, _) in fold.history.brought_by(*landing) {
            let path = task.record_path();
            takes_record |= git.entry(parent, &path)?.is_some() && git.entry(commit.tree, &path)?.is_none();
        }
        found.push((*landing, !speaks && (is_all || is_back || takes_record)));
    }
    Ok(found)
}
