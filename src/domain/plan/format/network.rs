//! Reading `network`: a word, a host, or a list of hosts. The same in cards and in the configuration.

use std::ops::Range;

use crate::domain::network::{Host, Network};

use super::node::{Node, Value};

/// What to write instead of something else.
pub const FIX: &str = "write \"none\", \"open\", or a list of hosts: [\"api.example.com\", \"*.example.org:8443\"]";

/// Reads one.
///
/// # Errors
/// Every place that names neither, with what is wrong there.
pub fn read_network(node: &Node) -> Result<Network, Vec<(Range<usize>, String)>> {
    let parts = match &node.value {
        Value::Text(text) => match Network::from_name(text) {
            Some(network) => return Ok(network),
            None => std::slice::from_ref(node),
        },
        Value::List(list) if !list.is_empty() => list.as_slice(),
        _ => return Err(vec![(node.span.clone(), "this names nobody".to_owned())]),
    };
    let mut wrong = Vec::new();
    let mut hosts = Vec::with_capacity(parts.len());
    for part in parts {
        let read = match &part.value {
            Value::Text(text) => Host::parse(text).map_err(|error| format!("`{text}`: {error}")),
            _ => Err("a host is text in quotes".to_owned()),
        };
        match read {
            Ok(host) => hosts.push(host),
            Err(why) => wrong.push((part.span.clone(), why)),
        }
    }
    if wrong.is_empty() {
        Ok(Network::Hosts(hosts))
    } else {
        Err(wrong)
    }
}
