//! The `replay` Builder: answers from files, for demonstrations, tests and benchmarks. It says so wherever its name
//! is shown; everything behind the answer is real.
//!
//! `DIR/<task>/<n>.md` answers attempt `n` of a task; `DIR/<task>/architect-<n>.md` answers the `n`th question about
//! it, counted by the file names that are there.

use std::fs;
use std::path::PathBuf;

use crate::config::AnswerMode;

use super::{Builder, BuilderError, Built, Job};

/// A folder of recorded answers.
pub struct Replay {
    name: String,
    dir: PathBuf,
}

impl Replay {
    /// A recording under the Builder's name of the configuration.
    pub fn new(name: &str, dir: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            dir,
        }
    }

    fn read(&self, job: &Job, file: &str) -> Result<String, BuilderError> {
        let path = self.dir.join(job.task.as_str()).join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(BuilderError::NoRecording { path }),
            Err(source) => Err(BuilderError::Io { path, source }),
        }
    }
}

impl Builder for Replay {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> Option<&str> {
        None
    }

    fn answers_with(&self) -> AnswerMode {
        AnswerMode::Stdout
    }

    fn build(&self, job: &Job) -> Result<Built, BuilderError> {
        self.read(job, &format!("{}.md", job.number)).map(Built::Answered)
    }

    fn advise(&self, job: &Job) -> Result<String, BuilderError> {
        self.read(job, &format!("architect-{}.md", job.number))
    }
}
