//! What a person decides beside what waits: `retry`, `escalate`, `block`, `unblock`, `note`, `pause`, `resume`.
//! Each is one row of the journal, and what it sets free is done at once.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::route::Trigger;
use crate::domain::task::event::{Escalated, Event};
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::project::Project;
use crate::fault::{self, Point};

use super::answer::answer;
use super::context::{Context, Telling, print, project_of};
use super::error::CliError;
use super::exit::Exit;

/// Why, where that may be left open.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Why
    #[arg(
        short = 'm',
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) reason: String,
}

/// Open a new round for a task
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The task
    task: TaskId,
    #[command(flatten)]
    why: Why,
}

/// Call the Architect in, or give its answer
#[derive(Debug, Args)]
pub struct EscalateArgs {
    /// The task
    task: TaskId,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "asked for")]
    reason: String,
    /// An answer to apply, from a file or `-`
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
}

/// Keep a task from being worked on
#[derive(Debug, Args)]
pub struct BlockArgs {
    /// The task
    task: TaskId,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    reason: String,
}

/// Lift a block
#[derive(Debug, Args)]
pub struct UnblockArgs {
    /// The task
    task: TaskId,
    #[command(flatten)]
    why: Why,
}

/// Remember something for the tasks that build on this one
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The task
    task: TaskId,
    /// What
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    text: String,
}

/// Ask runs to stop after the step in hand
#[derive(Debug, Args)]
pub struct PauseArgs {}

/// Lift a pause
#[derive(Debug, Args)]
pub struct ResumeArgs {}

pub(super) struct Decision {
    pub(super) engine: Engine,
    pub(super) project: Project,
    pub(super) person: Actor,
    pub(super) state: TaskState,
}

pub(super) fn begin(context: &Context, task: &TaskId, telling: Telling) -> Result<Decision, CliError> {
    let mut engine = context.settled_engine(telling)?;
    let person = engine.person()?;
    let project = project_of(&mut engine, task)?;
    let view = project.views(&engine).into_iter().find(|view| view.id == *task);
    Ok(Decision {
        state: view.map_or(TaskState::Ready, |view| view.state),
        engine,
        project,
        person,
    })
}

impl Decision {
    pub(super) fn only_in(&self, task: &TaskId, states: &[TaskState], what: &str) -> Result<(), CliError> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(
            CliError::new(Exit::Usage, format!("{task} is {}, so it cannot be {what}", self.state))
                .hint(format!("`git harness show {task}` tells its story")),
        )
    }

    pub(super) fn record(&mut self, event: Event) -> Result<(), CliError> {
        self.engine.record(&[event])?;
        Ok(())
    }
}

const OPEN: [TaskState; 7] = [
    TaskState::Pending,
    TaskState::Ready,
    TaskState::Failed,
    TaskState::Escalated,
    TaskState::Blocked,
    TaskState::NeedsReview,
    TaskState::Passed,
];

pub fn retry(args: &RetryArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    decision.only_in(&args.task, &OPEN[2..], "retried")?;
    let by = decision.person.clone();
    decision.record(Event::RetryRequested {
        task: args.task.clone(),
        by,
        reason: args.why.reason.clone(),
    })?;
    print(&format!("{} is ready again, in a new round\n", args.task))?;
    Ok(Exit::Done)
}

pub fn escalate(args: &EscalateArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Lines)?;
    let card = decision.project.card(&args.task).cloned();
    let Some(card) = card else {
        return Err(CliError::new(Exit::Usage, format!("there is no card of {}", args.task)));
    };
    if let Some(file) = &args.answer {
        decision.only_in(&args.task, &[TaskState::Escalated], "answered")?;
        let text = read_input(context, file)?;
        return answer(&mut decision.engine, &decision.project, &card, &decision.person, &text);
    }
    decision.only_in(
        &args.task,
        &[
            TaskState::Ready,
            TaskState::Failed,
            TaskState::Blocked,
            TaskState::NeedsReview,
        ],
        "escalated",
    )?;
    let by = decision.person.clone();
    decision.record(Event::Escalated(Escalated {
        task: args.task.clone(),
        trigger: Trigger::Requested,
        packet: None,
        by,
        reason: args.reason.clone(),
    }))?;
    print("`git harness run` asks the Architect; a person reads `git harness packet` and answers with --answer\n")?;
    Ok(Exit::Done)
}

/// Text from a file, or from standard input for `-`.
pub fn read_input(context: &Context, file: &std::path::Path) -> Result<String, CliError> {
    if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    let path = super::context::from_dir(context, file);
    std::fs::read_to_string(&path).map_err(|error| {
        CliError::new(Exit::Usage, format!("cannot read {}: {error}", path.display())).hint(match error.kind() {
            std::io::ErrorKind::InvalidData => "save it as UTF-8",
            _ => "name a file, or - for standard input",
        })
    })
}

pub fn block(args: &BlockArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    decision.only_in(&args.task, &OPEN, "blocked")?;
    let by = decision.person.clone();
    decision.record(Event::Blocked {
        task: args.task.clone(),
        by,
        reason: args.reason.clone(),
    })?;
    print(&format!("{} is blocked\n", args.task))?;
    Ok(Exit::Done)
}

pub fn unblock(args: &UnblockArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    decision.only_in(&args.task, &[TaskState::Blocked], "unblocked")?;
    let by = decision.person.clone();
    decision.record(Event::Unblocked {
        task: args.task.clone(),
        by,
        reason: args.why.reason.clone(),
    })?;
    print(&format!(
        "{} is not blocked any more, and begins a new round\n",
        args.task
    ))?;
    Ok(Exit::Done)
}

pub fn note(args: &NoteArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    let by = decision.person.clone();
    decision.record(Event::Noted {
        task: args.task.clone(),
        by,
        text: args.text.clone(),
    })?;
    print(&format!("noted on {}\n", args.task))?;
    Ok(Exit::Done)
}

pub fn pause(_args: &PauseArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Nothing)?;
    let by = engine.person()?;
    fault::at(Point::Pause)?;
    engine.record(&[Event::Paused { by }])?;
    fault::at(Point::Paused)?;
    print("runs stop after the step in hand; `git harness resume` lifts it\n")?;
    Ok(Exit::Done)
}

pub fn resume(_args: &ResumeArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Lines)?;
    let by = engine.person()?;
    engine.record(&[Event::Resumed { by }])?;
    print("not paused any more\n")?;
    Ok(Exit::Done)
}
