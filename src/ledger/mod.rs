//! What was tried: the journal, transcripts, locks, and caches that may be deleted at any time.
//!
//! Everything lies below `<common git dir>/harness/`, where `clean -fdx`, `stash -a` and a checkout never look. No git
//! enters this room: publishing the journal is the engine's business. Files are 0600, folders 0700.

mod cache;
mod journal;
mod lock;
mod transcript;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::id::WriterId;
use crate::domain::task::event::Event;
use crate::domain::task::row::{Row, RowEvent};

pub use cache::Caches;
pub use journal::JournalError;
pub use lock::{FileLock, Locks};
pub use transcript::Transcripts;

use journal::Journal;

/// A task's lock: held while an attempt goes on.
pub type TaskLock = FileLock;
/// A slot's lock: held while something works in it.
pub type SlotLock = FileLock;

/// Why a row was not written. The journal is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A row of a later version forbids writing.
    #[error("the journal holds `{0}`, which this version does not know: it needs a newer git-harness")]
    NeedsNewer(String),
    /// The ledger was opened for reading.
    #[error("the ledger was opened for reading")]
    ReadOnly,
}

/// Why a decision under the journal's lock led to nothing.
#[derive(Debug)]
pub enum AppendIfError<E> {
    /// The decision was no.
    Refused(E),
    /// The rows could not be written.
    Append(AppendError),
}

/// A clone's ledger.
pub struct Ledger {
    dir: PathBuf,
    journal: Option<Journal>,
    rows: Vec<Row>,
    clock: Arc<dyn Clock>,
    transcripts: Transcripts,
    caches: Caches,
}

impl Ledger {
    /// Opens the ledger to write, making it where there is none. A torn tail is cut, kept aside, and noted.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        make_private(dir)?;
        let (journal, rows, repaired) = Journal::open(dir, &*clock)?;
        let mut ledger = Self {
            dir: dir.to_owned(),
            journal: Some(journal),
            rows,
            clock,
            transcripts: Transcripts::new(&dir.join("transcripts")),
            caches: Caches::new(&dir.join("cache")),
        };
        if let Some((bytes, kept_in)) = repaired {
            let note = Event::JournalRepaired {
                bytes,
                kept_in: kept_in.display().to_string(),
            };
            match ledger.append(&[note]) {
                Ok(_) | Err(AppendError::NeedsNewer(_) | AppendError::ReadOnly) => {}
                Err(AppendError::Journal(error)) => return Err(error),
            }
        }
        Ok(ledger)
    }

    /// Opens the ledger to read; no file is made or changed, and a torn tail is passed over.
    pub fn open_to_read(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        Ok(Self {
            dir: dir.to_owned(),
            journal: None,
            rows: Journal::read_all(dir)?,
            clock,
            transcripts: Transcripts::new(&dir.join("transcripts")),
            caches: Caches::new(&dir.join("cache")),
        })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Every row, in the order of the replay: by Lamport counter, writer and number.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// This clone's name in the journal; none where it was opened to read.
    pub fn writer(&self) -> Option<&WriterId> {
        self.journal.as_ref().map(Journal::writer)
    }

    /// Transcripts.
    pub fn transcripts(&self) -> &Transcripts {
        &self.transcripts
    }

    /// Caches.
    pub fn caches(&self) -> &Caches {
        &self.caches
    }

    /// Locks.
    pub fn locks(&self) -> Locks {
        Locks::new(&self.dir.join("locks"))
    }

    /// Writes events as rows: all of them or none.
    pub fn append(&mut self, events: &[Event]) -> Result<Vec<Row>, AppendError> {
        let appended = self.append_if(|_| Ok::<_, std::convert::Infallible>((events.to_vec(), ())));
        match appended {
            Ok((rows, ())) => Ok(rows),
            Err(AppendIfError::Append(error)) => Err(error),
            Err(AppendIfError::Refused(never)) => match never {},
        }
    }

    /// Decides under the journal's lock. `decide` is shown the rows that others wrote since this value last looked,
    /// which are in [`Ledger::rows`] afterwards in any case.
    pub fn append_if<T, E>(
        &mut self,
        decide: impl FnOnce(&[Row]) -> Result<(Vec<Event>, T), E>,
    ) -> Result<(Vec<Row>, T), AppendIfError<E>> {
        let Some(journal) = &mut self.journal else {
            return Err(AppendIfError::Append(AppendError::ReadOnly));
        };
        let failed = |error: JournalError| AppendIfError::Append(AppendError::Journal(error));
        let held = journal.lock().map_err(failed)?;
        let others = journal.catch_up(&held).map_err(failed)?;
        self.rows.extend(others.iter().cloned());
        if let Some(name) = needs_newer(&self.rows) {
            return Err(AppendIfError::Append(AppendError::NeedsNewer(name)));
        }
        let (events, value) = decide(&others).map_err(AppendIfError::Refused)?;
        let at = self.rows.iter().map(|row| row.at).max().unwrap_or(0);
        let rows = journal.append(&held, &events, at, self.clock.now()).map_err(failed)?;
        self.rows.extend(rows.iter().cloned());
        Ok((rows, value))
    }
}

fn needs_newer(rows: &[Row]) -> Option<String> {
    rows.iter().find_map(|row| match &row.event {
        RowEvent::Unknown { name, must: true } => Some(name.clone()),
        _ => None,
    })
}

/// Makes a folder for its owner alone, and refuses one that others may write to.
fn make_private(dir: &Path) -> Result<(), JournalError> {
    let failed = |source| JournalError::Io {
        path: dir.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(failed)?;
    let mode = fs::metadata(dir).map_err(failed)?.mode();
    if mode & 0o022 != 0 {
        return Err(failed(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("others may write to it; `chmod go-w {}` mends that", dir.display()),
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
