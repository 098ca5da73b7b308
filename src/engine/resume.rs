//! Resume: after a kill, the last intent of every task decides (design section 5, step 9; security reference 4.4).
//!
//! Run at the start of every command that writes. Nothing is repeated that was done, and nothing is believed that
//! cannot be seen: a commit is made if it is on the branch, an attempt goes on if its lock is held. Whatever another
//! process is at right now is left to it: it holds the turn to land, or the task's lock; and what both find done, one records.

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::event::{self, AttemptMode, Event, ImportIntended, LandIntended, RevisionIntended};
use crate::domain::task::replay::OpenRollback;
use crate::fault::{self, Control, Point};
use crate::git::MoveError;

use super::Engine;
use super::history;
use super::run::RunError;

/// Why an attempt is lost whose process is gone.
pub(super) const ENDED: &str = "its process ended before the work did";

/// Brings the ledger and the branch together again.
pub fn resume(engine: &mut Engine) -> Result<(), RunError> {
    if let Some(open) = engine.replay().open_rollback().cloned() {
        rollback(engine, &open)?;
    }
    if let Some(intent) = engine.replay().open_import().cloned() {
        import(engine, &intent)?;
    }
    // What another clone has in hand is not ours to end.
    let ours = |(task, _): &(&TaskId, _)| !engine.is_elsewhere(task);
    let in_hand: Vec<TaskId> = engine
        .replay()
        .in_hand()
        .filter(ours)
        .map(|(task, _)| task.clone())
        .collect();
    fault::at(Point::ResumeFound).map_err(RunError::Transcript)?;
    for task in in_hand {
        let Some(log) = engine.replay().task(&task) else {
            continue;
        };
        if let Some(intent) = log.revision_intent.clone() {
            revision(engine, &intent)?;
        } else if let Some(intent) = log.land_intent.clone() {
            // Whoever is landing it has the task's lock, here or by way of a server.
            let locks = engine.ledger.locks();
            if locks.try_task(&task).map_err(RunError::Transcript)?.is_none() {
                continue;
            }
            landing(engine, &intent)?;
        } else if let Some(dispatched) = log.open().cloned()
            && log.state.is_with_builder()
            && dispatched.mode == AttemptMode::Unattended
        {
            attempt(engine, &dispatched)?;
        }
    }
    if engine.replay().in_hand().all(|(_, log)| log.land_intent.is_none()) {
        engine.git.clear_dead_locks()?;
    }
    fault::at(Point::ResumeDone).map_err(RunError::Transcript)
}

/// Whether a branch holds a commit. If it does here, files are brought along as far as the branch has come since: whoever
/// waited for the turn may have landed on it before anybody saw that this one was interrupted. `None`: it does, and the
/// files have to wait for something in a worktree; then the intent stays open, and the next command looks again.
fn has_moved(engine: &mut Engine, target: &str, new: CommitId, old: CommitId) -> Result<Option<bool>, RunError> {
    let here = engine.git.settled_tip(target)?;
    let tip = match engine.server_of(target) {
        Some(_) => engine.tip(target)?,
        None => here,
    };
    let holds = match tip.filter(|_| !fault::skips(Control::LookForLanding)) {
        Some(tip) => tip == new || engine.git.is_ancestor(new, tip)?,
        None => false,
    };
    if let Some(here) = here.filter(|_| holds)
        && (here == new || engine.git.is_ancestor(new, here)?)
    {
        match engine.git.finish_move(target, here, old) {
            Ok(()) => {}
            Err(error @ MoveError::Blocked { .. }) => say(
                engine,
                format!(
                    "{error}; they stay as they are, and `git status` there shows how they differ from what landed"
                ),
            ),
            Err(error) if error.is_in_the_way() => {
                say(engine, format!("{target} has moved, and the files wait: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(RunError::Resume(error)),
        }
    }
    Ok(Some(holds))
}

fn say(engine: &mut Engine, text: String) {
    engine.tell(&Event::Told { task: None, text });
}

/// A rollback whose end was not recorded: done if the branch holds its last commit, else as if it had not been asked for.
fn rollback(engine: &mut Engine, open: &OpenRollback) -> Result<(), RunError> {
    // Whoever is at it right now has the turn to land.
    let locks = engine.ledger.locks();
    let Some(_turn) = locks.try_landing(&open.target).map_err(RunError::Transcript)? else {
        return Ok(());
    };
    let Some(holds) = has_moved(engine, &open.target, open.new, open.old)? else {
        return Ok(());
    };
    if !holds {
        engine.record_if(|replay| {
            let still = replay.open_rollback() == Some(open);
            let lost = still.then(|| Event::RollbackLost {
                new: open.new,
                reason: "interrupted before the branch moved".to_owned(),
            });
            lost.into_iter().collect()
        })?;
        return Ok(());
    }
    let history = history::of(&engine.git, open.new, None)?;
    let by = engine.person().unwrap_or(Actor::Harness);
    let rows: Vec<(TaskId, Event)> = open
        .tasks
        .iter()
        .filter_map(|(task, landing)| {
            let row = Event::RolledBack(event::RolledBack {
                task: task.clone(),
                reverted: *landing,
                commit: history.reverted_by(*landing)?,
                by: by.clone(),
            });
            Some((task.clone(), row))
        })
        .collect();
    let (tasks, rows): (Vec<TaskId>, Vec<Event>) = rows.into_iter().unzip();
    let recorded = engine.record_if(|replay| match replay.open_rollback() == Some(open) {
        true => rows,
        false => Vec::new(),
    })?;
    for task in tasks.iter().filter(|_| !recorded.is_empty()) {
        tell(engine, task, "its rollback had happened before the interruption");
    }
    Ok(())
}

/// An import whose end was not recorded: done if the branch holds its commit, else as if there had been none.
fn import(engine: &mut Engine, intent: &ImportIntended) -> Result<(), RunError> {
    if has_moved(engine, &intent.target, intent.commit, intent.parent)? != Some(true) {
        return Ok(());
    }
    let done = engine.record_if(|replay| match replay.open_import() == Some(intent) {
        true => vec![intent.done()],
        false => Vec::new(),
    })?;
    if !done.is_empty() {
        engine.tell(&Event::Told {
            task: None,
            text: format!("plan {} had been imported before the interruption", intent.plan),
        });
    }
    Ok(())
}

/// A revision whose end was not recorded: done if the branch holds its commit, else as if there had been none.
fn revision(engine: &mut Engine, intent: &RevisionIntended) -> Result<(), RunError> {
    if has_moved(engine, &intent.target, intent.revision.commit, intent.parent)? != Some(true) {
        return Ok(());
    }
    let done = engine.record_if(|replay| {
        let still = replay.task(&intent.task).and_then(|log| log.revision_intent.as_ref()) == Some(intent);
        let row = still.then(|| Event::CardRevised(intent.revision.clone()));
        row.into_iter().collect()
    })?;
    if !done.is_empty() {
        tell(
            engine,
            &intent.task,
            "its card had been revised before the interruption",
        );
    }
    Ok(())
}

/// A landing whose end was not recorded: done if the branch holds the commit, else tried again from its row.
fn landing(engine: &mut Engine, intent: &LandIntended) -> Result<(), RunError> {
    let locks = engine.ledger.locks();
    let Some(_turn) = locks.try_landing(&intent.target).map_err(RunError::Transcript)? else {
        return Ok(());
    };
    let Some(moved) = has_moved(engine, &intent.target, intent.commit, intent.old)? else {
        return Ok(());
    };
    let (row, text) = if moved {
        let landed = event::Landed {
            task: intent.task.clone(),
            attempt: intent.attempt.clone(),
            commit: intent.commit,
            target: intent.target.clone(),
        };
        (
            Event::Landed(landed),
            "its landing had happened before the interruption",
        )
    } else if let Some(remote) = claimed_elsewhere(engine, &intent.task) {
        let text = format!("whether it landed on {remote} is not known here: git harness run --remote {remote}");
        tell(engine, &intent.task, &text);
        return Ok(());
    } else {
        let lost = Event::LandLost {
            task: intent.task.clone(),
            attempt: intent.attempt.clone(),
            reason: "interrupted before the branch moved".to_owned(),
            still_accepted: true,
        };
        (lost, "its landing is made again, since the branch had not moved")
    };
    let done = engine.record_if(|replay| {
        let still = replay.task(&intent.task).and_then(|log| log.land_intent.as_ref()) == Some(intent);
        still.then_some(row).into_iter().collect()
    })?;
    if !done.is_empty() {
        tell(engine, &intent.task, text);
    }
    Ok(())
}

/// The remote on which a task's work was claimed and lands, where this command does not speak to it.
pub fn claimed_elsewhere(engine: &Engine, task: &TaskId) -> Option<String> {
    let log = engine.replay().task(task)?;
    let on = log.last()?.dispatched.claimed_on.as_deref()?;
    let here = engine.server.as_ref().is_some_and(|server| server.name() == on);
    (!here).then(|| on.to_owned())
}

/// An attempt whose owner is gone counts for nothing; one that is verified and waits keeps waiting.
fn attempt(engine: &mut Engine, dispatched: &event::Dispatched) -> Result<(), RunError> {
    let task = &dispatched.task;
    let locks = engine.ledger.locks();
    let Some(_lock) = locks.try_task(task).map_err(RunError::Transcript)? else {
        return Ok(());
    };
    let lost = engine.record_if(|replay| {
        let still = replay
            .task(task)
            .is_some_and(|log| log.state.is_with_builder() && log.open() == Some(dispatched));
        let row = still.then(|| Event::AttemptLost {
            task: task.clone(),
            attempt: dispatched.attempt.clone(),
            reason: ENDED.to_owned(),
        });
        row.into_iter().collect()
    })?;
    if !lost.is_empty() {
        tell(engine, task, "its attempt was interrupted and counts for nothing");
    }
    Ok(())
}

fn tell(engine: &mut Engine, task: &TaskId, text: &str) {
    engine.tell(&Event::Told {
        task: Some(task.clone()),
        text: text.to_owned(),
    });
}
