//! A request for the model's server that the proxy stands for: read whole within a time and a size, handed to the relay,
//! and answered with what that lets through.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::domain::network::Contact;
use crate::model::relay::ask::Refused;
use crate::model::relay::{NotAnswered, Relay};

use super::Shared;
use super::exchange::{Timed, end_head, refuse};
use super::head::Head;

/// The largest request to a model's server, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// The most bytes of all requests that are in hand at a time.
const IN_HAND: usize = 2 * LARGEST;

/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(120);

/// Headers of an answer that speak of the connection: it is closed behind every answer.
const OF_THE_CONNECTION: [&str; 2] = ["connection", "transfer-encoding"];

/// Asks the server, with the real key.
pub(super) fn to_server(stream: &mut TcpStream, shared: &Shared, relay: &Relay, head: &Head, path: &str) {
    let mut contact = Contact::asked(relay.host(), true);
    match ask(stream, shared, relay, head, path) {
        Ok((sent, received)) => {
            contact.sent = sent;
            contact.received = received;
        }
        Err(Unanswered::Refused(status, why)) => {
            contact.allowed = false;
            refuse(stream, status, &why);
        }
        Err(Unanswered::Failed(status, why)) => refuse(stream, status, &why),
        Err(Unanswered::Gone) => {}
    }
    shared.remember(contact);
}

/// Why a request was not carried out to its end.
enum Unanswered {
    /// It is none that is passed on.
    Refused(&'static str, String),
    /// It could not be passed on.
    Failed(&'static str, String),
    /// The answer had begun, or the program has gone.
    Gone,
}

impl From<io::Error> for Unanswered {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<NotAnswered> for Unanswered {
    fn from(error: NotAnswered) -> Self {
        let why = error.to_string();
        match error {
            NotAnswered::Refused(Refused::Method(_)) => Self::Refused("405 Method Not Allowed", why),
            NotAnswered::Refused(Refused::Path(_) | Refused::Model { .. }) => Self::Refused("403 Forbidden", why),
            NotAnswered::Refused(Refused::Body(_)) => Self::Refused("400 Bad Request", why),
            // Programs do not try again for this one.
            NotAnswered::NotPaid(_) => Self::Refused("402 Payment Required", why),
            NotAnswered::Fault(_) => Self::Failed("502 Bad Gateway", why),
        }
    }
}

fn ask(
    stream: &mut TcpStream,
    shared: &Shared,
    relay: &Relay,
    head: &Head,
    path: &str,
) -> Result<(u64, u64), Unanswered> {
    let length = head
        .body_length()
        .map_err(|error| Unanswered::Refused("411 Length Required", error.to_string()))?;
    if length > LARGEST {
        let why = format!("the request is larger than {LARGEST} bytes");
        return Err(Unanswered::Refused("413 Content Too Large", why));
    }
    let Some(_in_hand) = InHand::take(shared, length) else {
        let why = format!("the requests that are under way are larger than {IN_HAND} bytes together");
        return Err(Unanswered::Refused("503 Service Unavailable", why));
    };
    let body = body(stream, head, length)?;
    let sent = body.len() as u64;
    let mut answer = relay.pass(&head.method, path, &head.headers, body)?;
    let mut first = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", answer.status).into_bytes();
    end_head(&mut first, &answer.headers, |name| !OF_THE_CONNECTION.contains(&name));
    stream.write_all(&first)?;
    let mut received = 0;
    let mut part = [0; 16 * 1024];
    loop {
        match answer.body.read(&mut part) {
            Ok(0) => break,
            Ok(length) => {
                stream.write_all(&part[..length])?;
                received += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    Ok((sent, received))
}

/// The whole body of a request.
fn body(stream: &mut TcpStream, head: &Head, length: usize) -> Result<Vec<u8>, Unanswered> {
    if head.headers.iter().any(|(name, _)| name == "expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = head.rest.clone();
    body.truncate(length);
    let missing = (length - body.len()) as u64;
    if Timed::new(stream, BODY).take(missing).read_to_end(&mut body)? as u64 != missing {
        return Err(Unanswered::Gone);
    }
    Ok(body)
}

/// Bytes of a request that is in hand.
struct InHand<'a> {
    shared: &'a Shared,
    bytes: usize,
}

impl<'a> InHand<'a> {
    fn take(shared: &'a Shared, bytes: usize) -> Option<Self> {
        let mut state = shared.state();
        if state.in_hand + bytes > IN_HAND {
            return None;
        }
        state.in_hand += bytes;
        Some(Self { shared, bytes })
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.shared.state().in_hand -= self.bytes;
    }
}
