//! Refilling: a slot's folder of which it is known where it differs from one tree is made to equal another.
//!
//! Looked at are these places, and what differs between the two trees. Nothing else has to be: only our own hand writes
//! into the folder, and as soon as anybody else may have, or the machine was started anew, the slot does not say any more
//! what it equals.

use std::collections::BTreeSet;
use std::fs;

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::ignored::Ignored;
use crate::fault::{self, Point};
use crate::git::{Repository, StatCache};

use super::fill::{Filling, make_folders};
use super::{Contents, Keep, Slot, SlotError, io_at, is_below, on_disk, remove};

impl Slot {
    /// Makes the folder equal the tree, if it is known what it equals now; else says so.
    pub(super) fn refill(
        &mut self,
        git: &Repository,
        tree: TreeId,
        ignored: &Ignored,
        keep: Keep,
    ) -> Result<bool, SlotError> {
        let known = self.memory.equals.as_ref().filter(|_| self.is_of_this_start());
        let Some(old) = known.and_then(|text| text.parse::<TreeId>().ok()) else {
            return Ok(false);
        };
        // What was not to be had may be there now.
        if self.memory.lacking {
            return Ok(false);
        }
        let contents = Contents::of(git, tree)?;
        if contents.form() != self.memory.form {
            return Ok(false);
        }
        let Ok(changes) = git.diff(old, tree) else {
            // The tree of then may be gone from the repository.
            return Ok(false);
        };
        let is_link = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode == FileMode::Gitlink);
        if changes.iter().any(|change| is_link(change.old) || is_link(change.new)) {
            return Ok(false);
        }
        // The folder of a submodule is wanted, also where it is empty.
        let links = git.deciding(tree)?.links;
        let in_link = |place: &RepoPath| links.iter().any(|(link, _)| place == link || is_below(place, link));
        if self.memory.stray.iter().any(in_link) {
            return Ok(false);
        }
        self.lacks.clear();
        if changes.is_empty() && self.memory.stray.is_empty() {
            self.clear_lent()?;
            return Ok(true);
        }
        self.memory.equals = None;
        self.remember()?;
        let top = self.tree();
        fault::at(Point::SlotFill).map_err(io_at(&top))?;
        self.clear_lent()?;
        let rules = (keep == Keep::IgnoredFiles).then_some(ignored);
        let Ok(Some(stayed)) = self.apply(&contents, &changes, rules) else {
            // Somebody was there after all, or more stays than is listed: everything is looked at.
            return Ok(false);
        };
        self.lacks = contents.lacking();
        self.memory.lacking = !self.lacks.is_empty();
        self.memory.equals = Some(tree.to_string());
        self.memory.stray = stayed;
        self.remember()?;
        fault::at(Point::SlotFilled).map_err(io_at(&top))?;
        #[cfg(debug_assertions)]
        self.prove(&contents)?;
        Ok(true)
    }

    /// First the places that may be anything, then what differs elsewhere. Gives what stays there that is no part of the
    /// tree.
    fn apply(
        &self,
        contents: &Contents,
        changes: &ChangeSet,
        rules: Option<&Ignored>,
    ) -> Result<Option<Vec<RepoPath>>, SlotError> {
        let top = self.tree();
        let stray = &self.memory.stray;
        let wanted = contents.wanted_at(stray)?;
        let known = match stray.is_empty() {
            true => StatCache::default(),
            false => StatCache::read(&self.stat_cache(), contents.hash()),
        };
        let mut filling = Filling::new(contents, &top, &wanted, rules, known);
        let gone = changes.iter().filter(|change| change.old.is_some());
        filling.had = gone.map(|change| (change.path.clone(), ())).collect();
        for place in stray {
            filling.clean_at(place)?;
        }
        let places: BTreeSet<&RepoPath> = stray.iter().collect();
        let rest: Vec<&Change> = changes
            .iter()
            .filter(|change| !lies_in(&places, &change.path))
            .collect();
        for change in rest.iter().filter(|change| change.old.is_some()) {
            self.take_out(change)?;
        }
        filling.write_what_is_missing(&|_| {})?;
        for change in rest {
            if let Some(entry) = change.new {
                make_folders(&top, &change.path)?;
                contents.write(&on_disk(&top, &change.path), &change.path, entry)?;
            }
        }
        // What the tree had beside a stray place may have been the last there.
        for place in stray {
            self.take_empty_folders_out(place);
        }
        Ok(filling.stayed.take())
    }

    /// Removes what a tree had, and the folders that nothing is left in.
    fn take_out(&self, change: &Change) -> Result<(), SlotError> {
        remove(&on_disk(&self.tree(), &change.path))?;
        self.take_empty_folders_out(&change.path);
        Ok(())
    }

    fn take_empty_folders_out(&self, path: &RepoPath) {
        let top = self.tree();
        let mut folder = path.parent();
        while let Some(dir) = folder {
            if fs::remove_dir(on_disk(&top, &dir)).is_err() {
                break;
            }
            folder = RepoPath::parent(&dir);
        }
    }
}

/// Whether a path is one of these places, or lies in one.
fn lies_in(places: &BTreeSet<&RepoPath>, path: &RepoPath) -> bool {
    let mut at = Some(path.clone());
    while let Some(place) = at {
        if places.contains(&place) {
            return true;
        }
        at = place.parent();
    }
    false
}
