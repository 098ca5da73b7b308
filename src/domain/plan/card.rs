//! A task card: what to do, which files it may touch, how it is verified (design section 3).
//!
//! This is the meaning of a card, whatever format it was written in. Its identity is the blob id of its file in
//! `.harness/tasks/`, which the type does not hold: that belongs to the tree it was read from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::check::Check;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::path::RepoPath;

/// Whether a Builder says what it will do before it does it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanFirst {
    /// It does not.
    #[default]
    None,
    /// Its plan is checked.
    Check,
    /// Its plan is checked, and a person agrees to it.
    Approve,
}

impl PlanFirst {
    /// The words of cards and configurations.
    pub const WORDS: [(&'static str, Self); 3] =
        [("none", Self::None), ("check", Self::Check), ("approve", Self::Approve)];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Check => "check",
            Self::Approve => "approve",
        }
    }
}

/// Who has to look at a verified change before it lands, beside the lane's gates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Review {
    /// Nobody.
    #[default]
    None,
    /// A person other than the author.
    Person,
}

/// A read-only excerpt for the packet: `path` or `path:first-last`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContextRef {
    /// The file.
    pub path: RepoPath,
    /// The first and last line, from 1, both included; the whole file without.
    pub lines: Option<(u32, u32)>,
}

/// One entry of `verify` as the card wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardCheck {
    /// A name of `[checks.<name>]` where the configuration has it, else a command line.
    Text(String),
    /// A check written out in the card.
    Inline(Check),
}

impl CardCheck {
    /// The check that is meant, given the configuration's named checks.
    pub fn resolve(&self, named: &BTreeMap<String, Check>) -> Check {
        match self {
            Self::Text(text) => named
                .get(text)
                .cloned()
                .unwrap_or_else(|| Check::from_command(text.clone())),
            Self::Inline(check) => check.clone(),
        }
    }
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its id.
    pub id: TaskId,
    /// One line, for people and the commit's subject.
    pub title: String,
    /// The plan it belongs to.
    pub plan: PlanId,
    /// The name of its lane.
    pub lane: String,
    /// Smaller goes first among ready cards; plan order decides ties.
    pub priority: i64,
    /// Tasks that must be complete before this one.
    pub depends_on: Vec<TaskId>,
    /// Allowed files: gitignore-style globs in which `*` does not match `/`.
    pub files: Vec<String>,
    /// Read-only excerpts for the packet.
    pub context: Vec<ContextRef>,
    /// How it is verified.
    pub verify: Vec<CardCheck>,
    /// Who looks at it before it lands.
    pub review: Review,
    /// Whether its Builder says what it will do first; the lane decides without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_first: Option<PlanFirst>,
    /// The Builder to use instead of the role's.
    pub model: Option<String>,
    /// Attempts after the first in a round; the lane decides without.
    pub retries: Option<u32>,
    /// How many tests fewer than at the base may pass, in each check.
    pub tests_removed: u32,
    /// Free words, such as `migration`, that policies may look at.
    pub labels: Vec<String>,
    /// What is to be reached.
    pub objective: String,
    /// What to do.
    pub instructions: String,
    /// What must hold or must not be done, one entry each.
    pub constraints: Vec<String>,
    /// When it is done, one entry each.
    pub definition_of_done: Vec<String>,
    /// When to stop; empty when the card has none.
    pub stop_condition: String,
}

/// The part of a card that the queue needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardHead {
    /// Its id.
    pub id: TaskId,
    /// One line for people.
    pub title: String,
    /// The plan it belongs to.
    pub plan: PlanId,
    /// Smaller goes first.
    pub priority: i64,
    /// Tasks that must be complete before it.
    pub depends_on: Vec<TaskId>,
}

impl From<&Card> for CardHead {
    fn from(card: &Card) -> Self {
        Self {
            id: card.id.clone(),
            title: card.title.clone(),
            plan: card.plan.clone(),
            priority: card.priority,
            depends_on: card.depends_on.clone(),
        }
    }
}
