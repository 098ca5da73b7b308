//! The tables: methods and paths by the kind of interface, and the fields of a request that are looked at.

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A look at what there is.
    Look,
    /// A look at one model, named in the body.
    LookAtModel,
    /// An answer of a model, whose bound stands under this name.
    Answer(Bound),
}

/// Where a request says how long the answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Chat,
    Responses,
    Plain,
    Options,
}

/// Methods, paths below the interface, and what they stand for.
pub(super) type Route = (&'static str, &'static str, Kind);

pub(super) const OPENAI: &[Route] = &[
    ("POST", "/chat/completions", Kind::Answer(Bound::Chat)),
    ("POST", "/responses", Kind::Answer(Bound::Responses)),
    ("POST", "/completions", Kind::Answer(Bound::Plain)),
    ("GET", "/models", Kind::Look),
    ("GET", "/models/{model}", Kind::Look),
];

pub(super) const ANTHROPIC: &[Route] = &[
    ("POST", "/v1/messages", Kind::Answer(Bound::Plain)),
    ("POST", "/v1/messages/count_tokens", Kind::LookAtModel),
    ("GET", "/v1/models", Kind::Look),
    ("GET", "/v1/models/{model}", Kind::Look),
];

pub(super) const OLLAMA: &[Route] = &[
    ("POST", "/api/chat", Kind::Answer(Bound::Options)),
    ("POST", "/api/generate", Kind::Answer(Bound::Options)),
    ("POST", "/api/show", Kind::LookAtModel),
    ("GET", "/api/tags", Kind::Look),
    ("GET", "/api/version", Kind::Look),
    ("GET", "/", Kind::Look),
    ("HEAD", "/", Kind::Look),
    ("POST", "/chat/completions", Kind::Answer(Bound::Chat)),
    ("POST", "/v1/chat/completions", Kind::Answer(Bound::Chat)),
    ("POST", "/v1/completions", Kind::Answer(Bound::Plain)),
    ("GET", "/v1/models", Kind::Look),
    ("GET", "/v1/models/{model}", Kind::Look),
];

/// What may stand behind a `?`.
pub(super) const QUERIES: [&str; 6] = [
    "beta",
    "api-version",
    "limit",
    "after_id",
    "before_id",
    "client_version",
];

/// Names of a request's fields that are looked at; no other way of writing one is passed on, since some servers read
/// names in any case.
pub(super) const GOVERNED: [&str; 28] = [
    "model",
    "models",
    "name",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "num_predict",
    "n",
    "best_of",
    "options",
    "tools",
    "background",
    "store",
    "previous_response_id",
    "conversation",
    "prompt",
    "container",
    "mcp_servers",
    "plugins",
    "web_search_options",
    "prediction",
    "service_tier",
    "speed",
    "modalities",
    "messages",
    "input",
    "system",
    "from",
];

/// Fields that ask for more than an answer to what the request holds: other models, what the account keeps, what the
/// provider fetches or runs.
pub(super) const MORE: [&str; 10] = [
    "models",
    "previous_response_id",
    "conversation",
    "container",
    "mcp_servers",
    "plugins",
    "web_search_options",
    "prediction",
    "background",
    "from",
];

/// Beginnings of the kinds of tools that the provider runs, and not the program.
pub(super) const PROVIDERS_TOOLS: [&str; 9] = [
    "web_search",
    "web_fetch",
    "code_execution",
    "code_interpreter",
    "file_search",
    "image_generation",
    "mcp",
    "openrouter:",
    "x_search",
];
