//! `plan graph`: what waits for what, and what is not worked on at the same time.

use clap::Args;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::plan::card::Card;
use crate::domain::plan::conflict::{self, Alone};
use crate::domain::plan::graph;
use crate::engine::project::Project;
use crate::report::text::visible;

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;
use super::named::{NO_PLAN, projects_with};

/// Print the order of dependencies
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The plan [default: all]
    plan: Option<PlanId>,
    /// For Graphviz
    #[arg(long, conflicts_with = "mermaid")]
    dot: bool,
    /// For Mermaid
    #[arg(long)]
    mermaid: bool,
    /// Which cards are not worked on at the same time, and why
    #[arg(long, conflicts_with_all = ["dot", "mermaid"])]
    conflicts: bool,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["dot", "mermaid"])]
    json: bool,
}

#[derive(serde::Serialize)]
struct Graph<'a> {
    v: u32,
    targets: Vec<Target<'a>>,
}

#[derive(serde::Serialize)]
struct Target<'a> {
    target: &'a str,
    tasks: Vec<Node>,
}

#[derive(serde::Serialize)]
struct Node {
    id: TaskId,
    plan: PlanId,
    depends_on: Vec<TaskId>,
    /// Why nothing goes on beside it, if so.
    alone: Option<Alone>,
    /// Other tasks that may touch the same file, with the globs; looked for where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<Vec<Meeting>>,
}

/// Two cards that may touch one file.
#[derive(serde::Serialize)]
struct Meeting {
    with: TaskId,
    glob: String,
    its_glob: String,
}

/// The later cards that one may meet.
fn meetings(card: &Card, others: &[Card]) -> Vec<Meeting> {
    let meets = |other: &Card| {
        let (glob, its_glob) = conflict::shared(card, other)?;
        Some(Meeting {
            with: other.id.clone(),
            glob: glob.to_owned(),
            its_glob: its_glob.to_owned(),
        })
    };
    others
        .iter()
        .filter(|other| other.id != card.id)
        .filter_map(meets)
        .collect()
}

/// Every pair once, and the cards that go alone.
fn conflicts(project: &Project, cards: &[Card]) -> String {
    let mut text = String::new();
    for (at, card) in cards.iter().enumerate() {
        if let Some(why) = conflict::alone(card, project.lane(card)) {
            text.push_str(&format!("{} goes alone: {why}\n", card.id));
        }
        for meeting in meetings(card, &cards[at + 1..]) {
            let Meeting { with, glob, its_glob } = meeting;
            text.push_str(&format!(
                "{} and {with} may touch the same file: {glob} and {its_glob}\n",
                card.id
            ));
        }
    }
    if text.is_empty() {
        text.push_str("nothing keeps these cards from being worked on at the same time\n");
    }
    text
}

pub fn run(args: &GraphArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let projects = projects_with(&mut engine, args.plan.as_ref())?;
    let wanted = |project: &Project| -> Vec<Card> {
        let cards = project.cards.iter();
        cards
            .filter(|card| args.plan.as_ref().is_none_or(|plan| card.plan == *plan))
            .cloned()
            .collect()
    };
    if args.json {
        let targets = projects.iter().map(|project| {
            let cards = wanted(project);
            let nodes = cards.iter().map(|card| Node {
                id: card.id.clone(),
                plan: card.plan.clone(),
                depends_on: card.depends_on.clone(),
                alone: conflict::alone(card, project.lane(card)),
                conflicts: args.conflicts.then(|| meetings(card, &cards)),
            });
            Target {
                target: &project.target,
                tasks: nodes.collect(),
            }
        });
        print_json(&Graph {
            v: 1,
            targets: targets.collect(),
        })?;
        return Ok(Exit::Done);
    }
    for project in &projects {
        let cards = wanted(project);
        print(&match (args.dot, args.mermaid, args.conflicts) {
            (true, ..) => graph::dot(&cards),
            (_, true, _) => graph::mermaid(&cards),
            _ if cards.is_empty() && !args.dot && !args.mermaid => {
                format!("no plan on {} yet: {NO_PLAN}\n", project.target)
            }
            (_, _, true) => visible(&conflicts(project, &cards)).into_owned(),
            _ => visible(&graph::text(&cards)).into_owned(),
        })?;
    }
    Ok(Exit::Done)
}
