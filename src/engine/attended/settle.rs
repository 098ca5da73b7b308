//! Settle: before a command that writes, whatever came in between is brought together: what an interruption left half
//! done, a commit that went through the hooks, and the mark that they look for.

use std::fs;

use crate::domain::id::TaskId;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::task::event::{self, AttemptMode, Dispatched, Event};
use crate::domain::trailer::{self, TASK};
use crate::engine::Engine;
use crate::engine::history;
use crate::engine::resume::resume;

use super::{AttendedError, Open, branch, clear_mark, mark, open, set_mark};

/// Brings ledger, branch, files and mark together again.
pub fn settle(engine: &mut Engine) -> Result<(), AttendedError> {
    resume(engine)?;
    notice_commits(engine)?;
    let marked = fs::read_to_string(mark(engine)).ok();
    match (open(engine)?, marked) {
        (Some(open), marked) if marked.as_deref().map(str::trim) != Some(open.card.id.as_str()) => {
            set_mark(engine, &open.card.id)
        }
        (None, Some(_)) => mark_landed(engine),
        _ => Ok(()),
    }
}

/// Keeps the mark as long as HEAD is a task's commit, whichever way it landed: an amend of it is judged as that task once
/// more. For where no task is open.
pub fn mark_landed(engine: &Engine) -> Result<(), AttendedError> {
    match just_landed(engine)? {
        Some(landed) => set_mark(engine, &landed.card.id),
        None => clear_mark(engine),
    }
}

/// The same after something landed, unless a task is open here.
pub fn mark_if_landed(engine: &Engine) -> Result<(), AttendedError> {
    match open(engine)? {
        Some(_) => Ok(()),
        None => mark_landed(engine),
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
    let history = history::of(&engine.git, tip, None)?;
    for (task, dispatched) in waiting {
        // It may have been undone before anybody looked.
        let undone = || {
            let row = engine.replay().task(&task)?.accepted.as_ref()?;
            let mut undone = history.undone_of(&task);
            undone.find(|commit| history::is_of_row(&engine.git, *commit, &task, row))
        };
        let Some(commit) = history.landing(&task).or_else(undone) else {
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

/// The task whose commit HEAD is, while none is open here: what takes its place is judged as that task. Once it is
/// published it is for others to rely on, and nothing is judged any more.
pub fn just_landed(engine: &Engine) -> Result<Option<Open>, AttendedError> {
    let Ok((_, head)) = branch(engine) else {
        return Ok(None);
    };
    let own = trailer::trailers(&engine.git.commit(head)?.message);
    let named = trailer::value(&own, TASK).and_then(|text| text.parse::<TaskId>().ok());
    let Some(log) = named.as_ref().and_then(|task| engine.replay().task(task)) else {
        return Ok(None);
    };
    let number = trailer::value(&own, "Harness-Attempt").and_then(|text| text.parse::<u32>().ok());
    let last = log.attempts.last().map(|attempt| &attempt.dispatched);
    let Some(dispatched) = last.filter(|last| Some(last.place.number) == number) else {
        return Ok(None);
    };
    if engine.git.remote_tips()?.contains(&head) {
        return Ok(None);
    }
    let text = engine.git.blob(dispatched.card)?;
    let card = parse_card(&dispatched.task.card_path(), &String::from_utf8_lossy(&text));
    Ok(card.ok().map(|card| Open {
        dispatched: dispatched.clone(),
        card,
    }))
}
