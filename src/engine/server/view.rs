//! A look at the server: where the branch stands, and who works on what.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::claim::{self, Claim, Sightings, Standing};
use crate::domain::oid::CommitId;
use crate::engine::Engine;

use super::{Server, ServerError};

/// What begins the name of a turn to land; a task's id has no slash.
pub(super) const TURNS: &str = "turn/";

/// How long it is waited before a look is tried again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

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
    /// Every claim, by what is claimed.
    pub claims: BTreeMap<String, Seen>,
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
    /// Brings the branch alone, before it is known how the project wants machines to meet.
    pub(super) fn look_at_branch(&self) -> Result<(), ServerError> {
        let _alone = self.locks.remote(self.name()).map_err(ServerError::Lock)?;
        self.bring(&[(self.branch_ref(), self.tip_ref())])
    }

    /// Fetches; what may be a passing fault is tried again. (A server that takes a ref away while it tells of it may
    /// name an object that is none.)
    pub(super) fn bring(&self, pairs: &[(String, String)]) -> Result<(), ServerError> {
        let mut pauses = PAUSES.iter();
        loop {
            let pause = pauses.next();
            match (self.remote.fetch(pairs), pause) {
                (Err(error), Some(pause)) if error.may_pass() => std::thread::sleep(*pause),
                (done, _) => return Ok(done?),
            }
        }
    }

    /// Looks at the branch and all claims, in one exchange.
    pub fn look(&self, engine: &Engine) -> Result<View, ServerError> {
        let alone = self.locks.remote(self.name()).map_err(ServerError::Lock)?;
        let all = |kind: &str| (self.there(kind) + "*", self.here(kind) + "*");
        let (ledger, ledger_here) = self.own_ledger();
        self.bring(&[
            (self.branch_ref(), self.tip_ref()),
            all("claims"),
            all("turns"),
            // A pattern, since it need not be there; no other writer's name begins with ours.
            (format!("{ledger}*"), format!("{ledger_here}*")),
        ])?;
        let mut found = engine.git.references_below(&self.here("claims"))?;
        let turns = engine.git.references_below(&self.here("turns"))?;
        found.extend(
            turns
                .into_iter()
                .map(|(branch, commit)| (format!("{TURNS}{branch}"), commit)),
        );
        let tip = engine.git.reference(&self.tip_ref())?;
        let ledger = engine.git.reference(&ledger_here)?;
        let now = self.clock.steady_seconds();
        let sightings = self.note(engine, now, &found);
        drop(alone);
        let mut claims = BTreeMap::new();
        for (what, commit) in found {
            let claim = Claim::read(&engine.git.commit(commit)?.message).filter(|claim| claim.what == what);
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
        Ok(View { tip, ledger, claims })
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
