//! One call from the question to a whole answer or a fault, the same for every wire format: what differs comes in as a
//! [`Post`] and a [`Reading`].

use std::time::Duration;

use serde_json::Value;

use crate::domain::usage::{Progress, Usage};

use super::address;
use super::classify;
use super::fault::{Fault, ProviderError};
use super::http::{Incoming, Next, Post};
use super::think::without_thinking;
use super::{Answer, Endpoint, Surroundings};

/// The most bytes of one event of a stream.
pub(super) const EVENT_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of an error's body that are read.
const ERROR_BYTES: usize = 64 * 1024;

/// The time between two words on progress.
const PROGRESS: Duration = Duration::from_millis(250);

/// What has come of an answer so far, as every format gathers it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The answer's text.
    pub text: String,
    /// Bytes of what the model thought aloud, in a channel of its own.
    pub thought: usize,
    /// What it used.
    pub usage: Usage,
    /// The model that answers, as the server says.
    pub model: Option<String>,
}

/// A wire format's reader of a stream.
pub(super) trait Reading {
    /// Takes bytes of the body.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault>;

    /// Takes a body that is one JSON value: servers that cannot stream send that.
    fn whole(&mut self, value: &Value) -> Result<(), Fault>;

    /// The bytes are at their end; gives the server's word for why the answer ended.
    ///
    /// # Errors
    /// Where the answer is not whole, or was not meant to be one.
    fn end(&mut self) -> Result<String, Fault>;

    /// What has come.
    fn gathered(&self) -> &Gathered;
}

/// Makes a call.
pub(super) fn exchange(
    endpoint: &Endpoint,
    post: Post,
    reading: &mut dyn Reading,
    around: &Surroundings,
) -> Result<Answer, ProviderError> {
    match read(endpoint, post, reading, around) {
        Ok(answer) => Ok(answer),
        Err(fault) => Err(ProviderError {
            fault: strike(endpoint, fault),
            usage: reading.gathered().usage,
            partial: reading.gathered().text.clone(),
        }),
    }
}

fn read(endpoint: &Endpoint, post: Post, reading: &mut dyn Reading, around: &Surroundings) -> Result<Answer, Fault> {
    let mut incoming = Incoming::start(endpoint, post, around.cancel)?;
    let head = incoming.head()?;
    if head.status != 200 {
        let body = short_body(&mut incoming)?;
        return Err(classify::of_status(&head, &body, around.clock.now()));
    }
    if head.is_html() {
        let said = "base_url leads to a page for people, not to a model's server".to_owned();
        return Err(Fault::Setup { said });
    }
    if head.is_json() {
        whole(endpoint, &mut incoming, reading)?;
    } else {
        stream(endpoint, &mut incoming, reading, around)?;
    }
    let finish = reading.end()?;
    let gathered = reading.gathered();
    let text = without_thinking(&gathered.text);
    if text.trim().is_empty() {
        let thought = gathered.thought > 0 || !gathered.text.trim().is_empty();
        return Err(Fault::Empty { thought });
    }
    Ok(Answer {
        text: text.to_owned(),
        finish,
        usage: gathered.usage,
        model: gathered.model.clone(),
    })
}

/// Reads a stream to its end. A lost connection is no fault by itself: whether the answer was whole before is for its
/// reader to say.
fn stream(
    endpoint: &Endpoint,
    incoming: &mut Incoming,
    reading: &mut dyn Reading,
    around: &Surroundings,
) -> Result<(), Fault> {
    let mut told = Duration::ZERO;
    while let Next::Bytes(bytes) = incoming.next()? {
        reading.feed(&bytes)?;
        let elapsed = incoming.elapsed();
        if elapsed.saturating_sub(told) >= PROGRESS || told.is_zero() {
            told = elapsed;
            let gathered = reading.gathered();
            (around.progress)(&Progress {
                model: endpoint.model.clone(),
                // Until the server counts: about four bytes a token.
                tokens: ((gathered.text.len() + gathered.thought) / 4) as u64,
                seconds: elapsed.as_secs(),
            });
        }
    }
    Ok(())
}

fn whole(endpoint: &Endpoint, incoming: &mut Incoming, reading: &mut dyn Reading) -> Result<(), Fault> {
    let mut body = Vec::new();
    loop {
        match incoming.next()? {
            Next::Bytes(bytes) => body.extend(bytes),
            Next::End => break,
            Next::Lost(why) => return Err(Fault::Truncated { why }),
        }
    }
    // Ollama and others say "application/json" and send lines; each format's stream reader knows them.
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) => reading.whole(&value),
        Err(_) if endpoint.wire == super::Wire::Ollama => reading.feed(&body),
        Err(error) => Err(Fault::Garbled {
            why: format!("its JSON is broken: {error}"),
        }),
    }
}

/// The body of an error, as far as it says anything.
fn short_body(incoming: &mut Incoming) -> Result<String, Fault> {
    let mut body = Vec::new();
    while let Next::Bytes(bytes) = incoming.next()? {
        body.extend(bytes);
        if body.len() > ERROR_BYTES {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Strikes the key out of what a server said: some repeat it.
fn strike(endpoint: &Endpoint, mut fault: Fault) -> Fault {
    let Some(key) = &endpoint.key else {
        return fault;
    };
    match &mut fault {
        Fault::RateLimited { said, .. }
        | Fault::Quota { said }
        | Fault::Overloaded { said, .. }
        | Fault::Auth { said }
        | Fault::Setup { said }
        | Fault::ContextOverflow { said, .. }
        | Fault::Refused { said } => *said = key.strike(said),
        Fault::Transient { why } | Fault::Truncated { why } | Fault::Garbled { why } => *why = key.strike(why),
        Fault::Stalled { .. }
        | Fault::TimedOut { .. }
        | Fault::Empty { .. }
        | Fault::Runaway { .. }
        | Fault::Withheld { .. }
        | Fault::Cancelled => {}
    }
    fault
}

/// A line of a stream as JSON. Where the stream ended with it, it was cut.
pub(super) fn json(text: &str, at_end: bool) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|_| {
        if at_end {
            cut()
        } else {
            let start: String = text.chars().take(60).collect();
            Fault::Garbled {
                why: format!("a line of it is no JSON: {start}"),
            }
        }
    })
}

/// The stream ended before the answer did.
pub(super) fn cut() -> Fault {
    Fault::Truncated {
        why: "the connection ended in the middle of it".to_owned(),
    }
}

/// The answer ran into the most tokens that it may have.
pub(super) fn too_many_tokens() -> Fault {
    Fault::Truncated {
        why: "it reached the most tokens that it may have (max_output)".to_owned(),
    }
}

/// The model called a tool, though none was offered.
pub(super) fn tool_call() -> Fault {
    Fault::Refused {
        said: "it called a tool instead of answering, and none was offered".to_owned(),
    }
}

/// The address of a path, and the headers that every format sends.
pub(super) fn post(endpoint: &Endpoint, path: &str, body: &Value) -> Result<Post, Fault> {
    Ok(Post {
        url: address::url(endpoint, path)?,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string(),
    })
}
