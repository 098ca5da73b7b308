//! What was tried: the journal, transcripts, locks, and caches that may be deleted at any time.
//!
//! Everything lies below `<common git dir>/harness/`, where `clean -fdx`, `stash -a` and a checkout never look. No git
//! enters this room: publishing the journal is the engine's business. Files are 0600, folders 0700.

mod anew;
mod archive;
mod belief;
mod cache;
mod checkpoint;
mod clean;
mod drafts;
mod every;
mod journal;
mod lock;
mod named;
mod share;
mod till;
mod transcript;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::redact::Redactor;
use crate::domain::task::event::Event;
use crate::domain::task::replay::Replay;
use crate::domain::task::row::{Row, RowEvent};
use crate::domain::task::voice::Voices;
use crate::folders;

pub use anew::{Anew, Published};
pub use cache::Caches;
pub use drafts::Drafts;
pub use journal::{JournalError, segment_name};
pub use lock::{FileLock, Locks};
pub use named::Names;
pub use share::{LONGEST_SEGMENT, MOST_SEGMENTS, TakeInError, TakenIn};
pub use till::{Ticket, Till, Whose};
pub use transcript::Transcripts;

use checkpoint::{Checkpoint, Covered};
use journal::{Journal, Segment};

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
    covered: Covered,
    base: Replay,
    voices: Voices,
    rows: Vec<Row>,
    clock: Arc<dyn Clock>,
    redactor: Arc<Redactor>,
    transcripts: Transcripts,
    caches: Caches,
}

impl Ledger {
    /// A number for a purpose that nobody outside of this clone can foresee: the same each time.
    pub fn seed(&self, purpose: &str) -> Digest {
        let secret = clean::read_salt(&self.dir).unwrap_or_else(|| self.clock.random_name(32).into_bytes());
        Digest::of_fields([secret.as_slice(), purpose.as_bytes()])
    }

    /// Opens the ledger to write, making it where there is none. A torn tail is cut, kept aside, and noted.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        make_private(dir)?;
        let caches = Caches::new(&dir.join("cache"));
        let mut repaired = None;
        let (checkpoint, journal, open) = Checkpoint::read(&caches, dir, |checkpoint| {
            let (journal, opened) = Journal::open(dir, &*clock, checkpoint)?;
            // The tail is cut once, however often the journal is read.
            repaired = repaired.take().or(opened.repaired);
            Ok((journal, opened.open))
        })?;
        let salt = clean::salt(dir, &*clock).map_err(|source| JournalError::Io {
            path: dir.join("salt"),
            source,
        })?;
        let redactor = Arc::new(Redactor::new::<&str>(&[], &salt));
        let mut ledger = Self::with(dir, clock, caches, redactor, checkpoint, open);
        ledger.journal = Some(journal);
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
        let caches = Caches::new(&dir.join("cache"));
        let (checkpoint, (), open) =
            Checkpoint::read(&caches, dir, |checkpoint| Ok(((), Journal::read(dir, checkpoint)?)))?;
        let salt = clean::read_salt(dir).unwrap_or_default();
        let redactor = Arc::new(Redactor::new::<&str>(&[], &salt));
        Ok(Self::with(dir, clock, caches, redactor, checkpoint, open))
    }

    /// Joins a checkpoint and what was read behind it; what of that is closed, or long, goes into a new checkpoint.
    fn with(
        dir: &Path,
        clock: Arc<dyn Clock>,
        caches: Caches,
        redactor: Arc<Redactor>,
        mut checkpoint: Checkpoint,
        open: Option<Segment>,
    ) -> Self {
        let rows = checkpoint.settle(open);
        checkpoint.save(&caches, dir);
        let Checkpoint { covered, replay, .. } = checkpoint;
        Self {
            dir: dir.to_owned(),
            journal: None,
            covered,
            voices: replay.voices().clone(),
            base: replay,
            rows,
            clock,
            transcripts: Transcripts::new(&dir.join("transcripts"), redactor.clone()),
            redactor,
            caches,
        }
    }

    /// What the rows say that are not in [`Ledger::rows`] any more. Given once, to whoever folds the rest onto it.
    pub fn take_base(&mut self) -> Replay {
        std::mem::take(&mut self.base)
    }

    /// How many rows there are.
    pub fn count(&self) -> u64 {
        self.covered.rows + self.rows.len() as u64
    }

    /// Every row from the beginning, each checked, in the order of the replay.
    pub fn every_row(&self) -> Result<Vec<Row>, JournalError> {
        let mut rows = Vec::new();
        self.each_row(&mut |row| rows.push(row))?;
        Ok(rows)
    }

    /// The same for whoever looks at one after the other.
    pub fn each_row(&self, tell: &mut dyn FnMut(Row)) -> Result<(), JournalError> {
        every::each_row(&self.dir, tell)
    }

    /// The same from the last one on, until whoever looks wants no more.
    pub fn each_row_backwards(&self, tell: &mut dyn FnMut(Row) -> bool) -> Result<(), JournalError> {
        every::each_row_backwards(&self.dir, tell)
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The rows that no checkpoint covers, in the order of the replay: by Lamport counter, writer and number.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// This clone's name in the journal; none where it was opened to read.
    pub fn writer(&self) -> Option<&WriterId> {
        self.journal.as_ref().map(Journal::writer)
    }

    /// The same where it was opened to read, as far as a file tells.
    pub fn known_writer(&self) -> Option<WriterId> {
        self.writer().cloned().or_else(|| journal::known_writer(&self.dir))
    }

    /// What takes secrets out of everything that is written here.
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    /// Makes more secrets known by value.
    pub fn keep_out(&mut self, secrets: &[String]) {
        if secrets.iter().all(|secret| self.redactor.knows(secret)) {
            return;
        }
        self.redactor = Arc::new(self.redactor.and_knowing(secrets));
        self.transcripts.clean_with(self.redactor.clone());
    }

    /// Transcripts.
    pub fn transcripts(&self) -> &Transcripts {
        &self.transcripts
    }

    /// Plans in the making.
    pub fn drafts(&self) -> Drafts {
        Drafts::new(&self.dir.join("plans"), self.redactor.clone())
    }

    /// Caches.
    pub fn caches(&self) -> &Caches {
        &self.caches
    }

    /// Locks.
    pub fn locks(&self) -> Locks {
        Locks::new(&self.dir.join("locks"))
    }

    /// The highest Lamport counter that counts.
    fn highest_at(&self) -> u64 {
        let rows = self.rows.iter().map(|row| (row.at, &row.writer));
        self.voices.highest(self.covered.highest_at, rows)
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
        // What another clone may not pass over is no reason to write nothing here.
        let covered = self.covered.needs_newer.iter().map(|(writer, name)| (writer, name));
        let mut newer = covered.chain(self.rows.iter().filter_map(needs_newer));
        if let Some(name) =
            newer.find_map(|(writer, name)| (!share::is_copied(&self.dir, writer)).then(|| name.clone()))
        {
            return Err(AppendIfError::Append(AppendError::NeedsNewer(name)));
        }
        let (events, value) = decide(&others).map_err(AppendIfError::Refused)?;
        let clean: std::io::Result<Vec<_>> = events
            .iter()
            .map(|event| clean::event(&self.redactor, event).map(std::borrow::Cow::into_owned))
            .collect();
        let events = clean.map_err(|source| {
            failed(JournalError::Io {
                path: self.dir.join("journal"),
                source,
            })
        })?;
        let seen = self.rows.iter().map(|row| (row.at, &row.writer));
        let at = self.voices.highest(self.covered.highest_at, seen);
        let rows = journal.append(&held, &events, at, self.clock.now()).map_err(failed)?;
        self.rows.extend(rows.iter().cloned());
        Ok((rows, value))
    }
}

fn order(row: &Row) -> (u64, &WriterId, u64) {
    (row.at, &row.writer, row.seq)
}

fn needs_newer(row: &Row) -> Option<(&WriterId, &String)> {
    match &row.event {
        RowEvent::Unknown { name, must: true } => Some((&row.writer, name)),
        _ => None,
    }
}

/// Makes a folder for its owner alone, and refuses one that others may write to.
fn make_private(dir: &Path) -> Result<(), JournalError> {
    make_private_folder(dir).map_err(|source| JournalError::Io {
        path: dir.to_owned(),
        source,
    })
}

fn make_private_folder(dir: &Path) -> io::Result<()> {
    folders::make_private(dir)?;
    let mode = fs::metadata(dir)?.mode();
    if mode & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("others may write to it; `chmod go-w {}` mends that", dir.display()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
