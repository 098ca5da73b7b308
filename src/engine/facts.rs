//! Facts: what history alone says of landings, so that a record can be made of it and held against it.

use std::collections::BTreeMap;

use crate::domain::change::{Change, Entry};
use crate::domain::id::TaskId;
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::record::TaskRecord;
use crate::domain::trailer::{self, CARD, EVIDENCE, EvidenceLine, TASK, Trailer};
use crate::git::{Commit, History, ReadError, Repository};

use super::landed::Wanted;
use super::record;
use super::undo::{own_changes, said_alone};

/// What history says became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its work is there.
    Landed(CommitId),
    /// Its landing was undone by another commit.
    Undone {
        /// The landing.
        landing: CommitId,
        /// What undid it.
        by: CommitId,
    },
}

/// What history says became of every task that ever landed.
pub fn fates(history: &History) -> BTreeMap<TaskId, Fate> {
    let mut fates: BTreeMap<TaskId, Fate> = history
        .undone()
        .map(|(task, landing, by)| (task.clone(), Fate::Undone { landing, by }))
        .collect();
    fates.extend(
        history
            .landings()
            .map(|(task, landing)| (task.clone(), Fate::Landed(landing))),
    );
    fates
}

/// What history says became of one task.
pub fn fate(history: &History, task: &TaskId) -> Option<Fate> {
    if let Some(landing) = history.landing(task) {
        return Some(Fate::Landed(landing));
    }
    let mut undone = history.undone().filter(|(known, ..)| *known == task);
    undone.next().map(|(_, landing, by)| Fate::Undone { landing, by })
}

/// The record that stood before a commit that undid a landing, or that the landing brought itself.
pub fn kept(git: &Repository, task: &TaskId, landing: CommitId, by: CommitId) -> Result<Option<TaskRecord>, ReadError> {
    let before = git.commit(by)?.parents.first().copied();
    let trees = [before, Some(landing)];
    for commit in trees.into_iter().flatten() {
        let tree = git.tree_of(commit)?;
        let record = git.file(tree, &task.record_path())?;
        if let Some(record) = record.and_then(|bytes| TaskRecord::of_bytes(&bytes)) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The record of a task that its landing brought.
pub fn brought(git: &Repository, task: &TaskId, commit: &Commit) -> Result<Option<Entry>, ReadError> {
    let path = task.record_path();
    let there = git.entry(commit.tree, &path)?;
    let before = match commit.parents.first() {
        Some(parent) => git.entry(git.tree_of(*parent)?, &path)?,
        None => None,
    };
    Ok(there.filter(|entry| Some(*entry) != before))
}

/// Whether a commit is here, and part of a tip's history.
pub fn is_in(git: &Repository, commit: CommitId, tip: CommitId) -> Result<bool, ReadError> {
    Ok(git.contains(commit.object_id()) && git.is_ancestor(commit, tip)?)
}

/// The block of a message that lands a task.
pub fn block_of(commit: &Commit, task: &TaskId) -> Option<Vec<Trailer>> {
    trailer::blocks(&commit.message)
        .into_iter()
        .find(|block| trailer::value(block, TASK) == Some(task.as_str()))
}

/// Whether a record tells of a landing: it names the commit, or, after history was rewritten, the same card and tree.
pub fn is_of(record: &TaskRecord, task: &TaskId, landing: &Commit) -> bool {
    if record.id != task.as_str() {
        return false;
    }
    if record.landing.as_deref() == Some(&*landing.id.to_string()) {
        return true;
    }
    block_of(landing, task).is_some_and(|block| {
        let evidence = trailer::value(&block, EVIDENCE).and_then(EvidenceLine::read);
        evidence.is_some_and(|line| line.tree == record.check_tree)
            && trailer::value(&block, CARD) == Some(record.card.as_str())
    })
}

/// What history alone tells of a landing of one task, as far as it can be held against a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The task.
    pub task: TaskId,
    /// The card's blob, as the landing names it.
    pub card: BlobId,
    /// The parent.
    pub parent: CommitId,
    /// Its tree.
    pub parent_tree: TreeId,
    /// The tree that the checks ran on, as the landing names it.
    pub check_tree: String,
    /// What it changed, but for records.
    pub changes: Vec<Change>,
}

impl Facts {
    /// What history tells of a landing; `None` where it is no landing of this task alone.
    pub fn of(git: &Repository, task: &TaskId, commit: &Commit) -> Result<Option<Self>, ReadError> {
        let (Some(block), Some(parent), true) = (
            block_of(commit, task),
            commit.parents.first().copied(),
            said_alone(commit, task),
        ) else {
            return Ok(None);
        };
        let card = trailer::value(&block, CARD).and_then(|text| text.parse().ok());
        let evidence = trailer::value(&block, EVIDENCE).and_then(EvidenceLine::read);
        let (Some(card), Some(evidence)) = (card, evidence) else {
            return Ok(None);
        };
        Ok(Some(Self {
            task: task.clone(),
            card,
            parent,
            parent_tree: git.tree_of(parent)?,
            check_tree: evidence.tree.to_owned(),
            changes: own_changes(git, commit)?,
        }))
    }

    /// Whether a record says the same of a landing, at a tip. Ids of commits may be those from before a rebase or a
    /// cherry-pick, of which nothing is left in this history; then the content has to be the same. A landing that was
    /// moved onto other work in the same files has other blobs there than its record.
    pub fn fit(
        &self,
        git: &Repository,
        record: &TaskRecord,
        landing: CommitId,
        tip: CommitId,
    ) -> Result<bool, ReadError> {
        let named = record
            .landing
            .as_deref()
            .and_then(|named| named.parse::<CommitId>().ok());
        let Some(named) = named else {
            return Ok(false);
        };
        if record.card != self.card.to_string() || record.check_tree != self.check_tree {
            return Ok(false);
        }
        let changes = record.change_set().unwrap_or_default();
        let is_change = changes == self.changes;
        if named == landing {
            let is_parent =
                record.parent == self.parent.to_string() && record.parent_tree == self.parent_tree.to_string();
            return Ok(is_parent && is_change);
        }
        if is_in(git, named, tip)? {
            return Ok(false);
        }
        let is_moved = || -> Result<bool, ReadError> {
            let wanted = Wanted::of(git, &self.task, landing)?;
            Ok(wanted.is_none_or(|wanted| wanted.check_tree.to_string() != self.check_tree))
        };
        let paths = |changes: &[Change]| -> Vec<_> { changes.iter().map(|change| change.path.clone()).collect() };
        Ok(is_change || paths(&changes) == paths(&self.changes) && is_moved()?)
    }

    /// Writes it into a record.
    pub fn write(&self, record: &mut TaskRecord, landing: CommitId) {
        record.landing = Some(landing.to_string());
        record.card = self.card.to_string();
        record.parent = self.parent.to_string();
        record.parent_tree = self.parent_tree.to_string();
        record.check_tree.clone_from(&self.check_tree);
        record::of_changes(record, self.changes.iter());
    }
}
