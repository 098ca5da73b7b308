//! What a merge leaves out: `git merge -s ours` closes a branch without taking its work, and a conflict may be resolved
//! wholly to one side. What landed on the other one is part of history then, and its work is not in the tree; a revert on
//! it took nothing away. A merge is held to what it keeps.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::domain::block;
use crate::domain::change::ChangeSet;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::git::{Merge, PlainView, Repository, Saying};

use super::HistoryError;
use super::fold::Fold;

/// The most commits of a side in which the same work is looked for.
const MOST: usize = 512;

/// A merge, with the trees of its parents.
struct Held<'s> {
    merge: &'s Saying,
    trees: Vec<TreeId>,
    /// What git makes of the parents, once anybody asked.
    joined: Option<TreeId>,
}

impl Fold<'_> {
    /// Takes away what landed on a side of a merge that does not keep it, and gives back what was only reverted on one.
    pub(super) fn merged(&mut self, merge: &Saying) -> Result<(), HistoryError> {
        if self.history.recent().next().is_none() {
            return Ok(());
        }
        let mut trees = Vec::new();
        for parent in &merge.parents {
            trees.push(self.git().tree_of(*parent)?);
        }
        let mut held = Held {
            merge,
            trees,
            joined: None,
        };
        let all: BTreeSet<CommitId> = merge.sides.iter().flatten().copied().collect();
        for commit in all {
            for (task, landing) in self.history.taken_by(commit).to_vec() {
                // A side that took it away, and a merge that has it as the others do.
                if self.history.landing(&task).is_none()
                    && self.history.reverted_by(landing) == Some(commit)
                    && self.is_left_out(&mut held, commit, landing)?
                {
                    self.history.regain(&task, landing, commit);
                    self.history.land(task, landing, merge.commit);
                }
            }
            for (task, landing) in self.history.brought_by(commit) {
                if self.history.landing(&task) == Some(landing)
                    && self.is_left_out(&mut held, commit, landing)?
                    && !self.is_done_by_another(&held, commit, &task, landing)?
                {
                    self.history.unland(task, landing, merge.commit);
                }
            }
        }
        Ok(())
    }

    /// Whether the sides that have a commit have something else than the merge wherever a landing changed something, and
    /// the merge has what the others have.
    fn is_left_out(&mut self, held: &mut Held, commit: CommitId, landing: CommitId) -> Result<bool, HistoryError> {
        let changes = self.changes_of(landing)?;
        let (with, without): (Vec<usize>, Vec<usize>) = (0..held.trees.len())
            .partition(|side| held.merge.sides.get(*side).is_some_and(|side| side.contains(&commit)));
        if changes.is_empty() || with.is_empty() || without.is_empty() {
            return Ok(false);
        }
        let git = self.git();
        let mut doubtful = Vec::new();
        for change in changes.iter() {
            let path = change.path.to_text();
            let here = git.entry(held.merge.tree, &path)?;
            let mut kept = false;
            for side in &with {
                kept |= git.entry(held.trees[*side], &path)? == here;
            }
            let mut is_others = false;
            for side in &without {
                is_others |= git.entry(held.trees[*side], &path)? == here;
            }
            // What is neither was joined: whether by git alone is looked at last.
            if kept {
                return Ok(false);
            }
            doubtful.push((path.into_owned(), here, is_others));
        }
        let joined = self.joined(held)?;
        let fork = self.fork(held)?;
        for (path, here, is_others) in doubtful {
            // What git joined is in the throw-away view alone.
            if self.view()?.entry(joined, &path)? != here {
                match is_others {
                    true => continue,
                    false => return Ok(false),
                }
            }
            // Git alone takes the others' where this side has come to nothing since they parted.
            let mut is_nothing = is_others && fork.is_some();
            let git = self.git();
            for side in &with {
                let before = fork.map(|fork| git.entry(fork, &path)).transpose()?;
                is_nothing &= before == Some(git.entry(held.trees[*side], &path)?);
            }
            if !is_nothing {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What git makes of the parents. Where it cannot join them, what it leaves there is nobody's.
    fn joined(&mut self, held: &mut Held) -> Result<TreeId, HistoryError> {
        if let Some(joined) = held.joined {
            return Ok(joined);
        }
        let view = self.view()?;
        let joined = join(view, &held.merge.parents)?;
        held.joined = Some(joined);
        Ok(joined)
    }

    /// The tree where the first two sides part.
    fn fork(&self, held: &Held) -> Result<Option<TreeId>, HistoryError> {
        let [one, other, ..] = held.merge.parents[..] else {
            return Ok(None);
        };
        let fork = self.git().fork_of(one, other)?;
        Ok(fork.map(|fork| self.git().tree_of(fork)).transpose()?)
    }

    /// Whether a side without a commit has the work as well, as after a squash or a cherry-pick, and went on from it.
    fn is_done_by_another(
        &mut self,
        held: &Held,
        commit: CommitId,
        task: &TaskId,
        landing: CommitId,
    ) -> Result<bool, HistoryError> {
        let changes: Rc<ChangeSet> = self.changes_of(landing)?;
        let git = self.git();
        let sides = held.merge.parents.iter().zip(&held.merge.sides);
        let with: Vec<CommitId> = sides
            .clone()
            .filter(|(_, side)| side.contains(&commit))
            .map(|(parent, _)| *parent)
            .collect();
        for (parent, _) in sides.filter(|(_, side)| !side.contains(&commit)) {
            let own = git.commits_between(&[*parent], &with)?;
            for other in own.iter().rev().take(MOST) {
                let other = git.commit(*other)?;
                let claims = block::claims(&other.message);
                if claims.iter().any(|claim| claim.task == *task) || holds(git, other.tree, &changes)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Whether a tree holds what a landing brought, at the same paths.
fn holds(git: &Repository, tree: TreeId, changes: &ChangeSet) -> Result<bool, HistoryError> {
    for change in changes {
        if git.entry(tree, &change.path.to_text())? != change.new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What git makes of the parents: one after the other, as its octopus does.
fn join(view: &PlainView, parents: &[CommitId]) -> Result<TreeId, HistoryError> {
    let (mut so_far, mut tree) = (None, view.empty_tree());
    for parent in parents {
        let Some(before) = so_far else {
            (so_far, tree) = (Some(*parent), view.tree_of(*parent)?);
            continue;
        };
        let (Merge::Clean(joined) | Merge::Conflict { tree: joined, .. }) = view.merge(before, *parent)?;
        tree = joined;
        so_far = Some(view.joining_commit(tree, &[before, *parent])?);
    }
    Ok(tree)
}
