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

/// Files of up to so many lines are asked for whole: models fail least at that, and long answers cost and get cut.
const WHOLE: usize = 300;
/// After an answer that could not be read, files of up to so many lines are asked for whole.
const WHOLE_AFTER_FAILURE: usize = 1000;

impl Format {
    /// The format to ask for: the one that is configured, or the one that suits the longest file that may change; whole
    /// files after an answer that failed by its form, where that is not too long.
    pub fn to_ask_for(wanted: Option<Self>, longest: usize, form_failed: bool) -> Self {
        match wanted {
            _ if form_failed && longest <= WHOLE_AFTER_FAILURE => Self::Whole,
            Some(format) => format,
            None if longest <= WHOLE => Self::Whole,
            None => Self::SearchReplace,
        }
    }

    /// How it is asked for, with one example.
    pub const fn instructions(self) -> &'static str {
        match self {
            Self::Whole => {
                "Give the whole new text of each file that you change: its path alone on a line, then a fence with the text. For example:\n\nsrc/hello.txt\n```\nHello\n```\n\nWrite every line; leave nothing out with a remark. A file that holds fences itself gets a longer fence round it."
            }
            Self::SearchReplace => {
                "Give each change as a block: the file's path alone on a line, the lines that are there, and the lines that come for them. For example:\n\nsrc/hello.txt\n<<<<<<< SEARCH\nHello\n=======\nHello, you\n>>>>>>> REPLACE\n\nCopy the lines to search for exactly, as whole lines, and enough of them to stand at one place only. An empty SEARCH makes a\nnew file."
            }
            Self::Diff => {
                "Give a unified diff in a ```diff fence, with `---` and `+++` for each file. For example:\n\n```diff\n--- src/hello.txt\n+++ src/hello.txt\n@@ @@\n-Hello\n+Hello, you\n```\n\nLine numbers are not needed; give enough lines around each change to stand at one place only."
            }
            Self::ApplyPatch => {
                "Give a patch in this envelope. For example:\n\n*** Begin Patch\n*** Update File: src/hello.txt\n@@\n-Hello\n+Hello, you\n*** Add File: src/new.txt\n+Text\n*** Delete File: src/old.txt\n*** End Patch\n\nA line behind `@@` names a line above the change where that is needed to find it."
            }
            Self::Json => {
                "Give one JSON object and nothing else. For example:\n\n{\"edits\": [{\"path\": \"src/hello.txt\", \"search\": \"Hello\", \"replace\": \"Hello, you\"}, {\"path\": \"src/new.txt\", \"content\": \"Text\\n\"}]}\n\n`search` holds whole lines as they are in the file, enough of them to stand at one place only."
            }
        }
    }

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
