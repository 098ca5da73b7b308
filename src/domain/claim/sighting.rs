//! Sightings: since when a claim has stood still before one's own eyes, by one's own clock: one that nobody can set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::oid::CommitId;

/// A claim as it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Where its ref stood.
    pub commit: CommitId,
    /// When it was first seen there, in steady seconds.
    pub since: u64,
}

/// Every claim that was there at the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings(BTreeMap<String, Sighting>);

impl Sightings {
    /// Takes in what stands on the server now. A claim that moved, or came back, is seen for the first time.
    #[must_use]
    pub fn look<'a>(self, now: u64, claims: impl IntoIterator<Item = (&'a str, CommitId)>) -> Self {
        let known = self.0;
        let seen = claims.into_iter().map(|(what, commit)| {
            let since = match known.get(what) {
                // The machine was started anew: what went before is longer ago than its clock can tell.
                Some(sighting) if sighting.commit == commit => sighting.since.min(now),
                _ => now,
            };
            (what.to_owned(), Sighting { commit, since })
        });
        Self(seen.collect())
    }

    /// For how many seconds a claim has stood still.
    pub fn still_seconds(&self, what: &str, now: u64) -> u64 {
        self.0
            .get(what)
            .map_or(0, |sighting| now.saturating_sub(sighting.since))
    }
}
