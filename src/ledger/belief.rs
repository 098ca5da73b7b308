//! Belief: the other clones whose decisions count here, since this clone's user said so. A mark in the folder of each.

use std::fs;
use std::io;
use std::path::Path;

use crate::domain::id::WriterId;
use crate::domain::task::voice::Voices;

use super::Ledger;
use super::share::{MARK, TakeInError, io_at, replace};

/// The file that says that another clone's decisions count here, in its writer's folder.
const BELIEVED: &str = "believed";

/// Which of these writers are other clones, and which of those are believed.
pub(super) fn voices<'a>(ledger: &Path, writers: impl Iterator<Item = &'a WriterId>) -> Voices {
    let dir = ledger.join("journal");
    let others = writers.filter_map(|writer| {
        let dir = dir.join(writer.as_str());
        let is_copied = dir.join(MARK).exists();
        is_copied.then(|| (writer.clone(), dir.join(BELIEVED).exists()))
    });
    Voices::of_others(others)
}

impl Ledger {
    /// Lets the decisions of another clone count here, or not any more; no, where it is not known. Whoever has the ledger
    /// open sees it when it is opened again.
    pub fn believe(&self, writer: &WriterId, is_believed: bool) -> Result<bool, TakeInError> {
        if !self.is_copied(writer) {
            return Ok(false);
        }
        let mark = self.writer_dir(writer).join(BELIEVED);
        if is_believed {
            replace(&mark, b"")?;
        } else if let Err(error) = fs::remove_file(&mark)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(io_at(&mark)(error));
        }
        Ok(true)
    }
}
