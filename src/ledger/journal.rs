//! The journal: one writer's rows in segments, appended under a lock, durable before anything is acted on.
//!
//! A row is acknowledged when its line is on disk. Lines behind the last newline are a torn tail: nobody was told of
//! them, so they are cut off and kept aside. Anything wrong before that is damage, which only a person may judge: it
//! is reported and nothing is changed.

mod segment;
mod writer;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::event::Event;
use crate::domain::task::row::Row;
use crate::fault::{self, Control, Point};

use super::lock::FileLock;

pub use segment::segment_name;
use segment::{Reader, read_from, read_others, read_writer};
pub(super) use segment::{Segment, Start, Wants, read_backwards, segment_path};
pub(super) use writer::known_writer;
use writer::own_writer;
pub(super) use writer::{new_name, rename_writer, writers};

/// A segment is closed when it has grown to this size, in bytes.
const SEGMENT: u64 = 256 * 1024;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file operation failed.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row that was acknowledged is damaged, missing, or there twice.
    #[error("{path}, line {line}: {why}")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// An earlier write could not be made durable, so what is on disk is not known.
    #[error("an earlier write to the journal failed; start the command again")]
    Broken,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> JournalError + '_ {
    move |source| JournalError::Io {
        path: path.to_owned(),
        source,
    }
}

/// One clone's own journal.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    lock_file: PathBuf,
    writer: WriterId,
    /// The open segment's number and how far it was read.
    segment: u64,
    offset: u64,
    line: usize,
    seq: u64,
    prev: Option<Digest>,
    broken: bool,
}

/// Proof that the journal's lock is held.
pub(super) struct Held(#[expect(dead_code, reason = "held until it is dropped")] FileLock);

impl Journal {
    /// Opens the journal, reads every writer's rows behind what is wanted, and cuts a torn tail of its own.
    pub(super) fn open(ledger: &Path, clock: &dyn Clock, to: &mut dyn Wants) -> Result<(Self, Opened), JournalError> {
        let lock_file = ledger.join("journal.lock");
        let held = Held(FileLock::wait(&lock_file).map_err(io_at(&lock_file))?);
        let writer = own_writer(ledger, clock)?;
        let dir = ledger.join("journal").join(writer.as_str());
        make_folder(&dir, ledger)?;
        read_others(ledger, Some(&writer), to)?;
        let start = to.start(&writer);
        let mut journal = Self {
            segment: start.segments + 1,
            offset: start.offset,
            line: start.line,
            seq: start.seq,
            prev: start.prev,
            broken: false,
            lock_file,
            writer,
            dir,
        };
        let (open, torn) = journal.read_own(&held, &mut |segment| to.closed(segment))?;
        let repaired = torn.map(|torn| journal.cut(&torn)).transpose()?;
        Ok((journal, Opened { open, repaired }))
    }

    /// Every writer's rows behind what is wanted, without changing anything; a torn tail is passed over. Returns this
    /// clone's own open segment.
    pub(super) fn read(ledger: &Path, to: &mut dyn Wants) -> Result<Option<Segment>, JournalError> {
        let own = known_writer(ledger);
        read_others(ledger, own.as_ref(), to)?;
        let Some(own) = own else {
            return Ok(None);
        };
        // The last one may still grow.
        read_writer(ledger, &own, to)
    }

    pub(super) fn writer(&self) -> &WriterId {
        &self.writer
    }

    /// Waits for the journal's lock.
    pub(super) fn lock(&self) -> Result<Held, JournalError> {
        if self.broken {
            return Err(JournalError::Broken);
        }
        FileLock::wait(&self.lock_file)
            .map(Held)
            .map_err(io_at(&self.lock_file))
    }

    /// Reads what other processes of this clone appended. A torn tail of a process that was killed is cut here too.
    pub(super) fn catch_up(&mut self, held: &Held) -> Result<Vec<Row>, JournalError> {
        let mut closed = Vec::new();
        let (open, torn) = self.read_own(held, &mut |segment: Segment| closed.extend(segment.rows))?;
        if let Some(torn) = torn {
            self.cut(&torn)?;
        }
        closed.extend(open.into_iter().flat_map(|segment| segment.rows));
        Ok(closed.into_iter().map(|(row, _)| row).collect())
    }

    /// Writes rows with one write, and returns when they are on disk.
    pub(super) fn append(
        &mut self,
        _held: &Held,
        events: &[Event],
        highest_at: u64,
        time: Timestamp,
    ) -> Result<Vec<Row>, JournalError> {
        let recorded: Vec<&Event> = events.iter().filter(|event| event.is_recorded()).collect();
        if recorded.is_empty() {
            return Ok(Vec::new());
        }
        if self.offset >= SEGMENT {
            self.segment += 1;
            self.offset = 0;
            self.line = 0;
        }
        let path = self.segment_path(self.segment);
        let mut text = String::new();
        let mut rows = Vec::with_capacity(recorded.len());
        let mut prev = self.prev;
        for (index, event) in recorded.into_iter().enumerate() {
            let step = index as u64 + 1;
            let (row, line) = Row::write(
                &self.writer,
                self.seq + step,
                highest_at.saturating_add(step),
                time,
                event,
                prev,
            )
            .map_err(|error| io_at(&path)(io::Error::other(error.to_string())))?;
            prev = Some(row.hash);
            text.push_str(&line);
            rows.push(row);
        }
        self.write(&path, text.as_bytes())?;
        self.offset += text.len() as u64;
        self.line += rows.len();
        self.seq += rows.len() as u64;
        self.prev = prev;
        Ok(rows)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(io_at(path))?;
        if fault::skips(Control::Write) {
            return Ok(());
        }
        let written = fault::before_write(Point::JournalWrite, &file, bytes).and_then(|()| file.write_all(bytes));
        if let Err(error) = written {
            // No space: back to where it was, so that the next command finds no torn tail.
            if file.set_len(self.offset).is_err() {
                self.broken = true;
            }
            return Err(io_at(path)(error));
        }
        let synced = match fault::skips(Control::Sync) {
            true => Ok(()),
            false => fault::at(Point::JournalSync).and_then(|()| file.sync_data()),
        };
        if let Err(error) = synced {
            // The kernel may have dropped the pages; what is on disk is unknown from here on.
            self.broken = true;
            return Err(io_at(path)(error));
        }
        // Also where an earlier write found no space and left the file empty.
        if self.offset == 0 {
            fault::at(Point::JournalSegment).map_err(io_at(path))?;
            sync_folder(&self.dir)?;
        }
        fault::at(Point::JournalSynced).map_err(io_at(path))
    }

    fn segment_path(&self, number: u64) -> PathBuf {
        segment_path(&self.dir, number)
    }

    /// What was read of the segment that this value is in, up to where it is now.
    fn segment(&self, rows: Vec<(Row, u64)>) -> Segment {
        Segment {
            writer: self.writer.clone(),
            number: self.segment,
            end: Start {
                segments: self.segment - 1,
                offset: self.offset,
                line: self.line,
                seq: self.seq,
                prev: self.prev,
            },
            rows,
        }
    }

    /// Reads on from where this value is. Returns the open segment, where there is one, and what is torn, if something is.
    fn read_own(
        &mut self,
        _held: &Held,
        closed: &mut dyn FnMut(Segment),
    ) -> Result<(Option<Segment>, Option<Torn>), JournalError> {
        loop {
            let mut rows = Vec::new();
            let path = self.segment_path(self.segment);
            let text = match read_from(&path, self.offset) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.offset == 0 => {
                    return Ok((None, None));
                }
                Err(error) => return Err(io_at(&path)(error)),
            };
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let mut reader = Reader {
                path: &path,
                offset: self.offset,
                line: self.line,
                seq: self.seq,
                prev: self.prev,
                writer: &self.writer,
            };
            reader.read(&text[..whole], &mut rows)?;
            (self.line, self.seq, self.prev) = (reader.line, reader.seq, reader.prev);
            self.offset += whole as u64;
            let is_last = !self.segment_path(self.segment + 1).exists();
            if whole < text.len() {
                if !is_last {
                    return Err(JournalError::Damaged {
                        path,
                        line: self.line + 1,
                        why: "a closed segment ends in the middle of a row".to_owned(),
                    });
                }
                let torn = Torn {
                    path,
                    offset: self.offset,
                    bytes: text[whole..].to_vec(),
                };
                return Ok((Some(self.segment(rows)), Some(torn)));
            }
            if is_last {
                return Ok((Some(self.segment(rows)), None));
            }
            closed(self.segment(rows).closed());
            self.segment += 1;
            self.offset = 0;
            self.line = 0;
        }
    }

    fn cut(&mut self, torn: &Torn) -> Result<(u64, PathBuf), JournalError> {
        if fault::skips(Control::Cut) {
            return Ok((0, torn.path.clone()));
        }
        let kept = (1..)
            .map(|number| self.dir.join(format!("torn.{number}")))
            .find(|path| !path.exists())
            .unwrap_or_else(|| self.dir.join("torn"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&kept)
            .map_err(io_at(&kept))?;
        fault::before_write(Point::RepairKeep, &file, &torn.bytes)
            .and_then(|()| file.write_all(&torn.bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| fault::at(Point::RepairCut))
            .map_err(io_at(&kept))?;
        let segment = OpenOptions::new()
            .write(true)
            .open(&torn.path)
            .map_err(io_at(&torn.path))?;
        segment
            .set_len(torn.offset)
            .and_then(|()| segment.sync_all())
            .and_then(|()| fault::at(Point::RepairDone))
            .map_err(io_at(&torn.path))?;
        sync_folder(&self.dir)?;
        Ok((torn.bytes.len() as u64, kept))
    }
}

/// Bytes behind the last newline.
struct Torn {
    path: PathBuf,
    offset: u64,
    bytes: Vec<u8>,
}

/// What was read when a journal was opened, beside the closed segments.
#[derive(Debug)]
pub(super) struct Opened {
    /// This clone's own open segment.
    pub(super) open: Option<Segment>,
    /// How many bytes of a torn tail were cut, and where they are kept.
    pub(super) repaired: Option<(u64, PathBuf)>,
}

/// Makes a writer's folder, and its name durable up to the ledger's own.
fn make_folder(dir: &Path, ledger: &Path) -> Result<(), JournalError> {
    if dir.is_dir() {
        return Ok(());
    }
    crate::folders::make_private(dir).map_err(io_at(dir))?;
    let holds = |folder: &&Path| folder.starts_with(ledger) || ledger.parent() == Some(*folder);
    dir.ancestors().skip(1).take_while(holds).try_for_each(sync_folder)
}

fn sync_folder(dir: &Path) -> Result<(), JournalError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_at(dir))
}
