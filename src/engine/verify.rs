//! Verify: a candidate's checks, each run on a clean checkout of exactly that tree (design section 5, step 6).
//!
//! The only file that can make [`Evidence`]. A check runs in a slot filled from git's objects, with a clean
//! environment and its own time limit; what a Builder left lying about has no part in it, nor what an earlier check or an
//! earlier run of the same check left. A passed check is not run again for the same tree, definition, environment, set-up
//! and fence.

mod ignored;
mod one;
mod ready;

use std::collections::BTreeMap;

use crate::config::Config;
use crate::domain::check::{Check, CheckResult, CheckStatus, EvidenceKey, EvidenceRecord, FenceTier, Warmth};
use crate::domain::id::TaskId;
use crate::domain::oid::TreeId;
use crate::domain::plan::card::Card;
use crate::domain::scope::cone::Cone;
use crate::domain::task::event::Event;
use crate::fault::{self, Point};
use crate::git::{ReadError, Repository, WriteError};
use crate::process::Environment;

use super::Engine;
use super::count;
use super::judge::InScope;
use super::known;
use super::slot::{LendError, SlotError};
use super::trusted::{Permit, Untrusted};
use super::walls::WallsError;

pub use ignored::beside as ignored_beside;
use ready::Ready;
pub use ready::set_up;

/// Why checks could not be run. Not a result: nothing is known about the tree.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The slot could not be prepared.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A check could not be run inside the fence.
    #[error(transparent)]
    Walls(#[from] WallsError),
    /// A set-up command of the slot failed.
    #[error("the set-up command `{command}` failed: {why}")]
    SetUp {
        /// The command.
        command: String,
        /// How it ended, and the end of its output.
        why: String,
    },
    /// The tree could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The copy's repository could not be written.
    #[error(transparent)]
    Lend(#[from] LendError),
    /// The check tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A log could not be kept.
    #[error("cannot keep a log: {0}")]
    Log(std::io::Error),
    /// This user never agreed to a check of it.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// The user stopped it.
    #[error("stopped by the user")]
    Cancelled,
}

/// What the checks said.
#[derive(Debug)]
pub enum Verified {
    /// Every one passed.
    Passed(Evidence),
    /// At least one did not.
    Failed(EvidenceRecord),
}

impl Verified {
    /// The results, either way.
    pub fn record(&self) -> &EvidenceRecord {
        match self {
            Self::Passed(evidence) => &evidence.record,
            Self::Failed(record) => record,
        }
    }
}

/// Proof that every check passed on a candidate. Made here and nowhere else.
#[derive(Debug)]
#[must_use = "evidence that nobody looks at lets nothing land"]
pub struct Evidence {
    candidate: InScope,
    record: EvidenceRecord,
    ready: Option<Box<Ready>>,
}

impl Evidence {
    /// What was verified.
    pub fn candidate(&self) -> &InScope {
        &self.candidate
    }

    /// The results, as rows and records keep them.
    pub fn record(&self) -> &EvidenceRecord {
        &self.record
    }

    /// The change was accepted: what its checks built in the folders of `[slot] keep` stays for the next ones.
    pub fn keep_warm(&mut self, git: &Repository) -> Result<(), SlotError> {
        match &mut self.ready {
            Some(ready) => ready.keep_warm(git),
            None => Ok(()),
        }
    }
}

/// What checks find besides the tree that they look at.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The configuration, and that its commands may run.
    pub permit: Permit<'a>,
    /// What copies hold of a tree.
    pub cone: &'a Cone,
    /// The tree that set-up runs on: what was accepted before, so that no candidate has a say in it.
    pub base: TreeId,
    /// Whether folders that accepted work left may be there.
    pub most: Warmth,
}

impl<'a> Ground<'a> {
    /// The ground of what joins every card.
    pub fn new(permit: Permit<'a>, cone: &'a Cone, base: TreeId) -> Self {
        let most = Warmth::Warm;
        Self {
            permit,
            cone,
            base,
            most,
        }
    }

    /// The ground of a card: where somebody has to look at its work, nothing is believed that was built before.
    pub fn of_card(permit: Permit<'a>, card: &Card, cone: &'a Cone, base: TreeId) -> Self {
        let most = match permit.config().lane(card).gates_for(card).is_empty() {
            true => Warmth::Warm,
            false => Warmth::Cold,
        };
        Self {
            permit,
            cone,
            base,
            most,
        }
    }
}

/// Runs a card's checks on a candidate, whose base `red_first` checks must fail on and no test may be lost from.
pub fn verify(
    engine: &mut Engine,
    permit: Permit,
    card: &Card,
    candidate: InScope,
    checks: &[Check],
) -> Result<Verified, VerifyError> {
    let cone = permit.config().cone_for(card);
    let ground = Ground::of_card(permit, card, &cone, candidate.base());
    let mut weak = BTreeMap::new();
    for result in weak_checks(engine, &ground, checks)? {
        weak.insert(result.name.clone(), result);
    }
    count::prepare(engine, &ground, checks)?;
    let (mut record, ready) = run_on(engine, &ground, Some(&card.id), candidate.tree(), checks)?;
    for result in &mut record.results {
        if let Some(found) = weak.remove(&result.name) {
            *result = found;
        }
    }
    if record.passed() {
        count::hold(engine, &ground, card, checks, &mut record)?;
    }
    if record.passed() {
        return Ok(Verified::Passed(Evidence {
            candidate,
            record,
            ready: ready.map(Box::new),
        }));
    }
    ready::tell_of_inputs(engine, &ground, candidate.tree(), &mut record)?;
    Ok(Verified::Failed(record))
}

/// The `red_first` checks that pass on the base already, and so prove nothing.
pub fn weak_checks(engine: &mut Engine, ground: &Ground, checks: &[Check]) -> Result<Vec<CheckResult>, VerifyError> {
    let red_first: Vec<Check> = checks.iter().filter(|check| check.red_first).cloned().collect();
    if red_first.is_empty() {
        return Ok(Vec::new());
    }
    let (record, _ready) = run_on(engine, ground, None, ground.base, &red_first)?;
    Ok(record
        .results
        .into_iter()
        .filter(|result| result.status.passed())
        .map(|result| CheckResult {
            status: CheckStatus::TooWeak,
            ..result
        })
        .collect())
}

/// Runs checks on a bare tree: the base before a run, or what `verify` is asked about. What they build stays warm only
/// where the tree is the ground itself, which was accepted before.
pub fn check_tree(
    engine: &mut Engine,
    ground: &Ground,
    tree: TreeId,
    checks: &[Check],
) -> Result<EvidenceRecord, VerifyError> {
    let (record, ready) = run_on(engine, ground, None, tree, checks)?;
    if let (Some(mut ready), true) = (ready, record.passed() && tree == ground.base) {
        ready.keep_warm(&engine.git)?;
    }
    Ok(record)
}

/// Runs checks on a bare tree whatever is known of it already, and leaves nothing behind: for whoever believes nobody.
pub fn prove_tree(
    engine: &mut Engine,
    ground: &Ground,
    tree: TreeId,
    checks: &[Check],
) -> Result<EvidenceRecord, VerifyError> {
    let cold = Ground {
        most: Warmth::Cold,
        ..*ground
    };
    let whole = tree;
    let tree = engine.git.narrowed(whole, cold.cone)?;
    let environment = environment(engine, cold.permit.config());
    let mut ready = Ready::anew(engine, &cold, whole, &environment)?;
    tell_what_it_lacks(engine, None, ready.slot().lacks());
    let mut results = Vec::with_capacity(checks.len());
    for check in checks {
        results.push(told(engine, None, check, |engine| {
            one::run(engine, &cold.permit, &mut ready, check, &environment)
        })?);
    }
    let asked = results.iter().any(|result| result.asked_git);
    Ok(EvidenceRecord {
        key: EvidenceKey {
            repository: asked.then(|| ready.repository()),
            ..key(engine, &cold, tree, checks)?
        },
        results,
        reused: false,
        lacks: ready.slot().lacks().to_vec(),
    })
}

/// Runs a check between the two events that tell of it.
fn told(
    engine: &mut Engine,
    task: Option<&TaskId>,
    check: &Check,
    run: impl FnOnce(&Engine) -> Result<CheckResult, VerifyError>,
) -> Result<CheckResult, VerifyError> {
    engine.tell(&Event::CheckStarted {
        task: task.cloned(),
        check: check.name.clone(),
        kind: check.kind,
    });
    let result = run(engine)?;
    engine.tell(&Event::CheckFinished {
        task: task.cloned(),
        result: result.clone(),
    });
    Ok(result)
}

/// Names what a fresh clone holds and the copy does not, before a check runs into it.
fn tell_what_it_lacks(engine: &mut Engine, task: Option<&TaskId>, lacks: &[String]) {
    if !lacks.is_empty() {
        engine.tell(&Event::Told {
            task: task.cloned(),
            text: format!("the copy for the checks lacks {}", lacks.join("; ")),
        });
    }
}

/// Runs what is not known yet of checks, on what a cone holds of a tree.
pub(super) fn run_on(
    engine: &mut Engine,
    ground: &Ground,
    task: Option<&TaskId>,
    tree: TreeId,
    checks: &[Check],
) -> Result<(EvidenceRecord, Option<Ready>), VerifyError> {
    let whole = tree;
    let tree = engine.git.narrowed(whole, ground.cone)?;
    let environment = environment(engine, ground.permit.config());
    let mut key = key(engine, ground, tree, checks)?;
    let mut ready: Option<Ready> = None;
    let mut results = Vec::with_capacity(checks.len());
    let (mut reused, mut warmth, mut repository) = (true, Warmth::Cold, None);
    for check in checks {
        let (result, found) = match known::before(engine, ground.permit.config().base, &key, ground.most, check)? {
            Some((result, warmth, said)) => {
                repository = repository.or(said);
                (result, warmth)
            }
            None => {
                reused = false;
                let ready = match &mut ready {
                    Some(ready) => ready,
                    none => {
                        let made = none.insert(Ready::make(engine, ground, whole, &environment)?);
                        tell_what_it_lacks(engine, task, made.slot().lacks());
                        made
                    }
                };
                let result = told(engine, task, check, |engine| {
                    one::run(engine, &ground.permit, ready, check, &environment)
                })?;
                fault::at(Point::EvidenceKeep).map_err(VerifyError::Log)?;
                let said = result.asked_git.then(|| ready.repository());
                repository = repository.or(said);
                let key = EvidenceKey {
                    warmth: Some(ready.warmth()),
                    repository: said,
                    ..key
                };
                // What was not to be had may be there the next time.
                if ready.slot().lacks().is_empty() {
                    known::keep(engine, &key, check, &result);
                }
                fault::at(Point::EvidenceKept).map_err(VerifyError::Log)?;
                (result, ready.warmth())
            }
        };
        warmth = warmth.max(found);
        results.push(result);
    }
    key.warmth = Some(warmth);
    key.repository = repository;
    let lacks = ready
        .as_ref()
        .map_or_else(Vec::new, |ready| ready.slot().lacks().to_vec());
    let record = EvidenceRecord {
        key,
        results,
        reused,
        lacks,
    };
    Ok((record, ready))
}

/// What results on a tree hold for where nothing warm is found.
pub(super) fn key(
    engine: &Engine,
    ground: &Ground,
    tree: TreeId,
    checks: &[Check],
) -> Result<EvidenceKey, VerifyError> {
    let environment = environment(engine, ground.permit.config());
    let tier = tier(engine)?;
    let setup = ready::digest(engine, ground, &environment)?;
    Ok(known::key(tree, checks, &environment, tier, setup))
}

/// The tier that checks run in on this machine.
pub(super) fn tier(engine: &Engine) -> Result<FenceTier, VerifyError> {
    let found = engine.fence().map_err(WallsError::Untested)?;
    Ok(found.fence.tier())
}

/// The variables that checks see: an allow-list, and what the base commit's configuration names.
pub fn environment(engine: &Engine, config: &Config) -> Environment {
    let names: Vec<String> = config.env.iter().chain(&config.slot.env).cloned().collect();
    Environment::allow_list(&engine.host.variables, &names)
}
