//! Forms: what a change makes of links and submodules. Where they lead, and whether they are whole, is seen in the trees on both
//! sides; the decision is the domain's.

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::scope::Protected;
use crate::domain::scope::links::{self, Links};
use crate::domain::scope::submodules::{self, GITMODULES, Submodules};
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{ReadError, Repository, submodules_in};

/// The bytes of a blob that a change brings, which need not be in git yet.
pub type Content<'a> = dyn Fn(BlobId) -> Option<Vec<u8>> + 'a;

/// What is wrong with the links and submodules of a tree that a change makes.
pub(super) fn violations(
    git: &Repository,
    base: TreeId,
    changes: &ChangeSet,
    protected: &Protected,
    new: &Content,
) -> Result<Vec<Violation>, ReadError> {
    let mut found = of_links(git, base, changes, protected, new)?;
    found.extend(of_submodules(git, base, changes, new)?);
    Ok(found)
}

fn is(entry: Option<Entry>, mode: FileMode) -> bool {
    entry.is_some_and(|entry| entry.mode == mode)
}

fn content(git: &Repository, blob: BlobId, new: &Content) -> Result<Vec<u8>, ReadError> {
    match new(blob) {
        Some(bytes) => Ok(bytes),
        None => git.blob(blob),
    }
}

fn of_links(
    git: &Repository,
    base: TreeId,
    changes: &ChangeSet,
    protected: &Protected,
    new: &Content,
) -> Result<Vec<Violation>, ReadError> {
    let touches = |change: &&Change| is(change.old, FileMode::Symlink) || is(change.new, FileMode::Symlink);
    let touched: Vec<&Change> = changes.iter().filter(touches).collect();
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let mut before = Links::new();
    for (path, entry) in git.list(base, "")? {
        if entry.mode == FileMode::Symlink {
            before.insert(path, git.blob(entry.blob)?);
        }
    }
    let mut after = before.clone();
    for change in &touched {
        match change.new.filter(|new| new.mode == FileMode::Symlink) {
            Some(link) => after.insert(change.path.clone(), content(git, link.blob, new)?),
            None => after.remove(&change.path),
        };
    }
    let touched: Vec<_> = touched.iter().map(|change| &change.path).collect();
    Ok(links::violations(&touched, &before, &after, protected))
}

fn of_submodules(
    git: &Repository,
    base: TreeId,
    changes: &ChangeSet,
    new: &Content,
) -> Result<Vec<Violation>, ReadError> {
    let is_commit = |change: &Change| is(change.old, FileMode::Gitlink) || is(change.new, FileMode::Gitlink);
    let names = changes
        .iter()
        .find(|change| change.path.as_bytes() == GITMODULES.as_bytes());
    if names.is_none() && !changes.iter().any(is_commit) {
        return Ok(Vec::new());
    }
    let mut before = Submodules {
        entries: git.submodules_of(base)?,
        ..Submodules::default()
    };
    let mut after = Submodules {
        entries: before.entries.clone(),
        ..Submodules::default()
    };
    if let Some(change) = names {
        let text = match change.new.filter(|new| new.mode.is_file()) {
            Some(entry) => content(git, entry.blob, new)?,
            None => Vec::new(),
        };
        match submodules_in(&text) {
            Some(entries) => after.entries = entries,
            None => {
                let what = "a file that git cannot read".to_owned();
                let rule = Rule::NotRegular { what };
                return Ok(vec![Violation {
                    path: GITMODULES.to_owned(),
                    rule,
                }]);
            }
        }
    }
    let named: Vec<String> = [&before, &after]
        .iter()
        .flat_map(|all| &all.entries)
        .map(|entry| entry.path.clone())
        .collect();
    for path in named {
        if is(git.entry(base, &path)?, FileMode::Gitlink) {
            before.commits.insert(path.clone());
            after.commits.insert(path);
        }
    }
    for change in changes.iter().filter(|change| is_commit(change)) {
        let path = change.path.to_text().into_owned();
        if is(change.old, FileMode::Gitlink) {
            before.commits.insert(path.clone());
        }
        match is(change.new, FileMode::Gitlink) {
            true => after.commits.insert(path),
            false => after.commits.remove(&path),
        };
    }
    Ok(submodules::violations(&before, &after))
}
