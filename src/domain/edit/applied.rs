//! What an answer makes of the files, before anything is written.

use crate::domain::path::RepoPath;

use super::locate::Level;
use super::notice::Notice;

/// What an answer makes of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The files that change, in the order of the answer.
    pub files: Vec<NewFile>,
    /// Every edit that looked for lines, in the order of the answer.
    pub matches: Vec<Match>,
    /// Remarks of reading and applying.
    pub notices: Vec<Notice>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path.
    pub path: RepoPath,
    /// Its new bytes; `None` deletes.
    pub bytes: Option<Vec<u8>>,
    /// The path that it had, where it moves: its mode goes with it.
    pub moved_from: Option<RepoPath>,
}

/// How exactly the lines of one edit were there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The file.
    pub path: RepoPath,
    /// The line of the answer, from 1.
    pub line: usize,
    /// How exactly.
    pub level: Level,
}

impl Applied {
    /// The loosest level of all edits; `Exact` where none looked for lines.
    pub fn level(&self) -> Level {
        let levels = self.matches.iter().map(|edit| edit.level);
        levels.max().unwrap_or(Level::Exact)
    }
}
