//! Bounds: everything of a card and its project that its changes are judged by, as plain data. A program inside of the
//! fence, which sees neither the configuration nor the journal, judges by it as the harness does outside.

use serde::{Deserialize, Serialize};

use crate::domain::check::Check;
use crate::domain::id::TaskId;

/// What a card's changes are judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The task.
    pub task: TaskId,
    /// The card's allowed files.
    pub files: Vec<String>,
    /// The checks that will run, since what they name is protected.
    pub checks: Vec<Check>,
    /// The project's protected patterns besides the built-in ones.
    pub protected: Vec<String>,
    /// Paths whose changes are dropped without blame.
    pub incidental: Vec<String>,
    /// Whether the lane lets the card open a protected file by its exact name.
    pub open_protected: bool,
}
