//! `plan new`: the interview with the Architect, its blueprint, and the cards that come of it. By hand, or with
//! `--print`, the prompts are printed and the answers read from files, so that it works without a model.

mod shown;

use std::path::PathBuf;

use clap::Args;

use crate::domain::blueprint::{Interview, read_answers};
use crate::domain::id::PlanId;
use crate::domain::packet::Budget;
use crate::engine::Engine;
use crate::engine::planning::{Judged, Planning, PlanningError, Stage, judge};
use crate::engine::project::Project;

use super::context::{Context, Telling};
use super::decide::read_input;
use super::error::CliError;
use super::exit::Exit;
use super::plan::{commit_import, target_of};

use shown::Outcome;

/// Make a plan with the Architect: interview, blueprint, cards
///
/// The Architect asks until nothing is left to ask, or until you say that it is enough; then it writes the blueprint and
/// the cards, which have to pass `plan lint`. What was said so far is kept in this clone until the plan is committed.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The plan's id, such as `shop`
    plan: Option<PlanId>,
    /// What is to be built
    #[arg(short, long, value_name = "TEXT", conflicts_with = "goal_file")]
    goal: Option<String>,
    /// The same from a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    goal_file: Option<PathBuf>,
    /// A file of the last commit that the Architect is shown: `path` or `path:first-last`
    #[arg(long, value_name = "PATH")]
    context: Vec<String>,
    /// Go on with what was kept
    #[arg(long = "continue", conflicts_with_all = ["goal", "goal_file", "context", "restart"])]
    go_on: bool,
    /// Forget what was kept, and begin anew
    #[arg(long)]
    restart: bool,
    /// Print the prompt for the Architect, and ask nobody
    #[arg(long)]
    print: bool,
    /// The Architect's answer: its questions, `no more questions`, or the blueprint; `-` for standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Your answers to its questions, as `1. …`; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    answers: Option<PathBuf>,
    /// No more questions: the blueprint comes next, and what is open is the Architect's to decide
    #[arg(long)]
    done: bool,
    /// Take cards with weak places too
    #[arg(long)]
    allow_weak: bool,
    /// Commit the cards onto the branch
    #[arg(long)]
    commit: bool,
    /// The branch that the tasks land on [default: the current one]
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl NewArgs {
    /// Whether something that was begun is meant.
    const fn goes_on(&self) -> bool {
        self.go_on || self.from.is_some() || self.answers.is_some() || self.done || self.commit || self.print
    }

    /// Whether it can be begun without a goal: it is in the answer, or somebody else asks for it.
    const fn needs_no_goal(&self) -> bool {
        self.from.is_some() || self.print
    }
}

pub fn run(args: &NewArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Lines)?;
    let target = target_of(&engine, args.onto.as_deref())?;
    let project = Project::load(&mut engine, &target)?;
    let mut planning = take_up(args, context, &engine, &project)?;
    if let Some(file) = &args.from {
        planning.take_reply(&engine, &read_input(context, file)?)?;
    }
    if let Some(file) = &args.answers {
        let count = planning.interview.pending().len();
        planning.take_answers(&read_answers(&read_input(context, file)?, count))?;
    }
    if args.done {
        planning.close()?;
    }
    let outcome = next(args, context, &mut engine, &project, &planning)?;
    let exit = shown::show(args, context, &planning, &outcome)?;
    if matches!(outcome, Outcome::Committed { .. }) {
        planning.finish()?;
    }
    Ok(exit)
}

/// Opens what was kept, or begins.
fn take_up(args: &NewArgs, context: &Context, engine: &Engine, project: &Project) -> Result<Planning, CliError> {
    let saved = Planning::saved(engine)?;
    let plan = match (&args.plan, &saved[..]) {
        (Some(plan), _) => plan.clone(),
        (None, [only]) if args.goes_on() => only.clone(),
        (None, []) => {
            return Err(CliError::new(Exit::Usage, "the plan has no name")
                .hint("give it a short id: git harness plan new shop --goal \"A small shop\""));
        }
        (None, several) => {
            let names: Vec<&str> = several.iter().map(PlanId::as_str).collect();
            return Err(
                CliError::new(Exit::Usage, format!("plans in the making: {}", names.join(", ")))
                    .hint("name one of them with --continue, or a new one"),
            );
        }
    };
    let has_goal = args.goal.is_some() || args.goal_file.is_some();
    if args.restart {
        Planning::forget(engine, &plan)?;
    } else if saved.iter().any(|known| known.folded() == plan.folded()) {
        if has_goal || !args.goes_on() {
            return Err(PlanningError::Begun(plan).into());
        }
        return Ok(Planning::open(engine, &plan)?);
    } else if args.go_on || args.answers.is_some() {
        return Err(PlanningError::NotBegun(plan).into());
    }
    let goal = match (&args.goal, &args.goal_file) {
        (Some(goal), _) => goal.clone(),
        (None, Some(file)) => read_input(context, file)?,
        (None, None) if args.needs_no_goal() => String::new(),
        (None, None) => {
            return Err(
                CliError::new(Exit::Usage, format!("nothing says what {plan} is to be")).hint(format!(
                    "say it: git harness plan new {plan} --goal \"…\", or --goal-file FILE"
                )),
            );
        }
    };
    Ok(Planning::begin(
        engine,
        project,
        Interview::new(plan, &goal, args.context.clone()),
    )?)
}

/// Goes as far as it goes without anybody else.
fn next(
    args: &NewArgs,
    context: &Context,
    engine: &mut Engine,
    project: &Project,
    planning: &Planning,
) -> Result<Outcome, CliError> {
    match planning.stage() {
        Stage::Answer => Ok(Outcome::Questions),
        Stage::Ask | Stage::Write => Ok(Outcome::Prompt(planning.prompt(
            engine,
            project,
            &[],
            &Budget::default(),
        )?)),
        Stage::Judge => {
            let judged = judge(engine, project, planning)?;
            if judged.is_wrong() || !judged.mistakes.is_empty() && !args.allow_weak {
                return Ok(match args.print {
                    true => Outcome::Prompt(planning.prompt(engine, project, &judged.mistakes, &Budget::default())?),
                    false => Outcome::Mistakes(judged),
                });
            }
            finish(args, context, engine, project, planning, judged)
        }
    }
}

fn finish(
    args: &NewArgs,
    context: &Context,
    engine: &mut Engine,
    project: &Project,
    planning: &Planning,
    judged: Judged,
) -> Result<Outcome, CliError> {
    let Some(import) = judged.import else {
        return Ok(Outcome::Mistakes(judged));
    };
    if !args.commit {
        return Ok(Outcome::Ready(import));
    }
    let source = format!("plan new {}", planning.plan());
    let commit = commit_import(context, engine, project, &import, &source)?;
    Ok(Outcome::Committed {
        import,
        commit,
        target: project.target.clone(),
    })
}
