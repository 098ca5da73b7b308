//! Worktrees: every folder in which this repository is checked out, as git itself counts them.
//!
//! Git says which there are and what they have checked out; where each one is, and whether its folder still leads back
//! here, is looked at by us. A worktree that is not to be found counts all the same: unplugged, unmounted, seen under
//! another path in a container, it comes back with the index that it had.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::open::Repository;
use super::tree::ReadError;
use super::under_way::UnderWay;

/// A folder in which this repository is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Its top folder.
    pub path: PathBuf,
    /// Its own git folder.
    pub git_dir: PathBuf,
    /// The branch that it has checked out, or goes back to, without `refs/heads/`.
    pub branch: Option<String>,
    /// Other branches that the rebase under way in it moves when it ends.
    pub rewrites: Vec<String>,
    /// What is going on in it that a moved branch would disturb.
    pub busy: Option<UnderWay>,
    /// Why nothing can be brought along in it.
    pub away: Option<Away>,
}

/// Why a worktree that git counts cannot be worked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    /// Its folder is not there.
    Gone,
    /// What is there now is something else.
    NotIts,
    /// Nothing says where it is, as in a linked worktree of a repository with a separate git folder.
    Unknown,
}

impl Away {
    /// What brings it back.
    pub const fn way_out(self) -> &'static str {
        match self {
            Self::Gone => {
                "bring the folder back, or tell git where it is now (git worktree repair PATH), or give it up (git worktree unlock PATH, git worktree prune)"
            }
            Self::NotIts => {
                "tell git where it is now (git worktree repair PATH), or give it up (git worktree unlock PATH, git worktree prune)"
            }
            Self::Unknown => "run the command in that worktree, or tell git where it is: git config core.worktree PATH",
        }
    }
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "which is not there",
            Self::NotIts => "where something else is by now",
            Self::Unknown => "and nothing says where its files are",
        })
    }
}

/// One worktree as git lists it.
struct Listed {
    path: Vec<u8>,
    branch: Option<String>,
    bare: bool,
}

impl Repository {
    /// Every folder in which this repository is checked out, the main one first.
    pub fn worktrees(&self) -> Result<Vec<Worktree>, ReadError> {
        let mut call = self.trusted();
        let mut listed = listed(&call.words(["worktree", "list", "--porcelain", "-z"]).bytes()?).into_iter();
        let mut found = Vec::new();
        if let Some(main) = listed.next().filter(|main| !main.bare) {
            let git_dir = self.common_dir().to_owned();
            let (path, away) = self.main_work_tree();
            found.push(self.describe(main.branch, path, git_dir, away)?);
        }
        let mut folders = self.linked_folders();
        for one in listed {
            let names_it = |folder: &Linked| folder.said == one.path || folder.path.as_os_str().as_bytes() == one.path;
            let at = folders.iter().position(names_it);
            let Linked { path, git_dir, .. } = match at {
                Some(at) => folders.swap_remove(at),
                // Git counts it; that is reason enough to leave its branch alone.
                None => Linked {
                    said: Vec::new(),
                    path: PathBuf::from(OsStr::from_bytes(&one.path)),
                    git_dir: PathBuf::new(),
                },
            };
            let (path, away) = match self.work_tree().filter(|_| self.git_dir() == git_dir) {
                // Wherever git believes that it is: this process is in it.
                Some(here) => (here.to_owned(), None),
                None => {
                    let away = where_it_is(&path, &git_dir);
                    (path, away)
                }
            };
            found.push(self.describe(one.branch, path, git_dir, away)?);
        }
        Ok(found)
    }

    /// The folders below `worktrees/`, with where each one's files are.
    fn linked_folders(&self) -> Vec<Linked> {
        let entries = fs::read_dir(self.common_dir().join("worktrees"));
        let folder = |git_dir: PathBuf| {
            let text = fs::read(git_dir.join("gitdir")).ok()?;
            let said = text.trim_ascii_end();
            let said = said.strip_suffix(b"/.git").unwrap_or(said).to_vec();
            // Relative where git was told to write it so.
            let path = git_dir.join(OsStr::from_bytes(&said));
            let path = path.canonicalize().unwrap_or_else(|_| without_dots(&path));
            Some(Linked { said, path, git_dir })
        };
        let mut found: Vec<Linked> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| folder(entry.path()))
            .collect();
        found.sort_by(|a, b| a.git_dir.cmp(&b.git_dir));
        found
    }

    /// Where the main worktree's files are, which git itself only guesses from a linked one.
    fn main_work_tree(&self) -> (PathBuf, Option<Away>) {
        let common = self.common_dir();
        if let Some(here) = self.work_tree().filter(|_| self.git_dir() == common) {
            return (here.to_owned(), None);
        }
        if let Some(path) = self.config_value("core.worktree") {
            let path = common.join(path);
            let path = path.canonicalize().unwrap_or_else(|_| without_dots(&path));
            let away = (!path.is_dir()).then_some(Away::Gone);
            return (path, away);
        }
        match common.parent() {
            Some(path) if leads_to(path, common) => (path.to_owned(), None),
            _ => (common.to_owned(), Some(Away::Unknown)),
        }
    }

    fn describe(
        &self,
        branch: Option<String>,
        path: PathBuf,
        git_dir: PathBuf,
        away: Option<Away>,
    ) -> Result<Worktree, ReadError> {
        let branch = match branch {
            Some(branch) => Some(self.branch_behind(&branch)?),
            None => branch_under_rebase(&git_dir).or_else(|| branch_under_bisect(&git_dir)),
        };
        Ok(Worktree {
            busy: self.under_way_in(&git_dir),
            rewrites: rewritten_by_rebase(&git_dir),
            path,
            git_dir,
            branch,
            away,
        })
    }
}

/// A folder below `worktrees/`.
struct Linked {
    /// Where its worktree is, as it says itself.
    said: Vec<u8>,
    /// The same, resolved.
    path: PathBuf,
    git_dir: PathBuf,
}

/// Reads `git worktree list --porcelain -z`: a line ends with a NUL, and a worktree with an empty line.
fn listed(listing: &[u8]) -> Vec<Listed> {
    let mut found: Vec<Listed> = Vec::new();
    for line in listing.split(|byte| *byte == 0) {
        if let Some(path) = line.strip_prefix(b"worktree ") {
            found.push(Listed {
                path: path.to_vec(),
                branch: None,
                bare: false,
            });
        } else if let Some(last) = found.last_mut() {
            if let Some(branch) = line.strip_prefix(b"branch refs/heads/") {
                last.branch = Some(String::from_utf8_lossy(branch).into_owned());
            }
            last.bare |= line == b"bare";
        }
    }
    found
}

fn where_it_is(path: &Path, git_dir: &Path) -> Option<Away> {
    if leads_to(path, git_dir) {
        None
    } else if fs::symlink_metadata(path.join(".git")).is_ok() {
        Some(Away::NotIts)
    } else {
        Some(Away::Gone)
    }
}

/// Whether the `.git` of a folder is, or names, a git folder.
pub(super) fn leads_to(path: &Path, git_dir: &Path) -> bool {
    let dot_git = path.join(".git");
    let named = match fs::read(&dot_git) {
        Ok(text) => match text.trim_ascii_end().strip_prefix(b"gitdir: ") {
            Some(named) => path.join(OsStr::from_bytes(named)),
            None => return false,
        },
        Err(_) => dot_git,
    };
    match (named.canonicalize(), git_dir.canonicalize()) {
        (Ok(named), Ok(own)) => named == own,
        _ => false,
    }
}

/// A path without `.` and `..`, for one that is not there and so cannot be resolved.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

fn branch_under_rebase(git_dir: &Path) -> Option<String> {
    ["rebase-merge/head-name", "rebase-apply/head-name"]
        .iter()
        .find_map(|file| fs::read_to_string(git_dir.join(file)).ok())
        .and_then(|name| name.trim_end().strip_prefix("refs/heads/").map(str::to_owned))
}

/// The branches that `git rebase --update-refs` brings along: three lines for each, the first with its name.
fn rewritten_by_rebase(git_dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(git_dir.join("rebase-merge/update-refs")).unwrap_or_default();
    let names = text.lines().filter_map(|line| line.strip_prefix("refs/heads/"));
    names.map(str::to_owned).collect()
}

/// The branch that `git bisect reset` goes back to. (A bisect of a detached HEAD names a commit here, which is no branch.)
fn branch_under_bisect(git_dir: &Path) -> Option<String> {
    let start = fs::read_to_string(git_dir.join("BISECT_START")).ok()?;
    let name = start.trim_end();
    Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_whatever_git_says_beside_it() {
        let listing =
            b"worktree /a b\0HEAD 1\0branch refs/heads/x/y\0\0worktree /c\nd\0HEAD 1\0detached\0locked a\nb\0\0\
            worktree /e\0bare\0\0";
        let found: Vec<_> = listed(listing)
            .into_iter()
            .map(|one| (String::from_utf8(one.path).unwrap(), one.branch, one.bare))
            .collect();
        assert_eq!(
            found,
            [
                ("/a b".to_owned(), Some("x/y".to_owned()), false),
                ("/c\nd".to_owned(), None, false),
                ("/e".to_owned(), None, true),
            ]
        );
    }

    #[test]
    fn a_path_that_is_not_there_loses_its_dots() {
        assert_eq!(without_dots(Path::new("/a/b/../../c/./d")), Path::new("/c/d"));
    }
}
