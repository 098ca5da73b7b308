//! What a model call used and cost. What is not known is `None`, never 0.

use serde::{Deserialize, Serialize};

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
    /// What it cost, in micro-dollars.
    pub micro_dollars: Option<u64>,
}
