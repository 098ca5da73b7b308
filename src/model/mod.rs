//! Models behind HTTP: a [`Provider`] for each wire format, and what can go wrong with one, typed by what follows.
//!
//! A call gives a whole answer or a [`Fault`]; what was cut, stalled or refused is never an answer. Cards, packets and
//! lanes do not enter, nor does the configuration: everything arrives as an [`Endpoint`] and a [`Request`]. Nothing is
//! set up before the first call.

mod address;
mod anthropic;
pub mod classify;
pub mod decode;
mod exchange;
mod fault;
mod http;
mod ollama;
mod openai;
pub mod relay;
pub mod retry;
mod secret;
mod think;
mod tls;

use std::time::Duration;

use crate::clock::Clock;
use crate::domain::usage::{Progress, Usage};
use crate::process::Cancel;

pub use fault::{Action, Fault, Phase, ProviderError};
pub use secret::Secret;

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Chat Completions, of OpenAI and of llama.cpp, vLLM, LM Studio, OpenRouter and others.
    OpenAi,
    /// Ollama's own interface: the only one that sets its window.
    Ollama,
    /// Anthropic's Messages.
    Anthropic,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection is there.
    pub connect: Duration,
    /// From then until the answer begins: a local model is loaded and reads the whole packet in this time.
    pub first_byte: Duration,
    /// Between any two pieces of the answer.
    pub stall: Duration,
    /// In all.
    pub total: Duration,
    /// The most bytes of an answer, as they come over the wire.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            stall: Duration::from_secs(60),
            total: Duration::from_secs(1800),
            answer_bytes: 64 * 1024 * 1024,
        }
    }
}

/// A model on a server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// How it is spoken to.
    pub wire: Wire,
    /// The address that the format's path is appended to, without a slash at its end.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// What proves who asks.
    pub key: Option<Secret>,
    /// A proxy's address, which may hold a password; none of the environment's is used.
    pub proxy: Option<Secret>,
    /// Sends to a plain `http://` address that is not this machine.
    pub plain_http: bool,
    /// How long a call may take.
    pub limits: Limits,
}

/// What a model is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// What holds for the whole conversation.
    pub system: Option<String>,
    /// The question.
    pub prompt: String,
    /// The model's window in tokens; for Ollama it is also requested.
    pub context: Option<u64>,
    /// The most tokens of the answer.
    pub max_output: Option<u64>,
    /// How freely words are chosen; some models refuse any word on it.
    pub temperature: Option<f64>,
    /// What random choices begin with, where the server has that.
    pub seed: Option<i64>,
    /// Whether a model that can think aloud does; as the server likes without.
    pub think: Option<bool>,
    /// Asks the provider to keep the prompt in its cache; writing it there costs extra.
    pub cache: bool,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its text, without what the model thought aloud.
    pub text: String,
    /// The server's word for why it ended.
    pub finish: String,
    /// What it used; money is not known here.
    pub usage: Usage,
    /// The model that the server says has answered.
    pub model: Option<String>,
}

/// What a call needs besides its question.
pub struct Surroundings<'a> {
    /// The time, and chance.
    pub clock: &'a dyn Clock,
    /// Set when the user wants to stop.
    pub cancel: &'a Cancel,
    /// Told of what has come, at most a few times a second.
    pub progress: &'a dyn Fn(&Progress),
    /// Who pays.
    pub meter: &'a dyn Meter,
}

/// Who pays for calls: asked before each, and told what each used.
pub trait Meter {
    /// Whether a call may be made.
    ///
    /// # Errors
    /// Why not, in words.
    fn before(&self) -> Result<(), String>;

    /// After a call that was answered with this use, and so many bytes of text.
    fn answered(&self, used: &Usage, text: u64);

    /// After a call that failed.
    fn failed(&self, error: &ProviderError);
}

/// Nobody asks what calls cost.
#[derive(Debug, Clone, Copy)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn before(&self) -> Result<(), String> {
        Ok(())
    }

    fn answered(&self, _used: &Usage, _text: u64) {}

    fn failed(&self, _error: &ProviderError) {}
}

/// A model that can be asked.
pub trait Provider {
    /// Asks once, without trying again.
    ///
    /// # Errors
    /// Whatever keeps the answer from being whole, with what was used up to then.
    fn complete(&self, request: &Request, around: &Surroundings) -> Result<Answer, ProviderError>;
}

/// The provider of an endpoint. Nothing is connected yet.
pub fn provider(endpoint: Endpoint) -> Box<dyn Provider> {
    match endpoint.wire {
        Wire::OpenAi => Box::new(openai::OpenAi(endpoint)),
        Wire::Ollama => Box::new(ollama::Ollama(endpoint)),
        Wire::Anthropic => Box::new(anthropic::Anthropic(endpoint)),
    }
}
