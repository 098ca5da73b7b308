//! Choice: which of the ready cards a machine tries first, so that many machines do not all run after the same one.

use crate::domain::id::TaskId;
use crate::domain::oid::Digest;

/// How far ahead one looks for each one who works beside: enough that two seldom try the same card.
const AHEAD: usize = 2;

/// The ready cards in the order in which to try them. Alone it is the plan's order; beside others everybody has an
/// order of their own among the first ones, as many as there are others to give way to, and the plan's behind them.
pub fn in_turn<'a>(ready: &[&'a TaskId], others: usize, seed: &str) -> Vec<&'a TaskId> {
    let window = others.saturating_mul(AHEAD).saturating_add(1).min(ready.len());
    let mut turn = ready.to_vec();
    turn[..window].sort_by_key(|task| *Digest::of_fields([seed.as_bytes(), task.as_str().as_bytes()]).as_bytes());
    turn
}
