//! A blueprint in Markdown whose tasks stand in fenced blocks, as JSON, YAML or TOML: the text is for people, the
//! blocks are for the importer. Everything outside of the blocks is the blueprint.

use std::ops::Range;

use crate::domain::diagnostic::Diagnostic;

use super::list::{self, Notation};
use super::markdown::{Block, blocks, heading, lines};
use super::{Read, SourceFile};

/// A block that holds tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TaskBlock {
    notation: Notation,
    inside: Range<usize>,
    whole: Range<usize>,
}

/// The blocks that hold tasks: lists, or tables with `tasks`, whose entries have ids, and titles or files.
pub(super) fn task_blocks(text: &str) -> Vec<TaskBlock> {
    let of = |block: &Block| {
        let inside = &text[block.inside.clone()];
        Some(TaskBlock {
            notation: notation(block.info, inside)?,
            inside: block.inside.clone(),
            whole: block.whole.clone(),
        })
    };
    blocks(text).iter().filter_map(of).collect()
}

fn notation(info: &str, inside: &str) -> Option<Notation> {
    let word = info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
    let begins = inside.trim_start().chars().next()?;
    let notation = match word.as_str() {
        "json" | "jsonc" | "json5" => Notation::Json,
        "yaml" | "yml" => Notation::Yaml,
        "toml" => Notation::Toml,
        "" if matches!(begins, '{' | '[') && !inside.trim_start().starts_with("[[") => Notation::Json,
        "" if inside.trim_start().starts_with("[[") => Notation::Toml,
        "" => Notation::Yaml,
        _ => return None,
    };
    // Other blocks of a blueprint show data of the product, which may have titles too.
    let is_list = match notation {
        Notation::Json => begins == '[' || inside.contains("\"tasks\""),
        Notation::Yaml => begins == '-' || has_line(inside, "tasks:"),
        Notation::Toml => has_line(inside, "[[tasks]]"),
    };
    let has_fields = inside.contains("id") && (inside.contains("title") || inside.contains("files"));
    (is_list && has_fields).then_some(notation)
}

fn has_line(text: &str, beginning: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with(beginning))
}

/// Reads the tasks of a blueprint; `None` where no block holds any.
pub(super) fn read(file: &SourceFile) -> Option<Read> {
    let found = task_blocks(file.text);
    let first = found.first()?.clone();
    let mut read = Read::default();
    for block in &found {
        let alone = up_to(file.text, &block.inside);
        let mut part = list::read(
            &SourceFile {
                name: file.name,
                text: &alone,
            },
            block.notation,
        );
        read.plan = read.plan.or(part.plan);
        read.title = read.title.or(part.title);
        read.target = read.target.or(part.target);
        read.drafts.append(&mut part.drafts);
        read.wrong
            .extend(part.wrong.into_iter().map(|mistake| in_whole(file, mistake)));
    }
    let title = lines(file.text)
        .iter()
        .take_while(|line| line.at.start < first.whole.start)
        .find_map(|line| heading(line).filter(|(level, _)| *level == 1))
        .map(|(_, title)| title.trim().to_owned());
    read.title = title.or(read.title);
    read.blueprint = without(file.text, &found);
    Some(read)
}

/// A part of a text behind as many blanks as there is before it, so that places in the part stay true.
fn up_to(text: &str, part: &Range<usize>) -> String {
    let before = text.as_bytes()[..part.start].iter();
    let blanks: String = before.map(|byte| if *byte == b'\n' { '\n' } else { ' ' }).collect();
    blanks + &text[part.clone()]
}

/// The same mistake in the whole text, whose characters before the part are not all one byte long.
fn in_whole(file: &SourceFile, mistake: Diagnostic) -> Diagnostic {
    let Diagnostic {
        span,
        code,
        message,
        fix,
        ..
    } = mistake;
    Diagnostic::error(file.name, file.text, span, code, message, fix)
}

/// The blueprint without the tasks, and without the heading that stood over nothing else.
fn without(text: &str, tasks: &[TaskBlock]) -> String {
    let mut kept = String::new();
    let mut at = 0;
    for block in tasks {
        kept.push_str(&text[at..block.whole.start]);
        at = block.whole.end;
        let body = kept.trim_end();
        let last = body.rfind('\n').map_or(0, |newline| newline + 1);
        let next = text[at..].trim_start();
        if body[last..].starts_with('#') && (next.is_empty() || next.starts_with('#')) {
            kept.truncate(last);
        }
    }
    kept.push_str(&text[at..]);
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{ImportOptions, read_plan};
    use super::*;

    const TASKS: &str = "{ \"tasks\": [\n  { \"id\": \"game-01\", \"title\": \"Config\", \"files_allowed\": [\"src/config.js\"],\n    \"definition_of_done\": [\"it is there\"], \"verification\": [\"npm test\"] }\n] }";

    fn source(text: &str) -> SourceFile<'_> {
        SourceFile { name: "game.md", text }
    }

    #[test]
    fn the_text_is_the_blueprint_and_the_block_the_tasks() {
        let text = format!(
            "# A game\n\n## Data model\n```json\n{{ \"title\": \"an enemy\" }}\n```\n\n## Task list\n\n```json\n{TASKS}\n```\n\n## Risks\nNone.\n"
        );
        let plan = read_plan(&[source(&text)], &ImportOptions::default()).unwrap();
        assert_eq!(plan.title, "A game");
        assert_eq!(plan.cards.len(), 1);
        assert_eq!(plan.cards[0].files, ["src/config.js"]);
        assert_eq!(
            plan.blueprint,
            "# A game\n\n## Data model\n```json\n{ \"title\": \"an enemy\" }\n```\n\n\n\n## Risks\nNone."
        );
    }

    #[test]
    fn yaml_and_toml_and_several_blocks_are_read_too() {
        let yaml = "tasks:\n  - id: game-01\n    title: A\n    files: [a]\n    definition_of_done: [x]\n    verify: [\"true\"]\n";
        let toml = "[[tasks]]\nid = \"game-02\"\ntitle = \"B\"\nfiles = [\"b\"]\ndepends_on = [\"game-01\"]\ndefinition_of_done = [\"x\"]\nverify = [\"true\"]\n";
        let text = format!("# G\n```yaml\n{yaml}```\nand\n~~~toml\n{toml}~~~\n");
        let plan = read_plan(&[source(&text)], &ImportOptions::default()).unwrap();
        let ids: Vec<&str> = plan.cards.iter().map(|card| card.id.as_str()).collect();
        assert_eq!(ids, ["game-01", "game-02"]);
        assert_eq!(plan.cards[1].depends_on.len(), 1);
    }

    #[test]
    fn mistakes_stand_at_their_place_in_the_whole_text() {
        let text = format!(
            "# Ein Spiel für zwei\n\n```json\n{}\n```\n",
            TASKS.replace("\"title\"", "\"titel\"")
        );
        let wrong = read_plan(&[source(&text)], &ImportOptions::default()).unwrap_err();
        let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "game.md:5:3: the task has no title",
                "game.md:5:22: `titel` is not a key of a card"
            ]
        );
        assert_eq!(&text[wrong[1].span.start..][..7], "\"titel\"");
    }

    proptest! {
        #[test]
        fn mistakes_stand_within_the_text(before in "[aé\u{1F600}\n ]{0,8}", body in "[\\[\\]{}:,\"a0é\n -]{0,40}", after in "[é\u{1F600}\n]{0,8}") {
            for info in ["json", "yaml", "toml"] {
                let text = format!("{before}\n```{info}\n[{{\"id\": \"files\", \"tasks\":[[tasks]] {body}\n```\n{after}");
                let yaml = format!("{before}\n```{info}\n- id: files\n[[tasks]]\ntasks: {body}\n```\n{after}");
                for text in [text, yaml] {
                    for wrong in read(&source(&text)).map(|read| read.wrong).unwrap_or_default() {
                        prop_assert!(text.get(wrong.span.clone()).is_some(), "{:?}", wrong);
                    }
                }
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s)# T\n```(json|yaml|toml|)\n(\\{\"tasks\": \\[\\{\"title\": \"files\"|tasks:\n- title: files\n|\\[\\[tasks\\]\\]\ntitle=files)?.{0,120}") {
            let _ = read(&source(&text));
        }
    }
}
