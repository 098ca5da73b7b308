//! Records: what any clone knows of a task without its journal. The tracked record at a branch's tip is read, or what
//! history keeps of it, and joined with the journal so that nothing is told twice.

use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::packet::Note;
use crate::domain::record::TaskRecord;
use crate::domain::task::replay::TaskLog;
use crate::git::{History, ReadError};

use super::Engine;
use super::backfill::{self, BackfillError};
use super::facts::{self, Fate};

/// Where records are read: a branch's tip.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The tip's tree.
    pub tree: TreeId,
    /// The tip's history.
    pub history: &'a History,
}

/// The record of a task, as it stands or as history tells it. `None` where the task never landed.
pub fn record(engine: &Engine, at: At, task: &TaskId) -> Result<Option<(TaskRecord, CommitId)>, BackfillError> {
    let Some(fate) = facts::fate(at.history, task) else {
        return Ok(None);
    };
    of_fate(engine, at, task, fate)
}

/// The records of every task that ever landed, but for those that somebody has no need of.
pub fn all(
    engine: &Engine,
    at: At,
    wanted: impl Fn(&TaskId) -> bool,
) -> Result<Vec<(TaskRecord, CommitId)>, BackfillError> {
    let mut found = Vec::new();
    for (task, fate) in facts::fates(at.history) {
        if wanted(&task) {
            found.extend(of_fate(engine, at, &task, fate)?);
        }
    }
    Ok(found)
}

fn of_fate(
    engine: &Engine,
    at: At,
    task: &TaskId,
    fate: Fate,
) -> Result<Option<(TaskRecord, CommitId)>, BackfillError> {
    let git = &engine.git;
    let stands = match git.file(at.tree, &task.record_path())? {
        Some(bytes) => TaskRecord::of_bytes(&bytes).filter(|record| record.id == task.as_str()),
        None => None,
    };
    let (landing, by) = match fate {
        Fate::Landed(landing) => (landing, None),
        Fate::Undone { landing, by } => (landing, Some(by)),
    };
    let landed = git.commit(landing)?;
    let fits = stands.filter(|record| by.is_some() || record.is_complete() || facts::is_of(record, task, &landed));
    let kept = match (fits, by) {
        (Some(record), _) => Some(record),
        (None, Some(by)) => facts::kept(git, task, landing, by)?,
        (None, None) => None,
    };
    let record = match kept {
        Some(record) => Some(record),
        None => backfill::build(engine, task, &landed)?,
    };
    // History has the last word on what became of it.
    Ok(record.map(|mut record| {
        match by {
            Some(by) if record.is_complete() => record.undo(landing, Some(by)),
            None if !record.is_complete() => record.complete(),
            _ => {}
        }
        (record, landing)
    }))
}

/// A record without what the journal of this clone tells of the task itself.
pub fn beyond(record: &TaskRecord, log: Option<&TaskLog>) -> TaskRecord {
    let mut rest = record.clone();
    let Some(log) = log else {
        return rest;
    };
    rest.attempts.retain(|attempt| {
        let mut known = log.attempts.iter().map(|known| known.dispatched.packet.to_string());
        !known.any(|packet| packet == attempt.packet)
    });
    rest.answers.retain(|answer| {
        let mut known = log.answers.iter().map(|known| known.answer.to_string());
        !known.any(|known| known == answer.answer)
    });
    rest.notes.retain(|note| {
        let mut known = log.notes.iter();
        !known.any(|(by, text)| by.to_string() == note.by && *text == note.text)
    });
    rest.escalations.retain(|escalation| {
        let mut known = log.escalations.iter();
        !known.any(|known| known.by.to_string() == escalation.by && known.trigger.to_string() == escalation.trigger)
    });
    if knows_landing(log, record) {
        rest.escalation = None;
        rest.checks.clear();
        rest.changes.clear();
        rest.files_changed.clear();
    }
    rest
}

/// Whether the journal holds the evidence that a record's landing rests on.
pub fn knows_landing(log: &TaskLog, record: &TaskRecord) -> bool {
    let mut evidence = log.attempts.iter().filter_map(|attempt| attempt.evidence.as_ref());
    evidence.any(|evidence| evidence.key.check_tree.to_string() == record.check_tree)
}

/// Whether anything is left of a record.
pub fn is_bare(rest: &TaskRecord) -> bool {
    rest.attempts.is_empty()
        && rest.answers.is_empty()
        && rest.notes.is_empty()
        && rest.escalations.is_empty()
        && rest.checks.is_empty()
        && rest.files_changed.is_empty()
}

/// What was noted on a task, by this clone's journal and by its record.
pub fn notes(engine: &Engine, at: At, task: &TaskId) -> Result<Vec<Note>, ReadError> {
    let log = engine.replay().task(task);
    // Notes alone do not need what history can be made to tell.
    let record = match engine.git.file(at.tree, &task.record_path())? {
        Some(bytes) => TaskRecord::of_bytes(&bytes),
        None => match facts::fate(at.history, task) {
            Some(Fate::Undone { landing, by }) => facts::kept(&engine.git, task, landing, by)?,
            _ => None,
        },
    };
    let recorded = record.map(|record| beyond(&record, log).notes).unwrap_or_default();
    let note = |by: String, text: String| Note {
        task: task.to_string(),
        by,
        text,
    };
    let ours = log.into_iter().flat_map(|log| &log.notes);
    Ok(recorded
        .into_iter()
        .map(|recorded| note(recorded.by, recorded.text))
        .chain(ours.map(|(by, text)| note(by.to_string(), text.clone())))
        .collect())
}

/// What was asked before about a task, and what the answers found: for whoever is asked again.
pub fn advice(engine: &Engine, at: At, task: &TaskId) -> Result<Vec<Note>, ReadError> {
    let log = engine.replay().task(task);
    let record = match engine.git.file(at.tree, &task.record_path())? {
        Some(bytes) => TaskRecord::of_bytes(&bytes),
        None => None,
    };
    let rest = record.map(|record| beyond(&record, log));
    let recorded = rest.into_iter().flat_map(|rest| {
        let reasons = rest
            .escalations
            .into_iter()
            .map(|escalation| (escalation.by, format!("{}: {}", escalation.trigger, escalation.reason)));
        let answers = rest.answers.into_iter().map(|answer| (answer.by, answer.diagnosis));
        reasons.chain(answers).collect::<Vec<_>>()
    });
    let ours = log.into_iter().flat_map(|log| &log.answers);
    let ours = ours.map(|answer| (answer.by.to_string(), answer.diagnosis.clone()));
    Ok(recorded
        .chain(ours)
        .filter(|(_, text)| !text.is_empty())
        .map(|(by, text)| Note {
            task: task.to_string(),
            by,
            text,
        })
        .collect())
}
