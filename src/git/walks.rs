//! Walks over history: the commits that say something of tasks, and where histories part.

use std::collections::BTreeSet;

use gix::bstr::{ByteSlice, Finder};

use crate::domain::oid::{CommitId, TreeId};
use crate::domain::reversal;

use super::open::Repository;
use super::tree::ReadError;

mod sides;

use sides::{Listing, Sides};

/// A commit that says something.
#[derive(Debug, Clone)]
pub struct Saying {
    /// The commit.
    pub commit: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its author.
    pub author: String,
    /// Its message.
    pub message: String,
    /// Of a merge, what each parent has that another lacks, as far as it may matter.
    pub sides: Vec<Vec<CommitId>>,
}

impl Saying {
    fn read(record: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(record);
        let mut fields = text.splitn(5, '\x01');
        let (commit, tree, parents) = (fields.next()?, fields.next()?, fields.next()?);
        let (author, message) = (fields.next()?, fields.next()?);
        Some(Self {
            commit: commit.trim().parse().ok()?,
            tree: tree.parse().ok()?,
            parents: parents
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .ok()?,
            author: author.to_owned(),
            message: message.to_owned(),
            sides: Vec::new(),
        })
    }
}

/// A commit as git lists it.
struct Listed<'l> {
    /// Its fields, of which the last is the message.
    record: &'l [u8],
    /// Whether git shows the message as it is stored.
    is_stored_so: bool,
    /// Whether it holds anything that looks like a line of ours.
    is_ours: bool,
    /// Whether it may say anything.
    speaks: bool,
}

impl Repository {
    /// The commits of a tip that say anything of tasks or of undoing, and the merges of such commits, the oldest first; with
    /// one of its ancestors, only those since then.
    ///
    /// Messages are read as they are stored, as everywhere: an encoding that a commit names shows its bytes to one reader
    /// as lines of ours, and to another one as nothing.
    pub fn sayings(&self, tip: CommitId, from: Option<CommitId>) -> Result<Vec<Saying>, ReadError> {
        let mut call = self.trusted();
        call.words(["log", "--topo-order", "--reverse", "-z", "--no-show-signature"])
            .word("--format=%e%x01%H%x01%T%x01%P%x01%an <%ae>%x01%B")
            .word(tip.to_string());
        if let Some(from) = from {
            call.word("--not").word(from.to_string());
        }
        let listing = call.bytes()?;
        let words = reversal::WORDS.map(Finder::new);
        let ours = Finder::new("arness-");
        // Most commits of most repositories say nothing of either; those are not even decoded.
        let read = |record| -> Option<Listed> {
            let (encoding, record) = ByteSlice::split_once_str(record, b"\x01")?;
            let says = |finder: &Finder| finder.find(record).is_some();
            // Of a commit that names one git shows another text than the one that is stored.
            let is_stored_so = encoding.is_empty() || encoding.eq_ignore_ascii_case(b"utf-8");
            let is_ours = !is_stored_so || says(&ours);
            Some(Listed {
                record,
                is_stored_so,
                is_ours,
                speaks: is_ours || words.iter().any(says),
            })
        };
        let records: Vec<Listed> = listing.split(|byte| *byte == 0).filter_map(read).collect();
        // Without a word of ours nothing ever landed, and no merge can leave it out.
        let matters = from.is_some() || records.iter().any(|listed| listed.is_ours);
        let headings = records.iter().take_while(|_| matters).map(|listed| {
            let mut fields = listed.record.splitn(4, |byte| *byte == 1);
            let (commit, _, parents) = (fields.next(), fields.next(), fields.next());
            (commit.unwrap_or_default(), parents.unwrap_or_default(), listed.speaks)
        });
        let graph = Listing::new(headings, from.is_none());
        let mut found = Vec::new();
        for (place, listed) in records.iter().enumerate() {
            let sides = graph.sides(place);
            if !listed.speaks && matches!(sides, Sides::Alike) {
                continue;
            }
            let Some(mut saying) = Saying::read(listed.record) else {
                continue;
            };
            if !listed.is_stored_so {
                saying.message = self.commit(saying.commit)?.message;
            }
            saying.sides = match sides {
                Sides::Alike => Vec::new(),
                Sides::Known(sides) => sides,
                Sides::Beyond => self.sides_of(&saying.parents)?,
            };
            found.push(saying);
        }
        Ok(found)
    }

    /// A commit's first parents, itself first, with their trees.
    pub fn first_parents(&self, of: CommitId, most: usize) -> Result<Vec<(CommitId, TreeId)>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["log", "--first-parent", "--no-show-signature", "--format=%H %T"])
            .word(format!("--max-count={most}"))
            .word(of.to_string())
            .text()?;
        let pair = |line: &str| {
            let (commit, tree) = line.split_once(' ')?;
            Some((commit.parse().ok()?, tree.parse().ok()?))
        };
        Ok(listing.lines().filter_map(pair).collect())
    }

    /// The commit that a commit's history begins with, along first parents.
    pub fn root_of(&self, tip: CommitId) -> Result<Option<CommitId>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["rev-list", "--first-parent", "--max-parents=0", "--max-count=1"])
            .word(tip.to_string())
            .text()?;
        Ok(listing.lines().next().and_then(|line| line.trim().parse().ok()))
    }

    /// The newest commit that changed a path.
    pub fn newest_change_of(&self, tip: CommitId, path: &str) -> Result<Option<CommitId>, ReadError> {
        let mut call = self.trusted();
        let listing = call
            .words(["rev-list", "--max-count=1"])
            .word(tip.to_string())
            .word("--")
            .word(path)
            .text()?;
        Ok(listing.lines().next().and_then(|line| line.parse().ok()))
    }

    /// The commits, but for merges, behind a tip and not behind another commit that change one of some paths, the oldest first.
    pub fn changes_between(
        &self,
        tip: CommitId,
        since: CommitId,
        paths: &BTreeSet<String>,
    ) -> Result<Vec<CommitId>, ReadError> {
        let mut call = self.trusted();
        call.words(["rev-list", "--no-merges", "--topo-order", "--reverse"]);
        call.word(tip.to_string()).word(format!("^{since}")).word("--");
        let listing = call.words(paths).text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// The first parents of a tip since a fork, the oldest first, each with the tree before it and its own.
    pub fn first_parents_since(
        &self,
        tip: CommitId,
        fork: CommitId,
        most: usize,
    ) -> Result<Vec<(CommitId, TreeId, TreeId)>, ReadError> {
        let found = self.first_parents(tip, most + 1)?;
        let since = found.windows(2).take_while(|two| two[0].0 != fork);
        let mut since: Vec<_> = since.map(|two| (two[0].0, two[1].1, two[0].1)).collect();
        since.reverse();
        Ok(since)
    }

    /// Those of some commits that none of the others holds.
    pub fn independent(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, ReadError> {
        if commits.len() < 2 {
            return Ok(commits.to_vec());
        }
        let mut call = self.trusted();
        call.words(["merge-base", "--independent"]);
        for commit in commits {
            call.word(commit.to_string());
        }
        let listing = call.text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// What a range of commits stands on: the newest commits outside of it that are parents of some inside.
    pub fn footing_of(&self, tips: &[CommitId], without: &[CommitId]) -> Result<Vec<CommitId>, ReadError> {
        let mut call = self.trusted();
        let tips = tips.iter().map(|tip| format!("{tip}\n"));
        let without = without.iter().map(|commit| format!("^{commit}\n"));
        let listing = call
            .words(["rev-list", "--boundary", "--stdin"])
            .input(tips.chain(without).collect::<String>())
            .text()?;
        let boundary = listing.lines().filter_map(|line| line.strip_prefix('-')?.parse().ok());
        self.independent(&boundary.collect::<Vec<_>>())
    }

    /// Where two histories part; `None` where they have nothing in common.
    pub fn fork_of(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>, ReadError> {
        let mut call = self.trusted();
        call.words(["merge-base"]).word(one.to_string()).word(other.to_string());
        let output = call.output()?;
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok()),
            Some(1) => Ok(None),
            _ => Err(call.failed(&output).into()),
        }
    }

    /// Every path below a folder that any commit reachable from a tip ever added.
    pub fn paths_ever(&self, tip: CommitId, under: &str) -> Result<BTreeSet<String>, ReadError> {
        let mut call = self.trusted();
        call.words([
            "log",
            "--no-renames",
            "--diff-filter=A",
            "--name-only",
            "-z",
            "--format=",
            "-m",
        ])
        .word(tip.to_string())
        .word("--")
        .word(under);
        let listing = call.bytes()?;
        Ok(listing
            .split(|byte| *byte == 0)
            .map(|path| String::from_utf8_lossy(path).trim().to_owned())
            .filter(|path| !path.is_empty())
            .collect())
    }
}
