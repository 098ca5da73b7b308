//! Slots: pooled folders outside the repository in which Builders work and checks run (design section 3).
//!
//! A slot is layers. At the bottom of what a program sees lie what set-up made (`setup/`) and the build output of accepted
//! work that stays warm (`warm/`); above them the tree, which holds the tree's files and nothing else; and on top the
//! changes of one run (`runs/N/`), which no other run sees. Where there is no overlay, all of it is put into the tree's
//! folder before each run, and what a run left there is taken out again. Files are written from git's objects by us,
//! never by a checkout (`content.rs`): they lie there as in a fresh clone, and no filter program, no hook and nothing
//! uncommitted has a say in what is verified.

mod content;
mod fill;
mod layers;
mod products;
#[cfg(debug_assertions)]
mod proof;
mod refill;
mod repository;
mod stray;
mod temporary;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::ignored::Ignored;
use crate::fault::{self, Point};
use crate::folders::make_private;
use crate::git::{ReadError, Repository};
use crate::ledger::{Ledger, SlotLock};
use crate::process::{self, Cancel};

pub use content::{Contents, is_below, read_regular};
pub use repository::LendError;
pub use temporary::Temporary;
pub use write::Made;

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

/// The most things that are put aside.
const MOST_ASIDE: usize = 1000;

/// What is known of a slot between uses. Slots of earlier versions know of nothing that holds here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    /// The tree that the folder equals, to the byte, everywhere but in `stray`.
    #[serde(default)]
    equals: Option<String>,
    /// Where it may be another, each place with everything below it, and nothing of them leads through a link: what the last
    /// run touched, and build output that stays.
    #[serde(default)]
    stray: Vec<RepoPath>,
    /// The digest of the set-up that made what lies in `setup/`.
    #[serde(default)]
    products: Option<String>,
    /// The folders that lie in `warm/`, as accepted work left them; `None` where that is not known.
    #[serde(default)]
    kept: Option<Vec<String>>,
    /// Since which start of the machine somebody has worked in it: what they left was never made durable.
    #[serde(default)]
    boot: Option<String>,
    /// What else than their blobs decided the bytes of the files in it.
    #[serde(default)]
    form: String,
    /// Something that a clone holds could not be had.
    #[serde(default)]
    lacking: bool,
}

/// A folder that this process holds.
#[derive(Debug)]
pub struct Slot {
    dir: PathBuf,
    memory: Memory,
    /// Runs that were begun since it was taken.
    runs: usize,
    lacks: Vec<String>,
    /// Ends the removing of what runs left.
    cancel: Cancel,
    /// Dropped after the short folder, which is the slot's.
    _lock: SlotLock,
    short: temporary::Short,
}

pub use layers::Run;
pub use products::Files;

/// Told how many files of how many are written into a copy, and of `None` once it is full.
pub type Watcher = dyn Fn(Option<(usize, usize)>);

/// What may stay in a slot's tree when it is filled anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Whatever the tree ignores, as long as the machine runs: the next Builder sees a warm build, and nothing is verified
    /// there.
    IgnoredFiles,
    /// The tree and nothing else.
    Nothing,
}

impl Slot {
    /// Takes a free slot below `pool`, making one where all are in use.
    pub fn take(ledger: &Ledger, pool: &Path, purpose: Purpose, cancel: &Cancel) -> Result<Self, SlotError> {
        make_private(pool).map_err(io_at(pool))?;
        // What programs leave there may be started with its owner's rights by whoever can go there.
        let _ = fs::set_permissions(pool, fs::Permissions::from_mode(0o700));
        // What works there is told where it is by its place, not by one of the ways that lead to it.
        let pool = &pool.canonicalize().map_err(io_at(pool))?;
        for number in 1..=MOST_SLOTS {
            let name = format!("{}-{number}", purpose.prefix());
            let dir = pool.join(&name);
            let Some(lock) = ledger.locks().try_slot(&name).map_err(io_at(&dir))? else {
                continue;
            };
            for folder in ["tree", "tmp"] {
                make_private(&dir.join(folder)).map_err(io_at(&dir))?;
            }
            let memory = fs::read(dir.join("slot.json"))
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default();
            let slot = Self {
                dir,
                memory,
                runs: 0,
                lacks: Vec::new(),
                cancel: cancel.clone(),
                _lock: lock,
                short: temporary::Short::new(),
            };
            fault::at(Point::SlotTaken).map_err(io_at(&slot.dir))?;
            // Whoever was killed here left them. What can be neither removed nor put aside spoils this slot and no other.
            match slot.drop_layers() {
                Err(SlotError::Io { .. }) if !cancel.is_cancelled() && number < MOST_SLOTS => {}
                done => return done.map(|()| slot),
            }
        }
        Err(SlotError::AllTaken(MOST_SLOTS))
    }

    /// What a clone would hold and the tree lacks, since it cannot be had on this machine; a line each.
    pub fn lacks(&self) -> &[String] {
        &self.lacks
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

    /// Forgets everything that was done here before: for whoever believes nobody.
    pub fn forget(&mut self) -> Result<(), SlotError> {
        self.memory = Memory::default();
        self.remember()?;
        let file = self.stat_cache();
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_at(&file)(error)),
            _ => Ok(()),
        }
    }

    /// Empties the folder for temporary files.
    fn clear_tmp(&self) -> Result<(), SlotError> {
        let tmp = self.tmp();
        for found in fs::read_dir(&tmp).map_err(io_at(&tmp))? {
            self.clear_away(&found.map_err(io_at(&tmp))?.path())?;
        }
        self.clear_short_tmp()
    }

    /// Removes what a run left. What cannot be removed is put aside, so that it is in nobody's way.
    fn clear_away(&self, path: &Path) -> Result<(), SlotError> {
        let cancel = &self.cancel;
        match process::remove(path, &|| cancel.is_cancelled()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(io_at(path)(error)),
            Err(error) => self.set_aside(path).map_err(|_| io_at(path)(error)),
        }
    }

    /// Moves something out of the slot for good; whoever has the rights may look at it there.
    fn set_aside(&self, path: &Path) -> io::Result<()> {
        let aside = self.dir.with_file_name("aside");
        make_private(&aside)?;
        let slot = self.dir.file_name().unwrap_or_default().to_string_lossy();
        let places = (1..=MOST_ASIDE).map(|number| aside.join(format!("{slot}-{number}")));
        let mut free = places.filter(|place| fs::symlink_metadata(place).is_err());
        let place = free.next().ok_or(io::ErrorKind::AlreadyExists)?;
        fault::at(Point::SlotDrop)?;
        fs::rename(path, place)
    }

    fn remember(&self) -> Result<(), SlotError> {
        let path = self.dir.join("slot.json");
        let text = serde_json::to_vec(&self.memory).map_err(|error| io_at(&path)(io::Error::other(error)))?;
        fault::at(Point::SlotRemember)
            .and_then(|()| fs::write(&path, text))
            .and_then(|()| fault::at(Point::SlotRemembered))
            .map_err(io_at(&path))
    }
}

/// This start of the machine; `None` where the system does not tell.
fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
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

/// The bytes of a path, as git would store them: a name in a folder, which is empty at the top.
pub fn below(folder: &[u8], name: &OsStr) -> Vec<u8> {
    let parts = [folder, name.as_bytes()];
    parts[usize::from(folder.is_empty())..].join(&b'/')
}

/// The place of a repository path below a folder.
pub fn on_disk(top: &Path, path: &RepoPath) -> PathBuf {
    top.join(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

fn remove(path: &Path) -> Result<(), SlotError> {
    process::remove(path, &|| false).map_err(io_at(path))
}

/// The ignore rules that a tree brings with it.
pub fn ignore_rules(git: &Repository, tree: TreeId) -> Result<Ignored, ReadError> {
    let mut rules = Ignored::default();
    for (path, blob) in git.deciding(tree)?.ignores {
        let dir = path.parent().map(|dir| dir.as_bytes().to_vec()).unwrap_or_default();
        rules.add(&dir, &String::from_utf8_lossy(&git.blob(blob)?));
    }
    Ok(rules)
}
