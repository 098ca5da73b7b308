//! The hooks of agent programs: what a program sends before it edits a file.
//!
//! Each sends JSON of its own shape. What cannot be read is an error and becomes a refusal: a program that says something
//! else than it used to is not waved through.

use serde_json::Value;

/// The program that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor, its editor and its command line.
    Cursor,
}

/// How a tool's input names the files that it changes.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// One file, under one of these keys.
    Named(&'static [&'static str]),
    /// The same, and the file goes.
    Deleted(&'static [&'static str]),
    /// A patch in the `*** Begin Patch` format.
    Patch,
    /// A command line, which is looked at only where it is a patch.
    Shell,
}

const CLAUDE_TOOLS: &[(&str, Shape)] = &[
    ("Edit", Shape::Named(&["file_path"])),
    ("MultiEdit", Shape::Named(&["file_path"])),
    ("Write", Shape::Named(&["file_path"])),
    ("NotebookEdit", Shape::Named(&["notebook_path"])),
];

const CODEX_TOOLS: &[(&str, Shape)] = &[
    ("apply_patch", Shape::Patch),
    ("Edit", Shape::Patch),
    ("Write", Shape::Patch),
    ("Bash", Shape::Shell),
];

const GEMINI_TOOLS: &[(&str, Shape)] = &[
    ("write_file", Shape::Named(&["file_path"])),
    ("replace", Shape::Named(&["file_path"])),
    ("edit", Shape::Named(&["file_path"])),
];

const CURSOR_PATH: &[&str] = &["file_path", "path", "target_file", "target_notebook", "notebook_path"];

const CURSOR_TOOLS: &[(&str, Shape)] = &[
    ("Write", Shape::Named(CURSOR_PATH)),
    ("Edit", Shape::Named(CURSOR_PATH)),
    ("StrReplace", Shape::Named(CURSOR_PATH)),
    ("EditNotebook", Shape::Named(CURSOR_PATH)),
    ("Delete", Shape::Deleted(CURSOR_PATH)),
    ("ApplyPatch", Shape::Patch),
];

impl Caller {
    /// Every program that has a hook which can refuse.
    pub const ALL: [Self; 4] = [Self::Claude, Self::Codex, Self::Gemini, Self::Cursor];

    /// Its name on the command line: `git harness hook NAME`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
        }
    }

    /// The program of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|caller| caller.name() == name)
    }

    /// What it calls the moment before a tool is used.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Claude | Self::Codex => "PreToolUse",
            Self::Gemini => "BeforeTool",
            Self::Cursor => "preToolUse",
        }
    }

    const fn tools(self) -> &'static [(&'static str, Shape)] {
        match self {
            Self::Claude => CLAUDE_TOOLS,
            Self::Codex => CODEX_TOOLS,
            Self::Gemini => GEMINI_TOOLS,
            Self::Cursor => CURSOR_TOOLS,
        }
    }
}

/// A file that is about to be changed, named as the program named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The name: absolute, or relative to where the program works.
    pub path: String,
    /// Whether the file goes.
    pub deletes: bool,
}

/// An edit that has not happened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Folders that the program works in; relative names start at the first.
    pub folders: Vec<String>,
    /// What it is about to change.
    pub touches: Vec<Touch>,
}

/// Why a call could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No JSON.
    #[error("what {caller} sent is no JSON: {why}")]
    Json {
        /// The program.
        caller: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A part is not there, or is no text.
    #[error("what {caller} sent has no `{what}`")]
    Missing {
        /// The program.
        caller: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// The tool edits files, and its input names none.
    #[error("{caller} is about to use `{tool}`, and does not say on which file")]
    NoFile {
        /// The program.
        caller: &'static str,
        /// The tool.
        tool: String,
    },
}

/// Reads what a program sent. `None`: it is not about to edit a file.
pub fn read_call(caller: Caller, bytes: &[u8]) -> Result<Option<Call>, CallError> {
    let missing = |what| CallError::Missing {
        caller: caller.name(),
        what,
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let said: Value = serde_json::from_slice(bytes).map_err(|error| CallError::Json {
        caller: caller.name(),
        why: error.to_string(),
    })?;
    let text = |key: &'static str| said.get(key).and_then(Value::as_str);
    let event = text("hook_event_name").ok_or_else(|| missing("hook_event_name"))?;
    if event != caller.event() {
        return Ok(None);
    }
    let tool = text("tool_name").ok_or_else(|| missing("tool_name"))?;
    let Some((_, shape)) = caller.tools().iter().find(|(name, _)| *name == tool) else {
        return Ok(None);
    };
    let input = match said.get("tool_input") {
        // Some versions send the input as JSON in a text.
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::String(text.clone())),
        Some(input) => input.clone(),
        None => return Err(missing("tool_input")),
    };
    let touches = match touches(*shape, &input) {
        Some(touches) => touches,
        None => return Ok(None),
    };
    if touches.is_empty() {
        return Err(CallError::NoFile {
            caller: caller.name(),
            tool: tool.to_owned(),
        });
    }
    let roots = said.get("workspace_roots").and_then(Value::as_array);
    let folders = text("cwd")
        .into_iter()
        .chain(roots.into_iter().flatten().filter_map(Value::as_str))
        .filter(|folder| !folder.is_empty())
        .map(str::to_owned)
        .collect();
    Ok(Some(Call { folders, touches }))
}

/// The files that an input names; `None` where it is no edit at all.
fn touches(shape: Shape, input: &Value) -> Option<Vec<Touch>> {
    let named = |keys: &[&str], deletes| {
        let values = keys.iter().filter_map(|key| input.get(*key)?.as_str());
        values
            .filter(|path| !path.is_empty())
            .map(|path| Touch {
                path: path.to_owned(),
                deletes,
            })
            .collect()
    };
    match shape {
        Shape::Named(keys) => Some(named(keys, false)),
        Shape::Deleted(keys) => Some(named(keys, true)),
        Shape::Patch => Some(texts(input).into_iter().flat_map(in_patch).collect()),
        Shape::Shell => {
            let is_patch = |line: &&str| line.trim_start().starts_with("apply_patch");
            let patches: Vec<&str> = texts(input).into_iter().filter(is_patch).collect();
            (!patches.is_empty()).then(|| patches.into_iter().flat_map(in_patch).collect())
        }
    }
}

/// The texts in which a patch may stand.
fn texts(input: &Value) -> Vec<&str> {
    let known = ["command", "input", "patch"].iter().filter_map(|key| input.get(*key));
    [input]
        .into_iter()
        .chain(known)
        .flat_map(|value| match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// The files that a patch names. The marks may be indented; a line of a file that looks like a mark counts as one, which
/// at worst refuses too much.
fn in_patch(patch: &str) -> Vec<Touch> {
    const MARKS: [(&str, bool); 4] = [
        ("*** Add File:", false),
        ("*** Update File:", false),
        ("*** Delete File:", true),
        ("*** Move to:", false),
    ];
    let mark = |line: &str| {
        let line = line.trim();
        MARKS.iter().find_map(|(mark, deletes)| {
            let path = line.strip_prefix(mark)?.trim();
            (!path.is_empty()).then(|| Touch {
                path: path.to_owned(),
                deletes: *deletes,
            })
        })
    };
    patch.lines().filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn paths(caller: Caller, json: &str) -> Vec<String> {
        let call = read_call(caller, json.as_bytes()).unwrap();
        let touches = call.map(|call| call.touches).unwrap_or_default();
        let sign = |touch: Touch| format!("{}{}", if touch.deletes { "-" } else { "" }, touch.path);
        touches.into_iter().map(sign).collect()
    }

    #[test]
    fn the_files_of_every_edit_are_found_and_of_nothing_else() {
        let pre = |tool: &str, input: &str| {
            format!(
                "{{\"hook_event_name\":\"PreToolUse\",\"cwd\":\"/r\",\"tool_name\":\"{tool}\",\"tool_input\":{input}}}"
            )
        };
        let patch = "{\"command\":\"*** Begin Patch\\n*** Update File: a.rs\\n*** Move to: b.rs\\n@@\\n-x\\n+*** Add File: no\\n  *** Delete File: c.rs\\n*** End Patch\"}";
        for (caller, json, wanted) in [
            (Caller::Claude, pre("Edit", "{\"file_path\":\"/r/a\"}"), vec!["/r/a"]),
            (
                Caller::Claude,
                pre("NotebookEdit", "{\"notebook_path\":\"/r/n\"}"),
                vec!["/r/n"],
            ),
            (Caller::Claude, pre("Read", "{\"file_path\":\"/r/a\"}"), vec![]),
            (Caller::Claude, pre("Bash", "{\"command\":\"rm a\"}"), vec![]),
            (Caller::Codex, pre("apply_patch", patch), vec!["a.rs", "b.rs", "-c.rs"]),
            (Caller::Codex, pre("Bash", "{\"command\":\"cargo test\"}"), vec![]),
            (
                Caller::Codex,
                pre(
                    "Bash",
                    "{\"command\":\"apply_patch <<'E'\\n*** Begin Patch\\n*** Add File: a\\n+x\\nE\"}",
                ),
                vec!["a"],
            ),
        ] {
            assert_eq!(paths(caller, &json), wanted, "{json}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_never_a_yes() {
        for (json, wanted) in [
            ("", "no JSON"),
            ("{", "no JSON"),
            ("[]", "no `hook_event_name`"),
            ("{\"hook_event_name\":7}", "no `hook_event_name`"),
            ("{\"hook_event_name\":\"PreToolUse\"}", "no `tool_name`"),
            (
                "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Edit\"}",
                "no `tool_input`",
            ),
            (
                "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Edit\",\"tool_input\":{\"file\":\"a\"}}",
                "does not say on which file",
            ),
            (
                "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Edit\",\"tool_input\":{\"file_path\":[\"a\"]}}",
                "does not say on which file",
            ),
        ] {
            let error = read_call(Caller::Claude, json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{json}: {error}");
        }
    }

    #[test]
    fn another_moment_than_before_a_tool_is_not_ours() {
        let after = "{\"hook_event_name\":\"PostToolUse\",\"tool_name\":\"Edit\"}";
        assert_eq!(read_call(Caller::Claude, after.as_bytes()), Ok(None));
        assert!(read_call(Caller::Gemini, b"\xef\xbb\xbf{\"hook_event_name\":\"AfterTool\"}").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".*") {
            for caller in Caller::ALL {
                let _ = read_call(caller, &bytes);
                let said = json!({"hook_event_name": caller.event(), "tool_name": "apply_patch", "tool_input": text});
                let _ = read_call(caller, said.to_string().as_bytes());
            }
        }
    }
}
