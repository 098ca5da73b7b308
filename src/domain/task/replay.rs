//! Replay: the journal's rows folded into what was tried with every task.
//!
//! The same rows give the same answer in any process of a clone, in whatever order they came in. Each is judged first: one
//! that may not do what it says, such as a second claim of a card that is out already or a word of another clone about what
//! is in this one's hands, changes nothing and is kept as an oddity; no sequence of rows makes this panic.

mod judgment;
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
use crate::domain::gate::{Approval, ApprovalSubject};
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
use super::voice::{Voice, Voices};
pub use judgment::Hold;
use judgment::{Judged, attempt_of, judge};
use kept::{Ground, Kept};
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
    /// The approvals of this round.
    pub approvals: Vec<Approval>,
    /// Approvals that have ended: with their round, by a rejection, or since they were withdrawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_approvals: Vec<Approval>,
    /// What waits for somebody.
    pub review: Option<ReviewRequested>,
    /// What waited before it was accepted: what it goes back to if an approval is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<ReviewRequested>,
    /// Whose hands it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
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
    /// The person who answered in the Architect's place, while what they wrote is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<Actor>,
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
            ended_approvals: Vec::new(),
            review: None,
            reviewed: None,
            held: None,
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
            answered_by: None,
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
            .fold(0, u64::saturating_add)
    }

    /// Who had a part in what the open attempt made: they open no gates of it, unless the project lets them.
    pub fn makers(&self) -> Vec<Actor> {
        let Some(last) = self.attempts.last() else {
            return Vec::new();
        };
        // What goes on from an earlier attempt holds what that one made.
        let goes_on = last.dispatched.from_tree.is_some();
        let from = if goes_on { 0 } else { self.attempts.len() - 1 };
        let mut makers: Vec<Actor> = Vec::new();
        for attempt in &self.attempts[from..] {
            makers.push(attempt.dispatched.author.clone());
            makers.extend(attempt.dispatched.started_by.clone());
        }
        makers.extend(
            self.review
                .iter()
                .chain(&self.reviewed)
                .filter_map(|review| review.by.clone()),
        );
        // A person who answered in the Architect's place wrote what it was made by.
        makers.extend(self.answered_by.clone());
        makers
    }

    /// Whether its landing was begun, or is done.
    pub fn has_begun_to_land(&self) -> bool {
        let accepted = self.accepted.as_ref().map(|row| &row.accepted.attempt);
        self.land_intent.is_some() || self.landed.iter().any(|landed| Some(&landed.attempt) == accepted)
    }

    /// The short name of what waits, which whoever decides on it names.
    pub fn change_id(&self, task: &TaskId) -> Option<String> {
        let review = self.review.as_ref().filter(|_| self.state == TaskState::NeedsReview);
        Some(review?.subject.id(task, self.round))
    }

    fn means(&self, revised: &CardRevised) -> bool {
        let intent = self.revision_intent.as_ref();
        intent.is_some_and(|intent| intent.revision.commit == revised.commit)
    }

    fn has_attempt(&self, id: &AttemptId) -> bool {
        self.attempts.iter().any(|attempt| attempt.dispatched.attempt == *id)
    }

    fn end_approvals(&mut self) {
        self.ended_approvals.append(&mut self.approvals);
        self.reviewed = None;
    }

    /// Ends another clone's hold: as if it had never begun, but for what is told of it.
    fn free(&mut self) {
        let before = self.held.take().and_then(|hold| hold.before);
        if let Some(open) = self.open().map(|open| open.attempt.clone())
            && let Some(attempt) = self.attempt_mut(&open)
        {
            attempt.lost = Some("this clone had the task in hand, too".to_owned());
        }
        self.open_round();
        self.state = TaskState::Ready;
        self.unapplied = None;
        self.revision_intent = None;
        if let Some(before) = before {
            self.in_round = before.in_round;
            self.corrections = before.corrections;
            self.keep_changes = before.keep_changes;
            self.last_failure = before.last_failure;
        }
    }

    fn open_round(&mut self) {
        self.round = self.round.saturating_add(1);
        self.end_approvals();
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
    /// Who is who among the writers.
    voices: Arc<Voices>,
    /// The highest counter that counts.
    highest_at: u64,
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

    /// A replay of nothing, for a clone that these are the others of.
    pub fn among(voices: Voices) -> Self {
        Self {
            voices: Arc::new(voices),
            ..Self::default()
        }
    }

    /// The same, whose rows will be found in an archive.
    pub fn kept_by(archive: Arc<dyn Archive>, voices: Voices) -> Self {
        Self {
            archive: Some(archive),
            ..Self::among(voices)
        }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            archive: self.archive.as_deref(),
            voices: &self.voices,
        }
    }

    /// Who is who among the writers.
    pub fn voices(&self) -> &Voices {
        &self.voices
    }

    /// The highest counter that counts: the next row of this clone comes behind it.
    pub const fn highest_at(&self) -> u64 {
        self.highest_at
    }

    /// What was tried with a task.
    pub fn task(&self, task: &TaskId) -> Option<&TaskLog> {
        let (task, kept) = self.tasks.get_key_value(task)?;
        Some(kept.log(task, self.ground()))
    }

    /// Where the journal leaves a task.
    pub fn standing(&self, task: &TaskId) -> Option<&Standing> {
        let (task, kept) = self.tasks.get_key_value(task)?;
        Some(kept.standing(task, self.ground()))
    }

    /// The tasks with an attempt that is out or waits, or with a landing under way.
    pub fn in_hand(&self) -> impl Iterator<Item = (&TaskId, &TaskLog)> {
        let ground = self.ground();
        self.tasks
            .iter()
            .filter(move |(task, kept)| kept.standing(task, ground).is_in_hand())
            .map(move |(task, kept)| (task, kept.log(task, ground)))
    }

    /// Lets go of every story that can be read again. Where each task stands is kept.
    pub fn shed(&mut self) {
        let (archive, voices) = (self.archive.clone(), Arc::clone(&self.voices));
        let ground = Ground {
            archive: archive.as_deref(),
            voices: &voices,
        };
        for (task, kept) in &mut self.tasks {
            kept.shed(task, ground);
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
        let voice = self.voices.of(&row.writer);
        if !self.voices.admits(self.highest_at, row.at, &row.writer) {
            return Err(format!("its counter {} follows nothing that is known here", row.at));
        }
        self.highest_at = self.highest_at.max(row.at);
        if let Event::Dispatched(dispatched) = event
            && (voice == Voice::Own || dispatched.attempt.writer == row.writer)
        {
            // A number is never given twice, whatever became of it.
            let count = self.attempts.entry(dispatched.attempt.writer.clone()).or_default();
            *count = (*count).max(dispatched.attempt.n);
        }
        let Some(task) = event.task() else {
            self.of_all(event, voice)?;
            self.books.take(row.time, event, None, voice == Voice::Own);
            self.books.spend(&row.writer, row.time, event);
            return Ok(());
        };
        let kept = self.tasks.entry(task.clone()).or_default();
        let ground = Ground {
            archive: self.archive.as_deref(),
            voices: &self.voices,
        };
        let log = kept.log_mut(task, ground, address);
        let judged = judge(log, row, event, voice)?;
        log.apply(judged);
        self.books.take(row.time, event, log.about(event), voice == Voice::Own);
        self.books.spend(&row.writer, row.time, event);
        if let (Event::RolledBack(done), Voice::Own, Some(open)) = (event, voice, &mut self.rollback) {
            open.tasks.retain(|(task, _)| *task != done.task);
            if open.tasks.is_empty() {
                self.rollback = None;
            }
        }
        Ok(())
    }

    /// An event that is about no task. What another clone has begun is its own to end, and its pauses are its own.
    fn of_all(&mut self, event: &Event, voice: Voice) -> Result<(), String> {
        match event {
            Event::RunStarted { target, .. } => {
                self.targets.insert(target.clone());
            }
            Event::PlanImported { target, .. } => {
                self.targets.insert(target.clone());
                if voice == Voice::Own {
                    self.import = None;
                }
            }
            Event::Paused { .. } | Event::Resumed { .. } | Event::ModelReset { .. } | Event::Checked(_)
                if !voice.decides() =>
            {
                return Err("decisions of its clone do not count here".to_owned());
            }
            Event::Paused { by } => self.paused = Some(by.clone()),
            Event::Resumed { .. } => self.paused = None,
            Event::ImportIntended(intent) if voice == Voice::Own => self.import = Some(intent.clone()),
            Event::RollbackIntended {
                tasks,
                target,
                old,
                new,
            } if voice == Voice::Own => {
                self.rollback = Some(OpenRollback {
                    tasks: tasks.clone(),
                    target: target.clone(),
                    old: *old,
                    new: *new,
                });
            }
            Event::RollbackLost { new, .. }
                if voice == Voice::Own && self.rollback.as_ref().is_some_and(|open| open.new == *new) =>
            {
                self.rollback = None;
            }
            _ => {}
        }
        Ok(())
    }
}

impl TaskLog {
    /// Does what a judged row says, whole.
    #[expect(clippy::needless_pass_by_value, reason = "a judged row serves once")]
    fn apply(&mut self, judged: Judged) {
        let (row, event) = (judged.row(), judged.event());
        if judged.frees() {
            self.free();
        }
        if let Some(to) = judged.to() {
            self.state = to;
            self.held = judged.hold().cloned();
            // Whatever was about to become of the card, something else has.
            self.unapplied = None;
            self.revision_intent = None;
        }
        if !matches!(event, Event::Dispatched(_))
            && let Some(attempt) = attempt_of(event).and_then(|id| self.attempt_mut(id))
        {
            attempt.last = row.time;
            attempt.told(event);
        }
        match event {
            Event::Dispatched(dispatched) => self.dispatched(row, dispatched),
            Event::AttemptFailed { failure, .. } => {
                self.accepted = None;
                self.review = None;
                self.last_failure = Some(failure.clone());
            }
            // Faults of the infrastructure count for nothing.
            Event::AttemptLost { .. } => self.in_round = self.in_round.saturating_sub(1),
            Event::CommitRefused { failure, .. } => self.refused.push(failure.clone()),
            Event::ReviewRequested(request) => self.review = Some(request.clone()),
            Event::Approved { approval, .. } => self.approvals.push(approval.clone()),
            Event::ApprovalWithdrawn { by, subject, .. } => self.withdraw(by, subject),
            Event::Rejected {
                by,
                reason,
                violates_intent,
                ..
            } => {
                self.review = None;
                self.end_approvals();
                self.last_failure = Some(Failure::Rejected {
                    by: by.to_string(),
                    reason: reason.clone(),
                    violates_intent: *violates_intent,
                });
            }
            Event::Accepted(accepted) => {
                self.reviewed = self.review.take().or(self.reviewed.take());
                self.accepted = Some(AcceptedRow {
                    writer: row.writer.clone(),
                    seq: row.seq,
                    hash: row.hash,
                    accepted: accepted.clone(),
                });
            }
            Event::LandIntended(intent) => self.land_intent = Some(intent.clone()),
            Event::Landed(landed) => {
                self.land_intent = None;
                self.land_lost = None;
                self.landed.push(landed.clone());
            }
            Event::LandLost { reason, .. } => {
                self.land_intent = None;
                self.land_lost = Some(reason.clone());
                if judged.to().is_some() {
                    self.accepted = None;
                    self.in_round = self.in_round.saturating_sub(1);
                    self.end_approvals();
                }
            }
            _ => self.decided(&judged),
        }
    }

    /// Events that somebody decides on, not that an attempt brings about.
    fn decided(&mut self, judged: &Judged) {
        match judged.event() {
            Event::Escalated(escalated) => {
                self.escalation = Some(escalated.clone());
                self.escalations.push(escalated.clone());
            }
            Event::ArchitectAnswered(answer) => {
                self.answers.push(answer.clone());
                self.answered_by = Some(answer.by.clone()).filter(Actor::is_person);
                self.unapplied = Some(answer.clone());
            }
            Event::RevisionIntended(intent) => self.revision_intent = Some(intent.clone()),
            Event::ArchitectFailed { usage, .. } => {
                self.in_vain = self.in_vain.plus(&usage.unwrap_or_default());
            }
            // What was meant is done; an attempt goes on with the card that it was given.
            Event::CardRevised(_) if judged.to().is_none() => self.revision_intent = None,
            Event::CardRevised(revised) => {
                self.open_round();
                self.keep_changes = revised.keep_changes;
                self.corrections = if revised.correction {
                    self.corrections.saturating_add(1)
                } else {
                    0
                };
                self.revisions.push(revised.clone());
            }
            Event::Blocked { by, reason, .. } => self.blocked = Some((by.clone(), reason.clone())),
            Event::Unblocked { .. } | Event::RetryRequested { .. } => {
                self.open_round();
                self.corrections = 0;
            }
            Event::Released { .. } => self.release(),
            Event::RolledBack(done) => {
                // Complete comes from history, so the journal leaves a landed task at `passed`.
                self.open_round();
                self.corrections = 0;
                self.rolled_back.push(done.clone());
            }
            Event::Noted { by, text, .. } => self.notes.push((by.clone(), text.clone())),
            _ => {}
        }
    }

    fn dispatched(&mut self, row: &Row, dispatched: &Dispatched) {
        self.in_round = self.in_round.saturating_add(1);
        self.number = self.number.saturating_add(1);
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
    }

    /// Takes what somebody agreed to back. What was accepted by it waits again.
    fn withdraw(&mut self, by: &Actor, subject: &ApprovalSubject) {
        let is_theirs = |approval: &Approval| approval.by.is_same_as(by) && approval.subject == *subject;
        let (ended, kept) = std::mem::take(&mut self.approvals).into_iter().partition(is_theirs);
        self.approvals = kept;
        let mut ended: Vec<Approval> = ended;
        self.ended_approvals.append(&mut ended);
        self.accepted = None;
        self.land_lost = None;
        self.review = self.review.take().or(self.reviewed.take());
    }

    /// A plan that somebody agreed to is let go on by a release, and what they agreed to goes along.
    fn release(&mut self) {
        let agreed = self.review.as_ref().map(|review| review.subject);
        let is_plan = self.attempts.last().is_some_and(|attempt| {
            attempt.proposed.is_some() && attempt.harvested.is_none() && attempt.failure.is_none()
        });
        let goes_along: Vec<Approval> = self
            .approvals
            .iter()
            .filter(|one| is_plan && Some(one.subject) == agreed)
            .cloned()
            .collect();
        self.approvals.retain(|one| !goes_along.contains(one));
        self.open_round();
        self.approvals = goes_along;
    }
}

impl AttemptLog {
    /// Takes in what is told of it.
    fn told(&mut self, event: &Event) {
        match event {
            Event::Proposed(proposed) => self.proposed = Some(proposed.clone()),
            Event::BuilderFinished(finished) => self.finished = Some(finished.clone()),
            Event::Harvested(harvested) => self.harvested = Some(harvested.clone()),
            Event::Verified { evidence, .. } => self.evidence = Some(evidence.clone()),
            Event::AttemptFailed { failure, .. } => self.failure = Some(failure.clone()),
            Event::AttemptLost { reason, .. } => self.lost = Some(reason.clone()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
