//! `hooks install|uninstall|status`.

use clap::Subcommand;

use crate::config::Guard;
use crate::engine::project;
use crate::git::hooks::{HookReport, HookState};

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Install, remove or look at our hooks
#[derive(Debug, Subcommand)]
pub enum HooksCommand {
    /// Install them beside what is there
    ///
    /// With `[hooks] guard = "strict"` in the configuration also reference-transaction, which judges every move of a
    /// branch while a task is open.
    Install {
        /// Install the pre-receive hook instead, which refuses pushes that the audit finds wrong
        ///
        /// For the bare repository on a server. Every ref is judged but those where machines meet (`refs/harness/`), by what
        /// it and the default branch hold; `git config harness.auditRefs "refs/heads/main refs/heads/release/*"` names which
        /// ones alone. A move that takes landings away is refused, too.
        #[arg(long)]
        server: bool,
    },
    /// Remove them and put back what was there
    Uninstall,
    /// Tell how they stand
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn run(command: &HooksCommand, context: &Context) -> Result<Exit, CliError> {
    let git = context.repository()?;
    match command {
        HooksCommand::Install { server: true } => {
            git.install_server_hook(&std::env::current_exe()?)?;
            let done = status(context)?;
            print(
                "moves of a judged branch that take landings away are refused; git refuses all others that are no \
                 fast-forward, and deletions, with\n  \
                 git config receive.denyNonFastForwards true\n  git config receive.denyDeletes true\n\
                 (not where claims are branches: [remote] namespace)\n",
            )?;
            Ok(done)
        }
        HooksCommand::Install { server: false } => {
            let program = std::env::current_exe()?;
            match guard(context)? {
                Guard::Normal => git.install_hooks(&program)?,
                Guard::Strict => git.install_strict_hooks(&program)?,
            };
            // The setting may have changed, which an open repository does not see.
            status(context)
        }
        HooksCommand::Uninstall => {
            let done = git.uninstall_hooks()?;
            print(&match &done[..] {
                [] => "no hooks of ours are here\n".to_owned(),
                some => format!("as it was before: {}\n", some.join(", ")),
            })?;
            Ok(Exit::Done)
        }
        HooksCommand::Status { json: false } => status(context),
        HooksCommand::Status { json: true } => status_json(context),
    }
}

/// How far the hooks go, by the configuration of the branch that is checked out; where none can be read, not far.
fn guard(context: &Context) -> Result<Guard, CliError> {
    let mut engine = context.reading_engine()?;
    let projects = project::projects(&mut engine).unwrap_or_default();
    let strict = projects.iter().any(|project| project.config.guard == Guard::Strict);
    Ok(if strict { Guard::Strict } else { Guard::Normal })
}

fn status(context: &Context) -> Result<Exit, CliError> {
    let mut whole = true;
    for report in context.repository()?.hook_status() {
        let state = match report.state {
            HookState::Ours => "installed",
            HookState::Altered => "altered: git harness hooks install mends it",
            HookState::Missing => "missing: git harness hooks install adds it",
            HookState::Displaced => "displaced by another tool: git harness hooks install chains it",
            HookState::NotExecutable => "not executable, so git passes it over",
        };
        whole &= report.state == HookState::Ours;
        let chained = report
            .chained
            .map_or_else(String::new, |former| format!(" (calls {} first)", former.display()));
        print(&format!("{:20}{state}{chained}\n", report.name))?;
    }
    Ok(if whole { Exit::Done } else { Exit::Refused })
}

#[derive(serde::Serialize)]
struct Json {
    v: u32,
    hooks: Vec<HookReport>,
}

fn status_json(context: &Context) -> Result<Exit, CliError> {
    let hooks = context.repository()?.hook_status();
    let whole = hooks.iter().all(|report| report.state == HookState::Ours);
    print_json(&Json { v: 1, hooks })?;
    Ok(if whole { Exit::Done } else { Exit::Refused })
}
