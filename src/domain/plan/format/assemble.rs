//! From drafts to a plan: ids, order and graph are checked together, and what is missing is named with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::plan::card::Card;
use crate::domain::plan::graph;

use super::fields::Draft;
use super::{Read, SourceFile};

/// A plan and its cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// The branch that its tasks land on, where the source names one.
    pub target: Option<String>,
    /// The blueprint.
    pub blueprint: String,
    /// Its cards in plan order.
    pub cards: Vec<Card>,
}

/// What an import is told from outside its files.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The plan's id, instead of the source's own or one made of its name.
    pub plan: Option<PlanId>,
    /// The lane of cards that name none; `throughput` without.
    pub lane: Option<String>,
    /// Tasks that exist already and may be depended on.
    pub known: BTreeSet<TaskId>,
}

/// Joins the drafts of all files.
pub(super) fn assemble(files: &[SourceFile], read: Read, options: &ImportOptions) -> Result<Plan, Vec<Diagnostic>> {
    let mut wrong = read.wrong;
    let first = files[0];
    let id = match (&options.plan, &read.plan) {
        (Some(plan), _) => Some(plan.clone()),
        (None, Some(name)) => name.parse().ok(),
        (None, None) => None,
    };
    let id = id.or_else(|| plan_id_of(first.name));
    let Some(id) = id else {
        wrong.push(Diagnostic::error(
            first.name,
            first.text,
            0..0,
            "no-plan",
            "no plan id can be made of the file's name",
            "give one: git harness plan import --plan NAME …",
        ));
        return Err(wrong);
    };
    let mut cards: Vec<(usize, Range<usize>, Card)> = Vec::new();
    let mut given: BTreeMap<String, TaskId> = BTreeMap::new();
    let mut before: Option<TaskId> = None;
    for (index, mut draft) in read.drafts {
        let file = files[index];
        if read.in_sequence && draft.depends_on.is_none() {
            draft.depends_on = Some(before.iter().map(|task| (task.clone(), draft.span.clone())).collect());
        }
        if let Some((task, at)) = &draft.id {
            before = Some(task.clone());
            let twin = given.get(&task.folded());
            if let Some(twin) = twin {
                let message = if twin == task {
                    format!("the id {task} is there twice")
                } else {
                    format!("the ids {task} and {twin} differ in case only")
                };
                wrong.push(Diagnostic::error(
                    file.name,
                    file.text,
                    at.clone(),
                    "duplicate-id",
                    message,
                    "give it another id",
                ));
                continue;
            }
            given.insert(task.folded(), task.clone());
        }
        let lane = options.lane.as_deref().unwrap_or("throughput");
        if let Some(card) = finish_card(file.name, file.text, &draft, Some(&id), lane, &mut wrong) {
            cards.push((index, draft.span.clone(), card));
        }
    }
    let plain: Vec<Card> = cards.iter().map(|(_, _, card)| card.clone()).collect();
    for problem in graph::problems(&plain, &options.known) {
        let (index, span) = cards
            .iter()
            .find(|(_, _, card)| card.id == problem.task)
            .map_or((0, 0..0), |(index, span, _)| (*index, span.clone()));
        let file = files[index];
        wrong.push(Diagnostic::error(
            file.name,
            file.text,
            place_of(file.text, &span, &problem.needle),
            problem.code,
            problem.message,
            problem.fix,
        ));
    }
    if !wrong.is_empty() {
        wrong.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        wrong.dedup();
        return Err(wrong);
    }
    Ok(Plan {
        title: read.title.unwrap_or_else(|| id.to_string()),
        id,
        target: read.target,
        blueprint: read.blueprint,
        cards: plain,
    })
}

/// Where a word stands within a span, else the span's first line.
fn place_of(text: &str, span: &Range<usize>, needle: &str) -> Range<usize> {
    let within = text.get(span.clone()).unwrap_or_default();
    match within.find(needle).filter(|_| !needle.is_empty()) {
        Some(at) => span.start + at..span.start + at + needle.len(),
        None => span.start..span.start + within.lines().next().map_or(0, str::len),
    }
}

/// A plan id made of a file's or folder's name.
fn plan_id_of(name: &str) -> Option<PlanId> {
    let trimmed = name.trim_end_matches('/');
    let mut parts = trimmed.rsplit('/');
    let last = parts.next().unwrap_or_default();
    // A folder of task files names the plan by what holds it.
    let stem = match last.split('.').next() {
        Some(stem) if !stem.ends_with("-task") => stem,
        _ => parts
            .find(|part| !matches!(*part, "tasks" | "." | ""))
            .unwrap_or("plan"),
    };
    let clean: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    PlanId::new(clean.trim_matches('-').to_lowercase()).ok()
}

/// Makes a card of a draft, naming what it lacks.
pub(super) fn finish_card(
    file: &str,
    text: &str,
    draft: &Draft,
    plan: Option<&PlanId>,
    lane: &str,
    wrong: &mut Vec<Diagnostic>,
) -> Option<Card> {
    let head = draft.span.start
        ..draft.span.start
            + text
                .get(draft.span.clone())
                .and_then(|part| part.lines().next())
                .map_or(0, str::len);
    let mut lacks = |code, message: &str, fix: &str| {
        wrong.push(Diagnostic::error(file, text, head.clone(), code, message, fix));
    };
    let id = draft.id.as_ref().map(|(id, _)| id.clone());
    if id.is_none() && !text.is_empty() {
        lacks(
            "no-id",
            "the task has no id, or an invalid one",
            "add an id such as `game-04`",
        );
    }
    if draft.title.as_deref().is_none_or(str::is_empty) {
        lacks("no-title", "the task has no title", "add a title of one line");
    }
    if draft.files.is_empty() {
        lacks(
            "no-files",
            "the task allows no files",
            "name the files that it may change, for instance files = [\"src/a.rs\"]",
        );
    }
    if draft.definition_of_done.is_empty() {
        lacks(
            "no-done",
            "the task has no definition of done",
            "say what must hold when it is done, one entry each",
        );
    }
    if draft.verify.is_empty() {
        lacks(
            "no-verification",
            "the task has no verification",
            "name at least one command, for instance verify = [\"cargo test\"]",
        );
    }
    Some(Card {
        id: id?,
        title: draft.title.clone().unwrap_or_default(),
        plan: plan?.clone(),
        lane: draft.lane.clone().unwrap_or_else(|| lane.to_owned()),
        priority: draft.priority,
        depends_on: draft
            .depends_on
            .iter()
            .flatten()
            .map(|(task, _)| task.clone())
            .collect(),
        files: draft.files.clone(),
        context: draft.context.clone(),
        verify: draft.verify.clone(),
        review: draft.review,
        plan_first: draft.plan_first,
        model: draft.model.clone(),
        retries: draft.retries,
        tests_removed: draft.tests_removed,
        labels: draft.labels.clone(),
        objective: draft.objective.clone(),
        instructions: draft.instructions.clone(),
        constraints: draft.constraints.clone(),
        definition_of_done: draft.definition_of_done.clone(),
        stop_condition: draft.stop_condition.clone(),
    })
}
