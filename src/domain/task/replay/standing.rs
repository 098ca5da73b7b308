//! Where a task stands, by its rows alone: the little that the queue needs of a task's whole story.

use serde::{Deserialize, Serialize};

use crate::domain::oid::CommitId;
use crate::domain::task::state::TaskState;

use super::TaskLog;

/// Where the journal leaves a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its state: never `pending` or `complete`, which the queue finds out.
    pub state: TaskState,
    /// Attempts ever.
    pub attempts: u32,
    /// The landing of the change that was accepted last, if the journal knows one.
    pub landing: Option<CommitId>,
    /// It landed at some time.
    pub was_landed: bool,
    /// A landing was begun whose end is not recorded.
    pub is_landing: bool,
    /// A revision was begun whose end is not recorded.
    pub is_revising: bool,
    /// Why it stands where it stands, where that is worth a sentence.
    pub reason: Option<String>,
}

impl Standing {
    /// Whether an attempt is out or waits for something, or a landing or a revision is under way: what resuming has to look at.
    pub fn is_in_hand(&self) -> bool {
        let waits = matches!(
            self.state,
            TaskState::InProgress | TaskState::Retrying | TaskState::NeedsReview | TaskState::Passed
        );
        self.is_landing || self.is_revising || (waits && self.landing.is_none())
    }

    pub(super) fn of(log: &TaskLog) -> Self {
        let accepted = log.accepted.as_ref().map(|row| &row.accepted.attempt);
        let landing = log
            .landed
            .last()
            .filter(|landed| accepted == Some(&landed.attempt))
            .map(|landed| landed.commit);
        Self {
            state: log.state,
            attempts: log.number,
            landing,
            was_landed: !log.landed.is_empty(),
            is_landing: log.land_intent.is_some(),
            is_revising: log.revision_intent.is_some(),
            reason: reason(log),
        }
    }
}

fn reason(log: &TaskLog) -> Option<String> {
    match log.state {
        TaskState::Blocked => log.blocked.as_ref().map(|(_, reason)| reason.clone()),
        TaskState::Failed | TaskState::Retrying => log.last_failure.as_ref().map(ToString::to_string),
        TaskState::Escalated => log
            .escalation
            .as_ref()
            .map(|escalation| format!("{}: {}", escalation.trigger, escalation.reason)),
        TaskState::NeedsReview => log
            .review
            .as_ref()
            .map(|review| format!("waits for {}", review.gates.join(", "))),
        TaskState::Passed => log.land_lost.clone(),
        _ => None,
    }
}
