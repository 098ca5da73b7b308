//! Submodules: a commit in the tree and its entry in `.gitmodules` belong together. A card that names both exactly may bring or
//! remove them, as a whole; one that names the commit alone may move it.

use std::collections::BTreeSet;

use crate::domain::path::RepoPath;

use super::violation::{Rule, Violation};

/// The file that says where submodules come from.
pub const GITMODULES: &str = ".gitmodules";

/// An entry of `.gitmodules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// Its name.
    pub name: String,
    /// Where it is, as it stands.
    pub path: String,
    /// Where it comes from, as it stands.
    pub url: Option<String>,
    /// How it is updated, as it stands.
    pub update: Option<String>,
}

/// The submodules of a tree: the entries of its `.gitmodules`, and which of the paths in question hold a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submodules {
    /// The entries.
    pub entries: Vec<Submodule>,
    /// Where there is a commit.
    pub commits: BTreeSet<String>,
}

impl Submodules {
    fn has_entry(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path)
    }
}

/// What is wrong with a tree's submodules that a change made of another's.
pub fn violations(before: &Submodules, after: &Submodules) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut refuse = |path: &str, what: String| {
        found.push(Violation {
            path: path.to_owned(),
            rule: Rule::NotRegular { what },
        });
    };
    let paths: BTreeSet<&str> = [before, after]
        .iter()
        .flat_map(|all| {
            all.entries
                .iter()
                .map(|entry| entry.path.as_str())
                .chain(all.commits.iter().map(String::as_str))
        })
        .collect();
    for path in paths {
        let is_whole = |all: &Submodules| all.has_entry(path) == all.commits.contains(path);
        if is_whole(after) || !is_whole(before) {
            continue;
        }
        // What did not change is not what is half done.
        match (before.commits.contains(path), after.commits.contains(path)) {
            (true, false) => refuse(
                GITMODULES,
                format!("still names the submodule {path}, which is removed"),
            ),
            (false, true) => refuse(path, format!("a submodule that {GITMODULES} does not name")),
            (_, true) => refuse(path, format!("still a submodule, and no longer in {GITMODULES}")),
            (_, false) => refuse(GITMODULES, format!("names the submodule {path}, where there is none")),
        }
    }
    for entry in after.entries.iter().filter(|entry| !before.entries.contains(entry)) {
        if let Some(why) = wrong_entry(entry) {
            refuse(GITMODULES, format!("a submodule `{}` {why}", entry.name));
        }
    }
    found
}

/// What is wrong with a new entry: it makes git write or run what nobody expects of it.
fn wrong_entry(entry: &Submodule) -> Option<String> {
    let has_dots = |text: &str| text.split(['/', '\\']).any(|part| part == "..");
    if entry.name.is_empty() || has_dots(&entry.name) || entry.name.starts_with(['/', '-']) {
        return Some("whose name is none".to_owned());
    }
    match RepoPath::new(entry.path.as_str()) {
        Ok(path) if !path.is_harness() && !entry.path.starts_with('-') => {}
        _ => return Some(format!("at `{}`", entry.path)),
    }
    if let Some(url) = &entry.url
        && (url.starts_with('-') || url.contains("::") || url.chars().any(char::is_control))
    {
        return Some("whose url is none".to_owned());
    }
    let is_known = |update: &str| matches!(update, "checkout" | "rebase" | "merge" | "none");
    match &entry.update {
        Some(update) if !is_known(update) => Some("whose `update` is a command".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[&str], commits: &[&str]) -> Submodules {
        Submodules {
            entries: entries.iter().map(|path| entry(path)).collect(),
            commits: commits.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    fn entry(path: &str) -> Submodule {
        Submodule {
            name: path.to_owned(),
            path: path.to_owned(),
            url: Some("../sub".to_owned()),
            update: None,
        }
    }

    fn refused(before: &Submodules, after: &Submodules) -> Vec<String> {
        violations(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_submodule_comes_and_goes_as_a_whole() {
        let (none, whole) = (tree(&[], &[]), tree(&["v/s"], &["v/s"]));
        for (before, after) in [(&none, &whole), (&whole, &none), (&whole, &whole)] {
            assert!(refused(before, after).is_empty());
        }
        for (before, after, path) in [
            (&whole, &tree(&["v/s"], &[]), ".gitmodules: still names"),
            (&whole, &tree(&[], &["v/s"]), "v/s: still a submodule"),
            (
                &none,
                &tree(&[], &["v/s"]),
                "v/s: a submodule that .gitmodules does not name",
            ),
            (&none, &tree(&["v/s"], &[]), ".gitmodules: names the submodule v/s"),
        ] {
            let found = refused(before, after);
            assert!(found.len() == 1 && found[0].starts_with(path), "{found:?}");
        }
        // It was half there before.
        assert!(refused(&tree(&[], &["v/s"]), &none).is_empty());
    }

    #[test]
    fn an_entry_by_which_git_runs_or_writes_elsewhere_is_refused() {
        let none = tree(&[], &[]);
        let with = |entry: Submodule| Submodules {
            commits: BTreeSet::from([entry.path.clone()]),
            entries: vec![entry],
        };
        for wrong in [
            Submodule {
                name: "../../x".to_owned(),
                ..entry("v")
            },
            Submodule {
                path: "../v".to_owned(),
                ..entry("v")
            },
            Submodule {
                path: ".git/hooks".to_owned(),
                ..entry("v")
            },
            Submodule {
                url: Some("--upload-pack=x".to_owned()),
                ..entry("v")
            },
            Submodule {
                url: Some("ext::sh -c x".to_owned()),
                ..entry("v")
            },
            Submodule {
                update: Some("!touch x".to_owned()),
                ..entry("v")
            },
        ] {
            assert_eq!(refused(&none, &with(wrong.clone())).len(), 1, "{wrong:?}");
        }
    }
}
