//! What history says of tasks: which are complete at a commit, and which were undone.
//!
//! A fold over the commits from the oldest to the newest. A landing's trailers set a task complete; a revert of that
//! landing, by us or by a plain `git revert`, sets it open again; a revert of the revert sets it complete once more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::{CommitId, Digest};
use crate::domain::trailer::{Said, read_message};

use super::open::Repository;
use super::tree::ReadError;

/// What the commits reachable from one tip say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct History {
    landings: BTreeMap<TaskId, CommitId>,
    /// The landings that a commit brought, itself or by undoing a revert.
    landed_in: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    /// What a revert took away, so that a revert of the revert can give it back.
    taken: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    reverted: BTreeMap<CommitId, CommitId>,
    given: BTreeSet<TaskId>,
    approvals: Vec<(PlanId, Digest, CommitId, String)>,
}

/// A history and the tip that it is of, to go on from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HistorySeed {
    tip: CommitId,
    history: History,
}

impl HistorySeed {
    /// A history of this tip.
    pub fn new(tip: CommitId, history: History) -> Self {
        Self { tip, history }
    }

    /// The tip.
    pub fn tip(&self) -> CommitId {
        self.tip
    }

    /// The history.
    pub fn history(&self) -> &History {
        &self.history
    }
}

impl History {
    /// The landing of a task that is complete here.
    pub fn landing(&self, task: &TaskId) -> Option<CommitId> {
        self.landings.get(task).copied()
    }

    /// The tasks that are complete here, with their landings.
    pub fn landings(&self) -> impl Iterator<Item = (&TaskId, CommitId)> {
        self.landings.iter().map(|(task, commit)| (task, *commit))
    }

    /// The commit that undid a landing, if one did.
    pub fn reverted_by(&self, landing: CommitId) -> Option<CommitId> {
        self.reverted.get(&landing).copied()
    }

    /// Whether a landing was undone.
    pub fn is_reverted(&self, landing: CommitId) -> bool {
        self.reverted.contains_key(&landing)
    }

    /// Tasks that any trailer here ever named.
    pub fn given(&self) -> &BTreeSet<TaskId> {
        &self.given
    }

    /// Plan approvals: the plan, the digest of its cards, the commit, and who made it.
    pub fn approvals(&self) -> &[(PlanId, Digest, CommitId, String)] {
        &self.approvals
    }

    fn take(&mut self, commit: CommitId, author: &str, message: &str) {
        for said in read_message(message) {
            match said {
                Said::Landed(task) => {
                    self.given.insert(task.clone());
                    self.landings.insert(task.clone(), commit);
                    self.landed_in.entry(commit).or_default().push((task, commit));
                }
                Said::RevertedTask { task, landing } => {
                    if self.landings.get(&task) == Some(&landing) {
                        self.landings.remove(&task);
                        self.taken.entry(commit).or_default().push((task, landing));
                    }
                    self.reverted.insert(landing, commit);
                }
                Said::RevertedCommit(undone) => self.revert(commit, undone),
                Said::RevertedShort(start) => {
                    if let Some(undone) = self.only_commit(&start) {
                        self.revert(commit, undone);
                    }
                }
                Said::Approved { plan, digest } => {
                    self.approvals.push((plan, digest, commit, author.to_owned()));
                }
                Said::Revised(task) => {
                    self.given.insert(task);
                }
            }
        }
    }

    /// The one commit that a revert could be about whose id begins so.
    fn only_commit(&self, start: &str) -> Option<CommitId> {
        let mut found = self
            .landed_in
            .keys()
            .chain(self.taken.keys())
            .filter(|commit| commit.to_string().starts_with(start));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        }
    }

    fn revert(&mut self, commit: CommitId, undone: CommitId) {
        // A revert of a revert gives back what the first took, and can be undone in its turn.
        for (task, landing) in self.taken.remove(&undone).unwrap_or_default() {
            self.landings.insert(task.clone(), landing);
            self.reverted.remove(&landing);
            self.landed_in.entry(commit).or_default().push((task, landing));
        }
        for (task, landing) in self.landed_in.get(&undone).cloned().unwrap_or_default() {
            if self.landings.get(&task) == Some(&landing) {
                self.landings.remove(&task);
                self.taken.entry(commit).or_default().push((task, landing));
            }
            self.reverted.insert(landing, commit);
        }
    }
}

impl Repository {
    /// What history says at a tip. With a seed of one of its ancestors, only the commits since then are read.
    pub fn history(&self, tip: CommitId, seed: Option<&HistorySeed>) -> Result<History, ReadError> {
        let usable = match seed {
            Some(seed) if seed.tip == tip => return Ok(seed.history.clone()),
            Some(seed) => self.contains(seed.tip.object_id()) && self.is_ancestor(seed.tip, tip)?,
            None => false,
        };
        let seed = seed.filter(|_| usable);
        let mut history = seed.map(|seed| seed.history.clone()).unwrap_or_default();
        let mut call = self.trusted();
        call.words(["log", "--topo-order", "--reverse", "-z", "--no-show-signature"])
            .word("--format=%H%x01%an <%ae>%x01%B")
            .word(tip.to_string());
        if let Some(seed) = seed {
            call.word("--not").word(seed.tip.to_string());
        }
        let listing = call.bytes()?;
        for record in listing.split(|byte| *byte == 0) {
            // Most commits of most repositories say nothing of tasks; those are not even decoded.
            if !mentions(record, b"arness-") && !mentions(record, b"This reverts commit") {
                continue;
            }
            let text = String::from_utf8_lossy(record);
            let mut fields = text.splitn(3, '\x01');
            if let (Some(id), Some(author), Some(message)) = (fields.next(), fields.next(), fields.next())
                && let Ok(commit) = id.trim().parse()
            {
                history.take(commit, author, message);
            }
        }
        Ok(history)
    }

    /// Every path below a folder that any commit reachable from a tip ever added.
    pub fn paths_ever(&self, tip: CommitId, under: &str) -> Result<BTreeSet<String>, ReadError> {
        let mut call = self.trusted();
        call.words([
            "log",
            "--no-renames",
            "--diff-filter=A",
            "--name-only",
            "-z",
            "--format=",
            "-m",
        ])
        .word(tip.to_string())
        .word("--")
        .word(under);
        let listing = call.bytes()?;
        Ok(listing
            .split(|byte| *byte == 0)
            .map(|path| String::from_utf8_lossy(path).trim().to_owned())
            .filter(|path| !path.is_empty())
            .collect())
    }
}

fn mentions(text: &[u8], word: &[u8]) -> bool {
    gix::bstr::ByteSlice::find(text, word).is_some()
}
