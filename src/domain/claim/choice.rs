//! Choice: which of the ready cards a machine tries first, so that many machines do not all run after the same one.

use crate::domain::id::TaskId;
use crate::domain::oid::Digest;

/// How far ahead one looks for each one who works beside: enough that two seldom try the same card.
const AHEAD: usize = 2;
/// How much further with each try that somebody else won. Whoever wins is seen from then on; those who lost at the same
/// moment are not, and there may be many.
const FURTHER: usize = 4;

/// The ready cards in the order in which to try them. Who knows of nobody else follows the plan's order; beside others
/// everybody has an order of their own among the first ones, the more the more others there seem to be, and the plan's
/// behind them. `others` are known to be at work, and `lost` tries were won by somebody.
pub fn in_turn<'a>(ready: &[&'a TaskId], others: usize, lost: u32, seed: &str) -> Vec<&'a TaskId> {
    let ahead = others.saturating_mul(AHEAD).saturating_add(1);
    let window = ahead.saturating_mul(FURTHER.saturating_pow(lost)).min(ready.len());
    let mut turn = ready.to_vec();
    turn[..window].sort_by_key(|task| *Digest::of_fields([seed.as_bytes(), task.as_str().as_bytes()]).as_bytes());
    turn
}
