//! Record: what a landing commit says of its task, in trailers and in the tracked record (design sections 3 and 7).

use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::check::EvidenceRecord;
use crate::domain::id::AttemptId;
use crate::domain::plan::card::Card;
use crate::domain::record::{
    RecordedAnswer, RecordedAttempt, RecordedChange, RecordedCheck, RecordedEscalation, RecordedNote, TaskRecord,
};
use crate::domain::task::event::{self, AttemptMode};
use crate::domain::task::replay::{AttemptLog, TaskLog};
use crate::domain::trailer::{LandingMessage, LandingTrailers, one_line};
use crate::git::ReadError;

use super::Engine;
use super::accept::Accepted;
use super::project::Project;

/// The longest line that is taken over from a Builder or an Architect, in characters.
const LINE: usize = 200;

/// The version of the records that are written.
pub const VERSION: u32 = 2;

/// The tracked record of a task that is about to land.
pub fn render(engine: &Engine, card: &Card, row: &event::Accepted, before: Option<&[u8]>) -> Result<String, ReadError> {
    let parent_tree = engine.git.tree_of(row.parent)?;
    let changes = engine.git.diff(parent_tree, row.tree)?;
    let log = engine.replay().task(&card.id);
    let attempt = log.and_then(|log| attempt_of(log, &row.attempt));
    let mut record = TaskRecord {
        v: VERSION,
        id: card.id.to_string(),
        card: row.card.to_string(),
        parent: row.parent.to_string(),
        parent_tree: parent_tree.to_string(),
        check_tree: row.evidence.key.check_tree.to_string(),
        approved_by: row.approved_by.iter().map(Actor::to_string).collect(),
        self_approved: row.self_approved,
        ..TaskRecord::default()
    };
    record.complete();
    of_card(&mut record, card);
    of_changes(&mut record, changes.iter());
    of_evidence(&mut record, &row.evidence);
    of_attempt(&mut record, attempt);
    if let Some(log) = log {
        of_log(&mut record, log);
    }
    if let Some(old) = before.and_then(TaskRecord::of_bytes) {
        of_earlier(&mut record, old);
    }
    Ok(record.render())
}

/// The attempt of a landing, in what the journal tells of its task.
pub fn attempt_of<'a>(log: &'a TaskLog, attempt: &AttemptId) -> Option<&'a AttemptLog> {
    log.attempts.iter().find(|known| known.dispatched.attempt == *attempt)
}

/// What a card says of its task.
pub fn of_card(record: &mut TaskRecord, card: &Card) {
    record.title = card.title.clone();
    record.plan = card.plan.to_string();
    record.context_files = card.context.iter().map(|context| context.path.to_string()).collect();
}

/// What a landing changed.
pub fn of_changes<'a>(record: &mut TaskRecord, changes: impl Iterator<Item = &'a Change>) {
    for change in changes {
        let line = format!("{} {}", change.kind().letter(), change.path);
        record.files_changed.push(line);
        record.changes.push(RecordedChange::of(change));
    }
}

/// What its checks gave.
pub fn of_evidence(record: &mut TaskRecord, evidence: &EvidenceRecord) {
    record.check_digest = evidence.key.checks.to_string();
    record.environment = evidence.key.environment.to_string();
    record.fence = evidence.key.fence.to_string();
    record.warmth = evidence.key.warmth.map(|warmth| warmth.to_string());
    record.checks = evidence.results.iter().map(recorded_check).collect();
}

/// Who built it.
pub fn of_attempt(record: &mut TaskRecord, attempt: Option<&AttemptLog>) {
    let Some(attempt) = attempt else {
        return;
    };
    record.author = attempt.dispatched.author.to_string();
    record.model = attempt.dispatched.model.clone();
    let place = attempt.dispatched.place;
    let how = match attempt.dispatched.mode {
        AttemptMode::Attended { .. } => "in a worktree",
        _ => "in a copy",
    };
    record.outcome = format!(
        "landed by attempt {} of round {}, made {how}",
        place.number, place.round
    );
}

/// What the journal tells of the way there.
pub fn of_log(record: &mut TaskRecord, log: &TaskLog) {
    let counted = log.attempts.iter().filter(|attempt| attempt.lost.is_none()).count();
    record.retries = u32::try_from(counted.saturating_sub(1)).unwrap_or(u32::MAX);
    record.escalation = log
        .escalation
        .as_ref()
        .map(|escalation| one_line(&format!("{}: {}", escalation.trigger, escalation.reason), LINE));
    record.escalations = log
        .escalations
        .iter()
        .map(|escalation| RecordedEscalation {
            by: escalation.by.to_string(),
            trigger: escalation.trigger.to_string(),
            reason: one_line(&escalation.reason, LINE),
        })
        .collect();
    record.attempts = log.attempts.iter().map(recorded_attempt).collect();
    record.answers = log
        .answers
        .iter()
        .map(|answer| RecordedAnswer {
            by: answer.by.to_string(),
            answer: answer.answer.to_string(),
            diagnosis: one_line(&answer.diagnosis, LINE),
        })
        .collect();
    record.notes = log
        .notes
        .iter()
        .map(|(by, text)| RecordedNote {
            by: by.to_string(),
            text: text.clone(),
        })
        .collect();
}

/// What an older record of the same task is remembered by.
pub fn of_earlier(record: &mut TaskRecord, old: TaskRecord) {
    record.earlier = old.earlier;
    record
        .earlier
        .push(format!("{} on {} by {}", old.check_tree, old.parent, old.author));
    record.undone = old.undone;
}

fn recorded_check(result: &crate::domain::check::CheckResult) -> RecordedCheck {
    RecordedCheck {
        name: one_line(&result.name, LINE),
        kind: result.kind.to_string(),
        result: result.status.to_string(),
        millis: result.millis,
        tests: match result.tests {
            Some(count) => Some(count.passed.to_string()),
            None => result.not_counted.then(|| "not counted".to_owned()),
        },
    }
}

fn recorded_attempt(attempt: &AttemptLog) -> RecordedAttempt {
    let outcome = match (&attempt.lost, &attempt.failure) {
        (Some(lost), _) => format!("lost: {lost}"),
        (None, Some(failure)) => format!("failed: {failure}"),
        (None, None) => "landed".to_owned(),
    };
    RecordedAttempt {
        number: attempt.dispatched.place.number,
        by: attempt.dispatched.author.to_string(),
        model: attempt.dispatched.model.clone(),
        packet: attempt.dispatched.packet.to_string(),
        answer: attempt
            .finished
            .as_ref()
            .and_then(|finished| finished.answer)
            .map(|answer| answer.to_string()),
        outcome: one_line(&outcome, LINE),
    }
}

/// The message of a landing commit.
pub fn landing_message(engine: &Engine, project: &Project, card: &Card, accepted: &Accepted) -> String {
    with_message(engine, project, card, accepted, |message| message.render())
}

/// The trailers of a landing alone, for a message that a person wrote.
pub fn landing_trailers(engine: &Engine, project: &Project, card: &Card, accepted: &Accepted) -> String {
    with_message(engine, project, card, accepted, |message| message.trailers())
}

fn with_message(
    engine: &Engine,
    project: &Project,
    card: &Card,
    accepted: &Accepted,
    render: impl FnOnce(&LandingMessage) -> String,
) -> String {
    let row = accepted.row();
    let log = engine.replay().task(&card.id);
    let attempt = log.and_then(TaskLog::last);
    let summary = attempt
        .and_then(|attempt| attempt.finished.as_ref())
        .map(|finished| finished.summary.clone())
        .filter(|summary| !summary.is_empty());
    let bullets = summary.unwrap_or_else(|| {
        let changes = accepted.evidence().candidate().changes();
        changes
            .iter()
            .map(|change| format!("{} {}", change.kind().verb(), change.path))
            .collect()
    });
    let checks: Vec<String> = row.evidence.results.iter().map(|result| result.name.clone()).collect();
    let signer = project
        .config
        .commit
        .sign_off
        .then(|| engine.git.identity().ok())
        .flatten()
        .map(|identity| identity.to_string());
    render(&LandingMessage {
        subject: &project.config.commit.subject,
        plan: &card.plan,
        title: &card.title,
        bullets: &bullets,
        checks: &checks,
        ours: LandingTrailers {
            task: &card.id,
            attempt: attempt.map_or(1, |attempt| attempt.dispatched.place.number),
            card: row.card,
            check_tree: row.evidence.key.check_tree,
            check_digest: row.evidence.key.checks,
            row: accepted.ledger_place(),
            self_approved: row.self_approved,
        },
        reviewed_by: &row.approved_by,
        assisted_by: attempt.and_then(|attempt| attempt.dispatched.model.as_deref()),
        signed_off_by: signer.as_deref(),
    })
}
