//! Our hook in the settings of an agent program, put beside what is there: every other byte of the file stays as it is.
//!
//! The files are JSON and belong to people, so nothing is written anew: the place for the hook is found, and its text
//! put there. A file that is no plain JSON, or has something else where hooks belong, is left alone.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::hook::Caller;

/// Why a hook cannot be put into a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Comments, or a mistake.
    #[error("it is no plain JSON: {0}")]
    NotJson(String),
    /// Something else stands where hooks belong.
    #[error("`{key}` in it is no {wanted}")]
    NotA {
        /// The key, from the top.
        key: String,
        /// What it would have to be.
        wanted: &'static str,
    },
}

impl Caller {
    /// The file of its settings for one project, from the project's top.
    pub const fn settings_file(self) -> &'static str {
        match self {
            Self::Claude => ".claude/settings.json",
            Self::Codex => ".codex/hooks.json",
            Self::Gemini => ".gemini/settings.json",
            Self::Cursor => ".cursor/hooks.json",
        }
    }

    /// The command that the hook runs.
    pub fn hook_command(self) -> String {
        format!("git-harness hook {}", self.name())
    }

    /// The hook as it stands in the list of those that are called before a tool is used.
    pub fn hook_entry(self) -> Value {
        self.entry_of(&self.hook_command())
    }

    fn entry_of(self, command: &str) -> Value {
        match self {
            Self::Claude => json!({
                "matcher": "Edit|MultiEdit|Write|NotebookEdit",
                "hooks": [{"type": "command", "command": command, "timeout": 10}],
            }),
            Self::Codex => json!({
                "matcher": "apply_patch|Bash",
                "hooks": [{"type": "command", "command": command, "timeout": 10}],
            }),
            Self::Gemini => json!({
                "matcher": "write_file|replace",
                "hooks": [{"type": "command", "name": "git-harness", "command": command, "timeout": 10000}],
            }),
            Self::Cursor => json!({"matcher": "Write|Delete", "command": command, "timeout": 10}),
        }
    }

    /// A whole settings file with the hook and nothing else.
    pub fn hook_settings(self) -> Value {
        self.settings_of(&self.hook_command())
    }

    /// The same with another command.
    pub(super) fn settings_of(self, command: &str) -> Value {
        let hooks = json!({self.event(): [self.entry_of(command)]});
        match self {
            Self::Cursor => json!({"version": 1, "hooks": hooks}),
            _ => json!({"hooks": hooks}),
        }
    }
}

/// The text of a settings file with the hook in it; `None` where it is there already.
pub fn with_hook(caller: Caller, text: &str) -> Result<Option<String>, SettingsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Some(pretty(&caller.hook_settings(), "  ", 0, "\n") + "\n"));
    }
    let whole: Value = serde_json::from_str(text).map_err(|error| SettingsError::NotJson(error.to_string()))?;
    if has_command(&whole["hooks"][caller.event()], &caller.hook_command()) {
        return Ok(None);
    }
    let mut text = text.to_owned();
    if caller == Caller::Cursor && whole.get("version").is_none() {
        text = put(&text, &[], "version", &json!(1))?;
    }
    let parts = ["hooks", caller.event()];
    // From the innermost place that is there outwards.
    if let Some(list) = find(&text, &parts)? {
        return add_to_list(&text, list, &parts, &caller.hook_entry()).map(Some);
    }
    let list = json!([caller.hook_entry()]);
    if find(&text, &parts[..1])?.is_some() {
        return put(&text, &parts[..1], caller.event(), &list).map(Some);
    }
    put(&text, &[], "hooks", &json!({caller.event(): list})).map(Some)
}

fn has_command(value: &Value, command: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|one| has_command(one, command)),
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            // It may be called by a path.
            Value::String(text) => key == "command" && text.ends_with(command),
            other => has_command(other, command),
        }),
        _ => false,
    }
}

/// From where to where a value stands, its brackets included.
type Place = (usize, usize);

/// The place of the value under a chain of keys.
fn find(text: &str, keys: &[&str]) -> Result<Option<Place>, SettingsError> {
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    let mut place = (start, start + trimmed.len());
    for (depth, key) in keys.iter().enumerate() {
        let fields = fields(&text[place.0..place.1]).ok_or_else(|| not_an_object(&keys[..depth]))?;
        let Some(value) = fields.get(*key) else {
            return Ok(None);
        };
        // A raw value is a part of the text that it was read from.
        let at = value.get().as_ptr() as usize - text.as_ptr() as usize;
        place = (at, at + value.get().len());
    }
    Ok(Some(place))
}

fn fields(text: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(text).ok()
}

fn not_an_object(keys: &[&str]) -> SettingsError {
    SettingsError::NotA {
        key: if keys.is_empty() {
            "the whole".to_owned()
        } else {
            keys.join(".")
        },
        wanted: "object",
    }
}

/// Adds a field at the end of the object under a chain of keys.
fn put(text: &str, keys: &[&str], key: &str, value: &Value) -> Result<String, SettingsError> {
    let place = find(text, keys)?.filter(|place| text[place.0..place.1].starts_with('{'));
    let place = place.ok_or_else(|| not_an_object(keys))?;
    let style = Style::of(text);
    let value = style.write(value, keys.len() + 1);
    Ok(style.append(text, place, keys.len(), &format!("{}: {value}", Value::from(key))))
}

/// Adds an entry at the end of a list.
fn add_to_list(text: &str, place: Place, keys: &[&str], entry: &Value) -> Result<String, SettingsError> {
    if !text[place.0..place.1].starts_with('[') {
        return Err(SettingsError::NotA {
            key: keys.join("."),
            wanted: "list",
        });
    }
    let style = Style::of(text);
    Ok(style.append(text, place, keys.len(), &style.write(entry, keys.len() + 1)))
}

/// How a file is laid out.
struct Style<'a> {
    /// What one level is set in by; empty where everything is on one line.
    unit: &'a str,
    newline: &'static str,
}

impl<'a> Style<'a> {
    fn of(text: &'a str) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let set_in = text.lines().skip(1).find_map(|line| {
            let blank = line.len() - line.trim_start().len();
            (blank > 0 && blank < line.len()).then(|| &line[..blank])
        });
        let unit = match set_in {
            Some(unit) => unit,
            None if text.trim().contains('\n') => "",
            // `{}` says nothing of how a longer one would look.
            None if text.trim().len() <= 2 => "  ",
            None => "",
        };
        Self { unit, newline }
    }

    fn write(&self, value: &Value, depth: usize) -> String {
        match self.unit {
            "" => value.to_string(),
            unit => pretty(value, unit, depth, self.newline),
        }
    }

    /// Puts an element before the closing bracket of a container that lies `depth` levels deep.
    fn append(&self, text: &str, (from, to): Place, depth: usize, element: &str) -> String {
        let inner = text[from + 1..to - 1].trim_end();
        let (before, after) = (&text[..from + 1 + inner.len()], &text[to - 1..]);
        let comma = if inner.trim().is_empty() { "" } else { "," };
        if self.unit.is_empty() {
            return format!("{before}{comma}{element}{after}");
        }
        let (newline, unit) = (self.newline, self.unit);
        let (inside, outside) = (unit.repeat(depth + 1), unit.repeat(depth));
        format!("{before}{comma}{newline}{inside}{element}{newline}{outside}{after}")
    }
}

/// A value on several lines; the first is not set in.
fn pretty(value: &Value, unit: &str, depth: usize, newline: &str) -> String {
    let text = format!("{value:#}");
    let mut whole = String::new();
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        if number > 0 {
            whole.push_str(newline);
            whole.push_str(&unit.repeat(depth + (line.len() - bare.len()) / 2));
        }
        whole.push_str(bare);
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_file_holds_what_the_program_reads() {
        for caller in Caller::ALL {
            let text = with_hook(caller, "").unwrap().unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value, caller.hook_settings());
            assert_eq!(with_hook(caller, &text), Ok(None), "{}", caller.name());
        }
    }

    #[test]
    fn what_is_there_stays_to_the_byte() {
        let before = "{\n    \"model\":   \"opus\",\n    \"hooks\": {\n        \"Stop\": [],\n        \"PreToolUse\": [\n            {\"matcher\": \"Bash\", \"hooks\": []}\n        ]\n    },\n    \"z\": 1.50\n}\n";
        let after = with_hook(Caller::Claude, before).unwrap().unwrap();
        insta::assert_snapshot!(after, @r#"
        {
            "model":   "opus",
            "hooks": {
                "Stop": [],
                "PreToolUse": [
                    {"matcher": "Bash", "hooks": []},
                    {
                        "hooks": [
                            {
                                "command": "git-harness hook claude",
                                "timeout": 10,
                                "type": "command"
                            }
                        ],
                        "matcher": "Edit|MultiEdit|Write|NotebookEdit"
                    }
                ]
            },
            "z": 1.50
        }
        "#);
    }

    #[test]
    fn every_layout_is_kept() {
        for (before, wanted) in [
            ("{}", "{\n  \"hooks\": {\n    \"PreToolUse\": ["),
            ("{\"a\":1}", "{\"a\":1,\"hooks\": {\"PreToolUse\":["),
            (
                "{\n\t\"a\": 1\n}\n",
                "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"PreToolUse\": [\n\t\t\t{",
            ),
            ("{\r\n  \"a\": 1\r\n}\r\n", "\"a\": 1,\r\n  \"hooks\": {\r\n"),
            (
                "{\n  \"hooks\": {}\n}\n",
                "\"hooks\": {\n    \"PreToolUse\": [\n      {",
            ),
            (
                "{\n  \"hooks\": {\n    \"Stop\": []\n  }\n}\n",
                "\"Stop\": [],\n    \"PreToolUse\": [\n      {",
            ),
        ] {
            let after = with_hook(Caller::Codex, before).unwrap().unwrap();
            assert!(after.contains(wanted), "{before:?} became {after:?}");
        }
        let cursor = with_hook(Caller::Cursor, "{\n  \"hooks\": {}\n}").unwrap().unwrap();
        assert!(cursor.contains("\"version\": 1"), "{cursor}");
    }

    #[test]
    fn a_hook_that_is_there_by_another_path_is_not_added_twice() {
        let text = "{\"hooks\":{\"PreToolUse\":[{\"hooks\":[{\"command\":\"/opt/bin/git-harness hook claude\"}]}]}}";
        assert_eq!(with_hook(Caller::Claude, text), Ok(None));
        // Another program's hook is none of ours.
        assert!(with_hook(Caller::Codex, text).unwrap().is_some());
    }

    #[test]
    fn what_is_no_plain_json_is_left_alone() {
        for (text, wanted) in [
            ("// mine\n{}", "no plain JSON"),
            ("{\"a\": 1,}", "no plain JSON"),
            ("[]", "`the whole` in it is no object"),
            ("{\"hooks\": 7}", "`hooks` in it is no object"),
            (
                "{\"hooks\": {\"PreToolUse\": {}}}",
                "`hooks.PreToolUse` in it is no list",
            ),
        ] {
            let error = with_hook(Caller::Claude, text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("hooks|PreToolUse|\\PC{0,4}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_twice_is_once(before in anything(), wide in any::<bool>(), cut in any::<prop::sample::Index>()) {
            let text = if wide { format!("{before:#}\n") } else { before.to_string() };
            for caller in Caller::ALL {
                if let Ok(Some(after)) = with_hook(caller, &text) {
                    prop_assert_eq!(with_hook(caller, &after), Ok(None));
                    let mut value: Value = serde_json::from_str(&after).unwrap();
                    // Without what was added it is what it was.
                    let hooks = &mut value["hooks"];
                    let list = hooks[caller.event()].as_array_mut().unwrap();
                    prop_assert_eq!(list.pop(), Some(caller.hook_entry()));
                    if list.is_empty() && before["hooks"].get(caller.event()).is_none() {
                        hooks.as_object_mut().unwrap().remove(caller.event());
                    }
                    let fields = value.as_object_mut().unwrap();
                    if before.get("hooks").is_none() {
                        fields.remove("hooks");
                    }
                    if before.get("version").is_none() {
                        fields.remove("version");
                    }
                    prop_assert_eq!(&value, &before);
                }
                let end = cut.index(text.len() + 1);
                let _ = with_hook(caller, text.get(..end).unwrap_or(""));
            }
        }
    }
}
