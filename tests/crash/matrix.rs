//! Every point of `git_harness::fault`, struck: kill, error, no space, and another process in the gap.
//!
//! `cargo test` strikes each point once by a kill. `MATRIX=whole` strikes each point in each way in several scenes, at its
//! first and last passing; `MATRIX=every` each passing in each scene in each way. `SCENE` and `POINT` narrow that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use git_harness::fault::Point;

use super::invariants;
use super::scenes::{SCENES, Scene};
use super::world::{KILLED, Said, World};

/// What strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strike {
    Kill,
    Error,
    NoSpace,
    /// Another process, by its place in the scene.
    Other(usize),
}

impl Strike {
    fn column(self) -> usize {
        match self {
            Self::Kill => 0,
            Self::Error => 1,
            Self::NoSpace => 2,
            Self::Other(_) => 3,
        }
    }
}

/// One square of the matrix.
#[derive(Debug, Clone)]
struct Cell {
    scene: &'static Scene,
    step: usize,
    point: Point,
    /// How often the point is passed unharmed first.
    after: usize,
    strike: Strike,
}

/// How often a step of a scene passes a point.
#[derive(Debug, Clone, Copy)]
struct Passing {
    scene: &'static Scene,
    step: usize,
    point: Point,
    times: usize,
}

/// As many cells as one world serves; a bound on what is lost when it breaks.
const SHARE: usize = 24;

pub fn wanted(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[test]
fn every_point_is_reached_and_survived() {
    let only_scene = wanted("SCENE");
    let is_wanted = |scene: &&Scene| only_scene.as_deref().is_none_or(|name| name == scene.name);
    let scenes: Vec<&Scene> = SCENES.iter().filter(is_wanted).collect();
    assert!(!scenes.is_empty(), "there is no scene {only_scene:?}");
    let passings: Vec<Passing> = in_parallel(&scenes, |scene| unharmed(scene)).concat();
    let cells = chosen(&passings);
    let shares: Vec<&[Cell]> = cells
        .chunk_by(|a, b| a.scene.name == b.scene.name)
        .flat_map(|cells| cells.chunks(SHARE))
        .collect();
    let failures: Vec<String> = in_parallel(&shares, |share| {
        let world = World::new(share[0].scene.before);
        share.iter().filter_map(|cell| strike(&world, cell)).collect::<Vec<_>>()
    })
    .concat();
    print_table(&passings, &cells);
    let reached: BTreeSet<Point> = passings.iter().map(|passing| passing.point).collect();
    println!(
        "{} of {} points reached, {} strikes in {} scenes, {} of them left something broken",
        reached.len(),
        Point::ALL.len(),
        cells.len(),
        scenes.len(),
        failures.len()
    );
    let never: Vec<&str> = Point::ALL
        .iter()
        .filter(|point| !reached.contains(point))
        .map(|point| point.name())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(
        never.is_empty() || only_scene.is_some(),
        "never reached: {}",
        never.join(", ")
    );
}

/// Does all of these on as many threads as there are processors, or `WORKERS`.
fn in_parallel<T: Sync, R: Send>(work: &[T], done: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(2, usize::from);
    let workers = wanted("WORKERS")
        .and_then(|text| text.parse().ok())
        .unwrap_or(processors);
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = work.get(at) else { return };
                    let result = done(item);
                    results.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    results.into_inner().unwrap().into_values().collect()
}

fn print_table(passings: &[Passing], cells: &[Cell]) {
    println!(
        "{:24} {:>6} {:>6} {:>8} {:>6}  scenes",
        "point", "kill", "error", "no space", "other"
    );
    for point in Point::ALL {
        let mut counts = [0; 4];
        for cell in cells.iter().filter(|cell| cell.point == *point) {
            counts[cell.strike.column()] += 1;
        }
        let [kill, error, space, other] = counts;
        let scenes: BTreeSet<&str> = passings
            .iter()
            .filter(|passing| passing.point == *point)
            .map(|passing| passing.scene.name)
            .collect();
        let scenes = scenes.into_iter().collect::<Vec<_>>().join(" ");
        println!(
            "{:24} {kill:>6} {error:>6} {space:>8} {other:>6}  {scenes}",
            point.name()
        );
    }
}

/// Plays a scene through, and tells how often each step passes each point.
fn unharmed(scene: &'static Scene) -> Vec<Passing> {
    let world = World::new(scene.before);
    let seen = world.beside("seen");
    let mut passings = Vec::new();
    for (step, script) in scene.steps.iter().enumerate() {
        fs::write(&seen, "").unwrap();
        let said = world.sh(script, &[("FAILPOINTS_SEEN", seen.to_str().unwrap())]);
        assert!(
            ![5, 101, KILLED].contains(&said.code),
            "{}: {script}\n{said:?}",
            scene.name
        );
        let mut counts: BTreeMap<Point, usize> = BTreeMap::new();
        for line in fs::read_to_string(&seen).unwrap().lines() {
            let point = Point::ALL.iter().find(|point| point.name() == line).unwrap();
            *counts.entry(*point).or_default() += 1;
        }
        passings.extend(counts.into_iter().map(|(point, times)| Passing {
            scene,
            step,
            point,
            times,
        }));
    }
    let mut wrong = outcome(&world, scene);
    wrong.extend(invariants::broken(&world, &[]));
    assert!(wrong.is_empty(), "{} unharmed: {}", scene.name, wrong.join("\n"));
    passings
}

/// The cells that are asked for, scene by scene.
fn chosen(passings: &[Passing]) -> Vec<Cell> {
    let only_point = wanted("POINT");
    if let Some(name) = &only_point {
        assert!(
            Point::ALL.iter().any(|point| point.name() == name),
            "there is no failpoint {name}"
        );
    }
    let mut cells = Vec::new();
    for point in Point::ALL {
        if only_point.as_deref().is_some_and(|name| name != point.name()) {
            continue;
        }
        let places: Vec<&Passing> = passings.iter().filter(|passing| passing.point == *point).collect();
        match wanted("MATRIX").as_deref() {
            Some("every") => places.iter().for_each(|passing| every(passing, &mut cells)),
            Some("whole") => several(&places, *point as usize, &mut cells),
            _ => cells.extend(places.first().map(|passing| cell(passing, 0, Strike::Kill))),
        }
    }
    cells.sort_by_key(|cell| cell.scene.name);
    cells
}

fn cell(passing: &Passing, after: usize, strike: Strike) -> Cell {
    Cell {
        scene: passing.scene,
        step: passing.step,
        point: passing.point,
        after,
        strike,
    }
}

fn every(passing: &Passing, cells: &mut Vec<Cell>) {
    for after in 0..passing.times {
        let others = (0..passing.scene.others.len()).map(Strike::Other);
        let strikes = [Strike::Kill, Strike::Error, Strike::NoSpace].into_iter().chain(others);
        cells.extend(strikes.map(|strike| cell(passing, after, strike)));
    }
}

/// A kill in up to three of the places where a point is passed, the first time and the last, and each other strike in
/// one; which ones turns with the point, so that all scenes get their share.
fn several(places: &[&Passing], turn: usize, cells: &mut Vec<Cell>) {
    if places.is_empty() {
        return;
    }
    let place = |at: usize| places[(turn + at) % places.len()];
    for at in 0..places.len().min(3) {
        let passing = place(at);
        let times: BTreeSet<usize> = [0, passing.times - 1].into();
        cells.extend(times.into_iter().map(|after| cell(passing, after, Strike::Kill)));
    }
    cells.push(cell(place(3), 0, Strike::Error));
    cells.push(cell(place(4), place(4).times - 1, Strike::Error));
    cells.push(cell(place(5), turn % place(5).times, Strike::NoSpace));
    let passing = place(6);
    cells.push(cell(
        passing,
        turn % passing.times,
        Strike::Other(turn % passing.scene.others.len()),
    ));
}

/// Plays a scene, strikes, does the struck step once more, and tells what does not hold.
fn strike(world: &World, cell: &Cell) -> Option<String> {
    world.restore();
    let mut acknowledged = Vec::new();
    let mut wrong = Vec::new();
    for (at, step) in cell.scene.steps.iter().enumerate() {
        let said = if at == cell.step {
            let said = struck(world, cell, step, &mut wrong);
            if said.code == 0 && cell.strike != Strike::Kill {
                said
            } else {
                // Whoever is told that it did not work, or whose machine went off, does it once more.
                acknowledged.extend(said.out.lines().map(str::to_owned));
                world.sh(step, &[])
            }
        } else {
            world.sh(step, &[])
        };
        acknowledged.extend(said.out.lines().map(str::to_owned));
        if [5, 101, KILLED].contains(&said.code) {
            wrong.push(format!("`{step}` ended with {}: {}", said.code, said.err));
        }
    }
    acknowledged.retain(|line| line.starts_with('{'));
    wrong.extend(outcome(world, cell.scene));
    wrong.extend(invariants::broken(world, &acknowledged));
    if wrong.is_empty() {
        return None;
    }
    let text = format!(
        "SCENE={} POINT={} step {}, after {}, {:?}:\n  {}",
        cell.scene.name,
        cell.point.name(),
        cell.step,
        cell.after,
        cell.strike,
        wrong.join("\n  ")
    );
    println!("BROKEN {text}");
    Some(text)
}

fn struck(world: &World, cell: &Cell, step: &str, wrong: &mut Vec<String>) -> Said {
    let action = match cell.strike {
        Strike::Kill => "kill".to_owned(),
        Strike::Error => "error".to_owned(),
        Strike::NoSpace => "nospace".to_owned(),
        Strike::Other(_) => format!("wait:{}", world.beside("gap").display()),
    };
    let order = format!("{}@{}={action}", cell.point.name(), cell.after + 1);
    let variables = [("FAILPOINTS", order.as_str())];
    let Strike::Other(other) = cell.strike else {
        return world.sh(step, &variables);
    };
    let (here, go) = (world.beside("gap.here"), world.beside("gap.go"));
    let _ = fs::remove_file(&here);
    if !go.exists() {
        let status = std::process::Command::new("mkfifo").arg(&go).status().unwrap();
        assert!(status.success());
    }
    let mut first = world.start(step, &variables);
    while !here.exists() && first.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    if !here.exists() {
        wrong.push("the gap was not reached".to_owned());
    }
    let mut second = world.start(cell.scene.others[other], &[]);
    // Either it is done, or it waits for the first.
    while second.try_wait().unwrap().is_none() && !world.somebody_waits() {
        thread::sleep(Duration::from_millis(1));
    }
    release(&go, || first.try_wait().unwrap().is_none());
    let said = first.wait_with_output().unwrap();
    let other: Said = second.wait_with_output().unwrap().into();
    if [5, 101, KILLED].contains(&other.code) {
        wrong.push(format!("the other ended with {}: {}", other.code, other.err));
    }
    said.into()
}

/// Closes the pipe that the first one reads, once it does.
pub fn release(go: &Path, mut is_there: impl FnMut() -> bool) {
    while is_there() {
        let mut options = fs::OpenOptions::new();
        options.write(true).custom_flags(libc::O_NONBLOCK);
        match options.open(go) {
            Ok(mut pipe) => return drop(pipe.write_all(b"go")),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Whether the scene came out as it has to, and doing nothing more changes nothing.
fn outcome(world: &World, scene: &Scene) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = world.sh(scene.outcome, &[]);
    if said.code != 0 {
        wrong.push(format!("the outcome is wrong: {}{}", said.out, said.err));
    }
    wrong.extend(invariants::unchanged(world));
    wrong
}
