//! Landings that somebody took back without a word: the message of a revert may be amended away. The trees tell: where a
//! landing was, stands what stood there before it, and the commit that put it there does nothing but that, or takes the
//! task's record away as well. Whoever renames or removes a file that a task once made goes on from it. What came later in
//! the same files hides it from the tip, so that the commits since the last look are looked at, too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
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

/// The commits since the last look that changed a place of a landing where by now stands neither what it brought nor what
/// stood there before it, the oldest first; and those landings.
pub(super) fn hidden(git: &Repository, history: &History, tip: CommitId) -> Result<Hidden, ReadError> {
    let mut found = Hidden::default();
    let since = match history.looked() {
        Some(since) if since == tip || git.commit(tip)?.parents == [since] => return Ok(found),
        since => since.or(history.recent().next()),
    };
    let Some(since) = since.filter(|since| git.contains(since.object_id())) else {
        return Ok(found);
    };
    let tree = git.tree_of(tip)?;
    let mut paths = BTreeSet::new();
    for (landing, before) in history.befores() {
        let path = before.path.to_text();
        let here = git.entry(tree, &path)?;
        if here != before.entry && !history.has_gone_on(landing) && here != git.entry(git.tree_of(landing)?, &path)? {
            paths.insert(path.into_owned());
            found.landings.push(landing);
        }
    }
    if !paths.is_empty() {
        found.commits = git.changes_between(tip, since, &paths)?;
    }
    Ok(found)
}

/// What is looked at behind a tip.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    commits: Vec<CommitId>,
    landings: Vec<CommitId>,
}

impl Hidden {
    pub(super) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }
}

/// Takes those landings away that a commit behind the tip took back, unless a later one put them there again.
pub(super) fn take_hidden(fold: &mut Fold, hidden: &Hidden) -> Result<(), HistoryError> {
    let git = fold.git();
    let mut undone: BTreeMap<CommitId, CommitId> = BTreeMap::new();
    for id in &hidden.commits {
        let commit = git.commit(*id)?;
        let Some(parent) = commit.parents.first() else { continue };
        let before = git.tree_of(*parent)?;
        let mut back = Vec::new();
        for landing in &hidden.landings {
            let changes = fold.changes_of(*landing)?;
            let (mut is_old, mut is_new, mut was_old) = (true, true, true);
            for change in changes.iter() {
                let path = change.path.to_text();
                let here = git.entry(commit.tree, &path)?;
                is_old &= here == change.old;
                is_new &= here == change.new;
                was_old &= git.entry(before, &path)? == change.old;
            }
            if is_new {
                undone.remove(landing);
            } else if is_old && !was_old && landing != id && git.is_ancestor(*landing, *id)? {
                back.push((*landing, changes));
            }
        }
        if !back.is_empty() {
            let taken = taken_back(fold, &commit, &back)?;
            undone.extend(
                taken
                    .into_iter()
                    .filter(|(_, is_taken)| *is_taken)
                    .map(|(landing, _)| (landing, *id)),
            );
        }
    }
    for (landing, by) in undone {
        for (task, known) in fold.history.brought_by(landing) {
            if fold.history.landing(&task) == Some(known) {
                fold.history.unland(task, known, by);
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
