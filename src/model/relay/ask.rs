//! What a program may ask of a model's server, by the kind of its interface: which methods and paths, which models, and
//! nothing that is more than one answer to what the request holds. Pure.

use serde_json::Value;

use super::super::Wire;
use super::strict;

mod routes;

use routes::{ANTHROPIC, Bound, GOVERNED, Kind, MORE, OLLAMA, OPENAI, PROVIDERS_TOOLS, QUERIES, Route};

/// Tokens that a server may put round a request: its words on tools, and the like.
const AROUND: u64 = 1024;

/// What may be asked, and of which model.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How the server is spoken to.
    pub wire: Wire,
    /// The names of the models that the configuration names.
    pub models: Vec<String>,
    /// The most tokens of an answer where a request does not say it.
    pub max_output: Option<u64>,
    /// The name by which this server is told that.
    pub max_output_name: &'static str,
}

/// A request that may be passed on.
#[derive(Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its body, with the bound of its answer.
    pub body: Vec<u8>,
    /// The most that it can use; none where it asks for no answer of a model.
    pub most: Option<Most>,
}

/// The most tokens that a call can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Of input.
    pub input: u64,
    /// Of output, where there is a bound.
    pub output: Option<u64>,
}

/// Why a request is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The method is none that a model is asked with.
    #[error("the method {0} is not passed on to a model's server; GET and POST are")]
    Method(String),
    /// The path is not of the interface.
    #[error("this path is not the model's interface: {0}")]
    Path(String),
    /// Another model than the configuration's.
    #[error("the model {asked} is not the one that the configuration names ({named})")]
    Model {
        /// What was asked for.
        asked: String,
        /// What may be.
        named: String,
    },
    /// The body asks for more than an answer, or cannot be read in one way.
    #[error("the request is not passed on: {0}")]
    Body(String),
}

impl Rules {
    /// Judges a request below the interface's path.
    ///
    /// # Errors
    /// Why it is not passed on.
    pub fn judge(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Admitted, Refused> {
        let kind = self.kind(method, path)?;
        if kind == Kind::Look {
            if !body.is_empty() {
                return Err(Refused::Body("a look at what there is has no body".to_owned()));
            }
            return Ok(Admitted { body, most: None });
        }
        let value = strict::read(&body).map_err(Refused::Body)?;
        let Value::Object(fields) = &value else {
            return Err(Refused::Body("it is no JSON object".to_owned()));
        };
        let no = |why: String| Err(Refused::Body(why));
        let options = fields.get("options").and_then(Value::as_object);
        for name in fields
            .keys()
            .chain(options.into_iter().flat_map(|options| options.keys()))
        {
            let plain = name.to_ascii_lowercase();
            if !name.is_ascii() || plain != *name && GOVERNED.contains(&plain.as_str()) {
                return no(format!("some servers read `{name}` as another field"));
            }
        }
        self.is_the_model(&value, kind)?;
        let Kind::Answer(bound) = kind else {
            return Ok(Admitted { body, most: None });
        };
        let asks = |name: &&str| fields.get(*name).is_some_and(|value| !is_nothing(value));
        if let Some(name) = MORE.iter().find(|name| asks(name)) {
            return no(format!("`{name}` asks for more than an answer"));
        }
        if bound == Bound::Responses && asks(&"prompt") {
            return no("`prompt` asks for what the account keeps".to_owned());
        }
        for (name, usual) in [
            ("service_tier", &["auto", "default", "flex", "standard_only"][..]),
            ("speed", &["standard"]),
        ] {
            if asks(&name) && !usual.contains(&fields[name].as_str().unwrap_or_default()) {
                return no(format!("`{name}` asks for another price"));
            }
        }
        if fields
            .get("modalities")
            .is_some_and(|wanted| *wanted != serde_json::json!(["text"]))
        {
            return no("`modalities` asks for more than text".to_owned());
        }
        if ["messages", "input", "system"]
            .iter()
            .any(|name| fields.get(*name).is_some_and(is_fetched))
        {
            return no("a part of it is to be fetched by the provider".to_owned());
        }
        let choices = count(fields.get("n"))?
            .max(count(fields.get("best_of"))?)
            .unwrap_or(1)
            .max(1);
        let body = without_providers_tools(body, &value)?;
        let (body, output) = self.bounded(body, bound)?;
        let most = Most {
            input: (body.len() as u64).div_ceil(2) + AROUND,
            output: output.map(|output| output.saturating_mul(choices)),
        };
        Ok(Admitted { body, most: Some(most) })
    }

    fn kind(&self, method: &str, path: &str) -> Result<Kind, Refused> {
        let routes = match self.wire {
            Wire::OpenAi => OPENAI,
            Wire::Anthropic => ANTHROPIC,
            Wire::Ollama => OLLAMA,
        };
        if !matches!(method, "GET" | "POST" | "HEAD") {
            return Err(Refused::Method(method.to_owned()));
        }
        let (plain, query) = match path.split_once('?') {
            Some((plain, query)) => (plain, Some(query)),
            None => (path, None),
        };
        // Only what is written exactly so is a path here, so nothing has to be decoded, and nothing can be misread.
        let fits = |(known, way, _): &&Route| {
            let is_it = match way.strip_suffix("{model}") {
                None => plain == *way || plain.is_empty() && *way == "/",
                Some(before) => plain
                    .strip_prefix(before)
                    .is_some_and(|name| self.models.iter().any(|model| model == name)),
            };
            is_it && *known == method
        };
        let route = routes.iter().find(fits);
        let route = route.filter(|_| query.is_none_or(is_plain_query));
        route.map(|(_, _, kind)| *kind).ok_or_else(|| {
            let shown: String = path.chars().take(200).collect();
            Refused::Path(format!("{method} {shown}"))
        })
    }

    fn is_the_model(&self, value: &Value, kind: Kind) -> Result<(), Refused> {
        let mut named = vec![value.get("model")];
        if kind == Kind::LookAtModel {
            // An older way to say it.
            named.push(value.get("name"));
        }
        let named: Vec<&Value> = named.into_iter().flatten().collect();
        if named.is_empty() {
            return Err(Refused::Body("it names no model".to_owned()));
        }
        for one in named {
            let asked = one.as_str().unwrap_or_default();
            if !self.models.iter().any(|model| self.is_same(model, asked)) {
                return Err(Refused::Model {
                    asked: one.to_string().chars().take(200).collect(),
                    named: self.models.join(", "),
                });
            }
        }
        Ok(())
    }

    fn is_same(&self, model: &str, asked: &str) -> bool {
        let plain = |name: &str| match self.wire {
            Wire::Ollama => name.strip_suffix(":latest").unwrap_or(name).to_owned(),
            Wire::OpenAi | Wire::Anthropic => name.to_owned(),
        };
        plain(model) == plain(asked)
    }

    /// The body with a bound for its answer, and that bound.
    fn bounded(&self, body: Vec<u8>, bound: Bound) -> Result<(Vec<u8>, Option<u64>), Refused> {
        let mut value = strict::read(&body).map_err(Refused::Body)?;
        let said = match bound {
            Bound::Chat => count(value.get("max_completion_tokens"))?.max(count(value.get("max_tokens"))?),
            Bound::Responses => count(value.get("max_output_tokens"))?,
            Bound::Plain => count(value.get("max_tokens"))?,
            Bound::Options => count(value.pointer("/options/num_predict"))?,
        };
        let (None, Some(most)) = (said, self.max_output) else {
            return Ok((body, said));
        };
        let name = match bound {
            Bound::Chat => self.max_output_name,
            Bound::Responses => "max_output_tokens",
            Bound::Plain => "max_tokens",
            Bound::Options => "num_predict",
        };
        let fields = match bound {
            Bound::Options => {
                let options = &mut value["options"];
                if options.is_null() {
                    *options = serde_json::json!({});
                }
                options.as_object_mut()
            }
            _ => value.as_object_mut(),
        };
        let Some(fields) = fields else {
            return Err(Refused::Body("`options` is no object".to_owned()));
        };
        fields.insert(name.to_owned(), most.into());
        Ok((written(&value)?, Some(most)))
    }
}

/// Whether a field says nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A count that a request tells; an endless one is none.
fn count(value: Option<&Value>) -> Result<Option<u64>, Refused> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|count| *count <= u64::from(u32::MAX))
            .map(Some)
            .ok_or_else(|| Refused::Body(format!("`{value}` is no bound for an answer"))),
    }
}

fn is_plain_query(query: &str) -> bool {
    query.split('&').all(|one| {
        let (name, value) = one.split_once('=').unwrap_or((one, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        QUERIES.contains(&name) && value.bytes().all(is_plain)
    })
}

/// The body without the tools that the provider would run, and not the program: many programs offer them unasked, and do
/// without.
fn without_providers_tools(body: Vec<u8>, value: &Value) -> Result<Vec<u8>, Refused> {
    let is_the_providers = |tool: &Value| {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        PROVIDERS_TOOLS.iter().any(|known| kind.starts_with(known))
    };
    let tools = value.get("tools").and_then(Value::as_array);
    if !tools.is_some_and(|tools| tools.iter().any(is_the_providers)) {
        return Ok(body);
    }
    let mut value = value.clone();
    if let Some(tools) = value.get_mut("tools").and_then(Value::as_array_mut) {
        tools.retain(|tool| !is_the_providers(tool));
    }
    written(&value)
}

fn written(value: &Value) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(value).map_err(|error| Refused::Body(error.to_string()))
}

/// Whether something in there is a file or picture that the provider would have to get from somewhere.
fn is_fetched(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(is_fetched),
        Value::Object(fields) => fields.iter().any(|(name, value)| match value {
            Value::String(text) => {
                let is_address = || {
                    let start = text.trim_start().get(..8).unwrap_or(text).to_ascii_lowercase();
                    start.starts_with("http://") || start.starts_with("https://")
                };
                matches!(name.as_str(), "file_id" | "file_uri")
                    || matches!(
                        name.as_str(),
                        "url" | "image_url" | "file_url" | "video_url" | "audio_url"
                    ) && is_address()
            }
            // What a tool was called with is text for the program alone.
            _ if name == "arguments" || name == "input" && fields.contains_key("id") => false,
            other => is_fetched(other),
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
