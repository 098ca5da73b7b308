//! Closed folders: of what lies in them only what is named is seen, so that what is new there is not seen either.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::walls::Broken;
use super::{Closed, Confinement, mounts, sys};

/// What is seen of a closed folder: paths below it, none inside of another; links as links.
pub(super) fn seen(closed: &Closed, confinement: &Confinement) -> Vec<PathBuf> {
    let overlays = confinement.overlays.iter().map(|overlay| &overlay.tree);
    let named = overlays
        .chain(&confinement.writable)
        .chain(&confinement.shown)
        .filter(|path| path.starts_with(&closed.dir) && **path != closed.dir);
    let mut found: Vec<PathBuf> = named.filter(|path| path.exists()).cloned().collect();
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
        let at_the_top = path.parent() == Some(dir);
        let kind = fs::symlink_metadata(&path).map_err(failed)?;
        let what = match kind.is_symlink() && at_the_top {
            true => Kept::Link(fs::read_link(&path).map_err(failed)?),
            false => Kept::Tree(sys::open_tree(&path).map_err(failed)?),
        };
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
        match what {
            Kept::Link(target) => std::os::unix::fs::symlink(target, path).map_err(failed)?,
            Kept::Tree(tree) => mounts::put_back(path, tree).map_err(failed)?,
        }
    }
    Ok(())
}

enum Kept {
    Link(PathBuf),
    Tree(OwnedFd),
}
