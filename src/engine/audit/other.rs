//! Commits that land nothing: merges, reversals, revisions, approvals, changes of what governs the work, and people's
//! own.

use std::collections::BTreeSet;

use crate::domain::audit::AuditRule;
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::plan::revision;
use crate::domain::trailer::{self, REVISES, Said, Trailer};
use crate::engine::undo::{self, LEDGER, Undone};
use crate::git::{Commit, Merge};

use super::{Auditor, Stop, undone_by};

/// The longest chain of reverts of reverts that is followed.
const MOST_REVERTS: usize = 64;

impl Auditor<'_> {
    /// A merge brings what its sides have, as git joins them, and nothing of its own.
    pub(super) fn merge(&mut self, commit: &Commit) -> Result<(), Stop> {
        let [ours, theirs] = commit.parents[..] else {
            let message = format!("it joins {} commits; merge two at a time", commit.parents.len());
            return Err(Stop::Finding(AuditRule::Merge, message));
        };
        if trailer::harness_lines(&commit.message)
            .iter()
            .any(|line| !line.is_empty())
        {
            let message = "a merge carries no `Harness-` lines".to_owned();
            self.find(commit.id, None, AuditRule::Trailers, None, message);
        }
        let (tree, conflicts) = match self.git.merge(ours, theirs)? {
            Merge::Clean(tree) => (tree, BTreeSet::new()),
            Merge::Conflict { tree, paths } => (tree, paths.into_iter().collect()),
        };
        for change in &self.git.diff(tree, commit.tree)? {
            let path = change.path.to_string();
            if conflicts.contains(&change.path) {
                let message = format!("{path}: the conflict was resolved by hand");
                self.find(commit.id, None, AuditRule::Resolution, Some(path), message);
            } else {
                let message = format!("{path}: this is what neither side brought");
                self.find(commit.id, None, AuditRule::Merge, Some(path), message);
            }
        }
        Ok(())
    }

    /// A commit that says it undoes another one has to be exactly that, but for the task's record.
    pub(super) fn reversal(&mut self, commit: &Commit, undone: CommitId, is_ours: bool) -> Result<(), Stop> {
        if self.brings_back_what_never_landed(undone)? {
            return self.plain(commit);
        }
        let mut wrong = Vec::new();
        let tree = match is_ours {
            true => self.without_task(commit)?,
            false => self.without_change_of(commit, undone)?,
        };
        match (tree, commit.parents.first()) {
            (Some(tree), Some(_)) => {
                for change in &self.git.diff(tree, commit.tree)? {
                    if !(is_ours && change.path.is_under(LEDGER)) {
                        wrong.push(change.path.to_string());
                    }
                }
                if is_ours {
                    let base = self.base_of(commit)?;
                    let changes = self.git.diff(base, commit.tree)?;
                    self.records(commit, base, changes.iter())?;
                }
            }
            _ => wrong.push(String::new()),
        }
        for path in wrong {
            let what = format!("it says that it undoes {}, and does something else", undone.short(10));
            let (path, message) = match path.as_str() {
                "" => (None, what),
                path => (Some(path.to_owned()), format!("{path}: {what}")),
            };
            self.find(commit.id, None, AuditRule::Revert, path, message);
        }
        self.opinion.undone = Some(undone);
        Ok(())
    }

    /// Whether to undo a commit is to do once more what no task did: a revert of a revert brings its first change back,
    /// and that counts as much as it did then.
    fn brings_back_what_never_landed(&self, undone: CommitId) -> Result<bool, Stop> {
        let mut at = undone;
        let mut brings_back = false;
        for _ in 0..MOST_REVERTS {
            // What is not there is told elsewhere.
            if !self.git.contains(at.object_id()) {
                return Ok(false);
            }
            let commit = self.git.commit(at)?;
            let Some(before) = undone_by(&commit) else {
                let said = trailer::read_message(&commit.message);
                let landed = said.iter().any(|said| matches!(said, Said::Landed(_)));
                return Ok(brings_back && !landed);
            };
            brings_back = !brings_back;
            at = before;
        }
        Ok(true)
    }

    /// The tree of a rollback's parent with its task's change taken out.
    fn without_task(&self, commit: &Commit) -> Result<Option<TreeId>, Stop> {
        let said = trailer::read_message(&commit.message);
        let undone = said.iter().find_map(|said| match said {
            Said::RevertedTask { task, landing } => Some((task, *landing)),
            _ => None,
        });
        let (Some((task, landing)), Some(parent)) = (undone, commit.parents.first()) else {
            return Ok(None);
        };
        if !self.git.contains(landing.object_id()) {
            return Ok(None);
        }
        Ok(match undo::undo(self.git, task, landing, *parent)? {
            Undone::Clean(tree) => Some(tree),
            Undone::Conflict(_) | Undone::NotApart => None,
        })
    }

    /// The tree of a commit's parent with another commit's change taken out; `None` where that conflicts, or where the
    /// other commit is not there or is a merge.
    fn without_change_of(&self, commit: &Commit, undone: CommitId) -> Result<Option<TreeId>, Stop> {
        let (Some(parent), true) = (commit.parents.first(), self.git.contains(undone.object_id())) else {
            return Ok(None);
        };
        let undone = self.git.commit(undone)?;
        let before = match undone.parents[..] {
            [] => TreeId::empty(),
            [parent] => self.git.tree_of(parent)?,
            _ => return Ok(None),
        };
        let back = self.git.counter_commit(undone.id, before)?;
        Ok(match self.git.merge(*parent, back)? {
            Merge::Clean(tree) => Some(tree),
            Merge::Conflict { .. } => None,
        })
    }

    /// A revision changes one card, and loosens it only where a person says so.
    pub(super) fn revision(&mut self, commit: &Commit, own: &[Trailer]) -> Result<(), Stop> {
        let Some(task) = trailer::value(own, REVISES).and_then(|text| text.parse::<TaskId>().ok()) else {
            let message = format!("it does not name exactly one task in {REVISES}");
            return Err(Stop::Finding(AuditRule::Trailers, message));
        };
        let base = self.base_of(commit)?;
        let changes = self.git.diff(base, commit.tree)?;
        self.records(commit, base, changes.iter())?;
        for path in outside(&changes, |path| {
            *path.to_text() == task.card_path() || path.is_under(LEDGER)
        }) {
            let message = format!("{path}: a revision of {task} changes its card alone");
            self.find(commit.id, Some(&task), AuditRule::Revision, Some(path), message);
        }
        let card = |tree: TreeId| -> Result<_, Stop> {
            let text = self.git.file(tree, &task.card_path())?.unwrap_or_default();
            Ok(parse_card(&task.card_path(), &String::from_utf8_lossy(&text)).ok())
        };
        let (Some(old), Some(new)) = (card(base)?, card(commit.tree)?) else {
            let message = format!("the card of {task} cannot be read before or after it");
            return Err(Stop::Finding(AuditRule::Revision, message));
        };
        let by_architect = commit.message.lines().any(|line| line.starts_with("- By Architect "));
        for widening in revision::compare(&old, &new) {
            let (rule, message) = if by_architect {
                (AuditRule::Revision, format!("no person agreed, and {widening}"))
            } else {
                (AuditRule::Governance, widening.to_string())
            };
            self.find(commit.id, Some(&task), rule, None, message);
        }
        Ok(())
    }

    /// An approval says something and changes nothing.
    pub(super) fn approval(&mut self, commit: &Commit) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        for path in outside(&self.git.diff(base, commit.tree)?, |_| false) {
            let message = format!("{path}: an approval changes no file");
            self.find(
                commit.id,
                None,
                AuditRule::Governance,
                Some(path.clone()),
                message.clone(),
            );
            self.find(commit.id, None, AuditRule::Unrecorded, Some(path), message);
        }
        Ok(())
    }

    /// A commit that names no task: what governs the work is for people to change; anything else has to have a card.
    pub(super) fn plain(&mut self, commit: &Commit) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        let changes = self.git.diff(base, commit.tree)?;
        for change in &changes {
            let path = change.path.to_string();
            if change.path.is_under(LEDGER) {
                // Judged below.
            } else if change.path.is_harness() {
                let message = format!("{path}: what governs the work was changed");
                self.find(commit.id, None, AuditRule::Governance, Some(path), message);
            } else {
                let message = format!("{path}: changed without a task");
                self.find(commit.id, None, AuditRule::Unrecorded, Some(path), message);
            }
        }
        self.records(commit, base, changes.iter())
    }
}

/// The changed paths that may not be changed.
fn outside(changes: &ChangeSet, may: impl Fn(&RepoPath) -> bool) -> Vec<String> {
    changes
        .iter()
        .filter(|change| !may(&change.path))
        .map(|change| change.path.to_string())
        .collect()
}
