//! Anthropic's Messages, and the servers that speak like it.

use serde_json::{Map, Value, json};

use super::decode::sse::{SseDecoder, SseEvent};
use super::exchange::{self, EVENT_BYTES, Gathered, Reading, cut, exchange, too_many_tokens, tool_call};
use super::fault::{Fault, ProviderError};
use super::{Answer, Endpoint, Provider, Request, Surroundings, classify};

/// The version of the interface.
const VERSION: &str = "2023-06-01";

/// The most tokens of an answer where nothing is said: this server has to be told a number.
const MAX_OUTPUT: u64 = 8192;

/// A server that speaks Messages.
pub(super) struct Anthropic(pub(super) Endpoint);

impl Provider for Anthropic {
    fn complete(&self, request: &Request, around: &Surroundings) -> Result<Answer, ProviderError> {
        let mut post = exchange::post(&self.0, "/v1/messages", &body(&self.0, request))?;
        post.headers.push(("anthropic-version", VERSION.to_owned()));
        if let Some(key) = &self.0.key {
            post.headers.push(("x-api-key", key.expose().to_owned()));
        }
        exchange(&self.0, post, &mut Blocks::new(), around)
    }
}

fn body(endpoint: &Endpoint, request: &Request) -> Value {
    let block = |text: &str| {
        let mut block = json!({"type": "text", "text": text});
        if request.cache {
            block["cache_control"] = json!({"type": "ephemeral"});
        }
        block
    };
    let mut body = Map::new();
    body.insert("model".into(), json!(endpoint.model));
    body.insert("max_tokens".into(), json!(request.max_output.unwrap_or(MAX_OUTPUT)));
    if let Some(system) = &request.system {
        body.insert("system".into(), json!([block(system)]));
    }
    body.insert(
        "messages".into(),
        json!([{"role": "user", "content": [block(&request.prompt)]}]),
    );
    body.insert("stream".into(), json!(true));
    if let Some(temperature) = request.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    Value::Object(body)
}

/// Reads the events of an answer.
struct Blocks {
    decoder: Option<SseDecoder>,
    gathered: Gathered,
    stop: Option<String>,
    called_tool: bool,
    done: bool,
}

impl Blocks {
    fn new() -> Self {
        Self {
            decoder: Some(SseDecoder::new(EVENT_BYTES)),
            gathered: Gathered::default(),
            stop: None,
            called_tool: false,
            done: false,
        }
    }

    fn event(&mut self, event: &SseEvent, at_end: bool) -> Result<(), Fault> {
        if self.done || event.data.trim().is_empty() {
            return Ok(());
        }
        let value = match exchange::json(&event.data, at_end) {
            Ok(value) => value,
            Err(_) if event.name == "error" => return Err(classify::of_text(&event.data)),
            Err(fault) => return Err(fault),
        };
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default();
        match text("/type") {
            "message_start" => {
                if let Some(message) = value.get("message") {
                    self.message(message);
                }
            }
            "content_block_start" => {
                self.block(value.get("content_block").unwrap_or(&Value::Null))?;
            }
            "content_block_delta" => {
                if self.stop.is_some() && !text("/delta/text").is_empty() {
                    return Err(Fault::Garbled {
                        why: "text came after the end of the answer".to_owned(),
                    });
                }
                self.gathered.text.push_str(text("/delta/text"));
                self.gathered.thought += text("/delta/thinking").len();
            }
            "message_delta" => {
                if let Some(usage) = value.get("usage") {
                    self.usage(usage);
                }
                if let Some(stop) = value.pointer("/delta/stop_reason").and_then(Value::as_str) {
                    self.stop = Some(stop.to_owned());
                }
            }
            "message_stop" => self.done = true,
            "error" => return Err(classify::of_object(&value)),
            // Pings, ends of blocks, and what later versions add.
            _ => {}
        }
        Ok(())
    }

    fn message(&mut self, message: &Value) {
        if let Some(model) = message.get("model").and_then(Value::as_str) {
            self.gathered.model = Some(model.to_owned());
        }
        if let Some(usage) = message.get("usage") {
            self.usage(usage);
        }
    }

    fn block(&mut self, block: &Value) -> Result<(), Fault> {
        match block.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text" => {
                let text = block.get("text").and_then(Value::as_str).unwrap_or_default();
                self.gathered.text.push_str(text);
            }
            "tool_use" | "server_tool_use" => self.called_tool = true,
            _ => {}
        }
        Ok(())
    }

    /// The buckets are disjoint here already, and each count is the whole up to now: the last one holds.
    fn usage(&mut self, usage: &Value) {
        let ours = &mut self.gathered.usage;
        for (name, bucket) in [
            ("input_tokens", &mut ours.input),
            ("cache_read_input_tokens", &mut ours.cache_read),
            ("cache_creation_input_tokens", &mut ours.cache_write),
            ("output_tokens", &mut ours.output),
        ] {
            *bucket = usage.get(name).and_then(Value::as_u64).or(*bucket);
        }
    }
}

impl Reading for Blocks {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut events = Vec::new();
        let decoded = match &mut self.decoder {
            Some(decoder) => decoder.feed(bytes, &mut events),
            None => Ok(()),
        };
        for event in &events {
            self.event(event, false)?;
        }
        if self.done { Ok(()) } else { Ok(decoded?) }
    }

    fn whole(&mut self, value: &Value) -> Result<(), Fault> {
        if value.get("type").and_then(Value::as_str) == Some("error") || value.get("error").is_some() {
            return Err(classify::of_object(value));
        }
        self.message(value);
        for block in value.get("content").and_then(Value::as_array).into_iter().flatten() {
            self.block(block)?;
        }
        self.stop = value.get("stop_reason").and_then(Value::as_str).map(str::to_owned);
        Ok(())
    }

    fn end(&mut self) -> Result<String, Fault> {
        if !self.done
            && let Some(decoder) = self.decoder.take()
            && let Some(event) = decoder.finish().map_err(|_| cut())?
        {
            self.event(&event, true)?;
        }
        match self.stop.as_deref() {
            None if self.done => Err(Fault::Garbled {
                why: "it ended without a reason".to_owned(),
            }),
            None => Err(cut()),
            Some("max_tokens") => Err(too_many_tokens()),
            Some("refusal") => Err(Fault::Refused {
                said: "it gives no reason".to_owned(),
            }),
            Some("model_context_window_exceeded") => Err(Fault::ContextOverflow {
                said: "packet and answer are longer than it".to_owned(),
                window: None,
            }),
            Some("tool_use" | "pause_turn") => Err(tool_call()),
            Some(_) if self.called_tool => Err(tool_call()),
            Some(stop @ ("end_turn" | "stop_sequence")) => Ok(stop.to_owned()),
            Some(other) => Err(Fault::Garbled {
                why: format!("it ended for a reason that is not known here: {other}"),
            }),
        }
    }

    fn gathered(&self) -> &Gathered {
        &self.gathered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, &'static str> {
        let mut blocks = Blocks::new();
        let fed = blocks.feed(text.as_bytes());
        fed.and_then(|()| blocks.end())
            .map(|_| blocks.gathered.text.clone())
            .map_err(|fault| fault.class())
    }

    fn event(name: &str, rest: &str) -> String {
        format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n")
    }

    fn start() -> String {
        event(
            "message_start",
            ",\"message\":{\"model\":\"c-1\",\"usage\":{\"input_tokens\":11,\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":2,\"output_tokens\":1}}",
        )
    }

    fn text(text: &str) -> String {
        event(
            "content_block_delta",
            &format!(",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}"),
        )
    }

    fn delta(reason: &str) -> String {
        event(
            "message_delta",
            &format!(",\"delta\":{{\"stop_reason\":\"{reason}\"}},\"usage\":{{\"output_tokens\":6}}"),
        )
    }

    #[test]
    fn every_end_of_a_stream() {
        let begun = format!("{}{}{}", start(), event("ping", ""), text("Hi"));
        let stop = event("message_stop", "");
        let whole = format!("{begun}{}{stop}", delta("end_turn"));
        let tool = event(
            "content_block_start",
            ",\"content_block\":{\"type\":\"tool_use\",\"name\":\"f\"}",
        );
        for (name, stream, wanted) in [
            ("whole", whole.clone(), Ok("Hi")),
            ("CR LF", whole.replace('\n', "\r\n"), Ok("Hi")),
            ("bytes after the end", format!("{whole}data: oops\n\n"), Ok("Hi")),
            (
                "events of later versions",
                format!("{}{whole}", event("news", ",\"x\":1")),
                Ok("Hi"),
            ),
            (
                "stop sequence",
                format!("{begun}{}{stop}", delta("stop_sequence")),
                Ok("Hi"),
            ),
            ("no last event", format!("{begun}{}", delta("end_turn")), Ok("Hi")),
            ("nothing", String::new(), Err("truncated")),
            ("cut after text", begun.clone(), Err("truncated")),
            (
                "cut in an event",
                format!("{begun}event: content_block_delta\ndata: {{\"ty"),
                Err("truncated"),
            ),
            ("no reason", format!("{begun}{stop}"), Err("garbled")),
            (
                "text after the reason",
                format!("{begun}{}{}", delta("end_turn"), text("x")),
                Err("garbled"),
            ),
            ("no JSON", format!("{begun}data: oops\n\n"), Err("garbled")),
            (
                "max_tokens",
                format!("{begun}{}{stop}", delta("max_tokens")),
                Err("truncated"),
            ),
            ("refusal", format!("{begun}{}{stop}", delta("refusal")), Err("refused")),
            (
                "window",
                format!("{begun}{}{stop}", delta("model_context_window_exceeded")),
                Err("context_overflow"),
            ),
            (
                "tool use",
                format!("{begun}{tool}{}{stop}", delta("end_turn")),
                Err("refused"),
            ),
            ("pause", format!("{begun}{}{stop}", delta("pause_turn")), Err("refused")),
            (
                "unknown reason",
                format!("{begun}{}{stop}", delta("bored")),
                Err("garbled"),
            ),
            (
                "overloaded in the middle",
                format!(
                    "{begun}{}",
                    event(
                        "error",
                        ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"
                    )
                ),
                Err("overloaded"),
            ),
        ] {
            assert_eq!(read(&stream).as_deref().map_err(|class| *class), wanted, "{name}");
        }
    }

    #[test]
    fn counts_are_cumulative_so_the_last_one_holds() {
        let mut blocks = Blocks::new();
        let stream = format!("{}{}{}{}", start(), text("Hi"), delta("end_turn"), delta("end_turn"));
        blocks.feed(stream.as_bytes()).unwrap();
        let usage = blocks.gathered.usage;
        assert_eq!((usage.input, usage.output), (Some(11), Some(6)));
        assert_eq!((usage.cache_read, usage.cache_write), (Some(5), Some(2)));
        assert_eq!(blocks.gathered.model.as_deref(), Some("c-1"));
    }

    #[test]
    fn thinking_is_counted_and_is_no_answer() {
        let mut blocks = Blocks::new();
        let thought = event(
            "content_block_delta",
            ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}",
        );
        blocks.feed(thought.as_bytes()).unwrap();
        assert_eq!((blocks.gathered.thought, blocks.gathered.text.as_str()), (2, ""));
    }

    #[test]
    fn the_cache_is_asked_for_by_name_only() {
        let endpoint = Endpoint {
            wire: super::super::Wire::Anthropic,
            base_url: String::new(),
            model: "c".to_owned(),
            key: None,
            proxy: None,
            plain_http: false,
            limits: super::super::Limits::default(),
        };
        let request = |cache| Request {
            prompt: "x".to_owned(),
            cache,
            ..Request::default()
        };
        let with = body(&endpoint, &request(true));
        assert_eq!(
            with["messages"][0]["content"][0]["cache_control"],
            json!({"type": "ephemeral"})
        );
        assert_eq!(with["max_tokens"], json!(8192));
        assert!(!body(&endpoint, &request(false)).to_string().contains("cache_control"));
    }
}
