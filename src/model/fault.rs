//! What can go wrong with a call, by class, and what follows each. Pure.

use std::fmt;
use std::time::Duration;

use crate::domain::breaker::Call;
use crate::domain::usage::Usage;

use super::decode::DecodeError;

/// What a call waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The first piece of the answer.
    FirstByte,
    /// The next piece.
    Between,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too many requests.
    #[error("too many requests: {said}")]
    RateLimited {
        /// How long the server wants us to wait.
        wait: Option<Duration>,
        /// The server's words.
        said: String,
    },
    /// The money or the quota is used up.
    #[error("the quota is used up: {said}")]
    Quota {
        /// The server's words.
        said: String,
    },
    /// The server has too much to do.
    #[error("the server is overloaded: {said}")]
    Overloaded {
        /// How long the server wants us to wait.
        wait: Option<Duration>,
        /// The server's words.
        said: String,
    },
    /// The network or the server failed.
    #[error("{why}")]
    Transient {
        /// How.
        why: String,
    },
    /// The key is missing, wrong, or not enough.
    #[error("the server does not accept the key: {said}")]
    Auth {
        /// The server's words.
        said: String,
    },
    /// The configuration and the server do not fit: no such model, no such address, a parameter that it refuses.
    #[error("{said}")]
    Setup {
        /// What does not fit.
        said: String,
    },
    /// The packet is longer than the model's window.
    #[error("the packet does not fit the model's window: {said}")]
    ContextOverflow {
        /// The server's words.
        said: String,
        /// The window in tokens, where the server says it.
        window: Option<u64>,
    },
    /// The answer is not whole.
    #[error("the answer was cut: {why}")]
    Truncated {
        /// By what.
        why: String,
    },
    /// The model or its provider declines.
    #[error("the model declined: {said}")]
    Refused {
        /// Its words.
        said: String,
    },
    /// Nothing came for too long.
    #[error("nothing came for {} s{}", .limit.as_secs_f32(), match .phase { Phase::FirstByte => ", not even a first word", Phase::Between => "" })]
    Stalled {
        /// What was waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// The call's whole time is up.
    #[error("the answer was not complete after {} s", .limit.as_secs_f32())]
    TimedOut {
        /// How long that is.
        limit: Duration,
    },
    /// The answer has no text.
    #[error("the answer is empty{}", if *.thought { ": everything went into thinking" } else { "" })]
    Empty {
        /// The model thought aloud and then said nothing.
        thought: bool,
    },
    /// The answer does not end.
    #[error("the answer is longer than {limit} bytes and was cut off")]
    Runaway {
        /// The most bytes.
        limit: usize,
    },
    /// What came is not what this kind of server sends.
    #[error("the server's answer cannot be read: {why}")]
    Garbled {
        /// How.
        why: String,
    },
    /// The call was not made: whoever pays for it said no.
    #[error("{why}")]
    Withheld {
        /// Why.
        why: String,
    },
    /// The user stopped it.
    #[error("stopped by the user")]
    Cancelled,
}

/// What follows a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The same call again, after at least this long where the server says so.
    Retry {
        /// The server's wish.
        at_least: Option<Duration>,
        /// How often, at most.
        most: u32,
    },
    /// Another model; this one would do the same again.
    Switch,
    /// No call helps: what was asked, or what was answered, counts as a failed attempt.
    GiveUp,
    /// A person has to mend something first.
    AskPerson,
}

impl Fault {
    /// What follows it.
    pub fn action(&self) -> Action {
        match self {
            Self::RateLimited { wait, .. } => Action::Retry {
                at_least: *wait,
                most: 5,
            },
            Self::Overloaded { wait, .. } => Action::Retry {
                at_least: *wait,
                most: 3,
            },
            Self::Transient { .. } => Action::Retry {
                at_least: None,
                most: 3,
            },
            Self::Stalled { .. } | Self::Garbled { .. } => Action::Retry {
                at_least: None,
                most: 1,
            },
            Self::Quota { .. } | Self::Refused { .. } => Action::Switch,
            Self::ContextOverflow { .. }
            | Self::Truncated { .. }
            | Self::TimedOut { .. }
            | Self::Empty { .. }
            | Self::Runaway { .. }
            | Self::Cancelled => Action::GiveUp,
            Self::Auth { .. } | Self::Setup { .. } | Self::Withheld { .. } => Action::AskPerson,
        }
    }

    /// What it says about the server, for its circuit breaker; `None` where nothing.
    pub fn call(&self) -> Option<Call> {
        match self {
            Self::RateLimited { wait, .. } | Self::Overloaded { wait, .. } => Some(Call::Failed {
                wait_seconds: wait.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)),
            }),
            Self::Transient { .. } | Self::Stalled { .. } | Self::Garbled { .. } => {
                Some(Call::Failed { wait_seconds: None })
            }
            Self::Quota { .. } | Self::Auth { .. } | Self::Setup { .. } => Some(Call::TurnedAway),
            Self::ContextOverflow { .. }
            | Self::Truncated { .. }
            | Self::Refused { .. }
            | Self::TimedOut { .. }
            | Self::Empty { .. }
            | Self::Runaway { .. } => Some(Call::Answered),
            Self::Withheld { .. } | Self::Cancelled => None,
        }
    }

    /// A short, stable name of the class.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::Quota { .. } => "quota",
            Self::Overloaded { .. } => "overloaded",
            Self::Transient { .. } => "transient",
            Self::Auth { .. } => "auth",
            Self::Setup { .. } => "setup",
            Self::ContextOverflow { .. } => "context_overflow",
            Self::Truncated { .. } => "truncated",
            Self::Refused { .. } => "refused",
            Self::Stalled { .. } => "stalled",
            Self::TimedOut { .. } => "timed_out",
            Self::Empty { .. } => "empty",
            Self::Runaway { .. } => "runaway",
            Self::Garbled { .. } => "garbled",
            Self::Withheld { .. } => "withheld",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Self::Garbled { why: error.to_string() }
    }
}

/// A call without a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError {
    /// Why.
    pub fault: Fault,
    /// What it used all the same, as far as the server said.
    pub usage: Usage,
    /// The text that had come, for people to look at. It is never applied.
    pub partial: String,
}

impl ProviderError {
    /// Whether the server had taken the call up, so that it may have to be paid for without an answer.
    pub fn was_taken_up(&self) -> bool {
        let had_begun = !self.partial.is_empty() || !self.usage.is_unknown();
        had_begun
            || match self.fault {
                // Turned away at the door, or never there.
                Fault::RateLimited { .. }
                | Fault::Quota { .. }
                | Fault::Overloaded { .. }
                | Fault::Auth { .. }
                | Fault::Setup { .. }
                | Fault::ContextOverflow { .. }
                | Fault::Transient { .. }
                | Fault::Withheld { .. } => false,
                Fault::Truncated { .. }
                | Fault::Refused { .. }
                | Fault::Stalled { .. }
                | Fault::TimedOut { .. }
                | Fault::Empty { .. }
                | Fault::Runaway { .. }
                | Fault::Garbled { .. }
                | Fault::Cancelled => true,
            }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for ProviderError {}

impl From<Fault> for ProviderError {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            usage: Usage::default(),
            partial: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every class: what follows it, and what its server's breaker hears.
    #[test]
    fn the_table_as_people_read_it() {
        let said = String::new;
        let wait = Some(Duration::from_secs(7));
        let limit = Duration::from_millis(1500);
        let faults = [
            Fault::RateLimited { wait, said: said() },
            Fault::Quota { said: said() },
            Fault::Overloaded {
                wait: None,
                said: said(),
            },
            Fault::Transient { why: said() },
            Fault::Auth { said: said() },
            Fault::Setup { said: said() },
            Fault::ContextOverflow {
                said: said(),
                window: None,
            },
            Fault::Truncated { why: said() },
            Fault::Refused { said: said() },
            Fault::Stalled {
                phase: Phase::FirstByte,
                limit,
            },
            Fault::TimedOut { limit },
            Fault::Empty { thought: true },
            Fault::Runaway { limit: 9 },
            Fault::Garbled { why: said() },
            Fault::Withheld { why: said() },
            Fault::Cancelled,
        ];
        let lines: Vec<String> = faults
            .iter()
            .map(|fault| {
                let action = match fault.action() {
                    Action::Retry { at_least: None, most } => format!("again, at most {most} times"),
                    Action::Retry {
                        at_least: Some(wait),
                        most,
                    } => {
                        format!("again after {} s, at most {most} times", wait.as_secs())
                    }
                    Action::Switch => "another model".to_owned(),
                    Action::GiveUp => "no further call".to_owned(),
                    Action::AskPerson => "a person".to_owned(),
                };
                let server = match fault.call() {
                    None => "nothing",
                    Some(Call::Answered) => "answered",
                    Some(Call::Failed { wait_seconds: None }) => "failed",
                    Some(Call::Failed { wait_seconds: Some(7) }) => "failed, asks for 7 s",
                    Some(Call::Failed { .. }) => "failed, asks for another time",
                    Some(Call::TurnedAway) => "turned away",
                };
                format!("{}: {action}; its server: {server}", fault.class())
            })
            .collect();
        assert_eq!(
            lines,
            [
                "rate_limited: again after 7 s, at most 5 times; its server: failed, asks for 7 s",
                "quota: another model; its server: turned away",
                "overloaded: again, at most 3 times; its server: failed",
                "transient: again, at most 3 times; its server: failed",
                "auth: a person; its server: turned away",
                "setup: a person; its server: turned away",
                "context_overflow: no further call; its server: answered",
                "truncated: no further call; its server: answered",
                "refused: another model; its server: answered",
                "stalled: again, at most 1 times; its server: failed",
                "timed_out: no further call; its server: answered",
                "empty: no further call; its server: answered",
                "runaway: no further call; its server: answered",
                "garbled: again, at most 1 times; its server: failed",
                "withheld: a person; its server: nothing",
                "cancelled: no further call; its server: nothing",
            ]
        );
    }

    #[test]
    fn a_silence_says_how_long_it_was() {
        let limit = Duration::from_millis(1500);
        let shown = |phase| Fault::Stalled { phase, limit }.to_string();
        assert_eq!(shown(Phase::FirstByte), "nothing came for 1.5 s, not even a first word");
        assert_eq!(shown(Phase::Between), "nothing came for 1.5 s");
    }
}
