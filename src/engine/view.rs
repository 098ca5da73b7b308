//! A Builder's view: a slot that equals a tree, with a small repository of its own so that agent programs feel at
//! home.
//!
//! The repository in the view borrows our objects read-only, has one branch at the base, no remote and no hooks.
//! Whatever the Builder does to it is thrown away; nothing is ever read back from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::scope::cone::Cone;
use crate::domain::scope::ignored::Ignored;
use crate::fault::{self, Point};
use crate::git::{Repository, WriteError};

use super::slot::{Keep, Slot, SlotError};

/// Why a view could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The slot could not be filled.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The view's own repository could not be written.
    #[error("cannot make the view's repository {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its index could not be written.
    #[error(transparent)]
    Index(#[from] WriteError),
}

/// Fills a slot for a Builder: the files of `start`, in a repository whose branch stands at `base`.
pub fn prepare(
    slot: &mut Slot,
    git: &Repository,
    base: CommitId,
    start: TreeId,
    cone: &Cone,
    ignored: &Ignored,
) -> Result<PathBuf, ViewError> {
    slot.fill(git, held(git, start, cone)?, ignored, Keep::IgnoredFiles)?;
    let top = slot.tree();
    let dir = top.join(".git");
    let failed = |source| ViewError::Io {
        path: dir.clone(),
        source,
    };
    fault::at(Point::ViewWrite).map_err(failed)?;
    write_repository(&dir, &git.common_dir().join("objects"), base).map_err(failed)?;
    fault::at(Point::ViewWritten).map_err(failed)?;
    let index = dir.join("index");
    git.write_index(git.tree_of(base).map_err(SlotError::from)?, &index)?;
    if !cone.is_whole() {
        git.leave_out(&index, cone)?;
    }
    Ok(top)
}

/// What a view holds of a tree: all of it, or of a large repository its cone.
pub fn held(git: &Repository, tree: TreeId, cone: &Cone) -> Result<TreeId, WriteError> {
    match cone.is_whole() {
        true => Ok(tree),
        false => git.narrowed(tree, cone),
    }
}

fn write_repository(dir: &Path, objects: &Path, base: CommitId) -> io::Result<()> {
    for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
        fs::create_dir_all(dir.join(folder))?;
    }
    let objects = fs::canonicalize(objects)?;
    fs::write(dir.join("HEAD"), "ref: refs/heads/work\n")?;
    fs::write(
        dir.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = false\n",
    )?;
    fs::write(dir.join("objects/info/alternates"), format!("{}\n", objects.display()))?;
    fs::write(dir.join("refs/heads/work"), format!("{base}\n"))
}
