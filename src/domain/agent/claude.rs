//! Claude Code: `claude -p --output-format stream-json`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::usage::Usage;

use super::hook::Caller;
use super::program::{Agent, Arguments, Ask, Line, NoFlag, Want};
use super::proposal;
use super::report::{Report, Trouble, count, dollars, objects, text};

/// What it may use to look around.
const LOOKING: &str = "Read,Grep,Glob";
/// The same, and to edit.
const EDITING: &str = "Read,Grep,Glob,Edit,Write";

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Claude, ask.flags);
    let mut variables = vec![("DISABLE_AUTOUPDATER", "1".to_owned())];
    arguments.needs("--print", &[]);
    arguments.needs("--output-format", &["stream-json"]);
    arguments.needs("--verbose", &[]);
    let (tools, mode) = match ask.want {
        Want::Edits => (EDITING, "acceptEdits"),
        Want::Proposal | Want::Text => (LOOKING, "dontAsk"),
    };
    arguments.needs("--tools", &[tools]);
    arguments.needs("--permission-mode", &[mode]);
    arguments.likes("--permission-prompts", &["none"]);
    arguments.likes("--restricted", &[]);
    arguments.likes("--strict-mcp-config", &[]);
    arguments.likes("--no-session-persistence", &[]);
    if let Some(model) = ask.model {
        arguments.needs("--model", &[model]);
    }
    let mut files = Vec::new();
    if let Some(hook) = ask.hook {
        let settings = format!("{}/claude.settings.json", ask.tmp);
        arguments.likes("--settings", &[&settings]);
        let command = format!("{hook} {}", Caller::Claude.name());
        files.push((settings, Caller::Claude.settings_of(&command).to_string()));
    }
    if let Some(most) = ask.max_cost {
        let dollars = format!("{}.{:06}", most / 1_000_000, most % 1_000_000);
        arguments.likes("--max-budget-usd", &[&dollars]);
    }
    if ask.want == Want::Proposal {
        arguments.needs("--json-schema", &[&proposal::schema().to_string()]);
    }
    if ask.gateway.is_some() {
        // What is known of the user is not needed then, and there is one model only.
        variables.push(("CLAUDE_CONFIG_DIR", format!("{}/claude", ask.tmp)));
        variables.push(("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()));
        let model = ask.model.unwrap_or_default().to_owned();
        variables.push(("ANTHROPIC_DEFAULT_HAIKU_MODEL", model.clone()));
        variables.push(("ANTHROPIC_SMALL_FAST_MODEL", model));
    }
    Ok(Line {
        arguments: arguments.done()?,
        variables,
        files,
        reads_packet: true,
    })
}

pub(super) fn report(output: &str) -> Report {
    let mut report = Report::default();
    let mut calls: BTreeMap<String, Usage> = BTreeMap::new();
    for event in objects(output) {
        match text(&event, "/type") {
            Some("assistant") => {
                if let Some(id) = text(&event, "/message/id") {
                    calls.insert(id.to_owned(), usage(&event["message"]["usage"]));
                }
                report.trouble = None;
            }
            Some("system") if text(&event, "/subtype") == Some("api_retry") => {
                let status = count(&event, "/error_status").and_then(|status| u16::try_from(status).ok());
                report.trouble = Some(Trouble::of_model(
                    text(&event, "/error").unwrap_or("the model's server failed"),
                    status,
                ));
            }
            Some("result") => return of_result(&event),
            _ => {}
        }
    }
    // It was ended before it told the sum. What a message says of its output is only its beginning.
    report.usage = calls.values().fold(Usage::default(), |sum, call| sum.plus(call));
    report.usage.output = None;
    report
}

/// The last line tells everything. `subtype` is `success` also where the server failed, so it is not looked at for that.
fn of_result(event: &Value) -> Report {
    let said = text(event, "/result").map(str::to_owned);
    let structured = event.get("structured_output").filter(|value| !value.is_null());
    let is_error = event["is_error"].as_bool().unwrap_or_default();
    let subtype = text(event, "/subtype").unwrap_or_default();
    let denied = event["permission_denials"].as_array();
    Report {
        usage: Usage {
            micro_dollars: dollars(event, "/total_cost_usd"),
            ..by_model(event).unwrap_or_else(|| usage(&event["usage"]))
        },
        trouble: is_error.then(|| {
            let words = said.clone().unwrap_or_else(|| words_of(event, subtype));
            let status = count(event, "/api_error_status").and_then(|status| u16::try_from(status).ok());
            match status {
                None if subtype.starts_with("error_max") => Trouble::of_program(&words),
                status => of_model(&words, status),
            }
        }),
        refused: denied
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let file = text(one, "/tool_input/file_path").unwrap_or_default();
                Some(format!("{} {file}", text(one, "/tool_name")?).trim_end().to_owned())
            })
            .collect(),
        text: structured.map(Value::to_string).or(said),
    }
}

fn of_model(words: &str, status: Option<u16>) -> Trouble {
    // Its own words for a window that is too small; the status is that of any bad request.
    let is_too_long = words.starts_with("Prompt is too long");
    Trouble::of_model(words, if is_too_long { Some(413) } else { status })
}

fn words_of(event: &Value, subtype: &str) -> String {
    let errors = event["errors"].as_array().into_iter().flatten();
    let said: Vec<&str> = errors.filter_map(Value::as_str).collect();
    if said.is_empty() {
        return format!("it ended with {subtype}");
    }
    said.join("; ")
}

/// The counts of each model, which hold also what side jobs used.
fn by_model(event: &Value) -> Option<Usage> {
    let models = event["modelUsage"].as_object().filter(|models| !models.is_empty())?;
    let of = |model: &Value| Usage {
        input: count(model, "/inputTokens"),
        cache_read: count(model, "/cacheReadInputTokens"),
        cache_write: count(model, "/cacheCreationInputTokens"),
        output: count(model, "/outputTokens"),
        ..Usage::default()
    };
    Some(
        models
            .values()
            .fold(Usage::default(), |sum, model| sum.plus(&of(model))),
    )
}

fn usage(value: &Value) -> Usage {
    Usage {
        input: count(value, "/input_tokens"),
        cache_read: count(value, "/cache_read_input_tokens"),
        cache_write: count(value, "/cache_creation_input_tokens"),
        output: count(value, "/output_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::Flags;
    use crate::domain::agent::program::tests::ask;
    use crate::domain::agent::report::Cause;

    /// The help of 2.1.197 names these.
    const HELP: &str = "-p, --print --output-format <format> --verbose --tools <tools...> --permission-mode <mode> --strict-mcp-config \
                        --no-session-persistence --model <model> --json-schema <schema>";

    #[test]
    fn newer_flags_are_used_where_they_are_known() {
        let flags = Flags::of(HELP);
        insta::assert_snapshot!(line(&ask(&flags, Want::Edits)).unwrap().arguments.join(" "), @"--print --output-format stream-json --verbose --tools Read,Grep,Glob,Edit,Write --permission-mode acceptEdits --strict-mcp-config --no-session-persistence");
        let newer = Flags::of(&format!("{HELP} --restricted --permission-prompts <host|none>"));
        let arguments = line(&ask(&newer, Want::Text)).unwrap().arguments.join(" ");
        assert!(
            arguments.contains("--permission-prompts none --restricted"),
            "{arguments}"
        );
        assert!(!arguments.contains("Write"), "{arguments}");
    }

    #[test]
    fn what_it_prints_is_read() {
        // As 2.1.197 printed it: a side job is in the counts by model only.
        let edited = r#"{"type":"system","subtype":"init","model":"fake"}
{"type":"assistant","message":{"id":"msg_2","usage":{"input_tokens":600,"cache_read_input_tokens":400,"cache_creation_input_tokens":50,"output_tokens":1}}}
{"type":"result","subtype":"success","is_error":false,"api_error_status":null,"result":"- Made a.txt say right\n","total_cost_usd":0.01605,"usage":{"input_tokens":1800,"cache_creation_input_tokens":150,"cache_read_input_tokens":1200,"output_tokens":60},"modelUsage":{"fake":{"inputTokens":2400,"outputTokens":80,"cacheReadInputTokens":1600,"cacheCreationInputTokens":200,"costUSD":0.01605}},"permission_denials":[{"tool_name":"Write","tool_use_id":"t","tool_input":{"file_path":"/r/b.txt"}}],"terminal_reason":"completed"}"#;
        let told = report(edited);
        assert_eq!(told.text.as_deref(), Some("- Made a.txt say right\n"));
        assert_eq!(told.refused, ["Write /r/b.txt"]);
        assert_eq!(told.trouble, None);
        assert_eq!(told.usage.cache_write, Some(200));
        assert_eq!(
            told.usage.to_string(),
            "2400 tokens in (1600 more from the cache), 80 out, $0.016050"
        );
        let proposed =
            r#"{"type":"result","subtype":"success","is_error":false,"result":"{}","structured_output":{"edits":[]}}"#;
        assert_eq!(report(proposed).text.as_deref(), Some("{\"edits\":[]}"));
    }

    #[test]
    fn a_fault_is_known_by_its_mark_and_not_by_its_name() {
        let told = |fields: &str| report(&format!("{{\"type\":\"result\",{fields}}}")).trouble.unwrap();
        let auth =
            told(r#""subtype":"success","is_error":true,"api_error_status":401,"result":"Failed to authenticate""#);
        assert_eq!((auth.status, auth.cause), (Some(401), Cause::Model));
        let long = told(
            r#""subtype":"success","is_error":true,"api_error_status":400,"result":"Prompt is too long · the request""#,
        );
        assert_eq!(long.status, Some(413));
        let turns = told(r#""subtype":"error_max_turns","is_error":true"#);
        assert_eq!(
            (turns.cause, turns.said.as_str()),
            (Cause::Program, "it ended with error_max_turns")
        );
        // Ended while it waited for the server.
        let retrying = r#"{"type":"assistant","message":{"id":"m","usage":{"input_tokens":5,"output_tokens":1}}}
{"type":"system","subtype":"api_retry","attempt":5,"error_status":429,"error":"rate_limit"}"#;
        let told = report(retrying);
        assert_eq!(told.trouble.unwrap().status, Some(429));
        assert_eq!((told.usage.input, told.usage.output), (Some(5), None));
    }
}
