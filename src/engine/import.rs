//! Import: a plan in any of its formats becomes cards, all of them or none.

use std::collections::BTreeSet;
use std::io;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::plan::clean;
use crate::domain::plan::format::plan_file::{PlanHead, render_plan_file};
use crate::domain::plan::format::{ImportOptions, Plan, SourceFile, read_plan};
use crate::domain::plan::reach;
use crate::domain::task::event::{Event, ImportIntended};
use crate::domain::words::counted;
use crate::fault::{self, Point};
use crate::git::ReadError;
use crate::ledger::AppendError;

use super::Engine;
use super::commit::{CommitFilesError, commit_files};
use super::door::{self, DoorError, Filed};
use super::project::Project;

/// Why a plan was not imported. Nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A card or the plan would not be readable afterwards.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// It has mistakes.
    #[error("the plan has mistakes; nothing was written")]
    Invalid(Vec<Diagnostic>),
    /// Cards that somebody began would change.
    #[error("these tasks were begun, so an import does not touch them: {}", names(.0))]
    Begun(Vec<TaskId>),
    /// Ids that were given before, to tasks that are gone.
    #[error("these ids were given before and are never given again: {}", names(.0))]
    GivenBefore(Vec<TaskId>),
    /// Ids that another plan has.
    #[error("these ids belong to another plan: {}", names(.0))]
    OtherPlan(Vec<TaskId>),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The cards could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitFilesError),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It stopped between two of its steps.
    #[error("the import was interrupted: {0}")]
    Interrupted(#[from] io::Error),
}

fn names(tasks: &[TaskId]) -> String {
    tasks.iter().map(TaskId::as_str).collect::<Vec<_>>().join(", ")
}

/// A plan that may be written.
#[derive(Debug)]
pub struct Import {
    /// The plan.
    pub plan: Plan,
    /// Its files by repository path.
    pub files: Vec<Filed>,
    /// Tasks that are new.
    pub new: Vec<TaskId>,
    /// Tasks whose card changes.
    pub changed: Vec<TaskId>,
}

/// Reads a plan and checks it against what is there.
pub fn prepare(
    engine: &Engine,
    project: &Project,
    sources: &[SourceFile],
    plan: Option<PlanId>,
    lane: Option<String>,
) -> Result<Import, ImportError> {
    let options = ImportOptions {
        plan,
        lane: lane.or_else(|| Some(project.config.default_lane.clone())),
        known: project.cards.iter().map(|card| card.id.clone()).collect(),
    };
    let mut plan = read_plan(sources, &options).map_err(ImportError::Invalid)?;
    for card in &mut plan.cards {
        *card = clean::card(card);
    }
    let texts: Vec<(&str, &str)> = sources.iter().map(|source| (source.name, source.text)).collect();
    let mut wrong = Vec::new();
    for card in plan.cards.iter().filter(|card| project.card(&card.id) != Some(card)) {
        let doubts = reach::doubts(&card.files, |name| engine.git.holds(project.tree, name))?;
        wrong.extend(reach::as_mistakes(doubts, &texts));
    }
    if !wrong.is_empty() {
        return Err(ImportError::Invalid(wrong));
    }
    let given = given_before(engine, project)?;
    let (mut begun, mut gone, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for card in &plan.cards {
        match project.card(&card.id) {
            Some(old) if old.plan != plan.id => other.push(card.id.clone()),
            Some(old) if old == card => {}
            Some(_) if is_begun(engine, project, &card.id) => begun.push(card.id.clone()),
            Some(_) => changed.push(card.id.clone()),
            None if given.contains(&card.id.folded()) => gone.push(card.id.clone()),
            None => new.push(card.id.clone()),
        }
    }
    if !other.is_empty() {
        return Err(ImportError::OtherPlan(other));
    }
    if !gone.is_empty() {
        return Err(ImportError::GivenBefore(gone));
    }
    if !begun.is_empty() {
        return Err(ImportError::Begun(begun));
    }
    let files = files_of(project, &plan, sources)?;
    Ok(Import {
        plan,
        files,
        new,
        changed,
    })
}

/// Whether anybody ever worked on a task.
pub fn is_begun(engine: &Engine, project: &Project, task: &TaskId) -> bool {
    let tried = engine
        .replay()
        .standing(task)
        .is_some_and(|standing| standing.attempts > 0);
    tried || project.history.landing(task).is_some()
}

/// Ids, folded, that any card in history or any trailer ever had.
fn given_before(engine: &Engine, project: &Project) -> Result<BTreeSet<String>, ReadError> {
    let mut given: BTreeSet<String> = project.history.given().map(TaskId::folded).collect();
    for path in engine.git.paths_ever(project.tip, ".harness/tasks")? {
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(id) = name.strip_suffix(".md") {
            given.insert(id.to_ascii_lowercase());
        }
    }
    Ok(given)
}

fn files_of(project: &Project, plan: &Plan, sources: &[SourceFile]) -> Result<Vec<Filed>, DoorError> {
    let mut files: Vec<Filed> = plan.cards.iter().map(door::card).collect::<Result<_, _>>()?;
    let head = PlanHead {
        id: plan.id.clone(),
        title: clean::text(&plan.title),
        target: Some(project.target.clone()),
        order: plan.cards.iter().map(|card| card.id.clone()).collect(),
        body: plan.blueprint.clone(),
    };
    files.push(door::file(&plan.id.blueprint_path(), &render_plan_file(&head))?);
    for source in sources {
        let name = source.name.rsplit('/').next().unwrap_or(source.name);
        files.push(door::file(
            &format!(".harness/plans/{}.source/{name}", plan.id),
            source.text,
        )?);
    }
    Ok(files)
}

/// Commits an import onto the target, and records it. `None`: everything is there already.
pub fn commit(
    engine: &mut Engine,
    project: &Project,
    import: &Import,
    source: &str,
) -> Result<Option<CommitId>, ImportError> {
    let message = format!(
        "Plan {}: {}\n\n- {}\n",
        import.plan.id,
        import.plan.title,
        counted(import.plan.cards.len(), "card")
    );
    let intent = |commit, parent| {
        Event::ImportIntended(ImportIntended {
            plan: import.plan.id.clone(),
            cards: import.new.iter().chain(&import.changed).cloned().collect(),
            source: source.to_owned(),
            commit,
            target: project.target.clone(),
            parent,
        })
    };
    let commit = commit_files(engine, &project.target, &import.files, &message, None, intent)?;
    if let Some(commit) = commit {
        fault::at(Point::Imported)?;
        // Unless another process found it done.
        engine.record_if(|replay| {
            let open = replay.open_import().filter(|open| open.commit == commit);
            open.map(ImportIntended::done).into_iter().collect()
        })?;
    }
    Ok(commit)
}
