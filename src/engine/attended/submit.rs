//! Submit: the worktree's change lands as `run` would land it, on the branch that HEAD is on.

use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::event::{self, Event};
use crate::engine::Engine;
use crate::engine::accept::Accepted;
use crate::engine::finish::Finish;
use crate::engine::land;
use crate::engine::project::Project;
use crate::engine::run::RunError;
use crate::engine::server::{AdvanceError, Then};
use crate::engine::trusted::Trusted;
use crate::fault::{self, Point};
use crate::git::MoveError;

use super::{AttendedError, Open, Verdict, branch, is_at_rest, judge, worktree_candidate};

/// Keeps what somebody says of their own change, a line for each thing: the bullets of its commit, which would list the
/// paths otherwise.
pub fn describe(engine: &mut Engine, open: &Open, summary: Vec<String>) -> Result<(), AttendedError> {
    let (task, attempt) = (&open.card.id, &open.dispatched.attempt);
    let log = engine.replay().task(task);
    let started = log
        .and_then(|log| log.attempts.iter().find(|known| known.dispatched.attempt == *attempt))
        .map_or_else(|| engine.clock.now(), |known| known.started);
    let spent = engine.clock.now().duration_since(started);
    let finished = Event::BuilderFinished(event::BuilderFinished {
        task: task.clone(),
        attempt: attempt.clone(),
        answer: None,
        summary,
        notes: Vec::new(),
        usage: None,
        millis: u64::try_from(spent.as_millis()).unwrap_or_default(),
        contacts: Vec::new(),
        answered_by: None,
        estimated: None,
    });
    engine.record(&[finished])?;
    Ok(())
}

/// Lands the worktree's change as `run` would, on the branch that HEAD is on.
///
/// The caller has seen that the worktree is at rest ([`is_at_rest`]); it is asked once more before anything is written.
pub fn submit(engine: &mut Engine, project: &Trusted, open: &Open) -> Result<(Verdict, Option<Finish>), AttendedError> {
    let (candidate, left_out) = worktree_candidate(engine, project, open)?;
    for what in &left_out {
        let text = format!("left out: {what}");
        engine.tell(&Event::Told {
            task: Some(open.card.id.clone()),
            text,
        });
    }
    let verdict = judge(engine, project, open, candidate)?;
    let Verdict::Accepted { accepted, .. } = &verdict else {
        return Ok((verdict, None));
    };
    let commit = land_here(engine, project, open, accepted)?;
    Ok((verdict, Some(Finish::Landed(land::Landed { commit }))))
}

/// Moves the branch that HEAD is on to the accepted change; the files are there already.
fn land_here(
    engine: &mut Engine,
    project: &Project,
    open: &Open,
    accepted: &Accepted,
) -> Result<CommitId, AttendedError> {
    let (target, _) = branch(engine)?;
    let (task, attempt) = (&open.card.id, &open.dispatched.attempt);
    let parent = accepted.row().parent;
    let _turn = engine.ledger.locks().landing(&target).map_err(RunError::Transcript)?;
    // Whoever began a merge while the checks ran is told before anything is written, here or on a server.
    is_at_rest(engine)?;
    engine.git.look_before_move(&target).map_err(AttendedError::Land)?;
    let commit = land::build_commit(engine, project, &target, &open.card, accepted, true).map_err(RunError::from)?;
    fault::at(Point::LandIntend).map_err(RunError::Transcript)?;
    engine.record(&[Event::LandIntended(event::LandIntended {
        task: task.clone(),
        attempt: attempt.clone(),
        commit,
        target: target.clone(),
        old: parent,
    })])?;
    fault::at(Point::LandIntended).map_err(RunError::Transcript)?;
    let lost = |error: &dyn std::fmt::Display| Event::LandLost {
        task: task.clone(),
        attempt: attempt.clone(),
        reason: error.to_string(),
        still_accepted: true,
    };
    if let Err(error) = publish(engine, &target, commit, parent, task) {
        if error.is_certain() {
            engine.record(&[lost(&error)])?;
        }
        return Err(RunError::from(error).into());
    }
    let is_there = engine.server_of(&target).is_some();
    let why = format!("harness: submit {task}");
    match engine.git.move_branch_made_here(&target, commit, parent, &why) {
        Ok(()) => {}
        // Where it counts it has landed, so the intent stays open until the files here have followed.
        Err(source) if is_there => return Err(AttendedError::Behind { commit, source }),
        Err(error @ MoveError::Moved { .. }) => {
            engine.record(&[lost(&error)])?;
            return Err(AttendedError::Moved(target));
        }
        Err(error) if error.is_in_the_way() => {
            engine.record(&[lost(&error)])?;
            return Err(AttendedError::Land(error));
        }
        Err(error) => return Err(AttendedError::Land(error)),
    }
    fault::at(Point::LandMoved).map_err(RunError::Transcript)?;
    engine.record(&[Event::Landed(event::Landed {
        task: task.clone(),
        attempt: attempt.clone(),
        commit,
        target,
    })])?;
    fault::at(Point::Landed).map_err(RunError::Transcript)?;
    // The mark stays: as long as this commit is HEAD, an amend of it is judged as the task.
    Ok(commit)
}

/// Lands on the server first, where the task was claimed on one.
fn publish(
    engine: &mut Engine,
    branch: &str,
    commit: CommitId,
    parent: CommitId,
    task: &TaskId,
) -> Result<(), AdvanceError> {
    match engine.server_of(branch).cloned() {
        Some(server) => server.land(engine, commit, parent, Some((task, Then::Done))),
        None => Ok(()),
    }
}
