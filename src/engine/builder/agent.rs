//! The `agent` Builder: an agent program that the harness knows. Its command line and the reading of what it prints are
//! in `domain/agent/`; here it is asked which flags its version has, run in the fence with a time of its own, and what
//! it tells becomes usage, failures of the attempt, or faults of the infrastructure.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::config::{AgentDef, AgentMode, AnswerMode, ModelProvider};
use crate::domain::agent::program::{Agent as Known, Ask, Flags, Gateway, Line, NoFlag, Proposing, Speaks, Want};
use crate::domain::agent::proposal;
use crate::domain::agent::report::{Cause, Report, Trouble};
use crate::domain::check::FenceTier;
use crate::domain::edit::Format;
use crate::domain::failure::Failure;
use crate::domain::network::Network;
use crate::domain::scope::has_wildcard;
use crate::domain::usage::{Price, Usage};
use crate::domain::words::shell_word;
use crate::model::classify;
use crate::process::{Ending, Finished, Input, Program};
use crate::proxy;

use super::{Builder, BuilderError, Built, Job, endpoint, model};

/// How many bytes no provider reads for less than a millionth of a dollar: at a cent for a million tokens.
const BYTES_FOR_A_MILLIONTH: u64 = 300;

/// Bytes of output that are kept.
const KEPT_OUTPUT: usize = 2 * 1024 * 1024;

mod installed;

/// An agent program.
pub struct Agent {
    name: String,
    definition: AgentDef,
    label: String,
    variables: Vec<String>,
}

impl Agent {
    /// A program under the Builder's name of the configuration.
    pub fn new(name: &str, definition: AgentDef) -> Self {
        let key = definition.gateway.as_deref().and_then(endpoint::key_variable);
        Self {
            name: name.to_owned(),
            label: definition.label(),
            variables: definition.env.iter().chain(key).cloned().collect(),
            definition,
        }
    }

    fn known(&self) -> Known {
        self.definition.agent
    }

    /// Runs it, and reads what it prints.
    fn run(&self, job: &Job, want: Want) -> Result<Ran, BuilderError> {
        let definition = &self.definition;
        let installed = self.installed(job)?;
        // The model, and the program that decides what the model gets to see.
        let model = definition.asked_model().unwrap_or_default();
        job.account.note_model(format!("{} {model}", installed.version).trim());
        let packet = job.tmp.join("packet.md");
        write(&packet, job.packet)?;
        let mut environment = job.environment.clone();
        let gateway = match &definition.gateway {
            None => None,
            Some(model) => {
                if let Some(variable) = endpoint::key_variable(model).filter(|name| !definition.env.contains(name)) {
                    environment.remove(variable);
                }
                Some(endpoint::gateway(model, definition.asked_model(), job)?)
            }
        };
        let (relay, asked) = gateway.map(|gateway| (gateway.relay, gateway.asked)).unzip();
        let address = relay.as_ref().map(|relay| relay.address(&proxy::address()));
        let line = self.line(job, want, &installed.flags(), &packet, address.as_deref())?;
        environment.set("HARNESS_PACKET", packet.as_os_str());
        environment.set("HARNESS_TASK", OsStr::new(job.task.as_str()));
        for (name, value) in &line.variables {
            environment.set(name, value);
        }
        for (path, text) in &line.files {
            write(Path::new(path), text)?;
        }
        let words = definition
            .run
            .iter()
            .chain(&line.arguments)
            .chain(&definition.arguments);
        let reserved = match definition.max_cost {
            // What a program costs is known only afterwards, so without a bound nothing holds it back.
            None => None,
            Some(most) => {
                let reserved = job
                    .account
                    .reserve(Some(most))
                    .map_err(|refusal| self.wrong(refusal.to_string()))?;
                // What it asks through the gateway is held against the budgets call by call.
                Some(reserved).filter(|_| relay.is_none())
            }
        };
        let finished = job.walls.run_with(
            relay,
            Program {
                argv: words.map(OsString::from).collect(),
                dir: job.view,
                environment: &environment,
                input: match line.reads_packet {
                    true => Input::Bytes(job.packet.as_bytes()),
                    false => Input::Closed,
                },
                timeout: Some(Duration::from_secs(definition.timeout_seconds)),
                keep_bytes: KEPT_OUTPUT,
                log: Some(&job.tmp.join("builder.log")),
                redactor: job.redactor,
            },
            job.cancel,
        );
        let finished = finished?;
        let report = self.known().report(&finished.stdout.text());
        let was_metered = asked.is_some_and(|asked| asked.load(Ordering::Relaxed));
        let text = report.text.as_ref().map_or(0, String::len) as u64;
        let cost = self.cost(&report.usage, job.packet.len() as u64, text);
        match reserved {
            Some(reserved) => reserved.pay(&cost),
            // The gateway has counted it, and better.
            None if was_metered => {}
            None => job.account.add(&cost),
        }
        match finished.ending {
            Ending::Cancelled => Err(BuilderError::Cancelled),
            _ => Ok(Ran { finished, report }),
        }
    }

    fn line(
        &self,
        job: &Job,
        want: Want,
        flags: &Flags,
        packet: &Path,
        address: Option<&str>,
    ) -> Result<Line, BuilderError> {
        let definition = &self.definition;
        let gateway = match (&definition.gateway, address) {
            (Some(model), Some(address)) => Some(Gateway {
                address,
                speaks: self.speaks(model.provider)?,
            }),
            _ => None,
        };
        let present: Vec<String> = job
            .files
            .iter()
            .filter(|file| !has_wildcard(file) && job.view.join(file).is_file())
            .cloned()
            .collect();
        let ask = Ask {
            want,
            packet: &packet.to_string_lossy(),
            view: &job.view.to_string_lossy(),
            tmp: &job.tmp.to_string_lossy(),
            model: definition.asked_model(),
            gateway,
            files: job.files,
            present: &present,
            held: job.walls.tier() > FenceTier::Shadow,
            hook: Some(&format!(
                "{} hook",
                shell_word(&job.walls.own_program().to_string_lossy())
            )),
            max_cost: definition.max_cost,
            flags,
        };
        self.known()
            .line(&ask)
            .map_err(|error: NoFlag| self.wrong(error.to_string()))
    }

    fn speaks(&self, provider: ModelProvider) -> Result<Speaks, BuilderError> {
        let speaks = match provider {
            ModelProvider::OpenAi => Speaks::OpenAi,
            ModelProvider::Anthropic => Speaks::Anthropic,
            ModelProvider::Ollama => Speaks::Ollama,
        };
        if self.known().speaks().contains(&speaks) {
            return Ok(speaks);
        }
        let (agent, provider) = (self.known().name(), provider.name());
        Err(self.wrong(format!(
            "{agent} does not speak to a server of the kind `{provider}`; give its gateway another model"
        )))
    }

    fn wrong(&self, why: String) -> BuilderError {
        BuilderError::Agent {
            builder: self.name.clone(),
            why,
        }
    }

    /// What it used, with the cost by the gateway's price, else as the program tells it. A program knows no price of a
    /// server that it is pointed at, and guesses. What is far too little for what was sent is not believed.
    fn cost(&self, used: &Usage, sent: u64, text: u64) -> Usage {
        let most = self.definition.max_cost;
        if let Some(model) = &self.definition.gateway {
            return used.priced_against(&model.price, most, sent, text);
        }
        let least = most.map_or(0, |_| sent / BYTES_FOR_A_MILLIONTH);
        let is_believable = |micro: &u64| *micro >= least && used.is_believable(sent, text);
        match used.micro_dollars.filter(is_believable) {
            None => used.priced(&Price::default(), most),
            Some(_) => Usage { calls: 1, ..*used },
        }
    }

    /// Why there is no work; `None` where there is.
    fn failure(&self, ran: &Ran) -> Result<Option<Failure>, BuilderError> {
        let code = match ran.finished.ending {
            Ending::Exited(code) => Some(code),
            _ => None,
        };
        match &ran.report.trouble {
            Some(trouble) if trouble.cause == Cause::Model => {
                let fault = classify::of_report(trouble.status, &trouble.said);
                match model::failure(&fault) {
                    Some(failure) => Ok(Some(failure)),
                    None => Err(BuilderError::Provider {
                        model: self.name.clone(),
                        fault,
                    }),
                }
            }
            _ if ran.finished.ending == Ending::TimedOut => Ok(Some(Failure::BuilderTimeout {
                seconds: self.definition.timeout_seconds,
            })),
            Some(Trouble { said, .. }) => Ok(Some(Failure::BuilderExit {
                code,
                excerpt: said.clone(),
            })),
            None if code == Some(0) => Ok(None),
            None => Ok(Some(Failure::BuilderExit {
                code,
                excerpt: end_of(&ran.finished.output.text()).to_owned(),
            })),
        }
    }
}

/// A program that ended, and what it told.
struct Ran {
    finished: Finished,
    report: Report,
}

impl Ran {
    /// All that it printed, and its last words behind it, where a Builder's closing is read.
    fn output(&self) -> Vec<u8> {
        let mut output = self.finished.output.to_bytes();
        for refused in &self.report.refused {
            output.extend_from_slice(format!("\nits own rules refused: {refused}").as_bytes());
        }
        if let Some(text) = &self.report.text {
            output.extend_from_slice(format!("\n\n{text}").as_bytes());
        }
        output
    }

    fn text(&self) -> Result<&str, Failure> {
        self.report.text.as_deref().ok_or_else(|| Failure::Answer {
            why: "the program ended without a last message".to_owned(),
            form: false,
        })
    }
}

/// The end of an output, as a failure quotes it.
fn end_of(text: &str) -> &str {
    const QUOTED: usize = 4 * 1024;
    let from = text.len().saturating_sub(QUOTED);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[from..]
}

fn write(path: &Path, text: &str) -> Result<(), BuilderError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|source| BuilderError::Io {
            path: path.to_owned(),
            source,
        })
}

impl Builder for Agent {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> Option<&str> {
        Some(&self.label)
    }

    fn answers_with(&self) -> AnswerMode {
        match self.definition.mode {
            AgentMode::Edit => AnswerMode::Files,
            AgentMode::Propose => AnswerMode::Stdout,
        }
    }

    fn edits(&self) -> Option<Format> {
        match self.known().proposing() {
            Proposing::Schema => Some(Format::Json),
            Proposing::Text | Proposing::Never => None,
        }
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn variables(&self) -> &[String] {
        &self.variables
    }

    fn network(&self) -> &Network {
        &self.definition.network
    }

    fn build(&self, job: &Job) -> Result<Built, BuilderError> {
        let want = match self.definition.mode {
            AgentMode::Edit => Want::Edits,
            AgentMode::Propose => Want::Proposal,
        };
        let ran = self.run(job, want)?;
        if let Some(failure) = self.failure(&ran)? {
            return Ok(Built::Failed(failure, ran.output()));
        }
        if want == Want::Edits {
            return Ok(Built::Edited(ran.output()));
        }
        Ok(match ran.text() {
            Ok(text) => Built::Answered(proposal::as_answer(text)),
            Err(failure) => Built::Failed(failure, ran.output()),
        })
    }

    fn advise(&self, job: &Job) -> Result<String, BuilderError> {
        let ran = self.run(job, Want::Text)?;
        let failure = match self.failure(&ran)? {
            Some(failure) => failure,
            None => match ran.text() {
                Ok(text) => return Ok(text.to_owned()),
                Err(failure) => failure,
            },
        };
        Err(self.wrong(failure.to_string()))
    }
}
