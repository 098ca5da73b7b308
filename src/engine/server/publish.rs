//! Publish: this clone's journal on the server, below a ref that no other clone moves. What is published is only ever
//! added to, and a landing takes the rows that it rests on along in its own push.

use crate::domain::change::{Entry, FileMode};
use crate::domain::id::WriterId;
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::engine::Engine;
use crate::git::{NewCommit, Swap, SwapError};
use crate::ledger::{TakeInError, segment_name};

use super::claims::Pushed;
use super::{Server, ServerError};

/// How often it is made anew because another process of this clone published meanwhile.
const TRIES: u32 = 5;

/// How much is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// The rows.
    Journal,
    /// The packets, answers and logs that they name, too.
    Everything,
}

/// A published journal that is to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ledger {
    pub(super) old: Option<CommitId>,
    pub(super) new: CommitId,
}

impl Server {
    /// The ref of this clone's journal there, and where it is kept here.
    pub(super) fn own_ledger(&self) -> (String, String) {
        let writer = self.me.writer.as_str();
        (self.there("ledger") + writer, self.here("ledger") + writer)
    }

    /// What the server lacks of this clone's journal; `None` where it has everything.
    pub(super) fn ledger(&self, engine: &Engine, share: Share) -> Result<Option<Ledger>, ServerError> {
        let old = engine.git.reference(&self.own_ledger().1)?;
        let base = match old {
            Some(old) => engine.git.tree_of(old)?,
            None => engine.git.empty_tree(),
        };
        let mut files = self.new_segments(engine, base)?;
        if share == Share::Everything {
            files.extend(new_transcripts(engine, base)?);
        }
        if files.is_empty() {
            return Ok(None);
        }
        let blobs = write(engine, &files)?;
        let mut edits = Vec::with_capacity(files.len());
        for ((path, _), blob) in files.into_iter().zip(blobs) {
            let mode = FileMode::Regular;
            edits.push((path, Some(Entry { mode, blob })));
        }
        let tree = engine.git.write_tree(base, &edits)?;
        let new = engine.git.commit_unsigned(&NewCommit {
            tree,
            parents: old.as_slice(),
            message: &format!("Journal of {}\n", self.me.writer),
            seconds: self.clock.now().as_second(),
        })?;
        Ok(Some(Ledger { old, new }))
    }

    /// Segments that have grown since, or are new. What is published has to be the beginning of what is here.
    fn new_segments(&self, engine: &Engine, base: TreeId) -> Result<Vec<(RepoPath, Vec<u8>)>, ServerError> {
        let published = engine.git.list(base, "journal")?;
        let last = published
            .last()
            .map(|(_, entry)| engine.git.blob(entry.blob))
            .transpose()?;
        let from = published.len().max(1) as u64;
        let segments = engine.ledger.own_segments(from)?;
        let begins = segments.first().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        if last.as_ref().is_some_and(|last| !begins.starts_with(last)) {
            return Err(TakeInError::Fork(self.me.writer.clone()).into());
        }
        let mut files = Vec::new();
        for (number, bytes) in segments {
            let is_there = number == from && last.as_ref().is_some_and(|last| last.len() == bytes.len());
            if !is_there && !bytes.is_empty() {
                files.push((RepoPath::new(place_of(number))?, bytes));
            }
        }
        Ok(files)
    }

    /// Notes that a push of the journal was done.
    pub(super) fn published(&self, engine: &Engine, ledger: Ledger) -> Result<(), ServerError> {
        let here = self.own_ledger().1;
        match engine
            .git
            .compare_and_swap(&here, ledger.new, ledger.old, "harness: published")
        {
            Ok(()) | Err(SwapError::Moved { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Brings every published journal, and names those of other clones.
    pub(in crate::engine) fn bring_journals(&self, engine: &Engine) -> Result<Vec<(WriterId, CommitId)>, ServerError> {
        let alone = self.locks.remote(self.name()).map_err(ServerError::Lock)?;
        self.bring(&[(self.there("ledger") + "*", self.here("ledger") + "*")])?;
        drop(alone);
        self.journals(engine)
    }

    /// The journals of other clones that were brought.
    pub(in crate::engine) fn journals(&self, engine: &Engine) -> Result<Vec<(WriterId, CommitId)>, ServerError> {
        let found = engine.git.references_below(&self.here("ledger"))?;
        let theirs = found
            .into_iter()
            .filter_map(|(name, commit)| Some((name.parse().ok()?, commit)));
        Ok(theirs.filter(|(writer, _)| *writer != self.me.writer).collect())
    }

    /// Pushes what only this clone has of the branch, and the journal with it. `false` where the branch moved.
    pub(in crate::engine) fn send(
        &self,
        engine: &Engine,
        new: CommitId,
        old: CommitId,
        share: Share,
    ) -> Result<bool, ServerError> {
        let branch = Swap {
            reference: self.branch_ref(),
            old: Some(old),
            new: Some(new),
        };
        let ledger = self.ledger(engine, share)?;
        let swaps: Vec<Swap> = [branch]
            .into_iter()
            .chain(ledger.map(|ledger| self.ledger_swap(ledger)))
            .collect();
        if self.push(engine, &swaps)? != Pushed::Done {
            return Ok(false);
        }
        if let Some(ledger) = ledger {
            self.published(engine, ledger)?;
        }
        self.look(engine)?;
        Ok(true)
    }

    /// Whether anything of this clone's journal is on the server.
    pub(in crate::engine) fn has_published(&self, engine: &Engine) -> bool {
        let here = engine.git.reference(&self.own_ledger().1);
        here.is_ok_and(|found| found.is_some())
    }

    /// Publishes this clone's journal. Whether there was anything new.
    pub fn publish(&self, engine: &Engine, share: Share) -> Result<bool, ServerError> {
        for _ in 0..TRIES {
            let Some(ledger) = self.ledger(engine, share)? else {
                return Ok(false);
            };
            if let Pushed::Done = self.push(engine, &[self.ledger_swap(ledger)])? {
                self.published(engine, ledger)?;
                return Ok(true);
            }
        }
        Err(TakeInError::Fork(self.me.writer.clone()).into())
    }
}

/// Where a segment lies in a published journal.
pub(in crate::engine) fn place_of(number: u64) -> String {
    format!("journal/{}", segment_name(number))
}

fn new_transcripts(engine: &Engine, base: TreeId) -> Result<Vec<(RepoPath, Vec<u8>)>, ServerError> {
    let published = engine.git.list(base, "transcripts")?;
    let known: std::collections::BTreeSet<String> = published.iter().map(|(path, _)| path.to_string()).collect();
    let transcripts = engine.ledger.transcripts();
    let mut files = Vec::new();
    for digest in transcripts.all().map_err(ServerError::Lock)? {
        let text = digest.to_string();
        let name = format!("transcripts/{}/{}", &text[..2], &text[2..]);
        if !known.contains(&name)
            && let Some(bytes) = transcripts.get(digest).map_err(ServerError::Lock)?
        {
            files.push((RepoPath::new(name)?, bytes));
        }
    }
    Ok(files)
}

fn write(engine: &Engine, files: &[(RepoPath, Vec<u8>)]) -> Result<Vec<BlobId>, ServerError> {
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    Ok(engine.git.write_blobs(&bytes)?)
}
