//! Commits of the harness that are not landings: cards, revisions, approvals. Just those files, onto the target,
//! whatever else is staged or edited.

use crate::domain::change::{Entry, FileMode};
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::path::{PathError, RepoPath};
use crate::domain::task::event::Event;
use crate::git::{MoveError, NewCommit, ReadError, WriteError};
use crate::ledger::AppendError;

use super::Engine;
use super::backfill::{self, BackfillError};
use super::door::Filed;
use super::server::{AdvanceError, Then};

/// Why the files were not committed. The branch is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitFilesError {
    /// The branch does not exist.
    #[error("there is no branch {0}")]
    NoBranch(String),
    /// A path is no path inside the repository.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An object could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Records that are missing could not be made.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// The branch could not be moved.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// What was meant could not be recorded beforehand.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It could not be moved on the server.
    #[error(transparent)]
    Advance(AdvanceError),
}

impl From<AdvanceError> for CommitFilesError {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::Move(error) => Self::Move(error),
            other => Self::Advance(other),
        }
    }
}

/// How often the commit is made again because the branch moved meanwhile.
const MOST_TRIES: usize = 8;

/// Commits files that came through the door onto a branch, on behalf of a task that is in hand if there is one.
/// Returns the commit, or `None` where the branch holds exactly these files already. The intent, made of the commit and of
/// where the branch stands, is recorded before the branch moves; the caller records that it has.
pub fn commit_files(
    engine: &mut Engine,
    branch: &str,
    files: &[Filed],
    message: &str,
    task: Option<&TaskId>,
    intent: impl Fn(CommitId, CommitId) -> Event,
) -> Result<Option<CommitId>, CommitFilesError> {
    let texts: Vec<&[u8]> = files.iter().map(|file| file.text().as_bytes()).collect();
    let blobs = engine.git.write_blobs(&texts)?;
    let mut edits = Vec::with_capacity(files.len());
    for (file, blob) in files.iter().zip(blobs) {
        let mode = FileMode::Regular;
        edits.push((RepoPath::new(file.path())?, Some(Entry { mode, blob })));
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let Some(tip) = engine.tip(branch)? else {
            return Err(CommitFilesError::NoBranch(branch.to_owned()));
        };
        let before = engine.git.tree_of(tip)?;
        let tree = engine.git.write_tree(before, &edits)?;
        if tree == before {
            return Ok(None);
        }
        let tree = backfill::carried(engine, branch, tip, tree, &[])?;
        if engine.server_of(branch).is_none() {
            // An intent that cannot be carried out now would take the place of one whose files still wait.
            engine.git.look_before_move(branch)?;
        }
        let commit = commit_on(engine, tip, tree, message)?;
        engine.record(&[intent(commit, tip)])?;
        let claim = task.map(|task| (task, Then::GoesOn));
        match engine.advance(branch, commit, tip, "harness: commit cards", claim) {
            Ok(()) => return Ok(Some(commit)),
            Err(AdvanceError::Move(MoveError::Moved { .. })) if tries < MOST_TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Commits without a change of files, for what is said in trailers alone.
pub fn commit_words(engine: &Engine, branch: &str, message: &str) -> Result<CommitId, CommitFilesError> {
    let tip = engine
        .git
        .branch_tip(branch)?
        .ok_or_else(|| CommitFilesError::NoBranch(branch.to_owned()))?;
    let commit = commit_on(engine, tip, engine.git.tree_of(tip)?, message)?;
    engine
        .git
        .move_branch(branch, commit, tip, "harness: record a decision")?;
    Ok(commit)
}

fn commit_on(
    engine: &Engine,
    parent: CommitId,
    tree: crate::domain::oid::TreeId,
    message: &str,
) -> Result<CommitId, CommitFilesError> {
    Ok(engine.git.commit_tree(&NewCommit {
        tree,
        parents: &[parent],
        message,
        seconds: engine.clock.now().as_second(),
    })?)
}
