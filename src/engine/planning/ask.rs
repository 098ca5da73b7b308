//! Asking the Architect for a plan, with what that used in the journal, whatever becomes of the answer.

use crate::domain::actor::Actor;
use crate::domain::budget::Spent;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::Digest;
use crate::domain::packet::Budget;
use crate::domain::task::event::{Event, PlanConsulted};
use crate::domain::usage::Usage;

use super::{Planning, PlanningError, Taken};
use crate::engine::Engine;
use crate::engine::advice::{Question, advise};
use crate::engine::builder::Builder;
use crate::engine::packet;
use crate::engine::purse::Before;
use crate::engine::run::RunError;
use crate::engine::trusted::Trusted;

/// How often an Architect is asked again whose answer cannot be read.
const AGAIN: usize = 1;

/// What the journal says of a plan in the making.
#[derive(Debug, Clone, Copy, Default)]
pub struct Past {
    /// How often the Architect was asked.
    pub asked: usize,
    /// What that used; `None` where nothing is known.
    pub usage: Option<Usage>,
}

impl Past {
    /// Reads it.
    pub fn of(engine: &Engine, plan: &PlanId) -> Result<Self, PlanningError> {
        let mut past = Self::default();
        for row in engine.ledger.every_row()? {
            if let Some(Event::PlanConsulted(asked)) = row.known()
                && asked.plan == *plan
            {
                past.asked += 1;
                if engine.ledger.is_copied(&row.writer) {
                    // Nobody's money but the one's who spent it.
                    continue;
                }
                let sum = past.usage.unwrap_or_default().plus(&asked.usage.unwrap_or_default());
                past.usage = Some(sum).filter(|sum| !sum.is_unknown());
            }
        }
        Ok(past)
    }
}

/// Asks for what comes next and takes the answer; with `mistakes` for a better blueprint.
pub fn ask(
    engine: &mut Engine,
    project: &Trusted,
    planning: &mut Planning,
    architect: &dyn Builder,
    mistakes: &[Diagnostic],
) -> Result<Taken, PlanningError> {
    // What a Builder's packet may have at the most is no measure for an Architect, which sees the whole.
    let budget = Budget {
        most: None,
        ..packet::budget(engine, project, architect)
    };
    let prompt = planning.prompt(engine, project, mistakes, &budget)?;
    let mut question = prompt.clone();
    for _ in 0..AGAIN {
        let answer = put(engine, project, planning.plan(), architect, &question)?;
        match planning.take_reply(engine, &answer) {
            Err(PlanningError::Reply(error)) => {
                question = format!("{prompt}\nYour last answer was of no use: {error}. Answer as described above.\n");
            }
            other => return other,
        }
    }
    let answer = put(engine, project, planning.plan(), architect, &question)?;
    planning.take_reply(engine, &answer)
}

fn put(
    engine: &mut Engine,
    project: &Trusted,
    plan: &PlanId,
    architect: &dyn Builder,
    packet: &str,
) -> Result<String, PlanningError> {
    let past = Past::of(engine, plan)?;
    // What programs are told that they work on; a plan's name is an id like a task's.
    let about = TaskId::new(plan.as_str()).map_err(|_| PlanningError::NotBegun(plan.clone()))?;
    let question = Question {
        about: &about,
        number: past.asked + 1,
        packet,
        before: Before {
            task: past
                .usage
                .map_or_else(Spent::default, |usage| Spent::default().with(&usage)),
            day: engine.day(Some(project.tip)),
        },
    };
    let by = Actor::Architect(architect.name().to_owned());
    let answer = advise(engine, project, architect, &question, |engine, advice, usage| {
        let answer = match &advice {
            Ok(text) => Some(keep(engine, text)?),
            Err(_) => None,
        };
        engine.record(&[Event::PlanConsulted(PlanConsulted {
            plan: plan.clone(),
            by,
            packet: Digest::of(&engine.ledger.redactor().bytes(packet.as_bytes())),
            answer,
            reason: advice.as_ref().err().map(ToString::to_string),
            usage,
        })])?;
        Ok(advice?)
    });
    answer.map_err(|error| match error {
        RunError::Interrupted => PlanningError::Interrupted(plan.clone()),
        other => PlanningError::Ask(Box::new(other)),
    })
}

fn keep(engine: &Engine, text: &str) -> Result<Digest, RunError> {
    let kept = engine.ledger.transcripts().put(text.as_bytes());
    kept.map_err(RunError::Transcript)
}
