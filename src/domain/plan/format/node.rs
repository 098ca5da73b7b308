//! One tree of values with their places, whatever the notation: TOML, YAML or JSON. What reads cards knows only this.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::diagnostic::Diagnostic;

use super::places::Places;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text; also any scalar that is none of the others.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order in which it was written.
    Table(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: Range<usize>,
    /// The value.
    pub node: Node,
}

impl Value {
    /// What it is, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Reads the TOML in `part` of a file. Keys that stand twice are named, and the first of them is kept, so that what
/// else is wrong comes out at the same time; where the notation itself is broken there is no table to go on with.
pub fn from_toml(file: &str, whole: &str, part: Range<usize>) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    let offset = part.start;
    let text = &whole[part.clone()];
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut broken = false;
    let wrong: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            let span = shift(error.span().unwrap_or(0..0), offset);
            let twice = error.message() == "duplicate key";
            broken |= !twice;
            let (code, message, fix) = if twice {
                let key = whole.get(span.clone()).unwrap_or_default();
                let message = format!("`{key}` is there twice");
                ("duplicate-key", message, "keep one of them")
            } else {
                const FIX: &str = "write it as TOML: `key = value`, text in quotes, lists in brackets";
                ("syntax", error.message().to_owned(), FIX)
            };
            Diagnostic::error(file, whole, span, code, message, fix)
        })
        .collect();
    if broken {
        return Err(wrong);
    }
    let node = Node {
        span: part,
        value: Value::Table(toml_entries(table.get_ref(), text, offset)),
    };
    Ok((node, wrong))
}

fn shift(span: Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

/// The entries in the order in which they were written.
fn toml_entries(table: &DeTable, text: &str, offset: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            at: shift(key.span(), offset),
            node: toml_value(value.get_ref(), value.span(), text, offset),
        })
        .collect();
    entries.sort_by_key(|entry| entry.at.start);
    entries
}

fn toml_value(value: &DeValue, span: Range<usize>, text: &str, offset: usize) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Text(number.as_str().to_owned()),
        },
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Array(list) => Value::List(
            list.iter()
                .map(|value| toml_value(value.get_ref(), value.span(), text, offset))
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(toml_entries(table, text, offset)),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            Value::Text(text.get(span.clone()).unwrap_or_default().trim().to_owned())
        }
    };
    Node {
        span: shift(span, offset),
        value,
    }
}

/// Reads YAML.
pub fn from_yaml(file: &str, text: &str) -> Result<Node, Diagnostic> {
    read_yaml(file, text, serde_saphyr::from_str(text))
}

fn read_yaml(file: &str, text: &str, parsed: Result<Spanned<Raw>, serde_saphyr::Error>) -> Result<Node, Diagnostic> {
    match parsed {
        Ok(raw) => Ok(place(raw, &Places::new(text))),
        Err(error) => {
            let at = error
                .location()
                .map_or(0, |place| Places::new(text).offset(place.line(), place.column()));
            Err(Diagnostic::error(
                file,
                text,
                at..at,
                "syntax",
                without_place(&first_line(&error.to_string())),
                "mend the YAML here; each key may stand once, and lists are indented alike",
            ))
        }
    }
}

/// Reads JSON.
pub fn from_json(file: &str, text: &str) -> Result<Node, Diagnostic> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let at = Places::new(text).offset(error.line() as u64, error.column() as u64);
        return Err(Diagnostic::error(
            file,
            text,
            at..at,
            "syntax",
            error.to_string(),
            "mend the JSON here",
        ));
    }
    // JSON is YAML, and its reader knows places and keys that stand twice. Its limits are against aliases, which JSON has
    // not: here a text holds no more values than bytes, beside the few events that begin and end it.
    let most = text.len().saturating_add(100);
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: most,
            max_events: most,
            max_total_scalar_bytes: most,
        },
    };
    read_yaml(file, text, serde_saphyr::from_str_with_options(text, options))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// What the YAML reader says without the place, which is shown beside it.
fn without_place(said: &str) -> &str {
    match said.strip_prefix("error: line ") {
        Some(rest) => rest.split_once(": ").map_or(said, |(_, what)| what),
        None => said,
    }
}

/// A value as the YAML reader gives it.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
                Raw::deserialize(deserializer)
            }
            fn visit_bool<E>(self, yes: bool) -> Result<Raw, E> {
                Ok(Raw::Bool(yes))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
                Ok(Raw::Int(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
                Ok(i64::try_from(number).map_or_else(|_| Raw::Text(number.to_string()), Raw::Int))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
                Ok(Raw::Float(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(Raw::List(nodes))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Table(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

fn place(raw: Spanned<Raw>, places: &Places) -> Node {
    let (line, column) = (raw.referenced.line(), raw.referenced.column());
    let span = places.to_line_end(line, column);
    // `1.10` and `007` are what was meant where text is wanted, and not the numbers that they are.
    let as_written = |number: String| match places.word(line, column) {
        word if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => word.to_owned(),
        _ => number,
    };
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(yes) => Value::Bool(yes),
        Raw::Int(number) => match as_written(number.to_string()) {
            word if word == number.to_string() => Value::Int(number),
            word => Value::Text(word),
        },
        Raw::Float(number) => Value::Text(as_written(number.to_string())),
        Raw::Text(text) => Value::Text(text),
        Raw::List(list) => Value::List(list.into_iter().map(|node| place(node, places)).collect()),
        Raw::Table(entries) => Value::Table(
            entries
                .into_iter()
                .map(|(key, node)| {
                    let at = places.offset(key.referenced.line(), key.referenced.column());
                    Entry {
                        at: at..at + key.value.len(),
                        key: key.value,
                        node: place(node, places),
                    }
                })
                .collect(),
        ),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(node: &Node, text: &str) -> String {
        let Value::Table(entries) = &node.value else {
            panic!("no table")
        };
        entries
            .iter()
            .map(|entry| format!("{}={}", &text[entry.at.clone()], entry.node.value.kind()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn three_notations_give_one_tree_with_the_right_places() {
        let toml = "id = \"a\"\nfiles = [\"x\"]\nn = 3\n";
        let yaml = "id: a\nfiles:\n  - x\nn: 3\n";
        let json = "{\n\t\"n\": 3, \"id\": \"a\", \"files\": [\"x\"]\n}\n";
        assert_eq!(
            places(&from_toml("f", toml, 0..toml.len()).unwrap().0, toml),
            "id=text files=a list n=a number"
        );
        assert_eq!(
            places(&from_yaml("f", yaml).unwrap(), yaml),
            "id=text files=a list n=a number"
        );
        let node = from_json("f", json).unwrap();
        let Value::Table(entries) = &node.value else {
            panic!("no table")
        };
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[1].node.value, Value::Text("a".into()));
    }

    #[test]
    fn broken_lines_of_toml_are_all_named() {
        let toml = "a = \nb = 1\nc = [1,\nd = \"x\n";
        let lines: Vec<usize> = from_toml("f", toml, 0..toml.len())
            .unwrap_err()
            .iter()
            .map(|error| error.line)
            .collect();
        assert!(lines.contains(&1) && lines.len() >= 2, "{lines:?}");
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error_with_its_place() {
        let toml = "a = 1\na = 2\n";
        let (node, wrong) = from_toml("f", toml, 0..toml.len()).unwrap();
        assert_eq!((wrong[0].line, wrong[0].column, wrong[0].code), (2, 1, "duplicate-key"));
        assert_eq!(places(&node, toml), "a=a number", "the first one stays");
        for text in ["a: 1\na: 2\n", "{\"a\": 1,\n \"a\": 2}"] {
            let error = from_yaml("f", text).unwrap_err();
            assert_eq!(error.line, 2, "{error}");
        }
    }

    #[test]
    fn a_long_list_of_json_is_read_to_its_end() {
        let text = format!("[{}0]", "0,\n".repeat(250_000));
        let node = from_json("f", &text).unwrap();
        assert!(matches!(node.value, Value::List(nodes) if nodes.len() == 250_001));
        assert_eq!(from_json("f", "{}").unwrap().value, Value::Table(Vec::new()));
    }
}
