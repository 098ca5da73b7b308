//! `[models.NAME]`: which models there are, where they are reached, and what they cost. Whatever leads to somebody's
//! server or money (addresses, keys, proxies) is taken from the user's own files only.

use crate::domain::plan::format::fields::seconds;
use crate::domain::plan::format::node::{Entry, Node, Value};
use crate::domain::usage::Price;

use super::model::{BuilderDef, BuilderKind, Config};
use super::reader::Reader;

/// The keys of a model.
pub(super) const KEYS: [&str; 18] = [
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
    "connect",
    "first_byte",
    "stall",
    "total",
    "price",
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
    /// Whether the provider is asked to keep the prompt in its cache.
    pub cache: bool,
    /// How long a call may take.
    pub seconds: CallSeconds,
    /// What it costs.
    pub price: Price,
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
            "cache" => model.cache = self.yes_or_no(node).unwrap_or_default(),
            "connect" => model.seconds.connect = self.duration(node),
            "first_byte" => model.seconds.first_byte = self.duration(node),
            "stall" => model.seconds.stall = self.duration(node),
            "total" => model.seconds.total = self.duration(node),
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

    /// A number with at most `places` digits behind the point, as so many of its smallest parts.
    fn decimal(&mut self, node: &Node, places: usize, wanted: &str) -> Option<u64> {
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
                tracked: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Source, load};
    use crate::domain::diagnostic::Diagnostic;

    fn read(tracked: &str, user: &str) -> Result<Config, Vec<Diagnostic>> {
        load(
            &[(tracked, Layer::Tracked), (user, Layer::User)].map(|(text, layer)| Source {
                file: format!("{layer:?}"),
                text,
                layer,
            }),
        )
    }

    fn code(tracked: &str, user: &str) -> &'static str {
        let wrong = read(tracked, user).unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        wrong[0].code
    }

    const TRACKED: &str = "[roles]\nbuilder = \"sonnet\"\n[models.sonnet]\nprovider = \"anthropic\"\nmodel = \"s-1\"\nmax_output = 4000\nprice = { input = 3.00, output = 15, cache_read = 0.3 }\n";

    #[test]
    fn the_repository_names_the_model_and_the_user_the_way_to_it() {
        let user = "[models.sonnet]\nbase_url = \"https://proxy.example\"\nkey_env = \"MY_KEY\"\nstall = \"20s\"\n";
        let config = read(TRACKED, user).unwrap();
        let BuilderKind::Model(model) = &config.builders["sonnet"].kind else {
            panic!("no model")
        };
        assert_eq!(
            (model.provider, model.model.as_str()),
            (ModelProvider::Anthropic, "s-1")
        );
        assert_eq!(model.base_url.as_deref(), Some("https://proxy.example"));
        assert_eq!(model.key, Some(KeySource::Variable("MY_KEY".to_owned())));
        assert_eq!((model.seconds.stall, model.max_output), (Some(20), Some(4000)));
        let wanted = Price {
            input: Some(3_000_000),
            output: Some(15_000_000),
            cache_read: Some(300_000),
            cache_write: None,
        };
        assert_eq!(model.price, wanted);
    }

    #[test]
    fn a_builder_may_have_another_name_than_its_model() {
        let config = read(
            "",
            "[roles]\narchitect = \"arch\"\n[models.q]\nprovider = \"ollama\"\nmodel = \"qwen\"\ncontext = 32768\ntemperature = 0.2\nkey_cmd = [\"pass\", \"show\", \"q\"]\n[builders.arch]\nkind = \"model\"\nmodel = \"q\"\n",
        )
        .unwrap();
        let BuilderKind::Model(model) = &config.architect().unwrap().kind else {
            panic!("no model")
        };
        assert_eq!((model.context, model.temperature_milli), (Some(32_768), Some(200)));
        assert_eq!(
            model.key,
            Some(KeySource::Command(["pass", "show", "q"].map(str::to_owned).to_vec()))
        );
    }

    #[test]
    fn what_leads_to_a_server_or_to_money_is_refused_in_the_tracked_file() {
        for line in [
            "base_url = \"https://evil.example\"",
            "key_env = \"AWS_SECRET\"",
            "key_cmd = [\"cat\", \"x\"]",
            "proxy = \"http://x\"",
            "plain_http = true",
        ] {
            assert_eq!(code(&format!("{TRACKED}{line}\n"), ""), "not-here", "{line}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let model = "[models.q]\nprovider = \"openai\"\nmodel = \"m\"\n";
        for (text, wanted) in [
            ("[models.q]\nmodel = \"m\"\n".to_owned(), "no-model"),
            (format!("{model}price = {{ input = -1 }}\n"), "wrong-type"),
            (format!("{model}price = {{ input = 0.1234567 }}\n"), "wrong-type"),
            (format!("{model}price = {{ imput = 1 }}\n"), "unknown-key"),
            (format!("{model}colour = 1\n"), "unknown-key"),
            (format!("{model}temperature = \"hot\"\n"), "wrong-type"),
            (format!("{model}context = 0\n"), "wrong-type"),
            (model.replace("openai", "opnai"), "wrong-type"),
            (model.replace(".q]", ".manual]"), "bad-name"),
            (
                "[builders.b]\nkind = \"model\"\nmodel = \"ghost\"\n".to_owned(),
                "unknown-name",
            ),
            ("[builders.b]\nkind = \"model\"\n".to_owned(), "no-model"),
        ] {
            assert_eq!(code("", &text), wanted, "{text}");
        }
        assert_eq!(code(TRACKED, "[models.sonnet]\nkey_env = \"K\"\n"), "key-for-nobody");
    }

    #[test]
    fn a_key_where_its_variables_name_belongs_is_not_repeated() {
        let key = format!("sk-{}", "a1b2".repeat(8));
        let user = format!("[models.q]\nprovider = \"openai\"\nmodel = \"m\"\nkey_env = \"{key}\"\n");
        let wrong = read("", &user).unwrap_err();
        assert_eq!(wrong[0].code, "bad-variable");
        assert!(!format!("{} {}", wrong[0], wrong[0].fix).contains(&key));
    }
}
