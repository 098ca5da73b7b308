//! `exec` and `apply`: one attempt with a Builder of the user's choice.

use std::path::PathBuf;

use clap::Args;

use crate::config::{AnswerMode, BuilderDef, BuilderKind};
use crate::domain::actor::Actor;
use crate::domain::failure::Failure;
use crate::domain::id::TaskId;
use crate::domain::network::Network;
use crate::domain::words::shell_line;
use crate::engine::attended;
use crate::engine::builder::command::Command;
use crate::engine::builder::{Builder, BuilderError, Built, Job};
use crate::engine::finish::Finish;
use crate::engine::run::one_attempt;
use crate::engine::trusted::Trusted;

use super::context::{Context, Telling, print, project_of, tell_of_weak_fence};
use super::decide::read_input;
use super::error::CliError;
use super::exit::Exit;
use super::refusal;

/// Make one attempt with a program as the Builder
///
/// It gets the packet on its standard input and in $HARNESS_PACKET, and edits the files of the folder that it runs in.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The task
    task: TaskId,
    /// Minutes until it is ended
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    timeout: u64,
    /// It prints an answer that holds the edits
    #[arg(long)]
    stdout: bool,
    /// It may speak to anyone; without, the fence keeps it from the network
    #[arg(long)]
    network: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// Make one attempt with a model's answer
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The task
    task: TaskId,
    /// The answer, or `-` for standard input
    file: PathBuf,
}

pub fn exec(args: &ExecArgs, context: &Context) -> Result<Exit, CliError> {
    let builder = Command::new(BuilderDef {
        name: shell_line(&args.command),
        tracked: false,
        threshold_milli: None,
        kind: BuilderKind::Command {
            run: args.command.clone(),
            answer: if args.stdout {
                AnswerMode::Stdout
            } else {
                AnswerMode::Files
            },
            edits: None,
            timeout_seconds: args.timeout * 60,
            env: Vec::new(),
            model: None,
            network: if args.network { Network::Open } else { Network::None },
            gateway: None,
        },
    });
    attempt(context, &args.task, &builder)
}

pub fn apply(args: &ApplyArgs, context: &Context) -> Result<Exit, CliError> {
    let text = read_input(context, &args.file)?;
    attempt(context, &args.task, &Given { text })
}

/// An answer that is there already.
struct Given {
    text: String,
}

impl Builder for Given {
    fn name(&self) -> &'static str {
        "apply"
    }

    fn model(&self) -> Option<&str> {
        None
    }

    fn answers_with(&self) -> AnswerMode {
        AnswerMode::Stdout
    }

    fn build(&self, _job: &Job) -> Result<Built, BuilderError> {
        Ok(Built::Answered(self.text.clone()))
    }

    fn advise(&self, _job: &Job) -> Result<String, BuilderError> {
        Ok(self.text.clone())
    }

    fn author(&self) -> Actor {
        Actor::Builder("apply".to_owned())
    }
}

fn attempt(context: &Context, task: &TaskId, builder: &dyn Builder) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let mut engine = context.settled_engine(Telling::Lines)?;
    let project = project_of(&mut engine, task)?;
    Trusted::of(&engine, &project)?;
    tell_of_weak_fence(&mut engine)?;
    engine.person()?;
    match one_attempt(&mut engine, &project.target, task, builder, builder.author())? {
        Finish::Landed(landed) => {
            attended::mark_if_landed(&engine)?;
            print(&format!(
                "{task} landed on {} as {}\n",
                project.target,
                landed.commit.short(10)
            ))?;
            Ok(Exit::Done)
        }
        Finish::Waiting(gates) => {
            print(&format!("{task} is verified and waits for {}\n", gates.join(", ")))?;
            Ok(Exit::PersonNeeded)
        }
        Finish::InTheWay(why) => {
            Err(CliError::new(Exit::PersonNeeded, why).hint("it stays accepted; `git harness run` lands it later"))
        }
        Finish::Closed(why) => Err(CliError::new(Exit::Refused, format!("{task}: {why}"))
            .hint(format!("git harness show {task} tells what was decided"))),
        Finish::Failed(failure) => Err(failed(task, &failure)),
    }
}

fn failed(task: &TaskId, failure: &Failure) -> CliError {
    let details = match failure {
        Failure::Checks { results } => results
            .iter()
            .filter(|result| !result.status.passed())
            .map(|result| format!("\n{}:\n{}", result.name, result.excerpt))
            .collect(),
        Failure::Answer { why, .. } => format!("\n{why}"),
        Failure::BuilderExit { excerpt, .. } => format!("\n{excerpt}"),
        _ => String::new(),
    };
    let always = format!("try again with exec or apply, or let `git harness run` go on with {task}");
    let hint = match failure {
        Failure::Scope { violations } => refusal::hint(violations, &always),
        _ => always,
    };
    CliError::new(Exit::Refused, format!("{task}: {failure}{details}")).hint(hint)
}
