//! From values with places to a card: one reader for the front matter of cards and for task lists in any notation.
//! It collects every mistake instead of stopping at the first.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::check::{Check, CheckKind};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::TaskId;
use crate::domain::path::RepoPath;
use crate::domain::plan::card::{CardCheck, ContextRef, PlanFirst, Review};
use crate::domain::scope::Allowed;

use super::network;
use super::node::{Entry, Node, Value};

/// A card as it is being read: what is there, and where.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The id.
    pub id: Option<(TaskId, Range<usize>)>,
    /// The title.
    pub title: Option<String>,
    /// The plan's id, unchecked.
    pub plan: Option<(String, Range<usize>)>,
    /// The lane.
    pub lane: Option<String>,
    /// The priority.
    pub priority: i64,
    /// Dependencies and their places; `None` where the card does not say.
    pub depends_on: Option<Vec<(TaskId, Range<usize>)>>,
    /// Allowed files.
    pub files: Vec<String>,
    /// Excerpts.
    pub context: Vec<ContextRef>,
    /// Checks.
    pub verify: Vec<CardCheck>,
    /// Review.
    pub review: Review,
    /// Whether its Builder plans first.
    pub plan_first: Option<PlanFirst>,
    /// Builder.
    pub model: Option<String>,
    /// Retries.
    pub retries: Option<u32>,
    /// Tests that may go.
    pub tests_removed: u32,
    /// Labels.
    pub labels: Vec<String>,
    /// Objective.
    pub objective: String,
    /// Instructions.
    pub instructions: String,
    /// Constraints.
    pub constraints: Vec<String>,
    /// Definition of done.
    pub definition_of_done: Vec<String>,
    /// Stop condition.
    pub stop_condition: String,
    /// Where the card stands as a whole.
    pub span: Range<usize>,
}

/// Keys of a card's front matter, with the names that other tools and the seeds use for them.
const HEAD_KEYS: [(&str, &[&str]); 15] = [
    ("id", &["task_id"]),
    ("title", &["name"]),
    ("plan", &[]),
    ("lane", &[]),
    ("priority", &[]),
    ("depends_on", &["dependencies", "depends"]),
    ("files", &["files_allowed", "allowed_files", "files_to_modify"]),
    ("context", &["relevant_files"]),
    ("verify", &["verification", "verification_commands"]),
    ("model", &["builder"]),
    ("review", &[]),
    ("plan_first", &[]),
    ("retries", &[]),
    ("tests_removed", &[]),
    ("labels", &["tags"]),
];

/// Keys that a list's entry has besides, where a card has sections.
const BODY_KEYS: [(&str, &[&str]); 5] = [
    ("objective", &["description", "goal"]),
    ("instructions", &["steps", "details"]),
    ("constraints", &[]),
    (
        "definition_of_done",
        &["completion_criteria", "acceptance_criteria", "done"],
    ),
    ("stop_condition", &["stop"]),
];

/// Which keys are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// A card's front matter: canonical names only.
    FrontMatter,
    /// An entry of a list: the seeds' and other names, and the body's fields.
    List,
}

/// Reads a table into a draft.
pub struct FieldReader<'a> {
    file: &'a str,
    text: &'a str,
    keys: Keys,
    /// The mistakes so far.
    pub wrong: Vec<Diagnostic>,
}

impl<'a> FieldReader<'a> {
    /// A reader for one file.
    pub fn new(file: &'a str, text: &'a str, keys: Keys) -> Self {
        Self {
            file,
            text,
            keys,
            wrong: Vec::new(),
        }
    }

    fn error(&mut self, span: &Range<usize>, code: &'static str, message: impl Into<String>, fix: impl Into<String>) {
        let found = Diagnostic::error(self.file, self.text, span.clone(), code, message, fix);
        self.wrong.push(found);
    }

    /// Reads one table.
    pub fn read(&mut self, node: &Node) -> Draft {
        let mut draft = Draft {
            span: node.span.clone(),
            ..Draft::default()
        };
        let Value::Table(entries) = &node.value else {
            let message = format!("a task is a table of fields, and this is {}", node.value.kind());
            self.error(
                &node.span,
                "wrong-type",
                message,
                "write the task's fields: id, title, files, …",
            );
            return draft;
        };
        let mut seen: BTreeMap<&'static str, String> = BTreeMap::new();
        for entry in entries {
            let Some(key) = self.canonical(&entry.key) else {
                self.unknown(entry);
                continue;
            };
            if let Some(before) = seen.insert(key, entry.key.clone()) {
                let message = format!("`{}` says again what `{before}` said", entry.key);
                self.error(
                    &entry.at,
                    "duplicate-key",
                    message,
                    format!("keep one of them; the usual name is `{key}`"),
                );
                continue;
            }
            self.field(&mut draft, key, &entry.node);
        }
        draft
    }

    fn canonical(&self, name: &str) -> Option<&'static str> {
        let folded = name.to_lowercase().replace(['-', ' '], "_");
        let in_list = self.keys == Keys::List;
        let body = if in_list { &BODY_KEYS[..] } else { &[] };
        HEAD_KEYS.iter().chain(body).find_map(|(key, others)| {
            let named = if in_list {
                *key == folded || others.contains(&&*folded)
            } else {
                *key == name
            };
            named.then_some(*key)
        })
    }

    fn unknown(&mut self, entry: &Entry) {
        let known: Vec<&str> = match self.keys {
            Keys::FrontMatter => HEAD_KEYS.iter().map(|(key, _)| *key).collect(),
            Keys::List => HEAD_KEYS.iter().chain(&BODY_KEYS).map(|(key, _)| *key).collect(),
        };
        let alias = HEAD_KEYS
            .iter()
            .chain(&BODY_KEYS)
            .find(|(_, others)| others.contains(&entry.key.as_str()))
            .map(|(key, _)| *key);
        let fix = match alias.or_else(|| nearest(&entry.key, &known)) {
            Some(near) => format!("write `{near}`"),
            None => format!("known keys: {}", known.join(", ")),
        };
        self.error(
            &entry.at,
            "unknown-key",
            format!("`{}` is not a key of a card", entry.key),
            fix,
        );
    }

    fn field(&mut self, draft: &mut Draft, key: &str, node: &Node) {
        match key {
            "id" => draft.id = self.id(node),
            "title" => draft.title = self.one_text(node).map(|text| text.trim().to_owned()),
            "plan" => draft.plan = self.one_text(node).map(|text| (text, node.span.clone())),
            "lane" => draft.lane = self.one_text(node),
            "priority" => draft.priority = self.number(node).unwrap_or_default(),
            "depends_on" => {
                let names = self.nodes(node);
                draft.depends_on = Some(names.iter().filter_map(|node| self.id(node)).collect());
            }
            "files" => draft.files = self.files(node),
            "context" => draft.context = self.contexts(node),
            "verify" => draft.verify = self.checks(node),
            "model" => draft.model = self.one_text(node),
            "review" => draft.review = self.review(node),
            "plan_first" => draft.plan_first = self.plan_first(node),
            "retries" => draft.retries = self.at_least_zero(key, node),
            "tests_removed" => draft.tests_removed = self.at_least_zero(key, node).unwrap_or_default(),
            "labels" => draft.labels = self.texts(node),
            "objective" => draft.objective = self.paragraphs(node),
            "instructions" => draft.instructions = self.paragraphs(node),
            "constraints" => draft.constraints = self.texts(node),
            "definition_of_done" => draft.definition_of_done = self.texts(node),
            _ => draft.stop_condition = self.paragraphs(node),
        }
    }

    fn mismatch(&mut self, node: &Node, wanted: &str) {
        let message = format!("{wanted} is wanted here, and this is {}", node.value.kind());
        let fix = match &node.value {
            Value::Bool(_) => "put the word in quotes: yes, no, on and off alone are true and false".to_owned(),
            _ => format!("write {wanted}"),
        };
        self.error(&node.span, "wrong-type", message, fix);
    }

    fn one_text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Int(number) => Some(number.to_string()),
            _ => {
                self.mismatch(node, "text");
                None
            }
        }
    }

    fn number(&mut self, node: &Node) -> Option<i64> {
        match node.value {
            Value::Int(number) => Some(number),
            _ => {
                self.mismatch(node, "a whole number");
                None
            }
        }
    }

    fn at_least_zero(&mut self, key: &str, node: &Node) -> Option<u32> {
        let number = u32::try_from(self.number(node)?).ok();
        if number.is_none() {
            let message = format!("{key} is a number from 0 to {}", u32::MAX);
            self.error(&node.span, "wrong-type", message, "write 0 or more");
        }
        number
    }

    /// The entries of a list; a single value counts as a list of one.
    fn nodes(&mut self, node: &Node) -> Vec<Node> {
        match &node.value {
            Value::List(list) => list.clone(),
            Value::Null => Vec::new(),
            Value::Text(text) if text.trim().is_empty() => Vec::new(),
            _ => vec![node.clone()],
        }
    }

    fn texts(&mut self, node: &Node) -> Vec<String> {
        let nodes = self.nodes(node);
        nodes.iter().filter_map(|node| self.one_text(node)).collect()
    }

    fn paragraphs(&mut self, node: &Node) -> String {
        match &node.value {
            Value::List(_) => {
                let lines: Vec<String> = self.texts(node).iter().map(|line| format!("- {line}")).collect();
                lines.join("\n")
            }
            _ => self.one_text(node).unwrap_or_default().trim().to_owned(),
        }
    }

    fn id(&mut self, node: &Node) -> Option<(TaskId, Range<usize>)> {
        let text = self.one_text(node)?;
        match TaskId::new(text.trim()) {
            Ok(id) => Some((id, node.span.clone())),
            Err(error) => {
                self.error(
                    &node.span,
                    "invalid-id",
                    error.to_string(),
                    "for instance `game-04` or `0x01`",
                );
                None
            }
        }
    }

    fn files(&mut self, node: &Node) -> Vec<String> {
        let nodes = self.nodes(node);
        let mut files = Vec::new();
        for node in &nodes {
            let Some(glob) = self.one_text(node) else {
                continue;
            };
            match Allowed::new(&[&glob]) {
                Ok(_) => files.push(glob),
                Err(errors) => {
                    for error in errors {
                        self.error(&node.span, "bad-glob", error.to_string(), error.fix.clone());
                    }
                }
            }
        }
        files
    }

    fn contexts(&mut self, node: &Node) -> Vec<ContextRef> {
        let nodes = self.nodes(node);
        let mut found = Vec::new();
        for node in &nodes {
            let Some(text) = self.one_text(node) else {
                continue;
            };
            match context_ref(&text) {
                Ok(context) => found.push(context),
                Err(why) => self.error(&node.span, "bad-context", why, "write `path` or `path:first-last`"),
            }
        }
        found
    }

    fn checks(&mut self, node: &Node) -> Vec<CardCheck> {
        let nodes = self.nodes(node);
        nodes.iter().filter_map(|node| self.check(node)).collect()
    }

    fn check(&mut self, node: &Node) -> Option<CardCheck> {
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.error(
                    &node.span,
                    "empty-check",
                    "a check is empty",
                    "write a command, or remove it",
                );
                None
            }
            Value::Text(text) => Some(CardCheck::Text(text.trim().to_owned())),
            Value::Table(entries) => {
                let (check, wrong) = read_check(self.file, self.text, node, entries, None);
                self.wrong.extend(wrong);
                check.map(CardCheck::Inline)
            }
            _ => {
                self.mismatch(node, "a command, or a table with `run`");
                None
            }
        }
    }

    fn plan_first(&mut self, node: &Node) -> Option<PlanFirst> {
        let found = match &node.value {
            Value::Text(text) => PlanFirst::WORDS.into_iter().find(|(word, _)| word == text),
            _ => None,
        };
        if found.is_none() {
            self.error(
                &node.span,
                "wrong-value",
                "plan_first is `none`, `check` or `approve`",
                "write plan_first = \"check\"",
            );
        }
        found.map(|(_, value)| value)
    }

    fn review(&mut self, node: &Node) -> Review {
        match &node.value {
            Value::Text(text) if text == "person" => Review::Person,
            Value::Text(text) if text == "none" => Review::None,
            _ => {
                self.error(
                    &node.span,
                    "wrong-value",
                    "review is `person` or `none`",
                    "write review = \"person\"",
                );
                Review::None
            }
        }
    }
}

/// `path` or `path:first-last`.
pub fn context_ref(text: &str) -> Result<ContextRef, String> {
    let (path, lines) = match text.rsplit_once(':') {
        Some((path, range)) if range.starts_with(|c: char| c.is_ascii_digit()) => {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            match (first.parse::<u32>(), last.parse::<u32>()) {
                (Ok(first), Ok(last)) if 1 <= first && first <= last => (path, Some((first, last))),
                _ => return Err(format!("`{range}` is no range of lines")),
            }
        }
        _ => (text, None),
    };
    Ok(ContextRef {
        path: RepoPath::in_tree(path).map_err(|error| error.to_string())?,
        lines,
    })
}

/// The most alike known name, if one is alike enough to be meant.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| {
            let ratio = similar::TextDiff::from_chars(name, *known).ratio();
            (ratio, *known)
        })
        .filter(|(ratio, _)| *ratio >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

const CHECK_KEYS: [&str; 10] = [
    "name",
    "run",
    "dir",
    "report",
    "kind",
    "timeout",
    "env",
    "network",
    "red_first",
    "flaky_retries",
];

/// Reads a check written as a table; `named` is the name that it has where the table does not say (configuration).
pub fn read_check(
    file: &str,
    text: &str,
    node: &Node,
    entries: &[Entry],
    named: Option<&str>,
) -> (Option<Check>, Vec<Diagnostic>) {
    let mut wrong = Vec::new();
    let mut check = Check::from_command("");
    let mut name = named.map(str::to_owned);
    let mut error = |span: &Range<usize>, code, message: String, fix: String| {
        wrong.push(Diagnostic::error(file, text, span.clone(), code, message, fix));
    };
    for entry in entries {
        let at = &entry.node.span;
        match (entry.key.as_str(), &entry.node.value) {
            ("name", Value::Text(text)) if named.is_none() => name = Some(text.clone()),
            ("run", Value::Text(text)) => check.run = text.trim().to_owned(),
            ("dir", Value::Text(text)) => match RepoPath::new(text.trim_end_matches('/')) {
                Ok(path) => check.dir = path.to_text().into_owned(),
                Err(_) if text == "." => {}
                Err(why) => error(
                    at,
                    "bad-path",
                    why.to_string(),
                    "name a folder of the repository".into(),
                ),
            },
            ("report", Value::Text(text)) => match RepoPath::new(text.as_str()) {
                Ok(path) => check.report = path.to_text().into_owned(),
                Err(why) => error(
                    at,
                    "bad-path",
                    why.to_string(),
                    "name the file that the check writes, from the folder in which it runs".into(),
                ),
            },
            ("kind", Value::Text(text)) => match CheckKind::from_name(text) {
                Some(kind) => check.kind = kind,
                None => {
                    let names: Vec<&str> = CheckKind::ALL.iter().map(|kind| kind.as_str()).collect();
                    let fix = nearest(text, &names).map_or_else(
                        || format!("kinds: {}", names.join(", ")),
                        |near| format!("write `{near}` (kinds: {})", names.join(", ")),
                    );
                    error(at, "unknown-kind", format!("`{text}` is not a kind of check"), fix);
                }
            },
            ("timeout", value) => match seconds(value) {
                Some(seconds) => check.timeout_seconds = seconds,
                None => error(
                    at,
                    "bad-duration",
                    "this is no time".into(),
                    "write seconds, or `90s`, `10m`, `1h`".into(),
                ),
            },
            ("env", Value::Table(variables)) => {
                for variable in variables {
                    match &variable.node.value {
                        Value::Text(text) => {
                            check.env.insert(variable.key.clone(), text.clone());
                        }
                        Value::Int(number) => {
                            check.env.insert(variable.key.clone(), number.to_string());
                        }
                        _ => error(
                            &variable.node.span,
                            "wrong-type",
                            "a variable is text".into(),
                            "write text".into(),
                        ),
                    }
                }
            }
            ("network", _) => match network::read_network(&entry.node) {
                Ok(network) => check.network = network,
                Err(places) => {
                    for (span, why) in places {
                        error(&span, "bad-host", why, network::FIX.into());
                    }
                }
            },
            ("red_first", Value::Bool(yes)) => check.red_first = *yes,
            ("flaky_retries", Value::Int(number)) if (0..=10).contains(number) => {
                check.flaky_retries = u32::try_from(*number).unwrap_or(0);
            }
            ("flaky_retries", _) => error(
                at,
                "wrong-value",
                "flaky_retries is a number from 0 to 10".into(),
                "write 1".into(),
            ),
            (key, value) if CHECK_KEYS.contains(&key) => error(
                at,
                "wrong-type",
                format!("`{key}` cannot be {}", value.kind()),
                "see the documentation of checks".into(),
            ),
            (key, _) => {
                let fix = nearest(key, &CHECK_KEYS).map_or_else(
                    || format!("known keys: {}", CHECK_KEYS.join(", ")),
                    |near| format!("write `{near}`"),
                );
                error(
                    &entry.at,
                    "unknown-key",
                    format!("`{key}` is not a key of a check"),
                    fix,
                );
            }
        }
    }
    if check.run.is_empty() {
        let has_error = entries.iter().any(|entry| entry.key == "run");
        if !has_error {
            error(
                &node.span,
                "no-command",
                "a check without `run`".into(),
                "add run = \"command\"".into(),
            );
        }
        return (None, wrong);
    }
    check.name = name.unwrap_or_else(|| check.run.clone());
    (Some(check), wrong)
}

/// Seconds from a number, or from text such as `90s`, `10m`, `1h`.
pub fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok().filter(|number| *number > 0),
        Value::Text(text) => {
            let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
            let number: u64 = number.trim().parse().ok()?;
            let factor = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => return None,
            };
            number.checked_mul(factor).filter(|seconds| *seconds > 0)
        }
        _ => None,
    }
}
