//! What the Architect is told of the project as it stands: its files, its lanes, checks and Builders, the tasks that
//! there are, and what it is shown.

use std::collections::BTreeMap;

use crate::domain::oid::Digest;
use crate::domain::packet::{Boundary, Excerpt};
use crate::domain::path::RepoPath;

/// The most lines that tell of the project's files.
const MOST_FILES: usize = 300;

/// The most tasks that are named.
const MOST_TASKS: usize = 100;

/// What the Architect is told of the project as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Every file.
    pub files: Vec<RepoPath>,
    /// The lanes.
    pub lanes: Vec<String>,
    /// The checks that have names, with their commands.
    pub checks: Vec<(String, String)>,
    /// The Builders that a task may name.
    pub builders: Vec<String>,
    /// The tasks that there are already.
    pub tasks: Vec<KnownTask>,
    /// Files that are shown.
    pub excerpts: Vec<Excerpt>,
    /// What the boundary round foreign text comes from: nobody else can foresee it.
    pub seed: Digest,
}

/// A task that there is already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: String,
}

impl Ground {
    /// All of it as text, with the files' names and as many of the excerpts as there is room for.
    pub(super) fn render(&self, files: &str, excerpts: &[Excerpt], boundary: &Boundary) -> String {
        let mut text = String::new();
        if !files.is_empty() {
            text.push_str(&format!("The files of the project:\n{}\n", boundary.quote(files)));
        }
        for excerpt in excerpts {
            text.push_str(&format!("{}\n", excerpt.render(boundary)));
        }
        let mut list = |label: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                text.push_str(&format!("{label}: {}\n\n", entries.join(", ")));
            }
        };
        list("Lanes", self.lanes.clone());
        let checks = self.checks.iter().map(|(name, run)| format!("{name} (`{run}`)"));
        list("Checks that a task may name", checks.collect());
        list("Builders that a task may name as its `model`", self.builders.clone());
        if !self.tasks.is_empty() {
            text.push_str("Tasks that there are already; their ids are never given again:\n");
            for task in self.tasks.iter().rev().take(MOST_TASKS).rev() {
                text.push_str(&format!("- {}: {} ({})\n", task.id, task.title, task.state));
            }
            text.push('\n');
        }
        text
    }
}

/// The files, or where there are too many of them folders with their counts.
pub(super) fn listing(files: &[RepoPath]) -> Vec<String> {
    let names: Vec<String> = files.iter().map(ToString::to_string).collect();
    for depth in (1..=8).rev() {
        let mut entries: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            let parts: Vec<&str> = name.split('/').collect();
            let entry = match parts.len() > depth {
                true => format!("{}/", parts[..depth].join("/")),
                false => name.clone(),
            };
            *entries.entry(entry).or_default() += 1;
        }
        if entries.len() <= MOST_FILES || depth == 1 {
            let left = entries.len().saturating_sub(MOST_FILES);
            let shown = entries.into_iter().take(MOST_FILES);
            let mut lines: Vec<String> = shown
                .map(|(entry, count)| match entry.ends_with('/') {
                    true => format!("{entry} ({count} files)"),
                    false => entry,
                })
                .collect();
            if left > 0 {
                lines.push(format!("and {left} more"));
            }
            return lines;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_become_folders() {
        let paths = |count: usize, name: &dyn Fn(usize) -> String| -> Vec<RepoPath> {
            (0..count).map(|at| RepoPath::new(name(at)).unwrap()).collect()
        };
        let deep = paths(1000, &|at| format!("src/{}/{at}.rs", at % 10));
        let lines = listing(&deep);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "src/0/ (100 files)");
        let flat = paths(1000, &|at| format!("{at}.rs"));
        assert_eq!(listing(&flat).last().map(String::as_str), Some("and 700 more"));
    }
}
