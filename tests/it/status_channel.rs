//! How a fenced program ended is told by a process outside of the fence, which nothing inside can reach: it cannot be
//! forged, and what stands in its way is a failure.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::fence::Cell;

/// What the harness would learn of the end of a script.
fn ended(cell: &Cell, script: &str) -> std::process::ExitStatus {
    cell.command(script).output().unwrap().status
}

const TIERS: [&str; 3] = ["overlay", "shadow_landlock", "shadow"];

/// The namespace's first process has nothing that could be written to, limited or read, and its end is no success.
#[test]
fn nothing_inside_of_the_overlay_turns_a_failure_into_a_success() {
    let python = |line: &str| format!("python3 -c \"{line}\"");
    for act in [
        // Whatever is open there: a word of success, in every way in which it may be said.
        "for fd in /proc/1/fd/*; do printf '\\0\\0\\0\\0' > $fd; printf 'ready\\n\\0\\0\\0\\0' > $fd; done".to_owned(),
        "kill -9 1; kill -15 1; kill -1 1; kill -2 1; kill -17 1".to_owned(),
        // What reports is limited, and then kept busy until the kernel ends it.
        python("import resource; resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))"),
        python(
            "import resource; resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)); resource.prlimit(1, resource.RLIMIT_AS, (0, 0))",
        ),
        python("import os; os.pwrite(os.open('/proc/1/mem', os.O_RDWR), bytes(8), 4096)"),
        "kill -9 -1".to_owned(),
        "kill -9 0".to_owned(),
        "kill -9 $PPID".to_owned(),
    ] {
        let cell = Cell::new("overlay");
        let busy = "i=0; while [ $i -lt 200 ]; do (true &); i=$((i+1)); done";
        let status = ended(&cell, &format!("({act}) >/dev/null 2>&1; {busy}; exit 3"));
        assert!(!status.success(), "{act}");
        let reached = status.code() == Some(3) || status.signal().is_some();
        assert!(reached, "{act}: {status:?}");
    }
    let cell = Cell::new("overlay");
    let (_, text) =
        cell.run("for fd in /proc/1/fd/*; do readlink $fd && cat $fd; done; cat /proc/1/mem /proc/1/environ");
    assert!(!text.contains("pipe:") && !text.contains("HOME="), "{text}");
}

/// The first process killed by the kernel, the way round that once was one, is an end by a signal.
#[test]
fn a_namespace_that_is_ended_is_a_failure_whatever_was_said_before() {
    let cell = Cell::new("overlay");
    let limit = "python3 -c 'import resource; resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))'";
    // Each process that is left to it costs the first one a little time, until it has none left.
    let script = format!("{limit} || exit 3; i=0; while [ $i -lt 3000 ]; do (true &); i=$((i+1)); done; exit 3");
    let status = ended(&cell, &script);
    assert!(status.code() == Some(3) || status.signal() == Some(9), "{status:?}");
}

#[test]
fn what_the_caller_left_open_ends_at_the_fence() {
    for tier in TIERS {
        let cell = Cell::new(tier);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let open = rustix::io::dup(&writer).unwrap();
        drop(writer);
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        // Only what is called as the fence has one of ours; any other number 1 is left alone.
        let script = format!(
            "(echo evil >&{number}) 2>/dev/null; grep -qs inside-the-fence /proc/1/cmdline && (echo evil > /proc/1/fd/{number}) 2>/dev/null; \
             (echo evil > /proc/self/fd/{number}) 2>/dev/null; exit 0"
        );
        let status = cell.command(&script).stdin(Stdio::null()).output().unwrap().status;
        assert!(status.success(), "{tier}: {status:?}");
        drop(open);
        let mut got = String::new();
        reader.read_to_string(&mut got).unwrap();
        assert_eq!(got, "", "{tier}");
    }
}

/// Outside of a namespace of processes the harness can be named, but not signalled, limited or looked into.
#[test]
fn landlock_keeps_the_harness_out_of_reach() {
    let cell = Cell::new("shadow_landlock");
    let harness = std::process::id();
    for act in [
        "os.kill(harness, 0)",
        "resource.prlimit(harness, resource.RLIMIT_CORE, (0, 0))",
        "os.open('/proc/%d/mem' % harness, os.O_RDWR)",
        "os.readlink('/proc/%d/fd/0' % harness)",
    ] {
        let script =
            format!("python3 -c \"import os, resource; harness = {harness}; {act}; print('reached')\" 2>/dev/null");
        let (code, text) = cell.run(&script);
        assert!(code != 0 && text.is_empty(), "{act}: {text}");
    }
    // One's own limits are one's own.
    assert_eq!(cell.run("ulimit -n 64 && ulimit -n"), (0, "64\n".to_owned()));
}

/// When the program has ended nothing else inside runs any more: nothing changes what is looked at next.
#[test]
fn the_end_of_the_overlay_is_the_end_of_everything_in_it() {
    let cell = Cell::new("overlay");
    let script = "setsid sh -c 'trap \"\" TERM; while :; do echo x >> grows; sleep 0.01; done' & until test -s grows; do sleep 0.01; done; exit 6";
    assert_eq!(ended(&cell, script).code(), Some(6));
    let size = || std::fs::metadata(cell.at("upper/grows")).unwrap().len();
    let before = size();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(size(), before, "somebody writes on");
}

/// What ignores the request to end is ended with its namespace, by the fence itself.
#[test]
fn a_request_to_end_reaches_what_ignores_it() {
    let cell = Cell::new("overlay");
    let mut child = cell
        .command("trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.01; done' & echo up; while :; do sleep 0.01; done")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 3]).unwrap();
    let asked = Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{status:?}");
    assert!(asked.elapsed() < Duration::from_secs(300));
    // Nobody holds the pipe any more.
    assert_eq!(stdout.read(&mut [0; 8]).unwrap(), 0);
}
