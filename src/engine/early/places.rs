//! Where a name leads: every file that a program may mean by it, whether it takes `..` away before it follows links or
//! after, and whether it writes through a link or puts a file in its place.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The most links that are followed, as the system's own limit.
const LINKS: usize = 40;

/// Why a name leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Empty, or with a NUL byte.
    #[error("`{}` is no name of a file", .0.escape_debug())]
    NoName(String),
    /// Some programs read it as the home folder and some do not.
    #[error("`{0}` begins with `~`; write the whole path")]
    Home(String),
    /// It goes round.
    #[error("`{0}` leads through too many links")]
    Round(String),
}

/// Every file that may be meant by a name, seen from the folder `from`. Their folders are free of links and `..`.
pub fn places(from: &Path, name: &str) -> Result<BTreeSet<PathBuf>, PlaceError> {
    if name.trim().is_empty() || name.contains('\0') {
        return Err(PlaceError::NoName(name.to_owned()));
    }
    if name.starts_with('~') {
        return Err(PlaceError::Home(name.to_owned()));
    }
    let path = from.join(name);
    let mut found = BTreeSet::new();
    for spelling in [by_name(&path), path] {
        follow(&spelling, &mut found).ok_or_else(|| PlaceError::Round(name.to_owned()))?;
    }
    Ok(found)
}

/// Takes `.` and `..` away by the names alone.
fn by_name(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Walks a path as the system does. A link at its end is a place itself, and so is what it leads to.
fn follow(path: &Path, found: &mut BTreeSet<PathBuf>) -> Option<()> {
    let mut left: VecDeque<OsString> = VecDeque::new();
    let mut at = PathBuf::from("/");
    let mut links = 0;
    let names = |path: &Path| path.components().map(|part| part.as_os_str().to_owned()).collect();
    let mut names_of_path: VecDeque<OsString> = names(path);
    left.append(&mut names_of_path);
    while let Some(name) = left.pop_front() {
        if name == OsStr::new("/") {
            at = PathBuf::from("/");
        } else if name == OsStr::new("..") {
            at.pop();
        } else if name != OsStr::new(".") {
            at.push(name);
            let Ok(target) = fs::read_link(&at) else {
                continue;
            };
            links += 1;
            if links > LINKS {
                return None;
            }
            if left.is_empty() {
                found.insert(at.clone());
            }
            at.pop();
            let mut before: VecDeque<OsString> = names(&target);
            before.append(&mut left);
            left = before;
        }
    }
    found.insert(at);
    Some(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_form_of_a_name_leads_where_the_system_goes_and_where_names_go() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        for folder in ["repo/src", "other/deep"] {
            fs::create_dir_all(top.join(folder)).unwrap();
        }
        let repo = top.join("repo");
        symlink("../other/deep", repo.join("out")).unwrap();
        symlink("src/a.rs", repo.join("link.rs")).unwrap();
        symlink("link.rs", repo.join("twice.rs")).unwrap();
        symlink("round", repo.join("round")).unwrap();
        let absolute = repo.join("src/a.rs").to_string_lossy().into_owned();
        for (name, wanted) in [
            ("src/a.rs", vec!["repo/src/a.rs"]),
            (&absolute, vec!["repo/src/a.rs"]),
            ("./src/../src/./a.rs", vec!["repo/src/a.rs"]),
            ("../repo/new/a.rs", vec!["repo/new/a.rs"]),
            ("../../../../../../../../../../etc/x", vec!["/etc/x"]),
            ("out/x", vec!["other/deep/x"]),
            ("out/../x", vec!["other/x", "repo/x"]),
            ("link.rs", vec!["repo/link.rs", "repo/src/a.rs"]),
            ("twice.rs", vec!["repo/link.rs", "repo/src/a.rs", "repo/twice.rs"]),
        ] {
            let wanted: BTreeSet<PathBuf> = wanted.iter().map(|path| top.join(path)).collect();
            assert_eq!(places(&repo, name), Ok(wanted), "{name}");
        }
        for name in ["", " ", "a\0b", "~/x", "round", "round/x"] {
            assert!(places(&repo, name).is_err(), "{name:?}");
        }
    }
}
