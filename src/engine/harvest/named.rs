//! A harvest of what an answer names, instead of what lies in a view.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::edit::NewFile;
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{Conversions, ReadError, Repository};

use super::stored::unfit;
use super::{Content, HarvestError, Harvested};

/// Takes the differences from files that an answer named, as if they had been edited in a view.
pub fn from_answer(
    git: &Repository,
    base: TreeId,
    start: TreeId,
    files: Vec<NewFile>,
) -> Result<Harvested, HarvestError> {
    let mut contents = BTreeMap::new();
    // What an earlier attempt left in scope counts as this attempt's, as it would in a view.
    let mut changes: BTreeMap<RepoPath, Change> = git
        .diff(base, start)?
        .iter()
        .map(|change| (change.path.clone(), change.clone()))
        .collect();
    let mut refused = Vec::new();
    let conversions = Conversions::of_tree(git, start)?;
    for file in files {
        let path = file.path;
        let text = path.to_text().into_owned();
        if let Some(what) = behind(git, start, &path)? {
            refused.push(Violation {
                path: text,
                rule: Rule::NotRegular { what },
            });
            continue;
        }
        let old = git.entry(base, &text)?;
        let model = file.moved_from.as_ref().unwrap_or(&path).to_text();
        let mode = git.entry(start, &model)?.map_or(FileMode::Regular, |entry| entry.mode);
        let new = match file.bytes {
            None => None,
            Some(bytes) => {
                let before = git.entry(start, &text)?.filter(|entry| entry.mode.is_file());
                let before = before.map(|entry| entry.blob);
                match conversions.clean_text(git, &conversions.at(&path), Cow::Owned(bytes), before) {
                    Ok(cleaned) => {
                        let (bytes, object) = (cleaned.bytes.into_owned(), cleaned.object);
                        let blob = git.hash_blob(&bytes);
                        contents.insert(blob, Content { bytes, object });
                        Some(Entry { mode, blob })
                    }
                    Err(error) => {
                        let why = unfit(error)?;
                        refused.push(Violation {
                            path: text,
                            rule: Rule::Conversion { why },
                        });
                        continue;
                    }
                }
            }
        };
        if new.is_some() && new == old {
            // In the form that is stored it is what it was.
            changes.remove(&path);
            continue;
        }
        changes.insert(path.clone(), Change { path, old, new });
    }
    Ok(Harvested {
        base,
        changes: ChangeSet::new(changes.into_values().collect()),
        contents,
        refused,
        dropped: Vec::new(),
    })
}

/// What a path goes through that is no folder: whoever names it means a file somewhere else.
fn behind(git: &Repository, tree: TreeId, path: &RepoPath) -> Result<Option<String>, ReadError> {
    let mut parent = path.parent();
    while let Some(folder) = parent {
        let through = match git.entry(tree, &folder.to_text())?.map(|entry| entry.mode) {
            Some(FileMode::Symlink) => Some("a symbolic link"),
            Some(FileMode::Gitlink) => Some("another repository's commit"),
            _ => None,
        };
        if let Some(what) = through {
            return Ok(Some(format!("behind {folder}, which is {what}")));
        }
        parent = folder.parent();
    }
    Ok(None)
}
