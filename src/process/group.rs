//! Running one program to its end: its process group is ended when its time is up, when the user stops, and also
//! when it ends by itself, so that nothing goes on in the background.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid};

use crate::domain::redact::Redactor;
use crate::fault::{self, Point};

use super::capture::Captured;
use super::environment::Environment;
use super::pipes::{Collected, Pipes};

/// Asks programs to stop; set by Ctrl-C.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it, for good.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it is set.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a program reads.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Nothing: its standard input is at its end.
    Closed,
    /// These bytes.
    Bytes(&'a [u8]),
}

/// A program to be run.
#[derive(Debug)]
pub struct Program<'a> {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The folder to run in.
    pub dir: &'a Path,
    /// Its whole environment.
    pub environment: &'a Environment,
    /// What it reads.
    pub input: Input<'a>,
    /// How long it may take; for ever without.
    pub timeout: Option<Duration>,
    /// About how many bytes of each stream are kept.
    pub keep_bytes: usize,
    /// A file that gets the output as it comes, for people who watch; as much of it as is kept.
    pub log: Option<&'a Path>,
    /// What takes secrets out of all output but the standard output on its own, which a program may be asked for.
    pub redactor: &'a Redactor,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Its time was up.
    TimedOut,
    /// The user stopped it.
    Cancelled,
}

/// What is known of a program that ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub ending: Ending,
    /// Its standard output, as it came: never to be kept or shown.
    pub stdout: Captured,
    /// Both streams without secrets, line by line in the order in which they arrived.
    pub output: Captured,
    /// How long it took.
    pub wall: Duration,
}

/// Why a program did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{program}` in {dir}: {source}")]
pub struct StartError {
    program: String,
    dir: PathBuf,
    source: io::Error,
}

impl Program<'_> {
    /// Whether its program is there, looked for as the system would look.
    pub fn is_there(&self) -> Result<(), StartError> {
        let path = self.environment.iter().find(|(name, _)| *name == "PATH");
        let found = self
            .argv
            .first()
            .is_some_and(|name| which::which_in(name, path.map(|(_, path)| path), self.dir).is_ok());
        if found {
            return Ok(());
        }
        let name = self.argv.first().map(|name| name.to_string_lossy().into_owned());
        Err(StartError {
            program: name.unwrap_or_default(),
            dir: self.dir.to_owned(),
            source: io::Error::new(io::ErrorKind::NotFound, "it is not there, or not executable"),
        })
    }
}

/// A command line as arguments for the shell.
pub fn shell(command: &str) -> Vec<OsString> {
    ["sh", "-c", command].map(OsString::from).into()
}

/// Where a program lies on a search path.
pub fn find_program(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    which::which_in(name, path, "/").ok()
}

/// Time between asking a group to end and making it.
const GRACE: Duration = Duration::from_secs(2);
/// How often a stop by the user is looked for.
const TICK: Duration = Duration::from_millis(50);
/// How often the end of a program is looked for where the system does not tell of it.
const LOOK: Duration = Duration::from_millis(2);
/// How long output is waited for after the group is gone: a process that left the group may hold the pipe, and write
/// into it without end.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// How long the kernel may take to end what was killed: whatever hangs in a broken device is left to it.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// Runs a program to its end.
///
/// One thread does all of it: it reads a piece of output, keeps what has to be kept, and looks at the clock, in turn. So
/// a program that writes faster than that waits for us, and nothing it does puts off the end of its time.
pub fn run(program: &Program, cancel: &Cancel) -> Result<Finished, StartError> {
    let started = Instant::now();
    fault::at(Point::ProgramStart).map_err(|source| failed(program, source))?;
    let mut child = start(program)?;
    let input = match program.input {
        Input::Closed => &[],
        Input::Bytes(bytes) => bytes,
    };
    let mut running = Running {
        pid: i32::try_from(child.id()).ok().and_then(Pid::from_raw),
        told: None,
        pipes: Pipes::of(&mut child, input),
        collected: Collected::new(program.keep_bytes, program.log, program.redactor),
    };
    if let Err(source) = fault::at(Point::ProgramStarted) {
        running.signal(Signal::KILL);
        let _ = child.wait();
        return Err(failed(program, source));
    }
    running.told = running.pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let deadline = program.timeout.map(|limit| started + limit);
    let stopped = running.wait(deadline, cancel);
    // Whatever it left in its group ends with it. The program itself is not reaped yet, so that the group's number
    // cannot have become another's.
    running.signal(Signal::KILL);
    let status = running.reap(&mut child);
    running.last_words();
    running.collected.finish();
    fault::at(Point::ProgramEnded).map_err(|source| failed(program, source))?;
    Ok(Finished {
        ending: match (stopped, status) {
            (Some(stopped), _) => stopped,
            (None, Some(status)) => ending_of(status),
            (None, None) => Ending::Signalled(0),
        },
        stdout: running.collected.stdout,
        output: running.collected.both,
        wall: started.elapsed(),
    })
}

fn failed(program: &Program, source: io::Error) -> StartError {
    let name = program.argv.first().map(|name| name.to_string_lossy().into_owned());
    StartError {
        program: name.unwrap_or_default(),
        dir: program.dir.to_owned(),
        source,
    }
}

fn start(program: &Program) -> Result<Child, StartError> {
    let Some((name, arguments)) = program.argv.split_first() else {
        let nothing = io::Error::new(io::ErrorKind::InvalidInput, "no program is named");
        return Err(failed(program, nothing));
    };
    Command::new(name)
        .args(arguments)
        .current_dir(program.dir)
        .env_clear()
        .envs(program.environment.iter())
        // As a shell would have it: programs compare names with it, and a slash at its end makes another name.
        .env("PWD", program.dir.components().as_path())
        .stdin(match program.input {
            Input::Closed => Stdio::null(),
            Input::Bytes(_) => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|source| failed(program, source))
}

/// A program that was started.
struct Running<'a> {
    /// Its number, which is its group's, too.
    pid: Option<Pid>,
    /// Can be waited for as a file can, and is ready when the program ended.
    told: Option<OwnedFd>,
    pipes: Pipes<'a>,
    collected: Collected<'a>,
}

impl Running<'_> {
    /// Waits until the program ended, or had to be killed: then why it was asked to end.
    fn wait(&mut self, deadline: Option<Instant>, cancel: &Cancel) -> Option<Ending> {
        let mut asked: Option<(Ending, Instant)> = None;
        while !self.has_ended() {
            let now = Instant::now();
            if asked.is_none() {
                let why = if cancel.is_cancelled() {
                    Some(Ending::Cancelled)
                } else {
                    deadline.filter(|deadline| now >= *deadline).map(|_| Ending::TimedOut)
                };
                if let Some(why) = why {
                    self.signal(Signal::TERM);
                    asked = Some((why, now + GRACE));
                }
            }
            let until = match asked {
                Some((_, kill)) if now >= kill => break,
                Some((_, kill)) => Some(kill),
                None => deadline,
            };
            let pause = until.map_or(TICK, |until| TICK.min(until.saturating_duration_since(now)));
            self.turn(pause);
        }
        asked.map(|(why, _)| why)
    }

    /// One look at everything that may have happened, at most so long from now.
    fn turn(&mut self, longest: Duration) {
        let longest = match self.told {
            Some(_) => longest,
            None => longest.min(LOOK),
        };
        self.pipes.turn(self.told.as_ref(), longest, &mut self.collected);
    }

    /// Whether the program ended; it stays to be reaped.
    fn has_ended(&self) -> bool {
        let Some(pid) = self.pid else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // Where there is nothing to wait for, nothing is waited for.
        !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Takes the status of what ended or was killed; `None` where the kernel cannot end it.
    fn reap(&mut self, child: &mut Child) -> Option<ExitStatus> {
        let until = Instant::now() + LAST_BREATH;
        while !self.has_ended() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.turn(left.min(TICK));
        }
        child.wait().ok()
    }

    /// Takes what the pipes hold still, until they are at their end or the time is up.
    fn last_words(&mut self) {
        let until = Instant::now() + LAST_WORDS;
        while self.pipes.are_open() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.pipes.turn(None, left, &mut self.collected);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.pid {
            let _ = kill_process_group(group, signal);
        }
    }
}

fn ending_of(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(signal)) => Ending::Signalled(signal),
        (None, None) => Ending::Signalled(0),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn run_shell(script: &str, input: Input, timeout: Option<Duration>, cancel: &Cancel) -> Finished {
        let mut environment = Environment::default();
        environment.set("PATH", std::env::var_os("PATH").unwrap());
        run(
            &Program {
                argv: shell(script),
                dir: Path::new("/"),
                environment: &environment,
                input,
                timeout,
                keep_bytes: 64 * 1024,
                log: None,
                redactor: &Redactor::new::<&str>(&[], b""),
            },
            cancel,
        )
        .unwrap()
    }

    fn simple(script: &str) -> Finished {
        run_shell(script, Input::Closed, None, &Cancel::new())
    }

    #[test]
    fn status_and_both_streams_are_told_apart() {
        let finished = simple("echo out; echo err >&2; exit 3");
        assert_eq!(finished.ending, Ending::Exited(3));
        assert_eq!(finished.stdout.text(), "out\n");
        assert!(finished.output.text().contains("err"));
        assert_eq!(simple("kill -9 $$").ending, Ending::Signalled(9));
    }

    #[test]
    fn input_is_given_and_need_not_be_read() {
        let big = vec![b'x'; 1 << 20];
        let finished = run_shell("wc -c", Input::Bytes(&big), None, &Cancel::new());
        assert_eq!(finished.stdout.text().trim(), "1048576");
        let finished = run_shell("exit 0", Input::Bytes(&big), None, &Cancel::new());
        assert_eq!(finished.ending, Ending::Exited(0));
        assert_eq!(simple("cat").stdout.text(), "");
    }

    #[test]
    fn a_group_that_ignores_the_first_signal_is_ended_all_the_same() {
        let script = "trap '' TERM; (trap '' TERM; sleep 60) & echo up; sleep 60";
        let finished = run_shell(script, Input::Closed, Some(Duration::from_millis(100)), &Cancel::new());
        assert_eq!(finished.ending, Ending::TimedOut);
        assert_eq!(finished.stdout.text(), "up\n");
    }

    #[test]
    fn what_a_program_leaves_in_the_background_ends_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let pid_file = dir.path().join("pid");
        let finished = simple(&format!("sleep 60 & echo $! > {}", pid_file.display()));
        assert_eq!(finished.ending, Ending::Exited(0));
        let pid = std::fs::read_to_string(pid_file).unwrap();
        // The kernel takes a moment to end what it was told to end.
        let gone = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let until = Instant::now() + Duration::from_secs(300);
        while !gone() {
            assert!(Instant::now() < until, "it is still there");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_process_that_left_the_group_cannot_hold_us_up() {
        let finished = simple("setsid sh -c 'sleep 5; echo late' & echo done");
        assert_eq!(finished.ending, Ending::Exited(0));
        assert_eq!(finished.stdout.text(), "done\n");
    }

    /// Neither what is written nor who writes it puts off the end.
    #[test]
    fn a_flood_ends_when_its_time_is_up() {
        let flood = "while :; do echo 0123456789012345678901234567890123456789; done";
        let scripts = [
            format!("trap '' TERM; {flood}"),
            format!("trap '' TERM; {flood} >&2"),
            "trap '' TERM; exec cat /dev/zero".to_owned(),
            format!("setsid sh -c \"trap '' TERM; {flood}\" & trap '' TERM; {flood}"),
            // Nothing to read, and nothing that ends.
            "trap '' TERM; exec >&- 2>&-; while :; do :; done".to_owned(),
        ];
        let limit = Duration::from_millis(200);
        thread::scope(|scope| {
            for script in &scripts {
                scope.spawn(move || {
                    let finished = run_shell(script, Input::Closed, Some(limit), &Cancel::new());
                    assert_eq!(finished.ending, Ending::TimedOut, "{script}");
                    assert!(finished.wall < limit + Duration::from_secs(300), "{script}");
                    assert!(finished.output.to_bytes().len() < 200_000, "{script}");
                });
            }
        });
    }

    /// A process that left the group writes on: it is not listened to.
    #[test]
    fn a_flood_that_left_the_group_cannot_hold_us_up() {
        let dir = tempfile::tempdir().unwrap();
        let ready = dir.path().join("ready");
        let script = format!(
            "setsid sh -c 'echo > {0}; while echo flood; do :; done' & until test -e {0}; do :; done; echo done >&2; exit 4",
            ready.display()
        );
        let finished = run_shell(&script, Input::Closed, None, &Cancel::new());
        assert_eq!(finished.ending, Ending::Exited(4));
        assert!(finished.wall < Duration::from_secs(300));
        assert!(finished.output.to_bytes().len() < 200_000);
    }

    #[test]
    fn a_program_that_closed_its_output_is_waited_for() {
        let finished = simple("echo before; exec >&- 2>&-; sleep 0.1; exit 5");
        assert_eq!(finished.ending, Ending::Exited(5));
        assert_eq!(finished.stdout.text(), "before\n");
    }

    #[test]
    fn output_without_end_stays_in_bounds() {
        let finished = simple("head -c 20000000 /dev/zero; echo end");
        assert!(finished.output.to_bytes().len() < 200_000);
        assert!(finished.output.text().ends_with("end\n"));
    }

    #[test]
    fn a_stop_by_the_user_ends_it() {
        let cancel = Cancel::new();
        cancel.cancel();
        let finished = run_shell("sleep 60", Input::Closed, None, &cancel);
        assert_eq!(finished.ending, Ending::Cancelled);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let environment = Environment::default();
        let error = run(
            &Program {
                argv: vec!["/no/such/program".into()],
                dir: Path::new("/"),
                environment: &environment,
                input: Input::Closed,
                timeout: None,
                keep_bytes: 10,
                log: None,
                redactor: &Redactor::new::<&str>(&[], b""),
            },
            &Cancel::new(),
        )
        .unwrap_err();
        assert!(error.to_string().contains("/no/such/program"), "{error}");
    }
}
