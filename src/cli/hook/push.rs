//! What leaves this clone, and what a guarded branch moves to: judged by the audit, whoever made it.

use std::ffi::OsString;
use std::io::Read;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::domain::audit::AuditReport;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::trailer::harness_lines;
use crate::engine::{Engine, attended, audit};
use crate::git::Repository;

use super::made::commit_made;

/// Every commit that is about to leave this clone and lands a task is judged once more, whoever made it.
pub(super) fn pre_push(context: &Context) -> Result<(), CliError> {
    // By history alone: whoever may not read the ledger here may push all the same.
    let git = context.repository()?;
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let tips: Vec<CommitId> = lines
        .lines()
        .filter_map(|line| line.split(' ').nth(1)?.parse().ok())
        // Zeros: a ref is being deleted.
        .filter(|tip: &CommitId| git.contains(tip.object_id()))
        .collect();
    if tips.is_empty() {
        return Ok(());
    }
    let range = audit::Range {
        without: git.remote_tips()?,
        tips,
        base: None,
        strict: Vec::new(),
    };
    // A history that is cut off cannot be judged; where no commit speaks of a task, nothing has to be.
    if git.is_shallow() && !speaks_of_tasks(&git, &range)? {
        return Ok(());
    }
    let view = git.plain_view().map_err(audit::AuditError::from)?;
    let report = audit::audit_own(&view, &range)?;
    let wrong = findings(&report);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(
        CliError::new(Exit::Refused, format!("this push is refused\n{}", wrong.join("\n")))
            .hint(
                "where a rebase or a squash gave a landing another tree: git harness verify --landed; else take these commits back (git rebase -i), or have the card allow it (git harness plan edit)",
            ),
    )
}

/// Whether a commit that is about to leave holds a line of ours.
fn speaks_of_tasks(git: &Repository, range: &audit::Range) -> Result<bool, CliError> {
    for commit in git.commits_between(&range.tips, &range.without)? {
        if !harness_lines(&git.commit(commit)?.message).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The commit that a transaction moves a ref to.
pub(super) fn moved_to(lines: &str, name: &str) -> Option<CommitId> {
    let mut moves = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    moves.find_map(|words| match words[..] {
        [_, new, moved] if moved == name => new.parse().ok(),
        _ => None,
    })
}

fn findings(report: &AuditReport) -> Vec<String> {
    report
        .errors()
        .map(|finding| format!("  {}: {}", finding.commit.short(10), finding.message))
        .collect()
}

/// While a task is open, its branch moves to nothing that is not a landing, a merge, a reversal or a change of what governs
/// the work, from whichever worktree and wherever HEAD is. For `[hooks] guard = "strict"`.
pub(super) fn reference_transaction(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    if arguments.first().is_none_or(|state| state != "prepared") {
        return Ok(());
    }
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let engine = context.reading_engine()?;
    if attended::mark_of(&engine.git).exists() {
        commit_made(context, &lines)?;
    }
    for (task, branch) in attended::guarded(&engine) {
        match moved(&lines, &format!("refs/heads/{branch}")) {
            None => {}
            Some(Moved::Away) => {
                return Err(held(
                    &task,
                    format!("task {task} is open on {branch}, so it is not deleted"),
                ));
            }
            Some(Moved::To(new)) if engine.git.contains(new.object_id()) => judge(&engine, &task, &branch, new)?,
            Some(Moved::To(_)) => {}
        }
    }
    Ok(())
}

/// Where a transaction moves a ref.
enum Moved {
    To(CommitId),
    /// It is deleted.
    Away,
}

fn moved(lines: &str, name: &str) -> Option<Moved> {
    let mut moves = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    moves.find_map(|words| match words[..] {
        [_, new, moved] if moved == name => match new.bytes().all(|digit| digit == b'0') {
            true => Some(Moved::Away),
            false => new.parse().ok().map(Moved::To),
        },
        _ => None,
    })
}

fn held(task: &TaskId, message: String) -> CliError {
    CliError::new(Exit::Refused, message).hint(format!("give the task back first: git harness release {task}"))
}

/// Judges what a guarded branch is about to move to.
fn judge(engine: &Engine, task: &TaskId, branch: &str, new: CommitId) -> Result<(), CliError> {
    // A branch that is gone is held to what there is on others.
    let tip = engine.git.branch_tip(branch)?;
    // What a remote has is others' work; what only this clone has is judged, on whichever branch it waited.
    let mut without = engine.git.remote_tips()?;
    without.extend(tip);
    let base = match tip {
        Some(tip) => Some(tip),
        None => engine
            .replay()
            .task(task)
            .and_then(|log| log.open())
            .map(|open| open.base),
    };
    if tip.is_none() {
        without.extend(base);
    }
    let range = audit::Range {
        tips: vec![new],
        without,
        base,
        strict: Vec::new(),
    };
    let view = engine.git.plain_view().map_err(audit::AuditError::from)?;
    let wrong = findings(&audit::audit_strictly(&view, &range)?);
    if wrong.is_empty() {
        return Ok(());
    }
    let text = format!(
        "task {task} is open on {branch}, so it does not move to these commits\n{}",
        wrong.join("\n")
    );
    Err(held(task, text))
}
