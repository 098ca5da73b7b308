//! Judging a blueprint: whether cards can be made of it, and which of them are weak.

use crate::domain::blueprint::{Blueprint, check, weak_places};
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::plan::format::card_md::render_card;
use crate::domain::plan::format::{ImportOptions, SourceFile, read_plan};
use crate::domain::plan::lint::{Files, LintFacts};

use super::{Planning, PlanningError, ground};
use crate::engine::Engine;
use crate::engine::import::{self, Import, ImportError};
use crate::engine::project::Project;

/// What was found.
#[derive(Debug)]
pub struct Judged {
    /// The cards, where they can be made.
    pub import: Option<Import>,
    /// What is wrong and what is weak.
    pub mistakes: Vec<Diagnostic>,
    /// The texts that the mistakes are in, by name.
    pub sources: Vec<(String, String)>,
}

impl Judged {
    /// Whether something is wrong, and not only weak.
    pub fn is_wrong(&self) -> bool {
        self.import.is_none() || self.mistakes.iter().any(|mistake| mistake.severity == Severity::Error)
    }
}

/// Judges the blueprint of a plan in the making; without one there is nothing to judge.
pub fn judge(engine: &Engine, project: &Project, planning: &Planning) -> Result<Judged, PlanningError> {
    let text = planning.draft.clone().unwrap_or_default();
    let file = planning.blueprint_path().display().to_string();
    let blueprint = Blueprint::read(&text);
    let mut judged = Judged {
        import: None,
        mistakes: check(&blueprint, &file),
        sources: vec![(file.clone(), blueprint.text.clone())],
    };
    let source = [SourceFile {
        name: &file,
        text: &blueprint.text,
    }];
    let prepared = import::prepare(engine, project, &source, Some(planning.plan().clone()), None);
    let import = match prepared {
        Ok(import) => import,
        Err(ImportError::Invalid(mistakes)) => {
            let known = |mistake: &Diagnostic| mistake.code == "no-tasks" && !blueprint.has_tasks;
            judged
                .mistakes
                .extend(mistakes.into_iter().filter(|mistake| !known(mistake)));
            return Ok(judged);
        }
        Err(error @ (ImportError::Begun(_) | ImportError::GivenBefore(_) | ImportError::OtherPlan(_))) => {
            let fix = format!("use ids that were never given: {}-01 and so on", planning.plan());
            judged.mistakes.push(Diagnostic::error(
                file,
                &blueprint.text,
                0..0,
                "id-given",
                error.to_string(),
                fix,
            ));
            return Ok(judged);
        }
        Err(error) => return Err(error.into()),
    };
    weak(engine, project, &source, &import, &mut judged)?;
    judged.import = Some(planning.with_interview(import)?);
    Ok(judged)
}

fn weak(
    engine: &Engine,
    project: &Project,
    source: &[SourceFile],
    import: &Import,
    judged: &mut Judged,
) -> Result<(), PlanningError> {
    // The lane that a plan names is told from the one that it would get by reading it without any.
    let options = ImportOptions {
        plan: Some(import.plan.id.clone()),
        lane: Some(String::new()),
        known: project.cards.iter().map(|card| card.id.clone()).collect(),
    };
    let said = read_plan(source, &options).map(|plan| plan.cards).unwrap_or_default();
    let files = Files::new(ground::files(engine, project)?);
    let lanes: Vec<String> = project.config.lanes.keys().cloned().collect();
    let builders: Vec<String> = project.config.builders.keys().cloned().collect();
    let cards = &import.plan.cards;
    for card in cards {
        let checks = project.config.checks_for(card);
        let facts = LintFacts {
            files: &files,
            checks: &checks,
            lanes: &lanes,
        };
        let lane_said = said.iter().any(|said| said.id == card.id && !said.lane.is_empty());
        let found = weak_places(card, cards, lane_said, &builders, &facts);
        if !found.is_empty() {
            judged.sources.push((card.id.card_path(), render_card(card)));
        }
        judged.mistakes.extend(found);
    }
    Ok(())
}
