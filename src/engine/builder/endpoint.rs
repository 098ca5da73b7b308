//! The way to a model's server and its key, as the configuration says: for the harness's own calls, and for programs
//! that reach a server only through it.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::config::{KeySource, ModelDef, ModelProvider};
use crate::engine::walls::WallsError;
use crate::model::relay::{Relay, Terms};
use crate::model::{Endpoint, Fault, Limits, Secret, Wire};
use crate::process::{self, Ending, Input, Program};

use super::{BuilderError, Job, payer};

/// The longest that a program may take to print a key: a person may have to unlock it.
const KEY_SECONDS: u64 = 60;

/// The most bytes of a key.
const KEY_BYTES: usize = 8 * 1024;

/// The variable that holds the key, if one does.
pub(super) fn key_variable(definition: &ModelDef) -> Option<&String> {
    match &definition.key {
        Some(KeySource::Variable(variable)) => Some(variable),
        _ => None,
    }
}

/// The way, with the key. Runs the program that prints it, if the configuration names one.
pub(super) fn endpoint(definition: &ModelDef, job: &Job) -> Result<Endpoint, BuilderError> {
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
        key: key(definition, job)?,
        proxy: proxy(definition)?,
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

/// The way for a program's own requests, and whether it made any that cost something.
pub(super) struct Gateway {
    pub(super) relay: Relay,
    pub(super) asked: Arc<AtomicBool>,
}

/// The way for a program's own requests, to the model and to those that it is asked to use besides.
pub(super) fn gateway(definition: &ModelDef, asked_model: Option<&str>, job: &Job) -> Result<Gateway, BuilderError> {
    let mut models = vec![definition.model.clone()];
    models.extend(
        asked_model
            .filter(|model| *model != definition.model)
            .map(str::to_owned),
    );
    let asked = Arc::default();
    let terms = Terms {
        models,
        max_output: definition.max_output,
        payer: Arc::new(payer::Program::new(job.account, definition.price, &asked)),
    };
    let relay = Relay::new(endpoint(definition, job)?, terms).map_err(|fault| infrastructure(definition, fault))?;
    Ok(Gateway { relay, asked })
}

/// What a fault of the way means for the attempt.
pub(super) fn infrastructure(definition: &ModelDef, fault: Fault) -> BuilderError {
    match fault {
        Fault::Cancelled => BuilderError::Cancelled,
        Fault::Withheld { why } => BuilderError::NotPaid(why),
        fault => BuilderError::Provider {
            model: definition.name.clone(),
            fault,
        },
    }
}

/// The proxy. One that is no address must not become none: then everything would go out without it.
fn proxy(definition: &ModelDef) -> Result<Option<Secret>, BuilderError> {
    let Some(address) = &definition.proxy else {
        return Ok(None);
    };
    Secret::new(address).map(Some).ok_or_else(|| {
        let said = "proxy is no address of a proxy".to_owned();
        infrastructure(definition, Fault::Setup { said })
    })
}

fn key(definition: &ModelDef, job: &Job) -> Result<Option<Secret>, BuilderError> {
    let text = match &definition.key {
        None => return Ok(None),
        Some(KeySource::Variable(variable)) => job
            .environment
            .get(variable)
            .and_then(OsStr::to_str)
            .map(str::to_owned)
            .ok_or_else(|| no_key(definition, format!("the variable {variable} is not set, or is no text")))?,
        Some(KeySource::Command(argv)) => printed_key(definition, job, argv)?,
    };
    let first = text.lines().next().unwrap_or_default();
    // Whatever its source is called, and before it is used.
    job.keys.add(first.trim());
    match Secret::new(first) {
        Some(key) => Ok(Some(key)),
        None => {
            let why = "what its source gives is empty, or holds what no key holds".to_owned();
            Err(no_key(definition, why))
        }
    }
}

fn printed_key(definition: &ModelDef, job: &Job, argv: &[String]) -> Result<String, BuilderError> {
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
    let no_key = |why| Err(no_key(definition, why));
    match finished.ending {
        Ending::Exited(0) => Ok(finished.stdout.text()),
        Ending::Cancelled => Err(BuilderError::Cancelled),
        Ending::TimedOut => no_key(format!("`{program}` printed none within {KEY_SECONDS} s")),
        Ending::Exited(code) => no_key(format!("`{program}` ended with status {code}")),
        Ending::Signalled(signal) => no_key(format!("`{program}` was ended by signal {signal}")),
    }
}

fn no_key(definition: &ModelDef, why: String) -> BuilderError {
    BuilderError::NoKey {
        model: definition.name.clone(),
        why,
    }
}
