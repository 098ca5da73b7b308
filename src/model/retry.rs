//! Trying again: how often and after how long is decided here, purely; waiting is cut short when the user stops.

use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Clock;

use super::fault::{Action, Fault, ProviderError};
use super::{Answer, Provider, Request, Surroundings};

/// How often a stop by the user is looked for.
const TICK: Duration = Duration::from_millis(50);

/// How long to wait between two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Before the second call; doubled before each further one.
    pub first: Duration,
    /// The longest wait of our own choice.
    pub longest: Duration,
    /// The longest wait that a server may ask for; for more, the task waits and not the call.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(8),
            patience: Duration::from_secs(120),
        }
    }
}

impl Pace {
    /// How long to wait after a fault before the next call; `None` where there is none. `made` counts the calls so
    /// far, `chance` is a number below 1000 that spreads callers out: up to a quarter of our own wait is left away.
    pub fn wait(&self, fault: &Fault, made: u32, chance: u32) -> Option<Duration> {
        let Action::Retry { at_least, most } = fault.action() else {
            return None;
        };
        if made > most || at_least.is_some_and(|wish| wish > self.patience) {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << made.saturating_sub(1).min(16));
        let own = doubled.min(self.longest);
        let own = own - own / 4 * chance.min(999) / 1000;
        Some(own.max(at_least.unwrap_or_default()))
    }
}

/// Asks until there is an answer, or no further call helps. The meter is asked before each call, and told of each.
///
/// # Errors
/// The last call's.
pub fn complete(
    provider: &dyn Provider,
    request: &Request,
    pace: &Pace,
    around: &Surroundings,
) -> Result<Answer, ProviderError> {
    let mut made = 0;
    loop {
        around.meter.before().map_err(|why| Fault::Withheld { why })?;
        made += 1;
        let mut error = match provider.complete(request, around) {
            Ok(answer) => {
                around.meter.answered(&answer.usage, answer.text.len() as u64);
                return Ok(answer);
            }
            Err(error) => error,
        };
        around.meter.failed(&error);
        let Some(wait) = pace.wait(&error.fault, made, chance(around.clock)) else {
            return Err(error);
        };
        if !pause(wait, around) {
            error.fault = Fault::Cancelled;
            return Err(error);
        }
    }
}

/// A number below 1000.
fn chance(clock: &dyn Clock) -> u32 {
    let number = |byte: u8| char::from(byte).to_digit(36).unwrap_or_default();
    let name = clock.random_name(2);
    name.bytes().fold(0, |sum, byte| sum * 36 + number(byte)) * 1000 / (36 * 36)
}

/// Waits; false where the user stopped it.
fn pause(wait: Duration, around: &Surroundings) -> bool {
    let until = Instant::now() + wait;
    loop {
        if around.cancel.is_cancelled() {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(TICK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        first: Duration::from_millis(400),
        longest: Duration::from_millis(1000),
        patience: Duration::from_secs(2),
    };

    fn limited(wait: Option<u64>) -> Fault {
        Fault::RateLimited {
            wait: wait.map(Duration::from_millis),
            said: String::new(),
        }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_the_server_may_ask_for_more() {
        for (fault, made, chance, wanted) in [
            (limited(None), 1, 0, Some(400)),
            (limited(None), 2, 0, Some(800)),
            (limited(None), 3, 0, Some(1000)),
            (limited(None), 5, 0, Some(1000)),
            (limited(None), 6, 0, None),
            (limited(None), 1, 500, Some(350)),
            (limited(Some(1500)), 1, 500, Some(1500)),
            (limited(Some(10)), 1, 0, Some(400)),
            (limited(Some(2001)), 1, 0, None),
            (Fault::Transient { why: String::new() }, 3, 0, Some(1000)),
            (Fault::Transient { why: String::new() }, 4, 0, None),
            (Fault::Auth { said: String::new() }, 1, 0, None),
            (Fault::Quota { said: String::new() }, 1, 0, None),
            (Fault::Truncated { why: String::new() }, 1, 0, None),
            (Fault::Cancelled, 1, 0, None),
        ] {
            let found = PACE.wait(&fault, made, chance);
            assert_eq!(found, wanted.map(Duration::from_millis), "{fault:?} {made} {chance}");
        }
    }

    #[test]
    fn no_number_of_calls_or_chance_overflows() {
        for made in [0, 1, 40, u32::MAX] {
            for chance in [0, 999, u32::MAX] {
                let wait = PACE.wait(&limited(None), made, chance);
                assert!(wait.is_none_or(|wait| wait <= PACE.longest && wait >= PACE.first / 2));
            }
        }
    }
}
