//! Removing what a program left, whatever it is: folders as deep as the disk holds, closed to their owner, in any number.
//!
//! Few folders are open at a time, and no path is longer than a name: what lies deeper is moved to the top of what is
//! removed, and its turn comes there. Each folder is moved at most once, so that the work is no more than there are entries.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// So many folders are open below each other; two descriptors are needed for each.
const MOST_OPEN: usize = 12;

/// How often a folder in which something is found again is emptied anew. Who removes it has seen to it that nobody works
/// there.
const TRIES: usize = 20;

/// Removes a file or a folder with everything in it; no link is followed. Ends early, with an error of the kind
/// `Interrupted`, when `stop` says so.
///
/// # Errors
/// What the system says, also where there is nothing.
pub fn remove(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?;
    if !kind.is_dir() {
        return fs::remove_file(path);
    }
    // Where its owner may not do that either, what follows says so.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
    let top = rustix::fs::open(path, FOLDER, Mode::empty())?;
    let mut removal = Removal {
        top: &top,
        moved: 0,
        stop,
    };
    let mut tries = 0;
    loop {
        let before = removal.moved;
        removal.empty(&top, 1)?;
        match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && tries < TRIES => {}
            done => return done,
        }
        // What was moved here is still to be removed, which is no surprise.
        tries = match removal.moved > before {
            true => 0,
            false => tries + 1,
        };
    }
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

struct Removal<'a> {
    top: &'a OwnedFd,
    /// Folders that were moved to the top.
    moved: u64,
    stop: &'a dyn Fn() -> bool,
}

impl Removal<'_> {
    fn empty(&mut self, dir: &OwnedFd, depth: usize) -> io::Result<()> {
        for entry in Dir::read_from(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if (self.stop)() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let is_folder = match entry.file_type() {
                FileType::Unknown => {
                    let found = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    FileType::from_raw_mode(found.st_mode) == FileType::Directory
                }
                kind => kind == FileType::Directory,
            };
            match is_folder {
                false => rustix::fs::unlinkat(dir, name, AtFlags::empty())?,
                true if depth < MOST_OPEN => self.remove_folder(dir, name, depth)?,
                true => self.move_up(dir, name)?,
            }
        }
        Ok(())
    }

    fn remove_folder(&mut self, dir: &OwnedFd, name: &CStr, depth: usize) -> io::Result<()> {
        let folder = open(dir, name)?;
        let mut tries = 0;
        loop {
            self.empty(&folder, depth + 1)?;
            match rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR) {
                Err(Errno::NOTEMPTY) if tries < TRIES => tries += 1,
                done => return Ok(done?),
            }
        }
    }

    fn move_up(&mut self, dir: &OwnedFd, name: &CStr) -> io::Result<()> {
        let mut is_open = false;
        loop {
            let place = format!(".moved-{}", self.moved);
            self.moved += 1;
            match rustix::fs::renameat(dir, name, self.top, &place) {
                // The name is in use for something else.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                // What may not be written may not be moved.
                Err(Errno::ACCESS) if !is_open => {
                    open_to_owner(dir, name)?;
                    is_open = true;
                }
                done => return Ok(done?),
            }
        }
    }
}

/// Opens a folder that is to be emptied.
fn open(dir: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    let folder = match rustix::fs::openat(dir, name, FOLDER, Mode::empty()) {
        Err(Errno::ACCESS) => {
            open_to_owner(dir, name)?;
            rustix::fs::openat(dir, name, FOLDER, Mode::empty())?
        }
        opened => opened?,
    };
    let mode = rustix::fs::fstat(&folder)?.st_mode;
    if mode & 0o700 != 0o700 {
        rustix::fs::fchmod(folder.as_fd(), Mode::RWXU)?;
    }
    Ok(folder)
}

fn open_to_owner(dir: &OwnedFd, name: &CStr) -> io::Result<()> {
    Ok(rustix::fs::chmodat(dir, name, Mode::RWXU, AtFlags::empty())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Makes folders below each other, far deeper than a path may be long, with something in each.
    fn deep(top: &Path, levels: usize, mode: Mode) {
        let mut folder = rustix::fs::open(top, FOLDER, Mode::empty()).unwrap();
        for _ in 0..levels {
            rustix::fs::mkdirat(&folder, "d", Mode::RWXU).unwrap();
            let next = rustix::fs::openat(&folder, "d", FOLDER, Mode::empty()).unwrap();
            rustix::fs::symlinkat("/etc", &next, "link").unwrap();
            rustix::fs::fchmod(&folder, mode).unwrap();
            folder = next;
        }
    }

    fn removed(path: &Path) -> bool {
        remove(path, &|| false).unwrap();
        fs::symlink_metadata(path).is_err()
    }

    #[test]
    fn a_folder_of_any_depth_goes_with_few_descriptors() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        for mode in [Mode::RWXU, Mode::empty()] {
            fs::create_dir(&top).unwrap();
            // A name that is in use for something else.
            fs::write(top.join(".moved-0"), "x").unwrap();
            fs::create_dir_all(top.join(".moved-1/full")).unwrap();
            deep(&top, 5000, mode);
            assert!(removed(&top), "{mode:?}");
        }
    }

    #[test]
    fn links_are_not_followed_and_files_go() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("kept/in")).unwrap();
        fs::create_dir_all(at("top/a/b")).unwrap();
        symlink(at("kept"), at("top/a/link")).unwrap();
        symlink(at("kept"), at("link")).unwrap();
        fs::write(at("top/a/b/file"), "x").unwrap();
        fs::set_permissions(at("top/a/b"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(at("top/a"), fs::Permissions::from_mode(0o500)).unwrap();
        assert!(removed(&at("top")) && removed(&at("link")));
        assert!(at("kept/in").is_dir());
        let error = remove(&at("none"), &|| false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_stop_by_the_user_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        deep(dir.path(), 50, Mode::RWXU);
        let error = remove(dir.path(), &|| true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        assert!(dir.path().join("d").exists());
    }
}
