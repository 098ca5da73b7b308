//! A person's claim. No process lives as long as their work, so it is renewed by their own commands only and has a long
//! lease; which clone it belongs to is all that is asked.

use std::sync::Arc;

use crate::domain::claim::Standing;
use crate::domain::id::TaskId;
use crate::domain::task::queue::TaskView;
use crate::engine::Engine;
use crate::engine::attended::{self, AttendedError, Open, Verdict};
use crate::engine::finish::Finish;
use crate::engine::project::Project;
use crate::engine::run::RunError;
use crate::engine::trusted::Trusted;
use crate::git::MoveError;

use super::landing::AdvanceError;
use super::offer::{Hunt, Offer, Taken};
use super::{Server, ServerError};

/// How often a change is verified anew because others landed meanwhile.
const TRIES: u32 = 8;

impl Engine {
    /// Claims a ready card for whoever sits here. The branch here has to stand where the server's does, since they work
    /// in its files.
    pub fn claim_for_person(
        &mut self,
        target: &str,
        wanted: &dyn Fn(&Project, &Engine) -> Vec<TaskView>,
    ) -> Result<Offer, RunError> {
        let server = self.shared_with()?;
        let hunt = Hunt {
            target,
            wanted,
            in_hand: &[],
            leaves: &|_| false,
            begun: &[],
            lease_seconds: server.rules().attended_lease_seconds,
        };
        let offer = hunt.offer(self, &server)?;
        if let Offer::Card(taken) = &offer {
            self.stands_with(&server, taken)?;
        }
        Ok(offer)
    }

    fn stands_with(&mut self, server: &Arc<Server>, taken: &Taken) -> Result<(), RunError> {
        self.follow_server()?;
        if self.git.branch_tip(&server.target)? == self.tip(&server.target)? {
            return Ok(());
        }
        server.give_back(self, taken.card.id.as_str())?;
        Err(server.behind().into())
    }

    /// Lands what the worktree changed for an open task on the server. What others landed meanwhile is taken in first
    /// where it does not touch what is edited here, and the change is verified on it.
    pub fn submit_there(&mut self, open: &Open) -> Result<(Verdict, Option<Finish>), AttendedError> {
        let server = self.shared_with().map_err(RunError::from)?;
        self.hold_again(&open.card.id)?;
        for _ in 0..TRIES {
            self.follow_server()?;
            let tip = self.tip_now(&server.target)?;
            if self.git.branch_tip(&server.target)? != tip {
                return Err(RunError::from(server.behind()).into());
            }
            let project = Project::load(self, &server.target)?;
            match attended::submit(self, &Trusted::of(self, &project).map_err(RunError::from)?, open) {
                Err(AttendedError::Run(RunError::Advance(AdvanceError::Move(MoveError::Moved { .. })))) => {}
                other => return other,
            }
        }
        Err(RunError::from(server.behind()).into())
    }

    /// Takes this clone's claim of a task up again: renews it, so that it can be landed with or given back.
    pub fn hold_again(&mut self, task: &TaskId) -> Result<(), RunError> {
        let server = self.shared_with()?;
        let view = server.look(self)?;
        let lease = server.rules().attended_lease_seconds;
        if server.take_for(self, &view, task.as_str(), lease)? {
            return Ok(());
        }
        Err(AdvanceError::ClaimLost(task.to_string()).into())
    }

    /// Gives a claim back that this process holds.
    pub fn give_back(&mut self, task: &TaskId) -> Result<(), RunError> {
        let server = self.shared_with()?;
        Ok(server.give_back(self, task.as_str())?)
    }

    /// Takes a claim away, whoever has it: for what a machine left behind that will not come back.
    pub fn free_claim(&mut self, task: &TaskId) -> Result<bool, RunError> {
        let server = self.shared_with()?;
        let view = server.look(self)?;
        match view.claims.get(task.as_str()) {
            None => {
                let cleared = server.clear_name(self, task.as_str());
                self.tell_notices(&server);
                Ok(cleared?)
            }
            Some(seen) => Ok(server.remove(self, task.as_str(), seen.commit)?),
        }
    }

    /// How a task's claim stands on the server.
    pub fn claim_of(&mut self, task: &TaskId) -> Result<Standing, RunError> {
        let server = self.shared_with()?;
        Ok(server.look(self)?.standing(task.as_str()))
    }

    fn shared_with(&self) -> Result<Arc<Server>, ServerError> {
        self.server.clone().ok_or(ServerError::Alone)
    }
}

impl Server {
    fn behind(&self) -> ServerError {
        ServerError::Behind {
            branch: self.target.clone(),
            remote: self.name().to_owned(),
        }
    }
}
