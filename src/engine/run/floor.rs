//! The floor: who of a run's crew works on what. One queue for all; each takes the next card that may be worked on
//! beside those in hand, takes one step with it, and gives it back.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::id::TaskId;
use crate::domain::plan::card::Card;
use crate::domain::plan::conflict::{Beside, beside};
use crate::domain::task::queue::{TaskView, ready_in_order};
use crate::domain::task::state::TaskState;
use crate::engine::Engine;
use crate::engine::project::Project;
use crate::engine::server::{Offer, Taken};
use crate::engine::trusted::Trusted;

use super::aside::aside;
use super::shared;
use super::step::turn;
use super::{Doings, RunError, RunOptions, wanted};

/// How often somebody who waits for a card looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// How soon somebody who waits looks what others have done on the server, and how late at the latest: the longer nothing
/// has come of it, the later.
const FIRST_LOOK: Duration = Duration::from_secs(3);
const LAST_LOOK: Duration = Duration::from_secs(60);

/// The floor of one run.
pub(super) struct Floor<'a> {
    target: &'a str,
    options: &'a RunOptions,
    state: Mutex<State>,
    changed: Condvar,
    /// One at a time looks for a card, so that no two find the same one. Nobody else waits for it: a server may be slow.
    looks: Mutex<()>,
}

/// What is not to be taken up, as it was when somebody began to look.
struct Busy {
    in_hand: Vec<Card>,
    left: BTreeSet<TaskId>,
}

#[derive(Default)]
struct State {
    doings: Doings,
    in_hand: Vec<Card>,
    /// Counts what was given back: the queue may look otherwise then.
    turns: u64,
    /// The first error; nobody takes anything up after it.
    stopped: Option<RunError>,
}

impl<'a> Floor<'a> {
    pub(super) fn new(target: &'a str, options: &'a RunOptions) -> Self {
        Self {
            target,
            options,
            state: Mutex::default(),
            changed: Condvar::new(),
            looks: Mutex::default(),
        }
    }

    /// Works until nothing can be done any more.
    pub(super) fn work(&self, engine: &mut Engine) {
        loop {
            match self.take(engine) {
                Ok(Some(taken)) => {
                    let mut doings = Doings::default();
                    let Taken { project, card, state } = &taken;
                    let mut result = Trusted::of(engine, project)
                        .map_err(RunError::from)
                        .and_then(|trusted| turn(engine, &trusted, card, *state, self.options, &mut doings))
                        .or_else(|error| aside(engine, card, &mut doings, error));
                    if let Some(server) = engine.server.clone() {
                        let settled = shared::settle(engine, &server, &card.id, &doings);
                        result = result.and(settled);
                    }
                    self.give_back(card, doings, result);
                }
                Ok(None) => return,
                Err(error) => return self.stop(error),
            }
        }
    }

    /// Nobody takes anything up any more, for this reason.
    pub(super) fn stop(&self, error: RunError) {
        self.state().stopped.get_or_insert(error);
        self.changed.notify_all();
    }

    /// What was done, and why it ended early if it did.
    pub(super) fn end(self) -> (Doings, Result<(), RunError>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.doings, state.stopped.map_or(Ok(()), Err))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of it is whole, whatever became of whoever made it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next card, once there is one; `None` where none will come.
    fn take(&self, engine: &mut Engine) -> Result<Option<Taken>, RunError> {
        let mut pause = FIRST_LOOK;
        loop {
            let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            if engine.cancel.is_cancelled() {
                return Err(RunError::Interrupted);
            }
            let (busy, seen) = {
                let state = self.state();
                if state.stopped.is_some() || engine.replay().paused().is_some() {
                    return Ok(None);
                }
                let busy = Busy {
                    in_hand: state.in_hand.clone(),
                    left: state.doings.left.keys().cloned().collect(),
                };
                (busy, state.turns)
            };
            // Whoever is done gives back meanwhile, however long this takes.
            let (found, others_work) = self.find(engine, &busy)?;
            let mut state = self.state();
            if let Some(taken) = found {
                state.in_hand.push(taken.card.clone());
                return Ok(Some(taken));
            }
            let waits = others_work && self.options.wait;
            if state.in_hand.is_empty() && state.turns == seen && !waits {
                return Ok(None);
            }
            drop(looks);
            let begun = Instant::now();
            let look_again = || engine.server.is_some() && begun.elapsed() >= pause;
            while state.turns == seen && state.stopped.is_none() && !engine.cancel.is_cancelled() && !look_again() {
                let waited = self.changed.wait_timeout(state, TICK);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            pause = if state.turns == seen {
                LAST_LOOK.min(pause * 2)
            } else {
                FIRST_LOOK
            };
        }
    }

    /// A card to work on, and whether others are at work that may make more of them.
    fn find(&self, engine: &mut Engine, busy: &Busy) -> Result<(Option<Taken>, bool), RunError> {
        if let Some(server) = engine.server.clone() {
            let (target, options) = (self.target, self.options);
            let offer = shared::offer(engine, &server, target, options, &busy.in_hand, &busy.left)?;
            return Ok(match offer {
                Offer::Card(taken) => (Some(*taken), false),
                Offer::Later => (None, true),
                Offer::Nothing => (None, false),
            });
        }
        let project = Project::load(engine, self.target)?;
        let views = wanted(&project, engine, self.options);
        let found = next(&project, &views, busy);
        if found.is_some() {
            // Whoever moved the branch meanwhile may have brought commands that somebody has to read first.
            Trusted::of(engine, &project)?;
        }
        let found = found.map(|(card, state)| Taken { project, card, state });
        Ok((found, false))
    }

    fn give_back(&self, card: &Card, doings: Doings, result: Result<(), RunError>) {
        let mut state = self.state();
        state.doings.join(doings);
        state.in_hand.retain(|other| other.id != card.id);
        state.turns += 1;
        if let Err(error) = result {
            state.stopped.get_or_insert(error);
        }
        drop(state);
        self.changed.notify_all();
    }
}

/// The card to go on with: what was begun first, in plan order, then the ready ones; none that meets what is in hand.
fn next(project: &Project, views: &[TaskView], busy: &Busy) -> Option<(Card, TaskState)> {
    let can = |view: &&TaskView| !busy.left.contains(&view.id) && !busy.in_hand.iter().any(|card| card.id == view.id);
    let begun = views.iter().filter(can).filter(|view| {
        matches!(
            view.state,
            TaskState::Failed | TaskState::Escalated | TaskState::Passed | TaskState::NeedsReview
        ) && view.landed_elsewhere.is_none()
    });
    let heads = views
        .iter()
        .filter(can)
        .filter_map(|view| Some((project.head(&view.id)?, view)));
    let ready = ready_in_order(heads)
        .into_iter()
        .map(|head| (&head.id, TaskState::Ready));
    for (task, stands) in begun.map(|view| (&view.id, view.state)).chain(ready) {
        let card = project.card(task)?;
        match beside(card, &busy.in_hand, |card| project.lane(card)) {
            Beside::Free => return Some((card.clone(), stands)),
            Beside::Overlaps => {}
            Beside::WaitsAlone => return None,
        }
    }
    None
}
