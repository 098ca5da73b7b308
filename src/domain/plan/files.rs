//! The files of a tree, as cards are looked at with: what is there, what an entry matches, and what a new name would collide with.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::OnceLock;

use crate::domain::path::RepoPath;
use crate::domain::scope::Allowed;
use crate::domain::scope::names::folded;

/// Manifests and the lock files that change with them.
const LOCK_FILES: [(&str, &[&str]); 7] = [
    ("Cargo.toml", &["Cargo.lock"]),
    (
        "package.json",
        &["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"],
    ),
    ("pyproject.toml", &["poetry.lock", "uv.lock", "pdm.lock"]),
    ("Pipfile", &["Pipfile.lock"]),
    ("go.mod", &["go.sum"]),
    ("Gemfile", &["Gemfile.lock"]),
    ("composer.json", &["composer.lock"]),
];

/// The files of a tree, sorted once for all cards.
#[derive(Debug, Default)]
pub struct Files {
    /// All, in their order.
    paths: Vec<RepoPath>,
    /// Manifests, each with the lock file that changes with it, where there is one.
    locked: Vec<(RepoPath, RepoPath)>,
    /// How each path and folder is spelled, by the form in which some file systems take them for the same.
    spelled: OnceLock<HashMap<String, RepoPath>>,
}

impl Files {
    /// Every file of a tree.
    pub fn new(mut paths: Vec<RepoPath>) -> Self {
        paths.sort_unstable();
        let names = |path: &RepoPath| String::from_utf8_lossy(path.file_name()).into_owned();
        let is_lock = |name: &str| LOCK_FILES.iter().any(|(_, locks)| locks.contains(&name));
        let locks: Vec<(&RepoPath, String)> = paths
            .iter()
            .map(|path| (path, names(path)))
            .filter(|(_, name)| is_lock(name))
            .collect();
        let locked = paths.iter().filter_map(|path| {
            let name = names(path);
            let (_, with) = LOCK_FILES.iter().find(|(manifest, _)| *manifest == name)?;
            let beside = path.parent();
            let found = locks.iter().find(|(other, name)| {
                with.contains(&name.as_str()) && (other.parent() == beside || other.parent().is_none())
            });
            found.map(|(lock, _)| (path.clone(), (*lock).clone()))
        });
        let locked = locked.collect();
        Self {
            paths,
            locked,
            spelled: OnceLock::new(),
        }
    }

    /// Manifests, each with the lock file that changes with it, where there is one.
    pub(super) fn locked(&self) -> &[(RepoPath, RepoPath)] {
        &self.locked
    }

    /// Whether a file is there.
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.paths.binary_search(path).is_ok()
    }

    /// Whether a file or a folder is there.
    pub fn holds(&self, name: &str) -> bool {
        let from = self.paths.partition_point(|path| path.as_bytes() < name.as_bytes());
        // Between a folder and what is in it, names stand that only begin like it.
        let rest = self.paths[from..]
            .iter()
            .take_while(|path| path.as_bytes().starts_with(name.as_bytes()));
        rest.into_iter().any(|path| path.is_under(name))
    }

    /// What another path or folder is called that is the same as a new path on some file systems.
    pub fn same_as(&self, path: &RepoPath) -> Option<String> {
        let spelled = self.spelled.get_or_init(|| {
            let mut spelled: HashMap<String, RepoPath> = HashMap::new();
            for file in &self.paths {
                let mut at = Some(file.clone());
                while let Some(here) = at {
                    at = here.parent();
                    spelled.entry(folded(&here)).or_insert(here);
                }
            }
            spelled
        });
        let mut at = Some(path.clone());
        while let Some(here) = at {
            if self.holds(&here.to_text()) {
                return None;
            }
            if let Some(other) = spelled.get(&folded(&here)) {
                return Some(other.to_string());
            }
            at = here.parent();
        }
        None
    }

    /// The allowed files of a card as they are meant here; `None` where they cannot be read.
    pub(super) fn allowed<S: AsRef<str>>(&self, entries: &[S]) -> Option<Allowed> {
        let there = |name: &str| Ok::<_, Infallible>(self.holds(name));
        let Ok(allowed) = Allowed::new(entries).ok()?.at(there);
        Some(allowed)
    }

    /// The files that a glob matches; of a plain name nothing has to be told, which is that file and no other.
    pub(super) fn matched_by(&self, glob: &str) -> Vec<&RepoPath> {
        match self.allowed(&[glob]) {
            Some(one) if one.globs().next().is_some() => self.paths.iter().filter(|path| one.matches(path)).collect(),
            _ => Vec::new(),
        }
    }
}
