//! The formats in which an answer can give edits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A path, then the file's whole text in a fence.
    Whole,
    /// SEARCH/REPLACE blocks.
    SearchReplace,
    /// A unified diff; its line numbers are not believed.
    Diff,
    /// The `*** Begin Patch` envelope.
    ApplyPatch,
    /// `{"edits": […]}`.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Whole,
        Self::SearchReplace,
        Self::Diff,
        Self::ApplyPatch,
        Self::Json,
    ];

    /// Its name in the configuration and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::SearchReplace => "search_replace",
            Self::Diff => "diff",
            Self::ApplyPatch => "apply_patch",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
