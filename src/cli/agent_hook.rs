//! `hook claude|codex|gemini|cursor`: what agent programs call before they edit a file. What anything means to them is
//! in `domain/agent/`.

use std::ffi::OsStr;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::domain::agent::hook::{Caller, read_call};
use crate::domain::agent::reply::{Reply, allow, deny};
use crate::engine::early::{self, EarlyError, SCOPE};

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::shown;

/// The most bytes that are read of a call: an edit carries whole files.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Runs the hook of a program.
pub fn main(caller: Caller, context: &Context) -> ExitCode {
    let reply = match refusal(caller, context) {
        Ok(None) => allow(caller),
        Ok(Some(reason)) => deny(caller, &shown(&reason)),
        // Nobody knows whether the edit is in scope, so it does not happen.
        Err(error) => deny(caller, &shown(&unjudged(&error))),
    };
    say(&reply);
    ExitCode::from(reply.status)
}

/// Why an edit must not happen.
fn refusal(caller: Caller, context: &Context) -> Result<Option<String>, CliError> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let message = format!("this is for {} to call, before it edits a file", caller.name());
        return Err(CliError::new(Exit::Usage, message).hint("`git harness init --agents` tells it to"));
    }
    let mut bytes = Vec::new();
    stdin.lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        let message = format!("{} sent more than {} MiB", caller.name(), MOST_BYTES >> 20);
        return Err(CliError::new(Exit::Refused, message));
    }
    let Some(call) = read_call(caller, &bytes).map_err(|error| CliError::new(Exit::Refused, error.to_string()))? else {
        return Ok(None);
    };
    let here = std::env::current_dir()?;
    let left = context.variables.get(OsStr::new(SCOPE)).map(Path::new);
    let found = early::judge(&call, &here, left, |git| context.reading_engine_of(git))?;
    Ok(found.map(|refusal| refusal.to_string()))
}

fn unjudged(error: &CliError) -> String {
    let mut text = format!(
        "git-harness: this edit is refused, since it cannot be judged: {}",
        error.message
    );
    if let Some(hint) = &error.hint {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}

/// Errors of writing mean that nobody listens any more; the status still says it all.
fn say(reply: &Reply) {
    let _ = std::io::stderr().write_all(reply.stderr.as_bytes());
    let _ = std::io::stdout().write_all(reply.stdout.as_bytes());
}

impl From<EarlyError> for CliError {
    fn from(error: EarlyError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}
