//! The native card: TOML front matter between `+++` lines and sections in Markdown.

use std::fmt::Write as _;
use std::ops::Range;

use crate::domain::check::{Check, DEFAULT_TIMEOUT_SECONDS};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::PlanId;
use crate::domain::network::Network;
use crate::domain::plan::card::{Card, CardCheck, Review};

use super::assemble::finish_card;
use super::fields::{Draft, FieldReader, Keys};
use super::node::from_toml;
use super::{Read, SourceFile};

const FENCE: &str = "+++";

/// Whether a text begins like a card.
pub fn is_card(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').starts_with(FENCE)
}

/// Where front matter and body stand.
pub(super) fn split(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let start = text.find(FENCE)? + FENCE.len();
    let start = start + text[start..].find('\n')? + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some((start..at, at + line.len()..text.len()));
        }
        at += line.len();
    }
    None
}

/// Reads a card.
pub fn parse_card(file: &str, text: &str) -> Result<Card, Vec<Diagnostic>> {
    let (draft, mut wrong) = read_draft(file, text);
    let Some(draft) = draft else {
        return Err(wrong);
    };
    let plan = match &draft.plan {
        Some((name, at)) => match PlanId::new(name.as_str()) {
            Ok(plan) => Some(plan),
            Err(error) => {
                wrong.push(Diagnostic::error(
                    file,
                    text,
                    at.clone(),
                    "invalid-id",
                    error.to_string(),
                    "for instance `game`",
                ));
                None
            }
        },
        None => {
            wrong.push(Diagnostic::error(
                file,
                text,
                draft.span.clone(),
                "no-plan",
                "the card names no plan",
                "add plan = \"…\" to the front matter",
            ));
            None
        }
    };
    let card = finish_card(file, text, &draft, plan.as_ref(), "", &mut wrong);
    match card {
        Some(card) if wrong.is_empty() => Ok(card),
        _ => Err(wrong),
    }
}

/// Reads front matter and sections without asking for what is missing.
pub(super) fn read_draft(file: &str, text: &str) -> (Option<Draft>, Vec<Diagnostic>) {
    let Some((head, body)) = split(text) else {
        let found = Diagnostic::error(
            file,
            text,
            0..text.find('\n').unwrap_or(text.len()),
            "no-front-matter",
            "the card has no front matter",
            "begin the file with a line `+++`, the fields, and a line `+++`",
        );
        return (None, vec![found]);
    };
    let (node, mut wrong) = match from_toml(file, text, head) {
        Ok(read) => read,
        Err(wrong) => return (None, wrong),
    };
    let mut reader = FieldReader::new(file, text, Keys::FrontMatter);
    let mut draft = reader.read(&node);
    wrong.extend(reader.wrong);
    wrong.extend(read_sections(file, text, body, &mut draft));
    (Some(draft), wrong)
}

/// The sections of a card and the names that they may have.
const SECTIONS: [(&str, &[&str]); 5] = [
    ("objective", &["objective", "goal"]),
    (
        "instructions",
        &["instructions", "steps", "detailed steps", "implementation instructions"],
    ),
    ("constraints", &["constraints"]),
    ("done", &["definition of done", "completion criteria", "done"]),
    ("stop", &["stop condition", "stop"]),
];

/// Puts the text of a section where it belongs. `false`: there is no such section.
pub(super) fn put_section(draft: &mut Draft, title: &str, text: &str) -> bool {
    let folded = title.trim().trim_end_matches(':').to_lowercase();
    let Some((section, _)) = SECTIONS.iter().find(|(_, names)| names.contains(&folded.as_str())) else {
        return false;
    };
    match *section {
        "objective" => draft.objective = text.trim().to_owned(),
        "instructions" => draft.instructions = text.trim().to_owned(),
        "constraints" => draft.constraints = items(text),
        "done" => draft.definition_of_done = items(text),
        _ => draft.stop_condition = text.trim().to_owned(),
    }
    true
}

fn read_sections(file: &str, text: &str, body: Range<usize>, draft: &mut Draft) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for section in sections(text, body) {
        let folded = section.title.to_lowercase();
        if seen.contains(&folded) {
            wrong.push(Diagnostic::error(
                file,
                text,
                section.at,
                "duplicate-section",
                format!("the section `{}` stands twice", section.title),
                "join them",
            ));
            continue;
        }
        seen.push(folded);
        if !put_section(draft, &section.title, &section.text) {
            let names: Vec<&str> = SECTIONS.iter().map(|(_, names)| names[0]).collect();
            wrong.push(Diagnostic::error(
                file,
                text,
                section.at,
                "unknown-section",
                format!("`{}` is not a section of a card", section.title),
                format!("sections: {}", names.join(", ")),
            ));
        }
    }
    wrong
}

/// A heading and what stands below it.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

/// The sections of a Markdown text by its `##` headings; code fences are not looked into.
pub(super) fn sections(text: &str, body: Range<usize>) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut at = body.start;
    let mut fence: Option<&str> = None;
    for line in text[body].split_inclusive('\n') {
        let trimmed = line.trim();
        match fence {
            Some(mark) if trimmed == mark => fence = None,
            Some(_) => {}
            None if trimmed.starts_with("```") => fence = Some("```"),
            None if trimmed.starts_with("~~~") => fence = Some("~~~"),
            None => {}
        }
        match line.strip_prefix("## ") {
            Some(title) if fence.is_none() => found.push(Section {
                title: title.trim().trim_end_matches('#').trim().to_owned(),
                at: at..at + line.trim_end().len(),
                text: String::new(),
            }),
            _ => {
                if let Some(section) = found.last_mut() {
                    section.text.push_str(line);
                }
            }
        }
        at += line.len();
    }
    found
}

/// The entries of a list; text that is no list is one entry a paragraph.
pub(super) fn items(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let bullet = trimmed
            .strip_prefix("- ")
            .or_else(|| trimmed.strip_prefix("* "))
            .or_else(|| numbered(trimmed));
        match bullet {
            Some(item) => {
                let item = item.trim_start_matches("[ ] ").trim_start_matches("[x] ").trim();
                found.push(item.to_owned());
                open = true;
            }
            None if trimmed.is_empty() => open = false,
            None => match found.last_mut() {
                Some(item) if open => {
                    item.push(' ');
                    item.push_str(trimmed);
                }
                _ => {
                    found.push(trimmed.to_owned());
                    open = true;
                }
            },
        }
    }
    found.retain(|item| !item.is_empty());
    found
}

fn numbered(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    (digits > 0)
        .then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")))
        .flatten()
}

/// Reads a folder of native cards, and its plan file where there is one.
pub(super) fn read_all(files: &[SourceFile]) -> Read {
    let mut read = Read::default();
    for (index, file) in files.iter().enumerate() {
        let is_plan = file.name.contains("plans/");
        if is_plan {
            match super::plan_file::parse_plan_file(file.name, file.text) {
                Ok(head) => {
                    read.title = Some(head.title);
                    read.plan = Some(head.id.to_string());
                    read.target = head.target;
                    read.blueprint = head.body;
                }
                Err(wrong) => read.wrong.extend(wrong),
            }
            continue;
        }
        let (draft, wrong) = read_draft(file.name, file.text);
        read.wrong.extend(wrong);
        if let Some(draft) = draft {
            if read.plan.is_none() {
                read.plan = draft.plan.as_ref().map(|(name, _)| name.clone());
            }
            read.drafts.push((index, draft));
        }
    }
    read
}

/// Writes a card so that people like to read it, and [`parse_card`] reads it back.
pub fn render_card(card: &Card) -> String {
    let mut text = String::from("+++\n");
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("id", quoted(card.id.as_str()));
    line("title", quoted(&card.title));
    line("plan", quoted(card.plan.as_str()));
    if !card.lane.is_empty() {
        line("lane", quoted(&card.lane));
    }
    if card.priority != 0 {
        line("priority", card.priority.to_string());
    }
    if !card.depends_on.is_empty() {
        line("depends_on", list(card.depends_on.iter().map(|id| quoted(id.as_str()))));
    }
    line("files", list(card.files.iter().map(|glob| quoted(glob))));
    if !card.context.is_empty() {
        let context = card.context.iter().map(|context| match context.lines {
            Some((first, last)) => quoted(&format!("{}:{first}-{last}", context.path)),
            None => quoted(&context.path.to_text()),
        });
        line("context", list(context));
    }
    line("verify", list(card.verify.iter().map(render_check)));
    if card.review == Review::Person {
        line("review", quoted("person"));
    }
    if let Some(plan_first) = card.plan_first {
        line("plan_first", quoted(plan_first.word()));
    }
    if let Some(model) = &card.model {
        line("model", quoted(model));
    }
    if let Some(retries) = card.retries {
        line("retries", retries.to_string());
    }
    if card.tests_removed > 0 {
        line("tests_removed", card.tests_removed.to_string());
    }
    if !card.labels.is_empty() {
        line("labels", list(card.labels.iter().map(|label| quoted(label))));
    }
    text.push_str("+++\n");
    section(&mut text, "Objective", &card.objective);
    section(&mut text, "Instructions", &card.instructions);
    section(&mut text, "Constraints", &bullets(&card.constraints));
    section(&mut text, "Definition of done", &bullets(&card.definition_of_done));
    section(&mut text, "Stop condition", &card.stop_condition);
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    if !body.trim().is_empty() {
        let _ = writeln!(text, "\n## {title}\n\n{}", body.trim());
    }
}

fn bullets(entries: &[String]) -> String {
    let lines: Vec<String> = entries.iter().map(|entry| format!("- {entry}")).collect();
    lines.join("\n")
}

fn list(entries: impl Iterator<Item = String>) -> String {
    format!("[{}]", entries.collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn render_check(check: &CardCheck) -> String {
    match check {
        CardCheck::Text(text) => quoted(text),
        CardCheck::Inline(check) => render_inline(check),
    }
}

fn render_inline(check: &Check) -> String {
    let mut fields = Vec::new();
    if check.name != check.run {
        fields.push(format!("name = {}", quoted(&check.name)));
    }
    fields.push(format!("run = {}", quoted(&check.run)));
    if !check.dir.is_empty() {
        fields.push(format!("dir = {}", quoted(&check.dir)));
    }
    fields.push(format!("kind = {}", quoted(check.kind.as_str())));
    if check.timeout_seconds != DEFAULT_TIMEOUT_SECONDS {
        fields.push(format!("timeout = {}", check.timeout_seconds));
    }
    if !check.env.is_empty() {
        let variables: Vec<String> = check
            .env
            .iter()
            .map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)))
            .collect();
        fields.push(format!("env = {{ {} }}", variables.join(", ")));
    }
    if !check.report.is_empty() {
        fields.push(format!("report = {}", quoted(&check.report)));
    }
    match &check.network {
        Network::None => {}
        Network::Open => fields.push("network = \"open\"".to_owned()),
        Network::Hosts(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(|host| quoted(&host.to_string())).collect();
            fields.push(format!("network = [{}]", hosts.join(", ")));
        }
    }
    if check.red_first {
        fields.push("red_first = true".to_owned());
    }
    if check.flaky_retries > 0 {
        fields.push(format!("flaky_retries = {}", check.flaky_retries));
    }
    format!("{{ {} }}", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::plan::card::PlanFirst;

    const CARD: &str = r#"+++
id = "game-04"
title = "Add enemy spawn timing"
plan = "game"
lane = "throughput"
depends_on = ["game-01", "game-02"]
files = ["src/gameLoop.js", "src/Enemy.js", "src/config.js"]
context = ["src/render.js:10-80", "docs/spawn.md"]
verify = ["npm test", { name = "spawn", run = "node test/spawn.js", kind = "acceptance", red_first = true }]
model = "qwen-local"
+++

## Objective

Enemies appear over time.

## Instructions

- Add timed enemy spawning every 2 seconds

## Constraints

- Do not change scoring

## Definition of done

- Enemies spawn repeatedly
- No console errors

## Stop condition

Summarize the changed files and stop.
"#;

    #[test]
    fn the_designs_card_reads_and_prints_as_it_stands() {
        let card = parse_card("game-04.md", CARD).unwrap();
        assert_eq!(card.depends_on.len(), 2);
        assert_eq!(card.context[0].lines, Some((10, 80)));
        assert!(matches!(&card.verify[1], CardCheck::Inline(check) if check.red_first && check.name == "spawn"));
        assert_eq!(
            card.definition_of_done,
            ["Enemies spawn repeatedly", "No console errors"]
        );
        assert_eq!(render_card(&card), CARD);
    }

    #[test]
    fn all_mistakes_come_at_once_with_place_and_fix() {
        let text = "+++\nid = \"a b\"\ntitel = \"x\"\nplan = \"p\"\nfiles = [\"../x\", \"\"]\nverify = [{ rum = \"x\" }]\nreview = 3\n+++\n\n## Steps\n\nx\n\n## Notes\n\ny\n";
        let wrong = parse_card("a.md", text).unwrap_err();
        let lines: Vec<String> = wrong
            .iter()
            .map(|one| format!("{one} [{}] {}", one.code, one.fix))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "(?s)(\\+\\+\\+\n)?.{0,200}") {
            let _ = parse_card("x.md", &text);
        }

        #[test]
        fn what_is_printed_reads_back(
            title in "[a-zA-Z0-9\"'\\\\ ]{1,20}", file in "[a-z]{1,5}(/[a-z*]{1,5}){0,2}",
            steps in "[a-z `\"]{1,30}", done in proptest::collection::vec("[a-z][a-z ]{0,9}[a-z]", 1..4),
            red in any::<bool>(), retries in proptest::option::of(0..5u32), tests_removed in 0..9u32, report in "([a-z]{1,3}/)?[a-z]{0,3}",
        ) {
            let card = Card {
                id: "t-1".parse().unwrap(),
                title: title.trim().to_owned(),
                plan: "p".parse().unwrap(),
                lane: "core".into(),
                priority: 3,
                depends_on: vec![],
                files: vec![file],
                context: vec![],
                verify: vec![CardCheck::Inline(Check { name: "n".into(), red_first: red, report: report.trim_end_matches('/').into(), ..Check::from_command(steps.trim().to_owned() + "x") })],
                review: Review::Person,
                plan_first: Some(PlanFirst::Check),
                model: None,
                retries,
                tests_removed,
                labels: vec!["migration".into()],
                objective: String::new(),
                instructions: steps.trim().to_owned(),
                constraints: vec![],
                definition_of_done: done,
                stop_condition: String::new(),
            };
            // An open fence of code takes in the headings behind it, as everywhere in Markdown.
            prop_assume!(!card.title.is_empty() && !steps.contains("```"));
            let text = render_card(&card);
            prop_assert_eq!(parse_card("t.md", &text), Ok(card), "{}", text);
        }
    }
}
