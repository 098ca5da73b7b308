//! One POST over HTTP, read piece by piece: the only file that knows the HTTP library.
//!
//! The library blocks, so it works on a thread of its own and sends what it reads over a channel. Whoever waits can so
//! give up for three reasons that the library does not have: nothing came for too long, the whole time is up, the user
//! wants to stop. Giving up shuts the connection down, which ends the thread.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

pub use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::Response;
use ureq::typestate::AgentScope;
use ureq::{Body, Proxy};

use crate::process::Cancel;

use super::fault::{Fault, Phase};
use super::relay::Relayed;
use super::{Endpoint, Limits, tls};

/// How often a stop by the user is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Pieces that may wait to be taken.
const WAITING: usize = 16;

/// The beginning of a response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// `Content-Type`, in lower case; empty without.
    pub content_type: String,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `retry-after-ms`.
    pub retry_after_ms: Option<String>,
}

impl Head {
    /// Whether a page for people follows.
    pub fn is_html(&self) -> bool {
        self.content_type.starts_with("text/html")
    }

    /// Whether one JSON value follows, and no stream.
    pub fn is_json(&self) -> bool {
        self.content_type.starts_with("application/json")
    }
}

/// What is sent.
pub struct Post {
    /// The address, by [`super::address::url`].
    pub url: String,
    /// Headers; some hold the key.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON.
    pub body: String,
}

/// What the thread sends.
enum Piece {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Broken(Fault),
}

/// How a body goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// With these bytes.
    Bytes(Vec<u8>),
    /// Not at all; the server closed it as it should.
    End,
    /// Not at all; the connection was lost.
    Lost(String),
}

/// A response on its way.
pub struct Incoming<'a> {
    pieces: Receiver<Piece>,
    agent: Option<Agent>,
    limits: Limits,
    cancel: &'a Cancel,
    started: Instant,
    last: Instant,
    phase: Phase,
    taken: usize,
}

impl<'a> Incoming<'a> {
    /// Sends, and begins to wait.
    ///
    /// # Errors
    /// Where the proxy's address is none.
    pub fn start(endpoint: &Endpoint, post: Post, cancel: &'a Cancel) -> Result<Self, Fault> {
        let agent = agent(endpoint)?;
        let (sender, pieces) = mpsc::sync_channel(WAITING);
        let worker = agent.clone();
        thread::spawn(move || {
            // Whoever waited may have gone.
            let _ = read(&worker, &post, &sender);
        });
        let now = Instant::now();
        Ok(Self {
            pieces,
            agent: Some(agent),
            limits: endpoint.limits,
            cancel,
            started: now,
            last: now,
            phase: Phase::FirstByte,
            taken: 0,
        })
    }

    /// The response's beginning.
    ///
    /// # Errors
    /// Where none came.
    pub fn head(&mut self) -> Result<Head, Fault> {
        match self.wait()? {
            Piece::Head(head) => Ok(head),
            Piece::Broken(fault) => Err(fault),
            Piece::Bytes(_) | Piece::End => Err(gone()),
        }
    }

    /// What follows of the body.
    ///
    /// # Errors
    /// Where nothing came for too long, too much came, or the user stopped it.
    pub fn next(&mut self) -> Result<Next, Fault> {
        match self.wait()? {
            Piece::Bytes(bytes) => {
                self.phase = Phase::Between;
                self.taken += bytes.len();
                if self.taken > self.limits.answer_bytes {
                    return Err(Fault::Runaway {
                        limit: self.limits.answer_bytes,
                    });
                }
                Ok(Next::Bytes(bytes))
            }
            Piece::Broken(fault) => Ok(Next::Lost(fault.to_string())),
            Piece::End | Piece::Head(_) => Ok(Next::End),
        }
    }

    /// How long the call has taken.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn wait(&mut self) -> Result<Piece, Fault> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(Fault::Cancelled);
            }
            let limit = match self.phase {
                // The connection has a limit of its own, which the library holds.
                Phase::FirstByte => self.limits.connect + self.limits.first_byte,
                Phase::Between => self.limits.stall,
            };
            let now = Instant::now();
            let quiet = (self.last + limit).saturating_duration_since(now);
            let whole = (self.started + self.limits.total).saturating_duration_since(now);
            if whole.is_zero() {
                return Err(Fault::TimedOut {
                    limit: self.limits.total,
                });
            }
            if quiet.is_zero() {
                return Err(Fault::Stalled {
                    phase: self.phase,
                    limit,
                });
            }
            match self.pieces.recv_timeout(TICK.min(quiet).min(whole)) {
                Ok(piece) => {
                    self.last = Instant::now();
                    return Ok(piece);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if let Some(agent) = self.agent.take() {
            agent.shutdown();
        }
    }
}

fn gone() -> Fault {
    Fault::Transient {
        why: "the connection ended without an answer".to_owned(),
    }
}

/// The connections to an endpoint; nothing is connected yet.
///
/// # Errors
/// Where the proxy's address is none, or nothing encrypted can be trusted.
pub fn agent(endpoint: &Endpoint) -> Result<Agent, Fault> {
    Ok(settings(endpoint)?.build().new_agent())
}

/// The same for what programs ask, whose answers are waited for here.
///
/// # Errors
/// As above.
pub fn relay_agent(endpoint: &Endpoint) -> Result<Agent, Fault> {
    let limits = &endpoint.limits;
    let settings = settings(endpoint)?
        .timeout_send_body(Some(limits.first_byte))
        .timeout_recv_response(Some(limits.connect + limits.first_byte))
        .timeout_recv_body(Some(limits.total));
    Ok(settings.build().new_agent())
}

fn settings(endpoint: &Endpoint) -> Result<ConfigBuilder<AgentScope>, Fault> {
    let proxy = match &endpoint.proxy {
        None => None,
        // What is wrong with it may hold a password, so it is not repeated.
        Some(address) => Some(Proxy::new(address.expose()).map_err(|_| Fault::Setup {
            said: "proxy is no address of a proxy".to_owned(),
        })?),
    };
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .timeout_resolve(Some(endpoint.limits.connect))
        .timeout_connect(Some(endpoint.limits.connect))
        .max_idle_connections(0)
        .user_agent(concat!("git-harness/", env!("CARGO_PKG_VERSION")));
    let encrypted = |address: &str| address.starts_with("https:");
    if encrypted(&endpoint.base_url) || endpoint.proxy.as_ref().is_some_and(|proxy| encrypted(proxy.expose())) {
        config = config.tls_config(tls::settings()?);
    }
    Ok(config)
}

/// The thread: sends the request and passes on what comes back.
fn read(agent: &Agent, post: &Post, sender: &SyncSender<Piece>) -> Result<(), mpsc::SendError<Piece>> {
    let mut request = agent.post(&post.url);
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let response = match request.send(&post.body) {
        Ok(response) => response,
        Err(error) => return sender.send(Piece::Broken(fault(&error))),
    };
    sender.send(Piece::Head(head(&response)))?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return sender.send(Piece::End),
            Ok(length) => sender.send(Piece::Bytes(buffer[..length].to_vec()))?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let why = format!("the connection was lost: {error}");
                return sender.send(Piece::Broken(Fault::Transient { why }));
            }
        }
    }
}

/// Why no answer begins to a request that is passed on.
#[derive(Debug)]
pub struct Unsent {
    /// What is told.
    pub fault: Fault,
    /// Whether the server may have taken it up all the same.
    pub may_be_taken_up: bool,
}

/// Sends a request of any kind and gives the answer as it comes.
///
/// # Errors
/// Where no answer begins.
pub fn send(
    agent: &Agent,
    method: &str,
    url: &str,
    headers: &[(&str, &[u8])],
    body: Vec<u8>,
) -> Result<Relayed, Unsent> {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).map_err(|error| Unsent {
        fault: Fault::Garbled {
            why: format!("the request cannot be passed on: {error}"),
        },
        may_be_taken_up: false,
    })?;
    let response = agent.run(request).map_err(|error| Unsent {
        may_be_taken_up: was_sent(&error),
        fault: fault(&error),
    })?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    Ok(Relayed {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: Box::new(response.into_body().into_reader()),
    })
}

/// Whether a request was on its way when it failed.
fn was_sent(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::Pem(_) => false,
        ureq::Error::Io(error) => !matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
                | ErrorKind::InvalidData
        ),
        _ => true,
    }
}

fn head(response: &Response<Body>) -> Head {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    Head {
        status: response.status().as_u16(),
        content_type: header("content-type").unwrap_or_default().to_ascii_lowercase(),
        retry_after: header("retry-after"),
        retry_after_ms: header("retry-after-ms"),
    }
}

/// What the library's errors mean. Addresses and headers are never in the words.
fn fault(error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::HostNotFound => Fault::Transient {
            why: "the host of base_url is not found".to_owned(),
        },
        ureq::Error::Timeout(_) => Fault::Transient {
            why: "no connection came about in time".to_owned(),
        },
        // So it tells of certificates that are not trusted, and of servers that do not encrypt.
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => Fault::Setup {
            said: format!("no encrypted connection comes about: {error}"),
        },
        ureq::Error::Io(error) => Fault::Transient {
            why: format!("the server cannot be reached: {error}"),
        },
        ureq::Error::ConnectionFailed => Fault::Transient {
            why: "the server cannot be reached".to_owned(),
        },
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Fault::Setup {
            said: "base_url is no address".to_owned(),
        },
        ureq::Error::InvalidProxyUrl => Fault::Setup {
            said: "proxy is no address of a proxy".to_owned(),
        },
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => Fault::Setup {
            said: format!("no encrypted connection comes about: {error}"),
        },
        other => Fault::Garbled { why: other.to_string() },
    }
}
