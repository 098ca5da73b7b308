//! `next`, `start` and `submit`: attended mode.

use clap::Args;

use crate::domain::failure::Failure;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::plan::card::{Card, CardHead};
use crate::domain::task::queue::{TaskView, next_ready};
use crate::domain::task::state::TaskState;
use crate::domain::trailer::BULLETS;
use crate::engine::attended::{self, AttendedError, Open, Verdict};
use crate::engine::finish::Finish;
use crate::engine::overview;
use crate::engine::project::Project;
use crate::engine::server::Offer;
use crate::engine::trusted::Trusted;
use crate::engine::{Engine, resume};
use crate::git::hooks::HookState;
use crate::report::text::visible;

use super::bullets::{Bullets, bullets};
use super::context::{Context, Telling, print, print_json, project_of, tell_of_weak_fence};
use super::error::CliError;
use super::exit::Exit;
use super::named::{projects_with, require_plan};
use super::refusal;

/// Take the next ready card into this worktree and print its packet
///
/// While a task is open here, the same packet is printed again: its card stays as it was handed out, until `--refresh`.
/// Edit what the card allows, then `git commit` or `git harness submit`.
#[derive(Debug, Args)]
pub struct NextArgs {
    /// Only this plan
    plan: Option<PlanId>,
    /// Show which card is next, and take nothing
    #[arg(long)]
    peek: bool,
    /// Take the open task anew with its card as it stands now; files stay as they are
    #[arg(long, conflicts_with_all = ["peek", "plan"])]
    refresh: bool,
    /// Print JSON; only with --peek
    #[arg(long, requires = "peek")]
    json: bool,
    /// Claim it on this remote too, so that no other machine takes it
    #[arg(long, value_name = "NAME", conflicts_with = "peek")]
    remote: Option<String>,
}

/// Take a card into this worktree and print its packet
#[derive(Debug, Args)]
pub struct StartArgs {
    /// The task
    task: TaskId,
    /// Claim it on this remote too, so that no other machine takes it
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

/// Verify what this worktree changed for the open task, and land it
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// What was done and why, for the commit: a bullet for each line (may be given several times)
    #[arg(short, long = "message", value_name = "TEXT", value_parser = bullets, allow_hyphen_values = true)]
    message: Vec<Bullets>,
    /// Land it on this remote, where it was claimed
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

impl From<AttendedError> for CliError {
    fn from(error: AttendedError) -> Self {
        match error {
            AttendedError::Run(error) => error.into(),
            AttendedError::NothingOpen => Self::new(Exit::NothingReady, error.to_string()).hint("git harness next"),
            AttendedError::Detached => Self::new(Exit::Usage, error.to_string())
                .hint("give the work a branch: git switch -c NAME; or go to one: git switch NAME"),
            AttendedError::UnderWay(what) => {
                Self::new(Exit::PersonNeeded, error.to_string()).hint(format!("end it first: {}", what.ends_with()))
            }
            AttendedError::Unmerged(_) => Self::new(Exit::PersonNeeded, error.to_string())
                .hint("resolve it and `git add` the files, or take a side: git checkout --ours, or --theirs, PATH"),
            AttendedError::Land(error) => error.into(),
            AttendedError::Behind { .. } => Self::new(Exit::PersonNeeded, error.to_string())
                .hint("take what is in the way aside; the next command of the harness brings files and branch along"),
            AttendedError::CardChanged(_) => Self::new(Exit::Refused, error.to_string())
                .hint("git harness next --refresh takes it anew; files stay as they are"),
            AttendedError::CardGone(ref task) => Self::new(Exit::Refused, error.to_string()).hint(format!(
                "commit on a branch that holds it (git log --all -- .harness/tasks/{task}.md), or give the task back (git harness release {task})"
            )),
            AttendedError::NotApproved(_, ref plan) => Self::new(Exit::Refused, error.to_string())
                .hint(format!("somebody has to look at it: git harness plan approve {plan}")),
            AttendedError::Worktree(ref why) => {
                Self::new(Exit::Refused, error.to_string()).hint(refusal::of_worktree(why))
            }
            other => Self::new(Exit::Refused, other.to_string()),
        }
    }
}

pub fn next(args: &NextArgs, context: &Context) -> Result<Exit, CliError> {
    if args.peek {
        return peek(args, context);
    }
    let mut engine = context.settled_engine(Telling::Lines)?;
    if let Some(open) = attended::open(&engine)? {
        if let Some(remote) = &args.remote {
            renew(&mut engine, remote, &open)?;
        }
        if args.refresh {
            return refresh(&mut engine, &open);
        }
        print(&visible(&attended::packet(&engine, &open)?))?;
        return Ok(Exit::Done);
    }
    if args.refresh {
        return Err(AttendedError::NothingOpen.into());
    }
    attended::is_at_rest(&engine)?;
    if let Some(remote) = &args.remote {
        let wanted = |card: &CardHead| args.plan.as_ref().is_none_or(|plan| card.plan == *plan);
        return take_shared(&mut engine, remote, &wanted);
    }
    for project in projects_with(&mut engine, args.plan.as_ref())? {
        loop {
            let views = project.views(&engine);
            let wanted = |card: &CardHead| args.plan.as_ref().is_none_or(|plan| card.plan == *plan);
            let queue = project.heads().iter().zip(&views).filter(|(card, _)| wanted(card));
            let Some(card) = next_ready(queue) else {
                break;
            };
            match take(&mut engine, &project, &card.id) {
                Err(_) if was_taken(&engine, &card.id)? => {}
                done => return done,
            }
        }
    }
    Err(nothing_ready())
}

/// Hands the open task out again, by its card at the tip of its branch.
fn refresh(engine: &mut Engine, open: &Open) -> Result<Exit, CliError> {
    let task = &open.card.id;
    let project = project_of(engine, task)?;
    Trusted::of(engine, &project)?;
    let card = engine.git.entry(project.tree, &task.card_path())?;
    if card.is_some_and(|card| card.blob == open.dispatched.card) {
        tell("the card is as it was handed out");
        print(&visible(&attended::packet(engine, open)?))?;
        return Ok(Exit::Done);
    }
    let person = engine.person()?;
    attended::is_at_rest(engine)?;
    attended::release(engine, task, person)?;
    take(engine, &project, task)
}

/// Whether somebody else was quicker to take a card.
fn was_taken(engine: &Engine, task: &TaskId) -> Result<bool, CliError> {
    let log = engine.replay().task(task);
    Ok(log.is_some_and(|log| log.state.is_with_builder()) && attended::open(engine)?.is_none())
}

fn nothing_ready() -> CliError {
    CliError::new(Exit::NothingReady, "no card is ready").hint("`git harness status` tells what each waits for")
}

#[derive(serde::Serialize)]
struct Peek<'a> {
    v: u32,
    target: &'a str,
    card: Option<&'a Card>,
}

fn peek(args: &NextArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let overviews = overview::overviews(&mut engine)?;
    let cards = overviews.iter().flat_map(|overview| &overview.cards);
    require_plan(args.plan.as_ref(), cards.map(|card| &card.plan))?;
    for overview in overviews {
        let views = overview.views(&engine);
        let wanted = |card: &CardHead| args.plan.as_ref().is_none_or(|plan| card.plan == *plan);
        let queue = overview.cards.iter().zip(&views).filter(|(card, _)| wanted(card));
        let found = next_ready(queue);
        if let Some(card) = found {
            if args.json {
                let project = Project::load(&mut engine, &overview.target)?;
                print_json(&Peek {
                    v: 1,
                    target: &overview.target,
                    card: project.card(&card.id),
                })?;
                return Ok(Exit::Done);
            }
            print(&format!("{}  {}\n", card.id, visible(&card.title)))?;
            return Ok(Exit::Done);
        }
    }
    Err(nothing_ready())
}

pub fn start(args: &StartArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Lines)?;
    if let Some(open) = attended::open(&engine)? {
        if open.card.id == args.task {
            if let Some(remote) = &args.remote {
                renew(&mut engine, remote, &open)?;
            }
            print(&visible(&attended::packet(&engine, &open)?))?;
            return Ok(Exit::Done);
        }
        return Err(
            CliError::new(Exit::Refused, format!("task {} is open in this worktree", open.card.id)).hint(format!(
                "commit it, or give it back: git harness release {}",
                open.card.id
            )),
        );
    }
    attended::is_at_rest(&engine)?;
    if let Some(remote) = &args.remote {
        return take_shared(&mut engine, remote, &|card| card.id == args.task);
    }
    let project = project_of(&mut engine, &args.task)?;
    let view = project.views(&engine).into_iter().find(|view| view.id == args.task);
    if let Some(view) = view.filter(|view| !matches!(view.state, TaskState::Ready | TaskState::Failed)) {
        let why = match (&view.reason, &view.waits_for[..]) {
            (Some(reason), _) => format!(": {reason}"),
            (None, []) => String::new(),
            (None, waits) => {
                let names: Vec<&str> = waits.iter().map(TaskId::as_str).collect();
                format!(": it waits for {}", names.join(", "))
            }
        };
        return Err(
            CliError::new(Exit::NothingReady, format!("{} is {}{why}", args.task, view.state))
                .hint(format!("`git harness show {}` tells more", args.task)),
        );
    }
    take(&mut engine, &project, &args.task)
}

/// Takes a card that no other machine has.
fn take_shared(engine: &mut Engine, remote: &str, wanted: &dyn Fn(&CardHead) -> bool) -> Result<Exit, CliError> {
    let (branch, _) = attended::branch(engine)?;
    engine.join(remote, &branch)?;
    attended::settle(engine)?;
    let project = Project::load(engine, &branch)?;
    // Before anything is claimed: a person may have to agree first.
    Trusted::of(engine, &project)?;
    attended::is_at_rest(engine)?;
    engine.person()?;
    let views = |project: &Project, engine: &Engine| {
        let views = project.views(engine);
        let asked_for = |view: &TaskView| project.head(&view.id).is_some_and(wanted);
        views.into_iter().filter(asked_for).collect()
    };
    match engine.claim_for_person(&branch, &views)? {
        Offer::Card(taken) => {
            let given = take(engine, &taken.project, &taken.card.id);
            if given.is_err() {
                engine.give_back(&taken.card.id)?;
            }
            given
        }
        Offer::Later => Err(
            CliError::new(Exit::NothingReady, "other machines have every card that is ready")
                .hint("look again later; `git harness status` tells what each of the others waits for"),
        ),
        Offer::Nothing => Err(nothing_ready()),
    }
}

/// Tells the others that somebody is still at work here.
fn renew(engine: &mut Engine, remote: &str, open: &Open) -> Result<(), CliError> {
    let (branch, _) = attended::branch(engine)?;
    engine.join(remote, &branch)?;
    Ok(engine.hold_again(&open.card.id)?)
}

fn take(engine: &mut Engine, project: &Project, task: &TaskId) -> Result<Exit, CliError> {
    Trusted::of(engine, project)?;
    let person = engine.person()?;
    let Some(card) = project.card(task).cloned() else {
        return Err(nothing_ready());
    };
    let displaced = engine
        .git
        .hook_status()
        .into_iter()
        .any(|report| report.state != HookState::Ours);
    let packet = attended::start(engine, project, &card, person)?;
    if displaced {
        tell(
            "our hooks are not in place, so `git commit` is not checked here: git harness hooks install, or use git harness submit",
        );
    }
    print(&visible(&packet))?;
    Ok(Exit::Done)
}

#[expect(clippy::print_stderr, reason = "a remark beside the packet on standard output")]
fn tell(text: &str) {
    eprintln!("note: {text}");
}

pub fn submit(args: &SubmitArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let mut engine = context.settled_engine(Telling::Lines)?;
    if let Some(remote) = &args.remote {
        let (branch, _) = attended::branch(&engine)?;
        engine.join(remote, &branch)?;
        attended::settle(&mut engine)?;
    }
    let open = attended::open(&engine)?.ok_or(AttendedError::NothingOpen)?;
    if let Some(remote) = resume::claimed_elsewhere(&engine, &open.card.id) {
        return Err(CliError::new(
            Exit::Usage,
            format!("{} was claimed on {remote}, and lands there", open.card.id),
        )
        .hint(format!("git harness submit --remote {remote}")));
    }
    let project = project_of(&mut engine, &open.card.id)?;
    let trusted = Trusted::of(&engine, &project)?;
    tell_of_weak_fence(&mut engine)?;
    let said = args.message.concat();
    if said.len() > BULLETS {
        let many = format!("{} lines, and a commit has {BULLETS} bullets at most", said.len());
        return Err(
            CliError::new(Exit::Usage, many).hint("say less, or commit with `git commit`, whose message is yours")
        );
    }
    if !said.is_empty() {
        attended::describe(&mut engine, &open, said)?;
    }
    attended::is_at_rest(&engine)?;
    let others = attended::other_work(&engine, &open, &project)?;
    if !others.is_empty() {
        let shown: Vec<&str> = others.iter().take(5).map(String::as_str).collect();
        tell(&format!(
            "left out, since the card does not allow it: {}",
            shown.join(", ")
        ));
    }
    let (verdict, finish) = match args.remote {
        Some(_) => engine.submit_there(&open)?,
        None => attended::submit(&mut engine, &trusted, &open)?,
    };
    if let Some(Finish::Landed(landed)) = finish {
        print(&format!("{} landed as {}\n", open.card.id, landed.commit.short(10)))?;
        return Ok(Exit::Done);
    }
    Err(explain(&open, &verdict))
}

fn explain(open: &Open, verdict: &Verdict) -> CliError {
    match verdict {
        Verdict::Refused(Failure::Checks { results }) => {
            let failed: Vec<String> = results
                .iter()
                .filter(|result| !result.status.passed())
                .map(|result| format!("{}: {}\n{}", result.name, result.status, result.excerpt))
                .collect();
            CliError::new(Exit::Refused, failed.join("\n"))
                .hint("mend it and submit again; a refusal uses up no attempt")
        }
        Verdict::Refused(Failure::Scope { violations }) => refusal::of_submit(&open.card, violations),
        Verdict::Refused(failure) => CliError::new(Exit::Refused, failure.to_string()),
        Verdict::Waiting(gates) => CliError::new(
            Exit::PersonNeeded,
            format!("{} is verified and waits for {}", open.card.id, gates.join(", ")),
        )
        .hint(format!(
            "somebody else looks at it (git harness show {}) and approves it; then submit again",
            open.card.id
        )),
        Verdict::Closed(why) => CliError::new(Exit::PersonNeeded, format!("{}: {why}", open.card.id))
            .hint(format!("git harness show {} tells what was decided", open.card.id)),
        _ => CliError::new(Exit::Refused, "nothing that the card allows has changed")
            .hint(format!("allowed: {}", refusal::listed(&open.card.files))),
    }
}
