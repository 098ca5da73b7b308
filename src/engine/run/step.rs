//! One step of a run with one card: build it, decide what follows a failure, ask the Architect, or take up what waited.

use crate::domain::breaker::Call;
use crate::domain::failure::Failure;
use crate::domain::gate::AiPermission;
use crate::domain::plan::card::Card;
use crate::domain::route::Decision;
use crate::domain::task::event::{AttemptMode, Event};
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::attempt::attempt;
use crate::engine::builder::{Builder, BuilderError, builder_for};
use crate::engine::choose::{self, Chain, Chosen, choose};
use crate::engine::dispatch::DispatchError;
use crate::engine::finish::{self, Finish};
use crate::engine::packet::PacketNotMade;
use crate::engine::proposal;
use crate::engine::trusted::Trusted;
use crate::engine::verify::Ground;
use crate::engine::{recover, revise, verify};

use super::{Doings, RunError, RunOptions, check_base};

pub(super) fn turn(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    state: TaskState,
    options: &RunOptions,
    doings: &mut Doings,
) -> Result<(), RunError> {
    match state {
        TaskState::Failed => {
            let chain = Chain::of(project, card, options.builder.as_ref());
            if recover::route(engine, project, card, &chain)? == Decision::Retry {
                build(engine, project, card, options, doings)?;
            }
            Ok(())
        }
        TaskState::Escalated => consult(engine, project, card, doings),
        TaskState::Passed | TaskState::NeedsReview => go_on(engine, project, card, doings),
        _ => build(engine, project, card, options, doings),
    }
}

fn consult(engine: &mut Engine, project: &Trusted, card: &Card, doings: &mut Doings) -> Result<(), RunError> {
    if revise::apply_kept_answer(engine, project, card)? {
        return Ok(());
    }
    doings.escalated.push(card.id.clone());
    let name = &project.config.roles.architect;
    let definition = project
        .config
        .architect()
        .ok_or_else(|| RunError::NoBuilder(name.clone()))?;
    let architect = builder_for(definition);
    if architect.is_person() {
        let how = format!(
            "the Architect is a person: read `git harness packet {0}`, answer with `git harness escalate {0} --answer FILE`",
            card.id
        );
        doings.left.insert(card.id.clone(), how);
        return Ok(());
    }
    match recover::consult(engine, project, card, &*architect) {
        Err(RunError::Builder(BuilderError::NotPaid(why))) => {
            doings
                .left
                .insert(card.id.clone(), format!("the Architect was not asked: {why}"));
            Ok(())
        }
        Err(RunError::Builder(error)) => {
            recover::block(engine, card, format!("the Architect could not be asked: {error}"))
        }
        other => other,
    }
}

/// Takes up a change that waited: its gates may be open now, or what was in the way may be gone.
fn go_on(engine: &mut Engine, project: &Trusted, card: &Card, doings: &mut Doings) -> Result<(), RunError> {
    let log = engine.replay().task(&card.id);
    if log.is_some_and(proposal::is_waiting) {
        let why = format!(
            "its plan waits for somebody: `git harness show {0}`, then `approve {0}` or `reject {0}`",
            card.id
        );
        doings.left.insert(card.id.clone(), why);
        return Ok(());
    }
    let found = log.and_then(|log| Some((log.open()?.clone(), engine.kept(&card.id)?.0)));
    let Some((dispatched, tree)) = found else {
        doings
            .left
            .insert(card.id.clone(), "its candidate is not known here".to_owned());
        return Ok(());
    };
    if let AttemptMode::Attended { worktree, .. } = &dispatched.mode {
        // Whoever has it may be in the middle of committing it.
        let why = format!("it is open in {worktree}: commit it there, or `git harness submit`");
        doings.left.insert(card.id.clone(), why);
        return Ok(());
    }
    let finished = finish::finish_recorded(engine, project, card, &dispatched, tree)?;
    note(doings, card, finished);
    Ok(())
}

fn build(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    options: &RunOptions,
    doings: &mut Doings,
) -> Result<(), RunError> {
    let chain = Chain::of(project, card, options.builder.as_ref());
    let (mut unaffordable, mut why_not, mut checked) = (Vec::new(), None, false);
    loop {
        let (builder, passed_over) = match choose(engine, project, card, &chain, &unaffordable)? {
            Chosen::Builder(builder, passed_over) => (builder, passed_over),
            Chosen::Nobody(why) => {
                doings.left.insert(card.id.clone(), why_not.unwrap_or(why));
                return Ok(());
            }
        };
        if let Some(why) = needs_a_person(project, card, &*builder) {
            doings.left.insert(card.id.clone(), why);
            return Ok(());
        }
        if !checked {
            if project.config.slot.sparse.is_some() {
                check_base(engine, project, options, &project.config.cone_for(card))?;
            }
            let found = weak_checks(engine, project, card)?;
            if !found.is_empty() {
                return recover::planning_error(engine, card, &Failure::WeakChecks { checks: found });
            }
            checked = true;
        }
        for text in passed_over {
            let task = Some(card.id.clone());
            engine.tell(&Event::Told { task, text });
        }
        *doings.attempts.entry(card.id.clone()).or_default() += 1;
        let before = choose::standing(engine, project, builder.name());
        let ended = attempt(engine, project, card, &*builder, builder.author());
        let now = engine.clock.now();
        match ended {
            Ok(finished) => {
                engine.supply.heard(builder.name(), Call::Answered, now);
                choose::announce(engine, project, &chain, builder.name(), before)?;
                note(doings, card, finished);
                return Ok(());
            }
            Err(RunError::Builder(BuilderError::NotPaid(why))) => {
                *doings.attempts.entry(card.id.clone()).or_default() -= 1;
                unaffordable.push(builder.name().to_owned());
                if chain.is_one() {
                    doings.left.insert(card.id.clone(), why);
                    return Ok(());
                }
                why_not = Some(why);
            }
            Err(RunError::Builder(BuilderError::Provider { model, fault })) => {
                *doings.attempts.entry(card.id.clone()).or_default() -= 1;
                if let Some(call) = fault.call() {
                    engine.supply.heard(builder.name(), call, now);
                }
                if chain.is_one() {
                    return Err(RunError::Builder(BuilderError::Provider { model, fault }));
                }
            }
            Err(RunError::Dispatch(DispatchError::Packet { why, .. })) => {
                *doings.attempts.entry(card.id.clone()).or_default() -= 1;
                let failure = match why {
                    PacketNotMade::TooLarge(misfit) => Failure::PacketTooLarge {
                        what: misfit.to_string(),
                    },
                    PacketNotMade::Missing(names) => Failure::Missing { names },
                    why => {
                        let task = card.id.clone();
                        return Err(RunError::Dispatch(DispatchError::Packet { task, why }));
                    }
                };
                return recover::planning_error(engine, card, &failure);
            }
            Err(RunError::Dispatch(DispatchError::Busy(task))) => {
                doings.left.insert(task, "another process works on it".to_owned());
                return Ok(());
            }
            Err(other) => return Err(other),
        }
    }
}

/// Why a person has to take a card into their hands, if one has to.
fn needs_a_person(project: &Trusted, card: &Card, builder: &dyn Builder) -> Option<String> {
    let lane = project.lane(card);
    let why = if builder.is_person() {
        "its Builder is a person".to_owned()
    } else if lane.ai == AiPermission::Advise {
        format!("in the lane {} a person builds", lane.name)
    } else {
        return None;
    };
    Some(format!("{why}: `git harness start {}`", card.id))
}

/// Checks that pass before any work are the card's fault; nobody is sent to work on it.
fn weak_checks(engine: &mut Engine, project: &Trusted, card: &Card) -> Result<Vec<String>, RunError> {
    let checks = project.config.checks_for(card);
    let cone = project.config.cone_for(card);
    let ground = Ground::of_card(project.permit(), card, &cone, project.tree);
    let weak = verify::weak_checks(engine, &ground, &checks)?;
    Ok(weak.into_iter().map(|result| result.name).collect())
}

fn note(doings: &mut Doings, card: &Card, finished: Finish) {
    match finished {
        Finish::Landed(landed) => {
            doings.landed.insert(card.id.clone(), landed.commit);
        }
        Finish::Waiting(gates) => {
            doings
                .left
                .insert(card.id.clone(), format!("waits for {}", gates.join(", ")));
        }
        Finish::InTheWay(why) => {
            doings.left.insert(card.id.clone(), why);
        }
        Finish::Closed(why) => {
            doings.left.insert(card.id.clone(), why.to_string());
        }
        Finish::Failed(_) => {}
    }
}
