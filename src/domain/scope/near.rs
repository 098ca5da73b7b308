//! Near: the part of a tree that can matter to new names. What a new path may collide with, or become a repository with,
//! lies in the folders on the way to it; a large tree is read there alone.

use std::collections::BTreeSet;

use crate::domain::change::ChangeSet;
use crate::domain::path::RepoPath;

use super::embedded::homes;
use super::names::folded;

/// The folders whose entries have to be known to judge a change set. Any spelling of a folder that counts as the same is
/// among them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Near(BTreeSet<String>);

impl Near {
    /// Those of a change set; none where nothing is new.
    pub fn to(changes: &ChangeSet) -> Self {
        let mut folders = BTreeSet::new();
        let mut is_new = false;
        for change in changes {
            let name = folded(&change.path);
            if change.old.is_none() {
                is_new = true;
                for home in homes(&name) {
                    let home = if home.is_empty() {
                        String::new()
                    } else {
                        format!("{home}/")
                    };
                    let parts = ["objects", "refs", "head", "commondir"];
                    folders.extend(parts.map(|part| format!("{home}{part}")));
                }
            } else if change.new.is_some() {
                continue;
            }
            // What goes may leave a folder empty, and make room for a file of its name.
            folders.extend(name.match_indices('/').map(|(at, _)| name[..at].to_owned()));
            folders.insert(name);
        }
        Self(if is_new { folders } else { BTreeSet::new() })
    }

    /// Whether nothing has to be known.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the entries of a folder have to be known.
    pub fn holds(&self, folder: &RepoPath) -> bool {
        self.0.contains(&folded(folder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::change::{Change, Entry, FileMode};
    use crate::domain::scope::{Allowed, Named, Protected, Terms, verdict};

    /// What a walk of a tree tells that opens only what is near.
    fn seen(base: &[RepoPath], near: &Near) -> Vec<RepoPath> {
        let mut found = BTreeSet::new();
        for path in base.iter().filter(|_| !near.is_nothing()) {
            let text = path.to_text().into_owned();
            let closed = text
                .match_indices('/')
                .map(|(at, _)| RepoPath::try_from(&text[..at]).unwrap())
                .find(|folder| !near.holds(folder));
            found.insert(closed.unwrap_or_else(|| path.clone()));
        }
        found.into_iter().collect()
    }

    fn entry() -> Entry {
        Entry {
            mode: FileMode::Regular,
            blob: "1".repeat(40).parse().unwrap(),
        }
    }

    /// Paths that can stand in one tree: none is a folder of another.
    fn tree(names: Vec<String>) -> Vec<RepoPath> {
        let mut found: Vec<String> = Vec::new();
        for name in names {
            let below = |a: &str, b: &str| a.starts_with(&format!("{b}/"));
            if !found
                .iter()
                .any(|known| *known == name || below(known, &name) || below(&name, known))
            {
                found.push(name);
            }
        }
        found.sort();
        found
            .iter()
            .map(|name| RepoPath::try_from(name.as_str()).unwrap())
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_not_near_changes_no_verdict(
            names in proptest::collection::vec("([aAb]|refs|objects)(/([aAb]|HEAD|refs|objects)){0,3}", 0..14),
            fates in proptest::collection::vec(0..4u8, 14),
        ) {
            let all = tree(names);
            // Each path stays, goes, comes, or is changed.
            let fate = |index: usize| fates[index];
            let base: Vec<RepoPath> = (0..all.len()).filter(|i| fate(*i) != 2).map(|i| all[i].clone()).collect();
            let changes = (0..all.len()).filter(|i| fate(*i) != 0).map(|i| Change {
                path: all[i].clone(),
                old: (fate(i) != 2).then(entry),
                new: (fate(i) != 1).then(entry),
            });
            let changes = ChangeSet::new(changes.collect());
            let terms = Terms {
                allowed: &Allowed::new(&["**"]).unwrap(),
                protected: &Protected::new::<&str>(&[]).unwrap(),
                named: &Named::default(),
                open_protected: false,
            };
            let part = seen(&base, &Near::to(&changes));
            prop_assert_eq!(verdict(&changes, &terms, &base), verdict(&changes, &terms, &part));
        }
    }
}
