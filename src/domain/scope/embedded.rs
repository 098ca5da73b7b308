//! Repositories in the tree: files that together make git, run in their folder, obey a configuration of their own.
//!
//! A `.git` cannot be in a tree; a bare repository needs no such name (security reference, E03).

use std::collections::BTreeSet;

use crate::domain::path::RepoPath;

use super::names::folded;

/// The folders (empty for the top) whose repository a path would be a part of, if they were one.
pub(super) fn homes(path: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    starts.filter_map(move |start| {
        let is_part = match path[start..].split_once('/') {
            Some((folder, _)) => matches!(folder, "objects" | "refs"),
            None => matches!(&path[start..], "head" | "commondir"),
        };
        is_part.then(|| path[..start].trim_end_matches('/'))
    })
}

/// The new paths that make a folder of the resulting tree a repository, or belong to it.
pub(super) fn embedded<'a>(added: &[&'a RepoPath], resulting: &[&RepoPath]) -> Vec<&'a RepoPath> {
    let names: Vec<String> = added.iter().map(|path| folded(path)).collect();
    let suspects: BTreeSet<&str> = names.iter().flat_map(|name| homes(name)).collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let tree: BTreeSet<String> = resulting.iter().map(|path| folded(path)).collect();
    let found: Vec<&str> = suspects.into_iter().filter(|home| is_repository(&tree, home)).collect();
    let belongs = |name: &str| homes(name).any(|home| found.contains(&home));
    let both = added.iter().zip(&names);
    both.filter(|(_, name)| belongs(name)).map(|(path, _)| *path).collect()
}

/// Whether git would take a folder for a repository: a head, and objects and references here or elsewhere.
fn is_repository(tree: &BTreeSet<String>, home: &str) -> bool {
    let below = |name: &str| match home {
        "" => name.to_owned(),
        home => format!("{home}/{name}"),
    };
    let has_folder = |name: &str| {
        let start = below(name) + "/";
        tree.range(start.clone()..)
            .next()
            .is_some_and(|path| path.starts_with(&start))
    };
    tree.contains(&below("head")) && (tree.contains(&below("commondir")) || has_folder("objects") && has_folder("refs"))
}
