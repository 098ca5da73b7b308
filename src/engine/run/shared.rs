//! Shared: what a run does when other machines work on the same branch: which cards it takes up, and how it gives back or
//! parks what it does not land.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::id::TaskId;
use crate::domain::plan::card::Card;
use crate::domain::task::event::Event;
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::project::Project;
use crate::engine::server::{Hunt, Offer, Server, Share};
use crate::engine::sync;

use super::{Doings, RunError, RunOptions, wanted};

/// Finds a card that may be worked on beside everything that is in anybody's hand, and claims it.
pub(super) fn offer(
    engine: &mut Engine,
    server: &Arc<Server>,
    target: &str,
    options: &RunOptions,
    in_hand: &[Card],
    left: &BTreeSet<TaskId>,
) -> Result<Offer, RunError> {
    let hunt = Hunt {
        target,
        wanted: &|project, engine| wanted(project, engine, options),
        in_hand,
        leaves: &|task| left.contains(task),
        begun: &[
            TaskState::Failed,
            TaskState::Escalated,
            TaskState::Passed,
            TaskState::NeedsReview,
        ],
        lease_seconds: server.rules().lease_seconds,
    };
    hunt.offer(engine, server)
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
    // A machine that found nothing to do has nothing to tell.
    let told = |engine: &Engine| doings.is_something() || server.has_published(engine);
    if told(engine)
        && let Err(error) = server.publish(engine, Share::Journal)
    {
        engine.tell(&Event::Told {
            task: None,
            text: format!(
                "this clone's journal is not published: {error}; `git harness sync {}` does it",
                server.name()
            ),
        });
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
    let waits = match state {
        TaskState::Blocked | TaskState::NeedsReview | TaskState::Escalated => !landed,
        // It waits for nobody, and this clone may be thrown away; but what a person agreed to is not built anew.
        TaskState::Passed => {
            let approvals = engine.replay().task(task).map(|log| log.approvals.len());
            !landed && approvals.is_some_and(|count| count > 0)
        }
        _ => false,
    };
    let reason = log.and_then(|log| log.reason.clone());
    match waits {
        true => server.park(engine, task.as_str(), left.or(reason.as_deref()).unwrap_or("it waits"))?,
        false => server.give_back(engine, task.as_str())?,
    }
    Ok(())
}

/// Before a run: what others decided about tasks that wait for somebody is in their journals.
pub(super) fn hear_decisions(engine: &mut Engine) -> Result<(), RunError> {
    let Some(server) = engine.server.clone() else {
        return Ok(());
    };
    if server.look(engine)?.has_parked_of(&server) {
        sync::take_in_all(engine, &server)?;
        engine.read_again()?;
    }
    Ok(())
}

/// The tasks that other machines have, each with what it waits for there; `None` where it is worked on.
pub(super) fn elsewhere(engine: &Engine, project: &Project) -> BTreeMap<TaskId, Option<String>> {
    let Some(server) = &engine.server else {
        return BTreeMap::new();
    };
    let view = server.look(engine).unwrap_or_default();
    let theirs = view.elsewhere().map(|what| (what, None));
    let resting = view.parked_elsewhere().map(|(what, claim)| {
        let why = claim.parked.as_deref().unwrap_or("it waits");
        (what, Some(format!("{why}, on {}", claim.host)))
    });
    let all = theirs
        .chain(resting)
        .filter_map(|(what, why)| Some((what.parse().ok()?, why)));
    all.filter(|(task, _)| project.card(task).is_some()).collect()
}
