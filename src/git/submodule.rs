//! Submodules from what lies on this machine: where the objects of one are, as `git submodule` leaves them. Nothing is fetched.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;

use super::open::Repository;
use super::tree::ReadError;

/// The path of a submodule, and its name.
pub type Named = (Vec<u8>, String);

impl Repository {
    /// The names of a tree's submodules, by the paths that `.gitmodules` gives them.
    pub fn submodule_names(&self, tree: TreeId) -> Result<Vec<Named>, ReadError> {
        let Some(text) = self.file(tree, ".gitmodules")? else {
            return Ok(Vec::new());
        };
        let meta = gix::config::file::Metadata::api();
        let options = gix::config::file::init::Options::default();
        // What git cannot read either names nothing.
        let Ok(file) = gix::config::File::from_bytes_no_includes(&text, meta, options) else {
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
}

/// Whether a name, which a repository may choose freely, leads to nothing outside.
fn stays_below(name: &Path) -> bool {
    name.components().all(|part| matches!(part, Component::Normal(_))) && name.components().next().is_some()
}
