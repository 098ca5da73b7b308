//! What every section is read with: values of the wanted kind, or an error with the place and the fix. No key and no
//! meaning of a key is known here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::path::RepoPath;
use crate::domain::plan::format::fields::nearest;
use crate::domain::plan::format::node::{Entry, Node, Value};
use crate::domain::scope::{Allowed, doubt, has_wildcard};

use super::load::{Layer, Source};
use super::model::Config;

/// A name that has to point to something once every layer is read.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// What it points to, in words.
    pub(super) what: &'static str,
    /// The name.
    pub(super) name: String,
    /// Which of the layers it stands in.
    pub(super) layer: usize,
    /// Where.
    pub(super) span: Range<usize>,
}

/// References by the key that holds them, so that a later layer's word takes the earlier one's place.
pub(super) type References = BTreeMap<&'static str, Vec<Reference>>;

/// Reads one layer into the configuration.
pub(super) struct Reader<'a, 's> {
    pub(super) source: &'a Source<'s>,
    pub(super) index: usize,
    pub(super) config: &'a mut Config,
    pub(super) references: &'a mut References,
    pub(super) wrong: &'a mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    pub(super) fn is_tracked(&self) -> bool {
        self.source.layer == Layer::Tracked
    }

    /// Reads a table key by key.
    pub(super) fn each(&mut self, section: &Entry, keys: &[&str], take: impl Fn(&mut Self, &Entry)) {
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

    /// Reads a table of tables by name.
    pub(super) fn named(&mut self, section: &Entry, take: impl Fn(&mut Self, &Entry)) {
        let shape = format!("tables: [{}.NAME]", section.key);
        let Value::Table(entries) = &section.node.value else {
            return self.wrong_type(&section.node, &shape);
        };
        for entry in entries {
            match &entry.node.value {
                Value::Table(_) => take(self, entry),
                _ => self.wrong_type(&entry.node, &format!("a table: [{}.{}]", section.key, entry.key)),
            }
        }
    }

    pub(super) fn error(&mut self, span: &Range<usize>, code: &'static str, message: String, fix: String) {
        let (file, text) = (self.source.file.clone(), self.source.text);
        self.wrong
            .push(Diagnostic::error(file, text, span.clone(), code, message, fix));
    }

    pub(super) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let message = match &node.value {
            Value::Text(text) => format!("this cannot be \"{text}\""),
            Value::Int(number) => format!("this cannot be {number}"),
            Value::Bool(yes) => format!("this cannot be {yes}"),
            other => format!("this cannot be {}", other.kind()),
        };
        self.error(&node.span, "wrong-type", message, format!("write {wanted}"));
    }

    pub(super) fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let fix = nearest(&entry.key, known).map_or_else(
            || format!("known keys: {}", known.join(", ")),
            |near| format!("write `{near}`"),
        );
        let message = format!("`{}` is not a key here", entry.key);
        self.error(&entry.at, "unknown-key", message, fix);
    }

    /// Text on one line: none of it may break out of a trailer, a subject or a log line.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) if !text.chars().any(char::is_control) => Some(text.clone()),
            Value::Text(_) => {
                let message = "this holds a line end or another control character".to_owned();
                self.error(&node.span, "not-one-line", message, "write it on one line".to_owned());
                None
            }
            _ => {
                self.wrong_type(node, "text in quotes");
                None
            }
        }
    }

    /// A shell command: it may have several lines.
    pub(super) fn commands(&mut self, node: &Node) -> Option<Vec<String>> {
        let nodes = match &node.value {
            Value::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut found = Vec::with_capacity(nodes.len());
        for node in nodes {
            match &node.value {
                Value::Text(text) if !text.trim().is_empty() => found.push(text.clone()),
                _ => {
                    self.wrong_type(node, "a command in quotes, or a list of them");
                    return None;
                }
            }
        }
        Some(found)
    }

    /// A list of texts, each with its place; one text counts as a list of one.
    pub(super) fn places(&mut self, node: &Node) -> Option<Vec<(String, Range<usize>)>> {
        match &node.value {
            Value::List(list) => {
                let found: Vec<_> = list
                    .iter()
                    .filter_map(|node| Some((self.text(node)?, node.span.clone())))
                    .collect();
                (found.len() == list.len()).then_some(found)
            }
            Value::Text(_) => Some(vec![(self.text(node)?, node.span.clone())]),
            _ => {
                self.wrong_type(node, "a list: [\"…\"]");
                None
            }
        }
    }

    pub(super) fn texts(&mut self, node: &Node) -> Option<Vec<String>> {
        let places = self.places(node)?;
        Some(places.into_iter().map(|(text, _)| text).collect())
    }

    /// Names that the configuration has to know, noted under the key that holds them.
    pub(super) fn references(&mut self, key: &'static str, what: &'static str, node: &Node) -> Option<Vec<String>> {
        let parts = match &node.value {
            Value::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut names = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(name) = self.text(part) else {
                continue;
            };
            names.push(name.clone());
            self.references.entry(key).or_default().push(Reference {
                what,
                name,
                layer: self.index,
                span: part.span.clone(),
            });
        }
        (names.len() == parts.len()).then_some(names)
    }

    /// Names of environment variables.
    pub(super) fn variables(&mut self, node: &Node) -> Option<Vec<String>> {
        let places = self.places(node)?;
        let mut fine = true;
        for (name, span) in &places {
            if name.is_empty() || name.contains('=') {
                fine = false;
                let message = format!("`{name}` is not the name of a variable");
                let fix = "name it alone; its value comes from the environment".to_owned();
                self.error(span, "bad-variable", message, fix);
            }
        }
        fine.then(|| places.into_iter().map(|(name, _)| name).collect())
    }

    /// Folders of the repository, with or without a slash at their end.
    pub(super) fn folders(&mut self, node: &Node) -> Option<Vec<RepoPath>> {
        let places = self.places(node)?;
        let mut folders = Vec::with_capacity(places.len());
        for (text, span) in &places {
            let fix = "name a folder as it stands in the tree, such as `libs/core`".to_owned();
            if has_wildcard(text) {
                self.error(span, "bad-folder", format!("`{text}` is a pattern"), fix);
                continue;
            }
            match RepoPath::new(text.strip_suffix('/').unwrap_or(text)) {
                Ok(folder) => folders.push(folder),
                Err(error) => self.error(span, "bad-folder", error.to_string(), fix),
            }
        }
        (folders.len() == places.len()).then_some(folders)
    }

    /// Globs as cards have them.
    pub(super) fn globs(&mut self, node: &Node) -> Option<Vec<String>> {
        let places = self.places(node)?;
        let mut fine = true;
        for (glob, span) in &places {
            fine &= self.glob(glob, span);
        }
        fine.then(|| places.into_iter().map(|(glob, _)| glob).collect())
    }

    pub(super) fn glob(&mut self, glob: &str, span: &Range<usize>) -> bool {
        let errors = match Allowed::new(&[glob]) {
            Ok(_) => doubt(glob).into_iter().collect(),
            Err(errors) => errors,
        };
        if errors.is_empty() {
            return true;
        }
        for error in errors {
            self.error(span, "bad-glob", error.to_string(), error.fix.clone());
        }
        false
    }

    /// A folder of this machine. A relative one would mean another place wherever a command is started.
    pub(super) fn folder(&mut self, node: &Node) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(node)?);
        if path.is_absolute() {
            return Some(path);
        }
        let message = format!("`{}` depends on where a command is started", path.display());
        self.error(&node.span, "relative-path", message, "write the whole path".to_owned());
        None
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        if let Value::Text(text) = &node.value
            && let Some((_, meaning)) = words.iter().find(|(word, _)| word == text)
        {
            return Some(*meaning);
        }
        let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.wrong_type(node, &quoted.join(" or "));
        None
    }

    pub(super) fn yes_or_no(&mut self, node: &Node) -> Option<bool> {
        match node.value {
            Value::Bool(yes) => Some(yes),
            _ => {
                self.wrong_type(node, "true or false");
                None
            }
        }
    }

    /// A number that is at least `least`.
    pub(super) fn count(&mut self, node: &Node, least: u32) -> Option<u32> {
        if let Value::Int(number) = node.value
            && let Ok(count) = u32::try_from(number)
            && count >= least
        {
            return Some(count);
        }
        self.wrong_type(node, &format!("a whole number from {least} on"));
        None
    }
}
