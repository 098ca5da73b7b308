//! Symptoms: what a failure tells beside its class. Whether the same thing failed in the same way again, and which
//! systems the output calls missing. Text in, facts out; what follows from them is the router's business.

use super::check::CheckResult;
use super::failure::Failure;

/// The most names that are taken from one output.
const NAMES: usize = 8;

/// The longest name.
const LONGEST: usize = 120;

/// How compilers, interpreters and package managers say that something does not exist: what stands before the name,
/// what ends it, and what has to follow, if anything.
const SAYINGS: [(&str, char, &str); 17] = [
    ("unresolved import `", '`', ""),
    ("use of undeclared crate or module `", '`', ""),
    ("use of unresolved module or unlinked crate `", '`', ""),
    ("can't find crate for `", '`', ""),
    ("could not find `", '`', " in "),
    ("no matching package named `", '`', " found"),
    ("No module named '", '\'', ""),
    ("No module named \"", '"', ""),
    ("cannot import name '", '\'', " from "),
    ("Cannot find module '", '\'', ""),
    ("Cannot find package '", '\'', ""),
    ("Can't resolve '", '\'', ""),
    ("no required module provides package ", ' ', ""),
    ("cannot load such file -- ", ' ', ""),
    ("error: package ", ' ', "does not exist"),
    ("package ", ' ', "is not in std"),
    ("fatal error: ", ':', " No such file or directory"),
];

/// Modules, packages and headers that the output of failed checks calls missing, each once.
pub fn missing_systems(results: &[CheckResult]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let failed = results.iter().filter(|result| !result.status.passed());
    for line in failed.flat_map(|result| result.excerpt.lines()) {
        for (before, end, after) in SAYINGS {
            let Some(name) = name_in(line, before, end, after) else {
                continue;
            };
            if found.len() < NAMES && !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

fn name_in<'a>(line: &'a str, before: &str, end: char, after: &str) -> Option<&'a str> {
    let rest = &line[line.find(before)? + before.len()..];
    let (name, behind) = match rest.find(end) {
        Some(at) => (&rest[..at], &rest[at + end.len_utf8()..]),
        // A name that a blank ends may also end its line.
        None if end == ' ' && after.is_empty() => (rest, ""),
        None => return None,
    };
    let name = name.trim_end_matches([':', ';', ',']);
    (!name.is_empty() && name.len() <= LONGEST && behind.starts_with(after)).then_some(name)
}

/// Whether a text speaks of a name: in full, or by its last part, as imports in groups do.
pub fn speaks_of(text: &str, name: &str) -> bool {
    let last = name.rsplit([':', '/', '.']).find(|part| !part.is_empty());
    text.contains(name) || last.is_some_and(|last| last.len() > 2 && text.contains(last))
}

/// Whether checks failed twice in the same way: the same ones, saying the same but for numbers and blanks. Checks that
/// say nothing tell nothing.
pub fn same_again(before: &Failure, now: &Failure) -> bool {
    let (Failure::Checks { results: before }, Failure::Checks { results: now }) = (before, now) else {
        return false;
    };
    let (before, now) = (essence(before), essence(now));
    before == now && now.iter().any(|(_, said)| !said.is_empty())
}

fn essence(results: &[CheckResult]) -> Vec<(&str, String)> {
    let failed = results.iter().filter(|result| !result.status.passed());
    failed
        .map(|result| (result.name.as_str(), gist(&result.excerpt)))
        .collect()
}

/// Output without what differs from run to run: times, sizes, process ids, line numbers.
fn gist(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_ascii_digit() && !c.is_whitespace())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::check::{CheckKind, CheckStatus};

    fn failed(name: &str, excerpt: &str) -> CheckResult {
        CheckResult {
            name: name.to_owned(),
            kind: CheckKind::Test,
            status: CheckStatus::Failed(1),
            millis: 1,
            tests: None,
            not_counted: false,
            runs: 1,
            log: None,
            contacts: Vec::new(),
            asked_git: false,
            excerpt: excerpt.to_owned(),
        }
    }

    #[test]
    fn what_does_not_exist_is_named_in_the_words_of_many_tools() {
        for (line, wanted) in [
            ("error[E0432]: unresolved import `crate::ghost`", "crate::ghost"),
            (
                "error[E0433]: failed to resolve: use of undeclared crate or module `ghost`",
                "ghost",
            ),
            (
                "error[E0433]: failed to resolve: use of unresolved module or unlinked crate `ghost`",
                "ghost",
            ),
            ("error[E0463]: can't find crate for `ghost`", "ghost"),
            ("error: could not find `Ghost` in `std`", "Ghost"),
            ("error: no matching package named `ghost` found", "ghost"),
            ("ModuleNotFoundError: No module named 'ghost.core'", "ghost.core"),
            ("ImportError: cannot import name 'spawn' from 'game'", "spawn"),
            ("Error: Cannot find module './ghost.js'", "./ghost.js"),
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ghost' imported",
                "ghost",
            ),
            ("Module not found: Error: Can't resolve 'ghost' in '/x'", "ghost"),
            (
                "main.go:3:8: no required module provides package example.invalid/ghost; to add it:",
                "example.invalid/ghost",
            ),
            ("main.go:3:8: package ghost/x is not in std (/usr/lib/go)", "ghost/x"),
            ("cannot load such file -- ghost (LoadError)", "ghost"),
            ("A.java:1: error: package com.ghost does not exist", "com.ghost"),
            ("a.c:1:10: fatal error: ghost.h: No such file or directory", "ghost.h"),
        ] {
            assert_eq!(missing_systems(&[failed("t", line)]), [wanted], "{line}");
        }
        for line in [
            "assertion failed: left == right",
            "could not find `x`",
            "No module named ''",
            "package x is fine",
        ] {
            assert!(missing_systems(&[failed("t", line)]).is_empty(), "{line}");
        }
        let mut passed = failed("t", "No module named 'ghost'");
        passed.status = CheckStatus::Passed;
        assert!(missing_systems(&[passed]).is_empty());
    }

    #[test]
    fn a_name_is_found_in_full_or_by_its_last_part() {
        assert!(speaks_of("use crate::{ghost, x};", "crate::ghost"));
        assert!(speaks_of("require('./ghost.js')", "./ghost.js"));
        assert!(!speaks_of("use crate::spirit;", "crate::ghost"));
        assert!(!speaks_of("js", "./x.js"), "a last part of two letters proves nothing");
    }

    #[test]
    fn the_same_failure_is_known_again_whatever_the_time_was() {
        let failure = |name: &str, text: &str| Failure::Checks {
            results: vec![failed(name, text)],
        };
        let first = failure("t", "FAIL spawn in 0.12 s (pid 7)");
        assert!(same_again(&first, &failure("t", "FAIL  spawn in 3.4 s (pid 99)\n")));
        assert!(!same_again(&first, &failure("t", "FAIL score in 0.12 s (pid 7)")));
        assert!(!same_again(&first, &failure("u", "FAIL spawn in 0.12 s (pid 7)")));
        assert!(
            !same_again(&failure("t", ""), &failure("t", "")),
            "silence tells nothing"
        );
        assert!(!same_again(&Failure::NoChange, &Failure::NoChange));
    }

    proptest! {
        #[test]
        fn any_output_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = missing_systems(&[failed("t", &text)]);
            let _ = speaks_of(&text, &text);
        }
    }
}
