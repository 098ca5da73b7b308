//! Submodules from what lies on this machine: what `.gitmodules` says of them, where the objects of one are, as
//! `git submodule` leaves them, and which files a commit of it holds. Nothing is fetched.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::domain::change::Entry;
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::scope::submodules::{GITMODULES, Submodule};

use super::open::Repository;
use super::tree::ReadError;

/// The path of a submodule, and its name.
pub type Named = (Vec<u8>, String);

/// Reads the text of a `.gitmodules`; `None` where git could not.
pub fn submodules_in(text: &[u8]) -> Option<Vec<Submodule>> {
    let file = read(text)?;
    let mut found: Vec<Submodule> = Vec::new();
    for section in file.sections_by_name("submodule").into_iter().flatten() {
        let Some(name) = section.header().subsection_name() else {
            continue;
        };
        let value = |key: &str| section.value(key).map(|value| value.to_str_lossy().into_owned());
        let name = name.to_str_lossy().into_owned();
        // Git adds up what stands in several sections of a name.
        let known = found.iter().position(|known| known.name == name);
        let mut entry = match known {
            Some(at) => found.remove(at),
            None => Submodule {
                name,
                path: String::new(),
                url: None,
                update: None,
            },
        };
        entry.path = value("path").unwrap_or(entry.path);
        entry.url = value("url").or(entry.url);
        entry.update = value("update").or(entry.update);
        found.push(entry);
    }
    found.retain(|entry| !entry.path.is_empty());
    Some(found)
}

/// The text of a `.gitmodules`, as git reads it; what it includes is not looked at.
fn read(text: &[u8]) -> Option<gix::config::File> {
    let meta = gix::config::file::Metadata::api();
    let options = gix::config::file::init::Options::default();
    gix::config::File::from_bytes_no_includes(text, meta, options).ok()
}

impl Repository {
    /// The names of a tree's submodules, by the paths that `.gitmodules` gives them.
    pub fn submodule_names(&self, tree: TreeId) -> Result<Vec<Named>, ReadError> {
        // What git cannot read either names nothing.
        let Some(file) = self.file(tree, GITMODULES)?.and_then(|text| read(&text)) else {
            return Ok(Vec::new());
        };
        let sections = file.sections_by_name("submodule").into_iter().flatten();
        Ok(sections
            .filter_map(|section| {
                let name = section.header().subsection_name()?.to_str().ok()?.to_owned();
                let path = section.value("path")?;
                Some((path.as_bytes().to_vec(), name))
            })
            .collect())
    }

    /// The repository of a submodule, where it is here and has the commit.
    pub fn submodule(&self, path: &RepoPath, name: Option<&str>, commit: CommitId) -> Option<Self> {
        let named = name.map(Path::new).filter(|name| stays_below(name));
        let mut places: Vec<PathBuf> = Vec::new();
        for own in [self.git_dir(), self.common_dir()] {
            places.extend(named.map(|name| own.join("modules").join(name)));
        }
        // One that was cloned by hand keeps its objects in its own folder.
        places.extend(
            self.work_tree()
                .map(|top| top.join(OsStr::from_bytes(path.as_bytes())).join(".git")),
        );
        places.into_iter().filter(|place| place.is_dir()).find_map(|place| {
            let found = Self::open_plain(self.program().clone(), &place.canonicalize().ok()?).ok()?;
            found.tree_of(commit).is_ok().then_some(found)
        })
    }

    /// The submodules that a tree names.
    pub fn submodules_of(&self, tree: TreeId) -> Result<Vec<Submodule>, ReadError> {
        let text = self.file(tree, GITMODULES)?;
        Ok(text.and_then(|text| submodules_in(&text)).unwrap_or_default())
    }

    /// The files of a submodule's commit, where this clone has it; what is in question is named by the tree that says where
    /// the submodule is.
    pub fn submodule_files(
        &self,
        tree: TreeId,
        path: &RepoPath,
        commit: BlobId,
    ) -> Result<Option<Vec<(RepoPath, Entry)>>, ReadError> {
        let named = self.submodule_names(tree)?;
        let name = named
            .iter()
            .find(|(at, _)| at == path.as_bytes())
            .map(|(_, name)| name.as_str());
        let commit = CommitId::new(commit.object_id());
        let Some(module) = self.submodule(path, name, commit) else {
            return Ok(None);
        };
        module.list(module.tree_of(commit)?, "").map(Some)
    }
}

/// Whether a name, which a repository may choose freely, leads to nothing outside.
fn stays_below(name: &Path) -> bool {
    name.components().all(|part| matches!(part, Component::Normal(_))) && name.components().next().is_some()
}
