//! Applying operations in memory: every file or none.

use crate::domain::path::RepoPath;

use super::{AnswerError, Hunk, HunkLine, Operation};

/// New contents by path; `None` deletes.
type Files = Vec<(RepoPath, Option<Vec<u8>>)>;

/// Applies operations to the files that `read` gives, and returns what changes.
pub fn apply(
    operations: &[Operation],
    read: &mut dyn FnMut(&RepoPath) -> Option<Vec<u8>>,
) -> Result<Files, AnswerError> {
    let mut files = Vec::with_capacity(operations.len());
    for operation in operations {
        let path = operation.path();
        let old = read(path);
        let new = match operation {
            Operation::Write { text, .. } => Some(write(path, text, old.as_deref())?),
            Operation::Delete { .. } => match old {
                Some(_) => None,
                None => return Err(AnswerError::NoSuchFile(path.to_string())),
            },
            Operation::Patch { hunks, .. } => {
                let old = old.ok_or_else(|| AnswerError::NoSuchFile(path.to_string()))?;
                Some(patch(path, hunks, &old)?)
            }
        };
        files.push((path.clone(), new));
    }
    Ok(files)
}

/// Remarks with which a model leaves out what it should have written.
const ELISIONS: [&str; 9] = [
    "rest of the file",
    "rest of file",
    "rest unchanged",
    "remains unchanged",
    "existing code",
    "rest of the code",
    "unchanged code",
    "same as before",
    "previous code",
];

/// A whole file in its new text, with the line ends that it had.
fn write(path: &RepoPath, text: &str, old: Option<&[u8]>) -> Result<Vec<u8>, AnswerError> {
    let old_text = old.map(String::from_utf8_lossy).unwrap_or_default();
    let remark = text.lines().find(|line| {
        let folded = line.to_lowercase();
        let is_comment = ["//", "#", "--", "/*", "<!--", "...", ";", "%"]
            .iter()
            .any(|mark| folded.trim_start().starts_with(mark));
        is_comment && ELISIONS.iter().any(|words| folded.contains(words)) && !old_text.contains(line)
    });
    if let Some(line) = remark {
        return Err(AnswerError::Elided {
            path: path.to_string(),
            line: line.trim().to_owned(),
        });
    }
    let crlf = old.is_some_and(|old| old.windows(2).any(|two| two == b"\r\n")) && !text.contains("\r\n");
    Ok(if crlf {
        text.replace('\n', "\r\n").into_bytes()
    } else {
        text.as_bytes().to_vec()
    })
}

/// A line of a file: its text and its end.
#[derive(Clone)]
struct Line {
    text: String,
    end: &'static str,
}

fn lines(text: &str) -> Vec<Line> {
    text.split_inclusive('\n')
        .map(|line| {
            let (text, end) = match line.strip_suffix("\r\n") {
                Some(text) => (text, "\r\n"),
                None => match line.strip_suffix('\n') {
                    Some(text) => (text, "\n"),
                    None => (line, ""),
                },
            };
            Line {
                text: text.to_owned(),
                end,
            }
        })
        .collect()
}

fn patch(path: &RepoPath, hunks: &[Hunk], old: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let text = std::str::from_utf8(old).map_err(|_| AnswerError::NotText(path.to_string()))?;
    let mut file = lines(text);
    let style = file
        .iter()
        .map(|line| line.end)
        .find(|end| !end.is_empty())
        .unwrap_or("\n");
    let ended = text.is_empty() || text.ends_with('\n');
    for hunk in hunks {
        let at = find(path, hunk, &file)?;
        file = replaced(hunk, &file, at, style);
    }
    // Only a hunk that says so changes whether the file ends in a newline.
    let last_says = hunks.iter().any(|hunk| hunk.no_newline.1);
    let count = file.len();
    for (index, line) in file.iter_mut().enumerate() {
        let is_last = index + 1 == count;
        if line.end.is_empty() && (!is_last || (ended && !last_says)) {
            line.end = style;
        } else if is_last && last_says {
            line.end = "";
        }
    }
    let bytes: String = file.iter().flat_map(|line| [line.text.as_str(), line.end]).collect();
    Ok(bytes.into_bytes())
}

/// Where the hunk's old lines stand: exactly, else but for blanks at line ends. Never at a place that is not certain.
fn find(path: &RepoPath, hunk: &Hunk, file: &[Line]) -> Result<usize, AnswerError> {
    let old: Vec<&str> = hunk
        .lines
        .iter()
        .filter_map(|line| match line {
            HunkLine::Context(text) | HunkLine::Remove(text) => Some(text.as_str()),
            HunkLine::Add(_) => None,
        })
        .collect();
    let wanted = || old.iter().map(|line| format!("    {line}\n")).collect::<String>();
    if old.is_empty() {
        return match file.is_empty() {
            true => Ok(0),
            false => Err(AnswerError::NotFound {
                path: path.to_string(),
                wanted: "    (a hunk without any line of the file)\n".to_owned(),
                nearest: String::new(),
            }),
        };
    }
    let exact = places(&old, file, |a, b| a == b);
    let found = if exact.is_empty() {
        places(&old, file, |a, b| a.trim_end() == b.trim_end())
    } else {
        exact
    };
    match found[..] {
        [only] => Ok(only),
        [] => Err(AnswerError::NotFound {
            path: path.to_string(),
            wanted: wanted(),
            nearest: nearest(&old, file),
        }),
        _ => Err(AnswerError::Ambiguous {
            path: path.to_string(),
            wanted: wanted(),
            places: found.iter().map(|at| at + 1).collect(),
        }),
    }
}

fn places(old: &[&str], file: &[Line], same: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    if old.len() > file.len() {
        return Vec::new();
    }
    (0..=file.len() - old.len())
        .filter(|at| {
            old.iter()
                .zip(&file[*at..])
                .all(|(wanted, line)| same(wanted, &line.text))
        })
        .collect()
}

/// The lines of the file that are most like the first wanted line, with their numbers.
fn nearest(old: &[&str], file: &[Line]) -> String {
    let first = old
        .iter()
        .find(|line| !line.trim().is_empty())
        .copied()
        .unwrap_or_default();
    let best = file
        .iter()
        .enumerate()
        .map(|(at, line)| {
            (
                similar::TextDiff::from_chars(first.trim(), line.text.trim()).ratio(),
                at,
            )
        })
        .filter(|(ratio, _)| *ratio >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((_, at)) => {
            let around = at.saturating_sub(1)..(at + old.len().min(8) + 1).min(file.len());
            let shown: String = around
                .map(|at| format!("    {}: {}\n", at + 1, file[at].text))
                .collect();
            format!("The file's nearest lines are:\n{shown}")
        }
        None => String::new(),
    }
}

/// The file with the hunk applied at a place. Context keeps the file's own bytes.
fn replaced(hunk: &Hunk, file: &[Line], at: usize, style: &'static str) -> Vec<Line> {
    let mut new = file[..at].to_vec();
    let mut from = at;
    for line in &hunk.lines {
        match line {
            HunkLine::Context(_) => {
                new.push(file[from].clone());
                from += 1;
            }
            HunkLine::Remove(_) => from += 1,
            HunkLine::Add(text) => new.push(Line {
                text: text.strip_suffix('\r').unwrap_or(text).to_owned(),
                end: style,
            }),
        }
    }
    // The line that was last may have had no newline, and is not last any more.
    let was_last = from == file.len();
    if was_last
        && let (Some(old), Some(last)) = (file.last(), new.last_mut())
        && old.end.is_empty()
    {
        last.end = "";
    }
    new.extend_from_slice(&file[from..]);
    new
}
