//! Checkpoints: the replay of all closed segments and of the open one up to a place, so that opening the journal costs
//! what its last rows cost, however long it has become.
//!
//! A checkpoint is a cache. It names each closed segment that it covers with its size, inode and times, and what it
//! covers of the open one, which grows, by its digest; where any of them differs, or a row turns up that belongs before
//! its end, the journal is read from the beginning, and every row of it checked. What holds of everything is in the
//! checkpoint; the story of one task is read from its rows when somebody asks for it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::replay::Replay;
use crate::domain::task::replay::snapshot::{self, Address};
use crate::domain::task::row::{Row, RowEvent};
use crate::domain::task::voice::Voices;

use super::archive::{self, Archive};
use super::cache::Caches;
use super::journal::{self, JournalError, Segment, Start, Wants, segment_path};
use super::{belief, order};

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
    /// Rows of a later version that forbid their writer to go on: the first of each.
    pub(super) needs_newer: Vec<(WriterId, String)>,
}

const KIND: &str = "journal";
/// The layout of what stands before the snapshot. Raised whenever it changes.
const FORMAT: u32 = 3;

/// After this many rows, stories are let go while a long journal is folded; those that go on are read again.
const SHED: u64 = 100_000;

fn key() -> String {
    format!("{} {FORMAT} {}", env!("CARGO_PKG_VERSION"), snapshot::FORMAT)
}

impl Covered {
    fn is_current(&self, ledger: &Path) -> bool {
        self.writers.iter().all(|writer| {
            let dir = ledger.join("journal").join(writer.writer.as_str());
            let mut segments = (1..).zip(&writer.segments);
            let open = segment_path(&dir, writer.end.segments + 1);
            segments.all(|(number, known)| Identity::of(&segment_path(&dir, number)).is_ok_and(|found| found == *known))
                && writer
                    .open
                    .is_none_or(|known| digest_of_first(&open, writer.end.offset).is_ok_and(|found| found == known))
        })
    }

    /// Whether so many rows behind what is covered cost each command more than a new checkpoint costs one of them, which
    /// grows with what there is.
    fn is_far_behind(&self, rows: usize) -> bool {
        rows as u64 >= 64 + self.rows / 256
    }

    /// Nothing of these writers.
    fn knowing(writers: Vec<WriterId>) -> Self {
        let mut covered = Self::default();
        covered.know(writers);
        covered
    }

    /// Makes room for writers that are new.
    fn know(&mut self, writers: Vec<WriterId>) {
        for writer in writers {
            if self.writers.iter().all(|known| known.writer != writer) {
                self.writers.push(Writer {
                    writer,
                    segments: Vec::new(),
                    open: None,
                    end: Start::default(),
                });
            }
        }
    }

    fn archive(&self, ledger: &Path) -> Arc<Archive> {
        let writers = self.writers.iter().map(|known| known.writer.clone());
        Arc::new(Archive::new(ledger, writers.collect()))
    }

    /// Which of its writers are other clones.
    fn voices(&self, ledger: &Path) -> Voices {
        let writers = self.writers.iter().map(|known| &known.writer);
        belief::voices(ledger, writers)
    }

    fn is_before(&self, row: &Row) -> bool {
        self.last.as_ref().is_none_or(|last| place(row) > *last)
    }
}

/// What is covered and its replay, and what is read behind it.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) covered: Covered,
    pub(super) replay: Replay,
    /// Only one writer has anything new, so it comes in order and is folded as it comes.
    is_in_order: bool,
    /// Segments that have to be brought in order with others before they are folded.
    waiting: Vec<Segment>,
    is_new: bool,
}

impl Checkpoint {
    /// Reads what is behind a checkpoint: the one that is there, if it is of exactly these segments and all of what is
    /// read comes after it; else from the beginning. `read` may be called several times; what it read last is returned.
    pub(super) fn read<T>(
        caches: &Caches,
        ledger: &Path,
        mut read: impl FnMut(&mut Self) -> Result<(T, Option<Segment>), JournalError>,
    ) -> Result<(Self, T, Option<Segment>), JournalError> {
        let stored = stored(caches, ledger)
            .map(|(covered, text, at)| {
                Self::new(ledger, covered, |archive, voices| {
                    snapshot::read(text, at, archive, voices)
                })
            })
            .transpose()?;
        if let Some(mut checkpoint) = stored.flatten() {
            let (value, open) = read(&mut checkpoint)?;
            if checkpoint.fits(open.as_ref()) {
                return Ok((checkpoint, value, open));
            }
        }
        let mut checkpoint = Self::anew(ledger)?;
        let (value, open) = read(&mut checkpoint)?;
        if checkpoint.fits(open.as_ref()) {
            return Ok((checkpoint, value, open));
        }
        // Not even in order within one writer's rows: nothing is folded before all of it was read.
        let mut checkpoint = Self::anew(ledger)?;
        checkpoint.is_in_order = false;
        let (value, open) = read(&mut checkpoint)?;
        Ok((checkpoint, value, open))
    }

    /// Covers nothing yet.
    fn anew(ledger: &Path) -> Result<Self, JournalError> {
        let covered = Covered::knowing(journal::writers(ledger)?);
        let replay = Replay::kept_by(covered.archive(ledger), covered.voices(ledger));
        Ok(Self::of(ledger, covered, replay))
    }

    /// What was stored, with room for writers that are new.
    fn new(
        ledger: &Path,
        mut covered: Covered,
        replay: impl FnOnce(Arc<Archive>, Voices) -> Option<Replay>,
    ) -> Result<Option<Self>, JournalError> {
        covered.know(journal::writers(ledger)?);
        let replay = replay(covered.archive(ledger), covered.voices(ledger));
        Ok(replay.map(|replay| Self::of(ledger, covered, replay)))
    }

    fn of(ledger: &Path, covered: Covered, replay: Replay) -> Self {
        let goes_on = |known: &&Writer| {
            let dir = ledger.join("journal").join(known.writer.as_str());
            segment_path(&dir, known.end.segments + 1).exists()
        };
        Self {
            is_in_order: covered.writers.iter().filter(goes_on).count() <= 1,
            covered,
            replay,
            waiting: Vec::new(),
            is_new: false,
        }
    }

    /// Whether everything that was read comes after what was covered before.
    fn fits(&self, open: Option<&Segment>) -> bool {
        let mut read = self.waiting.iter().chain(open).flat_map(|segment| &segment.rows);
        read.all(|(row, _)| self.covered.is_before(row))
    }

    /// Brings what waits in order with the open segment's rows: folds it where all of it comes first, and these, too,
    /// where they have become many. Returns the rows that are not folded.
    pub(super) fn settle(&mut self, open: Option<Segment>) -> Vec<Row> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut rows: Vec<(&Row, Option<Address>)> = waiting.iter().flat_map(|segment| self.placed(segment)).collect();
        rows.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let last = rows.last().map(|(row, _)| *row);
        let first = open.as_ref().and_then(|open| open.rows.first());
        let is_first = last
            .zip(first)
            .is_none_or(|(last, (first, _))| order(last) < order(first));
        if !is_first {
            let read = waiting.into_iter().chain(open).flat_map(|segment| segment.rows);
            let mut rows: Vec<Row> = read.map(|(row, _)| row).collect();
            rows.sort_by(|a, b| order(a).cmp(&order(b)));
            return rows;
        }
        for (row, address) in rows {
            self.fold(row, address);
        }
        waiting.iter().for_each(|segment| self.cover(segment));
        match open {
            Some(open) if self.covered.is_far_behind(open.rows.len()) && is_in_order(&open) => {
                for (row, address) in self.placed(&open) {
                    self.fold(row, address);
                }
                self.cover(&open);
                Vec::new()
            }
            open => open
                .into_iter()
                .flat_map(|open| open.rows)
                .map(|(row, _)| row)
                .collect(),
        }
    }

    /// A segment's rows with their addresses.
    fn placed<'a>(&self, segment: &'a Segment) -> Vec<(&'a Row, Option<Address>)> {
        let rows = segment.rows.iter();
        rows.map(|(row, offset)| (row, self.address(segment, *offset)))
            .collect()
    }

    fn address(&self, segment: &Segment, offset: u64) -> Option<Address> {
        let mut writers = self.covered.writers.iter();
        let writer = writers.position(|known| known.writer == segment.writer)?;
        archive::address(writer, segment.number, offset)
    }

    fn fold(&mut self, row: &Row, address: Option<Address>) {
        match address {
            Some(address) => self.replay.apply_kept(row, address),
            None => self.replay.apply(row),
        }
        self.covered.highest_at = self.replay.highest_at();
        if let RowEvent::Unknown { name, must: true } = &row.event {
            let found = &mut self.covered.needs_newer;
            if found.iter().all(|(writer, _)| *writer != row.writer) {
                found.push((row.writer.clone(), name.clone()));
            }
        }
        self.covered.rows += 1;
        self.covered.last = Some(place(row));
        if self.covered.rows.is_multiple_of(SHED) {
            self.replay.shed();
        }
    }

    fn cover(&mut self, segment: &Segment) {
        self.is_new = true;
        let mut writers = self.covered.writers.iter_mut();
        if let Some(known) = writers.find(|known| known.writer == segment.writer) {
            known.end = segment.end.clone();
        }
    }

    /// Keeps the checkpoint where it is new. It is no error if that fails: the next reader makes it again.
    pub(super) fn save(&mut self, caches: &Caches, ledger: &Path) {
        if !self.is_new {
            return;
        }
        for writer in &mut self.covered.writers {
            let dir = ledger.join("journal").join(writer.writer.as_str());
            // A closed segment does not change, so of those that were covered before nothing new is known.
            let new = writer.segments.len() as u64 + 1..=writer.end.segments;
            let found: io::Result<Vec<Identity>> =
                new.map(|number| Identity::of(&segment_path(&dir, number))).collect();
            let open = segment_path(&dir, writer.end.segments + 1);
            let open = (writer.end.offset > 0)
                .then(|| digest_of_first(&open, writer.end.offset))
                .transpose();
            let (Ok(segments), Ok(open)) = (found, open) else {
                return;
            };
            writer.segments.extend(segments);
            writer.open = open;
        }
        if let (Ok(head), Some(body)) = (serde_json::to_string(&self.covered), snapshot::write(&self.replay)) {
            caches.put(KIND, &key(), format!("{head}\n{body}").as_bytes());
        }
    }
}

impl Wants for Checkpoint {
    fn start(&self, writer: &WriterId) -> Start {
        let known = self.covered.writers.iter().find(|known| known.writer == *writer);
        known.map(|known| known.end.clone()).unwrap_or_default()
    }

    fn closed(&mut self, segment: Segment) {
        let goes_on = is_in_order(&segment) && segment.rows.first().is_none_or(|(row, _)| self.covered.is_before(row));
        if !self.is_in_order || !goes_on {
            self.is_in_order = false;
            self.waiting.push(segment);
            return;
        }
        for (row, address) in self.placed(&segment) {
            self.fold(row, address);
        }
        self.cover(&segment);
    }
}

fn is_in_order(segment: &Segment) -> bool {
    segment.rows.is_sorted_by(|(a, _), (b, _)| order(a) < order(b))
}

/// What is stored of a checkpoint: what it covers, and where in the text its replay begins.
fn stored(caches: &Caches, ledger: &Path) -> Option<(Covered, String, usize)> {
    let text = String::from_utf8(caches.get(KIND, &key())?).ok()?;
    let head = text.find('\n')?;
    let covered: Covered = serde_json::from_str(&text[..head]).ok()?;
    covered.is_current(ledger).then_some((covered, text, head + 1))
}
