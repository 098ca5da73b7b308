//! Task lists in JSON, YAML and TOML, with the keys of the seeds' example or with ours: a list of tasks, or a table
//! that holds one as `tasks`.

use crate::domain::diagnostic::Diagnostic;

use super::fields::{FieldReader, Keys, nearest};
use super::node::{Node, Value, from_json, from_toml, from_yaml};
use super::{Read, SourceFile};

/// A notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Json,
    Yaml,
    Toml,
}

const KEYS: [&str; 5] = ["plan", "title", "target", "blueprint", "tasks"];

/// Reads a list.
pub(super) fn read(file: &SourceFile, notation: Notation) -> Read {
    let alone = |node| (node, Vec::new());
    let found = match notation {
        Notation::Json => from_json(file.name, file.text).map(alone).map_err(|error| vec![error]),
        Notation::Yaml => from_yaml(file.name, file.text).map(alone).map_err(|error| vec![error]),
        Notation::Toml => from_toml(file.name, file.text, 0..file.text.len()),
    };
    let mut read = Read::default();
    match found {
        Ok((node, wrong)) => {
            read.wrong = wrong;
            top(file, &node, &mut read);
        }
        Err(wrong) => read.wrong = wrong,
    }
    read
}

fn top(file: &SourceFile, node: &Node, read: &mut Read) {
    let entries = match &node.value {
        Value::List(list) => return tasks(file, list, read),
        Value::Table(entries) => entries,
        other => {
            let message = format!("a list of tasks is wanted here, and this is {}", other.kind());
            read.wrong.push(Diagnostic::error(
                file.name,
                file.text,
                node.span.clone(),
                "wrong-type",
                message,
                "write a list of tasks",
            ));
            return;
        }
    };
    // Task Master keeps its list below a tag, `master` at first.
    let tagged = entries.iter().find(|entry| entry.key == "master");
    if let Some(tag) = tagged {
        return top(file, &tag.node, read);
    }
    for entry in entries {
        match (entry.key.as_str(), &entry.node.value) {
            ("tasks", Value::List(list)) => tasks(file, list, read),
            ("plan" | "id", Value::Text(text)) => read.plan = Some(text.clone()),
            ("title" | "name", Value::Text(text)) => read.title = Some(text.clone()),
            ("target", Value::Text(text)) => read.target = Some(text.clone()),
            ("blueprint" | "description", Value::Text(text)) => read.blueprint = text.clone(),
            ("metadata" | "version", _) => {}
            ("plan" | "id" | "title" | "name" | "target" | "blueprint" | "description", other) => {
                let fix = match other {
                    Value::Bool(_) => "put the word in quotes: yes, no, on and off alone are true and false",
                    _ => "write text",
                };
                let message = format!("text is wanted here, and this is {}", other.kind());
                let at = entry.node.span.clone();
                read.wrong
                    .push(Diagnostic::error(file.name, file.text, at, "wrong-type", message, fix));
            }
            (key, _) => {
                let fix = nearest(key, &KEYS).map_or_else(
                    || format!("known keys: {}", KEYS.join(", ")),
                    |near| format!("write `{near}`"),
                );
                read.wrong.push(Diagnostic::error(
                    file.name,
                    file.text,
                    entry.at.clone(),
                    "unknown-key",
                    format!("`{key}` is not a key of a plan"),
                    fix,
                ));
            }
        }
    }
}

fn tasks(file: &SourceFile, list: &[Node], read: &mut Read) {
    let mut reader = FieldReader::new(file.name, file.text, Keys::List);
    for (index, node) in list.iter().enumerate() {
        let mut draft = reader.read(node);
        // What belongs to a task ends where the next one begins, so that messages find its words.
        let end = list.get(index + 1).map_or(file.text.len(), |next| next.span.start);
        draft.span.end = end.max(draft.span.end).max(draft.span.start);
        read.drafts.push((0, draft));
    }
    read.wrong.append(&mut reader.wrong);
}
