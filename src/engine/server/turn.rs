//! The turn to land. Whoever lands first makes everybody else verify anew; so machines that were late once take turns: a
//! claim of its own for each branch, held from the last verification to the landing, and gone with it. Without anybody
//! in the way there is none, and a landing costs one push.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::claim::Standing;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::event::Event;
use crate::engine::Engine;
use crate::engine::run::RunError;

use super::Server;

/// How long one waits before the next look, in milliseconds: little at first, and then the longer the more there are who
/// may wait too. So somebody looks about twenty times a second at most, and the branch never stands idle for long.
const FIRST_WAIT: u64 = 100;
const LEAST_WAIT: u64 = 1_000;
const WAIT_PER_CLAIM: u64 = 50;

impl Server {
    /// What is claimed for the turn.
    pub(super) fn turn(&self) -> String {
        format!("{}{}", super::view::TURNS, self.target)
    }

    /// A part of a wait, so that two who begin together do not go on together.
    fn spread(&self, wait: u64) -> Duration {
        let lot = self.clock.random_name(4).bytes().map(u64::from).sum::<u64>() % 64;
        Duration::from_millis(wait / 2 + wait * lot / 128)
    }
}

impl Engine {
    /// Returns once nobody else is about to land: at once where the branch still stands at what was verified, else with
    /// the turn. Whether the branch has moved is to be seen afterwards.
    pub(in crate::engine) fn wait_for_turn(
        &mut self,
        target: &str,
        verified: CommitId,
        task: &TaskId,
    ) -> Result<(), RunError> {
        let Some(server) = self.server_of(target).cloned() else {
            return Ok(());
        };
        let (turn, mut wait) = (server.turn(), FIRST_WAIT);
        let (mut waits_since, mut landed) = (None, None);
        loop {
            let view = server.look(self)?;
            self.tell_notices(&server);
            let now = server.clock.steady_seconds();
            if landed.replace(view.tip) != Some(view.tip) {
                waits_since = None;
            }
            let standing = view.standing(&turn);
            let is_quiet = standing == Standing::Free && view.tip == Some(verified);
            // A claim that was lost is heard of at the landing.
            let is_kept = server.turn_is_kept.load(Ordering::Relaxed);
            if server.holds(&turn) || !server.holds(task.as_str()) || is_quiet || is_kept {
                return Ok(());
            }
            let may_be_ours = !matches!(standing, Standing::Held { .. });
            if may_be_ours && server.take_for(self, &view, &turn, server.rules().lease_seconds)? {
                // What the one before landed is seen from here on.
                server.look(self)?;
                return Ok(());
            }
            if self.cancel.is_cancelled() {
                return Err(RunError::Interrupted);
            }
            // A turn spares others work and guards nothing: whoever keeps it and lands nothing is not waited for again.
            let since = *waits_since.get_or_insert(now);
            if now.saturating_sub(since) > 3 * server.rules().lease_seconds {
                server.turn_is_kept.store(true, Ordering::Relaxed);
                self.tell(&Event::Told {
                    task: Some(task.clone()),
                    text: format!(
                        "lands without the turn of {target}, which somebody has kept for longer than three leases"
                    ),
                });
                return Ok(());
            }
            std::thread::sleep(server.spread(wait));
            let others = u64::try_from(view.elsewhere().count()).unwrap_or(u64::MAX);
            wait = (wait * 3 / 2).min(LEAST_WAIT.max(others.saturating_mul(WAIT_PER_CLAIM)));
        }
    }

    /// Gives the turn back, if it is in hand and did not go with a landing.
    pub(in crate::engine) fn end_turn(&mut self, target: &str) {
        let Some(server) = self.server_of(target).cloned() else {
            return;
        };
        if let Err(error) = server.give_back(self, &server.turn()) {
            self.tell(&Event::Told {
                task: None,
                text: format!("the turn to land on {target} runs out by itself: {error}"),
            });
        }
    }
}
