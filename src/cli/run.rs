//! `run`.

use std::time::Instant;

use clap::Args;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::task::state::TaskState;
use crate::engine::attended;
use crate::engine::models;
use crate::engine::project::Project;
use crate::engine::run::{self, Crew, RunOptions, Summary};
use crate::engine::trusted::Trusted;
use crate::report::money;
use crate::report::table::{columns, duration};
use crate::report::text::one_line;

use super::context::{Context, Telling, print, target, tell_of_weak_fence};
use super::error::CliError;
use super::exit::Exit;
use super::named::{NO_PLAN, no_such_builder, require_plan, require_tasks};

/// Build a plan: every card in dependency order, one verified commit for each
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Only this plan
    plan: Option<PlanId>,
    /// The branch that tasks land on
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
    /// Only these tasks
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<TaskId>,
    /// This task and those after it
    #[arg(long, value_name = "ID")]
    from: Option<TaskId>,
    /// This Builder instead of the configured one
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,
    /// A check that may fail before any work
    #[arg(long, value_name = "CHECK")]
    allow_red: Vec<String>,
    /// How many cards are worked on at the same time; cards that may touch the same file never are
    #[arg(short, long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Share the work with other machines through this remote: claim each card there, and land by pushing
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// With --remote: wait for cards that others have or make ready, until nobody has any more
    #[arg(long, requires = "remote")]
    wait: bool,
    /// Print events as JSON lines
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
    /// Print nothing but the summary
    #[arg(short, long)]
    quiet: bool,
}

pub fn run(args: &RunArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let telling = match (args.json, args.quiet) {
        (true, _) => Telling::Json,
        (false, true) => Telling::Nothing,
        (false, false) => Telling::Lines,
    };
    let voice = context.voice(telling);
    let mut engine = context.engine_that_tells(&voice)?;
    let target = target(&mut engine, args.onto.as_deref())?;
    if let Some(remote) = &args.remote {
        engine.join(remote, &target)?;
    }
    let project = Project::load(&mut engine, &target)?;
    require_plan(args.plan.as_ref(), project.plans.iter().map(|plan| &plan.id))?;
    require_tasks(args.only.iter().chain(&args.from), &project)?;
    if let Some(name) = args
        .builder
        .as_ref()
        .filter(|name| !project.config.builders.contains_key(*name))
    {
        return Err(no_such_builder(name, &models::stands(&engine, &project)?));
    }
    Trusted::of(&engine, &project)?;
    tell_of_weak_fence(&mut engine)?;
    engine.person()?;
    let options = RunOptions {
        plan: args.plan.clone(),
        only: args.only.clone(),
        from: args.from.clone(),
        builder: args.builder.clone(),
        allow_red: args.allow_red.clone(),
        wait: args.wait,
    };
    let started = Instant::now();
    let hire = || context.engine_that_tells(&voice).map_err(|error| error.message);
    let crew = Crew {
        size: usize::from(args.jobs),
        hire: &hire,
    };
    let summary = run::run_with(&mut engine, &target, &options, &crew)?;
    attended::mark_if_landed(&engine)?;
    if summary.is_empty() && !args.json {
        print(&nothing_to_do(&project))?;
    } else if !args.json {
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        print(&shown(context, &summary, millis))?;
    }
    Ok(exit_of(&summary))
}

/// Why a run did nothing and waits for nobody.
fn nothing_to_do(project: &Project) -> String {
    if project.cards.is_empty() {
        return format!("no plan on {} yet: {NO_PLAN}\n", project.target);
    }
    format!(
        "nothing to do: every task that this run is about is complete on {}\n",
        project.target
    )
}

/// The summary at the end.
pub fn shown(context: &Context, summary: &Summary, millis: u64) -> String {
    let landed = summary.tasks.iter().filter(|task| task.landed.is_some()).count();
    let retried = summary.tasks.iter().filter(|task| task.attempts > 1).count();
    let escalated = summary.tasks.iter().filter(|task| task.escalated).count();
    let blocked = summary
        .tasks
        .iter()
        .filter(|task| task.state == TaskState::Blocked)
        .count();
    let waiting = summary.tasks.len() - landed - blocked;
    let mut text = format!(
        "{landed} landed, {retried} retried, {escalated} escalated, {blocked} blocked, {waiting} waiting for somebody, {} waiting for others, in {}\n",
        summary.pending,
        duration(millis)
    );
    if summary.elsewhere > 0 {
        text.push_str(&format!("{} with other machines\n", summary.elsewhere));
    }
    for (task, why) in &summary.parked {
        text.push_str(&format!("{task} waits in another clone: {}\n", one_line(why)));
    }
    let rows: Vec<Vec<String>> = summary
        .tasks
        .iter()
        .map(|task| {
            let note = match &task.landed {
                Some(commit) => format!("{} [{}]", task.title, commit.short(10)),
                None => task.title.clone(),
            };
            let note = match money::phrase(&task.usage) {
                Some(used) => format!("{note} · {used}"),
                None => note,
            };
            vec![
                task.task.to_string(),
                task.state.to_string(),
                duration(task.millis),
                note,
            ]
        })
        .collect();
    for (row, task) in columns(&rows, context.width).into_iter().zip(&summary.tasks) {
        if let [id, state, time, note] = &row[..] {
            text.push_str(&format!(
                "  {id}{}{time}{note}\n",
                context.colour.state(task.state, state)
            ));
        }
        // On a line of its own, and whole: it says what to do next.
        if let Some(reason) = task.reason.as_ref().filter(|_| task.landed.is_none()) {
            text.push_str(&format!("      {reason}\n"));
        }
    }
    text.push_str(&money::by_role(&summary.used, context.width));
    if summary.paused {
        text.push_str("paused; `git harness resume`, then run again\n");
    }
    text
}

fn exit_of(summary: &Summary) -> Exit {
    let landed = summary.tasks.iter().any(|task| task.landed.is_some());
    let stuck = summary.tasks.iter().any(|task| task.state != TaskState::Complete) || !summary.parked.is_empty();
    if stuck {
        Exit::PersonNeeded
    } else if landed || summary.pending == 0 && !summary.tasks.is_empty() {
        Exit::Done
    } else {
        Exit::NothingReady
    }
}
