//! Supply: what all who work in this process share of the models: the purse that pays for calls, and the circuit
//! breakers of their servers. It lives as long as the process; what outlasts it is in the journal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::domain::breaker::{Call, Circuit};

use super::purse::Purse;

/// What is shared.
#[derive(Debug, Default)]
pub struct Supply {
    /// What pays for calls.
    pub purse: Purse,
    circuits: Mutex<BTreeMap<String, Circuit>>,
}

impl Supply {
    /// How a Builder's server stands.
    pub fn circuit(&self, builder: &str) -> Circuit {
        self.circuits(|circuits| circuits.get(builder).copied().unwrap_or_default())
    }

    /// Somebody is about to ask it.
    pub fn asking(&self, builder: &str, circuit: Circuit) {
        self.circuits(|circuits| circuits.insert(builder.to_owned(), circuit));
    }

    /// How a call to it ended.
    pub fn heard(&self, builder: &str, call: Call, now: Timestamp) {
        self.circuits(|circuits| {
            let circuit = circuits.entry(builder.to_owned()).or_default();
            *circuit = circuit.after(call, now);
        });
    }

    fn circuits<T>(&self, with: impl FnOnce(&mut BTreeMap<String, Circuit>) -> T) -> T {
        // Each change of it is whole, whatever became of whoever made it.
        with(&mut self.circuits.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
