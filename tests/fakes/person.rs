//! A person at a terminal: what the program shows is waited for, and answers are typed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Long enough for any machine; only a program that says nothing any more is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program, and the terminal that it runs in.
pub struct Person {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// Everything that was shown.
    pub shown: String,
    /// How much of it was waited for.
    read: usize,
}

impl Person {
    /// Starts a program in a terminal of its own.
    pub fn at(mut command: Command) -> Self {
        let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let end = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let end = || Stdio::from(end.try_clone().unwrap());
        let child = command
            .env("TERM", "dumb")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        drop(command);
        let keyboard = File::from(master);
        let mut glass = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error means that nobody writes to the terminal any more.
            while let Ok(count @ 1..) = glass.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            shown: String::new(),
            read: 0,
        }
    }

    /// Waits until a text is shown that was not waited for yet.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        loop {
            if let Some(at) = self.shown[self.read..].find(text) {
                self.read += at + text.len();
                return self;
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("`{text}` is not shown:\n{}", self.shown),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.shown.push_str(&String::from_utf8_lossy(bytes).replace('\r', ""));
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) -> &mut Self {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
        self
    }

    /// Presses Ctrl-C.
    pub fn interrupts(&mut self) -> &mut Self {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self
    }

    /// Waits for the end, and gives the exit code.
    pub fn leaves(&mut self) -> Option<i32> {
        let code = self.child.wait().unwrap().code();
        while let Ok(bytes) = self.screen.recv_timeout(PATIENCE) {
            self.take(&bytes);
        }
        code
    }
}
