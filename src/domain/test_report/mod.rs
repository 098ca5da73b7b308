//! Test counts: how many tests a check ran, read from a report file or from the closing lines of its runner.
//!
//! Text in, numbers out; finding and reading the text is `engine/verify.rs`. What can be known is bounded: whoever
//! writes the tests can print anything in the runner's place. A line in the middle of the output never outvotes the
//! runner's own at the end, and a total that does not add up is not believed; a program that plays the runner to the
//! last line is beyond this, as it is beyond an exit status. Where one check runs several runners one after another,
//! the last one is counted: give each its own check.

mod go;
mod junit;
mod ratchet;
mod rust;
mod script;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use junit::{JunitError, MOST_BYTES, read as read_junit};
pub use ratchet::{FewerTests, Ratchet};

/// What counted the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    /// A report in JUnit's XML.
    Junit,
    /// `cargo test`; its binaries are added up.
    Cargo,
    /// `cargo nextest`.
    Nextest,
    /// `pytest`.
    Pytest,
    /// `go test -v` or `-json`: tests and subtests.
    Go,
    /// `go test`, which tells only of packages.
    GoPackages,
    /// `node --test`.
    Node,
    /// `jest`.
    Jest,
    /// `vitest`.
    Vitest,
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Junit => "JUnit",
            Self::Cargo => "cargo test",
            Self::Nextest => "cargo nextest",
            Self::Pytest => "pytest",
            Self::Go => "go test",
            Self::GoPackages => "go test (packages)",
            Self::Node => "node --test",
            Self::Jest => "jest",
            Self::Vitest => "vitest",
        })
    }
}

/// How many tests there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCount {
    /// What counted them.
    pub runner: Runner,
    /// Tests that ran and passed.
    pub passed: u64,
    /// Tests that ran and did not pass.
    pub failed: u64,
    /// Tests that were not run: skipped, ignored, to do, or expected to fail.
    pub skipped: u64,
}

/// A count and the line that told it, so that the runner which had the last word is believed.
struct Closing {
    line: usize,
    count: TestCount,
}

impl Closing {
    fn new(line: usize, runner: Runner, (passed, failed, skipped): (u64, u64, u64)) -> Self {
        let count = TestCount {
            runner,
            passed,
            failed,
            skipped,
        };
        Self { line, count }
    }
}

type Reader = fn(&[&str]) -> Option<Closing>;

/// Runners that sum up in one place at the end.
const AT_THE_END: [Reader; 5] = [
    rust::nextest,
    script::pytest,
    script::node,
    script::jest,
    script::vitest,
];
/// Runners whose totals are scattered over the output.
const SCATTERED: [Reader; 2] = [rust::cargo, go::go];

/// The count that a whole output tells, if it tells one.
pub fn count(output: &str) -> Option<TestCount> {
    last_word(output, AT_THE_END.iter().chain(&SCATTERED))
}

/// The count that an output tells of which the middle was left out: only runners that sum up at the end can.
pub fn count_cut(output: &str) -> Option<TestCount> {
    last_word(output, AT_THE_END.iter())
}

fn last_word<'a>(output: &str, readers: impl Iterator<Item = &'a Reader>) -> Option<TestCount> {
    let plain = without_escapes(output);
    // A progress line is written over; what stands there in the end is what a person sees.
    let lines: Vec<&str> = plain
        .lines()
        .map(|line| line.rsplit('\r').next().unwrap_or(line))
        .collect();
    readers
        .filter_map(|read| read(&lines))
        .max_by_key(|closing| closing.line)
        .map(|closing| closing.count)
}

/// Whether a command line names a runner whose count is understood, so that its silence would be odd.
pub fn names_runner(command: &str) -> bool {
    const RUNNERS: [&str; 9] = [
        "cargo test",
        "nextest",
        "pytest",
        "py.test",
        "go test",
        "node --test",
        "jest",
        "vitest",
        "cargo t ",
    ];
    RUNNERS.iter().any(|runner| command.contains(runner))
}

/// The text without colours and other escape sequences of terminals.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = after_escape(&rest[at + 1..]);
    }
    plain.push_str(rest);
    plain
}

fn after_escape(text: &str) -> &str {
    match text.as_bytes().first() {
        // A control sequence ends with a letter or another byte from `@` to `~`.
        Some(b'[') => {
            let end = text.bytes().skip(1).position(|byte| !(b' '..=b'?').contains(&byte));
            end.map_or("", |end| text.get(end + 2..).unwrap_or(&text[1..]))
        }
        // A command to the terminal ends with a bell or with ESC and a backslash, on the same line.
        Some(b']') => match text.find(['\u{7}', '\u{1b}', '\n']) {
            Some(end) if text[end..].starts_with("\u{1b}\\") => &text[end + 2..],
            Some(end) if text[end..].starts_with('\u{7}') => &text[end + 1..],
            Some(end) => &text[end..],
            None => "",
        },
        _ => text,
    }
}

/// The number at the head of a text, and what stands behind it and a blank.
fn number_and_word(text: &str) -> Option<(u64, &str)> {
    let (number, word) = text.trim().split_once(' ')?;
    Some((number.parse().ok()?, word.trim()))
}

#[cfg(test)]
mod tests;
