//! The router's vocabulary and table: what follows a failure (design section 5, step 10).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why the Architect is called in. The eight of the seeds, and a person's own wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The Builder failed the same task more than once.
    RepeatedFailure,
    /// Checks fail in a way that the Builder cannot resolve.
    Unresolvable,
    /// The task conflicts with the architecture.
    ArchitectureConflict,
    /// Required files or functions do not exist.
    Missing,
    /// The Builder changed files outside its card, again.
    ScopeViolation,
    /// The Builder relies on systems that do not exist.
    Hallucination,
    /// It works but violates the intent.
    ViolatesIntent,
    /// The card is underspecified, or its verification is too weak.
    Underspecified,
    /// A person asked for it.
    Requested,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RepeatedFailure => "repeated failure",
            Self::Unresolvable => "a failure that the Builder cannot resolve",
            Self::ArchitectureConflict => "conflict with the architecture",
            Self::Missing => "missing files or functions",
            Self::ScopeViolation => "repeated scope violation",
            Self::Hallucination => "reliance on systems that do not exist",
            Self::ViolatesIntent => "works, but violates the intent",
            Self::Underspecified => "underspecified card",
            Self::Requested => "a person asked for it",
        })
    }
}
