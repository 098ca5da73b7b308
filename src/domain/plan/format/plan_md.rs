//! One Markdown plan with a heading for each task, such as `## Task 04: Add enemy spawn timing` or `### task-04 Add …`.
//!
//! Below a task's heading come labelled parts, as headings, bold words or plain labels with a colon: Objective,
//! Dependencies, Allowed files, Relevant files, Constraints, Instructions, Definition of done, Verification, Stop
//! condition. What stands outside of the tasks is the blueprint.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::domain::check::CheckKind;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::TaskId;

use super::card_md::{items, put_section};
use super::fields::{Draft, FieldReader, Keys};
use super::markdown::{Line, heading, lines};
use super::node::{Entry, Node, Value};
use super::{Read, SourceFile};

/// The id and title in a task's heading: `Task 04: Title`, `task-04 Title`, `0x01 - Title`, `T012: Title`.
pub(super) fn task_heading(title: &str) -> Option<(String, String)> {
    let title = title.trim().trim_end_matches('#').trim();
    let folded = title.to_lowercase();
    let (id, rest) = if let Some(rest) = folded.strip_prefix("task ") {
        let rest = &title[title.len() - rest.len()..];
        let end = rest.find([':', ' ', '—', '–']).unwrap_or(rest.len());
        let (number, rest) = rest.split_at(end);
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let id = if is_number {
            format!("task-{number}")
        } else {
            number.to_owned()
        };
        (id, rest)
    } else {
        let end = title.find([':', ' ']).unwrap_or(title.len());
        let (word, rest) = title.split_at(end);
        (word.to_owned(), rest)
    };
    // `1.` and `2.1.` number the sections of a document.
    let looks_like_id = id.bytes().any(|b| b.is_ascii_digit())
        && !id.ends_with('.')
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let rest = rest.trim_start_matches([' ', ':', '—', '–', '-']).trim();
    (looks_like_id && !rest.is_empty()).then(|| (id, rest.to_owned()))
}

/// Reads a plan.
pub(super) fn read(file: &SourceFile) -> Read {
    let lines = lines(file.text);
    let mut read = Read::default();
    let mut starts: Vec<(usize, usize, String, String)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((level, title)) = heading(line) else {
            continue;
        };
        match task_heading(title) {
            // Deeper headings that look like one are parts of a task.
            Some((id, title)) if starts.first().is_none_or(|(_, first, ..)| *first == level) => {
                starts.push((index, level, id, title));
            }
            _ if level == 1 && read.title.is_none() && starts.is_empty() => {
                read.title = Some(title.trim().to_owned());
            }
            _ => {}
        }
    }
    let Some((first, level, ..)) = starts.first() else {
        return read;
    };
    read.blueprint = file.text[..lines[*first].at.start].trim().to_owned();
    for (position, (start, _, id, title)) in starts.iter().enumerate() {
        let next_task = starts.get(position + 1).map_or(lines.len(), |(next, ..)| *next);
        // A task also ends at a heading above its own level, or at one of its level that is no part.
        let end = (*start + 1..next_task)
            .find(|index| heading(&lines[*index]).is_some_and(|(at, title)| at <= *level && part_of(title).is_none()))
            .unwrap_or(next_task);
        read_task(file, &lines[*start..end], id, title, &mut read);
        if let Some(first) = lines[end..next_task].first() {
            let outside =
                &file.text[first.at.start..lines.get(next_task).map_or(file.text.len(), |next| next.at.start)];
            read.blueprint = format!("{}\n\n{}", read.blueprint, outside.trim()).trim().to_owned();
        }
    }
    call_by_number(&mut read.drafts);
    read
}

/// A plan with a `Task 01` means that task where it says `01`, unless it has a task of just that name.
fn call_by_number(drafts: &mut [(usize, Draft)]) {
    let ids: BTreeSet<TaskId> = drafts
        .iter()
        .filter_map(|(_, draft)| Some(draft.id.as_ref()?.0.clone()))
        .collect();
    let needs = drafts.iter_mut().flat_map(|(_, draft)| draft.depends_on.iter_mut());
    for (need, _) in needs.flatten().filter(|(need, _)| !ids.contains(need)) {
        let numbered = TaskId::new(format!("task-{need}")).ok();
        if let Some(task) = numbered.filter(|task| ids.contains(task)) {
            *need = task;
        }
    }
}

/// Text and its place.
type Placed = (String, Range<usize>);

/// The parts of a task: the name that people write, and the field that is meant.
const PARTS: [(&str, &str); 29] = [
    ("objective", "objective"),
    ("goal", "objective"),
    ("dependencies", "depends_on"),
    ("depends on", "depends_on"),
    ("allowed files", "files"),
    ("files", "files"),
    ("files to modify", "files"),
    ("files allowed", "files"),
    ("relevant files", "context"),
    ("context", "context"),
    ("constraints", "constraints"),
    ("instructions", "instructions"),
    ("implementation instructions", "instructions"),
    ("steps", "instructions"),
    ("detailed steps", "instructions"),
    ("definition of done", "done"),
    ("completion criteria", "done"),
    ("done when", "done"),
    ("verification", "verify"),
    ("verification commands", "verify"),
    ("verify", "verify"),
    ("stop condition", "stop"),
    ("stop", "stop"),
    ("lane", "lane"),
    ("review", "review"),
    ("plan first", "plan_first"),
    ("model", "model"),
    ("priority", "priority"),
    ("task id", "id"),
];

fn part_of(label: &str) -> Option<&'static str> {
    let folded = label
        .trim()
        .trim_matches('*')
        .trim_end_matches(':')
        .trim_matches('*')
        .trim()
        .to_lowercase();
    PARTS.iter().find(|(name, _)| *name == folded).map(|(_, part)| *part)
}

/// A line that opens a part: a heading, `**Label:** text`, or `Label: text`.
fn opens_part<'a>(line: &Line<'a>) -> Option<(&'static str, &'a str)> {
    if let Some((_, title)) = heading(line) {
        return part_of(title).map(|part| (part, ""));
    }
    if line.in_code {
        return None;
    }
    let text = line.text.trim_start_matches(['-', '*', ' ']);
    let (label, rest) = text.split_once(':')?;
    part_of(label).map(|part| (part, rest.trim_start_matches('*').trim()))
}

fn read_task(file: &SourceFile, lines: &[Line], id: &str, title: &str, read: &mut Read) {
    let head = &lines[0];
    let mut entries = vec![text_entry("id", id, &head.at), text_entry("title", title, &head.at)];
    let mut sections: Vec<(&'static str, String)> = Vec::new();
    let mut lists: Vec<(&'static str, Vec<Placed>)> = Vec::new();
    let mut part: Option<&'static str> = None;
    for line in &lines[1..] {
        let rest = match opens_part(line) {
            Some((found, rest)) => {
                part = Some(found);
                if is_list(found) {
                    lists.push((found, Vec::new()));
                } else {
                    sections.push((found, String::new()));
                }
                rest
            }
            None => line.text,
        };
        match part {
            Some(name) if is_list(name) => {
                if let Some((_, list)) = lists.last_mut() {
                    list.extend(list_items(name, rest).into_iter().map(|item| (item, line.at.clone())));
                }
            }
            Some(_) => {
                if let Some((_, text)) = sections.last_mut() {
                    text.push_str(rest);
                    text.push('\n');
                }
            }
            None if rest.trim().is_empty() => {}
            None => sections.push(("objective", format!("{rest}\n"))),
        }
    }
    for (name, list) in lists {
        entries.push(list_entry(name, list, &head.at));
    }
    for (name, text) in &sections {
        if matches!(*name, "lane" | "review" | "plan_first" | "model") {
            entries.push(text_entry(name, text.trim(), &head.at));
        } else if *name == "priority" {
            entries.push(Entry {
                key: "priority".to_owned(),
                at: head.at.clone(),
                node: Node {
                    span: head.at.clone(),
                    value: text
                        .trim()
                        .parse()
                        .map_or_else(|_| Value::Text(text.clone()), Value::Int),
                },
            });
        }
    }
    let span = head.at.start..lines.last().map_or(head.at.end, |line| line.at.end);
    let mut reader = FieldReader::new(file.name, file.text, Keys::List);
    let mut draft = reader.read(&Node {
        span,
        value: Value::Table(entries),
    });
    read.wrong.append(&mut reader.wrong);
    for (name, text) in sections {
        fill(&mut draft, name, &text);
    }
    read.drafts.push((0, draft));
}

fn fill(draft: &mut Draft, part: &str, text: &str) {
    let title = match part {
        "objective" if !draft.objective.is_empty() => {
            draft.objective.push('\n');
            draft.objective.push_str(text.trim());
            return;
        }
        "done" => "definition of done",
        "stop" => "stop condition",
        other => other,
    };
    put_section(draft, title, text);
}

const fn is_list(part: &str) -> bool {
    matches!(part.as_bytes(), b"depends_on" | b"files" | b"context" | b"verify")
}

/// The entries that one line of a list part holds.
fn list_items(part: &str, line: &str) -> Vec<String> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with("```") || trimmed.starts_with("~~~") {
        return Vec::new();
    }
    let plain = items(trimmed).join(" ");
    if part == "verify" {
        let command = plain.trim().trim_matches('`').to_owned();
        return if command.is_empty() { Vec::new() } else { vec![command] };
    }
    if matches!(plain.to_lowercase().as_str(), "none" | "-" | "n/a" | "none.") {
        return Vec::new();
    }
    plain
        .split(',')
        .map(|word| word.trim().trim_matches('`').trim_end_matches('.').trim().to_owned())
        .filter(|word| !word.is_empty())
        .map(|word| match part {
            "depends_on" => task_heading(&format!("{word} x")).map_or(word, |(id, _)| id),
            _ => word,
        })
        .collect()
}

/// The kind and the command of `acceptance: npm test`.
fn check_kind(item: &str) -> Option<(CheckKind, &str)> {
    let (kind, command) = item.split_once(": ")?;
    let command = command.trim().trim_matches('`');
    Some((CheckKind::from_name(&kind.to_lowercase())?, command)).filter(|_| !command.is_empty())
}

fn text_entry(key: &str, text: &str, at: &Range<usize>) -> Entry {
    Entry {
        key: key.to_owned(),
        at: at.clone(),
        node: Node {
            span: at.clone(),
            value: Value::Text(text.to_owned()),
        },
    }
}

fn list_entry(key: &str, items: Vec<Placed>, at: &Range<usize>) -> Entry {
    let nodes = items
        .into_iter()
        .map(|(text, span)| {
            let value = match check_kind(&text).filter(|_| key == "verify") {
                Some((kind, command)) => Value::Table(vec![
                    text_entry("run", command, &span),
                    text_entry("kind", kind.as_str(), &span),
                ]),
                None => Value::Text(text),
            };
            Node { span, value }
        })
        .collect();
    Entry {
        key: key.to_owned(),
        at: at.clone(),
        node: Node {
            span: at.clone(),
            value: Value::List(nodes),
        },
    }
}

/// For the layout with a file for each task: reads a whole file as the parts of one task.
pub(super) fn read_parts(file: &SourceFile, id: &str, title: &str) -> (Draft, Vec<Diagnostic>) {
    let mut read = Read::default();
    let mut all = vec![Line {
        at: 0..file.text.lines().next().map_or(0, str::len),
        text: "",
        in_code: false,
    }];
    all.extend(lines(file.text));
    read_task(file, &all, id, title, &mut read);
    let draft = read.drafts.pop().map(|(_, draft)| draft).unwrap_or_default();
    (draft, read.wrong)
}

#[cfg(test)]
mod tests;
