//! How a changed file is stored: as `git add` would store it under the attributes that count.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::domain::change::Entry;
use crate::domain::oid::BlobId;
use crate::domain::path::RepoPath;
use crate::domain::scope::violation::Rule;
use crate::git::{Conversions, ConvertError, Repository};

use super::{Content, HarvestError, SlotError, Walk, read_regular};

/// Attributes are no longer than this.
const LONGEST_ATTRIBUTES: u64 = 1024 * 1024;

/// What attributes decide, by their folders.
pub(super) fn conversions(git: &Repository, attributes: &BTreeMap<Vec<u8>, Vec<u8>>) -> Conversions {
    let files: Vec<_> = attributes
        .iter()
        .map(|(folder, text)| (folder.clone(), text.clone()))
        .collect();
    Conversions::of_files(git, &files)
}

impl Walk<'_> {
    /// Takes the attributes in a folder over, where they are not those of the base and the card opens them: what lands with
    /// them has to be stored by them.
    pub(super) fn learn_attributes(&mut self, dir: &Path, folder: &[u8]) {
        let file = dir.join(".gitattributes");
        let Ok(path) = RepoPath::in_tree(super::below(folder, ".gitattributes".as_ref())) else {
            return;
        };
        let found = match fs::symlink_metadata(&file) {
            Ok(found) if found.is_file() => {
                let known = self.view.untouched.blob(&path, &found);
                if known.is_some() && known == self.before.get(&path).map(|entry| entry.blob) {
                    return;
                }
                match read_regular(&file, LONGEST_ATTRIBUTES) {
                    Ok(text) => Some(text),
                    // The walk comes by and says so.
                    Err(_) => return,
                }
            }
            Ok(_) => None,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => return,
        };
        if self.attributes.get(folder) == found.as_ref() || !(self.view.opens)(&path) {
            return;
        }
        match found {
            Some(text) => self.attributes.insert(folder.to_vec(), text),
            None => self.attributes.remove(folder),
        };
        self.conversions = conversions(self.git, &self.attributes);
    }

    /// Whether a file is as the view held it; `None` where it cannot be read, which is said.
    pub(super) fn holds(&mut self, path: &Path, name: &RepoPath, blob: BlobId) -> Result<Option<bool>, HarvestError> {
        match self.held.has_content(path, name, blob) {
            Ok(holds) => Ok(Some(holds)),
            Err(SlotError::Io { source, .. }) => {
                self.closed(path, name.as_bytes(), source)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The blob of a file as it is to be stored, with its content where that may be new. `None` where it cannot be stored,
    /// which is said.
    pub(super) fn stored(
        &mut self,
        path: &Path,
        name: &RepoPath,
        old: Option<Entry>,
    ) -> Result<Option<(BlobId, Option<Content>)>, HarvestError> {
        let before = old.filter(|old| old.mode.is_file()).map(|old| old.blob);
        let way = self.conversions.at(name);
        if let Some(before) = before.filter(|_| !way.is_plain()) {
            match self.holds(path, name, before)? {
                None => return Ok(None),
                // What was stored otherwise than git would store it today stays so as long as nobody changes it.
                Some(true) => return Ok(Some((before, None))),
                Some(false) => {}
            }
        }
        let bytes = match read_regular(path, self.limits.file_bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.closed(path, name.as_bytes(), error)?;
                return Ok(None);
            }
        };
        if way.is_plain() {
            let blob = self.git.hash_blob(&bytes);
            return Ok(Some((blob, Some(Content { bytes, object: None }))));
        }
        match self.conversions.clean(self.git, &way, Cow::Owned(bytes), before) {
            Ok(cleaned) => {
                let bytes = cleaned.bytes.into_owned();
                let object = cleaned.object;
                Ok(Some((self.git.hash_blob(&bytes), Some(Content { bytes, object }))))
            }
            Err(error) => {
                let why = unfit(error)?;
                self.refuse_text(name.to_text().into_owned(), Rule::Conversion { why });
                Ok(None)
            }
        }
    }
}

/// Why a file cannot be stored, where that lies in the file.
pub(super) fn unfit(error: ConvertError) -> Result<String, ConvertError> {
    match error {
        ConvertError::Filter(_) | ConvertError::Encoding { .. } | ConvertError::Failed(_) => Ok(error.to_string()),
        other => Err(other),
    }
}
