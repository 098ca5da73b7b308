//! The verdict: every change of a set against a card's terms. Both sides of a rename are changes of their own.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::change::{Change, ChangeSet, FileMode};
use crate::domain::path::RepoPath;

use super::allowed::Allowed;
use super::embedded::embedded;
use super::named::Named;
use super::names::{folded, wrong_name};
use super::protected::Protected;
use super::violation::{Rule, Violation};

/// What a card allows.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Its allowed files.
    pub allowed: &'a Allowed,
    /// What no glob opens.
    pub protected: &'a Protected,
    /// What its checks name, which no glob opens either.
    pub named: &'a Named,
    /// Whether its lane lets it open a protected file by its exact name.
    pub open_protected: bool,
}

/// Every path that breaks a rule, in the order of the paths; at most one violation each. `base` is every path of the
/// tree that the changes are made on, or those of it that [`Near`](super::near::Near) tells.
pub fn verdict<'a>(
    changes: &'a ChangeSet,
    terms: &Terms,
    base: impl IntoIterator<Item = &'a RepoPath>,
) -> Vec<Violation> {
    let mut violations: Vec<Violation> = changes
        .iter()
        .filter_map(|change| {
            judge(change, terms).map(|rule| Violation {
                path: change.path.to_text().into_owned(),
                rule,
            })
        })
        .collect();
    let added: Vec<&RepoPath> = changes
        .iter()
        .filter(|change| change.old.is_none())
        .map(|change| &change.path)
        .collect();
    // Only a new name can make a tree worse that could be checked out before.
    if !added.is_empty() {
        let resulting = resulting(changes, base);
        let mut known: HashSet<String> = violations.iter().map(|violation| violation.path.clone()).collect();
        for path in embedded(&added, &resulting) {
            let what = "part of another git repository".to_owned();
            add(&mut violations, &mut known, path, Rule::NotRegular { what });
        }
        for (path, with) in collisions(&added, &resulting) {
            add(&mut violations, &mut known, path, Rule::Collision { with });
        }
    }
    violations.sort_by(|a, b| a.path.cmp(&b.path));
    violations
}

/// Adds a violation, unless the path breaks another rule already.
fn add(violations: &mut Vec<Violation>, known: &mut HashSet<String>, path: &RepoPath, rule: Rule) {
    let path = path.to_text().into_owned();
    if known.insert(path.clone()) {
        violations.push(Violation { path, rule });
    }
}

/// The paths of the tree that results.
fn resulting<'a>(changes: &'a ChangeSet, base: impl IntoIterator<Item = &'a RepoPath>) -> Vec<&'a RepoPath> {
    let gone: BTreeSet<&RepoPath> = changes
        .iter()
        .filter(|change| change.new.is_none())
        .map(|change| &change.path)
        .collect();
    let stays = base.into_iter().filter(|path| !gone.contains(*path));
    let comes = changes.iter().filter(|change| change.old.is_none());
    stays.chain(comes.map(|change| &change.path)).collect()
}

fn judge(change: &Change, terms: &Terms) -> Option<Rule> {
    let path = &change.path;
    if let Some(pattern) = terms.protected.pattern_for(path) {
        let opened = terms.open_protected && terms.allowed.names_exactly(path) && !path.is_harness();
        if !opened {
            return Some(Rule::Protected {
                pattern: pattern.to_owned(),
            });
        }
    }
    if !terms.allowed.matches(path) {
        return Some(Rule::OutsideCard);
    }
    // The card's author wrote both the check and the name, so a name is enough in every lane.
    if let Some(check) = terms.named.by(path).filter(|_| !terms.allowed.names_exactly(path)) {
        return Some(Rule::Protected {
            pattern: format!("the check {check} names it"),
        });
    }
    let new = change.new?;
    match new.mode {
        FileMode::Symlink => {
            return Some(Rule::NotRegular {
                what: "a symbolic link".to_owned(),
            });
        }
        FileMode::Gitlink => {
            return Some(Rule::NotRegular {
                what: "another repository's commit".to_owned(),
            });
        }
        FileMode::Regular | FileMode::Executable => {}
    }
    match change.old {
        None => wrong_name(path),
        Some(_) => None,
    }
}

/// New paths that are the same as another of the resulting tree where case and the parts of letters do not count, also
/// by a folder's name.
fn collisions<'a>(added: &[&'a RepoPath], resulting: &[&RepoPath]) -> Vec<(&'a RepoPath, String)> {
    let new: BTreeSet<&RepoPath> = added.iter().copied().collect();
    // Who has a name first, of the names that new paths take; the rest of the tree is not looked at closely.
    let mut first: HashMap<String, Option<RepoPath>> = HashMap::new();
    for path in added {
        first.extend(prefixes(path).iter().map(|prefix| (folded(prefix), None)));
    }
    for path in resulting.iter().filter(|path| !new.contains(*path)) {
        let name = folded(path);
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for (depth, end) in ends.enumerate() {
            match first.get_mut(&name[..end]) {
                None => break,
                Some(Some(_)) => {}
                Some(free) => *free = prefixes(path).into_iter().rev().nth(depth),
            }
        }
    }
    let mut found = Vec::new();
    for path in added {
        for prefix in prefixes(path) {
            let first = first
                .entry(folded(&prefix))
                .or_default()
                .get_or_insert_with(|| prefix.clone());
            if *first != prefix {
                found.push((*path, first.to_text().into_owned()));
                break;
            }
        }
    }
    found
}

/// A path and the folders that it lies in.
fn prefixes(path: &RepoPath) -> Vec<RepoPath> {
    let mut found = vec![path.clone()];
    while let Some(parent) = found.last().and_then(RepoPath::parent) {
        found.push(parent);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::change::Entry;

    fn path(text: &str) -> RepoPath {
        RepoPath::try_from(text).unwrap()
    }

    fn file(mode: FileMode) -> Entry {
        Entry {
            mode,
            blob: "1".repeat(40).parse().unwrap(),
        }
    }

    fn added(text: &str, mode: FileMode) -> Change {
        Change {
            path: path(text),
            old: None,
            new: Some(file(mode)),
        }
    }

    fn judge_all(changes: Vec<Change>, globs: &[&str], open_protected: bool, base: &[&str]) -> Vec<String> {
        let base: Vec<RepoPath> = base.iter().map(|text| path(text)).collect();
        let terms = Terms {
            allowed: &Allowed::new(globs).unwrap(),
            protected: &Protected::new::<&str>(&[]).unwrap(),
            named: &Named::default(),
            open_protected,
        };
        verdict(&ChangeSet::new(changes), &terms, &base)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn both_sides_of_a_rename_are_judged() {
        let moved = vec![
            Change {
                path: path("src/other.rs"),
                old: Some(file(FileMode::Regular)),
                new: None,
            },
            added("src/gen/other.rs", FileMode::Regular),
        ];
        assert_eq!(
            judge_all(moved, &["src/gen/**"], true, &["src/other.rs"]),
            ["src/other.rs: outside the card's allowed files"]
        );
    }

    #[test]
    fn a_protected_file_needs_its_exact_name_and_a_lane_that_permits_it() {
        let change = || vec![added("build.rs", FileMode::Regular)];
        assert_eq!(
            judge_all(change(), &["**"], true, &[]),
            ["build.rs: protected (build.rs)"]
        );
        assert_eq!(
            judge_all(change(), &["build.rs"], false, &[]),
            ["build.rs: protected (build.rs)"]
        );
        assert!(judge_all(change(), &["build.rs"], true, &[]).is_empty());
    }

    #[test]
    fn links_odd_names_and_collisions_are_refused() {
        let changes = vec![
            added("a/link", FileMode::Symlink),
            added("a/sub", FileMode::Gitlink),
            added("a/KEEP", FileMode::Regular),
            added("A/x", FileMode::Regular),
            added("a/nul", FileMode::Regular),
        ];
        insta::assert_snapshot!(judge_all(changes, &["**"], true, &["a/keep"]).join("\n"), @r"
        A/x: the same as a on some file systems
        a/KEEP: the same as a/keep on some file systems
        a/link: a symbolic link, not a regular file
        a/nul: `nul` is a device on Windows
        a/sub: another repository's commit, not a regular file
        ");
    }

    proptest! {
        #[test]
        fn more_globs_never_refuse_more_and_never_open_the_harness(
            names in proptest::collection::vec("[a-c]{1,2}(/[a-c]{1,2}){0,2}", 1..6),
            few in proptest::collection::vec("[a-c]/\\*\\*|\\*\\*|[a-c]{1,2}", 1..3),
            more in proptest::collection::vec("[a-c]/\\*|[a-c]/\\*\\*", 0..3),
        ) {
            let mut changes: Vec<Change> = names.iter().map(|name| added(name, FileMode::Regular)).collect();
            changes.push(added(".harness/tasks/x.md", FileMode::Regular));
            let narrow: Vec<&str> = few.iter().map(String::as_str).collect();
            let wide: Vec<&str> = few.iter().chain(&more).map(String::as_str).collect();
            let refused_narrow = judge_all(changes.clone(), &narrow, true, &[]);
            let refused_wide = judge_all(changes, &wide, true, &[]);
            prop_assert!(refused_wide.iter().all(|line| refused_narrow.contains(line)));
            prop_assert!(refused_wide.iter().any(|line| line.starts_with(".harness/")));
        }
    }
}
