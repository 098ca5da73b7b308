//! Record: what a landing commit says of its task, in trailers and in the tracked record (design sections 3 and 7).

use crate::domain::actor::Actor;
use crate::domain::plan::card::Card;
use crate::domain::record::{RecordedAnswer, RecordedAttempt, RecordedCheck, RecordedNote, TaskRecord};
use crate::domain::task::event;
use crate::domain::task::replay::{AttemptLog, TaskLog};
use crate::domain::trailer::{LandingMessage, LandingTrailers, one_line};

use super::Engine;
use super::accept::Accepted;
use super::project::Project;

/// The longest line that is taken over from a Builder or an Architect, in characters.
const LINE: usize = 200;

/// The tracked record of a task that is about to land.
pub fn render(engine: &Engine, card: &Card, row: &event::Accepted, before: Option<&[u8]>) -> String {
    let log = engine.replay().task(&card.id);
    let attempt = log.and_then(TaskLog::last);
    let mut record = TaskRecord {
        v: 1,
        id: card.id.to_string(),
        title: card.title.clone(),
        plan: card.plan.to_string(),
        status: "complete".to_owned(),
        card: row.card.to_string(),
        parent: row.parent.to_string(),
        check_tree: row.evidence.key.check_tree.to_string(),
        fence: row.evidence.key.fence.to_string(),
        author: attempt
            .map(|attempt| attempt.dispatched.author.to_string())
            .unwrap_or_default(),
        model: attempt.and_then(|attempt| attempt.dispatched.model.clone()),
        approved_by: row.approved_by.iter().map(Actor::to_string).collect(),
        self_approved: row.self_approved,
        context_files: card.context.iter().map(|context| context.path.to_string()).collect(),
        files_changed: changed_files(attempt),
        checks: row.evidence.results.iter().map(recorded_check).collect(),
        earlier: before.and_then(earlier_of).unwrap_or_default(),
        ..TaskRecord::default()
    };
    if let Some(log) = log {
        let counted = log.attempts.iter().filter(|attempt| attempt.lost.is_none()).count();
        record.retries = u32::try_from(counted.saturating_sub(1)).unwrap_or(u32::MAX);
        record.escalation = log
            .escalation
            .as_ref()
            .map(|escalation| one_line(&format!("{}: {}", escalation.trigger, escalation.reason), LINE));
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
    record.render()
}

fn changed_files(attempt: Option<&AttemptLog>) -> Vec<String> {
    let harvested = attempt.and_then(|attempt| attempt.harvested.as_ref());
    harvested
        .map(|harvested| {
            let changes = harvested.changes.iter();
            changes
                .map(|change| format!("{} {}", change.kind().letter(), change.path))
                .collect()
        })
        .unwrap_or_default()
}

fn recorded_check(result: &crate::domain::check::CheckResult) -> RecordedCheck {
    RecordedCheck {
        name: one_line(&result.name, LINE),
        kind: result.kind.to_string(),
        result: result.status.to_string(),
        millis: result.millis,
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

/// What an older record of the same task is remembered by.
fn earlier_of(bytes: &[u8]) -> Option<Vec<String>> {
    let old = TaskRecord::parse(std::str::from_utf8(bytes).ok()?)?;
    let mut earlier = old.earlier;
    earlier.push(format!("{} on {} by {}", old.check_tree, old.parent, old.author));
    Some(earlier)
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
