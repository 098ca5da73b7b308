//! Sides of merges: what one parent of a merge has and another one lacks, as far as it says anything of tasks.

use std::collections::{BTreeMap, HashMap};

use crate::domain::oid::CommitId;

use super::super::open::Repository;
use super::super::tree::ReadError;

/// The most parents of a merge that are looked at.
const MOST_PARENTS: usize = 32;

/// A listing of commits, parents before children, by which merges are looked at without asking git once more.
pub(super) struct Listing<'a> {
    places: HashMap<&'a [u8], usize>,
    ids: Vec<&'a [u8]>,
    /// The parents of each, as the listing writes them.
    parents: Vec<Vec<&'a [u8]>>,
    /// Whether it says anything.
    speaks: Vec<bool>,
    /// The first one that does: what is older matters to nobody.
    first: usize,
}

/// What a listing tells of the sides of a merge.
pub(super) enum Sides {
    /// Its parents have the same to say.
    Alike,
    /// What each parent has that another lacks.
    Known(Vec<Vec<CommitId>>),
    /// They go back to before the listing.
    Beyond,
}

impl<'a> Listing<'a> {
    /// Takes a listing over: of each commit its id, its parents, and whether it says anything. `is_whole` says that it
    /// begins with the first commits of all.
    pub(super) fn new(records: impl Iterator<Item = (&'a [u8], &'a [u8], bool)>, is_whole: bool) -> Self {
        let mut listing = Self {
            places: HashMap::new(),
            ids: Vec::new(),
            parents: Vec::new(),
            speaks: Vec::new(),
            first: 0,
        };
        let mut first = None;
        for (place, (commit, parents, speaks)) in records.enumerate() {
            listing.places.insert(commit, place);
            listing.ids.push(commit);
            let parents = parents.split(|byte| *byte == b' ').filter(|one| !one.is_empty());
            listing.parents.push(parents.collect());
            listing.speaks.push(speaks);
            first = first.or(speaks.then_some(place));
        }
        if is_whole {
            listing.first = first.unwrap_or(listing.parents.len());
        }
        listing
    }

    /// Looks at a commit of the listing by its place. One that is no merge has no sides.
    pub(super) fn sides(&self, place: usize) -> Sides {
        let Some(parents) = self.parents.get(place).filter(|parents| parents.len() > 1) else {
            return Sides::Alike;
        };
        if place < self.first || parents.len() > MOST_PARENTS {
            return Sides::Alike;
        }
        let all = (1_u64 << parents.len()) - 1;
        // The newest first: whatever has a child among them has all its marks by then.
        let mut open: BTreeMap<usize, u64> = BTreeMap::new();
        let mut beyond: HashMap<&[u8], u64> = HashMap::new();
        let mut partial = 0_usize;
        let mut mark = |open: &mut BTreeMap<usize, u64>, partial: &mut usize, commit: &'a [u8], marks: u64| {
            let Some(place) = self.places.get(commit) else {
                *beyond.entry(commit).or_default() |= marks;
                return;
            };
            if *place < self.first {
                return;
            }
            let known = open.entry(*place).or_default();
            let was = *known != 0 && *known != all;
            *known |= marks;
            let is = *known != all;
            *partial = *partial + usize::from(is) - usize::from(was);
        };
        for (index, parent) in parents.iter().enumerate() {
            mark(&mut open, &mut partial, parent, 1 << index);
        }
        let mut sides = vec![Vec::new(); parents.len()];
        let mut found = false;
        while partial > 0
            && let Some((place, marks)) = open.pop_last()
        {
            if marks != all {
                partial -= 1;
                if self.speaks[place]
                    && let Some(commit) = self.id_of(place)
                {
                    found = true;
                    for (index, side) in sides.iter_mut().enumerate() {
                        if marks & (1 << index) != 0 {
                            side.push(commit);
                        }
                    }
                }
            }
            for parent in &self.parents[place] {
                mark(&mut open, &mut partial, parent, marks);
            }
        }
        if beyond.values().any(|marks| *marks != all) {
            return Sides::Beyond;
        }
        match found {
            true => Sides::Known(sides),
            false => Sides::Alike,
        }
    }

    fn id_of(&self, place: usize) -> Option<CommitId> {
        std::str::from_utf8(self.ids.get(place)?).ok()?.parse().ok()
    }
}

impl Repository {
    /// What each parent of a merge has that another one lacks.
    pub fn sides_of(&self, parents: &[CommitId]) -> Result<Vec<Vec<CommitId>>, ReadError> {
        let mut sides = Vec::new();
        for parent in parents.iter().take(MOST_PARENTS) {
            let mut side: Vec<CommitId> = Vec::new();
            for other in parents.iter().filter(|other| *other != parent) {
                for commit in self.commits_between(&[*parent], &[*other])? {
                    if !side.contains(&commit) {
                        side.push(commit);
                    }
                }
            }
            sides.push(side);
        }
        Ok(sides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: char) -> String {
        letter.to_string().repeat(40)
    }

    /// Commits as "commit parents…", those in capitals say something; the last one's sides as letters.
    fn sides(commits: &[&str], is_whole: bool) -> Option<Vec<String>> {
        let lines: Vec<(String, String, bool)> = commits
            .iter()
            .map(|commit| {
                let lower = commit.to_lowercase();
                let mut letters = lower.chars();
                let own = id(letters.next().unwrap());
                let parents: Vec<String> = letters.map(id).collect();
                (own, parents.join(" "), lower.as_bytes()[0] != commit.as_bytes()[0])
            })
            .collect();
        let records = lines
            .iter()
            .map(|(commit, parents, speaks)| (commit.as_bytes(), parents.as_bytes(), *speaks));
        match Listing::new(records, is_whole).sides(commits.len() - 1) {
            Sides::Alike => Some(Vec::new()),
            Sides::Beyond => None,
            Sides::Known(sides) => {
                let letters = |side: &Vec<CommitId>| {
                    let mut letters: Vec<String> = side.iter().map(|one| one.to_string()[..1].to_owned()).collect();
                    letters.sort();
                    letters.concat()
                };
                Some(sides.iter().map(letters).collect())
            }
        }
    }

    #[test]
    fn each_side_has_what_another_lacks() {
        assert_eq!(
            sides(&["a", "Ba", "ca", "dcb"], true),
            Some(vec![String::new(), "b".to_owned()])
        );
        assert_eq!(
            sides(&["a", "Ba", "Ca", "Db", "fcd"], true),
            Some(vec!["c".to_owned(), "bd".to_owned()])
        );
        // What both have, and a merge of merges.
        assert_eq!(sides(&["A", "ba", "ca", "dcb"], true), Some(Vec::new()));
        assert_eq!(
            sides(&["a", "Ba", "ca", "dbc", "ed", "Fd", "0ef"], true),
            Some(vec![String::new(), "f".to_owned()])
        );
        // No merge.
        assert_eq!(sides(&["a", "Ba"], true), Some(Vec::new()));
    }

    #[test]
    fn what_goes_back_to_before_the_listing_is_told() {
        // `0` is not listed.
        assert_eq!(
            sides(&["B0", "c0", "dcb"], false),
            Some(vec![String::new(), "b".to_owned()])
        );
        assert_eq!(sides(&["B1", "c0", "dcb"], false), None);
    }
}
