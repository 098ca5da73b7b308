//! Files that were not written to their end: a full disk or a kill stopped git in the midst of one, or the power went
//! before they reached the disk. Here they are kept from lasting; nothing that anybody else may have written is removed.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use crate::domain::change::{Change, ChangeSet};
use crate::fault::{self, Control, Point};
use crate::git::open::Repository;

use super::lock::IndexLock;
use super::way::{is_as_before, on_disk};
use super::{MoveError, io_at};

/// Where a write is cut short: on a full disk, by a kill, or as far as blocks had reached the disk.
const BLOCK: u64 = 512;
/// From here on, in files, the whole file system is synced at once, which is quicker than each by itself.
const MANY: usize = 200;
/// How long after it has taken the lock a move may still begin to write a file.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);
/// How long git is at one file, from making it to its last byte.
const WRITES_WITHIN: Duration = Duration::from_secs(1);

impl Repository {
    /// Takes away what git began to write under this lock and did not end, so that the move can write it again.
    ///
    /// A file of the user's stays: one that was there when the move began, however it was edited since, and a new one
    /// unless it is all of these, as no edit is: made within the move's time and not written to later, ended at a
    /// block's border, and the beginning of what landed. Not a byte is lost with it even then, since what takes its
    /// place begins with all of it.
    pub(super) fn remove_half_written(&self, lock: &IndexLock, changes: &ChangeSet) -> Result<(), MoveError> {
        let Some(begun) = lock.begun() else {
            return Ok(());
        };
        let mut halves = Vec::new();
        for change in changes {
            let file = on_disk(&lock.worktree.path, change.path.as_bytes());
            if self.is_half_of(&lock.worktree.path, &file, change, begun)? {
                halves.push((change, file));
            }
        }
        if halves.is_empty() {
            return Ok(());
        }
        // What the copy says may be ahead of the files already.
        let index = self.entries_before(lock)?;
        for (_, file) in halves.iter().filter(|(change, _)| is_as_before(&index, change)) {
            fs::remove_file(file).map_err(io_at(file))?;
        }
        Ok(())
    }

    fn is_half_of(&self, top: &Path, file: &Path, change: &Change, begun: SystemTime) -> Result<bool, MoveError> {
        let Some(entry) = change.new.filter(|entry| entry.mode.is_file()) else {
            return Ok(false);
        };
        if !is_file_itself(top, file).is_some_and(|found| is_cut_short(&found, begun)) {
            return Ok(false);
        }
        let whole = self.blob(entry.blob)?;
        let text = fs::read(file).map_err(io_at(file))?;
        let is_still = fs::symlink_metadata(file)
            .is_ok_and(|now| now.is_file() && now.len() == text.len() as u64 && is_cut_short(&now, begun));
        Ok(is_still && text.len() < whole.len() && whole.starts_with(&text))
    }
}

/// Makes durable what a move wrote, before the index says that it is there.
pub(super) fn sync_files(lock: &IndexLock, changes: &ChangeSet) -> Result<(), MoveError> {
    let top = &lock.worktree.path;
    fault::at(Point::WorktreeSync).map_err(io_at(top))?;
    if fault::skips(Control::SyncFiles) {
        return Ok(());
    }
    if changes.len() > MANY {
        let whole = File::open(top).and_then(|top| Ok(rustix::fs::syncfs(top)?));
        whole.map_err(io_at(top))?;
    } else {
        sync_each(top, changes)?;
    }
    fault::at(Point::WorktreeSynced).map_err(io_at(top))
}

fn sync_each(top: &Path, changes: &ChangeSet) -> Result<(), MoveError> {
    for change in changes
        .iter()
        .filter(|change| change.new.is_some_and(|entry| entry.mode.is_file()))
    {
        let file = on_disk(top, change.path.as_bytes());
        if is_file_itself(top, &file).is_some() {
            sync(&file).map_err(io_at(&file))?;
        }
    }
    Ok(())
}

fn sync(file: &Path) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(file);
    match opened.and_then(|file: File| file.sync_all()) {
        // The user's doing: it is gone, or nobody may read it.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => Ok(()),
        other => other,
    }
}

/// A regular file below a worktree with no link on the way to it.
fn is_file_itself(top: &Path, file: &Path) -> Option<Metadata> {
    let found = fs::symlink_metadata(file).ok().filter(Metadata::is_file)?;
    let mut folders = file.ancestors().skip(1).take_while(|folder| *folder != top);
    folders
        .all(|folder| fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir()))
        .then_some(found)
}

/// Whether a file was made by a move that began then, and cut short, as far as the file's own times and size tell.
fn is_cut_short(found: &Metadata, begun: SystemTime) -> bool {
    let (Ok(made), Ok(written)) = (found.created(), found.modified()) else {
        return false;
    };
    let made_within = made.duration_since(begun).is_ok_and(|after| after <= BEGINS_WITHIN);
    let written_within = written.duration_since(made).is_ok_and(|after| after <= WRITES_WITHIN);
    made_within && written_within && found.nlink() == 1 && found.len().is_multiple_of(BLOCK)
}

#[cfg(test)]
mod tests;
