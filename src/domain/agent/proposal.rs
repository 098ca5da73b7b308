//! A proposal: the edits that a program would make, as JSON in the shape of a schema, so that it needs to write nothing.

use serde_json::{Value, json};

/// The shape of a proposal. Strict servers want every field named and nothing besides.
pub fn schema() -> Value {
    let text_or_none = || json!({"type": ["string", "null"]});
    let list = || json!({"type": "array", "items": {"type": "string"}});
    let edit = json!({
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "search": text_or_none(),
            "replace": text_or_none(),
            "content": text_or_none(),
            "move_to": text_or_none(),
            "delete": {"type": ["boolean", "null"]},
        },
        "required": ["path", "search", "replace", "content", "move_to", "delete"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {
            "edits": {"type": "array", "items": edit},
            "summary": list(),
            "notes": list(),
            "stop": text_or_none(),
        },
        "required": ["edits", "summary", "notes", "stop"],
        "additionalProperties": false,
    })
}

/// A proposal as an answer in text, as models without a schema give it. What has another shape stays as it is.
pub fn as_answer(said: &str) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(said) else {
        return said.to_owned();
    };
    let Some(edits) = fields.remove("edits") else {
        return said.to_owned();
    };
    let mut lines: Vec<String> = Vec::new();
    let texts = |value: Option<Value>| match value {
        Some(Value::Array(list)) => list.into_iter().filter_map(|one| one.as_str().map(one_line)).collect(),
        _ => Vec::new(),
    };
    let is_empty = edits.as_array().is_some_and(Vec::is_empty);
    let notes = texts(fields.remove("notes"));
    let summary = texts(fields.remove("summary"));
    lines.extend(summary.iter().map(|line| format!("- {line}")));
    lines.extend(notes.iter().map(|line| format!("notes: {line}")));
    lines.extend(fields.remove("stop").and_then(|stop| stop.as_str().map(one_line)));
    if !is_empty {
        lines.push(format!("\n{{\"edits\": {edits}}}"));
    }
    lines.join("\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::edit::{self, Known};
    use crate::domain::packet::answer::read_closing;
    use crate::domain::path::RepoPath;

    #[test]
    fn a_proposal_is_read_like_any_other_answer() {
        let said = json!({
            "edits": [{"path": "a.txt", "content": "right\n", "search": null, "replace": null, "delete": null, "move_to": null}],
            "summary": ["Made it\nright"], "notes": ["mind b"], "stop": null,
        });
        let answer = as_answer(&said.to_string());
        let closing = read_closing(&answer);
        assert_eq!(
            (closing.summary, closing.notes),
            (vec!["Made it right".to_owned()], vec!["mind b".to_owned()])
        );
        let file = [RepoPath::try_from("a.txt").unwrap()];
        let known = Known {
            allowed: &file,
            all: &file,
            root: None,
        };
        let edits = edit::parse(&answer, known).unwrap();
        assert_eq!(edits.operations.len(), 1);
    }

    #[test]
    fn a_proposal_that_stops_holds_no_edits() {
        let said = json!({"edits": [], "summary": [], "notes": [], "stop": "unclear: which one?"});
        let answer = as_answer(&said.to_string());
        assert_eq!(answer, "unclear: which one?");
        assert!(read_closing(&answer).stop.is_some());
    }

    #[test]
    fn what_is_no_proposal_stays_as_it_is() {
        for said in ["", "plain", "{\"edit\": 1}", "[1]", "{"] {
            assert_eq!(as_answer(said), said);
        }
    }
}
