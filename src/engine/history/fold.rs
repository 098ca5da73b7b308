//! The fold: one commit after the other, what it lands and what it undoes.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::domain::block::{self, Claim};
use crate::domain::change::{Change, ChangeSet};
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::reversal::{self, Reversal};
use crate::domain::trailer::{Said, read_message};
use crate::git::{Before, History, How, PlainView, Repository, Saying, Verified};

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

    /// The repository.
    pub fn git(&self) -> &'a Repository {
        self.git
    }

    /// The next commit, parents before children.
    pub fn take(&mut self, saying: &Saying) -> Result<(), HistoryError> {
        for said in read_message(&saying.message) {
            match said {
                Said::Approved { plan, digest } => self.history.approve(plan, digest, saying.commit, &saying.author),
                Said::Revised(task) => self.history.names(task),
                Said::Adopted { task, landing } => self.adopted(saying, task, landing)?,
                Said::Verified {
                    task,
                    landing,
                    tree,
                    digest,
                } => {
                    let commit = saying.commit;
                    let verified = Verified { tree, digest, commit };
                    self.verified(saying, &task, landing, &verified)?;
                    self.history.verify(task, verified);
                }
                _ => {}
            }
        }
        // A merge lands nothing itself: what it brings landed on its sides, and it may leave some of that out.
        if saying.parents.len() > 1 {
            return self.merged(saying);
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
                    self.lands(claim.task, saying.commit, how)?;
                }
                Some(_) => {}
                None => self.history.claimed(claim.task, saying.commit),
            }
        }
        Ok(any)
    }

    /// A commit lands a task.
    pub fn lands(&mut self, task: TaskId, landing: CommitId, how: How) -> Result<(), HistoryError> {
        let first = self.changes_of(landing)?.iter().next().cloned();
        self.history.lands(task, landing, how);
        if let Some(Change { path, old: entry, .. }) = first {
            self.history.stood_before(landing, Before { path, entry });
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
        let paths: BTreeSet<&RepoPath> = changes.paths().collect();
        let mut done = false;
        for (task, landing) in &said.tasks {
            if self.history.landing(task) == Some(*landing) && self.git.is_ancestor(*landing, *parent)? {
                // An adoption was words, so that words alone take it back.
                let is_word = self.history.how(task) == Some(How::Adopted);
                if is_word || self.touches(*parent, *landing, &paths)? {
                    self.history.unland(task.clone(), *landing, saying.commit);
                    done = true;
                }
            }
        }
        if self.is_worth_a_look(said, *parent)? {
            let commit = self.git.commit(saying.commit)?;
            let view = scratch(&mut self.scratch, self.git)?;
            if let Some(undoing) = undo::of(view, &commit, said)? {
                for undone in undoing.undone.iter().rev() {
                    done |= self.undo(saying, *parent, *undone, &paths, undoing.is_exact())?;
                }
            }
        }
        if done || landed || changes.is_empty() {
            return Ok(());
        }
        self.by_content(saying, &changes)
    }

    /// Whether a commit on `parent` that changes these paths touches what a landing brought, wherever that was put since:
    /// files are renamed, and git follows them.
    fn touches(
        &mut self,
        parent: CommitId,
        landing: CommitId,
        paths: &BTreeSet<&RepoPath>,
    ) -> Result<bool, HistoryError> {
        if paths.is_empty() || self.changes_of(landing)?.paths().any(|path| paths.contains(path)) {
            return Ok(!paths.is_empty());
        }
        let landed = self.git.commit(landing)?;
        let here = self.git.tree_of(parent)?;
        let places = undo::places(self.view()?, here, &landed)?;
        Ok(places.paths().any(|path| paths.contains(path)))
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
        parent: CommitId,
        undone: CommitId,
        paths: &BTreeSet<&RepoPath>,
        exact: bool,
    ) -> Result<bool, HistoryError> {
        let mut done = false;
        // What changed no file and brought or took something was words, as an adoption is, and so is what undoes it.
        let is_word = self.changes_of(undone)?.is_empty();
        if paths.is_empty() && !is_word {
            return Ok(false);
        }
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
            if self.history.landing(&task) == Some(landing) && (is_word || self.touches(parent, landing, paths)?) {
                self.history.unland(task, landing, by.commit);
                done = true;
            }
        }
        Ok(done)
    }

    /// Whether a commit holds what a landing brought.
    pub(super) fn is_there_again(&mut self, by: &Saying, landing: CommitId) -> Result<bool, HistoryError> {
        for change in self.changes_of(landing)?.iter() {
            if self.git.entry(by.tree, &change.path.to_text())? != change.new {
                return Ok(false);
            }
        }
        Ok(true)
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
