//! One task in a replay: its story, and where that leaves it. Either may still have to be made: the standing from its
//! line in a snapshot, the story from its rows.

use std::cell::OnceCell;

use super::judgment::judge;
use super::snapshot::{Address, Archive, Line};
use super::{Standing, TaskLog};
use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::task::state::TaskState;
use crate::domain::task::voice::Voices;

/// What a story is told by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    /// Whoever keeps its rows.
    pub(super) archive: Option<&'a dyn Archive>,
    /// Who is who among their writers.
    pub(super) voices: &'a Voices,
}

/// A task's story, as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    standing: OnceCell<Standing>,
    /// In a box, since most stories of a long plan are never read.
    log: OnceCell<Box<TaskLog>>,
    /// What a snapshot said of it.
    line: Option<Line>,
    /// Its rows since then.
    added: Vec<Address>,
    /// A row was taken in without its address, so the story is here and nowhere else.
    is_unplaced: bool,
}

impl Kept {
    /// A task as a snapshot has it.
    pub(super) fn stored(line: Line) -> Self {
        Self {
            line: Some(line),
            ..Self::default()
        }
    }

    /// Its story.
    pub(super) fn log(&self, task: &TaskId, ground: Ground) -> &TaskLog {
        self.log.get_or_init(|| {
            Box::new(match (self.addresses(), ground.archive) {
                (Some(addresses), Some(archive)) if !addresses.is_empty() => {
                    told(task, &addresses, archive, ground.voices)
                }
                (Some(_), _) => TaskLog::new(),
                (None, _) => damaged("it is not known where they are"),
            })
        })
    }

    /// Where it stands.
    pub(super) fn standing(&self, task: &TaskId, ground: Ground) -> &Standing {
        self.standing.get_or_init(|| {
            let stored = self.line.as_ref().filter(|_| self.log.get().is_none());
            let stored = stored.and_then(Line::standing);
            stored.unwrap_or_else(|| Standing::of(self.log(task, ground)))
        })
    }

    /// Its story, to take a row in that is kept at an address, or nowhere else yet.
    pub(super) fn log_mut(&mut self, task: &TaskId, ground: Ground, address: Option<Address>) -> &mut TaskLog {
        self.log(task, ground);
        self.standing.take();
        match address {
            Some(address) => self.added.push(address),
            None => self.is_unplaced = true,
        }
        self.log
            .get_mut()
            .unwrap_or_else(|| unreachable!("it was filled a few lines above"))
    }

    /// The addresses of all its rows; none where one was never told.
    pub(super) fn addresses(&self) -> Option<Vec<Address>> {
        let mut all = match &self.line {
            Some(line) => line.addresses()?,
            None => Vec::new(),
        };
        all.extend_from_slice(&self.added);
        (!self.is_unplaced).then_some(all)
    }

    /// Lets the story go, where it can be read again.
    pub(super) fn shed(&mut self, task: &TaskId, ground: Ground) {
        if self.log.get().is_some() && !self.is_unplaced && ground.archive.is_some() {
            self.standing(task, ground);
            self.log.take();
        }
    }
}

/// The story that the rows at these addresses tell. Where they cannot be read, nobody may go on as if nothing had been
/// tried: the task is blocked, and says why.
fn told(task: &TaskId, addresses: &[Address], archive: &dyn Archive, voices: &Voices) -> TaskLog {
    let mut log = TaskLog::new();
    let rows = match archive.rows(addresses) {
        Ok(rows) => rows,
        Err(why) => return damaged(&why),
    };
    for row in &rows {
        match row.known().filter(|event| event.task() == Some(task)) {
            // What a row may not do, it did not do the first time either.
            Some(event) => {
                if let Ok(judged) = judge(&log, row, event, voices.of(&row.writer)) {
                    log.apply(judged);
                }
            }
            None => return damaged("a row belongs to something else"),
        }
    }
    log
}

fn damaged(why: &str) -> TaskLog {
    TaskLog {
        state: TaskState::Blocked,
        blocked: Some((Actor::Harness, format!("its rows in the journal cannot be read: {why}"))),
        ..TaskLog::new()
    }
}
