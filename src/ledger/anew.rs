//! Going on under another name, where the one before is somebody else's as well: an image that was started twice, or a
//! journal that was replaced on the server. What only this clone has is written anew under a new name, and what stood here
//! is put aside; nothing of it is lost, and what others hold of the old name is theirs to tell.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::task::event::Event;
use crate::domain::task::row::{Row, RowError};
use crate::fault::{self, Point};
use crate::folders::make_private;

use super::Ledger;
use super::journal::{self, JournalError, segment_path};
use super::share::TakeInError;

/// A journal of this clone, and what is published under its name.
#[derive(Debug)]
pub struct Published {
    /// Its writer.
    pub writer: WriterId,
    /// Its segments on the server, from the first one.
    pub segments: Vec<Vec<u8>>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Anew {
    /// The name from here on.
    pub writer: WriterId,
    /// The names before.
    pub former: Vec<WriterId>,
    /// How many rows were written anew.
    pub rows: usize,
    /// Where what stood here is kept.
    pub aside: PathBuf,
}

/// A row that only this clone has.
struct Own {
    line: String,
    seq: u64,
    hash: Digest,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> JournalError + '_ {
    move |source| JournalError::Io {
        path: path.to_owned(),
        source,
    }
}

impl Ledger {
    /// Goes on under a new name. Of each of these journals of this clone what is not published is written anew. Whoever has
    /// the ledger open has to open it again.
    pub fn begin_anew(&self, journals: &[Published]) -> Result<Anew, TakeInError> {
        let alone = self.journal_lock()?;
        let anew = self.begin_anew_alone(journals).map_err(|error| match error {
            JournalError::Io { path, source } => TakeInError::Io { path, source },
            error => TakeInError::Io {
                path: self.dir().join("journal"),
                source: io::Error::other(error.to_string()),
            },
        });
        drop(alone);
        anew
    }

    fn begin_anew_alone(&self, journals: &[Published]) -> Result<Anew, JournalError> {
        self.drop_half_begun()?;
        let writer = journal::new_name(self.dir(), &*self.clock)?;
        let known = self.written_anew()?;
        let place = self.dir().join("journal");
        // No writer's name begins so: until it is whole nobody takes it for a journal.
        let staged = place.join(format!(".{writer}"));
        make_private(&staged).map_err(io_at(&staged))?;
        let mut news = News {
            dir: staged.clone(),
            text: String::new(),
            segment: 1,
            seq: 0,
            prev: None,
        };
        let mut rows = 0;
        for journal in journals {
            let mut own = self.only_here(journal)?;
            own.retain(|row| !known.contains(&(journal.writer.clone(), row.seq, row.hash)));
            rows += own.len();
            news.add(&journal.writer, &writer, &own, self)?;
        }
        news.write()?;
        sync(&staged)?;
        fault::at(Point::AnewRename).map_err(io_at(&staged))?;
        let dir = place.join(writer.as_str());
        fs::rename(&staged, &dir).map_err(io_at(&dir))?;
        sync(&place)?;
        fault::at(Point::AnewRenamed).map_err(io_at(&dir))?;
        journal::rename_writer(self.dir(), &writer)?;
        let aside = self.dir().join("aside");
        make_private(&aside).map_err(io_at(&aside))?;
        for journal in journals {
            let from = place.join(journal.writer.as_str());
            let mut free = (1..).map(|number| aside.join(format!("{}.{number}", journal.writer)));
            if let Some(to) = free.find(|path| !path.exists())
                && from.exists()
            {
                fault::at(Point::AnewAside).map_err(io_at(&to))?;
                fs::rename(&from, &to).map_err(io_at(&to))?;
            }
        }
        sync(&aside)?;
        sync(&place)?;
        fault::at(Point::AnewDone).map_err(io_at(&aside))?;
        Ok(Anew {
            writer,
            former: journals.iter().map(|journal| journal.writer.clone()).collect(),
            rows,
            aside,
        })
    }

    /// Whether a journal of this clone and what is published under its name each have rows that the other lacks.
    pub fn is_forked(&self, writer: &WriterId, published: &[Vec<u8>]) -> Result<bool, TakeInError> {
        let here = self.segments_of(writer, 1)?;
        let here: Vec<&[u8]> = here.iter().flat_map(|(_, bytes)| rows(bytes)).collect();
        let mut both = here.iter().zip(published.iter().flat_map(|bytes| rows(bytes)));
        Ok(both.any(|(here, there)| *here != there))
    }

    /// The rows of a journal behind what is published of it, where both are the same so far.
    fn only_here(&self, journal: &Published) -> Result<Vec<Own>, JournalError> {
        let lines = |bytes: &[u8]| -> Vec<String> {
            let lines = rows(bytes).map(|line| String::from_utf8_lossy(line).into_owned());
            lines.collect()
        };
        let there: Vec<String> = journal.segments.iter().flat_map(|bytes| lines(bytes)).collect();
        let mut here = Vec::new();
        let dir = self.writer_dir(&journal.writer);
        for number in 1.. {
            let path = segment_path(&dir, number);
            match fs::read(&path) {
                Ok(bytes) => here.extend(lines(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(io_at(&path)(error)),
            }
        }
        let common = here
            .iter()
            .zip(&there)
            .take_while(|(here, there)| here == there)
            .count();
        let own = here.into_iter().skip(common).map(|line| {
            let (row, _) = Row::read_alone(&line).map_err(|error| unreadable(&dir, &error))?;
            Ok(Own {
                seq: row.seq,
                hash: row.hash,
                line,
            })
        });
        own.collect()
    }

    /// Puts aside what was begun before and never became this clone's journal: it has nothing that is not here as well.
    fn drop_half_begun(&self) -> Result<(), JournalError> {
        let place = self.dir().join("journal");
        let aside = self.dir().join("aside");
        for writer in self.own_writers()? {
            let mut former = None;
            let path = segment_path(&self.writer_dir(&writer), 1);
            if let Some(first) = fs::read(&path).ok().as_deref().and_then(|bytes| rows(bytes).next())
                && let Ok((row, _)) = Row::read_alone(&String::from_utf8_lossy(first))
                && let Some(Event::JournalBegunAnew { former: named, .. }) = row.known()
            {
                former = Some(named.clone());
            }
            if former.is_some() && former.as_ref() == self.writer() {
                make_private(&aside).map_err(io_at(&aside))?;
                let from = place.join(writer.as_str());
                fs::rename(&from, aside.join(format!("{writer}.begun"))).map_err(io_at(&from))?;
            }
        }
        Ok(())
    }

    /// Names of before whose rows this clone has under another one already.
    pub fn left_behind(&self) -> Result<BTreeSet<WriterId>, TakeInError> {
        let known = self.written_anew().map_err(|error| TakeInError::Io {
            path: self.dir().join("journal"),
            source: io::Error::other(error.to_string()),
        })?;
        Ok(known.into_iter().map(|(former, _, _)| former).collect())
    }

    /// The rows that were written anew before: one that was cut short in between is not done twice.
    fn written_anew(&self) -> Result<BTreeSet<(WriterId, u64, Digest)>, JournalError> {
        let mut known = BTreeSet::new();
        self.each_row(&mut |row| {
            if let Some(Event::JournalBegunAnew { former, rows }) = row.known() {
                known.extend(rows.iter().map(|(seq, hash)| (former.clone(), *seq, *hash)));
            }
        })?;
        Ok(known)
    }
}

/// The whole rows of a segment, without their ends.
fn rows(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter_map(|line| line.strip_suffix(b"\n"))
}

/// The journal that is begun.
struct News {
    dir: PathBuf,
    text: String,
    segment: u64,
    seq: u64,
    prev: Option<Digest>,
}

/// The length at which a segment is closed.
const SEGMENT: usize = 256 * 1024;

impl News {
    fn add(&mut self, former: &WriterId, writer: &WriterId, own: &[Own], ledger: &Ledger) -> Result<(), JournalError> {
        let Some(first) = own.first() else { return Ok(()) };
        let failed = |error: &RowError| unreadable(&self.dir, error);
        let read = |line: &str| Row::read_alone(line).map(|(row, _)| row);
        let first = read(&first.line).map_err(|error| failed(&error))?;
        // Attempts that were given out since have names that somebody else gave out as well.
        let attempts: Vec<(String, String)> = own
            .iter()
            .filter_map(|row| match read(&row.line).ok()?.known()? {
                Event::Dispatched(dispatched) if dispatched.attempt.writer == *former => {
                    let n = dispatched.attempt.n;
                    Some((format!("\"{former}-{n}\""), format!("\"{writer}-{n}\"")))
                }
                _ => None,
            })
            .collect();
        let event = Event::JournalBegunAnew {
            former: former.clone(),
            rows: own.iter().map(|row| (row.seq, row.hash)).collect(),
        };
        let (head, line) = Row::write(writer, self.seq + 1, first.at, ledger.clock.now(), &event, self.prev)
            .map_err(|error| failed(&error))?;
        self.push(&line, head.hash)?;
        for row in own {
            let renamed = |data: &str| {
                let renames = attempts.iter();
                renames.fold(data.to_owned(), |data, (from, to)| data.replace(from, to))
            };
            let (hash, line) = Row::anew(&row.line, writer, self.seq + 1, self.prev, renamed)
                .map_err(|error| unreadable(&self.dir, &error))?;
            self.push(&line, hash)?;
        }
        Ok(())
    }

    fn push(&mut self, line: &str, hash: Digest) -> Result<(), JournalError> {
        if self.text.len() >= SEGMENT {
            self.write()?;
            self.segment += 1;
        }
        self.text.push_str(line);
        self.seq += 1;
        self.prev = Some(hash);
        Ok(())
    }

    fn write(&mut self) -> Result<(), JournalError> {
        if self.text.is_empty() {
            return Ok(());
        }
        let path = segment_path(&self.dir, self.segment);
        let written = crate::folders::create_private(&path).and_then(|mut file| {
            fault::before_write(Point::AnewWrite, &file, self.text.as_bytes())?;
            file.write_all(self.text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(io_at(&path))?;
        self.text.clear();
        Ok(())
    }
}

fn unreadable(dir: &Path, error: &RowError) -> JournalError {
    io_at(dir)(io::Error::other(error.to_string()))
}

fn sync(dir: &Path) -> Result<(), JournalError> {
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_at(dir))
}
