//! Renew: evidence for landings as they are now, where their own is for another tree.
//!
//! The checks of the card run on the landing's tree, and a commit without changes says that they passed, with a block
//! for each landing: task, commit, check tree, check digest, and the row of the journal. Whoever audits holds the block
//! against the landing; `--rerun` runs the checks once more.

use std::collections::BTreeSet;

use crate::domain::actor::Actor;
use crate::domain::check::EvidenceRecord;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::event::Event;
use crate::domain::trailer::{VerificationBlock, VerificationMessage};
use crate::git::ReadError;
use crate::ledger::AppendError;

use super::Engine;
use super::commit::{CommitFilesError, commit_words};
use super::landed::{self, Content, Wanted};
use super::project::Project;
use super::trusted::{Permit, Untrusted};
use super::undo::own_changes;
use super::verify::{self, Ground, VerifyError};

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// This user never agreed to the checks of a landing.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// Checks could not be run.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The turn to land could not be taken.
    #[error("cannot take the turn to land: {0}")]
    Turn(std::io::Error),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The commit could not be made.
    #[error(transparent)]
    Commit(#[from] CommitFilesError),
}

/// A landing whose evidence is for another tree, or that has none.
#[derive(Debug)]
pub struct Stale {
    /// The task.
    pub task: TaskId,
    /// Its landing.
    pub landing: CommitId,
    /// What has to be verified.
    pub wanted: Wanted,
}

/// The landings of a branch that have to be verified anew: all, or those of some tasks, or those among some commits.
pub fn stale(
    engine: &Engine,
    project: &Project,
    tasks: &[TaskId],
    among: Option<&BTreeSet<CommitId>>,
) -> Result<Vec<Stale>, ReadError> {
    let mut found = Vec::new();
    let claims = project.history.claims();
    for (task, landing, is_claim) in (project.history.landings().map(|(task, landing)| (task, landing, false)))
        .chain(claims.map(|(task, commit)| (task, commit, true)))
    {
        let is_meant = (tasks.is_empty() || tasks.contains(task)) && among.is_none_or(|among| among.contains(&landing));
        if !is_meant {
            continue;
        }
        let Some(wanted) = Wanted::of(&engine.git, task, landing)? else {
            continue;
        };
        if is_claim && !is_worth_verifying(engine, project, landing, &wanted)? {
            continue;
        }
        if !wanted.is_missing(&engine.git, &project.history, landing)? {
            continue;
        }
        found.push(Stale {
            task: task.clone(),
            landing,
            wanted,
        });
    }
    Ok(found)
}

/// Whether a commit that says it lands a task, and holds something else than was verified then, may hold the task's work
/// all the same, as an amend of it does: it changes the task's files, and that is still there.
fn is_worth_verifying(
    engine: &Engine,
    project: &Project,
    commit: CommitId,
    wanted: &Wanted,
) -> Result<bool, ReadError> {
    let changes = own_changes(&engine.git, &engine.git.commit(commit)?)?;
    let is_there = landed::content(&engine.git, project.tree, &changes)? != Content::NotThere;
    Ok(is_there && !project.history.is_reverted(commit) && wanted.touches(changes.iter()))
}

/// What the checks said of a landing.
#[derive(Debug)]
pub struct Renewed {
    /// The task.
    pub task: TaskId,
    /// Its landing.
    pub landing: CommitId,
    /// The results.
    pub evidence: EvidenceRecord,
    /// The block that says so, where they passed.
    block: Option<VerificationBlock>,
}

/// Runs the checks of landings on their trees as they are.
pub fn run(engine: &mut Engine, stale: Vec<Stale>, by: &Actor) -> Result<Vec<Renewed>, RenewError> {
    let mut found = Vec::new();
    for Stale { task, landing, wanted } in stale {
        // What has gates is believed on no warm ground.
        let permit = Permit::for_checks(engine, &wanted.config, &wanted.checks)?;
        let ground = Ground::of_card(permit, &wanted.card, &wanted.cone, wanted.base);
        let evidence = verify::check_tree(engine, &ground, wanted.tree, &wanted.checks)?;
        let block = match evidence.passed() {
            true => Some(recorded(engine, &task, landing, &evidence, by)?),
            false => None,
        };
        found.push(Renewed {
            task,
            landing,
            evidence,
            block: block.flatten(),
        });
    }
    Ok(found)
}

fn recorded(
    engine: &mut Engine,
    task: &TaskId,
    landing: CommitId,
    evidence: &EvidenceRecord,
    by: &Actor,
) -> Result<Option<VerificationBlock>, AppendError> {
    let rows = engine.record(&[Event::LandingVerified {
        task: task.clone(),
        landing,
        evidence: evidence.clone(),
        by: by.clone(),
    }])?;
    Ok(rows.into_iter().next().map(|row| VerificationBlock {
        task: task.clone(),
        landing,
        check_tree: evidence.key.check_tree,
        check_digest: evidence.key.checks,
        row: (row.writer, row.seq, row.hash),
    }))
}

/// Says on the branch what was verified. `None` where nothing passed.
pub fn say(
    engine: &mut Engine,
    project: &Project,
    renewed: &[Renewed],
    by: &Actor,
) -> Result<Option<CommitId>, RenewError> {
    let blocks: Vec<VerificationBlock> = renewed.iter().filter_map(|one| one.block.clone()).collect();
    if blocks.is_empty() {
        return Ok(None);
    }
    let locks = engine.ledger.locks();
    let _turn = locks.landing(&project.target).map_err(RenewError::Turn)?;
    let message = VerificationMessage { blocks: &blocks, by }.render();
    Ok(Some(commit_words(engine, &project.target, &message)?))
}
