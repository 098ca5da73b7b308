//! Claims: who of several machines works on what, and when somebody else may (git mechanics 6).
//!
//! A claim is a ref on the server that moves by compare-and-swap only; its commit's message says whose it is. Two
//! claims are never the same object, or the second push of it would be "up to date" and look like a success. That a
//! holder is dead is seen by its claim standing still for so and so many of the *observer's* seconds; no other
//! machine's clock is asked. A holder that was only slow loses nothing but its work: what it lands is pushed together
//! with its claim, and that push is refused.

mod choice;
mod sighting;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;

pub use choice::in_turn;
pub use sighting::{Sighting, Sightings};

/// The version of the format that is written.
const FORMAT: u32 = 1;

/// The shortest and the longest lease that is believed, in seconds: nobody is hurried, and nobody holds for ever.
const LEASES: std::ops::RangeInclusive<u64> = 2..=7 * 24 * 3600;

/// How long a claim in an unknown format is taken to be held after it was last seen to move.
const UNKNOWN_LEASE: u64 = 3600;

/// How many renewals fit into a lease: two may fail, and the third still comes in time.
const BEATS: u64 = 4;

/// What a claim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The version of this format.
    pub v: u32,
    /// What is claimed: a task, or the turn to land on a branch.
    pub what: String,
    /// Whose journal tells of the work.
    pub writer: WriterId,
    /// The process that holds it: two of one clone are two holders.
    pub holder: String,
    /// The machine, for people.
    pub host: String,
    /// Makes this object unlike every other one.
    pub nonce: String,
    /// After so many seconds without a renewal others may take it over.
    pub lease_seconds: u64,
    /// The work rests and waits for somebody; the claim is not renewed and does not run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
}

impl Claim {
    /// A new claim.
    pub fn new(what: &str, who: &Holder, nonce: String, lease_seconds: u64) -> Self {
        Self {
            v: FORMAT,
            what: what.to_owned(),
            writer: who.writer.clone(),
            holder: who.name.clone(),
            host: who.host.clone(),
            nonce,
            lease_seconds,
            parked: None,
        }
    }

    /// The same claim, resting, for this reason.
    #[must_use]
    pub fn parked(self, why: &str) -> Self {
        Self {
            parked: Some(why.to_owned()),
            ..self
        }
    }

    /// The message of its commit.
    pub fn message(&self) -> String {
        let verb = if self.parked.is_some() { "Park" } else { "Claim" };
        // A claim has texts and numbers only, which always can be written.
        let fields = toml::to_string(self).unwrap_or_default();
        format!("{verb} {}\n\n{fields}", self.what)
    }

    /// Reads a commit's message; `None` where it is no claim, or one of a later format.
    pub fn read(message: &str) -> Option<Self> {
        let (_, fields) = message.split_once("\n\n")?;
        let claim: Self = toml::from_str(fields).ok()?;
        (claim.v == FORMAT).then_some(claim)
    }

    /// How long it holds after it was last seen to move.
    pub fn lease(&self) -> u64 {
        self.lease_seconds.clamp(*LEASES.start(), *LEASES.end())
    }
}

/// After how many seconds a claim with this lease is renewed.
pub fn renewal(lease_seconds: u64) -> u64 {
    (lease_seconds / BEATS).max(1)
}

/// Somebody who claims: one process of one clone on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The clone's name in the journals.
    pub writer: WriterId,
    /// The process.
    pub name: String,
    /// The machine, for people.
    pub host: String,
}

/// How a claim stands for somebody who looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has it.
    Free,
    /// This process has it.
    Mine,
    /// Another process of this clone had or has it; whether it lives is known here by its lock.
    Ours,
    /// Somebody else has it.
    Held {
        /// Seconds until it may be taken over, if it does not move before.
        seconds_left: u64,
    },
    /// Its holder has not renewed it in time.
    Lapsed,
    /// Its holder left it to wait for somebody.
    Parked,
}

/// How a claim stands. `found` is what its ref's commit says, where there is one: `None` inside for a message that
/// cannot be read, which is somebody's of a later version.
pub fn standing(found: Option<Option<&Claim>>, still_seconds: u64, me: &Holder) -> Standing {
    let Some(claim) = found else {
        return Standing::Free;
    };
    let lease = claim.map_or(UNKNOWN_LEASE, Claim::lease);
    match claim {
        Some(claim) if claim.writer == me.writer && claim.parked.is_some() => Standing::Ours,
        Some(claim) if claim.writer == me.writer && claim.holder == me.name => Standing::Mine,
        Some(claim) if claim.writer == me.writer => Standing::Ours,
        Some(claim) if claim.parked.is_some() => Standing::Parked,
        // Seconds are whole ones: one more than the lease is a lease at least.
        _ if still_seconds > lease => Standing::Lapsed,
        _ => Standing::Held {
            seconds_left: lease + 1 - still_seconds,
        },
    }
}
