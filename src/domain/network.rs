//! Whom a program inside the fence may speak to, and whom it spoke to. Deciding is here; sockets are not.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

mod address;

use address::Block;

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

    /// Whether a host may be spoken to at this address, to which its name led: one of this machine or of a private
    /// network only where the address itself is named, since whoever owns a name decides where it leads.
    pub fn reaches(&self, name: &str, port: u16, address: IpAddr) -> bool {
        let is_named = match self {
            Self::None => false,
            Self::Hosts(hosts) => hosts.iter().any(|host| host.names(name, port, address)),
            Self::Open => true,
        };
        self.admits(name, port) && (is_named || address::is_public(address))
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
/// an address, a block of addresses (`10.0.0.0/8`).
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
        if text.contains(['@', '?', '#']) {
            return Err(HostError::Address);
        }
        if text.contains('/') {
            let (name, port) = split_port(text).ok_or(HostError::Address)?;
            let block = Block::parse(name).ok_or(HostError::Address)?;
            return Ok(Self {
                name: block.to_string(),
                below: false,
                port,
            });
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
            None => name.parse().is_ok_and(|address| self.is_address(address)),
        };
        named && self.is_port(port)
    }

    /// Whether this names an address that a name led to, and not only the name: as an address, in a block, or as the
    /// one name that is always this machine's.
    fn names(&self, name: &str, port: u16, address: IpAddr) -> bool {
        let is_own = address.is_loopback() && self.name == "localhost" && !self.below && self.admits(name, port);
        self.is_port(port) && (is_own || self.is_address(address))
    }

    fn is_address(&self, address: IpAddr) -> bool {
        let is_it = |own: IpAddr| address::plain(own) == address::plain(address);
        !self.below
            && (self.name.parse().is_ok_and(is_it) || Block::parse(&self.name).is_some_and(|own| own.holds(address)))
    }

    fn is_port(&self, port: u16) -> bool {
        self.port.map_or(USUAL_PORTS.contains(&port), |own| own == port)
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
mod tests;
