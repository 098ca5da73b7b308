//! How many tokens a text has, by estimate, and how the estimate learns from what a model's server counted.

use serde::{Deserialize, Serialize};

/// The most recent calls of a model that its scale is learned from.
pub const RECENT: usize = 15;

/// The fewest calls that say anything.
const FEWEST: usize = 3;

/// The scale in thousandths where nothing is known.
const EVEN: u32 = 1000;

/// The bounds of what may be learned: no tokenizer is further off, but caches and odd servers seem so.
const LEAST: u64 = 500;
const MOST: u64 = 2000;

/// An estimate of a text's tokens: a third of its bytes, rounded up. Code has mostly a little less.
pub const fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(3)
}

/// What an estimate lacks for a text of a file: numbers, brackets and short keys make more tokens of the same bytes.
pub fn extra_tokens(path: &str, text: &str) -> usize {
    const DENSE: [&str; 9] = ["json", "yaml", "yml", "lock", "csv", "tsv", "svg", "xml", "snap"];
    let is_dense = path.rsplit_once('.').is_some_and(|(_, kind)| DENSE.contains(&kind));
    if is_dense {
        (text.len() * 2).div_ceil(5).saturating_sub(estimate_tokens(text))
    } else {
        0
    }
}

/// A packet as it was estimated, and as the model's server counted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// `provider:model`.
    pub model: String,
    /// Tokens by the bare estimate, before any scale.
    pub estimated: u64,
    /// Input tokens by the server, from caches too.
    pub reported: u64,
}

/// What the bare estimate is multiplied by for one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scale {
    /// In thousandths.
    pub milli: u32,
    /// From how many calls it was learned; 0 where it was not.
    pub calls: usize,
}

impl Default for Scale {
    fn default() -> Self {
        Self { milli: EVEN, calls: 0 }
    }
}

impl Scale {
    /// Learned from the newest calls of one model: the median of reported by estimated tokens, so that a call that read
    /// half of its packet from a cache which is not counted, or an odd one, does not matter.
    pub fn learn<'a>(calls: impl DoubleEndedIterator<Item = &'a Counted>) -> Self {
        let mut ratios: Vec<u64> = calls
            .rev()
            .filter(|call| call.estimated > 0 && call.reported > 0)
            .take(RECENT)
            .map(|call| (call.reported.saturating_mul(1000) / call.estimated).clamp(LEAST, MOST))
            .collect();
        if ratios.len() < FEWEST {
            return Self::default();
        }
        ratios.sort_unstable();
        // Of two in the middle the larger one: too little room is the worse mistake.
        let median = ratios[ratios.len() / 2];
        Self {
            milli: u32::try_from(median).unwrap_or(EVEN),
            calls: ratios.len(),
        }
    }

    /// A bare estimate to this scale, rounded up.
    pub const fn of(self, estimated: usize) -> usize {
        estimated.saturating_mul(self.milli as usize).div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calls(ratios: &[(u64, u64)]) -> Vec<Counted> {
        let call = |(estimated, reported): &(u64, u64)| Counted {
            model: "m".to_owned(),
            estimated: *estimated,
            reported: *reported,
        };
        ratios.iter().map(call).collect()
    }

    fn learned(ratios: &[(u64, u64)]) -> (u32, usize) {
        let scale = Scale::learn(calls(ratios).iter());
        (scale.milli, scale.calls)
    }

    #[test]
    fn the_median_of_the_newest_calls_counts() {
        assert_eq!(learned(&[]), (1000, 0));
        assert_eq!(learned(&[(100, 70), (100, 70)]), (1000, 0), "two calls say nothing");
        assert_eq!(learned(&[(100, 70), (100, 80), (100, 75)]), (750, 3));
        assert_eq!(learned(&[(100, 70), (100, 80), (100, 75), (100, 90)]), (800, 4));
        assert_eq!(
            learned(&[(100, 75), (100, 75), (100, 9000), (100, 1), (100, 76)]),
            (750, 5),
            "outliers do not matter"
        );
        assert_eq!(
            learned(&[(100, 9000), (100, 9000), (100, 9000)]),
            (2000, 3),
            "it is bounded"
        );
        assert_eq!(learned(&[(100, 1), (100, 1), (100, 1)]), (500, 3), "it is bounded");
        assert_eq!(
            learned(&[(0, 7), (100, 0), (100, 70)]),
            (1000, 0),
            "nothing is divided by nothing"
        );
        let old_and_new: Vec<(u64, u64)> = [(100, 150); 40].into_iter().chain([(100, 80); RECENT]).collect();
        assert_eq!(learned(&old_and_new), (800, RECENT), "old calls are forgotten");
    }

    #[test]
    fn estimates_are_rounded_up_and_dense_files_weigh_more() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("abcd"), 2);
        assert_eq!(Scale { milli: 1500, calls: 9 }.of(3), 5);
        assert_eq!(extra_tokens("a.rs", &"x".repeat(300)), 0);
        assert_eq!(extra_tokens("a.json", &"x".repeat(300)), 20);
        assert_eq!((extra_tokens("a.json", ""), extra_tokens("json", "xxx")), (0, 0));
    }

    proptest! {
        #[test]
        fn no_counts_overflow_or_leave_the_bounds(ratios in proptest::collection::vec(any::<(u64, u64)>(), 0..40), tokens in 0..1usize << 40) {
            let scale = Scale::learn(calls(&ratios).iter());
            prop_assert!((500..=2000).contains(&scale.milli));
            prop_assert!(scale.of(tokens) >= tokens / 2);
        }
    }
}
