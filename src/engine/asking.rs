//! Asking: how a Builder is to give its work, and in which format where it answers with text.

use crate::config::AnswerMode;
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::packet::{AnswerFormat, Excerpt};
use crate::domain::plan::card::Card;

use super::builder::Builder;

/// How a Builder is to give its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// By committing in their own worktree.
    Commit,
    /// By saying what it will do, before it does it.
    Proposal,
    /// By editing the files in its folder.
    InPlace,
    /// With text, in this format if the configuration names one.
    Text(Option<Format>),
}

impl Asking {
    /// What a Builder that works by itself is asked for.
    pub fn of(builder: &dyn Builder) -> Self {
        match builder.answers_with() {
            _ if builder.is_person() => Self::Commit,
            AnswerMode::Files => Self::InPlace,
            AnswerMode::Stdout => Self::Text(builder.edits()),
        }
    }

    /// What the packet says of it: `excerpts` show the files that may be changed, `previous` is what failed before.
    pub fn answer(self, card: &Card, excerpts: &[Excerpt], previous: Option<&Failure>) -> AnswerFormat {
        match self {
            Self::Commit => AnswerFormat::Commit,
            Self::Proposal => AnswerFormat::Proposal,
            Self::InPlace => AnswerFormat::EditsInPlace,
            Self::Text(wanted) => {
                let changeable = excerpts.iter().filter(|excerpt| card.files.contains(&excerpt.path));
                let longest = changeable.map(Excerpt::lines).max().unwrap_or_default();
                let form_failed = matches!(previous, Some(Failure::Answer { form: true, .. }));
                AnswerFormat::Text(Format::to_ask_for(wanted, longest, form_failed))
            }
        }
    }
}
