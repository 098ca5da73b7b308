//! Which places of a view are looked at: all of them, or those outside of which it is known to hold what it held.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::domain::change::Entry;
use crate::domain::path::RepoPath;
use crate::git::{ReadError, Repository};

use super::{View, Walk};

/// From so many places on it is quicker to list everything than one after the other.
const FEW: usize = 500;

/// What a view held, as far as anybody looks.
pub(super) fn before(git: &Repository, view: &View) -> Result<BTreeMap<RepoPath, Entry>, ReadError> {
    let Some(places) = view.places.filter(|places| places.len() <= FEW) else {
        let mut all = git.list(view.held, "")?;
        if let Some(places) = view.places {
            let looked_at = Places(places);
            all.retain(|(path, _)| looked_at.covers(path.as_bytes()));
        }
        return Ok(all.into_iter().collect());
    };
    let mut found = BTreeMap::new();
    for place in places {
        found.extend(git.list_at(view.held, place)?);
    }
    Ok(found)
}

/// Places in the order of their parts, none in another.
struct Places<'a>(&'a [RepoPath]);

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

impl<'a> Places<'a> {
    /// Whether a path is one of them or lies in one.
    fn covers(&self, path: &[u8]) -> bool {
        // The last one that does not come behind it is the only one that may hold it.
        let at = self.0.partition_point(|place| place.parts().le(parts(path)));
        let before = at.checked_sub(1).and_then(|at| self.0.get(at));
        before.is_some_and(|place| {
            let rest = path.strip_prefix(place.as_bytes());
            rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
        })
    }

    /// Those that lie in a folder.
    fn below(&self, folder: &[u8]) -> &'a [RepoPath] {
        let depth = parts(folder).count();
        let from = self.0.partition_point(|place| place.parts().le(parts(folder)));
        let rest = &self.0[from..];
        let length = rest.partition_point(|place| place.parts().take(depth).eq(parts(folder)));
        &rest[..length]
    }

    /// The names in a folder that lead to one.
    fn names_in(&self, folder: &[u8]) -> BTreeSet<OsString> {
        let depth = parts(folder).count();
        let names = self.below(folder).iter().filter_map(|place| place.parts().nth(depth));
        names.map(|name| OsStr::from_bytes(name).to_owned()).collect()
    }
}

impl Walk<'_> {
    /// The names in a folder that are looked at, sorted.
    pub(super) fn names_in(&self, dir: &Path, folder: &[u8]) -> io::Result<Vec<OsString>> {
        if let Some(places) = self.view.places.map(Places)
            && !places.covers(folder)
        {
            return Ok(places.names_in(folder).into_iter().collect());
        }
        let listed = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names = listed.collect::<io::Result<Vec<OsString>>>()?;
        names.sort();
        Ok(names)
    }

    /// Whether a place that is looked at is not there any more, which is no news where it was not listed.
    pub(super) fn is_gone(&self, error: &io::Error) -> bool {
        self.view.places.is_some() && error.kind() == io::ErrorKind::NotFound
    }

    /// Whether a folder of the tree is gone through only to come to a place in it.
    pub(super) fn is_on_the_way(&self, name: &RepoPath) -> Result<bool, ReadError> {
        let places = Places(self.view.places.unwrap_or_default());
        Ok(!places.below(name.as_bytes()).is_empty() && self.git.has_folder(self.view.held, name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_covers_what_lies_in_it_and_names_lead_to_it() {
        let places = ["a/b", "a-c", "d/e/f", "d/g"].map(|text| RepoPath::in_tree(text).unwrap());
        let mut sorted = places.to_vec();
        sorted.sort_by(|a, b| a.parts().cmp(b.parts()));
        let places = Places(&sorted);
        for (path, is_covered) in [
            ("a/b", true),
            ("a/b/c", true),
            ("a", false),
            ("a/bc", false),
            ("a-c/x", true),
            ("d/e", false),
            ("d/e/f", true),
            ("d/g/h/i", true),
            ("", false),
            ("e", false),
        ] {
            assert_eq!(places.covers(path.as_bytes()), is_covered, "{path}");
        }
        let names = |folder: &str| places.names_in(folder.as_bytes()).into_iter().collect::<Vec<_>>();
        assert_eq!(names(""), ["a", "a-c", "d"]);
        assert_eq!(names("d"), ["e", "g"]);
        assert_eq!(names("d/e"), ["f"]);
        assert!(names("d/e/f").is_empty() && names("b").is_empty());
    }
}
