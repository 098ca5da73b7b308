//! The folder for temporary files, by a short path: sockets of browsers, databases and terminals lie in it, and an address
//! has room for 108 bytes.

use std::cell::OnceCell;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::domain::check::FenceTier;
use crate::domain::oid::Digest;
use crate::process::fence::Bound;

use super::{Slot, SlotError, remove};

/// The longest path that leaves room for the names that programs put behind it.
const LONGEST: usize = 40;

/// Where the folder is seen inside the overlay, in its fresh `/tmp`.
const INSIDE: &str = "/tmp/harness";

/// Where a program finds room for its temporary files.
#[derive(Debug)]
pub enum Temporary {
    /// In the slot, by a second name that only the inside has.
    Bound(PathBuf),
    /// In this folder.
    Real(PathBuf),
}

impl Temporary {
    /// The shortest way in a tier. `shown` is what has to be seen inside; `own` is what the user has for the purpose.
    pub fn of(tier: FenceTier, slot: &Slot, shown: &[PathBuf], own: Option<PathBuf>) -> Result<Self, SlotError> {
        if tier == FenceTier::Overlay && Path::new("/tmp").is_dir() {
            let is_free = |place: &PathBuf| {
                let leads_there = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(place));
                let taken = |path: &PathBuf| path.starts_with(place) || leads_there(path);
                !shown.iter().any(taken) && !slot.tmp().starts_with(place)
            };
            let mut places = (0..9).map(|number| match number {
                0 => PathBuf::from(INSIDE),
                number => PathBuf::from(format!("{INSIDE}-{number}")),
            });
            if let Some(place) = places.find(is_free) {
                return Ok(Self::Bound(place));
            }
        }
        slot.short_tmp(own).map(Self::Real)
    }

    /// What programs inside call it.
    pub fn place(&self) -> &Path {
        match self {
            Self::Bound(place) | Self::Real(place) => place,
        }
    }

    /// What the fence lets be written for it. The slot's own folder holds what is left for programs to read.
    pub fn writable(&self, slot: &Slot) -> Vec<PathBuf> {
        let mut folders = vec![slot.tmp()];
        folders.extend(match self {
            Self::Real(place) if *place != slot.tmp() => Some(place.clone()),
            _ => None,
        });
        folders
    }

    /// What the fence shows a second time.
    pub fn bound(&self, slot: &Slot) -> Vec<Bound> {
        match self {
            Self::Bound(place) => vec![Bound {
                folder: slot.tmp(),
                at: place.clone(),
            }],
            Self::Real(_) => Vec::new(),
        }
    }
}

impl Slot {
    /// A folder of this slot's with a short path: its own, or one beside other programs' temporary files that is removed
    /// with the last use of the slot.
    fn short_tmp(&self, own: Option<PathBuf>) -> Result<PathBuf, SlotError> {
        if let Some(made) = self.short.get() {
            return Ok(made.clone());
        }
        let slots = self.tmp();
        if slots.as_os_str().len() <= LONGEST {
            return Ok(slots);
        }
        // The same one again after a kill, so that what is left there is found and removed.
        let digest = Digest::of_fields([slots.as_os_str().as_bytes()]).to_string();
        let name = format!("gh-{}", digest.chars().take(12).collect::<String>());
        let places = own.into_iter().chain(["/tmp", "/var/tmp"].map(PathBuf::from));
        for dir in places.map(|place| place.join(&name)) {
            if dir.as_os_str().len() <= LONGEST && dir.is_absolute() && make(&dir).is_ok() {
                return Ok(self.short.get_or_init(|| dir).clone());
            }
        }
        // Longer, but there: most programs put no socket into it.
        Ok(slots)
    }

    /// Removes everything from the short folder.
    pub(super) fn clear_short_tmp(&self) -> Result<(), SlotError> {
        match self.short.get() {
            Some(dir) => empty(dir),
            None => Ok(()),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(dir) = self.short.get() {
            // What cannot be removed now is with the next use.
            let _ = remove(dir);
        }
    }
}

/// The place of the short folder, once it is made.
pub(super) type Short = OnceCell<PathBuf>;

/// Makes a folder that is nobody else's, and empty.
fn make(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {}
    }
    // In a folder that everybody writes, somebody else may have been here first.
    let found = fs::symlink_metadata(dir)?;
    let is_ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0;
    if !is_ours {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    empty(dir).map_err(io::Error::other)
}

fn empty(dir: &Path) -> Result<(), SlotError> {
    for found in fs::read_dir(dir).map_err(super::io_at(dir))? {
        remove(&found.map_err(super::io_at(dir))?.path())?;
    }
    Ok(())
}
