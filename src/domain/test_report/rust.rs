//! The closing lines of `cargo test` and `cargo nextest`.

use super::{Closing, Runner, number_and_word};

/// Every binary says `running N tests` before and `test result: …` after; the results are added up.
///
/// A test may print either line. So a result counts only for a header whose number it adds up to, a block inside of
/// another is output of a test, and of two results that fit one header the later is the runner's.
pub(super) fn cargo(lines: &[&str]) -> Option<Closing> {
    let mut open: Vec<u64> = Vec::new();
    let mut closed: Vec<(u64, Totals)> = Vec::new();
    let mut last_line = 0;
    for (at, line) in lines.iter().enumerate() {
        if let Some(expected) = header(line) {
            open.push(expected);
        } else if let Some(totals) = result(line) {
            match open.iter().rposition(|expected| *expected == totals.all()) {
                Some(0) => {
                    closed.push((open[0], totals));
                    open.clear();
                    last_line = at;
                }
                Some(inner) => open.truncate(inner),
                None if open.is_empty() => {
                    if let Some((expected, before)) = closed.last_mut()
                        && *expected == totals.all()
                    {
                        *before = totals;
                        last_line = at;
                    }
                }
                None => {}
            }
        }
    }
    let sum = closed.into_iter().map(|(_, totals)| totals).reduce(|a, b| Totals {
        passed: a.passed.saturating_add(b.passed),
        failed: a.failed.saturating_add(b.failed),
        ignored: a.ignored.saturating_add(b.ignored),
        measured: a.measured.saturating_add(b.measured),
    })?;
    Some(Closing::new(
        last_line,
        Runner::Cargo,
        (sum.passed.saturating_add(sum.measured), sum.failed, sum.ignored),
    ))
}

struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
    measured: u64,
}

impl Totals {
    fn all(&self) -> u64 {
        [self.failed, self.ignored, self.measured]
            .iter()
            .fold(self.passed, |sum, part| sum.saturating_add(*part))
    }
}

fn header(line: &str) -> Option<u64> {
    let (number, word) = number_and_word(line.strip_prefix("running ")?)?;
    matches!(word, "test" | "tests").then_some(number)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`
fn result(line: &str) -> Option<Totals> {
    let rest = line.strip_prefix("test result: ")?;
    let rest = rest.strip_prefix("ok. ").or_else(|| rest.strip_prefix("FAILED. "))?;
    let mut parts = rest.split("; ");
    let mut part = |wanted: &str| {
        let (number, word) = number_and_word(parts.next()?)?;
        (word == wanted).then_some(number)
    };
    Some(Totals {
        passed: part("passed")?,
        failed: part("failed")?,
        ignored: part("ignored")?,
        measured: part("measured")?,
    })
}

/// `Summary [   0.012s] 5 tests run: 4 passed (1 slow), 1 failed, 2 skipped`
pub(super) fn nextest(lines: &[&str]) -> Option<Closing> {
    let found = lines.iter().enumerate().rev().find_map(|(at, line)| {
        let rest = line.trim_start().strip_prefix("Summary [")?;
        let (head, list) = rest.split_once("] ")?.1.split_once(" run: ")?;
        let (run, word) = head.split_once(' ')?;
        // `3/5 tests`: the run was ended before its time.
        let run: u64 = run.split('/').next()?.parse().ok()?;
        if !matches!(word, "test" | "tests") {
            return None;
        }
        let mut totals = (0u64, 0u64, 0u64);
        for part in without_brackets(list).split(',') {
            let (number, word) = number_and_word(part)?;
            match word {
                "passed" => totals.0 = totals.0.checked_add(number)?,
                "skipped" => totals.2 = totals.2.checked_add(number)?,
                _ => totals.1 = totals.1.checked_add(number)?,
            }
        }
        (totals.0.checked_add(totals.1)? == run).then_some((at, totals))
    });
    found.map(|(at, totals)| Closing::new(at, Runner::Nextest, totals))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0u32;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}
