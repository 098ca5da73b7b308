//! The proxy: the only one that a program in a closed network can speak to. It lets named hosts through, stands for a
//! model's server with the real key, refuses the rest by name, and remembers everything that was asked of it.
//!
//! It answers on a socket that was made inside the fence, from threads of the harness; so a program needs no way out of
//! its namespace, and a host is looked up outside. What encrypted connections carry is not read. Cards, configuration and
//! the ledger do not enter.

mod exchange;
mod gateway;
mod head;

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::domain::network::{Contact, Network};
use crate::model::relay::Relay;
use crate::process::Environment;
use crate::process::fence::{self, Door};

/// The address inside.
pub fn address() -> String {
    format!("http://127.0.0.1:{}", fence::PORT)
}

/// Connections at a time; those above are closed at once.
const MOST: usize = 256;

/// Different hosts that are remembered; a program that asks for more is counted under the last.
const REMEMBERED: usize = 200;

/// What it lets through.
#[derive(Debug)]
pub struct Rules {
    /// The hosts.
    pub network: Network,
    /// The model's server that it stands for.
    pub relay: Option<Relay>,
}

impl Rules {
    /// Sets the variables by which programs find the proxy, and the server that it stands for.
    pub fn announce(&self, environment: &mut Environment) {
        let own = address();
        if !self.network.is_none() {
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
                environment.set(name, &own);
                environment.set(&name.to_ascii_lowercase(), &own);
            }
            let none = "localhost,127.0.0.1,::1";
            environment.set("NO_PROXY", none);
            environment.set("no_proxy", none);
            // Node reads the variables above only when this is set.
            environment.set("NODE_USE_ENV_PROXY", "1");
        }
        if let Some(relay) = &self.relay {
            for (name, value) in relay.variables(&own) {
                environment.set(name, value);
            }
        }
    }
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    waiting: OwnedFd,
    path: std::path::PathBuf,
    acceptor: Option<thread::JoinHandle<()>>,
}

/// What its threads know.
#[derive(Debug)]
struct Shared {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    listener: Option<OwnedFd>,
    open: BTreeMap<u64, Vec<TcpStream>>,
    next: u64,
    contacts: Vec<Contact>,
    /// Bytes of the requests to a model's server that are under way.
    in_hand: usize,
}

impl Proxy {
    /// Starts one, whose door lies in a folder that nobody inside can write.
    ///
    /// # Errors
    /// Where the door cannot be opened.
    pub fn start(dir: &Path, rules: Rules) -> io::Result<Self> {
        let door = Door::open(dir)?;
        let shared = Arc::new(Shared {
            rules,
            state: Mutex::default(),
        });
        let (waiting, path) = (door.handle()?, door.path().to_owned());
        let threads = Arc::clone(&shared);
        let acceptor = thread::Builder::new()
            .name("proxy".to_owned())
            .spawn(move || accept(door, &threads))?;
        Ok(Self {
            shared,
            waiting,
            path,
            acceptor: Some(acceptor),
        })
    }

    /// The door, for the inside.
    pub fn door(&self) -> &Path {
        &self.path
    }

    /// Ends every connection, and gives what was asked for, in the order of the first calls.
    pub fn close(mut self) -> Vec<Contact> {
        self.end();
        std::mem::take(&mut self.shared.state().contacts)
    }

    fn end(&mut self) {
        let open: Vec<TcpStream> = {
            let mut state = self.shared.state();
            state.closed = true;
            if let Some(listener) = &state.listener {
                fence::close(listener);
            }
            std::mem::take(&mut state.open).into_values().flatten().collect()
        };
        fence::close(&self.waiting);
        for stream in open {
            // One that is closed already needs nothing.
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(relay) = &self.shared.rules.relay {
            relay.shutdown();
        }
        if let Some(acceptor) = self.acceptor.take() {
            // It waits for its connections, so nothing is added to the list afterwards.
            let _ = acceptor.join();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole, so what a thread that ended in a panic left is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a stream to be closed when the proxy ends; false where it has ended.
    fn keep(&self, connection: u64, stream: &TcpStream) -> bool {
        let Ok(copy) = stream.try_clone() else {
            return false;
        };
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.open.entry(connection).or_default().push(copy);
        true
    }

    fn remember(&self, contact: Contact) {
        let mut state = self.state();
        let full = state.contacts.len() >= REMEMBERED;
        let known = state.contacts.iter().any(|known| known.host == contact.host);
        let contact = match state.contacts.last() {
            Some(last) if full && !known => Contact {
                host: last.host.clone(),
                ..contact
            },
            _ => contact,
        };
        contact.add_to(&mut state.contacts);
    }
}

/// The thread that waits: for the socket from inside, and then for connections on it.
fn accept(door: Door, shared: &Arc<Shared>) {
    let Ok(listener) = door.wait() else {
        // The walls did not stand, and say so themselves.
        return;
    };
    {
        let mut state = shared.state();
        if state.closed {
            return;
        }
        let Ok(copy) = listener.try_clone() else {
            return;
        };
        state.listener = Some(copy.into());
    }
    thread::scope(|scope| {
        while let Some(stream) = next(&listener, shared) {
            let number = {
                let mut state = shared.state();
                if state.open.len() >= MOST {
                    continue;
                }
                state.next += 1;
                state.next
            };
            if !shared.keep(number, &stream) {
                continue;
            }
            scope.spawn(move || {
                exchange::answer(stream, number, shared);
                shared.state().open.remove(&number);
            });
        }
    });
}

/// The next connection; `None` when the proxy ends.
fn next(listener: &TcpListener, shared: &Shared) -> Option<TcpStream> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return Some(stream),
            Err(_) if shared.state().closed => return None,
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return None,
            // Somebody gave up while waiting, or there are too many open files for now.
            Err(_) => thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}
