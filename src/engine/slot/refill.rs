//! Refilling: a slot's folder that equals one tree is made to equal another by what differs between the two.
//!
//! Nothing else is looked at, and nothing has to be: only our own hand writes into the folder, and as soon as anybody else
//! may have, or the machine was started anew, the slot does not say any more what it equals.

use std::fs;

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::fault::{self, Point};
use crate::git::Repository;

use super::fill::make_folders;
use super::{Contents, Slot, SlotError, io_at, on_disk, remove};

impl Slot {
    /// Makes the folder equal the tree, if it is known what it equals now; else says so.
    pub(super) fn refill(&mut self, git: &Repository, tree: TreeId) -> Result<bool, SlotError> {
        let known = self.memory.filled.as_ref().filter(|_| self.is_of_this_start());
        let Some(old) = known.and_then(|text| text.parse::<TreeId>().ok()) else {
            return Ok(false);
        };
        // What was not to be had may be there now.
        if self.memory.lacking {
            return Ok(false);
        }
        if old == tree {
            self.lacks.clear();
            return Ok(true);
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
        self.memory.filled = None;
        self.remember()?;
        let top = self.tree();
        fault::at(Point::SlotFill).map_err(io_at(&top))?;
        if self.apply(&contents, &changes).is_err() {
            // Somebody was there after all: everything is looked at.
            return Ok(false);
        }
        self.lacks = contents.lacking();
        self.memory.lacking = !self.lacks.is_empty();
        self.memory.filled = Some(tree.to_string());
        self.remember()?;
        fault::at(Point::SlotFilled).map_err(io_at(&top))?;
        Ok(true)
    }

    fn apply(&self, contents: &Contents, changes: &ChangeSet) -> Result<(), SlotError> {
        let top = self.tree();
        for change in changes.iter().filter(|change| change.old.is_some()) {
            self.take_out(change)?;
        }
        for change in changes {
            if let Some(entry) = change.new {
                make_folders(&top, &change.path)?;
                contents.write(&on_disk(&top, &change.path), &change.path, entry)?;
            }
        }
        Ok(())
    }

    /// Removes what a tree had, and the folders that nothing is left in.
    fn take_out(&self, change: &Change) -> Result<(), SlotError> {
        let top = self.tree();
        remove(&on_disk(&top, &change.path))?;
        let mut folder = change.path.parent();
        while let Some(dir) = folder {
            if fs::remove_dir(on_disk(&top, &dir)).is_err() {
                break;
            }
            folder = RepoPath::parent(&dir);
        }
        Ok(())
    }
}
