//! The till: what calls cost on this machine, by day, for every clone, branch and process of one user. It lies beside the
//! user's configuration, a file for each day, and is written under a lock before a call is made, so that all who share a
//! budget see what the others have put aside.
//!
//! A day is what the clock says, and clocks are wrong at times. What was spent on a day counts for that day for ever; where
//! the clock was ahead, it counts as well for the day on which that was noticed; and whatever the clock says, money is
//! still today's while less time has passed since than was left of its day.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::domain::budget::{Spent, day_of};
use crate::fault::{self, Point};

use super::lock::FileLock;

/// How many days before today are looked at for money that is still today's.
const BEFORE: usize = 40;

/// Whose money it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whose {
    /// The project: the commit that its history begins with, where that is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The clone.
    pub clone: String,
}

impl Whose {
    fn shares_with(&self, other: &Self) -> bool {
        self.clone == other.clone || self.project.is_some() && self.project == other.project
    }
}

/// A line of a day.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Reserved {
        id: String,
        at: Timestamp,
        steady: u64,
        boot: String,
        #[serde(flatten)]
        whose: Whose,
        worst: u64,
    },
    Paid {
        id: String,
        paid: u64,
        unknown: u64,
    },
    Noticed {
        id: String,
        noticed: Date,
    },
}

/// Money that is put aside or spent.
#[derive(Debug)]
struct Entry {
    day: Date,
    at: Timestamp,
    steady: u64,
    boot: String,
    whose: Whose,
    spent: Spent,
    noticed: Option<Date>,
}

/// The till of a user.
pub struct Till {
    dir: PathBuf,
    boot: String,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Till {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Till").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Money put aside for a call, until it is told what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    id: String,
    day: Date,
}

impl Till {
    /// The till in a folder.
    pub fn at(dir: &Path, clock: Arc<dyn Clock>) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            dir: dir.to_owned(),
            boot: boot.trim().to_owned(),
            clock,
        }
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is spent and put aside of today's money, as far as it can be read. `journal` is what the clone's own journal
    /// tells of each day: where the till was lost, or not kept yet, that counts.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn spent(&self, whose: &Whose, journal: &[(Date, Spent)]) -> io::Result<Spent> {
        let entries = self.entries(day_of(self.clock.now()))?;
        Ok(self.sum(&entries, whose, journal))
    }

    /// Puts money aside, if `admit` lets it, which is told what is spent and put aside of today's.
    ///
    /// # Errors
    /// The system's, where the till cannot be read or written, or whatever `admit` says.
    pub fn reserve<E>(
        &self,
        whose: &Whose,
        journal: &[(Date, Spent)],
        worst: u64,
        admit: impl FnOnce(io::Result<Spent>) -> Result<(), E>,
    ) -> Result<io::Result<Ticket>, E> {
        let locked = self.lock().and_then(|lock| {
            let today = day_of(self.clock.now());
            let entries = self.entries(today)?;
            self.notice(&entries, today)?;
            Ok((lock, self.sum(&entries, whose, journal)))
        });
        match locked {
            Ok((_lock, spent)) => {
                admit(Ok(spent))?;
                Ok(self.put_aside(whose, worst))
            }
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                admit(Err(error))?;
                Ok(Err(again))
            }
        }
    }

    /// Writes down money that nobody put aside before.
    ///
    /// # Errors
    /// Where the till cannot be written.
    pub fn pay(&self, whose: &Whose, spent: Spent) -> io::Result<()> {
        let _lock = self.lock()?;
        let ticket = self.put_aside(whose, spent.micro_dollars)?;
        if spent.unknown_calls == 0 {
            return Ok(());
        }
        self.write_settled(&ticket, spent)
    }

    /// Tells what a call cost that money was put aside for. Without this word it counts with all of that.
    ///
    /// # Errors
    /// Where the till cannot be written.
    pub fn settle(&self, ticket: &Ticket, spent: Spent) -> io::Result<()> {
        let _lock = self.lock()?;
        self.write_settled(ticket, spent)
    }

    fn write_settled(&self, ticket: &Ticket, spent: Spent) -> io::Result<()> {
        let line = Line::Paid {
            id: ticket.id.clone(),
            paid: spent.micro_dollars,
            unknown: spent.unknown_calls,
        };
        self.write(ticket.day, &[line])
    }

    fn put_aside(&self, whose: &Whose, worst: u64) -> io::Result<Ticket> {
        let at = self.clock.now();
        let ticket = Ticket {
            id: self.clock.random_name(16),
            day: day_of(at),
        };
        let line = Line::Reserved {
            id: ticket.id.clone(),
            at,
            steady: self.clock.steady_seconds(),
            boot: self.boot.clone(),
            whose: whose.clone(),
            worst,
        };
        self.write(ticket.day, &[line])?;
        Ok(ticket)
    }

    fn lock(&self) -> io::Result<FileLock> {
        super::make_private_folder(&self.dir)?;
        FileLock::wait(&self.dir.join("lock"))
    }

    fn file(&self, day: Date) -> PathBuf {
        self.dir.join(format!("{day}.jsonl"))
    }

    /// Appends to a day. A line that a crash cut is closed first; it is passed over for ever.
    fn write(&self, day: Date, lines: &[Line]) -> io::Result<()> {
        let path = self.file(day);
        let torn = fs::read(&path).is_ok_and(|bytes| bytes.last().is_some_and(|byte| *byte != b'\n'));
        let mut bytes = if torn { b"\n".to_vec() } else { Vec::new() };
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        let mut file: File = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        fault::before_write(Point::TillWrite, &file, &bytes)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        fault::at(Point::TillWritten)
    }

    /// The days that there are.
    fn days(&self) -> io::Result<Vec<Date>> {
        let listed = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let mut days = Vec::new();
        for entry in listed {
            let name = entry?.file_name();
            let day: Option<Date> = name.to_str().and_then(|name| name.strip_suffix(".jsonl")?.parse().ok());
            days.extend(day);
        }
        days.sort();
        Ok(days)
    }

    /// What was spent today or later, and on the few days before.
    fn entries(&self, today: Date) -> io::Result<BTreeMap<String, Entry>> {
        let days = self.days()?;
        let from = days.partition_point(|day| *day < today).saturating_sub(BEFORE);
        let mut entries = BTreeMap::new();
        for day in &days[from..] {
            let bytes = fs::read(self.file(*day))?;
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                // What a crash cut was never acknowledged, and what a later version wrote is for that to know.
                if let Ok(line) = serde_json::from_slice(line) {
                    take(&mut entries, *day, line);
                }
            }
        }
        Ok(entries)
    }

    /// Writes down that the clock had been ahead, so that what was spent then counts for today as well, and not for each
    /// day until then.
    fn notice(&self, entries: &BTreeMap<String, Entry>, today: Date) -> io::Result<()> {
        let mut by_day: BTreeMap<Date, Vec<Line>> = BTreeMap::new();
        for (id, entry) in entries {
            if entry.day > today && entry.noticed.is_none() {
                by_day.entry(entry.day).or_default().push(Line::Noticed {
                    id: id.clone(),
                    noticed: today,
                });
            }
        }
        by_day.into_iter().try_for_each(|(day, lines)| self.write(day, &lines))
    }

    fn sum(&self, entries: &BTreeMap<String, Entry>, whose: &Whose, journal: &[(Date, Spent)]) -> Spent {
        let today = day_of(self.clock.now());
        let steady = self.clock.steady_seconds();
        let counts = |entry: &&Entry| {
            let since = i64::try_from(steady.saturating_sub(entry.steady)).unwrap_or(i64::MAX);
            let really = entry.at.checked_add(jiff::SignedDuration::from_secs(since));
            let is_still_its_day = entry.boot == self.boot && really.is_ok_and(|now| day_of(now) == entry.day);
            entry.day == today
                || entry.day > today && entry.noticed.is_none_or(|noticed| noticed == today)
                || entry.noticed == Some(today)
                || is_still_its_day
        };
        let (mut own, mut others) = (Spent::default(), Spent::default());
        for entry in entries
            .values()
            .filter(|entry| entry.whose.shares_with(whose))
            .filter(counts)
        {
            let sum = if entry.whose.clone == whose.clone {
                &mut own
            } else {
                &mut others
            };
            *sum = sum.plus(entry.spent);
        }
        let is_known = |day: Date| {
            entries
                .values()
                .any(|entry| entry.day == day && entry.whose.clone == whose.clone)
        };
        let told = journal
            .iter()
            .filter(|(day, _)| *day == today || *day > today && !is_known(*day))
            .fold(Spent::default(), |sum, (_, spent)| sum.plus(*spent));
        let own = Spent {
            micro_dollars: own.micro_dollars.max(told.micro_dollars),
            unknown_calls: own.unknown_calls.max(told.unknown_calls),
        };
        own.plus(others)
    }
}

fn take(entries: &mut BTreeMap<String, Entry>, day: Date, line: Line) {
    match line {
        Line::Reserved {
            id,
            at,
            steady,
            boot,
            whose,
            worst,
        } => {
            let spent = Spent {
                micro_dollars: worst,
                unknown_calls: 0,
            };
            entries.entry(id).or_insert(Entry {
                day,
                at,
                steady,
                boot,
                whose,
                spent,
                noticed: None,
            });
        }
        Line::Paid { id, paid, unknown } => {
            if let Some(entry) = entries.get_mut(&id) {
                entry.spent = Spent {
                    micro_dollars: paid,
                    unknown_calls: unknown,
                };
            }
        }
        Line::Noticed { id, noticed } => {
            if let Some(entry) = entries.get_mut(&id) {
                entry.noticed.get_or_insert(noticed);
            }
        }
    }
}
