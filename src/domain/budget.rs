//! Whether a call may be made with the money that is left, judged by its worst case before it is made. What it may cost
//! or what was spent, where that is not known, is never taken for nothing.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::usage::{Dollars, Price, Usage};

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A task.
    Task,
    /// A run.
    Run,
    /// A day.
    Day,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Run => "run",
            Self::Day => "day",
        })
    }
}

/// The budgets of a project, in micro-dollars; without one there is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// For each task, over all its attempts and questions.
    pub task: Option<u64>,
    /// For each run.
    pub run: Option<u64>,
    /// For each day, by UTC.
    pub day: Option<u64>,
}

/// The day of a time, by UTC.
pub fn day_of(at: Timestamp) -> Date {
    Zoned::new(at, TimeZone::UTC).date()
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Micro-dollars: what is known, and what the other calls cost at the most.
    pub micro_dollars: u64,
    /// Calls for whose cost not even a bound is known.
    pub unknown_calls: u64,
}

impl Spent {
    /// With what more calls used, be they answered or failed.
    #[must_use]
    pub fn with(self, usage: &Usage) -> Self {
        let paid = usage.micro_dollars.unwrap_or_default().saturating_add(usage.at_most);
        Self {
            micro_dollars: self.micro_dollars.saturating_add(paid),
            unknown_calls: self.unknown_calls.saturating_add(usage.unpriced),
        }
    }

    /// What is more in this than in an earlier one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            micro_dollars: self.micro_dollars.saturating_sub(earlier.micro_dollars),
            unknown_calls: self.unknown_calls.saturating_sub(earlier.unknown_calls),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            micro_dollars: self.micro_dollars.saturating_add(other.micro_dollars),
            unknown_calls: self.unknown_calls.saturating_add(other.unknown_calls),
        }
    }
}

/// A budget that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What it is for.
    pub span: Span,
    /// Micro-dollars in all.
    pub limit: u64,
    /// What of it is gone.
    pub spent: Spent,
}

/// Why a call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It could cost more than is left.
    #[error(
        "the call could cost {}, and of the {span}'s budget of {} only {} is left",
        Dollars(*.worst), Dollars(*.limit), Dollars(*.left)
    )]
    TooDear {
        /// The budget.
        span: Span,
        /// The most that the call can cost, in micro-dollars.
        worst: u64,
        /// The budget's.
        limit: u64,
        /// What is left of it.
        left: u64,
    },
    /// What it could cost is not known.
    #[error(
        "the {0} has a budget, and what the call can cost is unknown: give the model `max_output` and a `price` of input and output"
    )]
    UnknownPrice(Span),
    /// What was spent is not known.
    #[error("the {span} has a budget, and the cost of {calls} earlier calls is unknown")]
    UnknownSpent {
        /// The budget.
        span: Span,
        /// How many.
        calls: u64,
    },
}

/// The most that a call can cost, in micro-dollars; unknown without a price of input and output. Each input token counts
/// as the dearest kind of input: nobody knows before the call what the cache will hold.
pub fn worst_case(price: &Price, input_tokens: u64, max_output: u64) -> Option<u64> {
    let dearest = price
        .input?
        .max(price.cache_read.unwrap_or_default())
        .max(price.cache_write.unwrap_or_default());
    let sum = u128::from(input_tokens) * u128::from(dearest) + u128::from(max_output) * u128::from(price.output?);
    u64::try_from(sum.div_ceil(1_000_000)).ok()
}

/// Whether all budgets allow a call with this worst case.
///
/// # Errors
/// The first budget that does not, with its reason.
pub fn admit(budgets: &[Budget], worst: Option<u64>) -> Result<(), Refusal> {
    for &Budget { span, limit, spent } in budgets {
        let worst = worst.ok_or(Refusal::UnknownPrice(span))?;
        if spent.unknown_calls > 0 {
            let calls = spent.unknown_calls;
            return Err(Refusal::UnknownSpent { span, calls });
        }
        let left = limit.saturating_sub(spent.micro_dollars);
        if worst > left {
            return Err(Refusal::TooDear {
                span,
                worst,
                limit,
                left,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        input: Some(3_000_000),
        cache_read: Some(300_000),
        cache_write: Some(3_750_000),
        output: Some(15_000_000),
    };

    fn budget(span: Span, limit: u64, micro_dollars: u64) -> Budget {
        let spent = Spent {
            micro_dollars,
            unknown_calls: 0,
        };
        Budget { span, limit, spent }
    }

    #[test]
    fn the_worst_case_takes_the_dearest_input_and_rounds_up() {
        assert_eq!(worst_case(&PRICE, 1_000, 100), Some(3_750 + 1_500));
        let cheap = Price {
            input: Some(1),
            output: Some(0),
            ..Price::default()
        };
        assert_eq!(worst_case(&cheap, 1, 1), Some(1));
        assert_eq!(worst_case(&Price { output: None, ..PRICE }, 1, 1), None);
        assert_eq!(worst_case(&Price { input: None, ..PRICE }, 1, 1), None);
        assert_eq!(worst_case(&PRICE, u64::MAX, u64::MAX), None);
    }

    #[test]
    fn what_just_fits_is_made_and_one_more_is_not() {
        let budgets = [budget(Span::Task, 1_000, 0), budget(Span::Day, 5_000, 4_500)];
        assert_eq!(admit(&budgets, Some(500)), Ok(()));
        let refused = admit(&budgets, Some(501)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the call could cost $0.000501, and of the day's budget of $0.005000 only $0.000500 is left"
        );
        assert!(matches!(
            admit(&[budget(Span::Run, 1, 9)], Some(1)),
            Err(Refusal::TooDear { left: 0, .. })
        ));
    }

    #[test]
    fn unknown_is_never_nothing() {
        assert_eq!(admit(&[], None), Ok(()));
        let mut run = budget(Span::Run, 1_000, 0);
        assert_eq!(admit(&[run], None), Err(Refusal::UnknownPrice(Span::Run)));
        run.spent = run.spent.with(&Usage::default().priced(&Price::default(), None));
        let wanted = Refusal::UnknownSpent {
            span: Span::Run,
            calls: 1,
        };
        assert_eq!(admit(&[run], Some(0)), Err(wanted));
    }

    #[test]
    fn spent_adds_up_what_is_known_and_counts_what_is_not() {
        let used = Usage {
            input: Some(1000),
            output: Some(100),
            ..Usage::default()
        };
        let paid = used.priced(&PRICE, Some(9_999));
        let cut = Usage::default().priced(&PRICE, Some(70));
        let unknown = used.priced(&Price::default(), None);
        let spent = Spent::default()
            .with(&paid)
            .with(&cut)
            .with(&unknown)
            .with(&Usage::nothing());
        assert_eq!((spent.micro_dollars, spent.unknown_calls), (3000 + 1500 + 70, 1));
        let sum = paid.plus(&cut).plus(&unknown);
        assert_eq!(
            Spent::default().with(&sum),
            spent,
            "a sum of calls counts as the calls do"
        );
        assert_eq!(spent.since(Spent::default().with(&paid)).micro_dollars, 70);
        assert_eq!(sum.calls, 3);
        assert_eq!(
            sum.to_string(),
            "2000 tokens in, 200 out, $0.004500, at most $0.000070 more for calls that did not end well, and 1 of 3 calls of unknown cost"
        );
        assert!(unknown.to_string().ends_with("cost unknown"), "{unknown}");
    }
}
