//! Replay: the journal's rows folded into what was tried with every task.
//!
//! The same rows give the same answer in any process. A row that the table does not allow, such as a second claim of
//! a card that is out already, changes nothing and is kept as an oddity; no sequence of rows makes this panic.

mod kept;
pub mod snapshot;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::actor::Actor;
use crate::domain::check::EvidenceRecord;
use crate::domain::failure::Failure;
use crate::domain::gate::Approval;
use crate::domain::id::{AttemptId, TaskId, WriterId};
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::usage::Usage;

use super::books::Books;
use super::event::{
    Accepted, ArchitectAnswered, BuilderFinished, CardRevised, Dispatched, Escalated, Event, Harvested, ImportIntended,
    LandIntended, Landed, Proposed, ReviewRequested, RevisionIntended, RolledBack,
};
use super::row::Row;
use super::state::TaskState;
use super::transition::{Step, next};
use kept::Kept;
use snapshot::{Address, Archive};
pub use standing::Standing;

/// One attempt, from its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLog {
    /// The claim.
    pub dispatched: Dispatched,
    /// When it was claimed.
    pub started: Timestamp,
    /// When its last row was written.
    pub last: Timestamp,
    /// What it said it would do.
    #[serde(default)]
    pub proposed: Option<Proposed>,
    /// What the Builder said.
    pub finished: Option<BuilderFinished>,
    /// What it changed.
    pub harvested: Option<Harvested>,
    /// What the checks said.
    pub evidence: Option<EvidenceRecord>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Why it counts for nothing.
    pub lost: Option<String>,
}

/// An accepted row and its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedRow {
    /// The row's writer.
    pub writer: WriterId,
    /// The row's number.
    pub seq: u64,
    /// The row's hash.
    pub hash: Digest,
    /// What was accepted.
    pub accepted: Accepted,
}

/// What was tried with one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLog {
    /// Where the journal leaves it: never `pending` or `complete`, which the queue finds out.
    pub state: TaskState,
    /// The round, from 1.
    pub round: u32,
    /// Attempts of this round that count.
    pub in_round: u32,
    /// Attempts ever.
    pub number: u32,
    /// Rounds that an Architect's correction opened, since a person last opened one.
    pub corrections: u32,
    /// Every attempt, oldest first.
    pub attempts: Vec<AttemptLog>,
    /// Why the last attempt of this round failed.
    pub last_failure: Option<Failure>,
    /// The accepted row that waits for its landing.
    pub accepted: Option<AcceptedRow>,
    /// A landing whose end is not recorded.
    pub land_intent: Option<LandIntended>,
    /// Why the last landing did not happen.
    pub land_lost: Option<String>,
    /// Every landing.
    pub landed: Vec<Landed>,
    /// Every rollback.
    pub rolled_back: Vec<RolledBack>,
    /// Every approval.
    pub approvals: Vec<Approval>,
    /// What waits for somebody.
    pub review: Option<ReviewRequested>,
    /// The last escalation.
    pub escalation: Option<Escalated>,
    /// Every escalation, oldest first.
    #[serde(default)]
    pub escalations: Vec<Escalated>,
    /// Every answer of an Architect.
    pub answers: Vec<ArchitectAnswered>,
    /// What questions used that were not answered.
    #[serde(default)]
    pub in_vain: Usage,
    /// The last answer, until something comes of it.
    #[serde(default)]
    pub unapplied: Option<ArchitectAnswered>,
    /// A revision whose end is not recorded.
    #[serde(default)]
    pub revision_intent: Option<RevisionIntended>,
    /// Every revision.
    pub revisions: Vec<CardRevised>,
    /// Who blocked it, and why.
    pub blocked: Option<(Actor, String)>,
    /// What to remember for later tasks.
    pub notes: Vec<(Actor, String)>,
    /// The next first attempt goes on from the last one's changes.
    pub keep_changes: bool,
    /// Commits of people that were refused, in attended mode.
    pub refused: Vec<Failure>,
}

impl TaskLog {
    fn new() -> Self {
        Self {
            state: TaskState::Ready,
            round: 1,
            in_round: 0,
            number: 0,
            corrections: 0,
            attempts: Vec::new(),
            last_failure: None,
            accepted: None,
            land_intent: None,
            land_lost: None,
            landed: Vec::new(),
            rolled_back: Vec::new(),
            approvals: Vec::new(),
            review: None,
            escalation: None,
            escalations: Vec::new(),
            answers: Vec::new(),
            in_vain: Usage::default(),
            unapplied: None,
            revision_intent: None,
            revisions: Vec::new(),
            blocked: None,
            notes: Vec::new(),
            keep_changes: false,
            refused: Vec::new(),
        }
    }

    /// The attempt that is out, verified, or waiting: the last one, unless it failed or was lost.
    pub fn open(&self) -> Option<&Dispatched> {
        let holds = matches!(
            self.state,
            TaskState::InProgress | TaskState::Retrying | TaskState::NeedsReview | TaskState::Passed
        );
        self.attempts
            .last()
            .filter(|attempt| holds && attempt.lost.is_none())
            .map(|attempt| &attempt.dispatched)
    }

    /// The last attempt.
    pub fn last(&self) -> Option<&AttemptLog> {
        self.attempts.last()
    }

    /// The tree of the last attempt that left one, and the commit that it started from.
    pub fn kept(&self) -> Option<(TreeId, CommitId)> {
        let last = self.attempts.iter().rev().find(|attempt| attempt.lost.is_none())?;
        Some((last.harvested.as_ref()?.tree?, last.dispatched.base))
    }

    /// How long its attempts took together, in milliseconds.
    pub fn millis(&self) -> u64 {
        let spent = |attempt: &AttemptLog| attempt.last.duration_since(attempt.started).as_millis();
        self.attempts
            .iter()
            .map(|attempt| u64::try_from(spent(attempt)).unwrap_or(0))
            .sum()
    }

    fn open_round(&mut self) {
        self.round += 1;
        self.in_round = 0;
        self.last_failure = None;
        self.accepted = None;
        self.land_intent = None;
        self.review = None;
        self.blocked = None;
        self.keep_changes = false;
    }

    /// The claim that an event is about.
    fn about(&self, event: &Event) -> Option<&Dispatched> {
        let id = match event {
            Event::BuilderFinished(BuilderFinished { attempt, .. })
            | Event::Proposed(Proposed { attempt, .. })
            | Event::Accepted(Accepted { attempt, .. })
            | Event::AttemptFailed { attempt, .. } => attempt,
            // A person rejects what the last attempt made.
            Event::Rejected { .. } => return self.attempts.last().map(|last| &last.dispatched),
            _ => return None,
        };
        let mut attempts = self.attempts.iter().rev().map(|attempt| &attempt.dispatched);
        attempts.find(|dispatched| dispatched.attempt == *id)
    }

    /// What its attempts and the questions about it used.
    pub fn usage(&self) -> Usage {
        self.usage_of(|_| true)
    }

    /// What the attempts of some writers and the questions about it used.
    pub fn usage_of(&self, counts: impl Fn(&WriterId) -> bool) -> Usage {
        let counts = |attempt: &&AttemptLog| counts(&attempt.dispatched.attempt.writer);
        let built = self
            .attempts
            .iter()
            .filter(counts)
            .filter_map(|attempt| attempt.finished.as_ref()?.usage);
        let asked = self.answers.iter().filter_map(|answer| answer.usage);
        let proposed = self
            .attempts
            .iter()
            .filter(counts)
            .filter_map(|attempt| attempt.proposed.as_ref()?.usage);
        let all = built.chain(proposed).chain(asked).chain([self.in_vain]);
        all.fold(Usage::default(), |sum, usage| sum.plus(&usage))
    }

    fn attempt_mut(&mut self, id: &AttemptId) -> Option<&mut AttemptLog> {
        self.attempts
            .iter_mut()
            .rev()
            .find(|attempt| attempt.dispatched.attempt == *id)
    }
}

/// A rollback whose end is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRollback {
    /// The tasks that are not recorded as rolled back yet, each with its landing.
    pub tasks: Vec<(TaskId, CommitId)>,
    /// The branch.
    pub target: String,
    /// Where it stood.
    pub old: CommitId,
    /// Where it should stand.
    pub new: CommitId,
}

/// A row that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddity {
    /// Its writer.
    pub writer: WriterId,
    /// Its number.
    pub seq: u64,
    /// Why.
    pub why: String,
}

/// What the rows say of everything.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    tasks: BTreeMap<TaskId, Kept>,
    /// Whoever keeps the rows of stories that are not here.
    archive: Option<Arc<dyn Archive>>,
    attempts: BTreeMap<WriterId, u64>,
    targets: BTreeSet<String>,
    paused: Option<Actor>,
    rollback: Option<OpenRollback>,
    import: Option<ImportIntended>,
    oddities: Vec<Oddity>,
    books: Books,
}

impl Replay {
    /// Folds rows, which come in the order of the replay.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut replay = Self::default();
        for row in rows {
            replay.apply(row);
        }
        replay
    }

    /// A replay of nothing, whose rows will be found in an archive.
    pub fn kept_by(archive: Arc<dyn Archive>) -> Self {
        Self {
            archive: Some(archive),
            ..Self::default()
        }
    }

    fn archive(&self) -> Option<&dyn Archive> {
        self.archive.as_deref()
    }

    /// What was tried with a task.
    pub fn task(&self, task: &TaskId) -> Option<&TaskLog> {
        let (task, kept) = self.tasks.get_key_value(task)?;
        Some(kept.log(task, self.archive()))
    }

    /// Where the journal leaves a task.
    pub fn standing(&self, task: &TaskId) -> Option<&Standing> {
        let (task, kept) = self.tasks.get_key_value(task)?;
        Some(kept.standing(task, self.archive()))
    }

    /// The tasks with an attempt that is out or waits, or with a landing under way.
    pub fn in_hand(&self) -> impl Iterator<Item = (&TaskId, &TaskLog)> {
        let archive = self.archive();
        self.tasks
            .iter()
            .filter(move |(task, kept)| kept.standing(task, archive).is_in_hand())
            .map(move |(task, kept)| (task, kept.log(task, archive)))
    }

    /// Lets go of every story that can be read again. Where each task stands is kept.
    pub fn shed(&mut self) {
        let archive = self.archive.as_deref();
        for (task, kept) in &mut self.tasks {
            kept.shed(task, archive);
        }
    }

    /// How many attempts a writer has given out.
    pub fn attempts_by(&self, writer: &WriterId) -> u64 {
        self.attempts.get(writer).copied().unwrap_or(0)
    }

    /// Branches that anything was ever meant to land on.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(String::as_str)
    }

    /// Who asked runs to stop, if nobody lifted it.
    pub fn paused(&self) -> Option<&Actor> {
        self.paused.as_ref()
    }

    /// A rollback whose end is not recorded.
    pub fn open_rollback(&self) -> Option<&OpenRollback> {
        self.rollback.as_ref()
    }

    /// An import whose end is not recorded.
    pub fn open_import(&self) -> Option<&ImportIntended> {
        self.import.as_ref()
    }

    /// What everybody used, and how they did.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Rows that changed nothing.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// Takes in a row.
    pub fn apply(&mut self, row: &Row) {
        self.fold(row, None);
    }

    /// Takes in a row that the archive has at an address.
    pub fn apply_kept(&mut self, row: &Row, address: Address) {
        self.fold(row, Some(address));
    }

    fn fold(&mut self, row: &Row, address: Option<Address>) {
        let Some(event) = row.known() else { return };
        if let Err(why) = self.take(row, event, address) {
            self.oddities.push(Oddity {
                writer: row.writer.clone(),
                seq: row.seq,
                why,
            });
        }
    }

    fn take(&mut self, row: &Row, event: &Event, address: Option<Address>) -> Result<(), String> {
        match event {
            Event::Paused { by } => self.paused = Some(by.clone()),
            Event::Resumed { .. } => self.paused = None,
            Event::RunStarted { target, .. } => {
                self.targets.insert(target.clone());
            }
            Event::PlanImported { target, .. } => {
                self.targets.insert(target.clone());
                self.import = None;
            }
            Event::ImportIntended(intent) => self.import = Some(intent.clone()),
            Event::RollbackIntended {
                tasks,
                target,
                old,
                new,
            } => {
                self.rollback = Some(OpenRollback {
                    tasks: tasks.clone(),
                    target: target.clone(),
                    old: *old,
                    new: *new,
                });
            }
            Event::RollbackLost { new, .. } if self.rollback.as_ref().is_some_and(|open| open.new == *new) => {
                self.rollback = None;
            }
            Event::Dispatched(dispatched) => {
                let count = self.attempts.entry(dispatched.attempt.writer.clone()).or_default();
                *count = (*count).max(dispatched.attempt.n);
            }
            Event::RolledBack(done) => {
                if let Some(open) = &mut self.rollback {
                    open.tasks.retain(|(task, _)| *task != done.task);
                    if open.tasks.is_empty() {
                        self.rollback = None;
                    }
                }
            }
            _ => {}
        }
        match event.task() {
            Some(task) => {
                let kept = self.tasks.entry(task.clone()).or_default();
                let log = kept.log_mut(task, self.archive.as_deref(), address);
                log.take(row, event)?;
                self.books.take(row.time, event, log.about(event), true);
                self.books.spend(&row.writer, row.time, event);
                Ok(())
            }
            None => {
                self.books.take(row.time, event, None, true);
                self.books.spend(&row.writer, row.time, event);
                Ok(())
            }
        }
    }
}

impl TaskLog {
    fn step(&mut self, step: Step) -> Result<(), String> {
        self.state = next(self.state, step).map_err(|illegal| illegal.to_string())?;
        // Whatever was about to become of the card, something else has.
        self.unapplied = None;
        self.revision_intent = None;
        Ok(())
    }

    fn take(&mut self, row: &Row, event: &Event) -> Result<(), String> {
        match event {
            Event::Dispatched(dispatched) => self.dispatched(row, dispatched),
            Event::Proposed(proposed) => self.note(row, &proposed.attempt, |attempt| {
                attempt.proposed = Some(proposed.clone());
            }),
            Event::BuilderFinished(finished) => self.note(row, &finished.attempt, |attempt| {
                attempt.finished = Some(finished.clone());
            }),
            Event::Harvested(harvested) => self.note(row, &harvested.attempt, |attempt| {
                attempt.harvested = Some(harvested.clone());
            }),
            Event::Verified { attempt, evidence, .. } => self.note(row, attempt, |attempt| {
                attempt.evidence = Some(evidence.clone());
            }),
            Event::AttemptFailed { attempt, failure, .. } => {
                self.step(Step::Failed)?;
                self.accepted = None;
                self.review = None;
                self.last_failure = Some(failure.clone());
                self.note(row, attempt, |attempt| attempt.failure = Some(failure.clone()))
            }
            Event::AttemptLost { attempt, reason, .. } => {
                self.step(Step::Lost)?;
                // Faults of the infrastructure count for nothing.
                self.in_round = self.in_round.saturating_sub(1);
                self.note(row, attempt, |attempt| attempt.lost = Some(reason.clone()))
            }
            Event::CommitRefused { failure, .. } => {
                self.refused.push(failure.clone());
                Ok(())
            }
            Event::ReviewRequested(request) => {
                self.step(Step::ReviewWanted)?;
                self.review = Some(request.clone());
                self.note(row, &request.attempt, |_| {})
            }
            Event::Approved { approval, .. } => {
                self.approvals.push(approval.clone());
                Ok(())
            }
            Event::Rejected {
                by,
                reason,
                violates_intent,
                ..
            } => {
                self.step(Step::Rejected)?;
                self.review = None;
                self.last_failure = Some(Failure::Rejected {
                    by: by.to_string(),
                    reason: reason.clone(),
                    violates_intent: *violates_intent,
                });
                Ok(())
            }
            Event::Accepted(accepted) => {
                self.step(Step::Accepted)?;
                self.review = None;
                self.accepted = Some(AcceptedRow {
                    writer: row.writer.clone(),
                    seq: row.seq,
                    hash: row.hash,
                    accepted: accepted.clone(),
                });
                self.note(row, &accepted.attempt, |_| {})
            }
            Event::LandIntended(intent) => {
                self.land_intent = Some(intent.clone());
                Ok(())
            }
            Event::Landed(landed) => {
                self.land_intent = None;
                self.land_lost = None;
                self.landed.push(landed.clone());
                self.note(row, &landed.attempt, |_| {})
            }
            Event::LandLost {
                reason, still_accepted, ..
            } => {
                self.land_intent = None;
                self.land_lost = Some(reason.clone());
                if !still_accepted {
                    self.step(Step::LandingLost)?;
                    self.accepted = None;
                    self.in_round = self.in_round.saturating_sub(1);
                }
                Ok(())
            }
            other => self.decided(other),
        }
    }

    /// Events that somebody decides on, not that an attempt brings about.
    fn decided(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Escalated(escalated) => {
                self.step(Step::Escalated)?;
                self.escalation = Some(escalated.clone());
                self.escalations.push(escalated.clone());
            }
            Event::ArchitectAnswered(answer) => {
                self.answers.push(answer.clone());
                self.unapplied = Some(answer.clone());
            }
            Event::RevisionIntended(intent) => self.revision_intent = Some(intent.clone()),
            Event::ArchitectFailed { usage, .. } => {
                self.in_vain = self.in_vain.plus(&usage.unwrap_or_default());
            }
            Event::CardRevised(revised) => {
                // What was meant is done, also where an attempt goes on with the card that it was given.
                let is_meant = |intent: &RevisionIntended| intent.revision.commit == revised.commit;
                self.revision_intent = self.revision_intent.take().filter(|intent| !is_meant(intent));
                self.step(Step::Revised)?;
                self.open_round();
                self.keep_changes = revised.keep_changes;
                self.corrections = if revised.correction { self.corrections + 1 } else { 0 };
                self.revisions.push(revised.clone());
            }
            Event::Blocked { by, reason, .. } => {
                self.step(Step::Blocked)?;
                self.blocked = Some((by.clone(), reason.clone()));
            }
            Event::Unblocked { .. } | Event::RetryRequested { .. } => {
                self.step(Step::Reopened)?;
                self.open_round();
                self.corrections = 0;
            }
            Event::Released { .. } => {
                self.step(Step::Released)?;
                self.open_round();
            }
            Event::RolledBack(done) => {
                // Complete comes from history, so the journal leaves a landed task at `passed`.
                self.step(Step::Reopened)?;
                self.open_round();
                self.corrections = 0;
                self.rolled_back.push(done.clone());
            }
            Event::Noted { by, text, .. } => self.notes.push((by.clone(), text.clone())),
            _ => {}
        }
        Ok(())
    }

    fn dispatched(&mut self, row: &Row, dispatched: &Dispatched) -> Result<(), String> {
        let step = if self.in_round == 0 {
            Step::DispatchedFirst
        } else {
            Step::DispatchedAgain
        };
        self.step(step)?;
        self.in_round += 1;
        self.number += 1;
        self.attempts.push(AttemptLog {
            dispatched: dispatched.clone(),
            started: row.time,
            last: row.time,
            proposed: None,
            finished: None,
            harvested: None,
            evidence: None,
            failure: None,
            lost: None,
        });
        Ok(())
    }

    fn note(&mut self, row: &Row, id: &AttemptId, with: impl FnOnce(&mut AttemptLog)) -> Result<(), String> {
        let attempt = self
            .attempt_mut(id)
            .ok_or_else(|| format!("attempt {id} is not known"))?;
        attempt.last = row.time;
        with(attempt);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
