//! The door: everything that a commit of the harness puts below `.harness/` goes through here. It is cleaned, and read back
//! by the reader that every later command uses; what that cannot read, or reads as something else, is not written.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::card::Card;
use crate::domain::plan::clean;
use crate::domain::plan::format::card_md::{parse_card, render_card};
use crate::domain::plan::format::plan_file::parse_plan_file;

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Nobody could read it afterwards.
    #[error("{file} could not be read again: {}", .diagnostics.first().map(|one| one.message.as_str()).unwrap_or_default())]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// It would be read as something else than it was meant for.
    #[error("{file} would be read otherwise than it was meant: its {part}")]
    Otherwise {
        /// The file.
        file: String,
        /// What of it.
        part: &'static str,
    },
    /// It holds what nobody sees.
    #[error("{file} holds characters that act on a terminal or turn the reading direction")]
    Hidden {
        /// The file.
        file: String,
    },
}

/// A file that may be committed below `.harness/`. Made here and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    path: String,
    text: String,
}

impl Filed {
    /// Where it goes.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A card. Its texts are clean (`clean::card`), else it is refused.
///
/// # Errors
/// See [`DoorError`].
pub fn card(card: &Card) -> Result<Filed, DoorError> {
    let file = card.id.card_path();
    let text = render_card(card);
    if !clean::is_clean(&text) {
        return Err(DoorError::Hidden { file });
    }
    let read = parse_card(&file, &text).map_err(|diagnostics| DoorError::Unreadable {
        file: file.clone(),
        diagnostics,
    })?;
    let parts = [
        (read.objective.trim() == card.objective.trim(), "objective"),
        (read.instructions.trim() == card.instructions.trim(), "instructions"),
        (
            read.stop_condition.trim() == card.stop_condition.trim(),
            "stop condition",
        ),
        (read.files == card.files, "files"),
        (read.verify == card.verify, "checks"),
        (
            read.constraints.is_empty() == card.constraints.is_empty(),
            "constraints",
        ),
        (
            read.definition_of_done.is_empty() == card.definition_of_done.is_empty(),
            "definition of done",
        ),
    ];
    match parts.into_iter().find(|(same, _)| !same) {
        Some((_, part)) => Err(DoorError::Otherwise { file, part }),
        None => Ok(Filed { path: file, text }),
    }
}

/// Any other file: a plan is read back, too; what was given is kept without what acts.
///
/// # Errors
/// See [`DoorError`].
pub fn file(path: &str, given: &str) -> Result<Filed, DoorError> {
    let text = clean::text(given);
    let unreadable = |diagnostics| DoorError::Unreadable {
        file: path.to_owned(),
        diagnostics,
    };
    let is_in = |folder: &str| path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
    if is_in(".harness/tasks/") {
        parse_card(path, &text).map_err(unreadable)?;
    } else if is_in(".harness/plans/") {
        parse_plan_file(path, &text).map_err(unreadable)?;
    }
    Ok(Filed {
        path: path.to_owned(),
        text,
    })
}
