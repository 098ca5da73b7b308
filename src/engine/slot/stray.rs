//! Where a slot's folder may not equal its tree: what a run touched, and build output that stays.
//!
//! Outside of these places nothing has to be looked at, neither when the slot is filled anew nor when a Builder's work is
//! taken. They are noted by our own hand as it moves a run's changes into the folder, never read from what the run left.

use crate::domain::change::FileMode;
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::git::{ReadError, Repository};
use crate::process::fence::Touched;

use super::{Slot, is_below};

/// The most places that are listed; where there are more, everything is looked at.
pub(super) const MOST: usize = 10_000;

/// The places that were touched, by names that a tree can have; `None` where they are not known. The repository at the top
/// belongs to the copy and not to the tree.
pub(super) fn of(touched: &Touched) -> Option<Vec<RepoPath>> {
    let of_tree = |place: &&Vec<u8>| *place != b".git" && !place.starts_with(b".git/");
    let places = touched.places()?.iter().filter(of_tree);
    places.map(|place| nearest(place)).collect()
}

/// A place, or the innermost folder around it that a tree can name.
fn nearest(place: &[u8]) -> Option<RepoPath> {
    let mut place = place;
    loop {
        if let Ok(path) = RepoPath::in_tree(place) {
            return Some(path);
        }
        place = &place[..place.iter().rposition(|byte| *byte == b'/')?];
    }
}

/// The same places, each once, without those that lie in another.
pub(super) fn outermost(places: impl Iterator<Item = RepoPath>) -> Vec<RepoPath> {
    let mut all: Vec<RepoPath> = places.collect();
    // Whatever lies in a folder comes straight behind it, where the slash is the least of all bytes.
    let by_parts = |a: &RepoPath, b: &RepoPath| a.parts().cmp(b.parts());
    all.sort_by(by_parts);
    let mut outer: Vec<RepoPath> = Vec::new();
    for place in all {
        let is_known = |last: &RepoPath| *last == place || is_below(&place, last);
        if !outer.last().is_some_and(is_known) {
            outer.push(place);
        }
    }
    outer
}

impl Slot {
    /// The places outside of which the folder equals the tree, if that is known.
    pub fn may_differ(&self, git: &Repository, tree: TreeId) -> Result<Option<Vec<RepoPath>>, ReadError> {
        let known = self.memory.equals.as_ref();
        let known = known.filter(|_| self.is_of_this_start() && !self.memory.lacking);
        let Some(equals) = known.and_then(|text| text.parse::<TreeId>().ok()) else {
            return Ok(None);
        };
        let mut places = self.memory.stray.clone();
        if equals != tree {
            let changes = git.diff(equals, tree)?;
            // What decides the bytes of other files, or is made of other files, is more than one place.
            let decides = |path: &RepoPath| matches!(path.file_name(), b".gitattributes" | b".gitmodules");
            for change in &changes {
                let mut entries = change.old.iter().chain(&change.new);
                if decides(&change.path) || entries.any(|entry| entry.mode == FileMode::Gitlink) {
                    return Ok(None);
                }
                places.push(change.path.clone());
            }
        }
        // A submodule is one thing, whatever lies in it.
        let links = git.deciding(tree)?.links;
        for place in &mut places {
            if let Some((link, _)) = links.iter().find(|(link, _)| is_below(place, link)) {
                *place = link.clone();
            }
        }
        Ok(Some(outermost(places.into_iter())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::in_tree(text).unwrap()
    }

    #[test]
    fn what_lies_in_another_place_is_not_listed() {
        let places = ["a/b", "a-c", "a", "b/c/d", "b/c", "b.d", "a/b/c", "b/c"].map(path);
        let outer = outermost(places.into_iter());
        assert_eq!(outer, ["a", "a-c", "b/c", "b.d"].map(path));
    }

    #[test]
    fn a_name_that_no_tree_has_stands_for_the_folder_around_it() {
        assert_eq!(nearest(b"a/b/.git/config"), Some(path("a/b")));
        assert_eq!(nearest(b"a/b"), Some(path("a/b")));
        assert_eq!(nearest(b".GIT/config"), None);
    }
}
