//! Commit messages: the `Harness-*` trailers, written and read (design section 7).
//!
//! The grammar is git's: the block is the last paragraph, never the first, and one that git takes for a block (see
//! `trailer_block`). What is read out of a body besides that are complete blocks of ours, since a squash merge indents and
//! joins messages. What the harness writes itself stands in `message`.

mod message;
#[cfg(test)]
mod tests;

use super::id::{PlanId, TaskId};
use super::oid::{CommitId, Digest};
use super::trailer_block::{self, Line};
pub use message::{
    AdoptionMessage, BULLET, BULLETS, LandingMessage, LandingTrailers, RevisionMessage, RollbackMessage,
    VerificationBlock, VerificationMessage, approval_message, folded,
};

/// The key of a landing.
pub const TASK: &str = "Harness-Task";
/// The key of an attempt's number.
pub const ATTEMPT: &str = "Harness-Attempt";
/// The key of a landing's card: its blob.
pub const CARD: &str = "Harness-Card";
/// The key of a landing's evidence: see [`EvidenceLine`].
pub const EVIDENCE: &str = "Harness-Evidence";
/// The key of a landing's row: `<writer>:<seq> <hash>`.
pub const LEDGER: &str = "Harness-Ledger";
/// The key of an author's own approval.
pub const SELF_APPROVED: &str = "Harness-Self-Approved";
/// The key of a rollback: `<id>@<oid>`.
pub const REVERTS: &str = "Harness-Reverts";
/// The key of an adoption: `<id>@<oid>`.
pub const ADOPTS: &str = "Harness-Adopts";
/// The key of a verification of a landing as it is: `<id>@<oid>`.
pub const VERIFIES: &str = "Harness-Verifies";
/// The key of a card revision.
pub const REVISES: &str = "Harness-Revises";
/// The key of a plan approval: `<plan> <digest>`.
pub const APPROVES: &str = "Harness-Approves";

/// One thing that a message says of tasks and plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The commit lands a task.
    Landed(TaskId),
    /// A person says that another commit holds a task's work.
    Adopted {
        /// The task.
        task: TaskId,
        /// That commit.
        landing: CommitId,
    },
    /// The checks of a task passed on its landing as it is.
    Verified {
        /// The task.
        task: TaskId,
        /// Its landing.
        landing: CommitId,
        /// The tree that they ran on.
        tree: String,
        /// The beginning of the digest of the checks.
        digest: String,
    },
    /// The commit revises a card.
    Revised(TaskId),
    /// The commit approves a plan.
    Approved {
        /// The plan.
        plan: PlanId,
        /// What was approved.
        digest: Digest,
    },
}

/// A `Key: value` pair of a trailer block.
pub type Trailer = (String, String);

/// The trailers of a message: git's block, and complete blocks of ours elsewhere in the body (squash merges).
pub fn blocks(message: &str) -> Vec<Vec<Trailer>> {
    let paragraphs = paragraphs(message);
    let mut found = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate().skip(1) {
        let Some(block) = parse_block(paragraph) else {
            continue;
        };
        let is_last = index + 1 == paragraphs.len();
        let is_ours = block.iter().any(|(key, _)| is_harness_key(key));
        if is_last || is_ours {
            found.push(block);
        }
    }
    found
}

/// The trailers that git itself would find: those of the last paragraph.
pub fn trailers(message: &str) -> Vec<Trailer> {
    let paragraphs = paragraphs(message);
    match &paragraphs[..] {
        [_, .., last] => parse_block(last).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The value of a trailer that stands exactly once.
pub fn value<'a>(trailers: &'a [Trailer], key: &str) -> Option<&'a str> {
    let mut found = trailers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

fn paragraphs(message: &str) -> Vec<Vec<&str>> {
    let mut paragraphs = Vec::new();
    let mut current: Vec<&str> = Vec::new();
    for line in message.lines() {
        if line.trim().is_empty() {
            if !current.is_empty() {
                paragraphs.push(std::mem::take(&mut current));
            }
        } else {
            current.push(line);
        }
    }
    if !current.is_empty() {
        paragraphs.push(current);
    }
    paragraphs
}

/// The trailers of a paragraph that is a block of them, or nothing. Squash merges indent all lines alike.
fn parse_block(lines: &[&str]) -> Option<Vec<Trailer>> {
    let indent = lines.first()?.len() - lines.first()?.trim_start().len();
    let mut bare = Vec::with_capacity(lines.len());
    for line in lines {
        let (margin, line) = line.split_at_checked(indent)?;
        if !margin.trim().is_empty() {
            return None;
        }
        bare.push(line);
    }
    if !trailer_block::is_block(&bare.iter().map(|line| line.as_bytes()).collect::<Vec<_>>()) {
        return None;
    }
    let mut block: Vec<Trailer> = Vec::new();
    let mut goes_on = false;
    for line in bare {
        match Line::of(line.as_bytes()) {
            Line::Pair { key, value } => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
                block.push((text(key), text(value)));
                goes_on = true;
            }
            Line::Folded(_) => {
                if let Some((_, value)) = block.last_mut().filter(|_| goes_on) {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            // Somebody's remark, or the note of a cherry-pick.
            Line::Other => goes_on = false,
        }
    }
    for (_, value) in &mut block {
        // A value that begins on the line after its key.
        if value.starts_with(' ') {
            value.remove(0);
        }
    }
    (!block.is_empty()).then_some(block)
}

/// Whether a key is one of ours, or looks like it to a reader that ignores case.
pub fn is_harness_key(key: &str) -> bool {
    key.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("harness-"))
}

/// Everything that a message says. Blocks in which one of our keys stands twice say nothing.
pub fn read_message(message: &str) -> Vec<Said> {
    let mut said = Vec::new();
    for block in blocks(message) {
        // What speaks of another commit's landing is none itself.
        let speaks_of_another = block
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(ADOPTS) || key.eq_ignore_ascii_case(VERIFIES));
        if let Some(task) = value(&block, TASK).and_then(|text| text.parse().ok())
            && !speaks_of_another
        {
            said.push(Said::Landed(task));
        }
        if let Some((task, landing)) = value(&block, ADOPTS).and_then(task_at) {
            said.push(Said::Adopted { task, landing });
        }
        if let Some((task, landing)) = value(&block, VERIFIES).and_then(task_at)
            && let Some(line) = value(&block, EVIDENCE).and_then(EvidenceLine::read)
        {
            said.push(Said::Verified {
                task,
                landing,
                tree: line.tree.to_owned(),
                digest: line.digest.to_owned(),
            });
        }
        if let Some(task) = value(&block, REVISES).and_then(|text| text.parse().ok()) {
            said.push(Said::Revised(task));
        }
        if let Some((plan, digest)) = value(&block, APPROVES).and_then(|text| text.split_once(' '))
            && let (Ok(plan), Ok(digest)) = (plan.parse(), digest.trim().parse())
        {
            said.push(Said::Approved { plan, digest });
        }
    }
    said
}

/// `<id>@<oid>`. Where the line was too long it was folded before the `@`.
pub fn task_at(text: &str) -> Option<(TaskId, CommitId)> {
    let (task, commit) = text.split_once('@')?;
    Some((task.trim_end().parse().ok()?, commit.parse().ok()?))
}

/// Lines that look like a trailer of ours to any reader of trailers. In a message that we did not write, every one
/// is a forgery, wherever it stands.
pub fn harness_lines(message: &str) -> Vec<&str> {
    message
        .lines()
        .filter(|line| harness_line(line.trim_start()).is_some())
        .collect()
}

/// The trailers of ours in a message, unfolded, wherever they stand: see [`harness_lines`].
pub fn harness_trailers(message: &str) -> Vec<Trailer> {
    let mut found: Vec<Trailer> = Vec::new();
    for line in parts(message) {
        match line {
            Part::Ours { key, value } => found.push((key.to_owned(), value.to_owned())),
            Part::Folded(more) => {
                if let Some((_, value)) = found.last_mut() {
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    value.push_str(more);
                }
            }
            Part::Other => {}
        }
    }
    found
}

/// A line of a message.
enum Part<'a> {
    /// It begins a trailer of ours.
    Ours { key: &'a str, value: &'a str },
    /// It goes on with one.
    Folded(&'a str),
    /// It is neither.
    Other,
}

fn parts(message: &str) -> Vec<Part<'_>> {
    // How far the trailer that the line before belongs to is indented.
    let mut indent: Option<usize> = None;
    message
        .lines()
        .map(|line| {
            let text = line.trim_start();
            let margin = line.len() - text.len();
            if let Some((key, value)) = harness_line(text) {
                indent = Some(margin);
                return Part::Ours {
                    key,
                    value: value.trim(),
                };
            }
            if indent.is_some_and(|indent| margin > indent) && !text.is_empty() {
                return Part::Folded(text.trim_end());
            }
            indent = None;
            Part::Other
        })
        .collect()
}

/// The key and the value of a line that any reader could take for a trailer of ours.
fn harness_line(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_harness_key(key) && is_key).then_some((key, value))
}

/// Text from outside as one line: no control or direction characters, no blanks in a row, cut.
pub fn one_line(text: &str, most: usize) -> String {
    let visible = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_deceptive(*c));
    let words: String = visible.collect();
    let line = words
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Characters that change how a line looks without being seen: directions, joiners, marks of zero width.
pub const fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
    )
}

/// What `Harness-Evidence` says: the check tree, and the beginning of the check digest. Until version 0.1 it also counted
/// the checks that passed, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceLine<'a> {
    /// The tree that the checks ran on.
    pub tree: &'a str,
    /// The beginning of the digest of the checks.
    pub digest: &'a str,
    /// `passed/all`, in what was written then.
    pub counts: Option<&'a str>,
}

impl<'a> EvidenceLine<'a> {
    /// Reads the trailer's value.
    pub fn read(value: &'a str) -> Option<Self> {
        let words: Vec<&str> = value.split_whitespace().collect();
        let (tree, digest, counts) = match words[..] {
            [tree, digest] => (tree, digest, None),
            [tree, digest, counts] => (tree, digest, Some(counts)),
            _ => return None,
        };
        Some(Self { tree, digest, counts })
    }
}
