//! What the Architect is told of the project as it stands at the target's tip.

use crate::domain::blueprint::{Ground, Interview, KnownTask};
use crate::domain::packet::Excerpt;
use crate::domain::path::RepoPath;
use crate::domain::plan::format::fields::context_ref;

use super::PlanningError;
use crate::engine::Engine;
use crate::engine::project::Project;

/// Files that tell how to work here; shown where they are there.
const TELLING: [&str; 3] = ["AGENTS.md", "README.md", "docs/architecture.md"];

/// The most lines of a file that was not asked for.
const MOST_LINES: u32 = 200;

/// Everything that is told.
pub(super) fn of(engine: &Engine, project: &Project, interview: &Interview) -> Result<Ground, PlanningError> {
    let config = &project.config;
    let mut excerpts = shown(engine, project, interview)?;
    for name in TELLING {
        let is_shown = excerpts.iter().any(|excerpt| excerpt.path == name);
        if let Some(text) = engine.git.file(project.tree, name)?.filter(|_| !is_shown) {
            let text = String::from_utf8_lossy(&text).into_owned();
            excerpts.push(Excerpt::cut(name.to_owned(), &text, Some((1, MOST_LINES))));
        }
    }
    let tasks = project.heads().iter().zip(project.views(engine));
    Ok(Ground {
        files: files(engine, project)?,
        lanes: config.lanes.keys().cloned().collect(),
        checks: config
            .checks
            .iter()
            .map(|(name, check)| (name.clone(), check.run.clone()))
            .collect(),
        builders: config.builders.keys().cloned().collect(),
        tasks: tasks
            .map(|(card, view)| KnownTask {
                id: card.id.to_string(),
                title: card.title.clone(),
                state: view.state.to_string(),
            })
            .collect(),
        excerpts,
        // The same in all rounds, so that a provider's cache holds what they have in common.
        seed: engine.ledger.seed(&format!("plan {}", interview.plan)),
    })
}

/// The files of the tip, without the harness's own.
pub(super) fn files(engine: &Engine, project: &Project) -> Result<Vec<RepoPath>, PlanningError> {
    let all = engine.git.list(project.tree, "")?;
    let own = |path: &RepoPath| path.to_text().starts_with(".harness/");
    Ok(all
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| !own(path))
        .collect())
}

/// The files that the person wants to be shown.
pub(super) fn shown(engine: &Engine, project: &Project, interview: &Interview) -> Result<Vec<Excerpt>, PlanningError> {
    let mut found = Vec::new();
    for name in &interview.context {
        let failed = |why: String| PlanningError::Context {
            name: name.clone(),
            why,
        };
        let wanted = context_ref(name).map_err(failed)?;
        let path = wanted.path.to_text();
        let text = engine
            .git
            .file(project.tree, &path)?
            .ok_or_else(|| failed(format!("it is not in the last commit of {}", project.target)))?;
        let text = String::from_utf8_lossy(&text);
        found.push(Excerpt::cut(path.to_string(), &text, wanted.lines));
    }
    Ok(found)
}
