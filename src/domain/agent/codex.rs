//! Codex CLI: `codex exec --json`.

use serde_json::Value;

use crate::domain::usage::Usage;

use super::hook::Caller;
use super::program::{Agent, Arguments, Ask, Line, NoFlag, Want};
use super::proposal;
use super::report::{Report, Trouble, count, objects, text};

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Codex, ask.flags);
    let mut files = Vec::new();
    let mut variables = Vec::new();
    arguments.needs("--json", &[]);
    for flag in [
        "--ephemeral",
        "--ignore-user-config",
        "--ignore-rules",
        "--skip-git-repo-check",
    ] {
        arguments.likes(flag, &[]);
    }
    // Its own sandbox cannot be built inside of ours.
    let sandbox = match (ask.held, ask.want) {
        (true, _) => "danger-full-access",
        (false, Want::Edits) => "workspace-write",
        (false, _) => "read-only",
    };
    arguments.needs("--sandbox", &[sandbox]);
    let mut set = |key: &str, value: &str| arguments.needs("--config", &[&format!("{key}={}", Value::from(value))]);
    set("approval_policy", "never");
    if let Some(gateway) = ask.gateway {
        set("model_provider", "harness");
        set("model_providers.harness.name", "harness");
        set("model_providers.harness.base_url", gateway.address);
        set("model_providers.harness.wire_api", "responses");
        set("model_providers.harness.env_key", "OPENAI_API_KEY");
        // What is known of the user is not needed then.
        variables.push(("CODEX_HOME", format!("{}/codex", ask.tmp)));
        files.push((format!("{}/codex/.keep", ask.tmp), String::new()));
        if let Some(hook) = ask.hook {
            // A hook that nobody was asked about runs only so.
            arguments.likes("--dangerously-bypass-hook-trust", &[]);
            let command = format!("{hook} {}", Caller::Codex.name());
            let hooks = Caller::Codex.settings_of(&command).to_string();
            files.push((format!("{}/codex/hooks.json", ask.tmp), hooks));
        }
    }
    arguments.needs("--cd", &[ask.view]);
    if let Some(model) = ask.model {
        arguments.needs("--model", &[model]);
    }
    if ask.want == Want::Proposal {
        let schema = format!("{}/edits.schema.json", ask.tmp);
        arguments.needs("--output-schema", &[&schema]);
        files.push((schema, proposal::schema().to_string()));
    }
    arguments.plain("-");
    Ok(Line {
        arguments: arguments.done()?,
        variables,
        files,
        reads_packet: true,
    })
}

/// Only `turn.failed` ends a turn: an `error` may be followed by another try.
pub(super) fn report(output: &str) -> Report {
    let mut report = Report::default();
    for event in objects(output) {
        match text(&event, "/type") {
            Some("item.completed") => match text(&event, "/item/type") {
                Some("agent_message") => {
                    report.text = text(&event, "/item/text").map(str::to_owned);
                    report.trouble = None;
                }
                Some("command_execution") if text(&event, "/item/status") == Some("declined") => {
                    report.refused.extend(text(&event, "/item/command").map(str::to_owned));
                }
                Some("file_change" | "command_execution") => report.trouble = None,
                _ => {}
            },
            // Counted over the whole thread.
            Some("turn.completed") => {
                report.usage = usage(&event);
                report.trouble = None;
            }
            Some("turn.failed") => report.trouble = text(&event, "/error/message").map(trouble),
            Some("error") => report.trouble = text(&event, "/message").map(trouble),
            _ => {}
        }
    }
    report
}

fn trouble(said: &str) -> Trouble {
    match said {
        // Its own words for a window that is too small and for an account that is empty.
        said if said.contains("ran out of room in the model's context window") => Trouble::of_model(said, Some(413)),
        said if said.starts_with("Quota exceeded") => Trouble::of_model(said, Some(402)),
        said if said.contains("currently experiencing high demand") => Trouble::of_model(said, Some(503)),
        said => Trouble::of_model(said, None),
    }
}

fn usage(event: &Value) -> Usage {
    let read = count(event, "/usage/cached_input_tokens");
    let written = count(event, "/usage/cache_write_input_tokens");
    let cached = read.unwrap_or_default().saturating_add(written.unwrap_or_default());
    Usage {
        input: count(event, "/usage/input_tokens").map(|all| all.saturating_sub(cached)),
        cache_read: read,
        cache_write: written,
        output: count(event, "/usage/output_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::tests::ask;
    use crate::domain::agent::program::{Flags, Gateway, Speaks};

    /// The help of 0.169.0 names these.
    fn flags() -> Flags {
        Flags::of(
            "-c, --config <key=value>\n-m, --model <MODEL>\n-s, --sandbox <SANDBOX_MODE>\n-C, --cd <DIR>\n--skip-git-repo-check\n\
             --ephemeral\n--ignore-user-config\n--ignore-rules\n--output-schema <FILE>\n--json\n",
        )
    }

    #[test]
    fn an_edit_is_asked_for_without_state_or_questions() {
        let flags = flags();
        let mut ask = ask(&flags, Want::Edits);
        ask.model = Some("gpt-5.4");
        ask.gateway = Some(Gateway {
            address: "http://127.0.0.1:9/v1",
            speaks: Speaks::OpenAi,
        });
        let line = line(&ask).unwrap();
        insta::assert_snapshot!(line.arguments.join(" "), @r#"exec --json --ephemeral --ignore-user-config --ignore-rules --skip-git-repo-check --sandbox danger-full-access --config approval_policy="never" --config model_provider="harness" --config model_providers.harness.name="harness" --config model_providers.harness.base_url="http://127.0.0.1:9/v1" --config model_providers.harness.wire_api="responses" --config model_providers.harness.env_key="OPENAI_API_KEY" --cd /view --model gpt-5.4 -"#);
        assert_eq!(line.variables, [("CODEX_HOME", "/tmp/codex".to_owned())]);
        assert!(line.reads_packet);
    }

    #[test]
    fn without_a_fence_of_ours_it_keeps_to_its_own() {
        let flags = flags();
        for (want, sandbox) in [
            (Want::Edits, "workspace-write"),
            (Want::Proposal, "read-only"),
            (Want::Text, "read-only"),
        ] {
            let mut ask = ask(&flags, want);
            ask.held = false;
            let line = line(&ask).unwrap();
            assert!(
                line.arguments.join(" ").contains(&format!("--sandbox {sandbox}")),
                "{line:?}"
            );
            let has_schema = line.files.iter().any(|(path, _)| path == "/tmp/edits.schema.json");
            assert_eq!(has_schema, want == Want::Proposal);
        }
    }

    #[test]
    fn what_it_prints_is_read() {
        // As 0.169.0 printed it.
        let edited = r#"{"type":"thread.started","thread_id":"01a1"}
{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `fake` not found. Defaulting to fallback metadata; this can degrade performance and cause issues."}}
{"type":"turn.started"}
{"type":"item.started","item":{"id":"item_3","type":"file_change","changes":[{"path":"/r/a.txt","kind":"update"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"/r/a.txt","kind":"update"}],"status":"completed"}}
{"type":"item.completed","item":{"id":"item_5","type":"agent_message","text":"Summary: done"}}
{"type":"turn.completed","usage":{"input_tokens":3000,"cached_input_tokens":1200,"cache_write_input_tokens":0,"output_tokens":60,"reasoning_output_tokens":15}}"#;
        let told = report(edited);
        assert_eq!(told.text.as_deref(), Some("Summary: done"));
        assert_eq!(
            told.usage.to_string(),
            "1800 tokens in (1200 more from the cache), 60 out, cost unknown"
        );
        assert_eq!(told.trouble, None);
        for (said, status) in [
            (
                "unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:4/v1/responses",
                Some(401),
            ),
            ("Quota exceeded. Check your plan and billing details.", Some(402)),
            (
                "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
                Some(413),
            ),
            (
                "We’re currently experiencing high demand, which may cause temporary errors.",
                Some(503),
            ),
        ] {
            let lines = format!(
                "Reading additional input from stdin...\n{{\"type\":\"error\",\"message\":\"Reconnecting... 1/5 ({said})\"}}\n\
                 {{\"type\":\"turn.failed\",\"error\":{{\"message\":\"{said}\"}}}}"
            );
            let trouble = report(&lines).trouble.unwrap();
            assert_eq!((trouble.status, trouble.said.as_str()), (status, said));
        }
        // It tried again and came through.
        let came_through = format!("{{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}}\n{edited}");
        assert_eq!(report(&came_through).trouble, None);
    }
}
