//! `models check`: the canaries, in a temporary repository, and their dated result.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::domain::budget::Limits;
use crate::domain::task::event::CanaryResult;
use crate::domain::usage::Dollars;
use crate::engine::builder::builder_for;
use crate::engine::project::Project;
use crate::engine::trusted::Trusted;
use crate::engine::{Engine, canary, models};
use crate::git::Repository;
use crate::report::table::duration;

use super::context::{Context, Telling, print, print_json, target};
use super::error::CliError;
use super::exit::Exit;
use super::named::no_such_builder;

#[derive(Serialize)]
struct Json {
    v: u32,
    checked: Vec<One>,
}

#[derive(Serialize)]
struct One {
    name: String,
    passed: usize,
    tried: usize,
    results: Vec<CanaryResult>,
}

/// Gives the canaries to each of them, one after the other. Fails where one did worse than the time before.
pub fn run(names: &[String], onto: Option<&str>, json: bool, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let mut engine = context.engine(Telling::Nothing)?;
    let target = target(&mut engine, onto)?;
    let project = Project::load(&mut engine, &target)?;
    let mut checked = Vec::new();
    let mut worse = Vec::new();
    for name in wanted(&engine, &project, names)? {
        let results = check(&mut engine, &project, &name, json, context)?;
        let record = engine.replay().books().record(&name);
        if record.is_some_and(|record| models::is_worse(&record.checks)) {
            worse.push(name.clone());
        }
        checked.push(One {
            name,
            passed: results.iter().filter(|result| result.failure.is_none()).count(),
            tried: results.len(),
            results,
        });
    }
    if json {
        print_json(&Json { v: 1, checked })?;
    }
    if worse.is_empty() {
        return Ok(Exit::Done);
    }
    Err(
        CliError::new(Exit::Refused, format!("worse than the last time: {}", worse.join(", ")))
            .hint("`git harness models` shows the trend"),
    )
}

/// The Builders that are named, or else those that have a role and are no persons.
fn wanted(engine: &Engine, project: &Project, names: &[String]) -> Result<Vec<String>, CliError> {
    let stands = models::stands(engine, project)?;
    let of_all = |name: &String| stands.iter().any(|stand| stand.name == *name);
    if let Some(unknown) = names.iter().find(|name| !of_all(name)) {
        return Err(no_such_builder(unknown, &stands));
    }
    let with_role = stands.iter().filter(|stand| !stand.roles.is_empty());
    let found: Vec<String> = match names.is_empty() {
        true => with_role.map(|stand| stand.name.clone()).collect(),
        false => names.to_vec(),
    };
    if found.is_empty() {
        let hint = "name one, or give a model a role: [roles] builder = \"NAME\"";
        return Err(CliError::new(Exit::Usage, "no model and no program has a role").hint(hint));
    }
    Ok(found)
}

fn check(
    engine: &mut Engine,
    project: &Project,
    name: &str,
    json: bool,
    context: &Context,
) -> Result<Vec<CanaryResult>, CliError> {
    let Some(definition) = project.config.builders.get(name) else {
        return Err(CliError::new(
            Exit::Usage,
            format!("there is no builder `{name}` in the configuration"),
        ));
    };
    if definition.tracked {
        // Its command comes with the repository.
        Trusted::of(engine, project)?;
    }
    let builder = builder_for(definition);
    if !json {
        print(&format!("{name}\n"))?;
    }
    let dir = tempfile::tempdir()?;
    let mut canaries = repository(project, dir.path(), context)?;
    canaries.supply = Arc::clone(&engine.supply);
    canaries.charged_to = Some(engine.day(Some(project.tip)));
    let mut unshown = None;
    let results = canary::run(&mut canaries, &*builder, |result| {
        if !json && unshown.is_none() {
            unshown = print(&line(result)).err();
        }
    })?;
    if let Some(error) = unshown {
        return Err(error);
    }
    let person = engine.person()?;
    canary::record(engine, &canaries, &*builder, person, results.clone())?;
    Ok(results)
}

fn line(result: &CanaryResult) -> String {
    let took = duration(result.millis);
    match &result.failure {
        None => format!("  passed  {}  {took}\n", result.name),
        Some(class) => format!("  FAILED  {}  {took}  {class}\n", result.name),
    }
}

/// The canaries' repository. The project's budgets hold in it.
fn repository(project: &Project, dir: &Path, context: &Context) -> Result<Engine, CliError> {
    let top = dir.join("canaries");
    fs::create_dir(&top)?;
    for (path, text) in canary::FILES {
        fs::write(top.join(path), text)?;
    }
    let Limits { task, run, day } = project.config.budget;
    let limits = [("task", task), ("run", run), ("day", day)];
    let budget: String = limits
        .into_iter()
        .filter_map(|(name, limit)| {
            Some(format!(
                "{name} = \"{}\"\n",
                Dollars(limit?).to_string().trim_start_matches('$')
            ))
        })
        .collect();
    fs::create_dir(top.join(".harness"))?;
    fs::write(
        top.join(".harness/config.toml"),
        format!("format = 1\n[budget]\n{budget}"),
    )?;
    Repository::create(
        &top,
        canary::BRANCH,
        "Begin the canaries",
        ("Canaries", "canaries@example.invalid"),
    )
    .map_err(|error| CliError::new(Exit::Refused, error.to_string()))?;
    context.in_dir(&top).engine(Telling::Nothing)
}
