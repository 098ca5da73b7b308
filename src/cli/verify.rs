//! `verify`.

use clap::Args;

use crate::domain::check::EvidenceRecord;
use crate::domain::id::TaskId;
use crate::engine::attended;
use crate::engine::project::Project;
use crate::engine::verify::{self, Ground};
use crate::report::table::duration;

use super::context::{Context, Telling, print, print_report, project_of, require_trust, target};
use super::error::CliError;
use super::exit::Exit;

/// Run checks on a commit's tree, or on what this worktree would commit for the open task
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Run this task's checks [default: the open task's, else those that join every card]
    task: Option<TaskId>,
    /// On this commit [default: the worktree's candidate, else the branch's tip]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let telling = if args.json { Telling::Nothing } else { Telling::Lines };
    let mut engine = context.engine(telling)?;
    let open = attended::open(&engine)?;
    let task = args.task.clone().or(open.as_ref().map(|open| open.card.id.clone()));
    let project = match &task {
        Some(task) => project_of(&mut engine, task)?,
        None => {
            let target = target(&mut engine, None)?;
            Project::load(&mut engine, &target)?
        }
    };
    require_trust(context, &engine, &project)?;
    let (checks, cone) = match task.as_ref().and_then(|task| project.card(task)) {
        Some(card) => (project.config.checks_for(card), project.config.cone_for(card)),
        None => (project.config.always_checks(), project.config.cone_of(&project.cards)),
    };
    if checks.is_empty() {
        return Err(CliError::new(Exit::NothingReady, "there is no check to run")
            .hint("name a task, or checks that join every card in [checks] always"));
    }
    let (base, tree) = match (&args.rev, &open) {
        (Some(rev), _) => (project.tree, engine.git.tree_of(engine.git.resolve(rev)?)?),
        (None, Some(open)) => {
            let candidate = attended::worktree_candidate(&engine, open)?;
            (engine.git.tree_of(candidate.parent)?, candidate.tree)
        }
        (None, None) => (project.tree, project.tree),
    };
    let ground = match task.as_ref().and_then(|task| project.card(task)) {
        Some(card) => Ground::of_card(&project.config, card, &cone, base),
        None => Ground::new(&project.config, &cone, base),
    };
    let record = verify::check_tree(&mut engine, &ground, tree, &checks).map_err(crate::engine::run::RunError::from)?;
    if args.json {
        print_report(&record)?;
    } else {
        print(&shown(&record))?;
    }
    Ok(if record.passed() { Exit::Done } else { Exit::Refused })
}

fn shown(record: &EvidenceRecord) -> String {
    let warmth = record
        .key
        .warmth
        .map_or_else(String::new, |warmth| format!(", {warmth}"));
    let mut text = format!(
        "tree {} (fence: {}{warmth})\n",
        record.key.check_tree.short(10),
        record.key.fence
    );
    for result in &record.results {
        let counted = if result.not_counted { ", tests not counted" } else { "" };
        text.push_str(&format!(
            "  {}  {} ({}{counted})\n",
            result.status,
            result.name,
            duration(result.millis)
        ));
    }
    if record.reused {
        text.push_str("all of these results were known before for exactly this tree, and were reused\n");
    }
    text
}
