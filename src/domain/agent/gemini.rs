//! Gemini CLI: `gemini -o stream-json`.

use serde_json::Value;

use crate::domain::usage::Usage;

use super::program::{Agent, Arguments, Ask, Line, NoFlag, Want};
use super::report::{Report, Trouble, count, objects, text};

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Gemini, ask.flags);
    arguments.needs("--output-format", &["stream-json"]);
    // Without a person nothing that asks is allowed.
    let mode = if ask.want == Want::Edits {
        "auto_edit"
    } else {
        "default"
    };
    arguments.needs("--approval-mode", &[mode]);
    arguments.likes("--skip-trust", &[]);
    if let Some(model) = ask.model {
        arguments.needs("--model", &[model]);
    }
    Ok(Line {
        arguments: arguments.done()?,
        reads_packet: true,
        ..Line::default()
    })
}

pub(super) fn report(output: &str) -> Report {
    let mut report = Report::default();
    let mut words = String::new();
    for event in objects(output) {
        match text(&event, "/type") {
            Some("message") if text(&event, "/role") == Some("assistant") => {
                words.push_str(text(&event, "/content").unwrap_or_default());
            }
            // What was said before a tool is no last message.
            Some("tool_use") => words.clear(),
            Some("tool_result") if text(&event, "/error/type") == Some("policy_violation") => {
                report.refused.extend(text(&event, "/error/message").map(str::to_owned));
            }
            Some("error") if text(&event, "/severity") == Some("error") => {
                report.trouble = text(&event, "/message").map(|said| Trouble::of_model(said, None));
            }
            Some("result") => {
                report.usage = usage(&event["stats"]);
                report.trouble = match text(&event, "/status") {
                    Some("error") => Some(trouble(&event)),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    report.text = (!words.is_empty()).then_some(words);
    report
}

fn trouble(event: &Value) -> Trouble {
    let said = text(event, "/error/message").unwrap_or("it ended with an error");
    match text(event, "/error/type") {
        Some("FatalTurnLimitedError" | "MAX_TURNS_EXCEEDED") => Trouble::of_program(said),
        _ => Trouble::of_model(said, None),
    }
}

/// `input_tokens` counts what came from the cache, and `output_tokens` leaves the thoughts out.
fn usage(stats: &Value) -> Usage {
    let total = count(stats, "/total_tokens").filter(|total| *total > 0);
    let all = count(stats, "/input_tokens");
    let read = count(stats, "/cached");
    let said = count(stats, "/output_tokens");
    let known = |one: Option<u64>| total.and(one);
    Usage {
        input: known(all.map(|all| all.saturating_sub(read.unwrap_or_default()))),
        cache_read: known(read),
        cache_write: None,
        output: known(match (total, all) {
            (Some(total), Some(all)) => Some(total.saturating_sub(all).max(said.unwrap_or_default())),
            _ => said,
        }),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::Flags;
    use crate::domain::agent::program::tests::ask;

    #[test]
    fn it_is_asked_with_what_0_61_knows() {
        let flags = Flags::of("-o, --output-format --approval-mode -m, --model --skip-trust");
        insta::assert_snapshot!(line(&ask(&flags, Want::Edits)).unwrap().arguments.join(" "), @"--output-format stream-json --approval-mode auto_edit --skip-trust");
    }

    #[test]
    fn what_it_prints_is_read() {
        // As 0.61.0 printed it; the server counted 20 tokens for two answers of 15 and 5 for thoughts each.
        let edited = r#"{"type":"init","session_id":"7629530d","model":"gemini-2.5-flash"}
{"type":"message","role":"user","content":"Make a.txt say right\n"}
{"type":"message","role":"assistant","content":"Let me see","delta":true}
{"type":"tool_use","tool_name":"write_file","tool_id":"w","parameters":{"file_path":"a.txt","content":"right\n"}}
{"type":"tool_result","tool_id":"w","status":"success"}
{"type":"message","role":"assistant","content":"- Made a.txt ","delta":true}
{"type":"message","role":"assistant","content":"say right\n","delta":true}
{"type":"result","status":"success","stats":{"total_tokens":2040,"input_tokens":2000,"output_tokens":30,"cached":800,"input":1200,"duration_ms":260,"tool_calls":1}}"#;
        let told = report(edited);
        assert_eq!(told.text.as_deref(), Some("- Made a.txt say right\n"));
        assert_eq!(
            told.usage.to_string(),
            "1200 tokens in (800 more from the cache), 40 out, cost unknown"
        );
        let failed = r#"{"type":"result","status":"error","error":{"type":"unknown","message":"[API Error: {\"type\":\"error\",\"error\":{\"message\":\"Incorrect API key provided\",\"type\":\"authentication_error\",\"code\":\"invalid_api_key\"}}]"},"stats":{"total_tokens":0,"input_tokens":0,"output_tokens":0,"cached":0,"input":0}}"#;
        let told = report(failed);
        assert!(told.usage.is_unknown());
        assert!(told.trouble.unwrap().said.contains("authentication_error"));
    }
}
