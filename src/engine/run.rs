//! Run: the loop over a plan (design section 5). Every turn looks at where the tasks stand and takes the first step
//! that can be taken, so that a run which was interrupted is resumed by running again.

mod aside;
mod floor;
mod shared;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use crate::domain::actor::Actor;
use crate::domain::check::Check;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::scope::cone::Cone;
use crate::domain::task::books::Account;
use crate::domain::task::event::Event;
use crate::domain::task::queue::TaskView;
use crate::domain::task::state::TaskState;
use crate::domain::usage::Usage;
use crate::git::{MoveError, ReadError, RemoteError, SwapError, WriteError};
use crate::ledger::{AppendError, JournalError};
use crate::process::find_program;

use super::Engine;
use super::accept::AcceptError;
use super::attempt::attempt;
use super::audit::AuditError;
use super::builder::{Builder, BuilderError};
use super::commit::CommitFilesError;
use super::dispatch::DispatchError;
use super::door::DoorError;
use super::finish::{self, Finish};
use super::harvest::HarvestError;
use super::history::HistoryError;
use super::judge::JudgeError;
use super::land::LandError;
use super::project::{Project, ProjectError};
use super::resume;
use super::server::{AdvanceError, Pulse, ServerError};
use super::slot::SlotError;
use super::trusted::{Trusted, Untrusted};
use super::verify::{self, Ground, VerifyError};
use super::view::ViewError;
pub(super) use aside::is_of_the_disk;
use floor::Floor;

/// Why a run, or one step of it, stopped for reasons outside the work.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plan could not be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The branch holds commands that this user never agreed to.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// A card could not be given out.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// A Builder or Architect could not be put to work.
    #[error(transparent)]
    Builder(BuilderError),
    /// A slot could not be had.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A view could not be made.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A view could not be harvested.
    #[error(transparent)]
    Harvest(#[from] HarvestError),
    /// A harvest could not be judged.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// Checks could not be run.
    #[error(transparent)]
    Verify(VerifyError),
    /// A change could not be put to its gates.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// A change could not be landed.
    #[error(transparent)]
    Land(#[from] LandError),
    /// A card would not be readable afterwards.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// A card could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitFilesError),
    /// A row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// History could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// An object could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A transcript or lock could not be written.
    #[error("cannot write beside the journal: {0}")]
    Transcript(std::io::Error),
    /// A candidate could not be kept.
    #[error("cannot keep a candidate: {0}")]
    KeepCandidate(SwapError),
    /// A landing could not be finished after an interruption.
    #[error("a landing was interrupted, and its files cannot follow: {0}")]
    Resume(MoveError),
    /// A template is unusable.
    #[error("{file}: {why}")]
    Template {
        /// Which.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A card is gone from the branch.
    #[error("the card of {0} is not on the branch any more")]
    CardGone(TaskId),
    /// Work could not be shared with other machines.
    #[error(transparent)]
    Server(ServerError),
    /// Commits could not be judged before they were published.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The ledger could not be opened anew.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A branch did not move on the server.
    #[error(transparent)]
    Advance(#[from] AdvanceError),
    /// Another run works on this branch.
    #[error("another run is at work on {0}")]
    AlreadyRunning(String),
    /// A check that joins every card fails before any work.
    #[error("the check {check} fails on {target} before any work: {status}")]
    RedOnBase {
        /// The check.
        check: String,
        /// The branch.
        target: String,
        /// How it ended.
        status: String,
        /// The end of its output.
        excerpt: String,
    },
    /// A program that checks need is not on the path.
    #[error("the check `{check}` needs `{program}`, which is not on the PATH")]
    NoProgram {
        /// The check.
        check: String,
        /// The program.
        program: String,
    },
    /// A name that the configuration does not define.
    #[error("there is no builder `{0}`")]
    NoBuilder(String),
    /// Another one of the crew has nothing to work with.
    #[error("cannot work on several cards: {0}")]
    Crew(String),
    /// The user stopped it.
    #[error("stopped by the user")]
    Interrupted,
}

impl From<ServerError> for RunError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Remote(RemoteError::Stopped(_)) => Self::Interrupted,
            other => Self::Server(other),
        }
    }
}

impl From<VerifyError> for RunError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Cancelled => Self::Interrupted,
            VerifyError::Untrusted(error) => Self::Untrusted(error),
            other => Self::Verify(other),
        }
    }
}

/// What a run is asked for.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Only this plan.
    pub plan: Option<PlanId>,
    /// Only these tasks.
    pub only: Vec<TaskId>,
    /// Only this task and those after it in plan order.
    pub from: Option<TaskId>,
    /// This Builder instead of the role's.
    pub builder: Option<String>,
    /// Checks that may be red on the base.
    pub allow_red: Vec<String>,
    /// With a server: go on looking for work until nobody has any more, instead of ending when there is none now.
    pub wait: bool,
}

/// One task at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskOutcome {
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: TaskState,
    /// Its landing, where this run landed it.
    pub landed: Option<CommitId>,
    /// Attempts that this run made.
    pub attempts: u32,
    /// The Architect was asked.
    pub escalated: bool,
    /// Milliseconds that its attempts took in all.
    pub millis: u64,
    /// What all its attempts and questions used, also in earlier runs.
    pub usage: Usage,
    /// Why it stands where it stands.
    pub reason: Option<String>,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Every task that it touched or that waits for somebody, in plan order.
    pub tasks: Vec<TaskOutcome>,
    /// Tasks that nothing can be done for until others are complete.
    pub pending: usize,
    /// It was asked to pause.
    pub paused: bool,
    /// Why the next card is a person's.
    pub for_a_person: Option<String>,
    /// What this run used, by role and model.
    pub used: Vec<Account>,
    /// Tasks that other machines work on.
    pub elsewhere: usize,
    /// Tasks that wait in other clones, and for what.
    pub parked: Vec<(TaskId, String)>,
}

impl Summary {
    /// Whether there was nothing to do, and nobody is waited for.
    pub fn is_empty(&self) -> bool {
        let has_nothing = self.tasks.is_empty() && self.parked.is_empty();
        has_nothing && self.pending == 0 && self.elsewhere == 0 && !self.paused
    }
}

/// What a run remembers of its own doings.
#[derive(Default)]
struct Doings {
    landed: BTreeMap<TaskId, CommitId>,
    attempts: BTreeMap<TaskId, u32>,
    escalated: Vec<TaskId>,
    /// Tasks that cannot go on in this run: a person is needed, or something is in the way.
    left: BTreeMap<TaskId, String>,
}

impl Doings {
    /// Whether it has done anything.
    fn is_something(&self) -> bool {
        !self.attempts.is_empty() || !self.landed.is_empty() || !self.left.is_empty() || !self.escalated.is_empty()
    }
}

impl Doings {
    /// Adds what another turn did.
    fn join(&mut self, other: Self) {
        self.landed.extend(other.landed);
        for (task, attempts) in other.attempts {
            *self.attempts.entry(task).or_default() += attempts;
        }
        self.escalated.extend(other.escalated);
        self.left.extend(other.left);
    }
}

/// Who works on a run besides its caller.
pub struct Crew<'a> {
    /// How many work at the same time, the caller among them.
    pub size: usize,
    /// Gives another one what it works with: the same repository, seen by an engine of its own.
    pub hire: &'a (dyn Fn() -> Result<Engine, String> + Sync),
}

/// Runs a branch's plan as far as it goes, by oneself.
pub fn run(engine: &mut Engine, target: &str, options: &RunOptions) -> Result<Summary, RunError> {
    let nobody = || Err("nobody else works here".to_owned());
    run_with(engine, target, options, &Crew { size: 1, hire: &nobody })
}

/// Runs a branch's plan as far as it goes, several cards at a time.
pub fn run_with(engine: &mut Engine, target: &str, options: &RunOptions, crew: &Crew) -> Result<Summary, RunError> {
    let locks = engine.ledger.locks();
    // What is shared through a server is kept apart there, card by card.
    let lock = match engine.server {
        Some(_) => locks.try_shared_run(target),
        None => locks.try_run(target),
    };
    let _lock = lock
        .map_err(RunError::Transcript)?
        .ok_or_else(|| RunError::AlreadyRunning(target.to_owned()))?;
    shared::hear_decisions(engine)?;
    resume::resume(engine)?;
    let project = Project::load(engine, target)?;
    project.is_staffed()?;
    let trusted = Trusted::of(engine, &project)?;
    check_programs(engine, &project, options)?;
    if project.config.slot.sparse.is_none() {
        check_base(engine, &trusted, options, &Cone::WHOLE)?;
    }
    engine.record(&[Event::RunStarted {
        plan: options.plan.clone(),
        target: target.to_owned(),
        allowed_red: options.allow_red.clone(),
    }])?;
    let books = engine.replay().books().clone();
    let floor = Floor::new(target, options);
    let (server, supply, pulse) = (engine.server.clone(), Arc::clone(&engine.supply), Pulse::default());
    let hire = |work: &dyn Fn(&mut Engine)| match (crew.hire)() {
        Ok(mut engine) => {
            engine.supply = Arc::clone(&supply);
            engine.server.clone_from(&server);
            work(&mut engine);
        }
        Err(why) => floor.stop(RunError::Crew(why)),
    };
    thread::scope(|scope| {
        if let Some(server) = &server {
            scope.spawn(|| hire(&|engine| pulse.beat(engine, server)));
        }
        let crew: Vec<_> = (1..crew.size)
            .map(|_| scope.spawn(|| hire(&|engine| floor.work(engine))))
            .collect();
        floor.work(engine);
        // A crew that panicked is heard of when the scope ends.
        crew.into_iter().for_each(|member| drop(member.join()));
        pulse.stop();
    });
    let (doings, ended) = floor.end();
    aside::end_landings(engine)?;
    shared::let_go(engine, target, &doings)?;
    let mut summary = summary(engine, target, options, &doings)?;
    summary.used = engine.replay().books().since(&books);
    let count = |state: TaskState| summary.tasks.iter().filter(|task| task.state == state).count();
    engine.record(&[Event::RunFinished {
        landed: summary
            .tasks
            .iter()
            .filter(|task| task.landed.is_some())
            .count()
            .try_into()
            .unwrap_or(u32::MAX),
        stuck: (count(TaskState::Blocked) + count(TaskState::NeedsReview))
            .try_into()
            .unwrap_or(u32::MAX),
        interrupted: matches!(ended, Err(RunError::Interrupted)),
    }])?;
    ended.map(|()| summary)
}

/// A check that cannot run fails every card of its plan, and no Builder can mend it: found out before any work.
fn check_programs(engine: &Engine, project: &Project, options: &RunOptions) -> Result<(), RunError> {
    let path = engine.host.variables.get(std::ffi::OsStr::new("PATH"));
    let path = path.map(std::ffi::OsString::as_os_str);
    let wanted = project
        .cards
        .iter()
        .filter(|card| options.plan.as_ref().is_none_or(|plan| card.plan == *plan))
        .filter(|card| project.history.landing(&card.id).is_none());
    for check in wanted.flat_map(|card| project.config.checks_for(card)) {
        if let Some(program) = check.program().filter(|program| find_program(program, path).is_none()) {
            return Err(RunError::NoProgram {
                program: program.to_owned(),
                check: check.name.clone(),
            });
        }
    }
    Ok(())
}

/// The checks that join every card have to be green before anybody is blamed: once for a run, or where slots are sparse on
/// what each card sees.
fn check_base(engine: &mut Engine, project: &Trusted, options: &RunOptions, cone: &Cone) -> Result<(), RunError> {
    let checks: Vec<Check> = project
        .config
        .always_checks()
        .into_iter()
        .filter(|check| !options.allow_red.contains(&check.name))
        .collect();
    if checks.is_empty() {
        return Ok(());
    }
    let ground = Ground::new(project.permit(), cone, project.tree);
    let record = verify::check_tree(engine, &ground, project.tree, &checks)?;
    match record.results.into_iter().find(|result| !result.status.passed()) {
        Some(red) => Err(RunError::RedOnBase {
            check: red.name,
            target: project.target.clone(),
            status: red.status.to_string(),
            excerpt: red.excerpt,
        }),
        None => Ok(()),
    }
}

/// The views of the tasks that this run is about.
fn wanted(project: &Project, engine: &Engine, options: &RunOptions) -> Vec<TaskView> {
    let from = options
        .from
        .as_ref()
        .and_then(|task| project.cards.iter().position(|card| card.id == *task))
        .unwrap_or(0);
    let views = project.views(engine).into_iter().zip(&project.cards).skip(from);
    views
        .filter(|(view, card)| {
            options.plan.as_ref().is_none_or(|plan| card.plan == *plan)
                && (options.only.is_empty() || options.only.contains(&view.id))
        })
        .map(|(view, _)| view)
        .collect()
}

fn summary(engine: &mut Engine, target: &str, options: &RunOptions, doings: &Doings) -> Result<Summary, RunError> {
    let project = Project::load(engine, target)?;
    let views = wanted(&project, engine, options);
    let mut summary = Summary {
        paused: engine.replay().paused().is_some(),
        for_a_person: doings.left.values().next().cloned(),
        ..Summary::default()
    };
    let mut elsewhere = shared::elsewhere(engine, &project);
    for view in views {
        if view.state != TaskState::Complete
            && let Some(waits_for) = elsewhere.remove(&view.id)
        {
            match waits_for {
                None => summary.elsewhere += 1,
                Some(why) => summary.parked.push((view.id, why)),
            }
            continue;
        }
        let touched = doings.attempts.contains_key(&view.id)
            || doings.landed.contains_key(&view.id)
            || doings.left.contains_key(&view.id);
        let waits = matches!(
            view.state,
            TaskState::Blocked | TaskState::NeedsReview | TaskState::Escalated | TaskState::Failed
        );
        if view.state == TaskState::Pending {
            summary.pending += 1;
        }
        if !touched && !waits {
            continue;
        }
        let log = engine.replay().task(&view.id);
        summary.tasks.push(TaskOutcome {
            title: project
                .card(&view.id)
                .map(|card| card.title.clone())
                .unwrap_or_default(),
            state: view.state,
            landed: doings.landed.get(&view.id).copied(),
            attempts: doings.attempts.get(&view.id).copied().unwrap_or(0),
            escalated: doings.escalated.contains(&view.id),
            millis: log.map_or(0, crate::domain::task::replay::TaskLog::millis),
            usage: log.map(crate::domain::task::replay::TaskLog::usage).unwrap_or_default(),
            reason: doings.left.get(&view.id).cloned().or(view.reason),
            task: view.id,
        });
    }
    Ok(summary)
}

/// One attempt with a Builder of the caller's choice: `exec` and `apply`.
pub fn one_attempt(
    engine: &mut Engine,
    target: &str,
    task: &TaskId,
    builder: &dyn Builder,
    author: Actor,
) -> Result<Finish, RunError> {
    resume::resume(engine)?;
    let project = Project::load(engine, target)?;
    let card = project
        .card(task)
        .cloned()
        .ok_or_else(|| RunError::CardGone(task.clone()))?;
    let state = project
        .views(engine)
        .into_iter()
        .find(|view| view.id == *task)
        .map(|view| view.state);
    if let Some(state) = state.filter(|state| !matches!(state, TaskState::Ready | TaskState::Failed)) {
        return Err(DispatchError::NotReady {
            task: task.clone(),
            state,
        }
        .into());
    }
    let project = Trusted::of(engine, &project)?;
    attempt(engine, &project, &card, builder, author)
}

/// Lands what an approval has set free.
pub fn land_if_open(engine: &mut Engine, target: &str, task: &TaskId) -> Result<Option<Finish>, RunError> {
    let project = Project::load(engine, target)?;
    let Some(card) = project.card(task).cloned() else {
        return Ok(None);
    };
    let log = engine.replay().task(task);
    let found = log.and_then(|log| Some((log.open()?.clone(), engine.kept(task)?.0)));
    match found {
        Some((dispatched, tree)) => {
            let project = Trusted::of(engine, &project)?;
            finish::finish_recorded(engine, &project, &card, &dispatched, tree).map(Some)
        }
        None => Ok(None),
    }
}
