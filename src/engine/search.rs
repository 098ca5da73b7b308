//! Search: what the project remembers of some words. Cards and blueprints as they stand on their branches, everything
//! that the journal tells, and on request the packets, answers and logs that its rows name.

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::domain::id::TaskId;
use crate::domain::oid::Digest;
use crate::domain::record::TaskRecord;
use crate::domain::search::Words;
use crate::git::ReadError;
use crate::ledger::JournalError;

use super::Engine;
use super::backfill::BackfillError;
use super::project::{self, ProjectError};
use super::records;

/// Why nothing could be looked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The plans could not be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A record could not be read.
    #[error(transparent)]
    Record(#[from] BackfillError),
    /// A card could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A transcript could not be read.
    #[error("cannot read a transcript: {0}")]
    Transcript(#[from] io::Error),
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Place {
    /// A card, or a plan's blueprint: a file at the tip of a branch.
    File {
        /// The branch.
        target: String,
        /// The file.
        path: String,
    },
    /// The tracked record of a task, where the journal does not tell the same.
    Record {
        /// The branch.
        target: String,
        /// The file.
        path: String,
    },
    /// A row of the journal.
    Event {
        /// When.
        at: Timestamp,
        /// What happened, by its name.
        event: String,
    },
    /// A packet, an answer or a log that a row names.
    Transcript {
        /// When.
        at: Timestamp,
        /// What happened, by its name.
        event: String,
        /// What the row calls it.
        role: String,
        /// The transcript.
        hash: Digest,
    },
}

/// Something that speaks of the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The task that it belongs to.
    pub task: Option<TaskId>,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Its line that says most of it.
    pub line: String,
}

/// What rows name transcripts by.
const ROLES: [&str; 3] = ["packet", "answer", "log"];

/// Tells everything that speaks of the words: files first, then the journal from its beginning. `whole` looks into
/// transcripts, too.
pub fn search(engine: &mut Engine, words: &Words, whole: bool, tell: &mut dyn FnMut(Found)) -> Result<(), SearchError> {
    for project in project::projects(engine)? {
        for folder in [".harness/plans", ".harness/tasks"] {
            for (path, entry) in engine.git.list(project.tree, folder)? {
                let path = path.to_text().into_owned();
                // What a plan was imported from says what its cards say.
                if path.matches('/').count() > 2 {
                    continue;
                }
                let text = engine.git.blob(entry.blob)?;
                if let Some(line) = words.best_line(&String::from_utf8_lossy(&text)) {
                    let task = path
                        .strip_prefix(".harness/tasks/")
                        .and_then(|name| name.strip_suffix(".md"));
                    tell(Found {
                        task: task.and_then(|name| TaskId::new(name).ok()),
                        line: line.to_owned(),
                        place: Place::File {
                            target: project.target.clone(),
                            path,
                        },
                    });
                }
            }
        }
    }
    for project in project::projects(engine)? {
        for (record, _) in records::all(engine, project.records(), |_| true)? {
            let task = TaskId::new(record.id.as_str()).ok();
            let log = task.as_ref().and_then(|task| engine.replay().task(task));
            let rest = records::beyond(&record, log);
            if let Some(line) = words.best_line(&told(&rest)) {
                let path = format!(".harness/ledger/{}.toml", record.id);
                let target = project.target.clone();
                tell(Found {
                    task,
                    line: line.to_owned(),
                    place: Place::Record { target, path },
                });
            }
        }
    }
    let (mut seen, mut failed) = (BTreeSet::new(), None);
    let transcripts = engine.ledger.transcripts();
    engine.ledger.each_row(&mut |row| {
        let (Some(event), None) = (row.known(), &failed) else {
            return;
        };
        let told = serde_json::to_value(event).unwrap_or_default();
        let name = told["event"].as_str().unwrap_or_default().to_owned();
        let (mut text, mut named) = (String::new(), Vec::new());
        gather("", &told["data"], &mut text, &mut named);
        let at = row.time;
        let mut texts = vec![(
            Place::Event {
                at,
                event: name.clone(),
            },
            text,
        )];
        for (role, hash) in named.into_iter().filter(|(_, hash)| whole && seen.insert(*hash)) {
            let place = Place::Transcript {
                at,
                event: name.clone(),
                role,
                hash,
            };
            match transcripts.get(hash) {
                Ok(bytes) => texts.push((place, String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())),
                Err(error) => failed = Some(error),
            }
        }
        for (place, text) in texts {
            if let Some(line) = words.best_line(&text) {
                tell(Found {
                    task: event.task().cloned(),
                    place,
                    line: line.to_owned(),
                });
            }
        }
    })?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// The words of a record, a line for each of its texts; the card has its title.
fn told(record: &TaskRecord) -> String {
    let attempts = record.attempts.iter();
    let attempts = attempts.map(|attempt| format!("{}: {}", attempt.by, attempt.outcome));
    let escalations = record.escalations.iter();
    let escalations = escalations.map(|one| format!("{}: {}: {}", one.by, one.trigger, one.reason));
    let answers = record
        .answers
        .iter()
        .map(|answer| format!("{}: {}", answer.by, answer.diagnosis));
    let notes = record.notes.iter().map(|note| format!("{}: {}", note.by, note.text));
    let files = record.files_changed.iter().cloned();
    let lines: Vec<String> = attempts
        .chain(escalations)
        .chain(answers)
        .chain(notes)
        .chain(files)
        .collect();
    lines.join("\n")
}

/// The words of an event, a line for each of its texts, and the transcripts that it names.
fn gather(key: &str, value: &Value, text: &mut String, named: &mut Vec<(String, Digest)>) {
    match value {
        Value::String(said) => match said.parse::<Digest>() {
            Ok(hash) if ROLES.contains(&key) => named.push((key.to_owned(), hash)),
            // An id of git's, or a digest: nobody's words.
            _ if said.len() >= 40 && said.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
            _ => {
                text.push_str(said);
                text.push('\n');
            }
        },
        Value::Array(parts) => parts.iter().for_each(|part| gather(key, part, text, named)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| gather(key, value, text, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
