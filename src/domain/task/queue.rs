//! The queue: where every card stands, and which is next.
//!
//! The journal says what was tried, history says what is done; here both meet with the cards' dependencies.

use serde::Serialize;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::plan::card::CardHead;

use super::replay::Replay;
use super::state::TaskState;

/// What the queue is judged from.
pub struct Facts<'a> {
    /// The cards, in plan order.
    pub cards: &'a [CardHead],
    /// What was tried.
    pub replay: &'a Replay,
    /// The landing of a task that is complete at the target's tip.
    pub landed: &'a dyn Fn(&TaskId) -> Option<CommitId>,
    /// Whether the target's history undid the change that was accepted last: the landing that the journal knows, or the
    /// same change as a squash or a rebase brought it.
    pub undone: &'a dyn Fn(&TaskId, Option<CommitId>) -> bool,
    /// The commit that claims a task and does not hold what was verified.
    pub claimed: &'a dyn Fn(&TaskId) -> Option<CommitId>,
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
        // A landed task is `passed` for the journal. Where history undid its landing, it is ready in a new round.
        let passed = standing.state == TaskState::Passed;
        let undone = passed && (facts.undone)(&card.id, standing.landing);
        view.landed_elsewhere = standing.landing.filter(|_| passed && !undone);
        view.state = if undone { TaskState::Ready } else { standing.state };
        view.reason = match (view.state, view.landed_elsewhere) {
            (TaskState::Passed, Some(commit)) => Some(format!(
                "landed elsewhere as {}; where its work is here: git harness adopt {}",
                commit.short(10),
                card.id
            )),
            (TaskState::Ready, _) if standing.was_landed || undone => Some("its landing was undone".to_owned()),
            (TaskState::Ready, _) => None,
            _ => standing.reason.clone(),
        };
    } else if let Some(commit) = (facts.claimed)(&card.id) {
        // Nobody here built it, and history says that it is done: whoever knows decides, and nobody pays for it again.
        view.state = TaskState::Passed;
        view.landed_elsewhere = Some(commit);
        view.reason = Some(format!(
            "{} says so and holds something else: git harness adopt {}, or retry {}",
            commit.short(10),
            card.id,
            card.id
        ));
    }
    if view.state == TaskState::Ready && (!view.waits_for.is_empty() || !approved) {
        view.state = TaskState::Pending;
        if !approved {
            view.reason = Some(format!("the plan {} is not approved", card.plan));
        }
    }
    view
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
