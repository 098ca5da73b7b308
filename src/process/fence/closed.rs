//! Closed folders: of what lies in them only what is named is seen, so that what is new there is not seen either.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::walls::Broken;
use super::{Closed, Confinement, sys};

/// What is seen of a closed folder: paths below it, none inside of another; links as links. All paths are real ones.
pub(super) fn seen(closed: &Closed, confinement: &Confinement) -> Vec<PathBuf> {
    let overlays = confinement.overlays.iter().map(|overlay| &overlay.tree);
    let named = overlays
        .chain(&confinement.writable)
        .chain(&confinement.shown)
        .filter(|path| path.starts_with(&closed.dir) && **path != closed.dir);
    let is_there = |path: &&PathBuf| fs::symlink_metadata(path).is_ok();
    let mut found: Vec<PathBuf> = named.filter(is_there).cloned().collect();
    if closed.dots_only {
        found.extend(undotted(&closed.dir));
    }
    found.sort();
    let mut outermost: Vec<PathBuf> = Vec::new();
    for path in found {
        // Sorted by parts, what lies in a folder stands behind it.
        if !outermost.last().is_some_and(|last| path.starts_with(last)) {
            outermost.push(path);
        }
    }
    outermost
}

/// The folders at the top whose names do not begin with a dot, and links to folders. Loose files are not among them: a
/// build needs none, and whoever downloads a key leaves it there.
fn undotted(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| !entry.file_name().as_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// Covers a closed folder by an empty one in which only that stands which is seen.
pub(super) fn close(closed: &Closed, confinement: &Confinement) -> Result<(), Broken> {
    let dir = &closed.dir;
    let failed = |error: io::Error| format!("closing {}: {error}", dir.display());
    let mut kept: Vec<(PathBuf, Kept)> = Vec::new();
    for path in seen(closed, confinement) {
        let what = Kept::take(&path).map_err(failed)?;
        kept.push((path, what));
    }
    sys::mount(
        "tmpfs",
        dir,
        "tmpfs",
        libc::MS_NOSUID | libc::MS_NODEV,
        b"mode=755,size=1m",
    )
    .map_err(failed)?;
    for (path, what) in &kept {
        what.put(path).map_err(failed)?;
    }
    Ok(())
}

/// What is about to be covered, and put back.
pub(super) enum Kept {
    /// A link, as it is: where it leads is seen or not.
    Link(PathBuf),
    /// A folder or file, with all that is mounted below it.
    Tree(OwnedFd),
}

impl Kept {
    /// What lies at a place.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path)?.is_symlink() {
            true => fs::read_link(path).map(Self::Link),
            false => sys::open_tree(path).map(Self::Tree),
        }
    }

    /// Puts it at a place, in folders that are made for it where there are none.
    pub(super) fn put(&self, path: &Path) -> io::Result<()> {
        let is_there = fs::symlink_metadata(path).is_ok();
        if !is_there && let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match self {
            // It came back with the folder around it.
            Self::Link(_) if is_there => Ok(()),
            Self::Link(target) => std::os::unix::fs::symlink(target, path),
            Self::Tree(tree) if is_there => sys::move_mount(tree, path),
            Self::Tree(tree) => {
                // A mount needs a place of its own kind; a file is told by trying the folder first.
                fs::create_dir(path)?;
                if sys::move_mount(tree, path).is_ok() {
                    return Ok(());
                }
                fs::remove_dir(path)?;
                fs::write(path, "")?;
                sys::move_mount(tree, path)
            }
        }
    }
}
