//! The walk over a range: each commit is judged for itself, on all cores; then what they say of one another is held
//! together, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::domain::audit::{AuditReport, AuditRule, Finding, Strength};
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::trailer;
use crate::engine::history::{self, HistoryError, undo};
use crate::git::{PlainError, PlainView, ReadError};

use super::renewal;
use super::{AuditError, Auditor, Footing, Judged, Landing, Opinion, Range, Strictness};

/// Commits that a core judges before it takes the next ones: neighbours share most of their trees.
const STRETCH: usize = 256;

pub(super) fn walk(view: &PlainView, range: &Range, footing: Footing) -> Result<Judged, AuditError> {
    let commits = view.commits_between(&range.tips, &range.without)?;
    let mut course = Course {
        order: footing.landed.values().copied().collect(),
        landed: footing.landed,
        rows: BTreeMap::new(),
    };
    let mut auditor = Auditor::new(view, footing.strictness);
    let (mut findings, mut landings) = (Vec::new(), Vec::new());
    let mut renewals = Vec::new();
    for opinion in opinions(view, &commits, footing.strictness)? {
        let undone = match opinion.speaks {
            Some(commit) => course.taken_out(view, commit)?,
            None => Vec::new(),
        };
        let restored = match opinion.speaks {
            Some(commit) => restored(view, commit, &undone)?,
            None => BTreeSet::new(),
        };
        findings.extend(
            opinion
                .findings
                .into_iter()
                .filter(|finding| !explains(&undone, &restored, finding)),
        );
        if let (Some(commit), false) = (opinion.speaks, undone.is_empty()) {
            findings.extend(auditor.by_content(commit, &undone)?);
        }
        let by_content: Vec<CommitId> = undone.iter().map(|(_, landing, _)| *landing).collect();
        let is_open = |finding: &Finding| {
            let task = finding.task.as_ref();
            task.is_none_or(|task| !course.landed.contains_key(task))
        };
        findings.extend(opinion.unless_landed.into_iter().filter(is_open));
        for landing in opinion.landings {
            course.landing(view, &landing, &mut findings)?;
            landings.push(landing);
        }
        for (task, landing) in opinion.adopted {
            course.adopted(task, landing, &mut findings);
        }
        if let Some(merge) = opinion.merged {
            course.merged(view, merge, &mut findings)?;
        }
        for (task, landing) in opinion.disowned {
            if course.landed.get(&task) == Some(&landing) {
                course.landed.remove(&task);
            }
        }
        renewals.extend(opinion.renewals);
        if !opinion.undone.is_empty() || !by_content.is_empty() {
            let is_gone = |landing: &CommitId| opinion.undone.contains(landing) || by_content.contains(landing);
            course.landed.retain(|_, landing| !is_gone(landing));
            course.order.retain(|landing| !is_gone(landing));
            // What was undone may land again as it was: a cherry-pick brings it back with its row.
            course.rows.retain(|_, landing| !is_gone(landing));
        }
    }
    renewal::clear(view, &mut findings, &renewals)?;
    Ok(Judged {
        report: AuditReport {
            strength: Strength::Scope,
            commits: commits.len(),
            landings: landings.len(),
            findings,
        },
        landings,
        renewals,
    })
}

/// An opinion of each commit, in their order.
fn opinions(view: &PlainView, commits: &[CommitId], strictness: Strictness) -> Result<Vec<Opinion>, AuditError> {
    let stretches: Vec<&[CommitId]> = commits.chunks(STRETCH).collect();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 || stretches.len() < 2 {
        let mut auditor = Auditor::new(view, strictness);
        return commits.iter().map(|id| auditor.judge(*id)).collect();
    }
    let (next, place) = (AtomicUsize::new(0), view.place());
    let work = || {
        let git = place.open().map_err(PlainError::from)?;
        let mut auditor = Auditor::new(&git, strictness);
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(stretch) = stretches.get(index) else {
                return Ok(done);
            };
            let opinions: Result<Vec<Opinion>, AuditError> = stretch.iter().map(|id| auditor.judge(*id)).collect();
            done.push((index, opinions?));
        }
    };
    let done = thread::scope(|scope| {
        let auditors: Vec<_> = (0..cores.min(stretches.len())).map(|_| scope.spawn(work)).collect();
        let ended = auditors
            .into_iter()
            .map(|auditor| auditor.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect::<Result<Vec<_>, AuditError>>()
    })?;
    let mut done: Vec<(usize, Vec<Opinion>)> = done.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().flat_map(|(_, opinions)| opinions).collect())
}

/// What the landings so far have taken, as far as the walk has come.
struct Course {
    /// Where each task landed.
    landed: BTreeMap<TaskId, CommitId>,
    /// The same commits, the newest last.
    order: Vec<CommitId>,
    /// Rows of journals with the landings that named them: the writer, the number, and the hash, since a journal that was
    /// restored may use a number again.
    rows: BTreeMap<(String, u64, String), CommitId>,
}

/// A landing that a commit took out, and what it had changed.
pub(super) type TakenOut = (TaskId, CommitId, Rc<ChangeSet>);

/// Whether what was found of a commit is that it takes landings out.
fn explains(undone: &[TakenOut], restored: &BTreeSet<String>, finding: &Finding) -> bool {
    let Some(path) = &finding.path else {
        return false;
    };
    match finding.rule {
        AuditRule::Unrecorded => {
            let mut paths = undone.iter().flat_map(|(_, _, changes)| changes.paths());
            paths.any(|changed| changed.to_string() == *path)
        }
        AuditRule::Record => restored.contains(path),
        _ => false,
    }
}

/// The records of landings that a commit takes out which it leaves as they were before those.
fn restored(view: &PlainView, commit: CommitId, undone: &[TakenOut]) -> Result<BTreeSet<String>, ReadError> {
    let mut restored = BTreeSet::new();
    for (task, landing, _) in undone {
        let path = task.record_path();
        let before = match view.commit(*landing)?.parents.first() {
            Some(parent) => view.entry(view.tree_of(*parent)?, &path)?,
            None => None,
        };
        if view.entry(view.tree_of(commit)?, &path)? == before {
            restored.insert(path);
        }
    }
    Ok(restored)
}

/// Whether two landings of a task are one and its copy on another line of history, as a release branch has it that is
/// merged back.
fn is_copy(view: &PlainView, one: CommitId, other: CommitId) -> Result<bool, AuditError> {
    if view.is_ancestor(one, other)? || view.is_ancestor(other, one)? {
        return Ok(false);
    }
    let (one, other) = (view.commit(one)?, view.commit(other)?);
    let ours = |message: &str| {
        let mut own = trailer::trailers(message);
        own.retain(|(key, _)| key.starts_with("Harness-"));
        own
    };
    if ours(&one.message) != ours(&other.message) {
        return Ok(false);
    }
    let changes = [&one, &other].map(|commit| undo::change_of(view, commit));
    let [one, other] = changes.map(|changes| changes.map_err(HistoryError::from));
    let (one, other) = (one?, other?);
    let new = |changes: &ChangeSet| -> Vec<_> { changes.iter().map(|one| (one.path.clone(), one.new)).collect() };
    Ok(new(&one) == new(&other))
}

impl Course {
    /// What is complete already is adopted by nobody.
    fn adopted(&mut self, task: TaskId, landing: CommitId, findings: &mut Vec<Finding>) {
        match self.landed.get(&task) {
            Some(before) if *before != landing => findings.push(Finding {
                commit: landing,
                message: format!("{task} is adopted as this, and landed in {} already", before.short(10)),
                task: Some(task),
                rule: AuditRule::Again,
                level: AuditRule::Again.level(),
                path: None,
            }),
            Some(_) => {}
            None => {
                self.landed.insert(task, landing);
            }
        }
    }

    /// The landings that a commit takes out which speaks of undoing and names nothing that is here.
    fn taken_out(&self, view: &PlainView, commit: CommitId) -> Result<Vec<TakenOut>, AuditError> {
        if self.landed.is_empty() {
            return Ok(Vec::new());
        }
        Ok(history::taken_out(view, &self.newest(), &view.commit(commit)?)?)
    }

    /// What a merge leaves out of what a side of it brought is open again.
    fn merged(&mut self, view: &PlainView, merge: CommitId, findings: &mut Vec<Finding>) -> Result<(), AuditError> {
        for (task, landing) in history::left_out(view, &self.newest(), &view.commit(merge)?)? {
            if self.landed.get(&task) == Some(&landing) {
                self.landed.remove(&task);
            }
            findings.push(Finding {
                commit: merge,
                message: format!(
                    "it leaves out what {task} had brought in {}, so that the task is open again",
                    landing.short(10)
                ),
                task: Some(task),
                rule: AuditRule::Resolution,
                level: AuditRule::Resolution.level(),
                path: None,
            });
        }
        Ok(())
    }

    /// The newest landings with their tasks.
    fn newest(&self) -> Vec<(TaskId, CommitId)> {
        let mut tasks: BTreeMap<CommitId, Vec<&TaskId>> = BTreeMap::new();
        for (task, landing) in &self.landed {
            tasks.entry(*landing).or_default().push(task);
        }
        let of_commit = |landing: &CommitId| {
            let tasks = tasks.get(landing).into_iter().flatten();
            tasks.map(|task| ((*task).clone(), *landing)).collect::<Vec<_>>()
        };
        let newest = self.order.len().saturating_sub(history::NEWEST);
        self.order[newest..].iter().flat_map(of_commit).collect()
    }

    /// A task lands once, and by a row of its own.
    fn landing(&mut self, view: &PlainView, landing: &Landing, findings: &mut Vec<Finding>) -> Result<(), AuditError> {
        let mut messages = Vec::new();
        if let Some(before) = self.landed.get(&landing.task)
            && is_copy(view, *before, landing.commit)?
        {
            return Ok(());
        }
        self.order.push(landing.commit);
        if let Some(before) = self.landed.insert(landing.task.clone(), landing.commit)
            && !history::is_gone(view, before, landing.parent)?
        {
            let (task, before) = (&landing.task, before.short(10));
            messages.push(format!("{task} landed in {before} already, and nothing undid that"));
        }
        if let Some(row) = &landing.row
            && self.rows.insert(row.clone(), landing.commit).is_some()
        {
            let (writer, seq, hash) = row;
            messages.push(format!("another landing names the row {writer}:{seq} {hash} too"));
        }
        findings.extend(messages.into_iter().map(|message| Finding {
            commit: landing.commit,
            task: Some(landing.task.clone()),
            rule: AuditRule::Again,
            level: AuditRule::Again.level(),
            path: None,
            message,
        }));
        Ok(())
    }
}
