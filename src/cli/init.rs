//! `init`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use clap::Args;

use crate::domain::agent::hook::Caller;
use crate::domain::lockfile::Proposal;
use crate::engine::project::ProjectError;
use crate::git::hooks::HookState;
use crate::git::{Head, Repository};
use crate::process::find_program;
use crate::report::text::visible;

use super::context::{Context, Telling, print};
use super::error::CliError;
use super::exit::Exit;
use super::init_agents;

/// Set this repository up: configuration, hooks, and what is found on this machine
///
/// Writes `.harness/config.toml` (for you to commit) and installs hooks beside those that are there. In a repository
/// that has `.harness/` it only installs hooks.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Install no hooks
    #[arg(long)]
    no_hooks: bool,
    /// Also have agent programs ask before they edit a file: those that are used here, or those that are named
    ///
    /// Puts our hook into .claude/settings.json, .codex/hooks.json, .gemini/settings.json and .cursor/hooks.json, beside what
    /// is there.
    #[arg(long, value_name = "NAME", num_args = 0.., require_equals = true, value_delimiter = ',')]
    agents: Option<Vec<Caller>>,
}

/// Programs that can build, and what their entry says. What stands here is written commented out: it is for the user to
/// look at.
const PROGRAMS: [(&str, &str); 8] = [
    ("claude", "agent = \"claude\""),
    ("codex", "agent = \"codex\""),
    ("aider", "agent = \"aider\""),
    ("opencode", "agent = \"opencode\""),
    ("gemini", "agent = \"gemini\""),
    ("qwen", "agent = \"qwen\""),
    ("goose", "agent = \"goose\""),
    (
        "ollama",
        "run = [\"ollama\", \"run\", \"qwen2.5-coder\"]\n# answer = \"stdout\"",
    ),
];

const CONFIG_FILE: &str = ".harness/config.toml";
const CONFIG: &str = include_str!("../../templates/config.toml");
const AGENTS_MD: &str = include_str!("../../templates/agents.md");

pub fn run(args: &InitArgs, context: &Context) -> Result<Exit, CliError> {
    let engine = context.engine(Telling::Nothing)?;
    if let Head::Unborn { branch } = engine.git.head()? {
        return Err(ProjectError::Unborn(branch).into());
    }
    let Some(top) = engine.git.work_tree() else {
        return Err(CliError::new(Exit::Usage, "a bare repository has no files to set up")
            .hint("run it in a clone; on a server: git harness hooks install --server"));
    };
    let is_new = !top.join(CONFIG_FILE).exists();
    let mut text = if is_new {
        begin(&engine.git, top, context)?
    } else {
        format!("{CONFIG_FILE} is there already and stays as it is\n")
    };
    if let Some(named) = &args.agents {
        text.push_str(&init_agents::install(named, top, context)?);
    }
    if !args.no_hooks {
        text.push_str(&install_hooks(&engine.git)?);
    }
    text.push_str(if is_new {
        "next: commit these files, then `git harness plan new` or `git harness plan import FILE --commit`\n"
    } else {
        "next: git harness status\n"
    });
    print(&visible(&text))?;
    Ok(Exit::Done)
}

/// Writes what a repository without the harness lacks, and tells of it.
fn begin(git: &Repository, top: &Path, context: &Context) -> Result<String, CliError> {
    let path = context.variables.get(OsStr::new("PATH")).map(OsString::as_os_str);
    let found: Vec<&(&str, &str)> = PROGRAMS
        .iter()
        .filter(|(name, _)| find_program(name, path).is_some())
        .collect();
    fs::create_dir_all(top.join(".harness"))?;
    let proposal = match git.head()? {
        Head::Branch { commit, .. } | Head::Detached { commit } => {
            let files = git.list(git.tree_of(commit)?, "")?;
            Proposal::of(files.iter().map(|(path, _)| path))
        }
        Head::Unborn { .. } => Proposal::default(),
    };
    fs::write(top.join(CONFIG_FILE), config_text(&found, &proposal))?;
    let mut text = format!("wrote {CONFIG_FILE}\n");
    if !proposal.is_empty() {
        let for_what = match proposal.inputs.as_slice() {
            [] => "a build system".to_owned(),
            inputs => inputs.join(", "),
        };
        text.push_str(&format!(
            "found {for_what}: a commented [slot] is in the configuration; checks run in copies that hold tracked files alone\n"
        ));
    }
    for (name, _) in &found {
        text.push_str(&format!(
            "found {name} on the PATH: a commented builder is in the configuration\n"
        ));
    }
    let agents = top.join("AGENTS.md");
    if !agents.exists() {
        fs::write(&agents, AGENTS_MD)?;
        text.push_str("wrote AGENTS.md\n");
    }
    Ok(text)
}

fn install_hooks(git: &Repository) -> Result<String, CliError> {
    let program = std::env::current_exe()?;
    let mut text = String::new();
    for report in git.install_hooks(&program)? {
        let chained = match &report.chained {
            Some(former) => format!(", and calls {} first", former.display()),
            None => String::new(),
        };
        let state = match report.state {
            HookState::Ours => "installed",
            _ => "could not be installed",
        };
        text.push_str(&format!("hook {} {state}{chained}\n", report.name));
    }
    Ok(text)
}

fn config_text(found: &[&(&str, &str)], proposal: &Proposal) -> String {
    let mut text = CONFIG.to_owned();
    if !proposal.is_empty() {
        text.push_str("\n# What checks need besides tracked files, by the files of this repository: look at it, then take it in.\n# [slot]\n");
        for line in proposal.lines() {
            text.push_str(&format!("# {line}\n"));
        }
    }
    for (name, run) in found {
        // A program that asks a model elsewhere has to reach it.
        text.push_str(&format!("\n# [builders.{name}]\n# {run}\n# network = \"open\"\n"));
    }
    text
}
