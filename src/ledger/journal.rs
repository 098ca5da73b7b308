//! The journal: one writer's rows in segments, appended under a lock, durable before anything is acted on.
//!
//! A row is acknowledged when its line is on disk. Lines behind the last newline are a torn tail: nobody was told of
//! them, so they are cut off and kept aside. Anything wrong before that is damage, which only a person may judge: it
//! is reported and nothing is changed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::event::Event;
use crate::domain::task::row::{Row, RowError};
use crate::fault::{self, Control, Point};

use super::lock::FileLock;

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
            let (row, line) = Row::write(&self.writer, self.seq + step, highest_at + step, time, event, prev)
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

/// Reads lines of one writer and checks that each follows the one before.
struct Reader<'a> {
    path: &'a Path,
    /// Where the text begins in the file.
    offset: u64,
    line: usize,
    seq: u64,
    prev: Option<Digest>,
    writer: &'a WriterId,
}

impl Reader<'_> {
    fn read(&mut self, text: &[u8], rows: &mut Vec<(Row, u64)>) -> Result<(), JournalError> {
        for line in text.split(|byte| *byte == b'\n') {
            let offset = self.offset;
            self.offset += line.len() as u64 + 1;
            if line.is_empty() {
                continue;
            }
            self.line += 1;
            let text = std::str::from_utf8(line).map_err(|error| self.damaged(error.to_string()))?;
            let row = Row::read(text, self.prev).map_err(|error: RowError| self.damaged(error.to_string()))?;
            if row.writer != *self.writer {
                return Err(self.damaged(format!("it belongs to the writer {}", row.writer)));
            }
            if row.seq != self.seq + 1 {
                return Err(self.damaged(format!("row {} follows row {}", row.seq, self.seq)));
            }
            self.seq = row.seq;
            self.prev = Some(row.hash);
            rows.push((row, offset));
        }
        Ok(())
    }

    fn damaged(&self, why: String) -> JournalError {
        JournalError::Damaged {
            path: self.path.to_owned(),
            line: self.line,
            why,
        }
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
    fn behind_the_segment(self) -> Self {
        Self {
            segments: self.segments + 1,
            offset: 0,
            line: 0,
            ..self
        }
    }
}

/// What was read of a segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) writer: WriterId,
    /// From 1.
    pub(super) number: u64,
    /// Where reading goes on behind it.
    pub(super) end: Start,
    /// Its rows, and where in it each begins.
    pub(super) rows: Vec<(Row, u64)>,
}

impl Segment {
    /// The same, as one that does not grow any more.
    fn closed(self) -> Self {
        Self {
            end: self.end.behind_the_segment(),
            ..self
        }
    }
}

/// Whoever takes in closed segments, one at a time, so that nobody has to hold a whole journal.
pub(super) trait Wants {
    /// Where reading a writer's rows begins.
    fn start(&self, writer: &WriterId) -> Start;
    /// Takes in a segment; each writer's come in their order.
    fn closed(&mut self, segment: Segment);
}

/// What was read when a journal was opened, beside the closed segments.
#[derive(Debug)]
pub(super) struct Opened {
    /// This clone's own open segment.
    pub(super) open: Option<Segment>,
    /// How many bytes of a torn tail were cut, and where they are kept.
    pub(super) repaired: Option<(u64, PathBuf)>,
}

/// What other clones wrote. Nothing grows there while it is read: it changes when it is fetched anew.
fn read_others(ledger: &Path, own: Option<&WriterId>, to: &mut dyn Wants) -> Result<(), JournalError> {
    for writer in writers(ledger)? {
        if Some(&writer) != own
            && let Some(last) = read_writer(ledger, &writer, to)?
            && !last.rows.is_empty()
        {
            to.closed(last.closed());
        }
    }
    Ok(())
}

/// One writer's segments. Returns the last, which may not be closed.
fn read_writer(ledger: &Path, writer: &WriterId, to: &mut dyn Wants) -> Result<Option<Segment>, JournalError> {
    let dir = ledger.join("journal").join(writer.as_str());
    let mut last: Option<Segment> = None;
    let mut end = to.start(writer);
    loop {
        let path = segment_path(&dir, end.segments + 1);
        let Some(text) = whole_segment(&path, &segment_path(&dir, end.segments + 2))? else {
            return Ok(last);
        };
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let begin = usize::try_from(end.offset).unwrap_or(usize::MAX).min(whole);
        let mut reader = Reader {
            path: &path,
            offset: end.offset,
            line: end.line,
            seq: end.seq,
            prev: end.prev,
            writer,
        };
        let mut rows = Vec::new();
        reader.read(&text[begin..whole], &mut rows)?;
        let segment = Segment {
            writer: writer.clone(),
            number: end.segments + 1,
            end: Start {
                segments: end.segments,
                offset: whole as u64,
                line: reader.line,
                seq: reader.seq,
                prev: reader.prev,
            },
            rows,
        };
        end = segment.end.clone().behind_the_segment();
        if let Some(before) = last.replace(segment) {
            to.closed(before.closed());
        }
    }
}

/// A segment's bytes. It may have grown to its end while it was read; that is seen by the next one being there.
fn whole_segment(path: &Path, next: &Path) -> Result<Option<Vec<u8>>, JournalError> {
    let read = || match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at(path)(error)),
    };
    match read()? {
        Some(_) if next.exists() => read(),
        text => Ok(text),
    }
}

/// What a writer's segment of this number is called.
pub fn segment_name(number: u64) -> String {
    format!("{number:06}.jsonl")
}

pub(super) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(segment_name(number))
}

fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a writer's folder, and its name durable up to the ledger's own.
fn make_folder(dir: &Path, ledger: &Path) -> Result<(), JournalError> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io_at(dir))?;
    let holds = |folder: &&Path| folder.starts_with(ledger) || ledger.parent() == Some(*folder);
    dir.ancestors().skip(1).take_while(holds).try_for_each(sync_folder)
}

fn sync_folder(dir: &Path) -> Result<(), JournalError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_at(dir))
}

pub(super) fn writers(ledger: &Path) -> Result<Vec<WriterId>, JournalError> {
    let dir = ledger.join("journal");
    let listing = match fs::read_dir(&dir) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_at(&dir)(error)),
    };
    let mut found: Vec<WriterId> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    found.sort();
    Ok(found)
}

/// Who wrote here last, as far as the file says.
fn known_writer(ledger: &Path) -> Option<WriterId> {
    let text = fs::read_to_string(ledger.join("writer")).ok()?;
    text.split(' ').next()?.parse().ok()
}

/// This clone's writer. A copied clone gets a new one: its folder has another inode, so two clones never write the
/// same numbers.
fn own_writer(ledger: &Path, clock: &dyn Clock) -> Result<WriterId, JournalError> {
    let place = place_of(ledger)?;
    let file = ledger.join("writer");
    if let Ok(text) = fs::read_to_string(&file)
        && let Some((name, rest)) = text.trim_end().split_once(' ')
        && rest == place
        && let Ok(writer) = name.parse()
    {
        return Ok(writer);
    }
    let name = format!("w{}", clock.random_name(10));
    let writer: WriterId = name
        .parse()
        .map_err(|error| io_at(&file)(io::Error::other(format!("{error}"))))?;
    let mut temporary = tempfile::NamedTempFile::new_in(ledger).map_err(io_at(&file))?;
    fault::at(Point::WriterWrite)
        .and_then(|()| writeln!(temporary, "{writer} {place}"))
        .and_then(|()| temporary.as_file().sync_all())
        .and_then(|()| fault::at(Point::WriterRename))
        .map_err(io_at(&file))?;
    temporary.persist(&file).map_err(|error| io_at(&file)(error.error))?;
    sync_folder(ledger)?;
    fault::at(Point::WriterRenamed).map_err(io_at(&file))?;
    Ok(writer)
}

/// What tells this clone from a copy of it: the machine, and the device and inode of its folder.
fn place_of(ledger: &Path) -> Result<String, JournalError> {
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let folder = fs::metadata(ledger).map_err(io_at(ledger))?;
    let machine = Digest::of(machine.trim().as_bytes()).short();
    Ok(format!("{machine} {}:{}", folder.dev(), folder.ino()))
}
