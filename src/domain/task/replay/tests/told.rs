//! Single rows of several clones, and what ends an agreement.

use super::others::*;
use crate::domain::task::replay::*;

fn told(own: &str, rows: Vec<Row>) -> TaskLog {
    let mut replay = clone_of(own, false);
    in_order(rows).iter().for_each(|row| replay.apply(row));
    replay.task(&task()).unwrap().clone()
}

#[test]
fn a_claim_that_is_said_to_be_older_takes_nothing_that_is_verified_here() {
    let ours = [dispatched(id(OWN, 1)), review(id(OWN, 1))];
    let theirs = [dispatched(id(OTHER, 1)), failed(id(OTHER, 1))];
    for at in [0, 10, 100] {
        let mut rows: Vec<Row> = (1..)
            .zip(ours.clone())
            .map(|(n, event)| row(OWN, n, 10 + n, event))
            .collect();
        rows.extend((1..).zip(theirs.clone()).map(|(n, event)| row(OTHER, n, at + n, event)));
        let log = told(OWN, rows);
        assert_eq!(log.state, TaskState::NeedsReview, "{at}");
        assert_eq!(log.open().unwrap().attempt, id(OWN, 1));
    }
}

#[test]
fn a_row_about_somebody_elses_attempt_says_nothing() {
    let rows = vec![
        row(OWN, 1, 1, dispatched(id(OWN, 1))),
        row(OWN, 2, 2, accepted(id(OWN, 1))),
        row(OTHER, 1, 500, land_lost(id(OWN, 1))),
        row(OTHER, 2, 501, failed(id(OWN, 1))),
    ];
    assert_eq!(told(OWN, rows.clone()).state, TaskState::Passed);
    assert_eq!(told(THIRD, rows).state, TaskState::Passed);
}

/// Otherwise one row for each card of whoever may push would stop every clone.
#[test]
fn nobody_elses_row_stops_a_card_that_nobody_has_in_hand() {
    let blocked = Event::Blocked {
        task: task(),
        by: ann(),
        reason: "no more".into(),
    };
    let escalated = Event::Escalated(crate::domain::task::event::Escalated {
        task: task(),
        trigger: crate::domain::route::Trigger::Requested,
        packet: None,
        by: ann(),
        reason: "help".into(),
    });
    for event in [blocked, escalated] {
        let rows = [row(OTHER, 1, 1, event)];
        let mut replay = clone_of(OWN, false);
        rows.iter().for_each(|row| replay.apply(row));
        let state = replay.task(&task()).map_or(TaskState::Ready, |log| log.state);
        assert_eq!(state, TaskState::Ready);
        let mut believing = clone_of(OWN, true);
        rows.iter().for_each(|row| believing.apply(row));
        assert_ne!(believing.task(&task()).unwrap().state, TaskState::Ready);
    }
}

#[test]
fn a_clone_whose_decisions_count_decides_and_no_other_one() {
    let waits = [dispatched(id(OWN, 1)), review(id(OWN, 1))];
    let mut rows: Vec<Row> = (1..).zip(waits).map(|(n, event)| row(OWN, n, n, event)).collect();
    rows.push(row(OTHER, 1, 9, approved()));
    assert_eq!(told(OWN, rows.clone()).approvals, []);
    let mut believing = clone_of(OWN, true);
    rows.iter().for_each(|row| believing.apply(row));
    assert_eq!(believing.task(&task()).unwrap().approvals.len(), 1);
}

#[test]
fn an_approval_ends_with_its_round_with_a_rejection_and_with_its_withdrawal() {
    let ends = [
        Event::Rejected {
            task: task(),
            by: ann(),
            reason: "r".into(),
            violates_intent: false,
            of: None,
        },
        Event::RetryRequested {
            task: task(),
            by: ann(),
            reason: String::new(),
        },
        Event::Released {
            task: task(),
            by: ann(),
        },
        Event::ApprovalWithdrawn {
            task: task(),
            by: ann(),
            subject: subject(1),
            nonces: Vec::new(),
            reason: String::new(),
        },
        Event::RolledBack(RolledBack {
            task: task(),
            reverted: commit(4),
            commit: commit(5),
            by: ann(),
        }),
    ];
    for end in ends {
        let events = [dispatched(id(OWN, 1)), review(id(OWN, 1)), approved(), end.clone()];
        let rows = (1..).zip(events).map(|(n, event)| row(OWN, n, n, event)).collect();
        let log = told(OWN, rows);
        assert_eq!(log.approvals, [], "{end:?}");
        assert_eq!(log.ended_approvals.len(), 1, "{end:?}");
    }
}

#[test]
fn a_withdrawn_approval_keeps_what_was_accepted_from_landing() {
    let withdrawn = Event::ApprovalWithdrawn {
        task: task(),
        by: ann(),
        subject: subject(1),
        nonces: Vec::new(),
        reason: String::new(),
    };
    let attempt = || id(OWN, 1);
    let events = [
        dispatched(attempt()),
        review(attempt()),
        approved(),
        accepted(attempt()),
        withdrawn,
    ];
    let rows = (1..).zip(events).map(|(n, event)| row(OWN, n, n, event)).collect();
    let log = told(OWN, rows);
    assert_eq!(log.state, TaskState::NeedsReview);
    assert!(log.accepted.is_none() && log.review.is_some());
}

#[test]
fn a_counter_that_leaves_no_room_counts_for_nothing() {
    let rows = vec![
        row(OTHER, 1, u64::MAX, dispatched(id(OTHER, 1))),
        row(OWN, 1, 1, dispatched(id(OWN, 1))),
    ];
    let mut replay = clone_of(OWN, true);
    in_order(rows).iter().for_each(|row| replay.apply(row));
    assert_eq!(replay.highest_at(), 1);
    assert_eq!(replay.oddities().len(), 1);
}
