//! Amend: a landing that its author makes again. What the harness itself had written into it is no part of what is judged,
//! and has to tell of the new version.

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::record::TaskRecord;
use crate::engine::land::LandError;
use crate::engine::run::RunError;
use crate::engine::undo::LEDGER;
use crate::engine::{Engine, facts, record};
use crate::git::Commit;

use super::{AttendedError, Candidate, Open};

/// What an amend of HEAD is judged by: the records that HEAD's own landing wrote are the harness's, and no part of it.
pub fn without_records(engine: &Engine, head: &Commit, candidate: Candidate) -> Result<Candidate, AttendedError> {
    let base = engine.git.tree_of(candidate.parent)?;
    let mut edits = Vec::new();
    for change in &engine.git.diff(base, candidate.tree)? {
        if change.path.is_under(LEDGER) && engine.git.entry(head.tree, &change.path.to_text())? == change.new {
            edits.push((change.path.clone(), change.old));
        }
    }
    let tree = match edits.is_empty() {
        true => candidate.tree,
        false => engine.git.write_tree(candidate.tree, &edits)?,
    };
    Ok(Candidate { tree, ..candidate })
}

/// The tree of a task's commit with the record of what was accepted last, where it has one that tells of an earlier
/// version of it: git lets no hook change the tree of an amend, and the record came with the one before.
pub fn with_new_record(engine: &Engine, open: &Open, commit: &Commit) -> Result<Option<TreeId>, AttendedError> {
    let task = &open.card.id;
    let row = engine.replay().task(task).and_then(|log| log.accepted.as_ref());
    let (Some(row), Some(brought)) = (row.map(|row| &row.accepted), facts::brought(&engine.git, task, commit)?) else {
        return Ok(None);
    };
    let path = task.record_path();
    let before = engine.git.file(row.tree, &path)?;
    let text = record::render(engine, &open.card, row, before.as_deref())?;
    let is_of_commit = commit.parents == [row.parent];
    let old = TaskRecord::of_bytes(&engine.git.blob(brought.blob)?);
    let is_told = old.is_some_and(|old| old.check_tree == row.evidence.key.check_tree.to_string());
    if is_told || !is_of_commit {
        return Ok(None);
    }
    let blob = engine.git.write_blob(text.as_bytes())?;
    let entry = Entry {
        mode: FileMode::Regular,
        blob,
    };
    let path = RepoPath::new(path).map_err(|error| RunError::from(LandError::from(error)))?;
    Ok(Some(engine.git.write_tree(commit.tree, &[(path, Some(entry))])?))
}
