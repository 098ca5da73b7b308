//! The `model` Builder: the packet goes to a model over HTTP, and its answer holds the edits. Which calls are made
//! again, and what a fault means, is known by `model/`; here faults become failed attempts or faults of the
//! infrastructure, which count for nothing.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use crate::config::{AnswerMode, KeySource, ModelDef, ModelProvider};
use crate::domain::failure::Failure;
use crate::domain::usage::Usage;
use crate::engine::walls::WallsError;
use crate::model::retry::{self, Pace};
use crate::model::{Answer, Endpoint, Fault, Limits, ProviderError, Request, Secret, Surroundings, Wire, provider};
use crate::process::{self, Ending, Input, Program};

use super::{Builder, BuilderError, Built, Job};

/// The longest that a program may take to print a key: a person may have to unlock it.
const KEY_SECONDS: u64 = 60;

/// The most bytes of a key.
const KEY_BYTES: usize = 8 * 1024;

/// A model.
pub struct Model {
    name: String,
    definition: ModelDef,
    label: String,
    variables: Vec<String>,
}

impl Model {
    /// A model under the Builder's name of the configuration.
    pub fn new(name: &str, definition: ModelDef) -> Self {
        let variables = match &definition.key {
            Some(KeySource::Variable(variable)) => vec![variable.clone()],
            _ => Vec::new(),
        };
        Self {
            name: name.to_owned(),
            label: format!("{}:{}", definition.provider.name(), definition.model),
            definition,
            variables,
        }
    }

    fn ask(&self, job: &Job) -> Result<Answer, Asked> {
        let endpoint = self.endpoint(job).map_err(Asked::NoKey)?;
        let definition = &self.definition;
        let request = Request {
            system: None,
            prompt: job.packet.to_owned(),
            context: definition.context,
            max_output: definition.max_output,
            temperature: definition.temperature_milli.map(|milli| f64::from(milli) / 1000.0),
            seed: definition.seed,
            think: definition.think,
            cache: definition.cache,
        };
        let around = Surroundings {
            clock: job.clock,
            cancel: job.cancel,
            progress: &|progress| (job.progress)(Some(progress)),
        };
        let answered = retry::complete(&*provider(endpoint), &request, &Pace::default(), &around);
        (job.progress)(None);
        let usage = match &answered {
            Ok(answer) => &answer.usage,
            Err(error) => &error.usage,
        };
        job.spent.add(&self.with_cost(usage));
        answered.map_err(Asked::Failed)
    }

    fn with_cost(&self, usage: &Usage) -> Usage {
        Usage {
            micro_dollars: self.definition.price.of(usage),
            ..*usage
        }
    }

    fn endpoint(&self, job: &Job) -> Result<Endpoint, BuilderError> {
        let definition = &self.definition;
        let standard = Limits::default();
        let or = |seconds: Option<u64>, standard| seconds.map_or(standard, Duration::from_secs);
        Ok(Endpoint {
            wire: match definition.provider {
                ModelProvider::OpenAi => Wire::OpenAi,
                ModelProvider::Ollama => Wire::Ollama,
                ModelProvider::Anthropic => Wire::Anthropic,
            },
            base_url: definition
                .base_url
                .clone()
                .unwrap_or_else(|| definition.provider.base_url().to_owned()),
            model: definition.model.clone(),
            key: self.key(job)?,
            proxy: self.proxy()?,
            plain_http: definition.plain_http,
            limits: Limits {
                connect: or(definition.seconds.connect, standard.connect),
                first_byte: or(definition.seconds.first_byte, standard.first_byte),
                stall: or(definition.seconds.stall, standard.stall),
                total: or(definition.seconds.total, standard.total),
                answer_bytes: standard.answer_bytes,
            },
        })
    }

    /// The proxy. One that is no address must not become none: then everything would go out without it.
    fn proxy(&self) -> Result<Option<Secret>, BuilderError> {
        let Some(address) = &self.definition.proxy else {
            return Ok(None);
        };
        Secret::new(address).map(Some).ok_or_else(|| {
            let said = "proxy is no address of a proxy".to_owned();
            self.infrastructure(Fault::Setup { said })
        })
    }

    fn key(&self, job: &Job) -> Result<Option<Secret>, BuilderError> {
        let text = match &self.definition.key {
            None => return Ok(None),
            Some(KeySource::Variable(variable)) => job
                .environment
                .get(variable)
                .and_then(OsStr::to_str)
                .map(str::to_owned)
                .ok_or_else(|| self.no_key(format!("the variable {variable} is not set, or is no text")))?,
            Some(KeySource::Command(argv)) => self.printed_key(job, argv)?,
        };
        let first = text.lines().next().unwrap_or_default();
        match Secret::new(first) {
            Some(key) => Ok(Some(key)),
            None => Err(self.no_key("what its source gives is empty, or holds what no key holds".to_owned())),
        }
    }

    fn printed_key(&self, job: &Job, argv: &[String]) -> Result<String, BuilderError> {
        let finished = process::run(
            &Program {
                argv: argv.iter().map(OsString::from).collect(),
                // Whatever lies in the view is the repository's, and this program is the user's.
                dir: Path::new("/"),
                environment: job.environment,
                input: Input::Closed,
                timeout: Some(Duration::from_secs(KEY_SECONDS)),
                keep_bytes: KEY_BYTES,
                log: None,
                redactor: job.redactor,
            },
            job.cancel,
        )
        .map_err(WallsError::Start)?;
        let program = argv.first().map(String::as_str).unwrap_or_default();
        match finished.ending {
            Ending::Exited(0) => Ok(finished.stdout.text()),
            Ending::Cancelled => Err(BuilderError::Cancelled),
            Ending::TimedOut => Err(self.no_key(format!("`{program}` printed none within {KEY_SECONDS} s"))),
            Ending::Exited(code) => Err(self.no_key(format!("`{program}` ended with status {code}"))),
            Ending::Signalled(signal) => Err(self.no_key(format!("`{program}` was ended by signal {signal}"))),
        }
    }

    fn no_key(&self, why: String) -> BuilderError {
        BuilderError::NoKey {
            model: self.definition.name.clone(),
            why,
        }
    }

    fn infrastructure(&self, fault: Fault) -> BuilderError {
        match fault {
            Fault::Cancelled => BuilderError::Cancelled,
            fault => BuilderError::Provider {
                model: self.definition.name.clone(),
                fault,
            },
        }
    }
}

/// Why there is no answer.
enum Asked {
    NoKey(BuilderError),
    Failed(ProviderError),
}

/// The failure of an attempt that a fault stands for; `None` where the Builder is not to blame.
fn failure(fault: &Fault) -> Option<Failure> {
    match fault {
        Fault::ContextOverflow { .. } => Some(Failure::PacketTooLarge {
            what: fault.to_string(),
        }),
        Fault::TimedOut { limit } => Some(Failure::BuilderTimeout {
            seconds: limit.as_secs(),
        }),
        Fault::Truncated { .. } | Fault::Runaway { .. } => Some(Failure::Answer {
            why: format!("{fault}; nothing of it is applied. Answer with what changes only, and with no more words"),
        }),
        Fault::Empty { .. } | Fault::Refused { .. } => Some(Failure::Answer { why: fault.to_string() }),
        _ => None,
    }
}

impl Builder for Model {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> Option<&str> {
        Some(&self.label)
    }

    fn answers_with(&self) -> AnswerMode {
        AnswerMode::Stdout
    }

    fn variables(&self) -> &[String] {
        &self.variables
    }

    fn build(&self, job: &Job) -> Result<Built, BuilderError> {
        match self.ask(job) {
            Ok(answer) => Ok(Built::Answered(answer.text)),
            Err(Asked::NoKey(error)) => Err(error),
            Err(Asked::Failed(error)) => match failure(&error.fault) {
                Some(failure) => Ok(Built::Failed(failure, error.partial.into_bytes())),
                None => Err(self.infrastructure(error.fault)),
            },
        }
    }

    fn advise(&self, job: &Job) -> Result<String, BuilderError> {
        match self.ask(job) {
            Ok(answer) => Ok(answer.text),
            Err(Asked::NoKey(error)) => Err(error),
            Err(Asked::Failed(error)) => Err(self.infrastructure(error.fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_model_did_wrong_fails_its_attempt() {
        let said = String::new;
        for (fault, wanted) in [
            (
                Fault::ContextOverflow {
                    said: said(),
                    window: None,
                },
                Some("packet_too_large"),
            ),
            (
                Fault::TimedOut {
                    limit: Duration::from_secs(9),
                },
                Some("builder_timeout"),
            ),
            (Fault::Truncated { why: said() }, Some("answer")),
            (Fault::Runaway { limit: 1 }, Some("answer")),
            (Fault::Empty { thought: true }, Some("answer")),
            (Fault::Refused { said: said() }, Some("answer")),
            (
                Fault::RateLimited {
                    wait: None,
                    said: said(),
                },
                None,
            ),
            (Fault::Quota { said: said() }, None),
            (
                Fault::Overloaded {
                    wait: None,
                    said: said(),
                },
                None,
            ),
            (Fault::Transient { why: said() }, None),
            (Fault::Auth { said: said() }, None),
            (Fault::Setup { said: said() }, None),
            (Fault::Garbled { why: said() }, None),
            (Fault::Cancelled, None),
        ] {
            assert_eq!(failure(&fault).as_ref().map(Failure::class), wanted, "{fault:?}");
        }
    }
}
