//! Sharing: what others may read of this clone's journal, and copies of theirs.
//!
//! A copy is taken in row by row: each has its hash, follows the one before, and belongs to the writer whose journal it is
//! said to be in. Nothing that was taken in before is ever changed: a copy that is not its continuation is a fork, of
//! which neither side can be believed more than the other. What is wrong in one journal keeps no other one out.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::row::{Row, RowEvent};
use crate::domain::task::voice::AHEAD;
use crate::folders::make_private;

use super::Ledger;
use super::journal::{self, JournalError, segment_path};
use super::lock::FileLock;

/// Why another writer's journal was not taken in. What was here before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    /// A file operation failed.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is not what it says.
    #[error("the journal of {writer} is damaged in segment {segment}, line {line}: {why}")]
    Damaged {
        /// Whose.
        writer: WriterId,
        /// The segment, from 1.
        segment: u64,
        /// The line in it, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Two journals of one writer, of which neither goes on where the other ends.
    #[error("there are two journals of {0}: what is published differs from what is here")]
    Fork(WriterId),
    /// A row of a later version that nobody may pass over. All before it was taken in.
    #[error(
        "row {seq} of the journal of {writer} is `{name}`, which needs a newer git-harness: it is taken in up to there"
    )]
    NeedsNewer {
        /// Whose.
        writer: WriterId,
        /// The row's number.
        seq: u64,
        /// What it is called.
        name: String,
    },
    /// What is there in place of a journal is none.
    #[error("what is published as the journal of {writer} is none: {why}")]
    Foreign {
        /// Whose it is said to be.
        writer: WriterId,
        /// What is wrong.
        why: String,
    },
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> TakeInError + '_ {
    move |source| TakeInError::Io {
        path: path.to_owned(),
        source,
    }
}

/// What was taken in of another writer's journal.
#[derive(Debug, Default)]
pub struct TakenIn {
    /// How many rows were new.
    pub rows: u64,
    /// Why it was not all of them.
    pub held_back: Option<TakeInError>,
}

/// The longest segment that is taken in, in bytes: one is closed at 256 KiB, and one step's rows may come on top.
pub const LONGEST_SEGMENT: u64 = 8 * 1024 * 1024;

/// The most segments that a journal may have.
pub const MOST_SEGMENTS: usize = 1 << 16;

/// Where the open segment of a copy begins: all before it is closed, and need not be looked at again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Copied {
    /// The number of closed segments.
    closed: u64,
    seq: u64,
    prev: Option<Digest>,
}

/// The file that tells a copy from a journal of this clone, in the writer's folder.
pub(super) const MARK: &str = "copied";
impl Ledger {
    /// Whether a writer's journal is a copy of another clone's.
    pub fn is_copied(&self, writer: &WriterId) -> bool {
        is_copied(self.dir(), writer)
    }

    /// The writers of this clone: its name now, and those of before.
    pub fn own_writers(&self) -> Result<Vec<WriterId>, JournalError> {
        let mut own = journal::writers(self.dir())?;
        own.retain(|writer| !self.is_copied(writer));
        Ok(own)
    }

    pub(super) fn writer_dir(&self, writer: &WriterId) -> PathBuf {
        self.dir().join("journal").join(writer.as_str())
    }

    /// This clone's own segments from a number on, whole rows only, and each with its number.
    pub fn own_segments(&self, from: u64) -> Result<Vec<(u64, Vec<u8>)>, TakeInError> {
        match self.writer() {
            Some(writer) => self.segments_of(writer, from),
            None => Ok(Vec::new()),
        }
    }

    /// The same of any writer.
    pub fn segments_of(&self, writer: &WriterId, from: u64) -> Result<Vec<(u64, Vec<u8>)>, TakeInError> {
        let dir = self.writer_dir(writer);
        // Nobody closes a segment while they are read.
        let _alone = self.journal_lock()?;
        let mut found = Vec::new();
        for number in from.max(1).. {
            let path = segment_path(&dir, number);
            let Some(mut bytes) = read(&path)? else { break };
            bytes.truncate(end_of_rows(&bytes));
            found.push((number, bytes));
        }
        Ok(found)
    }

    /// The number of the first segment of another writer that may hold something new.
    pub fn wanted_of(&self, writer: &WriterId) -> u64 {
        self.copied(writer).closed + 1
    }

    fn copied(&self, writer: &WriterId) -> Copied {
        let mark = fs::read(self.writer_dir(writer).join(MARK));
        mark.ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Takes in another writer's segments, from [`Ledger::wanted_of`] on. Says how many rows were new; whoever has the
    /// ledger open sees them when it is opened again.
    pub fn take_in(&self, writer: &WriterId, segments: &[(u64, Vec<u8>)]) -> Result<TakenIn, TakeInError> {
        if self.writer() == Some(writer) {
            return Err(TakeInError::Fork(writer.clone()));
        }
        let _alone = self.journal_lock()?;
        let dir = self.writer_dir(writer);
        let mut at = self.copied(writer);
        // No counter that came in so leaves less room behind it than there are rows to come.
        let lines = segments.iter().map(|(_, bytes)| count(bytes)).sum();
        let most = self.highest_at().saturating_add(lines).saturating_add(AHEAD);
        let mut news = Vec::new();
        let mut taken = TakenIn::default();
        for (number, bytes) in segments {
            if *number != at.closed + 1 {
                return Err(damaged(writer, *number, 0, "a segment is missing before it".to_owned()));
            }
            let path = segment_path(&dir, *number);
            let known = read(&path)?.unwrap_or_default();
            // An older copy, from a server that was not told of the rest, says nothing new.
            if known.len() > bytes.len() && known.starts_with(bytes) {
                break;
            }
            // Nor does one grow that another one follows here.
            let is_followed = known.len() < bytes.len() && segment_path(&dir, *number + 1).exists();
            if !bytes.starts_with(&known) || is_followed {
                return Err(TakeInError::Fork(writer.clone()));
            }
            let checked = check(writer, *number, &at, bytes, most);
            let bytes = &bytes[..checked.length];
            if known.len() < bytes.len() && !bytes.is_empty() {
                taken.rows += checked.end.seq - at.seq - count(&known);
                news.push((path, bytes, at.clone()));
            }
            taken.held_back = checked.held_back;
            if taken.held_back.is_some() {
                break;
            }
            at = Copied {
                closed: *number,
                ..checked.end
            };
        }
        let Some((_, _, open)) = news.last() else {
            return Ok(taken);
        };
        make_private(&dir).map_err(io_at(&dir))?;
        let mark = dir.join(MARK);
        if !mark.exists() {
            // Before the first row: nobody may take them for this clone's own.
            replace(&mark, &to_json(&Copied::default()))?;
        }
        for (path, bytes, _) in &news {
            replace(path, bytes)?;
        }
        replace(&mark, &to_json(open))?;
        Ok(taken)
    }

    /// What is wrong with segments, from the first one on, if they were to be taken in here. Changes nothing.
    pub fn judge(&self, writer: &WriterId, segments: &[Vec<u8>]) -> Result<(), TakeInError> {
        let mut at = Copied::default();
        for (number, bytes) in (1..).zip(segments) {
            let checked = check(writer, number, &at, bytes, u64::MAX);
            if let Some(why) = checked.held_back {
                return Err(why);
            }
            at = checked.end;
        }
        Ok(())
    }

    pub(super) fn journal_lock(&self) -> Result<FileLock, TakeInError> {
        let path = self.dir().join("journal.lock");
        FileLock::wait(&path).map_err(io_at(&path))
    }
}

/// Whether a writer's journal is a copy of another clone's.
pub(super) fn is_copied(ledger: &Path, writer: &WriterId) -> bool {
    ledger.join("journal").join(writer.as_str()).join(MARK).exists()
}

/// A segment whose rows were looked at.
struct Checked {
    /// How much of it may be taken in.
    length: usize,
    /// What comes behind that.
    end: Copied,
    /// Why it is not all of it.
    held_back: Option<TakeInError>,
}

/// Checks a segment's rows, and says where the next one begins. What comes before something wrong is good all the same.
fn check(writer: &WriterId, number: u64, begin: &Copied, bytes: &[u8], most: u64) -> Checked {
    let mut checked = Checked {
        length: 0,
        end: begin.clone(),
        held_back: None,
    };
    if bytes.is_empty() {
        checked.held_back = Some(damaged(writer, number, 0, "it is empty".to_owned()));
    }
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match check_row(writer, &checked.end, line, most) {
            Ok((seq, hash)) => {
                checked.end.seq = seq;
                checked.end.prev = Some(hash);
                checked.length += line.len();
            }
            Err(Wrong::Row(why)) => {
                checked.held_back = Some(damaged(writer, number, index + 1, why));
                break;
            }
            Err(Wrong::Newer(name)) => {
                checked.held_back = Some(TakeInError::NeedsNewer {
                    writer: writer.clone(),
                    seq: checked.end.seq + 1,
                    name,
                });
                break;
            }
        }
    }
    checked
}

/// Why a line is not taken in.
enum Wrong {
    Row(String),
    Newer(String),
}

fn check_row(writer: &WriterId, at: &Copied, line: &[u8], most: u64) -> Result<(u64, Digest), Wrong> {
    let wrong = |error: &dyn std::fmt::Display| Wrong::Row(error.to_string());
    let line = line.strip_suffix(b"\n");
    let line = line.ok_or_else(|| wrong(&"it ends in the middle of a row"))?;
    if line.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    let text = std::str::from_utf8(line).map_err(|error| wrong(&error))?;
    let row = Row::read(text, at.prev).map_err(|error| wrong(&error))?;
    if row.writer != *writer {
        return Err(wrong(&format!("it belongs to the writer {}", row.writer)));
    }
    if row.seq != at.seq + 1 {
        return Err(wrong(&format!("row {} follows row {}", row.seq, at.seq)));
    }
    if row.at > most {
        return Err(wrong(&format!(
            "its counter {} follows nothing that is known here",
            row.at
        )));
    }
    match row.event {
        RowEvent::Unknown { name, must: true } => Err(Wrong::Newer(name)),
        _ => Ok((row.seq, row.hash)),
    }
}

fn damaged(writer: &WriterId, segment: u64, line: usize, why: String) -> TakeInError {
    TakeInError::Damaged {
        writer: writer.clone(),
        segment,
        line,
        why,
    }
}

fn end_of_rows(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn count_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

fn count(bytes: &[u8]) -> u64 {
    count_lines(bytes) as u64
}

fn to_json(copied: &Copied) -> Vec<u8> {
    // Numbers and a digest, which always can be written.
    serde_json::to_vec(copied).unwrap_or_default()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, TakeInError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at(path)(error)),
    }
}

/// Puts a file in the place of another one, whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), TakeInError> {
    let dir = path.parent().unwrap_or(path);
    let temporary = dir.join(".new");
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_data()
        });
    written.map_err(io_at(&temporary))?;
    fs::rename(&temporary, path).map_err(io_at(path))?;
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_at(dir))
}

#[cfg(test)]
mod tests;
