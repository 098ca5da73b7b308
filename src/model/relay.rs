//! Passing a program's own requests on to a model's server, with the key that the program does not have.

use std::io::Read;

use super::fault::Fault;
use super::{Endpoint, Wire, address, http};

/// What a program is given where it wants a key.
const NO_KEY: &str = "held-by-git-harness";

/// The way to one server.
#[derive(Debug)]
pub struct Relay {
    endpoint: Endpoint,
    agent: http::Agent,
    /// Scheme, host and port.
    origin: String,
    /// The path of the server's interface, without a slash at its end.
    base: String,
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

impl Relay {
    /// Prepares the way. Nothing is connected yet.
    ///
    /// # Errors
    /// Where the endpoint's address is none, or must not be spoken to.
    pub fn new(endpoint: Endpoint) -> Result<Self, Fault> {
        let whole = address::url(&endpoint, "")?;
        let authority = whole.find("://").map_or(0, |at| at + 3);
        let path = whole[authority..].find('/').map_or(whole.len(), |at| authority + at);
        Ok(Self {
            origin: whole[..path].to_owned(),
            base: whole[path..].to_owned(),
            agent: http::agent(&endpoint)?,
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

    /// Whether a path belongs to the server's interface, in the one way that cannot be misread.
    pub fn serves(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.base) else {
            return false;
        };
        let plain = path.split('?').next().unwrap_or_default();
        let climbs = |part: &str| {
            let part = part.to_ascii_lowercase().replace("%2e", ".");
            part == ".." || part == "." || part.contains("%2f") || part.contains("%5c") || part.contains('\\')
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])) && !plain.split('/').any(climbs)
    }

    /// Passes one request on. `headers` hold nothing of the connection and no key.
    ///
    /// # Errors
    /// Where no answer begins.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &[u8])], body: Vec<u8>) -> Result<Relayed, Fault> {
        let key = self.endpoint.key.as_ref().map(|key| match self.endpoint.wire {
            Wire::Anthropic => ("x-api-key", key.expose().to_owned()),
            Wire::OpenAi | Wire::Ollama => ("authorization", format!("Bearer {}", key.expose())),
        });
        let mut all: Vec<(&str, &[u8])> = headers.to_vec();
        all.extend(key.iter().map(|(name, value)| (*name, value.as_bytes())));
        http::send(&self.agent, method, &format!("{}{path}", self.origin), &all, body)
    }

    /// Ends every request.
    pub fn shutdown(&self) {
        self.agent.clone().shutdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limits;

    fn relay(base: &str, wire: Wire) -> Relay {
        Relay::new(Endpoint {
            wire,
            base_url: base.to_owned(),
            model: "m".to_owned(),
            key: None,
            proxy: None,
            plain_http: false,
            limits: Limits::default(),
        })
        .unwrap()
    }

    #[test]
    fn only_the_interface_is_served() {
        let relay = relay("http://127.0.0.1:9/v1/", Wire::OpenAi);
        assert_eq!(relay.host(), "127.0.0.1:9");
        assert_eq!(relay.address("http://127.0.0.1:1"), "http://127.0.0.1:1/v1");
        for path in ["/v1", "/v1/chat/completions", "/v1/models?limit=/../x"] {
            assert!(relay.serves(path), "{path}");
        }
        for path in [
            "/",
            "/v2/chat",
            "/v1x",
            "/v1/../admin",
            "/v1/%2e%2E/admin",
            "/v1/a%2f..%2fadmin",
            "/v1/..\\admin",
        ] {
            assert!(!relay.serves(path), "{path}");
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
