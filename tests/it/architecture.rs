//! The house rules, held by a test: which room may use which, and what stands where.

use std::fs;
use std::path::{Path, PathBuf};

/// For each room, the rooms that it may use. Everything else is an error.
const EDGES: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("clock", &[]),
    ("fault", &[]),
    ("folders", &[]),
    ("config", &["domain", "clock", "fault", "folders"]),
    ("process", &["domain", "clock", "fault", "folders"]),
    ("git", &["domain", "clock", "fault", "folders", "process"]),
    ("ledger", &["domain", "clock", "fault", "folders"]),
    ("model", &["domain", "clock", "fault", "folders", "process"]),
    ("proxy", &["domain", "process", "model"]),
    (
        "engine",
        &[
            "domain", "clock", "fault", "folders", "config", "process", "proxy", "git", "ledger", "model",
        ],
    ),
    ("report", &["domain"]),
    (
        "cli",
        &[
            "domain", "clock", "fault", "folders", "config", "process", "proxy", "git", "ledger", "model", "engine",
            "report",
        ],
    ),
];

/// Files over 400 lines, each with its reason.
const LARGE: [(&str, &str); 8] = [
    (
        "src/domain/edit/change.rs",
        "one text, and every kind of edit that is looked for in it",
    ),
    (
        "src/domain/plan/format/card_md.rs",
        "one format, written and read, with its tests",
    ),
    (
        "src/domain/plan/format/fields.rs",
        "one reader for every field of a card",
    ),
    ("src/domain/scope/tests.rs", "one catalogue, row after row"),
    (
        "src/domain/task/event.rs",
        "the whole vocabulary of events in one place",
    ),
    ("src/domain/task/replay.rs", "one fold over every event"),
    (
        "src/engine/run.rs",
        "what a run is asked, does and tells is read together",
    ),
    ("src/process/group.rs", "a third of it are tests"),
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 80, "the sources were not found");
    found
}

fn collect(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_owned();
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
}

/// The lines of a file outside of its tests and comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn room(path: &Path) -> String {
    let mut parts = path.components().skip(1);
    let first = parts.next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn rooms_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == room(&path)) else {
            continue;
        };
        for (number, line) in code(&text) {
            for (name, _) in EDGES
                .iter()
                .filter(|(name, _)| *name != room(&path) && !allowed.contains(name))
            {
                if line.contains(&format!("crate::{name}::")) || line.contains(&format!("crate::{name};")) {
                    wrong.push(format!(
                        "{}:{number}: {} may not use {name}",
                        path.display(),
                        room(&path)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words that may stand only in some files.
const PLACES: [(&str, &[&str]); 10] = [
    (
        "std::fs",
        &[
            "src/config/trust.rs",
            "src/fault",
            "src/folders.rs",
            "src/git/",
            "src/ledger/",
            "src/process/",
            "src/engine/",
            "src/cli/",
        ],
    ),
    (
        "std::process::Command",
        &["src/git/command", "src/process/group.rs", "src/process/fence/"],
    ),
    (
        "Command::new(",
        &[
            "src/git/command",
            "src/process/group.rs",
            "src/process/fence/",
            "src/engine/builder/",
            "src/cli/one.rs",
        ],
    ),
    (
        "std::env::",
        &[
            "src/git/command.rs",
            "src/git/hooks.rs",
            "src/fault",
            "src/cli/",
            "src/process/fence/",
        ],
    ),
    ("ureq::", &["src/model/http.rs", "src/model/tls.rs"]),
    ("println!", &["src/cli/"]),
    ("unsafe ", &["src/process/fence/sys.rs"]),
    ("SystemTime::now", &["src/clock.rs"]),
    ("Timestamp::now", &["src/clock.rs"]),
    ("RandomState", &["src/clock.rs"]),
];

#[test]
fn what_touches_the_world_stands_where_it_belongs() {
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        let name = path.to_string_lossy();
        for (number, line) in code(text) {
            for (word, places) in PLACES {
                if line.contains(word)
                    && !places.iter().any(|place| name.starts_with(place))
                    && name != "src/engine/project.rs"
                {
                    wrong.push(format!("{name}:{number}: `{word}` does not belong here"));
                }
            }
            let gix = line.contains("gix::") && !line.contains("gix::ObjectId") && !line.contains("gix::hash::");
            if name.starts_with("src/domain/") && gix {
                wrong.push(format!(
                    "{name}:{number}: of gix only the hash type may enter the domain"
                ));
            }
            if line.contains(".unwrap()") {
                wrong.push(format!("{name}:{number}: unwrap outside of tests"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_fits_into_a_head() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let name = path.to_string_lossy().into_owned();
        if !text.starts_with("//!") {
            wrong.push(format!("{name} does not open with what it is for"));
        }
        let lines = text.lines().count();
        let excused = LARGE.iter().any(|(large, reason)| *large == name && !reason.is_empty());
        if lines > 400 && !excused {
            wrong.push(format!("{name} has {lines} lines and no reason for it"));
        }
        if lines <= 400 && excused {
            wrong.push(format!("{name} needs no excuse any more"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_story_is_forgotten() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(dir.join("main.rs")).unwrap();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".rs").filter(|stem| *stem != "main") {
            assert!(main.contains(&format!("mod {stem};")), "{name} is not declared");
        }
    }
}
