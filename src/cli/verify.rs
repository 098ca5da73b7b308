//! `verify`.

use clap::Args;
use serde::Serialize;

use crate::domain::check::EvidenceRecord;
use crate::domain::id::TaskId;
use crate::engine::Engine;
use crate::engine::attended;
use crate::engine::project::Project;
use crate::engine::renew::{self, RenewError};
use crate::engine::run::RunError;
use crate::engine::trusted::{Permit, Trusted};
use crate::engine::verify::{self, Ground};
use crate::git::Head;
use crate::report::table::duration;

use super::context::{Context, Telling, print, print_json, print_report, project_of, target, tell_of_weak_fence};
use super::error::CliError;
use super::exit::Exit;

/// Run checks on a commit's tree, on what this worktree would commit for the open task, or on landings as they are
///
/// After a rebase, a squash or a cherry-pick a landing's evidence is for another tree than the one committed. `--landed`
/// runs the checks on the tree that is there, and says so in a commit without changes, which pushes and audits accept.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git harness verify                             what this worktree would commit
  git harness verify shop-01 --rev v1.2          the checks of a task on an older commit
  git harness verify --landed                    every landing whose evidence is for another tree
  git harness verify --landed origin/main..HEAD  those among these commits")]
pub struct VerifyArgs {
    /// Run this task's checks [default: the open task's, else those that join every card]; with --landed tasks, or a range
    #[arg(value_name = "TASK")]
    what: Vec<String>,
    /// Verify landings anew whose evidence is for another tree than the one committed [default: all of the branch]
    #[arg(long, conflicts_with = "rev")]
    landed: bool,
    /// With --landed: the branch that they landed on [default: the one checked out, else the plan's]
    #[arg(long, value_name = "BRANCH", requires = "landed")]
    onto: Option<String>,
    /// On this commit [default: the worktree's candidate, else the branch's tip]
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    if args.landed {
        return landed(args, context);
    }
    let named = match &args.what[..] {
        [] => None,
        [one] => Some(task_of(one)?),
        _ => {
            return Err(CliError::new(Exit::Usage, "one task at a time")
                .hint("git harness verify --landed ID… is about landings, and takes several"));
        }
    };
    let telling = if args.json { Telling::Nothing } else { Telling::Lines };
    let mut engine = context.engine(telling)?;
    let open = attended::open(&engine)?;
    let task = named.or(open.as_ref().map(|open| open.card.id.clone()));
    let project = match &task {
        Some(task) => project_of(&mut engine, task)?,
        None => {
            let target = target(&mut engine, None)?;
            Project::load(&mut engine, &target)?
        }
    };
    let trusted = Trusted::of(&engine, &project)?;
    tell_of_weak_fence(&mut engine)?;
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
            let (candidate, _) = attended::worktree_candidate(&engine, &project, open)?;
            (engine.git.tree_of(candidate.parent)?, candidate.tree)
        }
        (None, None) => (project.tree, project.tree),
    };
    let ground = match task.as_ref().and_then(|task| project.card(task)) {
        Some(card) => Ground::of_card(trusted.permit(), card, &cone, base),
        None => Ground::new(trusted.permit(), &cone, base),
    };
    let record = verify::check_tree(&mut engine, &ground, tree, &checks).map_err(RunError::from)?;
    if args.json {
        print_report(&record)?;
    } else {
        print(&shown(&record))?;
    }
    Ok(if record.passed() { Exit::Done } else { Exit::Refused })
}

fn task_of(text: &str) -> Result<TaskId, CliError> {
    text.parse()
        .map_err(|_| CliError::new(Exit::Usage, format!("`{text}` is no task's id")))
}

impl From<RenewError> for CliError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Read(error) => error.into(),
            RenewError::Untrusted(error) => error.into(),
            RenewError::Verify(error) => RunError::from(error).into(),
            RenewError::Append(error) => error.into(),
            RenewError::Commit(error) => error.into(),
            RenewError::Turn(_) => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

#[derive(Serialize)]
struct Landed<'a> {
    v: u32,
    /// The commit that says what passed.
    commit: Option<String>,
    landings: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    task: &'a TaskId,
    landing: String,
    passed: bool,
    #[serde(flatten)]
    evidence: &'a EvidenceRecord,
}

/// `--landed`: evidence for landings as they are.
fn landed(args: &VerifyArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(if args.json { Telling::Nothing } else { Telling::Lines })?;
    let person = engine.person()?;
    let ranges: Vec<&String> = args.what.iter().filter(|text| text.contains("..")).collect();
    let tasks: Vec<TaskId> = match ranges[..] {
        [] => args.what.iter().map(|text| task_of(text)).collect::<Result<_, _>>()?,
        [_] if args.what.len() == 1 => Vec::new(),
        _ => return Err(CliError::new(Exit::Usage, "name tasks, or one range of commits")),
    };
    let among = match ranges.first() {
        Some(range) => Some(engine.git.commits_in(range).map_err(|error| {
            CliError::new(Exit::Usage, error.to_string()).hint("name commits of this clone, such as origin/main..HEAD")
        })?),
        None => None,
    };
    // The branch that is checked out, as a release branch may be; where nothing waits there, the one that plans land on.
    let named = match &args.onto {
        Some(branch) => Some(branch.clone()),
        None => governed_head(&engine)?,
    };
    let mut project = match named {
        Some(branch) => Project::load(&mut engine, &branch)?,
        None => planned(&mut engine, &tasks)?,
    };
    let mut stale = renew::stale(&engine, &project, &tasks, among.as_ref())?;
    if args.onto.is_none() && stale.is_empty() {
        let planned = planned(&mut engine, &tasks)?;
        if planned.target != project.target {
            stale = renew::stale(&engine, &planned, &tasks, among.as_ref())?;
            project = planned;
        }
    }
    for task in &tasks {
        if project.history.landing(task).is_none() && project.history.claim(task).is_none() {
            return Err(
                CliError::new(Exit::Refused, format!("{task} is not complete on {}", project.target))
                    .hint(format!("`git harness show {task}` tells its story")),
            );
        }
    }
    for one in &stale {
        Permit::for_checks(&engine, &one.wanted.config, &one.wanted.checks)?;
    }
    let renewed = renew::run(&mut engine, stale, &person)?;
    let commit = renew::say(&mut engine, &project, &renewed, &person)?;
    let all_passed = renewed.iter().all(|one| one.evidence.passed());
    if args.json {
        print_json(&Landed {
            v: 1,
            commit: commit.map(|commit| commit.to_string()),
            landings: renewed
                .iter()
                .map(|one| One {
                    task: &one.task,
                    landing: one.landing.to_string(),
                    passed: one.evidence.passed(),
                    evidence: &one.evidence,
                })
                .collect(),
        })?;
    } else if renewed.is_empty() {
        print("every landing has evidence for the tree that it has\n")?;
    } else {
        for one in &renewed {
            print(&format!(
                "{} as {}: {}",
                one.task,
                one.landing.short(10),
                shown(&one.evidence)
            ))?;
        }
        if let Some(commit) = commit {
            print(&format!("recorded in {} on {}\n", commit.short(10), project.target))?;
        }
    }
    Ok(if all_passed { Exit::Done } else { Exit::Refused })
}

/// The branch that is checked out, if the harness has come into its history.
fn governed_head(engine: &Engine) -> Result<Option<String>, CliError> {
    Ok(match engine.git.head()? {
        Head::Branch { branch, commit } => {
            let tree = engine.git.tree_of(commit)?;
            engine.git.subtree(tree, ".harness")?.is_some().then_some(branch)
        }
        _ => None,
    })
}

/// The branch that these tasks land on, or all of them do.
fn planned(engine: &mut Engine, tasks: &[TaskId]) -> Result<Project, CliError> {
    match tasks.first() {
        Some(task) => project_of(engine, task),
        None => {
            let target = target(engine, None)?;
            Ok(Project::load(engine, &target)?)
        }
    }
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
