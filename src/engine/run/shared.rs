//! Shared: what a run does when other machines work on the same branch. It claims a card on the server before it works
//! on it, gives way to what others have, and gives back or parks what it does not land.

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
use crate::engine::server::{Server, View};

use super::floor::Taken;
use super::{Doings, RunError, RunOptions, wanted};

/// How often it looks anew when others were quicker, before somebody else of the crew gets the turn.
const LOOKS: u32 = 8;

/// What the server leaves for this machine.
pub(super) enum Offer {
    /// A card that is claimed now.
    Card(Box<Taken>),
    /// Nothing now; others are at work, and what they do may make more.
    Later,
    /// Nothing.
    Nothing,
}

/// What a machine has to give way to.
struct Around<'a> {
    /// Cards in the hands of this run.
    in_hand: &'a [Card],
    /// Tasks that this run leaves.
    doings: &'a Doings,
}

/// Finds a card that may be worked on beside everything that is in anybody's hand, and claims it.
pub(super) fn offer(
    engine: &mut Engine,
    server: &Arc<Server>,
    target: &str,
    options: &RunOptions,
    in_hand: &[Card],
    doings: &Doings,
) -> Result<Offer, RunError> {
    let around = Around { in_hand, doings };
    let mut view = server.look(engine)?;
    for _ in 0..LOOKS {
        if engine.cancel.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        let project = Project::load(engine, target)?;
        let views = wanted(&project, engine, options);
        let Some((task, _)) = choose(&project, &views, server, &view, &around).into_iter().next() else {
            return Ok(if waits_for_others(&views, &view) {
                Offer::Later
            } else {
                Offer::Nothing
            });
        };
        let before = view.standing(task.as_str());
        let is_mine = server.take(engine, &view, task.as_str())?;
        // What landed until the claim was ours is seen from here on; nobody else lands this task any more.
        view = server.look(engine)?;
        if !is_mine {
            continue;
        }
        let project = Project::load(engine, target)?;
        let views = wanted(&project, engine, options);
        let still = choose(&project, &views, server, &view, &around);
        let chosen = still.into_iter().find(|(chosen, _)| *chosen == task);
        match chosen.and_then(|(_, state)| Some((project.card(&task)?.clone(), state))) {
            Some((card, state)) => {
                tell_of(engine, server, &task, &before);
                return Ok(Offer::Card(Box::new(Taken { project, card, state })));
            }
            // It landed meanwhile, or somebody claimed a card that may touch the same files.
            None => server.give_back(engine, task.as_str())?,
        }
    }
    Ok(Offer::Later)
}

/// The cards to go on with, best first: what was begun here, then the ready ones in this machine's own order; none that
/// meets what is in anybody's hand.
fn choose(
    project: &Project,
    views: &[TaskView],
    server: &Server,
    view: &View,
    around: &Around,
) -> Vec<(TaskId, TaskState)> {
    let theirs: Vec<Card> = view
        .elsewhere()
        .filter_map(|what| Some(project.card(&what.parse().ok()?)?.clone()))
        .collect();
    let mut held: Vec<Card> = around.in_hand.to_vec();
    held.extend(theirs.iter().cloned());
    let can = |view_of: &&TaskView| {
        let task = &view_of.id;
        !around.doings.left.contains_key(task)
            && !held.iter().any(|card| card.id == *task)
            && (server.holds(task.as_str()) || view.standing(task.as_str()) != Standing::Parked)
    };
    let begun = views.iter().filter(can).filter(|view| {
        let is_begun = matches!(
            view.state,
            TaskState::Failed | TaskState::Escalated | TaskState::Passed | TaskState::NeedsReview
        );
        is_begun && view.landed_elsewhere.is_none()
    });
    let heads = views
        .iter()
        .filter(can)
        .filter_map(|view| Some((project.head(&view.id)?, view)));
    let ready = ready_in_order(heads);
    // Whoever is first in the order of priority goes first everywhere; among equals everybody has their own order.
    let mut ready_in_turn = Vec::with_capacity(ready.len());
    for same in ready.chunk_by(|one, other| one.priority == other.priority) {
        let tasks: Vec<&TaskId> = same.iter().map(|head| &head.id).collect();
        ready_in_turn.extend(in_turn(&tasks, theirs.len(), server.seed()));
    }
    let mut chosen = Vec::new();
    let candidates = begun
        .map(|view| (&view.id, view.state))
        .chain(ready_in_turn.into_iter().map(|task| (task, TaskState::Ready)));
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

/// Whether what others do now may make work: they hold something, and something here is not done.
fn waits_for_others(views: &[TaskView], view: &View) -> bool {
    let open = |view: &TaskView| matches!(view.state, TaskState::Pending | TaskState::Ready);
    view.elsewhere().next().is_some() && views.iter().any(open)
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

/// After a step: what waits for somebody is parked, what this run goes on with stays in hand, the rest is free again.
pub(super) fn settle(engine: &mut Engine, server: &Server, task: &TaskId, doings: &Doings) -> Result<(), RunError> {
    let state = engine.replay().standing(task).map(|standing| standing.state);
    let left = doings.left.get(task);
    match state {
        Some(TaskState::Failed | TaskState::Escalated) if left.is_none() => Ok(()),
        _ => let_go_of(engine, server, task, left.map(String::as_str)),
    }
}

/// At the end of a run: nothing stays in hand.
pub(super) fn let_go(engine: &mut Engine, target: &str, doings: &Doings) -> Result<(), RunError> {
    let Some(server) = engine.server.clone() else {
        return Ok(());
    };
    for what in server.in_hand() {
        let Ok(task) = what.parse::<TaskId>() else { continue };
        let left = doings.left.get(&task).map(String::as_str);
        if let Err(error) = let_go_of(engine, &server, &task, left) {
            engine.tell(&Event::Told {
                task: Some(task),
                text: format!(
                    "its claim on {} could not be given back and runs out by itself: {error}",
                    server.name()
                ),
            });
        }
    }
    if engine.cancel.is_cancelled() {
        return Ok(());
    }
    if let Err(error) = engine.tip_now(target).and_then(|_| engine.follow_server()) {
        engine.tell(&Event::Told {
            task: None,
            text: format!("{target} stays behind here: {error}"),
        });
    }
    Ok(())
}

fn let_go_of(engine: &mut Engine, server: &Server, task: &TaskId, left: Option<&str>) -> Result<(), RunError> {
    let log = engine.replay().standing(task);
    let state = log.map_or(TaskState::Ready, |log| log.state);
    let landed = log.is_some_and(|log| log.landing.is_some());
    let waits = matches!(
        state,
        TaskState::Blocked | TaskState::NeedsReview | TaskState::Escalated | TaskState::Passed
    ) && !landed;
    let reason = log.and_then(|log| log.reason.clone());
    match waits {
        true => server.park(engine, task.as_str(), left.or(reason.as_deref()).unwrap_or("it waits"))?,
        false => server.give_back(engine, task.as_str())?,
    }
    Ok(())
}

/// The tasks that other machines work on.
pub(super) fn elsewhere(engine: &Engine, project: &Project) -> Vec<TaskId> {
    let Some(server) = &engine.server else {
        return Vec::new();
    };
    let view = server.look(engine).unwrap_or_default();
    let theirs = view.elsewhere().filter_map(|what| what.parse().ok());
    theirs.filter(|task| project.card(task).is_some()).collect()
}
