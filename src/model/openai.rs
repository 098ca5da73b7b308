//! Chat Completions: OpenAI, and the servers that speak like it.

use serde_json::{Map, Value, json};

use super::decode::sse::{SseDecoder, SseEvent};
use super::exchange::{self, EVENT_BYTES, Gathered, Reading, cut, exchange, too_many_tokens, tool_call};
use super::fault::{Fault, ProviderError};
use super::{Answer, Endpoint, Provider, Request, Surroundings, classify};

/// A server that speaks Chat Completions.
pub(super) struct OpenAi(pub(super) Endpoint);

impl Provider for OpenAi {
    fn complete(&self, request: &Request, around: &Surroundings) -> Result<Answer, ProviderError> {
        let mut post = exchange::post(&self.0, "/chat/completions", &body(&self.0, request))?;
        if let Some(key) = &self.0.key {
            post.headers.push(("authorization", format!("Bearer {}", key.expose())));
        }
        exchange(&self.0, post, &mut Chunks::new(), around)
    }
}

/// The name by which a server is told how long an answer may be: OpenAI's own newer models know only the longer one, and
/// most other servers only the shorter one.
pub(super) fn max_output_name(endpoint: &Endpoint) -> &'static str {
    if endpoint.base_url.starts_with("https://api.openai.com/") {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

fn body(endpoint: &Endpoint, request: &Request) -> Value {
    let mut messages = Vec::new();
    if let Some(system) = &request.system {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": request.prompt}));
    let mut body = Map::new();
    body.insert("model".into(), json!(endpoint.model));
    body.insert("messages".into(), json!(messages));
    body.insert("stream".into(), json!(true));
    body.insert("stream_options".into(), json!({"include_usage": true}));
    if let Some(most) = request.max_output {
        body.insert(max_output_name(endpoint).into(), json!(most));
    }
    if let Some(temperature) = request.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    if let Some(seed) = request.seed {
        body.insert("seed".into(), json!(seed));
    }
    Value::Object(body)
}

/// Reads the chunks of an answer.
struct Chunks {
    decoder: Option<SseDecoder>,
    gathered: Gathered,
    refusal: String,
    finish: Option<String>,
    called_tool: bool,
    done: bool,
}

impl Chunks {
    fn new() -> Self {
        Self {
            decoder: Some(SseDecoder::new(EVENT_BYTES)),
            gathered: Gathered::default(),
            refusal: String::new(),
            finish: None,
            called_tool: false,
            done: false,
        }
    }

    fn event(&mut self, event: &SseEvent, at_end: bool) -> Result<(), Fault> {
        let data = event.data.trim();
        if self.done || data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let value = match exchange::json(data, at_end) {
            Ok(value) => value,
            Err(_) if event.name == "error" => return Err(classify::of_text(data)),
            Err(fault) => return Err(fault),
        };
        if event.name == "error" {
            return Err(classify::of_object(&value));
        }
        self.chunk(&value)
    }

    fn chunk(&mut self, value: &Value) -> Result<(), Fault> {
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return Err(classify::of_object(value));
        }
        if let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) {
            self.usage(usage);
        }
        if let Some(model) = value
            .get("model")
            .and_then(Value::as_str)
            .filter(|model| !model.is_empty())
        {
            self.gathered.model = Some(model.to_owned());
        }
        let Some(choice) = value
            .get("choices")
            .and_then(Value::as_array)
            .and_then(|choices| choices.first())
        else {
            return Ok(());
        };
        let delta = choice
            .get("delta")
            .or_else(|| choice.get("message"))
            .unwrap_or(&Value::Null);
        let text = |key: &str| delta.get(key).and_then(Value::as_str).unwrap_or_default();
        if self.finish.is_some() && !text("content").is_empty() {
            return Err(Fault::Garbled {
                why: "text came after the end of the answer".to_owned(),
            });
        }
        self.gathered.text.push_str(text("content"));
        self.refusal.push_str(text("refusal"));
        // Some servers send the same thought under both names.
        self.gathered.thought += text("reasoning_content").len().max(text("reasoning").len());
        self.called_tool |= delta
            .get("tool_calls")
            .and_then(Value::as_array)
            .is_some_and(|calls| !calls.is_empty());
        if let Some(finish) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finish = Some(finish.to_owned());
        }
        Ok(())
    }

    /// The cached tokens are among the prompt's here; ours are disjoint.
    fn usage(&mut self, usage: &Value) {
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let read = count("/prompt_tokens_details/cached_tokens");
        let written = count("/prompt_tokens_details/cache_write_tokens");
        let ours = &mut self.gathered.usage;
        ours.input = count("/prompt_tokens")
            .map(|all| all.saturating_sub(read.unwrap_or_default() + written.unwrap_or_default()));
        ours.cache_read = read;
        ours.cache_write = written;
        ours.output = count("/completion_tokens");
    }
}

impl Reading for Chunks {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut events = Vec::new();
        let decoded = match &mut self.decoder {
            Some(decoder) => decoder.feed(bytes, &mut events),
            None => Ok(()),
        };
        for event in &events {
            self.event(event, false)?;
        }
        // Whatever comes after the end is not looked at, so it cannot be wrong either.
        if self.done { Ok(()) } else { Ok(decoded?) }
    }

    fn whole(&mut self, value: &Value) -> Result<(), Fault> {
        self.chunk(value)
    }

    fn end(&mut self) -> Result<String, Fault> {
        if !self.done
            && let Some(decoder) = self.decoder.take()
            && let Some(event) = decoder.finish().map_err(|_| cut())?
        {
            self.event(&event, true)?;
        }
        match self.finish.as_deref() {
            None if self.done => Err(Fault::Garbled {
                why: "it ended without a reason".to_owned(),
            }),
            None => Err(cut()),
            Some("length") => Err(too_many_tokens()),
            Some("content_filter") => Err(Fault::Refused {
                said: "the provider's filter stopped it".to_owned(),
            }),
            Some("tool_calls" | "function_call") => Err(tool_call()),
            Some(_) if self.called_tool => Err(tool_call()),
            Some(_) if self.gathered.text.is_empty() && !self.refusal.is_empty() => Err(Fault::Refused {
                said: self.refusal.chars().take(300).collect(),
            }),
            Some("stop") => Ok("stop".to_owned()),
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

    /// What becomes of a stream's text: the answer's text, or the class of the fault.
    fn read(text: &str) -> Result<String, &'static str> {
        let mut chunks = Chunks::new();
        let fed = chunks.feed(text.as_bytes());
        fed.and_then(|()| chunks.end())
            .map(|_| chunks.gathered.text.clone())
            .map_err(|fault| fault.class())
    }

    /// A chunk with a delta and a finish reason, both as JSON.
    fn chunk(delta: &str, finish: &str) -> String {
        format!(
            "data: {{\"model\":\"m-1\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    }

    fn text(text: &str) -> String {
        chunk(&format!("{{\"content\":\"{text}\"}}"), "null")
    }

    fn stop() -> String {
        chunk("{}", "\"stop\"")
    }

    const DONE: &str = "data: [DONE]\n\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n";

    #[test]
    fn every_end_of_a_stream() {
        let hi = text("Hi");
        let stop = stop();
        let finished = |reason: &str| format!("{hi}{}{DONE}", chunk("{}", reason));
        let tool = chunk(
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}"#,
            "null",
        );
        for (name, stream, wanted) in [
            ("whole", format!("{hi}{stop}{USAGE}{DONE}"), Ok("Hi")),
            ("no usage", format!("{hi}{stop}{DONE}"), Ok("Hi")),
            ("no DONE after usage", format!("{hi}{stop}{USAGE}"), Ok("Hi")),
            ("no DONE and no usage", format!("{hi}{stop}"), Ok("Hi")),
            ("usage twice", format!("{hi}{stop}{USAGE}{USAGE}{DONE}"), Ok("Hi")),
            (
                "bytes after DONE",
                format!("{hi}{stop}{DONE}garbage\n\ndata: {{\n\n"),
                Ok("Hi"),
            ),
            ("keep-alives", format!(": wait\n\n{hi}: wait\n\n{stop}{DONE}"), Ok("Hi")),
            (
                "an empty delta first",
                format!("{}{hi}{stop}{DONE}", text("")),
                Ok("Hi"),
            ),
            (
                "message events",
                format!("{hi}{stop}{DONE}").replace("data: {", "event: message\ndata: {"),
                Ok("Hi"),
            ),
            ("CR LF", format!("{hi}{stop}{DONE}").replace('\n', "\r\n"), Ok("Hi")),
            (
                "chunks without choices",
                format!("data: {{\"prompt_filter_results\":[],\"choices\":[]}}\n\n{hi}{stop}{DONE}"),
                Ok("Hi"),
            ),
            (
                "unknown keys",
                format!(
                    "{}{hi}{stop}{DONE}",
                    chunk(r#"{"role":"assistant","content":null,"obfuscation":"x"}"#, "null")
                ),
                Ok("Hi"),
            ),
            (
                "null error",
                format!("data: {{\"error\":null,\"choices\":[]}}\n\n{hi}{stop}{DONE}"),
                Ok("Hi"),
            ),
            ("the last word unended", format!("{hi}{}", stop.trim_end()), Ok("Hi")),
            ("nothing at all", String::new(), Err("truncated")),
            ("cut after text", hi.clone(), Err("truncated")),
            (
                "cut in a line",
                format!("{hi}data: {{\"choices\":[{{\"del"),
                Err("truncated"),
            ),
            ("DONE without a finish", format!("{hi}{DONE}"), Err("garbled")),
            ("text after the finish", format!("{hi}{stop}{hi}{DONE}"), Err("garbled")),
            (
                "a line that is no JSON",
                format!("{hi}data: oops\n\n{stop}{DONE}"),
                Err("garbled"),
            ),
            ("length", finished("\"length\""), Err("truncated")),
            ("filter", finished("\"content_filter\""), Err("refused")),
            ("tool calls", finished("\"tool_calls\""), Err("refused")),
            (
                "a tool call that stops",
                format!("{hi}{tool}{stop}{DONE}"),
                Err("refused"),
            ),
            (
                "a tool call cut by length",
                format!("{tool}{}{DONE}", chunk("{}", "\"length\"")),
                Err("truncated"),
            ),
            ("an unknown finish", finished("\"bored\""), Err("garbled")),
            (
                "refusal",
                format!("{}{stop}{DONE}", chunk(r#"{"refusal":"I will not"}"#, "null")),
                Err("refused"),
            ),
            (
                "error object",
                format!("{hi}data: {{\"error\":{{\"code\":500,\"message\":\"x\"}}}}\n\n"),
                Err("transient"),
            ),
            (
                "error event",
                "event: error\ndata: {\"error\":{\"message\":\"greater than the context length\"}}\n\n".to_owned(),
                Err("context_overflow"),
            ),
            (
                "error event in words",
                "event: error\ndata: overloaded\n\n".to_owned(),
                Err("overloaded"),
            ),
        ] {
            assert_eq!(read(&stream).as_deref().map_err(|class| *class), wanted, "{name}");
        }
    }

    #[test]
    fn thinking_in_either_channel_is_counted_once_and_is_no_answer() {
        let mut chunks = Chunks::new();
        let both = chunk(r#"{"reasoning":"abc","reasoning_content":"abc"}"#, "null");
        let one = chunk(r#"{"reasoning_content":"de"}"#, "null");
        chunks.feed(format!("{both}{one}{}", stop()).as_bytes()).unwrap();
        assert_eq!((chunks.gathered.thought, chunks.gathered.text.as_str()), (5, ""));
    }

    #[test]
    fn buckets_are_disjoint_and_the_last_usage_holds() {
        let mut chunks = Chunks::new();
        let early = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n";
        chunks.feed(format!("{early}{}{USAGE}", stop()).as_bytes()).unwrap();
        let usage = chunks.gathered.usage;
        assert_eq!(
            (usage.input, usage.cache_read, usage.output),
            (Some(15), Some(4), Some(10))
        );
        assert_eq!((usage.cache_write, usage.micro_dollars), (None, None));
        assert_eq!(chunks.gathered.model.as_deref(), Some("m-1"));
    }

    #[test]
    fn a_server_that_cannot_stream_is_read_too() {
        let mut chunks = Chunks::new();
        let value = json!({"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}});
        chunks.whole(&value).unwrap();
        assert_eq!(chunks.end(), Ok("stop".to_owned()));
        assert_eq!(
            (chunks.gathered.text.as_str(), chunks.gathered.usage.output),
            ("Hi", Some(2))
        );
    }
}
