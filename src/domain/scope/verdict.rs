//! The verdict: every change of a set against a card's terms. Both sides of a rename are changes of their own.

use std::collections::{BTreeSet, HashMap};

use crate::domain::change::{Change, ChangeSet, FileMode};
use crate::domain::path::RepoPath;

use super::allowed::Allowed;
use super::embedded::embedded;
use super::named::Named;
use super::names::{folded, wrong_name};
use super::protected::Protected;
use super::violation::{self, Rule, Violation};

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
    let of = |is_wanted: &dyn Fn(&Change) -> bool| -> Vec<&RepoPath> {
        let wanted = changes.iter().filter(|change| is_wanted(change));
        wanted.map(|change| &change.path).collect()
    };
    let added = of(&|change| change.old.is_none());
    let changed = of(&|change| change.old.is_some() && change.new.is_some());
    // Only a new name, or what git obeys, can make a tree worse that could be checked out before.
    if !added.is_empty() || !changed.is_empty() {
        let known: Vec<&RepoPath> = base.into_iter().collect();
        let resulting = resulting(changes, &known);
        let mut wrong: BTreeSet<String> = violations.iter().map(|known| known.path.clone()).collect();
        let mut add = |path: &RepoPath, rule: Rule| {
            let path = path.to_text().into_owned();
            // One that breaks another rule already is told once.
            if wrong.insert(path.clone()) {
                violations.push(Violation { path, rule });
            }
        };
        let opens = |path: &RepoPath| terms.allowed.names_exactly(path);
        for path in embedded(&added, &changed, &resulting, &known, opens) {
            let what = violation::PART_OF_REPOSITORY.to_owned();
            add(path, Rule::NotRegular { what });
        }
        let gone = of(&|change| change.new.is_none());
        for (path, with) in collisions(&added, &gone, &resulting) {
            add(path, Rule::Collision { with });
        }
    }
    violations.sort_by(|a, b| a.path.cmp(&b.path));
    violations
}

/// The paths of the tree that results.
fn resulting<'a>(changes: &'a ChangeSet, base: &[&'a RepoPath]) -> Vec<&'a RepoPath> {
    let gone: BTreeSet<&RepoPath> = changes
        .iter()
        .filter(|change| change.new.is_none())
        .map(|change| &change.path)
        .collect();
    let stays = base.iter().copied().filter(|path| !gone.contains(*path));
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
    let what = match new.mode {
        FileMode::Symlink => violation::LINK,
        FileMode::Gitlink => violation::GITLINK,
        FileMode::Regular | FileMode::Executable => "",
    };
    // Where it leads is looked at by `links` and `submodules`.
    if !what.is_empty() && !terms.allowed.names_exactly(path) {
        let what = what.to_owned();
        return Some(Rule::NotRegular { what });
    }
    match change.old {
        None => wrong_name(path),
        Some(_) => None,
    }
}

/// A name that new paths take, and how it is spelled.
#[derive(Default)]
struct Spelled {
    /// By what stays.
    there: Vec<RepoPath>,
    /// By the first of the new paths that spells it otherwise.
    new: Option<RepoPath>,
}

/// New paths that are the same as another of the resulting tree where case and the parts of letters do not count, also
/// by a folder's name. Only names that the change brings count: what is spelled so in the base stays as it was, and two names
/// that collided in one folder of it may go to another together.
fn collisions<'a>(added: &[&'a RepoPath], gone: &[&RepoPath], resulting: &[&RepoPath]) -> Vec<(&'a RepoPath, String)> {
    let new: BTreeSet<&RepoPath> = added.iter().copied().collect();
    // The rest of the tree is not looked at closely.
    let mut names: HashMap<String, Spelled> = HashMap::new();
    for path in added {
        for prefix in prefixes(path) {
            names.entry(folded(&prefix)).or_default();
        }
    }
    for path in resulting.iter().filter(|path| !new.contains(*path)) {
        let name = folded(path);
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for (depth, end) in ends.enumerate() {
            let Some(spelled) = names.get_mut(&name[..end]) else {
                break;
            };
            spelled.there.extend(
                prefixes(path)
                    .into_iter()
                    .rev()
                    .nth(depth)
                    .filter(|prefix| !spelled.there.contains(prefix)),
            );
        }
    }
    let gone = Gone::of(gone);
    let mut found = Vec::new();
    for path in added {
        for prefix in prefixes(path) {
            let Some(spelled) = names.get_mut(&folded(&prefix)) else {
                continue;
            };
            if spelled.there.contains(&prefix) {
                // And so are the folders above it.
                break;
            }
            if let Some(with) = spelled.there.first() {
                found.push((*path, with.to_text().into_owned()));
                break;
            }
            let with = spelled.new.get_or_insert_with(|| prefix.clone());
            if *with != prefix && !gone.held_both(with, &prefix) {
                found.push((*path, with.to_text().into_owned()));
                break;
            }
        }
    }
    found
}

/// The names that a change takes out of their folders.
struct Gone(BTreeSet<(Option<RepoPath>, Vec<u8>)>);

impl Gone {
    fn of(paths: &[&RepoPath]) -> Self {
        let all = paths.iter().flat_map(|path| prefixes(path));
        Self(all.map(|path| (path.parent(), path.file_name().to_vec())).collect())
    }

    /// Whether one folder held names as two paths have them, and loses both.
    fn held_both(&self, one: &RepoPath, other: &RepoPath) -> bool {
        let (one, other) = (one.file_name(), other.file_name());
        let mut holders = self.0.iter().filter(|(_, name)| name == one);
        holders.any(|(folder, _)| self.0.contains(&(folder.clone(), other.to_vec())))
    }
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
