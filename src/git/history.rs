//! What history says of tasks: which are complete at a commit, and which were undone.
//!
//! The memory of a fold over the commits from the oldest to the newest. A landing sets a task complete; a revert of it
//! sets it open again; a revert of the revert sets it complete once more. What is a landing and what undoes one is told
//! by `engine::history`, which can look at the content.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::domain::change::Entry;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::path::RepoPath;

/// The newest landings that are remembered in their order, for reversals that name nothing.
const MOST_RECENT: usize = 256;

/// How a landing came to be believed, where its own tree is not the one that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Its tree is the one that was verified.
    Verified,
    /// Its change is the one that was verified, on another base: a rebase, a cherry-pick, a squash of several.
    Rewritten,
    /// No message names it: the change itself was found.
    Content,
    /// A person says so.
    Adopted,
}

/// How far records and known landings were looked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Searched {
    /// The folder of records as it was.
    pub records: Option<TreeId>,
    /// Landings that are known from elsewhere, each with the tip up to which it was looked for.
    pub landings: BTreeMap<CommitId, CommitId>,
    /// Landings whose files somebody took away or put elsewhere, which takes no landing back.
    #[serde(default)]
    pub went_on: BTreeSet<CommitId>,
    /// The tip up to which commits were looked at for landings that they took back.
    #[serde(default)]
    pub looked: Option<CommitId>,
    /// Where a branch was rebased from: its first commit's parent here, and the tree that stood there.
    pub moved: Option<(CommitId, TreeId)>,
}

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
    how: BTreeMap<TaskId, How>,
    /// Claims of which nothing was found.
    claims: BTreeMap<TaskId, CommitId>,
    /// The newest landings, the newest last.
    recent: VecDeque<CommitId>,
    /// A path that each of them changed, and what stood there before: where it stands there again, somebody may have taken
    /// the landing back.
    #[serde(default)]
    before: BTreeMap<CommitId, Before>,
    searched: Searched,
    /// `landings` by their commits, made when the first revert asks.
    #[serde(skip)]
    by_commit: OnceCell<HashMap<CommitId, Vec<TaskId>>>,
}

/// What stood in a place before a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The path.
    pub path: RepoPath,
    /// What stood there, if anything.
    pub entry: Option<Entry>,
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

    /// The landings of a task that were undone and not given back.
    pub fn undone_of(&self, task: &TaskId) -> impl Iterator<Item = CommitId> {
        let of_task = move |(commit, brought): (&CommitId, &Vec<(TaskId, CommitId)>)| {
            let is_one = brought.iter().any(|(one, landing)| one == task && landing == commit);
            (is_one && self.is_reverted(*commit)).then_some(*commit)
        };
        self.brought.iter().filter_map(of_task)
    }

    /// Tasks that any trailer here ever named.
    pub fn given(&self) -> impl Iterator<Item = &TaskId> {
        self.landings.keys().chain(&self.named)
    }

    /// Plan approvals: the plan, the digest of its cards, the commit, and who made it.
    pub fn approvals(&self) -> &[(PlanId, Digest, CommitId, String)] {
        &self.approvals
    }

    /// How a landing came to be believed; what its own tree bears out needs no word.
    pub fn how(&self, task: &TaskId) -> Option<How> {
        let how = self.how.get(task).copied();
        how.filter(|_| self.landings.contains_key(task))
    }

    /// The commit that claims a task and does not hold what was verified.
    pub fn claim(&self, task: &TaskId) -> Option<CommitId> {
        let claim = self.claims.get(task).copied();
        claim.filter(|_| !self.landings.contains_key(task))
    }

    /// All of these.
    pub fn claims(&self) -> impl Iterator<Item = (&TaskId, CommitId)> {
        let open = |(task, _): &(&TaskId, &CommitId)| !self.landings.contains_key(*task);
        self.claims.iter().filter(open).map(|(task, commit)| (task, *commit))
    }

    /// A commit whose content nobody could find says that it lands a task.
    pub fn claimed(&mut self, task: TaskId, by: CommitId) {
        self.claims.insert(task, by);
    }

    /// A trailer names a task and lands nothing.
    pub fn names(&mut self, task: TaskId) {
        self.named.insert(task);
    }

    /// A plan was approved.
    pub fn approve(&mut self, plan: PlanId, digest: Digest, commit: CommitId, author: &str) {
        self.approvals.push((plan, digest, commit, author.to_owned()));
    }

    /// A person's commit says that another one holds a task's work.
    pub fn adopts(&mut self, task: TaskId, landing: CommitId, by: CommitId) {
        self.lands(task.clone(), landing, How::Adopted);
        self.land(task, landing, by);
    }

    /// A landing was verified after it was made.
    pub fn verify(&mut self, task: TaskId, verified: Verified) {
        self.verified.entry(task).or_default().push(verified);
    }

    /// A commit lands a task.
    pub fn lands(&mut self, task: TaskId, landing: CommitId, how: How) {
        self.claims.remove(&task);
        match how {
            How::Verified => self.how.remove(&task),
            other => self.how.insert(task.clone(), other),
        };
        self.recent.retain(|recent| *recent != landing);
        self.recent.push_back(landing);
        if self.recent.len() > MOST_RECENT
            && let Some(old) = self.recent.pop_front()
        {
            self.before.remove(&old);
        }
        self.land(task, landing, landing);
    }

    /// What stood in a place before one of the newest landings.
    pub fn stood_before(&mut self, landing: CommitId, before: Before) {
        if self.recent.contains(&landing) {
            self.before.insert(landing, before);
        }
    }

    /// The newest landings that nobody is known to have undone, with what stood in a place before each.
    pub fn befores(&self) -> impl Iterator<Item = (CommitId, &Before)> {
        let stands = |(landing, _): &(&CommitId, &Before)| !self.is_reverted(**landing);
        self.before
            .iter()
            .filter(stands)
            .map(|(landing, before)| (*landing, before))
    }

    /// Whether somebody is known to have gone on from a landing, whose files are no longer where they were.
    pub fn has_gone_on(&self, landing: CommitId) -> bool {
        self.searched.went_on.contains(&landing)
    }

    /// The tip up to which commits were looked at for landings that they took back.
    pub fn looked(&self) -> Option<CommitId> {
        self.searched.looked
    }

    /// The newest landings, undone ones too, the newest last.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = CommitId> {
        self.recent.iter().copied()
    }

    /// What a commit took away and nobody gave back.
    pub fn taken_by(&self, commit: CommitId) -> &[(TaskId, CommitId)] {
        self.taken.get(&commit).map_or(&[], Vec::as_slice)
    }

    /// Whether anything is known of a commit that a revert of it could change.
    pub fn knows(&self, commit: CommitId) -> bool {
        self.taken.contains_key(&commit) || !self.brought_by(commit).is_empty()
    }

    /// What an earlier look at records was about, so that it is taken once.
    pub fn searched(&mut self) -> &mut Searched {
        &mut self.searched
    }

    /// A commit brings a task's landing, which it is itself unless it undid a revert.
    pub fn land(&mut self, task: TaskId, landing: CommitId, by: CommitId) {
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
    pub fn unland(&mut self, task: TaskId, landing: CommitId, by: CommitId) {
        if self.landings.get(&task) == Some(&landing) {
            // How it came to be believed is kept, for a revert of the revert.
            self.landings.remove(&task);
        }
        self.reverted.insert(landing, by);
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
    pub fn brought_by(&self, commit: CommitId) -> Vec<(TaskId, CommitId)> {
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

    /// What a commit took away of a task is there after all: a merge did not keep what that commit did.
    pub fn regain(&mut self, task: &TaskId, landing: CommitId, undone: CommitId) {
        if let Some(taken) = self.taken.get_mut(&undone) {
            taken.retain(|(one, other)| (one, *other) != (task, landing));
        }
        self.reverted.remove(&landing);
    }

    /// A commit undoes a revert: what that took, it may give back. Returns what was taken.
    pub fn give_back(&mut self, undone: CommitId) -> Vec<(TaskId, CommitId)> {
        let taken = self.taken.remove(&undone).unwrap_or_default();
        for (_, landing) in &taken {
            self.reverted.remove(landing);
        }
        taken
    }
}

#[cfg(test)]
mod tests;
