//! `hook <name>`: what git and agent programs call. Its arguments are git's, so they are not parsed like a person's.

mod commit;
mod made;
mod push;
mod settings;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::domain::agent::hook::Caller;
use crate::domain::failure::Failure;
use crate::engine::Engine;
use crate::engine::attended::{self, Candidate, Open};
use crate::engine::project::Project;
use crate::git::Commit;

use super::agent_hook;
use super::context::{Context, Telling};
use super::error::CliError;
use super::exit::Exit;
use super::refusal;

/// Runs a hook.
#[expect(clippy::print_stderr, reason = "a hook speaks to whoever commits")]
pub fn main(arguments: &[OsString]) -> ExitCode {
    let context = Context::new(PathBuf::from("."));
    let name = arguments
        .first()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if let Some(caller) = Caller::of_name(&name) {
        return agent_hook::main(caller, &context);
    }
    let result = match name.as_str() {
        "pre-commit" => commit::pre_commit(&context),
        "prepare-commit-msg" => commit::prepare_commit_msg(&context, &arguments[1..]),
        "commit-msg" => commit::commit_msg(&context, &arguments[1..]),
        "commit-made" => made::ask_of_made(&context),
        "commit-amended" => made::commit_amended(&context),
        "pre-push" => push::pre_push(&context),
        "reference-transaction" => push::reference_transaction(&context, &arguments[1..]),
        other => Err(CliError::new(Exit::Refused, format!("there is no hook `{other}`"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let colour = context.error_colour;
            eprintln!(
                "{}: {}",
                colour.paint("31;1", "git-harness"),
                super::shown(&error.message)
            );
            if let Some(hint) = &error.hint {
                eprintln!("{}: {}", colour.paint("36", "hint"), super::shown(hint));
            }
            ExitCode::from(1)
        }
    }
}

/// Tells whoever commits.
#[expect(clippy::print_stderr, reason = "a hook speaks to whoever commits")]
fn say(text: &str) {
    eprintln!("git-harness: {}", super::shown(text));
}

struct Here {
    engine: Engine,
    project: Project,
    open: Open,
    head: Commit,
    candidate: Candidate,
    /// Nothing is open: HEAD is the commit of the task that was.
    is_closed: bool,
}

fn refused(error: impl Into<CliError>) -> CliError {
    let error = error.into();
    let told = CliError::new(Exit::Refused, error.message);
    match error.hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

/// The open task, or the one whose commit HEAD is, and the commit that git is about to make; `None` where there is no task.
fn here(context: &Context) -> Result<Option<Here>, CliError> {
    here_with(context.engine(Telling::Lines)?)
}

fn here_with(mut engine: Engine) -> Result<Option<Here>, CliError> {
    let found = attended::open(&engine).map_err(refused)?;
    let is_closed = found.is_none();
    let found = match found {
        Some(open) => Some(open),
        None => attended::just_landed(&engine).map_err(refused)?,
    };
    let Some(open) = found else {
        // The mark outlived its task.
        attended::clear_mark(&engine).map_err(refused)?;
        return Ok(None);
    };
    let (_, parent) = attended::branch(&engine).map_err(refused)?;
    let project = super::context::project_of(&mut engine, &open.card.id)?;
    let (head, tree) = (engine.git.commit(parent)?, engine.git.index_tree()?);
    Ok(Some(Here {
        engine,
        project,
        open,
        head,
        candidate: Candidate { parent, tree },
        is_closed,
    }))
}

fn refusal(open: &Open, failure: &Failure) -> CliError {
    let mut message = format!("task {} ({}): this commit is refused\n", open.card.id, open.card.title);
    let hint = match failure {
        Failure::Scope { violations } => {
            message.push_str(&refusal::lines(violations, &open.card.files));
            let always = format!(
                "unstage these paths (git restore --staged PATH), or give the task back first (git harness release {})",
                open.card.id
            );
            refusal::hint(violations, &always)
        }
        Failure::Checks { results } => {
            for result in results.iter().filter(|result| !result.status.passed()) {
                message.push_str(&format!("  {}: {}\n{}\n", result.name, result.status, result.excerpt));
            }
            "mend it and commit again; a refused commit uses up no attempt".to_owned()
        }
        other => {
            message.push_str(&format!("  {other}"));
            format!("`git harness show {}` tells more", open.card.id)
        }
    };
    CliError::new(Exit::Refused, message.trim_end().to_owned()).hint(hint)
}
