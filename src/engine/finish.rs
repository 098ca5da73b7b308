//! Finish: a candidate goes the rest of its way: onto the tip, through its checks and gates, to the branch.
//!
//! The same way for a fresh candidate, for one that waited for a reviewer, and for one that a kill left behind:
//! nothing of an earlier try is believed but what the ledger and the evidence cache hold.

use crate::domain::check::{CheckStatus, EvidenceRecord};
use crate::domain::failure::{Failure, TestsLost};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::task::event::{Dispatched, Event};
use crate::domain::task::state::TaskState;

use crate::fault::{self, Point};
use crate::git::Repository;
use crate::ledger::FileLock;

use super::Engine;
use super::accept::{self, Closed, Gated, Work};
use super::judge::{InScope, Rules};
use super::land::{self, Landed, Landing, OnTip};
use super::project::Project;
use super::resume;
use super::run::RunError;
use super::symptoms;
use super::trusted::Trusted;
use super::verify::{self, Verified};

/// How often a landing is tried again because the branch moved meanwhile.
const MOST_TRIES: usize = 8;

/// Why a candidate of another card than the present one does not land.
const CARD_CHANGED: &str = "the card changed on the branch";

/// What became of a candidate.
#[derive(Debug)]
pub enum Finish {
    /// It is on the branch.
    Landed(Landed),
    /// Its gates wait for somebody.
    Waiting(Vec<String>),
    /// The attempt failed, and the failure is recorded.
    Failed(Failure),
    /// It is accepted, and something keeps it from the branch that a person has to move.
    InTheWay(String),
    /// Somebody else decided or did what it waited for, or nobody may: nothing of it is landed by this.
    Closed(Closed),
}

/// Takes up a candidate again that the ledger holds: after a review, a kill, or something in the way.
pub fn finish_recorded(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    dispatched: &Dispatched,
    tree: TreeId,
) -> Result<Finish, RunError> {
    if let Some(remote) = resume::claimed_elsewhere(engine, &card.id) {
        return Ok(Finish::InTheWay(format!(
            "it was claimed on {remote} and lands there: git harness run --remote {remote}"
        )));
    }
    fault::at(Point::TakeUp).map_err(RunError::Transcript)?;
    let lock = engine.ledger.locks().try_task(&card.id).map_err(RunError::Transcript)?;
    let Some(_lock) = lock else {
        return Ok(Finish::InTheWay("another process works on it".to_owned()));
    };
    if !is_still_open(engine, dispatched)? {
        let standing = engine.replay().standing(&card.id);
        let state = standing.map_or(TaskState::Ready, |standing| standing.state);
        return Ok(Finish::Closed(Closed::Moved(state)));
    }
    let rules = rules(&engine.git, project, card)?;
    match again(engine, dispatched, tree, &rules)? {
        Ok(candidate) => finish(engine, project, card, dispatched, candidate),
        Err(failure) => fail(engine, dispatched, failure),
    }
}

/// Whether an attempt still waits to be finished, by all that anybody has written by now. Whoever had the task's lock
/// before may have landed it, or have died in the midst: then its intent is open, and the next command finds out.
fn is_still_open(engine: &mut Engine, dispatched: &Dispatched) -> Result<bool, RunError> {
    let mut is_open = false;
    engine.record_if(|replay| {
        is_open = replay.task(&dispatched.task).is_some_and(|log| {
            let has_landed = log.landed.iter().any(|landed| landed.attempt == dispatched.attempt);
            log.open() == Some(dispatched) && log.land_intent.is_none() && !has_landed
        });
        Vec::new()
    })?;
    Ok(is_open)
}

/// A candidate's tree, judged again on the base that it was made on.
fn again(
    engine: &Engine,
    dispatched: &Dispatched,
    tree: TreeId,
    rules: &Rules,
) -> Result<Result<InScope, Failure>, RunError> {
    let base = engine.git.tree_of(dispatched.base)?;
    let judged = InScope::again(&engine.git, base, tree, rules)?;
    Ok(judged.map_err(Failure::out_of_scope))
}

/// The rules that bound a card's changes on the project's tip.
pub fn rules(git: &Repository, project: &Project, card: &Card) -> Result<Rules, RunError> {
    Ok(Rules::new(card, &project.config, git, project.tip)?)
}

/// Verifies, accepts and lands a candidate.
pub fn finish(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    dispatched: &Dispatched,
    candidate: InScope,
) -> Result<Finish, RunError> {
    let mut queue = None;
    let finished = onto_the_branch(engine, project, card, dispatched, candidate, &mut queue);
    if queue.is_some() {
        engine.end_turn(&project.target);
    }
    finished
}

fn onto_the_branch(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    dispatched: &Dispatched,
    candidate: InScope,
    queue: &mut Option<FileLock>,
) -> Result<Finish, RunError> {
    let tree = candidate.tree();
    let mut candidate = candidate;
    let mut fresh: Option<Project> = None;
    for _ in 0..MOST_TRIES {
        // What came to the branch meanwhile runs only where this user trusts it, too.
        let at = &match &fresh {
            Some(fresh) => Trusted::of(engine, fresh)?,
            None => *project,
        };
        // The policy may have moved with the branch.
        let rules = rules(&engine.git, at, card)?;
        let on_tip = match land::bring_onto_tip(engine, at, &rules, dispatched, candidate)? {
            OnTip::Candidate(candidate) => *candidate,
            OnTip::Failed(failure) => return fail(engine, dispatched, failure),
        };
        let evidence = match check(engine, at, card, dispatched, on_tip)? {
            Verified::Passed(evidence) => evidence,
            Verified::Failed(record) => {
                let base = engine.git.tree_of(dispatched.base)?;
                let failure = symptoms::name(engine, base, tree, failure_of(record))?;
                return fail(engine, dispatched, failure);
            }
        };
        let Some(blob) = at.blobs.get(&card.id).copied() else {
            return Err(RunError::CardGone(card.id.clone()));
        };
        // One lands at a time: what is verified from here on meets no other landing. Whoever came first may have moved
        // the branch; then this is merged and verified once more.
        let came_second = match queue {
            Some(_) => false,
            None => {
                let locks = engine.ledger.locks();
                *queue = Some(locks.landing(&at.target).map_err(RunError::Transcript)?);
                engine.wait_for_turn(&at.target, at.tip, &card.id)?;
                engine.tip(&at.target)? != Some(at.tip)
            }
        };
        if came_second {
            let Some(now) = reload(engine, at, card, blob)? else {
                engine.record(&[Event::AttemptLost {
                    task: card.id.clone(),
                    attempt: dispatched.attempt.clone(),
                    reason: CARD_CHANGED.to_owned(),
                }])?;
                return Ok(starts_again());
            };
            fresh = Some(now);
            candidate = match again(engine, dispatched, tree, &rules)? {
                Ok(candidate) => candidate,
                Err(failure) => return fail(engine, dispatched, failure),
            };
            continue;
        }
        let work = Work {
            card,
            blob,
            attempt: &dispatched.attempt,
            author: &dispatched.author,
            parent: at.tip,
        };
        let accepted = match accept::accept(engine, at, &work, evidence)? {
            Gated::Accepted(accepted) => accepted,
            Gated::Waiting(gates) => return Ok(Finish::Waiting(gates)),
            Gated::Closed(why) => return Ok(Finish::Closed(why)),
        };
        fault::at(Point::Accepted).map_err(RunError::Transcript)?;
        match land::land(engine, at, card, &accepted)? {
            Landing::Landed(landed) => return Ok(Finish::Landed(landed)),
            Landing::InTheWay(why) => return Ok(Finish::InTheWay(why)),
            Landing::Lost(why) => return Ok(Finish::InTheWay(why)),
            Landing::BranchMoved => engine.wait_for_turn(&at.target, at.tip, &card.id)?,
        }
        let Some(now) = reload(engine, at, card, blob)? else {
            // Somebody revised the card meanwhile: what was accepted was another card's work.
            engine.record(&[Event::LandLost {
                task: card.id.clone(),
                attempt: dispatched.attempt.clone(),
                reason: CARD_CHANGED.to_owned(),
                still_accepted: false,
            }])?;
            return Ok(starts_again());
        };
        fresh = Some(now);
        candidate = match again(engine, dispatched, tree, &rules)? {
            Ok(candidate) => candidate,
            Err(failure) => return fail(engine, dispatched, failure),
        };
    }
    Ok(Finish::InTheWay(format!(
        "the branch {} kept moving; run again when it is quiet",
        project.target
    )))
}

/// The project as its branch has it now; `None` where the card is another one than the attempt was for.
fn reload(engine: &mut Engine, then: &Project, card: &Card, blob: BlobId) -> Result<Option<Project>, RunError> {
    let now = Project::load(engine, &then.target)?;
    let same = now.blobs.get(&card.id) == Some(&blob);
    Ok(same.then_some(now))
}

fn starts_again() -> Finish {
    Finish::InTheWay(format!("{CARD_CHANGED}; the task starts again"))
}

fn check(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    dispatched: &Dispatched,
    candidate: InScope,
) -> Result<Verified, RunError> {
    let checks = project.config.checks_for(card);
    let verified = verify::verify(engine, project.permit(), card, candidate, &checks)?;
    engine.record(&[Event::Verified {
        task: card.id.clone(),
        attempt: dispatched.attempt.clone(),
        evidence: verified.record().clone(),
    }])?;
    fault::at(Point::Verified).map_err(RunError::Transcript)?;
    Ok(verified)
}

/// Why evidence that did not pass failed: weak checks are the card's fault, not the Builder's, and checks that pass
/// with fewer tests have nothing to quote.
pub fn failure_of(record: EvidenceRecord) -> Failure {
    let weak: Vec<String> = record
        .results
        .iter()
        .filter(|result| result.status == CheckStatus::TooWeak)
        .map(|result| result.name.clone())
        .collect();
    if !weak.is_empty() {
        return Failure::WeakChecks { checks: weak };
    }
    let refused = record.results.iter().filter(|result| !result.status.passed());
    let lost: Option<Vec<TestsLost>> = refused
        .map(|result| match result.status {
            CheckStatus::FewerTests { was, now } => Some(TestsLost {
                check: result.name.clone(),
                was,
                now,
            }),
            _ => None,
        })
        .collect();
    match lost {
        Some(checks) => Failure::FewerTests { checks },
        None => Failure::Checks {
            results: record.results,
        },
    }
}

/// Records that an attempt failed.
pub fn fail(engine: &mut Engine, dispatched: &Dispatched, failure: Failure) -> Result<Finish, RunError> {
    engine.record(&[Event::AttemptFailed {
        task: dispatched.task.clone(),
        attempt: dispatched.attempt.clone(),
        failure: failure.clone(),
    }])?;
    Ok(Finish::Failed(failure))
}
