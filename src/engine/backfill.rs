//! Backfill: records that their own commits could not bring, and those that a plain revert took away.
//!
//! A plain `git commit` through the hooks cannot hold its record, since its tree is fixed before it is judged; a plain
//! `git revert` of a landing deletes the record that the landing brought. The next commit that the harness makes on the
//! branch carries what is missing, and the audit accepts exactly that.

use std::collections::{BTreeSet, HashMap};

use crate::domain::change::{Entry, FileMode};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::{PathError, RepoPath};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::record::{RecordSource, TaskRecord};
use crate::domain::task::replay::{AttemptLog, TaskLog};
use crate::domain::trailer::{self, EVIDENCE, EvidenceLine};
use crate::git::{Commit, ReadError, Repository, WriteError};

use super::Engine;
use super::facts::{Facts, Fate, block_of, brought, fates, is_of, kept};
use super::project::{self, ProjectError};
use super::record;
use super::undo::LEDGER;

/// Why records could not be carried.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// The branch could not be read.
    #[error(transparent)]
    Project(#[from] Box<ProjectError>),
    /// History could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A record's path is no path.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl From<ProjectError> for BackfillError {
    fn from(error: ProjectError) -> Self {
        Self::Project(Box::new(error))
    }
}

/// The most records that one commit carries: a project that begins to keep records has them after a few landings.
const MOST: usize = 100;

/// The cache of records that were looked at and are right.
const KIND: &str = "records";

/// The records that a commit of the harness on this tip of a branch carries, but for those of some tasks, whose records
/// it writes itself.
pub fn edits(
    engine: &Engine,
    branch: &str,
    tip: CommitId,
    without: &[TaskId],
) -> Result<Vec<(RepoPath, Option<Entry>)>, BackfillError> {
    let tree = engine.git.tree_of(tip)?;
    let tracks = project::read_config(engine, tree, &mut Vec::new())?.is_some_and(|config| config.ledger_track);
    if !tracks {
        return Ok(Vec::new());
    }
    let history = project::read_history(engine, branch, tip, std::iter::empty())?;
    let present: HashMap<Vec<u8>, Entry> = engine
        .git
        .list(tree, LEDGER)?
        .into_iter()
        .map(|(path, entry)| (path.as_bytes().to_vec(), entry))
        .collect();
    let caches = engine.ledger.caches();
    let key = format!("{} {branch}", env!("CARGO_PKG_VERSION"));
    let mut right: BTreeSet<String> = caches
        .get(KIND, &key)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let known = right.len();
    let mut edits = Vec::new();
    for (task, fate) in fates(&history) {
        if without.contains(&task) {
            continue;
        }
        let path = task.record_path();
        let entry = present.get(path.as_bytes()).copied();
        let state = format!(
            "{task} {fate:?} {}",
            entry.map_or_else(String::new, |entry| entry.blob.to_string())
        );
        if right.contains(&state) {
            continue;
        }
        match missing(engine, &task, fate, entry)? {
            // What cannot be told may be told later, by a journal that comes.
            None if entry.is_none() => {}
            None => {
                right.insert(state);
            }
            Some(record) => edits.push((RepoPath::new(path)?, Some(written(engine, &record)?))),
        }
        if edits.len() == MOST {
            break;
        }
    }
    if let (true, Ok(bytes)) = (right.len() > known, serde_json::to_vec(&right)) {
        caches.put(KIND, &key, &bytes);
    }
    Ok(edits)
}

/// A tree with the records that a commit on this tip carries.
pub fn carried(
    engine: &Engine,
    branch: &str,
    tip: CommitId,
    tree: TreeId,
    without: &[TaskId],
) -> Result<TreeId, BackfillError> {
    let edits = edits(engine, branch, tip, without)?;
    match edits.is_empty() {
        true => Ok(tree),
        false => Ok(engine.git.write_tree(tree, &edits)?),
    }
}

/// A record as an entry of a tree.
pub fn written(engine: &Engine, record: &TaskRecord) -> Result<Entry, WriteError> {
    let blob = engine.git.write_blob(record.render().as_bytes())?;
    Ok(Entry {
        mode: FileMode::Regular,
        blob,
    })
}

/// The record that a task should have in place of what a tip holds; `None` where that is right, or nothing is known.
fn missing(
    engine: &Engine,
    task: &TaskId,
    fate: Fate,
    entry: Option<Entry>,
) -> Result<Option<TaskRecord>, BackfillError> {
    let git = &engine.git;
    let old = match entry {
        Some(entry) => TaskRecord::of_bytes(&git.blob(entry.blob)?),
        None => None,
    };
    match fate {
        Fate::Landed(landing) => {
            let commit = git.commit(landing)?;
            let brought = brought(git, task, &commit)?;
            if entry.is_some() && brought.map(|entry| entry.blob) == entry.map(|entry| entry.blob) {
                return Ok(None);
            }
            let is_of = old.as_ref().is_some_and(|old| is_of(old, task, &commit));
            if let Some(old) = old.as_ref().filter(|old| is_of && old.is_complete()) {
                let is_thin = old.source == RecordSource::History && journal_of(engine, task, &commit).is_some();
                if !is_thin {
                    return Ok(None);
                }
            }
            let mut record = match (brought, old) {
                (Some(entry), old) => {
                    let Some(mut record) = TaskRecord::of_bytes(&git.blob(entry.blob)?) else {
                        return Ok(None);
                    };
                    if let Some(old) = old.filter(|old| old.same_landing(&record)) {
                        record = old;
                    }
                    record
                }
                (None, Some(old)) if is_of && old.source == RecordSource::Journal => old,
                (None, old) => match build(engine, task, &commit)? {
                    Some(mut record) => {
                        match old {
                            Some(old) if is_of => record.undone = old.undone,
                            Some(old) => record::of_earlier(&mut record, old),
                            None => {}
                        }
                        record
                    }
                    None => return Ok(None),
                },
            };
            record.complete();
            Ok(Some(record))
        }
        Fate::Undone { landing, by } => {
            if old.as_ref().is_some_and(|old| !old.is_complete()) {
                return Ok(None);
            }
            Ok(last_of(engine, task, landing, by, old)?.map(|mut record| {
                record.undo(landing, Some(by));
                record
            }))
        }
    }
}

/// The record of a landing that another commit undid, as it was.
fn last_of(
    engine: &Engine,
    task: &TaskId,
    landing: CommitId,
    by: CommitId,
    at_tip: Option<TaskRecord>,
) -> Result<Option<TaskRecord>, BackfillError> {
    if at_tip.is_some() {
        return Ok(at_tip);
    }
    if let Some(record) = kept(&engine.git, task, landing, by)? {
        return Ok(Some(record));
    }
    build(engine, task, &engine.git.commit(landing)?)
}

/// The record of a landing that has none, from the journal where it knows the landing, else from history alone.
pub fn build(engine: &Engine, task: &TaskId, commit: &Commit) -> Result<Option<TaskRecord>, BackfillError> {
    let git = &engine.git;
    let Some(facts) = Facts::of(git, task, commit)? else {
        return Ok(None);
    };
    let mut record = TaskRecord {
        v: record::VERSION,
        id: task.to_string(),
        ..TaskRecord::default()
    };
    record.complete();
    if let Some(card) = card_at(git, task, facts.parent_tree)? {
        record::of_card(&mut record, &card);
    }
    facts.write(&mut record, commit.id);
    let reviewers = block_of(commit, task).unwrap_or_default();
    let reviewers = reviewers
        .into_iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("Reviewed-by"));
    record.approved_by = reviewers.map(|(_, value)| value).collect();
    match journal_of(engine, task, commit) {
        Some((log, attempt)) => {
            record::of_attempt(&mut record, Some(attempt));
            if let Some(evidence) = &attempt.evidence {
                record::of_evidence(&mut record, evidence);
            }
            record::of_log(&mut record, log);
        }
        None => {
            record.source = RecordSource::History;
            record.author = commit.author.to_string();
            record.outcome = "landed by a commit; no journal of it was at hand".to_owned();
        }
    }
    Ok(Some(record))
}

/// A task's card in a tree.
fn card_at(git: &Repository, task: &TaskId, tree: TreeId) -> Result<Option<Card>, ReadError> {
    let path = task.card_path();
    let text = git.file(tree, &path)?;
    Ok(text.and_then(|text| parse_card(&path, &String::from_utf8_lossy(&text)).ok()))
}

/// What the journal knows of a landing: the attempt whose evidence is for the tree that the landing names.
fn journal_of<'a>(engine: &'a Engine, task: &TaskId, commit: &Commit) -> Option<(&'a TaskLog, &'a AttemptLog)> {
    let log = engine.replay().task(task)?;
    let block = block_of(commit, task)?;
    let tree = trailer::value(&block, EVIDENCE)
        .and_then(EvidenceLine::read)?
        .tree
        .to_owned();
    let attempt = log.attempts.iter().rev().find(|attempt| {
        let evidence = attempt.evidence.as_ref();
        evidence.is_some_and(|evidence| evidence.key.check_tree.to_string() == tree)
    })?;
    Some((log, attempt))
}
