//! The queue: where every card stands, and which is next.
//!
//! The journal says what was tried, history says what is done; here both meet with the cards' dependencies.

use serde::Serialize;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::plan::card::CardHead;

use super::replay::{Replay, Standing};
use super::state::TaskState;

/// What the queue is judged from.
pub struct Facts<'a> {
    /// The cards, in plan order.
    pub cards: &'a [CardHead],
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
    facts.cards.iter().map(|card| view(facts, card)).collect()
}

/// Where one card stands.
pub fn view(facts: &Facts, card: &CardHead) -> TaskView {
    let landed = (facts.landed)(&card.id);
    let waits_for: Vec<TaskId> = match landed {
        Some(_) => Vec::new(),
        None => {
            let open = card.depends_on.iter().filter(|task| (facts.landed)(task).is_none());
            open.cloned().collect()
        }
    };
    let approved = (facts.plan_approved)(&card.plan);
    let mut view = TaskView {
        id: card.id.clone(),
        state: TaskState::Ready,
        waits_for,
        landed,
        landed_elsewhere: None,
        reason: None,
    };
    if view.landed.is_some() {
        view.state = TaskState::Complete;
        return view;
    }
    // Of what is complete nobody asks the journal: of a long plan, that is most.
    if let Some(standing) = facts.replay.standing(&card.id) {
        view.landed_elsewhere = landed_elsewhere(facts, standing);
        view.state = journal_state(standing, view.landed_elsewhere.is_some());
        view.reason = match (view.state, view.landed_elsewhere) {
            (TaskState::Passed, Some(commit)) => Some(format!("landed elsewhere as {}", commit.short(10))),
            (TaskState::Ready, _) if standing.was_landed => Some("its landing was undone".to_owned()),
            (TaskState::Ready, _) => None,
            _ => standing.reason.clone(),
        };
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
fn landed_elsewhere(facts: &Facts, standing: &Standing) -> Option<CommitId> {
    let landing = standing.landing.filter(|_| standing.state == TaskState::Passed)?;
    (!(facts.reverted)(landing)).then_some(landing)
}

/// A landed task is `passed` for the journal. Where history undid its landing, it is ready in a new round.
fn journal_state(standing: &Standing, elsewhere: bool) -> TaskState {
    match standing.state {
        TaskState::Passed if standing.landing.is_some() && !elsewhere => TaskState::Ready,
        state => state,
    }
}

/// The card that is next: the smallest priority among the ready ones, then plan order.
pub fn next_ready<'a>(queue: impl IntoIterator<Item = (&'a CardHead, &'a TaskView)>) -> Option<&'a CardHead> {
    ready(queue).min_by_key(|card| card.priority)
}

/// All that are ready, in that order.
pub fn ready_in_order<'a>(queue: impl IntoIterator<Item = (&'a CardHead, &'a TaskView)>) -> Vec<&'a CardHead> {
    let mut found: Vec<&CardHead> = ready(queue).collect();
    found.sort_by_key(|card| card.priority);
    found
}

fn ready<'a>(queue: impl IntoIterator<Item = (&'a CardHead, &'a TaskView)>) -> impl Iterator<Item = &'a CardHead> {
    queue
        .into_iter()
        .filter(|(_, view)| view.state == TaskState::Ready)
        .map(|(card, _)| card)
}
