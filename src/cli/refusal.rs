//! Refusals: what a change was refused for, as every command tells it: the paths with their rules, the card's files, the ways out.

use crate::domain::plan::card::Card;
use crate::domain::scope::violation::{Violation, ways_out};
use crate::git::WorktreeError;

use super::error::CliError;
use super::exit::Exit;

/// The most paths and allowed files that are written out.
const MOST: usize = 20;

/// A line for each path, and one for what the card allows.
pub fn lines(violations: &[Violation], files: &[String]) -> String {
    let mut text: String = violations
        .iter()
        .take(MOST)
        .map(|violation| format!("  {violation}\n"))
        .collect();
    if let more @ 1.. = violations.len().saturating_sub(MOST) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text.push_str(&format!("  allowed: {}", listed(files)));
    text
}

/// Names on one line, as many as anybody reads.
pub fn listed(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(MOST)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// The ways out of these violations, before the one that is always there.
pub fn hint(violations: &[Violation], always: &str) -> String {
    let mut ways = ways_out(violations);
    ways.push(always.to_owned());
    ways.join("; or ")
}

/// A change that `submit` does not take.
pub fn of_submit(card: &Card, violations: &[Violation]) -> CliError {
    let text = format!("reached outside its card\n{}", lines(violations, &card.files));
    let always = format!(
        "take these changes back, or give the task back: git harness release {}",
        card.id
    );
    CliError::new(Exit::Refused, text).hint(hint(violations, &always))
}

/// What to do where the worktree's change cannot be taken.
pub const fn of_worktree(why: &WorktreeError) -> &'static str {
    match why {
        WorktreeError::Unreadable(_) => "make it readable (chmod u+r), or take it away",
        WorktreeError::Index(_) => "finish the merge first: git status tells which files wait",
        _ => "`git add` says the same of it; mend that and submit again",
    }
}
