//! Models: how everybody who can build or be asked stands, for whoever chooses among them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::config::{BuilderKind, Config};
use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::packet::Scale;
use crate::domain::quality::{Rate, Standing};
use crate::domain::task::books::{Account, Check, Record, Role};
use crate::domain::task::event::Event;
use crate::ledger::AppendError;

use super::Engine;
use super::backfill::BackfillError;
use super::choose::standing;
use super::project::Project;
use super::records;

/// How somebody stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stand {
    /// The name among the Builders.
    pub name: String,
    /// `provider:model`, where it is a model of the configuration.
    pub model: Option<String>,
    /// The model that its server says has answered, the last time.
    pub answered_by: Option<String>,
    /// Its places in the roles: `builder 1` is the first of the Builders' chain.
    pub roles: Vec<String>,
    /// The newest first tries that count.
    pub first_tries: Rate,
    /// What they are held against, from 0 to 1.
    pub threshold: f64,
    /// Whether it is used.
    #[serde(flatten)]
    pub standing: Standing,
    /// What the estimate of tokens is multiplied by for it.
    pub tokens: Scale,
    /// What it used, by role.
    pub used: Vec<Account>,
    /// How it did on the canaries, the newest last.
    pub checks: Vec<Check>,
    /// First tries at tasks that only their records tell of, since other clones built them. They decide nothing.
    pub recorded: Rate,
}

/// Everybody who is configured, those with a role first, then whoever ever built.
///
/// # Errors
/// Of reading records.
pub fn stands(engine: &Engine, project: &Project) -> Result<Vec<Stand>, BackfillError> {
    let config = &project.config;
    let recorded = recorded(engine, project)?;
    let chain = config.roles.builder.iter().chain([&config.roles.architect]);
    let ever = engine.replay().books().builders().map(|(name, _)| name.to_owned());
    let mut names: Vec<String> = Vec::new();
    for name in chain
        .cloned()
        .chain(config.builders.keys().cloned())
        .chain(ever)
        .chain(recorded.keys().cloned())
    {
        let by_hand = config
            .builders
            .get(&name)
            .is_some_and(|one| matches!(one.kind, BuilderKind::Manual));
        if !names.contains(&name) && !by_hand {
            names.push(name);
        }
    }
    let stands = names.into_iter().map(|name| {
        let of_records = recorded.get(&name).copied().unwrap_or_default();
        stand(engine, project, name, of_records)
    });
    Ok(stands.collect())
}

/// First tries by Builder, of tasks whose landing no journal here tells of.
fn recorded(engine: &Engine, project: &Project) -> Result<BTreeMap<String, Rate>, BackfillError> {
    let mut rates: BTreeMap<String, Rate> = BTreeMap::new();
    let unknown = |task: &TaskId| engine.replay().task(task).is_none_or(|log| log.landed.is_empty());
    for (record, _) in records::all(engine, project.records(), unknown)? {
        let task = TaskId::new(record.id.as_str()).ok();
        let log = task.as_ref().and_then(|task| engine.replay().task(task));
        let rest = records::beyond(&record, log);
        let first = rest.attempts.first().filter(|attempt| attempt.number == 1);
        let name = first.and_then(|attempt| attempt.by.strip_prefix("Builder "));
        if let (Some(name), Some(attempt)) = (name, first) {
            let rate = rates.entry(name.to_owned()).or_default();
            rate.tried += 1;
            rate.passed += usize::from(attempt.outcome == "landed");
        }
    }
    Ok(rates)
}

fn stand(engine: &Engine, project: &Project, name: String, recorded: Rate) -> Stand {
    let (books, config) = (engine.replay().books(), &project.config);
    let record = books.record(&name);
    let model = config.builders.get(&name).and_then(|builder| match &builder.kind {
        BuilderKind::Model(model) => Some(format!("{}:{}", model.provider.name(), model.model)),
        BuilderKind::Command { model, .. } => model.clone(),
        BuilderKind::Agent(agent) => Some(agent.label()),
        _ => None,
    });
    let place = config.roles.builder.iter().position(|link| *link == name);
    let as_builder = place.map(|place| format!("{} {}", Role::Builder.name(), place + 1));
    let as_architect = (config.roles.architect == name).then(|| Role::Architect.name().to_owned());
    Stand {
        answered_by: record.and_then(|record| record.answered_by.clone()),
        roles: as_builder.into_iter().chain(as_architect).collect(),
        first_tries: record.map(|record| Rate::of(&record.passes())).unwrap_or_default(),
        threshold: config.threshold(&name),
        standing: standing(engine, project, &name),
        tokens: record
            .map(|record| Scale::learn(record.counted.iter()))
            .unwrap_or_default(),
        used: books
            .accounts()
            .iter()
            .filter(|account| account.name == name)
            .cloned()
            .collect(),
        checks: record.map(|record| record.checks.clone()).unwrap_or_default(),
        recorded,
        model,
        name,
    }
}

/// Whether anybody's quality is to be told of: demoted, or on probation.
pub fn dropped<'a>(engine: &'a Engine, config: &'a Config) -> impl Iterator<Item = (&'a str, Rate, Standing)> {
    let now = engine.clock.now();
    let builders = engine.replay().books().builders();
    let stand = move |record: &Record, name: &str| record.standing(config.threshold(name), now);
    builders
        .map(move |(name, record)| (name, Rate::of(&record.passes()), stand(record, name)))
        .filter(|(_, _, standing)| *standing != Standing::Good)
}

/// Lets a model begin anew.
///
/// # Errors
/// The journal's.
pub fn reset(engine: &mut Engine, builder: &str, by: Actor) -> Result<(), AppendError> {
    engine.record(&[Event::ModelReset {
        builder: builder.to_owned(),
        by,
    }])?;
    Ok(())
}

/// Whether the canaries' last result is worse than the one before.
pub fn is_worse(checks: &[Check]) -> bool {
    match checks {
        [.., before, last] => last.passed * before.tried < before.passed * last.tried,
        _ => false,
    }
}

/// A standing in words.
pub fn words(standing: Standing) -> String {
    let until = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
    match standing {
        Standing::Good => "used".to_owned(),
        Standing::Demoted { until: at, .. } => format!("demoted until {}", until(at)),
        Standing::OnProbation { .. } => "on probation: its next task of a lane without gates decides".to_owned(),
    }
}
