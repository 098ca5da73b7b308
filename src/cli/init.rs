//! `init`.

use std::fs;

use clap::Args;

use crate::domain::agent::hook::Caller;
use crate::git::Head;
use crate::git::hooks::HookState;
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

const CONFIG: &str = include_str!("../../templates/config.toml");
const AGENTS_MD: &str = include_str!("../../templates/agents.md");

pub fn run(args: &InitArgs, context: &Context) -> Result<Exit, CliError> {
    let engine = context.engine(Telling::Nothing)?;
    if let Head::Unborn { branch } = engine.git.head()? {
        return Err(
            CliError::new(Exit::Usage, format!("the branch {branch} has no commit yet"))
                .hint("make a first commit: git commit --allow-empty -m \"Begin\""),
        );
    }
    let mut text = String::new();
    if let Some(top) = engine.git.work_tree() {
        let file = top.join(".harness").join("config.toml");
        if file.exists() {
            text.push_str(".harness/config.toml is there already and stays as it is\n");
        } else {
            let dir = top.join(".harness");
            fs::create_dir_all(&dir)?;
            let path = context.variables.get(std::ffi::OsStr::new("PATH"));
            let found: Vec<&(&str, &str)> = PROGRAMS
                .iter()
                .filter(|(name, _)| find_program(name, path.map(std::ffi::OsString::as_os_str)).is_some())
                .collect();
            fs::write(&file, config_text(&found))?;
            text.push_str("wrote .harness/config.toml\n");
            for (name, _) in &found {
                text.push_str(&format!(
                    "found {name} on the PATH: a commented builder is in the configuration\n"
                ));
            }
        }
        let agents = top.join("AGENTS.md");
        if !agents.exists() {
            fs::write(&agents, AGENTS_MD)?;
            text.push_str("wrote AGENTS.md\n");
        }
        if let Some(named) = &args.agents {
            text.push_str(&init_agents::install(named, top, context)?);
        }
    }
    if !args.no_hooks {
        let program = std::env::current_exe()?;
        for report in engine.git.install_hooks(&program)? {
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
    }
    text.push_str("next: commit these files, then `git harness plan new` or `git harness plan import FILE --commit`\n");
    print(&visible(&text))?;
    Ok(Exit::Done)
}

fn config_text(found: &[&(&str, &str)]) -> String {
    let mut text = CONFIG.to_owned();
    for (name, run) in found {
        // A program that asks a model elsewhere has to reach it.
        text.push_str(&format!("\n# [builders.{name}]\n# {run}\n# network = \"open\"\n"));
    }
    text
}
