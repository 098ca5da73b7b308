//! Filling: a slot's folder is made to equal a tree, whatever lies there.
//!
//! Everything is looked at, and what has not been touched since it was last known is not read again (`git/stat_cache.rs`).
//! That is believed only where no foreign program writes into the folder itself: an overlay's changes come into it by our
//! own hand.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::ignored::Ignored;
use crate::domain::scope::names::MOST_PATH;
use crate::fault::{self, Point};
use crate::git::{NewStatCache, Repository, StatCache};

use super::{Contents, Keep, Slot, SlotError, Watcher, below, boot, holds_any, io_at, on_disk, remove, stray, write};

impl Slot {
    /// Makes the folder equal the tree.
    pub fn fill(
        &mut self,
        git: &Repository,
        tree: TreeId,
        ignored: &Ignored,
        keep: Keep,
        watcher: &Watcher,
    ) -> Result<(), SlotError> {
        if self.refill(git, tree, ignored, keep)? {
            return Ok(());
        }
        let top = self.tree();
        fault::at(Point::SlotFill).map_err(io_at(&top))?;
        self.memory.equals = None;
        self.remember()?;
        let contents = Contents::of(git, tree)?;
        let is_same_form = contents.form() == self.memory.form;
        if !is_same_form {
            // Before a byte is written: whoever is killed here leaves files of both forms.
            self.believe_nothing()?;
            self.memory.form = contents.form();
            self.remember()?;
        }
        let keep_ignored = keep == Keep::IgnoredFiles && self.memory.boot == boot();
        let known = match self.is_of_this_start() && is_same_form {
            true => StatCache::read(&self.stat_cache(), git.hash()),
            false => StatCache::read(&self.stat_cache(), git.hash()).names(),
        };
        let rules = keep_ignored.then_some(ignored);
        let mut filling = Filling::new(&contents, &top, contents.wanted()?, rules, known);
        if let Err(error) = filling.clean(&top, b"") {
            // A folder that cannot be made what it has to be is left to whoever can look at it.
            self.set_aside(&top).map_err(|_| error)?;
            fs::create_dir(&top).map_err(io_at(&top))?;
            filling.begin_anew();
        }
        filling.write_what_is_missing(watcher)?;
        let stayed = filling.stayed.take();
        filling.keep(&self.stat_cache())?;
        self.clear_tmp()?;
        self.lacks = contents.lacking();
        self.memory.lacking = !self.lacks.is_empty();
        self.memory.boot = boot();
        self.memory.equals = stayed.is_some().then(|| tree.to_string());
        self.memory.stray = stayed.unwrap_or_default();
        self.remember()?;
        fault::at(Point::SlotFilled).map_err(io_at(&top))
    }

    /// What is known of the files that nobody has touched since.
    pub fn untouched(&self, git: &Repository) -> StatCache {
        match self.is_of_this_start() {
            true => StatCache::read(&self.stat_cache(), git.hash()),
            false => StatCache::default(),
        }
    }

    /// Whether the machine has not been started anew: what was written before it lost its power may not be what the disk has.
    pub(super) fn is_of_this_start(&self) -> bool {
        self.memory.boot.is_some() && self.memory.boot == boot()
    }

    /// Notes that a foreign program writes into the folder itself: from now on every byte there is read. Which files the tree
    /// had stays known, since none of them is build output.
    pub fn believe_nothing(&mut self) -> Result<(), SlotError> {
        self.memory.equals = None;
        self.remember()?;
        let file = self.stat_cache();
        // A cache that is older than all files knows the contents of none.
        let forget = || match fs::File::options().append(true).open(&file) {
            Ok(cache) => cache.set_modified(SystemTime::UNIX_EPOCH),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        fault::at(Point::SlotForget)
            .and_then(|()| forget())
            .map_err(io_at(&file))
    }

    pub(super) fn stat_cache(&self) -> PathBuf {
        self.dir.join("files")
    }
}

/// After so many files somebody who waits is told.
const TOLD_EVERY: usize = 100;

/// One walk that removes everything that is not as wanted and notes what is; then the rest is written.
pub(super) struct Filling<'a> {
    contents: &'a Contents<'a>,
    top: &'a Path,
    wanted: &'a BTreeMap<RepoPath, Entry>,
    ignored: Option<&'a Ignored>,
    known: StatCache,
    /// What else a tree had here before.
    pub(super) had: BTreeMap<RepoPath, ()>,
    right: BTreeSet<&'a RepoPath>,
    seen: NewStatCache,
    /// Whether something is noted that was not known.
    learned: bool,
    /// What is left that is no part of the tree; `None` where that is too much to list.
    pub(super) stayed: Option<Vec<RepoPath>>,
}

impl<'a> Filling<'a> {
    /// One that keeps what the rules ignore, if there are any.
    pub(super) fn new(
        contents: &'a Contents<'a>,
        top: &'a Path,
        wanted: &'a BTreeMap<RepoPath, Entry>,
        ignored: Option<&'a Ignored>,
        known: StatCache,
    ) -> Self {
        Self {
            contents,
            top,
            wanted,
            ignored,
            known,
            had: BTreeMap::new(),
            right: BTreeSet::new(),
            seen: NewStatCache::new(contents.hash()),
            learned: false,
            stayed: Some(Vec::new()),
        }
    }

    /// Cleans one place, which is reached through folders alone.
    pub(super) fn clean_at(&mut self, name: &RepoPath) -> Result<(), SlotError> {
        let path = on_disk(self.top, name);
        match fs::symlink_metadata(&path) {
            Ok(kind) if kind.is_dir() => self.clean_folder(&path, name),
            Ok(kind) => self.clean_file(&path, name, &kind),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(io_at(&path)(error)),
        }
    }

    fn stays(&mut self, name: &RepoPath) {
        match &mut self.stayed {
            Some(stayed) if stayed.len() < stray::MOST => stayed.push(name.clone()),
            stayed => *stayed = None,
        }
    }

    /// The folder is empty now.
    fn begin_anew(&mut self) {
        self.right.clear();
        self.seen = NewStatCache::new(self.contents.hash());
        self.learned = true;
        self.stayed = Some(Vec::new());
    }

    fn clean(&mut self, dir: &Path, folder: &[u8]) -> Result<(), SlotError> {
        open_to_owner(dir).map_err(io_at(dir))?;
        for found in fs::read_dir(dir).map_err(io_at(dir))? {
            let found = found.map_err(io_at(dir))?;
            let path = found.path();
            let kind = found.metadata().map_err(io_at(&path))?;
            match RepoPath::in_tree(below(folder, &found.file_name())) {
                Ok(name) if kind.is_dir() => self.clean_folder(&path, &name)?,
                Ok(name) => self.clean_file(&path, &name, &kind)?,
                Err(_) => remove(&path)?,
            }
        }
        Ok(())
    }

    fn clean_folder(&mut self, path: &Path, name: &RepoPath) -> Result<(), SlotError> {
        if self
            .wanted
            .get(name)
            .is_some_and(|entry| entry.mode != FileMode::Gitlink)
        {
            return remove(path);
        }
        if holds_any(self.wanted, name) {
            return self.clean(path, name.as_bytes());
        }
        match self.ignored {
            None => remove(path),
            // What a tree had here once is no build output, though its name is ignored.
            Some(rules) if rules.is_ignored(name, true) && !self.had_below(name) => {
                self.stays(name);
                Ok(())
            }
            // No change that is taken lies so deep, and what lies deeper yet could not even be named.
            Some(_) if name.as_bytes().len() > MOST_PATH => remove(path),
            Some(_) => {
                // Ignored files may lie in a folder that is not ignored itself; it goes only when it is empty.
                self.clean(path, name.as_bytes())?;
                let _ = fs::remove_dir(path);
                Ok(())
            }
        }
    }

    fn clean_file(&mut self, path: &Path, name: &RepoPath, kind: &Metadata) -> Result<(), SlotError> {
        match self.wanted.get_key_value(name) {
            Some((name, entry)) if self.equals(path, name, kind, *entry) => {
                self.right.insert(name);
                Ok(())
            }
            None if self.may_stay(name) => {
                self.stays(name);
                Ok(())
            }
            _ => remove(path),
        }
    }

    /// Whether something that is no folder and no part of the tree is build output. What stands where the tree has a folder
    /// is in the way, and a link there would lead what is written into the folder to another place.
    fn may_stay(&self, name: &RepoPath) -> bool {
        let is_ignored = self.ignored.is_some_and(|rules| rules.is_ignored(name, false));
        is_ignored && !holds_any(self.wanted, name) && !self.known.has(name) && !self.had.contains_key(name)
    }

    /// Whether a tree had anything in this folder before.
    fn had_below(&self, name: &RepoPath) -> bool {
        self.known.has_below(name) || holds_any(&self.had, name)
    }

    fn equals(&mut self, path: &Path, name: &RepoPath, kind: &Metadata, entry: Entry) -> bool {
        let known = match entry.mode.is_file() {
            true => self.known.blob(name, kind),
            false => None,
        };
        let equals = self.contents.is_right(path, name, kind, entry, known);
        if equals && entry.mode.is_file() {
            self.learned |= known.is_none();
            // What may yet come to this machine is looked at again.
            if self.contents.is_lasting(name) {
                self.seen.add(name, kind, entry);
            }
        }
        equals
    }

    pub(super) fn write_what_is_missing(&mut self, watcher: &Watcher) -> Result<(), SlotError> {
        let missing = self.wanted.iter().filter(|(path, _)| !self.right.contains(*path));
        let missing: Vec<(&RepoPath, Entry)> = missing.map(|(path, entry)| (path, *entry)).collect();
        let (contents, top) = (self.contents, self.top);
        let mut made_folder: Option<RepoPath> = None;
        let written = write::all(missing.len(), |number| {
            if number % TOLD_EVERY == 0 {
                watcher(Some((number, missing.len())));
            }
            let (path, entry) = missing[number];
            let folder = path.parent();
            if folder != made_folder {
                make_folders(top, path)?;
                made_folder = folder;
            }
            Ok((on_disk(top, path), contents.made(path, entry)?))
        });
        watcher(None);
        for (number, kind) in written? {
            let (path, entry) = missing[number];
            if self.contents.is_lasting(path) {
                self.seen.add(path, &kind, entry);
            }
            self.learned = true;
        }
        Ok(())
    }

    /// Keeps what is known now, if that is more or less than before.
    fn keep(self, file: &Path) -> Result<(), SlotError> {
        if !self.learned && self.seen.len() == self.known.len() {
            return Ok(());
        }
        fault::at(Point::SlotNote)
            .and_then(|()| self.seen.write(file))
            .and_then(|()| fault::at(Point::SlotNoted))
            .map_err(io_at(file))
    }
}

/// Makes the folders of a path, through nothing that is no folder.
pub(super) fn make_folders(top: &Path, path: &RepoPath) -> Result<(), SlotError> {
    let mut folder = top.to_owned();
    for part in path.parent().iter().flat_map(RepoPath::parts) {
        folder.push(OsStr::from_bytes(part));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_at(&folder)(error)),
            Ok(()) => continue,
        }
        let found = fs::symlink_metadata(&folder).map_err(io_at(&folder))?;
        if !found.is_dir() {
            return Err(io_at(&folder)(ErrorKind::NotADirectory.into()));
        }
    }
    Ok(())
}

/// A folder that a program closed to its owner is opened again.
fn open_to_owner(dir: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(dir)?.permissions().mode();
    match mode & 0o700 {
        0o700 => Ok(()),
        _ => fs::set_permissions(dir, fs::Permissions::from_mode(mode & 0o7777 | 0o700)),
    }
}
