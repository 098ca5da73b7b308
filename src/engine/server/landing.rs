//! Advance: the one way in which a branch moves. Alone, here by compare-and-swap and with the files of its worktrees;
//! with a server, there by a push, and here afterwards where it can follow.

use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::event::Event;
use crate::engine::Engine;
use crate::git::{MoveError, Swap, SwapError};

use super::claims::Pushed;
use super::publish::{Ledger, Share};
use super::{Server, ServerError};

/// Why a branch did not move.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    /// It moved meanwhile, or something here is in the way.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The task's claim is somebody else's by now.
    #[error("the claim of {0} was taken over by another machine")]
    ClaimLost(String),
    /// The server could not be asked, or refuses.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl AdvanceError {
    /// What happened, and what takes it out of the way where that is known.
    pub fn with_way_out(&self) -> String {
        match self {
            Self::Move(error) => match error.way_out() {
                Some(way_out) => format!("{error}: {way_out}"),
                None => error.to_string(),
            },
            other => other.to_string(),
        }
    }

    /// Whether it surely did not move, for a reason that somebody has to take out of the way first.
    pub const fn is_in_the_way(&self) -> bool {
        match self {
            Self::Move(error) => error.is_in_the_way(),
            Self::Server(_) => self.is_certain(),
            Self::ClaimLost(_) => false,
        }
    }

    /// Whether it is known that the branch did not move. Else the intent stays open, until the server was seen again.
    pub const fn is_certain(&self) -> bool {
        match self {
            Self::Move(_) | Self::ClaimLost(_) => true,
            Self::Server(error) => matches!(error, ServerError::Refused { .. } | ServerError::Journal(_)),
        }
    }
}

/// What becomes of a task's claim when its branch moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The task is done: the claim goes.
    Done,
    /// The work goes on: the claim is renewed.
    GoesOn,
}

impl Engine {
    /// Moves a branch for a task from `old` to `new`.
    pub fn advance(
        &mut self,
        target: &str,
        new: CommitId,
        old: CommitId,
        why: &str,
        claim: Option<(&TaskId, Then)>,
    ) -> Result<(), AdvanceError> {
        let Some(server) = self.server.clone().filter(|server| server.target == target) else {
            return Ok(self.git.move_branch(target, new, old, why)?);
        };
        let landed = server.land(self, new, old, claim);
        self.tell_notices(&server);
        landed?;
        // It is where it counts. What keeps the branch here from following is no reason to say otherwise.
        if let Err(error) = self.follow_server() {
            self.tell(&Event::Told {
                task: None,
                text: format!("{target} stays behind here: {error}"),
            });
        }
        Ok(())
    }
}

impl Server {
    /// Moves the branch on the server, and the task's claim with it: both or neither.
    pub(in crate::engine) fn land(
        &self,
        engine: &Engine,
        new: CommitId,
        old: CommitId,
        claim: Option<(&TaskId, Then)>,
    ) -> Result<(), AdvanceError> {
        let own_turn = self.turn();
        let mut claims = vec![own_turn.as_str()];
        claims.extend(claim.map(|(task, _)| task.as_str()));
        let _moving = self.moving(&claims);
        let mut swaps = vec![Swap {
            reference: self.branch_ref(),
            old: Some(old),
            new: Some(new),
        }];
        let mut renewed = None;
        if let Some((task, then)) = claim {
            let lost = || AdvanceError::ClaimLost(task.to_string());
            let mine = self.held().get(task.as_str()).map(|mine| (mine.at, mine.lease_seconds));
            let (at, lease) = mine.ok_or_else(lost)?;
            let at = at.ok_or_else(lost)?;
            if then == Then::GoesOn {
                renewed = Some(self.write(engine, task.as_str(), lease, Some(at), None)?);
            }
            swaps.push(self.claim_swap(task.as_str(), Some(at), renewed));
        }
        let turn = self.held().get(&own_turn).and_then(|turn| turn.at);
        if let Some(at) = turn {
            swaps.push(self.claim_swap(&own_turn, Some(at), None));
        }
        let (pushed, ledger) = self.push_with_rows(engine, &swaps)?;
        let mut held = self.held();
        match pushed {
            Pushed::Done => drop(held.remove(&own_turn)),
            Pushed::Second(view) => {
                if let Some((task, _)) = claim
                    && let Some(mine) = held.get_mut(task.as_str())
                    && view.claims.get(task.as_str()).map(|seen| seen.commit) != mine.at
                {
                    mine.at = None;
                    return Err(AdvanceError::ClaimLost(task.to_string()));
                }
                if turn.is_some() && view.claims.get(&own_turn).map(|seen| seen.commit) != turn {
                    held.remove(&own_turn);
                }
                return Err(MoveError::Moved {
                    branch: self.target.clone(),
                    found: view.tip,
                }
                .into());
            }
        }
        if let Some((task, _)) = claim {
            match renewed {
                Some(at) => {
                    if let Some(mine) = held.get_mut(task.as_str()) {
                        mine.at = Some(at);
                    }
                }
                None => drop(held.remove(task.as_str())),
            }
        }
        drop(held);
        // It is there; what cannot be noted of it here is seen at the next look.
        if let Some(error) = ledger.and_then(|ledger| self.published(engine, ledger).err()) {
            self.notice(format!(
                "that this clone's journal is published could not be noted here: {error}"
            ));
        }
        // Noted as seen, unless somebody has seen more already.
        match engine
            .git
            .compare_and_swap(&self.tip_ref(), new, Some(old), "harness: pushed")
        {
            Ok(()) | Err(SwapError::Moved { .. }) => Ok(()),
            Err(error) => Err(ServerError::from(error).into()),
        }
    }

    /// Moves refs, and this clone's journal with them: the rows that a landing rests on come along, or nobody else could
    /// tell that it was verified. What is wrong with the journal's ref, which others may have moved, keeps nothing from
    /// landing; then the rows stay behind, which is told.
    fn push_with_rows(&self, engine: &Engine, swaps: &[Swap]) -> Result<(Pushed, Option<Ledger>), ServerError> {
        let mut why = None;
        for _ in 0..2 {
            let ledger = match self.ledger(engine, Share::Journal) {
                Ok(Some(ledger)) => ledger,
                Ok(None) => return Ok((self.push(engine, swaps)?, None)),
                Err(ServerError::Journal(error)) => {
                    why = Some(format!(
                        "{error}; git harness sync --new-writer {} goes on under another name",
                        self.name()
                    ));
                    break;
                }
                Err(error) => return Err(error),
            };
            let all: Vec<Swap> = swaps.iter().cloned().chain([self.ledger_swap(ledger)]).collect();
            match self.push(engine, &all) {
                Ok(Pushed::Second(view)) if swaps.iter().all(|swap| self.stands_at(&view, swap) == swap.old) => {
                    why = Some("somebody else moves its ref".to_owned());
                }
                Ok(pushed) => return Ok((pushed, Some(ledger))),
                Err(error @ ServerError::Refused { .. }) => {
                    why = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let pushed = self.push(engine, swaps)?;
        if let (Pushed::Done, Some(why)) = (&pushed, why) {
            self.notice(format!(
                "what was landed is there, and this clone's journal is not: {why}"
            ));
        }
        Ok((pushed, None))
    }

    /// Tells once that the branch here cannot follow.
    pub(super) fn tell_behind(&self, engine: &mut Engine, why: &MoveError) {
        let mut told = self.behind.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !std::mem::replace(&mut *told, true) {
            engine.tell(&Event::Told {
                task: None,
                text: format!(
                    "{0} stays behind {1} here: {why}; `git pull --ff-only {1} {0}` brings it up",
                    self.target,
                    self.name()
                ),
            });
        }
    }
}
