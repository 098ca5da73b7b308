//! What a model call used and cost. What is not known is `None`, never 0.

use serde::{Deserialize, Serialize};

/// The most bytes of text that one token stands for, and ten times as many as it usually does.
const FEWEST: u64 = 30;

/// Tokens in four disjoint buckets, and money in millionths of a dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that came from no cache.
    pub input: Option<u64>,
    /// Input tokens read from the provider's cache.
    pub cache_read: Option<u64>,
    /// Input tokens written to the provider's cache.
    pub cache_write: Option<u64>,
    /// Output tokens, reasoning included.
    pub output: Option<u64>,
    /// What it cost, in micro-dollars: of several calls, of those whose cost is known.
    pub micro_dollars: Option<u64>,
    /// How many calls, failed ones too.
    #[serde(default, skip_serializing_if = "is_none")]
    pub calls: u64,
    /// What those calls cost at the most whose cost is not known, in micro-dollars, where a bound is known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub at_most: u64,
    /// Calls for whose cost not even a bound is known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unpriced: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Tokens in and out, and the cost where it is known: `1200 tokens in (900 cached), 340 out, $0.0045`.
impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        write!(f, "{} tokens in", known(self.input))?;
        if let Some(cached) = self.cache_read.filter(|cached| *cached > 0) {
            write!(f, " ({cached} more from the cache)")?;
        }
        write!(f, ", {} out", known(self.output))?;
        if let Some(micro) = self.micro_dollars {
            write!(f, ", {}", Dollars(micro))?;
        }
        if self.at_most > 0 {
            write!(
                f,
                ", at most {} more for calls that did not end well",
                Dollars(self.at_most)
            )?;
        }
        match (self.unpriced, self.micro_dollars) {
            (0, Some(_)) => Ok(()),
            (0, None) if self.at_most > 0 => Ok(()),
            (calls, Some(_)) => write!(f, ", and {calls} of {} calls of unknown cost", self.calls),
            (_, None) => f.write_str(", cost unknown"),
        }
    }
}

/// Micro-dollars as people write them.
#[derive(Debug, Clone, Copy)]
pub struct Dollars(pub u64);

impl std::fmt::Display for Dollars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl Usage {
    /// Both together. A bucket that only one of them knows counts as what that one says; whose cost is not known is
    /// counted beside the sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (known, None) | (None, known) => known,
        };
        Self {
            input: sum(self.input, other.input),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_write: sum(self.cache_write, other.cache_write),
            output: sum(self.output, other.output),
            micro_dollars: sum(self.micro_dollars, other.micro_dollars),
            calls: self.calls.saturating_add(other.calls),
            at_most: self.at_most.saturating_add(other.at_most),
            unpriced: self.unpriced.saturating_add(other.unpriced),
        }
    }

    /// What is more in this than in an earlier state of the same sum.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let more = |now: Option<u64>, then: Option<u64>| now.map(|now| now.saturating_sub(then.unwrap_or_default()));
        Self {
            input: more(self.input, earlier.input),
            cache_read: more(self.cache_read, earlier.cache_read),
            cache_write: more(self.cache_write, earlier.cache_write),
            output: more(self.output, earlier.output),
            micro_dollars: more(self.micro_dollars, earlier.micro_dollars),
            calls: self.calls.saturating_sub(earlier.calls),
            at_most: self.at_most.saturating_sub(earlier.at_most),
            unpriced: self.unpriced.saturating_sub(earlier.unpriced),
        }
    }

    /// One call that used this: with its cost by a price, or else with what it cost at the most, or else as one of
    /// unknown cost.
    #[must_use]
    pub fn priced(self, price: &Price, worst: Option<u64>) -> Self {
        let micro_dollars = price.of(&self);
        Self {
            micro_dollars,
            calls: 1,
            at_most: micro_dollars.map_or(worst.unwrap_or_default(), |_| 0),
            unpriced: u64::from(micro_dollars.is_none() && worst.is_none()),
            ..self
        }
    }

    /// The same for a call of which is known how many bytes were sent, and how many of text came back: where far too little
    /// is told for that, it is not believed, and the call counts as one of unknown cost.
    #[must_use]
    pub fn priced_against(self, price: &Price, worst: Option<u64>, sent: u64, text: u64) -> Self {
        // What is free is free.
        if worst == Some(0) || self.is_believable(sent, text) {
            return self.priced(price, worst);
        }
        Self {
            at_most: worst.unwrap_or_default(),
            unpriced: u64::from(worst.is_none()),
            micro_dollars: None,
            calls: 1,
            ..self
        }
    }

    /// Whether the counts can be true, where they are told: a tenth at least of what is estimated for so many bytes.
    pub fn is_believable(&self, sent: u64, text: u64) -> bool {
        let buckets = [self.input, self.cache_read, self.cache_write];
        let input = buckets.into_iter().flatten().fold(0_u64, u64::saturating_add);
        let is_enough = |tokens: u64, bytes: u64| tokens.saturating_mul(FEWEST) >= bytes.saturating_sub(FEWEST);
        (self.input.is_none() || is_enough(input, sent)) && self.output.is_none_or(|output| is_enough(output, text))
    }

    /// A call that the server did not take up: it used nothing.
    pub const fn nothing() -> Self {
        Self {
            input: Some(0),
            cache_read: None,
            cache_write: None,
            output: Some(0),
            micro_dollars: Some(0),
            calls: 1,
            at_most: 0,
            unpriced: 0,
        }
    }

    /// Whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// What a model's tokens cost, in micro-dollars for a million of them. What is not known is `None`; free is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Input that came from no cache.
    pub input: Option<u64>,
    /// Input read from the cache.
    pub cache_read: Option<u64>,
    /// Input written to the cache.
    pub cache_write: Option<u64>,
    /// Output.
    pub output: Option<u64>,
}

impl Price {
    /// What a usage costs in micro-dollars, rounded up. Unknown where input or output were not counted, or where a
    /// bucket has tokens but no price.
    pub fn of(&self, usage: &Usage) -> Option<u64> {
        let mut sum: u128 = u128::from(usage.input?) * u128::from(self.input?);
        sum += u128::from(usage.output?) * u128::from(self.output?);
        for (tokens, price) in [
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
        ] {
            let tokens = tokens.unwrap_or_default();
            if tokens > 0 {
                sum += u128::from(tokens) * u128::from(price?);
            }
        }
        u64::try_from(sum.div_ceil(1_000_000)).ok()
    }
}

/// What has come of an answer that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The model.
    pub model: String,
    /// Tokens so far, by estimate.
    pub tokens: u64,
    /// Seconds since the question was sent.
    pub seconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        input: Some(3_000_000),
        cache_read: Some(300_000),
        cache_write: None,
        output: Some(15_000_000),
    };

    fn usage(input: Option<u64>, read: Option<u64>, write: Option<u64>, output: Option<u64>) -> Usage {
        Usage {
            input,
            cache_read: read,
            cache_write: write,
            output,
            ..Usage::default()
        }
    }

    #[test]
    fn a_cost_is_exact_or_unknown_and_never_a_silent_nothing() {
        let free = Price {
            input: Some(0),
            output: Some(0),
            ..Price::default()
        };
        for (price, used, wanted) in [
            (PRICE, usage(Some(1000), None, None, Some(100)), Some(3000 + 1500)),
            (
                PRICE,
                usage(Some(1000), Some(10_000), None, Some(100)),
                Some(3000 + 3000 + 1500),
            ),
            (PRICE, usage(Some(0), Some(1), None, Some(0)), Some(1)),
            (PRICE, usage(Some(1), None, Some(7), Some(1)), None),
            (PRICE, usage(Some(1), None, Some(0), Some(1)), Some(18)),
            (PRICE, usage(None, None, None, Some(1)), None),
            (PRICE, usage(Some(1), None, None, None), None),
            (PRICE, Usage::default(), None),
            (Price::default(), usage(Some(1), None, None, Some(1)), None),
            (Price::default(), usage(Some(0), None, None, Some(0)), None),
            (free, usage(Some(1000), None, None, Some(1000)), Some(0)),
            (PRICE, usage(Some(u64::MAX), None, None, Some(u64::MAX)), None),
        ] {
            assert_eq!(price.of(&used), wanted, "{price:?} {used:?}");
        }
    }

    #[test]
    fn a_use_far_below_the_estimate_is_not_believed() {
        let worst = Some(9000);
        for (input, output, sent, text, cost) in [
            (Some(700), Some(10), 2000, 30, Some(2250)),
            (Some(70), Some(1), 2000, 30, Some(225)),
            (Some(0), Some(0), 2000, 30, None),
            (Some(0), Some(10), 2000, 30, None),
            (Some(60), Some(10), 2000, 30, None),
            (Some(700), Some(0), 2000, 300, None),
            (Some(0), Some(0), 20, 2, Some(0)),
            (None, Some(10), 2000, 30, None),
        ] {
            let used = usage(input, None, None, output).priced_against(&PRICE, worst, sent, text);
            assert_eq!(used.micro_dollars, cost, "{input:?} {output:?} {sent} {text}");
            assert_eq!(used.at_most, if cost.is_none() { 9000 } else { 0 });
        }
        let cached = usage(Some(3), Some(700), None, Some(10)).priced_against(&PRICE, worst, 2000, 30);
        assert_eq!(cached.micro_dollars, Some(9 + 210 + 150));
        let unbound = usage(Some(0), None, None, Some(0)).priced_against(&PRICE, None, 2000, 30);
        assert_eq!((unbound.unpriced, unbound.calls), (1, 1));
        let free = usage(Some(0), None, None, Some(0)).priced_against(
            &Price {
                input: Some(0),
                output: Some(0),
                ..Price::default()
            },
            Some(0),
            2000,
            30,
        );
        assert_eq!(free.micro_dollars, Some(0));
    }

    #[test]
    fn a_sum_knows_what_either_part_knows() {
        let sum = usage(Some(1), None, Some(3), None).plus(&usage(Some(10), Some(2), None, None));
        assert_eq!(sum, usage(Some(11), Some(2), Some(3), None));
        assert!(Usage::default().plus(&Usage::default()).is_unknown());
    }
}
