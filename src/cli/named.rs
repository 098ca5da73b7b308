//! Plans, tasks and Builders that a person names: what is not there is said, with what is near, instead of passed over.

use crate::domain::id::{PlanId, TaskId};
use crate::domain::plan::card::CardHead;
use crate::domain::plan::format::fields::nearest;
use crate::engine::Engine;
use crate::engine::models::Stand;
use crate::engine::project::{self, Project};

use super::error::CliError;
use super::exit::Exit;

/// What to do where there is no plan at all.
pub const NO_PLAN: &str = "git harness plan new, or git harness plan import FILE --commit";

/// The projects of a repository, in which the named plan has to be.
pub fn projects_with(engine: &mut Engine, plan: Option<&PlanId>) -> Result<Vec<Project>, CliError> {
    let projects = project::projects(engine)?;
    let known = projects.iter().flat_map(|project| &project.plans);
    require_plan(plan, known.map(|plan| &plan.id))?;
    Ok(projects)
}

/// Refuses the name of a plan that is not there.
pub fn require_plan<'a>(plan: Option<&PlanId>, known: impl Iterator<Item = &'a PlanId>) -> Result<(), CliError> {
    let Some(plan) = plan else {
        return Ok(());
    };
    let mut names: Vec<&str> = known.map(PlanId::as_str).collect();
    if names.contains(&plan.as_str()) {
        return Ok(());
    }
    names.sort_unstable();
    names.dedup();
    let hint = match names[..] {
        [] => NO_PLAN.to_owned(),
        _ => format!("plans: {}", names.join(", ")),
    };
    Err(CliError::new(Exit::Usage, format!("there is no plan {plan}")).hint(hint))
}

/// Refuses names of tasks that are not there.
pub fn require_tasks<'a>(tasks: impl IntoIterator<Item = &'a TaskId>, project: &Project) -> Result<(), CliError> {
    match tasks.into_iter().find(|task| project.card(task).is_none()) {
        Some(task) => Err(no_such_task(task, project.heads())),
        None => Ok(()),
    }
}

/// A task that is none of the known ones.
pub fn no_such_task<'a>(task: &TaskId, known: impl IntoIterator<Item = &'a CardHead>) -> CliError {
    let names: Vec<&str> = known.into_iter().map(|card| card.id.as_str()).collect();
    let hint = match (nearest(task.as_str(), &names), names.is_empty()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, false) => "`git harness status` lists the tasks".to_owned(),
        (None, true) => format!("there is no plan yet: {NO_PLAN}"),
    };
    CliError::new(Exit::Usage, format!("there is no task {task}")).hint(hint)
}

/// A Builder that the configuration does not have.
pub fn no_such_builder(name: &str, stands: &[Stand]) -> CliError {
    let names: Vec<&str> = stands.iter().map(|stand| stand.name.as_str()).collect();
    let hint = match names[..] {
        [] => "none is configured: see [models] and [builders] in docs/configuration.md".to_owned(),
        _ => format!("there are: {}", names.join(", ")),
    };
    CliError::new(Exit::Usage, format!("there is no builder `{name}`")).hint(hint)
}
