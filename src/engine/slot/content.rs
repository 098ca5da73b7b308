//! Content: what a copy of a tree holds, byte for byte as a fresh clone of it would, submodules and Git LFS included, from
//! what lies on this machine; and what of it cannot be had.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::domain::change::{Entry, FileMode};
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::git::{Conversions, Pointer, ReadError, Repository, Smudged, Way};

use super::{Made, SlotError, below, ignore_rules, io_at};

/// How deep submodules of submodules are followed.
const DEEPEST: usize = 8;

/// What is longer is written and compared piece by piece.
const LARGE: u64 = 8 * 1024 * 1024;

/// Lines that say what a copy lacks, at most.
const MOST_LACKS: usize = 20;

/// What copies of a tree are made of.
pub struct Contents<'a> {
    git: &'a Repository,
    conversions: Conversions,
    /// Submodules whose content is here, by their paths, inner ones behind those that hold them.
    inside: Vec<Inside>,
    /// What is in those.
    inner: Vec<(RepoPath, Entry)>,
    tree: TreeId,
    /// Every path that a copy holds, once somebody asks for all of them.
    wanted: OnceCell<BTreeMap<RepoPath, Entry>>,
    lacks: RefCell<BTreeMap<RepoPath, String>>,
}

struct Inside {
    at: RepoPath,
    git: Repository,
    tree: TreeId,
    conversions: Conversions,
}

impl<'a> Contents<'a> {
    /// Those of a tree.
    pub fn of(git: &'a Repository, tree: TreeId) -> Result<Self, ReadError> {
        let mut contents = Self {
            git,
            conversions: Conversions::of_tree(git, tree)?,
            inside: Vec::new(),
            inner: Vec::new(),
            tree,
            wanted: OnceCell::new(),
            lacks: RefCell::default(),
        };
        let links = git.deciding(tree)?.links;
        if !links.is_empty() {
            let names = git.submodule_names(tree)?;
            for (path, entry) in links {
                let name = named(&names, &path);
                contents.enter(None, &path, name.as_deref(), entry, 0)?;
            }
        }
        Ok(contents)
    }

    /// Takes a submodule in, and those in it.
    fn enter(
        &mut self,
        within: Option<usize>,
        at: &RepoPath,
        name: Option<&str>,
        entry: Entry,
        depth: usize,
    ) -> Result<(), ReadError> {
        let commit = CommitId::new(entry.blob.object_id());
        let outer = within.map_or(self.git, |index| &self.inside[index].git);
        let inner = within.and_then(|index| relative(&self.inside[index].at, at));
        let found = outer.submodule(inner.as_ref().unwrap_or(at), name, commit);
        let Some(git) = found.filter(|_| depth < DEEPEST) else {
            let why = "a submodule whose commit is not on this machine (`git submodule update --init` brings it)";
            self.lacks(at, why.to_owned());
            return Ok(());
        };
        let tree = git.tree_of(commit)?;
        let mut list = Vec::new();
        for (path, entry) in git.list(tree, "")? {
            if let Ok(path) = RepoPath::in_tree([at.as_bytes(), b"/", path.as_bytes()].concat()) {
                list.push((path, entry));
            }
        }
        let names = git.submodule_names(tree)?;
        let conversions = Conversions::of_tree(&git, tree)?;
        self.inside.push(Inside {
            at: at.clone(),
            git,
            tree,
            conversions,
        });
        let here = self.inside.len() - 1;
        let links = links_of(list.iter().map(|(path, entry)| (path, entry)));
        self.inner.extend(list);
        for (path, entry) in links {
            let name = relative(at, &path).and_then(|inner| named(&names, &inner));
            self.enter(Some(here), &path, name.as_deref(), entry, depth + 1)?;
        }
        Ok(())
    }

    /// The hash that names the blobs.
    pub fn hash(&self) -> gix::hash::Kind {
        self.git.hash()
    }

    /// Every path that a copy holds.
    pub fn wanted(&self) -> Result<&BTreeMap<RepoPath, Entry>, ReadError> {
        if let Some(wanted) = self.wanted.get() {
            return Ok(wanted);
        }
        let mut wanted: BTreeMap<RepoPath, Entry> = self.git.list(self.tree, "")?.into_iter().collect();
        wanted.extend(self.inner.iter().cloned());
        Ok(self.wanted.get_or_init(|| wanted))
    }

    /// What a copy holds at these places and below them, without going through the rest.
    pub fn wanted_at(&self, places: &[RepoPath]) -> Result<BTreeMap<RepoPath, Entry>, ReadError> {
        let mut found = BTreeMap::new();
        for place in places {
            found.extend(self.git.list_at(self.tree, place)?);
        }
        let is_there = |path: &RepoPath| places.iter().any(|place| path == place || is_below(path, place));
        let inner = self.inner.iter().filter(|(path, _)| is_there(path));
        found.extend(inner.cloned());
        Ok(found)
    }

    /// What decides the bytes of files besides their blobs; empty where nothing does.
    pub fn form(&self) -> String {
        let inner = self.inside.iter().map(|inside| inside.conversions.form());
        let all: Vec<&str> = std::iter::once(self.conversions.form()).chain(inner).collect();
        all.join(" ").trim().to_owned()
    }

    /// Whether a path lies in a submodule.
    pub fn is_inside(&self, path: &RepoPath) -> bool {
        self.holder(path).is_some()
    }

    /// What cannot be had, a line each.
    pub fn lacking(&self) -> Vec<String> {
        let lacks = self.lacks.borrow();
        let mut lines: Vec<String> = lacks
            .iter()
            .take(MOST_LACKS)
            .map(|(path, why)| format!("{path}: {why}"))
            .collect();
        if lacks.len() > MOST_LACKS {
            lines.push(format!("and {} more", lacks.len() - MOST_LACKS));
        }
        lines
    }

    /// Whether a file may be known to be as it has to be, though what it is made of may come to this machine later.
    pub fn is_lasting(&self, path: &RepoPath) -> bool {
        !self.lacks.borrow().contains_key(path)
    }

    fn lacks(&self, path: &RepoPath, why: String) {
        self.lacks.borrow_mut().insert(path.clone(), why);
    }

    fn holder(&self, path: &RepoPath) -> Option<&Inside> {
        self.inside.iter().rev().find(|inside| is_below(path, &inside.at))
    }

    /// The repository that a path's blob is in, and what it goes through.
    fn source(&self, path: &RepoPath) -> (&Repository, &Conversions, Way) {
        match self.holder(path) {
            None => (self.git, &self.conversions, self.conversions.at(path)),
            Some(inside) => {
                let way = match relative(&inside.at, path) {
                    Some(inner) => inside.conversions.at(&inner),
                    None => inside.conversions.at(path),
                };
                (&inside.git, &inside.conversions, way)
            }
        }
    }

    /// Whether what lies at a place is what a copy has there; `known` is its blob, where it has not been touched.
    pub fn is_right(&self, file: &Path, path: &RepoPath, kind: &Metadata, entry: Entry, known: Option<BlobId>) -> bool {
        match entry.mode {
            FileMode::Gitlink => false,
            FileMode::Symlink => {
                kind.is_symlink()
                    && fs::read_link(file)
                        .is_ok_and(|target| Repository::is_blob(target.as_os_str().as_bytes(), entry.blob))
            }
            FileMode::Regular | FileMode::Executable => {
                let is_plain = kind.is_file()
                    && kind.nlink() == 1
                    && kind.permissions().mode() & 0o7777 == permissions(entry.mode);
                is_plain
                    && match known {
                        Some(blob) => blob == entry.blob,
                        None => self.has_content(file, path, entry.blob).unwrap_or(false),
                    }
            }
        }
    }

    /// Whether the ignore rules that a submodule brings with it ignore a path in it.
    pub fn is_ignored_inside(&self, path: &RepoPath, is_dir: bool) -> Result<bool, ReadError> {
        let Some(inside) = self.holder(path) else {
            return Ok(false);
        };
        let rules = ignore_rules(&inside.git, inside.tree)?;
        Ok(relative(&inside.at, path).is_some_and(|inner| rules.is_ignored(&inner, is_dir)))
    }

    /// Whether a file holds what a copy has of a blob. No more of it is read than that can be.
    pub fn has_content(&self, file: &Path, path: &RepoPath, blob: BlobId) -> Result<bool, SlotError> {
        let (git, conversions, way) = self.source(path);
        let holds = |bytes: &[u8]| -> io::Result<bool> {
            let most = bytes.len() as u64;
            Ok(fs::symlink_metadata(file)?.len() == most && read_regular(file, most)? == bytes)
        };
        if way.is_written_as_stored() {
            let size = git.blob_size(blob)?;
            if way.is_plain() || size > LARGE {
                let is_as_long = fs::symlink_metadata(file).map_err(io_at(file))?.len() == size;
                let is_it = || Repository::is_blob_in(open_regular(file)?, size, blob);
                return Ok(is_as_long && is_it().map_err(io_at(file))?);
            }
        }
        let stored = git.blob(blob)?;
        if way.is_lfs()
            && let Some(pointer) = Pointer::read(&stored)
            && pointer.is_of_file(file).map_err(io_at(file))?
        {
            return Ok(true);
        }
        match conversions.smudge(git, &way, blob, stored.into()) {
            Ok(Smudged::Bytes(bytes)) => holds(&bytes).map_err(io_at(file)),
            Ok(Smudged::Lacks(bytes, why)) => {
                self.lacks(path, why);
                holds(&bytes).map_err(io_at(file))
            }
            Ok(Smudged::Copy(_)) => Ok(false),
            Err(error) => {
                self.lacks(path, error.to_string());
                holds(&git.blob(blob)?).map_err(io_at(file))
            }
        }
    }

    /// What a copy has at a path.
    pub fn made(&self, path: &RepoPath, entry: Entry) -> Result<Made<'_>, ReadError> {
        if entry.mode == FileMode::Gitlink {
            return Ok(Made::Folder);
        }
        let (git, conversions, way) = self.source(path);
        if entry.mode.is_file() && way.is_written_as_stored() && git.blob_size(entry.blob)? > LARGE {
            return Ok(Made::Large(git, entry.blob, permissions(entry.mode)));
        }
        let stored = git.blob(entry.blob)?;
        if entry.mode == FileMode::Symlink {
            return Ok(Made::Link(OsString::from_vec(stored)));
        }
        let mode = permissions(entry.mode);
        if way.is_plain() {
            return Ok(Made::Bytes(stored, mode));
        }
        Ok(match conversions.smudge(git, &way, entry.blob, (&stored).into()) {
            Ok(Smudged::Bytes(bytes)) => Made::Bytes(bytes.into_owned(), mode),
            Ok(Smudged::Copy(from)) => Made::CopyOf(from, mode),
            Ok(Smudged::Lacks(bytes, why)) => {
                self.lacks(path, why);
                Made::Bytes(bytes.into_owned(), mode)
            }
            Err(error) => {
                self.lacks(path, error.to_string());
                Made::Bytes(stored, mode)
            }
        })
    }

    /// Writes it, where nothing is yet.
    pub fn write(&self, file: &Path, path: &RepoPath, entry: Entry) -> Result<(), SlotError> {
        let made = self.made(path, entry)?;
        made.put(file).map(drop).map_err(io_at(file))
    }
}

/// Reads a file that was regular a moment ago without following a link or waiting for a pipe that took its place.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open_regular(path: &Path) -> io::Result<fs::File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it changed while it was read"));
    }
    Ok(file)
}

/// The rights that a file of a mode has in a copy.
pub(super) const fn permissions(mode: FileMode) -> u32 {
    match mode {
        FileMode::Executable => 0o755,
        _ => 0o644,
    }
}

/// Whether a path lies in a folder.
pub fn is_below(path: &RepoPath, folder: &RepoPath) -> bool {
    let rest = path.as_bytes().strip_prefix(folder.as_bytes());
    rest.is_some_and(|rest| rest.first() == Some(&b'/'))
}

fn links_of<'a>(entries: impl Iterator<Item = (&'a RepoPath, &'a Entry)>) -> Vec<(RepoPath, Entry)> {
    entries
        .filter(|(_, entry)| entry.mode == FileMode::Gitlink)
        .map(|(path, entry)| (path.clone(), *entry))
        .collect()
}

fn named(names: &[(Vec<u8>, String)], path: &RepoPath) -> Option<String> {
    let found = names.iter().find(|(at, _)| at == path.as_bytes());
    found.map(|(_, name)| name.clone())
}

/// A path as seen from a folder above it.
fn relative(folder: &RepoPath, path: &RepoPath) -> Option<RepoPath> {
    let rest = path
        .as_bytes()
        .strip_prefix(&below(folder.as_bytes(), "".as_ref())[..])?;
    RepoPath::in_tree(rest.to_vec()).ok()
}
