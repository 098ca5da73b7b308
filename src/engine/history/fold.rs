//! The fold: one commit after the other, what it lands and what it undoes.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::domain::block::{self, Claim};
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::reversal::{self, Reversal};
use crate::domain::trailer::{Said, read_message};
use crate::git::{Commit, History, How, Merge, PlainView, Repository, Saying, Verified};

use super::HistoryError;
use super::prove::Prover;
use super::undo;

/// A history in the making.
pub struct Fold<'a> {
    git: &'a Repository,
    /// What was found out so far.
    pub history: History,
    prover: Prover<'a>,
    /// Where merges are made; most histories need none.
    scratch: Option<PlainView>,
    /// What landings changed, as far as anybody asked.
    changes: HashMap<CommitId, Rc<ChangeSet>>,
}

impl<'a> Fold<'a> {
    /// Goes on from a history.
    pub fn new(git: &'a Repository, history: History) -> Self {
        Self {
            git,
            history,
            prover: Prover::new(git),
            scratch: None,
            changes: HashMap::new(),
        }
    }

    /// The next commit, parents before children.
    pub fn take(&mut self, saying: &Saying) -> Result<(), HistoryError> {
        for said in read_message(&saying.message) {
            match said {
                Said::Approved { plan, digest } => self.history.approve(plan, digest, saying.commit, &saying.author),
                Said::Revised(task) => self.history.names(task),
                Said::Adopted { task, landing } => self.adopted(saying, task, landing)?,
                Said::Verified { task, tree, digest } => {
                    let commit = saying.commit;
                    self.history.verify(task, Verified { tree, digest, commit });
                }
                _ => {}
            }
        }
        // A merge lands nothing itself: what it brings landed on its sides.
        if saying.parents.len() > 1 {
            return Ok(());
        }
        let landed = self.claims(saying)?;
        if let Some(said) = reversal::read(&saying.message) {
            self.reversal(saying, &said, landed)?;
        }
        Ok(())
    }

    /// Takes the claims that content bears out. Returns whether there was one.
    fn claims(&mut self, saying: &Saying) -> Result<bool, HistoryError> {
        let claims = block::claims(&saying.message);
        if claims.is_empty() {
            return Ok(false);
        }
        let changes = self.changes_of(saying.commit)?;
        if changes.is_empty() {
            return Ok(false);
        }
        let proven = self.proven(saying, &claims)?;
        let mut any = false;
        for (claim, how) in claims.into_iter().zip(proven) {
            any |= how.is_some();
            match how {
                Some(how) if !self.is_copy(&claim.task, &changes)? => {
                    self.history.lands(claim.task, saying.commit, how);
                }
                Some(_) => {}
                None => self.history.claimed(claim.task, saying.commit),
            }
        }
        Ok(any)
    }

    /// A person's word that a commit holds a task's work: of what is there, and of an ancestor.
    fn adopted(&mut self, saying: &Saying, task: TaskId, landing: CommitId) -> Result<(), HistoryError> {
        let is_there = self.git.contains(landing.object_id()) && self.git.is_ancestor(landing, saying.commit)?;
        if is_there && self.history.landing(&task).is_none() {
            self.history.adopts(task, landing, saying.commit);
        }
        Ok(())
    }

    /// How each of some claims about a commit is borne out, if it is.
    pub fn proven(&mut self, saying: &Saying, claims: &[Claim]) -> Result<Vec<Option<How>>, HistoryError> {
        let changes = self.changes_of(saying.commit)?;
        // An empty commit holds nothing, whatever it says.
        if changes.is_empty() {
            return Ok(vec![None; claims.len()]);
        }
        if self.prover.needs_scratch(saying, claims)? {
            scratch(&mut self.scratch, self.git)?;
        }
        let moved = &mut self.history.searched().moved;
        self.prover
            .prove(saying, claims, &changes, self.scratch.as_ref(), moved)
    }

    /// A throw-away view, to make merges in.
    pub fn view(&mut self) -> Result<&PlainView, HistoryError> {
        scratch(&mut self.scratch, self.git)
    }

    /// Whether a task's change is there already, and was only brought once more: a cherry-pick that came back.
    fn is_copy(&mut self, task: &TaskId, changes: &ChangeSet) -> Result<bool, HistoryError> {
        match self.history.landing(task) {
            Some(landing) if self.git.contains(landing.object_id()) => {
                let before = self.changes_of(landing)?;
                let same = before
                    .iter()
                    .map(|one| (&one.path, one.new))
                    .eq(changes.iter().map(|one| (&one.path, one.new)));
                Ok(same)
            }
            _ => Ok(false),
        }
    }

    /// What a landing changed, but for what governs the work.
    pub fn changes_of(&mut self, commit: CommitId) -> Result<Rc<ChangeSet>, HistoryError> {
        if let Some(known) = self.changes.get(&commit) {
            return Ok(known.clone());
        }
        let found = Rc::new(undo::change_of(self.git, &self.git.commit(commit)?)?);
        self.changes.insert(commit, found.clone());
        Ok(found)
    }

    /// A commit speaks of undoing something.
    pub fn reversal(&mut self, saying: &Saying, said: &Reversal, landed: bool) -> Result<(), HistoryError> {
        let Some(parent) = saying.parents.first() else {
            return Ok(());
        };
        if self.history.recent().next().is_none() {
            return Ok(());
        }
        let changes = self.changes_of(saying.commit)?;
        if changes.is_empty() {
            return Ok(());
        }
        let paths: BTreeSet<&RepoPath> = changes.paths().collect();
        let mut done = false;
        for (task, landing) in &said.tasks {
            let touches = |changes: &ChangeSet| changes.paths().any(|path| paths.contains(path));
            if self.history.landing(task) == Some(*landing)
                && touches(&*self.changes_of(*landing)?)
                && self.git.is_ancestor(*landing, *parent)?
            {
                self.history.unland(task.clone(), *landing, saying.commit);
                done = true;
            }
        }
        if self.is_worth_a_look(said, *parent)? {
            let commit = self.git.commit(saying.commit)?;
            let view = scratch(&mut self.scratch, self.git)?;
            if let Some(undoing) = undo::of(view, &commit, said)? {
                for undone in undoing.undone.iter().rev() {
                    done |= self.undo(saying, *undone, &paths, undoing.is_exact())?;
                }
            }
        }
        if done || landed {
            return Ok(());
        }
        self.by_content(saying, &changes)
    }

    /// Whether something that a message names can matter to a task.
    fn is_worth_a_look(&self, said: &Reversal, parent: CommitId) -> Result<bool, HistoryError> {
        for named in &said.commits {
            let id = match named.id.parse::<CommitId>() {
                Ok(id) => Some(id),
                Err(_) => self.git.resolve(&format!("{}^{{commit}}", named.id)).ok(),
            };
            // A merge, or one end of a range, brought what is known by other names.
            let may = named.kept.is_some() || id.is_some_and(|id| self.history.knows(id));
            if may || id.is_some_and(|id| self.is_near(id, parent)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a commit is a few steps back, so that it may be the end of a range in which there are landings.
    fn is_near(&self, id: CommitId, parent: CommitId) -> bool {
        let mut at = Some(parent);
        for _ in 0..NEAR {
            match at {
                Some(commit) if commit == id => return true,
                Some(commit) => {
                    at = self
                        .git
                        .commit(commit)
                        .ok()
                        .and_then(|commit| commit.parents.first().copied())
                }
                None => return false,
            }
        }
        false
    }

    /// A commit undoes another: what that brought goes, what it took comes back. Returns whether that changed anything.
    fn undo(
        &mut self,
        by: &Saying,
        undone: CommitId,
        paths: &BTreeSet<&RepoPath>,
        exact: bool,
    ) -> Result<bool, HistoryError> {
        let mut done = false;
        if !self.history.taken_by(undone).is_empty() {
            for (task, landing) in self.history.give_back(undone) {
                if exact || self.is_there_again(by, landing)? {
                    self.history.land(task, landing, by.commit);
                    done = true;
                } else {
                    self.history.unland(task, landing, undone);
                }
            }
        }
        for (task, landing) in self.history.brought_by(undone) {
            // What it says is one thing; where it touches nothing of the landing, that stands.
            let touches = self.changes_of(landing)?.paths().any(|path| paths.contains(path));
            if touches && self.history.landing(&task) == Some(landing) {
                self.history.unland(task, landing, by.commit);
                done = true;
            }
        }
        Ok(done)
    }

    /// Whether a commit holds what a landing brought.
    fn is_there_again(&mut self, by: &Saying, landing: CommitId) -> Result<bool, HistoryError> {
        for change in self.changes_of(landing)?.iter() {
            if self.git.entry(by.tree, &change.path.to_text())? != change.new {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A commit that speaks of undoing and names nothing that is known here: the trees tell what it undoes.
    pub(super) fn by_content(&mut self, saying: &Saying, changes: &ChangeSet) -> Result<(), HistoryError> {
        let recent: Vec<CommitId> = self.history.recent().rev().collect();
        let mut candidates = Vec::new();
        for landing in recent {
            let change = self.changes_of(landing)?;
            let touched = |path: &RepoPath| changes.paths().any(|changed| changed == path);
            if change.paths().any(touched) {
                candidates.push((landing, change));
            }
        }
        if candidates.is_empty() {
            return Ok(());
        }
        for landing in self.gone(saying, changes, &candidates)? {
            for (task, landing) in self.history.brought_by(landing) {
                if self.history.landing(&task) == Some(landing) {
                    self.history.unland(task, landing, saying.commit);
                }
            }
        }
        // A revert of a revert, as a forge squashes it.
        for (landing, change) in &candidates {
            let back = change
                .iter()
                .any(|one| changes.iter().any(|new| new.path == one.path && new.new == one.new));
            if let (true, Some(undone)) = (back, self.history.reverted_by(*landing))
                && undone != saying.commit
                && self.is_there_again(saying, *landing)?
            {
                let taken = self.history.give_back(undone);
                for (task, taken) in taken {
                    self.history.land(task, taken, saying.commit);
                }
            }
        }
        Ok(())
    }

    /// The landings whose change a commit takes out, the newest first.
    fn gone(
        &mut self,
        saying: &Saying,
        changes: &ChangeSet,
        candidates: &[(CommitId, Rc<ChangeSet>)],
    ) -> Result<Vec<CommitId>, HistoryError> {
        let after = |path: &RepoPath| changes.iter().find(|one| one.path == *path).map(|one| one.new);
        let mut gone = Vec::new();
        let mut rest = Vec::new();
        for (landing, change) in candidates {
            if self.history.brought_by(*landing).is_empty() {
                continue;
            }
            match change.iter().all(|one| after(&one.path) == Some(one.old)) {
                true => gone.push(*landing),
                false => rest.push((*landing, change.clone())),
            }
        }
        if rest.is_empty() {
            return Ok(gone);
        }
        // Later work stands in the same files: what would be left without them?
        let Some(parent) = saying.parents.first() else {
            return Ok(gone);
        };
        let view = scratch(&mut self.scratch, self.git)?;
        let mut tree = view.tree_of(*parent)?;
        for (landing, _) in candidates {
            let Commit {
                tree: landed, parents, ..
            } = view.commit(*landing)?;
            let Some(before) = parents.first() else { continue };
            if let Merge::Clean(without) = undo::take_out(view, tree, landed, view.tree_of(*before)?)? {
                tree = without;
            }
        }
        for (landing, change) in rest {
            let mut is_gone = true;
            for one in change.iter() {
                let path = one.path.to_text();
                let (here, wanted) = (view.entry(saying.tree, &path)?, view.entry(tree, &path)?);
                is_gone &= here == wanted && after(&one.path).is_some();
            }
            if is_gone {
                gone.push(landing);
            }
        }
        Ok(gone)
    }
}

/// How many commits back the end of a range is looked for.
const NEAR: usize = 64;

fn scratch<'v>(slot: &'v mut Option<PlainView>, git: &Repository) -> Result<&'v PlainView, HistoryError> {
    let view = match slot.take() {
        Some(view) => view,
        None => git.scratch()?,
    };
    Ok(slot.insert(view))
}
