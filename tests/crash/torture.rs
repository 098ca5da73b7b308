//! Kills at random moments: several processes work on one plan, each is killed again and again, and then the plan is
//! finished and everything looked through.
//!
//! `KILLS`, `SEED` and `PROCESSES` (such as `1,4,8`) say how much of it; `cargo test` does a little. `KEEP` names a folder
//! that gets a copy of each world in which something is wrong.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::invariants;
use super::matrix::wanted;
use super::world::World;

/// Cards of a plan; each round of kills begins with a plan of which nothing is done.
const CARDS: usize = 12;
/// Attempts that answers are there for.
const ANSWERS: usize = 120;

/// A card, a file of its own for it to change, and answers that are right.
///
/// The answers lie beside the world, since nothing changes them and it is copied for each plan.
const BEFORE: &str = r#"begin; list=; mkdir "$W/../answers"; ln -s ../answers "$W/answers"
for n in $(seq 1 "$CARDS"); do
	mkdir -p "$W/answers/p-$n"
	for m in $(seq 1 "$ANSWERS"); do printf 'p-%s.txt\n```\np-%s\n```\n' "$n" "$n" > "$W/answers/p-$n/$m.md"; done
	list="$list${list:+,}$(card "p-$n" "p-$n.txt" "grep -q p-$n p-$n.txt")"
done
plan "$list""#;

/// What makes the world.
pub fn before() -> String {
    format!("CARDS={CARDS}\nANSWERS={ANSWERS}\n{BEFORE}")
}

/// Somebody who works on the plan.
#[derive(Debug, Clone, Copy)]
enum Worker {
    Run,
    RunJobs,
    /// A person in the main worktree: `next`, an edit, `submit`.
    Attended,
    /// Somebody who brings answers to any card.
    Apply,
    Note,
    /// Somebody who commits other files by hand, and is not killed.
    Hand,
}

impl Worker {
    fn crew(processes: usize) -> Vec<Self> {
        let all = [
            Self::Run,
            Self::Attended,
            Self::Apply,
            Self::Note,
            Self::Apply,
            Self::Apply,
            Self::Attended,
            Self::Hand,
        ];
        let mut crew: Vec<Self> = all.into_iter().cycle().take(processes).collect();
        if processes > 1 {
            crew[0] = Self::RunJobs;
        }
        crew
    }

    fn script(self, dice: &mut Dice) -> String {
        let card = dice.below(CARDS) + 1;
        match self {
            Self::Run => "exec \"$H\" run --json".to_owned(),
            Self::RunJobs => "exec \"$H\" run --json --jobs 4".to_owned(),
            Self::Attended if dice.below(2) == 0 => "exec \"$H\" next".to_owned(),
            Self::Attended => SUBMIT.to_owned(),
            Self::Apply => format!("exec \"$H\" apply p-{card} \"$W/answers/p-{card}/1.md\""),
            Self::Note => format!("exec \"$H\" note p-{card} \"{}\"", dice.next()),
            Self::Hand => "echo more >> hand.txt; git add hand.txt && git commit -qm Hand hand.txt".to_owned(),
        }
    }
}

const SUBMIT: &str =
    "id=$(cat .git/harness/open) || exit 0; [ -n \"$id\" ] || exit 0; echo \"$id\" > \"$id.txt\"; exec \"$H\" submit";

/// Numbers that a seed gives again.
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// What a number of kills came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub kills: usize,
    pub rounds: usize,
    pub rows: usize,
    pub acknowledged: usize,
    /// Locks of git whose processes were killed too, removed as docs/recovery.md says.
    pub locks: usize,
    pub wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.rounds += other.rounds;
        self.rows += other.rows;
        self.acknowledged += other.acknowledged;
        self.locks += other.locks;
        self.wrong.extend(other.wrong);
    }
}

/// The same in as many worlds at once as the machine has cores.
fn torture_everywhere(processes: usize, kills: usize, seed: u64) -> Tally {
    let worlds = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(kills.div_ceil(100));
    let share = kills.div_ceil(worlds);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let seeds = (0..worlds).map(|world| seed + 1000 * world as u64);
        let all: Vec<_> = seeds
            .map(|seed| scope.spawn(move || torture(processes, share, seed, "")))
            .collect();
        for one in all {
            tally.add(one.join().unwrap());
        }
    });
    tally
}

/// Rounds of kills until there were enough, or something is wrong. `failpoints` is what every process is started with.
fn torture(processes: usize, kills: usize, seed: u64, failpoints: &str) -> Tally {
    let world = World::new(&before());
    let mut dice = Dice::of(seed);
    let mut tally = Tally::default();
    let longest = longest(&world, processes);
    while tally.kills < kills && tally.wrong.is_empty() {
        world.restore();
        let left = kills - tally.kills;
        round(&world, processes, left, longest, &mut dice, failpoints, &mut tally);
        tally.rounds += 1;
    }
    if !tally.wrong.is_empty() {
        let name = format!("SEED={seed} PROCESSES={processes}");
        if let Some(place) = wanted("KEEP").filter(|_| failpoints.is_empty()) {
            world.copy_to(&Path::new(&place).join(&name));
        }
        tally.wrong.push(format!("with {name}"));
    }
    tally
}

/// The longest that a process lives before it is killed: enough for a card, however busy the machine is, and too little
/// for a plan to end soon.
fn longest(world: &World, processes: usize) -> Duration {
    let mut took = Duration::ZERO;
    // The first one finds everything cold.
    for card in 1..=2 {
        let begun = Instant::now();
        let said = world.sh(&format!("exec \"$H\" apply p-{card} \"$W/answers/p-{card}/1.md\""), &[]);
        assert_eq!(said.code, 0, "{said:?}");
        took = begun.elapsed();
    }
    took * u32::try_from(processes.clamp(2, 8)).unwrap()
}

fn round(
    world: &World,
    processes: usize,
    most: usize,
    longest: Duration,
    dice: &mut Dice,
    failpoints: &str,
    tally: &mut Tally,
) {
    let (kills, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let wrong: Mutex<Vec<String>> = Mutex::default();
    // What is wrong is found at the end of a round.
    let most = most.min(CARDS * (6 + processes));
    thread::scope(|scope| {
        for (place, worker) in Worker::crew(processes).into_iter().enumerate() {
            let mut dice = Dice(dice.next() | 1);
            let (kills, done, wrong) = (&kills, &done, &wrong);
            scope.spawn(move || {
                let told = open(world, place);
                while kills.load(Ordering::Relaxed) < most && !done.load(Ordering::Relaxed) {
                    let mut child = start(world, &worker.script(&mut dice), &told, failpoints);
                    let lives = match worker {
                        Worker::Hand => Duration::MAX,
                        _ => longest.mul_f64(dice.below(1000) as f64 / 1000.0),
                    };
                    match ended_within(&mut child, lives) {
                        None => {
                            kill(&mut child, dice.below(4) == 0);
                            kills.fetch_add(1, Ordering::Relaxed);
                        }
                        Some(0 | 3) if matches!(worker, Worker::Run | Worker::RunJobs) => {
                            done.store(true, Ordering::Relaxed);
                        }
                        Some(code @ (5 | 101)) => {
                            wrong.lock().unwrap().push(format!("{worker:?} ended with {code}"));
                            done.store(true, Ordering::Relaxed);
                        }
                        Some(_) => {}
                    }
                }
            });
        }
    });
    tally.kills += kills.into_inner();
    tally.wrong.extend(wrong.into_inner().unwrap());
    tally.locks += remove_locks_of_git(world);
    let told = (0..8).map(|place| fs::read_to_string(told_in(world, place)).unwrap_or_default());
    let acknowledged = told.collect::<String>().lines().map(str::to_owned).collect();
    finish(world, failpoints, acknowledged, tally);
}

/// Finishes the plan as anybody would, and looks.
pub fn finish(world: &World, failpoints: &str, mut acknowledged: Vec<String>, tally: &mut Tally) {
    let variables = [("FAILPOINTS", failpoints)];
    let mut last = String::new();
    for _ in 0..6 {
        let _ = world.sh("exec \"$H\" submit", &variables);
        let _ = world.sh(SUBMIT, &variables);
        let said = world.sh("exec \"$H\" run --json", &variables);
        acknowledged.extend(said.out.lines().map(str::to_owned));
        last = format!("{said:?}");
        if [0, 3].contains(&said.code) && is_complete(world) {
            break;
        }
    }
    if !is_complete(world) {
        let status = world.sh("\"$H\" status", &[]).out;
        tally.wrong.push(format!("not complete:\n{status}{last:.900}"));
    }
    // The last line may be cut short: its process was killed while it told.
    acknowledged.retain(|line| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line.is_object()));
    tally.acknowledged += acknowledged.len();
    tally.rows += invariants::rows(world).map_or(0, |rows| rows.len());
    tally.wrong.extend(invariants::unchanged(world));
    tally.wrong.extend(invariants::broken(world, &acknowledged));
}

fn is_complete(world: &World) -> bool {
    let count = "\"$H\" status --json | tr -d ' \\n' | grep -o '\"state\":\"complete\"' | wc -l";
    world.sh(count, &[]).out.trim() == CARDS.to_string()
}

fn told_in(world: &World, place: usize) -> std::path::PathBuf {
    world.root().join(format!("told-{place}"))
}

fn open(world: &World, place: usize) -> File {
    let mut options = OpenOptions::new();
    options.create(true).append(true).open(told_in(world, place)).unwrap()
}

fn start(world: &World, script: &str, told: &File, failpoints: &str) -> Child {
    let mut command = world.command(script, &[("FAILPOINTS", failpoints)]);
    command.stdin(Stdio::null()).stdout(told.try_clone().unwrap());
    command.stderr(Stdio::null()).process_group(0).spawn().unwrap()
}

/// The exit code of a process that ends in time.
fn ended_within(child: &mut Child, limit: Duration) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        if begun.elapsed() >= limit {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Kills a process: alone, or together with whatever it has started, as a machine's end would.
fn kill(child: &mut Child, with_children: bool) {
    let pid = Pid::from_child(child);
    let _ = match with_children {
        true => kill_process_group(pid, Signal::KILL),
        false => kill_process(pid, Signal::KILL),
    };
    child.wait().unwrap();
}

/// Removes what git processes that were killed have left, once none is at work any more.
pub fn remove_locks_of_git(world: &World) -> usize {
    let begun = Instant::now();
    while !world.processes().is_empty() && begun.elapsed() < Duration::from_secs(300) {
        thread::sleep(Duration::from_millis(5));
    }
    let locks = world.files_of_git("").into_iter().filter(|file| {
        let is_lock = file.extension().is_some_and(|extension| extension == "lock");
        let ours = fs::read(file).is_ok_and(|text| text.starts_with(b"git-harness"));
        is_lock && !ours && !file.starts_with(world.repo().join(".git/harness"))
    });
    locks.map(|file| fs::remove_file(file).unwrap()).count()
}

pub fn number(name: &str, otherwise: u64) -> u64 {
    wanted(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn random_kills_lose_nothing_and_double_nothing() {
    let (kills, seed) = (number("KILLS", 24), number("SEED", 1));
    let crews = wanted("PROCESSES").unwrap_or_else(|| "1,4,8".to_owned());
    let crews: Vec<usize> = crews.split(',').map(|text| text.trim().parse().unwrap()).collect();
    for processes in &crews {
        let share = usize::try_from(kills).unwrap().div_ceil(crews.len());
        let tally = torture_everywhere(*processes, share, seed);
        println!(
            "{processes} processes: {} kills in {} plans, {} rows, {} of them acknowledged by --json, {} locks of git removed, {} wrong",
            tally.kills,
            tally.rounds,
            tally.rows,
            tally.acknowledged,
            tally.locks,
            tally.wrong.len()
        );
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    }
}

/// With a safeguard taken out, the same kills have to show it.
#[test]
#[ignore = "by .ci/crash"]
fn kills_find_a_safeguard_that_is_missing() {
    let controls = [
        ("control.write", 1),
        ("control.look-for-landing", 1),
        ("control.look-again", 8),
        ("control.swap", 8),
    ];
    // Two processes have to meet within one call of git for the last one to be missed: kills find that by luck alone, so it
    // is for `CONTROL=control.swap` by hand.
    let only = wanted("CONTROL");
    let is_wanted = |name: &str| only.as_deref().map_or(name != "control.swap", |only| only == name);
    for (control, processes) in controls.into_iter().filter(|(name, _)| is_wanted(name)) {
        let tally = torture(processes, 1200, number("SEED", 1), &format!("{control}=skip"));
        println!("{control} taken out: found after {} kills", tally.kills);
        assert!(
            !tally.wrong.is_empty(),
            "{control} was taken out, and {} kills did not show it",
            tally.kills
        );
        println!("    {:.200}", tally.wrong[0]);
    }
}
