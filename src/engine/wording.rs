//! Wording: what the project's own commit-msg hook says to the message of a landing that the harness makes, so that a
//! `Change-Id` and the like are there whoever commits.

use crate::config::CommitHooks;
use crate::domain::commit_message::{Parted, Style};
use crate::domain::plan::card::Card;
use crate::git::{GitError, WriteError};

use super::Engine;
use super::accept::Accepted;
use super::land::LandError;
use super::making::{self, Making};
use super::project::Project;
use super::record;

/// The message once the project's hook has seen it, with our trailers as its last paragraph in any case.
pub(super) fn heard(
    engine: &Engine,
    project: &Project,
    card: &Card,
    accepted: &Accepted,
    message: String,
    is_attended: bool,
) -> Result<String, LandError> {
    let is_asked = match project.config.commit.hooks {
        CommitHooks::All => true,
        CommitHooks::Attended => is_attended,
        CommitHooks::None => false,
    };
    if !is_asked || !engine.git.has_message_hook() {
        return Ok(message);
    }
    let row = accepted.row();
    let block = record::landing_trailers(engine, project, card, accepted);
    // Our own hook is called, too, and has to know whose trailers these are.
    making::keep(
        engine,
        &Making {
            task: row.task.clone(),
            head: row.parent,
            tree: row.tree,
            on: vec![row.parent],
            block: Some(block.clone()),
            handed: None,
            or: None,
            lacks: None,
        },
    )?;
    let shown = engine.git.shown_to_message_hook(message.as_bytes());
    making::forget(engine)?;
    let bytes = match shown {
        Ok(bytes) => bytes,
        Err(WriteError::Git(GitError::Status { stderr, .. })) => return Err(LandError::Hook(stderr)),
        Err(error) => return Err(error.into()),
    };
    let parted = Parted::of(&bytes, Style::as_given(false), &block);
    if parted.is_empty() || !parted.foreign.is_empty() {
        return Err(LandError::Hook(
            "it left no message, or lines of the harness that are not".to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&parted.finished(block.as_bytes())).into_owned())
}
