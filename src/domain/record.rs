//! The tracked record of a task: what is kept for everybody, in the landing commit itself or in the harness's next one
//! (design section 3).
//!
//! It has all the fields that the seeds ask of a ledger; prompts and outputs stand in it by hash, and each path by the
//! blobs that it had and got, so that a landing is found again by its content in any clone. A task that is built again
//! keeps what was recorded before under `earlier`. Every field that came later is optional when it is read.

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::oid::CommitId;

mod change;

pub use change::RecordedChange;

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
    /// How many tests passed, or `not counted` where it looks at tests and nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<String>,
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

/// One time that the Architect or a person was called in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEscalation {
    /// Who decided it.
    pub by: String,
    /// What made them.
    pub trigger: String,
    /// Why, in a line.
    pub reason: String,
}

/// One time that a landing was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedUndoing {
    /// The landing.
    pub landing: String,
    /// The commit that undid it; absent where that commit wrote this record itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Where a record comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordSource {
    /// The journal of the clone that landed it.
    #[default]
    Journal,
    /// History alone: a clone wrote it that has no journal of the landing.
    History,
}

impl RecordSource {
    fn is_journal(&self) -> bool {
        *self == Self::Journal
    }
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
    /// That commit's tree, which stays what it was when history is rewritten.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent_tree: String,
    /// The landing, where another commit wrote this record: a commit cannot name itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing: Option<String>,
    /// Where the record comes from.
    #[serde(default, skip_serializing_if = "RecordSource::is_journal")]
    pub source: RecordSource,
    /// The tree that the checks ran on.
    pub check_tree: String,
    /// The digest of the checks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub check_digest: String,
    /// The digest of the environment that they ran in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
    /// The fence that they ran in.
    pub fence: String,
    /// Whether they found build output of earlier work: `warm` or `cold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmth: Option<String>,
    /// How it ended, in a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outcome: String,
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
    #[serde(default)]
    pub checks: Vec<RecordedCheck>,
    /// Attempts.
    #[serde(default)]
    pub attempts: Vec<RecordedAttempt>,
    /// The changed paths with their blobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RecordedChange>,
    /// Every escalation, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<RecordedEscalation>,
    /// Every time that a landing of it was undone, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<RecordedUndoing>,
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

    /// Reads the bytes of a record's file.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(str::from_utf8(bytes).ok()?)
    }

    /// Whether the task is done by what it says.
    pub fn is_complete(&self) -> bool {
        self.status == COMPLETE
    }

    /// The task's work is there.
    pub fn complete(&mut self) {
        COMPLETE.clone_into(&mut self.status);
    }

    /// The task's work was taken out again, by another commit where that is known.
    pub fn undo(&mut self, landing: CommitId, by: Option<CommitId>) {
        let undoing = RecordedUndoing {
            landing: landing.to_string(),
            commit: by.map(|commit| commit.to_string()),
        };
        self.status = match by {
            None => format!("rolled back ({landing})"),
            Some(commit) => format!("reverted ({commit})"),
        };
        if !self.undone.contains(&undoing) {
            self.undone.push(undoing);
        }
    }

    /// Whether two records tell the same of a landing, whatever became of it since.
    pub fn same_landing(&self, other: &Self) -> bool {
        let bare = |record: &Self| Self {
            status: String::new(),
            landing: None,
            undone: Vec::new(),
            ..record.clone()
        };
        bare(self) == bare(other)
    }

    /// The changes that it holds; `None` where it is of a format that had none, or cannot be read.
    pub fn change_set(&self) -> Option<Vec<Change>> {
        let changes: Option<Vec<Change>> = self.changes.iter().map(RecordedChange::change).collect();
        changes.filter(|changes| !changes.is_empty())
    }
}

/// The status of a task whose work is there.
const COMPLETE: &str = "complete";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::path::RepoPath;

    #[test]
    fn a_record_of_the_first_format_still_reads() {
        let old = "v = 1\nid = \"a\"\ntitle = \"t\"\nplan = \"p\"\nstatus = \"complete\"\ncard = \"\"\nparent = \"\"\n\
                   check_tree = \"\"\nfence = \"overlay\"\nauthor = \"x\"\nretries = 0\nfiles_changed = []\nchecks = []\n\
                   attempts = []\n";
        let record = TaskRecord::parse(old).unwrap();
        assert!(record.is_complete() && record.source == RecordSource::Journal);
        assert_eq!(record.change_set(), None);
    }

    #[test]
    fn what_became_of_a_landing_is_no_part_of_it() {
        let record = TaskRecord {
            v: 2,
            id: "a".into(),
            status: "complete".into(),
            ..TaskRecord::default()
        };
        let landing: CommitId = "1".repeat(40).parse().unwrap();
        let mut undone = record.clone();
        undone.undo(landing, Some("2".repeat(40).parse().unwrap()));
        assert!(!undone.is_complete() && undone.same_landing(&record) && undone != record);
        let mut again = undone.clone();
        again.complete();
        assert!(again.is_complete() && again.undone.len() == 1);
        undone.title = "other".into();
        assert!(!undone.same_landing(&record));
    }

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
                tests: Some("not counted".into()),
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
            changes: [&b"src/a.rs"[..], &b"odd \xff"[..]]
                .into_iter()
                .map(|path| RecordedChange {
                    old: None,
                    new: Some(format!("100755 {}", "1".repeat(40))),
                    path: RepoPath::new(path).unwrap(),
                })
                .collect(),
            undone: vec![RecordedUndoing {
                landing: "1".repeat(40),
                commit: None,
            }],
            ..TaskRecord::default()
        };
        let text = record.render();
        assert!(text.starts_with("v = 1\nid = \"a\"\n"), "{text}");
        let changes = record.change_set().unwrap();
        assert_eq!(RecordedChange::of(&changes[1]), record.changes[1]);
        assert_eq!(TaskRecord::parse(&text), Some(record));
    }
}
