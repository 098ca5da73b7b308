//! Edits as JSON: `{"edits": [{"path": …, "search": …, "replace": …}]}`, for ways on which answers are JSON anyway.

use serde_json::{Map, Value};

use super::error::AnswerError;
use super::name::Purpose;
use super::operation::{Action, Named, Operation};
use super::scan::Scan;
use super::search_replace;

/// How far into an answer the keys are looked for that tell edits from other JSON.
const HEAD: usize = 400;
/// What an edit may say.
const FORMS: &str = "An edit is {\"path\", \"search\", \"replace\"}, {\"path\", \"content\"}, {\"path\", \"delete\": true} or \
                     {\"path\", \"move_to\"}.";

/// Whether a list of edits begins with the first of these lines.
pub(super) fn opens(lines: &[&str]) -> bool {
    let first = lines.first().map(|line| line.trim_start()).unwrap_or_default();
    if !first.starts_with(['{', '[']) {
        return false;
    }
    let head = lines.iter().flat_map(|line| line.chars()).take(HEAD);
    let head: String = head.filter(|c| !c.is_whitespace()).collect();
    let is_list = |text: &str| {
        ["path", "file"]
            .iter()
            .any(|key| text.starts_with(&format!("[{{\"{key}\":")))
    };
    head.starts_with("{\"edits\":")
        || is_list(&head)
        || (head.starts_with('{') && head.contains("\"edits\":[{\"path\":"))
}

/// Reads the list that the scan stands at.
pub(super) fn read(scan: &mut Scan) -> Result<(), AnswerError> {
    let line = scan.at + 1;
    let (end, _) = scan.end_of_fence();
    let text = scan.lines[scan.at..end].join("\n");
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) if !error.is_eof() => {
            return Err(AnswerError::Malformed {
                line: scan.at + error.line(),
                why: format!("this is no JSON: {error}. {FORMS}"),
            });
        }
        _ => return Err(AnswerError::Truncated("the JSON never ends".to_owned())),
    };
    scan.at += text[..values.byte_offset()].matches('\n').count() + 1;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("edits") {
            Some(Value::Array(list)) => list,
            _ => return Err(malformed(line, "`edits` has to be a list")),
        },
        _ => return Err(malformed(line, "this has to be an object with `edits`")),
    };
    for (index, edit) in list.into_iter().enumerate() {
        let Value::Object(edit) = edit else {
            return Err(malformed(line, &format!("edit {} is no object", index + 1)));
        };
        one(scan, edit, index + 1, line)?;
    }
    Ok(())
}

fn malformed(line: usize, why: &str) -> AnswerError {
    AnswerError::Malformed {
        line,
        why: format!("{why}. {FORMS}"),
    }
}

/// Reads one edit.
fn one(scan: &mut Scan, mut edit: Map<String, Value>, number: usize, line: usize) -> Result<(), AnswerError> {
    let wrong = |why: &str| malformed(line, &format!("edit {number} {why}"));
    let mut text = |key: &str| match edit.remove(key) {
        Some(Value::String(text)) => Ok(Some(text)),
        None | Some(Value::Null) => Ok(None),
        Some(_) => Err(wrong(&format!("has a `{key}` that is no text"))),
    };
    let path = match text("path")? {
        Some(path) => Some(path),
        None => text("file")?,
    };
    let (search, replace) = (text("search")?, text("replace")?);
    let (content, to) = (text("content")?, text("move_to")?);
    let delete = match edit.remove("delete") {
        None | Some(Value::Bool(false) | Value::Null) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(wrong("has a `delete` that is neither true nor false")),
    };
    if let Some(key) = edit.keys().next() {
        return Err(wrong(&format!("has the unknown key `{}`", key.escape_debug())));
    }
    let action = match (search, replace, content, to, delete) {
        (Some(search), Some(replace), None, None, false) => {
            return search_replace::push(scan, path.as_deref(), lines_of(&search), lines_of(&replace), line);
        }
        (None, None, Some(content), None, false) => Action::Overwrite {
            text: lines_of(&content).iter().map(|line| format!("{line}\n")).collect(),
            named: Named::Plainly,
        },
        (None, None, None, Some(to), false) => Action::Move {
            to: scan.resolve(&to, Purpose::Exactly)?,
            steps: Vec::new(),
        },
        (None, None, None, None, true) => Action::Delete,
        _ => return Err(wrong("does not say one thing")),
    };
    let purpose = match action {
        Action::Overwrite { .. } => Purpose::Write,
        Action::Move { .. } => Purpose::Change,
        _ => Purpose::Exactly,
    };
    let path = match path {
        Some(path) => scan.resolve(&path, purpose)?,
        None => return Err(wrong("has no `path`")),
    };
    scan.push(Operation { path, action, line });
    Ok(())
}

/// The lines of a text; a newline at its end ends the last one.
fn lines_of(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
        .collect()
}
