//! Advice: the Architect is asked, whatever it is asked for. An agent program may look round in a view, which is thrown
//! away with whatever it edits there.

use std::sync::Arc;

use crate::domain::check::FenceTier;
use crate::domain::id::TaskId;
use crate::domain::usage::Usage;

use super::Engine;
use super::builder::{Builder, BuilderError, Job, Keys};
use super::purse::Before;
use super::run::RunError;
use super::slot::{Purpose, Slot, ignore_rules};
use super::trusted::Trusted;
use super::verify;
use super::view::{self, ViewError};
use super::walls::{Inmate, Walls};

/// What the Architect is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The task that it is about, or the plan's name.
    pub about: &'a TaskId,
    /// How often it was asked about that, with this time.
    pub number: usize,
    /// The exact text.
    pub packet: &'a str,
    /// What was spent on it before.
    pub before: Before,
}

/// Asks, and hands the answer with what it used to `record`, which has to write both to the journal.
pub(super) fn advise<T>(
    engine: &mut Engine,
    project: &Trusted,
    architect: &dyn Builder,
    question: &Question,
    record: impl FnOnce(&mut Engine, Result<String, BuilderError>, Option<Usage>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    engine
        .ledger
        .transcripts()
        .put(question.packet.as_bytes())
        .map_err(RunError::Transcript)?;
    let pool = engine.pool(project.config.worktrees_dir.as_deref());
    let mut slot = Slot::take(&engine.ledger, &pool, Purpose::Build, &engine.cancel)?;
    let ignored = ignore_rules(&engine.git, project.tree)?;
    let card = project.card(question.about);
    let cone = card.map_or_else(
        || project.config.cone_of(&project.cards),
        |card| project.config.cone_for(card),
    );
    let top = view::prepare(
        &mut slot,
        &engine.git,
        project.tip,
        project.tree,
        &cone,
        &ignored,
        &*engine.copying,
    )?;
    let names: Vec<String> = project
        .config
        .env
        .iter()
        .chain(architect.variables())
        .cloned()
        .collect();
    let environment = crate::process::Environment::allow_list(&engine.host.variables, &names);
    let layered = verify::tier(engine)? == FenceTier::Overlay;
    let run = slot.run(layered, Vec::new()).map_err(ViewError::from)?;
    let walls = Walls::around(
        engine,
        &project.permit(),
        &slot,
        &run,
        Inmate::Builder,
        architect.network(),
    )
    .map_err(BuilderError::Walls)?;
    let environment = walls.with_tmp(&environment);
    let supply = Arc::clone(&engine.supply);
    // Open until what was used is in the journal, so that it counts once and not never.
    let account = supply.purse.account(project.config.budget, question.before.clone());
    let keys = Keys::default();
    let advice = architect.advise(&Job {
        task: question.about,
        number: u32::try_from(question.number).unwrap_or(u32::MAX),
        files: &[],
        packet: question.packet,
        view: &top,
        tmp: &slot.tmp(),
        walls: &walls,
        environment: &environment,
        redactor: engine.ledger.redactor(),
        cancel: &engine.cancel,
        clock: &*engine.clock,
        progress: &*engine.progress,
        account: &account,
        caches: engine.ledger.caches(),
        keys: &keys,
    });
    engine.ledger.keep_out(&keys.take());
    record(engine, advice, account.usage())
}
