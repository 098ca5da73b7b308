//! Edits in an answer: from a model's text to new files, all or nothing.
//!
//! Reading knows no file. Applying asks whether every path may be touched before it reads one, reads through a function,
//! and writes nothing. What is truncated, ambiguous or elided is refused with an error that is written for the model.

mod applied;
mod apply;
mod apply_patch;
mod change;
mod elision;
mod error;
mod fence;
mod format;
mod join;
mod json_edits;
mod lines;
mod locate;
mod name;
mod notice;
mod operation;
mod patch_head;
mod policy;
mod reading;
mod reasoning;
mod scan;
mod search_replace;
mod unified;
mod weave;
mod whole_file;

pub use applied::{Applied, Match, NewFile};
pub use apply::{Judge, Present, Read, apply};
pub use error::{AnswerError, NotFound, Refusal, Several};
pub use format::Format;
pub use locate::Level;
pub use name::Known;
pub use notice::Notice;
pub use operation::{Access, Action, Edit, EditLine, Ending, Named, Operation, Stated, Step};
pub use policy::{FinalNewline, Policy, Shrink};
pub use reading::Reading;

use name::Names;
use scan::Scan;

/// What an answer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edits {
    /// One operation for each file, in the order of the answer.
    pub operations: Vec<Operation>,
    /// Remarks of reading.
    pub notices: Vec<Notice>,
    /// The formats that it gives them in.
    pub formats: Vec<Format>,
}

/// A format that begins with lines of its own.
struct Reader {
    format: Format,
    /// Whether it begins with the first of these lines.
    opens: fn(&[&str]) -> bool,
    /// Reads what the scan stands at.
    read: fn(&mut Scan) -> Result<(), AnswerError>,
}

/// Every format but whole files, which any fence may hold.
static READERS: [Reader; 4] = [
    Reader {
        format: Format::ApplyPatch,
        opens: apply_patch::opens,
        read: apply_patch::read,
    },
    Reader {
        format: Format::SearchReplace,
        opens: search_replace::opens,
        read: search_replace::read,
    },
    Reader {
        format: Format::Diff,
        opens: unified::opens,
        read: unified::read,
    },
    Reader {
        format: Format::Json,
        opens: json_edits::opens,
        read: json_edits::read,
    },
];

/// Reads the edits out of an answer, in whatever format it gives them.
///
/// # Errors
///
/// One error for the whole answer, written for the model.
pub fn parse(answer: &str, known: Known) -> Result<Edits, AnswerError> {
    let answer = answer.strip_prefix('\u{feff}').unwrap_or(answer);
    if let Some(line) = answer.lines().position(|line| line.contains('\0')) {
        return Err(AnswerError::Malformed {
            line: line + 1,
            why: "it holds a NUL, which no text file has".to_owned(),
        });
    }
    let answer = reasoning::without_reasoning(answer)?;
    let names = Names::of(known);
    let mut read = Scan::of(&answer, &names).read()?;
    let operations = join::join(read.operations, &mut read.notices)?;
    Ok(Edits {
        operations,
        notices: read.notices,
        formats: read.formats,
    })
}

#[cfg(test)]
mod tests;
