//! The `manual` Builder: whoever sits in this worktree. The default, so that the tool is useful with no model.

use crate::config::AnswerMode;

use super::{Builder, BuilderError, Built, Job};

/// A person.
pub struct Manual {
    name: String,
}

impl Manual {
    /// A person under the Builder's name of the configuration.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}

impl Builder for Manual {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> Option<&str> {
        None
    }

    fn answers_with(&self) -> AnswerMode {
        AnswerMode::Files
    }

    fn is_person(&self) -> bool {
        true
    }

    fn build(&self, job: &Job) -> Result<Built, BuilderError> {
        Err(BuilderError::Person(job.task.to_string()))
    }

    fn advise(&self, job: &Job) -> Result<String, BuilderError> {
        Err(BuilderError::Person(job.task.to_string()))
    }
}
