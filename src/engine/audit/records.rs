//! Records that a commit writes besides the one of its own landing: those that other landings could not bring, and
//! those that a plain revert took away. Whatever else is written where records are kept is a finding.

use crate::domain::audit::AuditRule;
use crate::domain::change::{Change, FileMode};
use crate::domain::id::TaskId;
use crate::domain::oid::TreeId;
use crate::domain::record::{RecordSource, TaskRecord};
use crate::engine::facts::{self, Facts, Fate};
use crate::engine::history;
use crate::engine::undo::LEDGER;
use crate::git::{Commit, History, HistorySeed};

use super::{Auditor, Stop};

impl Auditor<'_> {
    /// Judges the records that a commit writes; other paths are left to others.
    pub(super) fn records<'c>(
        &mut self,
        commit: &Commit,
        base: TreeId,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<(), Stop> {
        let mut records = changes.filter(|change| change.path.is_under(LEDGER)).peekable();
        if records.peek().is_none() {
            return Ok(());
        }
        let history = history::of(self.git, commit.id, self.approvals.take())?;
        for change in records {
            if let Some(why) = self.misfit(commit, base, &history, change)? {
                let path = change.path.to_string();
                let message = format!("{path}: {why}");
                self.find(commit.id, None, AuditRule::Record, Some(path), message);
            }
        }
        self.approvals = Some(HistorySeed::new(commit.id, history));
        Ok(())
    }

    /// What is wrong with a record that a commit writes, if anything is.
    fn misfit(
        &self,
        commit: &Commit,
        base: TreeId,
        history: &History,
        change: &Change,
    ) -> Result<Option<&'static str>, Stop> {
        let path = change.path.to_text();
        let task = path
            .strip_prefix(LEDGER)
            .and_then(|name| name.strip_prefix('/')?.strip_suffix(".toml"))
            .and_then(|name| TaskId::new(name).ok());
        let Some(task) = task else {
            return Ok(Some("no task's record is kept there"));
        };
        let Some(entry) = change.new else {
            return Ok(Some("a record is taken away by nobody but a revert"));
        };
        let record = match entry.mode {
            FileMode::Regular => TaskRecord::of_bytes(&self.git.blob(entry.blob)?),
            _ => None,
        };
        let Some(record) = record.filter(|record| record.id == task.as_str()) else {
            return Ok(Some("this is no record of that task"));
        };
        let at_base = match self.git.file(base, &task.record_path())? {
            Some(bytes) => TaskRecord::of_bytes(&bytes),
            None => None,
        };
        let fate = facts::fate(history, &task);
        let (landing, before, says_so) = match fate {
            None => {
                return Ok(Some(
                    "records are written by landings and rollbacks alone, and this task never landed",
                ));
            }
            Some(Fate::Landed(landing)) => (landing, None, record.is_complete()),
            Some(Fate::Undone { landing, by }) => {
                let undone = record.undone.iter().any(|undone| undone.landing == landing.to_string());
                let before = facts::kept(self.git, &task, landing, by)?;
                (landing, before, undone && !record.is_complete())
            }
        };
        if !says_so {
            return Ok(Some("history says something else of what became of the task"));
        }
        let landed = self.git.commit(landing)?;
        let brought = match facts::brought(self.git, &task, &landed)? {
            Some(entry) => TaskRecord::of_bytes(&self.git.blob(entry.blob)?),
            None => None,
        };
        let old = at_base
            .filter(|old| old.source == RecordSource::Journal && facts::is_of(old, &task, &landed))
            .or(before.filter(|old| old.source == RecordSource::Journal))
            .or(brought);
        let fits = match old {
            Some(old) => record.same_landing(&old),
            None => Facts::of(self.git, &task, &landed)?.is_some_and(|facts| facts.fit(&record, landing)),
        };
        let why = "records are written by landings and rollbacks alone, and this is not what the landing says";
        Ok((!fits || landing == commit.id).then_some(why))
    }
}
