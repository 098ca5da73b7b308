//! Resume: after a kill, the last intent of every task decides (design section 5, step 9; security reference 4.4).
//!
//! Run at the start of every command that writes. Nothing is repeated that was done, and nothing is believed that
//! cannot be seen: a landing is done if its commit is on the branch, an attempt goes on if its lock is held.

use crate::domain::actor::Actor;
use crate::domain::id::TaskId;
use crate::domain::task::event::{self, AttemptMode, Event, LandIntended};
use crate::fault::{self, Control, Point};
use crate::git::MoveError;

use super::Engine;
use super::run::RunError;

/// Brings the ledger and the branch together again.
pub fn resume(engine: &mut Engine) -> Result<(), RunError> {
    rollback(engine)?;
    let open: Vec<(TaskId, Option<event::Dispatched>, Option<LandIntended>)> = engine
        .replay()
        .in_hand()
        .filter(|(_, log)| log.state.is_with_builder() || log.land_intent.is_some())
        .map(|(task, log)| (task.clone(), log.open().cloned(), log.land_intent.clone()))
        .collect();
    fault::at(Point::ResumeFound).map_err(RunError::Transcript)?;
    for (task, dispatched, intent) in open {
        if let Some(intent) = intent {
            // Whoever is landing it has the task's lock.
            if engine
                .ledger
                .locks()
                .try_task(&task)
                .map_err(RunError::Transcript)?
                .is_none()
            {
                continue;
            }
            landing(engine, &intent)?;
        } else if let Some(dispatched) = dispatched
            && dispatched.mode == AttemptMode::Unattended
        {
            attempt(engine, &task, &dispatched)?;
        }
    }
    fault::at(Point::ResumeDone).map_err(RunError::Transcript)
}

/// A rollback whose end was not recorded: done if the branch holds its last commit, else as if it had not been asked for.
fn rollback(engine: &mut Engine) -> Result<(), RunError> {
    let Some(open) = engine.replay().open_rollback().cloned() else {
        return Ok(());
    };
    let Some(tip) = engine.git.branch_tip(&open.target)? else {
        return Ok(());
    };
    if tip != open.new && !engine.git.is_ancestor(open.new, tip)? {
        return Ok(());
    }
    if tip == open.new {
        match engine.git.finish_move(&open.target, open.new, open.old) {
            Ok(()) | Err(MoveError::Blocked { .. }) => {}
            Err(error) => return Err(RunError::Resume(error)),
        }
    }
    let history = engine.git.history(tip, None)?;
    let by = engine.person().unwrap_or(Actor::Harness);
    let rows: Vec<Event> = open
        .tasks
        .into_iter()
        .filter_map(|(task, landing)| {
            let commit = history.reverted_by(landing)?;
            Some(Event::RolledBack(event::RolledBack {
                task,
                reverted: landing,
                commit,
                by: by.clone(),
            }))
        })
        .collect();
    engine.record(&rows)?;
    Ok(())
}

/// A landing whose end was not recorded: done if the branch holds the commit, else tried again from its row.
fn landing(engine: &mut Engine, intent: &LandIntended) -> Result<(), RunError> {
    let tip = engine.tip(&intent.target)?;
    let holds = match tip.filter(|_| !fault::skips(Control::LookForLanding)) {
        Some(tip) => tip == intent.commit || engine.git.is_ancestor(intent.commit, tip)?,
        None => false,
    };
    if holds {
        if engine.git.branch_tip(&intent.target)? == Some(intent.commit) {
            match engine.git.finish_move(&intent.target, intent.commit, intent.old) {
                Ok(()) | Err(MoveError::Blocked { .. }) => {}
                Err(error) => return Err(RunError::Resume(error)),
            }
        }
        engine.record(&[Event::Landed(event::Landed {
            task: intent.task.clone(),
            attempt: intent.attempt.clone(),
            commit: intent.commit,
            target: intent.target.clone(),
        })])?;
        tell(engine, &intent.task, "its landing had happened before the interruption");
    } else if let Some(remote) = claimed_elsewhere(engine, &intent.task) {
        let text = format!("whether it landed on {remote} is not known here: git harness run --remote {remote}");
        tell(engine, &intent.task, &text);
    } else {
        engine.record(&[Event::LandLost {
            task: intent.task.clone(),
            attempt: intent.attempt.clone(),
            reason: "interrupted before the branch moved".to_owned(),
            still_accepted: true,
        }])?;
        tell(
            engine,
            &intent.task,
            "its landing is made again, since the branch had not moved",
        );
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
fn attempt(engine: &mut Engine, task: &TaskId, dispatched: &event::Dispatched) -> Result<(), RunError> {
    let with_builder = engine
        .replay()
        .task(task)
        .is_some_and(|log| log.state.is_with_builder());
    if !with_builder {
        return Ok(());
    }
    let lock = engine.ledger.locks().try_task(task).map_err(RunError::Transcript)?;
    if lock.is_none() {
        return Ok(());
    }
    engine.record(&[Event::AttemptLost {
        task: task.clone(),
        attempt: dispatched.attempt.clone(),
        reason: "its process ended before the work did".to_owned(),
    }])?;
    tell(engine, task, "its attempt was interrupted and counts for nothing");
    Ok(())
}

fn tell(engine: &mut Engine, task: &TaskId, text: &str) {
    engine.tell(&Event::Told {
        task: Some(task.clone()),
        text: text.to_owned(),
    });
}
