//! History: which tasks are complete at a tip, as far as content bears out what messages claim.
//!
//! A block of ours is a claim: it counts where the commit holds the content that the block speaks of (`prove.rs`). A
//! message that speaks of undoing counts for its own ancestors, and where it names nothing the trees decide (`undo.rs`).
//! What no message tells is found by the records and by the change itself (`search.rs`).

mod by_content;
mod fold;
mod later;
mod merged;
pub mod prove;
pub mod search;
mod silent;
pub mod undo;

use std::rc::Rc;

use crate::domain::block::{self, Claim};
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::replay::AcceptedRow;
use crate::git::{Commit, History, HistorySeed, How, PlainError, PlainView, ReadError, Repository, Saying, WriteError};

use super::Engine;
use fold::Fold;
pub use search::claim_of;
use undo::UndoError;

/// Why history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Something could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no place to make merges in.
    #[error(transparent)]
    Plain(#[from] PlainError),
    /// A merge could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<UndoError> for HistoryError {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Read(error) => Self::Read(error),
            UndoError::Write(error) => Self::Write(error),
        }
    }
}

/// What history says at a tip. With a seed of one of its ancestors, only the commits since then are read.
pub fn of(git: &Repository, tip: CommitId, seed: Option<HistorySeed>) -> Result<History, HistoryError> {
    let (from, history) = match seed {
        Some(seed) if seed.tip() == tip => return Ok(seed.into_history()),
        Some(seed) if git.contains(seed.tip().object_id()) && git.is_ancestor(seed.tip(), tip)? => {
            (Some(seed.tip()), seed.into_history())
        }
        _ => (None, History::default()),
    };
    let mut fold = Fold::new(git, history);
    for saying in git.sayings(tip, from)? {
        fold.take(&saying)?;
    }
    Ok(fold.history)
}

/// Whether history undid the change of a task that was accepted last: the landing itself, or a commit that brought the
/// same change under another name.
pub fn undid(engine: &Engine, history: &History, task: &TaskId, landing: Option<CommitId>) -> bool {
    if landing.is_some_and(|landing| history.is_reverted(landing)) {
        return true;
    }
    let Some(row) = engine.replay().task(task).and_then(|log| log.accepted.as_ref()) else {
        return false;
    };
    history
        .undone_of(task)
        .any(|commit| is_of_row(&engine.git, commit, task, row) || is_of_content(&engine.git, commit, landing))
}

/// Whether a commit that names nothing holds what a landing had brought.
fn is_of_content(git: &Repository, commit: CommitId, landing: Option<CommitId>) -> bool {
    let holds = || -> Result<bool, UndoError> {
        let Some(landing) = landing.filter(|landing| git.contains(landing.object_id())) else {
            return Ok(false);
        };
        let tree = git.tree_of(commit)?;
        for change in &undo::change_of(git, &git.commit(landing)?)? {
            if git.entry(tree, &change.path.to_text())? == change.new {
                return Ok(true);
            }
        }
        Ok(false)
    };
    // What cannot be read here tells nothing, and the task stays where it is.
    holds().unwrap_or(false)
}

/// Whether a commit says that it lands what a row accepted.
pub fn is_of_row(git: &Repository, commit: CommitId, task: &TaskId, row: &AcceptedRow) -> bool {
    let Ok(commit) = git.commit(commit) else {
        return false;
    };
    let place = format!("{}:{}", row.writer, row.seq);
    block::claims(&commit.message)
        .into_iter()
        .filter(|claim| claim.task == *task)
        .filter_map(|claim| claim.row)
        .any(|(named, hash)| named == place && row.hash.short() == hash)
}

/// The landings, of these in their order, whose change a commit takes out, whatever it says of itself, with what they had
/// changed.
pub fn taken_out(
    view: &PlainView,
    landings: &[(TaskId, CommitId)],
    commit: &Commit,
) -> Result<Vec<(TaskId, CommitId, Rc<ChangeSet>)>, HistoryError> {
    let mut fold = Fold::new(view, History::default());
    for (task, landing) in landings {
        fold.history.lands(task.clone(), *landing, How::Verified);
    }
    let saying = Saying {
        commit: commit.id,
        tree: commit.tree,
        parents: commit.parents.clone(),
        author: String::new(),
        message: String::new(),
        sides: Vec::new(),
    };
    let changes = fold.changes_of(commit.id)?;
    fold.by_content(&saying, &changes)?;
    let mut found = Vec::new();
    for (task, landing) in landings {
        if fold.history.reverted_by(*landing) == Some(commit.id) {
            found.push((task.clone(), *landing, fold.changes_of(*landing)?));
        }
    }
    Ok(found)
}

/// How content bears out what is claimed of a commit: for each claim, if it does.
pub fn borne_out(git: &Repository, commit: &Commit, claims: &[Claim]) -> Result<Vec<Option<How>>, HistoryError> {
    Fold::new(git, History::default()).proven(&search::saying_of(commit), claims)
}

/// Whether what a landing changed is at a later commit what it was before it: somebody took it back, with or without a
/// word.
pub fn is_gone(git: &Repository, landing: CommitId, at: CommitId) -> Result<bool, HistoryError> {
    if !git.contains(landing.object_id()) || !git.is_ancestor(landing, at)? {
        return Ok(false);
    }
    let (changes, tree) = (undo::change_of(git, &git.commit(landing)?)?, git.tree_of(at)?);
    for change in &changes {
        if git.entry(tree, &change.path.to_text())? != change.old {
            return Ok(false);
        }
    }
    Ok(!changes.is_empty())
}

/// The landings, of these, that a merge leaves out of a side that brought them: it has nothing of theirs in its tree.
pub fn left_out(
    view: &PlainView,
    landings: &[(TaskId, CommitId)],
    merge: &Commit,
) -> Result<Vec<(TaskId, CommitId)>, HistoryError> {
    let mut fold = Fold::new(view, History::default());
    for (task, landing) in landings {
        fold.history.lands(task.clone(), *landing, How::Verified);
    }
    fold.merged(&Saying {
        commit: merge.id,
        tree: merge.tree,
        parents: merge.parents.clone(),
        author: String::new(),
        message: String::new(),
        sides: view.sides_of(&merge.parents)?,
    })?;
    Ok(fold.history.taken_by(merge.id).to_vec())
}

/// How many of the newest landings are looked at by whoever undoes something and names nothing.
pub const NEWEST: usize = 256;
