//! What a program leaves behind ends with it, in every tier: nothing that one run started changes what the next one finds.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::fence::Cell;
use super::sandbox::{ALL_TIERS, Sandbox};

/// Far longer than any machine needs: what takes so long never comes.
const LONG: Duration = Duration::from_secs(300);

const TIERS: [&str; 3] = ["overlay", "shadow_landlock", "shadow"];

/// Writes into a file on and on, and does not hear that it should end.
const GROWS: &str = "trap \"\" TERM INT HUP; while :; do echo x >> \"$TMPDIR/grows\"; sleep 0.01; done";

/// Ways to stay: each says in the file `grows` that it is there.
fn ways() -> Vec<(&'static str, String)> {
    let python = |text: &str| format!("python3 -c '{text}' >/dev/null 2>&1 &");
    vec![
        ("a session of its own", format!("setsid sh -c '{GROWS}' &")),
        (
            "a session of its own, the output held open and the parent gone",
            format!("(setsid sh -c '{GROWS}' &)"),
        ),
        ("a group of its own", format!("sh -mc '({GROWS}) &'")),
        (
            "several generations",
            r#"sh -c 'setsid "$0" -c "setsid \"\$0\" -c \"while :; do echo x >> \\\$TMPDIR/grows; sleep 0.01; done\" sh &" sh &' sh &"#.to_owned(),
        ),
        (
            "a process that is another one all the time",
            python(
                "import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    os.write(os.open(os.environ[\"TMPDIR\"] + \"/grows\", os.O_WRONLY | os.O_CREAT | os.O_APPEND), b\"x\")",
            ),
        ),
        (
            "a crowd whose members start each other",
            python(
                "import os
for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        while True:
            child = os.fork()
            if child == 0:
                os.write(os.open(os.environ[\"TMPDIR\"] + \"/grows\", os.O_WRONLY | os.O_CREAT | os.O_APPEND), b\"x\")
                os._exit(0)
            os.waitpid(child, 0)",
            ),
        ),
    ]
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

/// Whether nobody writes into a file any more.
fn rests(file: &Path) -> bool {
    let before = size(file);
    std::thread::sleep(Duration::from_millis(60));
    size(file) == before
}

/// The file of this name in a folder or below it.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        match entry.file_type().ok()?.is_dir() {
            true => find(&path, name),
            false => (entry.file_name() == name).then_some(path),
        }
    })
}

#[test]
fn the_end_of_a_program_is_the_end_of_everything_that_it_started() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || {
                for (what, way) in ways() {
                    let cell = Cell::new(tier);
                    let script = format!("{way}\nuntil test -s \"$TMPDIR/grows\"; do sleep 0.01; done; exit 6");
                    let output = cell.command(&script).stdin(Stdio::null()).output().unwrap();
                    assert_eq!(output.status.code(), Some(6), "{tier}: {what}");
                    assert!(size(&cell.at("tmp/grows")) > 0, "{tier}: {what}");
                    assert!(rests(&cell.at("tmp/grows")), "{tier}: {what}: somebody writes on");
                }
            });
        }
    });
}

#[test]
fn how_a_program_ended_is_passed_on_whatever_it_left() {
    for tier in TIERS {
        let cell = Cell::new(tier);
        for (end, code, signal) in [
            ("exit 0", Some(0), None),
            ("exit 125", Some(125), None),
            ("kill -9 $$", None, Some(9)),
            ("kill -15 $$", None, Some(15)),
            ("kill -1 $$", None, Some(1)),
            ("trap 'exit 9' TERM; kill -15 0; exit 3", Some(9), None),
        ] {
            let status = cell
                .command(&format!("setsid sleep 60 & {end}"))
                .output()
                .unwrap()
                .status;
            assert_eq!((status.code(), status.signal()), (code, signal), "{tier}: {end}");
        }
    }
}

/// A limit or Ctrl-C: what ignores the request is ended, and what left its group, too.
#[test]
fn a_request_to_end_reaches_everything() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || {
                let cell = Cell::new(tier);
                let script = format!("setsid sh -c '{GROWS}' & trap '' TERM; echo up; while :; do sleep 0.01; done");
                let mut child = cell.command(&script).stdout(Stdio::piped()).spawn().unwrap();
                let mut stdout = child.stdout.take().unwrap();
                stdout.read_exact(&mut [0; 3]).unwrap();
                let asked = Instant::now();
                let pid = rustix::process::Pid::from_child(&child);
                rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
                let status = child.wait().unwrap();
                assert_eq!(status.signal(), Some(9), "{tier}: {status:?}");
                assert!(asked.elapsed() < LONG, "{tier}");
                // Nobody holds the pipe any more, and nobody writes.
                assert_eq!(stdout.read(&mut [0; 8]).unwrap(), 0, "{tier}");
                assert!(rests(&cell.at("tmp/grows")), "{tier}");
                // What hears the request ends as it likes.
                let script = "trap 'exit 4' TERM; echo up; while :; do sleep 0.01; done";
                let mut child = cell.command(script).stdout(Stdio::piped()).spawn().unwrap();
                child.stdout.take().unwrap().read_exact(&mut [0; 3]).unwrap();
                let pid = rustix::process::Pid::from_child(&child);
                rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
                assert_eq!(child.wait().unwrap().code(), Some(4), "{tier}");
            });
        }
    });
}

/// Whoever is killed can end nothing any more: the fence does it.
#[test]
fn the_end_of_the_harness_is_the_end_of_everything_inside() {
    std::thread::scope(|scope| {
        for without in ["", "overlay", ALL_TIERS] {
            scope.spawn(move || {
                let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(without);
                sandbox.import("p.json", &super::sandbox::one_card("p-1", "src/**", "true"));
                // In the copy's tree or in its upper layer, as the tier has it.
                let grows = "trap '' TERM INT HUP; while :; do echo x >> grows; sleep 0.01; done";
                let builder = format!("setsid sh -c \"{grows}\" & trap '' TERM; while :; do sleep 0.01; done");
                let mut command = sandbox.harness_command();
                command.args(["exec", "p-1", "--", "sh", "-c", &builder]);
                let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                let pool = sandbox.beside("cache/git-harness/slots");
                let until = Instant::now() + LONG;
                let grows = loop {
                    match find(&pool, "grows") {
                        Some(file) if size(&file) > 0 => break file,
                        _ => assert!(Instant::now() < until, "without {without:?}: the Builder never began"),
                    }
                    std::thread::sleep(Duration::from_millis(5));
                };
                child.kill().unwrap();
                child.wait().unwrap();
                let until = Instant::now() + LONG;
                while !rests(&grows) {
                    assert!(Instant::now() < until, "without {without:?}: somebody writes on");
                }
            });
        }
    });
}

/// What a check or a Builder leaves behind does not write the tree of what runs next.
#[test]
fn the_next_check_finds_nobody_at_work() {
    std::thread::scope(|scope| {
        for without in ["", "overlay", ALL_TIERS] {
            scope.spawn(move || {
                let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(without);
                let plan = serde_json::json!([{
                    "id": "p-1", "title": "Do it", "files_allowed": ["src/**"], "instructions": "Do it",
                    "definition_of_done": ["done"],
                    "verification": [
                        "test -f src/prog.sh && . ./src/prog.sh; true",
                        "sleep 0.5; grep -qx good src/a.txt",
                    ],
                }]);
                sandbox.import("p.json", &plan.to_string());
                let stays = "tree=$PWD; setsid sh -c 'cd \"$0\" || exit; i=0; while [ $i -lt 40 ]; do echo good > src/a.txt; \
                     i=$((i+1)); sleep 0.05; done' \"$tree\" >/dev/null 2>&1 </dev/null &\n";
                let mut command = sandbox.harness_command();
                // The Builder's own does the same in its copy.
                let builder = "printf '%s' \"$0\" > src/prog.sh; echo bad > src/a.txt; . ./src/prog.sh";
                command.args(["exec", "p-1", "--", "sh", "-c", builder, stays]);
                let _ = Sandbox::outcome_of(command).exits(1);
                assert_eq!(sandbox.git(&["show", "main:src/a.txt"]), "x", "without {without:?}");
            });
        }
    });
}

/// The process that waits outside cannot be reached where the kernel helps; where it does not, its end is a failure.
#[test]
fn ending_the_process_that_waits_is_no_success() {
    let cell = Cell::new("shadow_landlock");
    let acts = "for s in 9 19 15 2 1; do kill -$s $PPID && exit 0; done; cat /proc/$PPID/environ && exit 0; exit 3";
    assert_eq!(cell.command(acts).output().unwrap().status.code(), Some(3));
    let cell = Cell::new("shadow");
    let status = cell.command("kill -9 $PPID; exit 0").output().unwrap().status;
    assert_eq!(status.signal(), Some(9), "{status:?}");
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(ALL_TIERS);
    sandbox.import(
        "p.json",
        &super::sandbox::one_card("p-1", "src/**", "kill -9 $PPID; exit 0"),
    );
    let words = ["exec", "p-1", "--", "sh", "-c", "echo y > src/a.txt"];
    let _ = sandbox.harness(&words).exits(1);
    assert_eq!(sandbox.git(&["show", "main:src/a.txt"]), "x");
}
