//! Qwen Code: `qwen -o stream-json`. Its lines have Claude Code's shape, and its counts another meaning.

use serde_json::Value;

use crate::domain::usage::Usage;

use super::program::{Agent, Arguments, Ask, Line, NoFlag, Want};
use super::report::{Report, Trouble, count, objects, text};

/// How it begins a result that is the server's refusal, which it calls a success.
const FAULT: &str = "[API Error: ";

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Qwen, ask.flags);
    let (mut variables, mut files) = (Vec::new(), Vec::new());
    arguments.needs("--output-format", &["stream-json"]);
    // Without a person nothing that asks is allowed.
    let mode = if ask.want == Want::Edits {
        "auto-edit"
    } else {
        "default"
    };
    arguments.needs("--approval-mode", &[mode]);
    if let Some(model) = ask.model {
        arguments.needs("--model", &[model]);
    }
    if ask.gateway.is_some() {
        arguments.needs("--auth-type", &["openai"]);
        variables.push(("OPENAI_MODEL", ask.model.unwrap_or_default().to_owned()));
        // It insists on writing to the home folder, and with a server of ours it needs nothing that is there.
        let home = format!("{}/qwen", ask.tmp);
        files.push((format!("{home}/.qwen/.keep"), String::new()));
        variables.push(("HOME", home));
    }
    Ok(Line {
        arguments: arguments.done()?,
        variables,
        files,
        reads_packet: true,
    })
}

pub(super) fn report(output: &str) -> Report {
    let mut calls = Usage::default();
    for event in objects(output) {
        match text(&event, "/type") {
            Some("assistant") => calls = calls.plus(&usage(&event["message"]["usage"])),
            Some("result") => return of_result(&event),
            _ => {}
        }
    }
    Report {
        usage: calls,
        ..Report::default()
    }
}

fn of_result(event: &Value) -> Report {
    let said = text(event, "/result").or_else(|| text(event, "/error/message"));
    let fault = said.and_then(|said| said.strip_prefix(FAULT));
    let is_error = event["is_error"].as_bool().unwrap_or_default();
    let trouble = match (fault, is_error) {
        (Some(fault), _) => {
            let status = fault.split_whitespace().next().and_then(|word| word.parse().ok());
            Some(Trouble::of_model(fault.trim_end_matches(']'), status))
        }
        (None, true) => Some(Trouble::of_program(said.unwrap_or("it ended with an error"))),
        (None, false) => None,
    };
    let denied = event["permission_denials"].as_array();
    Report {
        text: said.map(str::to_owned),
        // Nothing was counted where nothing was answered.
        usage: match fault {
            Some(_) => Usage::default(),
            None => usage(&event["usage"]),
        },
        trouble,
        refused: denied
            .into_iter()
            .flatten()
            .filter_map(|one| text(one, "/tool_name").map(str::to_owned))
            .collect(),
    }
}

/// Its input counts what came from the cache, too.
fn usage(value: &Value) -> Usage {
    let read = count(value, "/cache_read_input_tokens");
    Usage {
        input: count(value, "/input_tokens").map(|all| all.saturating_sub(read.unwrap_or_default())),
        cache_read: read,
        cache_write: None,
        output: count(value, "/output_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::Flags;
    use crate::domain::agent::program::tests::ask;

    #[test]
    fn it_is_asked_with_what_0_15_knows() {
        let flags = Flags::of("-o, --output-format --approval-mode -m, --model --auth-type");
        let mut ask = ask(&flags, Want::Edits);
        ask.model = Some("qwen3-coder");
        insta::assert_snapshot!(line(&ask).unwrap().arguments.join(" "), @"--output-format stream-json --approval-mode auto-edit --model qwen3-coder");
        ask.want = Want::Text;
        assert!(line(&ask).unwrap().arguments.contains(&"default".to_owned()));
    }

    #[test]
    fn what_it_prints_is_read() {
        // As 0.15.10 printed it.
        let edited = r#"{"type":"assistant","message":{"usage":{"input_tokens":1000,"output_tokens":20,"cache_read_input_tokens":400}}}
{"type":"result","subtype":"success","is_error":false,"result":"- Made a.txt say right\n","usage":{"input_tokens":2000,"output_tokens":40,"cache_read_input_tokens":800,"total_tokens":2040},"permission_denials":[]}"#;
        let told = report(edited);
        assert_eq!(
            told.usage.to_string(),
            "1200 tokens in (800 more from the cache), 40 out, cost unknown"
        );
        assert_eq!(
            (told.text.as_deref(), told.trouble),
            (Some("- Made a.txt say right\n"), None)
        );
    }

    #[test]
    fn a_fault_that_it_calls_a_success_is_one() {
        let told = report(
            r#"{"type":"result","subtype":"success","is_error":false,"result":"[API Error: 401 Incorrect API key provided]","usage":{"input_tokens":0,"output_tokens":0}}"#,
        );
        let trouble = told.trouble.unwrap();
        assert_eq!(
            (trouble.status, trouble.said.as_str()),
            (Some(401), "401 Incorrect API key provided")
        );
        assert!(told.usage.is_unknown());
    }
}
