//! Ollama's own interface. Its window is always requested, and cutting the prompt in silence is switched off.

use serde_json::{Map, Value, json};

use super::decode::ndjson::NdjsonDecoder;
use super::exchange::{self, EVENT_BYTES, Gathered, Reading, cut, exchange, too_many_tokens, tool_call};
use super::fault::{Fault, ProviderError};
use super::{Answer, Endpoint, Provider, Request, Surroundings, classify};

/// How long a model stays loaded after a call: as long as checks may take between two of them.
const KEEP_ALIVE: &str = "15m";

/// An Ollama server.
pub(super) struct Ollama(pub(super) Endpoint);

impl Provider for Ollama {
    fn complete(&self, request: &Request, around: &Surroundings) -> Result<Answer, ProviderError> {
        let mut post = exchange::post(&self.0, "/api/chat", &body(&self.0, request))?;
        if let Some(key) = &self.0.key {
            post.headers.push(("authorization", format!("Bearer {}", key.expose())));
        }
        exchange(&self.0, post, &mut Lines::new(request.context), around).map_err(|mut error| {
            if let Fault::Setup { said } = &mut error.fault
                && said.contains("not found")
            {
                said.push_str(&format!("; to fetch it: `ollama pull {}`", self.0.model));
            }
            error
        })
    }
}

fn body(endpoint: &Endpoint, request: &Request) -> Value {
    let mut messages = Vec::new();
    if let Some(system) = &request.system {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": request.prompt}));
    let mut options = Map::new();
    // One window for every call: another one loads the model again.
    let wanted = [
        ("num_ctx", request.context.map(|window| json!(window))),
        ("num_predict", request.max_output.map(|most| json!(most))),
        ("temperature", request.temperature.map(|temperature| json!(temperature))),
        ("seed", request.seed.map(|seed| json!(seed))),
    ];
    for (name, value) in wanted {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    }
    let mut body = json!({
        "model": endpoint.model,
        "messages": messages,
        "stream": true,
        "truncate": false,
        "shift": false,
        "keep_alive": KEEP_ALIVE,
        "options": options,
    });
    if let Some(think) = request.think {
        body["think"] = json!(think);
    }
    body
}

/// Reads the lines of an answer.
struct Lines {
    decoder: Option<NdjsonDecoder>,
    gathered: Gathered,
    window: Option<u64>,
    called_tool: bool,
    finish: Option<String>,
}

impl Lines {
    fn new(window: Option<u64>) -> Self {
        Self {
            decoder: Some(NdjsonDecoder::new(EVENT_BYTES)),
            gathered: Gathered::default(),
            window,
            called_tool: false,
            finish: None,
        }
    }

    fn line(&mut self, value: &Value) -> Result<(), Fault> {
        if self.finish.is_some() {
            return Ok(());
        }
        if value.get("error").is_some() {
            return Err(classify::of_object(value));
        }
        if let Some(model) = value.get("model").and_then(Value::as_str) {
            self.gathered.model = Some(model.to_owned());
        }
        let text = |key: &str| {
            let found = value.get("message").and_then(|message| message.get(key));
            found.and_then(Value::as_str).unwrap_or_default()
        };
        self.gathered.text.push_str(text("content"));
        self.gathered.thought += text("thinking").len();
        self.called_tool |= value
            .pointer("/message/tool_calls")
            .and_then(Value::as_array)
            .is_some_and(|calls| !calls.is_empty());
        if value.get("done").and_then(Value::as_bool) == Some(true) {
            let count = |key: &str| value.get(key).and_then(Value::as_u64);
            self.gathered.usage.input = count("prompt_eval_count");
            self.gathered.usage.output = count("eval_count");
            // Servers from before the reasons end an answer without one.
            let reason = value.get("done_reason").and_then(Value::as_str).unwrap_or("stop");
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    /// Whether prompt and answer fill the window to its brim: then something of the prompt was dropped in silence.
    fn overran(&self) -> bool {
        let used = &self.gathered.usage;
        match (self.window, used.input, used.output) {
            (Some(window), Some(input), Some(output)) => input + output >= window,
            _ => false,
        }
    }
}

impl Reading for Lines {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut lines = Vec::new();
        let decoded = match &mut self.decoder {
            Some(decoder) => decoder.feed(bytes, &mut lines),
            None => Ok(()),
        };
        for line in &lines {
            if self.finish.is_none() {
                self.line(&exchange::json(line, false)?)?;
            }
        }
        if self.finish.is_some() { Ok(()) } else { Ok(decoded?) }
    }

    fn whole(&mut self, value: &Value) -> Result<(), Fault> {
        self.line(value)
    }

    fn end(&mut self) -> Result<String, Fault> {
        if self.finish.is_none()
            && let Some(decoder) = self.decoder.take()
            && let Some(line) = decoder.finish().map_err(|_| cut())?
        {
            self.line(&exchange::json(&line, true)?)?;
        }
        match self.finish.as_deref() {
            None => Err(cut()),
            Some("length") => Err(too_many_tokens()),
            Some(_) if self.called_tool => Err(tool_call()),
            Some("stop") if self.overran() => Err(Fault::Truncated {
                why: "packet and answer filled the whole window (context), so some of it was dropped".to_owned(),
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

    fn read(text: &str) -> Result<String, &'static str> {
        let mut lines = Lines::new(Some(100));
        let fed = lines.feed(text.as_bytes());
        fed.and_then(|()| lines.end())
            .map(|_| lines.gathered.text.clone())
            .map_err(|fault| fault.class())
    }

    const HI: &str = "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n";

    fn done(more: &str) -> String {
        format!("{{\"model\":\"q\",\"message\":{{\"content\":\"\"}},\"done\":true{more}}}\n")
    }

    #[test]
    fn every_end_of_a_stream() {
        let stop = done(",\"done_reason\":\"stop\",\"prompt_eval_count\":26,\"eval_count\":8");
        let full = done(",\"done_reason\":\"stop\",\"prompt_eval_count\":60,\"eval_count\":40");
        let tool = "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]},\"done\":false}\n";
        for (name, stream, wanted) in [
            ("whole", format!("{HI}{stop}"), Ok("Hi")),
            ("without a last line end", format!("{HI}{}", stop.trim_end()), Ok("Hi")),
            ("CR LF", format!("{HI}{stop}").replace('\n', "\r\n"), Ok("Hi")),
            ("an old server gives no reason", format!("{HI}{}", done("")), Ok("Hi")),
            ("lines after the end", format!("{HI}{stop}{HI}oops\n"), Ok("Hi")),
            ("nothing", String::new(), Err("truncated")),
            ("cut between lines", HI.to_owned(), Err("truncated")),
            ("cut in a line", format!("{HI}{{\"mess"), Err("truncated")),
            ("no JSON", format!("{HI}oops\n{stop}"), Err("garbled")),
            (
                "length",
                format!("{HI}{}", done(",\"done_reason\":\"length\"")),
                Err("truncated"),
            ),
            ("load", done(",\"done_reason\":\"load\""), Err("garbled")),
            ("the window is full", format!("{HI}{full}"), Err("truncated")),
            ("a tool call", format!("{tool}{stop}"), Err("refused")),
            (
                "an error line",
                format!("{HI}{{\"error\":\"model runner has stopped\"}}\n"),
                Err("transient"),
            ),
            (
                "overflow",
                "{\"error\":\"the input exceeds the context length\"}\n".to_owned(),
                Err("context_overflow"),
            ),
        ] {
            assert_eq!(read(&stream).as_deref().map_err(|class| *class), wanted, "{name}");
        }
    }

    #[test]
    fn thinking_is_no_answer_and_the_counts_are_the_servers() {
        let mut lines = Lines::new(None);
        let thought = "{\"message\":{\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}\n";
        let stream = format!("{thought}{HI}{}", done(",\"prompt_eval_count\":26,\"eval_count\":8"));
        lines.feed(stream.as_bytes()).unwrap();
        let gathered = lines.gathered();
        assert_eq!((gathered.thought, gathered.text.as_str()), (2, "Hi"));
        assert_eq!((gathered.usage.input, gathered.usage.output), (Some(26), Some(8)));
        assert_eq!(gathered.usage.cache_read, None);
    }

    #[test]
    fn the_window_is_fixed_and_nothing_is_cut_in_silence() {
        let endpoint = Endpoint {
            wire: super::super::Wire::Ollama,
            base_url: String::new(),
            model: "q".to_owned(),
            key: None,
            proxy: None,
            plain_http: false,
            limits: super::super::Limits::default(),
        };
        let request = Request {
            context: Some(32_768),
            max_output: Some(8192),
            seed: Some(1),
            think: Some(false),
            prompt: "x".to_owned(),
            ..Request::default()
        };
        let body = body(&endpoint, &request);
        assert_eq!(
            (&body["truncate"], &body["shift"], &body["think"]),
            (&json!(false), &json!(false), &json!(false))
        );
        assert_eq!(
            body["options"],
            json!({"num_ctx": 32768, "num_predict": 8192, "seed": 1})
        );
    }
}
