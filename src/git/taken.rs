//! The worktree as a person would commit it: what is staged, what is edited, and what is new, of the files that a card allows.
//! Neither the index nor any file is touched; the user's own filters are used.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::overlap::overlap;
use crate::domain::scope::{Allowed, escaped, has_wildcard};

use super::command::{Call, GitError};
use super::open::Repository;
use super::tree::ReadError;
use super::write::WriteError;

/// Why the worktree's change could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum WorktreeError {
    /// Files that the card allows cannot be read.
    #[error("cannot read {}", shown(.0))]
    Unreadable(Vec<String>),
    /// git could not take a file, such as one that a required filter refuses.
    #[error("git cannot take a file of the worktree: {0}")]
    Taking(GitError),
    /// The index holds a merge that is not done.
    #[error("the index cannot be written as a tree: {0}")]
    Index(GitError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// An index that is thrown away needs no checksum, which takes longer than all else in a large one.
const NO_SUM: &str = "index.skipHash=true";

/// The most names that are told.
const MOST_SHOWN: usize = 10;

fn shown(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(MOST_SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_SHOWN) {
        0 => first.join(", "),
        more => format!("{}, and {more} more", first.join(", ")),
    }
}

/// What was taken of a worktree.
#[derive(Debug)]
pub struct Taken {
    /// The tree that the base becomes with it.
    pub tree: TreeId,
    /// What was left out though a glob of the card matches it, or it is staged; each with its reason.
    pub left_out: Vec<String>,
}

impl Repository {
    /// The tree that a tree becomes with the worktree's changes of the allowed files. What the worktree has counts, and what
    /// only the index can hold (a submodule that is not checked out, a mode where files have none) is taken from there. A file
    /// that an entry names exactly, or that is staged, is taken whatever ignore rules say.
    pub fn worktree_tree(&self, base: TreeId, allowed: &Allowed) -> Result<Taken, WorktreeError> {
        let Some(top) = self.work_tree() else {
            return Ok(Taken {
                tree: base,
                left_out: Vec::new(),
            });
        };
        let dir = tempfile::tempdir_in(self.git_dir()).map_err(WriteError::Io)?;
        let copy = dir.path().join("index");
        let staged = self.copy_of_index(base, &copy)?;
        let (ours, others): (Vec<&Change>, Vec<&Change>) =
            staged.iter().partition(|change| allowed.matches(&change.path));
        self.unstage(&copy, &others)?;
        let listing = Listing {
            git: self,
            top,
            index: &copy,
            within: within(allowed),
        };
        let mut taken: BTreeSet<RepoPath> = listing.changed()?;
        taken.retain(|path| allowed.matches(path));
        // A submodule that is staged is meant as it is staged: its folder may not have followed.
        let is_commit = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode == FileMode::Gitlink);
        let moved: BTreeSet<&RepoPath> = ours
            .iter()
            .filter(|change| is_commit(change.new) || change.new.is_none() && is_commit(change.old))
            .map(|change| &change.path)
            .collect();
        for path in allowed.names() {
            // Ignored or not.
            if is_there(top, &path) {
                taken.insert(path);
            }
        }
        taken.retain(|path| !moved.contains(path));
        self.take(&copy, top, &taken)?;
        let mut call = self.trusted();
        call.setting(NO_SUM);
        call.variable("GIT_INDEX_FILE", &copy).words(["write-tree"]);
        let tree: TreeId = call.text().map_err(WriteError::Git)?.parse().map_err(WriteError::Id)?;
        let mut left_out = listing.ignored(allowed)?;
        let landing = self.diff(base, tree)?;
        left_out.extend(
            ours.iter()
                .filter(|change| !landing.iter().any(|landed| landed.path == change.path))
                .map(|change| format!("{} (staged, and the file itself is as it was)", change.path)),
        );
        Ok(Taken { tree, left_out })
    }

    /// Copies the index, with what it knows of files that nobody touched, and tells what is staged.
    fn copy_of_index(&self, base: TreeId, copy: &Path) -> Result<ChangeSet, WorktreeError> {
        let index = self.index_file();
        if !index.exists() {
            self.write_index(base, copy)?;
            return Ok(ChangeSet::default());
        }
        let copied = || -> io::Result<()> {
            fs::copy(index, copy)?;
            // A file that was edited as the index was written is known by the index being no younger than it.
            let written = fs::metadata(index)?.modified()?;
            fs::File::options().append(true).open(copy)?.set_modified(written)
        };
        copied().map_err(WriteError::Io)?;
        let mut call = self.trusted();
        call.variable("GIT_INDEX_FILE", copy).words(["write-tree"]);
        let tree: TreeId = call
            .text()
            .map_err(WorktreeError::Index)?
            .parse()
            .map_err(WriteError::Id)?;
        Ok(self.diff(base, tree)?)
    }

    /// Takes staged changes that are not the card's out of an index again.
    fn unstage(&self, index: &Path, others: &[&Change]) -> Result<(), WorktreeError> {
        let (back, away): (Vec<&Change>, Vec<&Change>) =
            others.iter().copied().partition(|change| change.old.is_some());
        let mut input = Vec::new();
        // What makes room comes first.
        for change in away.iter().chain(&back) {
            let entry = match change.old {
                Some(old) => format!("{} {}\t", old.mode.as_octal(), old.blob),
                None => format!("0 {}\t", self.no_id()),
            };
            input.extend_from_slice(entry.as_bytes());
            input.extend_from_slice(change.path.as_bytes());
            input.push(0);
        }
        if input.is_empty() {
            return Ok(());
        }
        let mut call = self.trusted();
        call.variable("GIT_INDEX_FILE", index)
            .words(["update-index", "-z", "--index-info"])
            .input(input);
        call.bytes().map(drop).map_err(|error| WriteError::Git(error).into())
    }

    /// Takes files into an index as they are in the worktree, or out of it where they are gone.
    fn take(&self, index: &Path, top: &Path, paths: &BTreeSet<RepoPath>) -> Result<(), WorktreeError> {
        if paths.is_empty() {
            return Ok(());
        }
        let unreadable: Vec<String> = paths
            .iter()
            .filter_map(|path| {
                let file = on_disk(top, path);
                let kind = fs::symlink_metadata(&file).ok()?;
                let error = kind.is_file().then(|| fs::File::open(&file).err())??;
                Some(format!("{path} ({error})"))
            })
            .collect();
        if !unreadable.is_empty() {
            return Err(WorktreeError::Unreadable(unreadable));
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let mut call = self.in_worktree(index, top);
        call.setting(NO_SUM);
        call.words(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"])
            .input(input);
        call.bytes().map(drop).map_err(WorktreeError::Taking)
    }

    fn in_worktree(&self, index: &Path, top: &Path) -> Call {
        let mut call = self.program().as_user(self.git_dir(), Some(top));
        call.variable("GIT_INDEX_FILE", index)
            .variable("GIT_LITERAL_PATHSPECS", "1");
        call
    }
}

/// What `git ls-files` tells of a worktree.
struct Listing<'a> {
    git: &'a Repository,
    top: &'a Path,
    index: &'a Path,
    /// The folders and files to look at; all where there are none.
    within: Vec<String>,
}

impl Listing<'_> {
    /// What differs from the index, and what is new and not ignored.
    fn changed(&self) -> Result<BTreeSet<RepoPath>, WorktreeError> {
        self.list(&["--modified", "--deleted", "--others", "--exclude-standard"])
    }

    /// What is ignored though a glob matches it.
    fn ignored(&self, allowed: &Allowed) -> Result<Vec<String>, WorktreeError> {
        let globs: Vec<String> = allowed.globs().map(str::to_owned).collect();
        if globs.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.list(&["--others", "--ignored", "--exclude-standard", "--directory"])?;
        let is_matched = |path: &RepoPath| {
            let is_folder = on_disk(self.top, path).is_dir();
            let inside = format!("{}/**", escaped(&path.to_text()));
            !allowed.names_exactly(path) && (allowed.matches(path) || is_folder && overlap(&globs, &[inside]).is_some())
        };
        Ok(found
            .iter()
            .filter(|path| is_matched(path))
            .map(|path| format!("{path} (ignored, and the card does not name it exactly)"))
            .collect())
    }

    fn list(&self, options: &[&str]) -> Result<BTreeSet<RepoPath>, WorktreeError> {
        let mut call = self.git.in_worktree(self.index, self.top);
        call.words(["ls-files", "-z"])
            .words(options)
            .word("--")
            .words(&self.within);
        let output = call.output().map_err(WriteError::Git)?;
        if !output.status.success() {
            return Err(WriteError::Git(call.failed(&output)).into());
        }
        // A folder that cannot be opened is passed over with a warning.
        let said = String::from_utf8_lossy(&output.stderr);
        let closed: Vec<String> = said
            .lines()
            .filter_map(|line| line.strip_prefix("warning: could not open directory "))
            .map(str::to_owned)
            .collect();
        if !closed.is_empty() {
            return Err(WorktreeError::Unreadable(closed));
        }
        let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let paths = names.filter_map(|name| RepoPath::in_tree(name.strip_suffix(b"/").unwrap_or(name)).ok());
        Ok(paths.collect())
    }
}

/// The most folders and files that a command line names.
const MOST_WITHIN: usize = 400;

/// The folders and files that hold everything which entries may mean; none for the whole worktree.
fn within(allowed: &Allowed) -> Vec<String> {
    let mut found = BTreeSet::new();
    for glob in allowed.globs() {
        let whole: Vec<&str> = glob.split('/').take_while(|part| !has_wildcard(part)).collect();
        if whole.is_empty() {
            return Vec::new();
        }
        found.insert(whole.join("/"));
    }
    found.extend(allowed.names().filter_map(|name| Some(name.as_str()?.to_owned())));
    match found.len() > MOST_WITHIN {
        true => Vec::new(),
        false => found.into_iter().collect(),
    }
}

fn on_disk(top: &Path, path: &RepoPath) -> PathBuf {
    top.join(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

/// Whether the worktree has a file, a link or a repository at a path, reached through folders alone.
fn is_there(top: &Path, path: &RepoPath) -> bool {
    let mut place = top.to_owned();
    let mut parts = path.parts().peekable();
    while let Some(part) = parts.next() {
        place.push(std::ffi::OsStr::from_bytes(part));
        let Ok(kind) = fs::symlink_metadata(&place) else {
            return false;
        };
        match (parts.peek(), kind.is_dir()) {
            (Some(_), false) => return false,
            (None, true) => return place.join(".git").exists(),
            _ => {}
        }
    }
    true
}
