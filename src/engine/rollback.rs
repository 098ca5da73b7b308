//! Rollback: one commit for each task that undoes its landing, newest first, all of them or none.
//!
//! Each is a three-way merge that takes the task's change out of the present tree, so that what others changed since
//! stays. The branch moves once, when every commit is built, and in the turn of landings, so that none comes in between.

use std::io;

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{PathError, RepoPath};
use crate::domain::record::TaskRecord;
use crate::domain::task::event::{self, Event};
use crate::domain::trailer::RollbackMessage;
use crate::fault::{self, Point};
use crate::git::{How, MoveError, NewCommit, ReadError, WriteError};
use crate::ledger::AppendError;

use super::Engine;
use super::backfill::{self, BackfillError};
use super::project::{Project, ProjectError};
use super::trusted::{Trusted, Untrusted};
use super::undo::{self, Undone};
use super::verify::{self, Ground, VerifyError};

/// Why nothing was rolled back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The task is not complete.
    #[error("{0} is not complete on {1}, so there is nothing to roll back")]
    NotComplete(TaskId, String),
    /// Complete tasks build on it.
    #[error("{task} is built on by {}; include them with --with-dependants", names(.dependants))]
    Dependants {
        /// The task.
        task: TaskId,
        /// Who builds on it.
        dependants: Vec<TaskId>,
    },
    /// Later work changed the same lines.
    #[error("undoing {task} conflicts with later work in {}", .paths.join(", "))]
    Conflict {
        /// The task.
        task: TaskId,
        /// The paths.
        paths: Vec<String>,
    },
    /// The landing holds more than the task's work.
    #[error("{landing} holds more than the work of {task}, and no record tells which part that is", landing = .landing.short(10))]
    NotApart {
        /// The task.
        task: TaskId,
        /// The commit.
        landing: CommitId,
    },
    /// The checks that join every card fail without the tasks.
    #[error("without {tasks} the check {check} fails: {status}")]
    Red {
        /// The tasks.
        tasks: String,
        /// The check.
        check: String,
        /// How it ended.
        status: String,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A commit could not be built.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The record's path is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The branch moved meanwhile, and could not be read again.
    #[error(transparent)]
    Project(#[from] Box<ProjectError>),
    /// Records that are missing could not be made.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// This user never agreed to commands of the branch.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// Checks could not be run.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The branch could not be moved.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It stopped between two of its steps.
    #[error("the rollback was interrupted: {0}")]
    Interrupted(#[from] io::Error),
}

fn names(tasks: &[TaskId]) -> String {
    tasks.iter().map(TaskId::as_str).collect::<Vec<_>>().join(", ")
}

/// Complete tasks that build on a task, directly or through others.
pub fn dependants(project: &Project, task: &TaskId) -> Vec<TaskId> {
    let mut found: Vec<TaskId> = Vec::new();
    loop {
        let next = project.cards.iter().find(|card| {
            !found.contains(&card.id)
                && project.history.landing(&card.id).is_some()
                && card.depends_on.iter().any(|on| on == task || found.contains(on))
        });
        match next {
            Some(card) => found.push(card.id.clone()),
            None => return found,
        }
    }
}

/// Tasks that landed at or after a time (seconds since 1970).
pub fn landed_since(engine: &Engine, project: &Project, seconds: i64) -> Result<Vec<TaskId>, ReadError> {
    let mut found = Vec::new();
    for (task, commit) in project.history.landings() {
        if engine.git.commit(commit)?.seconds >= seconds {
            found.push(task.clone());
        }
    }
    Ok(found)
}

/// Rolls back tasks, the newest landing first. Returns each with the commit that undoes it.
pub fn rollback(
    engine: &mut Engine,
    project: &Trusted,
    tasks: &[TaskId],
    by: &Actor,
    why: &str,
) -> Result<Vec<(TaskId, CommitId)>, RollbackError> {
    let locks = engine.ledger.locks();
    let _turn = locks.landing(&project.target)?;
    // Whoever had the turn before may have moved the branch.
    let fresh = match engine.git.branch_tip(&project.target)? == Some(project.tip) {
        true => None,
        false => Some(Project::load(engine, &project.target).map_err(Box::new)?),
    };
    let project = &match &fresh {
        Some(fresh) => Trusted::of(engine, fresh)?,
        None => *project,
    };
    stand_alone(project, tasks)?;
    let landings = newest_first(engine, project, tasks)?;
    let mut tip = project.tip;
    let mut undone = Vec::new();
    for (task, landing) in &landings {
        let commit = undo_one(engine, project, (task, *landing), tip, tasks, why)?;
        undone.push((task.clone(), commit));
        tip = commit;
    }
    if undone.is_empty() {
        return Ok(undone);
    }
    engine.git.look_before_move(&project.target)?;
    check(engine, project, tip, tasks)?;
    engine.record(&[Event::RollbackIntended {
        tasks: landings.clone(),
        target: project.target.clone(),
        old: project.tip,
        new: tip,
    }])?;
    fault::at(Point::RollbackIntended)?;
    if let Err(error) = engine
        .git
        .move_branch(&project.target, tip, project.tip, "harness: roll back")
    {
        // Then the branch is certainly where it was.
        if matches!(error, MoveError::Moved { .. }) || error.is_in_the_way() {
            let reason = error.to_string();
            engine.record(&[Event::RollbackLost { new: tip, reason }])?;
        }
        return Err(error.into());
    }
    fault::at(Point::RollbackMoved)?;
    let rows: Vec<Event> = landings
        .iter()
        .zip(&undone)
        .map(|((task, landing), (_, commit))| {
            Event::RolledBack(event::RolledBack {
                task: task.clone(),
                reverted: *landing,
                commit: *commit,
                by: by.clone(),
            })
        })
        .collect();
    // Unless another process found it done.
    engine.record_if(
        |replay| match replay.open_rollback().is_some_and(|open| open.new == tip) {
            true => rows,
            false => Vec::new(),
        },
    )?;
    fault::at(Point::RolledBack)?;
    Ok(undone)
}

/// Nothing complete may build on what is undone, unless it is undone, too.
fn stand_alone(project: &Project, tasks: &[TaskId]) -> Result<(), RollbackError> {
    for task in tasks {
        let mut dependants = dependants(project, task);
        dependants.retain(|other| !tasks.contains(other));
        if !dependants.is_empty() {
            return Err(RollbackError::Dependants {
                task: task.clone(),
                dependants,
            });
        }
    }
    Ok(())
}

fn newest_first(
    engine: &Engine,
    project: &Project,
    tasks: &[TaskId],
) -> Result<Vec<(TaskId, CommitId)>, RollbackError> {
    let mut landings = Vec::new();
    for task in tasks {
        let landing = project
            .history
            .landing(task)
            .ok_or_else(|| RollbackError::NotComplete(task.clone(), project.target.clone()))?;
        landings.push((task.clone(), landing));
    }
    // A landing comes before those that it is an ancestor of.
    let mut ordered: Vec<(TaskId, CommitId)> = Vec::new();
    for (task, landing) in landings {
        let mut at = ordered.len();
        for (index, (_, other)) in ordered.iter().enumerate() {
            if engine.git.is_ancestor(*other, landing)? {
                at = index;
                break;
            }
        }
        ordered.insert(at, (task, landing));
    }
    Ok(ordered)
}

fn undo_one(
    engine: &Engine,
    project: &Project,
    (task, landing): (&TaskId, CommitId),
    tip: CommitId,
    tasks: &[TaskId],
    why: &str,
) -> Result<CommitId, RollbackError> {
    let tree = match undo::undo(&engine.git, task, landing, tip)? {
        Undone::Clean(tree) => tree,
        Undone::Conflict(paths) => {
            return Err(RollbackError::Conflict {
                task: task.clone(),
                paths: paths.iter().map(ToString::to_string).collect(),
            });
        }
        // Somebody said that a commit holds the task's work, and nothing tells which part: those words are taken back.
        Undone::NotApart if project.history.how(task) == Some(How::Adopted) => engine.git.tree_of(tip)?,
        Undone::NotApart => {
            return Err(RollbackError::NotApart {
                task: task.clone(),
                landing,
            });
        }
    };
    let mut tree = with_record(engine, project, task, landing, tree)?;
    if tip == project.tip {
        tree = backfill::carried(engine, &project.target, tip, tree, tasks)?;
    }
    let title = project.card(task).map(|card| card.title.clone()).unwrap_or_default();
    let message = RollbackMessage {
        task,
        title: &title,
        landing,
        why,
    }
    .render();
    Ok(engine.git.commit_tree(&NewCommit {
        tree,
        parents: &[tip],
        message: &message,
        seconds: engine.clock.now().as_second(),
    })?)
}

/// The record stays and says what happened.
fn with_record(
    engine: &Engine,
    project: &Project,
    task: &TaskId,
    landing: CommitId,
    tree: TreeId,
) -> Result<TreeId, RollbackError> {
    if !project.config.ledger_track {
        return Ok(tree);
    }
    let path = task.record_path();
    let bytes = match engine.git.file(tree, &path)? {
        Some(bytes) => Some(bytes),
        None => engine.git.file(engine.git.tree_of(landing)?, &path)?,
    };
    let record = match bytes.and_then(|bytes| TaskRecord::of_bytes(&bytes)) {
        Some(record) => Some(record),
        None => backfill::build(engine, task, &engine.git.commit(landing)?)?,
    };
    let Some(mut record) = record else {
        return Ok(tree);
    };
    record.undo(landing, None);
    let entry = backfill::written(engine, &record)?;
    Ok(engine.git.write_tree(tree, &[(RepoPath::new(path)?, Some(entry))])?)
}

/// A rollback is checked like any landing: what joins every card has to be green without the tasks.
fn check(engine: &mut Engine, project: &Trusted, tip: CommitId, tasks: &[TaskId]) -> Result<(), RollbackError> {
    let checks = project.config.always_checks();
    if checks.is_empty() {
        return Ok(());
    }
    let tree = engine.git.tree_of(tip)?;
    // What is undone has to be seen.
    let cone = project
        .config
        .cone_of(tasks.iter().filter_map(|task| project.card(task)));
    let ground = Ground::new(project.permit(), &cone, project.tree);
    let record = verify::check_tree(engine, &ground, tree, &checks)?;
    match record.results.into_iter().find(|result| !result.status.passed()) {
        Some(red) => Err(RollbackError::Red {
            tasks: names(tasks),
            check: red.name,
            status: red.status.to_string(),
        }),
        None => Ok(()),
    }
}
