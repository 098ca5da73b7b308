//! Calls that may have to wait for another machine: they are ended after a while, or when the user wants to stop.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Cancel;

use super::{Call, GitError};

/// How long the pipes of a program that has ended are waited for.
const AFTERWARDS: Duration = Duration::from_secs(2);

impl Call {
    /// Runs it, whatever status it ends with, for no longer than this.
    pub fn output_within(&mut self, limit: Duration, cancel: &Cancel) -> Result<Output, GitError> {
        let program = PathBuf::from(self.command.get_program());
        let failed = |source| GitError::Start { program, source };
        let input = self.input.take();
        self.command
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = match self.command.spawn() {
            Ok(child) => child,
            Err(source) => return Err(failed(source)),
        };
        if let (Some(bytes), Some(mut pipe)) = (input, child.stdin.take()) {
            // Beside the reading; it ends with the program.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        let (stdout, stderr) = (Reading::of(child.stdout.take()), Reading::of(child.stderr.take()));
        let begun = Instant::now();
        let mut nap = Duration::from_millis(1);
        loop {
            match child.try_wait() {
                Ok(Some(status)) => {
                    return Ok(Output {
                        status,
                        stdout: stdout.rest(),
                        stderr: stderr.rest(),
                    });
                }
                Ok(None) => {}
                Err(source) => return Err(failed(source)),
            }
            let (is_cancelled, is_late) = (cancel.is_cancelled(), begun.elapsed() >= limit);
            if is_cancelled || is_late {
                let _ = child.kill();
                let _ = child.wait();
                let call = self.shown();
                return Err(match is_cancelled {
                    true => GitError::Cancelled { call },
                    false => GitError::TooSlow { call },
                });
            }
            thread::sleep(nap);
            nap = (nap * 2).min(Duration::from_millis(20));
        }
    }
}

/// What a pipe gives, read beside whatever else goes on.
struct Reading(Receiver<Vec<u8>>);

impl Reading {
    fn of(pipe: Option<impl io::Read + Send + 'static>) -> Self {
        let (give, take) = mpsc::channel();
        thread::spawn(move || {
            let Some(mut pipe) = pipe else { return };
            let mut piece = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = pipe.read(&mut piece) {
                if give.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self(take)
    }

    /// All of it, once the program has ended. What it left running, such as a connection that is kept for the next
    /// call, may hold the pipe for hours, and has nothing more to say.
    fn rest(self) -> Vec<u8> {
        let until = Instant::now() + AFTERWARDS;
        let mut bytes = Vec::new();
        while let Ok(piece) = self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
            bytes.extend(piece);
        }
        bytes
    }
}
