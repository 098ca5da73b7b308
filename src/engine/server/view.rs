//! A look at the server: where the branch stands, and who works on what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use crate::domain::claim::{self, Claim, Sightings, Standing};
use crate::domain::oid::CommitId;
use crate::engine::Engine;

use super::{Server, ServerError, odd};

/// What begins the name of a turn to land; a task's id has no slash.
pub(super) const TURNS: &str = "turn/";

/// The most claims that are looked at beside those of cards on the branch: of other branches, or of nothing.
pub(super) const MOST_OTHERS: usize = 500;

/// No claim is longer than this, in bytes of its commit.
pub(super) const READ_AT_MOST: u64 = 64 * 1024;

/// A claim as it stands on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its ref's commit.
    pub commit: CommitId,
    /// What it says, if that can be read.
    pub claim: Option<Claim>,
    /// How it stands for this process.
    pub standing: Standing,
}

/// What one look showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The tip of the branch.
    pub tip: Option<CommitId>,
    /// What is published of this clone's journal.
    pub ledger: Option<CommitId>,
    /// Every claim that was looked at, by what is claimed.
    pub claims: BTreeMap<String, Seen>,
    /// How many were not.
    pub unread: usize,
}

impl View {
    /// How something stands.
    pub fn standing(&self, what: &str) -> Standing {
        self.claims
            .get(what)
            .map_or(Standing::Free, |seen| seen.standing.clone())
    }

    /// Whether something rests that this clone knows the work of.
    pub fn has_parked_of(&self, server: &Server) -> bool {
        let mut claims = self.claims.values().filter_map(|seen| seen.claim.as_ref());
        claims.any(|claim| claim.parked.is_some() && claim.writer == server.me.writer)
    }

    /// What rests in other clones, waiting for somebody.
    pub fn parked_elsewhere(&self) -> impl Iterator<Item = (&str, &Claim)> {
        let parked = self.claims.iter().filter(|(_, seen)| seen.standing == Standing::Parked);
        parked.filter_map(|(what, seen)| Some((what.as_str(), seen.claim.as_ref()?)))
    }

    /// What others are at work on now.
    pub fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.claims
            .iter()
            .filter(|(what, seen)| matches!(seen.standing, Standing::Held { .. }) && !what.starts_with(TURNS))
            .map(|(what, _)| what.as_str())
    }
}

impl Server {
    /// Looks at the branch and all claims, in one exchange.
    pub fn look(&self, engine: &Engine) -> Result<View, ServerError> {
        let alone = self.locks.remote(self.name()).map_err(ServerError::Lock)?;
        let all = |kind: &str| (self.there(kind) + "*", self.here(kind) + "*");
        let (ledger, ledger_here) = self.own_ledger();
        self.bring(
            engine,
            &[
                (self.branch_ref(), self.tip_ref()),
                all("claims"),
                all("turns"),
                // A pattern, since it need not be there; no other writer's name begins with ours.
                (format!("{ledger}*"), format!("{ledger_here}*")),
            ],
        )?;
        let tip = engine.git.reference(&self.tip_ref())?;
        let ledger = engine.git.reference(&ledger_here)?;
        let (found, unread) = self.found(engine, tip)?;
        let now = self.clock.steady_seconds();
        let sightings = self.note(engine, now, &found);
        drop(alone);
        let mut claims = BTreeMap::new();
        for (what, commit) in found {
            let claim = odd::message(engine, commit).and_then(|message| Claim::read(&message));
            let claim = claim.filter(|claim| claim.what == what);
            let still = sightings.still_seconds(&what, now);
            let standing = self.alive(&what, claim::standing(Some(claim.as_ref()), still, &self.me))?;
            claims.insert(
                what,
                Seen {
                    commit,
                    claim,
                    standing,
                },
            );
        }
        Ok(View {
            tip,
            ledger,
            claims,
            unread,
        })
    }

    /// The claims that are looked at, and how many are not: those of the branch's cards and its turn always, so that
    /// nobody hides them behind others.
    fn found(&self, engine: &Engine, tip: Option<CommitId>) -> Result<(Vec<(String, CommitId)>, usize), ServerError> {
        let cards = self.cards(engine, tip)?;
        let mut found = engine.git.references_below(&self.here("claims"))?;
        found.retain(|(what, _)| odd::is_claim(what));
        let mut others = 0;
        found.retain(|(what, _)| {
            others += usize::from(!cards.contains(what));
            cards.contains(what) || others <= MOST_OTHERS
        });
        let turns = engine.git.references_below(&self.here("turns"))?.into_iter();
        let turn = turns.filter(|(branch, _)| *branch == self.target);
        found.extend(turn.map(|(branch, commit)| (format!("{TURNS}{branch}"), commit)));
        Ok((found, others.saturating_sub(MOST_OTHERS)))
    }

    /// The names of the cards at a tip.
    fn cards(&self, engine: &Engine, tip: Option<CommitId>) -> Result<Arc<BTreeSet<String>>, ServerError> {
        let Some(tip) = tip else {
            return Ok(Arc::default());
        };
        let mut known = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, cards)) = known.as_ref()
            && *at == tip
        {
            return Ok(cards.clone());
        }
        let tree = engine.git.tree_of(tip)?;
        let files = engine.git.list(tree, ".harness/tasks")?;
        let names = files.into_iter().filter_map(|(path, _)| {
            let name = path.to_text();
            Some(name.rsplit('/').next()?.strip_suffix(".md")?.to_owned())
        });
        let cards: Arc<BTreeSet<String>> = Arc::new(names.collect());
        *known = Some((tip, cards.clone()));
        Ok(cards)
    }

    /// Another process of this clone holds its claims as long as it lives, which its lock tells.
    fn alive(&self, what: &str, standing: Standing) -> Result<Standing, ServerError> {
        if standing != Standing::Ours || self.locks.try_claim(what).map_err(ServerError::Lock)?.is_some() {
            return Ok(standing);
        }
        Ok(Standing::Held { seconds_left: 0 })
    }

    /// Since when each claim has stood where it stands, as far as anybody on this machine has seen. Losing it only
    /// makes everybody wait a little longer.
    fn note(&self, engine: &Engine, now: u64, found: &[(String, CommitId)]) -> Sightings {
        const KIND: &str = "claims";
        let caches = engine.ledger.caches();
        let known = caches.get(KIND, self.name());
        let known: Sightings = known
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let seen = known
            .clone()
            .look(now, found.iter().map(|(what, commit)| (what.as_str(), *commit)));
        if seen != known
            && let Ok(bytes) = serde_json::to_vec(&seen)
        {
            caches.put(KIND, self.name(), &bytes);
        }
        seen
    }
}
