//! Running one program to its end: its process group is ended when its time is up, when the user stops, and also
//! when it ends by itself, so that nothing goes on in the background.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::domain::redact::{Redactor, Stream as Cleaning};
use crate::fault::{self, Point};

use super::capture::Captured;
use super::environment::Environment;

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
/// How long output is waited for after the group is gone: a process that left the group may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Runs a program to its end.
pub fn run(program: &Program, cancel: &Cancel) -> Result<Finished, StartError> {
    let started = Instant::now();
    fault::at(Point::ProgramStart).map_err(|source| failed(program, source))?;
    let mut child = start(program)?;
    let (sender, receiver) = mpsc::channel();
    read_in_background(child.stdout.take(), Stream::Out, sender.clone());
    read_in_background(child.stderr.take(), Stream::Err, sender);
    if let Input::Bytes(bytes) = program.input {
        write_in_background(&mut child, bytes.to_vec());
    }
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Err(source) = fault::at(Point::ProgramStarted) {
        signal(group, Signal::KILL);
        let _ = child.wait();
        return Err(failed(program, source));
    }
    let mut collected = Collected::new(program.keep_bytes, program.log, program.redactor);
    let deadline = program.timeout.map(|limit| started + limit);
    let ending = wait(&mut child, group, &receiver, &mut collected, deadline, cancel);
    // Whatever it left in its group ends with it.
    signal(group, Signal::KILL);
    collected.drain(&receiver, LAST_WORDS);
    collected.finish();
    fault::at(Point::ProgramEnded).map_err(|source| failed(program, source))?;
    Ok(Finished {
        ending,
        stdout: collected.stdout,
        output: collected.both,
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
        .env("PWD", program.dir)
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

type Chunk = (Stream, Vec<u8>);

struct Collected<'a> {
    stdout: Captured,
    both: Captured,
    log: Option<fs::File>,
    room: usize,
    /// Each stream is searched on its own: a secret in one is not cut by a line of the other.
    cleaning: [Cleaning<'a>; 2],
}

impl<'a> Collected<'a> {
    fn new(keep: usize, log: Option<&Path>, redactor: &'a Redactor) -> Self {
        Self {
            stdout: Captured::new(keep),
            both: Captured::new(keep),
            // Only for whoever watches: that it cannot be written changes no result.
            log: log.and_then(|path| fs::File::create(path).ok()),
            room: keep,
            cleaning: [redactor.stream(), redactor.stream()],
        }
    }

    fn take(&mut self, (stream, bytes): Chunk) {
        if stream == Stream::Out {
            self.stdout.push(&bytes);
        }
        let clean = self.cleaning[stream as usize].push(&bytes);
        self.keep(&clean);
    }

    /// Takes what was held back until it was clear that nothing more comes.
    fn finish(&mut self) {
        for stream in [Stream::Out, Stream::Err] {
            let clean = self.cleaning[stream as usize].finish();
            self.keep(&clean);
        }
    }

    fn keep(&mut self, clean: &[u8]) {
        if let Some(log) = &mut self.log {
            let fits = clean.len().min(self.room);
            self.room -= fits;
            let _ = log.write_all(&clean[..fits]);
        }
        self.both.push(clean);
    }

    fn drain(&mut self, receiver: &Receiver<Chunk>, longest: Duration) {
        let until = Instant::now() + longest;
        while let Ok(chunk) = receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.take(chunk);
        }
    }
}

fn read_in_background(stream: Option<impl Read + Send + 'static>, which: Stream, sender: Sender<Chunk>) {
    let Some(mut stream) = stream else { return };
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    if sender.send((which, buffer[..length].to_vec())).is_err() {
                        return;
                    }
                }
            }
        }
    });
}

fn write_in_background(child: &mut Child, bytes: Vec<u8>) {
    if let Some(mut pipe) = child.stdin.take() {
        // A program need not read what it is given.
        thread::spawn(move || drop(pipe.write_all(&bytes)));
    }
}

fn wait(
    child: &mut Child,
    group: Option<Pid>,
    receiver: &Receiver<Chunk>,
    collected: &mut Collected,
    deadline: Option<Instant>,
    cancel: &Cancel,
) -> Ending {
    let mut streams_open = true;
    loop {
        let now = Instant::now();
        if cancel.is_cancelled() {
            end(child, group, receiver, collected);
            return Ending::Cancelled;
        }
        if deadline.is_some_and(|deadline| now >= deadline) {
            end(child, group, receiver, collected);
            return Ending::TimedOut;
        }
        if let Ok(Some(status)) = child.try_wait() {
            return ending_of(status);
        }
        let pause = deadline.map_or(TICK, |deadline| TICK.min(deadline - now));
        if streams_open {
            match receiver.recv_timeout(pause) {
                Ok(chunk) => collected.take(chunk),
                Err(RecvTimeoutError::Timeout) => {}
                // Both streams are at their end, so the program is about to be, too.
                Err(RecvTimeoutError::Disconnected) => streams_open = false,
            }
        } else {
            thread::sleep(Duration::from_micros(200));
        }
    }
}

/// Asks the group to end, then makes it.
fn end(child: &mut Child, group: Option<Pid>, receiver: &Receiver<Chunk>, collected: &mut Collected) {
    signal(group, Signal::TERM);
    let until = Instant::now() + GRACE;
    while Instant::now() < until {
        if matches!(child.try_wait(), Ok(Some(_))) {
            break;
        }
        collected.drain(receiver, Duration::from_millis(10));
    }
    signal(group, Signal::KILL);
    let _ = child.wait();
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = kill_process_group(group, signal);
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
        let until = Instant::now() + Duration::from_secs(20);
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
