//! Commits that say something of landings and change nothing: `adopt` says that a commit holds a task's work, and
//! `verify --landed` that the checks passed on a landing as it is.

use crate::domain::audit::{AuditRule, Finding};
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::trailer::{self, ADOPTS, CARD, EVIDENCE, EvidenceLine, LEDGER, Trailer, VERIFIES};
use crate::engine::history;
use crate::engine::landed::{self, Content, Wanted};
use crate::git::{Commit, HistorySeed, ReadError, Repository};

use super::landing::row_place;
use super::{Auditor, Stop};

/// What a commit says that it verified of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The commit that says so.
    pub commit: CommitId,
    /// The task.
    pub task: TaskId,
    /// Its landing, by the id that it had.
    pub landing: CommitId,
    /// The check tree.
    pub tree: String,
    /// The beginning of the check digest.
    pub digest: String,
    /// The row of the journal: writer, number, the hash's beginning.
    pub row: (String, u64, String),
}

impl Auditor<'_> {
    /// Whether a message is one of these.
    pub(super) fn says_of_landings(message: &str) -> bool {
        let blocks = trailer::blocks(message);
        let mut keys = blocks.iter().flatten().map(|(key, _)| key);
        keys.any(|key| key.eq_ignore_ascii_case(ADOPTS) || key.eq_ignore_ascii_case(VERIFIES))
    }

    /// Judges one.
    pub(super) fn said_of_landings(&mut self, commit: &Commit) -> Result<(), Stop> {
        self.says_only(commit, "what says something of landings")?;
        // A sign-off and the like say nothing of landings.
        let mut blocks = trailer::blocks(&commit.message);
        for block in &mut blocks {
            block.retain(|(key, _)| trailer::is_harness_key(key));
        }
        blocks.retain(|block| !block.is_empty());
        let told: usize = blocks.iter().map(Vec::len).sum();
        if trailer::harness_trailers(&commit.message).len() != told {
            let message = "`Harness-` lines stand outside its blocks".to_owned();
            self.find(commit.id, None, AuditRule::Trailers, None, message);
        }
        for block in &blocks {
            let said = match (trailer::value(block, ADOPTS), trailer::value(block, VERIFIES)) {
                (Some(text), None) => trailer::task_at(text).map(|(task, landing)| (task, landing, true)),
                (None, Some(text)) => trailer::task_at(text).map(|(task, landing)| (task, landing, false)),
                _ => None,
            };
            let is_known = match said {
                Some((task, landing, true)) if has_only(block, &[ADOPTS, CARD]) => {
                    self.adoption(commit, task, landing)?;
                    true
                }
                Some((task, landing, false)) if has_only(block, &[VERIFIES, EVIDENCE, LEDGER]) => {
                    let renewal = renewal(block, commit.id, task, landing);
                    if let Some(renewal) = &renewal {
                        self.verification(commit, renewal)?;
                    }
                    let is_whole = renewal.is_some();
                    self.opinion.renewals.extend(renewal);
                    is_whole
                }
                _ => false,
            };
            if !is_known {
                let message = "a block of it is malformed".to_owned();
                self.find(commit.id, None, AuditRule::Trailers, None, message);
            }
        }
        Ok(())
    }

    /// The checks passed on a landing. That is an ancestor, or was one before a rebase: then the landing that it became
    /// has the same tree, or what was said serves nothing here.
    fn verification(&mut self, commit: &Commit, renewal: &Renewal) -> Result<(), Stop> {
        let (task, landing) = (&renewal.task, renewal.landing);
        if self.git.contains(landing.object_id()) && self.git.is_ancestor(landing, commit.id)? {
            return Ok(());
        }
        let history = history::of(self.git, commit.id, self.approvals.take())?;
        let here = history.landing(task);
        self.approvals = Some(HistorySeed::new(commit.id, history));
        let serves = match here {
            Some(here) => Wanted::of(self.git, task, here)?.is_some_and(|wanted| wanted.fits(renewal.line())),
            None => false,
        };
        if !serves {
            let name = landing.short(10);
            let message =
                format!("it says that {task} was verified as {name}, and no landing of {task} here is that one");
            self.find(commit.id, Some(task), AuditRule::Elsewhere, None, message);
        }
        Ok(())
    }

    /// Somebody says that a commit holds a task's work. That is found at the commit itself, so that `verify --landed`
    /// answers it.
    fn adoption(&mut self, commit: &Commit, task: TaskId, landing: CommitId) -> Result<(), Stop> {
        let here = commit.id.short(10);
        let is_before = self.git.contains(landing.object_id()) && self.git.is_ancestor(landing, commit.id)?;
        if !is_before {
            let message = format!("it adopts {task} as {}, which is no ancestor of it", landing.short(10));
            self.find(commit.id, Some(&task), AuditRule::Adopted, None, message);
            return Ok(());
        }
        let tree = self.git.tree_of(landing)?;
        let changes = landed::recorded_change(self.git, &task, &[tree, commit.tree])?;
        let (rule, message) = match landed::content(self.git, tree, &changes)? {
            Content::NotThere => (
                AuditRule::Evidence,
                format!("{here} adopts it for {task}, and it does not hold what the record of {task} tells"),
            ),
            Content::There | Content::Unclear => (
                AuditRule::Adopted,
                format!("that it holds the work of {task} is a person's word, in {here}; nobody verified this tree"),
            ),
        };
        self.find(landing, Some(&task), rule, None, message);
        self.opinion.adopted.push((task, landing));
        Ok(())
    }
}

impl Renewal {
    fn line(&self) -> EvidenceLine<'_> {
        EvidenceLine {
            tree: &self.tree,
            digest: &self.digest,
            counts: None,
        }
    }
}

fn has_only(block: &[Trailer], keys: &[&str]) -> bool {
    block.len() == keys.len() && keys.iter().all(|key| trailer::value(block, key).is_some())
}

pub(super) fn renewal(block: &[Trailer], commit: CommitId, task: TaskId, landing: CommitId) -> Option<Renewal> {
    let line = EvidenceLine::read(trailer::value(block, EVIDENCE)?)?;
    Some(Renewal {
        commit,
        task,
        landing,
        tree: line.tree.to_owned(),
        digest: line.digest.to_owned(),
        row: row_place(trailer::value(block, LEDGER)?)?,
    })
}

/// Takes away what is said against landings that were verified since: their evidence was for another tree, or nobody
/// had verified them. What a renewal says is held against the landing as it is.
pub fn clear(git: &Repository, findings: &mut Vec<Finding>, renewals: &[Renewal]) -> Result<(), ReadError> {
    if renewals.is_empty() {
        return Ok(());
    }
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        let is_answered = match &finding.task {
            Some(task) if matches!(finding.rule, AuditRule::Evidence | AuditRule::Adopted) => {
                is_renewed(git, task, finding.commit, renewals)?.is_some()
            }
            _ => false,
        };
        if !is_answered {
            kept.push(finding);
        }
    }
    *findings = kept;
    Ok(())
}

/// The renewal of a landing, if there is one that is for its tree and its checks.
pub fn is_renewed<'r>(
    git: &Repository,
    task: &TaskId,
    landing: CommitId,
    renewals: &'r [Renewal],
) -> Result<Option<&'r Renewal>, ReadError> {
    let mut of_task = renewals.iter().filter(|renewal| renewal.task == *task).peekable();
    if of_task.peek().is_none() {
        return Ok(None);
    }
    let Some(wanted) = Wanted::of(git, task, landing)? else {
        return Ok(None);
    };
    Ok(of_task.find(|renewal| wanted.fits(renewal.line())))
}
