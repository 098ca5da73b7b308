//! Offer: the card that a machine may take up beside everything that is in anybody's hand, claimed for it.

use std::sync::Arc;

use crate::domain::claim::{Standing, in_turn};
use crate::domain::id::TaskId;
use crate::domain::plan::card::Card;
use crate::domain::plan::conflict::{Beside, beside};
use crate::domain::task::event::Event;
use crate::domain::task::queue::{TaskView, ready_in_order};
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::project::Project;
use crate::engine::run::RunError;
use crate::engine::trusted::Trusted;

use super::{Server, View};

/// How often it looks anew when others were quicker, before it is said that there is nothing now.
const LOOKS: u32 = 8;

/// A card that is claimed now, and how it stands.
pub struct Taken {
    /// The project as it was when the card was chosen.
    pub project: Project,
    /// The card.
    pub card: Card,
    /// Where its task stands.
    pub state: TaskState,
}

/// What the server leaves for this machine.
pub enum Offer {
    /// A card.
    Card(Box<Taken>),
    /// Nothing now; others are at work, and what they do may make more.
    Later,
    /// Nothing.
    Nothing,
}

/// What is looked for.
pub struct Hunt<'a> {
    /// The branch.
    pub target: &'a str,
    /// The tasks that come into question.
    pub wanted: &'a dyn Fn(&Project, &Engine) -> Vec<TaskView>,
    /// Cards in hand here.
    pub in_hand: &'a [Card],
    /// Tasks that are left alone.
    pub leaves: &'a dyn Fn(&TaskId) -> bool,
    /// States of tasks that were begun here and may be gone on with; the ready ones may be begun in any case.
    pub begun: &'a [TaskState],
    /// After how many seconds without a renewal others may have the card.
    pub lease_seconds: u64,
}

impl Hunt<'_> {
    /// Finds a card and claims it.
    pub fn offer(&self, engine: &mut Engine, server: &Arc<Server>) -> Result<Offer, RunError> {
        let mut view = server.look(engine)?;
        let mut lost = 0;
        for _ in 0..LOOKS {
            if engine.cancel.is_cancelled() {
                return Err(RunError::Interrupted);
            }
            let project = Project::load(engine, self.target)?;
            let views = (self.wanted)(&project, engine);
            let Some((task, _)) = self.choose(engine, &project, &views, &view, lost).into_iter().next() else {
                return Ok(match waits_for_others(&project, &views, &view) {
                    true => Offer::Later,
                    false => Offer::Nothing,
                });
            };
            Trusted::of(engine, &project)?;
            let before = view.standing(task.as_str());
            let is_mine = server.take_for(engine, &view, task.as_str(), self.lease_seconds);
            engine.tell_notices(server);
            let is_mine = is_mine?;
            // What landed until the claim was ours is seen from here on; nobody else lands this task any more.
            view = server.look(engine)?;
            if !is_mine {
                lost += 1;
                continue;
            }
            let project = Project::load(engine, self.target)?;
            if let Err(error) = Trusted::of(engine, &project) {
                server.give_back(engine, task.as_str())?;
                return Err(error.into());
            }
            let views = (self.wanted)(&project, engine);
            let still = self.choose(engine, &project, &views, &view, lost);
            let chosen = still.into_iter().find(|(chosen, _)| *chosen == task);
            match chosen.and_then(|(_, state)| Some((project.card(&task)?.clone(), state))) {
                Some((card, state)) => {
                    tell_of(engine, server, &task, &before);
                    let state = take_over(engine, &task, state)?;
                    return Ok(Offer::Card(Box::new(Taken { project, card, state })));
                }
                // It landed meanwhile, or somebody claimed a card that may touch the same files.
                None => server.give_back(engine, task.as_str())?,
            }
        }
        Ok(Offer::Later)
    }

    /// The cards to go on with, best first: what was begun here, then the ready ones in this machine's own order; none
    /// that meets what is in anybody's hand. `lost` tries were won by somebody else.
    fn choose(
        &self,
        engine: &Engine,
        project: &Project,
        views: &[TaskView],
        view: &View,
        lost: u32,
    ) -> Vec<(TaskId, TaskState)> {
        let Some(server) = &engine.server else {
            return Vec::new();
        };
        let theirs: Vec<Card> = view
            .elsewhere()
            .filter_map(|what| Some(project.card(&what.parse().ok()?)?.clone()))
            .collect();
        let held: Vec<Card> = self.in_hand.iter().chain(&theirs).cloned().collect();
        let can = |one: &&TaskView| {
            !(self.leaves)(&one.id)
                && !held.iter().any(|card| card.id == one.id)
                && (server.holds(one.id.as_str()) || view.standing(one.id.as_str()) != Standing::Parked)
        };
        let begun = views
            .iter()
            .filter(can)
            .filter(|view| self.begun.contains(&view.state) && view.landed_elsewhere.is_none());
        // By a journal that was taken in another clone works on it; by the server nobody does any more.
        let left_behind = views.iter().filter(can).filter(|one| {
            let is_free = matches!(view.standing(one.id.as_str()), Standing::Free | Standing::Lapsed)
                || server.holds(one.id.as_str());
            one.state.is_with_builder() && is_free && engine.is_elsewhere(&one.id)
        });
        let heads = views
            .iter()
            .filter(can)
            .filter_map(|view| Some((project.head(&view.id)?, view)));
        let ready = ready_in_order(heads);
        // What has priority goes first everywhere; among equals every machine has its own order.
        let mut in_own_order = Vec::with_capacity(ready.len());
        for equals in ready.chunk_by(|one, other| one.priority == other.priority) {
            let tasks: Vec<&TaskId> = equals.iter().map(|head| &head.id).collect();
            in_own_order.extend(in_turn(&tasks, theirs.len(), lost, server.seed()));
        }
        let mut chosen = Vec::new();
        let candidates = begun
            .chain(left_behind)
            .map(|view| (&view.id, view.state))
            .chain(in_own_order.into_iter().map(|task| (task, TaskState::Ready)));
        for (task, state) in candidates {
            let Some(card) = project.card(task) else { continue };
            match beside(card, &held, |card| project.lane(card)) {
                Beside::Free => chosen.push((task.clone(), state)),
                Beside::Overlaps => {}
                Beside::WaitsAlone => break,
            }
        }
        chosen
    }
}

/// Whether what others do now may make work: they hold something, and something here is not done.
fn waits_for_others(project: &Project, views: &[TaskView], view: &View) -> bool {
    let open =
        |view: &TaskView| matches!(view.state, TaskState::Pending | TaskState::Ready) || view.state.is_with_builder();
    let is_card = |what: &str| what.parse().is_ok_and(|task| project.head(&task).is_some());
    view.elsewhere().any(is_card) && views.iter().any(open)
}

/// Ends what another clone had begun, since its claim is ours now. Where the task stands then.
fn take_over(engine: &mut Engine, task: &TaskId, state: TaskState) -> Result<TaskState, RunError> {
    let open = engine.replay().task(task).and_then(|log| log.open());
    let Some(dispatched) = open.filter(|_| state.is_with_builder()).cloned() else {
        return Ok(state);
    };
    engine.record(&[Event::AttemptLost {
        task: task.clone(),
        attempt: dispatched.attempt,
        reason: "its machine left its claim".to_owned(),
    }])?;
    Ok(engine.replay().standing(task).map_or(state, |standing| standing.state))
}

fn tell_of(engine: &mut Engine, server: &Server, task: &TaskId, before: &Standing) {
    let text = match before {
        Standing::Lapsed => "taken over: its claim stood still for longer than its lease",
        Standing::Ours => "taken up again: its claim is from an earlier command of this clone",
        _ => return,
    };
    engine.tell(&Event::Told {
        task: Some(task.clone()),
        text: format!("{text} ({})", server.name()),
    });
}
