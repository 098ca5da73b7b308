//! The tasks that are open in worktrees, and the branches that they guard.

use std::path::Path;

use crate::domain::id::TaskId;
use crate::domain::task::event::{AttemptMode, Dispatched};
use crate::engine::Engine;
use crate::git::{Head, Repository};

/// The tasks that are open in worktrees of this clone.
pub(super) fn in_hand(engine: &Engine) -> impl Iterator<Item = &Dispatched> {
    engine.replay().in_hand().filter_map(|(_, log)| {
        let dispatched = log.open()?;
        let landed = log.landed.iter().any(|landed| landed.attempt == dispatched.attempt);
        let in_hand = log.state.is_with_builder() || log.state.waits_for_person() || !landed;
        let is_attended = matches!(dispatched.mode, AttemptMode::Attended { .. });
        // Another clone may have a worktree of the same name.
        let is_ours = || !engine.ledger.is_copied(&dispatched.attempt.writer);
        (in_hand && is_attended && is_ours()).then_some(dispatched)
    })
}

/// The branches on which tasks are open, in whichever worktree: the one that was checked out when the task was handed
/// out, and the one that is now.
pub fn guarded(engine: &Engine) -> Vec<(TaskId, String)> {
    let here = engine.git.work_tree().map(|top| top.to_string_lossy().into_owned());
    let mut found = Vec::new();
    for dispatched in in_hand(engine) {
        let AttemptMode::Attended { worktree, branch } = &dispatched.mode else {
            continue;
        };
        let now = match here.as_ref() == Some(worktree) {
            true => engine.git.head().ok(),
            // A worktree that is gone has no branch checked out.
            false => Repository::discover_plainly(Path::new(worktree))
                .ok()
                .and_then(|git| git.head().ok()),
        };
        let now = now.and_then(|head| match head {
            Head::Branch { branch, .. } | Head::Unborn { branch } => Some(branch),
            Head::Detached { .. } => None,
        });
        for branch in branch.iter().cloned().chain(now) {
            let one = (dispatched.task.clone(), branch);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}
