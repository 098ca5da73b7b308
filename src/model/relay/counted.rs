//! What an answer that passes by tells of its use: read out of JSON, of events and of lines, in whatever pieces it comes.

use serde_json::Value;

use crate::domain::usage::Usage;

/// The most bytes of one line, and of one whole answer, that are looked at.
const MOST: usize = 8 * 1024 * 1024;

/// What was read so far.
#[derive(Debug, Default)]
pub struct Counted {
    usage: Usage,
    text: u64,
    line: Vec<u8>,
    is_whole: bool,
    lost: bool,
}

impl Counted {
    /// Begins with an answer of this type.
    pub fn new(content_type: &str) -> Self {
        let kind = content_type.to_ascii_lowercase();
        Self {
            is_whole: kind.contains("json") && !kind.contains("ndjson") && !kind.contains("jsonl"),
            ..Self::default()
        }
    }

    /// Takes bytes of the answer.
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' && !self.is_whole {
                self.end_line();
            } else if self.line.len() < MOST {
                self.line.push(*byte);
            } else {
                self.lost = true;
            }
        }
    }

    /// What it used, and the bytes of text in it. The end of the answer has come.
    pub fn end(mut self) -> (Usage, u64) {
        self.end_line();
        if self.lost {
            return (Usage::default(), self.text);
        }
        (self.usage, self.text)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let data = line.strip_prefix(b"data:").unwrap_or(&line);
        if let Ok(value) = serde_json::from_slice::<Value>(data.trim_ascii()) {
            self.take(&value);
        }
    }

    fn take(&mut self, value: &Value) {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        match kind {
            // What is counted at the beginning is not all that will come.
            "message_start" => self.read(&value["message"]["usage"], false),
            _ => {
                for place in ["/usage", "/response/usage"] {
                    self.read(value.pointer(place).unwrap_or(&Value::Null), true);
                }
            }
        }
        if value.get("done").and_then(Value::as_bool) == Some(true) {
            let count = |name: &str| value.get(name).and_then(Value::as_u64);
            self.usage.input = count("prompt_eval_count").or(self.usage.input);
            self.usage.output = count("eval_count").or(self.usage.output);
        }
        self.text += text_of(value, kind);
    }

    fn read(&mut self, told: &Value, at_end: bool) {
        if !told.is_object() {
            return;
        }
        let count = |path: &str| told.pointer(path).and_then(Value::as_u64);
        let ours = &mut self.usage;
        // OpenAI counts what its cache held among the input, Anthropic beside it.
        let among = count("/prompt_tokens_details/cached_tokens").or(count("/input_tokens_details/cached_tokens"));
        let written = count("/prompt_tokens_details/cache_write_tokens");
        let input = count("/prompt_tokens").or(count("/input_tokens"));
        let both = among.unwrap_or_default().saturating_add(written.unwrap_or_default());
        ours.input = input.map(|all| all.saturating_sub(both)).or(ours.input);
        ours.cache_read = among.or(count("/cache_read_input_tokens")).or(ours.cache_read);
        ours.cache_write = written.or(count("/cache_creation_input_tokens")).or(ours.cache_write);
        if at_end {
            ours.output = count("/completion_tokens").or(count("/output_tokens")).or(ours.output);
        }
    }
}

/// The bytes of what a model wrote in one event, or in a whole answer.
fn text_of(value: &Value, kind: &str) -> u64 {
    let length = |path: &str| match value.pointer(path) {
        Some(Value::String(text)) => text.len() as u64,
        Some(Value::Object(fields)) if path.ends_with("delta") => {
            let written = fields.iter().filter(|(name, _)| *name != "type");
            let texts = written.filter_map(|(_, value)| value.as_str());
            texts.map(|text| text.len() as u64).sum()
        }
        _ => 0,
    };
    if kind.ends_with("delta") {
        return length("/delta");
    }
    let listed = |path: &str| {
        let parts = value.pointer(path).and_then(Value::as_array).into_iter().flatten();
        let texts = parts.filter_map(|part| part.get("text").and_then(Value::as_str));
        texts.map(|text| text.len() as u64).sum::<u64>()
    };
    length("/choices/0/delta/content")
        + length("/choices/0/message/content")
        + length("/choices/0/text")
        + length("/message/content")
        + length("/response")
        + listed("/content")
        + listed("/output/0/content")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, text: &str) -> (Option<u64>, Option<u64>, Option<u64>, u64) {
        let ends = |size: usize| {
            let mut counted = Counted::new(content_type);
            for part in text.as_bytes().chunks(size) {
                counted.feed(part);
            }
            let (usage, text) = counted.end();
            (usage.input, usage.cache_read, usage.output, text)
        };
        let whole = ends(text.len().max(1));
        for size in [1, 7, 100] {
            assert_eq!(ends(size), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn every_kind_of_answer_tells_its_use() {
        let chat = "{\n \"choices\": [{\"message\": {\"content\": \"Hello\"}}],\n \"usage\": {\"prompt_tokens\": 30, \"completion_tokens\": 4, \"prompt_tokens_details\": {\"cached_tokens\": 10}}}";
        assert_eq!(read("application/json", chat), (Some(20), Some(10), Some(4), 5));
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n";
        assert_eq!(read("text/event-stream", stream), (Some(30), None, Some(4), 5));
        let responses = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":2}}}\n\n";
        assert_eq!(read("text/event-stream", responses), (Some(9), None, Some(2), 5));
        let messages = "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":11,\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":6}}\n\n";
        assert_eq!(read("text/event-stream", messages), (Some(11), Some(5), Some(6), 5));
        let cut = messages.split("data: {\"type\":\"message_delta\"").next().unwrap();
        assert_eq!(
            read("text/event-stream", cut).2,
            None,
            "what is not at its end is not counted"
        );
        let ollama = "{\"message\":{\"content\":\"Hello\"},\"done\":false}\n{\"done\":true,\"prompt_eval_count\":8,\"eval_count\":3}\n";
        assert_eq!(read("application/x-ndjson", ollama), (Some(8), None, Some(3), 5));
        assert_eq!(read("text/plain", "no JSON at all"), (None, None, None, 0));
    }
}
