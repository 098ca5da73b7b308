//! Recover: what follows a failure (design section 5, step 10): another try, the Architect, or a person.
//!
//! The decision is `domain::route`'s table; this step brings it the facts, asks the Architect, and turns the answer
//! into a card revision with a commit of its own.

use crate::domain::actor::Actor;
use crate::domain::failure::Failure;
use crate::domain::packet::answer::read_architect;
use crate::domain::plan::card::Card;
use crate::domain::route::{self, Decision, RouteInput, Trigger};
use crate::domain::symptom;
use crate::domain::task::event::{ArchitectAnswered, Escalated, Event};
use crate::domain::task::replay::{AttemptLog, TaskLog};
use crate::domain::usage::Usage;

use super::Engine;
use super::advice::{Question, advise};
use super::builder::Builder;
use super::choose::{self, Chain};
use super::packet;
use super::project::Project;
use super::revise::{self, revise};
use super::run::RunError;
use super::trusted::Trusted;

/// Decides what follows the last failure of a task, and records the decision unless it is another try.
pub fn route(engine: &mut Engine, project: &Project, card: &Card, chain: &Chain) -> Result<Decision, RunError> {
    let Some(log) = engine.replay().task(&card.id) else {
        return Ok(Decision::Retry);
    };
    let Some(failure) = log.last_failure.clone() else {
        return Ok(Decision::Retry);
    };
    let lane = project.lane(card);
    let decision = route::decide(
        &RouteInput {
            failure: &failure,
            in_round: choose::by_the_last(log),
            retries: card.retries.unwrap_or(lane.retries),
            others_left: chain.has_others_left(project, card, log),
            same_again: same_again(log),
            corrections_used: log.corrections,
            corrections_allowed: lane.corrections,
        },
        &project.config.policy.route,
    );
    match &decision {
        Decision::Retry => {}
        Decision::Escalate(trigger) => escalate(engine, card, *trigger, Actor::Harness, failure.to_string())?,
        Decision::Block(reason) => block(engine, card, reason.clone())?,
    }
    Ok(decision)
}

/// Whether the last two attempts of the round failed in the same way.
fn same_again(log: &TaskLog) -> bool {
    let of_round = |attempt: &&AttemptLog| attempt.dispatched.place.round == log.round;
    let mut failures = log
        .attempts
        .iter()
        .rev()
        .filter(of_round)
        .filter_map(|attempt| attempt.failure.as_ref());
    match (failures.next(), failures.next()) {
        (Some(now), Some(before)) => symptom::same_again(before, now),
        _ => false,
    }
}

/// Records that the Architect is called in.
pub fn escalate(engine: &mut Engine, card: &Card, trigger: Trigger, by: Actor, reason: String) -> Result<(), RunError> {
    engine.record(&[Event::Escalated(Escalated {
        task: card.id.clone(),
        trigger,
        packet: None,
        by,
        reason,
    })])?;
    Ok(())
}

/// Records that only a person can go on.
pub fn block(engine: &mut Engine, card: &Card, reason: String) -> Result<(), RunError> {
    engine.record(&[Event::Blocked {
        task: card.id.clone(),
        by: Actor::Harness,
        reason,
    }])?;
    Ok(())
}

/// Asks the Architect about an escalated task and applies the answer.
pub fn consult(engine: &mut Engine, project: &Trusted, card: &Card, architect: &dyn Builder) -> Result<(), RunError> {
    let budget = packet::budget(engine, project, architect);
    let packet = match packet::escalation(engine, project, card, &budget) {
        Ok(rendered) => rendered.text,
        Err(why) => return block(engine, card, format!("the Architect cannot be asked: {why}")),
    };
    let asked = engine.replay().task(&card.id).map_or(0, |log| log.answers.len());
    let question = Question {
        about: &card.id,
        number: asked.saturating_add(1),
        packet: &packet,
        before: engine.spent_before(&card.id, project.tip),
    };
    let by = Actor::Architect(architect.name().to_owned());
    advise(
        engine,
        project,
        architect,
        &question,
        |engine, advice, usage| match advice {
            Ok(text) => apply_answer(engine, project, card, &by, &text, usage),
            Err(error) => {
                engine.record(&[Event::ArchitectFailed {
                    task: card.id.clone(),
                    by,
                    reason: error.to_string(),
                    usage,
                }])?;
                Err(error.into())
            }
        },
    )
}

/// Applies an Architect's answer: a revision of the card, or a block where a person has to agree first.
pub fn apply_answer(
    engine: &mut Engine,
    project: &Project,
    card: &Card,
    by: &Actor,
    text: &str,
    usage: Option<Usage>,
) -> Result<(), RunError> {
    // Its words become a card, a commit and rows.
    let text = &*engine.ledger.redactor().text(text).into_owned();
    let transcript = engine
        .ledger
        .transcripts()
        .put(text.as_bytes())
        .map_err(RunError::Transcript)?;
    let answer = read_architect(text).map_err(|error| error.to_string());
    let answer = answer.and_then(|answer| match revise::is_readable(card, &answer) {
        Ok(()) => Ok(answer),
        Err(error) => Err(error.to_string()),
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            record_answer(engine, card, by, transcript, String::new(), Vec::new(), usage)?;
            return block(
                engine,
                card,
                format!("the Architect's answer could not be read: {error}"),
            );
        }
    };
    record_answer(
        engine,
        card,
        by,
        transcript,
        answer.diagnosis.clone(),
        answer.notes.clone(),
        usage,
    )?;
    revise(engine, project, card, by, &answer)
}

fn record_answer(
    engine: &mut Engine,
    card: &Card,
    by: &Actor,
    answer: crate::domain::oid::Digest,
    diagnosis: String,
    notes: Vec<String>,
    usage: Option<Usage>,
) -> Result<(), RunError> {
    let mut events = vec![Event::ArchitectAnswered(ArchitectAnswered {
        task: card.id.clone(),
        by: by.clone(),
        answer,
        diagnosis,
        notes: notes.clone(),
        usage,
    })];
    events.extend(notes.into_iter().map(|text| Event::Noted {
        task: card.id.clone(),
        by: by.clone(),
        text,
    }));
    engine.record(&events)?;
    Ok(())
}

/// Calls the Architect in at once for a failure that no attempt was needed to find.
pub fn planning_error(engine: &mut Engine, card: &Card, failure: &Failure) -> Result<(), RunError> {
    escalate(
        engine,
        card,
        route::trigger_of(failure),
        Actor::Harness,
        failure.to_string(),
    )
}
