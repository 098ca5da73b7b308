//! Whether a model is good enough for its role: demoted by a bound that says how sure we are, given a chance again
//! after a while, restored by one pass. Only what the model is to blame for counts; what the network, the server or
//! the card did is left out before it comes here.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The newest attempts that count.
pub const WINDOW: usize = 20;

/// Attempts that there must be before anybody is judged.
pub const LEAST: usize = 5;

/// One-sided 90 %.
const Z: f64 = 1.2816;

/// The first time that a demoted model waits for its chance.
const FIRST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// The longest.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24 * 32);

/// First tries that passed, out of those that count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Those that passed.
    pub passed: usize,
    /// All of them.
    pub tried: usize,
}

impl Rate {
    /// The rate of the newest tries, of a list that has them last.
    pub fn of(tries: &[bool]) -> Self {
        let newest = &tries[tries.len().saturating_sub(WINDOW)..];
        Self {
            passed: newest.iter().filter(|passed| **passed).count(),
            tried: newest.len(),
        }
    }

    /// What the true rate is below, with 90 % confidence: the upper Wilson bound. 1 where nothing was tried.
    pub fn upper_bound(self) -> f64 {
        self.bound(1.0).unwrap_or(1.0)
    }

    /// What the true rate is above, with 90 % confidence. 0 where nothing was tried.
    pub fn lower_bound(self) -> f64 {
        self.bound(-1.0).unwrap_or(0.0)
    }

    fn bound(self, side: f64) -> Option<f64> {
        if self.tried == 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of tries are far below 2^52")]
        let (passed, tried) = (self.passed as f64, self.tried as f64);
        let rate = passed / tried;
        let spread = (rate * (1.0 - rate) / tried + Z * Z / (4.0 * tried * tried)).sqrt();
        Some((rate + Z * Z / (2.0 * tried) + side * Z * spread) / (1.0 + Z * Z / tried))
    }

    /// Whether we are sure enough that the rate is below a threshold.
    pub fn is_below(self, threshold: f64) -> bool {
        self.tried >= LEAST && self.upper_bound() < threshold
    }
}

/// How a model stands in its role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// It is used.
    #[default]
    Good,
    /// It is passed over until its chance.
    Demoted {
        /// When that comes.
        until: Timestamp,
        /// How long it has to wait, in seconds; doubled by each chance that it misses.
        wait_seconds: i64,
    },
    /// It has one task of the lane with the least risk.
    OnProbation {
        /// How long it had to wait, in seconds.
        waited_seconds: i64,
    },
}

impl Standing {
    /// After a first try that counts, which is the last of `tries`.
    #[must_use]
    pub fn after_try(self, tries: &[bool], threshold: f64, now: Timestamp) -> Self {
        match (self, tries.last()) {
            (Self::Good, Some(_)) if Rate::of(tries).is_below(threshold) => Self::demoted(FIRST_WAIT, now),
            (Self::OnProbation { .. }, Some(true)) => Self::Good,
            (Self::OnProbation { waited_seconds }, Some(false)) => {
                let doubled = SignedDuration::from_secs(waited_seconds.saturating_mul(2));
                Self::demoted(doubled.min(LONGEST_WAIT), now)
            }
            (same, _) => same,
        }
    }

    /// After time has passed: a demoted model gets its chance.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Demoted { until, wait_seconds } if now >= until => Self::OnProbation {
                waited_seconds: wait_seconds,
            },
            same => same,
        }
    }

    /// After the server reported another model behind the same name, or a person reset it. What was tried before says
    /// nothing of the new one, so the caller begins a new list of tries.
    #[must_use]
    pub const fn reset(self) -> Self {
        Self::Good
    }

    fn demoted(wait: SignedDuration, now: Timestamp) -> Self {
        Self::Demoted {
            until: now.checked_add(wait).unwrap_or(Timestamp::MAX),
            wait_seconds: wait.as_secs(),
        }
    }
}

/// One line that says why a model was demoted, and who goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Demotion {
    /// The role and the model.
    pub who: String,
    /// Its rate.
    pub rate: Rate,
    /// What it is held against.
    pub threshold: f64,
    /// Who goes on.
    pub next: Next,
}

/// Who goes on after a demotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The next one of the chain.
    Model(String),
    /// Nobody is left in the chain.
    Nobody,
    /// There is no chain, so it goes on itself.
    Itself,
}

impl fmt::Display for Demotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rate { passed, tried } = self.rate;
        write!(
            f,
            "{}  first-try {passed}/{tried} ({} %), 90 % interval ≤ {} % < threshold {} % → {}",
            self.who,
            (passed * 100).checked_div(tried).unwrap_or_default(),
            Percent(self.rate.upper_bound()),
            Percent(self.threshold),
            match &self.next {
                Next::Model(name) => format!("demoted; next: {name}"),
                Next::Nobody => "demoted; next: nobody, a person has to choose".to_owned(),
                Next::Itself => "its quality dropped, and the role has no other model".to_owned(),
            }
        )
    }
}

/// Part of a whole, rounded so that what is below a threshold is not shown as being at it where a digit can tell.
struct Percent(f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0 * 100.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const THRESHOLD: f64 = 0.60;

    fn tries(passed: usize, tried: usize) -> Vec<bool> {
        (0..tried).map(|index| index < passed).collect()
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    #[test]
    fn the_bound_is_what_people_can_look_up() {
        for (passed, tried, upper, demoted) in [
            (0, 5, 0.247, true),
            (1, 5, 0.487, true),
            (2, 5, 0.670, false),
            (2, 6, 0.591, true),
            (3, 8, 0.597, true),
            (4, 10, 0.599, true),
            (9, 20, 0.591, true),
            (10, 20, 0.638, false),
            (0, 4, 0.291, false),
            (0, 0, 1.0, false),
        ] {
            let rate = Rate { passed, tried };
            assert!(
                (rate.upper_bound() - upper).abs() < 0.0006,
                "{rate:?} {}",
                rate.upper_bound()
            );
            assert_eq!(rate.is_below(THRESHOLD), demoted, "{rate:?}");
        }
        for (passed, tried, lower) in [(5, 5, 0.75), (18, 20, 0.78), (45, 50, 0.83), (0, 0, 0.0)] {
            let rate = Rate { passed, tried };
            assert!(
                (rate.lower_bound() - lower).abs() < 0.006,
                "{rate:?} {}",
                rate.lower_bound()
            );
        }
    }

    #[test]
    fn only_the_newest_tries_count() {
        let mut all = tries(100, 100);
        all.extend([false; WINDOW]);
        assert_eq!(
            Rate::of(&all),
            Rate {
                passed: 0,
                tried: WINDOW
            }
        );
        assert_eq!(Rate::of(&[]), Rate::default());
    }

    #[test]
    fn demoted_then_a_chance_then_restored_or_twice_the_wait() {
        let bad = tries(0, 5);
        let demoted = Standing::Good.after_try(&bad, THRESHOLD, at(0));
        let wait_seconds = 24 * 3600;
        assert_eq!(
            demoted,
            Standing::Demoted {
                until: at(24),
                wait_seconds
            }
        );
        assert_eq!(demoted.at(at(23)), demoted);
        let chance = demoted.at(at(24));
        assert_eq!(
            chance,
            Standing::OnProbation {
                waited_seconds: wait_seconds
            }
        );
        assert_eq!(chance.after_try(&[false, true], THRESHOLD, at(25)), Standing::Good);
        let again = chance.after_try(&[true, false], THRESHOLD, at(25));
        assert_eq!(
            again,
            Standing::Demoted {
                until: at(25 + 48),
                wait_seconds: 2 * wait_seconds
            }
        );
        assert_eq!(again.reset(), Standing::Good);
        assert_eq!(
            Standing::Good.after_try(&tries(20, 20), THRESHOLD, at(0)),
            Standing::Good
        );
        assert_eq!(Standing::Good.after_try(&[], THRESHOLD, at(0)), Standing::Good);
    }

    #[test]
    fn the_wait_does_not_grow_for_ever() {
        let mut standing = Standing::OnProbation {
            waited_seconds: 24 * 3600,
        };
        for _ in 0..40 {
            standing = standing.after_try(&[false], THRESHOLD, at(0)).at(at(1_000_000));
        }
        assert_eq!(
            standing,
            Standing::OnProbation {
                waited_seconds: LONGEST_WAIT.as_secs()
            }
        );
    }

    #[test]
    fn a_demotion_explains_itself_on_one_line() {
        let mut demotion = Demotion {
            who: "builder qwen2.5-coder:14b".to_owned(),
            rate: Rate { passed: 9, tried: 20 },
            threshold: THRESHOLD,
            next: Next::Model("sonnet".to_owned()),
        };
        assert_eq!(
            demotion.to_string(),
            "builder qwen2.5-coder:14b  first-try 9/20 (45 %), 90 % interval ≤ 59.1 % < threshold 60 % → demoted; next: sonnet"
        );
        demotion.next = Next::Itself;
        assert!(
            demotion
                .to_string()
                .ends_with("→ its quality dropped, and the role has no other model")
        );
        demotion.next = Next::Nobody;
        assert!(demotion.to_string().ends_with("next: nobody, a person has to choose"));
    }

    proptest! {
        #[test]
        fn bounds_hold_the_rate_between_them(passed in 0..200usize, more in 0..200usize) {
            let rate = Rate { passed, tried: passed + more };
            let (lower, upper) = (rate.lower_bound(), rate.upper_bound());
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&lower) && (-1e-9..=1.0 + 1e-9).contains(&upper));
            prop_assert!(lower <= upper);
            if rate.tried > 0 {
                let true_rate = passed as f64 / rate.tried as f64;
                prop_assert!(lower <= true_rate + 1e-9 && true_rate <= upper + 1e-9);
            }
        }

        #[test]
        fn one_more_pass_never_demotes(passed in 0..19usize, failed in 0..20usize) {
            let before = Rate { passed, tried: passed + failed };
            let after = Rate { passed: passed + 1, tried: passed + 1 + failed };
            prop_assert!(after.upper_bound() >= before.upper_bound() - 1e-9);
        }
    }
}
