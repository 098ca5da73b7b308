//! Records that a commit writes besides the one of its own landing: those that other landings could not bring, and
//! those that a plain revert took away. Whatever else is written where records are kept is a finding.

use crate::domain::audit::AuditRule;
use crate::domain::change::{Change, FileMode};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::record::{RecordSource, TaskRecord};
use crate::domain::trailer::{self, TASK};
use crate::engine::facts::{self, Facts, Fate};
use crate::engine::history;
use crate::engine::undo::LEDGER;
use crate::git::{Commit, History, HistorySeed};

use super::{Auditor, Stop};

/// How many commits back the tree is looked for that somebody went back to.
const MOST_IN_RANGE: usize = 64;

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
        let mut history = history::of(self.git, commit.id, self.approvals.take())?;
        history::search::complete(self.git, &mut history, commit.id, &[])?;
        let mut found = Vec::new();
        for change in records {
            if let Some((rule, why)) = self.misfit(commit, base, &history, change)? {
                found.push((change, rule, why));
            }
        }
        // Where somebody goes back to what stood here before, in whatever words, records go back as well.
        if !found.is_empty() && !self.goes_back(commit)? {
            for (change, rule, why) in found {
                let path = change.path.to_string();
                let message = format!("{path}: {why}");
                self.find(commit.id, None, rule, Some(path), message);
            }
        }
        self.approvals = Some(HistorySeed::new(commit.id, history));
        Ok(())
    }

    /// Whether a commit's tree is that of one before it: a range was reverted in one commit.
    fn goes_back(&self, commit: &Commit) -> Result<bool, Stop> {
        let [parent] = commit.parents[..] else {
            return Ok(false);
        };
        let earlier = self.git.first_parents(parent, MOST_IN_RANGE)?;
        Ok(earlier.iter().any(|(_, tree)| *tree == commit.tree))
    }

    /// What is wrong with a record that a commit writes, if anything is.
    fn misfit(
        &self,
        commit: &Commit,
        base: TreeId,
        history: &History,
        change: &Change,
    ) -> Result<Option<(AuditRule, &'static str)>, Stop> {
        let wrong = |why| Ok(Some((AuditRule::Record, why)));
        let path = change.path.to_text();
        let task = path
            .strip_prefix(LEDGER)
            .and_then(|name| name.strip_prefix('/')?.strip_suffix(".toml"))
            .and_then(|name| TaskId::new(name).ok());
        let Some(task) = task else {
            return wrong("no task's record is kept there");
        };
        let Some(entry) = change.new else {
            return wrong("a record is taken away by nobody but a revert");
        };
        let record = match entry.mode {
            FileMode::Regular => TaskRecord::of_bytes(&self.git.blob(entry.blob)?),
            _ => None,
        };
        let Some(record) = record.filter(|record| record.id == task.as_str()) else {
            return wrong("this is no record of that task");
        };
        let at_base = match self.git.file(base, &task.record_path())? {
            Some(bytes) => TaskRecord::of_bytes(&bytes),
            None => None,
        };
        let fate = facts::fate(history, &task);
        let (landing, before, says_so) = match fate {
            None if self.is_of_elsewhere(commit, &task, &record)? => {
                let why = "it tells of a landing that is not in this history";
                return Ok(Some((AuditRule::Elsewhere, why)));
            }
            None => {
                return wrong("records are written by landings and rollbacks alone, and this task never landed");
            }
            Some(Fate::Landed(landing)) => (landing, None, record.is_complete()),
            Some(Fate::Undone { landing, by }) => {
                let undone = self.tells_of(commit, &record, landing)?;
                let before = facts::kept(self.git, &task, landing, by)?;
                (landing, before, undone && !record.is_complete())
            }
        };
        if !says_so {
            return wrong("history says something else of what became of the task");
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
            None => match Facts::of(self.git, &task, &landed)? {
                Some(facts) => facts.fit(self.git, &record, landing, commit.id)?,
                None => false,
            },
        };
        match fits && landing != commit.id {
            true => Ok(None),
            false => {
                wrong("records are written by landings and rollbacks alone, and this is not what the landing says")
            }
        }
    }

    /// Whether a record says that a landing was undone. A rebase gave that another name, and the record keeps the old one.
    fn tells_of(&self, commit: &Commit, record: &TaskRecord, landing: CommitId) -> Result<bool, Stop> {
        for undone in &record.undone {
            let Ok(named) = undone.landing.parse::<CommitId>() else {
                continue;
            };
            if named == landing || !facts::is_in(self.git, named, commit.id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the record of a task that never landed here came with a landing that did: that was picked out of a history
    /// in which the record's own landing stands, as far as anybody here can see.
    fn is_of_elsewhere(&self, commit: &Commit, task: &TaskId, record: &TaskRecord) -> Result<bool, Stop> {
        let Some(Ok(named)) = record.landing.as_ref().map(|named| named.parse::<CommitId>()) else {
            return Ok(false);
        };
        if self.git.contains(named.object_id()) {
            if self.git.is_ancestor(named, commit.id)? {
                return Ok(false);
            }
            let landed = self.git.commit(named)?;
            return match Facts::of(self.git, task, &landed)? {
                Some(facts) => Ok(facts.fit(self.git, record, named, commit.id)?),
                None => Ok(false),
            };
        }
        self.is_rewritten(commit)
    }

    /// Whether a landing says of itself, by its record, that it was made on another commit than it stands on.
    fn is_rewritten(&self, commit: &Commit) -> Result<bool, Stop> {
        let own = trailer::trailers(&commit.message);
        let Some(task) = trailer::value(&own, TASK).and_then(|text| text.parse::<TaskId>().ok()) else {
            return Ok(false);
        };
        let record = self.git.file(commit.tree, &task.record_path())?;
        let record = record.and_then(|bytes| TaskRecord::of_bytes(&bytes));
        let parent = commit.parents.first().map(CommitId::to_string);
        Ok(record.is_some_and(|record| Some(record.parent) != parent))
    }
}
