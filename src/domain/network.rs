//! Whom a program inside the fence may speak to, and whom it spoke to. Deciding is here; sockets are not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a program may speak to anyone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// To nobody but itself.
    #[default]
    None,
    /// To these alone, through the harness.
    Hosts(Vec<Host>),
    /// To anyone.
    Open,
}

impl Network {
    /// The network of that name; lists of hosts have none.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "open" => Some(Self::Open),
            _ => None,
        }
    }

    /// Whether it is closed, as it is where nothing is said.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Whether a host may be spoken to at a port.
    pub fn admits(&self, name: &str, port: u16) -> bool {
        match self {
            Self::None => false,
            Self::Hosts(hosts) => hosts.iter().any(|host| host.admits(name, port)),
            Self::Open => true,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Open => f.write_str("open"),
            Self::Hosts(hosts) => {
                for (number, host) in hosts.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    write!(f, "{comma}{host}")?;
                }
                Ok(())
            }
        }
    }
}

/// The ports of a host that names none: HTTPS and HTTP.
const USUAL_PORTS: [u16; 2] = [443, 80];

/// A host that may be spoken to: `api.example.com`, `*.example.com` for all names below one, `host:8443` for one port,
/// an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    name: String,
    below: bool,
    port: Option<u16>,
}

/// Why a text names no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// It holds an address's other parts.
    #[error("a host is a name without `https://`, a path or a user")]
    Address,
    /// Neither a name nor an address.
    #[error("this is no name of a host; a `*.` may stand at its beginning only")]
    Name,
    /// After the colon stands no port.
    #[error("what follows the colon is no port")]
    Port,
}

impl Host {
    /// Reads one. Names are compared in lower case and without a dot at the end.
    ///
    /// # Errors
    /// Where the text names no host.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.contains(['/', '@', '?', '#']) {
            return Err(HostError::Address);
        }
        let (name, port) = split_port(text).ok_or(HostError::Port)?;
        let (below, name) = match name.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let name = plain(name).ok_or(HostError::Name)?;
        Ok(Self { name, below, port })
    }

    /// Whether this is it, at one of its ports.
    pub fn admits(&self, name: &str, port: u16) -> bool {
        let Some(name) = plain(name) else {
            return false;
        };
        let named = match name.strip_suffix(&self.name) {
            Some("") => !self.below,
            Some(rest) => self.below && rest.ends_with('.'),
            None => false,
        };
        named && self.port.map_or(USUAL_PORTS.contains(&port), |own| own == port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stars = if self.below { "*." } else { "" };
        let (open, close) = if self.name.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{stars}{open}{}{close}", self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

/// Divides `name:port`, `name`, `[address]:port` and `[address]`; `None` where what should be a port is none.
pub fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (name, rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(divided) => divided,
        // More than one colon is an address of its own, which is written in brackets where a port follows.
        None if text.matches(':').count() > 1 => (text, ""),
        None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
    };
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((name, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().map(|port| (name, Some(port)))
        }
        Some(_) => None,
    }
}

/// A host's name as it is compared; `None` for what is none.
fn plain(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_address = name.parse::<std::net::Ipv6Addr>().is_ok();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = !name.is_empty() && name.len() <= 253 && name.bytes().all(fits) && !name.contains("..");
    (is_address || is_name && !name.starts_with('.')).then(|| name.to_ascii_lowercase())
}

/// What an attempt had to do with one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The host and the port, as they were asked for.
    pub host: String,
    /// Whether it may be spoken to.
    pub allowed: bool,
    /// How often it was asked for.
    pub calls: u32,
    /// Bytes that went out.
    pub sent: u64,
    /// Bytes that came in.
    pub received: u64,
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, calls, .. } = self;
        if self.allowed {
            write!(
                f,
                "spoke to {host} ({calls} x, {} bytes out, {} in)",
                self.sent, self.received
            )
        } else {
            write!(f, "was kept from {host} ({calls} x)")
        }
    }
}

impl Contact {
    /// A host that was asked for once, before anything went to and fro.
    pub fn asked(host: String, allowed: bool) -> Self {
        Self {
            host,
            allowed,
            calls: 1,
            sent: 0,
            received: 0,
        }
    }

    /// Adds what is the same host to a list, which stays in the order of the first calls.
    pub fn add_to(self, list: &mut Vec<Self>) {
        match list
            .iter_mut()
            .find(|known| known.host == self.host && known.allowed == self.allowed)
        {
            Some(known) => {
                known.calls = known.calls.saturating_add(self.calls);
                known.sent = known.sent.saturating_add(self.sent);
                known.received = known.received.saturating_add(self.received);
            }
            None => list.push(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(rule: &str, name: &str, port: u16) -> bool {
        Host::parse(rule).unwrap().admits(name, port)
    }

    #[test]
    fn a_name_is_that_name_at_the_usual_ports() {
        assert!(admits("api.example.com", "api.example.com", 443));
        assert!(admits("API.example.com", "api.EXAMPLE.com.", 80));
        for (name, port) in [
            ("api.example.com", 22),
            ("example.com", 443),
            ("x.api.example.com", 443),
            ("api.example.com.evil.test", 443),
            ("xapi.example.com", 443),
            ("api.example.com\0.evil.test", 443),
            ("", 443),
        ] {
            assert!(!admits("api.example.com", name, port), "{name}:{port}");
        }
    }

    #[test]
    fn a_star_stands_for_what_is_below_and_a_port_for_itself() {
        assert!(admits("*.example.com", "a.example.com", 443));
        assert!(admits("*.example.com", "b.a.example.com", 443));
        assert!(!admits("*.example.com", "example.com", 443));
        assert!(!admits("*.example.com", "aexample.com", 443));
        assert!(admits("example.com:8443", "example.com", 8443));
        assert!(!admits("example.com:8443", "example.com", 443));
        assert!(admits("[::1]:80", "::1", 80));
        assert!(admits("10.0.0.1", "10.0.0.1", 443));
    }

    #[test]
    fn what_is_no_host_is_said() {
        for (text, error) in [
            ("https://example.com", HostError::Address),
            ("example.com/path", HostError::Address),
            ("user@example.com", HostError::Address),
            ("example.com:", HostError::Port),
            ("example.com:99999", HostError::Port),
            ("example.com:+80", HostError::Port),
            ("", HostError::Name),
            ("*", HostError::Name),
            ("*.", HostError::Name),
            ("a*.example.com", HostError::Name),
            ("a..b", HostError::Name),
            ("exämple.com", HostError::Name),
        ] {
            assert_eq!(Host::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["api.example.com", "*.example.com:8443", "[::1]:80", "10.0.0.1"] {
            assert_eq!(Host::parse(text).unwrap().to_string(), text);
        }
        let hosts = Network::Hosts(vec![
            Host::parse("a.example").unwrap(),
            Host::parse("*.b.example").unwrap(),
        ]);
        let json = r#"{"hosts":["a.example","*.b.example"]}"#;
        assert_eq!(serde_json::to_string(&hosts).unwrap(), json);
        assert_eq!(serde_json::from_str::<Network>(json).unwrap(), hosts);
        assert_eq!(serde_json::to_string(&Network::Open).unwrap(), "\"open\"");
        assert!(serde_json::from_str::<Network>(r#"{"hosts":["a/b"]}"#).is_err());
        assert_eq!(hosts.to_string(), "a.example, *.b.example");
    }
}
