//! What needs root and time: disks that fill up, and machines that lose their power. `.ci/crash by_hand` runs it.
//!
//! A power cut is emulated with a file system in a file: in the midst of the work everybody is stopped, the file is
//! copied as far as it was written, the copy is mounted in its place, and what was told before has to be in it. (ext4
//! alone, where each sync makes all names durable too, so that a folder that is not synced goes unnoticed; and no disk's
//! own cache is lost.)

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use git_harness::domain::task::event::Event;
use rustix::process::{Pid, Signal, kill_process};

use super::invariants;
use super::matrix::wanted;
use super::place::place;
use super::torture::{self, Dice, Tally, number};
use super::world::World;

/// A file system of its own, unmounted in the end.
struct Mount {
    at: PathBuf,
}

impl Mount {
    fn new(at: &Path, words: &[&str]) -> Self {
        fs::create_dir_all(at).unwrap();
        run("mount", words, at);
        Self { at: at.to_owned() }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.at);
    }
}

fn run(program: &str, words: &[&str], last: &Path) {
    let status = Command::new(program).args(words).arg(last).status().unwrap();
    assert!(status.success(), "{program} {words:?} {}", last.display());
}

/// Notes that somebody writes one after another, each told once it is kept.
const NOTES: &str = "n=0; while n=$((n + 1)); [ $n -lt 400 ]; do \"$H\" note p-1 \"note-$n-$LONG\" > /dev/null && echo \"note-$n-\" || [ -n \"$ON\" ] || exit 0; done";

fn notes_that_are_lost(world: &World, told: &str) -> Vec<String> {
    let rows = invariants::rows(world).unwrap_or_default();
    let kept: Vec<&String> = rows
        .iter()
        .filter_map(|row| match row.known() {
            Some(Event::Noted { text, .. }) => Some(text),
            _ => None,
        })
        .collect();
    told.lines()
        .filter(|line| line.ends_with('-') && !kept.iter().any(|text| text.starts_with(line)))
        .map(|line| format!("an acknowledged note is lost: {line}"))
        .collect()
}

/// Leaves so many bytes free.
fn fill(disk: &Path, free: u64) -> PathBuf {
    let about = rustix::fs::statvfs(disk).unwrap();
    let filler = disk.join("filler");
    let size = (about.f_bavail * about.f_frsize).saturating_sub(free);
    fs::write(&filler, vec![1; usize::try_from(size).unwrap()]).unwrap();
    filler
}

fn on_full_disks(step: usize, failpoints: &str) -> (Tally, usize) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Mount::new(&dir.path().join("disk"), &["-t", "tmpfs", "-o", "size=48m", "none"]);
    let world = World::new_in(&disk.at, &disk.at, &torture::before());
    let (mut tally, mut refused) = (Tally::default(), 0);
    for free in (64..=4096).step_by(step) {
        world.restore();
        let filler = fill(&disk.at, free * 1024);
        let run = world.sh("exec \"$H\" run --json", &[("FAILPOINTS", failpoints)]);
        let long = "x".repeat(20_000);
        let notes = world.sh(NOTES, &[("FAILPOINTS", failpoints), ("LONG", &long)]);
        refused += usize::from(run.code != 0);
        fs::remove_file(filler).unwrap();
        let told = run.out.lines().map(str::to_owned).collect();
        tally.wrong.extend(notes_that_are_lost(&world, &notes.out));
        tally.acknowledged += notes.out.lines().count();
        torture::finish(&world, failpoints, told, &mut tally);
        tally.rounds += 1;
        if !tally.wrong.is_empty() {
            tally.wrong.insert(0, format!("with {free} KiB free:"));
            break;
        }
    }
    (tally, refused)
}

#[test]
#[ignore = "as root, by .ci/crash by_hand"]
fn a_full_disk_refuses_and_loses_nothing() {
    let step = usize::try_from(number("STEP", 64)).unwrap();
    let (tally, refused) = on_full_disks(step, "");
    println!(
        "{} disks from 64 KiB to 4 MiB, {refused} runs refused on them, {} rows acknowledged, {} wrong",
        tally.rounds,
        tally.acknowledged,
        tally.wrong.len()
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    let (control, _) = on_full_disks(1024, "control.write=skip");
    assert!(!control.wrong.is_empty(), "rows that are not written were not missed");
    println!("control.write taken out: found on disk {}", control.rounds);
}

/// The file system itself writes nothing back on its own while a machine runs.
const OPTIONS: &str = "loop,commit=300";

/// A file system in a file, and everything of a world in it.
struct Machine {
    dir: tempfile::TempDir,
    world: World,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir_in(place()).unwrap();
        let image = dir.path().join("first.img");
        File::create(&image).unwrap().set_len(96 << 20).unwrap();
        run("mkfs.ext4", &["-q"], &image);
        let disk = dir.path().join("disk");
        let mounted = Mount::new(&disk, &["-o", OPTIONS, image.to_str().unwrap()]);
        let world = World::new_in(&disk, &disk, &torture::before());
        // A file system that is unmounted while somebody's namespace still holds it is not written back yet.
        rustix::fs::syncfs(File::open(&disk).unwrap()).unwrap();
        drop(mounted);
        Self { dir, world }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn mount(&self, image: &str) -> Mount {
        let image = self.file(image);
        Mount::new(&self.file("disk"), &["-o", OPTIONS, image.to_str().unwrap()])
    }

    fn copy(&self, from: &str, to: &str) {
        // Not over the old one: somebody's last hold on that file system may not have ended yet.
        let _ = fs::remove_file(self.file(to));
        let sparse = ["--sparse=always", self.dir.path().join(from).to_str().unwrap()].map(str::to_owned);
        run("cp", &sparse.each_ref().map(String::as_str), &self.file(to));
    }

    fn are_same(&self, one: &str, other: &str) -> bool {
        let mut compare = Command::new("cmp");
        compare.arg("-s").args([self.file(one), self.file(other)]);
        compare.status().unwrap().success()
    }

    fn start(&self, script: &str, told: &Path, failpoints: &str) -> Child {
        let mut command = self.world.command(script, &[("FAILPOINTS", failpoints), ("ON", "1")]);
        command.stdin(Stdio::null()).stdout(File::create(told).unwrap());
        command.stderr(Stdio::null()).process_group(0).spawn().unwrap()
    }

    /// Stops everybody, so that nothing reaches the disk while it is copied.
    fn stop(&self) -> Vec<Pid> {
        loop {
            for _ in 0..50 {
                let (processes, all_stopped) = self.try_to_stop();
                if all_stopped {
                    return processes;
                }
                thread::sleep(Duration::from_millis(1));
            }
            // A child that is stopped before it has become another program keeps its parent from stopping.
            for pid in self.world.pids().into_iter().filter_map(Pid::from_raw) {
                let _ = kill_process(pid, Signal::CONT);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn try_to_stop(&self) -> (Vec<Pid>, bool) {
        let processes: Vec<Pid> = self.world.pids().into_iter().filter_map(Pid::from_raw).collect();
        for process in &processes {
            let _ = kill_process(*process, Signal::STOP);
        }
        let after = self.world.pids();
        let is_known = |pid: &i32| Pid::from_raw(*pid).is_some_and(|pid| processes.contains(&pid));
        let all_stopped = after.iter().all(|pid| is_known(pid) && is_stopped(*pid));
        (processes, all_stopped)
    }

    /// Works for a while, loses its power, comes back, and goes on.
    fn cut(&self, after: Duration, failpoints: &str, tally: &mut Tally) {
        self.copy("first.img", "now.img");
        let mounted = self.mount("now.img");
        let (events, notes) = (self.file("events"), self.file("notes"));
        let mut workers = [
            self.start("exec \"$H\" run --json --jobs 2", &events, failpoints),
            self.start(NOTES, &notes, failpoints),
        ];
        thread::sleep(after);
        let stopped = self.stop();
        let told = fs::read_to_string(&events).unwrap();
        let noted = fs::read_to_string(&notes).unwrap();
        // What the kernel was at is over once a copy is the same as what it was made of.
        loop {
            self.copy("now.img", "cut.img");
            if self.are_same("now.img", "cut.img") {
                break;
            }
        }
        for process in stopped {
            let _ = kill_process(process, Signal::KILL);
        }
        for worker in &mut workers {
            worker.wait().unwrap();
        }
        tally.locks += torture::remove_locks_of_git(&self.world);
        drop(mounted);
        let mounted = self.mount("cut.img");
        tally.locks += torture::remove_locks_of_git(&self.world);
        tally.acknowledged += noted.lines().count();
        tally.wrong.extend(notes_that_are_lost(&self.world, &noted));
        torture::finish(&self.world, "", told.lines().map(str::to_owned).collect(), tally);
        drop(mounted);
        tally.rounds += 1;
    }
}

/// Whether a process does nothing any more.
fn is_stopped(pid: i32) -> bool {
    let about = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = about.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_none_or(|state| matches!(state, 'T' | 't' | 'Z' | 'X'))
}

fn cuts(count: u64, failpoints: &str) -> Tally {
    let machine = Machine::new();
    let mut dice = Dice::of(number("SEED", 1));
    let mut tally = Tally::default();
    for _ in 0..count {
        let after = Duration::from_millis(u64::try_from(dice.below(1500)).unwrap() + 20);
        machine.cut(after, failpoints, &mut tally);
        if !tally.wrong.is_empty() {
            break;
        }
    }
    tally
}

#[test]
#[ignore = "as root, by .ci/crash by_hand"]
fn a_power_cut_loses_nothing_that_was_told() {
    let count = number("CUTS", 100);
    let only = wanted("CONTROL");
    if only.is_none() {
        let tally = cuts(count, "");
        println!(
            "{} power cuts, {} rows acknowledged before them, {} locks of git removed, {} wrong",
            tally.rounds,
            tally.acknowledged,
            tally.locks,
            tally.wrong.len()
        );
        assert!(
            tally.wrong.is_empty(),
            "cut {}:\n{}",
            tally.rounds,
            tally.wrong.join("\n")
        );
    }
    for control in ["control.sync", "control.sync-files"] {
        if only.as_deref().is_none_or(|only| only == control) {
            let tally = cuts(count, &format!("{control}=skip"));
            println!("{control} taken out: found by cut {}", tally.rounds);
            assert!(!tally.wrong.is_empty(), "{control} was taken out, and nobody noticed");
            println!("    {:.200}", tally.wrong[0]);
        }
    }
}
