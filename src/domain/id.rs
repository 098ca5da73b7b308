//! Names of tasks, plans, attempts and writers, each with one checked constructor (design section 3).
//!
//! A name is checked once, where it enters; from then on its type is the proof. Ids become file names and ref
//! names, so the grammar is the meeting of what TOML, git refs, Windows and URLs allow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest id, in bytes.
pub const MAX_ID_BYTES: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("an id may not be empty")]
    Empty,
    /// More than [`MAX_ID_BYTES`] bytes.
    #[error("`{0}` is longer than {MAX_ID_BYTES} bytes")]
    TooLong(String),
    /// A character, or a place for one, that the grammar does not have.
    #[error(
        "`{0}` is not an id: use letters, digits, `_`, `-`, and single dots inside, and begin with a letter or digit"
    )]
    Grammar(String),
    /// Ends in `.lock` (git refuses such refs) or `.toml` (the record's own ending).
    #[error("`{0}` may not end in `.lock` or `.toml`")]
    Ending(String),
    /// A device name on Windows (`con`, `nul`, `com1`, …), which cannot be a file there.
    #[error("`{0}` is a device name on Windows and cannot be a file there")]
    Device(String),
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong(text.to_owned()));
    }
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if !text.as_bytes()[0].is_ascii_alphanumeric() || !text.split('.').all(word) {
        return Err(IdError::Grammar(text.to_owned()));
    }
    let folded = text.to_ascii_lowercase();
    if folded.ends_with(".lock") || folded.ends_with(".toml") {
        return Err(IdError::Ending(text.to_owned()));
    }
    let stem = folded.split('.').next().unwrap_or_default();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|digit| digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit())
    };
    if matches!(stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt") {
        return Err(IdError::Device(text.to_owned()));
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the text against the grammar of design section 3.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                check(&text).map(|()| Self(text))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form in which two ids that differ only in case are the same; ids are unique in it.
            pub fn folded(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// The id of a task and of its card.
    ///
    /// ```compile_fail
    /// use git_harness::domain::id::{PlanId, TaskId};
    /// let task: TaskId = PlanId::new("game").unwrap(); // a plan is not a task
    /// ```
    TaskId
);
name!(
    /// The id of a plan.
    PlanId
);
name!(
    /// A random name for one clone's journal (design section 4).
    WriterId
);

impl TaskId {
    /// The repository path of this task's card.
    pub fn card_path(&self) -> String {
        format!(".harness/tasks/{self}.md")
    }

    /// The repository path of this task's tracked record.
    pub fn record_path(&self) -> String {
        format!(".harness/ledger/{self}.toml")
    }
}

impl PlanId {
    /// The repository path of this plan's blueprint.
    pub fn blueprint_path(&self) -> String {
        format!(".harness/plans/{self}.md")
    }
}

/// One dispatch of one card: `<writer>-<n>`, never given twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId {
    /// Whose journal recorded the dispatch.
    pub writer: WriterId,
    /// The writer's own count of dispatches, from 1.
    pub n: u64,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.writer, self.n))
    }
}

impl FromStr for AttemptId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let bad = || IdError::Grammar(text.to_owned());
        let (writer, n) = text.rsplit_once('-').ok_or_else(bad)?;
        Ok(Self {
            writer: writer.parse()?,
            n: n.parse().map_err(|_| bad())?,
        })
    }
}

impl Serialize for AttemptId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AttemptId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_design_are_taken() {
        for good in ["game-04", "0x01", "a", "web.v2.login_1", "A-B", "command1"] {
            assert_eq!(TaskId::new(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_a_file_or_a_ref_is_refused() {
        for bad in [
            "", "-a", ".a", "a.", "a..b", "a b", "a/b", "é", "a.lock", "A.TOML", "con", "NUL", "com1.x", "aux.b",
        ] {
            assert!(TaskId::new(bad).is_err(), "{bad} was taken");
        }
        assert!(TaskId::new("x".repeat(65)).is_err());
        assert!(TaskId::new("x".repeat(64)).is_ok());
    }

    #[test]
    fn an_attempt_id_survives_print_and_parse() {
        let id: AttemptId = "w-7f3a-12".parse().unwrap();
        assert_eq!((id.writer.as_str(), id.n), ("w-7f3a", 12));
        assert_eq!(id.to_string(), "w-7f3a-12");
        assert!("12".parse::<AttemptId>().is_err());
    }
}
