//! Accept: evidence and the lane's gates decide whether a change may land (design section 5, step 7).
//!
//! The only file that can make [`Accepted`]. The decision is `domain::gate`'s; this step brings it the facts and
//! writes the row that serves one landing.

use crate::domain::actor::Actor;
use crate::domain::gate::{self, ApprovalSubject, GateDecision};
use crate::domain::id::{AttemptId, TaskId, WriterId};
use crate::domain::oid::{BlobId, CommitId, Digest};
use crate::domain::plan::card::Card;
use crate::domain::task::event::{self, Event, ReviewRequested};
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
}

/// Puts evidence to the lane's gates.
pub fn accept(engine: &mut Engine, project: &Project, work: &Work, evidence: Evidence) -> Result<Gated, AcceptError> {
    accept_with(engine, project, work, evidence, Vec::new())
}

/// The same, where the rows of what led to the evidence are still to be written: all of them in one write, since each
/// waits for the disk, and a person waits for their commit.
pub fn accept_with(
    engine: &mut Engine,
    project: &Project,
    work: &Work,
    mut evidence: Evidence,
    mut rows: Vec<Event>,
) -> Result<Gated, AcceptError> {
    let task: &TaskId = &work.card.id;
    let subject = ApprovalSubject {
        card: work.blob,
        changes: evidence.candidate().changes().digest(),
    };
    let gates = project.lane(work.card).gates_for(work.card);
    let approvals = engine
        .replay()
        .task(task)
        .map(|log| log.approvals.clone())
        .unwrap_or_default();
    let decision = gate::decide(&gates, work.author, subject, &approvals, project.config.approval.self_);
    let (approved_by, self_approved) = match decision {
        GateDecision::Waiting { missing } => {
            let request = ReviewRequested {
                task: task.clone(),
                attempt: work.attempt.clone(),
                subject,
                gates: missing.clone(),
            };
            let known = engine.replay().task(task).and_then(|log| log.review.as_ref());
            if known != Some(&request) {
                rows.push(Event::ReviewRequested(request));
            }
            if !rows.is_empty() {
                engine.record(&rows)?;
            }
            return Ok(Gated::Waiting(missing));
        }
        GateDecision::Open {
            approved_by,
            self_approved,
        } => (approved_by, self_approved),
    };
    let row = event::Accepted {
        task: task.clone(),
        attempt: work.attempt.clone(),
        tree: evidence.candidate().tree(),
        parent: work.parent,
        card: work.blob,
        evidence: evidence.record().clone(),
        approved_by,
        self_approved,
        commit_seconds: engine.clock.now().as_second(),
    };
    rows.push(Event::Accepted(row.clone()));
    let stored = engine.record(&rows)?;
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
