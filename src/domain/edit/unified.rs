//! Unified diffs, as git and as models write them.

use crate::domain::path::RepoPath;

use super::{AnswerError, Hunk, HunkLine, Operation, path_of};

/// Whether a text has the two header lines of a patch.
pub(super) fn is_patch(text: &str) -> bool {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("--- ") && lines.peek().is_some_and(|next| next.starts_with("+++ ")) {
            return true;
        }
    }
    false
}

/// Whether an answer without fences is a patch.
pub(super) fn looks_like_patch(answer: &str) -> bool {
    is_patch(answer)
}

struct File {
    old: String,
    new: String,
    hunks: Vec<Hunk>,
}

/// Reads a patch of one or several files.
pub(super) fn parse(text: &str, known: &[RepoPath]) -> Result<Vec<Operation>, AnswerError> {
    let mut files: Vec<File> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if line.starts_with("--- ") && next.starts_with("+++ ") {
            files.push(File {
                old: header(&line[4..]),
                new: header(&next[4..]),
                hunks: Vec::new(),
            });
            at += 2;
        } else if line.starts_with("@@") {
            let Some(file) = files.last_mut() else {
                return Err(AnswerError::NoPath(line.to_owned()));
            };
            let (hunk, used) = hunk(&lines[at + 1..]);
            if hunk.lines.iter().any(|line| !matches!(line, HunkLine::Context(_))) && !file.hunks.contains(&hunk) {
                file.hunks.push(hunk);
            }
            at += 1 + used;
        } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
            return Err(AnswerError::Unsupported(
                line.to_owned(),
                "binary content has to come as a file",
            ));
        } else if line.starts_with("rename from ") || line.starts_with("copy from ") {
            return Err(AnswerError::Unsupported(
                line.to_owned(),
                "give the new file whole and delete the old one",
            ));
        } else {
            at += 1;
        }
    }
    files.into_iter().map(|file| operation(file, known)).collect()
}

/// A header's path without its time stamp.
fn header(text: &str) -> String {
    text.split('\t')
        .next()
        .unwrap_or_default()
        .trim()
        .trim_matches('"')
        .to_owned()
}

/// The lines of a hunk, and how many there were.
fn hunk(lines: &[&str]) -> (Hunk, usize) {
    let mut hunk = Hunk::default();
    let mut used = 0;
    for (index, line) in lines.iter().enumerate() {
        let starts_file = line.starts_with("--- ") && lines.get(index + 1).is_some_and(|next| next.starts_with("+++ "));
        if line.starts_with("@@") || starts_file || line.starts_with("diff --git ") {
            break;
        }
        used += 1;
        let rest = || line.get(1..).unwrap_or_default().to_owned();
        match line.bytes().next() {
            Some(b'+') => hunk.lines.push(HunkLine::Add(rest())),
            Some(b'-') => hunk.lines.push(HunkLine::Remove(rest())),
            Some(b'\\') => match hunk.lines.last() {
                Some(HunkLine::Add(_)) => hunk.no_newline.1 = true,
                Some(HunkLine::Remove(_)) => hunk.no_newline.0 = true,
                _ => hunk.no_newline = (true, true),
            },
            Some(b' ') => hunk.lines.push(HunkLine::Context(rest())),
            // A model drops the blank of an empty context line.
            None => hunk.lines.push(HunkLine::Context(String::new())),
            Some(_) => {
                used -= 1;
                break;
            }
        }
    }
    // Blank lines behind a hunk belong to the text around it.
    while matches!(hunk.lines.last(), Some(HunkLine::Context(text)) if text.is_empty()) && hunk.lines.len() > 1 {
        hunk.lines.pop();
    }
    (hunk, used)
}

fn operation(file: File, known: &[RepoPath]) -> Result<Operation, AnswerError> {
    if file.new == "/dev/null" {
        return Ok(Operation::Delete {
            path: path_of(&stripped(&file.old, &file.new, known), known)?,
        });
    }
    let path = path_of(&stripped(&file.new, &file.old, known), known)?;
    if file.old == "/dev/null" {
        let mut text: String = String::new();
        for line in file.hunks.iter().flat_map(|hunk| &hunk.lines) {
            if let HunkLine::Add(line) = line {
                text.push_str(line);
                text.push('\n');
            }
        }
        if file.hunks.last().is_some_and(|hunk| hunk.no_newline.1) {
            text.pop();
        }
        return Ok(Operation::Write { path, text });
    }
    Ok(Operation::Patch {
        path,
        hunks: file.hunks,
    })
}

/// A path without git's `a/` or `b/`, where both sides have them, or where only the rest is known.
fn stripped(path: &str, other: &str, known: &[RepoPath]) -> String {
    let rest = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
    let Some(rest) = rest else {
        return path.to_owned();
    };
    let both = other == "/dev/null" || other.starts_with("a/") || other.starts_with("b/");
    let is_known = |text: &str| known.iter().any(|path| path.to_text() == text);
    if (both && !is_known(path)) || (is_known(rest) && !is_known(path)) {
        rest.to_owned()
    } else {
        path.to_owned()
    }
}
