//! What debug builds look at after a slot was filled by what differs alone: all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::domain::change::FileMode;
use crate::domain::path::RepoPath;

use super::{Contents, Slot, SlotError, below, io_at, is_below};

impl Slot {
    /// Stops where the folder is another than it is said to be.
    pub(super) fn prove(&self, contents: &Contents) -> Result<(), SlotError> {
        let mut seen = BTreeSet::new();
        self.prove_folder(contents, &self.tree(), b"", &mut seen)?;
        for (path, entry) in contents.wanted()? {
            let is_there = seen.contains(path) || entry.mode == FileMode::Gitlink || self.is_stray(path);
            assert!(is_there, "{path} is missing");
        }
        Ok(())
    }

    fn is_stray(&self, path: &RepoPath) -> bool {
        let mut stray = self.memory.stray.iter();
        stray.any(|place| path == place || is_below(path, place))
    }

    fn prove_folder(
        &self,
        contents: &Contents,
        dir: &Path,
        folder: &[u8],
        seen: &mut BTreeSet<RepoPath>,
    ) -> Result<(), SlotError> {
        for found in fs::read_dir(dir).map_err(io_at(dir))? {
            let found = found.map_err(io_at(dir))?;
            let path = found.path();
            let kind = found.metadata().map_err(io_at(&path))?;
            let name = below(folder, &found.file_name());
            let Ok(name) = RepoPath::in_tree(name) else {
                panic!("{} is in no tree", path.display());
            };
            if self.is_stray(&name) {
                continue;
            }
            if kind.is_dir() {
                self.prove_folder(contents, &path, name.as_bytes(), seen)?;
                continue;
            }
            let entry = contents.wanted()?.get(&name).copied();
            let is_right = entry.is_some_and(|entry| contents.is_right(&path, &name, &kind, entry, None));
            assert!(is_right, "{name} is not as the tree has it");
            seen.insert(name);
        }
        Ok(())
    }
}
