//! The journal of a real run, torn at every byte and with every bit of its end turned over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git_harness::clock::SystemClock;
use git_harness::domain::task::event::Event;
use git_harness::ledger::Ledger;

use super::matrix::wanted;
use super::world::World;

/// Two cards, one of which fails once.
const BEFORE: &str = "begin; right p-1 a.txt; answer p-2 1 b.txt wrong; for n in 2 3; do answer p-2 $n b.txt p-2; done
plan \"$(card p-1 a.txt 'grep -q p-1 a.txt'),$(card p-2 b.txt 'grep -q p-2 b.txt')\"; \"$H\" run > /dev/null";

/// How much of the end is turned over, bit by bit; `cargo test` takes every sixteenth byte of it.
const END: usize = 4096;

/// A ledger that can be written over and over.
struct Case {
    world: World,
    file: PathBuf,
    whole: Vec<u8>,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// It opens, with so many of the rows that were there, and says whether it cut something off.
    Opened { rows: usize, repaired: bool },
    /// It does not open, and nothing was changed.
    Refused,
    /// Anything else.
    Wrong(String),
}

impl Case {
    fn new() -> Self {
        let world = World::new(BEFORE);
        let files = world.files_of_git("harness/journal");
        let [file] = &files[..] else {
            panic!("more than one segment: {files:?}");
        };
        Self {
            whole: fs::read(file).unwrap(),
            file: file.clone(),
            world,
        }
    }

    fn dir(&self) -> PathBuf {
        self.world.repo().join(".git/harness")
    }

    fn lines(&self) -> Vec<&[u8]> {
        self.whole.split_inclusive(|byte| *byte == b'\n').collect()
    }

    /// Puts bytes where the journal was, and opens it.
    fn open(&self, bytes: &[u8]) -> Found {
        let journal = self.file.parent().unwrap();
        for file in fs::read_dir(journal).unwrap().flatten() {
            fs::remove_file(file.path()).unwrap();
        }
        fs::write(&self.file, bytes).unwrap();
        let Ok(ledger) = Ledger::open(&self.dir(), Arc::new(SystemClock)) else {
            return match fs::read(&self.file).unwrap() == bytes {
                true => Found::Refused,
                false => Found::Wrong("it was refused, and changed all the same".to_owned()),
            };
        };
        let rows = ledger.every_row().unwrap();
        let repaired = |event: &&Event| matches!(event, Event::JournalRepaired { .. });
        let count = rows.iter().filter_map(|row| row.known()).filter(repaired).count();
        let now = fs::read(&self.file).unwrap();
        let kept = rows.len() - count;
        let is_as_it_was = now.starts_with(&self.lines()[..kept].concat());
        let is_aside = aside(journal) == bytes[self.lines()[..kept].concat().len()..];
        match (is_as_it_was, count == 0 || is_aside) {
            (true, true) => Found::Opened {
                rows: kept,
                repaired: count > 0,
            },
            (false, _) => Found::Wrong("rows were changed".to_owned()),
            (_, false) => Found::Wrong("what was cut off is not kept".to_owned()),
        }
    }
}

/// Every byte is for when there is time.
fn stride() -> usize {
    if wanted("MATRIX").is_some() { 1 } else { 16 }
}

fn aside(journal: &Path) -> Vec<u8> {
    fs::read(journal.join("torn.1")).unwrap_or_default()
}

#[test]
fn a_tail_torn_at_any_byte_loses_no_whole_row() {
    let case = Case::new();
    let (mut cases, mut wrong) = (0, Vec::new());
    for end in (0..=case.whole.len()).step_by(stride()) {
        let rows = case.whole[..end].iter().filter(|byte| **byte == b'\n').count();
        let repaired = end > 0 && case.whole[end - 1] != b'\n';
        let found = case.open(&case.whole[..end]);
        if found != (Found::Opened { rows, repaired }) {
            wrong.push(format!("torn at {end}: {found:?}"));
        }
        cases += 1;
    }
    println!(
        "torn at {cases} bytes of {} rows, {} wrong",
        case.lines().len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_bit_turned_over_is_refused_or_cut_off_and_never_taken() {
    let case = Case::new();
    let (all, from) = (case.lines().len(), case.whole.len().saturating_sub(END));
    let (mut refused, mut cut, mut passable, mut wrong) = (0, 0, 0, Vec::new());
    for at in (from..case.whole.len()).rev().step_by(stride()) {
        for bit in 0..8 {
            let mut bytes = case.whole.clone();
            bytes[at] ^= 1 << bit;
            passable += usize::from(reads(&bytes));
            match case.open(&bytes) {
                Found::Refused => refused += 1,
                // The last newline is what acknowledges a row: without it nobody can tell it from a torn one.
                Found::Opened { rows, repaired: true } if at == case.whole.len() - 1 && rows == all - 1 => cut += 1,
                found => wrong.push(format!("byte {at}, bit {bit}: {found:?}")),
            }
        }
    }
    println!(
        "{} bits turned over: {refused} refused, {cut} cut off, {} taken; {passable} of them would pass a reader that checks no hash",
        refused + cut + wrong.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        passable > 0,
        "the control: without a check of hashes, some of these have to pass"
    );
}

/// Whether each line is a row for somebody who looks at no hash.
fn reads(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .all(|line| {
            let row = serde_json::from_slice::<serde_json::Value>(line);
            row.is_ok_and(|row| row["event"].is_string() && serde_json::from_value::<Event>(row).is_ok())
        })
}

/// The same with the real program, and a control: one that does not cut the tail off spoils the journal.
#[test]
fn the_program_goes_on_behind_a_torn_tail() {
    let case = Case::new();
    let tear = |end: usize| {
        case.world.restore();
        fs::write(&case.file, &case.whole[..end]).unwrap();
    };
    for end in (0..case.whole.len()).rev().step_by(case.whole.len() / 12) {
        tear(end);
        let said = case.world.sh("exec \"$H\" note p-1 remember", &[]);
        assert_eq!(said.code, 0, "torn at {end}: {said:?}");
        let said = case.world.sh(
            "\"$H\" run --json; code=$?; complete p-1 && complete p-2 && exit $code",
            &[],
        );
        assert!([0, 3].contains(&said.code), "torn at {end}: {said:?}");
        let commits = case.world.git("log --format=%s main");
        assert_eq!(
            commits.lines().filter(|line| line.starts_with("Task ")).count(),
            2,
            "torn at {end}"
        );
    }
    tear(case.whole.len() - 3);
    let _ = case
        .world
        .sh("exec \"$H\" note p-1 remember", &[("FAILPOINTS", "control.cut=skip")]);
    let said = case.world.sh("exec \"$H\" note p-1 remember", &[]);
    assert_eq!(
        said.code, 5,
        "without the cut the next row is glued to the torn one: {said:?}"
    );
}
