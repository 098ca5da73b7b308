//! The table of edit formats, row by row: every case has the row's name. What is refused is named by its class.

mod blocks;
mod bytes;
mod envelope;
mod matching;
mod naming;
mod properties;

use super::*;
use crate::domain::path::RepoPath;

/// Files before or after: a path, and its text or nothing.
type Files<'a> = &'a [(&'a str, &'a str)];

/// What becomes of an answer.
enum Want<'a> {
    /// The only file that changes has this text.
    Text(&'a str),
    /// These files change; nothing deletes.
    Changes(&'a [(&'a str, Option<&'a str>)]),
    /// Nothing counts, for this reason.
    Refused(&'a str),
}
use Want::{Changes, Refused, Text};

/// One row.
struct Case<'a> {
    row: &'a str,
    files: Files<'a>,
    answer: &'a str,
    want: Want<'a>,
}

fn case<'a>(row: &'a str, files: Files<'a>, answer: &'a str, want: Want<'a>) -> Case<'a> {
    Case {
        row,
        files,
        answer,
        want,
    }
}

fn paths(names: &[&str]) -> Vec<RepoPath> {
    names.iter().map(|name| RepoPath::try_from(*name).unwrap()).collect()
}

/// Reads and applies an answer where everything is allowed that is not below `forbidden/`.
fn applied(answer: &str, files: &[(&str, &[u8])]) -> Result<Applied, AnswerError> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let all = paths(&names);
    let is_open = |path: &RepoPath| !path.to_text().starts_with("forbidden/");
    let allowed: Vec<RepoPath> = all.iter().filter(|path| is_open(path)).cloned().collect();
    let known = Known {
        allowed: &allowed,
        all: &all,
        root: Some("/home/me/shop"),
    };
    let edits = parse(answer, known)?;
    let judge = |path: &RepoPath, _: Access| {
        if is_open(path) {
            Ok(())
        } else {
            Err("outside the card".to_owned())
        }
    };
    let mut read = |path: &RepoPath| {
        let text = path.to_text();
        match files.iter().find(|(name, _)| *name == text) {
            Some((_, bytes)) if *bytes == LINK => Present::Link,
            Some((_, bytes)) => Present::File(bytes.to_vec()),
            None if files.iter().any(|(name, _)| name.starts_with(&format!("{text}/"))) => Present::Folder,
            None => Present::Nothing,
        }
    };
    apply(&edits, &allowed, &judge, &mut read, &Policy::default())
}

/// The bytes that stand for a symbolic link.
const LINK: &[u8] = b"(a symbolic link)";

fn changes(applied: &Applied) -> Vec<(String, Option<String>)> {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
    let files = applied.files.iter();
    files
        .map(|file| (file.path.to_string(), file.bytes.as_ref().map(text)))
        .collect()
}

fn check(cases: &[Case]) {
    for Case {
        row,
        files,
        answer,
        want,
    } in cases
    {
        let bytes: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let got = applied(answer, &bytes);
        match (want, &got) {
            (Text(text), Ok(applied)) => {
                let found = changes(applied);
                assert_eq!(found.len(), 1, "{row}: {found:?}");
                assert_eq!(found[0].1.as_deref(), Some(*text), "{row}");
            }
            (Changes(wanted), Ok(applied)) => {
                let found = changes(applied);
                let found: Vec<(&str, Option<&str>)> = found
                    .iter()
                    .map(|(path, text)| (path.as_str(), text.as_deref()))
                    .collect();
                assert_eq!(found, *wanted, "{row}");
            }
            (Refused(class), Err(error)) => assert_eq!(error.class(), *class, "{row}: {error}"),
            (_, got) => panic!("{row}: {got:?}\nof the answer\n{answer}"),
        }
    }
}

/// One SEARCH/REPLACE block.
fn block(search: &str, replace: &str) -> String {
    format!("<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n")
}

#[test]
fn no_row_of_the_table_is_left_out() {
    let sources = [
        include_str!("tests/naming.rs"),
        include_str!("tests/blocks.rs"),
        include_str!("tests/matching.rs"),
        include_str!("tests/bytes.rs"),
        include_str!("tests/envelope.rs"),
    ]
    .concat();
    let rows = [('A', 22), ('B', 21), ('C', 32), ('D', 10), ('E', 29)];
    let is_told = |row: &str| {
        let starts = sources.match_indices(row).map(|(at, _)| &sources[at + row.len()..]);
        starts
            .into_iter()
            .any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let names = rows
        .iter()
        .flat_map(|(group, last)| (1..=*last).map(move |number| format!("{group}{number}")));
    let missing: Vec<String> = names.filter(|row| !is_told(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
