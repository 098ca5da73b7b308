//! Settle: before a command that writes, whatever came in between is brought together: what an interruption left half
//! done, a commit that went through the hooks, and the mark that they look for.

use std::fs;

use crate::domain::id::TaskId;
use crate::domain::task::event::{self, AttemptMode, Dispatched, Event};
use crate::engine::Engine;
use crate::engine::resume::resume;

use super::{AttendedError, branch, clear_mark, mark, open, set_mark};

/// Brings ledger, branch, files and mark together again.
pub fn settle(engine: &mut Engine) -> Result<(), AttendedError> {
    resume(engine)?;
    notice_commits(engine)?;
    let marked = fs::read_to_string(mark(engine)).ok();
    match (open(engine)?, marked) {
        (Some(open), marked) if marked.as_deref().map(str::trim) != Some(open.card.id.as_str()) => {
            set_mark(engine, &open.card.id)
        }
        (None, Some(_)) => clear_mark(engine),
        _ => Ok(()),
    }
}

/// After a plain `git commit` went through the hooks: finds the commit and records the landing.
fn notice_commits(engine: &mut Engine) -> Result<(), AttendedError> {
    let waiting: Vec<(TaskId, Dispatched)> = engine
        .replay()
        .in_hand()
        .filter(|(_, log)| log.accepted.is_some() && log.land_intent.is_none())
        .filter_map(|(task, log)| Some((task.clone(), log.open()?.clone())))
        .filter(|(_, dispatched)| matches!(dispatched.mode, AttemptMode::Attended { .. }))
        .filter(|(task, _)| !engine.is_elsewhere(task))
        .collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let Ok((branch, tip)) = branch(engine) else {
        return Ok(());
    };
    let history = engine.git.history(tip, None)?;
    for (task, dispatched) in waiting {
        let Some(commit) = history.landing(&task) else {
            continue;
        };
        let landed = event::Landed {
            task: task.clone(),
            attempt: dispatched.attempt,
            commit,
            target: branch.clone(),
        };
        engine.record_if(|replay| {
            // Whoever has begun to land it since records that too.
            let is_new = replay.task(&task).is_some_and(|log| {
                log.land_intent.is_none() && log.landed.iter().all(|other| other.attempt != landed.attempt)
            });
            is_new.then_some(Event::Landed(landed)).into_iter().collect()
        })?;
    }
    Ok(())
}
