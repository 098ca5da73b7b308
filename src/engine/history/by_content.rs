//! A commit that speaks of undoing and names nothing that is known here, as forges write it: the trees tell what it undoes.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::change::{Change, ChangeSet};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::git::{Commit, Merge, ReadError, Repository, Saying};

use super::HistoryError;
use super::fold::Fold;
use super::undo;

/// The most landings that are looked for where their files were put.
const MOST_MOVED: usize = 16;
/// The longest file that is compared line by line with where it may have been put.
const LONGEST: usize = 1 << 20;

/// Landings with what they changed.
type Candidates = [(CommitId, Rc<ChangeSet>)];

impl Fold<'_> {
    /// Finds the landings that a commit takes out, and those that it brings back.
    pub(super) fn by_content(&mut self, saying: &Saying, changes: &ChangeSet) -> Result<(), HistoryError> {
        let recent: Vec<CommitId> = self.history.recent().rev().collect();
        let (mut candidates, mut others) = (Vec::new(), Vec::new());
        for landing in recent {
            let change = self.changes_of(landing)?;
            let is_touched = change
                .paths()
                .any(|path| changes.paths().any(|changed| changed == path));
            match is_touched {
                true => candidates.push((landing, change)),
                false => others.push((landing, change)),
            }
        }
        let mut gone = match candidates.is_empty() {
            true => Vec::new(),
            false => self.gone(saying, changes, &candidates)?,
        };
        gone.extend(self.gone_elsewhere(saying, changes, &others)?);
        for landing in gone {
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
        candidates: &Candidates,
    ) -> Result<Vec<CommitId>, HistoryError> {
        let after: HashMap<&RepoPath, _> = changes.iter().map(|one| (&one.path, one.new)).collect();
        let (mut gone, mut rest) = (Vec::new(), Vec::new());
        for (landing, change) in candidates {
            if self.history.brought_by(*landing).is_empty() || is_moved(self.git(), change, changes)? {
                continue;
            }
            match change.iter().all(|one| after.get(&one.path) == Some(&one.old)) {
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
        let view = self.view()?;
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
                is_gone &= here == wanted && after.contains_key(&one.path);
            }
            if is_gone {
                gone.push(landing);
            }
        }
        Ok(gone)
    }

    /// The landings whose files were put elsewhere before, and whose change a commit takes out of them there.
    fn gone_elsewhere(
        &mut self,
        saying: &Saying,
        changes: &ChangeSet,
        others: &Candidates,
    ) -> Result<Vec<CommitId>, HistoryError> {
        let (mut gone, mut looked_at) = (Vec::new(), 0);
        let Some(parent) = saying.parents.first() else {
            return Ok(gone);
        };
        let here = self.git().tree_of(*parent)?;
        for (landing, change) in others {
            if looked_at == MOST_MOVED || self.history.brought_by(*landing).is_empty() {
                continue;
            }
            if !is_away(self.git(), here, change)? {
                continue;
            }
            looked_at += 1;
            let landed = self.git().commit(*landing)?;
            let places = undo::places(self.view()?, here, &landed)?;
            let is_gone = |place: &Change| changes.iter().any(|one| one.path == place.path && one.new == place.new);
            if !places.is_empty() && places.iter().all(is_gone) {
                gone.push(*landing);
            }
        }
        Ok(gone)
    }
}

/// Whether a file that a landing left is not at its path any more.
fn is_away(git: &Repository, tree: TreeId, change: &ChangeSet) -> Result<bool, ReadError> {
    for one in change.iter().filter(|one| one.new.is_some()) {
        if git.entry(tree, &one.path.to_text())?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a commit puts a file elsewhere that a landing made: that takes nothing out.
fn is_moved(git: &Repository, landed: &ChangeSet, changes: &ChangeSet) -> Result<bool, ReadError> {
    let is_own = |path: &RepoPath| landed.paths().any(|own| own == path);
    let added: Vec<&Change> = changes
        .iter()
        .filter(|one| one.old.is_none() && !is_own(&one.path))
        .collect();
    if added.is_empty() {
        return Ok(false);
    }
    for made in landed.iter().filter(|one| one.old.is_none()) {
        let taken = changes.iter().find(|one| one.path == made.path && one.new.is_none());
        let Some(old) = taken.and_then(|one| one.old) else {
            continue;
        };
        for entry in added.iter().filter_map(|one| one.new) {
            let is_same = entry.blob == old.blob;
            if is_same
                || old.mode.is_file() && entry.mode.is_file() && {
                    let (old, new) = (git.blob(old.blob)?, git.blob(entry.blob)?);
                    is_like(&old, &new)
                }
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a file holds at least half of the lines of another one, and is made of them by half: git calls that a rename.
fn is_like(old: &[u8], new: &[u8]) -> bool {
    if old.is_empty() || new.is_empty() || old.len() > LONGEST || new.len() > LONGEST {
        return false;
    }
    let lines = |text: &[u8]| {
        let mut lines: HashMap<Vec<u8>, usize> = HashMap::new();
        for line in text.split(|byte| *byte == b'\n') {
            *lines.entry(line.to_vec()).or_default() += line.len() + 1;
        }
        lines
    };
    let (old, new) = (lines(old), lines(new));
    let weight = |lines: &HashMap<Vec<u8>, usize>| lines.values().sum::<usize>();
    let shared: usize = old
        .iter()
        .map(|(line, count)| new.get(line).map_or(0, |other| (*count).min(*other)))
        .sum();
    shared * 2 >= weight(&old).max(weight(&new))
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_file_that_was_touched_up_on_its_way_is_the_same() {
        let old = b"one\ntwo\nthree\nfour\n";
        assert!(is_like(old, old));
        assert!(is_like(old, b"zero\none\ntwo\nthree\n"));
        assert!(!is_like(old, b"five\nsix\nseven\neight\n"));
        assert!(!is_like(b"", b""));
    }
}
