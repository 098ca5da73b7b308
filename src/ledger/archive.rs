//! The archive: rows of the journal by their addresses, for stories that are read long after their rows were folded.
//!
//! An address is the place of a row among the writers that a checkpoint knows: writer, segment, offset. Every row is
//! checked by its hash when it is read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::domain::id::WriterId;
use crate::domain::task::replay::snapshot::{self, Address};
use crate::domain::task::row::Row;

use super::journal::segment_path;

const OFFSET_BITS: u32 = 32;
const SEGMENT_BITS: u32 = 20;
const WRITER_BITS: u32 = 11;

/// A guess at the length of a row, in bytes; a longer one is read in a second step.
const ROW: usize = 2048;

/// The address of a row; none where the numbers are larger than any journal's.
pub(super) fn address(writer: usize, segment: u64, offset: u64) -> Option<Address> {
    let writer = u64::try_from(writer).ok()?;
    let fits = writer >> WRITER_BITS == 0 && segment >> SEGMENT_BITS == 0 && offset >> OFFSET_BITS == 0;
    fits.then_some((writer << SEGMENT_BITS | segment) << OFFSET_BITS | offset)
}

/// Every writer's segments.
#[derive(Debug)]
pub(super) struct Archive {
    journal: PathBuf,
    writers: Vec<WriterId>,
}

impl Archive {
    /// The archive of a ledger, with the writers that its addresses count.
    pub(super) fn new(ledger: &Path, writers: Vec<WriterId>) -> Self {
        Self {
            journal: ledger.join("journal"),
            writers,
        }
    }

    fn segment(&self, address: Address) -> Result<PathBuf, String> {
        let number = address >> OFFSET_BITS & ((1 << SEGMENT_BITS) - 1);
        let writer = usize::try_from(address >> (OFFSET_BITS + SEGMENT_BITS)).unwrap_or(usize::MAX);
        let writer = self.writers.get(writer).ok_or("no such writer")?;
        Ok(segment_path(&self.journal.join(writer.as_str()), number))
    }
}

impl snapshot::Archive for Archive {
    fn rows(&self, addresses: &[Address]) -> Result<Vec<Row>, String> {
        let mut open: Option<(PathBuf, File)> = None;
        let mut rows = Vec::with_capacity(addresses.len());
        for address in addresses {
            let path = self.segment(*address)?;
            let offset = address & ((1 << OFFSET_BITS) - 1);
            let failed = |why: &dyn std::fmt::Display| format!("{} at {offset}: {why}", path.display());
            let file = match open.take().filter(|(known, _)| *known == path) {
                Some((_, file)) => file,
                None => File::open(&path).map_err(|error| failed(&error))?,
            };
            let line = line_at(&file, offset).map_err(|error| failed(&error))?;
            let text = std::str::from_utf8(&line).map_err(|error| failed(&error))?;
            let (row, _) = Row::read_alone(text).map_err(|error| failed(&error))?;
            rows.push(row);
            open = Some((path, file));
        }
        Ok(rows)
    }
}

/// The line that begins at an offset, without its end.
fn line_at(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let begun = line.len();
        line.resize(begun.max(ROW) * 2, 0);
        let read = file.read_at(&mut line[begun..], offset + begun as u64)?;
        let end = line[begun..begun + read].iter().position(|byte| *byte == b'\n');
        line.truncate(begun + end.unwrap_or(read));
        if end.is_some() {
            return Ok(line);
        }
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the row has no end"));
        }
    }
}
