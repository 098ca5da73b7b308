//! Repositories in the tree: files that together make git, run in their folder, obey a configuration of their own.
//!
//! A `.git` cannot be in a tree; a bare repository needs no such name (security reference, E03).

use std::collections::BTreeSet;

use crate::domain::path::RepoPath;

use super::names::folded;

/// The folders (empty for the top) whose repository a path would be a part of, if they were one.
pub(super) fn homes(path: &str) -> impl Iterator<Item = &str> {
    homes_where(path, |rest| match rest.split_once('/') {
        Some((folder, _)) => matches!(folder, "objects" | "refs" | "hooks"),
        None => matches!(rest, "head" | "commondir" | "config" | "config.worktree"),
    })
}

/// The same for what git obeys or runs, so that its content matters and not only that it is there.
pub(super) fn governed(path: &str) -> impl Iterator<Item = &str> {
    homes_where(path, |rest| {
        rest.starts_with("hooks/")
            || matches!(
                rest,
                "commondir" | "config" | "config.worktree" | "objects/info/alternates"
            )
    })
}

fn homes_where(path: &str, is_part: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    starts
        .filter(move |start| is_part(&path[*start..]))
        .map(move |start| path[..start].trim_end_matches('/'))
}

/// The paths among new ones and changed ones that make a folder of the resulting tree a repository, belong to one, or change
/// what git obeys in one. In a repository that the base holds already (`known` are the paths of the base), such as a test's
/// fixture, a card may open each by its exact name.
pub(super) fn embedded<'a>(
    added: &[&'a RepoPath],
    changed: &[&'a RepoPath],
    resulting: &[&RepoPath],
    known: &[&RepoPath],
    opens: impl Fn(&RepoPath) -> bool,
) -> Vec<&'a RepoPath> {
    let mut names: Vec<(&'a RepoPath, String, Vec<String>)> = Vec::new();
    let owned = |homes: &mut dyn Iterator<Item = &str>| homes.map(str::to_owned).collect::<Vec<_>>();
    for path in added {
        let name = folded(path);
        let homes = owned(&mut homes(&name));
        names.push((path, name, homes));
    }
    for path in changed {
        let name = folded(path);
        let homes = owned(&mut governed(&name));
        names.push((path, name, homes));
    }
    let suspects: BTreeSet<&str> = names
        .iter()
        .flat_map(|(.., homes)| homes.iter().map(String::as_str))
        .collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let tree: BTreeSet<String> = resulting.iter().map(|path| folded(path)).collect();
    let base: BTreeSet<String> = known.iter().map(|path| folded(path)).collect();
    let found: Vec<(&str, bool)> = suspects
        .into_iter()
        .filter(|home| is_repository(&tree, home))
        .map(|home| (home, is_repository(&base, home)))
        .collect();
    let is_wrong = |path: &RepoPath, homes: &[String]| {
        homes.iter().any(|home| {
            let known = found.iter().find(|(name, _)| name == home);
            known.is_some_and(|(_, was_there)| !was_there || !opens(path))
        })
    };
    names
        .iter()
        .filter(|(path, _, homes)| is_wrong(path, homes))
        .map(|(path, ..)| *path)
        .collect()
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
