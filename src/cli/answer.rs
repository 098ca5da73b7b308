//! `escalate --answer`: a person answers in the Architect's place.

use crate::domain::actor::Actor;
use crate::domain::packet::answer::read_architect;
use crate::domain::plan::card::Card;
use crate::engine::project::Project;
use crate::engine::{Engine, recover, trusted};

use super::context::{print, told_of_trust};
use super::error::CliError;
use super::exit::Exit;

/// Applies a person's answer, and trusts the commands that it brings. One that cannot be read is a slip of theirs, and
/// changes nothing.
pub fn answer(
    engine: &mut Engine,
    project: &Project,
    card: &Card,
    person: &Actor,
    text: &str,
) -> Result<Exit, CliError> {
    read_architect(text).map_err(|error| {
        CliError::new(Exit::Usage, format!("the answer cannot be applied: {error}")).hint(format!(
            "nothing was changed; the end of `git harness packet {}` says what an answer has",
            card.id
        ))
    })?;
    let before = trusted::entries(engine, project)?;
    recover::apply_answer(engine, project, card, person, text, None)?;
    let project = Project::load(engine, &project.target)?;
    let written = project
        .card(&card.id)
        .map(|card| trusted::of_card(&project.config, card));
    trusted::wrote(engine, &written.unwrap_or_default(), &before)?;
    print(&format!("{} is answered; `git harness run` goes on with it\n", card.id))?;
    print(&told_of_trust(engine, &project)?)?;
    Ok(Exit::Done)
}
