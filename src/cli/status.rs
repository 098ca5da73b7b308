//! `status`.

use clap::Args;
use serde::Serialize;

use crate::domain::budget::Spent;
use crate::domain::check::FenceTier;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::plan::card::CardHead;
use crate::domain::task::books::Account;
use crate::domain::task::queue::TaskView;
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::models;
use crate::engine::overview::{self, Overview};
use crate::report::money;
use crate::report::table::{columns, titled};

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;
use super::named::{NO_PLAN, require_plan};

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
    used: &'a [Account],
    spent_today: Spent,
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
    let overviews = overview::overviews(&mut engine)?;
    let cards = overviews.iter().flat_map(|overview| &overview.cards);
    require_plan(args.plan.as_ref(), cards.map(|card| &card.plan))?;
    let views: Vec<Vec<TaskView>> = overviews.iter().map(|overview| overview.views(&engine)).collect();
    let wanted = |card: &CardHead| args.plan.as_ref().is_none_or(|plan| card.plan == *plan);
    let all: Vec<(&Overview, Rows)> = overviews
        .iter()
        .zip(&views)
        .map(|(overview, views)| {
            let rows = overview.cards.iter().zip(views).filter(|(card, _)| wanted(card));
            (overview, rows.collect())
        })
        .collect();
    if args.json {
        let attempts = |task: &TaskId| engine.replay().standing(task).map_or(0, |standing| standing.attempts);
        let targets = all.iter().map(|(overview, rows)| Target {
            target: &overview.target,
            tip: overview.tip.to_string(),
            tasks: rows
                .iter()
                .map(|(card, view)| Task {
                    view,
                    title: &card.title,
                    plan: card.plan.as_str(),
                    attempts: attempts(&card.id),
                })
                .collect(),
        });
        print_json(&Json {
            v: 1,
            fence: engine.fence()?.fence.tier(),
            targets: targets.collect(),
            used: engine.replay().books().accounts(),
            spent_today: engine.day(None).spent()?,
        })?;
        return Ok(Exit::Done);
    }
    for (overview, rows) in &all {
        print(&table(context, &overview.target, rows))?;
    }
    for overview in &overviews {
        let rewritten = overview.rewritten(&engine)?;
        if !rewritten.is_empty() {
            let names: Vec<&str> = rewritten.iter().map(TaskId::as_str).collect();
            print(&format!(
                "rewritten since they landed, and nobody verified that: {}; git harness verify --landed\n",
                names.join(", ")
            ))?;
        }
    }
    print(&format!("fence: {}\n", engine.fence()?.fence.tier()))?;
    print(&spending(&engine, &overviews, context))?;
    if let Some(by) = engine.replay().paused() {
        print(&format!("paused by {by}; `git harness resume` lifts it\n"))?;
    }
    Ok(Exit::Done)
}

/// What was used so far, by role and model, and today where a day has a budget. Nothing where no call was made.
fn spending(engine: &Engine, overviews: &[Overview], context: &Context) -> String {
    let books = engine.replay().books();
    let mut text = money::by_role(books.accounts(), context.width);
    if !text.is_empty() {
        text.insert_str(0, "used so far:\n");
    }
    if let Some(first) = overviews.first() {
        // What cannot be read is told by the next call that it stops.
        if let Ok(spent) = engine.day(None).spent()
            // Another clone may have spent it.
            && (!books.accounts().is_empty() || spent != Spent::default())
        {
            text.extend(money::today(first.config.budget, spent).map(|line| line + "\n"));
        }
        for (name, rate, standing) in models::dropped(engine, &first.config) {
            let (passed, tried) = (rate.passed, rate.tried);
            text.push_str(&format!(
                "{name}: first-try {passed}/{tried}, {}\n",
                models::words(standing)
            ));
        }
    }
    text
}

/// Cards, and where their tasks stand.
pub type Rows<'a> = Vec<(&'a CardHead, &'a TaskView)>;

/// The table of one target.
pub fn table(context: &Context, target: &str, rows: &Rows) -> String {
    if rows.is_empty() {
        return format!("no plan on {target} yet: {NO_PLAN}\n");
    }
    let complete = rows
        .iter()
        .filter(|(_, view)| view.state == TaskState::Complete)
        .count();
    let mut text = format!("on {target}: {complete} of {} complete\n", rows.len());
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let ids = widest(&mut rows.iter().map(|(_, view)| view.id.as_str().len()));
    let states = widest(&mut rows.iter().map(|(_, view)| view.state.to_string().len()));
    // The margin, and two blanks behind each column.
    let room = context.width.saturating_sub(2 + ids + 2 + states + 2);
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(card, view)| {
            let title = &card.title;
            let note = match (&view.reason, view.landed, &view.waits_for[..]) {
                (Some(reason), ..) => titled(title, &format!("({reason})"), room),
                (None, Some(commit), _) => titled(title, &format!("[{}]", commit.short(10)), room),
                (None, None, []) => title.clone(),
                (None, None, waits) => {
                    let names: Vec<&str> = waits.iter().map(|task| task.as_str()).collect();
                    titled(title, &format!("(after {})", names.join(", ")), room)
                }
            };
            vec![view.id.to_string(), view.state.to_string(), note]
        })
        .collect();
    for (row, (_, view)) in columns(&cells, context.width.saturating_sub(2)).into_iter().zip(rows) {
        let [id, state, note] = &row[..] else {
            continue;
        };
        text.push_str(&format!("  {id}{}{note}\n", context.colour.state(view.state, state)));
    }
    text
}
