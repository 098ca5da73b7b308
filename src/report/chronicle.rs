//! The journal for people: every recorded event as one line with its time. What `log` prints.

use jiff::Timestamp;

use crate::domain::failure::Failure;
use crate::domain::task::event::{AttemptMode, Event};
use crate::domain::words::counted;

use super::table::{cut, duration};
use super::text::one_line;

/// The longest foreign sentence that a line quotes, in characters.
const QUOTED: usize = 160;

/// An event as a line: its time in UTC to the second, its task, what happened. Foreign text in it is made visible.
pub fn line(at: Timestamp, event: &Event) -> String {
    let task = event.task().map(|task| format!("{task}  ")).unwrap_or_default();
    let time = at.strftime("%Y-%m-%d %H:%M:%SZ");
    format!("{time}  {task}{}", one_line(&said(event)))
}

fn quoted(text: &str) -> String {
    cut(text.lines().next().unwrap_or_default(), QUOTED)
}

fn said(event: &Event) -> String {
    match event {
        Event::ImportIntended(intent) => format!("importing plan {} onto {}", intent.plan, intent.target),
        Event::PlanImported {
            plan, cards, source, ..
        } => {
            format!("plan {plan}: {} from {source}", counted(cards.len(), "card"))
        }
        Event::PlanConsulted(asked) => match &asked.reason {
            None => format!("{} spoke on the plan {}", asked.by, asked.plan),
            Some(reason) => format!(
                "{} gave no answer on the plan {}: {}",
                asked.by,
                asked.plan,
                quoted(reason)
            ),
        },
        Event::RunStarted { target, plan, .. } => match plan {
            Some(plan) => format!("run of {plan} onto {target} began"),
            None => format!("run onto {target} began"),
        },
        Event::RunFinished {
            landed,
            stuck,
            interrupted,
        } => {
            let how = if *interrupted { "was interrupted" } else { "ended" };
            format!("run {how}: {landed} landed, {stuck} blocked or waiting")
        }
        Event::Paused { by } => format!("{by} paused the runs"),
        Event::Resumed { by } => format!("{by} lifted the pause"),
        Event::Dispatched(dispatched) => {
            let whom = match &dispatched.mode {
                AttemptMode::Unattended => dispatched.author.to_string(),
                AttemptMode::Attended { worktree, .. } => format!("{} in {worktree}", dispatched.author),
            };
            let place = dispatched.place;
            format!("attempt {} (round {}) to {whom}", place.number, place.round)
        }
        Event::BuilderFinished(finished) => format!("the Builder ended after {}", duration(finished.millis)),
        Event::Proposed(proposed) => match proposed.problems.first() {
            None => format!(
                "it plans to change {}: {}",
                proposed.files.join(", "),
                quoted(&proposed.plan)
            ),
            Some(problem) => format!("its plan cannot be carried out: {}", quoted(problem)),
        },
        Event::Harvested(harvested) => match harvested.changes.iter().count() {
            1 => "1 changed file was taken".to_owned(),
            count => format!("{count} changed files were taken"),
        },
        Event::Verified { evidence, .. } => {
            let known = if evidence.reused { ", known before" } else { "" };
            let (passed, all) = (evidence.passed_count(), evidence.results.len());
            let warmth = evidence
                .key
                .warmth
                .map_or_else(String::new, |warmth| format!(", {warmth}"));
            format!("{passed} of {all} checks passed{warmth}{known}")
        }
        Event::AttemptFailed { failure, .. } => format!("failed: {}", failed(failure)),
        Event::AttemptLost { reason, .. } => format!("attempt lost, which counts for nothing: {}", quoted(reason)),
        Event::CommitRefused { failure, .. } => format!("a commit was refused: {}", failed(failure)),
        Event::ReviewRequested(request) => format!("waits for {}", request.gates.join(", ")),
        Event::Approved { approval, .. } => format!("approved by {}", approval.by),
        Event::ApprovalWithdrawn { by, reason, .. } => match &*quoted(reason) {
            "" => format!("{by} withdrew their approval"),
            reason => format!("{by} withdrew their approval: {reason}"),
        },
        Event::Rejected { by, reason, .. } => format!("rejected by {by}: {}", quoted(reason)),
        Event::Accepted(accepted) => format!("accepted: tree {}", accepted.tree.short(10)),
        Event::LandIntended(intent) => format!("landing {} on {}", intent.commit.short(10), intent.target),
        Event::Landed(landed) => format!("landed on {} as {}", landed.target, landed.commit.short(10)),
        Event::LandLost { reason, .. } => format!("not landed: {}", quoted(reason)),
        Event::Escalated(escalated) => format!("escalated by {}: {}", escalated.by, escalated.trigger),
        Event::ArchitectAnswered(answer) => format!("{} answered: {}", answer.by, quoted(&answer.diagnosis)),
        Event::ArchitectFailed { by, reason, .. } => format!("{by} gave no answer: {}", quoted(reason)),
        Event::RevisionIntended(intent) => {
            let commit = intent.revision.commit.short(10);
            format!("revising the card on {} with {commit}", intent.target)
        }
        Event::CardRevised(revised) => format!("card revised by {} in {}", revised.by, revised.commit.short(10)),
        Event::Blocked { by, reason, .. } => format!("blocked by {by}: {}", quoted(reason)),
        Event::Unblocked { by, reason, .. } => format!("unblocked by {by}: {}", quoted(reason)),
        Event::RetryRequested { by, reason, .. } => format!("{by} wants another try: {}", quoted(reason)),
        Event::Released { by, .. } => format!("given back by {by}"),
        Event::RollbackIntended { tasks, target, .. } => {
            let names: Vec<&str> = tasks.iter().map(|(task, _)| task.as_str()).collect();
            format!("rolling back {} on {target}", names.join(", "))
        }
        Event::Adopted {
            landing, by, commit, ..
        } => {
            format!("adopted as {} by {by} in {}", landing.short(10), commit.short(10))
        }
        Event::LandingVerified {
            landing, evidence, by, ..
        } => format!(
            "its landing {} verified as it is by {by} (tree {})",
            landing.short(10),
            evidence.key.check_tree.short(10)
        ),
        Event::Recorded { landing, record, .. } => {
            let mut text = format!("landed in {} by {}, says its record", landing.short(10), record.author);
            if record.retries > 0 {
                text.push_str(&format!(" ({})", counted(record.retries as usize, "retry")));
            }
            if !record.is_complete() {
                text.push_str(&format!("; {}", record.status));
            }
            text
        }
        Event::RollbackLost { reason, .. } => format!("the rollback did not come about: {reason}"),
        Event::RolledBack(done) => format!(
            "{} undone by {} in {}",
            done.reverted.short(10),
            done.by,
            done.commit.short(10)
        ),
        Event::Noted { by, text, .. } => format!("note of {by}: {}", quoted(text)),
        Event::Checked(checked) => {
            format!(
                "{} passed {} of {} canaries",
                checked.builder,
                checked.passed(),
                checked.results.len()
            )
        }
        Event::ModelReset { builder, by } => format!("{builder} begins anew, by {by}"),
        Event::Demoted { why, .. } => quoted(why),
        Event::JournalRepaired { bytes, kept_in } => {
            format!("a torn tail of {bytes} bytes was cut and kept in {kept_in}")
        }
        Event::JournalBegunAnew { former, rows } => {
            format!(
                "the journal goes on under another name than {former}, with {} rows of it",
                rows.len()
            )
        }
        Event::TranscriptErased { digest, by } => format!("transcript {} erased, by {by}", digest.short()),
        // Never recorded; said here so that a new event cannot be forgotten.
        Event::CheckStarted { check, .. } => format!("check {check} began"),
        Event::CheckFinished { result, .. } => {
            let counted = if result.not_counted { ", tests not counted" } else { "" };
            format!("check {} {}{counted}", result.name, result.status)
        }
        Event::Told { text, .. } => quoted(text),
    }
}

fn failed(failure: &Failure) -> String {
    match failure {
        Failure::Scope { violations } => {
            let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
            cut(&all.join("; "), QUOTED)
        }
        other => quoted(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::Actor;

    #[test]
    fn a_line_has_its_time_and_task_and_stays_one_line() {
        let event = Event::Blocked {
            task: "p-1".parse().unwrap(),
            by: Actor::Harness,
            reason: "red\u{1b}[2J\nand more".to_owned(),
        };
        assert_eq!(
            line(Timestamp::UNIX_EPOCH, &event),
            "1970-01-01 00:00:00Z  p-1  blocked by git-harness: red\\u{1b}[2J"
        );
    }
}
