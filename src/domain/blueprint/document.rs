//! A blueprint as the Architect wrote it: the text, where its sections are, and whether there are tasks.

use std::collections::BTreeMap;

use crate::domain::plan::format::markdown::{blocks, heading, lines};
use crate::domain::plan::format::{has_task_block, has_tasks, is_task_heading};

use super::section::Section;

/// A blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// Its text: what stood round it in the answer is gone.
    pub text: String,
    /// Its sections, without their headings.
    pub sections: BTreeMap<Section, String>,
    /// There are tasks in it, right or wrong.
    pub has_tasks: bool,
}

impl Blueprint {
    /// Finds the sections in an answer.
    pub fn read(answer: &str) -> Self {
        let text = document(answer);
        let mut sections: BTreeMap<Section, String> = BTreeMap::new();
        let mut open: Option<Section> = None;
        for line in lines(text) {
            if let Some((level, title)) = heading(&line) {
                if let Some(section) = Section::of_heading(title).filter(|_| level <= 3) {
                    sections.entry(section).or_default();
                    open = Some(section);
                    continue;
                }
                if level <= 2 || is_task_heading(title) {
                    open = None;
                }
            }
            if let Some(body) = open.and_then(|section| sections.get_mut(&section)) {
                body.push_str(line.text);
                body.push('\n');
            }
        }
        for body in sections.values_mut() {
            *body = body.trim().to_owned();
        }
        Self {
            sections,
            has_tasks: has_tasks(text),
            text: format!("{}\n", text.trim()),
        }
    }

    /// Whether it is one at all, and not an answer of another kind that uses one of the words.
    pub fn is_meant(&self) -> bool {
        // Questions may stand below headings that look like those of tasks.
        let least = if self.has_tasks { 2 } else { 4 };
        has_task_block(&self.text) || self.sections.len() >= least
    }
}

/// The document within an answer: from its first heading on, and out of the fence that models like to put round one.
fn document(answer: &str) -> &str {
    let answer = answer.trim_start_matches('\u{feff}');
    let wrapped = blocks(answer).into_iter().find(|block| {
        let inside = &answer[block.inside.clone()];
        matches!(block.info, "md" | "markdown") && inside.lines().any(|line| line.starts_with('#'))
    });
    let text = match wrapped {
        Some(block) => &answer[block.inside],
        None => answer,
    };
    let first = lines(text)
        .iter()
        .find(|line| heading(line).is_some())
        .map(|line| line.at.start);
    &text[first.unwrap_or(0)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_round_the_document_is_left_out() {
        let plain = "# Shop\n\n## Product brief\nA shop.\n";
        for answer in [
            plain.to_owned(),
            format!("Here is the blueprint:\n\n{plain}"),
            format!("Sure!\n\n````markdown\n{plain}````\n\nShall I go on?\n"),
        ] {
            let read = Blueprint::read(&answer);
            assert_eq!(read.text, plain);
            assert_eq!(read.sections[&Section::Brief], "A shop.");
            assert!(!read.is_meant());
        }
    }

    #[test]
    fn a_section_ends_where_another_begins_and_may_have_parts() {
        let text = "## Architecture\nTwo parts.\n\n### The store\nKeeps.\n\n### Data model\nA row.\n\n## State model\nOpen, shut.\n\n## Something else\nx\n\n## Risks\n```\n## Not a heading\n```\n## Tasks\n\n### Task 01: A\nObjective: b\n";
        let read = Blueprint::read(text);
        assert_eq!(
            read.sections[&Section::Architecture],
            "Two parts.\n\n### The store\nKeeps."
        );
        assert_eq!(read.sections[&Section::Data], "A row.\n\nOpen, shut.");
        assert_eq!(read.sections[&Section::Risks], "```\n## Not a heading\n```");
        assert!(read.has_tasks && read.is_meant());
    }
}
