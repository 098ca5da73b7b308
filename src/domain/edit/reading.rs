//! How an answer was read, for the record: a rising share of loose matches is an early sign that a model gets worse.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::applied::Applied;
use super::format::Format;
use super::locate::Level;
use super::{Edits, Notice};

/// How an answer was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The formats that it gave its edits in.
    pub formats: Vec<Format>,
    /// The loosest level at which an edit's lines were found.
    pub level: Level,
    /// How many edits looked for lines.
    pub edits: usize,
    /// Remarks, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

impl Reading {
    /// That of edits which were applied.
    pub fn of(edits: &Edits, applied: &Applied) -> Self {
        Self {
            formats: edits.formats.clone(),
            level: applied.level(),
            edits: applied.matches.len(),
            notices: applied.notices.iter().map(Notice::to_string).collect(),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        f.write_str(&names.join(" and "))?;
        if self.edits > 0 {
            write!(f, ", {} edits found {}", self.edits, self.level)?;
        }
        for notice in &self.notices {
            write!(f, "; {notice}")?;
        }
        Ok(())
    }
}
