//! aider: text for people, and a line with what each message used.

use crate::domain::usage::Usage;

use super::program::{Agent, Arguments, Ask, Line, NoFlag, Speaks};
use super::report::{Report, Trouble, micro};

pub(super) fn line(ask: &Ask) -> Result<Line, NoFlag> {
    let mut arguments = Arguments::of(Agent::Aider, ask.flags);
    arguments.needs("--message-file", &[ask.packet]);
    for flag in ["--yes-always", "--no-auto-commits"] {
        arguments.needs(flag, &[]);
    }
    for flag in [
        "--no-dirty-commits",
        "--no-gitignore",
        "--no-check-update",
        "--no-show-release-notes",
        "--no-show-model-warnings",
        "--analytics-disable",
        "--no-suggest-shell-commands",
        "--no-auto-lint",
        "--no-detect-urls",
        "--no-pretty",
        "--no-stream",
        "--no-fancy-input",
    ] {
        arguments.likes(flag, &[]);
    }
    arguments.likes("--map-tokens", &["0"]);
    // It keeps its notes in the project otherwise.
    for (flag, name) in [
        ("--input-history-file", "input"),
        ("--chat-history-file", "chat"),
        ("--llm-history-file", "model"),
    ] {
        arguments.likes(flag, &[&format!("{}/aider.{name}", ask.tmp)]);
    }
    let model = match (ask.model, ask.gateway.map(|gateway| gateway.speaks)) {
        (Some(model), Some(speaks)) => Some(format!(
            "{}/{model}",
            match speaks {
                Speaks::OpenAi => "openai",
                Speaks::Anthropic => "anthropic",
                Speaks::Ollama => "ollama_chat",
            }
        )),
        (model, _) => model.map(str::to_owned),
    };
    if let Some(model) = model {
        arguments.needs("--model", &[&model]);
    }
    for file in ask.present {
        arguments.needs("--file", &[file]);
    }
    Ok(Line {
        arguments: arguments.done()?,
        ..Line::default()
    })
}

/// How it begins a line that tells of the model's server.
const FAULTS: [&str; 2] = ["litellm.", "API key"];

pub(super) fn report(output: &str) -> Report {
    let mut report = Report {
        text: Some(output.trim().to_owned()).filter(|text| !text.is_empty()),
        ..Report::default()
    };
    let mut cost = None;
    for line in output.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Tokens: ") {
            report.usage = report.usage.plus(&usage(rest));
            cost = session_cost(rest).or(cost);
            report.trouble = None;
        } else if FAULTS.iter().any(|fault| line.starts_with(fault)) {
            report.trouble = Some(trouble(line));
        } else if line.starts_with("Model ") && line.contains(" has hit a token limit!") {
            report.trouble = Some(Trouble::of_model(line, Some(413)));
        }
    }
    report.usage.micro_dollars = cost;
    report
}

/// `litellm.AuthenticationError: …`: the name of the error says what a status would.
fn trouble(line: &str) -> Trouble {
    let names = [
        ("AuthenticationError", 401),
        ("PermissionDeniedError", 403),
        ("RateLimitError", 429),
        ("ContextWindowExceededError", 413),
        ("ServiceUnavailableError", 503),
        ("InternalServerError", 500),
        ("NotFoundError", 404),
    ];
    let status = names
        .iter()
        .find(|(name, _)| line.contains(name))
        .map(|(_, status)| *status);
    Trouble::of_model(line, status)
}

/// `4.8k sent, 1.2k cache write, 3.0k cache hit, 226 received. Cost: …`: rounded, and what was sent counts the rest of the
/// input, too.
fn usage(rest: &str) -> Usage {
    let counts = rest.split(". Cost").next().unwrap_or_default().trim_end_matches('.');
    let of = |what: &str| {
        let part = counts.split(", ").find_map(|part| part.strip_suffix(what))?;
        number(part.trim())
    };
    let (read, written) = (of("cache hit"), of("cache write"));
    let cached = read.unwrap_or_default().saturating_add(written.unwrap_or_default());
    Usage {
        input: of("sent").map(|sent| sent.saturating_sub(cached)),
        cache_read: read,
        cache_write: written,
        output: of("received"),
        ..Usage::default()
    }
}

/// `226`, `4,864`, `4.8k`, `12k`, `1.2M`.
fn number(text: &str) -> Option<u64> {
    let text = text.replace(',', "");
    let (digits, unit) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => match text.strip_suffix('M') {
            Some(digits) => (digits, 1_000_000),
            None => (text.as_str(), 1),
        },
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let whole: u64 = whole.parse().ok()?;
    let tenths: u64 = part.get(..1)?.parse().ok()?;
    whole.checked_mul(unit)?.checked_add(tenths * unit / 10)
}

/// `Cost: $0.0012 message, $0.0034 session.`: the last one is the sum.
fn session_cost(rest: &str) -> Option<u64> {
    let (_, costs) = rest.split_once("Cost: ")?;
    let session = costs
        .split(", ")
        .find_map(|part| part.trim_end_matches('.').strip_suffix(" session"))?;
    micro(session.trim().strip_prefix('$')?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::program::tests::ask;
    use crate::domain::agent::program::{Flags, Gateway, Want};

    #[test]
    fn it_gets_the_files_that_are_there_and_keeps_its_notes_elsewhere() {
        let flags = Flags::of("--message-file --yes-always --no-auto-commits --chat-history-file --model --file");
        let present = ["a.txt".to_owned()];
        let mut ask = ask(&flags, Want::Edits);
        ask.model = Some("fake");
        ask.gateway = Some(Gateway {
            address: "http://127.0.0.1:9/v1",
            speaks: Speaks::OpenAi,
        });
        ask.present = &present;
        insta::assert_snapshot!(line(&ask).unwrap().arguments.join(" "), @"--message-file /tmp/p.md --yes-always --no-auto-commits --chat-history-file /tmp/aider.chat --model openai/fake --file a.txt");
    }

    #[test]
    fn what_it_prints_is_read() {
        for (line, wanted) in [
            (
                "Tokens: 1.0k sent, 20 received.",
                "1000 tokens in, 20 out, cost unknown",
            ),
            (
                "Tokens: 4,864 sent, 226 received. Cost: $0.0018 message, $0.0018 session.",
                "4864 tokens in, 226 out, $0.001800",
            ),
            (
                "Tokens: 5.0k sent, 1.0k cache write, 3.0k cache hit, 226 received. Cost: $0.01 message, $0.02 session.",
                "1000 tokens in (3000 more from the cache), 226 out, $0.020000",
            ),
            ("Tokens: some sent, none received.", "? tokens in, ? out, cost unknown"),
        ] {
            assert_eq!(report(line).usage.to_string(), wanted, "{line}");
        }
        let twice = "Tokens: 100 sent, 10 received. Cost: $0.01 message, $0.01 session.\nTokens: 100 sent, 10 received. Cost: $0.01 message, $0.02 session.";
        assert_eq!(report(twice).usage.to_string(), "200 tokens in, 20 out, $0.020000");
        let told = report(
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - no\nThe API provider is not able to authenticate you.",
        );
        assert_eq!(told.trouble.unwrap().status, Some(401));
    }
}
