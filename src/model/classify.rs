//! The words of servers to classes of faults: statuses, error objects, and each server's own way of saying that a
//! packet is too long. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::fault::Fault;
use super::http::Head;

/// The most characters of a server's words that are kept.
const QUOTED: usize = 300;

/// What servers say when the packet is too long, in lower case.
const OVERFLOW: [&str; 9] = [
    "context_length_exceeded",
    "exceed_context_size",
    "prompt is too long",
    "maximum context length",
    "greater than the context length",
    "exceeds the available context size",
    "exceeds the context",
    "exceeds maximum context",
    "context window",
];

/// What servers say when there is no money left, in lower case.
const QUOTA: [&str; 7] = [
    "insufficient_quota",
    "billing_error",
    "spend limit",
    "spend_limit",
    "credit balance",
    "insufficient credits",
    "exceeded your current quota",
];

/// The fault of an answer whose status is not 200.
pub fn of_status(head: &Head, body: &str, now: Timestamp) -> Fault {
    let wait = retry_after(head, now);
    if (300..400).contains(&head.status) {
        let said = format!(
            "the server answers {}: it redirects, and that is not followed; mend base_url",
            head.status
        );
        return Fault::Setup { said };
    }
    if let Ok(value) = serde_json::from_str::<Value>(body) {
        return of_words(Some(head.status), wait, &Words::of(&value));
    }
    let text = if head.is_html() || body.trim_start().starts_with('<') {
        "it sent an HTML page".to_owned()
    } else {
        body.to_owned()
    };
    of_words(Some(head.status), wait, &Words::plain(text))
}

/// The fault of an error object inside a stream that began well.
pub fn of_object(value: &Value) -> Fault {
    of_words(None, None, &Words::of(value))
}

/// The fault of an error that a stream tells as plain text.
pub fn of_text(text: &str) -> Fault {
    of_words(None, None, &Words::plain(text.to_owned()))
}

/// The fault that a program tells of which asked a server by itself: a status where it names one, and its words.
pub fn of_report(status: Option<u16>, said: &str) -> Fault {
    // Some print the server's answer as it came.
    let inner = said.find('{').and_then(|at| {
        let mut values = serde_json::Deserializer::from_str(&said[at..]).into_iter::<Value>();
        values.next()?.ok()
    });
    let words = inner.map_or_else(|| Words::plain(said.to_owned()), |value| Words::of(&value));
    of_words(status, None, &words)
}

/// What an error says.
struct Words {
    message: String,
    /// Type and code, and whatever else names the error.
    names: String,
    status: Option<u16>,
    window: Option<u64>,
}

impl Words {
    fn plain(message: String) -> Self {
        Self {
            message,
            names: String::new(),
            status: None,
            window: None,
        }
    }

    /// `{"error": {"message", "type", "code"}}`, `{"error": "…"}`, `{"type": "error", "error": {…}}`, or the inner
    /// object alone.
    fn of(value: &Value) -> Self {
        let error = value.get("error").unwrap_or(value);
        if let Value::String(message) = error {
            return Self::plain(message.clone());
        }
        let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
        let detail = error.pointer("/details/error_code").and_then(Value::as_str);
        let message = match text("message") {
            "" => error.to_string(),
            message => message.to_owned(),
        };
        Self {
            names: [text("type"), text("code"), detail.unwrap_or_default()].join(" "),
            status: error
                .get("code")
                .and_then(Value::as_u64)
                .and_then(|code| u16::try_from(code).ok()),
            window: error.get("n_ctx").and_then(Value::as_u64),
            message,
        }
    }
}

fn of_words(status: Option<u16>, wait: Option<Duration>, words: &Words) -> Fault {
    let low = format!("{} {}", words.names, words.message).to_lowercase();
    let has = |list: &[&str]| list.iter().any(|word| low.contains(word));
    let status = status.or(words.status).unwrap_or_default();
    let said = short(&words.message, status);
    if has(&OVERFLOW) || status == 413 {
        let window = words.window.or_else(|| window_in(&low));
        return Fault::ContextOverflow { said, window };
    }
    if has(&QUOTA) || status == 402 {
        return Fault::Quota { said };
    }
    if status == 529 || status == 503 || has(&["overloaded", "server busy"]) {
        return Fault::Overloaded { wait, said };
    }
    if status == 429 || has(&["rate_limit", "rate limit"]) {
        return Fault::RateLimited { wait, said };
    }
    if matches!(status, 401 | 403) || has(&["authentication_error", "permission_error", "invalid_api_key"]) {
        return Fault::Auth { said };
    }
    match status {
        404 => Fault::Setup {
            said: format!("the server does not know the model or the address: {said}"),
        },
        400..=499 if !matches!(status, 408 | 409 | 425) => Fault::Setup {
            said: format!("the server refuses the request: {said}"),
        },
        _ if has(&["not_found_error", "invalid_request_error"]) => Fault::Setup {
            said: format!("the server refuses the request: {said}"),
        },
        _ => Fault::Transient {
            why: format!("the server failed: {said}"),
        },
    }
}

/// A server's words on one line, with the status where there is one.
fn short(text: &str, status: u16) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line: String = line.join(" ").chars().take(QUOTED).collect();
    match (status, line.is_empty()) {
        (0, true) => "it gives no reason".to_owned(),
        (0, false) => line,
        (_, true) => format!("status {status}"),
        (_, false) => format!("status {status}, {line}"),
    }
}

/// The window in tokens, out of a sentence about it.
fn window_in(low: &str) -> Option<u64> {
    let after = |mark: &str| low.split_once(mark).map(|(_, rest)| rest);
    let rest = after("maximum context length is ")
        .or_else(|| after("available context size ("))
        .or_else(|| after("tokens > "))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// How long a server wants us to wait: milliseconds, seconds (also with a fraction), or a date.
pub fn retry_after(head: &Head, now: Timestamp) -> Option<Duration> {
    let seconds = |text: &str, factor: f64| {
        let number: f64 = text.trim().parse().ok()?;
        Duration::try_from_secs_f64(number * factor).ok()
    };
    if let Some(wait) = head.retry_after_ms.as_deref().and_then(|text| seconds(text, 0.001)) {
        return Some(wait);
    }
    let text = head.retry_after.as_deref()?;
    seconds(text, 1.0).or_else(|| {
        let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
        Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16) -> Head {
        Head {
            status,
            ..Head::default()
        }
    }

    fn class(status: u16, body: &str) -> &'static str {
        of_status(&head(status), body, Timestamp::UNIX_EPOCH).class()
    }

    #[test]
    fn every_status_and_every_dialect_has_its_class() {
        for (status, body, wanted) in [
            (
                400,
                r#"{"error":{"message":"x","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
                "context_overflow",
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
                "context_overflow",
            ),
            (
                400,
                r#"{"error":{"code":400,"type":"exceed_context_size_error","message":"request (13392 tokens) exceeds the available context size (8192 tokens), try increasing it","n_prompt_tokens":13392,"n_ctx":8192}}"#,
                "context_overflow",
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","code":400}"#,
                "context_overflow",
            ),
            (413, "<html>too large</html>", "context_overflow"),
            (400, r#"{"error":{"message":"temperature is not supported"}}"#, "setup"),
            (400, r#"{"error":"You have reached your spend limit"}"#, "quota"),
            (
                401,
                r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#,
                "auth",
            ),
            (402, r#"{"error":{"type":"billing_error","message":"pay"}}"#, "quota"),
            (403, "", "auth"),
            (404, r#"{"error":"model 'q' not found"}"#, "setup"),
            (408, "", "transient"),
            (409, "", "transient"),
            (
                429,
                r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#,
                "rate_limited",
            ),
            (429, r#"{"error":{"message":"x","code":"insufficient_quota"}}"#, "quota"),
            (
                429,
                r#"{"error":{"message":"x","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
                "quota",
            ),
            (
                500,
                r#"{"error":{"message":"oops","type":"server_error"}}"#,
                "transient",
            ),
            (502, "<html><body>Bad gateway</body></html>", "transient"),
            (503, r#"{"error":"server busy, please try again"}"#, "overloaded"),
            (504, "", "transient"),
            (
                529,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "overloaded",
            ),
            (301, "", "setup"),
            (307, "", "setup"),
        ] {
            assert_eq!(class(status, body), wanted, "{status} {body}");
        }
    }

    #[test]
    fn errors_inside_a_stream_are_told_apart_without_a_status() {
        for (text, wanted) in [
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "overloaded",
            ),
            (
                r#"{"error":{"code":500,"type":"server_error","message":"x"}}"#,
                "transient",
            ),
            (
                r#"{"error":{"message":"The number of tokens to keep from the initial prompt is greater than the context length."}}"#,
                "context_overflow",
            ),
            (
                r#"{"error":"an error was encountered while running the model"}"#,
                "transient",
            ),
            (r#"{"error":{"type":"rate_limit_error","message":"x"}}"#, "rate_limited"),
            (r#"{"error":{"code":429,"message":"x"}}"#, "rate_limited"),
            (r#"{"error":{"type":"authentication_error","message":"x"}}"#, "auth"),
        ] {
            assert_eq!(
                of_object(&serde_json::from_str(text).unwrap()).class(),
                wanted,
                "{text}"
            );
        }
        assert_eq!(of_text("server overloaded").class(), "overloaded");
    }

    #[test]
    fn the_window_is_read_out_of_the_words() {
        for (text, wanted) in [
            (
                "This model's maximum context length is 4096 tokens. However",
                Some(4096),
            ),
            ("prompt is too long: 210000 tokens > 200000 maximum", Some(200_000)),
            ("request exceeds the available context size (8192 tokens)", Some(8192)),
            ("the prompt exceeds the context", None),
        ] {
            let Fault::ContextOverflow { window, .. } = of_text(text) else {
                panic!("{text}")
            };
            assert_eq!(window, wanted, "{text}");
        }
    }

    #[test]
    fn a_wait_is_read_in_every_notation() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        for (plain, millis, wanted) in [
            (Some("2"), None, Some(2000)),
            (Some("0.5"), None, Some(500)),
            (Some("9"), Some("250"), Some(250)),
            (Some("Sun, 06 Nov 1994 08:49:37 GMT"), None, Some(30_000)),
            (Some("Sun, 06 Nov 1994 08:48:37 GMT"), None, Some(0)),
            (Some("-1"), None, None),
            (Some("soon"), None, None),
            (None, None, None),
        ] {
            let head = Head {
                retry_after: plain.map(str::to_owned),
                retry_after_ms: millis.map(str::to_owned),
                ..Head::default()
            };
            assert_eq!(
                retry_after(&head, now),
                wanted.map(Duration::from_millis),
                "{plain:?} {millis:?}"
            );
        }
    }

    #[test]
    fn a_servers_words_are_short_and_on_one_line() {
        let Fault::Transient { why } = of_text(&"a\n\n b ".repeat(1000)) else {
            panic!("no fault of its server")
        };
        assert!(why.len() < 400 && !why.contains('\n'), "{why}");
    }
}
