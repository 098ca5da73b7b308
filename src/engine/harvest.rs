//! Harvest: what a Builder's view differs in from the base, byte by byte (design section 5, step 5), stored as `git add`
//! would store it.
//!
//! The view is walked by us; git is never asked about it, since what lies there may be made to mislead git. The
//! Builder's own commits, index and claims are not looked at. Nothing is judged here but what kind of thing a path
//! is; whether it may change is `judge`'s business.

mod closed;
mod inside;
mod kind;
mod named;
mod places;
mod special;
mod stored;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::scope::Allowed;
use crate::domain::scope::ignored::Ignored;
use crate::domain::scope::names::too_long;
use crate::domain::scope::violation::{Rule, Violation};
use crate::git::{Conversions, ConvertError, LfsObject, ReadError, Repository, StatCache};

use super::slot::{Contents, SlotError, below, holds_any};

pub(super) use super::slot::read_regular;

use kind::{is_in, looks_like_a_repository, what_it_is};
pub use named::from_answer;

/// Why a view could not be harvested. The machine's fault, not the Builder's.
#[derive(Debug, thiserror::Error)]
pub enum HarvestError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The base could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What the view held could not be told.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A file could not be converted for reasons outside of it.
    #[error(transparent)]
    Convert(#[from] ConvertError),
}

/// Limits on what is taken, so that a Builder cannot fill memory or history.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Paths that may differ.
    pub files: usize,
}

/// The most bytes of all new contents together.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// The most violations that are listed; who breaks more rules has more to mend than anybody reads.
const MOST_REFUSED: usize = 1000;

/// Everything that differs between a base tree and a view. Nothing of it is in git yet.
#[derive(Debug)]
#[must_use = "a harvest that nobody judges is work thrown away"]
pub struct Harvested {
    base: TreeId,
    changes: ChangeSet,
    contents: BTreeMap<BlobId, Content>,
    refused: Vec<Violation>,
    dropped: Vec<String>,
}

/// The content of a new file.
#[derive(Debug)]
struct Content {
    /// What is stored in git.
    bytes: Vec<u8>,
    /// What has to be kept beside it.
    object: Option<LfsObject>,
}

impl Harvested {
    /// The tree that the work started from.
    pub fn base(&self) -> TreeId {
        self.base
    }

    /// The regular files that differ.
    pub fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// What cannot be taken whatever the card allows: links, devices, other repositories, limits.
    pub fn refused(&self) -> &[Violation] {
        &self.refused
    }

    /// What was left behind on purpose, for people.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// The bytes of a new file, as git stores them.
    pub fn content(&self, blob: BlobId) -> Option<&[u8]> {
        self.contents.get(&blob).map(|content| content.bytes.as_slice())
    }

    /// The content that a new file only points to.
    pub fn object(&self, blob: BlobId) -> Option<&LfsObject> {
        self.contents.get(&blob)?.object.as_ref()
    }
}

/// A Builder's view, as it was prepared.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Its folder.
    pub top: &'a Path,
    /// The tree that the work started from.
    pub base: TreeId,
    /// What the view holds of it.
    pub held: TreeId,
    /// The places outside of which it holds just this; `None` where that is not known.
    pub places: Option<&'a [RepoPath]>,
    /// Of which files the contents are known, and need not be read.
    pub untouched: &'a StatCache,
    /// The base's ignore rules.
    pub ignored: &'a Ignored,
    /// Which paths the card opens: their attributes count, as they will when they have landed.
    pub opens: &'a dyn Fn(&RepoPath) -> bool,
    /// The card's files: what it names exactly is taken also where it is ignored.
    pub allowed: &'a Allowed,
}

/// Takes the differences from a view.
pub fn harvest(git: &Repository, view: &View, limits: Limits) -> Result<Harvested, HarvestError> {
    let harvested = walk(git, view, limits)?;
    #[cfg(debug_assertions)]
    if view.places.is_some() {
        // Whatever was left out was not worth a look: told by looking everywhere.
        let whole = walk(git, &View { places: None, ..*view }, limits)?;
        assert_eq!(harvested.changes, whole.changes, "outside of {:?}", view.places);
        assert_eq!(harvested.refused, whole.refused, "outside of {:?}", view.places);
        assert_eq!(harvested.dropped, whole.dropped, "outside of {:?}", view.places);
    }
    Ok(harvested)
}

fn walk(git: &Repository, view: &View, limits: Limits) -> Result<Harvested, HarvestError> {
    let before = places::before(git, view)?;
    let held = Contents::of(git, view.held)?;
    let attributes = git.attribute_files(view.base)?.into_iter().collect();
    let mut walk = Walk {
        before: &before,
        held: &held,
        conversions: stored::conversions(git, &attributes),
        attributes,
        git,
        view: *view,
        limits,
        changes: Vec::new(),
        seen: BTreeMap::new(),
        contents: BTreeMap::new(),
        refused: Vec::new(),
        dropped: Vec::new(),
        bytes: 0,
    };
    walk.folder(view.top, b"")?;
    walk.find_what_covers_a_folder()?;
    walk.missing();
    Ok(Harvested {
        base: view.base,
        changes: ChangeSet::new(walk.changes),
        contents: walk.contents,
        refused: walk.refused,
        dropped: walk.dropped,
    })
}

struct Walk<'a> {
    git: &'a Repository,
    view: View<'a>,
    before: &'a BTreeMap<RepoPath, Entry>,
    /// What the view held, byte for byte.
    held: &'a Contents<'a>,
    /// The attributes that count, by their folders, and what they decide.
    attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    conversions: Conversions,
    limits: Limits,
    changes: Vec<Change>,
    seen: BTreeMap<RepoPath, ()>,
    contents: BTreeMap<BlobId, Content>,
    refused: Vec<Violation>,
    dropped: Vec<String>,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, dir: &Path, folder: &[u8]) -> Result<(), HarvestError> {
        let found = match self.names_in(dir, folder) {
            Ok(found) => found,
            Err(error) => return self.closed(dir, folder, error),
        };
        self.learn_attributes(dir, folder);
        for name in found {
            // The view's own repository, at its top and nowhere else.
            if folder.is_empty() && name == ".git" {
                continue;
            }
            let (path, bytes) = (dir.join(&name), below(folder, &name));
            // Looked at before anything asks the system, which has a limit of its own, and before going deeper.
            if let Some(what) = too_long(&bytes).filter(|_| !is_in(self.before, &bytes)) {
                self.refuse_text(String::from_utf8_lossy(&bytes).into_owned(), Rule::Limit { what });
                continue;
            }
            let kind = match fs::symlink_metadata(&path) {
                Ok(kind) => kind,
                Err(error) if self.is_gone(&error) => continue,
                Err(error) => {
                    self.closed(&path, &bytes, error)?;
                    continue;
                }
            };
            match RepoPath::in_tree(bytes.clone()) {
                Ok(name) if kind.is_dir() => self.subfolder(&path, &name)?,
                Ok(name) => self.file(&path, name, &kind)?,
                Err(error) => self.refuse_text(
                    String::from_utf8_lossy(&bytes).into_owned(),
                    Rule::Name { why: error.to_string() },
                ),
            }
        }
        Ok(())
    }

    fn subfolder(&mut self, path: &Path, name: &RepoPath) -> Result<(), HarvestError> {
        if let Some(old) = self.before.get(name).filter(|entry| entry.mode == FileMode::Gitlink) {
            self.seen.insert(name.clone(), ());
            return self.submodule(path, name, *old);
        }
        let tracked = holds_any(self.before, name) || self.is_on_the_way(name)?;
        if !tracked && self.view.ignored.is_ignored(name, true) {
            return self.ignored_folder(path, name);
        }
        // What the base holds, such as a test's fixture, is read like any other folder.
        if !tracked && looks_like_a_repository(path) {
            self.refuse(name, "another git repository");
            return Ok(());
        }
        self.folder(path, name.as_bytes())
    }

    fn file(&mut self, path: &Path, name: RepoPath, kind: &fs::Metadata) -> Result<(), HarvestError> {
        let old = self.old(&name)?;
        self.seen.insert(name.clone(), ());
        if old.is_none() && !self.view.allowed.names_exactly(&name) && self.view.ignored.is_ignored(&name, false) {
            self.drop_ignored(&name, "", self.view.allowed.matches(&name));
            return Ok(());
        }
        if kind.is_symlink() {
            return self.link(path, &name, old);
        }
        if !kind.is_file() {
            self.refuse(&name, what_it_is(kind));
            return Ok(());
        }
        let mode = if kind.permissions().mode() & 0o100 == 0 {
            FileMode::Regular
        } else {
            FileMode::Executable
        };
        if let Some(blob) = self.view.untouched.blob(&name, kind)
            && old == Some(Entry { mode, blob })
        {
            return Ok(());
        }
        if kind.len() > self.limits.file_bytes {
            // What is as it was is not taken, whatever its size.
            if let Some(old) = old.filter(|old| old.mode == mode)
                && self.holds(path, &name, old.blob)? != Some(false)
            {
                return Ok(());
            }
            let what = format!(
                "{} bytes, and at most {} are taken (policy.max_file_bytes)",
                kind.len(),
                self.limits.file_bytes
            );
            self.refuse_text(name.to_text().into_owned(), Rule::Limit { what });
            return Ok(());
        }
        let Some((blob, content)) = self.stored(path, &name, old)? else {
            return Ok(());
        };
        let new = Entry { mode, blob };
        if old == Some(new) {
            return Ok(());
        }
        if kind.nlink() > 1 {
            self.refuse(&name, "a file with other hard links");
            return Ok(());
        }
        // Those that only moved count once, which is known at the end; these are held in memory.
        if self.changes.len() >= self.limits.files.saturating_mul(2) {
            self.refuse_once(&name.to_text(), too_many(self.limits));
            return Ok(());
        }
        self.bytes += kind.len();
        if self.bytes > MOST_BYTES {
            let what = format!("more than {MOST_BYTES} bytes differ in all");
            self.refuse_once(&name.to_text(), what);
            return Ok(());
        }
        if kind.permissions().mode() & 0o7000 != 0 {
            self.dropped.push(format!("{name}: its set-id and sticky bits"));
        }
        if let Some(content) = content {
            self.contents.insert(blob, content);
        }
        self.changes.push(Change {
            path: name,
            old,
            new: Some(new),
        });
        Ok(())
    }

    /// What the base has at a path. What is new in a view that holds a part of it may be there all the same.
    fn old(&self, name: &RepoPath) -> Result<Option<Entry>, HarvestError> {
        match self.before.get(name) {
            None if self.view.held != self.view.base => Ok(self.git.entry(self.view.base, &name.to_text())?),
            found => Ok(found.copied()),
        }
    }

    /// A new file would take a folder away of which the view held only a part, or nothing.
    fn find_what_covers_a_folder(&mut self) -> Result<(), HarvestError> {
        let (base, held) = (self.view.base, self.view.held);
        if held == base {
            return Ok(());
        }
        let mut covering = Vec::new();
        for change in self.changes.iter().filter(|change| change.old.is_none()) {
            let path = change.path.to_text();
            if self.git.subtree(base, &path)? != self.git.subtree(held, &path)? {
                covering.push(change.path.clone());
            }
        }
        for path in covering {
            self.refuse(&path, "a file in the place of a folder that this copy leaves out");
        }
        Ok(())
    }

    fn refuse(&mut self, name: &RepoPath, what: &str) {
        let rule = Rule::NotRegular { what: what.to_owned() };
        self.refuse_text(name.to_text().into_owned(), rule);
    }

    fn refuse_text(&mut self, path: String, rule: Rule) {
        if self.refused.len() < MOST_REFUSED {
            self.refused.push(Violation { path, rule });
        }
    }

    /// A limit on everything together is told at the first path that goes over it.
    fn refuse_once(&mut self, path: &str, what: String) {
        let rule = Rule::Limit { what };
        if !self.refused.iter().any(|known| known.rule == rule) {
            self.refuse_text(path.to_owned(), rule);
        }
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> HarvestError + '_ {
    move |source| HarvestError::Io {
        path: path.to_owned(),
        source,
    }
}

fn too_many(limits: Limits) -> String {
    format!("more than {} paths differ (policy.max_files)", limits.files)
}
