//! What lies in a submodule: its content is there to be read, and not to be changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::domain::path::RepoPath;

use super::super::slot::is_below;
use super::{HarvestError, Walk, below, holds_any, io_at};

impl Walk<'_> {
    /// Looks whether a submodule is as it was given.
    pub(super) fn untouched_submodule(&mut self, dir: &Path, at: &RepoPath) -> Result<(), HarvestError> {
        if let Err(error) = fs::read_dir(dir) {
            return self.closed(dir, at.as_bytes(), error);
        }
        let is_right = match holds_any(self.held.wanted()?, at) {
            false => fs::read_dir(dir).map_err(io_at(dir))?.next().is_none(),
            true => {
                let mut seen = BTreeSet::new();
                let is_known = match self.is_as_given(dir, at, &mut seen) {
                    // What cannot be read there is not as it was given.
                    Err(HarvestError::Io { .. }) => false,
                    other => other?,
                };
                let all = self.held.wanted()?.iter();
                let mut below = all.filter(|(path, entry)| is_below(path, at) && entry.mode.is_file());
                is_known && below.all(|(path, _)| seen.contains(path))
            }
        };
        if !is_right {
            self.refuse(at, "files inside a submodule");
        }
        Ok(())
    }

    /// Whether nothing in a folder is new or other than it was, but for what is ignored there.
    fn is_as_given(&self, dir: &Path, folder: &RepoPath, seen: &mut BTreeSet<RepoPath>) -> Result<bool, HarvestError> {
        for entry in fs::read_dir(dir).map_err(io_at(dir))? {
            let entry = entry.map_err(io_at(dir))?;
            let path = entry.path();
            let kind = entry.metadata().map_err(io_at(&path))?;
            let Ok(name) = RepoPath::in_tree(below(folder.as_bytes(), &entry.file_name())) else {
                return Ok(false);
            };
            let is_right = match self.held.wanted()?.get(&name) {
                Some(known) if !kind.is_dir() => {
                    seen.insert(name.clone());
                    let untouched = self.view.untouched.blob(&name, &kind);
                    self.held.is_right(&path, &name, &kind, *known, untouched)
                }
                _ if kind.is_dir() && holds_any(self.held.wanted()?, &name) => self.is_as_given(&path, &name, seen)?,
                _ => {
                    let is_empty_submodule = kind.is_dir() && self.held.wanted()?.contains_key(&name);
                    is_empty_submodule
                        || self.view.ignored.is_ignored(&name, kind.is_dir())
                        || self.held.is_ignored_inside(&name, kind.is_dir())?
                }
            };
            if !is_right {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
