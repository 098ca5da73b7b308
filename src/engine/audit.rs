//! Audit: commits that are there already, judged against the card at their base. For `pre-push`; nothing is believed
//! that is not in the commits themselves.

use crate::config::Config;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::scope::violation::Violation;
use crate::domain::trailer::{self, TASK};
use crate::git::ReadError;

use super::Engine;
use super::judge::{JudgeError, Rules};

/// Why a commit could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its card's rules are unusable.
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// What is wrong with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It names a task whose card its base does not have.
    NoCard(TaskId),
    /// It names another card than the one at its base.
    OtherCard(TaskId),
    /// It changes what its card does not allow.
    Scope(TaskId, Vec<Violation>),
    /// It holds more than one task's trailers, or one of them twice.
    Trailers,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCard(task) => write!(f, "it lands {task}, and there is no such card where it stands"),
            Self::OtherCard(task) => write!(f, "it names another card of {task} than the one where it stands"),
            Self::Scope(task, violations) => {
                write!(f, "it reaches outside the card of {task}:")?;
                violations
                    .iter()
                    .try_for_each(|violation| write!(f, "\n    {violation}"))
            }
            Self::Trailers => f.write_str("its trailers name a task more than once"),
        }
    }
}

/// Judges a commit that lands a task; others say nothing and are not judged.
pub fn judge_commit(engine: &Engine, config: &Config, id: CommitId) -> Result<Option<Finding>, AuditError> {
    let commit = engine.git.commit(id)?;
    let trailers = trailer::trailers(&commit.message);
    let named = trailers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(TASK))
        .count();
    let task = match named {
        0 => return Ok(None),
        1 => trailer::value(&trailers, TASK).and_then(|text| text.parse::<TaskId>().ok()),
        _ => None,
    };
    let Some(task) = task else {
        return Ok(Some(Finding::Trailers));
    };
    let base = match commit.parents.first() {
        Some(parent) => engine.git.tree_of(*parent)?,
        None => TreeId::empty(),
    };
    let path = task.card_path();
    let Some(entry) = engine.git.entry(base, &path)? else {
        return Ok(Some(Finding::NoCard(task)));
    };
    let named_card = trailer::value(&trailers, "Harness-Card");
    if named_card.is_some_and(|card| card != entry.blob.to_string()) {
        return Ok(Some(Finding::OtherCard(task)));
    }
    let text = engine.git.blob(entry.blob)?;
    let Ok(card) = parse_card(&path, &String::from_utf8_lossy(&text)) else {
        return Ok(Some(Finding::NoCard(task)));
    };
    let rules = Rules::new(
        &card,
        config.lane(&card),
        &config.policy.protected,
        &config.policy.incidental,
    )?;
    let changes = engine.git.diff(base, commit.tree)?;
    let record = task.record_path();
    let mut violations = rules.violations(&engine.git, base, &changes)?;
    // The harness writes the task's own record into its landing.
    violations.retain(|violation| violation.path != record);
    Ok((!violations.is_empty()).then_some(Finding::Scope(task, violations)))
}
