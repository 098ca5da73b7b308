//! Dispatch: claim a card and make its packet (design section 5, steps 2 and 3).
//!
//! The claim is one row of the journal, written under its lock after the state was looked at again there, so that no
//! card is given out twice. The packet is written before it, by hash, and is what the Builder gets to the byte.

use crate::domain::actor::Actor;
use crate::domain::gate::AiPermission;
use crate::domain::id::{AttemptId, TaskId};
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::task::event::{AttemptMode, AttemptPlace, Dispatched, Event};
use crate::domain::task::state::TaskState;
use crate::fault::{self, Control, Point};
use crate::git::{ReadError, WriteError};
use crate::ledger::{AppendIfError, TaskLock};

use super::Engine;
use super::asking::Asking;
use super::builder::Builder;
use super::packet::{self, PacketNotMade};
use super::project::Project;
use super::proposal;

/// Why a card was not given out.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// Another process has it.
    #[error("{0} is being worked on by another process")]
    Busy(TaskId),
    /// It is in no state to be given out.
    #[error("{task} is {state}, not ready")]
    NotReady {
        /// The task.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// Only a person may build in its lane.
    #[error("in the lane {lane} a person builds, so no Builder is given {task}")]
    PersonBuilds {
        /// The task.
        task: TaskId,
        /// The lane.
        lane: String,
    },
    /// The card is not in the branch's tree any more.
    #[error("{0} has no card at the tip of its branch")]
    NoCard(TaskId),
    /// There is no packet.
    #[error("the packet of {task}: {why}")]
    Packet {
        /// The task.
        task: TaskId,
        /// Why.
        why: PacketNotMade,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The packet or a lock could not be written.
    #[error("cannot write beside the journal: {0}")]
    Io(#[from] std::io::Error),
    /// The row could not be written.
    #[error(transparent)]
    Append(#[from] crate::ledger::AppendError),
}

/// A card in somebody's hands.
#[derive(Debug)]
#[must_use = "a claimed card that nobody works on blocks the queue"]
pub struct Assignment {
    /// The row.
    pub dispatched: Dispatched,
    /// The packet's text.
    pub packet: String,
    /// Its tokens, by the estimate before any scale.
    pub estimated: usize,
    /// What the view starts as.
    pub start: TreeId,
    /// Held while the work goes on: the kernel's answer to "is its owner alive".
    pub lock: Option<TaskLock>,
}

/// Claims the card and makes its packet.
pub fn dispatch(
    engine: &mut Engine,
    project: &Project,
    card: &Card,
    builder: &dyn Builder,
    author: Actor,
    mode: AttemptMode,
) -> Result<Assignment, DispatchError> {
    let task = &card.id;
    let lane = project.lane(card);
    if lane.ai == AiPermission::Advise && !author.is_person() {
        return Err(DispatchError::PersonBuilds {
            task: task.clone(),
            lane: lane.name.clone(),
        });
    }
    let lock = match mode {
        AttemptMode::Unattended => Some(
            engine
                .ledger
                .locks()
                .try_task(task)?
                .ok_or_else(|| DispatchError::Busy(task.clone()))?,
        ),
        AttemptMode::Attended { .. } => None,
    };
    let blob = *project
        .blobs
        .get(task)
        .ok_or_else(|| DispatchError::NoCard(task.clone()))?;
    let asking = match mode {
        AttemptMode::Attended { .. } => Asking::Commit,
        AttemptMode::Unattended if proposal::is_wanted(engine, project, card) => Asking::Proposal,
        AttemptMode::Unattended => Asking::of(builder),
    };
    let budget = packet::budget(engine, project, builder);
    let draft = packet::draft(engine, project, card, asking, &budget).map_err(|why| DispatchError::Packet {
        task: task.clone(),
        why,
    })?;
    let packet = engine.ledger.transcripts().put(draft.rendered.text.as_bytes())?;
    fault::at(Point::Claim)?;
    let dispatched = claim(
        engine,
        card,
        &Claim {
            blob,
            packet,
            // Where git knows nobody, nobody can agree to anything either.
            started_by: match author.is_person() {
                true => Some(author.clone()),
                false => engine.person().ok(),
            },
            author,
            mode,
            model: builder.model().map(str::to_owned),
            base: project.tip,
            from_tree: draft.from_tree,
            undone: undone_landing(engine, project, task),
            on: engine.server.as_ref().map(|server| server.name().to_owned()),
        },
    )?;
    fault::at(Point::Claimed)?;
    Ok(Assignment {
        dispatched,
        packet: draft.rendered.text,
        estimated: draft.rendered.estimated,
        start: draft.from_tree.unwrap_or(project.tree),
        lock,
    })
}

struct Claim {
    blob: BlobId,
    packet: crate::domain::oid::Digest,
    author: Actor,
    started_by: Option<Actor>,
    mode: AttemptMode,
    model: Option<String>,
    base: crate::domain::oid::CommitId,
    from_tree: Option<TreeId>,
    /// The remote on which the task is claimed, too.
    on: Option<String>,
    /// The last landing, if the branch's history took it back.
    undone: Option<crate::domain::oid::CommitId>,
}

fn undone_landing(engine: &Engine, project: &Project, task: &TaskId) -> Option<crate::domain::oid::CommitId> {
    let last = engine.replay().task(task)?.landed.last()?.commit;
    project.history.is_reverted(last).then_some(last)
}

/// Writes the row, if the task may still be given out when the journal's lock is held.
fn claim(engine: &mut Engine, card: &Card, claim: &Claim) -> Result<Dispatched, DispatchError> {
    let task = &card.id;
    let Engine {
        ledger, replay, seen, ..
    } = engine;
    let writer = ledger.writer().cloned().ok_or(crate::ledger::AppendError::ReadOnly)?;
    let decided = ledger.append_if(|new_rows| {
        for row in new_rows {
            replay.apply(row);
        }
        *seen += new_rows.len();
        let log = replay.task(task);
        let state = log.map_or(TaskState::Ready, |log| log.state);
        let undone = log
            .filter(|log| log.state == TaskState::Passed)
            .and_then(|log| log.landed.last())
            .is_some_and(|landed| claim.undone == Some(landed.commit));
        if !undone && !matches!(state, TaskState::Ready | TaskState::Failed) && !fault::skips(Control::LookAgain) {
            return Err(DispatchError::NotReady {
                task: task.clone(),
                state,
            });
        }
        let dispatched = Dispatched {
            task: task.clone(),
            attempt: AttemptId {
                writer: writer.clone(),
                n: replay.attempts_by(&writer) + 1,
            },
            place: AttemptPlace {
                number: log.map_or(0, |log| log.number) + 1,
                round: log.map_or(1, |log| log.round) + u32::from(undone),
                in_round: log.filter(|_| !undone).map_or(0, |log| log.in_round) + 1,
            },
            mode: claim.mode.clone(),
            author: claim.author.clone(),
            started_by: claim.started_by.clone(),
            model: claim.model.clone(),
            base: claim.base,
            card: claim.blob,
            packet: claim.packet,
            from_tree: claim.from_tree,
            claimed_on: claim.on.clone(),
        };
        // History took the last landing back, which opens a round.
        let reopened = undone.then(|| Event::RetryRequested {
            task: task.clone(),
            by: Actor::Harness,
            reason: "its landing was undone".to_owned(),
        });
        let events = reopened.into_iter().chain([Event::Dispatched(dispatched.clone())]);
        Ok((events.collect(), dispatched))
    });
    let (rows, dispatched) = match decided {
        Ok(done) => done,
        Err(AppendIfError::Refused(error)) => return Err(error),
        Err(AppendIfError::Append(error)) => return Err(error.into()),
    };
    engine.catch_up();
    engine.show(&rows);
    Ok(dispatched)
}
