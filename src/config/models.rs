//! `[models.NAME]`: which models there are, where they are reached, and what they cost. Whatever leads to somebody's
//! server or money (addresses, keys, proxies) is taken from the user's own files only.

use crate::domain::edit::Format;
use crate::domain::plan::format::fields::seconds;
use crate::domain::plan::format::node::{Entry, Node, Value};
use crate::domain::usage::Price;

use super::model::{BuilderDef, BuilderKind, Config};
use super::reader::Reader;

/// The keys of a model.
pub(super) const KEYS: [&str; 20] = [
    "provider",
    "model",
    "base_url",
    "key_env",
    "key_cmd",
    "proxy",
    "plain_http",
    "context",
    "max_output",
    "temperature",
    "seed",
    "think",
    "cache",
    "edits",
    "connect",
    "first_byte",
    "stall",
    "total",
    "price",
    "quality_threshold",
];

/// Those of them that the tracked file may not have.
const OWN: [&str; 5] = ["base_url", "key_env", "key_cmd", "proxy", "plain_http"];

/// The keys of a price, in dollars for a million tokens.
pub(super) const PRICE: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

/// The kinds of servers.
const PROVIDERS: [(&str, ModelProvider); 3] = [
    ("openai", ModelProvider::OpenAi),
    ("ollama", ModelProvider::Ollama),
    ("anthropic", ModelProvider::Anthropic),
];

/// A kind of server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelProvider {
    /// Chat Completions: OpenAI, llama.cpp, vLLM, LM Studio, OpenRouter and others.
    #[default]
    OpenAi,
    /// Ollama.
    Ollama,
    /// Anthropic.
    Anthropic,
}

impl ModelProvider {
    /// Its name in the configuration and in trailers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Ollama => "ollama",
            Self::Anthropic => "anthropic",
        }
    }

    /// Where it is reached when nothing is said.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Ollama => "http://127.0.0.1:11434",
            Self::Anthropic => "https://api.anthropic.com",
        }
    }
}

/// Where a key comes from. The key itself is never in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable.
    Variable(String),
    /// The first line that a program prints.
    Command(Vec<String>),
}

/// How long a call may take, in seconds; what is not said is as the calls have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallSeconds {
    /// Until a connection is there.
    pub connect: Option<u64>,
    /// Until the answer begins.
    pub first_byte: Option<u64>,
    /// Between two pieces of it.
    pub stall: Option<u64>,
    /// In all.
    pub total: Option<u64>,
}

/// A model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelDef {
    /// Its name here; also the name of a builder.
    pub name: String,
    /// The kind of its server.
    pub provider: ModelProvider,
    /// Its name on the server.
    pub model: String,
    /// Where the server is.
    pub base_url: Option<String>,
    /// Where its key comes from.
    pub key: Option<KeySource>,
    /// A proxy's address.
    pub proxy: Option<String>,
    /// `http://` to another machine is wanted.
    pub plain_http: bool,
    /// Its window in tokens.
    pub context: Option<u64>,
    /// The most tokens of an answer.
    pub max_output: Option<u64>,
    /// Its temperature in thousandths.
    pub temperature_milli: Option<u32>,
    /// What its random choices begin with.
    pub seed: Option<i64>,
    /// Whether it thinks aloud.
    pub think: Option<bool>,
    /// The format of edits that it is asked for; the one that suits the files without.
    pub edits: Option<Format>,
    /// Whether the provider is asked to keep the prompt in its cache.
    pub cache: bool,
    /// How long a call may take.
    pub seconds: CallSeconds,
    /// What it costs.
    pub price: Price,
    /// The least share of first tries that have to pass, in thousandths.
    pub threshold_milli: Option<u32>,
}

impl Reader<'_, '_> {
    /// Reads `[models.NAME]`, key by key over what an earlier layer says.
    pub(super) fn model(&mut self, entry: &Entry) {
        let Value::Table(fields) = &entry.node.value else {
            return;
        };
        if entry.key == "manual" || entry.key.is_empty() || entry.key.chars().any(char::is_control) {
            let message = "this is no name for a model".to_owned();
            return self.error(&entry.at, "bad-name", message, "give it another name".to_owned());
        }
        let has = |key: &str| fields.iter().any(|field| field.key == key);
        let known = self.config.models.get(&entry.key).cloned();
        if known.is_none() && !(has("provider") && has("model")) {
            let message = format!("the model {} has no `provider` and `model`", entry.key);
            let fix =
                "add provider = \"openai\", \"ollama\" or \"anthropic\", and model = \"its name there\"".to_owned();
            self.error(&entry.at, "no-model", message, fix);
        }
        if (has("key_env") || has("key_cmd")) && !(has("provider") || has("base_url")) {
            let message = "nothing beside this key says which server it is for".to_owned();
            let fix = "add `provider` or `base_url` here, so that no other file decides where the key goes".to_owned();
            self.error(&entry.at, "key-for-nobody", message, fix);
        }
        let mut model = known.unwrap_or_default();
        model.name.clone_from(&entry.key);
        for field in fields {
            if !KEYS.contains(&field.key.as_str()) {
                self.unknown(field, &KEYS);
            } else if self.is_tracked() && OWN.contains(&field.key.as_str()) {
                let message = format!("`{}` belongs to whoever runs this, not to the repository", field.key);
                let fix = "move it to your own configuration, under the same [models.NAME]".to_owned();
                self.error(&field.at, "not-here", message, fix);
            } else {
                self.model_key(&mut model, field);
            }
        }
        self.config.models.insert(entry.key.clone(), model);
    }

    fn model_key(&mut self, model: &mut ModelDef, field: &Entry) {
        let node = &field.node;
        match field.key.as_str() {
            "provider" => model.provider = self.one_of(node, &PROVIDERS).unwrap_or(model.provider),
            "model" => model.model = self.text(node).unwrap_or_default(),
            "base_url" => model.base_url = self.text(node),
            "key_env" => model.key = self.key_variable(node).or(model.key.take()),
            "key_cmd" => model.key = self.program(node).map(KeySource::Command).or(model.key.take()),
            "proxy" => model.proxy = self.text(node),
            "plain_http" => model.plain_http = self.yes_or_no(node).unwrap_or_default(),
            "context" => model.context = self.count(node, 256).map(u64::from),
            "max_output" => model.max_output = self.count(node, 1).map(u64::from),
            "temperature" => {
                let milli = self.decimal(node, 3, "a number from 0 to 2");
                model.temperature_milli = milli.and_then(|milli| u32::try_from(milli).ok());
            }
            "seed" => model.seed = self.count(node, 0).map(i64::from),
            "think" => model.think = self.yes_or_no(node),
            "edits" => model.edits = self.edits(node).flatten(),
            "cache" => model.cache = self.yes_or_no(node).unwrap_or_default(),
            "connect" => model.seconds.connect = self.duration(node),
            "first_byte" => model.seconds.first_byte = self.duration(node),
            "stall" => model.seconds.stall = self.duration(node),
            "total" => model.seconds.total = self.duration(node),
            "quality_threshold" => model.threshold_milli = self.threshold(node),
            _ => {
                let mut price = Price::default();
                if let Value::Table(entries) = &node.value {
                    for entry in entries {
                        self.price(&mut price, entry);
                    }
                } else {
                    self.wrong_type(node, "dollars for a million tokens: { input = 3.00, output = 15.00 }");
                }
                model.price = price;
            }
        }
    }

    fn price(&mut self, price: &mut Price, entry: &Entry) {
        let bucket = match entry.key.as_str() {
            "input" => &mut price.input,
            "output" => &mut price.output,
            "cache_read" => &mut price.cache_read,
            "cache_write" => &mut price.cache_write,
            _ => return self.unknown(entry, &PRICE),
        };
        *bucket = self.decimal(&entry.node, 6, "dollars for a million tokens, such as 0.25");
    }

    /// The name of a variable. What is no name may be the key itself, so it is not repeated.
    fn key_variable(&mut self, node: &Node) -> Option<KeySource> {
        let name = self.text(node)?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            return Some(KeySource::Variable(name));
        }
        let message = "this is not the name of a variable".to_owned();
        let fix = "write the variable's name, not the key itself: key_env = \"OPENAI_API_KEY\"".to_owned();
        self.error(&node.span, "bad-variable", message, fix);
        None
    }

    /// A share of first tries, in thousandths.
    pub(super) fn threshold(&mut self, node: &Node) -> Option<u32> {
        let wanted = "a share between 0 and 1, such as 0.60";
        let milli = u32::try_from(self.decimal(node, 3, wanted)?)
            .ok()
            .filter(|milli| *milli <= 1000);
        if milli.is_none() {
            self.wrong_type(node, wanted);
        }
        milli
    }

    /// A number with at most `places` digits behind the point, as so many of its smallest parts.
    pub(super) fn decimal(&mut self, node: &Node, places: usize, wanted: &str) -> Option<u64> {
        let found = match &node.value {
            Value::Int(number) => parts(&number.to_string(), places),
            Value::Text(text) => parts(text, places),
            _ => None,
        };
        if found.is_none() {
            self.wrong_type(node, wanted);
        }
        found
    }

    pub(super) fn duration(&mut self, node: &Node) -> Option<u64> {
        let found = seconds(&node.value);
        if found.is_none() {
            self.wrong_type(node, "seconds, or \"90s\", \"10m\", \"1h\"");
        }
        found
    }
}

fn parts(text: &str, places: usize) -> Option<u64> {
    let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || behind.len() > places || !digits(whole) || !digits(behind) {
        return None;
    }
    format!("{whole}{behind:0<places$}").parse().ok()
}

impl Config {
    /// Gives every model to the builders: each is one by its own name, unless that is taken, and those that name a
    /// model, as themselves or as their gateway, get it.
    pub(super) fn join_models(&mut self) {
        for builder in self.builders.values_mut() {
            if let Some(model) = builder.kind.model_mut()
                && let Some(found) = self.models.get(&model.name)
            {
                *model = found.clone();
            }
        }
        for (name, model) in &self.models {
            self.builders.entry(name.clone()).or_insert_with(|| BuilderDef {
                name: name.clone(),
                kind: BuilderKind::Model(Box::new(model.clone())),
                threshold_milli: model.threshold_milli,
                tracked: false,
            });
        }
    }
}

#[cfg(test)]
mod tests;
