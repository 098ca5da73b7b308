//! What a walk does not simply descend into: ignored folders, of which the card may name a file, and submodules.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use crate::domain::change::{Change, Entry, FileMode};
use crate::domain::oid::BlobId;
use crate::domain::path::RepoPath;
use crate::domain::scope::escaped;
use crate::domain::scope::overlap::overlap;

use super::closed::is_the_machines;
use super::{Content, HarvestError, Walk, below, io_at, read_regular};

impl Walk<'_> {
    /// A link that is new or leads elsewhere. Whether the card may bring it is for the judge.
    pub(super) fn link(&mut self, path: &Path, name: &RepoPath, old: Option<Entry>) -> Result<(), HarvestError> {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let target = match fs::read_link(path) {
            Ok(target) => target,
            Err(error) => return self.closed(path, name.as_bytes(), error),
        };
        let new = Entry {
            mode: FileMode::Symlink,
            blob: self.git.hash_blob(target.as_os_str().as_bytes()),
        };
        // Whether the card may bring it, and whether it leads elsewhere, is for the judge.
        if old != Some(new) && self.changes.len() < self.limits.files.saturating_mul(2) {
            let bytes = target.into_os_string().into_vec();
            self.contents.insert(new.blob, Content { bytes, object: None });
            self.changes.push(Change {
                path: name.clone(),
                old,
                new: Some(new),
            });
        }
        Ok(())
    }

    /// Notes that something ignored stays behind; where the card's globs match it, why.
    pub(super) fn drop_ignored(&mut self, name: &RepoPath, slash: &str, is_matched: bool) {
        let why = match is_matched {
            true => "ignored, and the card does not name it exactly",
            false => "ignored",
        };
        self.dropped.push(format!("{name}{slash} ({why})"));
    }

    /// Of a folder that is ignored nothing is taken but what the card names exactly.
    pub(super) fn ignored_folder(&mut self, path: &Path, name: &RepoPath) -> Result<(), HarvestError> {
        let inside = format!("{}/**", escaped(&name.to_text()));
        let globs: Vec<String> = self.view.allowed.globs().map(str::to_owned).collect();
        self.drop_ignored(name, "/", overlap(&globs, &[inside]).is_some());
        let named: Vec<RepoPath> = self
            .view
            .allowed
            .names()
            .filter(|file| file.is_under(&name.to_text()))
            .collect();
        for file in named {
            let (mut place, mut at) = (path.to_owned(), name.clone());
            let rest = &file.as_bytes()[name.as_bytes().len()..];
            let mut kind = None;
            for part in rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
                use std::os::unix::ffi::OsStrExt;
                let part = std::ffi::OsStr::from_bytes(part);
                place.push(part);
                kind = fs::symlink_metadata(&place).ok();
                let Ok(next) = RepoPath::in_tree(below(at.as_bytes(), part)) else {
                    break;
                };
                at = next;
                // Nothing is reached through a link.
                if !kind.as_ref().is_some_and(fs::Metadata::is_dir) {
                    break;
                }
            }
            if let Some(kind) = kind.filter(|kind| at == file && !kind.is_dir()) {
                self.file(&place, at, &kind)?;
            }
        }
        Ok(())
    }

    /// A submodule's folder: as it was, or with a repository in it whose `HEAD` names another commit of it, which this clone
    /// has. Only a commit can be taken from there, so files that are in neither are refused.
    pub(super) fn submodule(&mut self, path: &Path, name: &RepoPath, old: Entry) -> Result<(), HarvestError> {
        let dot_git = path.join(".git");
        if fs::symlink_metadata(&dot_git).is_err() {
            return self.untouched_submodule(path, name);
        }
        let base = self.view.base;
        let mut known: Vec<BTreeMap<RepoPath, Entry>> = Vec::new();
        let before = self.git.submodule_files(base, name, old.blob)?;
        known.extend(before.map(|files| files.into_iter().collect()));
        let mut new = old;
        let Some(commit) = head_of(&dot_git) else {
            self.refuse(
                name,
                "a submodule whose HEAD names no commit (git checkout --detach COMMIT)",
            );
            return Ok(());
        };
        if commit != old.blob {
            let Some(files) = self.git.submodule_files(base, name, commit)? else {
                let what = format!(
                    "a submodule at {commit}, a commit that this clone does not have (git -C {name} fetch, outside)"
                );
                self.refuse(name, &what);
                return Ok(());
            };
            known.push(files.into_iter().collect());
            new.blob = commit;
        }
        if self.holds_other_files(path, b"", &known)? {
            self.refuse(name, "files inside a submodule, of which only a commit can be taken");
            return Ok(());
        }
        if new != old {
            self.changes.push(Change {
                path: name.clone(),
                old: Some(old),
                new: Some(new),
            });
        }
        Ok(())
    }

    /// Whether a submodule's folder holds a file that none of these commits has.
    fn holds_other_files(
        &self,
        dir: &Path,
        folder: &[u8],
        known: &[BTreeMap<RepoPath, Entry>],
    ) -> Result<bool, HarvestError> {
        let found: Result<Vec<DirEntry>, io::Error> = fs::read_dir(dir).and_then(Iterator::collect);
        let found = match found {
            Ok(found) => found,
            Err(error) if is_the_machines(&error) => return Err(io_at(dir)(error)),
            // Whoever closed it has something in it.
            Err(_) => return Ok(true),
        };
        for found in found {
            if folder.is_empty() && found.file_name() == ".git" {
                continue;
            }
            let place = found.path();
            let Ok(kind) = found.metadata() else {
                return Ok(true);
            };
            let Ok(name) = RepoPath::in_tree(below(folder, &found.file_name())) else {
                return Ok(true);
            };
            let is_submodule = |files: &BTreeMap<RepoPath, Entry>| {
                files.get(&name).is_some_and(|entry| entry.mode == FileMode::Gitlink)
            };
            let is_other = if kind.is_dir() {
                !known.iter().any(is_submodule) && self.holds_other_files(&place, name.as_bytes(), known)?
            } else {
                let blob = match kind.is_file() {
                    true => {
                        let bytes = read_regular(&place, self.limits.file_bytes);
                        bytes.ok().map(|bytes| self.git.hash_blob(&bytes))
                    }
                    false if kind.is_symlink() => {
                        use std::os::unix::ffi::OsStrExt;
                        let target = fs::read_link(&place);
                        target
                            .ok()
                            .map(|target| self.git.hash_blob(target.as_os_str().as_bytes()))
                    }
                    false => None,
                };
                !known
                    .iter()
                    .any(|files| files.get(&name).map(|entry| entry.blob) == blob && blob.is_some())
            };
            if is_other {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The commit that the `HEAD` of a repository names, read as text: git is not asked about what lies in a view.
fn head_of(dot_git: &Path) -> Option<BlobId> {
    const MOST: u64 = 1024;
    // What leads elsewhere is not followed.
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|kind| kind.is_dir());
    if !is_folder(dot_git) {
        return None;
    }
    let read = |path: &Path| String::from_utf8(read_regular(path, MOST).ok()?).ok();
    let head = read(&dot_git.join("HEAD"))?;
    let Some(name) = head.trim().strip_prefix("ref: ") else {
        return head.trim().parse().ok();
    };
    let name = RepoPath::in_tree(name).ok()?;
    let mut place = dot_git.to_owned();
    let parts: Vec<&[u8]> = name.parts().collect();
    for (at, part) in parts.iter().enumerate() {
        use std::os::unix::ffi::OsStrExt;
        place.push(std::ffi::OsStr::from_bytes(part));
        if at + 1 < parts.len() && !is_folder(&place) {
            return None;
        }
    }
    read(&place)?.trim().parse().ok()
}
