//! Attended mode: a person, or an agent that a person watches, works in their own worktree, and the same judge and
//! checks stand before their commit (design sections 5 and 6).
//!
//! `next` and `start` hand a card to a worktree; the mark `harness/open` in its git folder tells the hooks so. `submit`
//! takes what the card allows and lands it; a plain `git commit` goes through the hooks. The base is HEAD when the
//! commit is made, and the card is the one that was handed out.

mod amend;
mod guarded;
mod mark;
pub mod reading;
mod settle;
mod submit;

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::domain::actor::Actor;
use crate::domain::failure::Failure;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::task::event::{AttemptMode, Dispatched, Event, Harvested};
use crate::git::{Head, MoveError, UnderWay, WorktreeError};

use super::Engine;
use super::accept::{self, Accepted, Closed, Gated, Work};
use super::builder::manual::Manual;
use super::dispatch;
use super::finish;
use super::judge::{InScope, Rules};
use super::leak;
use super::limits;
use super::project::Project;
use super::record;
use super::run::RunError;
use super::trusted::Trusted;
use super::verify::{self, Verified};
pub use amend::{with_new_record, without_records};
pub use guarded::guarded;
use guarded::in_hand;
use mark::mark;
pub use mark::{clear_mark, mark_of, set_mark};
pub use settle::{just_landed, mark_if_landed, settle};
pub use submit::{describe, submit};

/// Why there is no commit for an open task.
#[derive(Debug, thiserror::Error)]
pub enum AttendedError {
    /// No task is open here.
    #[error("no task is open in this worktree")]
    NothingOpen,
    /// There is no worktree.
    #[error("a bare repository has no worktree to work in")]
    NoWorktree,
    /// HEAD is on no branch.
    #[error("HEAD is on no branch")]
    Detached,
    /// The task has landed already since it was opened.
    #[error("{0} is committed already; close it with `git harness release {0}`, or amend that commit")]
    AlreadyCommitted(TaskId),
    /// The card that was handed out is not the one that the commit would be judged by.
    #[error("the card of {0} has changed since it was handed out")]
    CardChanged(TaskId),
    /// The branch does not hold the card.
    #[error("the card of {0} is not on this branch")]
    CardGone(TaskId),
    /// Nobody approved the plan as it stands.
    #[error("the plan {1} of {0} has changed, and nobody has approved it as it stands")]
    NotApproved(TaskId, PlanId),
    /// Somebody committed while the change was looked at.
    #[error("{0} moved while the change was verified; submit it again")]
    Moved(String),
    /// git is in the middle of something here.
    #[error("{0} is going on in this worktree")]
    UnderWay(UnderWay),
    /// A conflict waits to be resolved here.
    #[error("a conflict in this worktree is not resolved yet: {}", .0.join(", "))]
    Unmerged(Vec<String>),
    /// The branch could not be moved.
    #[error(transparent)]
    Land(MoveError),
    /// The server's branch moved, and the one here did not.
    #[error("it landed as {commit} on the server, and the branch here cannot follow yet: {source}", commit = .commit.short(10))]
    Behind {
        /// The landing commit.
        commit: CommitId,
        /// Why it did not.
        source: MoveError,
    },
    /// The mark could not be read or written.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The mark.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The worktree's change could not be taken.
    #[error(transparent)]
    Worktree(#[from] WorktreeError),
    /// Something else went wrong.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl<E> From<E> for AttendedError
where
    E: Into<RunError> + IsPart,
{
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

/// Errors of the steps that attended mode uses.
pub trait IsPart {}
impl IsPart for crate::git::ReadError {}
impl IsPart for crate::git::WriteError {}
impl IsPart for crate::ledger::AppendError {}
impl IsPart for super::dispatch::DispatchError {}
impl IsPart for super::judge::JudgeError {}
impl IsPart for super::verify::VerifyError {}
impl IsPart for super::accept::AcceptError {}
impl IsPart for super::project::ProjectError {}
impl IsPart for super::history::HistoryError {}

/// The open task of a worktree.
#[derive(Debug, Clone)]
pub struct Open {
    /// The claim.
    pub dispatched: Dispatched,
    /// The card that was handed out.
    pub card: Card,
}

/// The task that is open in this worktree.
pub fn open(engine: &Engine) -> Result<Option<Open>, AttendedError> {
    let Some(work_tree) = engine.git.work_tree() else {
        return Ok(None);
    };
    let here = work_tree.to_string_lossy().into_owned();
    let is_here = |dispatched: &&Dispatched| matches!(&dispatched.mode, AttemptMode::Attended { worktree, .. } if *worktree == here);
    let found = in_hand(engine).find(is_here).or_else(|| {
        // `git --work-tree=elsewhere commit` still commits to the branch of this git folder, whose mark names the task.
        let marked = fs::read_to_string(mark(engine)).ok()?;
        in_hand(engine).find(|dispatched| dispatched.task.as_str() == marked.trim())
    });
    let Some(dispatched) = found.cloned() else {
        return Ok(None);
    };
    let text = engine.git.blob(dispatched.card)?;
    let card = parse_card(&dispatched.task.card_path(), &String::from_utf8_lossy(&text))
        .map_err(|_| RunError::CardGone(dispatched.task.clone()))?;
    Ok(Some(Open { dispatched, card }))
}

/// Whether work can be begun, or handed in, in this worktree: on a branch, with nothing of git's half done. What would
/// be committed otherwise is not what the person sees, or goes where it cannot be handed in from.
pub fn is_at_rest(engine: &Engine) -> Result<(), AttendedError> {
    if let Some(what) = engine.git.under_way() {
        return Err(AttendedError::UnderWay(what));
    }
    let conflict = engine.git.unmerged_paths()?;
    if !conflict.is_empty() {
        return Err(AttendedError::Unmerged(conflict));
    }
    branch(engine).map(drop)
}

/// Hands a card to this worktree and returns its packet.
pub fn start(engine: &mut Engine, project: &Project, card: &Card, person: Actor) -> Result<String, AttendedError> {
    is_at_rest(engine)?;
    let work_tree = engine.git.work_tree().ok_or(AttendedError::NoWorktree)?;
    let (on, _) = branch(engine)?;
    let mode = AttemptMode::Attended {
        worktree: work_tree.to_string_lossy().into_owned(),
        branch: Some(on),
    };
    let assignment = dispatch::dispatch(engine, project, card, &Manual::new("manual"), person, mode)?;
    set_mark(engine, &card.id)?;
    Ok(assignment.packet)
}

/// Gives a task back, whoever has it. Files stay as they are.
pub fn release(engine: &mut Engine, task: &TaskId, by: Actor) -> Result<(), AttendedError> {
    let is_here = open(engine)?.is_some_and(|open| open.card.id == *task);
    let task = task.clone();
    engine.record(&[Event::Released { task, by }])?;
    match is_here {
        true => settle::mark_landed(engine),
        false => Ok(()),
    }
}

/// The packet of the open task, to the byte as it was handed out.
pub fn packet(engine: &Engine, open: &Open) -> Result<String, AttendedError> {
    let bytes = engine
        .ledger
        .transcripts()
        .get(open.dispatched.packet)
        .map_err(RunError::Transcript)?
        .unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a commit would be made of.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// The commit that it will stand on.
    pub parent: CommitId,
    /// Its tree.
    pub tree: TreeId,
}

/// What the judge and the checks say of a commit to be.
#[derive(Debug)]
pub enum Verdict {
    /// It may be made, with these trailers.
    Accepted {
        /// The accepted change.
        accepted: Box<Accepted>,
        /// Its trailers.
        trailers: String,
    },
    /// It may not.
    Refused(Failure),
    /// It is verified, and gates wait.
    Waiting(Vec<String>),
    /// It is verified, and nobody may accept it any more.
    Closed(Closed),
    /// It changes nothing.
    Empty,
}

/// Judges, verifies and puts to the gates a commit that a person is about to make.
pub fn judge(
    engine: &mut Engine,
    project: &Trusted,
    open: &Open,
    candidate: Candidate,
) -> Result<Verdict, AttendedError> {
    let task = open.card.id.clone();
    let rules = finish::rules(&engine.git, project, &open.card)?;
    let base = engine.git.tree_of(candidate.parent)?;
    is_judged_by(engine, project, open, base)?;
    let in_scope = match InScope::again(&engine.git, base, candidate.tree, &rules)? {
        Ok(in_scope) => in_scope,
        Err(violations) => return refuse(engine, task, Failure::out_of_scope(violations)),
    };
    if in_scope.changes().is_empty() {
        return Ok(Verdict::Empty);
    }
    let mut violations = leak::in_tree(
        &engine.git,
        base,
        in_scope.changes(),
        engine.ledger.redactor(),
        rules.allowed_secrets(),
    )?;
    violations.extend(limits::broken(&engine.git, &project.config.policy, in_scope.changes())?);
    if !violations.is_empty() {
        return refuse(engine, task, Failure::out_of_scope(violations));
    }
    let harvested = Event::Harvested(Harvested {
        task: task.clone(),
        attempt: open.dispatched.attempt.clone(),
        tree: Some(in_scope.tree()),
        changes: in_scope.changes().clone(),
        dropped: Vec::new(),
        reading: None,
    });
    let checks = project.config.checks_for(&open.card);
    let verified = verify::verify(engine, project.permit(), &open.card, in_scope, &checks)?;
    let evidence_row = Event::Verified {
        task: task.clone(),
        attempt: open.dispatched.attempt.clone(),
        evidence: verified.record().clone(),
    };
    let rows = vec![harvested, evidence_row];
    let evidence = match verified {
        Verified::Passed(evidence) => evidence,
        Verified::Failed(record) => {
            engine.record(&rows)?;
            return refuse(engine, task, finish::failure_of(record));
        }
    };
    let work = Work {
        card: &open.card,
        blob: open.dispatched.card,
        attempt: &open.dispatched.attempt,
        author: &open.dispatched.author,
        parent: candidate.parent,
    };
    Ok(match accept::accept_with(engine, project, &work, evidence, rows)? {
        Gated::Waiting(gates) => Verdict::Waiting(gates),
        Gated::Closed(why) => Verdict::Closed(why),
        Gated::Accepted(accepted) => {
            let trailers = record::landing_trailers(engine, project, &open.card, &accepted);
            Verdict::Accepted { accepted, trailers }
        }
    })
}

/// Whatever is judged by another card, or under a plan that nobody approved, would be wrong for ever: the audit judges by
/// what stands at the commit's base.
fn is_judged_by(engine: &Engine, project: &Project, open: &Open, base: TreeId) -> Result<(), AttendedError> {
    let task = &open.card.id;
    match engine.git.entry(base, &task.card_path())? {
        None => Err(AttendedError::CardGone(task.clone())),
        Some(entry) if entry.blob != open.dispatched.card => Err(AttendedError::CardChanged(task.clone())),
        Some(_) if !project.is_approved(&open.card.plan) => {
            Err(AttendedError::NotApproved(task.clone(), open.card.plan.clone()))
        }
        Some(_) => Ok(()),
    }
}

/// Whether a commit to be reaches outside its card, before anything else is looked at. Nothing is recorded.
pub fn scope(
    engine: &Engine,
    project: &Project,
    open: &Open,
    candidate: Candidate,
) -> Result<Option<Failure>, AttendedError> {
    let rules = finish::rules(&engine.git, project, &open.card)?;
    let base = engine.git.tree_of(candidate.parent)?;
    let judged = InScope::again(&engine.git, base, candidate.tree, &rules)?;
    Ok(judged.err().map(|violations| Failure::Scope { violations }))
}

/// A refused commit is recorded, uses up no attempt, and never escalates by itself.
fn refuse(engine: &mut Engine, task: TaskId, failure: Failure) -> Result<Verdict, AttendedError> {
    engine.record(&[Event::CommitRefused {
        task,
        failure: failure.clone(),
    }])?;
    Ok(Verdict::Refused(failure))
}

/// What the worktree would commit: its changes below the card's allowed files, staged or not; and what is left out of them.
pub fn worktree_candidate(
    engine: &Engine,
    project: &Project,
    open: &Open,
) -> Result<(Candidate, Vec<String>), AttendedError> {
    let (_, parent) = branch(engine)?;
    let base = engine.git.tree_of(parent)?;
    let rules = Rules::new(&open.card, &project.config, &engine.git, parent)?;
    let taken = engine.git.worktree_tree(base, rules.allowed())?;
    let tree = taken.tree;
    Ok((Candidate { parent, tree }, taken.left_out))
}

/// The branch that HEAD is on, and its tip.
pub fn branch(engine: &Engine) -> Result<(String, CommitId), AttendedError> {
    match engine.git.head()? {
        Head::Branch { branch, commit } => Ok((branch, commit)),
        Head::Unborn { .. } | Head::Detached { .. } => Err(AttendedError::Detached),
    }
}

/// Paths of the worktree that differ from HEAD outside the card: a person's other work, which is never taken along.
pub fn other_work(engine: &Engine, open: &Open, project: &Project) -> Result<Vec<String>, AttendedError> {
    if engine.git.work_tree().is_none() {
        return Ok(Vec::new());
    }
    let rules = finish::rules(&engine.git, project, &open.card)?;
    let dirty = engine.git.dirty_paths()?;
    Ok(dirty
        .iter()
        .filter(|path| !rules.allows(path))
        .map(ToString::to_string)
        .collect())
}
