//! The circuit breaker of a model's server: after faults in a row that nobody's work is to blame for, it is left alone
//! for a while and then tried once. Quality is not its business.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Faults in a row that open it; each was tried again by itself already.
const FAULTS: u32 = 3;

/// The first time that it stays open.
const FIRST: SignedDuration = SignedDuration::from_secs(60);

/// The longest, unless the server asks for more.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// Whether a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "circuit")]
pub enum Circuit {
    /// It is.
    Closed {
        /// Faults in a row.
        faults: u32,
    },
    /// It is left alone.
    Open {
        /// Until then.
        until: Timestamp,
        /// How long that is, in seconds; doubled by each probe that fails.
        seconds: i64,
    },
    /// One call is under way to see whether it is back.
    Probing {
        /// How long it was left alone, in seconds.
        seconds: i64,
    },
    /// It is left alone for the rest of the run: no waiting helps.
    Shut,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { faults: 0 }
    }
}

/// How a call ended, as far as the server is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It answered, be it well or badly.
    Answered,
    /// It failed, and may be back later; after this many seconds where it says so.
    Failed {
        /// What it asks for.
        wait_seconds: Option<u32>,
    },
    /// It does not accept us: key or quota.
    TurnedAway,
}

impl Circuit {
    /// Whether to make a call now, and how things stand then.
    #[must_use]
    pub fn ask(self, now: Timestamp) -> (bool, Self) {
        match self {
            Self::Closed { .. } => (true, self),
            Self::Open { until, seconds } if now >= until => (true, Self::Probing { seconds }),
            Self::Open { .. } | Self::Probing { .. } | Self::Shut => (false, self),
        }
    }

    /// After a call.
    #[must_use]
    pub fn after(self, call: Call, now: Timestamp) -> Self {
        match (self, call) {
            (Self::Shut, _) | (_, Call::TurnedAway) => Self::Shut,
            (Self::Closed { .. } | Self::Probing { .. }, Call::Answered) => Self::default(),
            (Self::Closed { faults }, Call::Failed { wait_seconds }) if faults + 1 >= FAULTS => {
                Self::open(FIRST, wait_seconds, now)
            }
            (Self::Closed { faults }, Call::Failed { .. }) => Self::Closed { faults: faults + 1 },
            (Self::Probing { seconds }, Call::Failed { wait_seconds }) => {
                let doubled = SignedDuration::from_secs(seconds.saturating_mul(2)).min(LONGEST);
                Self::open(doubled, wait_seconds, now)
            }
            // A call that was under way when another one opened it.
            (Self::Open { .. }, Call::Answered | Call::Failed { .. }) => self,
        }
    }

    fn open(own: SignedDuration, wish: Option<u32>, now: Timestamp) -> Self {
        let wish = SignedDuration::from_secs(i64::from(wish.unwrap_or_default()));
        let pause = own.max(wish);
        Self::Open {
            until: now.checked_add(pause).unwrap_or(Timestamp::MAX),
            // Doubled from our own time: one long wish is not the measure of the next fault.
            seconds: own.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    const FAILED: Call = Call::Failed { wait_seconds: None };

    fn open(until: i64, seconds: i64) -> Circuit {
        Circuit::Open {
            until: at(until),
            seconds,
        }
    }

    #[test]
    fn every_step() {
        let closed = |faults| Circuit::Closed { faults };
        let wish = |seconds| Call::Failed {
            wait_seconds: Some(seconds),
        };
        for (from, call, wanted) in [
            (closed(0), Call::Answered, closed(0)),
            (closed(0), FAILED, closed(1)),
            (closed(1), FAILED, closed(2)),
            (closed(2), Call::Answered, closed(0)),
            (closed(2), FAILED, open(1060, 60)),
            (closed(2), wish(10), open(1060, 60)),
            (closed(2), wish(600), open(1600, 60)),
            (Circuit::Probing { seconds: 60 }, Call::Answered, closed(0)),
            (Circuit::Probing { seconds: 60 }, FAILED, open(1120, 120)),
            (Circuit::Probing { seconds: 800 }, FAILED, open(1900, 900)),
            (Circuit::Probing { seconds: i64::MAX }, FAILED, open(1900, 900)),
            (Circuit::Probing { seconds: 60 }, wish(3600), open(4600, 120)),
            (open(9, 60), FAILED, open(9, 60)),
            (open(9, 60), Call::Answered, open(9, 60)),
            (closed(0), Call::TurnedAway, Circuit::Shut),
            (open(9, 60), Call::TurnedAway, Circuit::Shut),
            (Circuit::Probing { seconds: 60 }, Call::TurnedAway, Circuit::Shut),
            (Circuit::Shut, Call::Answered, Circuit::Shut),
        ] {
            assert_eq!(from.after(call, at(1000)), wanted, "{from:?} {call:?}");
        }
    }

    #[test]
    fn after_its_time_one_call_is_let_through_and_no_second_one() {
        let opened = open(60, 60);
        assert_eq!(opened.ask(at(59)), (false, opened));
        let (asked, probing) = opened.ask(at(60));
        assert!(asked);
        assert_eq!(probing, Circuit::Probing { seconds: 60 });
        assert_eq!(probing.ask(at(61)), (false, probing));
        assert_eq!(Circuit::Shut.ask(at(1_000_000)), (false, Circuit::Shut));
        assert!(Circuit::default().ask(at(0)).0);
    }
}
