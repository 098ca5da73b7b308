//! `hook <name>`: what git and agent programs call. Its arguments are git's, so they are not parsed like a person's.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::domain::agent::hook::Caller;
use crate::domain::audit::AuditReport;
use crate::domain::failure::Failure;
use crate::domain::oid::CommitId;
use crate::domain::trailer::{LandingTrailers, Trailer, harness_trailers, without_comments};
use crate::engine::attended::{self, Candidate, Open, Verdict};
use crate::engine::project::Project;
use crate::engine::{Engine, audit, merged};
use crate::fault::{self, Point};
use crate::git::{History, HistorySeed, Replaying};

use super::agent_hook;
use super::commit_message::with_trailers;
use super::context::{Context, Telling};
use super::error::CliError;
use super::exit::Exit;

/// Runs a hook.
#[expect(clippy::print_stderr, reason = "a hook speaks to whoever commits")]
pub fn main(arguments: &[OsString]) -> ExitCode {
    let context = Context::new(PathBuf::from("."));
    let name = arguments
        .first()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if let Some(caller) = Caller::of_name(&name) {
        return agent_hook::main(caller, &context);
    }
    let result = match name.as_str() {
        // Hooks of an earlier version; prepare-commit-msg decides.
        "pre-commit" => Ok(()),
        "prepare-commit-msg" => prepare_commit_msg(&context, &arguments[1..]),
        "commit-msg" => commit_msg(&context, &arguments[1..]),
        "pre-push" => pre_push(&context),
        "reference-transaction" => reference_transaction(&context, &arguments[1..]),
        other => Err(CliError::new(Exit::Refused, format!("there is no hook `{other}`"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let colour = context.error_colour;
            eprintln!(
                "{}: {}",
                colour.paint("31;1", "git-harness"),
                super::shown(&error.message)
            );
            if let Some(hint) = &error.hint {
                eprintln!("{}: {}", colour.paint("36", "hint"), super::shown(hint));
            }
            ExitCode::from(1)
        }
    }
}

struct Here {
    engine: Engine,
    project: Project,
    open: Open,
    candidate: Candidate,
}

/// The open task and the commit that git is about to make; `None` where nothing is open.
fn here(context: &Context) -> Result<Option<Here>, CliError> {
    let mut engine = context.engine(Telling::Lines)?;
    let refused = |error: attended::AttendedError| CliError::new(Exit::Refused, error.to_string());
    let Some(open) = attended::open(&engine).map_err(refused)? else {
        return Ok(None);
    };
    let (_, parent) = attended::branch(&engine).map_err(refused)?;
    let project = super::context::project_of(&mut engine, &open.card.id)?;
    let tree = engine.git.index_tree()?;
    Ok(Some(Here {
        engine,
        project,
        open,
        candidate: Candidate { parent, tree },
    }))
}

fn refusal(open: &Open, failure: &Failure) -> CliError {
    let mut message = format!("task {} ({}): this commit is refused\n", open.card.id, open.card.title);
    let hint = match failure {
        Failure::Scope { violations } => {
            for violation in violations {
                message.push_str(&format!("  {violation}\n"));
            }
            message.push_str(&format!("  allowed: {}", open.card.files.join(", ")));
            format!(
                "unstage these paths (git restore --staged PATH), or give the task back first (git harness release {})",
                open.card.id
            )
        }
        Failure::Checks { results } => {
            for result in results.iter().filter(|result| !result.status.passed()) {
                message.push_str(&format!("  {}: {}\n{}\n", result.name, result.status, result.excerpt));
            }
            "mend it and commit again; a refused commit uses up no attempt".to_owned()
        }
        other => {
            message.push_str(&format!("  {other}"));
            format!("`git harness show {}` tells more", open.card.id)
        }
    };
    CliError::new(Exit::Refused, message.trim_end().to_owned()).hint(hint)
}

/// The hook that decides: `--no-verify` does not skip it, and git does not change the tree after it.
fn prepare_commit_msg(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    let Some(mut here) = here(context)? else {
        return Ok(());
    };
    let Some(file) = arguments.first().map(PathBuf::from) else {
        return Err(CliError::new(Exit::Refused, "git named no message file"));
    };
    let command = crate::process::parent_words();
    // Git tells of an amend only where it takes the old message over; with `-m` its own command line does.
    let amends =
        arguments.get(1).is_some_and(|word| word == "commit") || command.iter().any(|word| word.starts_with("--am"));
    // A revert without conflicts leaves no file that tells of it, and is judged by the audit like every other.
    if subcommand(&command) == Some("revert") {
        return check_message(&here.engine, &here.open, &file);
    }
    match here.engine.git.replaying() {
        // Replays keep their message and get no trailers.
        Some(Replaying::CherryPick | Replaying::Revert | Replaying::Rebase) => return Ok(()),
        Some(Replaying::Merge) => return judge_merge(&here),
        None => {}
    }
    if !amends && is_committed(&here)? {
        return Err(CliError::new(
            Exit::Refused,
            format!("task {} is committed already", here.open.card.id),
        )
        .hint(format!(
            "git harness release {0} closes it; `git commit --amend` changes it",
            here.open.card.id
        )));
    }
    if amends {
        let head = here.engine.git.commit(here.candidate.parent)?;
        match head.parents.first() {
            Some(parent) => here.candidate.parent = *parent,
            None => return check_message(&here.engine, &here.open, &file),
        }
    }
    let verdict = attended::judge(&mut here.engine, &here.project, &here.open, here.candidate)
        .map_err(|error| CliError::new(Exit::Refused, error.to_string()))?;
    match verdict {
        Verdict::Accepted { trailers, .. } => {
            let edited = context
                .variables
                .get(OsStr::new("GIT_EDITOR"))
                .is_none_or(|name| name != ":");
            let text = std::fs::read_to_string(&file)?;
            fault::at(Point::MessageWrite)?;
            std::fs::write(&file, with_trailers(&text, &trailers, edited))?;
            Ok(fault::at(Point::MessageWritten)?)
        }
        Verdict::Refused(failure) => Err(refusal(&here.open, &failure)),
        Verdict::Waiting(gates) => Err(CliError::new(
            Exit::PersonNeeded,
            format!(
                "task {} is verified and waits for {}",
                here.open.card.id,
                gates.join(", ")
            ),
        )
        .hint(format!(
            "somebody else: git harness approve {}; then commit again",
            here.open.card.id
        ))),
        Verdict::Empty => check_message(&here.engine, &here.open, &file),
    }
}

/// What git was called for: its first word that is no option of its own.
fn subcommand(command: &[String]) -> Option<&str> {
    let mut words = command.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-c" | "-C" | "--git-dir" | "--work-tree" | "--namespace" | "--config-env" | "--exec-path" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            name => return Some(name),
        }
    }
    None
}

/// A merge gets no trailers, and brings nothing of the person's own that the card does not allow.
fn judge_merge(here: &Here) -> Result<(), CliError> {
    let refused = |error: attended::AttendedError| CliError::new(Exit::Refused, error.to_string());
    let Ok(theirs) = here.engine.git.resolve("MERGE_HEAD") else {
        return Ok(());
    };
    let found =
        merged::merge_scope(&here.engine, &here.project, &here.open, here.candidate, theirs).map_err(refused)?;
    match found {
        Some(failure) => Err(refusal(&here.open, &failure)),
        None => Ok(()),
    }
}

/// Whether the open task's change was committed since it was accepted.
fn is_committed(here: &Here) -> Result<bool, CliError> {
    let log = here.engine.replay().task(&here.open.card.id);
    let Some(row) = log.and_then(|log| log.accepted.as_ref()) else {
        return Ok(false);
    };
    let (before, head) = (row.accepted.parent, here.candidate.parent);
    if row.accepted.attempt != here.open.dispatched.attempt || before == head {
        return Ok(false);
    }
    let since = HistorySeed::new(before, History::default());
    Ok(here
        .engine
        .git
        .history(head, Some(since))?
        .landing(&here.open.card.id)
        .is_some())
}

/// Every commit that is about to leave this clone and lands a task is judged once more, whoever made it.
fn pre_push(context: &Context) -> Result<(), CliError> {
    let engine = context.reading_engine()?;
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let tips: Vec<CommitId> = lines
        .lines()
        .filter_map(|line| line.split(' ').nth(1)?.parse().ok())
        // Zeros: a ref is being deleted.
        .filter(|tip: &CommitId| engine.git.contains(tip.object_id()))
        .collect();
    if tips.is_empty() {
        return Ok(());
    }
    let range = audit::Range {
        without: engine.git.remote_tips()?,
        tips,
        base: None,
    };
    let view = engine.git.plain_view().map_err(audit::AuditError::from)?;
    let wrong = findings(&audit::audit_own(&view, &range)?);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(
        CliError::new(Exit::Refused, format!("this push is refused\n{}", wrong.join("\n")))
            .hint("take these commits back (git rebase -i), or have the card allow it (git harness plan edit)"),
    )
}

fn findings(report: &AuditReport) -> Vec<String> {
    report
        .errors()
        .map(|finding| format!("  {}: {}", finding.commit.short(10), finding.message))
        .collect()
}

/// While a task is open, this worktree's branch moves to nothing that is not a landing, a merge, a reversal or a change
/// of what governs the work. For `[hooks] guard = "strict"`.
fn reference_transaction(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    if arguments.first().is_none_or(|state| state != "prepared") {
        return Ok(());
    }
    let engine = context.reading_engine()?;
    let refused = |error: attended::AttendedError| CliError::new(Exit::Refused, error.to_string());
    let (Some(open), Ok((branch, tip))) = (attended::open(&engine).map_err(refused)?, attended::branch(&engine)) else {
        return Ok(());
    };
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let name = format!("refs/heads/{branch}");
    let moved = lines
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find_map(|words| match words[..] {
            [_, new, moved] if moved == name => new.parse::<CommitId>().ok(),
            _ => None,
        });
    let Some(new) = moved.filter(|new| engine.git.contains(new.object_id())) else {
        return Ok(());
    };
    // What a remote has is others' work; what only this clone has is judged, on whichever branch it waited.
    let mut without = engine.git.remote_tips()?;
    without.push(tip);
    let range = audit::Range {
        tips: vec![new],
        without,
        base: Some(tip),
    };
    let view = engine.git.plain_view().map_err(audit::AuditError::from)?;
    let wrong = findings(&audit::audit_strictly(&view, &range)?);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Refused,
        format!(
            "task {} is open here, so {branch} does not move to these commits\n{}",
            open.card.id,
            wrong.join("\n")
        ),
    )
    .hint(format!(
        "give the task back first: git harness release {}",
        open.card.id
    )))
}

/// No line of ours that we did not write. Where no editor opens, git's hook does not call this.
fn commit_msg(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    let engine = context.reading_engine()?;
    let refused = |error: attended::AttendedError| CliError::new(Exit::Refused, error.to_string());
    let Some(open) = attended::open(&engine).map_err(refused)? else {
        return Ok(());
    };
    if engine.git.replaying().is_some() {
        return Ok(());
    }
    let Some(file) = arguments.first().map(PathBuf::from) else {
        return Err(CliError::new(Exit::Refused, "git named no message file"));
    };
    check_message(&engine, &open, &file)
}

fn check_message(engine: &Engine, open: &Open, file: &Path) -> Result<(), CliError> {
    let comment = engine
        .git
        .config_value("core.commentChar")
        .and_then(|text| text.chars().next())
        .unwrap_or('#');
    let message = without_comments(&String::from_utf8_lossy(&std::fs::read(file)?), comment);
    let row = engine.replay().task(&open.card.id).and_then(|log| log.accepted.clone());
    let found = harness_trailers(&message);
    let ours = row.as_ref().map_or_else(Vec::new, |row| {
        let accepted = &row.accepted;
        LandingTrailers {
            task: &accepted.task,
            attempt: open.dispatched.place.number,
            card: accepted.card,
            check_tree: accepted.evidence.key.check_tree,
            check_digest: accepted.evidence.key.checks,
            row: (&row.writer, row.seq, row.hash),
            self_approved: true,
        }
        .pairs()
    });
    let forged: Vec<&Trailer> = found.iter().filter(|pair| !ours.contains(pair)).collect();
    let mut sorted: Vec<&Trailer> = found.iter().collect();
    sorted.sort();
    let twice = sorted.windows(2).any(|two| two[0] == two[1]);
    if forged.is_empty() && !twice {
        return Ok(());
    }
    let shown: Vec<String> = forged.iter().map(|(key, value)| format!("  {key}: {value}")).collect();
    Err(CliError::new(
        Exit::Refused,
        format!(
            "the message holds `Harness-` lines that the harness did not write, or one twice\n{}",
            shown.join("\n")
        ),
    )
    .hint("remove them; the right ones are added when you commit"))
}
