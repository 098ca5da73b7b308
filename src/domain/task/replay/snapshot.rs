//! A replay as bytes, for a cache: every task's standing up front, and its whole story behind, which is read only when
//! somebody asks for it.
//!
//! The bytes are as good as the code that wrote them: whoever keeps them verifies them and names the program's version
//! and [`FORMAT`] beside them.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::id::{TaskId, WriterId};

use super::{Kept, Oddity, OpenRollback, Replay, Standing};
use crate::domain::actor::Actor;
use crate::domain::task::books::Books;
use crate::domain::task::event::ImportIntended;

/// The version of this layout and of everything in it.
pub const FORMAT: u32 = 6;

/// A task's story that was not read yet: a part of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    pub(super) text: Arc<String>,
    pub(super) range: Range<usize>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    tasks: usize,
    attempts: Vec<(WriterId, u64)>,
    targets: Vec<String>,
    paused: Option<Actor>,
    rollback: Option<OpenRollback>,
    import: Option<ImportIntended>,
    oddities: Vec<Oddity>,
    books: Books,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: TaskId,
    bytes: usize,
    #[serde(flatten)]
    standing: Standing,
}

/// The replay as text.
pub fn write(replay: &Replay) -> serde_json::Result<String> {
    let head = Head {
        tasks: replay.tasks.len(),
        attempts: replay.attempts.iter().map(|(writer, n)| (writer.clone(), *n)).collect(),
        targets: replay.targets.iter().cloned().collect(),
        paused: replay.paused.clone(),
        rollback: replay.rollback.clone(),
        import: replay.import.clone(),
        oddities: replay.oddities.clone(),
        books: replay.books.clone(),
    };
    let mut text = serde_json::to_string(&head)?;
    text.push('\n');
    let mut logs = String::new();
    for (id, kept) in &replay.tasks {
        let log = match &kept.unread {
            Some(unread) if kept.log.get().is_none() => unread.text[unread.range.clone()].to_owned(),
            _ => serde_json::to_string(kept.log())?,
        };
        let entry = Entry {
            id: id.clone(),
            bytes: log.len(),
            standing: kept.standing().clone(),
        };
        text.push_str(&serde_json::to_string(&entry)?);
        text.push('\n');
        logs.push_str(&log);
    }
    text.push_str(&logs);
    Ok(text)
}

/// The replay that [`write()`] wrote, from `from` on to the end of a text. The text is kept and not copied.
pub fn read(text: String, from: usize) -> Option<Replay> {
    let text = Arc::new(text);
    let mut lines = text.get(from..)?.split_inclusive('\n');
    let first = lines.next()?;
    let head: Head = serde_json::from_str(first).ok()?;
    let mut replay = Replay {
        attempts: head.attempts.into_iter().collect(),
        targets: head.targets.into_iter().collect(),
        paused: head.paused,
        rollback: head.rollback,
        import: head.import,
        oddities: head.oddities,
        books: head.books,
        ..Replay::default()
    };
    let mut entries = Vec::with_capacity(head.tasks);
    let mut at = from + first.len();
    for line in lines.take(head.tasks) {
        entries.push(serde_json::from_str::<Entry>(line).ok()?);
        at += line.len();
    }
    let mut tasks = Vec::with_capacity(entries.len());
    for entry in entries {
        let range = at..at + entry.bytes;
        text.get(range.clone())?;
        at = range.end;
        let kept = Kept {
            standing: OnceCell::from(entry.standing),
            log: OnceCell::new(),
            unread: Some(Unread {
                text: Arc::clone(&text),
                range,
            }),
        };
        tasks.push((entry.id, kept));
    }
    replay.tasks = tasks.into_iter().collect();
    (at == text.len() && replay.tasks.len() == head.tasks).then_some(replay)
}
