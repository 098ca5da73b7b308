//! `[builders.NAME]`: who can build, and how each is started.

use crate::domain::edit::Format;
use crate::domain::network::Network;
use crate::domain::plan::format::network;
use crate::domain::plan::format::node::{Entry, Node, Value};

use super::agents::AGENT_KEYS;
use super::model::{AnswerMode, BuilderDef, BuilderKind};
use super::models::ModelDef;
use super::reader::Reader;

/// The longest time that a Builder has when nothing else is said, in seconds.
pub(super) const TIMEOUT_SECONDS: u64 = 1800;

/// The keys of a Builder.
pub(super) const KEYS: [&str; 15] = [
    "kind",
    "agent",
    "mode",
    "arguments",
    "max_cost",
    "run",
    "answer",
    "edits",
    "timeout",
    "env",
    "model",
    "network",
    "gateway",
    "quality_threshold",
    "dir",
];

/// The kinds of Builder and the keys that each has besides `kind`.
const KINDS: [(&str, &[&str]); 5] = [
    (
        "command",
        &[
            "run",
            "answer",
            "edits",
            "timeout",
            "env",
            "model",
            "network",
            "gateway",
            "quality_threshold",
        ],
    ),
    ("agent", &AGENT_KEYS),
    ("model", &["model"]),
    ("manual", &[]),
    ("replay", &["dir"]),
];

impl Reader<'_, '_> {
    /// Reads `[builders.NAME]`. One that is there already, from an earlier layer, is replaced as a whole.
    pub(super) fn builder(&mut self, entry: &Entry) {
        let Value::Table(fields) = &entry.node.value else {
            return;
        };
        if entry.key == "manual" {
            let message = "`manual` is whoever sits in the worktree, always".to_owned();
            return self.error(&entry.at, "reserved-name", message, "give it another name".to_owned());
        }
        if entry.key.is_empty() || entry.key.chars().any(char::is_control) {
            let message = "this is no name for a builder".to_owned();
            return self.error(&entry.at, "bad-name", message, "give it a name on one line".to_owned());
        }
        for field in fields.iter().filter(|field| !KEYS.contains(&field.key.as_str())) {
            self.unknown(field, &KEYS);
        }
        let own_keys = self.kind(fields).unwrap_or(("builder of this kind", &KEYS));
        for field in fields {
            let key = field.key.as_str();
            if key != "kind" && KEYS.contains(&key) && !own_keys.1.contains(&key) {
                let message = format!("{} {} builder has no `{key}`", article(own_keys.0), own_keys.0);
                self.error(
                    &field.at,
                    "not-for-kind",
                    message,
                    "remove it, or change `kind`".to_owned(),
                );
            }
        }
        let kind = match own_keys.0 {
            "manual" => Some(BuilderKind::Manual),
            "model" => self.of_model(entry, fields),
            "replay" => self.replay(entry, fields),
            "agent" => self.agent_of(entry, fields),
            _ => self.command(entry, fields),
        };
        let threshold_milli = value(fields, "quality_threshold").and_then(|node| self.threshold(node));
        // Where it has mistakes nothing is loaded; that it is there still spares those who name it a second message.
        let definition = BuilderDef {
            name: entry.key.clone(),
            kind: kind.unwrap_or(BuilderKind::Manual),
            threshold_milli,
            tracked: self.is_tracked(),
        };
        self.config.builders.insert(entry.key.clone(), definition);
    }

    fn kind(&mut self, fields: &[Entry]) -> Option<(&'static str, &'static [&'static str])> {
        let words = KINDS.map(|kind| (kind.0, kind));
        match value(fields, "kind") {
            Some(node) => self.one_of(node, &words),
            None if value(fields, "agent").is_some() => Some(KINDS[1]),
            None => Some(KINDS[0]),
        }
    }

    fn agent_of(&mut self, entry: &Entry, fields: &[Entry]) -> Option<BuilderKind> {
        if let Some(node) = value(fields, "agent") {
            return self.agent(node, fields);
        }
        let message = format!("the builder {} does not say which agent program it is", entry.key);
        self.error(&entry.at, "no-agent", message, "add agent = \"codex\"".to_owned());
        None
    }

    fn replay(&mut self, entry: &Entry, fields: &[Entry]) -> Option<BuilderKind> {
        let Some(node) = value(fields, "dir") else {
            let message = "a replay builder names the folder of its answers".to_owned();
            self.error(&entry.at, "no-dir", message, "add dir = \"/…\"".to_owned());
            return None;
        };
        self.folder(node).map(|dir| BuilderKind::Replay { dir })
    }

    /// A builder that is a model of `[models]`.
    fn of_model(&mut self, entry: &Entry, fields: &[Entry]) -> Option<BuilderKind> {
        let Some(node) = value(fields, "model") else {
            let message = format!("the builder {} names no model", entry.key);
            self.error(
                &entry.at,
                "no-model",
                message,
                "add model = \"NAME\" of [models.NAME]".to_owned(),
            );
            return None;
        };
        self.named_model("builders.model", node).map(BuilderKind::Model)
    }

    /// A name of `[models]`; which model it is is looked up once every layer is read.
    pub(super) fn named_model(&mut self, key: &'static str, node: &Node) -> Option<Box<ModelDef>> {
        let name = self.text(node)?;
        self.references(key, "model", node);
        Some(Box::new(ModelDef {
            name,
            ..ModelDef::default()
        }))
    }

    fn command(&mut self, entry: &Entry, fields: &[Entry]) -> Option<BuilderKind> {
        let run = match value(fields, "run") {
            Some(node) => self.program(node),
            None => {
                let message = format!("the builder {} has no `run`", entry.key);
                let fix = "add run = [\"program\", \"argument\"]".to_owned();
                self.error(&entry.at, "no-command", message, fix);
                None
            }
        };
        let answers = [("files", AnswerMode::Files), ("stdout", AnswerMode::Stdout)];
        let answer = match value(fields, "answer") {
            Some(node) => self.one_of(node, &answers),
            None => Some(AnswerMode::Files),
        };
        let edits = match value(fields, "edits") {
            Some(node) => self.edits(node)?,
            None => None,
        };
        let timeout = match value(fields, "timeout") {
            Some(node) => self.duration(node),
            None => Some(TIMEOUT_SECONDS),
        };
        let env = match value(fields, "env") {
            Some(node) => self.variables(node),
            None => Some(Vec::new()),
        };
        let network = match value(fields, "network") {
            Some(node) => self.network(node),
            None => Some(Network::None),
        };
        let model = match value(fields, "model") {
            Some(node) => Some(self.text(node)?),
            None => None,
        };
        let gateway = match value(fields, "gateway") {
            Some(node) => Some(self.named_model("builders.gateway", node)?),
            None => None,
        };
        Some(BuilderKind::Command {
            run: run?,
            answer: answer?,
            edits,
            timeout_seconds: timeout?,
            env: env?,
            model,
            network: network?,
            gateway,
        })
    }

    /// The format of edits to ask for; `Some(None)` for the one that suits the files.
    pub(super) fn edits(&mut self, node: &Node) -> Option<Option<Format>> {
        let formats = Format::ALL.map(|format| (format.name(), Some(format)));
        let words: Vec<(&str, Option<Format>)> = formats.into_iter().chain([("auto", None)]).collect();
        self.one_of(node, &words)
    }

    /// Whom it may speak to.
    pub(super) fn network(&mut self, node: &Node) -> Option<Network> {
        let places = match network::read_network(node) {
            Ok(network) => return Some(network),
            Err(places) => places,
        };
        for (span, why) in places {
            self.error(&span, "bad-host", why, network::FIX.to_owned());
        }
        None
    }

    /// A program and its arguments; text is split at blanks, and nothing in it is special to any shell.
    pub(super) fn program(&mut self, node: &Node) -> Option<Vec<String>> {
        let words: Vec<String> = match &node.value {
            Value::Text(text) => {
                if text.contains(['"', '\'', '\\', '|', '>', '<', '&', ';', '$', '`']) {
                    let message = "no shell reads this, so quotes and operators in it mean nothing".to_owned();
                    let fix = "write a list: run = [\"program\", \"argument\"], or [\"sh\", \"-c\", \"…\"]".to_owned();
                    self.error(&node.span, "not-a-shell", message, fix);
                    return None;
                }
                text.split_whitespace().map(str::to_owned).collect()
            }
            Value::List(list) => list
                .iter()
                .filter_map(|word| match &word.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => {
                        self.wrong_type(word, "an argument in quotes");
                        None
                    }
                })
                .collect(),
            _ => Vec::new(),
        };
        if words.first().is_none_or(String::is_empty) {
            self.wrong_type(node, "a program and its arguments: [\"program\", \"argument\"]");
            return None;
        }
        Some(words)
    }
}

pub(super) fn value<'a>(fields: &'a [Entry], key: &str) -> Option<&'a Node> {
    fields.iter().find(|field| field.key == key).map(|field| &field.node)
}

fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}
