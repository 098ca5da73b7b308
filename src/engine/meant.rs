//! What the entries of a card mean: decided once, in the tree that each was written for. Other work may remove the folder that
//! `app/[id]/**` names, or bring a file that is called like a glob; neither makes the entry another one.

use std::collections::HashMap;

use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::scope::{Allowed, as_name};
use crate::git::{ReadError, Repository};

/// The entries of a card, with what they were when they were written.
pub struct Entries {
    /// All of them. One that was a name is escaped.
    pub files: Vec<String>,
    /// Those that were a glob, though they may be a name by now.
    pub globs: Vec<String>,
}

/// The entries of a card for work on a commit.
pub fn entries(card: &Card, git: &Repository, base: CommitId) -> Result<Entries, ReadError> {
    let mut files = card.files.clone();
    let mut globs = Vec::new();
    let tree = git.tree_of(base)?;
    let doubtful: Vec<String> = match Allowed::new(&card.files) {
        Ok(allowed) => {
            let doubtful = allowed.doubtful(|name| git.holds(tree, name))?;
            doubtful.into_iter().map(str::to_owned).collect()
        }
        // Whoever compiles them says what is wrong.
        Err(_) => Vec::new(),
    };
    let mut past = Past::of(git, card.id.card_path());
    for entry in doubtful {
        let then = past.written(base, &entry)?;
        match as_name(&entry, |name| git.holds(then, name))? {
            Some(name) => files
                .iter_mut()
                .filter(|file| **file == entry)
                .for_each(|file| file.clone_from(&name)),
            None => globs.push(entry),
        }
    }
    Ok(Entries { files, globs })
}

/// What is known of a card's past.
struct Past<'a> {
    git: &'a Repository,
    path: String,
    commits: HashMap<CommitId, Option<Known>>,
    /// The entries of each version.
    versions: HashMap<BlobId, Vec<String>>,
}

#[derive(Clone)]
struct Known {
    tree: TreeId,
    parents: Vec<CommitId>,
    card: Option<BlobId>,
}

impl<'a> Past<'a> {
    fn of(git: &'a Repository, path: String) -> Self {
        Self {
            git,
            path,
            commits: HashMap::new(),
            versions: HashMap::new(),
        }
    }

    /// The tree of the commit that brought an entry into the card: the card has had it ever since.
    fn written(&mut self, base: CommitId, entry: &str) -> Result<TreeId, ReadError> {
        let mut tree = self.git.tree_of(base)?;
        let mut next = Some(base);
        while let Some(at) = next.take() {
            let Some(known) = self.commit(at)? else { break };
            tree = known.tree;
            for parent in known.parents {
                if self.has(parent, entry)? {
                    next = Some(parent);
                    break;
                }
            }
        }
        Ok(tree)
    }

    fn has(&mut self, commit: CommitId, entry: &str) -> Result<bool, ReadError> {
        let Some(blob) = self.commit(commit)?.and_then(|known| known.card) else {
            return Ok(false);
        };
        if !self.versions.contains_key(&blob) {
            let text = self.git.blob(blob)?;
            let card = parse_card(&self.path, &String::from_utf8_lossy(&text));
            self.versions
                .insert(blob, card.map_or_else(|_| Vec::new(), |card| card.files));
        }
        Ok(self.versions[&blob].iter().any(|file| file == entry))
    }

    /// A commit; `None` beyond the end of a shallow clone.
    fn commit(&mut self, id: CommitId) -> Result<Option<Known>, ReadError> {
        if let Some(known) = self.commits.get(&id) {
            return Ok(known.clone());
        }
        let known = match self.git.commit(id) {
            Err(_) if self.git.is_shallow() => None,
            Err(error) => return Err(error),
            Ok(commit) => Some(Known {
                tree: commit.tree,
                card: self.git.entry(commit.tree, &self.path)?.map(|entry| entry.blob),
                parents: commit.parents,
            }),
        };
        self.commits.insert(id, known.clone());
        Ok(known)
    }
}
