//! The sections of a packet: what each is about, and the forms that it can shrink to.

use std::fmt;

use serde::Serialize;

use super::tokens::{estimate_tokens, extra_tokens};

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The words of the template itself.
    Prompt,
    /// The card.
    Card,
    /// The text of a file that may be changed.
    File,
    /// The text of another file.
    Excerpt,
    /// What the last attempt failed with.
    Failure,
    /// What is to be done about that.
    Correction,
    /// The Builder's own plan, which it carries out.
    Proposal,
    /// A note from an earlier task.
    Note,
    /// How to answer, with an example.
    AnswerFormat,
}

impl Kind {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Card => "card",
            Self::File => "file",
            Self::Excerpt => "excerpt",
            Self::Failure => "failure",
            Self::Correction => "correction",
            Self::Proposal => "plan",
            Self::Note => "note",
            Self::AnswerFormat => "answer format",
        }
    }
}

/// What became of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// All of it is in the packet.
    Kept,
    /// Less of it is.
    Cut,
    /// None of it is.
    Dropped,
}

/// One form of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its text.
    pub text: String,
    /// What it lacks in an estimate by its bytes, in tokens before any scale.
    pub extra: usize,
    /// What it shows, for people: `whole file`, `lines 1-9 of 80`.
    pub shows: String,
    /// What became of the section where it has this form.
    pub fate: Fate,
}

impl Form {
    /// All of a section.
    pub fn whole(text: String, shows: impl Into<String>) -> Self {
        Self {
            text,
            extra: 0,
            shows: shows.into(),
            fate: Fate::Kept,
        }
    }

    /// Less of it.
    pub fn cut(text: String, shows: impl Into<String>) -> Self {
        Self {
            fate: Fate::Cut,
            ..Self::whole(text, shows)
        }
    }

    /// None of it, but for what the reader is told of that.
    pub fn dropped(text: String) -> Self {
        Self {
            fate: Fate::Dropped,
            ..Self::whole(text, "")
        }
    }

    /// The same, weighed as the text of a file of this name.
    pub fn of_file(self, path: &str) -> Self {
        Self {
            extra: extra_tokens(path, &self.text),
            ..self
        }
    }

    /// Its tokens, before any scale.
    pub fn tokens(&self) -> usize {
        estimate_tokens(&self.text) + self.extra
    }
}

/// A section, with its forms from the whole to the least. The least of a section that must be there is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub kind: Kind,
    /// Which one of its kind: a path, a task.
    pub name: String,
    first: Form,
    smaller: Vec<Form>,
}

impl Section {
    /// A section that is never cut.
    pub fn fixed(kind: Kind, name: impl Into<String>, form: Form) -> Self {
        Self::shrinking(kind, name, form, Vec::new())
    }

    /// A section that may take smaller forms, each smaller than the one before.
    pub fn shrinking(kind: Kind, name: impl Into<String>, first: Form, smaller: Vec<Form>) -> Self {
        Self {
            kind,
            name: name.into(),
            first,
            smaller,
        }
    }

    /// A form by its place: 0 is the whole, and behind the last one it stays the last one.
    pub fn form(&self, place: usize) -> &Form {
        match place {
            0 => &self.first,
            place => self
                .smaller
                .get(place - 1)
                .or(self.smaller.last())
                .unwrap_or(&self.first),
        }
    }

    /// How often it can be made smaller.
    pub fn can_shrink(&self) -> usize {
        self.smaller.len()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "{} {}", self.kind.name(), self.tokens),
            name => write!(f, "{} {name} {}", self.kind.name(), self.tokens),
        }
    }
}

/// What a section came to: a line of `packet --explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// What it is about.
    pub kind: Kind,
    /// Which one of its kind.
    pub name: String,
    /// What is shown of it.
    pub shows: String,
    /// Its tokens in the packet.
    pub tokens: usize,
    /// Its tokens as a whole.
    pub whole: usize,
    /// What became of it.
    pub fate: Fate,
    /// Why it is not there as a whole.
    pub why: Option<String>,
}
