//! goose: `goose run --output-format json`. Read from its documentation; it was not run.

use serde_json::Value;

use crate::domain::usage::Usage;

use super::program::{Agent, Arguments, Ask, Line, NoFlag, Speaks, Want};
use super::report::{Report, Trouble, count, objects, text};

/// The most turns, where it would go on for a thousand.
const TURNS: &str = "50";

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Goose, ask.flags);
    let mut variables = Vec::new();
    arguments.needs("--no-session", &[]);
    arguments.likes("--quiet", &[]);
    arguments.needs("--output-format", &["json"]);
    arguments.likes("--max-turns", &[TURNS]);
    if ask.want == Want::Edits {
        arguments.needs("--with-builtin", &["developer"]);
    }
    let mode = if ask.want == Want::Edits { "auto" } else { "chat" };
    variables.push(("GOOSE_MODE", mode.to_owned()));
    if let Some(model) = ask.model {
        variables.push(("GOOSE_MODEL", model.to_owned()));
    }
    if let Some(gateway) = ask.gateway {
        // It wants the address without the path of the interface.
        let host = gateway.address.trim_end_matches("/v1").to_owned();
        match gateway.speaks {
            Speaks::Anthropic => {
                variables.push(("GOOSE_PROVIDER", "anthropic".to_owned()));
                variables.push(("ANTHROPIC_HOST", host));
            }
            Speaks::OpenAi | Speaks::Ollama => {
                variables.push(("GOOSE_PROVIDER", "openai".to_owned()));
                variables.push(("OPENAI_HOST", host));
            }
        }
    }
    arguments.needs("--instructions", &[ask.packet]);
    Ok(Line {
        arguments: arguments.done()?,
        variables,
        ..Line::default()
    })
}

pub(super) fn report(output: &str) -> Report {
    let whole: Option<Value> = output
        .find('{')
        .and_then(|at| serde_json::from_str(output[at..].trim()).ok());
    let values: Vec<Value> = match whole {
        Some(value) => vec![value],
        None => objects(output).collect(),
    };
    let mut report = Report::default();
    for value in &values {
        let messages = value["messages"].as_array().into_iter().flatten();
        for message in messages.chain(value.get("message")) {
            if text(message, "/role") == Some("assistant") {
                report.text = words(message).or(report.text);
            }
        }
        if let Some(said) = text(value, "/error").or_else(|| text(value, "/error/message")) {
            report.trouble = Some(Trouble::of_model(said, None));
        }
        for place in [value, &value["metadata"], &value["usage"]] {
            let usage = Usage {
                input: count(place, "/input_tokens"),
                output: count(place, "/output_tokens"),
                ..Usage::default()
            };
            if !usage.is_unknown() {
                report.usage = usage;
            }
        }
    }
    report
}

/// The text of a message; several parts are joined.
fn words(message: &Value) -> Option<String> {
    let parts = message["content"]
        .as_array()?
        .iter()
        .filter_map(|part| text(part, "/text"));
    let joined = parts.collect::<Vec<_>>().join("\n");
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::Flags;
    use crate::domain::agent::program::tests::ask;

    #[test]
    fn it_is_asked_as_its_documentation_says() {
        let flags = Flags::of("--no-session -q, --quiet --output-format --max-turns --with-builtin -i, --instructions");
        insta::assert_snapshot!(line(&ask(&flags, Want::Edits)).unwrap().arguments.join(" "), @"run --no-session --quiet --output-format json --max-turns 50 --with-builtin developer --instructions /tmp/p.md");
    }

    #[test]
    fn what_it_prints_is_read() {
        let told = report(
            "warning\n{\n\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"x\"}]}, \
             {\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": \"done\"}]}], \
             \"metadata\": {\"total_tokens\": 120, \"status\": \"completed\"}}\n",
        );
        assert_eq!(told.text.as_deref(), Some("done"));
        assert!(told.usage.is_unknown(), "a sum alone says nothing of input and output");
    }
}
