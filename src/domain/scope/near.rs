//! Near: the part of a tree that can matter to new names. What a new path may collide with, or become a repository with,
//! lies in the folders on the way to it; a large tree is read there alone.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::domain::change::ChangeSet;
use crate::domain::path::RepoPath;

use super::embedded::{governed, homes};
use super::names::{fold, folded};

/// The names that have to be looked for to judge a change set, and whose entries have to be known where they are folders.
/// Any spelling that counts as the same is meant.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Near {
    names: BTreeSet<String>,
    /// Whether everything in these folders matters, and not just their names.
    whole: bool,
}

impl Near {
    /// Those of a change set; none where nothing is new.
    pub fn to(changes: &ChangeSet) -> Self {
        let mut names = BTreeSet::new();
        let (mut matters, mut whole) = (false, false);
        for change in changes {
            let name = folded(&change.path);
            let homes: Vec<&str> = match (change.old, change.new) {
                (None, _) => homes(&name).collect(),
                (_, Some(_)) => governed(&name).collect(),
                (_, None) => Vec::new(),
            };
            for home in &homes {
                // Any file makes a folder of git's one.
                whole = true;
                let home = match home.is_empty() {
                    true => String::new(),
                    false => format!("{home}/"),
                };
                let parts = ["objects", "refs", "head", "commondir"];
                names.extend(parts.map(|part| format!("{home}{part}")));
            }
            if change.old.is_none() {
                matters = true;
            } else if change.new.is_some() {
                matters |= !homes.is_empty();
                if homes.is_empty() {
                    continue;
                }
            } else {
                // What goes may leave a folder empty, and make room for a file of its name.
                whole = true;
            }
            names.extend(name.match_indices('/').map(|(at, _)| name[..at].to_owned()));
            names.insert(name);
        }
        match matters {
            true => Self { names, whole },
            false => Self::default(),
        }
    }

    /// Whether nothing has to be known.
    pub fn is_nothing(&self) -> bool {
        self.names.is_empty()
    }

    /// What matters in a folder that is near, or at the top.
    pub fn inside(&self, folder: Option<&RepoPath>) -> Inside<'_> {
        let start = folder.map_or_else(String::new, |folder| folded(folder) + "/");
        let below = self.names.range::<str, _>((Bound::Included(&*start), Bound::Unbounded));
        let names = below
            .map_while(|name| name.strip_prefix(&start))
            .filter(|name| !name.contains('/'));
        Inside {
            names: names.collect(),
            whole: self.whole,
        }
    }
}

/// What matters in one folder.
#[derive(Debug)]
pub struct Inside<'a> {
    names: Vec<&'a str>,
    whole: bool,
}

impl Inside<'_> {
    /// How an entry of this name matters.
    pub fn look(&self, name: &[u8]) -> Look {
        let name = fold(&String::from_utf8_lossy(name));
        // Sorted, as they stood in the set.
        let is_near = self.names.binary_search(&&*name).is_ok();
        match (is_near, self.whole) {
            (true, true) => Look::Into,
            (true, false) => Look::AtAndInto,
            (false, true) => Look::At,
            (false, false) => Look::Past,
        }
    }
}

/// How an entry of a near folder matters. A folder that is looked at stands for everything in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Not at all.
    Past,
    /// By its name.
    At,
    /// By its name, and a folder by its entries, too.
    AtAndInto,
    /// By its name, or a folder by its entries.
    Into,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::change::{Change, Entry, FileMode};
    use crate::domain::scope::{Allowed, Named, Protected, Terms, verdict};

    /// What a walk of a tree tells that looks only where it has to.
    fn seen(base: &[RepoPath], near: &Near) -> Vec<RepoPath> {
        let mut found = BTreeSet::new();
        for path in base.iter().filter(|_| !near.is_nothing()) {
            let text = path.to_text().into_owned();
            let ends = text
                .match_indices('/')
                .map(|(at, _)| (at, true))
                .chain([(text.len(), false)]);
            let mut folder: Option<RepoPath> = None;
            for (end, is_folder) in ends {
                let here = RepoPath::try_from(&text[..end]).unwrap();
                let look = near.inside(folder.as_ref()).look(here.file_name());
                if look == Look::At || look == Look::AtAndInto || look == Look::Into && !is_folder {
                    found.insert(here.clone());
                }
                if matches!(look, Look::Past | Look::At) {
                    break;
                }
                folder = Some(here);
            }
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
            names in proptest::collection::vec("([aAbä]|refs|objects)(/([aAbÄ]|HEAD|refs|objects|config|hooks)){0,3}", 0..14),
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
