//! Why nothing of an answer was applied, in words for the model that has to answer again.
//!
//! Every message says what is wrong, shows the nearest real lines where there are any, and what to do. However long an
//! answer was, a message stays short: see [`Clipped`].

use std::fmt;

use super::operation::Access;

/// The most characters of a line that a message shows.
const LINE: usize = 160;
/// The most lines that a message shows of what was looked for.
const LINES: usize = 12;
/// The most errors that one message tells.
const ERRORS: usize = 6;
/// The most places or names in a list.
const LISTED: usize = 12;

/// Why nothing of an answer was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It holds no edit.
    #[error("the answer holds no edit: nothing was changed. Give the edits in the format that was asked for.")]
    NoEdits,
    /// Every edit leaves its file as it is.
    #[error(
        "the answer changes nothing: what it gives is in the files already. Make the change that the task asks for."
    )]
    NoChange,
    /// It ends in the middle.
    #[error("the answer is cut off: {0}. Nothing was applied. Give the whole answer again, shorter if need be.")]
    Truncated(String),
    /// It breaks the format.
    #[error("line {line} of the answer: {why}")]
    Malformed {
        /// The line of the answer, from 1.
        line: usize,
        /// What is wrong and what to give instead.
        why: String,
    },
    /// A block names no file.
    #[error("the block at line {line} of the answer names no file: put its path alone on the line before it. It begins: {}", Clipped(.begins))]
    NoPath {
        /// The line of the answer, from 1.
        line: usize,
        /// How the block begins.
        begins: String,
    },
    /// A block holds a fence as long as its own.
    #[error(
        "the block for {0} holds a fence as long as its own, so nobody can tell where it ends. Put more backticks round a \
         file that holds fences itself."
    )]
    Nested(String),
    /// A path leaves the repository, or is none.
    #[error("`{}` cannot be changed: {why}", Clipped(.path))]
    BadPath {
        /// The path as it was said.
        path: String,
        /// Why.
        why: String,
    },
    /// Paths that the card does not allow. No file was read.
    #[error("the task does not allow this: {}. Change only the allowed files.", refusals(.0))]
    OutOfScope(Vec<Refusal>),
    /// A file is given twice in ways that contradict each other.
    #[error("`{0}` is given twice in ways that contradict each other: give each file once")]
    Twice(String),
    /// A part was left out with a remark instead of written.
    #[error("`{path}` leaves something out (\"{}\"): do not elide, write every line that is to stand in the file", Clipped(.line))]
    Elided {
        /// The file.
        path: String,
        /// The remark.
        line: String,
    },
    /// A text would cut most of a file away.
    #[error(
        "the text given for `{path}` has {new} lines, and the file has {old}. If nothing else is to stay, delete in smaller \
         steps; if it is a part, give the whole file or an edit of that part."
    )]
    Shrunk {
        /// The file.
        path: String,
        /// Its lines now.
        old: usize,
        /// The lines given.
        new: usize,
    },
    /// A file to edit, move or delete does not exist.
    #[error("`{0}` does not exist, so it cannot be edited, moved or deleted. Give the whole text of a new file.")]
    NoSuchFile(String),
    /// A file to make exists.
    #[error("`{0}` exists already. Give an edit with the lines that are to be replaced, or its whole new text.")]
    Exists(String),
    /// Something is at the path that is no file, or is above it.
    #[error("`{path}` cannot be written or deleted: {what}")]
    NotAFile {
        /// The path.
        path: String,
        /// What is there.
        what: String,
    },
    /// The file is not text.
    #[error("`{0}` is not text: it can be neither edited nor replaced by text")]
    NotText(String),
    /// Lines of an edit are not in the file.
    #[error("{0}")]
    NotFound(Box<NotFound>),
    /// An edit's lines are not there, and what is to come for them is.
    #[error(
        "in `{path}` the lines of the edit at line {answer_line} of the answer are not there, and what replaces them is (at \
         line {at}): it seems to be done already. Leave that edit out."
    )]
    AlreadyThere {
        /// The file.
        path: String,
        /// The line of the answer, from 1.
        answer_line: usize,
        /// The line of the file, from 1.
        at: usize,
    },
    /// An edit's lines are in the file more than once.
    #[error("in `{path}` these lines stand at several places (lines {}):\n{}\nGive more of the lines around them.", list(.places), Quoted(.wanted))]
    Ambiguous {
        /// The file.
        path: String,
        /// What was looked for.
        wanted: Vec<String>,
        /// Where it stands, from 1.
        places: Vec<usize>,
    },
    /// An addition does not say where it belongs.
    #[error(
        "in `{path}` the edit at line {answer_line} of the answer only adds lines and does not say where. Give the line \
         before them as well (in a patch: as context or behind `@@`)."
    )]
    NoPlace {
        /// The file.
        path: String,
        /// The line of the answer, from 1.
        answer_line: usize,
    },
    /// Something that answers can say and that is not taken.
    #[error("`{}` is not taken: {why}", Clipped(.what))]
    Unsupported {
        /// What was said.
        what: String,
        /// Why not, and what to do instead.
        why: &'static str,
    },
    /// Some of several edits do not apply, so none was applied.
    #[error("{0}")]
    Several(Several),
}

impl AnswerError {
    /// A short, stable name of the class, for records.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::NoEdits => "no_edits",
            Self::NoChange => "no_change",
            Self::Truncated(_) => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::NoPath { .. } => "no_path",
            Self::Nested(_) => "nested",
            Self::BadPath { .. } => "bad_path",
            Self::OutOfScope(_) => "out_of_scope",
            Self::Twice(_) => "twice",
            Self::Elided { .. } => "elided",
            Self::Shrunk { .. } => "shrunk",
            Self::NoSuchFile(_) => "no_such_file",
            Self::Exists(_) => "exists",
            Self::NotAFile { .. } => "not_a_file",
            Self::NotText(_) => "not_text",
            Self::NotFound(_) => "not_found",
            Self::AlreadyThere { .. } => "already_there",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NoPlace { .. } => "no_place",
            Self::Unsupported { .. } => "unsupported",
            Self::Several(_) => "several",
        }
    }

    /// Whether the model failed at the form of its answer, so that another format may help. What it wanted to do is
    /// no matter of form.
    pub const fn is_format_failure(&self) -> bool {
        !matches!(
            self,
            Self::NoChange
                | Self::OutOfScope(_)
                | Self::BadPath { .. }
                | Self::NotAFile { .. }
                | Self::AlreadyThere { .. }
        )
    }
}

/// A path that a card does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The path.
    pub path: String,
    /// What was to be done to it.
    pub access: Access,
    /// Why not.
    pub why: String,
}

/// Lines that are not in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// The file.
    pub path: String,
    /// The line of the answer, from 1.
    pub answer_line: usize,
    /// What was looked for.
    pub wanted: Vec<String>,
    /// The most alike lines of the file, with their numbers from 1.
    pub nearest: Vec<(usize, String)>,
    /// Another file that holds the lines.
    pub elsewhere: Option<String>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "in `{}` these lines (line {} of the answer) were not found:\n{}",
            self.path,
            self.answer_line,
            Quoted(&self.wanted)
        )?;
        if !self.nearest.is_empty() {
            writeln!(f, "The nearest lines of the file are:")?;
            for (number, line) in &self.nearest {
                writeln!(f, "    {number}: {}", Clipped(line))?;
            }
        }
        if let Some(other) = &self.elsewhere {
            writeln!(f, "`{other}` holds them: name that file if it is meant.")?;
        }
        f.write_str("Copy whole lines exactly as they are in the file, or give the whole file.")
    }
}

/// What is wrong with an answer of several edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several {
    /// What is wrong, in the order of the answer.
    pub errors: Vec<AnswerError>,
    /// The edits that were in order.
    pub fine: Vec<String>,
}

impl fmt::Display for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing of the answer was applied:")?;
        for error in self.errors.iter().take(ERRORS) {
            write!(f, "\n- {error}")?;
        }
        if self.errors.len() > ERRORS {
            write!(f, "\n- and {} more", self.errors.len() - ERRORS)?;
        }
        if self.fine.is_empty() {
            return Ok(());
        }
        write!(
            f,
            "\nThese were in order; give them again as they are: {}.",
            joined(self.fine.iter().map(String::as_str))
        )
    }
}

/// A line of foreign text, cut to what a message may show.
struct Clipped<'a>(&'a str);

impl fmt::Display for Clipped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(LINE) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

/// Lines that were looked for, cut in number and length.
struct Quoted<'a>(&'a [String]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.iter().take(LINES).enumerate() {
            write!(f, "{}    {}", if index == 0 { "" } else { "\n" }, Clipped(line))?;
        }
        match self.0.len().checked_sub(LINES) {
            Some(more @ 1..) => write!(f, "\n    … and {more} more lines"),
            _ => Ok(()),
        }
    }
}

fn list(places: &[usize]) -> String {
    let numbers: Vec<String> = places.iter().map(usize::to_string).collect();
    joined(numbers.iter().map(String::as_str))
}

fn refusals(refusals: &[Refusal]) -> String {
    let told: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            let access = match refusal.access {
                Access::Change => "change",
                Access::Create => "create",
                Access::Delete => "delete",
            };
            format!("to {access} `{}` ({})", Clipped(&refusal.path), Clipped(&refusal.why))
        })
        .collect();
    joined(told.iter().map(String::as_str))
}

fn joined<'a>(entries: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = entries.len().saturating_sub(LISTED);
    let text = entries.take(LISTED).collect::<Vec<_>>().join(", ");
    match more {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
