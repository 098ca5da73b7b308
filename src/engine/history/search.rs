//! Landings that no message tells, as after a squash with a title alone: found by the records that came with them, and by
//! the changes that this clone knows from its journal. No content tells "merged" from "written once more by hand"; for
//! what is done that is all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::domain::block::Claim;
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::record::TaskRecord;
use crate::domain::reversal;
use crate::git::{Commit, History, How, Merge, Repository, Saying};

use super::HistoryError;
use super::fold::Fold;
use super::silent;

/// The folder of records.
const RECORDS: &str = ".harness/ledger";
/// The most tasks that are looked for at a time.
const MOST: usize = 64;
/// The most commits of a branch that are looked at for them.
const MOST_COMMITS: usize = 512;

/// Looks for landings that a history does not know: those of `known`, which the journal has, and those that records at the
/// tip speak of. Tells whether the history is another one afterwards.
pub fn complete(
    git: &Repository,
    history: &mut History,
    tip: CommitId,
    known: &[(TaskId, CommitId)],
) -> Result<bool, HistoryError> {
    let records = git.subtree(git.tree_of(tip)?, RECORDS)?;
    let new_records = records.filter(|records| history.searched().records != Some(*records));
    let mut wanted: Vec<(TaskId, CommitId)> = Vec::new();
    for (task, landing) in known.iter().take(MOST) {
        let is_new = history.searched().landings.get(landing) != Some(&tip);
        if is_new
            && history.landing(task).is_none()
            && !history.is_reverted(*landing)
            && git.contains(landing.object_id())
        {
            wanted.push((task.clone(), *landing));
        }
    }
    let gone = silent::candidates(git, history, tip)?;
    let hidden = silent::hidden(git, history, tip)?;
    history.searched().looked = Some(tip);
    if new_records.is_none() && wanted.is_empty() && gone.is_empty() && hidden.is_empty() {
        return Ok(false);
    }
    let mut fold = Fold::new(git, std::mem::take(history));
    let found = search(git, &mut fold, tip, new_records, &wanted)
        .and_then(|()| silent::take_hidden(&mut fold, &hidden))
        .and_then(|()| silent::take(&mut fold, tip, &gone));
    *history = fold.history;
    found?;
    history.searched().records = records;
    for (_, landing) in &wanted {
        history.searched().landings.insert(*landing, tip);
    }
    Ok(true)
}

fn search(
    git: &Repository,
    fold: &mut Fold,
    tip: CommitId,
    records: Option<TreeId>,
    wanted: &[(TaskId, CommitId)],
) -> Result<(), HistoryError> {
    let mut found: BTreeMap<CommitId, Vec<(TaskId, How)>> = BTreeMap::new();
    if let Some(records) = records {
        by_records(git, fold, tip, records, &mut found)?;
    }
    by_changes(git, fold, tip, wanted, &mut found)?;
    for (commit, tasks) in found {
        for (task, how) in tasks {
            if fold.history.landing(&task).is_none() {
                fold.lands(task, commit, how)?;
            }
        }
        // What undid it was read before anybody knew what it undid.
        for saying in git.sayings(tip, Some(commit))? {
            if let (Some(said), 1) = (reversal::read(&saying.message), saying.parents.len()) {
                fold.reversal(&saying, &said, false)?;
            }
        }
    }
    Ok(())
}

/// Records of complete tasks that no landing is known of: the commit that brought each, if it holds what the record says.
fn by_records(
    git: &Repository,
    fold: &mut Fold,
    tip: CommitId,
    records: TreeId,
    found: &mut BTreeMap<CommitId, Vec<(TaskId, How)>>,
) -> Result<(), HistoryError> {
    let before = fold
        .history
        .searched()
        .records
        .filter(|before| git.contains(before.object_id()));
    let changed = git.diff(before.unwrap_or_else(|| git.empty_tree()), records)?;
    let mut open: BTreeMap<CommitId, Vec<Claim>> = BTreeMap::new();
    let mut looked_for = 0;
    for change in &changed {
        let name = change.path.to_text();
        let task = name.strip_suffix(".toml").and_then(|name| name.parse::<TaskId>().ok());
        let (Some(task), Some(new)) = (task, change.new) else {
            continue;
        };
        if fold.history.landing(&task).is_some() || fold.history.undone_of(&task).next().is_some() || looked_for == MOST
        {
            continue;
        }
        let text = git.blob(new.blob)?;
        let record = TaskRecord::parse(&String::from_utf8_lossy(&text));
        let Some(claim) = record.and_then(|record| claim_of(&task, &record)) else {
            continue;
        };
        looked_for += 1;
        if let Some(commit) = git.newest_change_of(tip, &task.record_path())? {
            open.entry(commit).or_default().push(claim);
        }
    }
    for (commit, claims) in open {
        let saying = saying_of(&git.commit(commit)?);
        if saying.parents.len() > 1 {
            continue;
        }
        for (claim, how) in claims.iter().zip(fold.proven(&saying, &claims)?) {
            if how.is_some() {
                found
                    .entry(commit)
                    .or_default()
                    .push((claim.task.clone(), How::Content));
            }
        }
    }
    Ok(())
}

/// What a record claims.
pub fn claim_of(task: &TaskId, record: &TaskRecord) -> Option<Claim> {
    (record.id == task.as_str() && record.status == "complete").then_some(())?;
    Some(Claim {
        task: task.clone(),
        card: record.card.parse().ok()?,
        tree: record.check_tree.parse().ok()?,
        checks: record
            .check_digest
            .parse::<Digest>()
            .map_or_else(|_| String::new(), |digest| digest.short()),
        row: None,
    })
}

pub(super) fn saying_of(commit: &Commit) -> Saying {
    Saying {
        commit: commit.id,
        tree: commit.tree,
        parents: commit.parents.clone(),
        author: String::new(),
        message: commit.message.clone(),
        sides: Vec::new(),
    }
}

/// Landings that this clone made and the branch does not hold: the commit of the branch that has their change.
fn by_changes(
    git: &Repository,
    fold: &mut Fold,
    tip: CommitId,
    wanted: &[(TaskId, CommitId)],
    found: &mut BTreeMap<CommitId, Vec<(TaskId, How)>>,
) -> Result<(), HistoryError> {
    let landings: Vec<CommitId> = wanted.iter().map(|(_, landing)| *landing).collect();
    for head in git.independent(&landings)? {
        let Some(fork) = git.fork_of(head, tip)? else {
            continue;
        };
        let line: BTreeSet<CommitId> = git.commits_between(&[head], &[fork])?.into_iter().collect();
        let mut members = Vec::new();
        for (task, landing) in wanted.iter().filter(|(_, landing)| line.contains(landing)) {
            members.push((task.clone(), *landing, fold.changes_of(*landing)?));
        }
        let candidates = git.first_parents_since(tip, fork, MOST_COMMITS)?;
        if members.is_empty() || candidates.is_empty() {
            continue;
        }
        let (fork_tree, head_tree) = (git.tree_of(fork)?, git.tree_of(head)?);
        for (commit, parent, tree) in candidates {
            let touched = touched(git, parent, tree, &members)?;
            if touched.is_empty() {
                continue;
            }
            let whole = match fold.view()?.join_in_view(fork_tree, parent, head_tree)? {
                Merge::Clean(joined) => is_same_work(fold.view()?, joined, tree)?,
                Merge::Conflict { .. } => false,
            };
            for (task, landing, changes) in &members {
                let is_there = whole || touched.contains(landing) && holds(git, tree, landing, changes, &members)?;
                if is_there && !found.values().flatten().any(|(known, _)| known == task) {
                    found.entry(commit).or_default().push((task.clone(), How::Content));
                }
            }
        }
    }
    Ok(())
}

/// A landing that is looked for, with its change.
type Member = (TaskId, CommitId, Rc<ChangeSet>);

/// The landings of which a commit changes a path.
fn touched(
    git: &Repository,
    before: TreeId,
    after: TreeId,
    members: &[Member],
) -> Result<BTreeSet<CommitId>, HistoryError> {
    let mut found = BTreeSet::new();
    for (_, landing, changes) in members {
        for change in changes.iter() {
            let path = change.path.to_text();
            if git.entry(before, &path)? != git.entry(after, &path)? {
                found.insert(*landing);
                break;
            }
        }
    }
    Ok(found)
}

/// Whether two trees differ in what governs the work alone: the squash may have left the records out.
fn is_same_work(git: &Repository, one: TreeId, other: TreeId) -> Result<bool, HistoryError> {
    Ok(git.diff(one, other)?.iter().all(|change| change.path.is_harness()))
}

/// Whether a tree holds what a landing brought, or what later landings of the same branch made of it.
fn holds(
    git: &Repository,
    tree: TreeId,
    landing: &CommitId,
    changes: &ChangeSet,
    members: &[Member],
) -> Result<bool, HistoryError> {
    for change in changes {
        let here = git.entry(tree, &change.path.to_text())?;
        let later = |(_, other, changes): &Member| {
            other != landing && changes.iter().any(|one| one.path == change.path && one.new == here)
        };
        if here != change.new && !members.iter().any(later) {
            return Ok(false);
        }
    }
    Ok(true)
}
