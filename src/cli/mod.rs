//! The command line: one file for each command, with its arguments, a call into the engine, and what is shown.
//!
//! No rule lives here. What a command's struct says in its comments is its help text.

mod adopt;
mod agent_hook;
mod answer;
mod approve;
mod audit;
mod bullets;
mod context;
mod decide;
mod demo;
mod diff;
mod doctor;
mod error;
mod exit;
mod hook;
mod hooks;
mod init;
mod init_agents;
mod log;
mod models;
mod models_check;
mod named;
mod next;
mod of;
mod one;
mod packet;
mod plan;
mod plan_edit;
mod plan_graph;
mod plan_new;
mod refusal;
mod release;
mod rollback;
mod run;
mod search;
mod shell;
mod show;
mod status;
mod sync;
mod trouble;
mod trust;
mod verify;
mod voice;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::report::text::visible;

use context::{Context, redactor};
use error::CliError;
pub use exit::Exit;

/// The general contractor for software built with AI, inside git
///
/// A plan becomes task cards; one card at a time goes to a Builder; what the card allows is verified, committed, and
/// recorded.
#[derive(Debug, Parser)]
#[command(name = "git-harness", bin_name = "git harness", version, max_term_width = 100)]
struct Cli {
    /// Run as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Demo(demo::DemoArgs),
    Doctor(doctor::DoctorArgs),
    Trust(trust::TrustArgs),
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    Next(next::NextArgs),
    Start(next::StartArgs),
    Submit(next::SubmitArgs),
    Packet(packet::PacketArgs),
    Verify(verify::VerifyArgs),
    Exec(one::ExecArgs),
    Apply(one::ApplyArgs),
    Run(run::RunArgs),
    Pause(decide::PauseArgs),
    Resume(decide::ResumeArgs),
    Status(status::StatusArgs),
    Models(models::ModelsArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Log(log::LogArgs),
    Search(search::SearchArgs),
    Approve(approve::ApproveArgs),
    Reject(approve::RejectArgs),
    Retry(decide::RetryArgs),
    Escalate(decide::EscalateArgs),
    Block(decide::BlockArgs),
    Unblock(decide::UnblockArgs),
    Release(release::ReleaseArgs),
    Adopt(adopt::AdoptArgs),
    Note(decide::NoteArgs),
    Rollback(rollback::RollbackArgs),
    Audit(audit::AuditArgs),
    Sync(sync::SyncArgs),
    #[command(subcommand)]
    Hooks(hooks::HooksCommand),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Git and agents call this one, and for agents clap's status for wrong usage would mean "deny".
    if arguments.get(1).is_some_and(|word| word == "hook") {
        return hook::main(&arguments[2..]);
    }
    let parsed = definition().try_get_matches_from(&arguments);
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, trouble::wants_json(&matches))));
    let (cli, json) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            trouble::explain(&error, &arguments);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let dir = cli.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let context = Context::new(dir);
    match run_command(cli.command, &context) {
        Ok(exit) => exit.into(),
        Err(error) => {
            trouble::tell(&context, &error, json);
            error.exit.into()
        }
    }
}

/// Says on standard error what to do next, beside output that is for somebody else.
#[expect(clippy::print_stderr, reason = "the prompt on standard output stays alone")]
fn tell_next(context: &Context, text: &str) {
    eprintln!("{}: {}", context.error_colour.paint("36", "next"), shown(text));
}

/// Text of an error as it may be shown: nothing in it acts on the terminal, and secrets are taken out.
pub(crate) fn shown(text: &str) -> String {
    visible(&redactor().text(text)).into_owned()
}

fn run_command(command: Command, context: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Trust(args) => trust::run(&args, context),
        Command::Plan(command) => plan::run(&command, context),
        Command::Next(args) => next::next(&args, context),
        Command::Start(args) => next::start(&args, context),
        Command::Submit(args) => next::submit(&args, context),
        Command::Packet(args) => packet::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Exec(args) => one::exec(&args, context),
        Command::Apply(args) => one::apply(&args, context),
        Command::Run(args) => run::run(&args, context),
        Command::Pause(args) => decide::pause(&args, context),
        Command::Resume(args) => decide::resume(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Models(args) => models::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Log(args) => log::run(&args, context),
        Command::Search(args) => search::run(&args, context),
        Command::Approve(args) => approve::approve(&args, context),
        Command::Reject(args) => approve::reject(&args, context),
        Command::Retry(args) => decide::retry(&args, context),
        Command::Escalate(args) => decide::escalate(&args, context),
        Command::Block(args) => decide::block(&args, context),
        Command::Unblock(args) => decide::unblock(&args, context),
        Command::Release(args) => release::run(&args, context),
        Command::Adopt(args) => adopt::run(&args, context),
        Command::Note(args) => decide::note(&args, context),
        Command::Rollback(args) => rollback::run(&args, context),
        Command::Audit(args) => audit::run(&args, context),
        Command::Sync(args) => sync::run(&args, context),
        Command::Hooks(command) => hooks::run(&command, context),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}

/// The command line's definition, for completions and the manual.
fn definition() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        definition().debug_assert();
    }
}
