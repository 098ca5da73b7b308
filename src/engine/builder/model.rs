//! The `model` Builder: the packet goes to a model over HTTP, and its answer holds the edits. Which calls are made
//! again, and what a fault means, is known by `model/`; here faults become failed attempts or faults of the
//! infrastructure, which count for nothing.

use std::cell::RefCell;

use crate::config::{AnswerMode, ModelDef};
use crate::domain::budget::worst_case;
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::packet::Window;
use crate::domain::usage::{Price, Usage};
use crate::engine::purse::{Account, Reserved};
use crate::model::retry::{self, Pace};
use crate::model::{Answer, Fault, Meter, ProviderError, Request, Surroundings, provider};

use super::{Builder, BuilderError, Built, Job, endpoint};

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
        let variables = endpoint::key_variable(&definition).cloned().into_iter().collect();
        Self {
            name: name.to_owned(),
            label: format!("{}:{}", definition.provider.name(), definition.model),
            definition,
            variables,
        }
    }

    fn ask(&self, job: &Job) -> Result<Answer, Asked> {
        let endpoint = endpoint::endpoint(&self.definition, job).map_err(Asked::NoKey)?;
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
            meter: &Paid {
                account: job.account,
                price: &definition.price,
                worst: self.worst_case(job.packet),
                sent: job.packet.len() as u64,
                reserved: RefCell::default(),
            },
        };
        let answered = retry::complete(&*provider(endpoint), &request, &Pace::default(), &around);
        (job.progress)(None);
        if let Some(model) = answered.as_ref().ok().and_then(|answer| answer.model.as_ref()) {
            job.account.note_model(model);
        }
        answered.map_err(Asked::Failed)
    }

    /// The most that one call with a packet can cost, in micro-dollars.
    fn worst_case(&self, packet: &str) -> Option<u64> {
        worst_case(&self.definition.price, most_tokens(packet), self.definition.max_output?)
    }

    fn infrastructure(&self, fault: Fault) -> BuilderError {
        endpoint::infrastructure(&self.definition, fault)
    }
}

/// A text's tokens at the most that any vocabulary makes of code and prose: half of its bytes.
const fn most_tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(2) + MESSAGE
}

/// What a server puts round a message, in tokens, at the most.
const MESSAGE: u64 = 64;

/// Of how many parts of a window one is kept free for the answer where nothing is said of it.
const ANSWER_PART: u64 = 4;

/// Whoever pays for a model's calls.
struct Paid<'a> {
    account: &'a Account,
    price: &'a Price,
    worst: Option<u64>,
    /// Bytes of the question.
    sent: u64,
    reserved: RefCell<Option<Reserved>>,
}

impl Paid<'_> {
    fn pay(&self, used: &Usage) {
        match self.reserved.take() {
            Some(reserved) => reserved.pay(used),
            None => self.account.add(used),
        }
    }
}

impl Meter for Paid<'_> {
    fn before(&self) -> Result<(), String> {
        let reserved = self
            .account
            .reserve(self.worst)
            .map_err(|refusal| refusal.to_string())?;
        self.reserved.replace(Some(reserved));
        Ok(())
    }

    fn answered(&self, used: &Usage, text: u64) {
        self.pay(&used.priced_against(self.price, self.worst, self.sent, text));
    }

    fn failed(&self, error: &ProviderError) {
        if error.was_taken_up() {
            self.answered(&error.usage, error.partial.len() as u64);
        } else {
            self.pay(&Usage::nothing());
        }
    }
}

/// Why there is no answer.
enum Asked {
    NoKey(BuilderError),
    Failed(ProviderError),
}

/// The failure of an attempt that a fault stands for; `None` where the Builder is not to blame.
pub(super) fn failure(fault: &Fault) -> Option<Failure> {
    match fault {
        Fault::ContextOverflow { .. } => Some(Failure::PacketTooLarge {
            what: fault.to_string(),
        }),
        Fault::TimedOut { limit } => Some(Failure::BuilderTimeout {
            seconds: limit.as_secs(),
        }),
        Fault::Truncated { .. } | Fault::Runaway { .. } => Some(Failure::Answer {
            why: format!("{fault}; nothing of it is applied. Answer with what changes only, and with no more words"),
            form: false,
        }),
        Fault::Empty { .. } | Fault::Refused { .. } => Some(Failure::Answer {
            why: fault.to_string(),
            form: false,
        }),
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

    fn edits(&self) -> Option<Format> {
        self.definition.edits
    }

    fn window(&self) -> Option<Window> {
        let context = self.definition.context?;
        Some(Window {
            model: self.label.clone(),
            context,
            max_output: self.definition.max_output.unwrap_or(context / ANSWER_PART),
        })
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
    use std::time::Duration;

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
