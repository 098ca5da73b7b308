//! SEARCH/REPLACE blocks: lines that are there, and the lines that come for them.

use super::error::AnswerError;
use super::fence::Fence;
use super::name::Purpose;
use super::notice::Notice;
use super::operation::{Action, Edit, Operation, Step};
use super::scan::Scan;

/// Markers are this long unless a file holds lines like them.
pub(super) const USUAL: usize = 7;
/// The lengths that are taken for markers.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=9;

/// Whether a block begins with the first of these lines.
pub(super) fn opens(lines: &[&str]) -> bool {
    lines.first().is_some_and(|line| head(line).is_some())
}

fn head(line: &str) -> Option<usize> {
    marker(line, '<')
        .filter(|(_, word)| matches!(*word, " SEARCH" | " SEARCH>"))
        .map(|(length, _)| length)
}

/// Whether a block ends with this line.
pub(super) fn is_end(line: &str) -> bool {
    marker(line, '>').is_some_and(|(_, word)| word == " REPLACE")
}

fn marker(line: &str, mark: char) -> Option<(usize, &str)> {
    let line = line.trim_end();
    let word = line.trim_start_matches(mark);
    let length = line.len() - word.len();
    LENGTHS.contains(&length).then_some((length, word))
}

/// The three markers of one block. Where it opens with longer ones than usual, all have that length, so that a file
/// may hold shorter ones.
struct Markers {
    length: Option<usize>,
}

impl Markers {
    fn is(&self, line: &str, mark: char, word: &str) -> bool {
        marker(line, mark).is_some_and(|(length, said)| said == word && self.length.is_none_or(|only| only == length))
    }

    fn divides(&self, line: &str) -> bool {
        self.is(line, '=', "")
    }

    fn ends(&self, line: &str) -> bool {
        self.is(line, '>', " REPLACE")
    }
}

/// Reads the block that the scan stands at.
pub(super) fn read(scan: &mut Scan) -> Result<(), AnswerError> {
    let begin = scan.at;
    let said = scan.path_before(begin);
    let length = head(scan.lines[begin]).filter(|length| *length > USUAL);
    let markers = Markers { length };
    let search = half(scan, begin, |line| markers.divides(line), "=======")?;
    let replace = half(
        scan,
        begin,
        |line| markers.ends(line) || markers.divides(line),
        ">>>>>>> REPLACE",
    )?;
    scan.at += 1;
    if !markers.ends(scan.lines[scan.at - 1]) {
        return Err(AnswerError::Malformed {
            line: scan.at,
            why: "a second `=======` stands where `>>>>>>> REPLACE` was expected. If the file holds such lines, use markers \
                  of nine characters for the whole block: `<<<<<<<<< SEARCH`, `=========`, `>>>>>>>>> REPLACE`."
                .to_owned(),
        });
    }
    let (search, replace) = unwrapped(scan, search, replace, said.as_deref());
    push(scan, said.as_deref(), search, replace, begin + 1)
}

/// The lines behind this one, up to the one that ends this half of the block.
fn half(
    scan: &mut Scan,
    begin: usize,
    ends: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<Vec<String>, AnswerError> {
    let mut lines = Vec::new();
    loop {
        scan.at += 1;
        let Some(line) = scan.lines.get(scan.at) else {
            return Err(AnswerError::Truncated(format!(
                "the block at line {} never gets its `{expected}`",
                begin + 1
            )));
        };
        if ends(line) {
            return Ok(lines);
        }
        if head(line).is_some() {
            return Err(AnswerError::Malformed {
                line: scan.at + 1,
                why: format!(
                    "a new block begins where `{expected}` was expected. Close each block before the next one."
                ),
            });
        }
        lines.push((*line).to_owned());
    }
}

/// Both halves without a path and a fence that were put round each of them again.
fn unwrapped(scan: &Scan, search: Vec<String>, replace: Vec<String>, said: Option<&str>) -> (Vec<String>, Vec<String>) {
    let plain = |lines: &[String]| inside_fence(scan, lines, said).map(<[String]>::to_vec);
    match (plain(&search), plain(&replace)) {
        (Some(search), Some(replace)) => (search, replace),
        (Some(search), None) if replace.is_empty() => (search, replace),
        (None, Some(replace)) if search.is_empty() => (search, replace),
        _ => (search, replace),
    }
}

fn inside_fence<'b>(scan: &Scan, lines: &'b [String], said: Option<&str>) -> Option<&'b [String]> {
    let first = lines.first()?;
    let named = scan
        .names
        .plain(first)
        .filter(|name| said.is_some_and(|said| said.ends_with(name.as_str())));
    let is_markdown = said.is_some_and(|said| said.ends_with(".md"));
    let fenced = if named.is_some() { &lines[1..] } else { lines };
    let [open, inside @ .., close] = fenced else {
        return None;
    };
    // In Markdown a fence is text, unless the path before it shows that it is not.
    (Fence::opening(open)?.closes(close) && (named.is_some() || !is_markdown)).then_some(inside)
}

/// Adds what a pair of texts asks for.
pub(super) fn push(
    scan: &mut Scan,
    said: Option<&str>,
    search: Vec<String>,
    replace: Vec<String>,
    line: usize,
) -> Result<(), AnswerError> {
    let is_new = search.iter().all(|line| line.trim().is_empty());
    let purpose = if is_new { Purpose::Exactly } else { Purpose::Change };
    let path = match said {
        Some(said) => scan.resolve(said, purpose)?,
        None => scan.path_nearby().ok_or_else(|| AnswerError::NoPath {
            line,
            begins: search.iter().chain(&replace).next().cloned().unwrap_or_default(),
        })?,
    };
    let edit = Edit::Swap { search, replace };
    let action = match edit {
        edit if edit.is_idle() => {
            scan.last = Some(path.clone());
            scan.notices.push(Notice::Idle { path, line });
            return Ok(());
        }
        Edit::Swap { replace, .. } if is_new => Action::Fill {
            text: replace.iter().map(|line| format!("{line}\n")).collect(),
        },
        edit => Action::Edit {
            steps: vec![Step { line, edit }],
        },
    };
    scan.push(Operation { path, action, line });
    Ok(())
}
