//! Budgets against calls at the same time, in one process and in several that share nothing but the till.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::clock::Clock;

use super::*;

/// A clock that is set by the test: what it says, and what has really passed.
#[derive(Debug, Default)]
struct Set {
    says: AtomicI64,
    steady: AtomicU64,
    names: AtomicU64,
}

impl Set {
    fn at(text: &str) -> Arc<Self> {
        let clock = Arc::new(Self::default());
        clock.says(text);
        clock.steady.store(1_000_000, Ordering::Relaxed);
        clock
    }

    fn says(&self, text: &str) {
        let time: Timestamp = text.parse().unwrap();
        self.says.store(time.as_second(), Ordering::Relaxed);
    }

    /// Time passes, and the clock with it.
    fn pass(&self, seconds: u32) {
        self.says.fetch_add(i64::from(seconds), Ordering::Relaxed);
        self.steady.fetch_add(u64::from(seconds), Ordering::Relaxed);
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.says.load(Ordering::Relaxed)).unwrap()
    }

    fn steady_seconds(&self) -> u64 {
        self.steady.load(Ordering::Relaxed)
    }

    fn random_name(&self, _: usize) -> String {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        format!("{:p}-{number}", &raw const *self)
    }
}

fn limits(task: Option<u64>, run: Option<u64>, day: Option<u64>) -> Limits {
    Limits { task, run, day }
}

fn paid(micro: u64) -> Usage {
    Usage {
        micro_dollars: Some(micro),
        calls: 1,
        ..Usage::default()
    }
}

fn spent(micro_dollars: u64) -> Spent {
    Spent {
        micro_dollars,
        unknown_calls: 0,
    }
}

/// What a process knows of the day: its own till on the files that all share.
fn day(dir: &TempDir, clock: &Arc<Set>, project: &str, clone: &str) -> Day {
    Day {
        till: Arc::new(Till::at(&dir.path().join("spent"), clock.clone())),
        whose: Whose {
            project: Some(project.to_owned()),
            clone: clone.to_owned(),
        },
        journal: Vec::new(),
    }
}

fn before(day: &Day) -> Before {
    Before {
        task: Spent::default(),
        day: day.clone(),
    }
}

const NOON: &str = "2026-03-01T12:00:00Z";

/// A folder, a clock at noon, and what a process knows of the day.
fn begin() -> (TempDir, Arc<Set>, Day) {
    let dir = tempfile::tempdir().unwrap();
    let clock = Set::at(NOON);
    let day = day(&dir, &clock, "p", "one");
    (dir, clock, day)
}

#[test]
fn two_calls_at_the_same_time_cannot_both_take_what_is_left() {
    let (_dir, _, day) = begin();
    let purse = Purse::default();
    let run = limits(None, Some(100), None);
    let (one, other) = (purse.account(run, before(&day)), purse.account(run, before(&day)));
    let held = one.reserve(Some(60)).unwrap();
    assert!(matches!(
        other.reserve(Some(60)),
        Err(NotCovered::Budget(Refusal::TooDear { left: 40, .. }))
    ));
    drop(held);
    one.reserve(Some(60)).unwrap().pay(&paid(30));
    assert!(other.reserve(Some(70)).is_ok());
    assert!(other.reserve(Some(71)).is_err());
}

#[test]
fn a_task_has_a_budget_of_its_own_also_for_calls_at_the_same_time() {
    let (_dir, _, day) = begin();
    let purse = Purse::default();
    let task = limits(Some(50), None, None);
    let one = purse.account(task, before(&day));
    one.add(&paid(20));
    let held = one.reserve(Some(25)).unwrap();
    assert!(one.reserve(Some(6)).is_err());
    held.pay(&paid(25));
    assert!(one.reserve(Some(6)).is_err());
    assert!(purse.account(task, before(&day)).reserve(Some(50)).is_ok());
    assert!(one.reserve(None).is_err(), "an unknown price is not nothing");
    assert_eq!(one.usage().unwrap().micro_dollars, Some(45));
}

#[test]
fn a_day_is_shared_by_processes_and_by_clones_of_one_project() {
    let (dir, clock, one) = begin();
    let limit = limits(None, None, Some(100));
    let first = Purse::default().account(limit, before(&one));
    let second = Purse::default().account(limit, before(&day(&dir, &clock, "p", "two")));
    let stranger = Purse::default().account(limit, before(&day(&dir, &clock, "q", "three")));
    let held = first.reserve(Some(60)).unwrap();
    assert!(second.reserve(Some(41)).is_err());
    assert!(stranger.reserve(Some(100)).is_ok());
    // A process that ends without a word may have made its call.
    std::mem::forget(held);
    let third = Purse::default().account(limit, before(&one));
    assert!(third.reserve(Some(41)).is_err());
    third.reserve(Some(40)).unwrap().pay(&paid(10));
    assert!(second.reserve(Some(31)).is_err());
    assert!(second.reserve(Some(30)).is_ok());
    clock.pass(13 * 3600);
    assert!(second.reserve(Some(100)).is_ok(), "another day");
}

#[test]
fn what_the_journal_tells_counts_where_the_till_does_not_know_it() {
    let (_dir, _, mut one) = begin();
    let limit = limits(None, None, Some(100));
    let today = "2026-03-01".parse().unwrap();
    one.journal = vec![("2026-02-28".parse().unwrap(), spent(99)), (today, spent(40))];
    let account = Purse::default().account(limit, before(&one));
    assert!(account.reserve(Some(61)).is_err());
    account.reserve(Some(50)).unwrap().pay(&paid(50));
    // By now the till knows more than the journal.
    assert!(account.reserve(Some(51)).is_err());
    assert!(account.reserve(Some(50)).is_ok());
    // A clock that was ahead before there was a till.
    one.journal = vec![("2027-04-05".parse().unwrap(), spent(70))];
    let account = Purse::default().account(limit, before(&one));
    assert!(account.reserve(Some(31)).is_err());
}

#[test]
fn a_clock_that_was_ahead_gives_nothing_and_takes_one_day() {
    let (_dir, clock, one) = begin();
    let limit = limits(None, None, Some(100));
    let account = Purse::default().account(limit, before(&one));
    clock.says("2027-04-05T12:00:00Z");
    account.reserve(Some(80)).unwrap().pay(&paid(80));
    clock.says(NOON);
    assert!(
        account.reserve(Some(21)).is_err(),
        "it was spent today, whatever the clock said"
    );
    account.reserve(Some(20)).unwrap().pay(&paid(20));
    // Ahead once more, by another time: it is still the same day.
    clock.says("2028-01-01T00:00:00Z");
    assert!(account.reserve(Some(1)).is_err());
    clock.says(NOON);
    clock.pass(24 * 3600);
    assert!(account.reserve(Some(100)).is_ok(), "the next day is not robbed");
    // And when that day really comes, what was spent in its name is gone.
    clock.says("2027-04-05T18:00:00Z");
    clock.steady.fetch_add(400 * 86400, Ordering::Relaxed);
    assert!(account.reserve(Some(21)).is_err());
}

#[test]
fn a_line_that_a_crash_cut_is_passed_over_and_a_folder_that_cannot_be_kept_stops_calls() {
    let (dir, _, one) = begin();
    let limit = limits(None, None, Some(100));
    let account = Purse::default().account(limit, before(&one));
    account.reserve(Some(60)).unwrap().pay(&paid(60));
    let file = dir.path().join("spent/2026-03-01.jsonl");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend_from_slice(b"{\"id\":\"cut");
    std::fs::write(&file, bytes).unwrap();
    account.reserve(Some(30)).unwrap().pay(&paid(30));
    assert_eq!(one.spent().unwrap(), spent(90));
    std::fs::remove_dir_all(dir.path().join("spent")).unwrap();
    std::fs::write(dir.path().join("spent"), "").unwrap();
    assert!(matches!(account.reserve(Some(1)), Err(NotCovered::Till { .. })));
    let unlimited = Purse::default().account(limits(None, None, None), before(&one));
    assert!(unlimited.reserve(Some(1)).is_ok(), "nothing is to be held");
}

/// Eight processes on three branches in two clones, over a change of day, with clocks that jump to and fro.
#[test]
fn eight_processes_overspend_by_nothing() {
    const LIMIT: u64 = 1000;
    const WORST: u64 = 70;
    let dir = tempfile::tempdir().unwrap();
    let times = [
        "2026-03-01T23:59:50Z",
        "2026-03-02T00:00:10Z",
        "2027-06-01T00:00:00Z",
        "2026-02-27T12:00:00Z",
        "2026-03-01T11:00:00Z",
    ];
    let spent = Mutex::new(std::collections::BTreeMap::<Date, u64>::new());
    thread::scope(|scope| {
        for process in 0..8_usize {
            let (dir, spent) = (&dir, &spent);
            scope.spawn(move || {
                let clock = Set::at(times[process % times.len()]);
                for turn in 0..30 {
                    let at = times[(process + turn) % times.len()];
                    clock.says(at);
                    // Time has really passed, so that no day is the same by that.
                    clock.steady.fetch_add(3 * 86400, Ordering::Relaxed);
                    let day = day(dir, &clock, "p", ["one", "two"][process % 2]);
                    // A purse for each: branches and processes share nothing else.
                    let account = Purse::default().account(limits(None, None, Some(LIMIT)), before(&day));
                    if let Ok(reserved) = account.reserve(Some(WORST)) {
                        let cost = 20 + (process as u64 * 7 + turn as u64 * 13) % (WORST - 20);
                        let today = at.parse::<Timestamp>().unwrap();
                        *locked(spent).entry(crate::domain::budget::day_of(today)).or_default() += cost;
                        match turn % 5 {
                            // Killed: it counts with its worst case.
                            4 => std::mem::forget(reserved),
                            _ => reserved.pay(&paid(cost)),
                        }
                    }
                }
            });
        }
    });
    let spent = spent.into_inner().unwrap();
    assert!(spent.len() >= 4, "{spent:?}");
    for (day, sum) in &spent {
        assert!(*sum <= LIMIT, "{day}: {sum}");
    }
    let earliest = spent.values().next().unwrap();
    assert!(*earliest > 0, "{spent:?}");
}

/// The same while no time passes: whatever the clocks say, it is one day and one budget.
#[test]
fn jumping_clocks_make_no_day_longer() {
    const LIMIT: u64 = 1000;
    let dir = tempfile::tempdir().unwrap();
    let sum = AtomicU64::new(0);
    thread::scope(|scope| {
        for process in 0..8_u64 {
            let (dir, sum) = (&dir, &sum);
            scope.spawn(move || {
                let clock = Set::at(NOON);
                for turn in 0..40_u64 {
                    let second = if (turn + process) % 3 == 0 {
                        0
                    } else {
                        (turn * 8 + process) % 24 * 86400
                    };
                    let noon: Timestamp = NOON.parse().unwrap();
                    clock
                        .says
                        .store(noon.as_second() + i64::try_from(second).unwrap(), Ordering::Relaxed);
                    let day = day(dir, &clock, "p", ["one", "two"][(process % 2) as usize]);
                    let account = Purse::default().account(limits(None, None, Some(LIMIT)), before(&day));
                    if let Ok(reserved) = account.reserve(Some(50)) {
                        sum.fetch_add(40, Ordering::Relaxed);
                        reserved.pay(&paid(40));
                    }
                }
            });
        }
    });
    let sum = sum.into_inner();
    assert!(sum <= LIMIT, "{sum}");
    assert!(sum > LIMIT - 100, "{sum}");
}
