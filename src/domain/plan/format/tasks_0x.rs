//! The layout `tasks/0x01-task.md`: one Markdown file for each task, with Objective, Files to Modify, Steps and
//! Completion Criteria (the third seed).
//!
//! The files are in the order of their names, and each task depends on the one before unless it names its
//! dependencies. Where a file has no verification of its own, the commands that its criteria quote as passing
//! (`` `cargo test` passes ``) are the checks.

use crate::domain::plan::card::CardCheck;

use super::fields::Draft;
use super::plan_md::read_parts;
use super::{Read, SourceFile};

/// Whether a single file is a task of this layout, by its name.
pub(super) fn is_task(file: &SourceFile) -> bool {
    id_of(file.name).is_some()
}

/// Reads the files as one plan.
pub(super) fn read(files: &[SourceFile]) -> Read {
    let mut read = Read {
        in_sequence: true,
        ..Read::default()
    };
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|index| files[*index].name);
    for index in order {
        let file = &files[index];
        let Some(id) = id_of(file.name) else {
            // A README, or the specification beside the tasks, tells people what the plan is about.
            if read.blueprint.is_empty() {
                read.blueprint = file.text.trim().to_owned();
            }
            continue;
        };
        let title = title_of(file.text, &id);
        let (mut draft, wrong) = read_parts(file, &id, &title);
        read.wrong.extend(wrong);
        if draft.verify.is_empty() {
            draft.verify = commands_in(&draft);
        }
        draft.span = 0..file.text.len();
        read.drafts.push((index, draft));
    }
    read
}

/// `tasks/0x01-task.md` → `0x01`; `03-login.md` → `03`.
fn id_of(name: &str) -> Option<String> {
    let last = name.rsplit('/').next()?;
    let stem = last.strip_suffix(".md")?;
    let word = stem.split(['-', '_', ' ']).next()?;
    let is_id = word.starts_with(|c: char| c.is_ascii_digit()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
    is_id.then(|| word.to_owned())
}

/// The first heading, or the first sentence of the objective, makes the title.
fn title_of(text: &str, id: &str) -> String {
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    let objective = text
        .lines()
        .skip_while(|line| {
            !line
                .to_lowercase()
                .trim_start_matches('#')
                .trim()
                .starts_with("objective")
        })
        .skip(1)
        .find(|line| !line.trim().is_empty());
    let title = heading.or(objective).unwrap_or(id).trim();
    title.trim_end_matches('.').to_owned()
}

fn commands_in(draft: &Draft) -> Vec<CardCheck> {
    draft
        .definition_of_done
        .iter()
        .filter(|criterion| {
            let folded = criterion.to_lowercase();
            ["pass", "succeed", "is green", "runs", "compile", "works"]
                .iter()
                .any(|word| folded.contains(word))
        })
        .filter_map(|criterion| criterion.split('`').nth(1))
        .filter(|command| command.contains(' '))
        .map(|command| CardCheck::Text(command.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::{ImportOptions, read_plan};

    const ONE: &str = "## Objective\nSet up the base contract.\n\n## Files to Modify\n- contracts/src/lib.rs\n- contracts/Cargo.toml\n\n## Steps\n1. Create contract struct\n\n## Completion Criteria\n- `cargo test` passes\n- No TODOs left in code\n";

    #[test]
    fn the_third_seeds_layout_becomes_a_sequence() {
        let files = [
            SourceFile {
                name: "app/tasks/0x02-task.md",
                text: ONE,
            },
            SourceFile {
                name: "app/tasks/0x01-task.md",
                text: ONE,
            },
        ];
        let plan = read_plan(&files, &ImportOptions::default()).unwrap();
        assert_eq!(plan.id.as_str(), "app");
        let ids: Vec<&str> = plan.cards.iter().map(|card| card.id.as_str()).collect();
        assert_eq!(ids, ["0x01", "0x02"]);
        assert_eq!(plan.cards[1].depends_on[0].as_str(), "0x01");
        assert_eq!(plan.cards[0].title, "Set up the base contract");
        assert_eq!(plan.cards[0].verify, [CardCheck::Text("cargo test".into())]);
        assert_eq!(plan.cards[0].files.len(), 2);
    }
}
