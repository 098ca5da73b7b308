//! Replay against any sequence of rows.

mod others;
mod told;

use proptest::prelude::*;

use super::*;
use crate::domain::task::event::{AttemptMode, AttemptPlace};
use crate::domain::task::row::RowEvent;

fn task() -> TaskId {
    TaskId::new("a").unwrap()
}

fn writer() -> WriterId {
    WriterId::new("w1").unwrap()
}

fn id(n: u64) -> AttemptId {
    AttemptId { writer: writer(), n }
}

fn commit(fill: u8) -> CommitId {
    format!("{fill:02x}").repeat(20).parse().unwrap()
}

fn dispatched(n: u64) -> Event {
    Event::Dispatched(Dispatched {
        task: task(),
        attempt: id(n),
        place: AttemptPlace {
            number: 1,
            round: 1,
            in_round: 1,
        },
        mode: AttemptMode::Unattended,
        author: Actor::Builder("b".into()),
        started_by: None,
        model: None,
        base: commit(1),
        card: "2".repeat(40).parse().unwrap(),
        packet: Digest::of(b"p"),
        from_tree: None,
        claimed_on: None,
    })
}

fn failed(n: u64) -> Event {
    Event::AttemptFailed {
        task: task(),
        attempt: id(n),
        failure: Failure::NoChange,
    }
}

fn lost(n: u64) -> Event {
    Event::AttemptLost {
        task: task(),
        attempt: id(n),
        reason: "killed".into(),
    }
}

fn revised(correction: bool) -> Event {
    Event::CardRevised(CardRevised {
        task: task(),
        commit: commit(3),
        old: "2".repeat(40).parse().unwrap(),
        new: "3".repeat(40).parse().unwrap(),
        by: Actor::Architect("x".into()),
        keep_changes: false,
        correction,
    })
}

fn person() -> Actor {
    Actor::Person("Ann <ann@example.invalid>".into())
}

fn escalated() -> Event {
    Event::Escalated(Escalated {
        task: task(),
        trigger: crate::domain::route::Trigger::RepeatedFailure,
        packet: None,
        by: Actor::Harness,
        reason: "r".into(),
    })
}

fn retry() -> Event {
    Event::RetryRequested {
        task: task(),
        by: person(),
        reason: String::new(),
    }
}

fn blocked() -> Event {
    Event::Blocked {
        task: task(),
        by: Actor::Harness,
        reason: "r".into(),
    }
}

fn released() -> Event {
    Event::Released {
        task: task(),
        by: person(),
    }
}

fn rows(events: &[Event]) -> Vec<Row> {
    let row = |(index, event): (usize, &Event)| Row {
        writer: writer(),
        seq: index as u64 + 1,
        at: index as u64 + 1,
        time: Timestamp::from_second(index as i64).unwrap(),
        event: RowEvent::Known(Box::new(event.clone())),
        hash: Digest::of(&[index as u8]),
    };
    events.iter().enumerate().map(row).collect()
}

fn log(events: &[Event]) -> TaskLog {
    Replay::from_rows(&rows(events)).task(&task()).unwrap().clone()
}

#[test]
fn a_round_counts_its_attempts_and_a_correction_opens_the_next() {
    let log = log(&[
        dispatched(1),
        failed(1),
        dispatched(2),
        failed(2),
        escalated(),
        revised(true),
    ]);
    assert_eq!(
        (log.state, log.round, log.in_round, log.number, log.corrections),
        (TaskState::Ready, 2, 0, 2, 1)
    );
    assert_eq!(log.last_failure, None);
}

#[test]
fn a_lost_attempt_counts_for_nothing_but_keeps_its_number() {
    let log = log(&[dispatched(1), failed(1), dispatched(2), lost(2)]);
    assert_eq!((log.state, log.in_round, log.number), (TaskState::Failed, 1, 2));
}

#[test]
fn the_first_claim_wins() {
    let replay = Replay::from_rows(&rows(&[dispatched(1), dispatched(2)]));
    let log = replay.task(&task()).unwrap();
    assert_eq!(log.attempts.len(), 1);
    assert_eq!(replay.oddities().len(), 1);
    assert_eq!(
        replay.attempts_by(&writer()),
        2,
        "a number is never given twice all the same"
    );
}

#[test]
fn a_person_gives_the_architect_new_chances() {
    let log = log(&[revised(true), blocked(), retry()]);
    assert_eq!((log.state, log.corrections), (TaskState::Ready, 0));
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1..4u64).prop_map(dispatched),
        (1..4u64).prop_map(failed),
        (1..4u64).prop_map(lost),
        any::<bool>().prop_map(revised),
        Just(escalated()),
        Just(blocked()),
        Just(retry()),
        Just(released()),
        (1..4u64).prop_map(|n| Event::Landed(Landed {
            task: task(),
            attempt: id(n),
            commit: commit(9),
            target: "main".into()
        })),
    ]
}

proptest! {
    #[test]
    fn any_sequence_is_replayed_in_parts_as_in_one_go(events in proptest::collection::vec(any_event(), 0..40), cut in 0..40usize) {
        let rows = rows(&events);
        let whole = Replay::from_rows(&rows);
        let cut = cut.min(rows.len());
        let mut parts = Replay::from_rows(&rows[..cut]);
        for row in &rows[cut..] {
            parts.apply(row);
        }
        prop_assert_eq!(whole.task(&task()), parts.task(&task()));
        prop_assert_eq!(whole.standing(&task()), parts.standing(&task()));
        prop_assert_eq!(whole.oddities(), parts.oddities());
        if let Some(log) = whole.task(&task()) {
            prop_assert!(!matches!(log.state, TaskState::Pending | TaskState::Complete));
            prop_assert!(log.in_round <= log.number);
            prop_assert_eq!(log.number as usize, log.attempts.len());
        }
        // Half of the rows from a snapshot, and the rest on top, is the same again.
        let first = kept(&rows[..cut]);
        let mut stored = stored(&first, &rows[..cut]);
        prop_assert_eq!(stored.standing(&task()), first.standing(&task()));
        prop_assert_eq!(stored.task(&task()), first.task(&task()));
        for row in &rows[cut..] {
            stored.apply(row);
        }
        prop_assert_eq!(whole.task(&task()), stored.task(&task()));
        prop_assert_eq!(whole.standing(&task()), stored.standing(&task()));
        prop_assert_eq!(whole.attempts_by(&writer()), stored.attempts_by(&writer()));
        prop_assert_eq!(whole.oddities(), stored.oddities());
        // And so is one that lets go of what it can read again, time after time.
        let mut shedding = Replay::kept_by(Arc::new(Shelf(rows.clone())), Voices::default());
        for (address, row) in (0..).zip(&rows) {
            shedding.apply_kept(row, address);
            shedding.shed();
        }
        prop_assert_eq!(whole.task(&task()), shedding.task(&task()));
        prop_assert_eq!(whole.standing(&task()), shedding.standing(&task()));
    }
}

/// Rows whose addresses are their places.
#[derive(Debug)]
struct Shelf(Vec<Row>);

impl Archive for Shelf {
    fn rows(&self, addresses: &[Address]) -> Result<Vec<Row>, String> {
        let at = |address: &Address| self.0.get(usize::try_from(*address).unwrap());
        let rows: Option<Vec<Row>> = addresses.iter().map(|address| at(address).cloned()).collect();
        rows.ok_or_else(|| "it is gone".to_owned())
    }
}

fn kept(rows: &[Row]) -> Replay {
    let mut replay = Replay::kept_by(Arc::new(Shelf(rows.to_vec())), Voices::default());
    for (address, row) in (0..).zip(rows) {
        replay.apply_kept(row, address);
    }
    replay
}

/// The replay from its snapshot, and an archive of these rows.
fn stored(replay: &Replay, rows: &[Row]) -> Replay {
    let text = format!("x{}", snapshot::write(replay).unwrap());
    snapshot::read(text, 1, Arc::new(Shelf(rows.to_vec())), Voices::default()).unwrap()
}

#[test]
fn a_row_without_an_address_is_in_no_snapshot() {
    let mut replay = kept(&[]);
    replay.apply(&rows(&[dispatched(1)])[0]);
    assert_eq!(snapshot::write(&replay), None);
}

#[test]
fn a_task_whose_rows_are_gone_is_blocked_and_not_as_if_nothing_had_been_tried() {
    let rows = rows(&[dispatched(1), failed(1)]);
    let stored = stored(&kept(&rows), &rows[..1]);
    let log = stored.task(&task()).unwrap();
    assert_eq!(log.state, TaskState::Blocked);
    let (_, why) = log.blocked.as_ref().unwrap();
    assert!(why.contains("it is gone"), "{why}");
}

/// Whoever changes what a snapshot holds has to raise [`snapshot::FORMAT`]: an older one would be read wrongly.
#[test]
fn the_layout_of_a_snapshot_belongs_to_its_format() {
    let replay = kept(&rows(&[
        dispatched(1),
        failed(1),
        escalated(),
        revised(true),
        dispatched(2),
    ]));
    let text = snapshot::write(&replay).unwrap();
    insta::assert_snapshot!(format!("format {}\n{text}", snapshot::FORMAT));
}
