//! Slots: pooled folders outside the repository in which Builders work and checks run (design section 3).
//!
//! A slot is filled to equal a tree before anything runs in it. What a tree ignores (build output) may stay, so
//! that builds are warm; a slot for checks keeps it only after a change was accepted, so that refused code leaves
//! nothing behind. Files are written from git's objects by us, never by a checkout: no filter, no attribute and no
//! hook has a say in what is verified.

mod layers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::ignored::Ignored;
use crate::fault::{self, Point};
use crate::git::{ReadError, Repository};
use crate::ledger::{Ledger, SlotLock};

/// Why a slot could not be had or filled. Always the machine's fault, never a Builder's.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// A file operation failed.
    #[error("cannot prepare {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tree could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Every slot of this kind is in use.
    #[error("all {0} slots are in use by other runs")]
    AllTaken(usize),
}

/// What a slot is for; the two never share a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A Builder works in it.
    Build,
    /// Checks run in it.
    Verify,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Verify => "verify",
        }
    }
}

/// The most slots of one kind that one clone uses.
const MOST_SLOTS: usize = 64;

/// What is known of a slot between uses.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// Ignored files in it come from accepted work and may stay.
    warm: bool,
    /// The digest of the set-up that its ignored files come from.
    setup: Option<String>,
    /// Since which start of the machine somebody has worked in it: what they left was never made durable.
    #[serde(default)]
    boot: Option<String>,
}

/// A folder that this process holds.
#[derive(Debug)]
pub struct Slot {
    dir: PathBuf,
    memory: Memory,
    _lock: SlotLock,
}

/// What may stay in a slot when it is filled anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Whatever the tree ignores, as long as the machine runs: the next Builder sees a warm build, and nothing is verified
    /// there.
    IgnoredFiles,
    /// The same, but only where it was left by work that was accepted.
    IgnoredFilesOfAcceptedWork,
    /// The tree and nothing else.
    Nothing,
}

impl Slot {
    /// Takes a free slot below `pool`, making one where all are in use.
    pub fn take(ledger: &Ledger, pool: &Path, purpose: Purpose) -> Result<Self, SlotError> {
        for number in 1..=MOST_SLOTS {
            let name = format!("{}-{number}", purpose.prefix());
            let dir = pool.join(&name);
            let Some(lock) = ledger.locks().try_slot(&name).map_err(io_at(&dir))? else {
                continue;
            };
            fs::create_dir_all(dir.join("tree")).map_err(io_at(&dir))?;
            fs::create_dir_all(dir.join("tmp")).map_err(io_at(&dir))?;
            let memory = fs::read(dir.join("slot.json"))
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default();
            let slot = Self {
                dir,
                memory,
                _lock: lock,
            };
            fault::at(Point::SlotTaken).map_err(io_at(&slot.dir))?;
            // Whoever was killed here left them.
            slot.drop_layers()?;
            return Ok(slot);
        }
        Err(SlotError::AllTaken(MOST_SLOTS))
    }

    /// The folder that holds the tree.
    pub fn tree(&self) -> PathBuf {
        self.dir.join("tree")
    }

    /// A folder beside the tree for packets, logs and temporary files of one use.
    pub fn tmp(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    /// A folder that holds the rest and that no program of ours lets be written.
    pub fn door_dir(&self) -> &Path {
        &self.dir
    }

    /// The file that gets the output of what runs here, as it comes.
    pub fn log(&self) -> PathBuf {
        self.dir.join("output.log")
    }

    /// Whether the set-up of this digest was done here already.
    pub fn is_set_up(&self, digest: &str) -> bool {
        self.memory.setup.as_deref() == Some(digest)
    }

    /// Notes that the set-up of this digest was done; what it made stays.
    pub fn set_up_done(&mut self, digest: &str) -> Result<(), SlotError> {
        let warm = self.memory.warm;
        self.keep_layers()?;
        self.memory.warm = warm;
        self.memory.setup = Some(digest.to_owned());
        self.remember()
    }

    /// Notes before foreign code runs that what it leaves behind may not be kept.
    pub fn mark_used(&mut self) -> Result<(), SlotError> {
        self.memory.warm = false;
        self.remember()
    }

    /// Notes that the change whose checks ran here was accepted: its build output may stay.
    pub fn mark_accepted(&mut self) -> Result<(), SlotError> {
        let setup = self.memory.setup.clone();
        self.keep_layers()?;
        self.memory.setup = setup;
        self.memory.warm = true;
        self.remember()
    }

    /// What the layers hold becomes the tree's, to stay there. Until all of it is, the slot says that it keeps nothing, so
    /// that neither a kill nor a power cut leaves a mixture for later checks to build on.
    fn keep_layers(&mut self) -> Result<(), SlotError> {
        self.memory.warm = false;
        self.memory.setup = None;
        self.remember()?;
        self.sync()?;
        self.take_layers()
    }

    fn remember(&self) -> Result<(), SlotError> {
        let path = self.dir.join("slot.json");
        let text = serde_json::to_vec(&self.memory).map_err(|error| io_at(&path)(io::Error::other(error)))?;
        fault::at(Point::SlotRemember)
            .and_then(|()| fs::write(&path, text))
            .and_then(|()| fault::at(Point::SlotRemembered))
            .map_err(io_at(&path))
    }

    /// Makes the folder equal the tree.
    pub fn fill(&mut self, git: &Repository, tree: TreeId, ignored: &Ignored, keep: Keep) -> Result<(), SlotError> {
        self.drop_layers()?;
        let top = self.tree();
        fault::at(Point::SlotFill).map_err(io_at(&top))?;
        let wanted: BTreeMap<RepoPath, Entry> = git.list(tree, "")?.into_iter().collect();
        let keep_ignored = match keep {
            Keep::IgnoredFiles => self.memory.boot == boot(),
            Keep::IgnoredFilesOfAcceptedWork => self.memory.warm,
            Keep::Nothing => false,
        };
        if !keep_ignored {
            self.memory.setup = None;
        }
        let mut cleaning = Cleaning {
            top: &top,
            wanted: &wanted,
            ignored: keep_ignored.then_some(ignored),
            right: BTreeSet::new(),
        };
        cleaning.clean(&top)?;
        let right = cleaning.right;
        for (path, entry) in wanted.iter().filter(|(path, _)| !right.contains(*path)) {
            write_entry(git, &top, path, *entry)?;
        }
        let tmp = self.tmp();
        for found in fs::read_dir(&tmp).map_err(io_at(&tmp))? {
            remove(&found.map_err(io_at(&tmp))?.path())?;
        }
        self.memory.boot = boot();
        self.remember()?;
        fault::at(Point::SlotFilled).map_err(io_at(&top))
    }
}

/// This start of the machine; `None` where the system does not tell.
fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// One walk that removes everything that is not as wanted and notes what is.
struct Cleaning<'a> {
    top: &'a Path,
    wanted: &'a BTreeMap<RepoPath, Entry>,
    ignored: Option<&'a Ignored>,
    right: BTreeSet<RepoPath>,
}

impl Cleaning<'_> {
    fn clean(&mut self, dir: &Path) -> Result<(), SlotError> {
        // A folder that a program closed to its owner is opened again.
        if fs::read_dir(dir).is_err() {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(io_at(dir))?;
        }
        for found in fs::read_dir(dir).map_err(io_at(dir))? {
            let path = found.map_err(io_at(dir))?.path();
            let kind = fs::symlink_metadata(&path).map_err(io_at(&path))?;
            match RepoPath::new(relative(self.top, &path)) {
                Ok(name) if kind.is_dir() => self.clean_folder(&path, &name)?,
                Ok(name) => self.clean_file(&path, name, &kind)?,
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
            return self.clean(path);
        }
        match self.ignored {
            None => remove(path),
            Some(rules) if rules.is_ignored(name, true) => Ok(()),
            Some(_) => {
                // Ignored files may lie in a folder that is not ignored itself; it goes only when it is empty.
                self.clean(path)?;
                let _ = fs::remove_dir(path);
                Ok(())
            }
        }
    }

    fn clean_file(&mut self, path: &Path, name: RepoPath, kind: &fs::Metadata) -> Result<(), SlotError> {
        match self.wanted.get(&name) {
            Some(entry) if equals(path, kind, *entry) => {
                self.right.insert(name);
                Ok(())
            }
            None if self.ignored.is_some_and(|rules| rules.is_ignored(&name, false)) => Ok(()),
            _ => remove(path),
        }
    }
}

/// Whether any of the sorted paths lies in the folder.
pub fn holds_any<T>(paths: &BTreeMap<RepoPath, T>, dir: &RepoPath) -> bool {
    use std::ops::Bound;
    paths
        .range((Bound::Excluded(dir), Bound::Unbounded))
        .take_while(|(path, _)| path.as_bytes().starts_with(dir.as_bytes()))
        .any(|(path, _)| path.as_bytes().get(dir.as_bytes().len()) == Some(&b'/'))
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> SlotError + '_ {
    move |source| SlotError::Io {
        path: path.to_owned(),
        source,
    }
}

/// The bytes of a path below `top`, as git would store them.
pub fn relative(top: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(top).unwrap_or(path).as_os_str().as_bytes().to_vec()
}

/// The place of a repository path below a folder.
pub fn on_disk(top: &Path, path: &RepoPath) -> PathBuf {
    top.join(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

fn equals(path: &Path, kind: &fs::Metadata, entry: Entry) -> bool {
    match entry.mode {
        FileMode::Gitlink => false,
        FileMode::Symlink => {
            kind.is_symlink()
                && fs::read_link(path)
                    .is_ok_and(|target| Repository::hash_blob(target.as_os_str().as_bytes()) == entry.blob)
        }
        FileMode::Regular | FileMode::Executable => {
            kind.is_file()
                && kind.nlink() == 1
                && kind.permissions().mode() & 0o7777 == permissions(entry.mode)
                && fs::read(path).is_ok_and(|bytes| Repository::hash_blob(&bytes) == entry.blob)
        }
    }
}

const fn permissions(mode: FileMode) -> u32 {
    match mode {
        FileMode::Executable => 0o755,
        _ => 0o644,
    }
}

fn write_entry(git: &Repository, top: &Path, path: &RepoPath, entry: Entry) -> Result<(), SlotError> {
    let file = on_disk(top, path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(io_at(parent))?;
    }
    match entry.mode {
        // A submodule is an empty folder, as in a plain clone.
        FileMode::Gitlink => fs::create_dir_all(&file).map_err(io_at(&file)),
        FileMode::Symlink => {
            let target = std::ffi::OsString::from_vec(git.blob(entry.blob)?);
            std::os::unix::fs::symlink(target, &file).map_err(io_at(&file))
        }
        FileMode::Regular | FileMode::Executable => {
            fs::write(&file, git.blob(entry.blob)?).map_err(io_at(&file))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(permissions(entry.mode))).map_err(io_at(&file))
        }
    }
}

fn remove(path: &Path) -> Result<(), SlotError> {
    let kind = fs::symlink_metadata(path).map_err(io_at(path))?;
    if !kind.is_dir() {
        return fs::remove_file(path).map_err(io_at(path));
    }
    if fs::remove_dir_all(path).is_ok() {
        return Ok(());
    }
    open_up(path);
    fs::remove_dir_all(path).map_err(io_at(path))
}

/// Gives the owner all rights on a folder and those below it, so that they can be removed.
fn open_up(dir: &Path) {
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    for found in fs::read_dir(dir).into_iter().flatten().flatten() {
        if found.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&found.path());
        }
    }
}

/// The ignore rules that a tree brings with it.
pub fn ignore_rules(git: &Repository, tree: TreeId) -> Result<Ignored, ReadError> {
    let mut rules = Ignored::default();
    for (path, entry) in git.list(tree, "")? {
        if path.file_name() == b".gitignore" && entry.mode.is_file() {
            let dir = path.parent().map(|dir| dir.as_bytes().to_vec()).unwrap_or_default();
            rules.add(&dir, &String::from_utf8_lossy(&git.blob(entry.blob)?));
        }
    }
    Ok(rules)
}
