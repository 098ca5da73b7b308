//! Every section and key of the configuration: which there are, and what each sets. docs/configuration.md lists them,
//! and a test holds the two together.

use crate::domain::check::Check;
use crate::domain::gate::{AiPermission, Lane, SelfApproval};
use crate::domain::plan::card::PlanFirst;
use crate::domain::plan::format::fields::read_check;
use crate::domain::plan::format::node::{Entry, Value};

use super::budget::BUDGET;
use super::model::{CommitHooks, Guard, PlanApproval, Unrecorded};
use super::reader::Reader;

/// The version of the configuration's format.
const FORMAT: i64 = 1;

/// What the tracked file may say.
pub(super) const SECTIONS: [&str; 20] = [
    "format",
    "default_lane",
    "roles",
    "builders",
    "models",
    "lanes",
    "checks",
    "approval",
    "audit",
    "hooks",
    "policy",
    "budget",
    "slot",
    "env",
    "commit",
    "ledger",
    "worktrees",
    "fence",
    "packet",
    "remote",
];

/// What the user's and the clone's files may say.
pub(super) const OVERLAY_SECTIONS: [&str; 6] = ["roles", "builders", "models", "worktrees", "fence", "budget"];

pub(super) const ROLES: [&str; 2] = ["builder", "architect"];
pub(super) const LANE: [&str; 7] = [
    "ai",
    "gates",
    "retries",
    "corrections",
    "parallel",
    "open_protected",
    "plan_first",
];
pub(super) const APPROVAL: [&str; 2] = ["plan", "self"];
pub(super) const SLOT: [&str; 5] = ["setup", "setup_inputs", "keep", "env", "sparse"];
pub(super) const COMMIT: [&str; 3] = ["subject", "sign_off", "hooks"];
pub(super) const PACKET: [&str; 2] = ["window_tokens", "notes_tokens"];

impl Reader<'_, '_> {
    pub(super) fn section(&mut self, entry: &Entry) {
        match entry.key.as_str() {
            "format" => self.format(entry),
            "default_lane" => self.default_lane(entry),
            "roles" => self.each(entry, &ROLES, Self::role),
            "builders" => self.named(entry, Self::builder),
            "models" => self.named(entry, Self::model),
            "lanes" => self.named(entry, Self::lane),
            "checks" => self.checks(entry),
            "approval" => self.each(entry, &APPROVAL, Self::approval),
            "audit" => self.each(entry, &["unrecorded"], Self::audit),
            "hooks" => self.each(entry, &["guard"], Self::hooks),
            "policy" => self.policy_section(entry),
            "budget" => self.each(entry, &BUDGET, Self::budget),
            "slot" => self.each(entry, &SLOT, Self::slot),
            "env" => self.each(entry, &["pass"], Self::env),
            "commit" => self.each(entry, &COMMIT, Self::commit),
            "ledger" => self.each(entry, &["track"], Self::ledger),
            "worktrees" => self.each(entry, &["dir"], Self::worktrees),
            "fence" => self.each(entry, &super::fence::FENCE, Self::fence),
            "remote" => self.remote_section(entry),
            _ => self.each(entry, &PACKET, Self::packet),
        }
    }

    fn format(&mut self, entry: &Entry) {
        match entry.node.value {
            Value::Int(FORMAT) => {}
            Value::Int(later) if later > FORMAT => {
                let message = format!("format {later} needs a newer git-harness");
                self.error(
                    &entry.node.span,
                    "newer-format",
                    message,
                    "install a newer version".to_owned(),
                );
            }
            _ => self.wrong_type(&entry.node, "format = 1"),
        }
    }

    fn default_lane(&mut self, entry: &Entry) {
        let Value::Text(_) = &entry.node.value else {
            return self.wrong_type(&entry.node, "the name of a lane");
        };
        if let Some([lane]) = self.references("default_lane", "lane", &entry.node).as_deref() {
            self.config.default_lane.clone_from(lane);
        }
    }

    fn role(&mut self, entry: &Entry) {
        let (key, one) = match entry.key.as_str() {
            "builder" => ("roles.builder", false),
            _ => ("roles.architect", true),
        };
        self.references.remove(key);
        let Some(names) = self.references(key, "builder", &entry.node) else {
            return;
        };
        match (one, names.as_slice()) {
            (true, [name]) => self.config.roles.architect.clone_from(name),
            (true, _) => self.wrong_type(&entry.node, "one builder's name"),
            (false, []) => self.wrong_type(&entry.node, "a builder's name, or a list of names"),
            (false, _) => self.config.roles.builder = names,
        }
    }

    fn lane(&mut self, entry: &Entry) {
        let [throughput, ..] = Lane::built_in();
        let fresh = Lane {
            name: entry.key.clone(),
            ..throughput
        };
        // What is not said stays as it was: in a built-in lane its own, in a new one that of `throughput`.
        self.config.lanes.entry(entry.key.clone()).or_insert(fresh);
        let name = entry.key.clone();
        self.each(entry, &LANE, |reader, field| {
            let Some(mut lane) = reader.config.lanes.get(&name).cloned() else {
                return;
            };
            reader.lane_key(&mut lane, field);
            reader.config.lanes.insert(name.clone(), lane);
        });
    }

    fn lane_key(&mut self, lane: &mut Lane, field: &Entry) {
        let node = &field.node;
        match field.key.as_str() {
            "ai" => {
                let words = [("build", AiPermission::Build), ("advise", AiPermission::Advise)];
                lane.ai = self.one_of(node, &words).unwrap_or(lane.ai);
            }
            "gates" => {
                if let Some(gates) = self.texts(node) {
                    lane.gates = gates;
                }
            }
            "retries" => lane.retries = self.count(node, 0).unwrap_or(lane.retries),
            "corrections" => lane.corrections = self.count(node, 0).unwrap_or(lane.corrections),
            "plan_first" => {
                lane.plan_first = self.one_of(node, &PlanFirst::WORDS).unwrap_or(lane.plan_first);
            }
            "parallel" => lane.parallel = self.yes_or_no(node).unwrap_or(lane.parallel),
            _ => lane.open_protected = self.yes_or_no(node).unwrap_or(lane.open_protected),
        }
    }

    fn checks(&mut self, section: &Entry) {
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, "tables: [checks.NAME]");
        };
        for entry in entries {
            match (entry.key.as_str(), &entry.node.value) {
                ("always", _) => {
                    if let Some(names) = self.references("checks.always", "check", &entry.node) {
                        self.config.always = names;
                    }
                }
                ("always_in", Value::Table(globs)) => self.always_in(globs),
                ("always_in", _) => self.wrong_type(&entry.node, "{ \"web/**\" = [\"a check\"] }"),
                (name, Value::Table(fields)) => {
                    let (file, text) = (&self.source.file, self.source.text);
                    let (check, wrong) = read_check(file, text, &entry.node, fields, Some(name));
                    self.wrong.extend(wrong);
                    // One with mistakes is there too, so that those who name it are not called wrong as well.
                    let check = check.unwrap_or_else(|| Check::from_command(name));
                    self.config.checks.insert(name.to_owned(), check);
                }
                _ => self.wrong_type(&entry.node, "a table with `run`"),
            }
        }
    }

    fn always_in(&mut self, globs: &[Entry]) {
        for entry in globs {
            if self.glob(&entry.key, &entry.at)
                && let Some(names) = self.references("checks.always_in", "check", &entry.node)
            {
                self.config.always_in.push((entry.key.clone(), names));
            }
        }
    }

    fn approval(&mut self, entry: &Entry) {
        let node = &entry.node;
        if entry.key == "plan" {
            let words = [("none", PlanApproval::None), ("required", PlanApproval::Required)];
            if let Some(plan) = self.one_of(node, &words) {
                self.config.approval.plan = plan;
            }
        } else {
            let words = [("deny", SelfApproval::Deny), ("allow", SelfApproval::Allow)];
            if let Some(own) = self.one_of(node, &words) {
                self.config.approval.self_ = own;
            }
        }
    }

    fn audit(&mut self, entry: &Entry) {
        let words = [("refuse", Unrecorded::Refuse), ("allow", Unrecorded::Allow)];
        self.config.unrecorded = self.one_of(&entry.node, &words).unwrap_or_default();
    }

    fn hooks(&mut self, entry: &Entry) {
        let words = [("normal", Guard::Normal), ("strict", Guard::Strict)];
        self.config.guard = self.one_of(&entry.node, &words).unwrap_or_default();
    }

    fn slot(&mut self, entry: &Entry) {
        let node = &entry.node;
        match entry.key.as_str() {
            "setup" => {
                if let Some(commands) = self.commands(node) {
                    self.config.slot.setup = commands;
                }
            }
            "setup_inputs" => {
                if let Some(files) = self.texts(node) {
                    self.config.slot.setup_inputs = files;
                }
            }
            "keep" => {
                if let Some(folders) = self.folders(node) {
                    self.config.slot.keep = folders;
                }
            }
            "sparse" => self.config.slot.sparse = self.folders(node),
            _ => {
                if let Some(names) = self.variables(node) {
                    self.config.slot.env = names;
                }
            }
        }
    }

    fn env(&mut self, entry: &Entry) {
        if let Some(names) = self.variables(&entry.node) {
            self.config.env = names;
        }
    }

    fn commit(&mut self, entry: &Entry) {
        if entry.key == "hooks" {
            let words = [
                ("attended", CommitHooks::Attended),
                ("all", CommitHooks::All),
                ("none", CommitHooks::None),
            ];
            self.config.commit.hooks = self.one_of(&entry.node, &words).unwrap_or_default();
            return;
        }
        if entry.key == "sign_off" {
            if let Some(yes) = self.yes_or_no(&entry.node) {
                self.config.commit.sign_off = yes;
            }
            return;
        }
        let Some(subject) = self.text(&entry.node) else {
            return;
        };
        if let Some(wrong) = wrong_placeholder(&subject) {
            let message = format!("`{wrong}` stands for nothing in a subject");
            let fix = "what stands for something: {id}, {plan}, {title}".to_owned();
            self.error(&entry.node.span, "unknown-placeholder", message, fix);
        } else if !subject.contains("{title}") && !subject.contains("{id}") {
            let message = "this gives every task's commit the same subject".to_owned();
            self.error(
                &entry.node.span,
                "same-subject",
                message,
                "add {id} or {title}".to_owned(),
            );
        } else {
            self.config.commit.subject = subject;
        }
    }

    fn ledger(&mut self, entry: &Entry) {
        if let Some(yes) = self.yes_or_no(&entry.node) {
            self.config.ledger_track = yes;
        }
    }

    fn worktrees(&mut self, entry: &Entry) {
        if let Some(dir) = self.folder(&entry.node) {
            self.config.worktrees_dir = Some(dir);
            self.config.worktrees_tracked = self.is_tracked();
        }
    }

    fn packet(&mut self, entry: &Entry) {
        let least = u32::from(entry.key == "window_tokens");
        if let Some(tokens) = self.count(&entry.node, least) {
            let tokens = tokens as usize;
            match entry.key.as_str() {
                "window_tokens" => self.config.packet.window_tokens = tokens,
                _ => self.config.packet.notes_tokens = tokens,
            }
        }
    }
}

/// The first `{…}` of a subject that is not one of ours.
fn wrong_placeholder(subject: &str) -> Option<&str> {
    let mut rest = subject;
    while let Some(open) = rest.find('{') {
        let from = &rest[open..];
        let close = from.find('}')?;
        let word = &from[..=close];
        if !["{id}", "{plan}", "{title}"].contains(&word) {
            return Some(word);
        }
        rest = &from[close + 1..];
    }
    None
}
