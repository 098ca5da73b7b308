//! The output of `go test`: events of `-json`, lines of `-v`, or packages alone.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Closing, Runner};

/// The most that is known: tests by events, else tests by lines, else packages.
pub(super) fn go(lines: &[&str]) -> Option<Closing> {
    events(lines).or_else(|| verbose(lines)).or_else(|| packages(lines))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    #[serde(default)]
    package: String,
    test: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    Skipped,
}

/// One end for each test of each package; a test that ends twice ended as it did last.
fn events(lines: &[&str]) -> Option<Closing> {
    let mut ends: BTreeMap<(String, String), End> = BTreeMap::new();
    let mut last = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('{')) {
        let Ok(event) = serde_json::from_str::<Event>(line) else {
            continue;
        };
        let end = match event.action.as_str() {
            "pass" => End::Passed,
            "fail" => End::Failed,
            "skip" => End::Skipped,
            _ => continue,
        };
        last = at;
        if let Some(test) = event.test {
            ends.insert((event.package, test), end);
        }
    }
    closing(last, &ends)
}

/// `--- PASS: TestName (0.00s)`, for tests that `=== RUN` began; `ok` or `FAIL` of the package ends them.
fn verbose(lines: &[&str]) -> Option<Closing> {
    let mut ends: BTreeMap<(String, String), End> = BTreeMap::new();
    let mut here: BTreeMap<String, Option<End>> = BTreeMap::new();
    let mut last = 0;
    for (at, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix("=== RUN ") {
            here.insert(name.trim().to_owned(), None);
        } else if let Some((end, name)) = test_end(line) {
            if let Some(known) = here.get_mut(name) {
                *known = Some(end);
                last = at;
            }
        } else if let Some((package, _)) = package_end(line) {
            last = at;
            for (test, end) in std::mem::take(&mut here) {
                if let Some(end) = end {
                    ends.insert((package.to_owned(), test), end);
                }
            }
        }
    }
    closing(last, &ends)
}

fn test_end(line: &str) -> Option<(End, &str)> {
    let (word, rest) = line.trim_start().strip_prefix("--- ")?.split_once(": ")?;
    let end = match word {
        "PASS" => End::Passed,
        "FAIL" => End::Failed,
        "SKIP" => End::Skipped,
        _ => return None,
    };
    Some((end, rest.rsplit_once(" (")?.0))
}

/// `ok  <tab>package<tab>0.01s`, `FAIL<tab>package<tab>0.01s`.
fn package_end(line: &str) -> Option<(&str, End)> {
    let (word, rest) = line.split_once('\t')?;
    let (package, how) = rest.split_once('\t').unwrap_or((rest, ""));
    if package.trim().is_empty() || package.contains(' ') && !package.contains(" [") {
        return None;
    }
    match word.trim_end() {
        "ok" if how.contains("[no tests to run]") => None,
        "ok" => Some((package, End::Passed)),
        "FAIL" => Some((package, End::Failed)),
        _ => None,
    }
}

fn packages(lines: &[&str]) -> Option<Closing> {
    let mut ends: BTreeMap<(String, String), End> = BTreeMap::new();
    let mut last = 0;
    for (at, line) in lines.iter().enumerate() {
        if let Some((package, end)) = package_end(line) {
            ends.insert((package.to_owned(), String::new()), end);
            last = at;
        }
    }
    closing(last, &ends).map(|mut found| {
        found.count.runner = Runner::GoPackages;
        found
    })
}

fn closing(line: usize, ends: &BTreeMap<(String, String), End>) -> Option<Closing> {
    let of = |wanted: End| ends.values().filter(|end| **end == wanted).count() as u64;
    let counts = (of(End::Passed), of(End::Failed), of(End::Skipped));
    (!ends.is_empty()).then(|| Closing::new(line, Runner::Go, counts))
}
