//! Why a commit could not be judged to its end: its own fault is a finding, and the others are judged all the same.

use crate::domain::audit::AuditRule;
use crate::engine::history::HistoryError;
use crate::engine::history::undo::UndoError;
use crate::engine::judge::JudgeError;
use crate::git::{ReadError, WriteError};

use super::AuditError;

/// Why a commit could not be judged to its end.
pub(super) enum Stop {
    /// The commit is to blame.
    Finding(AuditRule, String),
    /// The machine is.
    Error(AuditError),
}

impl From<ReadError> for Stop {
    /// What cannot be read of a commit is that commit's fault.
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Git(_) => Self::Error(error.into()),
            other => Self::Finding(AuditRule::Unreadable, other.to_string()),
        }
    }
}

impl From<WriteError> for Stop {
    /// A merge that git cannot make again is that commit's fault: the others are judged all the same.
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Git(error) => Self::Finding(
                AuditRule::Unreadable,
                format!("what git would make of it cannot be told: {error}"),
            ),
            other => Self::Error(other.into()),
        }
    }
}

impl From<HistoryError> for Stop {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Read(error) => error.into(),
            HistoryError::Write(error) => error.into(),
            HistoryError::Plain(error) => Self::Error(error.into()),
        }
    }
}

impl From<UndoError> for Stop {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Read(error) => error.into(),
            UndoError::Write(error) => error.into(),
        }
    }
}

impl From<JudgeError> for Stop {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Read(error) => error.into(),
            JudgeError::Write(error) => error.into(),
            other @ JudgeError::Globs { .. } => Self::Finding(AuditRule::Unreadable, other.to_string()),
        }
    }
}
