//! The change set: every path that differs between a base tree and a candidate tree, by kind, mode and content.
//!
//! Renames do not exist here: they are a deletion and an addition, and both sides are judged.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::oid::{BlobId, Digest};
use super::path::RepoPath;

/// What git stores as the mode of a tree's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileMode {
    /// A regular file.
    #[serde(rename = "100644")]
    Regular,
    /// A regular file that may be executed.
    #[serde(rename = "100755")]
    Executable,
    /// A symbolic link; its blob is the target.
    #[serde(rename = "120000")]
    Symlink,
    /// A commit of another repository.
    #[serde(rename = "160000")]
    Gitlink,
}

impl FileMode {
    /// The mode as git writes it.
    pub const fn as_octal(self) -> &'static str {
        match self {
            Self::Regular => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Gitlink => "160000",
        }
    }

    /// Whether it is a regular file, executable or not: the only kind that is taken from a Builder.
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Regular | Self::Executable)
    }
}

/// One side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Its mode.
    pub mode: FileMode,
    /// Its content (for a gitlink, the commit's hash).
    pub blob: BlobId,
}

/// What happened to one path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// The path.
    pub path: RepoPath,
    /// What the base holds there.
    pub old: Option<Entry>,
    /// What the candidate holds there.
    pub new: Option<Entry>,
}

/// The kind of a change, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// The path is new.
    Added,
    /// The path is gone.
    Deleted,
    /// The content differs.
    Modified,
    /// Only the mode differs.
    ModeChanged,
}

impl Change {
    /// What kind of change it is.
    pub fn kind(&self) -> ChangeKind {
        match (self.old, self.new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Deleted,
            (Some(old), Some(new)) if old.blob == new.blob => ChangeKind::ModeChanged,
            _ => ChangeKind::Modified,
        }
    }
}

impl ChangeKind {
    /// The letter that `git status` uses, `T` for a mode.
    pub const fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Deleted => 'D',
            Self::Modified => 'M',
            Self::ModeChanged => 'T',
        }
    }

    /// What was done to the path, as a message tells it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Deleted => "Removed",
            Self::Modified => "Changed",
            Self::ModeChanged => "Changed the mode of",
        }
    }
}

impl ChangeSet {
    /// How many paths differ, where a file that only moved counts once.
    pub fn count_moves_once(&self) -> usize {
        count_moves_once(self.0.iter())
    }
}

/// How many paths differ by changes, one for each path, where a file that only moved counts once.
pub fn count_moves_once<'a>(changes: impl Iterator<Item = &'a Change> + Clone) -> usize {
    let mut gone: HashMap<Entry, usize> = HashMap::new();
    for old in changes
        .clone()
        .filter(|change| change.new.is_none())
        .filter_map(|change| change.old)
    {
        *gone.entry(old).or_default() += 1;
    }
    let came = changes
        .clone()
        .filter(|change| change.old.is_none())
        .filter_map(|change| change.new);
    let moved = came.filter(|new| match gone.get_mut(new) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    let moved = moved.count();
    changes.count() - moved
}

/// All changes of a candidate, sorted by path, one for each path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeSet(Vec<Change>);

impl ChangeSet {
    /// Sorts the changes and drops what changes nothing.
    pub fn new(mut changes: Vec<Change>) -> Self {
        changes.retain(|change| change.old != change.new);
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes.dedup_by(|a, b| a.path == b.path);
        Self(changes)
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many paths change.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The changes in the order of their paths.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// What becomes of one path.
    pub fn get(&self, path: &RepoPath) -> Option<&Change> {
        let at = self.0.binary_search_by(|change| change.path.cmp(path)).ok()?;
        self.0.get(at)
    }

    /// The paths in order.
    pub fn paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.0.iter().map(|change| &change.path)
    }

    /// What an approval binds: paths, modes and contents that result, not the base they came from.
    pub fn digest(&self) -> Digest {
        let rows: Vec<Vec<u8>> = self
            .0
            .iter()
            .map(|change| {
                let mut row = change.path.as_bytes().to_vec();
                row.push(0);
                let result = change.new.map_or_else(
                    || "deleted".to_owned(),
                    |entry| format!("{} {}", entry.mode.as_octal(), entry.blob),
                );
                row.extend(result.into_bytes());
                row
            })
            .collect();
        Digest::of_fields(rows.iter().map(Vec::as_slice))
    }
}

impl<'a> IntoIterator for &'a ChangeSet {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: FileMode, fill: u8) -> Entry {
        let hex: String = format!("{fill:02x}").repeat(20);
        Entry {
            mode,
            blob: hex.parse().unwrap(),
        }
    }

    fn change(path: &str, old: Option<Entry>, new: Option<Entry>) -> Change {
        Change {
            path: path.try_into().unwrap(),
            old,
            new,
        }
    }

    #[test]
    fn a_set_is_sorted_and_holds_no_path_that_did_not_change() {
        let same = entry(FileMode::Regular, 1);
        let set = ChangeSet::new(vec![
            change("b", None, Some(same)),
            change("c", Some(same), Some(same)),
            change("a", Some(same), None),
        ]);
        let kinds: Vec<_> = set.iter().map(|c| (c.path.to_string(), c.kind())).collect();
        assert_eq!(
            kinds,
            [
                ("a".to_owned(), ChangeKind::Deleted),
                ("b".to_owned(), ChangeKind::Added)
            ]
        );
    }

    #[test]
    fn the_digest_knows_the_mode_but_not_the_base() {
        let (file, exec) = (entry(FileMode::Regular, 1), entry(FileMode::Executable, 1));
        let set = |old, new| ChangeSet::new(vec![change("a", old, new)]).digest();
        assert_eq!(
            set(None, Some(file)),
            set(Some(entry(FileMode::Regular, 2)), Some(file))
        );
        assert_ne!(set(None, Some(file)), set(None, Some(exec)));
        assert_ne!(set(None, Some(file)), set(Some(file), None));
    }
}
