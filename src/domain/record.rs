//! The tracked record of a task: what is kept for everybody, in the landing commit itself (design section 3).
//!
//! It has all the fields that the seeds ask of a ledger; prompts and outputs stand in it by hash. A task that is built
//! again keeps what was recorded before under `earlier`.

use serde::{Deserialize, Serialize};

/// One check's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCheck {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// How it ended.
    pub result: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAttempt {
    /// Its number.
    pub number: u32,
    /// Who made it.
    pub by: String,
    /// The model, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The packet's hash.
    pub packet: String,
    /// The answer's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What became of it.
    pub outcome: String,
}

/// One answer of an Architect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAnswer {
    /// Who answered.
    pub by: String,
    /// The answer's hash.
    pub answer: String,
    /// The diagnosis, in a line.
    pub diagnosis: String,
}

/// A note for later tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedNote {
    /// Who wrote it.
    pub by: String,
    /// What.
    pub text: String,
}

/// The record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The version of this format.
    pub v: u32,
    /// The task.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its plan.
    pub plan: String,
    /// `complete`, or `rolled back`.
    pub status: String,
    /// The card's blob.
    pub card: String,
    /// The parent of the landing.
    pub parent: String,
    /// The tree that the checks ran on.
    pub check_tree: String,
    /// The fence that they ran in.
    pub fence: String,
    /// The author of the change.
    pub author: String,
    /// The model, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Attempts after the first.
    pub retries: u32,
    /// Why the Architect was called in, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<String>,
    /// Who approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved_by: Vec<String>,
    /// The author approved its own work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_approved: bool,
    /// Files that the packet showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context_files: Vec<String>,
    /// Files that changed, each with a letter for how.
    pub files_changed: Vec<String>,
    /// Records of earlier landings of this task, undone since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
    /// Checks.
    pub checks: Vec<RecordedCheck>,
    /// Attempts.
    pub attempts: Vec<RecordedAttempt>,
    /// Answers of Architects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<RecordedAnswer>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<RecordedNote>,
}

impl TaskRecord {
    /// The record as its file holds it.
    pub fn render(&self) -> String {
        // Every field is text, a number or a list of them, which TOML can always hold.
        toml::to_string(self).unwrap_or_default()
    }

    /// Reads a record.
    pub fn parse(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_file() {
        let record = TaskRecord {
            v: 1,
            id: "a".into(),
            title: "odd \"title\" = [x]".into(),
            files_changed: vec!["M src/a.rs".into()],
            checks: vec![RecordedCheck {
                name: "test".into(),
                kind: "test".into(),
                result: "passed".into(),
                millis: 3,
            }],
            attempts: vec![RecordedAttempt {
                number: 1,
                by: "Builder x".into(),
                model: None,
                packet: "00".into(),
                answer: None,
                outcome: "landed".into(),
            }],
            notes: vec![RecordedNote {
                by: "x".into(),
                text: "line one\nline two".into(),
            }],
            ..TaskRecord::default()
        };
        let text = record.render();
        assert!(text.starts_with("v = 1\nid = \"a\"\n"), "{text}");
        assert_eq!(TaskRecord::parse(&text), Some(record));
    }
}
