//! Which transcripts rows name, and which of them are to be erased.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::event::Event;
use crate::domain::task::row::Row;

use super::Ledger;
use super::journal;
use super::share::TakeInError;

/// How a row of an erasure calls itself, before anything of it is read.
const ERASED: &[u8] = b"\"event\":\"transcript_erased\"";

/// Digits of a digest.
const DIGITS: usize = 64;

/// What one writer's rows name.
#[derive(Debug, Default)]
pub struct Names {
    named: BTreeSet<Digest>,
    erased: BTreeSet<Digest>,
}

impl Names {
    /// What is to be erased.
    pub fn erased(&self) -> &BTreeSet<Digest> {
        &self.erased
    }

    /// Whether a transcript belongs to this journal.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.named.contains(digest) && !self.erased.contains(digest)
    }
}

impl Ledger {
    /// The transcripts that this clone's own rows name, under whatever name it wrote them.
    pub fn names_of_own(&self) -> Result<Names, TakeInError> {
        let mut all = Names::default();
        for writer in self.own_writers().map_err(|error| TakeInError::Io {
            path: self.dir().join("journal"),
            source: std::io::Error::other(error.to_string()),
        })? {
            let names = self.names_of(&writer)?;
            all.named.extend(names.named);
            all.erased.extend(names.erased);
        }
        Ok(all)
    }

    /// The transcripts that a writer's rows name.
    pub fn names_of(&self, writer: &WriterId) -> Result<Names, TakeInError> {
        let mut names = Names::default();
        for (_, bytes) in self.segments_of(writer, 1)? {
            for line in bytes.split(|byte| *byte == b'\n') {
                match erased(line) {
                    Some(digest) => drop(names.erased.insert(digest)),
                    None => names.named.extend(digests(line)),
                }
            }
        }
        Ok(names)
    }

    /// Takes away what is to be erased by the word of everybody whose rows name it. Says how many transcripts went.
    pub fn obey_erasures(&self) -> Result<usize, TakeInError> {
        let all = journal::writers(self.dir()).map_err(|error| TakeInError::Io {
            path: self.dir().join("journal"),
            source: std::io::Error::other(error.to_string()),
        })?;
        let mut wanted = false;
        for writer in &all {
            let segments = self.segments_of(writer, 1)?;
            wanted |= segments
                .iter()
                .any(|(_, bytes)| memchr::memmem::find(bytes, ERASED).is_some());
        }
        if !wanted {
            return Ok(0);
        }
        let mut said: BTreeSet<Digest> = BTreeSet::new();
        let mut kept: BTreeMap<Digest, bool> = BTreeMap::new();
        for writer in all {
            let names = self.names_of(&writer)?;
            for digest in &names.named {
                *kept.entry(*digest).or_default() |= !names.erased.contains(digest);
            }
            // Nobody has what others made erased.
            said.extend(names.erased.intersection(&names.named));
        }
        let mut gone = 0;
        for digest in said.iter().filter(|digest| kept.get(digest) == Some(&false)) {
            gone += usize::from(self.transcripts().erase(*digest).map_err(|source| TakeInError::Io {
                path: self.dir().join("transcripts"),
                source,
            })?);
        }
        Ok(gone)
    }
}

fn erased(line: &[u8]) -> Option<Digest> {
    memchr::memmem::find(line, ERASED)?;
    let (row, _) = Row::read_alone(std::str::from_utf8(line).ok()?).ok()?;
    match row.known()? {
        Event::TranscriptErased { digest, .. } => Some(*digest),
        _ => None,
    }
}

/// Every text of a line that is a digest and nothing else.
fn digests(line: &[u8]) -> impl Iterator<Item = Digest> + '_ {
    let quotes = memchr::memchr_iter(b'"', line);
    quotes.filter_map(|at| {
        let text = line.get(at + 1..at + 1 + DIGITS)?;
        (line.get(at + 1 + DIGITS) == Some(&b'"')).then(|| std::str::from_utf8(text).ok()?.parse().ok())?
    })
}
