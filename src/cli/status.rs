//! `status`.

use clap::Args;
use serde::Serialize;

use crate::domain::check::FenceTier;
use crate::domain::id::PlanId;
use crate::domain::task::queue::TaskView;
use crate::domain::task::state::TaskState;
use crate::engine::project::{self, Project};
use crate::report::table::columns;

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Show where every task stands
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only this plan
    plan: Option<PlanId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    v: u32,
    fence: FenceTier,
    targets: Vec<Target<'a>>,
}

#[derive(Serialize)]
struct Target<'a> {
    target: &'a str,
    tip: String,
    tasks: Vec<Task<'a>>,
}

#[derive(Serialize)]
struct Task<'a> {
    #[serde(flatten)]
    view: &'a TaskView,
    title: &'a str,
    plan: &'a str,
    attempts: u32,
}

pub fn run(args: &StatusArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let projects = project::projects(&mut engine)?;
    let all: Vec<(&Project, Vec<TaskView>)> = projects
        .iter()
        .map(|project| {
            let views = project.views(&engine);
            let wanted = views.into_iter().filter(|view| {
                args.plan
                    .as_ref()
                    .is_none_or(|plan| project.card(&view.id).is_some_and(|card| card.plan == *plan))
            });
            (project, wanted.collect())
        })
        .collect();
    if args.json {
        let attempts = |view: &TaskView| engine.replay().task(&view.id).map_or(0, |log| log.number);
        let targets = all
            .iter()
            .map(|(project, views)| Target {
                target: &project.target,
                tip: project.tip.to_string(),
                tasks: views
                    .iter()
                    .filter_map(|view| {
                        let card = project.card(&view.id)?;
                        Some(Task {
                            view,
                            title: &card.title,
                            plan: card.plan.as_str(),
                            attempts: attempts(view),
                        })
                    })
                    .collect(),
            })
            .collect();
        print_json(&Json {
            v: 1,
            fence: FenceTier::default(),
            targets,
        })?;
        return Ok(Exit::Done);
    }
    for (project, views) in &all {
        print(&table(context, project, views))?;
    }
    if let Some(by) = engine.replay().paused() {
        print(&format!("paused by {by}; `git harness resume` lifts it\n"))?;
    }
    Ok(Exit::Done)
}

/// The table of one target.
pub fn table(context: &Context, project: &Project, views: &[TaskView]) -> String {
    if views.is_empty() {
        return format!(
            "no plan on {} yet: git harness plan import FILE --commit\n",
            project.target
        );
    }
    let complete = views.iter().filter(|view| view.state == TaskState::Complete).count();
    let mut text = format!("on {}: {complete} of {} complete\n", project.target, views.len());
    let rows: Vec<Vec<String>> = views
        .iter()
        .map(|view| {
            let title = project
                .card(&view.id)
                .map(|card| card.title.clone())
                .unwrap_or_default();
            let note = match (&view.reason, view.landed, &view.waits_for[..]) {
                (Some(reason), ..) => format!("{title} ({reason})"),
                (None, Some(commit), _) => format!("{title} [{}]", commit.short(10)),
                (None, None, []) => title,
                (None, None, waits) => {
                    let names: Vec<&str> = waits.iter().map(|task| task.as_str()).collect();
                    format!("{title} (after {})", names.join(", "))
                }
            };
            vec![view.id.to_string(), view.state.to_string(), note]
        })
        .collect();
    for (row, view) in columns(&rows, context.width).into_iter().zip(views) {
        let [id, state, note] = &row[..] else {
            continue;
        };
        text.push_str(&format!("  {id}{}{note}\n", context.colour.state(view.state, state)));
    }
    text
}
