//! The ten states of a task (design section 4).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a task stands. `complete` comes from history alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// A dependency is not complete, or the plan is not approved.
    Pending,
    /// Dependencies complete, plan approved, nobody holds it.
    Ready,
    /// The first attempt of a round is with a Builder.
    InProgress,
    /// The last attempt failed and the router has not decided yet.
    Failed,
    /// A later attempt of the round is with a Builder, with the failure in its packet.
    Retrying,
    /// The Architect is asked, or its answer is being applied.
    Escalated,
    /// Only a person can go on; a reason is recorded.
    Blocked,
    /// Verified; the lane's gates wait for a person or a reviewer.
    NeedsReview,
    /// Verified and accepted, not landed yet.
    Passed,
    /// A commit with the task's trailers is reachable from the target's tip and not reverted.
    Complete,
}

impl TaskState {
    /// Every state, in the order of design section 4.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Ready,
        Self::InProgress,
        Self::Failed,
        Self::Retrying,
        Self::Escalated,
        Self::Blocked,
        Self::NeedsReview,
        Self::Passed,
        Self::Complete,
    ];

    /// The word used everywhere: tables, JSON, documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::InProgress => "in_progress",
            Self::Failed => "failed",
            Self::Retrying => "retrying",
            Self::Escalated => "escalated",
            Self::Blocked => "blocked",
            Self::NeedsReview => "needs_review",
            Self::Passed => "passed",
            Self::Complete => "complete",
        }
    }

    /// Whether an attempt is with a Builder.
    pub const fn is_with_builder(self) -> bool {
        matches!(self, Self::InProgress | Self::Retrying)
    }

    /// Whether a person has to act before the task can go on.
    pub const fn waits_for_person(self) -> bool {
        matches!(self, Self::Blocked | Self::NeedsReview)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
