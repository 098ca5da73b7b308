//! Machines with clocks of their own, a server that compares and swaps, and every order of what they do.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use proptest::prelude::*;

use super::*;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;

fn holder(number: usize) -> Holder {
    Holder {
        writer: WriterId::new(format!("w{number}")).unwrap(),
        name: "p".to_owned(),
        host: format!("machine-{number}"),
    }
}

fn claim(lease: u64) -> Claim {
    Claim::new("game-04", &holder(1), "n".to_owned(), lease)
}

fn commit(number: u64) -> CommitId {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    CommitId::new(ObjectId::from_bytes_or_panic(&bytes))
}

#[test]
fn a_claim_survives_its_message_and_nothing_else_is_one() {
    let held = claim(600);
    assert_eq!(Claim::read(&held.message()), Some(held.clone()));
    let parked = held.clone().parked("waits for \"review\"\nand more");
    assert_eq!(Claim::read(&parked.message()), Some(parked));
    assert_eq!(Claim::read("Claim game-04"), None);
    assert_eq!(Claim::read(&held.message().replace("v = 1", "v = 2")), None);
    assert_eq!(Claim::read("x\n\n[[["), None);
}

#[test]
fn what_may_be_done_with_a_claim() {
    let (me, other) = (holder(1), holder(2));
    let held = claim(600);
    assert_eq!(standing(None, 0, &me), Standing::Free);
    assert_eq!(standing(Some(Some(&held)), 9999, &me), Standing::Mine);
    let neighbour = Holder {
        name: "q".to_owned(),
        ..me.clone()
    };
    assert_eq!(standing(Some(Some(&held)), 9999, &neighbour), Standing::Ours);
    assert_eq!(
        standing(Some(Some(&held)), 600, &other),
        Standing::Held { seconds_left: 1 }
    );
    assert_eq!(standing(Some(Some(&held)), 601, &other), Standing::Lapsed);
    let parked = held.parked("review");
    assert_eq!(standing(Some(Some(&parked)), 9999, &other), Standing::Parked);
    assert_eq!(standing(Some(Some(&parked)), 0, &me), Standing::Ours);
    // What a later version wrote is somebody's, too.
    assert_eq!(standing(Some(None), 3600, &me), Standing::Held { seconds_left: 1 });
    assert_eq!(standing(Some(None), 3601, &me), Standing::Lapsed);
}

#[test]
fn nobody_holds_for_ever_and_nobody_is_hurried() {
    assert_eq!(claim(u64::MAX).lease(), 7 * 24 * 3600);
    assert_eq!(claim(0).lease(), 2);
    assert_eq!(renewal(600), 150);
    assert_eq!(renewal(2), 1);
}

#[test]
fn alone_it_is_the_plans_order_and_beside_others_everybody_has_their_own() {
    let tasks: Vec<TaskId> = (0..100).map(|n| TaskId::new(format!("t-{n:03}")).unwrap()).collect();
    let ready: Vec<&TaskId> = tasks.iter().collect();
    assert_eq!(in_turn(&ready, 0, 0, "me"), ready);
    let firsts: BTreeSet<&TaskId> = (0..20)
        .map(|machine| in_turn(&ready, 19, 0, &format!("m{machine}"))[0])
        .collect();
    assert!(firsts.len() > 12, "20 machines try {} cards first", firsts.len());
    assert!(firsts.iter().all(|task| **task < tasks[39]), "nobody runs far ahead");
    let mut all = in_turn(&ready, 9, 0, "me");
    assert_eq!(all[19..], ready[19..]);
    all.sort();
    assert_eq!(all, ready);
}

/// Sixteen machines start at once. Each look shows who has won until then, and nobody who has not.
#[test]
fn those_who_lose_a_try_together_part_from_one_another() {
    let tasks: Vec<TaskId> = (0..100).map(|n| TaskId::new(format!("t-{n:03}")).unwrap()).collect();
    let mut taken: BTreeSet<&TaskId> = BTreeSet::new();
    let mut hunting: Vec<String> = (0..16).map(|machine| format!("m{machine}")).collect();
    let (mut lost, mut tries) = (0, 0);
    while !hunting.is_empty() {
        let ready: Vec<&TaskId> = tasks.iter().filter(|task| !taken.contains(task)).collect();
        let others = taken.len();
        tries += hunting.len();
        hunting.retain(|machine| !taken.insert(in_turn(&ready, others, lost, machine)[0]));
        lost += 1;
    }
    assert!(
        tries <= 40,
        "{tries} tries for 16 cards; 48 and more where nobody learns from a lost one"
    );
}

/// What a machine does next.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// Looks at the server.
    Look,
    /// Claims, takes over, or renews, as what it saw allows.
    Claim,
    /// Lands what it holds: the claim goes with it, in one step.
    Land,
    /// It is started anew, and its steady clock with it; what it saw is on its disk.
    Restart,
    /// Real time passes for everybody, in tenths of a second.
    Pass(u16),
}

fn moves() -> impl Strategy<Value = Vec<(usize, Move)>> {
    let one = prop_oneof![
        3 => Just(Move::Look),
        4 => Just(Move::Claim),
        2 => Just(Move::Land),
        1 => Just(Move::Restart),
        3 => (0_u16..4000).prop_map(Move::Pass),
    ];
    proptest::collection::vec((0_usize..4, one), 0..200)
}

#[derive(Default)]
struct Machine {
    /// When it was started, in real tenths of a second.
    started: u64,
    sightings: Sightings,
    /// What it saw at its last look.
    saw: Option<CommitId>,
    /// The claim that it believes to hold.
    mine: Option<CommitId>,
}

/// One ref on a server, the claims behind it, and when it moved last in real time.
#[derive(Default)]
struct Server {
    at: Option<CommitId>,
    claims: BTreeMap<CommitId, (usize, Claim)>,
    moved: u64,
    landed: Vec<usize>,
}

impl Server {
    fn swap(&mut self, old: Option<CommitId>, new: Option<CommitId>, now: u64) -> bool {
        let fits = self.at == old;
        if fits {
            (self.at, self.moved) = (new, now);
        }
        fits
    }
}

const LEASE: u64 = 300;

proptest! {
    /// Whatever the machines' clocks say: who lands is who the server names, and nobody is robbed who was seen to move.
    #[test]
    fn at_most_one_holds_and_only_it_can_land(script in moves()) {
        let mut server = Server::default();
        // Each was started at another time.
        let mut machines: Vec<Machine> = (0..4).map(|n| Machine { started: n * 77_777, ..Machine::default() }).collect();
        let (mut real, mut objects) = (400_000_u64, 0_u64);
        for (number, what) in script {
            let machine = &mut machines[number];
            let now = (real - machine.started) / 10;
            match what {
                Move::Pass(tenths) => real += u64::from(tenths),
                Move::Restart => machine.started = real,
                Move::Look => {
                    machine.saw = server.at;
                    let seen = server.at.map(|commit| ("game-04", commit));
                    machine.sightings = std::mem::take(&mut machine.sightings).look(now, seen);
                }
                Move::Claim => {
                    let me = holder(number);
                    let found = machine.saw.map(|commit| server.claims.get(&commit).map(|(_, claim)| claim));
                    let still = machine.sightings.still_seconds("game-04", now);
                    let may = match standing(found, still, &me) {
                        Standing::Held { .. } | Standing::Parked => false,
                        Standing::Lapsed => {
                            // Seen still for a lease by its own clock means still for a lease in truth.
                            let stands = server.at == machine.saw;
                            prop_assert!(!stands || real - server.moved >= 10 * LEASE);
                            true
                        }
                        Standing::Free | Standing::Mine | Standing::Ours => true,
                    };
                    objects += 1;
                    let object = commit(objects);
                    if may && server.swap(machine.saw, Some(object), real) {
                        server.claims.insert(object, (number, Claim::new("game-04", &me, objects.to_string(), LEASE)));
                        machine.saw = Some(object);
                        machine.mine = Some(object);
                    }
                }
                Move::Land => {
                    if let Some(mine) = machine.mine.take() {
                        let holds = server.at == Some(mine);
                        prop_assert_eq!(server.swap(Some(mine), None, real), holds);
                        if holds {
                            prop_assert_eq!(server.claims[&mine].0, number);
                            server.landed.push(number);
                            machine.saw = None;
                        }
                    }
                }
            }
            let holders = machines.iter().filter(|machine| machine.mine.is_some() && machine.mine == server.at).count();
            prop_assert!(holders <= 1);
        }
    }

    #[test]
    fn a_claim_that_moves_is_never_old(steps in proptest::collection::vec((1_u64..4, 0_u64..1000), 1..50)) {
        let mut now = 0;
        let mut sightings = Sightings::default();
        let (mut last, mut still) = (None, 0);
        for (object, seconds) in steps {
            now += seconds;
            still = if last == Some(object) { still + seconds } else { 0 };
            last = Some(object);
            sightings = sightings.look(now, [("x", commit(object))]);
            prop_assert_eq!(sightings.still_seconds("x", now), still);
            prop_assert_eq!(sightings.still_seconds("y", now), 0);
        }
    }
}

#[test]
fn a_restart_makes_nothing_older() {
    let seen = Sightings::default().look(1000, [("x", commit(1))]);
    let back = seen.look(400, [("x", commit(1))]);
    assert_eq!(back.still_seconds("x", 500), 100);
}
