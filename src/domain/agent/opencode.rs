//! opencode: `opencode run --format json`.

use serde_json::{Map, Value, json};

use crate::domain::usage::Usage;

use super::program::{Agent, Arguments, Ask, Line, NoFlag, Speaks, Want};
use super::report::{Report, Trouble, count, dollars, objects, text};

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Opencode, ask.flags);
    arguments.needs("--format", &["json"]);
    arguments.likes("--pure", &[]);
    // Else it asks the model for one.
    arguments.likes("--title", &["a task card"]);
    let mut settings = json!({
        "share": "disabled",
        "autoupdate": false,
        "permission": {"edit": edits(ask), "bash": "deny", "webfetch": "deny"},
    });
    // It cannot write to the home folder, and nothing that it keeps there is needed but keys and settings.
    let folder = |name: &str| format!("{}/opencode/{name}", ask.tmp);
    let mut variables = vec![("XDG_STATE_HOME", folder("state")), ("XDG_CACHE_HOME", folder("cache"))];
    let model = match ask.gateway {
        None => ask.model.map(str::to_owned),
        Some(gateway) => {
            let model = ask.model.unwrap_or_default();
            let (package, address) = match gateway.speaks {
                Speaks::Anthropic => ("@ai-sdk/anthropic", format!("{}/v1", gateway.address)),
                Speaks::OpenAi | Speaks::Ollama => ("@ai-sdk/openai-compatible", gateway.address.to_owned()),
            };
            settings["provider"] = json!({"harness": {
                "npm": package,
                "options": {"baseURL": address, "apiKey": "held-by-git-harness"},
                "models": {model: {}},
            }});
            // With a server of ours these are not needed either.
            variables.extend([("XDG_DATA_HOME", folder("data")), ("XDG_CONFIG_HOME", folder("config"))]);
            Some(format!("harness/{model}"))
        }
    };
    if let Some(model) = model {
        arguments.needs("--model", &[&model]);
    }
    variables.push(("OPENCODE_CONFIG_CONTENT", settings.to_string()));
    Ok(Line {
        arguments: arguments.done()?,
        variables,
        files: Vec::new(),
        reads_packet: true,
    })
}

/// What it may edit, so that it hears at once what the harvest would refuse. The last rule that matches counts. Its
/// patterns know fewer signs than a card's, so where a card uses those nothing is ruled out.
fn edits(ask: &Ask) -> Value {
    if ask.want != Want::Edits {
        return Value::from("deny");
    }
    if ask.files.is_empty() || ask.files.iter().any(|file| file.contains(['{', '['])) {
        return Value::from("allow");
    }
    let mut rules = Map::from_iter([("*".to_owned(), Value::from("deny"))]);
    // It reads rules in the order of the text, and `*` sorts before every letter.
    rules.extend(
        ask.files
            .iter()
            .map(|file| (file.replace("**", "*"), Value::from("allow"))),
    );
    match rules.keys().next().map(String::as_str) {
        Some("*") => Value::Object(rules),
        _ => Value::from("allow"),
    }
}

pub(super) fn report(output: &str) -> Report {
    let mut report = Report::default();
    for event in objects(output) {
        match text(&event, "/type") {
            Some("text") => report.text = text(&event, "/part/text").map(str::to_owned),
            Some("step_finish") => {
                report.usage = report.usage.plus(&usage(&event["part"]));
                report.trouble = None;
            }
            Some("tool_use") => {
                let error = text(&event, "/part/state/error").unwrap_or_default();
                if error.contains("rule which prevents you") || error.contains("rejected permission") {
                    let tool = text(&event, "/part/tool").unwrap_or("tool");
                    let file = text(&event, "/part/state/input/filePath").unwrap_or_default();
                    report.refused.push(format!("{tool} {file}").trim_end().to_owned());
                }
            }
            Some("error") => report.trouble = Some(trouble(&event["error"])),
            _ => {}
        }
    }
    report
}

fn trouble(error: &Value) -> Trouble {
    let name = text(error, "/name").unwrap_or("an error");
    let said = text(error, "/data/message").unwrap_or(name);
    let status = count(error, "/data/statusCode").and_then(|status| u16::try_from(status).ok());
    match name {
        "ContextOverflowError" => Trouble::of_model(said, Some(413)),
        "ProviderAuthError" => Trouble::of_model(said, Some(401)),
        "MessageOutputLengthError" => Trouble::of_program(said),
        _ => Trouble::of_model(said, status),
    }
}

/// Its output leaves the reasoning out.
fn usage(part: &Value) -> Usage {
    let reasoning = count(part, "/tokens/reasoning").unwrap_or_default();
    Usage {
        input: count(part, "/tokens/input"),
        cache_read: count(part, "/tokens/cache/read"),
        cache_write: count(part, "/tokens/cache/write"),
        output: count(part, "/tokens/output").map(|output| output.saturating_add(reasoning)),
        micro_dollars: dollars(part, "/cost"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::tests::ask;
    use crate::domain::agent::program::{Flags, Gateway};

    /// The help of 1.18.33 names these.
    const HELP: &str = "--pure --format -m, --model --title --auto";

    fn settings(line: &Line) -> Value {
        let (_, text) = line
            .variables
            .iter()
            .find(|(name, _)| *name == "OPENCODE_CONFIG_CONTENT")
            .unwrap();
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn it_is_told_its_card_and_its_server() {
        let flags = Flags::of(HELP);
        let files = ["src/a.rs".to_owned(), "docs/**".to_owned()];
        let mut ask = ask(&flags, Want::Edits);
        ask.files = &files;
        ask.model = Some("fake");
        ask.gateway = Some(Gateway {
            address: "http://127.0.0.1:9/v1",
            speaks: Speaks::OpenAi,
        });
        let line = line(&ask).unwrap();
        insta::assert_snapshot!(line.arguments.join(" "), @"run --format json --pure --title a task card --model harness/fake");
        let rules = settings(&line)["permission"]["edit"].to_string();
        assert_eq!(rules, r#"{"*":"deny","docs/*":"allow","src/a.rs":"allow"}"#);
        assert_eq!(
            settings(&line)["provider"]["harness"]["options"]["baseURL"],
            "http://127.0.0.1:9/v1"
        );
    }

    #[test]
    fn a_card_whose_signs_it_does_not_know_rules_nothing_out() {
        let flags = Flags::of(HELP);
        for (file, wanted) in [("src/{a,b}.rs", "allow"), ("!x", "allow")] {
            let files = [file.to_owned()];
            let mut ask = ask(&flags, Want::Edits);
            ask.files = &files;
            assert_eq!(settings(&line(&ask).unwrap())["permission"]["edit"], wanted);
            ask.want = Want::Text;
            assert_eq!(settings(&line(&ask).unwrap())["permission"]["edit"], "deny");
        }
    }

    #[test]
    fn what_it_prints_is_read() {
        // As 1.18.33 printed it.
        let step = r#"{"type":"step_finish","part":{"reason":"stop","type":"step-finish","tokens":{"total":1020,"input":600,"output":15,"reasoning":5,"cache":{"write":0,"read":400}},"cost":0}}"#;
        let refused = r#"{"type":"tool_use","part":{"type":"tool","tool":"write","state":{"status":"error","input":{"filePath":"/r/b.txt"},"error":"The user has specified a rule which prevents you from using this specific tool call."}}}"#;
        let words = r#"{"type":"text","part":{"type":"text","text":"Summary: done"}}"#;
        let told = report(&[step, refused, words, step].join("\n"));
        assert_eq!(
            told.usage.to_string(),
            "1200 tokens in (800 more from the cache), 40 out, cost unknown"
        );
        assert_eq!((told.text.as_deref(), told.trouble), (Some("Summary: done"), None));
        assert_eq!(told.refused, ["write /r/b.txt"]);
        let auth = r#"{"type":"error","error":{"name":"APIError","data":{"message":"Incorrect API key provided","statusCode":401,"isRetryable":false}}}"#;
        assert_eq!(report(auth).trouble.unwrap().status, Some(401));
        let long = r#"{"type":"error","error":{"name":"ContextOverflowError","data":{"message":"This models maximum context length is 4096 tokens"}}}"#;
        assert_eq!(report(long).trouble.unwrap().status, Some(413));
    }
}
