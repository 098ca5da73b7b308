//! Taking, renewing and giving back claims. A claim is held from the push that made its ref ours until the push that
//! moved it on; what was pushed is read from the push's own words, and where these do not tell, by another look.

use std::time::Duration;

use crate::domain::claim::{Claim, Standing, renewal};
use crate::domain::oid::CommitId;
use crate::engine::Engine;
use crate::git::{Answer, Named, Swap};

use super::publish::Ledger;
use super::view::View;
use super::{Held, Server, ServerError};

/// How often a push is tried that the server refuses although nothing moved: another push may have its locks.
const TRIES: u64 = 5;

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    /// Every ref stands where it was to.
    Done,
    /// Somebody came first; nothing moved. This is what was seen afterwards.
    Second(View),
}

impl Server {
    /// Claims something that may be claimed by the last look, for so many seconds without a renewal. `false` where
    /// somebody else has it, or came first.
    pub fn take_for(&self, engine: &Engine, view: &View, what: &str, lease: u64) -> Result<bool, ServerError> {
        let moving = self.moving(&[what]);
        {
            let mut held = self.held();
            if held.get(what).is_some_and(|held| held.at.is_some()) {
                return Ok(true);
            }
            // One that was lost goes with its lock.
            held.remove(what);
        }
        drop(moving);
        if matches!(view.standing(what), Standing::Held { .. } | Standing::Parked) {
            return Ok(false);
        }
        // Another process of this clone holds it as long as it lives; another one of the crew, until it is in hand.
        let Some(lock) = self.locks.try_claim(what).map_err(ServerError::Lock)? else {
            return Ok(false);
        };
        let old = view.claims.get(what).map(|seen| seen.commit);
        let new = self.write(engine, what, lease, old, None)?;
        match self.push(engine, &[self.claim_swap(what, old, Some(new))])? {
            Pushed::Done => {
                let taken = Held {
                    at: Some(new),
                    lease_seconds: lease,
                    is_moving: false,
                    _lock: lock,
                };
                self.held().insert(what.to_owned(), taken);
                Ok(true)
            }
            Pushed::Second(_) => Ok(false),
        }
    }

    /// Gives a claim back: the task is free for everybody.
    pub fn give_back(&self, engine: &Engine, what: &str) -> Result<(), ServerError> {
        self.let_go(engine, what, None)
    }

    /// Leaves a task to wait for somebody, and tells everybody so: its work is known here only.
    pub fn park(&self, engine: &Engine, what: &str, why: &str) -> Result<(), ServerError> {
        self.let_go(engine, what, Some(why))
    }

    fn let_go(&self, engine: &Engine, what: &str, why: Option<&str>) -> Result<(), ServerError> {
        let _moving = self.moving(&[what]);
        let (at, lease) = {
            let mut held = self.held();
            match held.get(what) {
                Some(Held {
                    at: Some(at),
                    lease_seconds,
                    ..
                }) => (*at, *lease_seconds),
                _ => {
                    held.remove(what);
                    return Ok(());
                }
            }
        };
        let new = match why {
            Some(why) => Some(self.write(engine, what, lease, Some(at), Some(why))?),
            None => None,
        };
        // Whoever took it over may keep it.
        self.push(engine, &[self.claim_swap(what, Some(at), new)])?;
        self.held().remove(what);
        Ok(())
    }

    /// Takes away the claim that stands there; `false` where it has moved.
    pub(in crate::engine) fn remove(&self, engine: &Engine, what: &str, at: CommitId) -> Result<bool, ServerError> {
        let _moving = self.moving(&[what]);
        self.held().remove(what);
        Ok(self.push(engine, &[self.claim_swap(what, Some(at), None)])? == Pushed::Done)
    }

    /// Everything that this process holds.
    pub fn in_hand(&self) -> Vec<String> {
        let held = self.held();
        let mine = held.iter().filter(|(_, held)| held.at.is_some());
        mine.map(|(what, _)| what.clone()).collect()
    }

    /// Whether this process holds something, as far as it knows.
    pub fn holds(&self, what: &str) -> bool {
        self.held().get(what).is_some_and(|held| held.at.is_some())
    }

    /// Seconds until the claims in hand are to be renewed; `None` where there are none.
    pub(super) fn next_renewal(&self) -> Option<u64> {
        let held = self.held();
        let mine = held.values().filter(|held| held.at.is_some());
        mine.map(|held| renewal(held.lease_seconds)).min()
    }

    /// Renews every claim in hand with one push, and gives the names of those that others have taken over.
    pub fn renew(&self, engine: &Engine) -> Result<Vec<String>, ServerError> {
        // What somebody else moves is renewed, or gone, by that.
        let moving = self.moving_all();
        let mut lost = Vec::new();
        loop {
            let mut swaps = Vec::new();
            let mut renewed = Vec::new();
            for (what, at, lease) in self.still_ours(moving.claims()) {
                let new = self.write(engine, &what, lease, Some(at), None)?;
                swaps.push(self.claim_swap(&what, Some(at), Some(new)));
                renewed.push((what, new));
            }
            if swaps.is_empty() {
                return Ok(lost);
            }
            let pushed = self.push(engine, &swaps)?;
            let mut held = self.held();
            match pushed {
                Pushed::Done => {
                    for (what, new) in renewed {
                        if let Some(held) = held.get_mut(&what) {
                            held.at = Some(new);
                        }
                    }
                    return Ok(lost);
                }
                Pushed::Second(view) => {
                    for (what, _) in renewed {
                        if let Some(held) = held.get_mut(&what)
                            && view.claims.get(&what).map(|seen| seen.commit) != held.at
                        {
                            held.at = None;
                            lost.push(what);
                        }
                    }
                }
            }
        }
    }

    /// Of these claims those that nobody has taken over: where each stands, and its lease.
    fn still_ours(&self, claims: &[String]) -> Vec<(String, CommitId, u64)> {
        let held = self.held();
        let ours = claims.iter().filter_map(|what| {
            let held = held.get(what)?;
            Some((what.clone(), held.at?, held.lease_seconds))
        });
        ours.collect()
    }

    /// Writes a claim that follows another one, so that even a server which takes no forced push takes it.
    pub(super) fn write(
        &self,
        engine: &Engine,
        what: &str,
        lease: u64,
        old: Option<CommitId>,
        parked: Option<&str>,
    ) -> Result<CommitId, ServerError> {
        // What is no commit cannot be followed.
        let old = old.filter(|old| matches!(engine.git.named(*old), Named::Commit(_)));
        let claim = Claim::new(what, &self.me, self.clock.random_name(24), lease);
        let claim = match parked {
            Some(why) => claim.parked(why),
            None => claim,
        };
        let seconds = self.clock.now().as_second();
        Ok(self.remote.write_note(&claim.message(), old, seconds)?)
    }

    pub(super) fn ledger_swap(&self, ledger: Ledger) -> Swap {
        Swap {
            reference: self.own_ledger().0,
            old: ledger.old,
            new: Some(ledger.new),
        }
    }

    pub(super) fn claim_swap(&self, what: &str, old: Option<CommitId>, new: Option<CommitId>) -> Swap {
        Swap {
            reference: self.claim_ref(what),
            old,
            new,
        }
    }

    /// Moves refs on the server, all or none. After a refusal or a fault a look tells whether they moved, and whether
    /// anybody came first; where nobody did, it is tried again.
    pub(super) fn push(&self, engine: &Engine, swaps: &[Swap]) -> Result<Pushed, ServerError> {
        let mut last = None;
        for tried in 0..TRIES {
            if tried > 0 {
                std::thread::sleep(Duration::from_millis(50 * tried * tried));
            }
            let fault = match self.remote.push(swaps) {
                Ok(Answer::Done) => return Ok(Pushed::Done),
                Ok(answer) => ServerError::Refused {
                    remote: self.name().to_owned(),
                    why: answer.reasons(),
                },
                Err(error) => error.into(),
            };
            let view = match self.look(engine) {
                Ok(view) => view,
                // What became of the push is not known; the first fault says more than the second.
                Err(_) => return Err(fault),
            };
            if self.all_moved(engine, &view, swaps)? {
                return Ok(Pushed::Done);
            }
            if swaps.iter().any(|swap| self.stands_at(&view, swap) != swap.old) {
                return Ok(Pushed::Second(view));
            }
            if matches!(fault, ServerError::Refused { .. }) && tried == 0 {
                self.clear_the_way(engine, swaps)?;
            }
            last = Some(fault);
        }
        Err(last.unwrap_or(ServerError::ReadOnly))
    }

    /// Where a ref stands by a look.
    pub(super) fn stands_at(&self, view: &View, swap: &Swap) -> Option<CommitId> {
        if swap.reference == self.branch_ref() {
            return view.tip;
        }
        if swap.reference == self.own_ledger().0 {
            return view.ledger;
        }
        let turn = swap.reference.strip_prefix(&self.there("turns"));
        let what = match turn {
            Some(branch) => format!("{}{branch}", super::view::TURNS),
            None => swap.reference.strip_prefix(&self.there("claims"))?.to_owned(),
        };
        view.claims.get(&what).map(|seen| seen.commit)
    }

    /// Whether a push that seemed to fail did what it was to. All of it moved or nothing, and of a branch one knows for
    /// ever: it may have moved on since, and the claim may be somebody else's already.
    fn all_moved(&self, engine: &Engine, view: &View, swaps: &[Swap]) -> Result<bool, ServerError> {
        let branch = swaps.iter().find(|swap| swap.reference == self.branch_ref());
        if let (Some(new), Some(at)) = (branch.and_then(|swap| swap.new), view.tip) {
            return Ok(at == new || engine.git.is_ancestor(new, at)?);
        }
        Ok(swaps.iter().all(|swap| self.stands_at(view, swap) == swap.new))
    }
}
