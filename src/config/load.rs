//! The layers, one over the other: every key is known, of the right kind, and allowed in its layer, or it is an error,
//! all of them at once.

use std::ops::Range;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::plan::format::fields::nearest;
use crate::domain::plan::format::node::{Value, from_toml};

use super::model::Config;
use super::reader::{Reader, References};
use super::secret;
use super::sections::{OVERLAY_SECTIONS, SECTIONS};

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

/// Reads the layers, the later over the earlier ones.
pub fn load(layers: &[Source]) -> Result<Config, Vec<Diagnostic>> {
    let mut config = Config::default();
    let mut references = References::new();
    let mut wrong = Vec::new();
    let order = |one: &Diagnostic| {
        let layer = layers.iter().position(|source| source.file == one.file);
        (layer, one.line, one.column)
    };
    for (index, source) in layers.iter().enumerate() {
        let mut reader = Reader {
            source,
            index,
            config: &mut config,
            references: &mut references,
            wrong: &mut wrong,
        };
        reader.read();
    }
    config.join_models();
    if wrong.iter().all(|one| one.code != "syntax") {
        let (of_everybody, of_users) = undefined(layers, &config, &references);
        wrong.extend(of_everybody);
        config.undefined = of_users;
        config.undefined.sort_by_key(order);
    }
    if wrong.is_empty() {
        return Ok(config);
    }
    wrong.append(&mut config.undefined);
    wrong.sort_by_key(order);
    wrong.dedup();
    Err(wrong)
}

/// Names that point to nothing: of what governs the project, so that nothing can be said without it, and of what each
/// user may define for themselves, which only those need who hire one.
fn undefined(layers: &[Source], config: &Config, references: &References) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (mut of_everybody, mut of_users) = (Vec::new(), Vec::new());
    for reference in references.values().flatten() {
        let known: Vec<&str> = match reference.what {
            "builder" => config.builders.keys().map(String::as_str).collect(),
            "model" => config.models.keys().map(String::as_str).collect(),
            "lane" => config.lanes.keys().map(String::as_str).collect(),
            _ => config.checks.keys().map(String::as_str).collect(),
        };
        let name = reference.name.as_str();
        if known.contains(&name) {
            continue;
        }
        let what = reference.what;
        let define = format!("define it as [{what}s.{name}]");
        let fix = match nearest(name, &known) {
            Some(near) => format!("write `{near}`, or {define}"),
            None if known.is_empty() => define,
            None => format!("{define}, or use one of: {}", known.join(", ")),
        };
        let source = &layers[reference.layer];
        let found = match what {
            "builder" | "model" => &mut of_users,
            _ => &mut of_everybody,
        };
        found.push(Diagnostic::error(
            source.file.clone(),
            source.text,
            reference.span.clone(),
            "unknown-name",
            format!("there is no {what} `{name}`"),
            fix,
        ));
    }
    (of_everybody, of_users)
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        let (file, text) = (&self.source.file, self.source.text);
        let node = match from_toml(file, text, 0..text.len()) {
            Ok((node, wrong)) => {
                self.wrong.extend(wrong);
                node
            }
            Err(wrong) => return self.wrong.extend(wrong),
        };
        let Value::Table(entries) = &node.value else {
            return;
        };
        if self.is_tracked() {
            for place in secret::places(text, entries) {
                self.secret(&place);
            }
        }
        for entry in entries {
            let key = entry.key.as_str();
            if !SECTIONS.contains(&key) {
                let known = if self.is_tracked() {
                    &SECTIONS[..]
                } else {
                    &OVERLAY_SECTIONS
                };
                self.unknown(entry, known);
            } else if !self.is_tracked() && !OVERLAY_SECTIONS.contains(&key) {
                let message =
                    format!("`{key}` governs the project, so it belongs into the tracked .harness/config.toml");
                let fix = format!("move it there; this file may hold: {}", OVERLAY_SECTIONS.join(", "));
                self.error(&entry.at, "not-here", message, fix);
            } else {
                self.section(entry);
            }
        }
    }

    fn secret(&mut self, place: &Range<usize>) {
        let message = "this looks like a key, in a file that everybody gets".to_owned();
        let fix = "name an environment variable instead, and revoke the key".to_owned();
        self.error(place, "secret", message, fix);
    }
}
