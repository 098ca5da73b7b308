//! Accept: evidence and the lane's gates decide whether a change may land (design section 5, step 7).
//!
//! The only file that can make [`Accepted`]. The decision is `domain::gate`'s; this step brings it the facts and
//! writes the row that serves one landing.

use crate::domain::actor::Actor;
use crate::domain::gate::{self, AiPermission, ApprovalSubject, GateDecision, SelfApproval};
use crate::domain::id::{AttemptId, TaskId, WriterId};
use crate::domain::oid::{BlobId, CommitId, Digest};
use crate::domain::plan::card::Card;
use crate::domain::task::event::{self, Event, ReviewRequested};
use crate::domain::task::replay::{Replay, TaskLog};
use crate::domain::task::state::TaskState;
use crate::ledger::AppendError;

use super::Engine;
use super::project::Project;
use super::slot::SlotError;
use super::verify::Evidence;

/// Why a verified change could not be put to its gates.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The slot's memory could not be written.
    #[error(transparent)]
    Slot(#[from] SlotError),
}

/// Whose work is to be accepted.
#[derive(Debug, Clone)]
pub struct Work<'a> {
    /// The card.
    pub card: &'a Card,
    /// The card's blob at the parent.
    pub blob: BlobId,
    /// The attempt.
    pub attempt: &'a AttemptId,
    /// Who made it.
    pub author: &'a Actor,
    /// The commit that the landing will stand on.
    pub parent: CommitId,
}

/// A change that may land once, on one parent.
#[derive(Debug)]
#[must_use = "an accepted change that nobody lands is work thrown away"]
pub struct Accepted {
    evidence: Evidence,
    row: event::Accepted,
    writer: WriterId,
    seq: u64,
    hash: Digest,
}

impl Accepted {
    /// What was verified.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The row's content.
    pub fn row(&self) -> &event::Accepted {
        &self.row
    }

    /// What the `Harness-Ledger` trailer names: the row's writer, number and hash.
    pub fn ledger_place(&self) -> (&WriterId, u64, Digest) {
        (&self.writer, self.seq, self.hash)
    }
}

/// What the gates said.
#[derive(Debug)]
pub enum Gated {
    /// It may land.
    Accepted(Box<Accepted>),
    /// Somebody has to look at it first.
    Waiting(Vec<String>),
    /// It is nobody's to accept any more.
    Closed(Closed),
}

/// Why a verified change is put to no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Somebody decided otherwise while it was verified.
    #[error("it is {0} by now, so what was verified does not land")]
    Moved(TaskState),
    /// A model made it where only a person may.
    #[error("in the lane {0} a person builds, so what a Builder made does not land")]
    PersonBuilds(String),
}

/// Puts evidence to the lane's gates.
pub fn accept(engine: &mut Engine, project: &Project, work: &Work, evidence: Evidence) -> Result<Gated, AcceptError> {
    accept_with(engine, project, work, evidence, Vec::new())
}

/// The same, where the rows of what led to the evidence are still to be written: all of them in one write, since each
/// waits for the disk, and a person waits for their commit. What others decided until then is seen: it is decided under
/// the journal's lock.
pub fn accept_with(
    engine: &mut Engine,
    project: &Project,
    work: &Work,
    mut evidence: Evidence,
    rows: Vec<Event>,
) -> Result<Gated, AcceptError> {
    let task: &TaskId = &work.card.id;
    let lane = project.lane(work.card);
    if lane.ai == AiPermission::Advise && !work.author.is_person() {
        engine.record(&rows)?;
        return Ok(Gated::Closed(Closed::PersonBuilds(lane.name.clone())));
    }
    let gates = lane.gates_for(work.card);
    // Whoever commits another one's work in their worktree has a part in it.
    let by = match work.author.is_person() && !gates.is_empty() {
        true => engine.person().ok(),
        false => None,
    };
    let asked = Asked {
        subject: ApprovalSubject {
            card: work.blob,
            changes: evidence.candidate().changes().digest(),
        },
        gates,
        by,
        own: project.config.approval.self_,
        seconds: engine.clock.now().as_second(),
    };
    let mut said = None;
    let stored = engine.record_if(|replay| {
        let (answer, row) = asked.put(replay, work, &evidence);
        said = Some(answer);
        rows.into_iter().chain(row).collect()
    })?;
    let row = match said {
        Some(Said::Accepted(row)) => *row,
        Some(Said::Waiting(missing)) => return Ok(Gated::Waiting(missing)),
        Some(Said::Moved(state)) => return Ok(Gated::Closed(Closed::Moved(state))),
        None => unreachable!("it is decided whenever rows could be written"),
    };
    // A check may leave folders that cannot be kept; then the next ones begin cold, and nothing else follows from it.
    if let Err(error) = evidence.keep_warm(&engine.git) {
        engine.tell(&Event::Told {
            task: Some(task.clone()),
            text: format!("what its checks built is not kept: {error}"),
        });
    }
    // Each event that is recorded is a row, and the last one is the acceptance.
    let stored = &stored[stored.len() - 1];
    Ok(Gated::Accepted(Box::new(Accepted {
        evidence,
        row,
        writer: stored.writer.clone(),
        seq: stored.seq,
        hash: stored.hash,
    })))
}

/// What is asked of the gates.
struct Asked {
    subject: ApprovalSubject,
    gates: Vec<String>,
    by: Option<Actor>,
    own: SelfApproval,
    seconds: i64,
}

enum Said {
    Accepted(Box<event::Accepted>),
    Waiting(Vec<String>),
    Moved(TaskState),
}

impl Asked {
    /// What the gates say by all that anybody wrote, and the row that says so.
    fn put(&self, replay: &Replay, work: &Work, evidence: &Evidence) -> (Said, Option<Event>) {
        let log = replay.task(&work.card.id);
        let is_open = |log: &&TaskLog| log.open().is_some_and(|open| open.attempt == *work.attempt);
        let Some(log) = log.filter(is_open) else {
            return (Said::Moved(log.map_or(TaskState::Ready, |log| log.state)), None);
        };
        let mut makers = log.makers();
        makers.push(work.author.clone());
        makers.extend(self.by.clone());
        let decision = gate::decide(&self.gates, &makers, self.subject, &log.approvals, self.own);
        match decision {
            GateDecision::Waiting { missing } => {
                let request = ReviewRequested {
                    task: work.card.id.clone(),
                    attempt: work.attempt.clone(),
                    subject: self.subject,
                    gates: missing.clone(),
                    by: self.by.clone(),
                };
                let is_new = log.review.as_ref() != Some(&request) || log.state != TaskState::NeedsReview;
                (
                    Said::Waiting(missing),
                    is_new.then_some(Event::ReviewRequested(request)),
                )
            }
            GateDecision::Open {
                approved_by,
                self_approved,
            } => {
                let row = event::Accepted {
                    task: work.card.id.clone(),
                    attempt: work.attempt.clone(),
                    tree: evidence.candidate().tree(),
                    parent: work.parent,
                    card: work.blob,
                    evidence: evidence.record().clone(),
                    approved_by,
                    self_approved,
                    commit_seconds: self.seconds,
                };
                (Said::Accepted(Box::new(row.clone())), Some(Event::Accepted(row)))
            }
        }
    }
}
