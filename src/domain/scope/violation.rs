//! Why a path may not be taken from a Builder, as a value that rows, packets and people read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The rule that a path breaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// No allowed glob of the card matches it.
    OutsideCard,
    /// It is protected, and the card does not open it by its exact name (or its lane forbids that).
    Protected {
        /// The protected pattern that matches.
        pattern: String,
    },
    /// It is not a regular file: a link, a device, a socket, another repository, …
    NotRegular {
        /// What it is.
        what: String,
    },
    /// It was left so that nobody can read it.
    Unreadable {
        /// What the system says.
        why: String,
    },
    /// Its name cannot be carried to every machine, or deceives the eye.
    Name {
        /// What is wrong with it.
        why: String,
    },
    /// Another path of the resulting tree is the same on some file systems.
    Collision {
        /// The other path.
        with: String,
    },
    /// It holds a secret that the base does not.
    Secret {
        /// What it looks like, or `known` where its value is.
        kind: String,
        /// Where, from 1.
        line: usize,
    },
    /// A limit on size or number.
    Limit {
        /// Which limit, and what was found.
        what: String,
    },
    /// It cannot be stored as git would store it.
    Conversion {
        /// Why not, and what to do.
        why: String,
    },
}

/// One path that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Violation {
    /// The path as text; what is not UTF-8 in it is replaced.
    pub path: String,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.rule {
            Rule::OutsideCard => write!(f, "{path}: outside the card's allowed files"),
            Rule::Protected { pattern } => write!(f, "{path}: protected ({pattern})"),
            Rule::NotRegular { what } => write!(f, "{path}: {what}, not a regular file"),
            Rule::Unreadable { why } => write!(f, "{path}: cannot be read ({why})"),
            Rule::Name { why } => write!(f, "{path}: {why}"),
            Rule::Collision { with } => {
                write!(f, "{path}: the same as {with} on some file systems")
            }
            Rule::Secret { kind, line } => write!(f, "{path}: line {line} holds a secret ({kind})"),
            Rule::Limit { what } => write!(f, "{path}: {what}"),
            Rule::Conversion { why } => write!(f, "{path}: {why}"),
        }
    }
}
