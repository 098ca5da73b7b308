//! `show`.

use clap::Args;

use crate::domain::id::TaskId;
use crate::domain::record::TaskRecord;
use crate::domain::task::replay::{AttemptLog, TaskLog};
use crate::domain::task::state::TaskState;
use crate::engine::landed::is_stale;
use crate::engine::records;
use crate::report::table::{cut, duration};
use crate::report::text::{one_line, visible};

use super::context::{Context, overview_of, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Tell the whole story of a task
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The task
    task: TaskId,
    /// Also print packets, answers and check logs
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ShowArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let overview = overview_of(&mut engine, &args.task)?;
    let (Some(view), Some(card)) = (overview.view(&engine, &args.task), overview.card(&engine, &args.task)?) else {
        return Ok(Exit::NothingReady);
    };
    let log = engine.replay().task(&args.task);
    let record = records::record(&engine, overview.records(), &args.task)?.map(|(record, _)| record);
    let change = log
        .and_then(|log| log.change_id(&args.task))
        .filter(|_| view.state == TaskState::NeedsReview);
    if args.json {
        #[derive(serde::Serialize)]
        struct Json<'a> {
            v: u32,
            task: &'a crate::domain::task::queue::TaskView,
            card: &'a crate::domain::plan::card::Card,
            log: Option<&'a TaskLog>,
            #[serde(skip_serializing_if = "Option::is_none")]
            change: Option<String>,
            record: Option<&'a TaskRecord>,
        }
        print_json(&Json {
            v: 1,
            task: &view,
            card: &card,
            log,
            change,
            record: record.as_ref(),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{}: {}\n", card.id, card.title);
    text.push_str(&format!("  state    {}\n", view.state));
    if let Some(reason) = &view.reason {
        text.push_str(&format!("  because  {}\n", one_line(reason)));
    }
    if let Some(change) = &change {
        text.push_str(&format!("  change   {change}\n"));
    }
    text.push_str(&format!(
        "  plan     {} (lane {})\n",
        card.plan,
        overview.config.lane(&card).name
    ));
    if !view.waits_for.is_empty() {
        let names: Vec<&str> = view.waits_for.iter().map(TaskId::as_str).collect();
        text.push_str(&format!("  after    {}\n", names.join(", ")));
    }
    text.push_str(&format!("  files    {}\n", card.files.join(", ")));
    if let Some(commit) = view.landed {
        text.push_str(&format!("  commit   {commit}\n"));
    }
    let next = match (view.landed_elsewhere, view.landed) {
        (Some(_), _) => Some(format!(
            "git harness adopt {0} COMMIT, where a commit of {1} holds its work, or git harness retry {0}",
            args.task, overview.target
        )),
        (None, Some(landing)) if is_stale(&engine.git, overview.records().history, &args.task, landing)? => {
            Some(format!(
                "its commit was rewritten, and nobody verified its tree: git harness verify --landed {}",
                args.task
            ))
        }
        _ => next_step(&args.task, view.state, change.as_deref()),
    };
    if let Some(next) = next {
        text.push_str(&format!("  next     {next}\n"));
    }
    if let Some(record) = &record {
        text.push_str(&recorded(&records::beyond(record, log)));
    }
    if let Some(log) = log {
        text.push_str(&story(log));
        if args.full {
            text.push_str(&transcripts(&engine, log));
        }
    }
    print(&visible(&text))?;
    Ok(Exit::Done)
}

/// What a person does with a task that stands so.
fn next_step(task: &TaskId, state: TaskState, change: Option<&str>) -> Option<String> {
    Some(match state {
        TaskState::Ready => format!("git harness run, or git harness start {task}"),
        TaskState::Failed | TaskState::Passed => "git harness run goes on with it".to_owned(),
        TaskState::Escalated => format!(
            "git harness run asks the Architect; a person reads git harness packet {task}, and answers with git harness escalate {task} --answer FILE"
        ),
        TaskState::Blocked => format!("git harness plan edit {task}, or git harness unblock {task}"),
        TaskState::NeedsReview => {
            let of = change.unwrap_or("CHANGE");
            format!(
                "look at git harness diff {task}, then git harness approve {task} --of {of}, or git harness reject {task} --of {of} -m WHY"
            )
        }
        TaskState::Pending | TaskState::InProgress | TaskState::Retrying | TaskState::Complete => return None,
    })
}

fn story(log: &TaskLog) -> String {
    let mut text = String::new();
    for attempt in &log.attempts {
        text.push_str(&one_attempt(attempt));
    }
    let used = log.usage();
    if used.calls > 1 {
        text.push_str(&format!("  in all   {used}\n"));
    }
    for escalated in &log.escalations {
        text.push_str(&format!(
            "  escalated by {}: {}: {}\n",
            escalated.by,
            escalated.trigger,
            cut(escalated.reason.lines().next().unwrap_or_default(), 100)
        ));
    }
    for answer in &log.answers {
        text.push_str(&format!(
            "  advice   {}: {}\n",
            answer.by,
            cut(answer.diagnosis.lines().next().unwrap_or_default(), 100)
        ));
    }
    for revision in &log.revisions {
        text.push_str(&format!(
            "  revised  by {} in {}\n",
            revision.by,
            revision.commit.short(10)
        ));
    }
    for failure in &log.refused {
        text.push_str(&format!("  refused  a commit: {failure}\n"));
    }
    for approval in &log.approvals {
        text.push_str(&format!("  approved by {}\n", approval.by));
    }
    for approval in &log.ended_approvals {
        text.push_str(&format!("  approved by {} before; that has ended\n", approval.by));
    }
    for done in &log.rolled_back {
        text.push_str(&format!(
            "  undone   {} by {} in {}\n",
            done.reverted.short(10),
            done.by,
            done.commit.short(10)
        ));
    }
    for (by, note) in &log.notes {
        text.push_str(&format!("  note     {by}: {}\n", one_line(note)));
    }
    text
}

/// What the tracked record tells beyond the journal of this clone.
fn recorded(rest: &TaskRecord) -> String {
    if records::is_bare(rest) {
        return String::new();
    }
    let mut text = format!("  its record, by {}:\n", rest.author);
    if !rest.outcome.is_empty() {
        text.push_str(&format!("  outcome  {}\n", rest.outcome));
    }
    if !rest.is_complete() {
        text.push_str(&format!("  status   {}\n", rest.status));
    }
    for attempt in &rest.attempts {
        let model = attempt
            .model
            .as_ref()
            .map(|model| format!(" ({model})"))
            .unwrap_or_default();
        text.push_str(&format!(
            "  attempt {} {}{model}: {}\n",
            attempt.number, attempt.by, attempt.outcome
        ));
    }
    for change in &rest.files_changed {
        text.push_str(&format!("    {change}\n"));
    }
    for check in &rest.checks {
        text.push_str(&format!(
            "    {} {} ({})\n",
            check.result,
            check.name,
            duration(check.millis)
        ));
    }
    for escalated in &rest.escalations {
        let reason = cut(&escalated.reason, 100);
        text.push_str(&format!(
            "  escalated by {}: {}: {reason}\n",
            escalated.by, escalated.trigger
        ));
    }
    for answer in &rest.answers {
        text.push_str(&format!("  advice   {}: {}\n", answer.by, cut(&answer.diagnosis, 100)));
    }
    for by in &rest.approved_by {
        text.push_str(&format!("  approved by {by}\n"));
    }
    for note in &rest.notes {
        text.push_str(&format!("  note     {}: {}\n", note.by, note.text));
    }
    text
}

fn one_attempt(attempt: &AttemptLog) -> String {
    let place = attempt.dispatched.place;
    let spent = attempt.last.duration_since(attempt.started).as_millis();
    let outcome = match (&attempt.lost, &attempt.failure) {
        (Some(why), _) => format!("lost: {why}"),
        (None, Some(failure)) => failure.to_string(),
        (None, None) if attempt.evidence.is_some() => "verified".to_owned(),
        (None, None) => "in hand".to_owned(),
    };
    let mut text = format!(
        "  attempt {} (round {}, {}) {}: {outcome}\n",
        place.number,
        place.round,
        attempt.dispatched.author,
        duration(u64::try_from(spent).unwrap_or(0))
    );
    if let Some(proposed) = &attempt.proposed {
        text.push_str(&format!(
            "    plan: {}\n",
            cut(proposed.plan.lines().next().unwrap_or_default(), 200)
        ));
        for file in &proposed.files {
            text.push_str(&format!("      would change {file}\n"));
        }
        for problem in &proposed.problems {
            text.push_str(&format!("      refused: {problem}\n"));
        }
    }
    if let Some(usage) = attempt.finished.as_ref().and_then(|finished| finished.usage) {
        text.push_str(&format!("    used {usage}\n"));
    }
    let asked = attempt.finished.iter().flat_map(|finished| &finished.contacts);
    let checks = attempt.evidence.iter().flat_map(|evidence| &evidence.results);
    for contact in asked.chain(checks.flat_map(|result| &result.contacts)) {
        text.push_str(&format!("    {contact}\n"));
    }
    if let Some(harvested) = &attempt.harvested {
        if let Some(reading) = &harvested.reading {
            text.push_str(&format!("    read as {reading}\n"));
        }
        for change in &harvested.changes {
            text.push_str(&format!("    {} {}\n", change.kind().letter(), change.path));
        }
        for dropped in &harvested.dropped {
            text.push_str(&format!("    left behind: {dropped}\n"));
        }
    }
    if let Some(evidence) = &attempt.evidence {
        let copy = match evidence.key.warmth {
            Some(warmth) => format!("{}, {warmth}", evidence.key.fence),
            None => evidence.key.fence.to_string(),
        };
        text.push_str(&format!("    checked in a copy (fence: {copy})\n"));
        let lacked = |what: &String| format!("    the copy for the checks lacked {what}\n");
        text.extend(evidence.lacks.iter().map(lacked));
        for result in &evidence.results {
            let reused = if evidence.reused { ", known before" } else { "" };
            let counted = if result.not_counted { ", tests not counted" } else { "" };
            text.push_str(&format!(
                "    {} {} ({}{counted}{reused})\n",
                result.status,
                result.name,
                duration(result.millis)
            ));
        }
    }
    text
}

fn transcripts(engine: &crate::engine::Engine, log: &TaskLog) -> String {
    let mut text = String::new();
    let mut add = |title: String, digest| {
        if let Ok(Some(bytes)) = engine.ledger.transcripts().get(digest) {
            text.push_str(&format!(
                "\n--- {title} ({})\n{}\n",
                digest.short(),
                String::from_utf8_lossy(&bytes)
            ));
        }
    };
    for attempt in &log.attempts {
        let number = attempt.dispatched.place.number;
        add(format!("packet of attempt {number}"), attempt.dispatched.packet);
        if let Some(answer) = attempt.finished.as_ref().and_then(|finished| finished.answer) {
            add(format!("answer of attempt {number}"), answer);
        }
        for result in attempt.evidence.iter().flat_map(|evidence| &evidence.results) {
            if let Some(log) = result.log {
                add(format!("{} on attempt {number}", result.name), log);
            }
        }
    }
    for answer in &log.answers {
        add(format!("advice of {}", answer.by), answer.answer);
    }
    text
}
