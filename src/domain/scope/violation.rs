//! Why a path may not be taken from a Builder, as a value that rows, packets and people read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A symbolic link, as a violation names it.
pub const LINK: &str = "a symbolic link";
/// A submodule's commit.
pub const GITLINK: &str = "another repository's commit";
/// A file that git would take for its own in a repository that lies in the tree.
pub const PART_OF_REPOSITORY: &str = "part of another git repository";

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
        /// Where, from 1; 0 is the path itself.
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

impl Violation {
    /// What somebody can do about it, where the card or the policy has a way; `None` where only another change helps.
    pub fn way_out(&self) -> Option<String> {
        let path = &self.path;
        let outside = "commit it outside of a task";
        Some(match &self.rule {
            Rule::OutsideCard => format!("the card does not name {path}: git harness plan edit adds it to `files`"),
            Rule::Protected { pattern } if pattern.starts_with(".harness") => {
                "no card opens the harness's own files: git harness plan edit changes cards".to_owned()
            }
            Rule::Protected { .. } => {
                format!("no glob opens {path}: the card names it exactly, in a lane that opens protected files")
            }
            Rule::NotRegular { what } if what == LINK => {
                format!("a card that names {path} exactly may make it a link to a file of this repository")
            }
            Rule::NotRegular { what } if what == GITLINK => {
                format!("a card that names {path} exactly, and .gitmodules where that changes, may move a submodule")
            }
            Rule::NotRegular { what } if what == PART_OF_REPOSITORY => format!(
                "in a repository that the base holds a card may name {path} exactly; a new one is no card's: {outside}"
            ),
            Rule::NotRegular { .. } | Rule::Unreadable { .. } | Rule::Conversion { .. } => return None,
            Rule::Name { .. } => {
                format!("no card may bring a name that not every system can have: rename it, or {outside}")
            }
            Rule::Collision { with } => format!("rename it, or take {with} away in the same change"),
            Rule::Secret { line: 0, .. } => "rename it".to_owned(),
            Rule::Secret { .. } => format!(
                "take it out; a test's fixture may stay where [policy] allowed_secrets has \"DIGEST {path}\", the digest as \
                 `git hash-object` tells it"
            ),
            Rule::Limit { what } if what.contains("policy.") => {
                "make the card smaller, or raise the limit in .harness/config.toml".to_owned()
            }
            Rule::Limit { .. } => format!("make it smaller, or {outside}"),
        })
    }
}

/// What somebody can do about violations, each way once and the most urgent three.
pub fn ways_out(violations: &[Violation]) -> Vec<String> {
    let mut ways: Vec<(std::mem::Discriminant<Rule>, String)> = Vec::new();
    for violation in violations {
        let kind = std::mem::discriminant(&violation.rule);
        if ways.len() < MOST_WAYS
            && !ways.iter().any(|(known, _)| *known == kind)
            && let Some(way) = violation.way_out()
        {
            ways.push((kind, way));
        }
    }
    ways.into_iter().map(|(_, way)| way).collect()
}

/// The most ways out that are told.
const MOST_WAYS: usize = 3;

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
            Rule::Secret { kind, line: 0 } => write!(f, "{path}: its name holds a secret ({kind})"),
            Rule::Secret { kind, line } => write!(f, "{path}: line {line} holds a secret ({kind})"),
            Rule::Limit { what } => write!(f, "{path}: {what}"),
            Rule::Conversion { why } => write!(f, "{path}: {why}"),
        }
    }
}
