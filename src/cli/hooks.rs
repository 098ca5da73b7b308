//! `hooks install|uninstall|status`.

use clap::Subcommand;

use crate::git::hooks::{HookReport, HookState};

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Install, remove or look at our hooks
#[derive(Debug, Subcommand)]
pub enum HooksCommand {
    /// Install them beside what is there
    Install,
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
        HooksCommand::Install => {
            git.install_hooks(&std::env::current_exe()?)?;
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
