//! Every row, each checked, in the order of the replay or from the last one back; and of a journal with one writer no more
//! than one segment at a time.

use std::path::Path;

use crate::domain::id::WriterId;
use crate::domain::task::row::Row;

use super::journal::{self, Journal, JournalError, Segment, Start, Wants};
use super::order;

/// Tells every row.
pub(super) fn each_row(ledger: &Path, tell: &mut dyn FnMut(Row)) -> Result<(), JournalError> {
    let mut passing = Passing {
        is_alone: journal::writers(ledger)?.len() <= 1,
        waiting: Vec::new(),
        tell,
    };
    let open = Journal::read(ledger, &mut passing)?;
    let read = passing.waiting.into_iter().chain(open).flat_map(|segment| segment.rows);
    let mut rows: Vec<Row> = read.map(|(row, _)| row).collect();
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    rows.into_iter().for_each(passing.tell);
    Ok(())
}

/// Tells rows from the last one on, until whoever is told wants no more. Those of several writers are all read first.
pub(super) fn each_row_backwards(ledger: &Path, tell: &mut dyn FnMut(Row) -> bool) -> Result<(), JournalError> {
    match &journal::writers(ledger)?[..] {
        [] => Ok(()),
        [alone] => journal::read_backwards(ledger, alone, tell),
        _ => {
            let mut rows = Vec::new();
            each_row(ledger, &mut |row| rows.push(row))?;
            rows.into_iter().rev().all(tell);
            Ok(())
        }
    }
}

/// Passes on one writer's segments as they come; those of several wait to be brought in order.
struct Passing<'a> {
    is_alone: bool,
    waiting: Vec<Segment>,
    tell: &'a mut dyn FnMut(Row),
}

impl Wants for Passing<'_> {
    fn start(&self, _: &WriterId) -> Start {
        Start::default()
    }

    fn closed(&mut self, segment: Segment) {
        if !self.is_alone {
            self.waiting.push(segment);
            return;
        }
        for (row, _) in segment.rows {
            (self.tell)(row);
        }
    }
}
