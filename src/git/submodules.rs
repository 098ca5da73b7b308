//! Submodules: what `.gitmodules` says, and the commits of them that this clone has.

use gix::bstr::ByteSlice;

use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::scope::submodules::{GITMODULES, Submodule};

use super::open::Repository;
use super::tree::ReadError;

/// Reads the text of a `.gitmodules`; `None` where git could not.
pub fn submodules_in(text: &[u8]) -> Option<Vec<Submodule>> {
    let file =
        gix::config::File::from_bytes_no_includes(text, gix::config::file::Metadata::api(), Default::default()).ok()?;
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

impl Repository {
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
    ) -> Result<Option<Vec<(RepoPath, crate::domain::change::Entry)>>, ReadError> {
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
