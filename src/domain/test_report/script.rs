//! The closing lines of `pytest`, `node --test`, `jest` and `vitest`. Of each the last that adds up counts.

use super::{Closing, Runner, number_and_word};

/// `==== 1 failed, 4 passed, 2 skipped in 0.12s ====`, without the bars under `-q`.
pub(super) fn pytest(lines: &[&str]) -> Option<Closing> {
    last(lines, Runner::Pytest, |line| {
        let line = line.trim().trim_matches('=').trim();
        let (list, time) = line.rsplit_once(" in ")?;
        let seconds = time.split_whitespace().next()?.strip_suffix('s')?;
        seconds.parse::<f64>().ok()?;
        if list == "no tests ran" {
            return Some((0, 0, 0));
        }
        let mut totals = (0u64, 0u64, 0u64);
        for part in list.split(", ") {
            let (number, word) = number_and_word(part)?;
            match word {
                "passed" | "xpassed" => totals.0 = totals.0.checked_add(number)?,
                "failed" => totals.1 = totals.1.checked_add(number)?,
                // A test that is expected to fail watches over nothing.
                "skipped" | "xfailed" => totals.2 = totals.2.checked_add(number)?,
                // Faults of set-up or collection are not tests, and what was not chosen did not run.
                "error" | "errors" | "warning" | "warnings" | "deselected" | "rerun" => {}
                _ => return None,
            }
        }
        Some(totals)
    })
}

/// The last block of `# tests 5`, `# pass 5`, … (TAP) or `ℹ tests 5`, … (spec).
pub(super) fn node(lines: &[&str]) -> Option<Closing> {
    let field = |line: &str| -> Option<(&'static str, u64)> {
        let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
        let (word, number) = rest.split_once(' ')?;
        let known = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];
        let word = known.into_iter().find(|known| *known == word)?;
        Some((word, number.parse().ok()?))
    };
    let end = lines
        .iter()
        .rposition(|line| field(line).is_some_and(|(word, _)| word == "todo"))?;
    let mut values: Vec<(&str, u64)> = lines[..=end]
        .iter()
        .rev()
        .map_while(|line| field(line))
        .take(7)
        .collect();
    values.reverse();
    let value = |wanted: &str| {
        values
            .iter()
            .find(|(word, _)| *word == wanted)
            .map(|(_, number)| *number)
    };
    let (passed, failed) = (value("pass")?, value("fail")?.checked_add(value("cancelled")?)?);
    let skipped = value("skipped")?.checked_add(value("todo")?)?;
    let all = passed.checked_add(failed)?.checked_add(skipped)?;
    (all == value("tests")?).then(|| Closing::new(end, Runner::Node, (passed, failed, skipped)))
}

/// `Tests:       1 failed, 2 skipped, 5 passed, 8 total`
pub(super) fn jest(lines: &[&str]) -> Option<Closing> {
    last(lines, Runner::Jest, |line| {
        let (list, total) = line.strip_prefix("Tests:")?.rsplit_once(',').or_else(|| {
            // `Tests:       0 total`
            line.strip_prefix("Tests:").map(|total| ("", total))
        })?;
        let (total, word) = number_and_word(total)?;
        (word == "total").then_some(())?;
        adds_up(list, ',', total)
    })
}

/// `      Tests  1 failed | 5 passed | 2 skipped (8)`
pub(super) fn vitest(lines: &[&str]) -> Option<Closing> {
    last(lines, Runner::Vitest, |line| {
        let rest = line.trim_start().strip_prefix("Tests  ")?.trim();
        if rest == "no tests" {
            return Some((0, 0, 0));
        }
        let (list, total) = rest.strip_suffix(')')?.rsplit_once('(')?;
        adds_up(list, '|', total.parse().ok()?)
    })
}

/// Numbers with words, if together they are the total that the runner names.
fn adds_up(list: &str, between: char, total: u64) -> Option<(u64, u64, u64)> {
    let mut totals = (0u64, 0u64, 0u64);
    for part in list.split(between).filter(|part| !part.trim().is_empty()) {
        let (number, word) = number_and_word(part)?;
        match word {
            "passed" => totals.0 = totals.0.checked_add(number)?,
            "failed" => totals.1 = totals.1.checked_add(number)?,
            "skipped" | "todo" | "expected fail" => totals.2 = totals.2.checked_add(number)?,
            _ => return None,
        }
    }
    let sum = totals.0.checked_add(totals.1)?.checked_add(totals.2)?;
    (sum == total).then_some(totals)
}

fn last(lines: &[&str], runner: Runner, read: impl Fn(&str) -> Option<(u64, u64, u64)>) -> Option<Closing> {
    let found = lines.iter().enumerate().rev();
    let mut found = found.filter_map(|(at, line)| read(line).map(|totals| (at, totals)));
    found.next().map(|(at, totals)| Closing::new(at, runner, totals))
}
