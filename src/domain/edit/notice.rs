//! What is worth a remark about an answer that was read or applied. Nothing here refuses anything.

use std::fmt;

use crate::domain::path::RepoPath;

/// A remark, for the record and for who reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A name was not that of a file, and could mean only one.
    NamePutRight {
        /// As the answer has it.
        said: String,
        /// What was taken.
        meant: String,
    },
    /// An edit stood in the answer before, and was applied once.
    Repeated {
        /// Its file.
        path: RepoPath,
        /// The line of the answer, from 1.
        line: usize,
    },
    /// An edit changes nothing, and was left out.
    Idle {
        /// Its file.
        path: RepoPath,
        /// The line of the answer, from 1.
        line: usize,
    },
    /// New text holds characters that do not show, or that change how others show.
    Hidden {
        /// The file.
        path: RepoPath,
        /// The first such character.
        character: char,
    },
    /// A whole text has far fewer lines than the file had.
    Shrunk {
        /// The file.
        path: RepoPath,
        /// Its lines before.
        old: usize,
        /// Its lines now.
        new: usize,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamePutRight { said, meant } => write!(f, "took `{}` for {meant}", said.escape_debug()),
            Self::Repeated { path, line } => {
                write!(f, "{path}: the edit at line {line} was given before; applied once")
            }
            Self::Idle { path, line } => write!(f, "{path}: the edit at line {line} changes nothing; left out"),
            Self::Hidden { path, character } => {
                write!(
                    f,
                    "{path}: new text holds the hidden character U+{:04X}",
                    u32::from(*character)
                )
            }
            Self::Shrunk { path, old, new } => write!(f, "{path}: had {old} lines, has {new}"),
        }
    }
}

/// The first character of a text that hides something from the eye: of terminals, of the direction of writing, or
/// without width.
pub(super) fn hidden(text: &str) -> Option<char> {
    text.chars().find(|c| {
        matches!(c, '\u{1b}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    })
}
