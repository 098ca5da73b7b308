//! What an overlay's upper layer says, put into the folder below it.
//!
//! Done when nothing runs there any more. Nothing is opened and no link is followed: entries are moved, and where
//! something else stands in their place it is removed first.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::fault::{self, Point};

use super::Overlay;

/// Why an upper layer could not be put into place.
#[derive(Debug, thiserror::Error)]
#[error("cannot take over {path}: {source}")]
pub struct UpperError {
    path: PathBuf,
    source: io::Error,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> UpperError + '_ {
    move |source| UpperError {
        path: path.to_owned(),
        source,
    }
}

/// The most places that are listed one by one.
const MOST_TOUCHED: usize = 10_000;

/// Where a folder may not be any more what it was: each place with everything below it, as bytes of a path below the top.
/// Noted by whoever moves things there, so that no layer's own word is taken for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    places: Vec<Vec<u8>>,
    too_many: bool,
}

impl Touched {
    fn add(&mut self, place: Vec<u8>) {
        match self.places.len() < MOST_TOUCHED {
            true => self.places.push(place),
            false => self.too_many = true,
        }
    }

    /// The places, unless they were too many to list.
    pub fn places(&self) -> Option<&[Vec<u8>]> {
        (!self.too_many).then_some(&self.places)
    }
}

/// Makes the tree what a program saw through the overlay, and leaves the upper layer empty. Says where the tree may be
/// another now.
pub fn merge(overlay: &Overlay) -> Result<Touched, UpperError> {
    let beneath: Vec<PathBuf> = overlay
        .lower
        .iter()
        .filter(|top| **top != overlay.tree)
        .cloned()
        .collect();
    let beneath = (!overlay.lower.is_empty()).then_some(beneath);
    let mut touched = Touched::default();
    merge_folder(&overlay.upper, &overlay.tree, beneath.as_deref(), b"", &mut touched)?;
    Ok(touched)
}

/// `beneath` is what else the program saw in this place, below the tree; `None` where that is not known.
fn merge_folder(
    upper: &Path,
    lower: &Path,
    beneath: Option<&[PathBuf]>,
    folder: &[u8],
    touched: &mut Touched,
) -> Result<(), UpperError> {
    open_up(upper);
    open_up(lower);
    for found in fs::read_dir(upper).map_err(at(upper))? {
        let from = found.map_err(at(upper))?.path();
        let Some(name) = from.file_name() else { continue };
        let to = lower.join(name);
        let kind = fs::symlink_metadata(&from).map_err(at(&from))?;
        let place = below(folder, name);
        fault::at(Point::SlotMove).map_err(at(&from))?;
        if is_whiteout(&kind) {
            touched.add(place);
            remove(&to)?;
            fs::remove_file(&from).map_err(at(&from))?;
        } else if kind.is_dir() {
            let beneath: Option<Vec<PathBuf>> = beneath.map(|tops| {
                tops.iter()
                    .map(|top| top.join(name))
                    .filter(|dir| is_there(dir))
                    .collect()
            });
            // A folder is new where nothing lies below it, and goes as a whole: it may hold any number of files.
            let is_new = beneath.as_ref().is_some_and(Vec::is_empty) && !is_there(&to);
            if is_new || is_opaque(&from) {
                touched.add(place);
                remove(&to)?;
                // A folder that may not be written cannot be moved either, nor be read later on.
                open_all(&from);
                // Nothing lies below it any more, so it holds no deletions, only its own mark.
                let _ = rustix::fs::lremovexattr(&from, "user.overlay.opaque");
                fs::rename(&from, &to).map_err(at(&from))?;
            } else {
                // What lies in a further layer is changed here, and may be deleted: it is no part of the tree.
                if !fs::symlink_metadata(&to).is_ok_and(|below| below.is_dir()) {
                    touched.add(place.clone());
                    remove(&to)?;
                    fs::create_dir(&to).map_err(at(&to))?;
                }
                merge_folder(&from, &to, beneath.as_deref(), &place, touched)?;
                // What a program closed to its owner stays open for whoever looks at it next.
                let mode = fs::Permissions::from_mode(kind.mode() & 0o7777 | 0o700);
                fs::set_permissions(&to, mode).map_err(at(&to))?;
                fs::remove_dir(&from).map_err(at(&from))?;
            }
        } else {
            touched.add(place);
            remove(&to)?;
            fs::rename(&from, &to).map_err(at(&from))?;
        }
    }
    Ok(())
}

/// The path of a name in a folder, which is empty at the top.
fn below(folder: &[u8], name: &OsStr) -> Vec<u8> {
    match folder.is_empty() {
        true => name.as_bytes().to_vec(),
        false => [folder, b"/", name.as_bytes()].concat(),
    }
}

/// Notes in an upper layer that there is nothing of this name, whatever lies below.
///
/// # Errors
/// What the system says.
pub fn white_out(path: &Path) -> io::Result<()> {
    let kind = rustix::fs::FileType::CharacterDevice;
    rustix::fs::mknodat(rustix::fs::CWD, path, kind, rustix::fs::Mode::empty(), 0)?;
    Ok(())
}

/// Takes out of an upper layer what it says of files and folders that the tree below it has by `known`: what is left was
/// not there before. Names are paths below the top.
pub fn leave_new(upper: &Path, folder: &[u8], known: &impl Fn(&[u8]) -> Known) -> Result<(), UpperError> {
    open_up(upper);
    for found in fs::read_dir(upper).map_err(at(upper))? {
        let from = found.map_err(at(upper))?.path();
        let Some(name) = from.file_name() else { continue };
        let name = match folder.is_empty() {
            true => name.as_bytes().to_vec(),
            false => [folder, b"/", name.as_bytes()].concat(),
        };
        let kind = fs::symlink_metadata(&from).map_err(at(&from))?;
        match known(&name) {
            Known::No => {}
            // What was there before besides the tree's own is gone with the folder.
            Known::Folder if is_whiteout(&kind) => {}
            Known::Folder if kind.is_dir() => {
                leave_new(&from, &name, known)?;
                // It goes where nothing is left in it, unless it stands for what is gone.
                if !is_opaque(&from) {
                    let _ = fs::remove_dir(&from);
                }
            }
            Known::Folder | Known::File => remove(&from)?,
        }
    }
    Ok(())
}

/// Whether an upper layer hides all that lies below it at a path: the path, or a folder on the way to it, was removed or
/// made anew.
pub fn hides(upper: &Path, path: &Path) -> bool {
    let mut place = upper.to_owned();
    path.iter().any(|part| {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(kind) if kind.is_dir() => is_opaque(&place),
            Ok(_) => true,
            Err(_) => false,
        }
    })
}

/// What the tree below an upper layer has of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    No,
    /// A file, a link, or what is never taken.
    File,
    /// A folder.
    Folder,
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A deletion, as overlayfs writes it down: a device that does not exist.
fn is_whiteout(kind: &fs::Metadata) -> bool {
    kind.file_type().is_char_device() && kind.rdev() == 0
}

/// A folder that hides everything below it.
fn is_opaque(dir: &Path) -> bool {
    let mut value = [0; 8];
    let found = rustix::fs::lgetxattr(dir, "user.overlay.opaque", &mut value[..]);
    found.is_ok_and(|length| value[..length].starts_with(b"y") || value[..length].starts_with(b"x"))
}

/// A folder that a program closed to its owner is opened again; where that fails, what is done in it says so.
fn open_up(dir: &Path) {
    let mode = fs::symlink_metadata(dir).map_or(0o700, |found| found.mode());
    if mode & 0o700 != 0o700 {
        let _ = fs::set_permissions(dir, fs::Permissions::from_mode(mode & 0o7777 | 0o700));
    }
}

/// The same for everything below a folder.
fn open_all(dir: &Path) {
    open_up(dir);
    for found in fs::read_dir(dir).into_iter().flatten().flatten() {
        if found.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_all(&found.path());
        }
    }
}

fn remove(path: &Path) -> Result<(), UpperError> {
    match crate::process::remove(path, &|| false) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers() -> (tempfile::TempDir, Overlay) {
        let dir = tempfile::tempdir().unwrap();
        let overlay = Overlay {
            tree: dir.path().join("tree"),
            lower: Vec::new(),
            upper: dir.path().join("upper"),
            work: dir.path().join("work"),
        };
        for path in [&overlay.tree, &overlay.upper, &overlay.work] {
            fs::create_dir(path).unwrap();
        }
        (dir, overlay)
    }

    #[test]
    fn new_changed_and_replaced_entries_take_their_places() {
        let (_dir, overlay) = layers();
        for (path, text) in [
            ("tree/keep", "k"),
            ("tree/old", "o"),
            ("tree/d/in", "i"),
            ("tree/f", "file"),
        ] {
            let path = overlay.tree.parent().unwrap().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::write(overlay.upper.join("old"), "new").unwrap();
        fs::create_dir(overlay.upper.join("f")).unwrap();
        fs::write(overlay.upper.join("f/now"), "a folder").unwrap();
        std::os::unix::fs::symlink("/etc", overlay.upper.join("d")).unwrap();
        merge(&overlay).unwrap();
        assert_eq!(fs::read_to_string(overlay.tree.join("keep")).unwrap(), "k");
        assert_eq!(fs::read_to_string(overlay.tree.join("old")).unwrap(), "new");
        assert_eq!(fs::read_to_string(overlay.tree.join("f/now")).unwrap(), "a folder");
        assert_eq!(
            fs::read_link(overlay.tree.join("d")).unwrap(),
            Path::new("/etc"),
            "a link is moved, not followed"
        );
        assert_eq!(fs::read_dir(&overlay.upper).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_new_everywhere_goes_as_a_whole_and_any_other_one_entry_by_entry() {
        let (dir, mut overlay) = layers();
        let beneath = dir.path().join("beneath");
        overlay.lower = vec![overlay.tree.clone(), beneath.clone()];
        fs::create_dir_all(beneath.join("known")).unwrap();
        fs::write(beneath.join("known/old"), "o").unwrap();
        let inode = |path: &Path| fs::symlink_metadata(path).unwrap().ino();
        for name in ["known", "new"] {
            fs::create_dir(overlay.upper.join(name)).unwrap();
            fs::write(overlay.upper.join(name).join("file"), name).unwrap();
        }
        // Folders that a program closed to its owner go, too.
        fs::create_dir(overlay.upper.join("new/closed")).unwrap();
        fs::set_permissions(overlay.upper.join("new/closed"), fs::Permissions::from_mode(0o500)).unwrap();
        let before = inode(&overlay.upper.join("new"));
        merge(&overlay).unwrap();
        assert_eq!(inode(&overlay.tree.join("new")), before, "moved, whatever it holds");
        assert_eq!(fs::read_to_string(overlay.tree.join("known/file")).unwrap(), "known");
        assert!(
            !overlay.tree.join("known/old").exists(),
            "what lies beneath is no part of the tree"
        );
        let mode = fs::symlink_metadata(overlay.tree.join("new/closed")).unwrap().mode();
        assert_eq!(mode & 0o700, 0o700);
        assert_eq!(fs::read_dir(&overlay.upper).unwrap().count(), 0);
    }
}
