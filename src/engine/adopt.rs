//! Adopt: a person says that a commit holds the work of tasks whose landings the ledger knows and the branch lacks.
//!
//! It becomes a commit without changes, with one block for each task. It is the person's word, and the audit says so
//! until the checks of the card passed on that tree (`verify --landed`).

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::task::event::Event;
use crate::domain::trailer::AdoptionMessage;
use crate::git::{How, ReadError};
use crate::ledger::AppendError;

use super::Engine;
use super::commit::{CommitFilesError, commit_words};
use super::landed::{self, Content};
use super::project::Project;
use super::undo::own_changes;

/// Why nothing was adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// There is nothing to adopt.
    #[error("{task} is complete on {target} already, as {}", .landing.short(10))]
    Complete {
        /// The task.
        task: TaskId,
        /// The branch.
        target: String,
        /// Its landing.
        landing: CommitId,
    },
    /// The commit is not on the branch.
    #[error("{} is not on {target}", .commit.short(10))]
    NotThere {
        /// The commit.
        commit: CommitId,
        /// The branch.
        target: String,
    },
    /// The task has no card on the branch.
    #[error("{task} has no card on {target}")]
    NoCard {
        /// The task.
        task: TaskId,
        /// The branch.
        target: String,
    },
    /// The commit does not hold the task's work.
    #[error("{} does not hold the work of {task}", .commit.short(10))]
    NoContent {
        /// The task.
        task: TaskId,
        /// The commit.
        commit: CommitId,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The commit could not be made.
    #[error(transparent)]
    Commit(#[from] CommitFilesError),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// A task that may be adopted, and whether its work was found in the commit.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The task.
    pub task: TaskId,
    /// Whether the commit holds its work.
    pub content: Content,
}

/// Looks at what somebody wants to adopt.
///
/// # Errors
/// Where it cannot be adopted; where the work is clearly not in the commit, unless somebody insists.
pub fn look(
    engine: &Engine,
    project: &Project,
    tasks: &[TaskId],
    commit: CommitId,
    insists: bool,
) -> Result<Vec<Candidate>, AdoptError> {
    if !engine.git.is_ancestor(commit, project.tip)? {
        return Err(AdoptError::NotThere {
            commit,
            target: project.target.clone(),
        });
    }
    let tree = engine.git.tree_of(commit)?;
    let mut found = Vec::new();
    for task in tasks {
        // What the content alone tells, it may tell in this clone alone: a person's word tells it everywhere.
        let is_told = project.history.how(task) != Some(How::Content);
        if let Some(landing) = project.history.landing(task).filter(|_| is_told) {
            return Err(AdoptError::Complete {
                task: task.clone(),
                target: project.target.clone(),
                landing,
            });
        }
        if project.card(task).is_none() {
            return Err(AdoptError::NoCard {
                task: task.clone(),
                target: project.target.clone(),
            });
        }
        let content = content_in(engine, project, task, tree)?;
        if content == Content::NotThere && !insists {
            return Err(AdoptError::NoContent {
                task: task.clone(),
                commit,
            });
        }
        found.push(Candidate {
            task: task.clone(),
            content,
        });
    }
    Ok(found)
}

/// Whether a tree holds a task's work, by the landing that the journal knows, else by the task's record.
fn content_in(engine: &Engine, project: &Project, task: &TaskId, tree: TreeId) -> Result<Content, ReadError> {
    let elsewhere = engine
        .replay()
        .task(task)
        .and_then(|log| log.landed.last())
        .map(|landed| landed.commit)
        .filter(|commit| engine.git.contains(commit.object_id()));
    let changes = match elsewhere {
        Some(commit) => own_changes(&engine.git, &engine.git.commit(commit)?)?,
        None => landed::recorded_change(&engine.git, task, &[tree, project.tree])?,
    };
    landed::content(&engine.git, tree, &changes)
}

/// Says on the branch that a commit holds the work of tasks. Returns the commit that says so.
pub fn adopt(
    engine: &mut Engine,
    project: &Project,
    tasks: &[TaskId],
    commit: CommitId,
    by: &Actor,
    why: &str,
) -> Result<CommitId, AdoptError> {
    let cards: Vec<_> = tasks
        .iter()
        .filter_map(|task| Some((task, *project.blobs.get(task)?)))
        .collect();
    let message = AdoptionMessage {
        cards: &cards,
        commit,
        by,
        why,
    }
    .render();
    let said_in = commit_words(engine, &project.target, &message)?;
    let rows: Vec<Event> = tasks
        .iter()
        .map(|task| Event::Adopted {
            task: task.clone(),
            commit: said_in,
            landing: commit,
            by: by.clone(),
        })
        .collect();
    engine.record(&rows)?;
    Ok(said_in)
}
