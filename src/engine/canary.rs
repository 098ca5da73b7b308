//! Canaries: small tasks with known answers, the same for every model and every time, so that a model that changes
//! behind its name shows as a trend and is not taken for a hard plan.
//!
//! They are a plan like any other, in a repository of their own; whoever calls this makes that repository and keeps it
//! out of the user's way.

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::plan::format::SourceFile;
use crate::domain::task::event::{CanaryResult, Checked, Event};
use crate::domain::usage::Usage;

use super::Engine;
use super::builder::Builder;
use super::finish::Finish;
use super::import::{self, ImportError};
use super::project::Project;
use super::run::{RunError, one_attempt};
use super::trusted;

macro_rules! canaries {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/canaries/files/", $name)))),*]
    };
}

/// The files that the canaries' repository begins with.
pub const FILES: [(&str, &str); 8] = canaries![
    "greet.sh",
    "settings.ini",
    "tools.md",
    "count.sh",
    "three.txt",
    "status.txt",
    "notes.md",
    "limits.sh",
];

const PLAN: &str = include_str!("../../templates/canaries/plan.json");

/// Why the canaries could not be run.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// Their plan could not be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// One of them could not be given out, or its model could not be asked.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Gives each canary to a Builder once, in their own repository, and tells of each as it ends.
///
/// # Errors
/// What is nobody's work: a server that does not answer, a budget that does not cover a call. Nothing is judged then.
pub fn run(
    canaries: &mut Engine,
    builder: &dyn Builder,
    mut told: impl FnMut(&CanaryResult),
) -> Result<Vec<CanaryResult>, CanaryError> {
    let project = Project::load(canaries, BRANCH).map_err(RunError::from)?;
    let source = SourceFile {
        name: "canaries.json",
        text: PLAN,
    };
    let prepared = import::prepare(canaries, &project, &[source], None, None)?;
    import::commit(canaries, &project, &prepared, "canaries.json")?;
    let project = Project::load(canaries, BRANCH).map_err(RunError::from)?;
    // Its commands are ours.
    let ours = trusted::entries(canaries, &project).map_err(RunError::from)?;
    canaries.trust_for_now(&ours);
    let cards = project.cards;
    let mut results = Vec::with_capacity(cards.len());
    for card in cards {
        let begun = canaries.clock.now();
        let finished = one_attempt(canaries, BRANCH, &card.id, builder, builder.author())?;
        let failure = match finished {
            Finish::Landed(_) => None,
            Finish::Failed(failure) => Some(failure.class().to_owned()),
            Finish::Waiting(_) | Finish::InTheWay(_) | Finish::Closed(_) => Some("not_landed".to_owned()),
        };
        let taken = canaries.clock.now().duration_since(begun).as_millis();
        let result = CanaryResult {
            name: name_of(&card.id),
            failure,
            millis: u64::try_from(taken).unwrap_or_default(),
        };
        told(&result);
        results.push(result);
    }
    Ok(results)
}

/// The branch of the canaries' repository.
pub const BRANCH: &str = "main";

/// Records what the canaries came to, with its cost, in the journal of the project.
///
/// # Errors
/// The journal's.
pub fn record(
    engine: &mut Engine,
    canaries: &Engine,
    builder: &dyn Builder,
    by: Actor,
    results: Vec<CanaryResult>,
) -> Result<(), crate::ledger::AppendError> {
    let books = canaries.replay().books();
    let usage = books
        .accounts()
        .iter()
        .fold(Usage::default(), |sum, account| sum.plus(&account.usage));
    engine.record(&[Event::Checked(Checked {
        builder: builder.name().to_owned(),
        model: builder.model().map(str::to_owned),
        by,
        answered_by: books
            .record(builder.name())
            .and_then(|record| record.answered_by.clone()),
        results,
        usage: (!usage.is_unknown()).then_some(usage),
    })])?;
    Ok(())
}

/// `canary-change-a-line` is `change-a-line` for people.
fn name_of(task: &TaskId) -> String {
    task.as_str().trim_start_matches("canary-").to_owned()
}
