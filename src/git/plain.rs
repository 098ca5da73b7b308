//! A plain view of a repository for those who may not believe it: its objects and nothing else.
//!
//! The view is a throw-away git folder that names the object folders and has no configuration, refs, replaced objects,
//! grafts, hooks, attributes or commit-graph of the repository. Unless told otherwise it borrows from nobody, so that an
//! object which is only in somebody else's store is missing here, as it will be missing for everybody else.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::domain::oid::{CommitId, TreeId};

use super::command::GitProgram;
use super::open::{OpenError, Repository};
use super::tree::ReadError;

/// Why there is no plain view.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// Its folder could not be made.
    #[error("cannot make a plain view of {repository}: {source}")]
    Io {
        /// The repository.
        repository: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its history is cut off, so that nothing can be said of it.
    #[error("this is a shallow clone: its history is cut off")]
    Shallow,
}

/// A plain view; gone when it is dropped.
#[derive(Debug)]
pub struct PlainView {
    repository: Repository,
    _dir: tempfile::TempDir,
}

/// Where a plain view is, for threads that open it for themselves.
#[derive(Debug, Clone)]
pub struct PlainPlace {
    program: GitProgram,
    dir: PathBuf,
    promisor: Option<PathBuf>,
}

impl PlainPlace {
    /// Opens it, with caches of its own. It is gone with the view.
    pub fn open(&self) -> Result<Repository, OpenError> {
        let mut repository = Repository::open_plain(self.program.clone(), &self.dir)?;
        repository.set_promisor(self.promisor.clone());
        Ok(repository)
    }

    /// Whether every object reachable from some commits and not from others is here.
    pub fn is_connected(&self, tips: &[CommitId], without: &[CommitId]) -> Result<bool, ReadError> {
        let mut call = self.program.trusted(&self.dir);
        call.words(["rev-list", "--objects", "--quiet"]);
        for tip in tips {
            call.word(tip.to_string());
        }
        call.word("--not");
        for base in without {
            call.word(base.to_string());
        }
        Ok(call.output()?.status.success())
    }
}

impl PlainView {
    /// Where it is.
    pub fn place(&self) -> PlainPlace {
        PlainPlace {
            program: self.program().clone(),
            dir: self.git_dir().to_owned(),
            promisor: self.repository.promisor(),
        }
    }
}

impl std::ops::Deref for PlainView {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        &self.repository
    }
}

impl Repository {
    /// The repository's own objects. Objects that it borrows from another store are not in the view.
    pub fn plain_view(&self) -> Result<PlainView, PlainError> {
        if self.is_shallow() {
            return Err(PlainError::Shallow);
        }
        self.view(|dir| {
            // A store of links to the real one, but for `info`, which holds the commit-graph and the names of other
            // stores. It is borrowed from, so that what the audit itself makes is written into the view.
            let store = dir.join("store");
            fs::create_dir(&store)?;
            let own = self.common_dir().join("objects").canonicalize()?;
            for found in fs::read_dir(own)? {
                let found = found?;
                if found.file_name() != "info" && found.path().is_dir() {
                    symlink(found.path(), store.join(found.file_name()))?;
                }
            }
            borrow_from(dir, &[store])
        })
    }

    /// The objects of several stores: a push's quarantine and what it is to be added to.
    pub fn plain_view_of(&self, stores: &[PathBuf]) -> Result<PlainView, PlainError> {
        if self.is_shallow() {
            return Err(PlainError::Shallow);
        }
        self.view_of(stores)
    }

    pub(super) fn view_of(&self, stores: &[PathBuf]) -> Result<PlainView, PlainError> {
        self.view(|dir| borrow_from(dir, stores))
    }

    fn view(&self, fill: impl FnOnce(&Path) -> io::Result<()>) -> Result<PlainView, PlainError> {
        let make = || -> io::Result<tempfile::TempDir> {
            let dir = tempfile::tempdir()?;
            fs::create_dir_all(dir.path().join("refs/heads"))?;
            fs::create_dir(dir.path().join("objects"))?;
            fs::write(dir.path().join("HEAD"), "ref: refs/heads/none\n")?;
            fs::write(
                dir.path().join("config"),
                self.plain_config() + "[core]\n\tbare = true\n",
            )?;
            fill(dir.path())?;
            Ok(dir)
        };
        let dir = make().map_err(|source| PlainError::Io {
            repository: self.common_dir().to_owned(),
            source,
        })?;
        let mut repository = Self::open_plain(self.program().clone(), dir.path())?;
        repository.set_promisor(self.promisor());
        Ok(PlainView { repository, _dir: dir })
    }

    /// A commit that undoes another one's change and stands on it. For a merge in a throw-away view: its author is
    /// nobody, and nothing ever points to it.
    pub fn counter_commit(&self, undone: CommitId, before: TreeId) -> Result<CommitId, ReadError> {
        self.nobodys_commit(before, Some(undone))
    }

    /// A commit of nobody, for merges alone: the same tree and parent always give the same one.
    pub fn nobodys_commit(&self, tree: TreeId, parent: Option<CommitId>) -> Result<CommitId, ReadError> {
        let mut call = self.trusted();
        for (name, value) in [("NAME", "nobody"), ("EMAIL", ""), ("DATE", "@0 +0000")] {
            call.variable(&format!("GIT_AUTHOR_{name}"), value);
            call.variable(&format!("GIT_COMMITTER_{name}"), value);
        }
        call.words(["commit-tree", "-m", "take back"]);
        if let Some(parent) = parent {
            call.word("-p").word(parent.to_string());
        }
        call.word(tree.to_string());
        let text = call.text()?;
        text.parse()
            .map_err(|_| ReadError::Git(call.unexpected(text.as_bytes())))
    }

    /// The commits reachable from some and not from others, parents before children.
    pub fn commits_between(&self, tips: &[CommitId], without: &[CommitId]) -> Result<Vec<CommitId>, ReadError> {
        let mut input = String::new();
        for tip in tips {
            input.push_str(&format!("{tip}\n"));
        }
        for base in without {
            input.push_str(&format!("^{base}\n"));
        }
        let mut call = self.trusted();
        let listing = call
            .words(["rev-list", "--topo-order", "--reverse", "--stdin"])
            .input(input)
            .text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// The first commit of a history that changed anything below some paths.
    pub fn first_change_of(&self, tip: CommitId, paths: &[&str]) -> Result<Option<CommitId>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["rev-list", "--topo-order", "--reverse"])
            .word(tip.to_string())
            .word("--")
            .words(paths)
            .text()?;
        Ok(listing.lines().next().and_then(|line| line.parse().ok()))
    }
}

fn borrow_from(view: &Path, stores: &[PathBuf]) -> io::Result<()> {
    let mut names = String::new();
    for store in stores {
        names.push_str(&format!("{}\n", store.canonicalize()?.display()));
    }
    fs::create_dir(view.join("objects/info"))?;
    fs::write(view.join("objects/info/alternates"), names)
}
