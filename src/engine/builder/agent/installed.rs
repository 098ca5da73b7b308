//! Which version of an agent program is installed, and which flags it knows: asked of the program itself, inside the
//! fence, and remembered until its file changes.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::agent::program::Flags;
use crate::process::{Ending, Environment, Finished, Input, Program, find_program};

use super::{Agent, BuilderError, Job, end_of};

/// How long a program may take to print its help.
const HELP_SECONDS: u64 = 60;

/// Bytes of a help text that are read.
const HELP_BYTES: usize = 256 * 1024;

/// A program's version and help.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Installed {
    pub(super) version: String,
    help: String,
}

impl Installed {
    /// The flags that its help names.
    pub(super) fn flags(&self) -> Flags {
        Flags::of(&self.help)
    }
}

impl Agent {
    /// What is installed: its version and its help, from the cache where it is the same file as before.
    pub(super) fn installed(&self, job: &Job) -> Result<Installed, BuilderError> {
        const KIND: &str = "agents";
        let key = self.fingerprint(job);
        let known = key.as_ref().and_then(|key| job.caches.get(KIND, key));
        if let Some(installed) = known.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok(installed);
        }
        let help: Vec<&str> = self.known().command().into_iter().chain(["--help"]).collect();
        let version = self.say(job, &["--version"])?;
        let installed = Installed {
            help: self.say(job, &help)?,
            version: version
                .lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or_default()
                .trim()
                .to_owned(),
        };
        if let (Some(key), Ok(bytes)) = (key, serde_json::to_vec(&installed)) {
            job.caches.put(KIND, &key, &bytes);
        }
        Ok(installed)
    }

    /// What tells one installation from another; `None` where its file cannot be looked at.
    fn fingerprint(&self, job: &Job) -> Option<String> {
        let path = job.environment.get("PATH");
        let file = find_program(self.definition.run.first()?, path)?.canonicalize().ok()?;
        let about = fs::metadata(&file).ok()?;
        let words = self.definition.run.join("\0");
        Some(format!(
            "{words}\0{}\0{}\0{}.{}",
            file.display(),
            about.len(),
            about.mtime(),
            about.mtime_nsec()
        ))
    }

    /// What it prints, without network. Some want to write to the home folder first, which they may not; those get
    /// another one.
    fn say(&self, job: &Job, arguments: &[&str]) -> Result<String, BuilderError> {
        let mut finished = self.say_with(job, arguments, job.environment)?;
        if matches!(finished.ending, Ending::Exited(1..) | Ending::Signalled(_)) {
            let mut environment = job.environment.clone();
            environment.set("HOME", job.tmp);
            environment.remove("XDG_CACHE_HOME");
            finished = self.say_with(job, arguments, &environment)?;
        }
        match finished.ending {
            Ending::Exited(0) => Ok(finished.output.text()),
            Ending::Cancelled => Err(BuilderError::Cancelled),
            Ending::TimedOut => Err(self.wrong(format!("it printed no help within {HELP_SECONDS} s"))),
            Ending::Exited(_) | Ending::Signalled(_) => {
                let (words, said) = (arguments.join(" "), finished.output.text());
                let name = self.definition.agent.name();
                Err(self.wrong(format!("`{name} {words}` failed: {}", end_of(&said).trim())))
            }
        }
    }

    fn say_with(&self, job: &Job, arguments: &[&str], environment: &Environment) -> Result<Finished, BuilderError> {
        let words = self.definition.run.iter().map(OsString::from);
        let program = Program {
            argv: words.chain(arguments.iter().map(OsString::from)).collect(),
            dir: job.view,
            environment,
            input: Input::Closed,
            timeout: Some(Duration::from_secs(HELP_SECONDS)),
            keep_bytes: HELP_BYTES,
            log: None,
            redactor: job.redactor,
        };
        Ok(job.walls.run(program, job.cancel)?)
    }
}
