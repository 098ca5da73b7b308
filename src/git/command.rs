//! The one place that starts the git program.
//!
//! Calls come in two kinds. A *trusted* call runs with a fixed environment and fixed options, so that nothing which a
//! Builder or a stray configuration left behind is executed or believed (security reference 1.4). A call *as the
//! user* keeps the user's environment and configuration, for the few things that are theirs: identity, signing, and
//! the filters that their files go through on the way to disk.

mod editor;
mod variables;
mod waiting;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::fault::{self, Point};

pub(super) use editor::run_editor;

/// Why a git call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program did not start.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with another status than 0.
    #[error("`git {call}` failed: {stderr}")]
    Status {
        /// The subcommand and its first words.
        call: String,
        /// Its exit status; `None` where a signal ended it.
        code: Option<i32>,
        /// What it said.
        stderr: String,
    },
    /// It was ended before it was done, since the user wants to stop.
    #[error("`git {call}` was ended because the user wants to stop")]
    Cancelled {
        /// The subcommand and its first words.
        call: String,
    },
    /// It was ended before it was done, since it took too long.
    #[error("`git {call}` was ended because the other side was silent for too long")]
    TooSlow {
        /// The subcommand and its first words.
        call: String,
    },
    /// Its answer could not be understood.
    #[error("`git {call}` answered something unexpected: {answer}")]
    Answer {
        /// The subcommand.
        call: String,
        /// The answer.
        answer: String,
    },
}

impl GitError {
    /// What git itself said, where it said anything.
    pub fn said(&self) -> String {
        match self {
            Self::Status { stderr, .. } if !stderr.is_empty() => stderr.clone(),
            other => other.to_string(),
        }
    }
}

/// The git program that this process uses.
#[derive(Debug, Clone)]
pub struct GitProgram {
    path: PathBuf,
}

impl GitProgram {
    /// The first `git` on the path.
    pub fn find() -> Option<Self> {
        which::which("git").ok().map(|path| Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version, such as `(2, 47, 3)`.
    pub fn version(&self) -> Result<(u32, u32, u32), GitError> {
        let mut call = Call::new(self, "version");
        let text = call.text()?;
        let numbers: Vec<u32> = text
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .split(['.', ' ', '\n', '-'])
            .map_while(|part| part.parse().ok())
            .collect();
        match numbers[..] {
            [major, minor, ..] => Ok((major, minor, numbers.get(2).copied().unwrap_or(0))),
            _ => Err(GitError::Answer {
                call: "version".to_owned(),
                answer: text,
            }),
        }
    }

    /// A trusted call on a repository, without a work tree.
    pub fn trusted(&self, git_dir: &Path) -> Call {
        let mut call = Call::new(self, "");
        call.command.env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "SYSTEMROOT"] {
            if let Some(value) = std::env::var_os(name) {
                call.command.env(name, value);
            }
        }
        // No file of the machine or the user may name a program for git to run.
        call.command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1");
        // A replaced object or a graft shows another history than the one that is there.
        call.command
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null");
        // Reading must not write, and nothing may wait for a person.
        call.command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        call.arg("--git-dir").arg(git_dir);
        // Without a work tree git takes the folder it is started in for one, and reads attributes there.
        call.command.current_dir(git_dir);
        for (setting, _why) in FORCED {
            call.arg("-c").arg(setting);
        }
        call.arg("--no-pager").arg("--literal-pathspecs");
        call
    }

    /// A call that finds its repository by itself, as the user's own would.
    pub(super) fn found_from(&self, dir: &Path) -> Call {
        let mut call = Call::new(self, "");
        call.command.env("LC_ALL", "C").current_dir(dir);
        call
    }

    /// A call with the user's own environment and configuration.
    pub fn as_user(&self, git_dir: &Path, work_tree: Option<&Path>) -> Call {
        let mut call = self.for_user(git_dir, work_tree);
        // Hooks of the repository are for people's own commits; a landing is checked by its card's checks.
        call.arg("-c").arg("core.hooksPath=/dev/null");
        call.configured()
    }

    /// The same, where the repository's own hooks are what is called for.
    pub fn with_hooks(&self, git_dir: &Path, work_tree: Option<&Path>) -> Call {
        let mut call = self.for_user(git_dir, work_tree);
        match std::env::var_os("LC_ALL") {
            Some(locale) => call.command.env("LC_ALL", locale),
            None => call.command.env_remove("LC_ALL"),
        };
        call.configured()
    }

    fn for_user(&self, git_dir: &Path, work_tree: Option<&Path>) -> Call {
        let mut call = Call::new(self, "");
        // Left over from a hook, these would point the call at another repository or index.
        let ours = std::env::vars_os().map(|(name, _)| name);
        variables::forget(&mut call.command, ours);
        call.command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        call.arg("--git-dir").arg(git_dir);
        if let Some(work_tree) = work_tree {
            call.arg("--work-tree").arg(work_tree);
            call.command.current_dir(work_tree);
        }
        call
    }
}

/// Settings of every trusted call, with the reason for each.
const FORCED: [(&str, &str); 16] = [
    (
        "core.fsmonitor=false",
        "it names a program that every index read would run",
    ),
    ("core.hooksPath=/dev/null", "no hook may run on our behalf"),
    (
        "core.attributesFile=/dev/null",
        "attributes choose filters, and filters are programs",
    ),
    ("core.pager=cat", "a pager is a program"),
    ("diff.external=", "an external diff is a program"),
    ("protocol.allow=never", "nothing here speaks to another repository"),
    (
        "safe.bareRepository=explicit",
        "a folder inside the tree may look like a repository",
    ),
    ("core.commitGraph=false", "a forged commit-graph changes parents"),
    (
        "core.fsync=committed,loose-object,reference",
        "git's default survives no power cut",
    ),
    ("gc.auto=0", "housekeeping belongs to the user's own commands"),
    ("core.quotePath=false", "paths are bytes"),
    (
        "diff.orderFile=/dev/null",
        "a file outside of git sorts and may be missing",
    ),
    ("diff.renames=false", "what is a rename is a guess"),
    ("diff.ignoreSubmodules=none", "every entry of a tree counts"),
    ("log.diffMerges=separate", "a merge has as many differences as parents"),
    ("i18n.logOutputEncoding=UTF-8", "what is read is UTF-8"),
];

/// Settings of calls as the user: what lands must survive a power cut.
const DURABLE: [&str; 2] = ["core.fsync=committed,loose-object,reference", "gc.auto=0"];

/// One call of git.
#[derive(Debug)]
pub struct Call {
    command: Command,
    words: Vec<OsString>,
    input: Option<Vec<u8>>,
    held: Option<File>,
    unheard: bool,
}

impl Call {
    fn new(program: &GitProgram, subcommand: &str) -> Self {
        let mut call = Self {
            command: Command::new(&program.path),
            words: Vec::new(),
            input: None,
            held: None,
            unheard: false,
        };
        if !subcommand.is_empty() {
            call.word(subcommand);
        }
        call
    }

    fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(argument);
        self
    }

    fn configured(mut self) -> Self {
        // A monitor is a program too, and says which files need not be looked at.
        self.arg("-c").arg("core.fsmonitor=false");
        for setting in DURABLE {
            self.arg("-c").arg(setting);
        }
        self
    }

    /// Sets a configuration key for this call; before any word.
    pub fn setting(&mut self, setting: &str) -> &mut Self {
        self.arg("-c").arg(setting)
    }

    /// Adds the subcommand or one of its arguments.
    pub fn word(&mut self, word: impl AsRef<OsStr>) -> &mut Self {
        self.words.push(word.as_ref().to_owned());
        self.arg(word)
    }

    /// Adds several.
    pub fn words<W: AsRef<OsStr>>(&mut self, words: impl IntoIterator<Item = W>) -> &mut Self {
        for word in words {
            self.word(word);
        }
        self
    }

    /// Starts it in another folder.
    pub fn in_dir(&mut self, dir: &Path) -> &mut Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets a variable for this call.
    pub fn variable(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Gives it bytes to read; without, its standard input is closed.
    pub fn input(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.input = Some(bytes.into());
        self
    }

    /// Lets it hold a lock for as long as it runs, even where it outlives this process. Without input.
    pub fn holding(&mut self, lock: File) -> &mut Self {
        self.held = Some(lock);
        self
    }

    /// Throws its standard output away unread, however long it is.
    pub fn without_answer(&mut self) -> &mut Self {
        self.unheard = true;
        self
    }

    /// Runs it, whatever status it ends with.
    pub fn output(&mut self) -> Result<Output, GitError> {
        let points = self.words.first().and_then(|word| Point::of_git(word.to_str()?));
        let program = PathBuf::from(self.command.get_program());
        let failed = |source| GitError::Start {
            program: program.clone(),
            source,
        };
        if let Some((before, _)) = points {
            fault::at(before).map_err(failed)?;
        }
        let output = self.wait().map_err(failed)?;
        match points.filter(|_| output.status.success()) {
            Some((_, after)) => fault::at(after).map(|()| output).map_err(failed),
            None => Ok(output),
        }
    }

    fn wait(&mut self) -> io::Result<Output> {
        let answer = if self.unheard { Stdio::null() } else { Stdio::piped() };
        self.command.stdout(answer).stderr(Stdio::piped());
        let Some(bytes) = self.input.take() else {
            // Nobody reads it: it is the one file that a program is handed without its knowing.
            let idle = self.held.take().map_or_else(Stdio::null, Stdio::from);
            return self.command.stdin(idle).output();
        };
        let mut child = self.command.stdin(Stdio::piped()).spawn()?;
        let mut pipe = child.stdin.take();
        // Written beside the reading, so that neither side waits for the other on a full pipe. A program that does
        // not read its input to the end is no error here; its status says what it thinks.
        let writer = thread::spawn(move || {
            if let Some(pipe) = &mut pipe {
                let _ = pipe.write_all(&bytes);
            }
        });
        let output = child.wait_with_output()?;
        let _ = writer.join();
        Ok(output)
    }

    /// Runs it with its standard output in a file, however long that is; any status but 0 is an error.
    pub fn output_to(&mut self, file: File) -> Result<(), GitError> {
        let program = PathBuf::from(self.command.get_program());
        let failed = |source| GitError::Start { program, source };
        self.command.stdin(Stdio::null()).stdout(file).stderr(Stdio::piped());
        let output = self.command.output().map_err(failed)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(self.failed(&output)),
        }
    }

    /// Runs it and gives its standard output; any status but 0 is an error.
    pub fn bytes(&mut self) -> Result<Vec<u8>, GitError> {
        let output = self.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(self.failed(&output))
    }

    /// The same as text without the line's end.
    pub fn text(&mut self) -> Result<String, GitError> {
        let bytes = self.bytes()?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// The error for an output whose status is not 0.
    pub fn failed(&self, output: &Output) -> GitError {
        GitError::Status {
            call: self.shown(),
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }
    }

    /// The error for an answer that could not be understood.
    pub fn unexpected(&self, answer: &[u8]) -> GitError {
        GitError::Answer {
            call: self.shown(),
            answer: String::from_utf8_lossy(answer).into_owned(),
        }
    }

    fn shown(&self) -> String {
        let words: Vec<_> = self.words.iter().take(3).map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}
