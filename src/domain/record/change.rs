//! One changed path of a record.

use serde::{Deserialize, Serialize};

use crate::domain::change::{Change, Entry, FileMode};
use crate::domain::path::RepoPath;

/// One changed path: what it held before and after, each as `<mode> <blob>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedChange {
    /// What the parent of the landing held there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What the landing holds there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The path.
    pub path: RepoPath,
}

impl RecordedChange {
    /// A change as the record holds it.
    pub fn of(change: &Change) -> Self {
        let side = |entry: Option<Entry>| entry.map(|entry| format!("{} {}", entry.mode.as_octal(), entry.blob));
        Self {
            old: side(change.old),
            new: side(change.new),
            path: change.path.clone(),
        }
    }

    /// The change that the record holds.
    pub fn change(&self) -> Option<Change> {
        let side = |text: &Option<String>| match text {
            None => Some(None),
            Some(text) => entry(text).map(Some),
        };
        Some(Change {
            path: self.path.clone(),
            old: side(&self.old)?,
            new: side(&self.new)?,
        })
    }
}

/// `<mode> <blob>`.
fn entry(text: &str) -> Option<Entry> {
    const MODES: [FileMode; 4] = [
        FileMode::Regular,
        FileMode::Executable,
        FileMode::Symlink,
        FileMode::Gitlink,
    ];
    let (mode, blob) = text.split_once(' ')?;
    Some(Entry {
        mode: MODES.into_iter().find(|known| known.as_octal() == mode)?,
        blob: blob.parse().ok()?,
    })
}
