//! The queue: where every card stands, and which is next.
//!
//! The journal says what was tried, history says what is done; here both meet with the cards' dependencies.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::plan::card::Card;

use super::replay::{Replay, TaskLog};
use super::state::TaskState;

/// What the queue is judged from.
pub struct Facts<'a> {
    /// The cards, in plan order.
    pub cards: &'a [Card],
    /// What was tried.
    pub replay: &'a Replay,
    /// The landing of a task that is complete at the target's tip.
    pub landed: &'a dyn Fn(&TaskId) -> Option<CommitId>,
    /// Whether the target's history undid a landing.
    pub reverted: &'a dyn Fn(CommitId) -> bool,
    /// Whether dispatch may begin on a plan.
    pub plan_approved: &'a dyn Fn(&PlanId) -> bool,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// The task.
    pub id: TaskId,
    /// Its state.
    pub state: TaskState,
    /// Dependencies that are not complete.
    pub waits_for: Vec<TaskId>,
    /// Its landing at the target's tip.
    pub landed: Option<CommitId>,
    /// A landing that the ledger knows and the target lacks, without a revert.
    pub landed_elsewhere: Option<CommitId>,
    /// Why it stands where it stands, where that is worth a sentence.
    pub reason: Option<String>,
}

/// Where every card stands, in the order of the cards.
pub fn views(facts: &Facts) -> Vec<TaskView> {
    let complete: BTreeMap<&TaskId, CommitId> = facts
        .cards
        .iter()
        .filter_map(|card| Some((&card.id, (facts.landed)(&card.id)?)))
        .collect();
    let approved: BTreeMap<&PlanId, bool> = facts
        .cards
        .iter()
        .map(|card| &card.plan)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|plan| (plan, (facts.plan_approved)(plan)))
        .collect();
    facts
        .cards
        .iter()
        .map(|card| {
            view(
                facts,
                card,
                &complete,
                approved.get(&card.plan).copied().unwrap_or(false),
            )
        })
        .collect()
}

fn view(facts: &Facts, card: &Card, complete: &BTreeMap<&TaskId, CommitId>, approved: bool) -> TaskView {
    let log = facts.replay.task(&card.id);
    let waits_for: Vec<TaskId> = card
        .depends_on
        .iter()
        .filter(|task| !complete.contains_key(task) && (facts.landed)(task).is_none())
        .cloned()
        .collect();
    let mut view = TaskView {
        id: card.id.clone(),
        state: TaskState::Ready,
        waits_for,
        landed: complete.get(&card.id).copied(),
        landed_elsewhere: None,
        reason: None,
    };
    if view.landed.is_some() {
        view.state = TaskState::Complete;
        view.waits_for.clear();
        return view;
    }
    if let Some(log) = log {
        view.landed_elsewhere = landed_elsewhere(facts, log);
        view.state = journal_state(log, view.landed_elsewhere.is_some());
        view.reason = reason(log, view.state, view.landed_elsewhere);
    }
    if view.state == TaskState::Ready && (!view.waits_for.is_empty() || !approved) {
        view.state = TaskState::Pending;
        if !approved {
            view.reason = Some(format!("the plan {} is not approved", card.plan));
        }
    }
    view
}

/// The last landing, if it is neither on the target (or the task would be complete) nor undone there.
fn landed_elsewhere(facts: &Facts, log: &TaskLog) -> Option<CommitId> {
    if log.state != TaskState::Passed {
        return None;
    }
    let last = log.landed.last()?;
    let accepted = log.accepted.as_ref()?;
    let is_of_this_round = accepted.accepted.attempt == last.attempt;
    (is_of_this_round && !(facts.reverted)(last.commit)).then_some(last.commit)
}

/// A landed task is `passed` for the journal. Where history undid its landing, it is ready in a new round.
fn journal_state(log: &TaskLog, elsewhere: bool) -> TaskState {
    let landed = log
        .landed
        .last()
        .zip(log.accepted.as_ref())
        .is_some_and(|(landed, accepted)| landed.attempt == accepted.accepted.attempt);
    match log.state {
        TaskState::Passed if landed && !elsewhere => TaskState::Ready,
        state => state,
    }
}

fn reason(log: &TaskLog, state: TaskState, elsewhere: Option<CommitId>) -> Option<String> {
    match state {
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
        TaskState::Passed => match elsewhere {
            Some(commit) => Some(format!("landed elsewhere as {}", commit.short(10))),
            None => log.land_lost.clone(),
        },
        TaskState::Ready if !log.landed.is_empty() => Some("its landing was undone".to_owned()),
        _ => None,
    }
}

/// The card that is next: the smallest priority among the ready ones, then plan order.
pub fn next_ready<'a>(cards: &'a [Card], views: &[TaskView]) -> Option<&'a Card> {
    cards
        .iter()
        .zip(views)
        .filter(|(_, view)| view.state == TaskState::Ready)
        .map(|(card, _)| card)
        .min_by_key(|card| card.priority)
}
