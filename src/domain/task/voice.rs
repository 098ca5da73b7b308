//! Voices: whose rows they are, seen from one clone, and how much each may say there.
//!
//! Until decisions are signed, a name in a row of another clone proves nothing: whoever may push could have written it.
//! So another clone tells of its own attempts, and decides nothing here unless this clone's user said that it may.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;

/// How far a counter of another clone may be ahead of all that is known here. An honest one is ahead by the rows that were
/// not taken in; one that counts further would leave no room behind it.
pub const AHEAD: u64 = 1 << 32;

/// Who speaks in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// This clone.
    Own,
    /// Another clone, whose decisions count here because this clone's user said so.
    Believed,
    /// Another clone.
    Other,
}

impl Voice {
    /// Whether what it decides counts here.
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Other)
    }
}

/// The writers of other clones. Everybody else writes here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voices(BTreeMap<WriterId, Voice>);

impl Voices {
    /// Of the writers of other clones, each with whether it is believed.
    pub fn of_others(others: impl IntoIterator<Item = (WriterId, bool)>) -> Self {
        let voice = |believed| if believed { Voice::Believed } else { Voice::Other };
        Self(others.into_iter().map(|(writer, is)| (writer, voice(is))).collect())
    }

    /// Who a writer is here.
    pub fn of(&self, writer: &WriterId) -> Voice {
        self.0.get(writer).copied().unwrap_or(Voice::Own)
    }

    /// The highest counter that counts, after one and these of rows, in any order.
    pub fn highest<'a>(&self, from: u64, rows: impl IntoIterator<Item = (u64, &'a WriterId)>) -> u64 {
        let mut rows: Vec<(u64, &WriterId)> = rows.into_iter().collect();
        rows.sort_unstable();
        let admitted = |highest: u64, (at, writer): (u64, &WriterId)| match self.admits(highest, at, writer) {
            true => highest.max(at),
            false => highest,
        };
        rows.into_iter().fold(from, admitted)
    }

    /// Whether a counter is one that follows the highest so far.
    pub fn admits(&self, highest: u64, at: u64, writer: &WriterId) -> bool {
        self.of(writer) == Voice::Own || at <= highest.saturating_add(AHEAD)
    }
}
