//! What goes between us and a running program: its output, which is kept in bounds and without secrets, and its input.
//!
//! Nothing is queued: a piece that was read is dealt with before the next one is. Who writes faster waits.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::domain::redact::{Redactor, Stream as Cleaning};

use super::capture::Captured;

/// The most that is read at once.
const PIECE: usize = 64 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// What is kept of a program's output.
pub(super) struct Collected<'a> {
    /// Its standard output, as it came.
    pub stdout: Captured,
    /// Both streams without secrets.
    pub both: Captured,
    log: Option<fs::File>,
    room: usize,
    /// Each stream is searched on its own: a secret in one is not cut by a line of the other.
    cleaning: [Cleaning<'a>; 2],
}

impl<'a> Collected<'a> {
    pub fn new(keep: usize, log: Option<&Path>, redactor: &'a Redactor) -> Self {
        Self {
            stdout: Captured::new(keep),
            both: Captured::new(keep),
            // Only for whoever watches: that it cannot be written changes no result.
            log: log.and_then(|path| fs::File::create(path).ok()),
            room: keep,
            cleaning: [redactor.stream(), redactor.stream()],
        }
    }

    fn take(&mut self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Out {
            self.stdout.push(bytes);
        }
        let clean = self.cleaning[stream as usize].push(bytes);
        self.keep(&clean);
    }

    /// Takes what was held back until it was clear that nothing more comes.
    pub fn finish(&mut self) {
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
}

/// Our ends of a program's three streams.
pub(super) struct Pipes<'a> {
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    /// With what has not been written yet.
    input: Option<(ChildStdin, &'a [u8])>,
    piece: Vec<u8>,
}

impl<'a> Pipes<'a> {
    /// Takes the ends from a program that was started.
    pub fn of(child: &mut Child, input: &'a [u8]) -> Self {
        // One that cannot be written without waiting is not written: a program need not read what it is given.
        let pipe = child
            .stdin
            .take()
            .filter(|pipe| rustix::io::ioctl_fionbio(pipe, true).is_ok());
        Self {
            out: child.stdout.take(),
            err: child.stderr.take(),
            input: pipe.map(|pipe| (pipe, input)),
            piece: vec![0; PIECE],
        }
    }

    /// Whether anything may still come.
    pub fn are_open(&self) -> bool {
        self.out.is_some() || self.err.is_some()
    }

    /// Waits until something can be read or written or `also` is ready, at most so long, and moves a piece of each
    /// stream that is ready.
    pub fn turn(&mut self, also: Option<&OwnedFd>, longest: Duration, collected: &mut Collected) {
        let [out, err, input] = self.ready(also, longest);
        if out {
            read_piece(&mut self.out, &mut self.piece, |bytes| {
                collected.take(Stream::Out, bytes)
            });
        }
        if err {
            read_piece(&mut self.err, &mut self.piece, |bytes| {
                collected.take(Stream::Err, bytes)
            });
        }
        if input {
            self.write_piece();
        }
    }

    fn ready(&self, also: Option<&OwnedFd>, longest: Duration) -> [bool; 3] {
        let streams: [Option<(BorrowedFd, PollFlags)>; 3] = [
            self.out.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN)),
            self.err.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN)),
            self.input.as_ref().map(|(pipe, _)| (pipe.as_fd(), PollFlags::OUT)),
        ];
        let also = also.map(|fd| (fd.as_fd(), PollFlags::IN));
        let mut looked_at: Vec<PollFd> = streams
            .iter()
            .chain([&also])
            .flatten()
            .map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags))
            .collect();
        let longest = Timespec {
            tv_sec: longest.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: longest.subsec_nanos().into(),
        };
        match poll(&mut looked_at, Some(&longest)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return [false; 3],
            Err(_) => {
                // A machine without memory for this is not asked without a pause.
                thread::sleep(Duration::from_millis(5));
                return [false; 3];
            }
        }
        let mut answers = looked_at.iter().map(|polled| !polled.revents().is_empty());
        streams.map(|stream| stream.is_some() && answers.next().unwrap_or(false))
    }

    fn write_piece(&mut self) {
        let Some((pipe, rest)) = &mut self.input else { return };
        match pipe.write(rest) {
            Ok(length) => *rest = &rest[length..],
            Err(error) if is_for_now(&error) => return,
            // It does not read: that is its own affair.
            Err(_) => *rest = &[],
        }
        if rest.is_empty() {
            // The program finds the end.
            self.input = None;
        }
    }
}

/// Reads once from a stream that is ready; one at its end is closed.
fn read_piece(stream: &mut Option<impl Read>, piece: &mut [u8], take: impl FnOnce(&[u8])) {
    let Some(pipe) = stream else { return };
    match pipe.read(piece) {
        Ok(length) if length > 0 => take(&piece[..length]),
        Err(error) if is_for_now(&error) => {}
        Ok(_) | Err(_) => *stream = None,
    }
}

fn is_for_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}
