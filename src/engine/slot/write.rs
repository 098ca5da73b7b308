//! Writing what a copy has to hold: files, links, and the contents that lie elsewhere.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::oid::BlobId;
use crate::git::Repository;

use super::{SlotError, io_at};

/// What a copy has at a place.
pub enum Made<'a> {
    /// The folder of a submodule, whose files come by themselves.
    Folder,
    /// A link to this.
    Link(std::ffi::OsString),
    /// A file of these bytes.
    Bytes(Vec<u8>, u32),
    /// The bytes of another file.
    CopyOf(PathBuf, u32),
    /// A file of a blob's bytes, which nobody holds at once.
    Large(&'a Repository, BlobId, u32),
}

impl Made<'_> {
    /// Puts it where nothing is yet. Says what the system has of a file.
    pub(super) fn put(&self, place: &Path) -> io::Result<Option<Metadata>> {
        match self {
            Self::Folder => fs::create_dir_all(place).map(|()| None),
            Self::Link(target) => std::os::unix::fs::symlink(target, place).map(|()| None),
            Self::Bytes(bytes, mode) => {
                let mut file = create(place, *mode)?;
                file.write_all(bytes)?;
                finished(&file, *mode).map(Some)
            }
            Self::CopyOf(from, mode) => {
                let mut file = create(place, *mode)?;
                io::copy(&mut File::open(from)?, &mut file)?;
                // Older than any index that knows it: git would read it again, and without the filter take it for another
                // content.
                file.set_modified(file.metadata()?.modified()? - Duration::from_secs(10))?;
                finished(&file, *mode).map(Some)
            }
            Self::Large(git, blob, mode) => {
                let file = create(place, *mode)?;
                git.blob_into(*blob, file.try_clone()?).map_err(io::Error::other)?;
                finished(&file, *mode).map(Some)
            }
        }
    }
}

/// A new file. Nothing is there but, where a file system takes two names of a tree for one, the other file of that name.
fn create(place: &Path, mode: u32) -> io::Result<File> {
    let create = || OpenOptions::new().write(true).create_new(true).mode(mode).open(place);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !is_folder(place) => {
            fs::remove_file(place)?;
            create()
        }
        other => other,
    }
}

fn is_folder(place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok_and(|found| found.is_dir())
}

fn finished(file: &File, mode: u32) -> io::Result<Metadata> {
    let found = file.metadata()?;
    if found.permissions().mode() & 0o7777 == mode {
        return Ok(found);
    }
    // The user's mask took something away.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.metadata()
}

/// Writes what `next` gives for each number, and hands back what the system says of each file by its number. `next` has
/// made the folders of what it gives. One after the other: several threads took more time than they saved.
pub(super) fn all<'a>(
    count: usize,
    mut next: impl FnMut(usize) -> Result<(PathBuf, Made<'a>), SlotError>,
) -> Result<Vec<(usize, Metadata)>, SlotError> {
    let mut found = Vec::with_capacity(count);
    for number in 0..count {
        let (place, made) = next(number)?;
        let written = made.put(&place).map_err(io_at(&place))?;
        found.extend(written.map(|kind| (number, kind)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(number: usize) -> Made<'static> {
        match number % 100 {
            99 => Made::Link("target".into()),
            98 => Made::Bytes(vec![b'x'; 300 * 1024], 0o644),
            _ => Made::Bytes(number.to_string().into_bytes(), [0o644, 0o755][number % 2]),
        }
    }

    #[test]
    fn each_file_is_there_with_its_bytes_and_rights_however_many() {
        for count in [3, 600] {
            let dir = tempfile::tempdir().unwrap();
            let place = |number: usize| dir.path().join(number.to_string());
            let found = all(count, |number| Ok((place(number), made(number)))).unwrap();
            assert_eq!(found.len(), (0..count).filter(|number| number % 100 != 99).count());
            for (number, kind) in &found {
                let there = fs::symlink_metadata(place(*number)).unwrap();
                assert_eq!(there.modified().unwrap(), kind.modified().unwrap());
                assert_eq!(there.permissions().mode() & 0o7777, [0o644, 0o755][number % 2]);
            }
            assert_eq!(fs::read_link(place(99)).is_ok(), count > 99);
            assert_eq!(fs::read_to_string(place(2)).unwrap(), "2");
        }
    }

    #[test]
    fn a_link_is_not_written_through_and_where_nothing_can_be_written_nobody_waits_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let place = |number: usize| dir.path().join(number.to_string());
        fs::write(place(1), "theirs").unwrap();
        std::os::unix::fs::symlink(place(1), place(0)).unwrap();
        made(0).put(&place(0)).unwrap();
        assert_eq!(fs::read_to_string(place(1)).unwrap(), "theirs");
        fs::create_dir(place(5)).unwrap();
        let error = all(2000, |number| Ok((place(number), made(number)))).unwrap_err();
        assert!(error.to_string().contains("/5"), "{error}");
    }
}
