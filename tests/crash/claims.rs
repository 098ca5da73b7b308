//! Sixteen processes want the next card of a hundred at the same moment, again and again: no card is given out twice.
//!
//! `ROUNDS` says how often; `cargo test` does it a few times.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use git_harness::domain::task::event::Event;
use git_harness::domain::task::replay::Replay;

use super::invariants;
use super::matrix::wanted;
use super::world::{Said, World};

const PROCESSES: usize = 16;

/// A hundred cards, and a worktree for everybody.
const BEFORE: &str = "begin; list=
for n in $(seq 1 100); do list=\"$list${list:+,}$(card \"p-$n\" \"p-$n.txt\" true)\"; done
plan \"$list\"
for n in $(seq 1 16); do git worktree add -q -b \"other-$n\" \"$R/other-$n\"; done";

#[derive(Debug, Default)]
struct Tally {
    claims: usize,
    /// Cards that somebody was handed who was not alone with it.
    doubles: usize,
}

/// Everybody takes a card at once, and gives it back.
fn round(world: &World, failpoints: &str, tally: &mut Tally) {
    let everywhere = |script: &str| -> Vec<Said> {
        let start = |place: usize| -> Child {
            let script = format!("cd \"$R/other-{place}\"; {script}");
            let mut command = world.command(&script, &[("FAILPOINTS", failpoints)]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let all: Vec<Child> = (1..=PROCESSES).map(start).collect();
        all.into_iter()
            .map(|child| child.wait_with_output().unwrap().into())
            .collect()
    };
    let given = everywhere("\"$H\" next > /dev/null && cat \"$(git rev-parse --git-dir)/harness/open\"");
    let mut seen = BTreeSet::new();
    for said in given {
        assert_eq!(said.code, 0, "there is a card for everybody: {said:?}");
        tally.claims += 1;
        tally.doubles += usize::from(!seen.insert(said.out.trim().to_owned()));
    }
    everywhere("\"$H\" release \"$(cat \"$(git rev-parse --git-dir)/harness/open\")\"");
}

#[test]
fn nobody_is_given_a_card_that_another_one_has() {
    let rounds = wanted("ROUNDS").and_then(|text| text.parse().ok()).unwrap_or(2);
    let world = World::new(BEFORE);
    let mut tally = Tally::default();
    for _ in 0..rounds {
        round(&world, "", &mut tally);
    }
    let rows = invariants::rows(&world).unwrap();
    let claims = rows
        .iter()
        .filter(|row| matches!(row.known(), Some(Event::Dispatched(_))))
        .count();
    let odd = Replay::from_rows(&rows).oddities().len();
    println!(
        "{PROCESSES} processes, 100 cards, {rounds} rounds: {} claims, {} double, {odd} rows against the rules",
        tally.claims, tally.doubles
    );
    assert_eq!((tally.doubles, odd), (0, 0));
    assert_eq!(claims, tally.claims, "each claim is one row");
}

/// Without a look under the lock, the same has to go wrong.
#[test]
fn without_another_look_under_the_lock_a_card_is_given_out_twice() {
    let world = World::new(BEFORE);
    let mut tally = Tally::default();
    for _ in 0..20 {
        round(&world, "control.look-again=skip", &mut tally);
        if tally.doubles > 0 {
            println!(
                "without another look: {} doubles in {} claims",
                tally.doubles, tally.claims
            );
            return;
        }
    }
    panic!("nobody noticed that claims are not looked at again");
}
