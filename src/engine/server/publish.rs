//! Publish: this clone's journal on the server, below a ref that no other clone moves. What is published is only ever
//! added to, and a landing takes the rows that it rests on along in its own push.

use crate::domain::change::{Entry, FileMode};
use crate::domain::id::WriterId;
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::engine::Engine;
use crate::git::{NewCommit, Swap, SwapError};
use crate::ledger::{LONGEST_SEGMENT, MOST_SEGMENTS, Names, TakeInError, segment_name};

use super::claims::Pushed;
use super::{Server, ServerError, transcripts};

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

/// What is believed of a published journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It is as this clone put it there.
    WhatWePublished,
    /// Somebody moved its ref.
    Nothing,
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
        let old = engine.git.names(&self.own_ledger().1)?;
        let base = match old {
            Some(old) => engine.git.tree_if_any(old).ok_or_else(|| self.fork())?,
            None => engine.git.empty_tree(),
        };
        let mut files = match old {
            Some(old) if engine.git.names(&self.own_published())? != Some(old) => {
                let files = self.new_segments(engine, base, Trust::Nothing)?;
                // From here on it is known to be ours.
                let before = engine.git.names(&self.own_published())?;
                self.note_published(engine, old, before)?;
                files
            }
            _ => self.new_segments(engine, base, Trust::WhatWePublished)?,
        };
        let mut erased = Vec::new();
        if share == Share::Everything {
            let named = engine.ledger.names_of_own()?;
            files.extend(new_transcripts(engine, base, &named)?);
            let there = transcripts::published(engine, base);
            for digest in there.into_keys().filter(|digest| named.erased().contains(digest)) {
                erased.push((RepoPath::new(transcripts::place_of(digest))?, None));
            }
        }
        if files.is_empty() && erased.is_empty() {
            return Ok(None);
        }
        let blobs = write(engine, &files)?;
        let mut edits = Vec::with_capacity(files.len());
        for ((path, _), blob) in files.into_iter().zip(blobs) {
            let mode = FileMode::Regular;
            edits.push((path, Some(Entry { mode, blob })));
        }
        // What was erased would still be there behind a commit that holds it.
        let parents = old.as_slice();
        let parents = if erased.is_empty() { parents } else { &[] };
        edits.extend(erased);
        let tree = engine.git.write_tree(base, &edits)?;
        let new = engine.git.commit_unsigned(&NewCommit {
            tree,
            parents,
            message: &format!("Journal of {}\n", self.me.writer),
            seconds: self.clock.now().as_second(),
        })?;
        Ok(Some(Ledger { old, new }))
    }

    /// Segments that have grown since, or are new. What is published has to be the beginning of what is here, and nothing
    /// else: by the name of each file, and by its content where it was not this clone that put it there.
    fn new_segments(
        &self,
        engine: &Engine,
        base: TreeId,
        trust: Trust,
    ) -> Result<Vec<(RepoPath, Vec<u8>)>, ServerError> {
        let published = engine.git.files_in(base, "journal", MOST_SEGMENTS);
        let published = published.ok_or_else(|| self.fork())?;
        let mut names = (1..).map(segment_name).zip(&published);
        if names.any(|(name, (found, _))| name != *found) {
            return Err(self.fork());
        }
        let from = match trust {
            Trust::WhatWePublished => published.len().max(1) as u64,
            Trust::Nothing => 1,
        };
        let segments = engine.ledger.segments_of(&self.me.writer, from)?;
        if published.len() as u64 >= from + segments.len() as u64 {
            return Err(self.fork());
        }
        let mut files = Vec::new();
        for (number, bytes) in segments {
            let there = usize::try_from(number)
                .ok()
                .and_then(|number| published.get(number - 1));
            let there = there.map(|(_, blob)| self.segment(engine, *blob)).transpose()?;
            let is_last = number >= published.len() as u64;
            let is_whole = there.as_ref().is_some_and(|there| there.len() == bytes.len());
            if let Some(there) = &there
                && (there.is_empty() || !bytes.starts_with(there) || !(is_last || is_whole))
            {
                return Err(self.fork());
            }
            if !is_whole && !bytes.is_empty() {
                files.push((RepoPath::new(place_of(number))?, bytes));
            }
        }
        Ok(files)
    }

    /// Whether what is published under our name is ours.
    pub(super) fn is_ours(&self, engine: &Engine) -> Result<(), ServerError> {
        let Some(at) = engine.git.names(&self.own_ledger().1)? else {
            return Ok(());
        };
        let tree = engine.git.tree_if_any(at).ok_or_else(|| self.fork())?;
        self.new_segments(engine, tree, Trust::Nothing).map(drop)
    }

    /// A segment that is published under our name.
    fn segment(&self, engine: &Engine, blob: BlobId) -> Result<Vec<u8>, ServerError> {
        match engine.git.blob_size(blob) {
            Ok(size) if size <= LONGEST_SEGMENT => Ok(engine.git.blob(blob)?),
            _ => Err(self.fork()),
        }
    }

    fn fork(&self) -> ServerError {
        TakeInError::Fork(self.me.writer.clone()).into()
    }

    /// What this clone itself put there last; no fetch moves it.
    fn own_published(&self) -> String {
        self.here("published") + self.me.writer.as_str()
    }

    fn note_published(&self, engine: &Engine, new: CommitId, old: Option<CommitId>) -> Result<(), ServerError> {
        match engine
            .git
            .compare_and_swap(&self.own_published(), new, old, "harness: published")
        {
            Ok(()) | Err(SwapError::Moved { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is published under a name, from the first segment on, as far as it is a journal's.
    pub(in crate::engine) fn published_as(
        &self,
        engine: &Engine,
        writer: &WriterId,
    ) -> Result<Vec<Vec<u8>>, ServerError> {
        let at = engine.git.names(&(self.here("ledger") + writer.as_str()))?;
        let files = at
            .and_then(|at| engine.git.tree_if_any(at))
            .and_then(|tree| engine.git.files_in(tree, "journal", MOST_SEGMENTS))
            .unwrap_or_default();
        let mut segments = Vec::new();
        for (number, (name, blob)) in (1..).zip(files) {
            match engine.git.blob_size(blob) {
                Ok(size) if name == segment_name(number) && size <= LONGEST_SEGMENT => {
                    segments.push(engine.git.blob(blob)?);
                }
                _ => break,
            }
        }
        Ok(segments)
    }

    /// Notes that a push of the journal was done.
    pub(super) fn published(&self, engine: &Engine, ledger: Ledger) -> Result<(), ServerError> {
        let before = engine.git.names(&self.own_published())?;
        self.note_published(engine, ledger.new, before)?;
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
        self.bring(engine, &[(self.there("ledger") + "*", self.here("ledger") + "*")])?;
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
        let ledger = match self.ledger(engine, share) {
            Ok(ledger) => ledger,
            // Said by whoever publishes it.
            Err(ServerError::Journal(_)) => None,
            Err(error) => return Err(error),
        };
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
fn place_of(number: u64) -> String {
    format!("journal/{}", segment_name(number))
}

/// Transcripts that this clone's own rows name, and that are not to be erased. What others made is theirs to publish, so
/// that it can be taken back.
fn new_transcripts(engine: &Engine, base: TreeId, named: &Names) -> Result<Vec<(RepoPath, Vec<u8>)>, ServerError> {
    let known = transcripts::published(engine, base);
    let transcripts = engine.ledger.transcripts();
    let mut files = Vec::new();
    for digest in transcripts.all().map_err(ServerError::Lock)? {
        if named.contains(&digest)
            && !known.contains_key(&digest)
            && let Some(bytes) = transcripts.get(digest).map_err(ServerError::Lock)?
        {
            files.push((RepoPath::new(transcripts::place_of(digest))?, bytes));
        }
    }
    Ok(files)
}

fn write(engine: &Engine, files: &[(RepoPath, Vec<u8>)]) -> Result<Vec<BlobId>, ServerError> {
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    Ok(engine.git.write_blobs(&bytes)?)
}
