//! Symptoms of a failed candidate that its tree shows: what the checks call missing, where the Builder's own lines
//! are the first to speak of it. What such a failure is called decides who hears of it.

use crate::domain::failure::Failure;
use crate::domain::oid::TreeId;
use crate::domain::symptom::{missing_systems, speaks_of};

use super::Engine;
use super::run::RunError;

/// The largest file that is looked into, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Calls failed checks a hallucination where the change brought in a system that they say does not exist.
pub(super) fn name(engine: &Engine, base: TreeId, tree: TreeId, failure: Failure) -> Result<Failure, RunError> {
    let Failure::Checks { results } = &failure else {
        return Ok(failure);
    };
    let mut names = missing_systems(results);
    if names.is_empty() {
        return Ok(failure);
    }
    let texts = changed_texts(engine, base, tree)?;
    names.retain(|name| {
        let brought_in = |(before, after): &(String, String)| speaks_of(after, name) && !speaks_of(before, name);
        texts.iter().any(brought_in)
    });
    Ok(match names.is_empty() {
        true => failure,
        false => Failure::Hallucination { names },
    })
}

/// Each changed file's text before and after.
fn changed_texts(engine: &Engine, base: TreeId, tree: TreeId) -> Result<Vec<(String, String)>, RunError> {
    let text = |entry: Option<crate::domain::change::Entry>| -> Result<String, RunError> {
        let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
            return Ok(String::new());
        };
        let bytes = engine.git.blob(entry.blob)?;
        Ok(match bytes.len() {
            0..=LARGEST => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        })
    };
    let mut texts = Vec::new();
    for change in &engine.git.diff(base, tree)? {
        texts.push((text(change.old)?, text(change.new)?));
    }
    Ok(texts)
}
