//! One connection of a program inside: what it asks for is judged, answered, and remembered.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::domain::network::Contact;
use crate::model::relay::Relay;

use super::Shared;
use super::head::{Head, HeadError, Target};

/// How long a request's beginning may take.
const HEAD: Duration = Duration::from_secs(60);

/// How long one address of a host is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// The largest request to a model's server, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// Headers that speak of the connection and not of the request, and those that say who asks.
const DROPPED: [&str; 15] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
    "authorization",
    "x-api-key",
    "api-key",
];

/// Answers one request; the connection carries no second one.
pub(super) fn answer(mut stream: TcpStream, number: u64, shared: &Shared) {
    // A system that cannot set it lets a silent program wait until its own time is up.
    let _ = stream.set_read_timeout(Some(HEAD));
    let head = match Head::read(&mut stream) {
        Ok(Some(head)) => head,
        Ok(None) | Err(HeadError::Ended(_)) => return,
        Err(error) => return refuse(&mut stream, "400 Bad Request", &error.to_string()),
    };
    let _ = stream.set_read_timeout(None);
    match head.target {
        Target::Tunnel { ref host, port } => {
            let begin = |stream: &mut TcpStream, server: &mut TcpStream| {
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                server.write_all(&head.rest)
            };
            through(stream, number, shared, host, port, begin, head.rest.len());
        }
        Target::Plain {
            ref host,
            port,
            ref path,
        } => {
            let first = first_bytes(&head, host, port, path);
            let begin = |_: &mut TcpStream, server: &mut TcpStream| server.write_all(&first);
            through(stream, number, shared, host, port, begin, first.len());
        }
        Target::Own { ref path } => match &shared.rules.relay {
            Some(relay) => to_server(&mut stream, shared, relay, &head, path),
            None => refuse(&mut stream, "404 Not Found", "nothing stands here for a model's server"),
        },
    }
}

/// A request as the host itself reads it.
fn first_bytes(head: &Head, host: &str, port: u16, path: &str) -> Vec<u8> {
    let mut first = format!("{} {path} HTTP/1.1\r\nHost: {host}", head.method).into_bytes();
    if port != 80 {
        first.extend_from_slice(format!(":{port}").as_bytes());
    }
    first.extend_from_slice(b"\r\nConnection: close\r\n");
    for (name, value) in &head.headers {
        if matches!(name.as_str(), "host" | "connection") || name.starts_with("proxy-") {
            continue;
        }
        first.extend_from_slice(name.as_bytes());
        first.extend_from_slice(b": ");
        first.extend_from_slice(value);
        first.extend_from_slice(b"\r\n");
    }
    first.extend_from_slice(b"\r\n");
    first.extend_from_slice(&head.rest);
    first
}

/// Lets a connection through to a host that is named.
fn through(
    mut stream: TcpStream,
    number: u64,
    shared: &Shared,
    host: &str,
    port: u16,
    begin: impl FnOnce(&mut TcpStream, &mut TcpStream) -> io::Result<()>,
    begun: usize,
) {
    let allowed = shared.rules.network.admits(host, port);
    let mut contact = Contact::asked(format!("{host}:{port}"), allowed);
    if !allowed {
        let why = format!(
            "{} is not among the hosts that this program may reach ({}); `network` of its builder or check names them",
            contact.host, shared.rules.network
        );
        shared.remember(contact);
        return refuse(&mut stream, "403 Forbidden", &why);
    }
    let mut server = match connect(host, port) {
        Ok(server) => server,
        Err(error) => {
            let why = format!("{} cannot be reached: {error}", contact.host);
            shared.remember(contact);
            return refuse(&mut stream, "502 Bad Gateway", &why);
        }
    };
    if shared.keep(number, &server) && begin(&mut stream, &mut server).is_ok() {
        let (sent, received) = tunnel(&stream, &server);
        contact.sent = sent + begun as u64;
        contact.received = received;
    }
    shared.remember(contact);
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::other("it has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Carries bytes both ways until both sides have ended. Gives how many went out and came in.
fn tunnel(inside: &TcpStream, outside: &TcpStream) -> (u64, u64) {
    let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| carry(inside, outside, &sent));
        carry(outside, inside, &received);
    });
    (sent.into_inner(), received.into_inner())
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, count: &AtomicU64) {
    let mut part = [0; 16 * 1024];
    loop {
        match from.read(&mut part) {
            Ok(0) => break,
            Ok(length) if to.write_all(&part[..length]).is_ok() => {
                count.fetch_add(length as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => {
                // Neither side has anything to wait for any more.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
    // The other direction may go on.
    let _ = to.shutdown(Shutdown::Write);
}

/// Asks the server that the proxy stands for, with the real key.
fn to_server(stream: &mut TcpStream, shared: &Shared, relay: &Relay, head: &Head, path: &str) {
    let mut contact = Contact::asked(relay.host(), relay.serves(path));
    if contact.allowed {
        match ask(stream, relay, head, path) {
            Ok((sent, received)) => {
                contact.sent = sent;
                contact.received = received;
            }
            Err(Unanswered::Said(status, why)) => refuse(stream, status, &why),
            Err(Unanswered::Gone) => {}
        }
    } else {
        refuse(stream, "403 Forbidden", "this path is not the model's interface");
    }
    shared.remember(contact);
}

/// Why a request to the server was not carried out to its end.
enum Unanswered {
    /// The program has to be told.
    Said(&'static str, String),
    /// The answer had begun, or the program has gone.
    Gone,
}

impl From<io::Error> for Unanswered {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

fn ask(stream: &mut TcpStream, relay: &Relay, head: &Head, path: &str) -> Result<(u64, u64), Unanswered> {
    let body = body(stream, head)?;
    let headers: Vec<(&str, &[u8])> = head
        .headers
        .iter()
        .filter(|(name, _)| !DROPPED.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .collect();
    let sent = body.len() as u64;
    let mut answer = relay
        .ask(&head.method, path, &headers, body)
        .map_err(|fault| Unanswered::Said("502 Bad Gateway", fault.to_string()))?;
    let mut first = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        if DROPPED.contains(&name.as_str()) && name != "content-length" {
            continue;
        }
        first.extend_from_slice(name.as_bytes());
        first.extend_from_slice(b": ");
        first.extend_from_slice(value);
        first.extend_from_slice(b"\r\n");
    }
    first.extend_from_slice(b"\r\n");
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
fn body(stream: &mut TcpStream, head: &Head) -> Result<Vec<u8>, Unanswered> {
    let length = head
        .body_length()
        .map_err(|error| Unanswered::Said("411 Length Required", error.to_string()))?;
    if length > LARGEST {
        let why = format!("the request is larger than {LARGEST} bytes");
        return Err(Unanswered::Said("413 Content Too Large", why));
    }
    if head.headers.iter().any(|(name, _)| name == "expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = head.rest.clone();
    body.truncate(length);
    let missing = (length - body.len()) as u64;
    if stream.take(missing).read_to_end(&mut body)? as u64 != missing {
        return Err(Unanswered::Gone);
    }
    Ok(body)
}

/// Says why not, in words for whoever reads the program's output.
fn refuse(stream: &mut TcpStream, status: &str, why: &str) {
    let text = format!("git-harness: {why}\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // Who does not listen is not told.
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}
