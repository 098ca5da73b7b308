//! One connection of a program inside: what it asks for is judged, answered, and remembered. It carries one request to a
//! host, or one tunnel, and nothing after that.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::network::Contact;

use super::Shared;
use super::gateway::to_server;
use super::head::{Head, HeadError, Target};

/// How long a request's beginning may take, and as long its body may be silent.
const HEAD: Duration = Duration::from_secs(60);

/// How long one address of a host is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a host may be silent that was asked one request.
const SILENT: Duration = Duration::from_secs(600);

/// Headers that speak of the connection and not of the request; the length of the body is told anew.
const OF_THE_CONNECTION: [&str; 9] = [
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
];

/// Reading that has to be done by a time, however the bytes trickle in.
pub(super) struct Timed<'a> {
    stream: &'a mut TcpStream,
    until: Instant,
}

impl<'a> Timed<'a> {
    pub(super) fn new(stream: &'a mut TcpStream, time: Duration) -> Self {
        Self {
            stream,
            until: Instant::now() + time,
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

/// Answers one request; the connection carries no second one.
pub(super) fn answer(mut stream: TcpStream, number: u64, shared: &Shared) {
    let head = match Head::read(&mut Timed::new(&mut stream, HEAD)) {
        Ok(Some(head)) => head,
        Ok(None) | Err(HeadError::Ended(_)) => return,
        Err(error) => return refuse(&mut stream, "400 Bad Request", &error.to_string()),
    };
    match head.target {
        Target::Tunnel { ref host, port } => {
            if let Some((mut contact, mut server)) = reach(&mut stream, number, shared, host, port) {
                // A tunnel may be silent for as long as it likes.
                let _ = stream.set_read_timeout(None);
                if open(&mut stream, &mut server, &head).is_ok() {
                    let (sent, received) = tunnel(&stream, &server);
                    contact.sent = sent + head.rest.len() as u64;
                    contact.received = received;
                }
                shared.remember(contact);
            }
        }
        Target::Plain {
            ref host,
            port,
            ref path,
        } => {
            let length = match head.body_length() {
                Ok(length) => length,
                Err(error) => return refuse(&mut stream, "411 Length Required", &error.to_string()),
            };
            if let Some((mut contact, mut server)) = reach(&mut stream, number, shared, host, port) {
                let first = first_bytes(&head, host, port, path, length);
                if let Ok((sent, received)) = one_request(&mut stream, &mut server, &head, &first, length) {
                    contact.sent = sent;
                    contact.received = received;
                }
                shared.remember(contact);
            }
        }
        Target::Own { ref path } => match &shared.rules.relay {
            Some(relay) => to_server(&mut stream, shared, relay, &head, path),
            None => refuse(&mut stream, "404 Not Found", "nothing stands here for a model's server"),
        },
    }
}

fn open(stream: &mut TcpStream, server: &mut TcpStream, head: &Head) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    server.write_all(&head.rest)
}

/// A request as the host itself reads it, without its body.
fn first_bytes(head: &Head, host: &str, port: u16, path: &str, length: usize) -> Vec<u8> {
    let mut first = format!("{} {path} HTTP/1.1\r\nHost: {host}", head.method).into_bytes();
    if port != 80 {
        first.extend_from_slice(format!(":{port}").as_bytes());
    }
    first.extend_from_slice(b"\r\nConnection: close\r\n");
    let says_length = head.headers.iter().any(|(name, _)| name == "content-length");
    if says_length {
        first.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    let is_passed_on = |name: &str| !OF_THE_CONNECTION.contains(&name) && !name.starts_with("proxy-");
    end_head(&mut first, &head.headers, is_passed_on);
    first
}

/// Writes the headers that are passed on, and the end of a head.
pub(super) fn end_head(head: &mut Vec<u8>, headers: &[(String, Vec<u8>)], is_passed_on: impl Fn(&str) -> bool) {
    for (name, value) in headers.iter().filter(|(name, _)| is_passed_on(name)) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
}

/// Carries one request to a host and its answer back: what comes behind the request is for nobody.
fn one_request(
    stream: &mut TcpStream,
    server: &mut TcpStream,
    head: &Head,
    first: &[u8],
    length: usize,
) -> io::Result<(u64, u64)> {
    if head.headers.iter().any(|(name, _)| name == "expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    server.set_read_timeout(Some(SILENT))?;
    server.set_write_timeout(Some(HEAD))?;
    server.write_all(first)?;
    let early = head.rest.len().min(length);
    server.write_all(&head.rest[..early])?;
    stream.set_read_timeout(Some(HEAD))?;
    let sent = io::copy(&mut (&*stream).take((length - early) as u64), server)?;
    let received = AtomicU64::new(0);
    carry(server, stream, &received);
    Ok((first.len() as u64 + early as u64 + sent, received.into_inner()))
}

/// The way to a host that is named; where there is none, the program has been told why.
fn reach(stream: &mut TcpStream, number: u64, shared: &Shared, host: &str, port: u16) -> Option<(Contact, TcpStream)> {
    let network = &shared.rules.network;
    let mut contact = Contact::asked(format!("{host}:{port}"), network.admits(host, port));
    if !contact.allowed {
        let why = format!(
            "{} is not among the hosts that this program may reach ({network}); `network` of its builder or check names them",
            contact.host
        );
        shared.remember(contact);
        refuse(stream, "403 Forbidden", &why);
        return None;
    }
    let found = (host, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    let addresses = match found {
        Ok(addresses) => addresses,
        Err(error) => return unreached(stream, shared, contact, &error),
    };
    // The address that is judged here is the one that is connected.
    let (named, closed): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .into_iter()
        .partition(|address| network.reaches(host, port, address.ip()));
    if let (true, Some(address)) = (named.is_empty(), closed.first()) {
        let ip = address.ip();
        let why = format!(
            "{} leads to {ip}, an address of this machine or of a private network; where that is wanted, `network` has to \
             name the address as well: \"{}\"",
            contact.host,
            SocketAddr::new(ip, port)
        );
        contact.allowed = false;
        shared.remember(contact);
        refuse(stream, "403 Forbidden", &why);
        return None;
    }
    match connect(&named) {
        Ok(server) if shared.keep(number, &server) => Some((contact, server)),
        Ok(_) => {
            shared.remember(contact);
            None
        }
        Err(error) => unreached(stream, shared, contact, &error),
    }
}

fn unreached<T>(stream: &mut TcpStream, shared: &Shared, contact: Contact, error: &io::Error) -> Option<T> {
    let why = format!("{} cannot be reached: {error}", contact.host);
    shared.remember(contact);
    refuse(stream, "502 Bad Gateway", &why);
    None
}

fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::other("it has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, CONNECT) {
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

/// Says why not, in words for whoever reads the program's output.
pub(super) fn refuse(stream: &mut TcpStream, status: &str, why: &str) {
    let text = format!("git-harness: {why}\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // Who does not listen is not told.
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}
