//! What history says of tasks: which are complete at a commit, and which were undone.
//!
//! A fold over the commits from the oldest to the newest. A landing's trailers set a task complete; a revert of that
//! landing, by us or by a plain `git revert`, sets it open again; a revert of the revert sets it complete once more.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// Other tasks that a trailer named: revised, or undone.
    named: BTreeSet<TaskId>,
    /// The landings that a commit brought, itself or by undoing a revert, as far as `landings` does not tell.
    brought: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    /// What a revert took away, so that a revert of the revert can give it back.
    taken: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    reverted: BTreeMap<CommitId, CommitId>,
    approvals: Vec<(PlanId, Digest, CommitId, String)>,
    /// What was verified of landings after they were made.
    #[serde(default)]
    verified: BTreeMap<TaskId, Vec<Verified>>,
    /// `landings` by their commits, made when the first revert asks.
    #[serde(skip)]
    by_commit: OnceCell<HashMap<CommitId, Vec<TaskId>>>,
}

/// Checks of a task that passed on its landing as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The tree that they ran on.
    pub tree: String,
    /// The beginning of the digest of the checks.
    pub digest: String,
    /// The commit that says so.
    pub commit: CommitId,
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
    pub fn into_history(self) -> History {
        self.history
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

    /// What was verified of a task's landings after they were made.
    pub fn verifications(&self, task: &TaskId) -> impl Iterator<Item = &Verified> {
        self.verified.get(task).into_iter().flatten()
    }

    /// Tasks that landed and are not complete here: each landing with the commit that undid it.
    pub fn undone(&self) -> impl Iterator<Item = (&TaskId, CommitId, CommitId)> {
        self.taken.iter().flat_map(move |(by, taken)| {
            let open = taken
                .iter()
                .filter(|(task, landing)| !self.landings.contains_key(task) && self.reverted.get(landing) == Some(by));
            open.map(|(task, landing)| (task, *landing, *by))
        })
    }

    /// Tasks that any trailer here ever named.
    pub fn given(&self) -> impl Iterator<Item = &TaskId> {
        self.landings.keys().chain(&self.named)
    }

    /// Plan approvals: the plan, the digest of its cards, the commit, and who made it.
    pub fn approvals(&self) -> &[(PlanId, Digest, CommitId, String)] {
        &self.approvals
    }

    fn take(&mut self, commit: CommitId, author: &str, message: &str) {
        for said in read_message(message) {
            match said {
                Said::Landed(task) => self.land(task, commit, commit),
                Said::RevertedTask { task, landing } => {
                    if self.landings.get(&task) == Some(&landing) {
                        self.unland(task, landing, commit);
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
                // Whether the commit is there is asked before.
                Said::Adopted { task, landing } => {
                    if !self.landings.contains_key(&task) {
                        self.land(task, landing, commit);
                    }
                }
                Said::Verified { task, tree, digest } => {
                    let verified = Verified { tree, digest, commit };
                    self.verified.entry(task).or_default().push(verified);
                }
                Said::Revised(task) => {
                    self.named.insert(task);
                }
            }
        }
    }

    /// A commit brings a task's landing, which it is itself unless it undid a revert.
    fn land(&mut self, task: TaskId, landing: CommitId, by: CommitId) {
        if by != landing {
            self.brought.entry(by).or_default().push((task.clone(), landing));
        }
        if let Some(by_commit) = self.by_commit.get_mut() {
            by_commit.entry(landing).or_default().push(task.clone());
        }
        if let Some(before) = self
            .landings
            .insert(task.clone(), landing)
            .filter(|old| *old != landing)
        {
            self.remember(task, before);
        }
    }

    /// A commit takes a task's landing away.
    fn unland(&mut self, task: TaskId, landing: CommitId, by: CommitId) {
        self.landings.remove(&task);
        self.named.insert(task.clone());
        self.taken.entry(by).or_default().push((task.clone(), landing));
        self.remember(task, landing);
    }

    /// Keeps that a commit was a landing, which `landings` does not tell any more.
    fn remember(&mut self, task: TaskId, landing: CommitId) {
        let known = self.brought.entry(landing).or_default();
        if !known.contains(&(task.clone(), landing)) {
            known.push((task, landing));
        }
    }

    /// The landings that a commit brought.
    fn brought_by(&self, commit: CommitId) -> Vec<(TaskId, CommitId)> {
        let by_commit = self.by_commit.get_or_init(|| {
            let mut by_commit: HashMap<CommitId, Vec<TaskId>> = HashMap::new();
            for (task, landing) in &self.landings {
                by_commit.entry(*landing).or_default().push(task.clone());
            }
            by_commit
        });
        let mut found = self.brought.get(&commit).cloned().unwrap_or_default();
        for task in by_commit.get(&commit).into_iter().flatten() {
            let one = (task.clone(), commit);
            if self.landings.get(task) == Some(&commit) && !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }

    /// The one commit that a revert could be about whose id begins so.
    fn only_commit(&self, start: &str) -> Option<CommitId> {
        let known = self
            .brought
            .keys()
            .chain(self.taken.keys())
            .chain(self.landings.values());
        let mut found = known.filter(|commit| commit.to_string().starts_with(start));
        let first = *found.next()?;
        found.all(|other| *other == first).then_some(first)
    }

    fn revert(&mut self, commit: CommitId, undone: CommitId) {
        // A revert of a revert gives back what the first took, and can be undone in its turn.
        for (task, landing) in self.taken.remove(&undone).unwrap_or_default() {
            self.reverted.remove(&landing);
            self.land(task, landing, commit);
        }
        for (task, landing) in self.brought_by(undone) {
            if self.landings.get(&task) == Some(&landing) {
                self.unland(task, landing, commit);
            }
            self.reverted.insert(landing, commit);
        }
    }
}

impl Repository {
    /// What history says at a tip. With a seed of one of its ancestors, only the commits since then are read.
    pub fn history(&self, tip: CommitId, seed: Option<HistorySeed>) -> Result<History, ReadError> {
        let (from, mut history) = match seed {
            Some(seed) if seed.tip == tip => return Ok(seed.history),
            Some(seed) if self.contains(seed.tip.object_id()) && self.is_ancestor(seed.tip, tip)? => {
                (Some(seed.tip), seed.history)
            }
            _ => (None, History::default()),
        };
        let mut call = self.trusted();
        call.words(["log", "--topo-order", "--reverse", "-z", "--no-show-signature"])
            .word("--format=%H%x01%an <%ae>%x01%B")
            .word(tip.to_string());
        if let Some(from) = from {
            call.word("--not").word(from.to_string());
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
                // A word about a commit that is not there says nothing.
                let adopted = read_message(message).into_iter().filter_map(|said| match said {
                    Said::Adopted { landing, .. } => Some(landing),
                    _ => None,
                });
                let mut is_said_of_nothing = false;
                for landing in adopted {
                    is_said_of_nothing |= !self.contains(landing.object_id()) || !self.is_ancestor(landing, commit)?;
                }
                if !is_said_of_nothing {
                    history.take(commit, author, message);
                }
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

#[cfg(test)]
mod tests;
