//! One task in a replay: its story, and where that leaves it. Either may still have to be made: the standing from its
//! line in a snapshot, the story from its rows.

use std::cell::OnceCell;

use super::snapshot::{Address, Archive, Line};
use super::{Standing, TaskLog};
use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::task::state::TaskState;

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
    pub(super) fn log(&self, task: &TaskId, archive: Option<&dyn Archive>) -> &TaskLog {
        self.log.get_or_init(|| {
            Box::new(match (self.addresses(), archive) {
                (Some(addresses), Some(archive)) if !addresses.is_empty() => told(task, &addresses, archive),
                (Some(_), _) => TaskLog::new(),
                (None, _) => damaged("it is not known where they are"),
            })
        })
    }

    /// Where it stands.
    pub(super) fn standing(&self, task: &TaskId, archive: Option<&dyn Archive>) -> &Standing {
        self.standing.get_or_init(|| {
            let stored = self.line.as_ref().filter(|_| self.log.get().is_none());
            let stored = stored.and_then(Line::standing);
            stored.unwrap_or_else(|| Standing::of(self.log(task, archive)))
        })
    }

    /// Its story, to take a row in that is kept at an address, or nowhere else yet.
    pub(super) fn log_mut(
        &mut self,
        task: &TaskId,
        archive: Option<&dyn Archive>,
        address: Option<Address>,
    ) -> &mut TaskLog {
        self.log(task, archive);
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
    pub(super) fn shed(&mut self, task: &TaskId, archive: Option<&dyn Archive>) {
        if self.log.get().is_some() && !self.is_unplaced && archive.is_some() {
            self.standing(task, archive);
            self.log.take();
        }
    }
}

/// The story that the rows at these addresses tell. Where they cannot be read, nobody may go on as if nothing had been
/// tried: the task is blocked, and says why.
fn told(task: &TaskId, addresses: &[Address], archive: &dyn Archive) -> TaskLog {
    let mut log = TaskLog::new();
    let rows = match archive.rows(addresses) {
        Ok(rows) => rows,
        Err(why) => return damaged(&why),
    };
    for row in &rows {
        match row.known().filter(|event| event.task() == Some(task)) {
            // What a row may not do, it did not do the first time either.
            Some(event) => drop(log.take(row, event)),
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
