//! Asking a model's server for a program, with the key that the program does not have. It is a client of its own: a
//! request is judged, written anew and paid for, and of an answer comes back what a program needs, without the key.

mod answer;
pub mod ask;
mod counted;
mod strict;

use std::fmt::Debug;
use std::io::Read;
use std::sync::Arc;

use crate::domain::usage::Usage;

use super::fault::Fault;
use super::{Endpoint, Wire, address, http};

use answer::{Bill, Keys};
use ask::{Most, Refused, Rules};

/// What a program is given where it wants a key.
const NO_KEY: &str = "held-by-git-harness";

/// The headers of a request that are passed on.
const PASSED: [&str; 6] = [
    "accept",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
    "openai-beta",
    "x-stainless-retry-count",
];

/// Whoever pays for what programs ask.
pub trait Payer: Debug + Send + Sync {
    /// Puts aside what a call can cost at the most.
    ///
    /// # Errors
    /// Why it is not made, in words.
    fn reserve(&self, most: &Most) -> Result<Box<dyn Call>, String>;
}

/// A call that is paid for. Dropped without a word it counts with the most that it can have cost.
pub trait Call: Send {
    /// The server did not take it up.
    fn turned_away(self: Box<Self>);

    /// It was answered, and tells this use, for so many bytes sent and so many of text that came.
    fn answered(self: Box<Self>, used: &Usage, sent: u64, text: u64);
}

/// The way to one server.
#[derive(Debug)]
pub struct Relay {
    endpoint: Endpoint,
    agent: http::Agent,
    /// Scheme, host and port.
    origin: String,
    /// The path of the server's interface, without a slash at its end.
    base: String,
    rules: Rules,
    keys: Arc<Keys>,
    payer: Arc<dyn Payer>,
}

/// A server's answer on its way.
pub struct Relayed {
    /// The status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What follows, as it comes.
    pub body: Box<dyn Read>,
}

/// Why a program gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum NotAnswered {
    /// It asks for what is not passed on.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody pays for it.
    #[error("no call was made: {0}")]
    NotPaid(String),
    /// The server cannot be asked, or its answer not be passed on.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What may be asked of a relay besides what its endpoint says.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The names of the models that may be asked.
    pub models: Vec<String>,
    /// The most tokens of an answer where a request does not say it.
    pub max_output: Option<u64>,
    /// Whoever pays.
    pub payer: Arc<dyn Payer>,
}

impl Relay {
    /// Prepares the way. Nothing is connected yet.
    ///
    /// # Errors
    /// Where the endpoint's address is none, or must not be spoken to.
    pub fn new(endpoint: Endpoint, terms: Terms) -> Result<Self, Fault> {
        let whole = address::url(&endpoint, "")?;
        let authority = whole.find("://").map_or(0, |at| at + 3);
        let path = whole[authority..].find('/').map_or(whole.len(), |at| authority + at);
        let password = endpoint.proxy.as_ref().and_then(|proxy| {
            let (before, _) = proxy.expose().rsplit_once('@')?;
            before.rsplit_once(':').map(|(_, password)| password.to_owned())
        });
        let key = endpoint.key.as_ref().map(|key| key.expose().to_owned());
        let keys: Vec<&str> = key.iter().chain(&password).map(String::as_str).collect();
        Ok(Self {
            origin: whole[..path].to_owned(),
            base: whole[path..].to_owned(),
            agent: http::relay_agent(&endpoint)?,
            keys: Arc::new(Keys::of(&keys)),
            rules: Rules {
                wire: endpoint.wire,
                models: terms.models,
                max_output: terms.max_output,
                max_output_name: super::openai::max_output_name(&endpoint),
            },
            payer: terms.payer,
            endpoint,
        })
    }

    /// The server's host and port, as its address has them.
    pub fn host(&self) -> String {
        self.origin.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// The address that a program uses instead of the server's, given that of the proxy.
    pub fn address(&self, proxy: &str) -> String {
        format!("{proxy}{}", self.base)
    }

    /// The variables by which programs find a server of this kind, with the proxy's address and a key that is none.
    pub fn variables(&self, proxy: &str) -> Vec<(&'static str, String)> {
        let address = self.address(proxy);
        let names: (&[&'static str], &[&'static str]) = match self.endpoint.wire {
            Wire::OpenAi => (&["OPENAI_BASE_URL", "OPENAI_API_BASE"], &["OPENAI_API_KEY"]),
            Wire::Anthropic => (&["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"], &["ANTHROPIC_API_KEY"]),
            Wire::Ollama => (&["OLLAMA_HOST", "OLLAMA_API_BASE"], &[]),
        };
        let addresses = names.0.iter().map(|name| (*name, address.clone()));
        let keys = names.1.iter().map(|name| (*name, NO_KEY.to_owned()));
        addresses.chain(keys).collect()
    }

    /// Asks for a program.
    ///
    /// # Errors
    /// Where the request is not passed on, nobody pays for it, or no answer begins.
    pub fn pass(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, Vec<u8>)],
        body: Vec<u8>,
    ) -> Result<Relayed, NotAnswered> {
        let below = path
            .strip_prefix(&self.base)
            .ok_or_else(|| Refused::Path(format!("{method} {}", path.chars().take(200).collect::<String>())))?;
        let admitted = self.rules.judge(method, below, body)?;
        let call = match &admitted.most {
            None => None,
            Some(most) => Some(self.payer.reserve(most).map_err(NotAnswered::NotPaid)?),
        };
        let sent = admitted.body.len() as u64;
        let key = self.endpoint.key.as_ref().map(|key| match self.endpoint.wire {
            Wire::Anthropic => ("x-api-key", key.expose().to_owned()),
            Wire::OpenAi | Wire::Ollama => ("authorization", format!("Bearer {}", key.expose())),
        });
        let passed = headers.iter().filter(|(name, _)| PASSED.contains(&name.as_str()));
        let mut all: Vec<(&str, &[u8])> = passed.map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        // What is compressed could not be looked through.
        all.push(("accept-encoding", b"identity"));
        if !admitted.body.is_empty() {
            all.push(("content-type", b"application/json"));
        }
        all.extend(key.iter().map(|(name, value)| (*name, value.as_bytes())));
        let url = format!("{}{path}", self.origin);
        let answer = match http::send(&self.agent, method, &url, &all, admitted.body) {
            Ok(answer) => answer,
            Err(error) => {
                if let (Some(call), false) = (call, error.may_be_taken_up) {
                    call.turned_away();
                }
                return Err(error.fault.into());
            }
        };
        let bill = Bill { call, sent };
        answer::passed(answer, &self.keys, bill, self.endpoint.limits.answer_bytes)
            .map_err(|why| Fault::Garbled { why }.into())
    }

    /// Ends every request.
    pub fn shutdown(&self) {
        self.agent.clone().shutdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limits, Secret};

    #[derive(Debug)]
    struct Nobody;

    impl Payer for Nobody {
        fn reserve(&self, _: &Most) -> Result<Box<dyn Call>, String> {
            Err("nobody pays".to_owned())
        }
    }

    fn relay(base: &str, wire: Wire) -> Relay {
        let endpoint = Endpoint {
            wire,
            base_url: base.to_owned(),
            model: "m".to_owned(),
            key: Secret::new("some-key-of-mine-1"),
            proxy: None,
            plain_http: false,
            limits: Limits::default(),
        };
        let terms = Terms {
            models: vec!["m".to_owned()],
            max_output: None,
            payer: Arc::new(Nobody),
        };
        Relay::new(endpoint, terms).unwrap()
    }

    #[test]
    fn only_the_interface_is_served_and_only_what_is_paid_for() {
        let relay = relay("http://127.0.0.1:9/v1/", Wire::OpenAi);
        assert_eq!(relay.host(), "127.0.0.1:9");
        assert_eq!(relay.address("http://127.0.0.1:1"), "http://127.0.0.1:1/v1");
        let asked = |path: &str| relay.pass("POST", path, &[], br#"{"model":"m"}"#.to_vec()).err();
        let unpaid = asked("/v1/chat/completions");
        assert!(matches!(unpaid, Some(NotAnswered::NotPaid(_))), "{unpaid:?}");
        for path in [
            "/",
            "/v2/chat/completions",
            "/v1x/chat/completions",
            "/v1/../admin",
            "/v1/%2e%2E/admin",
            "/v1/a%2f..%2fadmin",
            "/v1/..\\admin",
            "/v1/%252e%252e/chat/completions",
            "/v1/..;/chat/completions",
            "//v1/chat/completions",
            "/v1//chat/completions",
        ] {
            let refused = asked(path);
            let is_refused = matches!(refused, Some(NotAnswered::Refused(Refused::Path(_))));
            assert!(is_refused, "{path}: {refused:?}");
        }
    }

    #[test]
    fn programs_are_told_by_the_variables_of_their_kind() {
        let names = |wire| {
            let told = relay("http://127.0.0.1:9", wire).variables("http://p");
            told.into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(Wire::Anthropic),
            [
                "ANTHROPIC_BASE_URL=http://p",
                "ANTHROPIC_API_BASE=http://p",
                "ANTHROPIC_API_KEY=held-by-git-harness"
            ]
        );
        assert_eq!(
            names(Wire::Ollama),
            ["OLLAMA_HOST=http://p", "OLLAMA_API_BASE=http://p"]
        );
    }
}
