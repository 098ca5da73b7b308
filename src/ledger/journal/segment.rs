//! Segments: the files that a journal is made of, read row by row. Each row has its own hash and names the one before.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::row::{Row, RowError};

use super::writer::writers;
use super::{JournalError, io_at};

/// Reads lines of one writer and checks that each follows the one before.
pub(super) struct Reader<'a> {
    pub(super) path: &'a Path,
    /// Where the text begins in the file.
    pub(super) offset: u64,
    pub(super) line: usize,
    pub(super) seq: u64,
    pub(super) prev: Option<Digest>,
    pub(super) writer: &'a WriterId,
}

impl Reader<'_> {
    pub(super) fn read(&mut self, text: &[u8], rows: &mut Vec<(Row, u64)>) -> Result<(), JournalError> {
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
pub(in crate::ledger) struct Start {
    /// Segments that need not be read.
    pub(in crate::ledger) segments: u64,
    /// Bytes of the next one that need not be read, either.
    pub(in crate::ledger) offset: u64,
    /// How many lines these are.
    pub(in crate::ledger) line: usize,
    /// The number of the last row before.
    pub(in crate::ledger) seq: u64,
    /// Its hash.
    pub(in crate::ledger) prev: Option<Digest>,
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
pub(in crate::ledger) struct Segment {
    pub(in crate::ledger) writer: WriterId,
    /// From 1.
    pub(in crate::ledger) number: u64,
    /// Where reading goes on behind it.
    pub(in crate::ledger) end: Start,
    /// Its rows, and where in it each begins.
    pub(in crate::ledger) rows: Vec<(Row, u64)>,
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

/// Whoever takes in closed segments, one at a time, so that nobody has to hold a whole journal.
pub(in crate::ledger) trait Wants {
    /// Where reading a writer's rows begins.
    fn start(&self, writer: &WriterId) -> Start;
    /// Takes in a segment; each writer's come in their order.
    fn closed(&mut self, segment: Segment);
}

/// What other clones wrote. Nothing grows there while it is read: it changes when it is fetched anew.
pub(super) fn read_others(ledger: &Path, own: Option<&WriterId>, to: &mut dyn Wants) -> Result<(), JournalError> {
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
pub(super) fn read_writer(
    ledger: &Path,
    writer: &WriterId,
    to: &mut dyn Wants,
) -> Result<Option<Segment>, JournalError> {
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

pub(in crate::ledger) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(segment_name(number))
}

pub(super) fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Tells one writer's rows from the last one on, each checked, until whoever is told wants no more. A torn tail is passed
/// over.
pub(in crate::ledger) fn read_backwards(
    ledger: &Path,
    writer: &WriterId,
    tell: &mut dyn FnMut(Row) -> bool,
) -> Result<(), JournalError> {
    let dir = ledger.join("journal").join(writer.as_str());
    let last = (1..).take_while(|number| segment_path(&dir, *number).exists()).last();
    // What the row behind says that it follows.
    let mut followed: Option<Option<Digest>> = None;
    for number in (1..=last.unwrap_or_default()).rev() {
        let path = segment_path(&dir, number);
        let text = fs::read(&path).map_err(io_at(&path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
        let lines: Vec<&[u8]> = text[..whole].split(|byte| *byte == b'\n').collect();
        for (index, line) in lines.iter().enumerate().rev().filter(|(_, line)| !line.is_empty()) {
            let damaged = |why: String| JournalError::Damaged {
                path: path.clone(),
                line: index + 1,
                why,
            };
            let text = std::str::from_utf8(line).map_err(|error| damaged(error.to_string()))?;
            let (row, prev) = Row::read_alone(text).map_err(|error| damaged(error.to_string()))?;
            if row.writer != *writer {
                return Err(damaged(format!("it belongs to the writer {}", row.writer)));
            }
            let is_first = number == 1 && lines[..index].iter().all(|line| line.is_empty());
            if followed.is_some_and(|hash| hash != Some(row.hash)) || is_first != prev.is_none() {
                return Err(damaged(RowError::Chain.to_string()));
            }
            followed = Some(prev);
            if !tell(row) {
                return Ok(());
            }
        }
    }
    Ok(())
}
