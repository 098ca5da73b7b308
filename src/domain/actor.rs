//! Who did something: a person, a Builder, the Architect, or the harness itself.
//!
//! The author of a change is whoever made the attempt, not the git identity of the commit (design section 5,
//! step 7), so an author is an actor.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Someone who can be held to account for a step.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Actor {
    /// A person, as git knows them: `Name <address>`.
    Person(String),
    /// A Builder by its name in the configuration, or the command given to `exec`.
    Builder(String),
    /// An Architect by its name in the configuration.
    Architect(String),
    /// A reviewer by its name in the configuration.
    Reviewer(String),
    /// The harness, following its own rules.
    Harness,
}

impl Actor {
    /// Whether it is a person.
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Person(_))
    }

    /// Whether it is the same one: a person is known by their address, however they write their name.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person(one), Self::Person(other)) => {
                one == other || address(one).is_some_and(|address| Some(address) == self::address(other))
            }
            _ => self == other,
        }
    }
}

/// The address in `Name <address>`.
fn address(person: &str) -> Option<String> {
    let (_, rest) = person.rsplit_once('<')?;
    let address = rest.strip_suffix('>')?.trim();
    (!address.is_empty()).then(|| address.to_lowercase())
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => f.write_str(name),
            Self::Builder(name) => write!(f, "Builder {name}"),
            Self::Architect(name) => write!(f, "Architect {name}"),
            Self::Reviewer(name) => write!(f, "reviewer {name}"),
            Self::Harness => f.write_str("git-harness"),
        }
    }
}
