//! What lies in a slot beside the tree: what set-up made, and the build output of accepted work that stays warm.
//!
//! Both are made of what a run left that the tree does not have: a file of the tree is never taken from here, whoever
//! changed it. Where there is no overlay they are copied into the tree's folder before each run.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::domain::change::{Entry, FileMode};
use crate::domain::path::RepoPath;
use crate::fault::{self, Point};
use crate::process::fence::{self, Known, Overlay};

use super::{Run, Slot, SlotError, holds_any, io_at, on_disk, remove};

/// The files of a tree, by which what is new is told from what it has.
pub type Files = BTreeMap<RepoPath, Entry>;

impl Slot {
    /// Whether the set-up of this digest was done here already.
    pub fn is_set_up(&self, digest: &str) -> bool {
        self.memory.products.as_deref() == Some(digest)
    }

    /// What set-up made, if it made anything.
    pub fn products(&self) -> Option<PathBuf> {
        let dir = self.set_up_dir().join("tree");
        (self.memory.products.is_some() && dir.is_dir()).then_some(dir)
    }

    /// Takes away what the last set-up made.
    pub fn clear_products(&mut self) -> Result<(), SlotError> {
        self.memory.products = None;
        self.remember()?;
        remove_if_there(&self.set_up_dir())
    }

    /// What a run of set-up left that the tree does not have becomes what is found below it. Until all of it is there, the
    /// slot says that nothing is, so that neither a kill nor a power cut leaves a mixture for later checks to build on.
    pub fn keep_products(&mut self, run: &Run, files: &Files, digest: &str) -> Result<(), SlotError> {
        self.clear_products()?;
        let dir = self.set_up_dir();
        if !run.is_layered() {
            take_new(&run.written(Path::new("")), &run.upper(), b"", files)?;
            // It may have written to the tree's own files, too.
            self.memory.equals = None;
            self.remember()?;
        }
        let known = |name: &[u8]| known(files, name);
        fence::leave_new(&run.upper(), b"", &known).map_err(taking(&dir))?;
        self.merge_into(&dir.join("tree"), &run.upper())?;
        for cache in fs::read_dir(run.caches()).into_iter().flatten() {
            let cache = cache.map_err(io_at(&dir))?;
            let upper = cache.path().join("upper");
            // Most set-up commands leave most caches alone.
            if fs::read_dir(&upper).map_err(io_at(&upper))?.next().is_some() {
                let fetched = self.fetched();
                fs::create_dir_all(&fetched).map_err(io_at(&fetched))?;
                let place = fetched.join(cache.file_name());
                // It stays a layer over the cache, so what it says of deletions stays, too.
                fs::rename(&upper, &place).map_err(io_at(&place))?;
            }
        }
        self.drop_run(run)?;
        self.sync()?;
        self.memory.products = Some(digest.to_owned());
        self.remember()
    }

    /// What stays warm of accepted work, if there is any: only folders that are named now are found there.
    pub fn warm(&mut self, keep: &[RepoPath]) -> Result<Option<PathBuf>, SlotError> {
        let dir = self.warm_dir();
        let names = names(keep);
        if self.memory.kept.as_ref() != Some(&names) {
            remove_if_there(&dir)?;
        }
        let mut any = false;
        for folder in keep {
            any = any || is_real_folder(&dir, folder);
        }
        Ok(any.then_some(dir))
    }

    /// Puts aside what a passing run left in the folders that stay warm, until its change is accepted.
    pub fn put_aside(&self, run: &Run, keep: &[RepoPath]) -> Result<(), SlotError> {
        if run.is_layered() {
            return Ok(());
        }
        for folder in keep {
            if !is_real_folder(&self.tree(), folder) {
                continue;
            }
            let to = on_disk(&run.upper(), folder);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(io_at(parent))?;
            }
            fs::rename(on_disk(&self.tree(), folder), &to).map_err(io_at(&to))?;
        }
        Ok(())
    }

    /// The change whose checks these runs were was accepted: what they left in the folders that are named stays warm, one
    /// run's after the other's, and nothing else does.
    pub fn keep_warm(&mut self, runs: &[Run], keep: &[RepoPath], files: &Files) -> Result<(), SlotError> {
        let dir = self.warm_dir();
        let ran: Vec<(&Run, &RepoPath)> = runs
            .iter()
            .flat_map(|run| keep.iter().map(move |folder| (run, folder)))
            .collect();
        let mut gone = Vec::new();
        for (run, folder) in ran.iter().filter(|(run, _)| run.found(&dir)) {
            taken_away(run, &dir, folder, &mut gone)?;
        }
        let left: Vec<_> = ran
            .into_iter()
            .filter(|(run, folder)| is_real_folder(&run.upper(), folder))
            .collect();
        if left.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let is_other = self.memory.kept.as_ref() != Some(&names(keep));
        self.memory.kept = None;
        self.remember()?;
        if is_other {
            remove_if_there(&dir)?;
        }
        // First what a run took away, then what each one brought: one's may be what another made anew.
        for path in gone {
            remove_if_there(&path)?;
        }
        for (run, folder) in left {
            let (from, to) = (on_disk(&run.upper(), folder), on_disk(&dir, folder));
            let known = |name: &[u8]| known(files, name);
            fence::leave_new(&from, folder.as_bytes(), &known).map_err(taking(&to))?;
            self.merge_into(&to, &from)?;
        }
        self.sync()?;
        self.memory.kept = Some(names(keep));
        self.remember()
    }

    /// Copies what is found below the tree into its folder, where there is no overlay to show it. What the tree has stays.
    pub(super) fn copy_in(&self, beneath: &[PathBuf]) -> Result<(), SlotError> {
        for layer in beneath {
            copy_missing(layer, &self.tree())?;
        }
        Ok(())
    }

    fn merge_into(&self, tree: &Path, upper: &Path) -> Result<(), SlotError> {
        fs::create_dir_all(tree).map_err(io_at(tree))?;
        fault::at(Point::SlotMerge).map_err(io_at(tree))?;
        let overlay = Overlay {
            tree: tree.to_owned(),
            lower: Vec::new(),
            upper: upper.to_owned(),
            work: PathBuf::new(),
        };
        let _touched = fence::merge(&overlay).map_err(taking(tree))?;
        fault::at(Point::SlotMerged).map_err(io_at(tree))
    }

    fn set_up_dir(&self) -> PathBuf {
        self.dir.join("setup")
    }

    /// What set-up put into the caches of well-known tools.
    pub(super) fn fetched(&self) -> PathBuf {
        self.set_up_dir().join("caches")
    }

    fn warm_dir(&self) -> PathBuf {
        self.dir.join("warm")
    }
}

fn taking(path: &Path) -> impl FnOnce(fence::UpperError) -> SlotError + '_ {
    move |error| io_at(path)(io::Error::other(error))
}

fn names(keep: &[RepoPath]) -> Vec<String> {
    keep.iter().map(|folder| folder.to_text().into_owned()).collect()
}

fn remove_if_there(dir: &Path) -> Result<(), SlotError> {
    if fs::symlink_metadata(dir).is_err() {
        return Ok(());
    }
    fault::at(Point::SlotDrop).map_err(io_at(dir))?;
    remove(dir)
}

/// What of a warm folder a run took away, by its place there. Without layers the run began on a copy of the folder, of
/// which only what differs is left.
fn taken_away(run: &Run, warm: &Path, folder: &RepoPath, gone: &mut Vec<PathBuf>) -> Result<(), SlotError> {
    if !is_real_folder(warm, folder) {
        return Ok(());
    }
    let (before, left) = (on_disk(warm, folder), on_disk(&run.upper(), folder));
    if run.is_layered() {
        if fence::hides(&run.upper(), &on_disk(Path::new(""), folder)) {
            gone.push(before);
        }
        return Ok(());
    }
    match is_real_folder(&run.upper(), folder) {
        true => leave_changed(&left, &before, gone),
        false => {
            gone.push(before);
            Ok(())
        }
    }
}

/// Leaves what differs from another folder, and adds what only that one has.
fn leave_changed(left: &Path, before: &Path, gone: &mut Vec<PathBuf>) -> Result<(), SlotError> {
    for found in fs::read_dir(before).map_err(io_at(before))? {
        let found = found.map_err(io_at(before))?;
        let (was, is) = (found.path(), left.join(found.file_name()));
        let old = fs::symlink_metadata(&was).map_err(io_at(&was))?;
        match fs::symlink_metadata(&is) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => gone.push(was),
            // In a folder that the run closed to its owner, which is opened when it is taken over.
            Err(_) => {}
            Ok(new) if new.is_dir() && old.is_dir() => leave_changed(&is, &was, gone)?,
            Ok(new) if is_copy(&was, &old, &is, &new) => fs::remove_file(&is).map_err(io_at(&is))?,
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Whether a file or link is the copy that was made of another one. Copies keep the time of what they were made of.
fn is_copy(was: &Path, old: &Metadata, is: &Path, new: &Metadata) -> bool {
    if old.is_symlink() && new.is_symlink() {
        return fs::read_link(was).ok() == fs::read_link(is).ok();
    }
    let times = (old.modified().ok(), new.modified().ok());
    old.is_file()
        && new.is_file()
        && old.len() == new.len()
        && old.permissions() == new.permissions()
        && times.0.is_some()
        && times.0 == times.1
}

/// Whether a path leads to a folder through folders alone: a program may have put a link in the place of any.
fn is_real_folder(top: &Path, path: &RepoPath) -> bool {
    let mut place = top.to_owned();
    path.parts().all(|part| {
        place.push(std::os::unix::ffi::OsStrExt::from_bytes(part) as &std::ffi::OsStr);
        fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir())
    })
}

/// What a tree has of a name. The copy's own repository is no product of anything.
fn known(files: &Files, name: &[u8]) -> Known {
    if name == b".git" {
        return Known::File;
    }
    match RepoPath::new(name) {
        Ok(path) if files.get(&path).is_some_and(|entry| entry.mode != FileMode::Gitlink) => Known::File,
        Ok(path) if files.contains_key(&path) || holds_any(files, &path) => Known::Folder,
        // What cannot be a name in a tree is none of it.
        _ => Known::No,
    }
}

/// Moves what a folder has and the tree does not to another place.
fn take_new(from: &Path, to: &Path, folder: &[u8], files: &Files) -> Result<(), SlotError> {
    fs::create_dir_all(to).map_err(io_at(to))?;
    for found in fs::read_dir(from).map_err(io_at(from))? {
        let found = found.map_err(io_at(from))?;
        let (path, place) = (found.path(), to.join(found.file_name()));
        let name = super::below(folder, &found.file_name());
        let is_folder = found.file_type().map_err(io_at(&path))?.is_dir();
        match known(files, &name) {
            Known::No => fs::rename(&path, &place).map_err(io_at(&place))?,
            Known::Folder if is_folder => take_new(&path, &place, &name, files)?,
            Known::Folder | Known::File => {}
        }
    }
    Ok(())
}

/// Copies what a folder has and another one does not, with its times: build systems look at them.
fn copy_missing(from: &Path, to: &Path) -> Result<(), SlotError> {
    for found in fs::read_dir(from).map_err(io_at(from))? {
        let path = found.map_err(io_at(from))?.path();
        let Some(name) = path.file_name() else { continue };
        let place = to.join(name);
        let kind = fs::symlink_metadata(&path).map_err(io_at(&path))?;
        let there = fs::symlink_metadata(&place).ok();
        match (&there, kind.is_dir()) {
            (Some(there), true) if there.is_dir() => copy_missing(&path, &place)?,
            (Some(_), _) => {}
            (None, true) => {
                fs::create_dir(&place).map_err(io_at(&place))?;
                copy_missing(&path, &place)?;
                let mode = fs::Permissions::from_mode(kind.permissions().mode() & 0o7777);
                fs::set_permissions(&place, mode).map_err(io_at(&place))?;
            }
            (None, false) => copy_one(&path, &place, &kind).map_err(io_at(&place))?,
        }
    }
    Ok(())
}

fn copy_one(from: &Path, to: &Path, kind: &Metadata) -> io::Result<()> {
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    // Pipes and sockets are nothing without who made them.
    if !kind.is_file() {
        return Ok(());
    }
    fs::copy(from, to)?;
    let times = fs::FileTimes::new().set_modified(kind.modified()?);
    match fs::File::options().write(true).open(to) {
        Ok(file) => file.set_times(times),
        // A file that its owner may not write has the time of its copy.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}
