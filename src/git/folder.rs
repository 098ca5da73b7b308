//! A folder of a tree in which many names are looked for, one after the other: read once, then searched.
//!
//! For folders that hold thousands of files and stay the same from commit to commit, as those of cards do. In a tree that is
//! not sorted as git sorts it, names may not be found.

use std::cmp::Ordering;
use std::ops::Range;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::domain::change::Entry;
use crate::domain::oid::TreeId;

use super::open::Repository;
use super::tree::{ReadError, entries_of, entry_of};

/// The files of one folder, without those of folders in it.
#[derive(Debug)]
pub struct Folder {
    tree: TreeId,
    /// Every name, one behind the other.
    names: Vec<u8>,
    /// In git's order.
    entries: Vec<Placed>,
}

#[derive(Debug)]
struct Placed {
    name: Range<usize>,
    kind: EntryKind,
    id: ObjectId,
}

impl Repository {
    /// Reads a folder, given by its own tree.
    pub fn folder(&self, tree: TreeId) -> Result<Folder, ReadError> {
        let object = self.tree_object(tree.object_id())?;
        let (mut names, mut placed) = (Vec::new(), Vec::new());
        for entry in entries_of(object.as_ref()) {
            let entry = entry.map_err(|error| ReadError::object(tree.object_id(), &error))?;
            let start = names.len();
            names.extend_from_slice(entry.filename);
            placed.push(Placed {
                name: start..names.len(),
                kind: entry.mode.kind(),
                id: entry.oid.to_owned(),
            });
        }
        Ok(Folder {
            tree,
            names,
            entries: placed,
        })
    }
}

impl Folder {
    /// Its tree.
    pub fn tree(&self) -> TreeId {
        self.tree
    }

    /// The file of this name; `None` where there is none, or a folder.
    pub fn file(&self, name: &str) -> Option<Entry> {
        let found = self
            .entries
            .binary_search_by(|placed| self.order(placed, name.as_bytes()));
        let placed = &self.entries[found.ok()?];
        entry_of(placed.kind, placed.id)
    }

    /// How an entry is sorted beside a file's name: a folder as if its name ended in a slash.
    fn order(&self, placed: &Placed, name: &[u8]) -> Ordering {
        let own = &self.names[placed.name.clone()];
        match placed.kind {
            EntryKind::Tree => own.iter().chain(b"/").cmp(name),
            _ => own.cmp(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::path::RepoPath;
    use crate::git::tests::repository;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_search_finds_what_reading_finds(names in proptest::collection::btree_set("[a-c.-]{1,3}(/x)?", 1..24)) {
            let dir = tempfile::tempdir().unwrap();
            let repository = repository(dir.path());
            let blob = repository.write_blob(b"text").unwrap();
            let entry = Entry { mode: crate::domain::change::FileMode::Regular, blob };
            let paths = names.iter().filter_map(|name| RepoPath::try_from(name.as_str()).ok());
            let edits: Vec<_> = paths.map(|path| (path, Some(entry))).collect();
            let tree = repository.write_tree(repository.empty_tree(), &edits).unwrap();
            let folder = repository.folder(tree).unwrap();
            for name in names.iter().map(|name| name.trim_end_matches("/x")) {
                prop_assert_eq!(folder.file(name), repository.entry(tree, name).unwrap());
                prop_assert_eq!(folder.file(&format!("{name}a")), repository.entry(tree, &format!("{name}a")).unwrap());
            }
        }
    }
}
