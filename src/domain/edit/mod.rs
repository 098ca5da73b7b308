//! Edits in an answer: from a model's text to new files, all or nothing.
//!
//! Parsing knows no file; applying reads through a function and writes nothing. What is truncated, ambiguous or
//! elided is refused with an error that is written for the model.

mod apply;
mod unified;
mod whole_file;

pub use apply::apply;

use crate::domain::path::RepoPath;

/// One change that an answer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A file's whole new text.
    Write {
        /// The file.
        path: RepoPath,
        /// Its text.
        text: String,
    },
    /// Hunks against a file's present text.
    Patch {
        /// The file.
        path: RepoPath,
        /// The hunks, in order.
        hunks: Vec<Hunk>,
    },
    /// The file goes.
    Delete {
        /// The file.
        path: RepoPath,
    },
}

impl Operation {
    /// The file that it is about.
    pub fn path(&self) -> &RepoPath {
        match self {
            Self::Write { path, .. } | Self::Patch { path, .. } | Self::Delete { path } => path,
        }
    }
}

/// One piece of a patch. Line numbers are not kept: models cannot count, so a hunk is found by its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hunk {
    /// Its lines.
    pub lines: Vec<HunkLine>,
    /// The old side ends the file without a newline, or the new one does.
    pub no_newline: (bool, bool),
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HunkLine {
    /// It is there and stays.
    Context(String),
    /// It is there and goes.
    Remove(String),
    /// It comes.
    Add(String),
}

/// Why nothing of an answer was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It holds no edit.
    #[error(
        "the answer holds no edit. Give each changed file as its path alone on a line, then its whole new text in a fence of three backticks."
    )]
    NoEdits,
    /// It ends in the middle.
    #[error(
        "the answer is cut off: the block for `{0}` is not closed. Give the whole answer again, shorter if need be."
    )]
    Truncated(String),
    /// A block names no file.
    #[error("a code block names no file: put the path alone on the line before it. The block begins: {0}")]
    NoPath(String),
    /// A path leaves the repository.
    #[error("`{path}` cannot be changed: {why}")]
    BadPath {
        /// The path.
        path: String,
        /// Why.
        why: String,
    },
    /// A file is given twice.
    #[error("`{0}` is given twice with different texts: give each file once")]
    Twice(String),
    /// A part was left out with a remark instead of written.
    #[error("`{path}` leaves something out (\"{line}\"): write the whole file, without placeholders")]
    Elided {
        /// The file.
        path: String,
        /// The remark.
        line: String,
    },
    /// A patch's file does not exist.
    #[error("`{0}` does not exist, so no patch can be applied to it: give its whole text")]
    NoSuchFile(String),
    /// A new file of a patch exists.
    #[error("`{0}` exists already: give a patch against it, or its whole new text")]
    Exists(String),
    /// A hunk's text is not in the file.
    #[error(
        "in `{path}` these lines were not found:\n{wanted}\n{nearest}Copy the lines exactly as they are in the file, or give the whole file."
    )]
    NotFound {
        /// The file.
        path: String,
        /// What was looked for.
        wanted: String,
        /// The most alike lines of the file.
        nearest: String,
    },
    /// A hunk's text is in the file more than once.
    #[error("in `{path}` these lines stand at several places (lines {}):\n{wanted}\nGive more lines around them.", list(.places))]
    Ambiguous {
        /// The file.
        path: String,
        /// What was looked for.
        wanted: String,
        /// Where it stands, from 1.
        places: Vec<usize>,
    },
    /// Something that patches can say and that is not taken.
    #[error("`{0}` is not taken: {1}")]
    Unsupported(String, &'static str),
    /// The file is not text.
    #[error("`{0}` is not text: it cannot be patched")]
    NotText(String),
}

fn list(places: &[usize]) -> String {
    places.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Reads the edits out of an answer. `known` are the files that the card allows and that exist, for names that are
/// given short.
pub fn parse(answer: &str, known: &[RepoPath]) -> Result<Vec<Operation>, AnswerError> {
    let answer = without_reasoning(answer);
    let mut operations = whole_file::blocks(answer, known)?;
    if operations.is_empty() && unified::looks_like_patch(answer) {
        operations = unified::parse(answer, known)?;
    }
    if operations.is_empty() {
        return Err(AnswerError::NoEdits);
    }
    once_each(operations)
}

/// Text that a model thought aloud is no part of its answer.
fn without_reasoning(answer: &str) -> &str {
    match answer.rfind("</think>") {
        Some(at) => &answer[at + "</think>".len()..],
        None => answer,
    }
}

fn once_each(operations: Vec<Operation>) -> Result<Vec<Operation>, AnswerError> {
    let mut kept: Vec<Operation> = Vec::new();
    for operation in operations {
        match kept.iter_mut().find(|known| known.path() == operation.path()) {
            None => kept.push(operation),
            // A model that repeats itself said it once.
            Some(known) if *known == operation => {}
            Some(Operation::Patch { hunks, .. }) => {
                if let Operation::Patch { hunks: more, .. } = operation {
                    hunks.extend(more);
                } else {
                    return Err(AnswerError::Twice(operation.path().to_string()));
                }
            }
            Some(_) => return Err(AnswerError::Twice(operation.path().to_string())),
        }
    }
    Ok(kept)
}

/// A path as a model writes it, made a path of the repository.
fn path_of(name: &str, known: &[RepoPath]) -> Result<RepoPath, AnswerError> {
    let name = name.trim();
    let path = RepoPath::new(name.strip_prefix("./").unwrap_or(name)).map_err(|error| AnswerError::BadPath {
        path: name.to_owned(),
        why: error.to_string(),
    })?;
    if known.contains(&path) {
        return Ok(path);
    }
    // A bare file name, or an invented folder before it, is meant where exactly one known file has that name.
    let same_name: Vec<&RepoPath> = known
        .iter()
        .filter(|other| other.file_name() == path.file_name())
        .collect();
    match same_name[..] {
        [only] if path.parent().is_none() || name.starts_with("path/to/") => Ok(only.clone()),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests;
