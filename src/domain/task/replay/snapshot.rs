//! A replay as bytes, for a cache: what holds of everything, and a line for each task, of which nothing but the name is
//! read until somebody asks. A task's story is not in it: the line names the rows that it is made of, which the journal
//! has anyway, so that a snapshot stays small however much was tried.
//!
//! The bytes are as good as the code that wrote them: whoever keeps them verifies them and names the program's version
//! and [`FORMAT`] beside them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::id::{TaskId, WriterId};

use super::kept::Kept;
use super::{Oddity, OpenRollback, Replay, Standing};
use crate::domain::actor::Actor;
use crate::domain::task::books::Books;
use crate::domain::task::event::ImportIntended;
use crate::domain::task::row::Row;
use crate::domain::task::voice::Voices;

/// The version of this layout and of everything in it.
pub const FORMAT: u32 = 9;

/// Where a row is kept. Only the [`Archive`] that gave it knows what it means.
pub type Address = u64;

/// Whoever keeps rows that were folded already.
pub trait Archive: fmt::Debug + Send + Sync {
    /// The rows at these addresses, in their order, each checked.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn rows(&self, addresses: &[Address]) -> Result<Vec<Row>, String>;
}

/// A task's line in a snapshot: its name, the addresses of its rows, and its standing, with tabs in between.
#[derive(Debug, Clone)]
pub(super) struct Line {
    text: Arc<String>,
    addresses: Range<usize>,
    standing: Range<usize>,
}

impl Line {
    /// Reads the line that stands at `at`, and who it is about. Nothing else of it is looked at.
    fn read(text: &Arc<String>, at: Range<usize>) -> Option<(TaskId, Self)> {
        let line = text.get(at.clone())?.strip_suffix('\n')?;
        let (task, rest) = line.split_once('\t')?;
        let (addresses, standing) = rest.split_once('\t')?;
        let addresses = at.start + task.len() + 1..at.start + task.len() + 1 + addresses.len();
        let standing = addresses.end + 1..addresses.end + 1 + standing.len();
        let line = Self {
            text: Arc::clone(text),
            addresses,
            standing,
        };
        Some((TaskId::new(task).ok()?, line))
    }

    /// The standing; none where another program wrote the snapshot.
    pub(super) fn standing(&self) -> Option<Standing> {
        serde_json::from_str(&self.text[self.standing.clone()]).ok()
    }

    /// The addresses; none where another program wrote the snapshot.
    pub(super) fn addresses(&self) -> Option<Vec<Address>> {
        let mut at: Address = 0;
        let steps = self.text[self.addresses.clone()].split(' ');
        steps
            .map(|step| {
                at = at.checked_add_signed(step.parse().ok()?)?;
                Some(at)
            })
            .collect()
    }
}

/// Addresses as the steps from each to the next: rows of one task stand close together, so most are short.
fn write_addresses(addresses: &[Address]) -> Option<String> {
    let mut before: Address = 0;
    let steps = addresses.iter().map(|at| {
        let step = i64::try_from(i128::from(*at) - i128::from(before)).ok()?;
        before = *at;
        Some(step.to_string())
    });
    Some(steps.collect::<Option<Vec<String>>>()?.join(" "))
}

#[derive(Serialize, Deserialize)]
struct Head {
    tasks: usize,
    voices: Voices,
    highest_at: u64,
    attempts: Vec<(WriterId, u64)>,
    targets: Vec<String>,
    paused: Option<Actor>,
    rollback: Option<OpenRollback>,
    import: Option<ImportIntended>,
    oddities: Vec<Oddity>,
    books: Books,
}

/// The replay as text. `None` where it took in a row whose address it was not told.
pub fn write(replay: &Replay) -> Option<String> {
    let head = Head {
        tasks: replay.tasks.len(),
        voices: Voices::clone(&replay.voices),
        highest_at: replay.highest_at,
        attempts: replay.attempts.iter().map(|(writer, n)| (writer.clone(), *n)).collect(),
        targets: replay.targets.iter().cloned().collect(),
        paused: replay.paused.clone(),
        rollback: replay.rollback.clone(),
        import: replay.import.clone(),
        oddities: replay.oddities.clone(),
        books: replay.books.clone(),
    };
    let mut text = serde_json::to_string(&head).ok()?;
    text.push('\n');
    for (task, kept) in &replay.tasks {
        let standing = kept.standing(task, replay.ground());
        text.push_str(task.as_str());
        text.push('\t');
        text.push_str(&write_addresses(&kept.addresses()?)?);
        text.push('\t');
        text.push_str(&serde_json::to_string(standing).ok()?);
        text.push('\n');
    }
    Some(text)
}

/// The replay that [`write()`] wrote, from `from` on to the end of a text. The text is kept and not copied.
///
/// None where it was written among others than these: then the same rows may say something else.
pub fn read(text: String, from: usize, archive: Arc<dyn Archive>, voices: Voices) -> Option<Replay> {
    let text = Arc::new(text);
    let mut lines = text.get(from..)?.split_inclusive('\n');
    let first = lines.next()?;
    let head: Head = serde_json::from_str(first)
        .ok()
        .filter(|head: &Head| head.voices == voices)?;
    let mut at = from + first.len();
    let tasks = lines.map(|line| {
        let range = at..at + line.len();
        at = range.end;
        Line::read(&text, range).map(|(task, line)| (task, Kept::stored(line)))
    });
    let tasks: Vec<(TaskId, Kept)> = tasks.collect::<Option<_>>()?;
    (tasks.len() == head.tasks).then(|| Replay {
        tasks: tasks.into_iter().collect(),
        archive: Some(archive),
        voices: Arc::new(voices),
        highest_at: head.highest_at,
        attempts: head.attempts.into_iter().collect(),
        targets: head.targets.into_iter().collect(),
        paused: head.paused,
        rollback: head.rollback,
        import: head.import,
        oddities: head.oddities,
        books: head.books,
    })
}
