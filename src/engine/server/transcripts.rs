//! Transcripts on the server: each travels with the journal whose rows name it and with no other one, so that whoever made
//! it can take it back. What says so is a row, which everybody obeys who has it of that journal.

use std::collections::BTreeMap;

use crate::domain::id::WriterId;
use crate::domain::oid::{BlobId, CommitId, Digest, TreeId};
use crate::engine::Engine;

use super::ServerError;

/// The longest transcript that is taken in, in bytes: as long as an answer may be.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The most that are looked at in one journal's folder.
const MOST: usize = 4_096;

/// The number of folders that they are spread over.
const FOLDERS: usize = 256;

/// Where a transcript lies in a published journal.
pub(super) fn place_of(digest: Digest) -> String {
    let text = digest.to_string();
    format!("transcripts/{}/{}", &text[..2], &text[2..])
}

/// The transcripts of a published journal: what lies exactly where one of its name belongs.
pub(super) fn published(engine: &Engine, tree: TreeId) -> BTreeMap<Digest, BlobId> {
    let mut found = BTreeMap::new();
    for (head, folder) in engine.git.folders_in(tree, "transcripts", FOLDERS) {
        for (rest, blob) in engine.git.files_of(folder, MOST) {
            if head.len() == 2
                && let Ok(digest) = (head.clone() + &rest).parse()
            {
                found.insert(digest, blob);
            }
        }
    }
    found
}

/// Takes in transcripts that rows of their journal name, and that are what their names say. Secrets that are known here are
/// taken out of them, too.
pub(in crate::engine) fn take_transcripts(
    engine: &Engine,
    writer: &WriterId,
    commit: CommitId,
) -> Result<usize, ServerError> {
    let Some(tree) = engine.git.tree_if_any(commit) else {
        return Ok(0);
    };
    let transcripts = engine.ledger.transcripts();
    let known = transcripts.all().map_err(ServerError::Lock)?;
    let mut unknown = published(engine, tree);
    unknown.retain(|digest, _| known.binary_search(digest).is_err());
    if unknown.is_empty() {
        return Ok(0);
    }
    let named = engine.ledger.names_of(writer)?;
    let mut new = 0;
    for (digest, blob) in unknown.into_iter().filter(|(digest, _)| named.contains(digest)) {
        if engine.git.blob_size(blob).is_ok_and(|size| size <= LONGEST)
            && let Ok(bytes) = engine.git.blob(blob)
            && Digest::of(&bytes) == digest
        {
            transcripts.put(&bytes).map_err(ServerError::Lock)?;
            new += 1;
        }
    }
    Ok(new)
}
