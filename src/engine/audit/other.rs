//! Commits that land nothing: merges, reversals, revisions, approvals, changes of what governs the work, and people's
//! own.

use std::collections::BTreeSet;

use crate::domain::audit::AuditRule;
use crate::domain::change::{Change, ChangeSet};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::plan::revision;
use crate::domain::trailer::{self, ADOPTS, APPROVES, REVERTS, REVISES, Trailer, VERIFIES};
use crate::engine::undo::LEDGER;
use crate::git::{Commit, Merge};

use super::{Auditor, Stop};

/// Trailers that say something of what is not in their own commit.
const SPEAKING: [&str; 5] = [ADOPTS, APPROVES, REVERTS, REVISES, VERIFIES];

impl Auditor<'_> {
    /// A merge brings what its sides have, as git joins them, and nothing of its own.
    pub(super) fn merge(&mut self, commit: &Commit) -> Result<(), Stop> {
        if self.quotes_what_it_brings(commit)? {
            // As forges do that put the words of a pull request into its merge.
            let findings = &mut self.opinion.findings;
            findings.retain(|finding| finding.rule != AuditRule::Trailers);
        } else if trailer::harness_lines(&commit.message)
            .iter()
            .any(|line| !line.is_empty())
        {
            let message = "a merge carries no `Harness-` lines".to_owned();
            self.find(commit.id, None, AuditRule::Trailers, None, message);
        }
        let (tree, conflicts) = self.joined(&commit.parents)?;
        for change in &self.git.diff(tree, commit.tree)? {
            self.opinion.merged = Some(commit.id);
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

    /// Whether the lines of ours in a merge's message are those of landings that it brings, word for word. Nobody takes
    /// them for a landing there; what is said of plans and of other commits counts wherever it stands, and is no quotation.
    fn quotes_what_it_brings(&self, commit: &Commit) -> Result<bool, Stop> {
        let quoted = trailer::harness_trailers(&commit.message);
        let speaks = |key: &str| SPEAKING.iter().any(|own| key.eq_ignore_ascii_case(own));
        let Some(first) = commit.parents.first() else {
            return Ok(false);
        };
        if quoted.is_empty() || quoted.iter().any(|(key, _)| speaks(key)) {
            return Ok(false);
        }
        let mut known = BTreeSet::new();
        for brought in self.git.commits_between(&[commit.id], &[*first])? {
            let brought = self.git.commit(brought)?;
            if brought.parents.len() < 2 {
                known.extend(trailer::harness_trailers(&brought.message));
            }
        }
        Ok(quoted.iter().all(|line| known.contains(line)))
    }

    /// What git makes of the parents: one after the other, as its octopus does.
    fn joined(&self, parents: &[CommitId]) -> Result<(TreeId, BTreeSet<RepoPath>), Stop> {
        let (Some(first), mut conflicts) = (parents.first(), BTreeSet::new()) else {
            return Ok((self.git.empty_tree(), BTreeSet::new()));
        };
        let (mut so_far, mut tree) = (*first, self.git.tree_of(*first)?);
        for (index, parent) in parents.iter().enumerate().skip(1) {
            tree = match self.git.merge(so_far, *parent)? {
                Merge::Clean(tree) => tree,
                Merge::Conflict { tree, paths } => {
                    conflicts.extend(paths);
                    tree
                }
            };
            if index + 1 < parents.len() {
                so_far = self.git.joining_commit(tree, &[so_far, *parent])?;
            }
        }
        Ok((tree, conflicts))
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
        self.says_only(commit, "an approval")
    }

    /// A commit that names no task: what governs the work is for people to change; anything else has to have a card.
    pub(super) fn plain(&mut self, commit: &Commit) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        let changes = self.git.diff(base, commit.tree)?;
        for change in &changes {
            self.plain_change(commit, change);
        }
        // The message of a revert may have been amended away; the trees tell, when the whole course is known.
        let takes_record = |change: &Change| change.new.is_none() && change.path.is_under(LEDGER);
        let mut found = self.opinion.findings.iter();
        if changes.iter().any(takes_record) || found.any(|finding| finding.rule == AuditRule::Unrecorded) {
            self.opinion.speaks = Some(commit.id);
        }
        self.records(commit, base, changes.iter())
    }

    /// One path that was changed without a task; records are judged by what they say.
    pub(super) fn plain_change(&mut self, commit: &Commit, change: &Change) {
        let path = change.path.to_string();
        let (rule, message) = if change.path.is_under(LEDGER) {
            return;
        } else if change.path.is_harness() {
            let message = format!("{path}: what governs the work was changed");
            (AuditRule::Governance, message)
        } else {
            (AuditRule::Unrecorded, format!("{path}: changed without a task"))
        };
        self.find(commit.id, None, rule, Some(path), message);
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
