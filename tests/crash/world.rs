//! Worlds: a repository with a home of its own in a place that stays the same, so that it can be put back as it was
//! any number of times.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::place::place;

/// What every script begins with.
const PRELUDE: &str = include_str!("prelude.sh");

/// The exit code by which a shell tells that its program was killed.
pub const KILLED: i32 = 128 + 9;

/// A repository, a home, and everything that a case may touch.
pub struct World {
    /// Holds the home, slots and scripts.
    beside: tempfile::TempDir,
    /// Holds the repositories.
    repos: tempfile::TempDir,
}

/// How a script ended.
#[derive(Debug)]
pub struct Said {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code; that of a signal as shells tell it.
    pub code: i32,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let signal = output.status.signal().map_or(-1, |signal| 128 + signal);
        Self {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(signal),
        }
    }
}

impl World {
    /// A world that a script has made.
    pub fn new(prepare: &str) -> Self {
        Self::new_in(place(), place(), prepare)
    }

    /// The same with its two halves in folders of one's choice.
    pub fn new_in(beside: &Path, repos: &Path, prepare: &str) -> Self {
        let new = |dir: &Path| tempfile::Builder::new().prefix("crash-").tempdir_in(dir).unwrap();
        let world = Self {
            beside: new(beside),
            repos: new(repos),
        };
        fs::create_dir_all(world.root().join("home")).unwrap();
        fs::create_dir_all(world.repo()).unwrap();
        let said = world.sh(prepare, &[]);
        assert_eq!(said.code, 0, "the world was not made\n{}\n{}", said.out, said.err);
        for dir in [&world.beside, &world.repos] {
            copy(&dir.path().join("w"), &dir.path().join("kept"));
        }
        world
    }

    /// Puts everything back as it was made.
    pub fn restore(&self) {
        for dir in [&self.beside, &self.repos] {
            fs::remove_dir_all(dir.path().join("w")).unwrap();
            copy(&dir.path().join("kept"), &dir.path().join("w"));
        }
        // A copied clone writes under another name; this one is the old one come back.
        let ledger = self.repo().join(".git/harness");
        let Ok(writer) = fs::read_to_string(ledger.join("writer")) else {
            return;
        };
        let folder = fs::metadata(&ledger).unwrap();
        let (place, _) = writer.trim_end().rsplit_once(' ').unwrap();
        let writer = format!("{place} {}:{}\n", folder.dev(), folder.ino());
        fs::write(ledger.join("writer"), writer).unwrap();
    }

    /// Copies everything as it stands into a new folder, for somebody to look at.
    pub fn copy_to(&self, place: &Path) {
        fs::create_dir_all(place).unwrap();
        copy(&self.root(), &place.join("home"));
        copy(&self.repo(), &place.join("repo"));
    }

    /// The folder that holds the home and scripts.
    pub fn root(&self) -> PathBuf {
        self.beside.path().join("w")
    }

    /// The folder that holds the repository.
    pub fn repos(&self) -> PathBuf {
        self.repos.path().join("w")
    }

    /// The repository.
    pub fn repo(&self) -> PathBuf {
        self.repos().join("repo")
    }

    /// A file beside the world, which no restoring takes away.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.beside.path().join(name)
    }

    /// A script in the repository, to be started.
    pub fn command(&self, script: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{PRELUDE}\n{script}")])
            .current_dir(self.repo())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("W", self.root())
            .env("R", self.repos())
            .env("H", program())
            .env("HOME", self.root().join("home"))
            .env("XDG_CACHE_HOME", self.root().join("cache"))
            .env("XDG_CONFIG_HOME", self.root().join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied());
        command
    }

    /// Runs a script in the repository.
    pub fn sh(&self, script: &str, variables: &[(&str, &str)]) -> Said {
        self.command(script, variables).output().unwrap().into()
    }

    /// Starts a script in the repository.
    pub fn start(&self, script: &str, variables: &[(&str, &str)]) -> Child {
        let mut command = self.command(script, variables);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs git in the repository; it has to succeed.
    pub fn git(&self, words: &str) -> String {
        let said = self.sh(&format!("git {words}"), &[]);
        assert_eq!(said.code, 0, "git {words}\n{}{}", said.out, said.err);
        said.out
    }

    /// The processes that belong to this world, by their environment or the folder they are in.
    pub fn processes(&self) -> Vec<String> {
        let mark = format!("W={}\0", self.root().display());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let process = entry.path();
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            let holds = |text: &str| environment.windows(text.len()).any(|part| part == text.as_bytes());
            let is_inside = fs::read_link(process.join("cwd"))
                .is_ok_and(|dir| dir.starts_with(self.root()) || dir.starts_with(self.repos()));
            if is_inside || holds(&mark) {
                let words = fs::read(process.join("cmdline")).unwrap_or_default();
                found.push(format!(
                    "{} {}",
                    entry.file_name().to_string_lossy(),
                    String::from_utf8_lossy(&words).replace('\0', " ")
                ));
            }
        }
        found
    }

    /// Their numbers.
    pub fn pids(&self) -> Vec<i32> {
        let processes = self.processes();
        let first = |process: &String| process.split(' ').next()?.parse().ok();
        processes.iter().filter_map(first).collect()
    }

    /// Whether one of this world's processes waits for a lock that another one holds.
    pub fn somebody_waits(&self) -> bool {
        let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
        let waiting: Vec<&str> = locks
            .lines()
            .filter_map(|line| line.split_once("-> ")?.1.split_whitespace().nth(3))
            .collect();
        let ours = self.processes();
        ours.iter()
            .any(|process| waiting.contains(&process.split(' ').next().unwrap_or_default()))
    }

    /// Every file below a folder of the repository's git folder, by its path in it.
    pub fn files_of_git(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        files(&self.repo().join(".git").join(below), &mut found);
        found.sort();
        found
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            _ => found.push(entry.path()),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success());
}

/// The program: the one that was built with this, or `GIT_HARNESS`.
fn program() -> std::ffi::OsString {
    std::env::var_os("GIT_HARNESS").unwrap_or_else(|| env!("CARGO_BIN_EXE_git-harness").into())
}
