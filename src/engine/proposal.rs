//! Proposal: the Builder says what it will do before it does it (the seeds' plan → review → execute → verify). What it
//! says is held against the card, and put to a person where lane or card ask for one; the change is compared with it.

use crate::domain::actor::Actor;
use crate::domain::change::ChangeSet;
use crate::domain::failure::Failure;
use crate::domain::gate::{self, ApprovalSubject, GateDecision};
use crate::domain::oid::{BlobId, Digest};
use crate::domain::packet::answer::read_closing;
use crate::domain::plan::card::{Card, PlanFirst};
use crate::domain::proposal::Proposal;
use crate::domain::task::event::{Dispatched, Event, Proposed, ReviewRequested};
use crate::domain::task::replay::{AttemptLog, TaskLog};

use super::Engine;
use super::advice::{Question, advise};
use super::answer;
use super::asking::Asking;
use super::builder::Builder;
use super::dispatch::{Assignment, DispatchError};
use super::finish::{self, Finish};
use super::packet;
use super::project::Project;
use super::run::RunError;
use super::trusted::Trusted;

/// The gate that a plan waits for.
pub const GATE: &str = "plan";

/// Whether the next attempt of a card begins with a plan.
pub fn is_wanted(engine: &Engine, project: &Project, card: &Card) -> bool {
    project.lane(card).plans_first(card) != PlanFirst::None && agreed(engine, project, card).is_none()
}

/// The plan that the next attempt of a card carries out.
pub fn agreed<'a>(engine: &'a Engine, project: &Project, card: &Card) -> Option<&'a Proposed> {
    let log = engine.replay().task(&card.id)?;
    let (attempt, proposed) = newest(log)?;
    let blob = *project.blobs.get(&card.id)?;
    if attempt.dispatched.card != blob || !proposed.problems.is_empty() {
        return None;
    }
    let is_agreed = match project.lane(card).plans_first(card) {
        PlanFirst::None => false,
        PlanFirst::Check => attempt.dispatched.place.round == log.round && attempt.lost.is_none(),
        PlanFirst::Approve => {
            let gates = [GATE.to_owned()];
            let subject = subject(blob, proposed.answer);
            let own = project.config.approval.self_;
            let decision = gate::decide(&gates, &planners(&attempt.dispatched), subject, &log.approvals, own);
            matches!(decision, GateDecision::Open { .. })
        }
    };
    is_agreed.then_some(proposed)
}

/// Who had a part in a plan.
fn planners(dispatched: &Dispatched) -> Vec<Actor> {
    let started_by = dispatched.started_by.clone();
    std::iter::once(dispatched.author.clone()).chain(started_by).collect()
}

/// Whether a task waits for somebody to agree to its Builder's plan.
pub fn is_waiting(log: &TaskLog) -> bool {
    log.review.as_ref().is_some_and(|review| review.gates == [GATE])
        && log
            .last()
            .is_some_and(|attempt| attempt.proposed.is_some() && attempt.harvested.is_none())
}

/// Asks for the plan, where the assignment begins with one. The assignment goes on with the packet that carries it out,
/// unless the attempt ends here.
pub(super) fn plan_first(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    builder: &dyn Builder,
    assignment: &mut Assignment,
) -> Result<Option<Finish>, RunError> {
    if !is_wanted(engine, project, card) {
        return Ok(None);
    }
    let (dispatched, packet) = (assignment.dispatched.clone(), assignment.packet.clone());
    let question = Question {
        about: &card.id,
        number: dispatched.place.number as usize,
        packet: &packet,
        before: engine.spent_before(&card.id, project.tip),
    };
    let blob = dispatched.card;
    let text = advise(engine, project, builder, &question, |engine, answer, usage| {
        let text = answer.as_ref().map(String::as_str).unwrap_or_default();
        let text = engine.ledger.redactor().text(text).into_owned();
        let answered = engine
            .ledger
            .transcripts()
            .put(text.as_bytes())
            .map_err(RunError::Transcript)?;
        let (proposal, problems) = judged(engine, project, card, &text)?;
        engine.record(&[Event::Proposed(Proposed {
            task: card.id.clone(),
            attempt: dispatched.attempt.clone(),
            answer: answered,
            plan: proposal.plan,
            files: proposal.files,
            problems,
            usage,
        })])?;
        answer.map(|_| text).map_err(RunError::from)
    })?;
    if let Some(stop) = read_closing(&text).stop {
        return finish::fail(engine, &dispatched, stop.into()).map(Some);
    }
    let log = engine.replay().task(&card.id);
    let Some(proposed) = log.and_then(newest).map(|(_, proposed)| proposed.clone()) else {
        return Ok(None);
    };
    if !proposed.problems.is_empty() {
        let problems = proposed.problems;
        return finish::fail(engine, &dispatched, Failure::Proposal { problems }).map(Some);
    }
    if project.lane(card).plans_first(card) == PlanFirst::Approve {
        let gates = vec![GATE.to_owned()];
        engine.record(&[Event::ReviewRequested(ReviewRequested {
            task: card.id.clone(),
            attempt: dispatched.attempt.clone(),
            subject: subject(blob, proposed.answer),
            gates: gates.clone(),
            by: None,
        })])?;
        return Ok(Some(Finish::Waiting(gates)));
    }
    let budget = packet::budget(engine, project, builder);
    let draft = packet::draft(engine, project, card, Asking::of(builder), &budget).map_err(|why| {
        RunError::Dispatch(DispatchError::Packet {
            task: card.id.clone(),
            why,
        })
    })?;
    let bytes = draft.rendered.text.as_bytes();
    engine.ledger.transcripts().put(bytes).map_err(RunError::Transcript)?;
    assignment.estimated = draft.rendered.estimated;
    assignment.packet = draft.rendered.text;
    Ok(None)
}

/// Lets the plan that waits be carried out: the next attempt begins with it.
pub fn let_go_on(engine: &mut Engine, card: &Card, by: Actor) -> Result<(), RunError> {
    let task = card.id.clone();
    engine.record(&[Event::Released { task, by }])?;
    Ok(())
}

/// Files of a change that the plan of its attempt does not name.
pub(super) fn beyond(engine: &Engine, project: &Project, card: &Card, changes: &ChangeSet) -> Vec<String> {
    agreed(engine, project, card).map_or_else(Vec::new, |proposed| Proposal::beyond(&proposed.files, changes.paths()))
}

/// Reads a plan and puts each of its paths to the card's rules.
fn judged(engine: &Engine, project: &Project, card: &Card, text: &str) -> Result<(Proposal, Vec<String>), RunError> {
    let proposal = match Proposal::read(text) {
        Ok(proposal) => proposal,
        Err(problems) => return Ok((Proposal::default(), problems)),
    };
    let rules = finish::rules(&engine.git, project, card)?;
    let mut failed = None;
    let problems = proposal.problems(card, |path| {
        answer::why_refused(engine, project, &rules, path).unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    });
    match failed {
        Some(error) => Err(error.into()),
        None => Ok((proposal, problems)),
    }
}

/// The newest plan, and its attempt.
fn newest(log: &TaskLog) -> Option<(&AttemptLog, &Proposed)> {
    let attempts = log.attempts.iter().rev();
    attempts
        .filter_map(|attempt| Some((attempt, attempt.proposed.as_ref()?)))
        .next()
}

/// What an approval of a plan is about: this card, and this plan to the byte.
fn subject(card: BlobId, answer: Digest) -> ApprovalSubject {
    ApprovalSubject {
        card,
        changes: Digest::of_fields([GATE.as_bytes(), answer.as_bytes()]),
    }
}
