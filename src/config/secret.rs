//! Keys and passwords that are written out where everybody can read them. A guess from what they look like; it judges
//! the text, never the world.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;

use crate::domain::plan::format::node::{Entry, Value};

/// How the keys of well-known services begin, and how many characters they have at least.
const HEADS: [(&str, usize); 14] = [
    ("sk-", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("AKIA", 20),
    ("AIza", 30),
    ("hf_", 25),
    ("gsk_", 25),
    ("npm_", 30),
    ("pypi-", 30),
];

/// The places of what looks like a key: by its beginning anywhere in the file, also in a comment, or by the name of
/// the variable that it is given to.
pub(super) fn places(text: &str, entries: &[Entry]) -> Vec<Range<usize>> {
    let mut found = by_beginning(text);
    by_name(entries, &mut found);
    found.sort_by_key(|place| place.start);
    found.dedup_by(|later, first| later.start < first.end);
    found
}

fn by_beginning(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some(at) = text.find("PRIVATE KEY-----") {
        let start = text[..at].rfind("-----BEGIN").unwrap_or(at);
        found.push(start..at + "PRIVATE KEY-----".len());
    }
    let in_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut at = 0;
    for word in text.split_inclusive(|c| !in_key(c)) {
        let word_text = word.trim_end_matches(|c| !in_key(c));
        let is_key = HEADS
            .iter()
            .any(|(head, least)| word_text.len() >= *least && word_text.starts_with(head) && is_random(word_text));
        if is_key {
            found.push(at..at + word_text.len());
        }
        at += word.len();
    }
    found
}

/// Whether a word has letters and digits: `sk-learn-compatible-models` is no key.
fn is_random(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_digit).count() >= 2 && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The values among an environment's that must stay secret: of every variable that is named for one, and of those that
/// are passed on by name and hold what looks drawn by lot.
pub fn secret_values(variables: &BTreeMap<OsString, OsString>, passed: &[&str]) -> Vec<String> {
    let is_secret = |name: &str, value: &str| {
        let drawn = || value.len() >= 16 && is_random(value) && !value.contains(char::is_whitespace);
        // A commit's or a digest's name is drawn by lot as well, and stands in every record.
        let hash = || matches!(value.len(), 40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_named_for_a_secret(name) || passed.contains(&name) && drawn() && !hash()
    };
    variables
        .iter()
        .filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)))
        .filter(|(name, value)| is_secret(name, value))
        .map(|(_, value)| value.to_owned())
        .collect()
}

fn is_named_for_a_secret(name: &str) -> bool {
    const NAMES: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"];
    let name = name.to_uppercase();
    NAMES.iter().any(|end| name.ends_with(end))
}

/// Values of variables that are named for what must stay secret.
fn by_name(entries: &[Entry], found: &mut Vec<Range<usize>>) {
    for entry in entries {
        match &entry.node.value {
            Value::Table(below) => by_name(below, found),
            Value::Text(text)
                if is_named_for_a_secret(&entry.key)
                    && text.len() >= 16
                    && !text.contains(char::is_whitespace)
                    && is_random(text) =>
            {
                found.push(entry.node.span.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::node::from_toml;

    fn found(text: &str) -> Vec<&str> {
        let (node, _) = from_toml("f", text, 0..text.len()).unwrap();
        let Value::Table(entries) = node.value else {
            panic!("no table")
        };
        places(text, &entries).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn keys_are_found_in_values_lists_and_comments() {
        let key = format!("sk-{}", "a1b2".repeat(8));
        let text = format!("a = \"{key}\"\nrun = [\"curl\", \"Bearer {key}\"]\n# {key}\n");
        assert_eq!(found(&text), [key.as_str(), &key, &key]);
        let pem = "a = '''\n-----BEGIN RSA PRIVATE KEY-----\n'''\n";
        assert_eq!(found(pem), ["-----BEGIN RSA PRIVATE KEY-----"]);
    }

    #[test]
    fn a_variable_that_is_named_for_a_secret_may_not_hold_one() {
        assert_eq!(
            found("[env]\nAPI_KEY = \"0123456789abcdef01\"\n"),
            ["\"0123456789abcdef01\""]
        );
    }

    #[test]
    fn names_words_and_test_values_are_no_keys() {
        let text = "env = [\"OPENAI_API_KEY\"]\nmodel = \"sk-learn-compatible-models\"\n[t]\nTOKEN = \"dummy\"\nTEST_PASSWORD = \"correct horse battery staple 1 2\"\n";
        assert_eq!(found(text), Vec::<&str>::new());
    }
}
