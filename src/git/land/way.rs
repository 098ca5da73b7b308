//! What a worktree has at the paths that a moving branch changes, and what of it stands in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::BlobId;
use crate::domain::path::RepoPath;
use crate::git::command::Call;
use crate::git::open::Repository;

use super::MoveError;
use super::lock::IndexLock;

/// What the index holds at one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// One entry, like a tree's.
    Entry(Entry),
    /// One that a sparse checkout leaves out of the worktree.
    Sparse(Entry),
    /// One whose file git was told to believe unchanged.
    Hidden(Entry),
    /// Several sides of a conflict, or something that a landing cannot hold.
    Other,
}

impl Held {
    fn entry(self) -> Option<Entry> {
        match self {
            Self::Entry(entry) | Self::Sparse(entry) | Self::Hidden(entry) => Some(entry),
            Self::Other => None,
        }
    }
}

const DIFFERING: [&str; 4] = ["diff-files", "--name-only", "-z", "--ignore-submodules=none"];

/// The entries of an index.
pub(super) type Index = BTreeMap<Vec<u8>, Held>;

/// Whether the index has a changed path as the old commit has it, so that nothing of the user's is staged there.
pub(super) fn is_as_before(index: &Index, change: &Change) -> bool {
    match index.get(change.path.as_bytes()) {
        None => change.old.is_none(),
        Some(held) => held.entry().is_some() && held.entry() == change.old,
    }
}

/// Whether the index has a changed path already as the new commit has it.
pub(super) fn is_as_after(index: &Index, change: &Change) -> bool {
    match index.get(change.path.as_bytes()) {
        None => change.new.is_none(),
        Some(held) => held.entry().is_some() && held.entry() == change.new,
    }
}

/// Of so few files git looks at each; of more, at all.
const FEW: usize = 200;

/// Has a call see what filters would make of files as it lies there.
pub(super) fn turn_off(call: &mut Call, filters: &[String]) {
    for name in filters {
        call.setting(&format!("filter.{name}.required=false"));
        call.setting(&format!("filter.{name}.clean="));
        call.setting(&format!("filter.{name}.process="));
    }
}

impl Repository {
    /// A call as the user, in the worktree that is locked, on the copy of its index.
    pub(super) fn on_copy(&self, lock: &IndexLock) -> Call {
        let worktree = &lock.worktree;
        let mut call = self.program().as_user(&worktree.git_dir, Some(&worktree.path));
        call.variable("GIT_INDEX_FILE", &lock.copy);
        call
    }

    pub(super) fn entries(&self, lock: &IndexLock) -> Result<Index, MoveError> {
        entries_in(self.on_copy(lock))
    }

    /// The entries of the index itself, as it was when it was locked.
    pub(super) fn entries_before(&self, lock: &IndexLock) -> Result<Index, MoveError> {
        let worktree = &lock.worktree;
        entries_in(self.program().as_user(&worktree.git_dir, Some(&worktree.path)))
    }

    /// Lets git look once more at the files that a move changes: times that changed without the content are no edits, and only
    /// a refresh knows. Other files are not written, whatever they are.
    pub(super) fn refresh<'a>(
        &self,
        lock: &IndexLock,
        changes: impl Iterator<Item = &'a Change>,
    ) -> Result<(), MoveError> {
        let index_has = changes.filter(|change| change.old.is_some());
        let mut input = Vec::new();
        let mut count = 0;
        for change in index_has {
            input.extend_from_slice(change.path.as_bytes());
            input.push(0);
            count += 1;
        }
        if count == 0 {
            return Ok(());
        }
        if count <= FEW {
            let mut call = self.on_copy(lock);
            call.variable("GIT_LITERAL_PATHSPECS", "1");
            let words = ["add", "--refresh", "--pathspec-from-file=-", "--pathspec-file-nul"];
            if call.words(words).input(input).output()?.status.success() {
                return Ok(());
            }
            // One that the index does not have, or has for another part of a sparse checkout.
        }
        self.on_copy(lock).words(["update-index", "-q", "--refresh"]).output()?;
        Ok(())
    }

    /// Paths whose file is not as the index has it, by content and mode and through the user's own filters.
    pub(super) fn differing(&self, lock: &IndexLock) -> Result<BTreeSet<Vec<u8>>, MoveError> {
        // It ends with 1 where something differs, which is what the next call tells better.
        self.on_copy(lock).words(["update-index", "-q", "--refresh"]).output()?;
        let mut call = self.on_copy(lock);
        let listing = match call.words(DIFFERING).bytes() {
            Ok(listing) => listing,
            Err(error) => {
                // A filter that is required and fails tells nothing of its file, which then counts as different.
                let filters = self.required_filters();
                if filters.is_empty() {
                    return Err(error.into());
                }
                let mut call = self.on_copy(lock);
                turn_off(&mut call, &filters);
                call.words(DIFFERING).bytes()?
            }
        };
        Ok(listing.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect())
    }

    /// Files that nobody tracks, ignored or not, where a change would write; and tracked ones that the user deleted
    /// where a change would bring them back. Git itself goes over both.
    pub(super) fn covered(&self, lock: &IndexLock, changes: &ChangeSet) -> Result<Vec<RepoPath>, MoveError> {
        let top = &lock.worktree.path;
        let suspects: Vec<(&Change, Suspect)> = changes
            .iter()
            .filter_map(|change| Some((change, suspect(top, change)?)))
            .collect();
        if suspects.is_empty() {
            return Ok(Vec::new());
        }
        let index = self.entries(lock)?;
        let mut found = Vec::new();
        for (change, suspect) in suspects {
            match suspect {
                Suspect::Gone => {
                    if let Some(Held::Entry(_) | Held::Hidden(_)) = index.get(change.path.as_bytes()) {
                        found.push(change.path.clone());
                    }
                }
                Suspect::Files(files) => {
                    let untracked = files.into_iter().filter(|file| !index.contains_key(file));
                    found.extend(untracked.filter_map(|file| RepoPath::in_tree(file).ok()));
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Changed paths that hold work of the user's: staged, edited, or a file that nobody tracks.
    pub(super) fn users_own(&self, lock: &IndexLock, changes: &ChangeSet) -> Result<Vec<RepoPath>, MoveError> {
        let differing = self.differing(lock)?;
        let index = self.entries(lock)?;
        let mut found: Vec<RepoPath> = changes
            .iter()
            .filter(|change| !is_as_after(&index, change))
            .filter(|change| {
                let path = change.path.as_bytes();
                let edited = differing.contains(path) && exists(&on_disk(&lock.worktree.path, path));
                edited || !is_as_before(&index, change)
            })
            .map(|change| change.path.clone())
            .collect();
        found.extend(self.hidden_edits(lock, &index, changes)?);
        for change in changes.iter().filter(|change| change.new.is_some()) {
            if let Some(Suspect::Files(files)) = suspect(&lock.worktree.path, change) {
                let untracked = files.into_iter().filter(|file| !index.contains_key(file));
                // A file below or above the path blocks the path itself.
                found.extend(untracked.take(1).map(|_| change.path.clone()));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

fn entries_in(mut call: Call) -> Result<Index, MoveError> {
    let listing = call.words(["ls-files", "--stage", "-v", "-z"]).bytes()?;
    let mut index = Index::new();
    for line in listing.split(|byte| *byte == 0) {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let held = held(&String::from_utf8_lossy(&line[..tab])).unwrap_or(Held::Other);
        index.insert(line[tab + 1..].to_vec(), held);
    }
    Ok(index)
}

fn held(words: &str) -> Option<Held> {
    let mut words = words.split(' ');
    let (tag, mode, id, stage) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mode = match mode {
        "100644" => FileMode::Regular,
        "100755" => FileMode::Executable,
        "120000" => FileMode::Symlink,
        "160000" => FileMode::Gitlink,
        _ => return None,
    };
    let blob: BlobId = id.parse().ok()?;
    let entry = Entry { mode, blob };
    match (stage, tag) {
        // A small letter says that git was told to believe it unchanged.
        ("0", "S" | "s") => Some(Held::Sparse(entry)),
        ("0", "h") => Some(Held::Hidden(entry)),
        ("0", _) => Some(Held::Entry(entry)),
        _ => None,
    }
}

pub(super) enum Suspect {
    /// The file that the old commit has is not there.
    Gone,
    /// These files are where the new commit wants to write.
    Files(Vec<Vec<u8>>),
}

pub(super) fn suspect(top: &Path, change: &Change) -> Option<Suspect> {
    change.new?;
    let path = change.path.as_bytes();
    for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        match fs::symlink_metadata(on_disk(top, &path[..at])) {
            Ok(there) if there.is_dir() => {}
            Ok(_) => return Some(Suspect::Files(vec![path[..at].to_vec()])),
            Err(_) => break,
        }
    }
    match (fs::symlink_metadata(on_disk(top, path)), change.old) {
        (Ok(there), None) if there.is_dir() => {
            let mut files = Vec::new();
            files_below(top, path, &mut files);
            Some(Suspect::Files(files))
        }
        // What is there already to the byte is nobody's loss.
        (Ok(there), None) if there.is_file() && is_the_same(&on_disk(top, path), change) => None,
        (Ok(_), None) => Some(Suspect::Files(vec![path.to_vec()])),
        (Err(_), Some(_)) => Some(Suspect::Gone),
        _ => None,
    }
}

/// Whether a file holds what the change would write there.
fn is_the_same(file: &Path, change: &Change) -> bool {
    let wanted = change.new.filter(|entry| entry.mode.is_file());
    wanted.is_some_and(|entry| fs::read(file).is_ok_and(|bytes| Repository::is_blob(&bytes, entry.blob)))
}

fn files_below(top: &Path, dir: &[u8], found: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(on_disk(top, dir)).into_iter().flatten().flatten() {
        let path = [dir, b"/", entry.file_name().as_bytes()].concat();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files_below(top, &path, found);
        } else {
            found.push(path);
        }
    }
}

pub(super) fn on_disk(top: &Path, path: &[u8]) -> PathBuf {
    top.join(OsStr::from_bytes(path))
}

pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests;
