//! `plan new`: the interview with the Architect, its blueprint, and the cards that come of it. By hand, or with
//! `--print`, the prompts are printed and the answers read from files, so that it works without a model.

mod shown;
mod talk;

use std::path::PathBuf;

use clap::Args;

use crate::config::{BuilderKind, PlanApproval};
use crate::domain::blueprint::{Interview, read_answers};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::PlanId;
use crate::domain::packet::Budget;
use crate::domain::task::event::Event;
use crate::engine::Engine;
use crate::engine::builder::{Builder, builder_for};
use crate::engine::planning::{Judged, Past, Planning, PlanningError, Stage, ask, judge};
use crate::engine::project::Project;
use crate::engine::run::RunError;
use crate::engine::trusted::Trusted;

use super::context::{Context, Telling, print};
use super::decide::read_input;
use super::error::CliError;
use super::exit::Exit;
use super::plan::{commit_import, target_of};

use shown::{Outcome, Shown};
use talk::Talk;

/// How often the Architect is asked for a better blueprint before a person has to look at it.
const MENDS: usize = 2;

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
    /// Who is asked, instead of the Architect of the configuration
    #[arg(long, value_name = "NAME")]
    architect: Option<String>,
    /// Print JSON, and ask nothing in the terminal
    #[arg(long)]
    json: bool,
}

impl NewArgs {
    /// Whether something that was begun is meant.
    const fn goes_on(&self) -> bool {
        self.go_on || self.from.is_some() || self.answers.is_some() || self.done || self.commit || self.print
    }

    /// Whether a person may be asked in the terminal: not where what is printed is for somebody else, nor where standard
    /// input is a file.
    fn may_talk(&self) -> bool {
        let files = [&self.goal_file, &self.from, &self.answers];
        let reads_input = files.into_iter().flatten().any(|file| file.as_os_str() == "-");
        !self.json && !self.print && !reads_input
    }

    /// Whether it may be begun without a goal: it is in the answer, or somebody else asks for it.
    const fn needs_no_goal(&self) -> bool {
        self.from.is_some() || self.print
    }
}

pub fn run(args: &NewArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Lines)?;
    let target = target_of(&engine, args.onto.as_deref())?;
    let project = Project::load(&mut engine, &target)?;
    let architect = architect(args, &engine, &project)?;
    let talk = if args.may_talk() { Talk::begin(context) } else { None };
    if architect.is_some() || talk.is_some() {
        context.catch_interrupts();
    }
    let mut planning = take_up(args, context, &engine, &project, talk.as_ref())?;
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
    let mut session = Session {
        args,
        context,
        engine,
        project,
        planning,
        architect,
        talk,
    };
    let outcome = session.go_on()?;
    let shown = session.shown()?;
    let exit = match args.json {
        true => shown.json(&outcome)?,
        false => shown.text(&outcome)?,
    };
    let exit = match outcome {
        // Whoever asks for a prompt has it, whatever comes next.
        Outcome::Prompt(_) if args.print => Exit::Done,
        Outcome::Committed { .. } => {
            session.planning.finish()?;
            exit
        }
        _ => exit,
    };
    Ok(exit)
}

/// Who is asked; `None` where that is done by hand.
fn architect(args: &NewArgs, engine: &Engine, project: &Project) -> Result<Option<Box<dyn Builder>>, CliError> {
    let name = args.architect.as_ref().unwrap_or(&project.config.roles.architect);
    let definition = project.config.builders.get(name);
    let definition = definition.ok_or_else(|| RunError::NoBuilder(name.clone()))?;
    if args.print || matches!(definition.kind, BuilderKind::Manual) {
        return Ok(None);
    }
    // Programs may be the repository's own, and so are the prompts that a model gets.
    Trusted::of(engine, project)?;
    Ok(Some(builder_for(definition)))
}

/// Opens what was kept, or begins.
fn take_up(
    args: &NewArgs,
    context: &Context,
    engine: &Engine,
    project: &Project,
    talk: Option<&Talk>,
) -> Result<Planning, CliError> {
    let saved = Planning::saved(engine)?;
    let mut goal = match (&args.goal, &args.goal_file) {
        (Some(goal), _) => Some(goal.clone()),
        (None, Some(file)) => Some(read_input(context, file)?),
        (None, None) => None,
    };
    let plan = match (&args.plan, &saved[..], talk) {
        (Some(plan), ..) => plan.clone(),
        (None, [only], _) if args.goes_on() => only.clone(),
        (None, _, Some(talk)) if !args.goes_on() => {
            let said = match goal {
                Some(goal) => goal,
                None => talk.goal()?,
            };
            let plan = talk.name(talk::name_of(&said).as_ref())?;
            goal = Some(said);
            plan
        }
        (None, [], _) => {
            return Err(CliError::new(Exit::Usage, "the plan has no name")
                .hint("give it a short id: git harness plan new shop --goal \"A small shop\""));
        }
        (None, several, _) => {
            let names: Vec<&str> = several.iter().map(PlanId::as_str).collect();
            return Err(
                CliError::new(Exit::Usage, format!("plans in the making: {}", names.join(", ")))
                    .hint("name one of them with --continue, or a new one"),
            );
        }
    };
    if args.restart {
        Planning::forget(engine, &plan)?;
    } else if saved.iter().any(|known| known.folded() == plan.folded()) {
        if goal.is_some() || !args.goes_on() {
            return Err(PlanningError::Begun(plan).into());
        }
        return Ok(Planning::open(engine, &plan)?);
    } else if args.go_on || args.answers.is_some() {
        return Err(PlanningError::NotBegun(plan).into());
    }
    let goal = match (goal, talk) {
        (Some(goal), _) => goal,
        (None, _) if args.needs_no_goal() => String::new(),
        (None, Some(talk)) => talk.goal()?,
        (None, None) => {
            return Err(
                CliError::new(Exit::Usage, format!("nothing says what {plan} is to be")).hint(format!(
                    "say it: git harness plan new {plan} --goal \"…\", or --goal-file FILE"
                )),
            );
        }
    };
    let interview = Interview::new(plan, &goal, args.context.clone());
    Ok(Planning::begin(engine, project, interview)?)
}

/// Everybody who takes part.
struct Session<'a> {
    args: &'a NewArgs,
    context: &'a Context,
    engine: Engine,
    project: Project,
    planning: Planning,
    /// `None`: by hand.
    architect: Option<Box<dyn Builder>>,
    /// `None`: nobody sits at a terminal.
    talk: Option<Talk>,
}

impl Session<'_> {
    /// Goes as far as it goes with those who are here.
    fn go_on(&mut self) -> Result<Outcome, CliError> {
        let mut mends = MENDS;
        loop {
            match self.planning.stage() {
                Stage::Answer => match &self.talk {
                    Some(talk) => talk.answers(&mut self.planning)?,
                    None => return Ok(Outcome::Questions),
                },
                Stage::Ask if self.architect.is_some() => self.ask("what is left to ask", &[])?,
                Stage::Write if self.architect.is_some() => self.ask("the blueprint", &[])?,
                Stage::Ask | Stage::Write => return Ok(Outcome::Prompt(self.prompt(&[])?)),
                Stage::Judge => {
                    let judged = judge(&self.engine, &self.project, &self.planning)?;
                    let is_good = judged.mistakes.is_empty() || self.args.allow_weak;
                    if !judged.is_wrong() && is_good {
                        return self.finish(judged);
                    }
                    if self.args.print {
                        return Ok(Outcome::Prompt(self.prompt(&judged.mistakes)?));
                    }
                    if self.architect.is_none() || mends == 0 {
                        return Ok(Outcome::Mistakes(judged));
                    }
                    mends -= 1;
                    self.ask("a better blueprint", &judged.mistakes)?;
                }
            }
        }
    }

    fn shown(&self) -> Result<Shown<'_>, CliError> {
        Ok(Shown {
            context: self.context,
            planning: &self.planning,
            past: Past::of(&self.engine, self.planning.plan())?,
            needs_approval: self.project.config.approval.plan == PlanApproval::Required,
        })
    }

    fn prompt(&self, mistakes: &[Diagnostic]) -> Result<String, CliError> {
        // Whoever reads it by hand has no window that is known.
        let budget = Budget::default();
        Ok(self.planning.prompt(&self.engine, &self.project, mistakes, &budget)?)
    }

    fn ask(&mut self, what: &str, mistakes: &[Diagnostic]) -> Result<(), CliError> {
        let Some(architect) = &self.architect else {
            return Ok(());
        };
        let count = match mistakes.len() {
            0 => String::new(),
            1 => ", because of one weak place".to_owned(),
            more => format!(", because of {more} weak places"),
        };
        self.engine.tell(&Event::Told {
            task: None,
            text: format!("asking Architect {} for {what}{count}", architect.name()),
        });
        let trusted = Trusted::of(&self.engine, &self.project)?;
        ask(&mut self.engine, &trusted, &mut self.planning, &**architect, mistakes)?;
        Ok(())
    }

    fn finish(&mut self, judged: Judged) -> Result<Outcome, CliError> {
        let Some(import) = judged.import else {
            return Ok(Outcome::Mistakes(judged));
        };
        let mut commit = self.args.commit;
        if let Some(talk) = self.talk.as_ref().filter(|_| !commit) {
            print(&self.shown()?.cards(&import))?;
            let question = format!("Commit this plan onto {}, and trust its commands?", self.project.target);
            commit = talk.agrees(self.planning.plan(), &question)?;
        }
        if !commit {
            return Ok(Outcome::Ready(import));
        }
        if self.args.commit && !self.args.json {
            // Whoever commits without being asked sees all the same what is trusted with it.
            print(&self.shown()?.cards(&import))?;
        }
        let source = format!("plan new {}", self.planning.plan());
        let commit = commit_import(&mut self.engine, &self.project, &import, &source)?;
        Ok(Outcome::Committed {
            import,
            commit,
            target: self.project.target.clone(),
        })
    }
}
