//! What a commit takes out of a tree. Its message names commits, and that counts of its own ancestors only; what it
//! really does, its tree tells: a commit undoes another where its tree is its parent's with that change taken out.

use std::collections::BTreeSet;

use crate::domain::change::ChangeSet;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::reversal::{Named, Reversal};
use crate::git::{Commit, Merge, ReadError, Repository, WriteError};

/// The most commits that a range of which one commit is named is followed over.
const MOST_IN_RANGE: usize = 64;

/// Why trees could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// Something could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A merge could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a commit undoes.
#[derive(Debug, Clone, Default)]
pub struct Undoing {
    /// The commits whose changes it takes out, parents before children; for a merge, also what that had brought.
    pub undone: Vec<CommitId>,
    /// Where it does something else as well.
    pub beside: BTreeSet<RepoPath>,
    /// Where taking out conflicts with later work, so that somebody had to decide.
    pub conflicts: BTreeSet<RepoPath>,
    /// What git makes of it, with its marks where it conflicts.
    pub joined: Option<TreeId>,
}

/// A commit that is named, and the tree without it.
struct Target {
    commit: Commit,
    /// What of its parents is kept.
    kept: Option<CommitId>,
    before: TreeId,
}

/// What a commit undoes of what its message names; `None` where nothing of that is its ancestor. `view` is a throw-away
/// view: merges are made in it.
pub fn of(view: &Repository, commit: &Commit, said: &Reversal) -> Result<Option<Undoing>, UndoError> {
    let Some(parent) = commit.parents.first() else {
        return Ok(None);
    };
    let mut targets = Vec::new();
    let ours = said.tasks.iter().map(|(_, landing)| Named {
        id: landing.to_string(),
        kept: None,
    });
    for named in said.commits.iter().cloned().chain(ours) {
        targets.extend(target(view, *parent, &named)?);
    }
    if targets.is_empty() {
        return Ok(None);
    }
    let base = view.tree_of(*parent)?;
    let mut found = taken_out(view, commit, base, &targets)?;
    if !found.is_exact() && targets.len() > 1 {
        targets.reverse();
        let other = taken_out(view, commit, base, &targets)?;
        if other.is_exact() {
            found = other;
        }
    }
    if !found.is_exact()
        && let [target] = &targets[..]
        && let Some(range) = range_around(view, commit, *parent, base, target)?
    {
        found = range;
    }
    for target in &targets {
        match target.kept {
            Some(kept) if target.commit.parents.len() > 1 => {
                add(&mut found.undone, &view.commits_between(&[target.commit.id], &[kept])?);
            }
            _ => add(&mut found.undone, &[target.commit.id]),
        }
    }
    Ok(Some(found))
}

impl Undoing {
    /// Whether the commit does nothing but undo.
    pub fn is_exact(&self) -> bool {
        self.beside.is_empty() && self.conflicts.is_empty()
    }
}

fn add(undone: &mut Vec<CommitId>, more: &[CommitId]) {
    for commit in more {
        if !undone.contains(commit) {
            undone.push(*commit);
        }
    }
}

/// A named commit, if it is there and an ancestor.
fn target(view: &Repository, parent: CommitId, named: &Named) -> Result<Option<Target>, UndoError> {
    // A short id that several commits share, or none, names nothing.
    let Ok(id) = view.resolve(&format!("{}^{{commit}}", named.id)) else {
        return Ok(None);
    };
    if !view.is_ancestor(id, parent)? {
        return Ok(None);
    }
    let commit = view.commit(id)?;
    let said = named.kept.as_ref().and_then(|kept| {
        let mut parents = commit.parents.iter();
        parents.find(|parent| parent.to_string().starts_with(kept.as_str()))
    });
    let kept = said.or(commit.parents.first()).copied();
    let before = match kept {
        Some(kept) => view.tree_of(kept)?,
        None => view.empty_tree(),
    };
    Ok(Some(Target { commit, kept, before }))
}

/// The parent's tree with every target taken out, held against the commit's.
fn taken_out(view: &Repository, commit: &Commit, base: TreeId, targets: &[Target]) -> Result<Undoing, UndoError> {
    let mut tree = base;
    let mut found = Undoing::default();
    for target in targets {
        match take_out(view, tree, target.commit.tree, target.before)? {
            Merge::Clean(without) => tree = without,
            Merge::Conflict { tree: without, paths } => {
                tree = without;
                found.conflicts.extend(paths);
            }
        }
    }
    let differing = view.diff(tree, commit.tree)?;
    found.beside = differing.paths().cloned().collect();
    found.beside.retain(|path| !found.conflicts.contains(path));
    found.joined = Some(tree);
    Ok(found)
}

/// A tree without the change from `before` to `after`.
pub fn take_out(view: &Repository, tree: TreeId, after: TreeId, before: TreeId) -> Result<Merge, UndoError> {
    if tree == after {
        return Ok(Merge::Clean(before));
    }
    Ok(view.join_in_view(after, tree, before)?)
}

/// Where in a tree the change of a landing is by now, with what it would be without it: files may have been renamed since,
/// and git follows them.
pub fn places(view: &Repository, tree: TreeId, landing: &Commit) -> Result<ChangeSet, UndoError> {
    let before = match landing.parents.first() {
        Some(parent) => view.tree_of(*parent)?,
        None => view.empty_tree(),
    };
    let (Merge::Clean(without) | Merge::Conflict { tree: without, .. }) = take_out(view, tree, landing.tree, before)?;
    let changes = view.diff(tree, without)?;
    let own = changes.iter().filter(|change| !change.path.is_harness());
    Ok(ChangeSet::new(own.cloned().collect()))
}

/// `git revert --no-commit A..B` makes one commit of a range and names its oldest: the range of which the commit is the
/// inverse, if there is one.
fn range_around(
    view: &Repository,
    commit: &Commit,
    parent: CommitId,
    base: TreeId,
    target: &Target,
) -> Result<Option<Undoing>, UndoError> {
    // Git takes the newest out first, and the oldest is what it names last: how far does the range go?
    let mut newest = parent;
    for _ in 0..MOST_IN_RANGE {
        if newest == target.commit.id {
            break;
        }
        let at = view.commit(newest)?;
        if is_clean(&take_out(view, base, at.tree, target.before)?, commit.tree) {
            let without: Vec<CommitId> = target.kept.into_iter().collect();
            return Ok(Some(Undoing {
                undone: view.commits_between(&[newest], &without)?,
                ..Undoing::default()
            }));
        }
        match at.parents.first() {
            Some(before) => newest = *before,
            None => break,
        }
    }
    Ok(None)
}

fn is_clean(merge: &Merge, tree: TreeId) -> bool {
    matches!(merge, Merge::Clean(without) if *without == tree)
}

/// What one landing changed, but for records.
pub fn change_of(view: &Repository, landing: &Commit) -> Result<ChangeSet, UndoError> {
    let before = match landing.parents.first() {
        Some(parent) => view.tree_of(*parent)?,
        None => view.empty_tree(),
    };
    let changes = view.diff(before, landing.tree)?;
    Ok(ChangeSet::new(
        changes
            .iter()
            .filter(|change| !change.path.is_harness())
            .cloned()
            .collect(),
    ))
}
