//! The `apply_patch` envelope: `*** Begin Patch`, sections for files, chunks without line numbers, `*** End Patch`.

use super::error::AnswerError;
use super::name::Purpose;
use super::operation::{Action, Edit, EditLine, Operation, Step};
use super::scan::Scan;

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const END_OF_FILE: &str = "*** End of File";
const ADD: &str = "*** Add File:";
const DELETE: &str = "*** Delete File:";
const UPDATE: &str = "*** Update File:";
const MOVE: &str = "*** Move to:";
/// Some programs tell the patch where it is to be applied; here that is decided already.
const ENVIRONMENT: &str = "*** Environment ID:";

/// Whether a patch begins with the first of these lines.
pub(super) fn opens(lines: &[&str]) -> bool {
    let Some(first) = lines.first().map(|line| line.trim()) else {
        return false;
    };
    let heredoc_of_patch = || {
        let next = lines[1..].iter().find(|line| !line.trim().is_empty());
        first.contains("<<") && next.is_some_and(|line| line.trim() == BEGIN)
    };
    first == BEGIN || [ADD, DELETE, UPDATE].iter().any(|head| first.starts_with(head)) || heredoc_of_patch()
}

/// Reads the patch that the scan stands at.
pub(super) fn read(scan: &mut Scan) -> Result<(), AnswerError> {
    let (end, _) = scan.end_of_fence();
    let before = scan.operations.len();
    let terminator = heredoc(scan)?;
    let begun = scan.lines[scan.at].trim() == BEGIN;
    scan.at += usize::from(begun);
    let mut ended = false;
    while scan.at < end && !ended {
        let line = scan.lines[scan.at].trim();
        if line == END {
            scan.at += 1;
            ended = true;
        } else if line.is_empty() || line.starts_with(ENVIRONMENT) {
            scan.at += 1;
        } else if let Some(path) = line.strip_prefix(ADD) {
            add(scan, path, end)?;
        } else if let Some(path) = line.strip_prefix(DELETE) {
            let path = scan.resolve(path, Purpose::Exactly)?;
            scan.push(Operation {
                path,
                action: Action::Delete,
                line: scan.at + 1,
            });
            scan.at += 1;
        } else if let Some(path) = line.strip_prefix(UPDATE) {
            update(scan, path, end)?;
        } else if terminator.as_deref() == Some(line) || (!begun && !line.starts_with("***")) {
            break;
        } else {
            return Err(malformed(
                scan,
                format!(
                    "`{}` is no head of a section. The heads are `{ADD} <path>`, `{DELETE} <path>` and `{UPDATE} <path>`; the \
                     patch ends with `{END}`.",
                    line.chars().take(80).collect::<String>()
                ),
            ));
        }
    }
    let rest = scan.lines[scan.at..end].iter().position(|line| !line.trim().is_empty());
    if let (Some(word), Some(offset)) = (&terminator, rest)
        && scan.lines[scan.at + offset].trim() == word
    {
        scan.at += offset + 1;
    }
    if scan.operations.len() == before {
        return Err(AnswerError::NoEdits);
    }
    Ok(())
}

fn malformed(scan: &Scan, why: String) -> AnswerError {
    AnswerError::Malformed { line: scan.at + 1, why }
}

/// Passes the line of a shell that hands the patch on, and gives the word that ends it.
fn heredoc(scan: &mut Scan) -> Result<Option<String>, AnswerError> {
    let line = scan.lines[scan.at].trim();
    let Some((_, word)) = line.split_once("<<").filter(|_| !line.starts_with("***")) else {
        return Ok(None);
    };
    let word = word.trim_start_matches('-').trim();
    let quote = |c: Option<char>| c.filter(|c| matches!(c, '\'' | '"'));
    let (first, last) = (quote(word.chars().next()), quote(word.chars().last()));
    if first != last || word.len() < 2 {
        return Err(malformed(
            scan,
            format!("the quotes in `<<{word}` do not match. Give the patch without a shell around it."),
        ));
    }
    let word = word.trim_matches(['\'', '"']).to_owned();
    scan.at += 1;
    while scan.lines[scan.at].trim().is_empty() {
        scan.at += 1;
    }
    Ok(Some(word))
}

fn add(scan: &mut Scan, path: &str, end: usize) -> Result<(), AnswerError> {
    let path = scan.resolve(path, Purpose::Exactly)?;
    let line = scan.at + 1;
    let mut text = String::new();
    scan.at += 1;
    while let Some(new) = within(scan, end).and_then(|line| line.strip_prefix('+')) {
        text.push_str(new);
        text.push('\n');
        scan.at += 1;
    }
    let stray = within(scan, end).filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("***"));
    if stray.is_some() {
        return Err(malformed(scan, "every line of a new file begins with `+`.".to_owned()));
    }
    scan.push(Operation {
        path,
        action: Action::Create { text },
        line,
    });
    Ok(())
}

fn within<'a>(scan: &Scan<'a>, end: usize) -> Option<&'a str> {
    (scan.at < end).then(|| scan.lines[scan.at])
}

fn update(scan: &mut Scan, path: &str, end: usize) -> Result<(), AnswerError> {
    let path = scan.resolve(path, Purpose::Change)?;
    let line = scan.at + 1;
    scan.at += 1;
    let to = match within(scan, end).and_then(|line| line.trim().strip_prefix(MOVE)) {
        Some(to) => {
            scan.at += 1;
            Some(scan.resolve(to, Purpose::Exactly)?)
        }
        None => None,
    };
    let mut steps = Vec::new();
    while let Some(next) = within(scan, end) {
        if next.trim().is_empty() {
            scan.at += 1;
        } else if is_head(next) {
            break;
        } else {
            steps.push(chunk(scan, end, steps.is_empty())?);
        }
    }
    let action = match to {
        Some(to) => Action::Move { to, steps },
        None if steps.is_empty() => {
            scan.at = line - 1;
            return Err(malformed(scan, format!("the section for `{path}` holds no change.")));
        }
        None => Action::Edit { steps },
    };
    scan.push(Operation { path, action, line });
    Ok(())
}

fn is_head(line: &str) -> bool {
    let line = line.trim();
    line == END || [ADD, DELETE, UPDATE].iter().any(|head| line.starts_with(head))
}

/// Reads one chunk: `@@` lines, then lines of the file.
fn chunk(scan: &mut Scan, end: usize, opens: bool) -> Result<Step, AnswerError> {
    let begin = scan.at;
    let mut anchors = Vec::new();
    while let Some(anchor) = within(scan, end).and_then(|line| line.strip_prefix("@@")) {
        let anchor = anchor.trim().trim_end_matches("@@").trim_end();
        // Numbers are those of a unified diff, and say nothing here.
        let is_numbers = anchor.starts_with('-') && anchor[1..].starts_with(|c: char| c.is_ascii_digit());
        if !anchor.is_empty() && !is_numbers && anchor != "..." {
            anchors.push(anchor.to_owned());
        }
        scan.at += 1;
    }
    if scan.at == begin && !opens {
        return Err(malformed(
            scan,
            "every chunk but the first begins with `@@`.".to_owned(),
        ));
    }
    let mut lines = Vec::new();
    let mut at_end = false;
    while let Some(line) = within(scan, end).filter(|line| !is_head(line) && !line.starts_with("@@")) {
        if line.trim() == END_OF_FILE {
            at_end = true;
            scan.at += 1;
            break;
        }
        lines.push(edit_line(line).ok_or_else(|| {
            malformed(
                scan,
                "every line of a chunk begins with a blank, `+` or `-`, and this one does not.".to_owned(),
            )
        })?);
        scan.at += 1;
    }
    if lines.is_empty() {
        scan.at = begin;
        return Err(malformed(scan, "nothing stands behind this `@@`.".to_owned()));
    }
    Ok(Step {
        line: begin + 1,
        edit: Edit::Chunk {
            lines,
            anchors,
            at_end,
            opens,
        },
    })
}

/// A line of a patch by its first character. A line with nothing in it is an empty line of the file.
fn edit_line(line: &str) -> Option<EditLine> {
    let rest = || line[1..].to_owned();
    match line.bytes().next() {
        None => Some(EditLine::Keep(String::new())),
        Some(b' ') => Some(EditLine::Keep(rest())),
        Some(b'-') => Some(EditLine::Remove(rest())),
        Some(b'+') => Some(EditLine::Add(rest())),
        Some(_) => None,
    }
}
