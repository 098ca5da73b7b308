//! Judgment: whether a row may do what it says, before anything is done: the attempt is known and open, the table has the
//! step, the writer may say it. What passes is a [`Judged`], which nobody else can make and which is applied whole.
//!
//! A task that somebody works on is in their clone's hands. Rows of other clones say nothing about it, whatever their
//! counters; this clone's own rows do, so that nobody else can keep a card from it for good.

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;
use crate::domain::gate::ApprovalSubject;
use crate::domain::id::{AttemptId, WriterId};
use crate::domain::task::event::{
    Accepted, BuilderFinished, Dispatched, Event, Harvested, LandIntended, Landed, Proposed, ReviewRequested,
};
use crate::domain::task::row::Row;
use crate::domain::task::state::TaskState;
use crate::domain::task::transition::{Step, next};
use crate::domain::task::voice::Voice;

use super::TaskLog;

/// No place of an attempt of another clone is higher.
const HIGHEST_PLACE: u32 = 1 << 20;

/// Whose hands a task is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The clone's writer.
    pub writer: WriterId,
    /// How the task stood before, where it is another clone: what this one goes back to when it begins by itself.
    pub(super) before: Option<Before>,
}

/// What another clone's hold may not change for this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) in_round: u32,
    pub(super) corrections: u32,
    pub(super) keep_changes: bool,
    pub(super) last_failure: Option<Failure>,
}

impl Hold {
    fn of(writer: &WriterId, voice: Voice, log: &TaskLog) -> Self {
        let before = (voice != Voice::Own).then(|| Before {
            in_round: log.in_round,
            corrections: log.corrections,
            keep_changes: log.keep_changes,
            last_failure: log.last_failure.clone(),
        });
        let writer = writer.clone();
        Self { writer, before }
    }
}

/// A row that may do what it says.
#[derive(Debug)]
#[must_use = "a judged row that nobody applies is lost"]
pub(super) struct Judged<'a> {
    row: &'a Row,
    event: &'a Event,
    /// Where the task goes.
    to: Option<TaskState>,
    /// Another clone's hold ends first.
    frees: bool,
    hold: Option<Hold>,
}

impl<'a> Judged<'a> {
    pub(super) const fn row(&self) -> &'a Row {
        self.row
    }

    pub(super) const fn event(&self) -> &'a Event {
        self.event
    }

    /// Where the task goes, if anywhere.
    pub(super) const fn to(&self) -> Option<TaskState> {
        self.to
    }

    /// Whether another clone's hold ends before the row is applied.
    pub(super) const fn frees(&self) -> bool {
        self.frees
    }

    /// Whose hands the task is in afterwards.
    pub(super) const fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }
}

/// Judges a row about a task.
pub(super) fn judge<'a>(log: &TaskLog, row: &'a Row, event: &'a Event, voice: Voice) -> Result<Judged<'a>, String> {
    may_say(log, row, event, voice)?;
    is_about_something(log, event, voice)?;
    let is_guest = log.held.as_ref().is_some_and(|hold| hold.before.is_some());
    let (to, frees) = match (step_of(log, event), voice) {
        (None, _) => (None, false),
        (Some(step), Voice::Own) if is_guest => match next(log.state, step) {
            Ok(to) => (Some(to), false),
            // What this clone did knew nothing of the other one, which came in by its place in the order alone.
            Err(illegal) => match next(TaskState::Ready, first(log, event, step)) {
                Ok(to) => (Some(to), true),
                Err(_) => return Err(illegal.to_string()),
            },
        },
        (Some(step), _) => (
            Some(next(log.state, step).map_err(|illegal| illegal.to_string())?),
            false,
        ),
    };
    let hold = match to {
        None => log.held.clone(),
        Some(TaskState::Ready) => None,
        Some(_) => match &log.held {
            Some(hold) if !takes_hold(event, voice, is_guest) => Some(hold.clone()),
            _ => Some(Hold::of(&row.writer, voice, log)),
        },
    };
    Ok(Judged {
        row,
        event,
        to,
        frees,
        hold,
    })
}

fn takes_hold(event: &Event, voice: Voice, is_guest: bool) -> bool {
    match event {
        Event::Dispatched(_) => true,
        Event::Blocked { .. } | Event::Escalated(_) | Event::AttemptLost { .. } => voice == Voice::Own && is_guest,
        _ => false,
    }
}

/// The step of a dispatch once another clone's hold has ended.
fn first(log: &TaskLog, event: &Event, step: Step) -> Step {
    let in_round = log.held.as_ref().and_then(|hold| hold.before.as_ref());
    match event {
        Event::Dispatched(_) if in_round.is_some() => Step::DispatchedFirst,
        _ => step,
    }
}

/// The attempt that an event is about, if it is about one.
pub(super) fn attempt_of(event: &Event) -> Option<&AttemptId> {
    match event {
        Event::Dispatched(Dispatched { attempt, .. })
        | Event::Proposed(Proposed { attempt, .. })
        | Event::BuilderFinished(BuilderFinished { attempt, .. })
        | Event::Harvested(Harvested { attempt, .. })
        | Event::Verified { attempt, .. }
        | Event::AttemptFailed { attempt, .. }
        | Event::AttemptLost { attempt, .. }
        | Event::ReviewRequested(ReviewRequested { attempt, .. })
        | Event::Accepted(Accepted { attempt, .. })
        | Event::LandIntended(LandIntended { attempt, .. })
        | Event::Landed(Landed { attempt, .. })
        | Event::LandLost { attempt, .. } => Some(attempt),
        _ => None,
    }
}

fn step_of(log: &TaskLog, event: &Event) -> Option<Step> {
    Some(match event {
        Event::Dispatched(_) if log.in_round == 0 => Step::DispatchedFirst,
        Event::Dispatched(_) => Step::DispatchedAgain,
        Event::AttemptFailed { .. } => Step::Failed,
        Event::AttemptLost { .. } => Step::Lost,
        Event::ReviewRequested(_) => Step::ReviewWanted,
        Event::Accepted(_) => Step::Accepted,
        Event::Rejected { .. } => Step::Rejected,
        Event::ApprovalWithdrawn { .. } => Step::Withdrawn,
        // Where a person stopped the task meanwhile, there is only the intent to end.
        Event::LandLost {
            still_accepted: false, ..
        } if log.state == TaskState::Passed => Step::LandingLost,
        Event::Escalated(_) => Step::Escalated,
        // An attempt goes on with the card that it was given; only what was meant is done.
        Event::CardRevised(revised) if next(log.state, Step::Revised).is_err() && log.means(revised) => return None,
        Event::CardRevised(_) => Step::Revised,
        Event::Blocked { .. } => Step::Blocked,
        Event::Unblocked { .. } | Event::RetryRequested { .. } | Event::RolledBack(_) => Step::Reopened,
        Event::Released { .. } => Step::Released,
        _ => return None,
    })
}

/// Whether the writer may say it.
fn may_say(log: &TaskLog, row: &Row, event: &Event, voice: Voice) -> Result<(), String> {
    if let Event::Dispatched(Dispatched { attempt, .. }) = event
        && attempt.writer != row.writer
    {
        return Err(format!("attempt {attempt} is not {}'s to give out", row.writer));
    }
    if voice == Voice::Own {
        return Ok(());
    }
    if let Some(attempt) = attempt_of(event).filter(|attempt| attempt.writer != row.writer) {
        return Err(format!("attempt {attempt} is not {}'s", row.writer));
    }
    let holder = log.held.as_ref().map(|hold| &hold.writer);
    let is_holder = holder == Some(&row.writer);
    let is_allowed = match event {
        Event::Dispatched(_) => holder.is_none() || is_holder,
        Event::Approved { .. } | Event::ApprovalWithdrawn { .. } => voice.decides(),
        // What is begun is ended by whoever began it.
        Event::RevisionIntended(_) => false,
        _ if attempt_of(event).is_some() => is_holder,
        Event::Noted { .. } => {
            let worked = |attempt: &super::AttemptLog| attempt.dispatched.attempt.writer == row.writer;
            is_holder || voice.decides() || log.attempts.iter().any(worked)
        }
        Event::Blocked { .. }
        | Event::Escalated(_)
        | Event::Rejected { .. }
        | Event::Unblocked { .. }
        | Event::RetryRequested { .. }
        | Event::Released { .. }
        | Event::CardRevised(_)
        | Event::RolledBack(_)
        | Event::ArchitectAnswered(_)
        | Event::ArchitectFailed { .. }
        | Event::CommitRefused { .. } => is_holder || voice.decides(),
        _ => true,
    };
    match (is_allowed, holder) {
        (true, _) => Ok(()),
        (false, Some(holder)) if !is_holder => Err(format!(
            "{0} does not decide what {holder} has in hand; `git harness sync --believe {0}` lets it",
            row.writer
        )),
        (false, _) => Err(format!(
            "decisions of {} do not count here; `git harness sync --believe {}` lets them",
            row.writer, row.writer
        )),
    }
}

/// Whether what it is about is there, and open.
fn is_about_something(log: &TaskLog, event: &Event, voice: Voice) -> Result<(), String> {
    if let Event::Dispatched(dispatched) = event {
        let place = dispatched.place;
        if voice != Voice::Own
            && [place.number, place.round, place.in_round]
                .into_iter()
                .any(|n| n > HIGHEST_PLACE)
        {
            return Err(format!("no task has had {} attempts", place.number));
        }
        return match log.has_attempt(&dispatched.attempt) {
            true => Err(format!("attempt {} was given out already", dispatched.attempt)),
            false => Ok(()),
        };
    }
    let Some(attempt) = attempt_of(event) else {
        return is_the_decided(log, event);
    };
    if !log.has_attempt(attempt) {
        return Err(format!("attempt {attempt} is not known"));
    }
    let is_open = log.open().is_some_and(|open| open.attempt == *attempt);
    let is_accepted = |attempt: &AttemptId| {
        log.accepted
            .as_ref()
            .is_some_and(|row| row.accepted.attempt == *attempt)
    };
    let fits = match event {
        Event::LandIntended(_) | Event::LandLost { .. } => is_accepted(attempt),
        // Where its process was slow to say so, the branch holds it all the same.
        Event::Landed(_) => voice == Voice::Own || is_accepted(attempt),
        // What it used, and what came of it, is told even when somebody else ended the attempt.
        Event::Proposed(_) | Event::BuilderFinished(_) | Event::Harvested(_) | Event::Verified { .. } => {
            voice == Voice::Own || is_open
        }
        _ => is_open,
    };
    match fits {
        true => Ok(()),
        false => Err(format!("attempt {attempt} is not open")),
    }
}

/// Whether a decision is about what waits.
fn is_the_decided(log: &TaskLog, event: &Event) -> Result<(), String> {
    let waits_for = |subject: &ApprovalSubject| match &log.review {
        Some(review) if log.state == TaskState::NeedsReview && review.subject == *subject => Ok(()),
        _ => Err("the change that it is about does not wait".to_owned()),
    };
    match event {
        Event::Approved { approval, .. } => {
            waits_for(&approval.subject)?;
            match approval.round.is_none_or(|round| round == log.round) {
                true => Ok(()),
                false => Err("it is about another round".to_owned()),
            }
        }
        Event::Rejected { of: Some(of), .. } => waits_for(of),
        Event::ApprovalWithdrawn { by, subject, .. } => {
            let is_theirs = log
                .approvals
                .iter()
                .any(|approval| approval.by.is_same_as(by) && approval.subject == *subject);
            let is_late = log.state == TaskState::Passed && (log.reviewed.is_none() || log.has_begun_to_land());
            match is_theirs && !is_late {
                true => Ok(()),
                false if is_late => Err("it is landing already".to_owned()),
                false => Err(format!("{by} has not approved what waits")),
            }
        }
        _ => Ok(()),
    }
}
