//! The ledger against truncation, damage, and other processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::clock::SystemClock;
use crate::domain::actor::Actor;
use crate::domain::id::TaskId;

fn open(dir: &Path) -> Result<Ledger, JournalError> {
    Ledger::open(&dir.join("harness"), Arc::new(SystemClock))
}

fn note(text: &str) -> Event {
    Event::Noted {
        task: TaskId::new("a").unwrap(),
        by: Actor::Harness,
        text: text.to_owned(),
    }
}

fn segment(dir: &Path, number: u64) -> PathBuf {
    let journal = fs::read_dir(dir.join("harness/journal"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    journal.join(format!("{number:06}.jsonl"))
}

fn notes(ledger: &Ledger) -> Vec<String> {
    let text = |row: &Row| match row.known() {
        Some(Event::Noted { text, .. }) => Some(text.clone()),
        _ => None,
    };
    ledger.every_row().unwrap().iter().filter_map(text).collect()
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_no_row_before_it_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    ledger.append(&[note("one")]).unwrap();
    ledger.append(&[note("two")]).unwrap();
    drop(ledger);
    let file = segment(dir.path(), 1);
    let whole = fs::read(&file).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for cut in last..whole.len() {
        fs::write(&file, &whole[..cut]).unwrap();
        let reader = Ledger::open_to_read(&dir.path().join("harness"), Arc::new(SystemClock)).unwrap();
        assert_eq!(notes(&reader), ["one"], "cut at {cut}");
        assert_eq!(fs::read(&file).unwrap().len(), cut, "reading repairs nothing");
        let mut ledger = open(dir.path()).unwrap();
        assert_eq!(notes(&ledger), ["one"], "cut at {cut}");
        ledger.append(&[note("three")]).unwrap();
        drop(ledger);
        assert_eq!(notes(&open(dir.path()).unwrap()), ["one", "three"], "cut at {cut}");
    }
}

#[test]
fn every_flipped_bit_of_an_acknowledged_row_stops_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    ledger.append(&[note("one"), note("two")]).unwrap();
    drop(ledger);
    let file = segment(dir.path(), 1);
    let whole = fs::read(&file).unwrap();
    // The last newline is what acknowledges; without it the row is a torn tail.
    for at in 0..whole.len() - 1 {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, &bytes).unwrap();
        let found = open(dir.path()).map(|ledger| notes(&ledger));
        assert!(
            matches!(found, Err(JournalError::Damaged { .. })),
            "byte {at}: {found:?}"
        );
        assert_eq!(fs::read(&file).unwrap(), bytes, "nothing was changed");
    }
}

#[test]
fn a_lost_row_in_the_middle_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    ledger.append(&[note("one"), note("two"), note("three")]).unwrap();
    drop(ledger);
    let file = segment(dir.path(), 1);
    let text = fs::read_to_string(&file).unwrap();
    let without: String = text
        .lines()
        .enumerate()
        .filter(|(at, _)| *at != 1)
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    fs::write(&file, without).unwrap();
    let error = open(dir.path()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn rows_go_on_over_segments_which_stay_small() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    let long = "x".repeat(60_000);
    for _ in 0..12 {
        ledger.append(&[note(&long)]).unwrap();
    }
    drop(ledger);
    assert!(segment(dir.path(), 3).exists());
    assert!(fs::metadata(segment(dir.path(), 1)).unwrap().len() < 400_000);
    assert_eq!(notes(&open(dir.path()).unwrap()).len(), 12);
}

#[test]
fn several_holders_of_one_journal_see_each_others_rows_and_decide_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    drop(open(&path).unwrap());
    let wins: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut ledger = open(&path).unwrap();
                    let mut known = notes(&ledger);
                    let mut wins = 0;
                    for round in 0..20 {
                        let name = format!("claim {round}");
                        let decided = ledger.append_if(|new| {
                            known.extend(new.iter().filter_map(|row| match row.known() {
                                Some(Event::Noted { text, .. }) => Some(text.clone()),
                                _ => None,
                            }));
                            if known.contains(&name) {
                                Err(())
                            } else {
                                Ok((vec![note(&name)], ()))
                            }
                        });
                        match decided {
                            Ok(_) => {
                                wins += 1;
                                known.push(name);
                            }
                            Err(AppendIfError::Refused(())) => {}
                            Err(AppendIfError::Append(error)) => panic!("{error}"),
                        }
                    }
                    wins
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(wins, 20, "each claim is given once");
    let rows = open(&path).unwrap().every_row().unwrap();
    assert!(
        rows.windows(2)
            .all(|two| two[0].at < two[1].at && two[0].seq + 1 == two[1].seq)
    );
}

#[test]
fn a_copied_clone_writes_under_a_name_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    ledger.append(&[note("one")]).unwrap();
    let first = ledger.writer().unwrap().clone();
    drop(ledger);
    let copy = dir.path().join("copy");
    fs::create_dir(&copy).unwrap();
    assert!(
        std::process::Command::new("cp")
            .arg("-r")
            .arg(dir.path().join("harness"))
            .arg(&copy)
            .status()
            .unwrap()
            .success()
    );
    let copied = open(&copy).unwrap();
    assert_ne!(*copied.writer().unwrap(), first);
    assert_eq!(notes(&copied), ["one"], "what the other wrote is still read");
}

#[test]
fn a_row_of_a_later_version_that_must_be_known_stops_writers_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path()).unwrap();
    let row = ledger.append(&[note("one")]).unwrap().remove(0);
    drop(ledger);
    let body = format!(
        "{{\"v\":2,\"writer\":\"{}\",\"seq\":2,\"at\":2,\"time\":\"2030-01-01T00:00:00Z\",\"event\":\"teleported\",\"data\":{{}},\"must\":true,\"prev\":\"{}\"",
        row.writer, row.hash
    );
    let line = format!(
        "{body},\"hash\":\"{}\"}}\n",
        crate::domain::oid::Digest::of(body.as_bytes())
    );
    let file = segment(dir.path(), 1);
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str(&line);
    fs::write(&file, text).unwrap();
    let mut ledger = open(dir.path()).unwrap();
    assert_eq!(ledger.rows().len(), 2);
    assert!(matches!(ledger.append(&[note("two")]), Err(AppendError::NeedsNewer(name)) if name == "teleported"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_journal_cut_anywhere_keeps_a_beginning_of_what_was_written(texts in proptest::collection::vec("[a-z]{0,30}", 1..8), cut in 0..10_000usize) {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path()).unwrap();
        for text in &texts {
            ledger.append(&[note(text)]).unwrap();
        }
        drop(ledger);
        let file = segment(dir.path(), 1);
        let whole = fs::read(&file).unwrap();
        let cut = cut % (whole.len() + 1);
        fs::write(&file, &whole[..cut]).unwrap();
        let kept = notes(&open(dir.path()).unwrap());
        let complete = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(&kept[..], &texts[..complete]);
    }
}

fn told(ledger: &mut Ledger) -> Vec<String> {
    let mut replay = ledger.take_base();
    ledger.rows().iter().for_each(|row| replay.apply(row));
    let log = replay.task(&TaskId::new("a").unwrap()).unwrap();
    log.notes
        .iter()
        .map(|(_, text)| text[..text.len().min(6)].to_owned())
        .collect()
}

fn several_segments(dir: &Path) -> Vec<String> {
    let mut ledger = open(dir).unwrap();
    let names: Vec<String> = (0..12).map(|number| format!("note{number:02}")).collect();
    for name in &names {
        ledger
            .append(&[note(&format!("{name}{}", "x".repeat(60_000)))])
            .unwrap();
    }
    names
}

fn assert_a_changed_bit_stops_it(dir: &Path) {
    let file = segment(dir, 1);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let found = open(dir).map(|_| ());
    assert!(matches!(found, Err(JournalError::Damaged { .. })), "{found:?}");
}

#[test]
fn a_checkpoint_spares_the_closed_segments_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let names = several_segments(dir.path());
    assert_eq!(told(&mut open(dir.path()).unwrap()), names, "the first time");
    let mut again = open(dir.path()).unwrap();
    assert!(again.rows().len() < names.len(), "only the open segment is read");
    assert_eq!(told(&mut again), names);
    again.append(&[note("later!")]).unwrap();
    let at = again.rows().last().unwrap().at;
    assert_eq!(at, 13, "the counter goes on behind what the checkpoint covers");
    fs::remove_dir_all(dir.path().join("harness/cache")).unwrap();
    assert_eq!(told(&mut open(dir.path()).unwrap()).len(), 13);
    let mut reader = Ledger::open_to_read(&dir.path().join("harness"), Arc::new(SystemClock)).unwrap();
    assert_eq!(told(&mut reader).len(), 13);
}

#[test]
fn a_checkpoint_covers_the_open_segment_as_far_as_it_was_read() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..100).map(|number| format!("note{number:02}")).collect();
    for name in &names {
        open(dir.path()).unwrap().append(&[note(name)]).unwrap();
    }
    let mut again = open(dir.path()).unwrap();
    let read = again.rows().len();
    assert!((1..64).contains(&read), "the last rows alone are read: {read}");
    assert_eq!(told(&mut again), names);
    let count = again.count();
    for number in 0..12 {
        let text = format!("long{number:02}{}", "x".repeat(60_000));
        open(dir.path()).unwrap().append(&[note(&text)]).unwrap();
    }
    let mut grown = open(dir.path()).unwrap();
    assert_eq!(grown.count(), count + 12, "also where the segment was closed since");
    assert_eq!(told(&mut grown).len(), names.len() + 12);
    assert_eq!(grown.rows().last().unwrap().at, 112);
    fs::remove_dir_all(dir.path().join("harness/cache")).unwrap();
    assert_eq!(told(&mut open(dir.path()).unwrap()).len(), names.len() + 12);
}

#[test]
fn a_change_in_what_is_covered_of_the_open_segment_stops_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..70 {
        open(dir.path())
            .unwrap()
            .append(&[note(&format!("note{number:02}"))])
            .unwrap();
    }
    assert!(open(dir.path()).unwrap().rows().len() < 70);
    assert_a_changed_bit_stops_it(dir.path());
}

#[test]
fn a_closed_segment_that_was_changed_is_read_again_and_stops_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    several_segments(dir.path());
    drop(open(dir.path()).unwrap());
    assert_a_changed_bit_stops_it(dir.path());
}

#[test]
fn the_way_back_tells_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let backwards = |ledger: &Ledger, most: usize| {
        let mut rows = Vec::new();
        let told = ledger.each_row_backwards(&mut |row| {
            rows.push(row.seq);
            rows.len() < most
        });
        told.map(|()| rows)
    };
    assert_eq!(backwards(&open(dir.path()).unwrap(), 3).unwrap(), [0; 0]);
    several_segments(dir.path());
    let ledger = open(dir.path()).unwrap();
    let mut all: Vec<u64> = ledger.every_row().unwrap().iter().map(|row| row.seq).collect();
    all.reverse();
    assert_eq!(backwards(&ledger, usize::MAX).unwrap(), all);
    assert_eq!(backwards(&ledger, 3).unwrap(), [12, 11, 10]);
    // What is refused from the beginning is refused from the end: rows that do not follow one another, and a first one
    // that follows another.
    let (first, second) = (segment(dir.path(), 1), segment(dir.path(), 2));
    let kept = [&first, &second].map(|path| fs::read(path).unwrap());
    let behind_the_first_row = kept[0].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for (path, text) in [(&second, &kept[0][..]), (&first, &kept[0][behind_the_first_row..])] {
        fs::write(path, text).unwrap();
        let refused = backwards(&ledger, usize::MAX);
        assert!(matches!(refused, Err(JournalError::Damaged { .. })), "{refused:?}");
        assert!(ledger.every_row().is_err());
        fs::write(&first, &kept[0]).unwrap();
        fs::write(&second, &kept[1]).unwrap();
    }
}

#[test]
fn rows_of_another_clone_find_their_place_though_a_checkpoint_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let mut far = open(other.path()).unwrap();
    far.append(&[note("far001")]).unwrap();
    let names = several_segments(dir.path());
    drop(open(dir.path()).unwrap());
    let writer = far.writer().unwrap().as_str().to_owned();
    let (from, to) = (other.path().join("harness/journal"), dir.path().join("harness/journal"));
    fs::create_dir(to.join(&writer)).unwrap();
    fs::copy(
        from.join(&writer).join("000001.jsonl"),
        to.join(&writer).join("000001.jsonl"),
    )
    .unwrap();
    for _ in 0..2 {
        let all = told(&mut open(dir.path()).unwrap());
        assert_eq!(all.len(), names.len() + 1);
        assert!(all[..2].contains(&"far001".to_owned()), "{all:?}");
    }
}
