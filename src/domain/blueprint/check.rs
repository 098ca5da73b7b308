//! What is wrong with a blueprint, and what is weak in its tasks: stricter than for plans of other origin, because the
//! Architect can be asked to do better.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::render_card;
use crate::domain::plan::lint::{LintFacts, lint};
use crate::domain::scope::Allowed;

use super::document::Blueprint;
use super::section::Section;

/// What risks have to be spoken of.
const RISKS: [&str; 3] = ["security", "data", "migration"];

/// The mistakes of a blueprint's text: sections that are missing or say nothing. `file` names it in messages.
pub fn check(blueprint: &Blueprint, file: &str) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let mut error = |section: Option<Section>, code, message: String, fix: String| {
        let at = section
            .and_then(|section| place(&blueprint.text, section))
            .unwrap_or(0..0);
        wrong.push(Diagnostic::error(file, &blueprint.text, at, code, message, fix));
    };
    for section in Section::ALL {
        match blueprint.sections.get(&section) {
            None if section == Section::Matrix
                && blueprint
                    .sections
                    .get(&Section::Testing)
                    .is_some_and(|text| has_table(text)) => {}
            None => error(
                None,
                "no-section",
                format!("the blueprint has no section `{}`", section.title()),
                format!("add `## {}`: {}", section.title(), section.wanted()),
            ),
            Some(text) if says_nothing(text) => error(
                Some(section),
                "empty-section",
                format!("the section `{}` says nothing", section.title()),
                format!("write {}", section.wanted()),
            ),
            Some(text) if section == Section::Matrix && !has_table(text) => error(
                Some(section),
                "no-matrix",
                "the test matrix is no table".to_owned(),
                format!("write {}", section.wanted()),
            ),
            Some(text) if section == Section::Risks => {
                let folded = text.to_lowercase();
                let unsaid: Vec<&str> = RISKS.into_iter().filter(|risk| !folded.contains(risk)).collect();
                if !unsaid.is_empty() {
                    error(
                        Some(section),
                        "unsaid-risk",
                        format!("the risks say nothing of {}", unsaid.join(", ")),
                        "write what may go wrong there, or that nothing may".to_owned(),
                    );
                }
            }
            Some(_) => {}
        }
    }
    if !blueprint.has_tasks {
        error(
            None,
            "no-tasks",
            "the blueprint has no tasks".to_owned(),
            "add `## Task list` with a block of JSON that holds `tasks`".to_owned(),
        );
    }
    wrong
}

fn place(text: &str, section: Section) -> Option<std::ops::Range<usize>> {
    use crate::domain::plan::format::markdown::{heading, lines};
    lines(text)
        .into_iter()
        .find(|line| heading(line).and_then(|(_, title)| Section::of_heading(title)) == Some(section))
        .map(|line| line.at)
}

fn says_nothing(text: &str) -> bool {
    let folded = text.to_lowercase();
    let words = folded.trim_matches(|c: char| !c.is_alphanumeric());
    words.is_empty() || matches!(words, "todo" | "tbd" | "to be done" | "to be defined" | "to be decided")
}

/// A table has a line under its head, and at least one row below that.
fn has_table(text: &str) -> bool {
    let is_rule = |line: &str| line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    let mut rows = text.lines().map(str::trim).skip_while(|line| !is_rule(line)).skip(1);
    rows.next().is_some_and(|row| row.contains('|'))
}

/// The weak places of a task: those that `plan lint` names, and fields that an Architect has to fill in. `lane_said` is
/// whether the plan names the task's lane, `builders` are the names that its `model` may have, and `all` the tasks
/// of the plan.
pub fn weak_places(
    card: &Card,
    all: &[Card],
    lane_said: bool,
    builders: &[String],
    facts: &LintFacts,
) -> Vec<Diagnostic> {
    let file = card.id.card_path();
    let text = render_card(card);
    let mut found = lint(card, &file, &text, facts);
    // A file that another task writes will be there when this one is worked on.
    found.retain(|weak| {
        weak.code != "missing-context" || {
            let missing = card
                .context
                .iter()
                .filter(|context| !facts.files.contains(&context.path));
            let mut unmade =
                missing.filter(|context| !all.iter().any(|other| other.id != card.id && makes(other, context)));
            unmade.any(|context| weak.message.contains(&context.path.to_string()))
        }
    });
    let mut weak = |code, message: &str, fix: &str| {
        found.push(Diagnostic::error(file.as_str(), &text, 0..0, code, message, fix).as_warning());
    };
    if card.objective.is_empty() {
        weak(
            "no-objective",
            "the task has no objective",
            "say in a sentence what is reached by it",
        );
    }
    if card.instructions.is_empty() {
        weak(
            "no-steps",
            "the task has no instructions",
            "say what to do, step by step",
        );
    }
    if card.constraints.is_empty() {
        weak(
            "no-constraints",
            "the task has no constraints",
            "say what must hold, or must not be changed",
        );
    }
    if !lane_said {
        weak(
            "no-lane",
            "the task names no lane",
            "name the lane that its risk belongs to",
        );
    }
    if let Some(model) = card.model.as_ref().filter(|model| !builders.contains(model)) {
        let names = match builders {
            [] => "leave `model` out".to_owned(),
            _ => format!("leave `model` out, or name one of: {}", builders.join(", ")),
        };
        weak("unknown-model", &format!("there is no Builder `{model}`"), &names);
    }
    found
}

fn makes(card: &Card, context: &crate::domain::plan::card::ContextRef) -> bool {
    Allowed::new(&card.files).is_ok_and(|allowed| allowed.matches(&context.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::{Check, CheckKind};
    use crate::domain::plan::format::card_md::parse_card;
    use crate::domain::plan::lint::Files;

    fn whole() -> String {
        let mut text = String::from("# Shop\n\n");
        for section in Section::ALL {
            let body = match section {
                Section::Matrix => "| task | success |\n|---|---|\n| shop-01 | it sells |",
                Section::Risks => "Security: none. Data integrity: none. Migration: none.",
                Section::Questions => "none",
                _ => "Said.",
            };
            text.push_str(&format!("## {}\n{body}\n\n", section.title()));
        }
        text.push_str("## Task list\n```json\n{\"tasks\": [{\"id\": \"x\", \"files\": []}]}\n```\n");
        text
    }

    fn codes(text: &str) -> Vec<&'static str> {
        let wrong = check(&Blueprint::read(text), "b.md");
        wrong.iter().map(|mistake| mistake.code).collect()
    }

    #[test]
    fn every_section_is_required() {
        assert!(codes(&whole()).is_empty());
        for section in Section::ALL {
            let without = whole().replace(&format!("## {}\n", section.title()), "## Something else\n");
            let wrong = check(&Blueprint::read(&without), "b.md");
            assert_eq!(wrong.len(), 1, "{section:?}: {wrong:?}");
            assert!(wrong[0].message.contains(section.title()), "{}", wrong[0]);
        }
    }

    #[test]
    fn a_section_that_says_nothing_does_not_count() {
        for (from, to, wanted) in [
            (
                "## User stories\nSaid.",
                "## User stories\n\nTBD.",
                vec!["empty-section"],
            ),
            ("## User stories\nSaid.", "## User stories\n", vec!["empty-section"]),
            ("|---|---|\n| shop-01 | it sells |", "", vec!["no-matrix"]),
            ("|---|---|\n| shop-01 | it sells |", "|---|---|", vec!["no-matrix"]),
            ("Security: none. ", "", vec!["unsaid-risk"]),
            ("\"tasks\"", "\"things\"", vec!["no-tasks"]),
        ] {
            assert_eq!(codes(&whole().replace(from, to)), wanted, "{from} -> {to}");
        }
        let in_strategy = whole().replace("\n\n## Test matrix\n", "\n\n");
        assert!(codes(&in_strategy).is_empty(), "strategy and matrix may be one section");
        let wrong = check(
            &Blueprint::read(&whole().replace("## User stories\nSaid.", "## User stories\n")),
            "b.md",
        );
        assert_eq!(
            wrong[0].to_string(),
            "b.md:6:1: the section `User stories` says nothing"
        );
    }

    fn card(id: &str, more: &str, body: &str) -> Card {
        parse_card(
            "c",
            &format!("+++\nid = \"{id}\"\ntitle = \"T\"\nplan = \"p\"\nfiles = [\"src/{id}.js\"]\nverify = [\"true\"]\n{more}+++\n## Definition of done\n- d\n## Stop condition\nStop.\n{body}"),
        )
        .unwrap()
    }

    #[test]
    fn an_architects_task_has_all_its_fields() {
        let checks = [Check {
            kind: CheckKind::Acceptance,
            ..Check::from_command("true")
        }];
        let facts = LintFacts {
            files: &Files::default(),
            checks: &checks,
            lanes: &["core".to_owned()],
        };
        let builders = ["local".to_owned()];
        let codes = |card: &Card, all: &[Card], said| -> Vec<&str> {
            weak_places(card, all, said, &builders, &facts)
                .iter()
                .map(|weak| weak.code)
                .collect()
        };
        let full = "## Objective\no\n## Instructions\n- i\n## Constraints\n- c\n";
        let good = card("p-1", "lane = \"core\"\nmodel = \"local\"\n", full);
        assert!(codes(&good, &[], true).is_empty());
        let bare = card("p-1", "model = \"other\"\n", "## Objective\no\n");
        assert_eq!(
            codes(&bare, &[], false),
            ["no-steps", "no-constraints", "no-lane", "unknown-model"]
        );
        let reader = card(
            "p-2",
            "lane = \"core\"\ncontext = [\"src/p-1.js\", \"src/p-9.js\"]\n",
            full,
        );
        assert_eq!(
            codes(&reader, &[good, reader.clone()], true),
            ["missing-context"],
            "the other is written by p-1"
        );
    }
}
