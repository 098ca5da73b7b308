//! Whole files: a path, then a fence with the file's text.

use crate::domain::path::RepoPath;

use super::unified;
use super::{AnswerError, Operation, path_of};

/// Languages whose blocks are commands for people, not files.
const SHELLS: [&str; 9] = [
    "bash",
    "sh",
    "shell",
    "zsh",
    "console",
    "shell-session",
    "powershell",
    "fish",
    "csh",
];

/// The longest thing that is taken for a path.
const LONGEST_PATH: usize = 250;

/// A fenced block.
struct Block<'a> {
    info: &'a str,
    lines: Vec<&'a str>,
    before: Option<&'a str>,
}

/// Reads every block that is a file or a patch.
pub(super) fn blocks(answer: &str, known: &[RepoPath]) -> Result<Vec<Operation>, AnswerError> {
    let mut operations = Vec::new();
    for block in find_blocks(answer)? {
        let language = block.info.split_whitespace().next().unwrap_or_default().to_lowercase();
        let text = block.lines.join("\n");
        if matches!(language.as_str(), "diff" | "patch" | "udiff") || unified::is_patch(&text) {
            operations.extend(unified::parse(&text, known)?);
            continue;
        }
        let (name, from) = match name_of(&block, known) {
            Some(found) => found,
            None if SHELLS.contains(&language.as_str()) => continue,
            None if known.len() == 1 => (known[0].to_text().into_owned(), 0),
            // A snippet beside files that are named is talk; alone, it may be an edit that lost its name.
            None if operations.is_empty() && !language.is_empty() && find_blocks(answer)?.len() == 1 => {
                return Err(AnswerError::NoPath(
                    block.lines.first().copied().unwrap_or_default().to_owned(),
                ));
            }
            None => continue,
        };
        let path = path_of(&name, known)?;
        let mut text: String = block.lines[from..].join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        operations.push(Operation::Write { path, text });
    }
    Ok(operations)
}

/// The fenced blocks of an answer. The last one has to be closed: an answer that ends inside of one was cut.
fn find_blocks(answer: &str) -> Result<Vec<Block<'_>>, AnswerError> {
    let mut found = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    let mut before: Option<&str> = None;
    for line in answer.lines() {
        let trimmed = line.trim_end();
        match &mut open {
            Some((fence, _)) if trimmed == *fence => {
                if let Some((_, block)) = open.take() {
                    found.push(block);
                }
                before = None;
            }
            Some((_, block)) => block.lines.push(line),
            None => {
                let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
                if ticks >= 3 && !trimmed[ticks..].contains('`') {
                    let block = Block {
                        info: trimmed[ticks..].trim(),
                        lines: Vec::new(),
                        before: before.take(),
                    };
                    open = Some((&trimmed[..ticks], block));
                } else if !trimmed.trim().is_empty() {
                    before = Some(trimmed.trim());
                }
            }
        }
    }
    match open {
        Some((_, block)) => {
            let name = block
                .before
                .and_then(plain_path)
                .unwrap_or_else(|| block.info.to_owned());
            Err(AnswerError::Truncated(name))
        }
        None => Ok(found),
    }
}

/// The file that a block is for, and the number of lines of it that only name the file.
fn name_of(block: &Block, known: &[RepoPath]) -> Option<(String, usize)> {
    if let Some(name) = block.before.and_then(plain_path) {
        return Some((name, 0));
    }
    let info = block.info.rsplit([' ', ':']).next().unwrap_or_default();
    if info.contains(['.', '/']) && plain_path(info).is_some() {
        return Some((info.to_owned(), 0));
    }
    let first = block.lines.first().copied().and_then(plain_path)?;
    let is_known = known.iter().any(|path| path.to_text() == first);
    is_known.then_some((first, 1))
}

/// A line that is a path and nothing else, its decoration removed.
fn plain_path(line: &str) -> Option<String> {
    let name = line
        .trim()
        .trim_start_matches(['#', '*', '-', ' '])
        .trim_end_matches(':')
        .trim_matches(['*', '`', ' '])
        .trim_end_matches(':')
        .trim_matches('`');
    let name = name
        .strip_prefix("File: ")
        .or_else(|| name.strip_prefix("file: "))
        .unwrap_or(name)
        .trim()
        .trim_matches('`');
    let plausible = !name.is_empty()
        && name != "..."
        && name.len() <= LONGEST_PATH
        && !name.contains([' ', '\t', '"', '(', ')', '<', '>', '|', '`'])
        && name.contains(['.', '/', '_'])
        && !name.ends_with('.');
    // A name without a slash or extension, such as Makefile, is taken in backticks only.
    let bare = line.trim().starts_with('`') && line.trim().ends_with('`') && !name.contains(' ') && !name.is_empty();
    (plausible || bare).then(|| name.to_owned())
}
