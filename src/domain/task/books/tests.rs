//! The books against rows as the journal has them.

use super::*;
use crate::domain::failure::Failure;
use crate::domain::id::{AttemptId, WriterId};
use crate::domain::oid::Digest;
use crate::domain::task::event::{AttemptPlace, Escalated};
use crate::domain::usage::Price;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn task(name: &str) -> TaskId {
    TaskId::new(name).unwrap()
}

fn dispatched(name: &str, in_round: u32, builder: &str) -> Dispatched {
    Dispatched {
        task: task(name),
        attempt: AttemptId {
            writer: WriterId::new("w1").unwrap(),
            n: 1,
        },
        place: AttemptPlace {
            number: in_round,
            round: 1,
            in_round,
        },
        mode: AttemptMode::Unattended,
        author: Actor::Builder(builder.to_owned()),
        started_by: None,
        model: Some(format!("openai:{builder}")),
        base: "1".repeat(40).parse().unwrap(),
        card: "2".repeat(40).parse().unwrap(),
        packet: Digest::of(b"p"),
        from_tree: None,
        claimed_on: None,
    }
}

fn finished(dispatched: &Dispatched, input: u64, answered_by: &str) -> Event {
    let price = Price {
        input: Some(1_000_000),
        output: Some(0),
        ..Price::default()
    };
    let used = Usage {
        input: Some(input),
        output: Some(0),
        ..Usage::default()
    };
    Event::BuilderFinished(BuilderFinished {
        task: dispatched.task.clone(),
        attempt: dispatched.attempt.clone(),
        answer: None,
        summary: Vec::new(),
        notes: Vec::new(),
        usage: Some(used.priced(&price, None)),
        millis: 1,
        contacts: Vec::new(),
        answered_by: Some(answered_by.to_owned()),
        estimated: Some(2 * input),
    })
}

fn failed(dispatched: &Dispatched, failure: Failure) -> Event {
    Event::AttemptFailed {
        task: dispatched.task.clone(),
        attempt: dispatched.attempt.clone(),
        failure,
    }
}

fn passes(books: &Books, builder: &str) -> Vec<bool> {
    books.record(builder).map(Record::passes).unwrap_or_default()
}

#[test]
fn only_first_tries_count_and_only_what_the_builder_is_to_blame_for() {
    let mut books = Books::default();
    let (first, again) = (dispatched("a", 1, "q"), dispatched("a", 2, "q"));
    books.take(at(1), &failed(&first, Failure::NoChange), Some(&first), true);
    books.take(at(2), &failed(&again, Failure::NoChange), Some(&again), true);
    let conflict = Failure::MergeConflict { paths: Vec::new() };
    books.take(at(3), &failed(&first, conflict), Some(&first), true);
    let mut by_hand = dispatched("b", 1, "q");
    by_hand.mode = AttemptMode::Attended {
        worktree: "w".to_owned(),
        branch: None,
    };
    books.take(at(4), &failed(&by_hand, Failure::NoChange), Some(&by_hand), true);
    assert_eq!(passes(&books, "q"), [false]);
    let other = dispatched("c", 1, "q");
    books.take(at(5), &failed(&other, Failure::NoChange), Some(&other), true);
    assert_eq!(passes(&books, "q"), [false, false]);
    // The card of `a` turned out to be underspecified: nobody could have passed.
    let escalated = |trigger| {
        Event::Escalated(Escalated {
            task: task("a"),
            trigger,
            packet: None,
            by: Actor::Harness,
            reason: String::new(),
        })
    };
    books.take(at(6), &escalated(Trigger::RepeatedFailure), None, true);
    assert_eq!(passes(&books, "q"), [false, false]);
    books.take(at(6), &escalated(Trigger::Underspecified), None, true);
    assert_eq!(passes(&books, "q"), [false]);
}

#[test]
fn another_model_behind_the_same_name_and_a_reset_begin_anew() {
    let mut books = Books::default();
    let one = dispatched("a", 1, "q");
    books.take(at(1), &finished(&one, 10, "q-1"), Some(&one), true);
    books.take(at(1), &failed(&one, Failure::NoChange), Some(&one), true);
    books.take(at(2), &finished(&one, 10, "q-1"), Some(&one), true);
    assert_eq!(passes(&books, "q"), [false]);
    books.take(at(3), &finished(&one, 10, "q-2"), Some(&one), true);
    assert!(passes(&books, "q").is_empty());
    books.take(at(3), &failed(&one, Failure::NoChange), Some(&one), true);
    let reset = Event::ModelReset {
        builder: "q".to_owned(),
        by: Actor::Harness,
    };
    books.take(at(4), &reset, None, true);
    assert_eq!(books.record("q"), Some(&Record::default()));
}

#[test]
fn what_is_used_adds_up_by_role_and_model_and_by_day() {
    let mut books = Books::default();
    let (q, s) = (dispatched("a", 1, "q"), dispatched("b", 1, "s"));
    books.take(at(1), &finished(&q, 10, "q-1"), Some(&q), true);
    let early = books.clone();
    books.take(at(2), &finished(&q, 20, "q-1"), Some(&q), true);
    books.take(at(3), &finished(&s, 5, "s-1"), Some(&s), true);
    let asked = Event::ArchitectFailed {
        task: task("a"),
        by: Actor::Architect("s".to_owned()),
        reason: "no".to_owned(),
        usage: Some(Usage::default().priced(&Price::default(), Some(7))),
    };
    books.take(at(4), &asked, None, true);
    let shown: Vec<_> = books
        .accounts()
        .iter()
        .map(|account| (account.role, &*account.name, account.pieces, account.usage.input))
        .collect();
    assert_eq!(
        shown,
        [
            (Role::Builder, "q", 2, Some(30)),
            (Role::Builder, "s", 1, Some(5)),
            (Role::Architect, "s", 1, None)
        ]
    );
    let since = books.since(&early);
    assert_eq!(since[0].usage.input, Some(20));
    assert_eq!((since[0].pieces, since.len()), (1, 3));
    assert!(books.since(&books).is_empty());
    let counted = &books.record("q").unwrap().counted;
    assert_eq!((counted.len(), counted[1].estimated, counted[1].reported), (2, 40, 20));
    // What other clones used is told apart.
    books.take(at(86_400), &finished(&q, 5_000, "q-1"), Some(&q), false);
    let theirs: Vec<_> = books.accounts().iter().filter(|account| !account.own).collect();
    assert_eq!((theirs.len(), theirs[0].usage.input), (1, Some(5_000)));
}

#[test]
fn money_is_its_writers_and_its_days() {
    let mut books = Books::default();
    let q = dispatched("a", 1, "q");
    let (ours, theirs) = (WriterId::new("w1").unwrap(), WriterId::new("w2").unwrap());
    let used = |micro| finished(&q, micro, "q-1");
    books.spend(&ours, at(1), &used(10));
    books.spend(&ours, at(2), &used(20));
    books.spend(&ours, at(86_400), &used(1));
    // A row that comes late is of its own day.
    books.spend(&ours, at(9), &used(2));
    books.spend(&theirs, at(3), &used(5_000));
    // A clock far ahead takes no day away.
    books.spend(&ours, at(32_000_000_000), &used(7));
    books.spend(&ours, at(86_401), &used(1));
    let of = |books: &Books, who: &WriterId, second: i64| {
        let days = books.days_of(|writer| writer == who);
        days.get(&day_of(at(second))).map_or(0, |spent| spent.micro_dollars)
    };
    assert_eq!((of(&books, &ours, 5), of(&books, &ours, 86_500)), (32, 2));
    assert_eq!((of(&books, &theirs, 5), of(&books, &ours, 32_000_000_000)), (5_000, 7));
    for day in 2..100 {
        books.spend(&theirs, at(day * 86_400), &used(1));
    }
    assert_eq!(books.days_of(|writer| *writer == theirs).len(), DAYS);
    assert_eq!(of(&books, &ours, 5), 32, "nobody else's days take room from ours");
}

#[test]
fn a_model_that_proved_itself_is_not_held_to_what_it_was_demoted_for() {
    let tried = |seconds: i64, passed| Try {
        task: task("a"),
        at: at(seconds),
        passed,
    };
    let day = 86_400;
    let mut record = Record {
        tries: (0..5).map(|n| tried(n, false)).collect(),
        ..Record::default()
    };
    assert!(matches!(record.standing(0.6, at(5)), Standing::Demoted { .. }));
    assert!(matches!(
        record.standing(0.6, at(day + 5)),
        Standing::OnProbation { .. }
    ));
    record.tries.push(tried(day + 5, true));
    assert_eq!(record.standing(0.6, at(day + 6)), Standing::Good);
    record.tries.push(tried(day + 7, false));
    assert_eq!(
        record.standing(0.6, at(day + 8)),
        Standing::Good,
        "one failure is no proof"
    );
    assert_eq!(Record::default().standing(0.6, at(0)), Standing::Good);
}
