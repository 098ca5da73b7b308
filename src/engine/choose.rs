//! Choose: who of a chain does the next attempt of a card. It brings `domain::chain` the facts: standings from the
//! journal, circuits from this process, and who has attempts left in this round.

use crate::domain::actor::Actor;
use crate::domain::chain::{self, Choice, Link, Risk};
use crate::domain::gate::{AiPermission, Lane};
use crate::domain::plan::card::Card;
use crate::domain::quality::{Demotion, Next, Rate, Standing};
use crate::domain::task::event::Event;
use crate::domain::task::replay::{AttemptLog, TaskLog};

use super::Engine;
use super::builder::{Builder, builder_for};
use super::project::Project;
use super::run::RunError;

/// Who may build a card in a run, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Vec<String>);

impl Chain {
    /// The chain of a card: whoever the run names, else the card's own Builder, else the role's chain.
    pub fn of(project: &Project, card: &Card, named: Option<&String>) -> Self {
        Self(named.map_or_else(|| project.config.chain_for(card), |name| vec![name.clone()]))
    }

    /// Whether there is nobody to choose from.
    pub fn is_one(&self) -> bool {
        self.0.len() <= 1
    }

    /// Whether somebody other than the last one has attempts left in this round.
    pub fn has_others_left(&self, project: &Project, card: &Card, log: &TaskLog) -> bool {
        let last = of_round(log).next().map(|attempt| &attempt.dispatched.author);
        let others = self
            .0
            .iter()
            .filter(|name| last != Some(&Actor::Builder((*name).clone())));
        let mut left = others.filter(|name| has_left(project, card, log, name));
        !self.is_one() && left.next().is_some()
    }
}

/// Who does the next attempt.
pub enum Chosen {
    /// This one, and what people should know of those before it.
    Builder(Box<dyn Builder>, Vec<String>),
    /// Nobody can, for these reasons.
    Nobody(String),
}

/// Chooses. `unaffordable` are those whom no budget covers.
///
/// # Errors
/// A name of the chain that is not configured.
pub fn choose(
    engine: &Engine,
    project: &Project,
    card: &Card,
    chain: &Chain,
    unaffordable: &[String],
) -> Result<Chosen, RunError> {
    let definition = |name: &String| {
        let found = project.config.builders.get(name);
        found.map(builder_for).ok_or_else(|| RunError::NoBuilder(name.clone()))
    };
    if let [only] = chain.0.as_slice() {
        return definition(only).map(|builder| Chosen::Builder(builder, Vec::new()));
    }
    let now = engine.clock.now();
    let log = engine.replay().task(&card.id);
    let has_left = |name: &&String| log.is_none_or(|log| has_left(project, card, log, name));
    let links: Vec<Link> = chain
        .0
        .iter()
        .filter(|name| !unaffordable.contains(name))
        .filter(has_left)
        .map(|name| Link {
            model: name,
            standing: standing(engine, project, name),
            circuit: engine.supply.circuit(name),
        })
        .collect();
    let Choice { chosen, passed_over } = chain::choose(&links, risk(project.lane(card)), now);
    let reasons: Vec<String> = passed_over
        .iter()
        .map(|(name, why)| format!("{name} is passed over: {why}"))
        .collect();
    match chosen {
        Some(chosen) => {
            engine.supply.asking(chosen.model, chosen.circuit);
            Ok(Chosen::Builder(definition(&chosen.model.to_owned())?, reasons))
        }
        None => Ok(Chosen::Nobody(match reasons.is_empty() {
            true => "nobody of the chain has an attempt left".to_owned(),
            false => format!("{}; `git harness models` tells more", reasons.join("; ")),
        })),
    }
}

/// How a Builder stands in its role.
pub fn standing(engine: &Engine, project: &Project, name: &str) -> Standing {
    let record = engine.replay().books().record(name);
    let threshold = project.config.threshold(name);
    record.map_or_else(Standing::default, |record| {
        record.standing(threshold, engine.clock.now())
    })
}

/// Announces that a Builder is passed over from now on, or that its quality dropped, if its last try brought that about.
pub fn announce(
    engine: &mut Engine,
    project: &Project,
    chain: &Chain,
    name: &str,
    before: Standing,
) -> Result<(), RunError> {
    let was_demoted = matches!(before, Standing::Demoted { .. });
    if was_demoted || !matches!(standing(engine, project, name), Standing::Demoted { .. }) {
        return Ok(());
    }
    let behind = chain.0.iter().skip_while(|link| *link != name).skip(1);
    let ready = |link: &&String| !matches!(standing(engine, project, link), Standing::Demoted { .. });
    let next = match (
        chain.0.len(),
        behind.filter(|link| ready(link)).map(Clone::clone).next(),
    ) {
        (..=1, _) => Next::Itself,
        (_, Some(next)) => Next::Model(next),
        (_, None) => Next::Nobody,
    };
    let passes = engine
        .replay()
        .books()
        .record(name)
        .map(|record| record.passes())
        .unwrap_or_default();
    let demotion = Demotion {
        who: format!("builder {name}"),
        rate: Rate::of(&passes),
        threshold: project.config.threshold(name),
        next,
    };
    engine.record(&[Event::Demoted {
        builder: name.to_owned(),
        why: demotion.to_string(),
    }])?;
    Ok(())
}

/// The attempts of the present round that count, the newest first.
fn of_round(log: &TaskLog) -> impl Iterator<Item = &AttemptLog> {
    let newest = log.attempts.iter().rev();
    newest.filter(|attempt| attempt.dispatched.place.round == log.round && attempt.lost.is_none())
}

/// Attempts of this round by whoever made the last one.
pub fn by_the_last(log: &TaskLog) -> u32 {
    let mut attempts = of_round(log).map(|attempt| &attempt.dispatched.author);
    let Some(last) = attempts.next() else { return 0 };
    let more = attempts.filter(|author| *author == last).count();
    u32::try_from(more).unwrap_or(u32::MAX).saturating_add(1)
}

fn has_left(project: &Project, card: &Card, log: &TaskLog, name: &str) -> bool {
    let author = Actor::Builder(name.to_owned());
    let tried = of_round(log)
        .filter(|attempt| attempt.dispatched.author == author)
        .count();
    tried <= card.retries.unwrap_or(project.lane(card).retries) as usize
}

/// A model on probation gets tasks of lanes only where nobody has to look at the result.
fn risk(lane: &Lane) -> Risk {
    if lane.ai == AiPermission::Build && lane.gates.is_empty() {
        Risk::Least
    } else {
        Risk::More
    }
}
