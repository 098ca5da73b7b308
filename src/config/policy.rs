//! `[policy]`: rules for every card, and what follows each class of failure.

use crate::domain::plan::format::node::Entry;
use crate::domain::route::Course;
use crate::domain::scope::Protected;
use crate::domain::scope::bounds::AllowedSecret;

use super::reader::Reader;

pub(super) const POLICY: [&str; 6] = [
    "incidental",
    "protected",
    "max_file_bytes",
    "max_files",
    "allowed_secrets",
    "route",
];
/// The classes of failure that a project may send elsewhere: [`crate::domain::failure::Failure::class`].
pub(super) const CLASSES: [&str; 19] = [
    "scope",
    "checks",
    "weak_checks",
    "fewer_tests",
    "builder_exit",
    "builder_timeout",
    "no_change",
    "answer",
    "unclear",
    "missing",
    "architecture",
    "stuck",
    "hallucination",
    "proposal",
    "off_plan",
    "packet_too_large",
    "merge_conflict",
    "already_there",
    "rejected",
];

impl Reader<'_, '_> {
    pub(super) fn policy_section(&mut self, entry: &Entry) {
        self.each(entry, &POLICY, Self::policy);
    }

    fn policy(&mut self, entry: &Entry) {
        let node = &entry.node;
        match entry.key.as_str() {
            "incidental" => {
                if let Some(globs) = self.globs(node) {
                    self.config.policy.incidental = globs;
                }
            }
            "protected" => self.protected(entry),
            "allowed_secrets" => self.allowed_secrets(entry),
            "max_file_bytes" => {
                if let Some(most) = self.count(node, 1) {
                    self.config.policy.max_file_bytes = u64::from(most);
                }
            }
            "max_files" => {
                if let Some(most) = self.count(node, 1) {
                    self.config.policy.max_files = most as usize;
                }
            }
            _ => self.each(entry, &CLASSES, Self::route),
        }
    }

    fn allowed_secrets(&mut self, entry: &Entry) {
        let Some(places) = self.places(&entry.node) else {
            return;
        };
        let mut allowed = Vec::with_capacity(places.len());
        for (text, span) in places {
            match AllowedSecret::read(&text) {
                Some(one) => allowed.push(one),
                None => self.error(
                    &span,
                    "bad-secret",
                    format!("`{text}` is not a digest and the path of a file"),
                    "write \"DIGEST PATH\", with the whole digest that `git hash-object PATH` tells".to_owned(),
                ),
            }
        }
        self.config.policy.allowed_secrets = allowed;
    }

    fn protected(&mut self, entry: &Entry) {
        let Some(places) = self.places(&entry.node) else {
            return;
        };
        let mut patterns = Vec::with_capacity(places.len());
        for (pattern, span) in places {
            match Protected::new(&[&pattern]) {
                Ok(_) if !pattern.trim().is_empty() => patterns.push(pattern),
                Ok(_) => self.error(
                    &span,
                    "bad-glob",
                    "an empty pattern protects nothing".to_owned(),
                    "remove it".to_owned(),
                ),
                Err(errors) => {
                    for error in errors {
                        self.error(&span, "bad-glob", error.to_string(), error.fix.clone());
                    }
                }
            }
        }
        self.config.policy.protected = patterns;
    }

    fn route(&mut self, entry: &Entry) {
        let words = [
            ("retry", Course::Retry),
            ("escalate", Course::Escalate),
            ("block", Course::Block),
        ];
        if let Some(course) = self.one_of(&entry.node, &words) {
            self.config.policy.route.insert(entry.key.clone(), course);
        }
    }
}
