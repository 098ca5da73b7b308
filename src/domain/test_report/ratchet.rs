//! The ratchet: tests that ran at the base still run and pass, unless the card lets some go.

use super::TestCount;

/// What a card lets a task do to the number of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ratchet {
    /// How many tests fewer than at the base may pass, in each check (`tests_removed`).
    pub may_fall: u64,
}

/// A check after which fewer tests watch over the code than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FewerTests {
    /// Tests that ran at the base, passed or not: one that is red there is to be mended, not removed.
    pub was: u64,
    /// Tests that pass now; 0 where no count can be read any more.
    pub now: u64,
}

impl Ratchet {
    /// Compares a check's count at the base with its count on the candidate, on which it passed. Without a count at
    /// the base nothing is held.
    pub fn hold(self, base: Option<&TestCount>, candidate: Option<&TestCount>) -> Result<(), FewerTests> {
        let was = base.map_or(0, |count| count.passed.saturating_add(count.failed));
        let now = candidate.map_or(0, |count| count.passed);
        match now.saturating_add(self.may_fall) >= was {
            true => Ok(()),
            false => Err(FewerTests { was, now }),
        }
    }
}
