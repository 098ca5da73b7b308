//! The `command` Builder: any program. It gets the packet on its standard input and in a file, works in a view that
//! is thrown away, and is ended with its whole process group when its time is up.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::time::Duration;

use crate::config::{AnswerMode, BuilderDef, BuilderKind};
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::network::Network;
use crate::process::{Ending, Finished, Input, Program};
use crate::proxy;

use super::{Builder, BuilderError, Built, Job, endpoint};

/// Bytes of output that are kept of a Builder.
const KEPT_OUTPUT: usize = 512 * 1024;

/// Bytes of output that a failure quotes.
const QUOTED_OUTPUT: usize = 4 * 1024;

/// A program.
pub struct Command {
    definition: BuilderDef,
    /// What it may see, and what holds the key that it may not see.
    variables: Vec<String>,
}

impl Command {
    /// A program as the configuration, or `exec`, describes it.
    pub fn new(definition: BuilderDef) -> Self {
        let variables = match &definition.kind {
            BuilderKind::Command { env, gateway, .. } => {
                let key = gateway.as_deref().and_then(endpoint::key_variable);
                env.iter().chain(key).cloned().collect()
            }
            _ => Vec::new(),
        };
        Self { definition, variables }
    }

    fn start(&self, job: &Job) -> Result<Finished, BuilderError> {
        let BuilderKind::Command {
            run,
            timeout_seconds,
            env,
            gateway,
            ..
        } = &self.definition.kind
        else {
            return Err(BuilderError::Person(job.task.to_string()));
        };
        let packet_file = job.tmp.join("packet.md");
        fs::write(&packet_file, job.packet).map_err(|source| BuilderError::Io {
            path: packet_file.clone(),
            source,
        })?;
        let mut environment = job.environment.clone();
        let relay = match gateway {
            None => None,
            Some(model) => {
                if let Some(variable) = endpoint::key_variable(model).filter(|name| !env.contains(name)) {
                    environment.remove(variable);
                }
                Some(endpoint::gateway(model, None, job)?.relay)
            }
        };
        let address = relay.as_ref().map(|relay| relay.address(&proxy::address()));
        environment.set("HARNESS_PACKET", packet_file.as_os_str());
        environment.set("HARNESS_TASK", OsStr::new(job.task.as_str()));
        let argv = run
            .iter()
            .map(|argument| match &address {
                Some(address) => argument.replace("{gateway}", address),
                None => argument.clone(),
            })
            .map(|argument| with_packet(&argument, packet_file.as_os_str()))
            .collect();
        let finished = job.walls.run_with(
            relay,
            Program {
                argv,
                dir: job.view,
                environment: &environment,
                input: Input::Bytes(job.packet.as_bytes()),
                timeout: Some(Duration::from_secs(*timeout_seconds)),
                keep_bytes: KEPT_OUTPUT,
                log: Some(&job.tmp.join("builder.log")),
                redactor: job.redactor,
            },
            job.cancel,
        )?;
        match finished.ending {
            Ending::Cancelled => Err(BuilderError::Cancelled),
            _ => Ok(finished),
        }
    }

    fn failure(&self, finished: &Finished) -> Option<Failure> {
        let excerpt = || {
            let text = finished.output.text();
            let from = text.len().saturating_sub(QUOTED_OUTPUT);
            let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text[from..].to_owned()
        };
        match finished.ending {
            Ending::Exited(0) => None,
            Ending::Exited(code) => Some(Failure::BuilderExit {
                code: Some(code),
                excerpt: excerpt(),
            }),
            Ending::TimedOut => Some(Failure::BuilderTimeout {
                seconds: match self.definition.kind {
                    BuilderKind::Command { timeout_seconds, .. } => timeout_seconds,
                    _ => 0,
                },
            }),
            Ending::Signalled(_) | Ending::Cancelled => Some(Failure::BuilderExit {
                code: None,
                excerpt: excerpt(),
            }),
        }
    }
}

/// Replaces `{packet}` in an argument by the packet's file.
fn with_packet(argument: &str, file: &OsStr) -> OsString {
    let mut parts = argument.split("{packet}");
    let mut whole = OsString::from(parts.next().unwrap_or_default());
    for part in parts {
        whole.push(file);
        whole.push(part);
    }
    whole
}

impl Builder for Command {
    fn name(&self) -> &str {
        &self.definition.name
    }

    fn model(&self) -> Option<&str> {
        match &self.definition.kind {
            BuilderKind::Command { model, .. } => model.as_deref(),
            _ => None,
        }
    }

    fn edits(&self) -> Option<Format> {
        match self.definition.kind {
            BuilderKind::Command { edits, .. } => edits,
            _ => None,
        }
    }

    fn variables(&self) -> &[String] {
        &self.variables
    }

    fn network(&self) -> &Network {
        match &self.definition.kind {
            BuilderKind::Command { network, .. } => network,
            _ => &Network::None,
        }
    }

    fn answers_with(&self) -> AnswerMode {
        match self.definition.kind {
            BuilderKind::Command { answer, .. } => answer,
            _ => AnswerMode::Files,
        }
    }

    fn build(&self, job: &Job) -> Result<Built, BuilderError> {
        let finished = self.start(job)?;
        if let Some(failure) = self.failure(&finished) {
            return Ok(Built::Failed(failure, finished.output.to_bytes()));
        }
        Ok(match self.answers_with() {
            AnswerMode::Files => Built::Edited(finished.output.to_bytes()),
            AnswerMode::Stdout if finished.stdout.dropped > 0 => Built::Failed(
                Failure::Answer {
                    why: format!("the answer is longer than {KEPT_OUTPUT} bytes and was cut; nothing of it is applied"),
                    form: false,
                },
                finished.output.to_bytes(),
            ),
            AnswerMode::Stdout => Built::Answered(finished.stdout.text()),
        })
    }

    fn advise(&self, job: &Job) -> Result<String, BuilderError> {
        let finished = self.start(job)?;
        match self.failure(&finished) {
            None => Ok(finished.stdout.text()),
            Some(failure) => Err(BuilderError::Io {
                path: self.definition.name.clone().into(),
                source: std::io::Error::other(failure.to_string()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_file_takes_its_place_in_an_argument() {
        assert_eq!(with_packet("--file={packet}", OsStr::new("/p")), "--file=/p");
        assert_eq!(with_packet("plain", OsStr::new("/p")), "plain");
        assert_eq!(with_packet("{packet}{packet}", OsStr::new("/p")), "/p/p");
    }
}
