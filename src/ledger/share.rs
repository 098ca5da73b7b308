//! Sharing: what others may read of this clone's journal, and copies of theirs.
//!
//! A copy is taken in row by row: each has its hash, follows the one before, and belongs to the writer whose journal it is
//! said to be in. Nothing that was taken in before is ever changed: a copy that is not its continuation is a fork, of
//! which neither side can be believed more than the other. What is wrong in one journal keeps no other one out.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::row::Row;

use super::Ledger;
use super::journal::segment_path;
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
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> TakeInError + '_ {
    move |source| TakeInError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Where the open segment of a copy begins: all before it is closed, and need not be looked at again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Copied {
    /// The number of closed segments.
    closed: u64,
    seq: u64,
    prev: Option<Digest>,
}

/// The file that tells a copy from a journal of this clone, in the writer's folder.
const MARK: &str = "copied";

impl Ledger {
    /// Whether a writer's journal is a copy of another clone's.
    pub fn is_copied(&self, writer: &WriterId) -> bool {
        self.writer_dir(writer).join(MARK).exists()
    }

    fn writer_dir(&self, writer: &WriterId) -> PathBuf {
        self.dir().join("journal").join(writer.as_str())
    }

    /// This clone's own segments from a number on, whole rows only, and each with its number.
    pub fn own_segments(&self, from: u64) -> Result<Vec<(u64, Vec<u8>)>, TakeInError> {
        let Some(writer) = self.writer() else {
            return Ok(Vec::new());
        };
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
    pub fn take_in(&self, writer: &WriterId, segments: &[(u64, Vec<u8>)]) -> Result<u64, TakeInError> {
        if self.writer() == Some(writer) {
            return Err(TakeInError::Fork(writer.clone()));
        }
        let _alone = self.journal_lock()?;
        let dir = self.writer_dir(writer);
        let mut at = self.copied(writer);
        let mut news = Vec::new();
        let mut rows = 0;
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
            if !bytes.starts_with(&known) {
                return Err(TakeInError::Fork(writer.clone()));
            }
            let end = check(writer, *number, &at, bytes)?;
            if known.len() < bytes.len() {
                rows += end.seq - at.seq - count(&known);
                news.push((path, bytes, at.clone()));
            }
            at = Copied { closed: *number, ..end };
        }
        let Some((_, _, open)) = news.last() else {
            return Ok(0);
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(io_at(&dir))?;
        let mark = dir.join(MARK);
        if !mark.exists() {
            // Before the first row: nobody may take them for this clone's own.
            replace(&mark, &to_json(&Copied::default()))?;
        }
        for (path, bytes, _) in &news {
            replace(path, bytes)?;
        }
        replace(&mark, &to_json(open))?;
        Ok(rows)
    }

    fn journal_lock(&self) -> Result<FileLock, TakeInError> {
        let path = self.dir().join("journal.lock");
        FileLock::wait(&path).map_err(io_at(&path))
    }
}

/// Checks a segment's rows, and says where the next one begins.
fn check(writer: &WriterId, number: u64, begin: &Copied, bytes: &[u8]) -> Result<Copied, TakeInError> {
    let mut at = begin.clone();
    if end_of_rows(bytes) != bytes.len() {
        let why = "it ends in the middle of a row".to_owned();
        return Err(damaged(writer, number, count_lines(bytes), why));
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (index, line) in lines.enumerate() {
        let wrong = |why: String| damaged(writer, number, index + 1, why);
        let text = std::str::from_utf8(line).map_err(|error| wrong(error.to_string()))?;
        let row = Row::read(text, at.prev).map_err(|error| wrong(error.to_string()))?;
        if row.writer != *writer {
            return Err(wrong(format!("it belongs to the writer {}", row.writer)));
        }
        if row.seq != at.seq + 1 {
            return Err(wrong(format!("row {} follows row {}", row.seq, at.seq)));
        }
        at.seq = row.seq;
        at.prev = Some(row.hash);
    }
    Ok(at)
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
fn replace(path: &Path, bytes: &[u8]) -> Result<(), TakeInError> {
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
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::actor::Actor;
    use crate::domain::task::event::Event;

    fn open(dir: &Path) -> Ledger {
        Ledger::open(dir, Arc::new(SystemClock)).unwrap()
    }

    fn say(ledger: &mut Ledger, rows: usize) {
        for _ in 0..rows {
            ledger.append(&[Event::Paused { by: Actor::Harness }]).unwrap();
        }
    }

    struct Two {
        _dir: tempfile::TempDir,
        theirs: Ledger,
        ours: PathBuf,
        writer: WriterId,
    }

    fn two(rows: usize) -> Two {
        let dir = tempfile::tempdir().unwrap();
        let mut theirs = open(&dir.path().join("theirs"));
        say(&mut theirs, rows);
        Two {
            ours: dir.path().join("ours"),
            writer: theirs.writer().unwrap().clone(),
            theirs,
            _dir: dir,
        }
    }

    #[test]
    fn a_copy_grows_with_its_original_and_is_read_with_our_own_rows() {
        let mut two = two(3);
        let mut ours = open(&two.ours);
        say(&mut ours, 2);
        assert!(!ours.is_copied(&two.writer));
        assert_eq!(
            ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap()).unwrap(),
            3
        );
        assert!(ours.is_copied(&two.writer) && !ours.is_copied(ours.writer().unwrap()));
        assert_eq!(
            ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap()).unwrap(),
            0
        );
        let old = two.theirs.own_segments(1).unwrap();
        say(&mut two.theirs, 2);
        assert_eq!(
            ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap()).unwrap(),
            2
        );
        // What an earlier look brought changes nothing.
        assert_eq!(ours.take_in(&two.writer, &old).unwrap(), 0);
        let again = open(&two.ours);
        assert_eq!(again.count(), 7);
        let order: Vec<(u64, &WriterId)> = again.rows().iter().map(|row| (row.at, &row.writer)).collect();
        assert!(order.is_sorted(), "{order:?}");
        // The next row of ours comes behind all that was seen.
        let mut again = again;
        say(&mut again, 1);
        assert_eq!(again.rows().last().unwrap().at, 6);
    }

    #[test]
    fn closed_segments_are_not_looked_at_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut theirs = open(&dir.path().join("theirs"));
        let text = "x".repeat(60_000);
        let noted = |theirs: &mut Ledger| {
            let event = Event::Noted {
                task: "a".parse().unwrap(),
                by: Actor::Harness,
                text: text.clone(),
            };
            theirs.append(&[event]).unwrap();
        };
        (0..12).for_each(|_| noted(&mut theirs));
        let writer = theirs.writer().unwrap().clone();
        let segments = theirs.own_segments(1).unwrap();
        assert!(segments.len() > 2);
        let ours = open(&dir.path().join("ours"));
        assert_eq!(ours.take_in(&writer, &segments[..2]).unwrap(), 10);
        assert_eq!(ours.wanted_of(&writer), 2);
        assert_eq!(ours.take_in(&writer, &segments[1..]).unwrap(), 2);
        let wanted = ours.wanted_of(&writer);
        assert_eq!(wanted, segments.len() as u64);
        (0..6).for_each(|_| noted(&mut theirs));
        assert_eq!(ours.take_in(&writer, &theirs.own_segments(wanted).unwrap()).unwrap(), 6);
        assert_eq!(open(&dir.path().join("ours")).count(), 18);
        // One that leaves something out is none.
        let beyond = theirs.own_segments(ours.wanted_of(&writer) + 1).unwrap();
        assert!(beyond.is_empty() || ours.take_in(&writer, &beyond).is_err());
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused_and_nothing_of_it_kept() {
        let two = two(4);
        let ours = open(&two.ours);
        let good = two.theirs.own_segments(1).unwrap();
        let mut changed = good.clone();
        changed[0].1[40] ^= 1;
        let mut cut = good.clone();
        cut[0].1.pop();
        let without_first = vec![(
            1,
            good[0].1[good[0].1.iter().position(|b| *b == b'\n').unwrap() + 1..].to_vec(),
        )];
        for bad in [&changed, &cut, &without_first] {
            let error = ours.take_in(&two.writer, bad).unwrap_err();
            assert!(matches!(error, TakeInError::Damaged { .. }), "{error}");
        }
        let other: WriterId = "wother".parse().unwrap();
        let error = ours.take_in(&other, &good).unwrap_err();
        assert!(error.to_string().contains("it belongs to the writer"), "{error}");
        assert_eq!(open(&two.ours).count(), 0);
        ours.take_in(&two.writer, &good).unwrap();
    }

    #[test]
    fn two_journals_of_one_writer_are_a_fork() {
        let mut two = two(2);
        let ours = open(&two.ours);
        ours.take_in(&two.writer, &two.theirs.own_segments(1).unwrap()).unwrap();
        // Another history of the same writer: the same numbers, other rows.
        let path = segment_path(&two.theirs.dir().join("journal").join(two.writer.as_str()), 1);
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap().to_owned() + "\n";
        fs::write(&path, first).unwrap();
        two.theirs = open(two.theirs.dir());
        let resumed = Event::Resumed { by: Actor::Harness };
        two.theirs.append(&[resumed.clone(), resumed]).unwrap();
        let error = ours
            .take_in(&two.writer, &two.theirs.own_segments(1).unwrap())
            .unwrap_err();
        assert!(matches!(error, TakeInError::Fork(_)), "{error}");
        assert_eq!(open(&two.ours).count(), 2);
        // And nobody else writes our own.
        let own = ours.writer().unwrap().clone();
        assert!(matches!(ours.take_in(&own, &[]), Err(TakeInError::Fork(_))));
    }
}
