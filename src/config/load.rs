//! Reading configuration: every key is known, of the right kind, and allowed in its layer, or it is an error.

use std::ops::Range;
use std::path::PathBuf;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::gate::{AiPermission, Lane, SelfApproval};
use crate::domain::plan::format::fields::{nearest, read_check, seconds};
use crate::domain::plan::format::node::{Entry, Node, Value, from_toml};
use crate::domain::route::Course;
use crate::domain::scope::Allowed;

use super::model::{AnswerMode, BuilderDef, BuilderKind, Config, FenceRequire, PlanApproval};

/// Where a piece of configuration comes from, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// `.harness/config.toml` of a commit.
    Tracked,
    /// The user's configuration folder.
    User,
    /// The clone's own file beside the journal.
    Clone,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Its name, for messages.
    pub file: String,
    /// Its text.
    pub text: &'a str,
    /// Where it comes from.
    pub layer: Layer,
}

/// The longest time that a Builder has when nothing else is said, in seconds.
const BUILDER_TIMEOUT: u64 = 1800;

/// The version of the configuration's format.
const FORMAT: i64 = 1;

/// Reads the layers, the later over the earlier ones.
pub fn load(layers: &[Source]) -> Result<Config, Vec<Diagnostic>> {
    let mut config = Config::default();
    let mut wrong = Vec::new();
    for source in layers {
        let mut reader = Reader {
            source,
            config: &mut config,
            wrong: &mut wrong,
        };
        reader.read();
    }
    check_names(layers, &config, &mut wrong);
    if wrong.is_empty() { Ok(config) } else { Err(wrong) }
}

/// Names that point to something have to point to something that is there.
fn check_names(layers: &[Source], config: &Config, wrong: &mut Vec<Diagnostic>) {
    let mut missing = |name: &str, what: &str, known: Vec<&String>| {
        let source = layers
            .iter()
            .find(|source| source.text.contains(name))
            .or(layers.first());
        let Some(source) = source else { return };
        let at = source.text.find(name).unwrap_or(0);
        let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
        let fix = nearest(name, &known).map_or_else(
            || format!("define it, or use one of: {}", known.join(", ")),
            |near| format!("write `{near}`"),
        );
        wrong.push(Diagnostic::error(
            source.file.clone(),
            source.text,
            at..at + name.len(),
            "unknown-name",
            format!("there is no {what} `{name}`"),
            fix,
        ));
    };
    for name in config.roles.builder.iter().chain([&config.roles.architect]) {
        if !config.builders.contains_key(name) {
            missing(name, "builder", config.builders.keys().collect());
        }
    }
    let by_path = config.always_in.iter().flat_map(|(_, names)| names);
    for name in config.always.iter().chain(by_path) {
        if !config.checks.contains_key(name) {
            missing(name, "check", config.checks.keys().collect());
        }
    }
}

struct Reader<'a, 's> {
    source: &'a Source<'s>,
    config: &'a mut Config,
    wrong: &'a mut Vec<Diagnostic>,
}

const SECTIONS: [&str; 14] = [
    "format",
    "roles",
    "builders",
    "lanes",
    "checks",
    "approval",
    "policy",
    "slot",
    "env",
    "commit",
    "ledger",
    "worktrees",
    "fence",
    "packet",
];
/// What the user's and the clone's files may say.
const OVERLAY_SECTIONS: [&str; 4] = ["roles", "builders", "worktrees", "fence"];

impl Reader<'_, '_> {
    fn read(&mut self) {
        let node = match from_toml(&self.source.file, self.source.text, 0..self.source.text.len()) {
            Ok(node) => node,
            Err(error) => return self.wrong.push(error),
        };
        let Value::Table(entries) = &node.value else {
            return;
        };
        self.no_secrets(entries);
        for entry in entries {
            let key = entry.key.as_str();
            if !SECTIONS.contains(&key) {
                self.unknown(entry, &SECTIONS);
            } else if self.source.layer != Layer::Tracked && !OVERLAY_SECTIONS.contains(&key) {
                self.error(
                    &entry.at,
                    "not-here",
                    format!("`{key}` governs the project, so it belongs into the tracked .harness/config.toml"),
                    format!("this file may hold: {}", OVERLAY_SECTIONS.join(", ")),
                );
            } else {
                self.section(entry);
            }
        }
    }

    fn section(&mut self, entry: &Entry) {
        match entry.key.as_str() {
            "format" => match entry.node.value {
                Value::Int(FORMAT) => {}
                Value::Int(later) if later > FORMAT => self.error(
                    &entry.node.span,
                    "newer-format",
                    format!("format {later} needs a newer git-harness"),
                    "install a newer version".to_owned(),
                ),
                _ => self.wrong_type(&entry.node, "format = 1"),
            },
            "roles" => self.each(entry, &["builder", "architect"], Self::role),
            "builders" => self.builders(entry),
            "lanes" => self.lanes(entry),
            "checks" => self.checks(entry),
            "approval" => self.each(entry, &["plan", "self"], Self::approval),
            "policy" => self.each(
                entry,
                &["incidental", "protected", "max_file_bytes", "max_files", "route"],
                Self::policy,
            ),
            "slot" => self.each(entry, &["setup", "setup_inputs", "env"], Self::slot),
            "env" => self.each(entry, &["pass"], |reader, entry| {
                reader.config.env = reader.texts(&entry.node);
            }),
            "commit" => self.each(entry, &["subject", "sign_off"], Self::commit),
            "ledger" => self.each(entry, &["track"], |reader, entry| {
                if let Some(yes) = reader.yes_or_no(&entry.node) {
                    reader.config.ledger_track = yes;
                }
            }),
            "worktrees" => self.each(entry, &["dir"], |reader, entry| {
                reader.config.worktrees_dir = reader.text(&entry.node).map(PathBuf::from);
            }),
            "fence" => self.each(entry, &["require"], Self::fence),
            _ => self.each(entry, &["window_tokens"], |reader, entry| {
                if let Some(tokens) = reader.count(&entry.node) {
                    reader.config.packet.window_tokens = tokens;
                }
            }),
        }
    }

    fn each(&mut self, section: &Entry, keys: &[&str], take: impl Fn(&mut Self, &Entry)) {
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, &format!("a table: [{}]", section.key));
        };
        for entry in entries {
            if keys.contains(&entry.key.as_str()) {
                take(self, entry);
            } else {
                self.unknown(entry, keys);
            }
        }
    }

    fn role(&mut self, entry: &Entry) {
        if entry.key == "architect" {
            if let Some(name) = self.text(&entry.node) {
                self.config.roles.architect = name;
            }
            return;
        }
        let names = self.texts(&entry.node);
        if names.is_empty() {
            self.wrong_type(&entry.node, "a builder's name, or a list of names");
        } else {
            self.config.roles.builder = names;
        }
    }

    fn builders(&mut self, section: &Entry) {
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, "tables: [builders.NAME]");
        };
        for entry in entries {
            if let Some(kind) = self.builder(entry) {
                let name = entry.key.clone();
                self.config.builders.insert(name.clone(), BuilderDef { name, kind });
            }
        }
    }

    fn builder(&mut self, entry: &Entry) -> Option<BuilderKind> {
        const KEYS: [&str; 7] = ["kind", "run", "answer", "timeout", "env", "model", "dir"];
        let Value::Table(fields) = &entry.node.value else {
            self.wrong_type(&entry.node, "a table");
            return None;
        };
        let (mut kind, mut run, mut answer, mut timeout) =
            ("command".to_owned(), Vec::new(), AnswerMode::Files, BUILDER_TIMEOUT);
        let (mut env, mut model, mut dir) = (Vec::new(), None, None);
        for field in fields {
            match field.key.as_str() {
                "kind" => kind = self.text(&field.node)?,
                "run" => {
                    run = match &field.node.value {
                        Value::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
                        _ => self.texts(&field.node),
                    }
                }
                "answer" => match self.text(&field.node)?.as_str() {
                    "files" => answer = AnswerMode::Files,
                    "stdout" => answer = AnswerMode::Stdout,
                    _ => self.wrong_type(&field.node, "\"files\" or \"stdout\""),
                },
                "timeout" => match seconds(&field.node.value) {
                    Some(seconds) => timeout = seconds,
                    None => self.wrong_type(&field.node, "seconds, or \"90s\", \"10m\", \"1h\""),
                },
                "env" => env = self.texts(&field.node),
                "model" => model = self.text(&field.node),
                "dir" => dir = self.text(&field.node).map(PathBuf::from),
                _ => self.unknown(field, &KEYS),
            }
        }
        match (kind.as_str(), dir) {
            ("manual", _) => Some(BuilderKind::Manual),
            ("replay", Some(dir)) => Some(BuilderKind::Replay { dir }),
            ("replay", None) => {
                self.error(
                    &entry.at,
                    "no-dir",
                    "a replay builder names its folder".to_owned(),
                    "add dir = \"…\"".to_owned(),
                );
                None
            }
            ("command", _) if run.is_empty() => {
                self.error(
                    &entry.at,
                    "no-command",
                    format!("the builder {} has no `run`", entry.key),
                    "add run = [\"program\", \"argument\"]".to_owned(),
                );
                None
            }
            ("command", _) => Some(BuilderKind::Command {
                run,
                answer,
                timeout_seconds: timeout,
                env,
                model,
            }),
            (other, _) => {
                self.error(
                    &entry.at,
                    "unknown-kind",
                    format!("`{other}` is not a kind of builder"),
                    "kinds: command, manual, replay".to_owned(),
                );
                None
            }
        }
    }

    fn lanes(&mut self, section: &Entry) {
        const KEYS: [&str; 6] = ["ai", "gates", "retries", "corrections", "parallel", "open_protected"];
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, "tables: [lanes.NAME]");
        };
        for entry in entries {
            let [throughput, ..] = Lane::built_in();
            let mut lane = self.config.lanes.get(&entry.key).cloned().unwrap_or(Lane {
                name: entry.key.clone(),
                ..throughput
            });
            self.each(entry, &KEYS, |_, _| {});
            let Value::Table(fields) = &entry.node.value else {
                continue;
            };
            for field in fields {
                match field.key.as_str() {
                    "ai" => match self.text(&field.node).as_deref() {
                        Some("build") => lane.ai = AiPermission::Build,
                        Some("advise") => lane.ai = AiPermission::Advise,
                        _ => self.wrong_type(&field.node, "\"build\" or \"advise\""),
                    },
                    "gates" => lane.gates = self.texts(&field.node),
                    "retries" => {
                        lane.retries = self
                            .count(&field.node)
                            .and_then(|n| n.try_into().ok())
                            .unwrap_or(lane.retries)
                    }
                    "corrections" => {
                        lane.corrections = self
                            .count(&field.node)
                            .and_then(|n| n.try_into().ok())
                            .unwrap_or(lane.corrections);
                    }
                    "parallel" => lane.parallel = self.yes_or_no(&field.node).unwrap_or(lane.parallel),
                    "open_protected" => {
                        lane.open_protected = self.yes_or_no(&field.node).unwrap_or(lane.open_protected)
                    }
                    _ => {}
                }
            }
            self.config.lanes.insert(entry.key.clone(), lane);
        }
    }

    fn checks(&mut self, section: &Entry) {
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, "tables: [checks.NAME]");
        };
        for entry in entries {
            match (entry.key.as_str(), &entry.node.value) {
                ("always", _) => self.config.always = self.texts(&entry.node),
                ("always_in", Value::Table(globs)) => {
                    let found = globs
                        .iter()
                        .map(|glob| (glob.key.clone(), self.texts(&glob.node)))
                        .collect();
                    self.config.always_in = found;
                }
                (name, Value::Table(fields)) => {
                    let (check, wrong) =
                        read_check(&self.source.file, self.source.text, &entry.node, fields, Some(name));
                    self.wrong.extend(wrong);
                    if let Some(check) = check {
                        self.config.checks.insert(name.to_owned(), check);
                    }
                }
                _ => self.wrong_type(&entry.node, "a table with `run`"),
            }
        }
    }

    fn approval(&mut self, entry: &Entry) {
        match (entry.key.as_str(), self.text(&entry.node).as_deref()) {
            ("plan", Some("none")) => self.config.approval.plan = PlanApproval::None,
            ("plan", Some("required")) => self.config.approval.plan = PlanApproval::Required,
            ("plan", _) => self.wrong_type(&entry.node, "\"none\" or \"required\""),
            (_, Some("deny")) => self.config.approval.self_ = SelfApproval::Deny,
            (_, Some("allow")) => self.config.approval.self_ = SelfApproval::Allow,
            _ => self.wrong_type(&entry.node, "\"deny\" or \"allow\""),
        }
    }

    fn policy(&mut self, entry: &Entry) {
        match entry.key.as_str() {
            "incidental" => {
                let globs = self.texts(&entry.node);
                if let Err(errors) = Allowed::new(&globs) {
                    for error in errors {
                        self.error(&entry.node.span, "bad-glob", error.to_string(), error.fix.clone());
                    }
                } else {
                    self.config.policy.incidental = globs;
                }
            }
            "protected" => self.config.policy.protected = self.texts(&entry.node),
            "max_file_bytes" => {
                if let Some(most) = self.count(&entry.node) {
                    self.config.policy.max_file_bytes = most as u64;
                }
            }
            "max_files" => {
                if let Some(most) = self.count(&entry.node) {
                    self.config.policy.max_files = most;
                }
            }
            _ => self.route(entry),
        }
    }

    fn route(&mut self, section: &Entry) {
        const CLASSES: [&str; 12] = [
            "scope",
            "checks",
            "weak_checks",
            "builder_exit",
            "builder_timeout",
            "no_change",
            "answer",
            "unclear",
            "missing",
            "packet_too_large",
            "merge_conflict",
            "rejected",
        ];
        self.each(section, &CLASSES, |reader, entry| {
            let course = match reader.text(&entry.node).as_deref() {
                Some("retry") => Course::Retry,
                Some("escalate") => Course::Escalate,
                Some("block") => Course::Block,
                _ => return reader.wrong_type(&entry.node, "\"retry\", \"escalate\" or \"block\""),
            };
            reader.config.policy.route.insert(entry.key.clone(), course);
        });
    }

    fn slot(&mut self, entry: &Entry) {
        let texts = self.texts(&entry.node);
        match entry.key.as_str() {
            "setup" => self.config.slot.setup = texts,
            "setup_inputs" => self.config.slot.setup_inputs = texts,
            _ => self.config.slot.env = texts,
        }
    }

    fn commit(&mut self, entry: &Entry) {
        if entry.key == "sign_off" {
            if let Some(yes) = self.yes_or_no(&entry.node) {
                self.config.commit.sign_off = yes;
            }
        } else if let Some(subject) = self.text(&entry.node) {
            self.config.commit.subject = subject;
        }
    }

    fn fence(&mut self, entry: &Entry) {
        match self.text(&entry.node).as_deref() {
            Some("none") => self.config.fence_require = FenceRequire::None,
            Some("kernel") => self.config.fence_require = FenceRequire::Kernel,
            Some("overlay") => self.config.fence_require = FenceRequire::Overlay,
            _ => self.wrong_type(&entry.node, "\"overlay\", \"kernel\" or \"none\""),
        }
    }

    /// A key that is written out, and not named, does not belong into a tracked file.
    fn no_secrets(&mut self, entries: &[Entry]) {
        const HEADS: [&str; 9] = [
            "sk-",
            "ghp_",
            "gho_",
            "github_pat_",
            "glpat-",
            "xoxb-",
            "AKIA",
            "AIza",
            "hf_",
        ];
        if self.source.layer != Layer::Tracked {
            return;
        }
        for entry in entries {
            match &entry.node.value {
                Value::Table(below) => self.no_secrets(below),
                Value::Text(text) if text.len() >= 20 && HEADS.iter().any(|head| text.starts_with(head)) => {
                    let at = entry.node.span.clone();
                    self.error(
                        &at,
                        "secret",
                        format!(
                            "`{}` holds what looks like a key, in a file that everybody gets",
                            entry.key
                        ),
                        "name an environment variable instead, and revoke the key".to_owned(),
                    );
                }
                _ => {}
            }
        }
    }

    fn error(&mut self, span: &Range<usize>, code: &'static str, message: String, fix: String) {
        self.wrong.push(Diagnostic::error(
            self.source.file.clone(),
            self.source.text,
            span.clone(),
            code,
            message,
            fix,
        ));
    }

    fn wrong_type(&mut self, node: &Node, wanted: &str) {
        self.error(
            &node.span,
            "wrong-type",
            format!("this cannot be {}", node.value.kind()),
            format!("write {wanted}"),
        );
    }

    fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let fix = nearest(&entry.key, known).map_or_else(
            || format!("known keys: {}", known.join(", ")),
            |near| format!("write `{near}`"),
        );
        self.error(
            &entry.at,
            "unknown-key",
            format!("`{}` is not a key here", entry.key),
            fix,
        );
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.wrong_type(node, "text in quotes");
                None
            }
        }
    }

    fn texts(&mut self, node: &Node) -> Vec<String> {
        match &node.value {
            Value::List(list) => list.iter().filter_map(|node| self.text(node)).collect(),
            _ => self.text(node).into_iter().collect(),
        }
    }

    fn yes_or_no(&mut self, node: &Node) -> Option<bool> {
        match node.value {
            Value::Bool(yes) => Some(yes),
            _ => {
                self.wrong_type(node, "true or false");
                None
            }
        }
    }

    fn count(&mut self, node: &Node) -> Option<usize> {
        match node.value {
            Value::Int(number) => {
                let count = usize::try_from(number).ok();
                if count.is_none() {
                    self.wrong_type(node, "a number that is not negative");
                }
                count
            }
            _ => {
                self.wrong_type(node, "a whole number");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(text: &str) -> Vec<Source<'_>> {
        vec![Source {
            file: ".harness/config.toml".into(),
            text,
            layer: Layer::Tracked,
        }]
    }

    #[test]
    fn without_a_file_a_person_builds() {
        let config = load(&[]).unwrap();
        assert_eq!(config.roles.builder, ["manual"]);
        assert_eq!(config.lanes.len(), 3);
    }

    #[test]
    fn every_key_of_the_reference_is_read() {
        let config = load(&tracked(
            r#"
            format = 1
            [roles]
            builder = ["qwen", "manual"]
            architect = "claude"
            [builders.qwen]
            run = ["ollama", "run", "qwen"]
            answer = "stdout"
            timeout = "10m"
            env = ["OLLAMA_HOST"]
            model = "ollama:qwen"
            [builders.claude]
            kind = "replay"
            dir = "answers"
            [lanes.core]
            retries = 3
            [lanes.docs]
            gates = []
            [checks]
            always = ["unit"]
            always_in = { "web/**" = ["web"] }
            [checks.unit]
            run = "cargo test"
            timeout = 90
            [checks.web]
            run = "npm test"
            dir = "web"
            kind = "browser"
            [approval]
            plan = "required"
            self = "allow"
            [policy]
            incidental = ["Cargo.lock"]
            [policy.route]
            scope = "block"
            [commit]
            subject = "feat({plan}): {title}"
            sign_off = true
            [ledger]
            track = false
            "#,
        ))
        .unwrap();
        assert_eq!(config.lanes["core"].retries, 3);
        assert_eq!(config.lanes["core"].gates, ["review"], "what is not said stays");
        assert_eq!(config.checks["unit"].timeout_seconds, 90);
        assert_eq!(config.checks["web"].dir, "web");
        assert!(!config.ledger_track);
        assert_eq!(config.policy.route["scope"], Course::Block);
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let text = "[role]\nbuilder = \"x\"\n[roles]\nbuilder = \"qwn\"\n[builders.qwen]\nrun = [\"q\"]\ntimeot = 3\n[checks]\nalways = [\"unit\"]\n[packet]\nwindow_tokens = -1\n";
        let wrong = load(&tracked(text)).unwrap_err();
        let lines: Vec<String> = wrong.iter().map(|one| format!("{one} — {}", one.fix)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn an_overlay_may_not_govern_and_a_tracked_file_may_not_hold_a_key() {
        let user = Source {
            file: "config.toml".into(),
            text: "[checks.unit]\nrun = \"true\"\n",
            layer: Layer::User,
        };
        assert_eq!(load(&[user]).unwrap_err()[0].code, "not-here");
        let key = format!("[worktrees]\ndir = \"sk-{}\"\n", "a".repeat(30));
        assert_eq!(load(&tracked(&key)).unwrap_err()[0].code, "secret");
    }
}
