//! Checkpoints: the replay of all closed segments and of the open one up to a place, so that opening the journal costs
//! what its last rows cost, however long it has become.
//!
//! A checkpoint is a cache. It names each closed segment that it covers with its size, inode and times, and what it
//! covers of the open one, which grows, by its digest; where any of them differs, or a row turns up that belongs before
//! its end, the journal is read from the beginning, and every row of it checked.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::replay::{Replay, snapshot};
use crate::domain::task::row::{Row, RowEvent};

use super::cache::Caches;
use super::journal::segment_path;

/// What a file is known by, short of its content. A change of content changes its times, which only the kernel sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        Ok(Self {
            size: file.len(),
            inode: file.ino(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// Where reading one writer's rows goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    /// Segments that need not be read.
    pub(super) segments: u64,
    /// Bytes of the next one that need not be read, either.
    pub(super) offset: u64,
    /// How many lines these are.
    pub(super) line: usize,
    /// The number of the last row before.
    pub(super) seq: u64,
    /// Its hash.
    pub(super) prev: Option<Digest>,
}

impl Start {
    /// The beginning of the segment after the one that this is in.
    pub(super) fn behind_the_segment(self) -> Self {
        Self {
            segments: self.segments + 1,
            offset: 0,
            line: 0,
            ..self
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Writer {
    writer: WriterId,
    segments: Vec<Identity>,
    /// The digest of what is covered of the segment behind them.
    open: Option<Digest>,
    end: Start,
}

/// The digest of the first bytes of a file.
fn digest_of_first(path: &Path, length: u64) -> io::Result<Digest> {
    let mut bytes = Vec::new();
    File::open(path)?.take(length).read_to_end(&mut bytes)?;
    Ok(Digest::of(&bytes))
}

/// A row's place in the order of the replay.
type Place = (u64, WriterId, u64);

fn place(row: &Row) -> Place {
    (row.at, row.writer.clone(), row.seq)
}

/// What a checkpoint covers, and what has to be known of it without its rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Covered {
    writers: Vec<Writer>,
    last: Option<Place>,
    /// How many rows.
    pub(super) rows: u64,
    /// The highest Lamport counter.
    pub(super) highest_at: u64,
    /// A row of a later version that forbids writing.
    pub(super) needs_newer: Option<String>,
}

/// A segment and the rows that were read of it.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) writer: WriterId,
    /// Where reading goes on behind it.
    pub(super) end: Start,
    pub(super) rows: Vec<Row>,
}

impl Segment {
    /// The same, as one that does not grow any more.
    pub(super) fn closed(self) -> Self {
        Self {
            end: self.end.behind_the_segment(),
            ..self
        }
    }
}

const KIND: &str = "journal";
/// The layout of what stands before the snapshot. Raised whenever it changes.
const FORMAT: u32 = 2;

fn key() -> String {
    format!("{} {FORMAT} {}", env!("CARGO_PKG_VERSION"), snapshot::FORMAT)
}

impl Covered {
    /// The checkpoint that is there, if it is of exactly these segments.
    pub(super) fn load(caches: &Caches, ledger: &Path) -> Option<(Self, Replay)> {
        let text = String::from_utf8(caches.get(KIND, &key())?).ok()?;
        let head = text.find('\n')?;
        let covered: Self = serde_json::from_str(&text[..head]).ok()?;
        let is_current = covered.writers.iter().all(|writer| {
            let dir = ledger.join("journal").join(writer.writer.as_str());
            let mut segments = (1..).zip(&writer.segments);
            let open = segment_path(&dir, writer.end.segments + 1);
            segments.all(|(number, known)| Identity::of(&segment_path(&dir, number)).is_ok_and(|found| found == *known))
                && writer
                    .open
                    .is_none_or(|known| digest_of_first(&open, writer.end.offset).is_ok_and(|found| found == known))
        });
        if !is_current {
            return None;
        }
        Some((covered, snapshot::read(text, head + 1)?))
    }

    /// Where reading a writer's rows begins.
    pub(super) fn start(&self, writer: &WriterId) -> Start {
        let known = self.writers.iter().find(|known| known.writer == *writer);
        known.map(|known| known.end.clone()).unwrap_or_default()
    }

    /// Whether all of these rows come after everything that is covered.
    pub(super) fn is_before<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) -> bool {
        match &self.last {
            None => true,
            Some(last) => rows.into_iter().all(|row| place(row) > *last),
        }
    }

    /// Whether so many rows behind what is covered cost each command more than a new checkpoint costs one of them, which
    /// grows with what there is.
    pub(super) fn is_far_behind(&self, rows: usize) -> bool {
        rows as u64 >= 64 + self.rows / 256
    }

    /// Takes rows in, which come in the order of the replay, and knows where each writer's end.
    pub(super) fn extend<'a>(
        &mut self,
        ends: impl IntoIterator<Item = (&'a WriterId, &'a Start)>,
        rows: &[Row],
        replay: &mut Replay,
    ) {
        for row in rows {
            replay.apply(row);
            self.highest_at = self.highest_at.max(row.at);
            if let RowEvent::Unknown { name, must: true } = &row.event {
                self.needs_newer.get_or_insert_with(|| name.clone());
            }
        }
        self.rows += rows.len() as u64;
        self.last = rows.last().map(place).or_else(|| self.last.take());
        for (writer, end) in ends {
            let known = self.writers.iter_mut().find(|known| known.writer == *writer);
            match known {
                Some(known) => known.end = end.clone(),
                None => self.writers.push(Writer {
                    writer: writer.clone(),
                    segments: Vec::new(),
                    open: None,
                    end: end.clone(),
                }),
            }
        }
    }

    /// Keeps the checkpoint. It is no error if that fails: the next reader makes it again.
    pub(super) fn save(&mut self, caches: &Caches, ledger: &Path, replay: &Replay) {
        for writer in &mut self.writers {
            let dir = ledger.join("journal").join(writer.writer.as_str());
            let found: io::Result<Vec<Identity>> = (1..=writer.end.segments)
                .map(|number| Identity::of(&segment_path(&dir, number)))
                .collect();
            let open = segment_path(&dir, writer.end.segments + 1);
            let open = (writer.end.offset > 0)
                .then(|| digest_of_first(&open, writer.end.offset))
                .transpose();
            let (Ok(segments), Ok(open)) = (found, open) else {
                return;
            };
            (writer.segments, writer.open) = (segments, open);
        }
        if let (Ok(head), Ok(body)) = (serde_json::to_string(self), snapshot::write(replay)) {
            caches.put(KIND, &key(), format!("{head}\n{body}").as_bytes());
        }
    }
}
