//! Land: one task, one commit, and the branch moved to it by compare-and-swap (design section 5, step 8).
//!
//! The commit is built beforehand from what the accepted row holds, so that after a kill it is made again to the
//! byte. The intent is on disk before the branch moves, the done event after.

use std::io;

use crate::domain::change::{Change, Entry, FileMode};
use crate::domain::failure::Failure;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{PathError, RepoPath};
use crate::domain::plan::card::Card;
use crate::domain::scope::violation::Violation;
use crate::domain::task::event::{self, Dispatched, Event, LandIntended};
use crate::fault::{self, Point};
use crate::git::{Merge, MoveError, NewCommit, ReadError, WriteError};
use crate::ledger::AppendError;

use super::Engine;
use super::accept::Accepted;
use super::backfill::{self, BackfillError};
use super::judge::{InScope, JudgeError, Rules};
use super::project::Project;
use super::record;
use super::server::{AdvanceError, Then};
use super::wording;

/// Why a change could not be landed for reasons outside it.
#[derive(Debug, thiserror::Error)]
pub enum LandError {
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The commit could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The merged change could not be judged.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The record's path is no path; ids make this impossible, and it is reported rather than believed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Records that are missing could not be made.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// The project's own hook has something against the message.
    #[error("the project's commit-msg hook refuses the message: {0}")]
    Hook(String),
    /// The branch could not be moved.
    #[error(transparent)]
    Move(MoveError),
    /// The landing stopped between two of its steps.
    #[error("the landing was interrupted: {0}")]
    Interrupted(#[from] io::Error),
}

/// A task whose commit is on its branch.
#[derive(Debug)]
pub struct Landed {
    /// The landing commit.
    pub commit: CommitId,
}

/// What came of a landing.
#[derive(Debug)]
pub enum Landing {
    /// The branch holds the commit.
    Landed(Landed),
    /// The branch moved in the meantime: merge, verify and accept again.
    BranchMoved,
    /// Files of the worktree that has the branch are in the way, or the server is; the change stays accepted.
    InTheWay(String),
    /// The task is somebody else's by now, and the change goes nowhere.
    Lost(String),
}

/// A candidate on the branch's present tip.
#[derive(Debug)]
pub enum OnTip {
    /// It merges, and this is the result.
    Candidate(Box<InScope>),
    /// It does not; the failure goes to the Builder.
    Failed(Failure),
}

/// How many paths of each kind a conflict names.
const MOST_NAMES: usize = 20;

/// Brings a candidate onto the tip: itself where the tip is still its base, else merged and judged again.
pub fn bring_onto_tip(
    engine: &Engine,
    project: &Project,
    rules: &Rules,
    dispatched: &Dispatched,
    candidate: InScope,
) -> Result<OnTip, LandError> {
    if project.tip == dispatched.base {
        return Ok(OnTip::Candidate(Box::new(candidate)));
    }
    let theirs = engine.git.commit_unsigned(&NewCommit {
        tree: candidate.tree(),
        parents: &[dispatched.base],
        message: "candidate",
        seconds: 0,
    })?;
    let tree: TreeId = match engine.git.merge(project.tip, theirs)? {
        Merge::Clean(tree) => tree,
        Merge::Conflict { paths, .. } => {
            return Ok(OnTip::Failed(Failure::MergeConflict {
                paths: paths.iter().map(ToString::to_string).collect(),
            }));
        }
    };
    Ok(match InScope::again(&engine.git, project.tree, tree, rules)? {
        Ok(on_tip) if on_tip.changes().is_empty() => OnTip::Failed(Failure::AlreadyThere),
        Ok(on_tip) => OnTip::Candidate(Box::new(on_tip)),
        Err(violations) => OnTip::Failed(outside(engine, tree, &candidate, violations)?),
    })
}

/// Why a change that its card allowed breaks rules once it is merged. Git follows renames: what was changed under one
/// name may come out under another, which nobody who built it ever saw. That is a conflict with whoever renamed it.
fn outside(
    engine: &Engine,
    tree: TreeId,
    candidate: &InScope,
    violations: Vec<Violation>,
) -> Result<Failure, ReadError> {
    let changed: Vec<&Change> = candidate.changes().iter().collect();
    let is_own = |violation: &Violation| {
        changed
            .iter()
            .any(|change| change.path.to_text() == violation.path.as_str())
    };
    if violations.iter().any(is_own) {
        return Ok(Failure::out_of_scope(violations));
    }
    let mut moved = Vec::new();
    for change in changed {
        if change.new.is_some() && engine.git.entry(tree, &change.path.to_text())?.is_none() {
            moved.push(change.path.to_string());
        }
    }
    if moved.is_empty() {
        return Ok(Failure::out_of_scope(violations));
    }
    let names = violations
        .iter()
        .map(|violation| violation.path.clone())
        .take(MOST_NAMES);
    moved.truncate(MOST_NAMES);
    moved.extend(names.map(|name| format!("{name} (its name on the branch now, outside of the card)")));
    Ok(Failure::MergeConflict { paths: moved })
}

/// Commits an accepted change and moves the branch to it.
pub fn land(engine: &mut Engine, project: &Project, card: &Card, accepted: &Accepted) -> Result<Landing, LandError> {
    let row = accepted.row();
    let commit = match build_commit(engine, project, &project.target, card, accepted, false) {
        // Whoever keeps that hook mends it, and the change stays accepted.
        Err(error @ LandError::Hook(_)) => return Ok(Landing::InTheWay(error.to_string())),
        other => other?,
    };
    fault::at(Point::LandIntend)?;
    engine.record(&[Event::LandIntended(LandIntended {
        task: row.task.clone(),
        attempt: row.attempt.clone(),
        commit,
        target: project.target.clone(),
        old: row.parent,
    })])?;
    fault::at(Point::LandIntended)?;
    let why = format!("harness: land {}", row.task);
    let lost = |error: &dyn std::fmt::Display, still_accepted: bool| Event::LandLost {
        task: row.task.clone(),
        attempt: row.attempt.clone(),
        reason: error.to_string(),
        still_accepted,
    };
    let claim = Some((&row.task, Then::Done));
    match engine.advance(&project.target, commit, row.parent, &why, claim) {
        Ok(()) => {
            fault::at(Point::LandMoved)?;
            engine.record(&[Event::Landed(event::Landed {
                task: row.task.clone(),
                attempt: row.attempt.clone(),
                commit,
                target: project.target.clone(),
            })])?;
            fault::at(Point::Landed)?;
            Ok(Landing::Landed(Landed { commit }))
        }
        Err(AdvanceError::Move(error @ MoveError::Moved { .. })) => {
            engine.record(&[lost(&error, true)])?;
            Ok(Landing::BranchMoved)
        }
        Err(error) if error.is_in_the_way() => {
            engine.record(&[lost(&error, true)])?;
            Ok(Landing::InTheWay(error.with_way_out()))
        }
        Err(error @ AdvanceError::ClaimLost(_)) => {
            engine.record(&[lost(&error, false)])?;
            Ok(Landing::Lost(error.to_string()))
        }
        // The intent stays open: whoever sees the server next knows what became of it.
        Err(AdvanceError::Server(error)) => Ok(Landing::InTheWay(format!(
            "whether it landed is not known yet: {error}"
        ))),
        Err(AdvanceError::Move(error)) => Err(LandError::Move(error)),
    }
}

/// The landing commit on a branch: the verified tree, the tracked record with those that are missing, and the trailers.
pub(super) fn build_commit(
    engine: &Engine,
    project: &Project,
    branch: &str,
    card: &Card,
    accepted: &Accepted,
    is_attended: bool,
) -> Result<CommitId, LandError> {
    let row = accepted.row();
    let mut tree = row.tree;
    if project.config.ledger_track {
        let path = row.task.record_path();
        let before = engine.git.file(tree, &path)?;
        let text = record::render(engine, card, row, before.as_deref())?;
        let blob = engine.git.write_blob(text.as_bytes())?;
        let entry = Entry {
            mode: FileMode::Regular,
            blob,
        };
        tree = engine.git.write_tree(tree, &[(RepoPath::new(path)?, Some(entry))])?;
        tree = backfill::carried(engine, branch, row.parent, tree, std::slice::from_ref(&row.task))?;
    }
    let message = record::landing_message(engine, project, card, accepted);
    let message = wording::heard(engine, project, card, accepted, message, is_attended)?;
    Ok(engine.git.commit_tree(&NewCommit {
        tree,
        parents: &[row.parent],
        message: &message,
        seconds: row.commit_seconds,
    })?)
}
