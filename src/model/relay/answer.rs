//! A server's answer on its way to a program: no header but those that a program needs, the keys written over, no more
//! bytes than an answer may have, and what it used told to whoever pays.

use std::io::{self, Read};
use std::sync::Arc;

use crate::domain::redact::{Disguises, Sieve, mask};

use super::counted::Counted;
use super::{Call, Relayed};

/// The headers of an answer that are passed on; those that begin so as well.
const PASSED: [&str; 7] = [
    "content-type",
    "content-length",
    "retry-after",
    "retry-after-ms",
    "request-id",
    "x-request-id",
    "x-should-retry",
];
const PASSED_BEGINNINGS: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// The keys that a request carries, in every disguise.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) secrets: Disguises,
    pub(super) longest: usize,
}

impl Keys {
    pub(super) fn of(keys: &[&str]) -> Self {
        Self {
            secrets: Disguises::of(keys),
            longest: keys.iter().map(|key| key.len()).max().unwrap_or_default(),
        }
    }
}

/// What a call is paid by, and what of it is known at its beginning.
pub(super) struct Bill {
    /// Whoever pays; without one nothing is to be paid.
    pub(super) call: Option<Box<dyn Call>>,
    /// The bytes of the request.
    pub(super) sent: u64,
}

/// What passes on of an answer.
pub(super) fn passed(answer: Relayed, keys: &Arc<Keys>, bill: Bill, most: usize) -> Result<Relayed, String> {
    let encoding = answer.headers.iter().find(|(name, _)| name == "content-encoding");
    if encoding.is_some_and(|(_, value)| !value.eq_ignore_ascii_case(b"identity")) {
        return Err("the server's answer is compressed, and cannot be looked through".to_owned());
    }
    // As for the harness's own calls: what was turned away at the door, or met a server that fails, is not paid for.
    let is_turned_away = answer.status >= 400;
    let content_type = answer.headers.iter().find(|(name, _)| name == "content-type");
    let counted =
        Counted::new(&content_type.map_or(String::new(), |(_, value)| String::from_utf8_lossy(value).into_owned()));
    let headers = answer.headers.into_iter().filter(|(name, _)| {
        PASSED.contains(&name.as_str()) || PASSED_BEGINNINGS.iter().any(|begin| name.starts_with(begin))
    });
    Ok(Relayed {
        status: answer.status,
        headers: headers
            .map(|(name, mut value)| {
                mask(&keys.secrets, &mut value);
                (name, value)
            })
            .collect(),
        body: Box::new(Passing {
            inner: answer.body,
            keys: Arc::clone(keys),
            held: Vec::new(),
            ready: Vec::new(),
            counted: Some(counted),
            bill,
            is_turned_away,
            left: most,
            ended: false,
        }),
    })
}

struct Passing {
    inner: Box<dyn Read>,
    keys: Arc<Keys>,
    /// What the sieve holds back.
    held: Vec<u8>,
    ready: Vec<u8>,
    counted: Option<Counted>,
    bill: Bill,
    is_turned_away: bool,
    left: usize,
    ended: bool,
}

impl Passing {
    fn fill(&mut self) -> io::Result<()> {
        let mut part = [0; 16 * 1024];
        while self.ready.is_empty() && !self.ended {
            let length = match self.inner.read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            let keys = Arc::clone(&self.keys);
            let mut sieve = Sieve::resume(&keys.secrets, keys.longest, std::mem::take(&mut self.held));
            if length == 0 {
                self.ended = true;
                self.ready = sieve.finish();
                self.settle();
                return Ok(());
            }
            self.left = self
                .left
                .checked_sub(length)
                .ok_or_else(|| io::Error::other("the answer is longer than any is"))?;
            if let Some(counted) = &mut self.counted {
                counted.feed(&part[..length]);
            }
            self.ready = sieve.push(&part[..length]);
            self.held = sieve.into_held();
        }
        Ok(())
    }

    /// The answer has come to its end.
    fn settle(&mut self) {
        let Some(call) = self.bill.call.take() else { return };
        match self.counted.take() {
            _ if self.is_turned_away => call.turned_away(),
            Some(counted) => {
                let (used, text) = counted.end();
                call.answered(&used, self.bill.sent, text);
            }
            // Dropped unsettled, it counts with the most that it can have cost.
            None => drop(call),
        }
    }
}

impl Read for Passing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let length = buffer.len().min(self.ready.len());
        buffer[..length].copy_from_slice(&self.ready[..length]);
        self.ready.drain(..length);
        Ok(length)
    }
}
