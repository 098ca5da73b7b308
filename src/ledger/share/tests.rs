//! Taking in: copies that grow, and what is wrong with some.

use std::sync::Arc;

use super::*;
use crate::clock::SystemClock;
use crate::domain::actor::Actor;
use crate::domain::task::event::Event;

fn open(dir: &Path) -> Ledger {
    Ledger::open(dir, Arc::new(SystemClock)).unwrap()
}

fn say(ledger: &mut Ledger, rows: usize) {
    for _ in 0..rows {
        ledger.append(&[Event::Paused { by: Actor::Harness }]).unwrap();
    }
}

struct Two {
    _dir: tempfile::TempDir,
    theirs: Ledger,
    ours: PathBuf,
    writer: WriterId,
}

fn two(rows: usize) -> Two {
    let dir = tempfile::tempdir().unwrap();
    let mut theirs = open(&dir.path().join("theirs"));
    say(&mut theirs, rows);
    Two {
        ours: dir.path().join("ours"),
        writer: theirs.writer().unwrap().clone(),
        theirs,
        _dir: dir,
    }
}

#[test]
fn a_copy_grows_with_its_original_and_is_read_with_our_own_rows() {
    let mut two = two(3);
    let mut ours = open(&two.ours);
    say(&mut ours, 2);
    assert!(!ours.is_copied(&two.writer));
    assert_eq!(
        ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap())
            .unwrap()
            .rows,
        3
    );
    assert!(ours.is_copied(&two.writer) && !ours.is_copied(ours.writer().unwrap()));
    assert_eq!(
        ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap())
            .unwrap()
            .rows,
        0
    );
    let old = two.theirs.own_segments(1).unwrap();
    say(&mut two.theirs, 2);
    assert_eq!(
        ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap())
            .unwrap()
            .rows,
        2
    );
    // What an earlier look brought changes nothing.
    assert_eq!(ours.take_in(&two.writer, &old).unwrap().rows, 0);
    let again = open(&two.ours);
    assert_eq!(again.count(), 7);
    let order: Vec<(u64, &WriterId)> = again.rows().iter().map(|row| (row.at, &row.writer)).collect();
    assert!(order.is_sorted(), "{order:?}");
    // The next row of ours comes behind all that was seen.
    let mut again = again;
    say(&mut again, 1);
    assert_eq!(again.rows().last().unwrap().at, 6);
}

#[test]
fn closed_segments_are_not_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut theirs = open(&dir.path().join("theirs"));
    let text = "x".repeat(60_000);
    let noted = |theirs: &mut Ledger| {
        let event = Event::Noted {
            task: "a".parse().unwrap(),
            by: Actor::Harness,
            text: text.clone(),
        };
        theirs.append(&[event]).unwrap();
    };
    (0..12).for_each(|_| noted(&mut theirs));
    let writer = theirs.writer().unwrap().clone();
    let segments = theirs.own_segments(1).unwrap();
    assert!(segments.len() > 2);
    let ours = open(&dir.path().join("ours"));
    assert_eq!(ours.take_in(&writer, &segments[..2]).unwrap().rows, 10);
    assert_eq!(ours.wanted_of(&writer), 2);
    assert_eq!(ours.take_in(&writer, &segments[1..]).unwrap().rows, 2);
    let wanted = ours.wanted_of(&writer);
    assert_eq!(wanted, segments.len() as u64);
    (0..6).for_each(|_| noted(&mut theirs));
    assert_eq!(
        ours.take_in(&writer, &theirs.own_segments(wanted).unwrap())
            .unwrap()
            .rows,
        6
    );
    assert_eq!(open(&dir.path().join("ours")).count(), 18);
    // One that leaves something out is none.
    let beyond = theirs.own_segments(ours.wanted_of(&writer) + 1).unwrap();
    assert!(beyond.is_empty() || ours.take_in(&writer, &beyond).is_err());
}

#[test]
fn what_was_changed_on_the_way_is_refused_from_there_on() {
    let two = two(4);
    let ours = open(&two.ours);
    let good = two.theirs.own_segments(1).unwrap();
    let mut changed = good.clone();
    changed[0].1[40] ^= 1;
    let mut cut = good.clone();
    cut[0].1.pop();
    let without_first = vec![(
        1,
        good[0].1[good[0].1.iter().position(|b| *b == b'\n').unwrap() + 1..].to_vec(),
    )];
    for (bad, rows) in [(&changed, 0), (&without_first, 0), (&cut, 3)] {
        let taken = ours.take_in(&two.writer, bad).unwrap();
        assert!(
            matches!(taken.held_back, Some(TakeInError::Damaged { .. })),
            "{taken:?}"
        );
        assert_eq!(taken.rows, rows);
    }
    let other: WriterId = "wother".parse().unwrap();
    let taken = ours.take_in(&other, &good).unwrap();
    let why = taken.held_back.unwrap().to_string();
    assert!(why.contains("it belongs to the writer"), "{why}");
    assert_eq!(open(&two.ours).count(), 3);
    assert_eq!(ours.take_in(&two.writer, &good).unwrap().rows, 1);
}

#[test]
fn two_journals_of_one_writer_are_a_fork() {
    let mut two = two(2);
    let ours = open(&two.ours);
    ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap()).unwrap();
    // Another history of the same writer: the same numbers, other rows.
    let path = segment_path(&two.theirs.dir().join("journal").join(two.writer.as_str()), 1);
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap().to_owned() + "\n";
    fs::write(&path, first).unwrap();
    two.theirs = open(two.theirs.dir());
    let resumed = Event::Resumed { by: Actor::Harness };
    two.theirs.append(&[resumed.clone(), resumed]).unwrap();
    let error = ours
        .take_in(&two.writer, &two.theirs.own_segments(1).unwrap())
        .unwrap_err();
    assert!(matches!(error, TakeInError::Fork(_)), "{error}");
    assert_eq!(open(&two.ours).count(), 2);
    // And nobody else writes our own.
    let own = ours.writer().unwrap().clone();
    assert!(matches!(ours.take_in(&own, &[]), Err(TakeInError::Fork(_))));
}
