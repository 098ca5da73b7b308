//! A Builder's view: a slot that equals a tree, with a small repository of its own so that agent programs feel at
//! home.
//!
//! The repository in the view borrows our objects read-only, has the tags, one branch at the base, no remote and no hooks
//! (`git/lent.rs`). Whatever the Builder does to it is thrown away; nothing is ever read back from it.

use std::path::PathBuf;

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::scope::cone::Cone;
use crate::domain::scope::ignored::Ignored;
use crate::git::{Lent, Repository, WriteError};

use super::slot::{Keep, LendError, Slot, SlotError, Watcher};

/// Why a view could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The slot could not be filled.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The view's own repository could not be written.
    #[error(transparent)]
    Lend(#[from] LendError),
    /// What the view is to hold could not be told.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Fills a slot for a Builder: the files of `start`, in a repository whose branch stands at `base`.
pub fn prepare(
    slot: &mut Slot,
    git: &Repository,
    base: CommitId,
    start: TreeId,
    cone: &Cone,
    ignored: &Ignored,
    watcher: &Watcher,
) -> Result<PathBuf, ViewError> {
    slot.fill(git, held(git, start, cone)?, ignored, Keep::IgnoredFiles, watcher)?;
    let lent = Lent {
        base: Some(base),
        tree: git.tree_of(base).map_err(SlotError::from)?,
        cone,
        governed: true,
    };
    slot.lend(git, &lent)?;
    Ok(slot.tree())
}

/// What a view holds of a tree: all of it, or of a large repository its cone.
pub fn held(git: &Repository, tree: TreeId, cone: &Cone) -> Result<TreeId, WriteError> {
    match cone.is_whole() {
        true => Ok(tree),
        false => git.narrowed(tree, cone),
    }
}
