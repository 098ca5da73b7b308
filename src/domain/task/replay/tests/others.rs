//! Rows of several clones: whatever they say, in whatever order they come in, each is applied whole or not at all, and
//! what a clone has in hand is moved by its own rows alone.

use proptest::prelude::*;

use crate::domain::gate::ApprovalSubject;
use crate::domain::route::Trigger;
use crate::domain::task::event::{AttemptMode, AttemptPlace};
use crate::domain::task::replay::*;
use crate::domain::task::row::RowEvent;
use crate::domain::task::voice::AHEAD;

pub(super) const OWN: &str = "w1";
pub(super) const OTHER: &str = "w2";
pub(super) const THIRD: &str = "w0";

pub(super) fn task() -> TaskId {
    "a".parse().unwrap()
}

pub(super) fn writer(name: &str) -> WriterId {
    name.parse().unwrap()
}

pub(super) fn id(name: &str, n: u64) -> AttemptId {
    let writer = writer(name);
    AttemptId { writer, n }
}

pub(super) fn commit(fill: u8) -> CommitId {
    format!("{fill:02x}").repeat(20).parse().unwrap()
}

pub(super) fn ann() -> Actor {
    Actor::Person("Ann <ann@example.invalid>".into())
}

pub(super) fn subject(fill: u8) -> ApprovalSubject {
    ApprovalSubject {
        card: "2".repeat(40).parse().unwrap(),
        changes: Digest::of(&[fill]),
    }
}

pub(super) fn dispatched(attempt: AttemptId) -> Event {
    Event::Dispatched(Dispatched {
        task: task(),
        attempt,
        place: AttemptPlace {
            number: 1,
            round: 1,
            in_round: 1,
        },
        mode: AttemptMode::Unattended,
        author: Actor::Builder("b".into()),
        started_by: Some(ann()),
        model: None,
        base: commit(1),
        card: "2".repeat(40).parse().unwrap(),
        packet: Digest::of(b"p"),
        from_tree: None,
        claimed_on: None,
    })
}

pub(super) fn failed(attempt: AttemptId) -> Event {
    Event::AttemptFailed {
        task: task(),
        attempt,
        failure: Failure::NoChange,
    }
}

pub(super) fn review(attempt: AttemptId) -> Event {
    Event::ReviewRequested(ReviewRequested {
        task: task(),
        attempt,
        subject: subject(1),
        gates: vec!["review".into()],
        by: None,
    })
}

pub(super) fn accepted(attempt: AttemptId) -> Event {
    let evidence = serde_json::json!({
        "key": {"check_tree": "3".repeat(40), "checks": Digest::of(b"c"), "environment": Digest::of(b"e"), "fence": "overlay"},
        "results": [],
        "reused": false,
    });
    Event::Accepted(Accepted {
        task: task(),
        attempt,
        tree: "3".repeat(40).parse().unwrap(),
        parent: commit(1),
        card: "2".repeat(40).parse().unwrap(),
        evidence: serde_json::from_value(evidence).unwrap(),
        approved_by: Vec::new(),
        self_approved: false,
        commit_seconds: 0,
    })
}

pub(super) fn approved() -> Event {
    Event::Approved {
        task: task(),
        approval: Approval {
            by: ann(),
            subject: subject(1),
            gates: Vec::new(),
            round: None,
            nonce: None,
        },
    }
}

pub(super) fn land_lost(attempt: AttemptId) -> Event {
    Event::LandLost {
        task: task(),
        attempt,
        reason: "r".into(),
        still_accepted: false,
    }
}

/// Anything that a row may say: of attempts, as their number goes, and of the task.
fn any_event() -> impl Strategy<Value = Event> {
    let attempt = (prop_oneof![Just(OWN), Just(OTHER), Just(THIRD)], 1..4u64).prop_map(|(name, n)| id(name, n));
    let of_attempts = (attempt, 0..8u8).prop_map(|(attempt, kind)| match kind {
        0 | 1 => dispatched(attempt),
        2 => failed(attempt),
        3 => Event::AttemptLost {
            task: task(),
            attempt,
            reason: "r".into(),
        },
        4 => review(attempt),
        5 => accepted(attempt),
        6 => land_lost(attempt),
        _ => Event::Landed(Landed {
            task: task(),
            attempt,
            commit: commit(9),
            target: "main".into(),
        }),
    });
    prop_oneof![3 => of_attempts, 2 => any_decision()]
}

fn any_decision() -> impl Strategy<Value = Event> {
    let (task, by, reason) = (task(), ann(), String::new());
    prop_oneof![
        Just(approved()),
        Just(Event::ApprovalWithdrawn {
            task: task.clone(),
            by: by.clone(),
            subject: subject(1),
            nonces: Vec::new(),
            reason: reason.clone(),
        }),
        Just(Event::Rejected {
            task: task.clone(),
            by: by.clone(),
            reason: reason.clone(),
            violates_intent: false,
            of: None,
        }),
        Just(Event::Blocked {
            task: task.clone(),
            by: by.clone(),
            reason: reason.clone(),
        }),
        Just(Event::Unblocked {
            task: task.clone(),
            by: by.clone(),
            reason: reason.clone(),
        }),
        Just(Event::RetryRequested {
            task: task.clone(),
            by: by.clone(),
            reason: reason.clone(),
        }),
        Just(Event::Released {
            task: task.clone(),
            by: by.clone(),
        }),
        Just(Event::Escalated(Escalated {
            task: task.clone(),
            trigger: Trigger::Requested,
            packet: None,
            by: by.clone(),
            reason,
        })),
        any::<bool>().prop_map(move |correction| Event::CardRevised(CardRevised {
            task: task.clone(),
            commit: commit(3),
            old: "2".repeat(40).parse().unwrap(),
            new: "3".repeat(40).parse().unwrap(),
            by: by.clone(),
            keep_changes: false,
            correction,
        })),
        Just(Event::Paused { by: ann() }),
    ]
}

/// A journal: each row's event, and how far its counter is behind the one before.
fn any_journal(name: &'static str) -> impl Strategy<Value = Vec<Row>> {
    let step = prop_oneof![6 => 1..5u64, 1 => Just(AHEAD), 1 => Just(u64::MAX / 2)];
    proptest::collection::vec((any_event(), step), 0..16).prop_map(move |rows| {
        let mut at = 0_u64;
        let told = rows.into_iter().zip(1..).map(|((event, step), seq)| {
            // This clone's own counters follow what it has seen.
            at = at.saturating_add(if name == OWN { step.min(4) } else { step });
            row(name, seq, at, event)
        });
        told.collect()
    })
}

pub(super) fn row(name: &str, seq: u64, at: u64, event: Event) -> Row {
    Row {
        writer: writer(name),
        seq,
        at,
        time: Timestamp::from_second(i64::try_from(seq).unwrap()).unwrap(),
        event: RowEvent::Known(Box::new(event)),
        hash: Digest::of(&seq.to_le_bytes()),
    }
}

/// The clone that has one of these journals as its own.
pub(super) fn clone_of(own: &str, believed: bool) -> Replay {
    let others = [OWN, OTHER, THIRD].into_iter().filter(|name| *name != own);
    Replay::among(Voices::of_others(others.map(|name| (writer(name), believed))))
}

pub(super) fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (a.at, &a.writer, a.seq).cmp(&(b.at, &b.writer, b.seq)));
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_row_is_applied_whole_or_not_at_all_and_moves_nothing_that_others_hold(
        journals in (any_journal(OWN), any_journal(OTHER), any_journal(THIRD)),
        believed in any::<bool>(),
    ) {
        let (own, other, third) = journals;
        let rows = in_order([own, other, third].concat());
        let mut replay = clone_of(OWN, believed);
        for row in &rows {
            let before = replay.task(&task()).cloned();
            let (odd, books, paused) = (replay.oddities().len(), replay.books().clone(), replay.paused().cloned());
            replay.apply(row);
            let after = replay.task(&task()).cloned();
            if replay.oddities().len() > odd {
                let untouched = before.clone().unwrap_or_else(TaskLog::new);
                prop_assert_eq!(&untouched, &after.clone().unwrap_or_else(TaskLog::new), "half of {:?}", row);
                prop_assert_eq!(&books, replay.books());
                prop_assert_eq!(&paused, &replay.paused().cloned());
            }
            let holder = before.as_ref().and_then(|log| log.held.as_ref()).map(|hold| hold.writer.clone());
            if !believed && row.writer != writer(OWN) && holder.as_ref().is_some_and(|holder| *holder != row.writer) {
                prop_assert_eq!(before, after, "{} moved what {:?} holds: {:?}", row.writer, holder, row);
            }
        }
    }

    #[test]
    fn each_clone_says_the_same_in_whatever_order_rows_came(
        journals in (any_journal(OWN), any_journal(OTHER), any_journal(THIRD)),
        seed in proptest::collection::vec(any::<u16>(), 48),
        cut in 0..48_usize,
        believed in any::<bool>(),
    ) {
        let (own, other, third) = journals;
        let all = [own, other, third].concat();
        let mut shuffled: Vec<(u16, Row)> = seed.iter().copied().cycle().zip(all.iter().cloned()).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Row> = shuffled.into_iter().map(|(_, row)| row).collect();
        for name in [OWN, OTHER, THIRD] {
            let fold = |rows: Vec<Row>| {
                let mut replay = clone_of(name, believed);
                in_order(rows).iter().for_each(|row| replay.apply(row));
                replay
            };
            // Some came with an earlier sync, and the rest on top of it.
            let cut = cut.min(shuffled.len());
            let mut late = shuffled[..cut].to_vec();
            late.extend_from_slice(&shuffled[cut..]);
            let (one, two) = (fold(all.clone()), fold(late));
            prop_assert_eq!(one.task(&task()), two.task(&task()));
            prop_assert_eq!(one.oddities(), two.oddities());
            prop_assert_eq!(one.highest_at(), two.highest_at());
// Its own counters are small here, so those of others take it nowhere.
            prop_assert!(name != OWN || one.highest_at() < 64 * (AHEAD + 8));
        }
    }

    /// What a clone has in hand stands as if nobody else had written a word.
    #[test]
    fn what_is_in_hand_stands_as_by_its_own_rows_alone(
        journals in (any_journal(OWN), any_journal(OTHER), any_journal(THIRD)),
    ) {
        let (own, other, third) = journals;
        let mut alone = clone_of(OWN, false);
        own.iter().for_each(|row| alone.apply(row));
        let mut among = clone_of(OWN, false);
        in_order([own, other, third].concat()).iter().for_each(|row| among.apply(row));
        let is_ours = |log: &&TaskLog| log.held.as_ref().is_some_and(|hold| hold.writer == writer(OWN));
        let open = |log: &TaskLog| log.open().map(|open| open.attempt.clone());
        let (alone, among) = (alone.task(&task()), among.task(&task()));
        if let Some(alone) = alone.filter(is_ours).filter(|log| open(log).is_some()) {
            let among = among.unwrap();
            prop_assert_eq!(open(alone), open(among));
            // Whether it is a first attempt may differ: what failed elsewhere before it was begun here counts, too.
            let either = |log: &TaskLog| if log.state.is_with_builder() { TaskState::InProgress } else { log.state };
            prop_assert_eq!(either(alone), either(among));
            prop_assert_eq!(&alone.approvals, &among.approvals);
        }
    }
}
