//! Rollback: one commit for each task that undoes its landing, newest first, all of them or none.
//!
//! Each is a three-way merge that takes the landing's change out of the present tree, so that what others changed
//! since stays. The branch moves once, when every commit is built.

use std::io;

use crate::domain::actor::Actor;
use crate::domain::change::{Entry, FileMode};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{PathError, RepoPath};
use crate::domain::record::TaskRecord;
use crate::domain::task::event::{self, Event};
use crate::domain::trailer::RollbackMessage;
use crate::fault::{self, Point};
use crate::git::{Merge, MoveError, NewCommit, ReadError, WriteError};
use crate::ledger::AppendError;

use super::Engine;
use super::project::Project;
use super::verify::{self, VerifyError};

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
    project: &Project,
    tasks: &[TaskId],
    by: &Actor,
    why: &str,
) -> Result<Vec<(TaskId, CommitId)>, RollbackError> {
    let landings = newest_first(engine, project, tasks)?;
    let mut tip = project.tip;
    let mut undone = Vec::new();
    for (task, landing) in &landings {
        let commit = undo(engine, project, task, *landing, tip, why)?;
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
    engine
        .git
        .move_branch(&project.target, tip, project.tip, "harness: roll back")?;
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

fn undo(
    engine: &Engine,
    project: &Project,
    task: &TaskId,
    landing: CommitId,
    tip: CommitId,
    why: &str,
) -> Result<CommitId, RollbackError> {
    let landed = engine.git.commit(landing)?;
    let before: TreeId = match landed.parents.first() {
        Some(parent) => engine.git.tree_of(*parent)?,
        None => TreeId::empty(),
    };
    // From the landing to its parent: the change taken back. Its base is the landing itself.
    let back = engine.git.commit_unsigned(&NewCommit {
        tree: before,
        parents: &[landing],
        message: "take back",
        seconds: 0,
    })?;
    let tree = match engine.git.merge(tip, back)? {
        Merge::Clean(tree) => tree,
        Merge::Conflict { paths, .. } => {
            return Err(RollbackError::Conflict {
                task: task.clone(),
                paths: paths.iter().map(ToString::to_string).collect(),
            });
        }
    };
    let tree = with_record(engine, project, task, landing, tree)?;
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

/// The record stays and says what happened; the merge took it away with the change.
fn with_record(
    engine: &Engine,
    project: &Project,
    task: &TaskId,
    landing: CommitId,
    tree: TreeId,
) -> Result<TreeId, RollbackError> {
    let path = task.record_path();
    let old = engine.git.file(engine.git.tree_of(landing)?, &path)?;
    let record = old.and_then(|bytes| TaskRecord::parse(&String::from_utf8_lossy(&bytes)));
    let (Some(mut record), true) = (record, project.config.ledger_track) else {
        return Ok(tree);
    };
    record.status = format!("rolled back ({landing})");
    let blob = engine.git.write_blob(record.render().as_bytes())?;
    let entry = Entry {
        mode: FileMode::Regular,
        blob,
    };
    Ok(engine.git.write_tree(tree, &[(RepoPath::new(path)?, Some(entry))])?)
}

/// A rollback is checked like any landing: what joins every card has to be green without the tasks.
fn check(engine: &mut Engine, project: &Project, tip: CommitId, tasks: &[TaskId]) -> Result<(), RollbackError> {
    let checks = project.config.always_checks();
    if checks.is_empty() {
        return Ok(());
    }
    let tree = engine.git.tree_of(tip)?;
    // What is undone has to be seen.
    let cone = project
        .config
        .cone_of(tasks.iter().filter_map(|task| project.card(task)));
    let record = verify::check_tree(engine, &project.config, &cone, tree, &checks)?;
    match record.results.into_iter().find(|result| !result.status.passed()) {
        Some(red) => Err(RollbackError::Red {
            tasks: names(tasks),
            check: red.name,
            status: red.status.to_string(),
        }),
        None => Ok(()),
    }
}
