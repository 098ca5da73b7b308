//! Bounds: everything of a card and its project that its changes are judged by, as plain data. A program inside of the
//! fence, which sees neither the configuration nor the journal, judges by it as the harness does outside.

use serde::{Deserialize, Serialize};

use crate::domain::check::Check;
use crate::domain::id::TaskId;
use crate::domain::oid::BlobId;
use crate::domain::path::RepoPath;

/// A file that holds what looks like a secret and may be brought in all the same, such as a test's key: this path with this
/// content and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedSecret {
    /// Its path.
    pub path: String,
    /// Its content, as `git hash-object` tells it.
    pub blob: BlobId,
}

impl AllowedSecret {
    /// Reads `DIGEST PATH`.
    pub fn read(text: &str) -> Option<Self> {
        let (digest, path) = text.trim().split_once(char::is_whitespace)?;
        let path = path.trim_start();
        Some(Self {
            path: RepoPath::in_tree(path).ok()?.as_str()?.to_owned(),
            blob: digest.parse().ok()?,
        })
    }
}

/// What a card's changes are judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The task.
    pub task: TaskId,
    /// The card's allowed files. An entry that was a name when it was written is escaped.
    pub files: Vec<String>,
    /// Those of them that were a glob when they were written, though what they would be as a name may be there by now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<String>,
    /// The checks that will run, since what they name is protected.
    pub checks: Vec<Check>,
    /// The project's protected patterns besides the built-in ones.
    pub protected: Vec<String>,
    /// Paths whose changes are dropped without blame.
    pub incidental: Vec<String>,
    /// Files with secrets that are let in.
    #[serde(default)]
    pub allowed_secrets: Vec<AllowedSecret>,
    /// Whether the lane lets the card open a protected file by its exact name.
    pub open_protected: bool,
}
