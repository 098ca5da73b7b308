//! What an agent program tells of its work: its last words, what it used, and what went wrong. For people, records and the
//! decision whose fault it was; what it did is found by the harvest.

use serde_json::Value;

use crate::domain::usage::Usage;

/// What a program's output tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Its last message.
    pub text: Option<String>,
    /// What it used, as far as it says so.
    pub usage: Usage,
    /// What stopped it, if something did.
    pub trouble: Option<Trouble>,
    /// What its own rules kept it from.
    pub refused: Vec<String>,
}

/// What stopped a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its own words.
    pub said: String,
    /// The status that the model's server gave.
    pub status: Option<u16>,
    /// Who is behind it.
    pub cause: Cause,
}

/// Who is behind a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The model, its server, or the way there.
    Model,
    /// The program itself: it ran out of turns, or gave up.
    Program,
}

/// The most characters of a program's words that are kept.
const QUOTED: usize = 500;

impl Trouble {
    /// The model's or its server's.
    pub fn of_model(said: &str, status: Option<u16>) -> Self {
        Self {
            said: said.chars().take(QUOTED).collect(),
            status: status.or_else(|| status_in(said)),
            cause: Cause::Model,
        }
    }

    /// The program's.
    pub fn of_program(said: &str) -> Self {
        Self {
            said: said.chars().take(QUOTED).collect(),
            status: None,
            cause: Cause::Program,
        }
    }
}

/// The status of HTTP in words such as `unexpected status 401 Unauthorized` or `[API Error: 429 …]`: the first number of
/// three digits that stands behind one of the usual words.
fn status_in(said: &str) -> Option<u16> {
    let low = said.to_ascii_lowercase();
    let behind = [
        "status code: ",
        "status code ",
        "status ",
        "api error: ",
        "error code: ",
        "http ",
    ];
    let starts = behind.iter().filter_map(|word| Some(low.find(word)? + word.len()));
    let number = |at: usize| {
        let digits = low[at..].bytes().take_while(u8::is_ascii_digit).count();
        low[at..at + digits]
            .parse()
            .ok()
            .filter(|status| (400..600).contains(status))
    };
    starts.filter_map(number).next()
}

/// The JSON objects of an output that has one on each line. What is none is passed over: warnings stand between them, and
/// a long output lacks its middle.
pub(super) fn objects(output: &str) -> impl DoubleEndedIterator<Item = Value> {
    output
        .lines()
        .filter(|line| line.trim_start().starts_with('{'))
        .filter_map(|line| serde_json::from_str(line).ok())
}

/// A text at a place of a value.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// A count at a place of a value.
pub(super) fn count(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

/// Dollars at a place of a value, as micro-dollars. Programs say 0 where they know no price, so 0 is unknown.
pub(super) fn dollars(value: &Value, pointer: &str) -> Option<u64> {
    micro(value.pointer(pointer)?.as_f64()?)
}

/// Dollars as micro-dollars, rounded up.
pub(super) fn micro(dollars: f64) -> Option<u64> {
    let micro = (dollars * 1_000_000.0).ceil();
    // Beyond this a number is no price of anything.
    (1.0..1e15).contains(&micro).then_some(micro as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::agent::program::Agent;

    #[test]
    fn a_status_is_found_in_what_programs_say() {
        for (said, wanted) in [
            ("unexpected status 401 Unauthorized: no", Some(401)),
            ("[API Error: 429 Too many]", Some(429)),
            ("litellm.APIError: Error code: 500 - boom", Some(500)),
            ("exit status 1", None),
            ("status 4011", None),
            ("", None),
        ] {
            assert_eq!(status_in(said), wanted, "{said}");
        }
    }

    #[test]
    fn dollars_are_rounded_up_and_nothing_is_unknown() {
        assert_eq!(dollars(&json!({"a": 0.012_037_5}), "/a"), Some(12_038));
        assert_eq!(dollars(&json!({"a": 0}), "/a"), None);
        assert_eq!(dollars(&json!({"a": -1}), "/a"), None);
        assert_eq!(dollars(&json!({"a": 1e30}), "/a"), None);
        assert_eq!(dollars(&json!({}), "/a"), None);
    }

    /// Lines that look like what programs print, with anything in them.
    fn lines() -> impl Strategy<Value = String> {
        let types = prop::sample::select(vec![
            "result",
            "assistant",
            "turn.completed",
            "turn.failed",
            "error",
            "step_finish",
            "item.completed",
            "text",
            "message",
            "system",
            "complete",
            "tool_use",
        ]);
        let keys = prop::sample::select(vec![
            "usage",
            "part",
            "tokens",
            "stats",
            "error",
            "message",
            "item",
            "modelUsage",
            "result",
            "cost",
            "data",
            "content",
        ]);
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            Just(Value::Null),
        ];
        let value = leaf.prop_recursive(3, 12, 3, move |inner| {
            let names = prop::sample::select(vec![
                "input_tokens",
                "output_tokens",
                "input",
                "output",
                "cache",
                "read",
                "text",
                "message",
                "type",
                "id",
                "usage",
                "name",
            ]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec((names, inner), 0..4).prop_map(|fields| fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()),
            ]
        });
        let line = (types, keys, value).prop_map(|(kind, key, value)| json!({"type": kind, key: value}).to_string());
        proptest::collection::vec(prop_oneof![line, "\\PC{0,40}".prop_map(|text| text)], 0..8)
            .prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn no_output_makes_a_reader_panic(text in lines(), cut in any::<prop::sample::Index>()) {
            let end = cut.index(text.len() + 1);
            for agent in Agent::ALL {
                let _ = agent.report(&text);
                let _ = agent.report(text.get(..end).unwrap_or_default());
            }
        }

        #[test]
        fn nor_does_any_text(text in "\\PC{0,200}|(Tokens: [0-9.,kM]{0,8} sent, [0-9.,kM]{0,8} received\\.( Cost: \\$[0-9.]{0,9} message)?\n){0,3}") {
            for agent in Agent::ALL {
                let _ = agent.report(&text);
            }
        }
    }
}
