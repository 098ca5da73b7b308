//! What leaves this clone, and what a guarded branch moves to: judged by the audit, whoever made it.

use std::ffi::OsString;
use std::io::Read;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::domain::audit::AuditReport;
use crate::domain::oid::CommitId;
use crate::domain::trailer::harness_lines;
use crate::engine::{attended, audit};
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

/// While a task is open, this worktree's branch moves to nothing that is not a landing, a merge, a reversal or a change
/// of what governs the work. For `[hooks] guard = "strict"`.
pub(super) fn reference_transaction(context: &Context, arguments: &[OsString]) -> Result<(), CliError> {
    if arguments.first().is_none_or(|state| state != "prepared") {
        return Ok(());
    }
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    commit_made(context, &lines)?;
    let engine = context.reading_engine()?;
    let refused = |error: attended::AttendedError| CliError::new(Exit::Refused, error.to_string());
    let (Some(open), Ok((branch, tip))) = (attended::open(&engine).map_err(refused)?, attended::branch(&engine)) else {
        return Ok(());
    };
    let Some(new) =
        moved_to(&lines, &format!("refs/heads/{branch}")).filter(|new| engine.git.contains(new.object_id()))
    else {
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
