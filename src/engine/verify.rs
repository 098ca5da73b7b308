//! Verify: a candidate's checks, run on a clean checkout of exactly that tree (design section 5, step 6).
//!
//! The only file that can make [`Evidence`]. A check runs in a slot filled from git's objects, with a clean
//! environment and its own time limit; what a Builder left lying about has no part in it. A passed check is not run
//! again for the same tree, definition, environment and fence.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Config;
use crate::domain::check::{Check, CheckResult, CheckStatus, EvidenceRecord, FenceTier};
use crate::domain::id::TaskId;
use crate::domain::network::Network;
use crate::domain::oid::{Digest, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::scope::cone::Cone;
use crate::domain::task::event::Event;
use crate::fault::{self, Point};
use crate::git::{ReadError, WriteError};
use crate::process::{self, Ending, Environment, Input, Program};

use super::Engine;
use super::count;
use super::judge::InScope;
use super::known;
use super::slot::{self, Keep, Purpose, Slot, SlotError};
use super::walls::{Inmate, Walls, WallsError};

/// Bytes of a check's output that are kept.
const KEPT_OUTPUT: usize = 256 * 1024;

/// Bytes of a failed check's output that a retry packet quotes.
const QUOTED_OUTPUT: usize = 6 * 1024;

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
    /// The check's folder is not in the tree.
    #[error("the check {check} wants to run in {dir}, which is not in the tree that it gets")]
    NoFolder {
        /// The check.
        check: String,
        /// The folder.
        dir: String,
    },
    /// The tree could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The check tree could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A log could not be kept.
    #[error("cannot keep a log: {0}")]
    Log(std::io::Error),
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
    slot: Option<Slot>,
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

    /// The change was accepted: what the checks built may stay for the next ones.
    pub fn keep_warm(&mut self) -> Result<(), SlotError> {
        match &mut self.slot {
            Some(slot) => slot.mark_accepted(),
            None => Ok(()),
        }
    }
}

/// Runs a card's checks on a candidate, whose base `red_first` checks must fail on and no test may be lost from.
pub fn verify(
    engine: &mut Engine,
    config: &Config,
    card: &Card,
    candidate: InScope,
    checks: &[Check],
) -> Result<Verified, VerifyError> {
    let (base, cone) = (candidate.base(), config.cone_for(card));
    let mut weak = BTreeMap::new();
    for result in weak_checks(engine, config, &cone, base, checks)? {
        weak.insert(result.name.clone(), result);
    }
    count::prepare(engine, config, &cone, base, checks)?;
    let (mut record, slot) = run_on(engine, config, &cone, Some(&card.id), candidate.tree(), checks)?;
    for result in &mut record.results {
        if let Some(found) = weak.remove(&result.name) {
            *result = found;
        }
    }
    if record.passed() {
        count::hold(engine, config, card, &cone, base, checks, &mut record)?;
    }
    Ok(if record.passed() {
        Verified::Passed(Evidence {
            candidate,
            record,
            slot,
        })
    } else {
        Verified::Failed(record)
    })
}

/// The `red_first` checks that pass on the base already, and so prove nothing.
pub fn weak_checks(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    base: TreeId,
    checks: &[Check],
) -> Result<Vec<CheckResult>, VerifyError> {
    let red_first: Vec<Check> = checks.iter().filter(|check| check.red_first).cloned().collect();
    if red_first.is_empty() {
        return Ok(Vec::new());
    }
    let (record, _slot) = run_on(engine, config, cone, None, base, &red_first)?;
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

/// Runs checks on a bare tree: the base before a run, or what `verify` is asked about.
pub fn check_tree(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    tree: TreeId,
    checks: &[Check],
) -> Result<EvidenceRecord, VerifyError> {
    let (record, slot) = run_on(engine, config, cone, None, tree, checks)?;
    if let (Some(mut slot), true) = (slot, record.passed()) {
        slot.mark_accepted()?;
    }
    Ok(record)
}

/// Runs checks on a bare tree whatever is known of it already, and leaves nothing behind: for whoever believes nobody.
pub fn prove_tree(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    tree: TreeId,
    checks: &[Check],
) -> Result<EvidenceRecord, VerifyError> {
    let tree = engine.git.narrowed(tree, cone)?;
    let environment = environment(engine, config);
    let slot = prepare(engine, config, cone, tree, &environment, Keep::Nothing)?;
    let mut results = Vec::with_capacity(checks.len());
    for check in checks {
        results.push(told(engine, None, check, |engine| {
            run_check(engine, config, &slot, check, &environment)
        })?);
    }
    Ok(EvidenceRecord {
        key: known::key(tree, checks, &environment, tier(engine)?),
        results,
        reused: false,
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

/// Runs what is not known yet of checks, on what a cone holds of a tree.
pub(super) fn run_on(
    engine: &mut Engine,
    config: &Config,
    cone: &Cone,
    task: Option<&TaskId>,
    tree: TreeId,
    checks: &[Check],
) -> Result<(EvidenceRecord, Option<Slot>), VerifyError> {
    let tree = engine.git.narrowed(tree, cone)?;
    let environment = environment(engine, config);
    let key = known::key(tree, checks, &environment, tier(engine)?);
    let mut slot = None;
    let mut results = Vec::with_capacity(checks.len());
    let mut reused = true;
    for check in checks {
        let known = known::result(engine, &key, check);
        let result = match known {
            Some(result) => result,
            None => {
                reused = false;
                let slot = match &mut slot {
                    Some(slot) => slot,
                    none => none.insert(prepare(
                        engine,
                        config,
                        cone,
                        tree,
                        &environment,
                        Keep::IgnoredFilesOfAcceptedWork,
                    )?),
                };
                let result = told(engine, task, check, |engine| {
                    run_check(engine, config, slot, check, &environment)
                })?;
                fault::at(Point::EvidenceKeep).map_err(VerifyError::Log)?;
                known::keep(engine, &key, check, &result);
                fault::at(Point::EvidenceKept).map_err(VerifyError::Log)?;
                result
            }
        };
        results.push(result);
    }
    let record = EvidenceRecord { key, results, reused };
    Ok((record, slot))
}

/// The tier that checks run in on this machine.
pub(super) fn tier(engine: &Engine) -> Result<FenceTier, VerifyError> {
    let found = engine.fence().map_err(WallsError::Untested)?;
    Ok(found.fence.tier())
}

/// The variables that checks see: an allow-list, and what the base commit's configuration names.
pub(super) fn environment(engine: &Engine, config: &Config) -> Environment {
    let names: Vec<String> = config.env.iter().chain(&config.slot.env).cloned().collect();
    Environment::allow_list(&engine.host.variables, &names)
}

fn prepare(
    engine: &Engine,
    config: &Config,
    cone: &Cone,
    tree: TreeId,
    environment: &Environment,
    keep: Keep,
) -> Result<Slot, VerifyError> {
    let pool = engine.pool(config.worktrees_dir.as_deref());
    let mut slot = Slot::take(&engine.ledger, &pool, Purpose::Verify)?;
    let ignored = slot::ignore_rules(&engine.git, tree)?;
    slot.fill(&engine.git, tree, &ignored, keep)?;
    set_up(engine, config, &mut slot, cone, tree, environment)?;
    if tier(engine)? != FenceTier::Overlay {
        // Only an overlay keeps what a refused change leaves behind out of the slot.
        slot.mark_used()?;
    }
    Ok(slot)
}

/// Runs the project's set-up commands in a filled slot, once for each content of their inputs.
pub fn set_up(
    engine: &Engine,
    config: &Config,
    slot: &mut Slot,
    cone: &Cone,
    tree: TreeId,
    environment: &Environment,
) -> Result<(), VerifyError> {
    if config.slot.setup.is_empty() {
        return Ok(());
    }
    let mut fields = config.slot.setup.clone();
    for path in &config.slot.setup_inputs {
        let blob = engine.git.entry(tree, path)?.map(|entry| entry.blob.to_string());
        fields.push(blob.unwrap_or_default());
    }
    // What was made ready in one part of the repository is not ready in another.
    let parts = cone.folders().map(<[u8]>::to_vec);
    let fields = fields
        .into_iter()
        .map(String::into_bytes)
        .chain(parts)
        .collect::<Vec<_>>();
    let digest = Digest::of_fields(fields.iter().map(Vec::as_slice)).to_string();
    if slot.is_set_up(&digest) {
        return Ok(());
    }
    let walls = Walls::around(engine, config, slot, Inmate::Check, &Network::Open)?;
    let environment = walls.with_tmp(environment);
    for command in &config.slot.setup {
        let finished = run_shell(
            engine,
            &walls,
            command,
            &slot.tree(),
            &environment,
            SET_UP_LIMIT,
            &slot.log(),
        )?;
        match finished.ending {
            Ending::Exited(0) => {}
            Ending::Cancelled => return Err(VerifyError::Cancelled),
            _ => {
                return Err(VerifyError::SetUp {
                    command: command.clone(),
                    why: excerpt(&finished.output.text()),
                });
            }
        }
    }
    Ok(slot.set_up_done(&digest)?)
}

const SET_UP_LIMIT: Duration = Duration::from_secs(1800);

fn run_check(
    engine: &Engine,
    config: &Config,
    slot: &Slot,
    check: &Check,
    environment: &Environment,
) -> Result<CheckResult, VerifyError> {
    let dir = folder(&slot.tree(), check)?;
    let walls = Walls::around(engine, config, slot, Inmate::Check, &check.network)?;
    let seen = slot.seen(Path::new(&check.dir));
    let mut own = walls.with_tmp(environment);
    for (name, value) in &check.env {
        own.set(name, OsStr::new(value));
    }
    let limit = Duration::from_secs(check.timeout_seconds);
    let mut millis = 0;
    let mut runs = 0;
    loop {
        runs += 1;
        count::clear_report(&seen, check);
        let finished = run_shell(engine, &walls, &check.run, &dir, &own, limit, &slot.log())?;
        millis += u64::try_from(finished.wall.as_millis()).unwrap_or(u64::MAX);
        let status = match finished.ending {
            Ending::Exited(0) => CheckStatus::Passed,
            Ending::Exited(code) => CheckStatus::Failed(code),
            Ending::Signalled(signal) => CheckStatus::Signalled(signal),
            Ending::TimedOut => CheckStatus::TimedOut,
            Ending::Cancelled => return Err(VerifyError::Cancelled),
        };
        if !status.passed() && runs <= check.flaky_retries {
            continue;
        }
        let output = finished.output.to_bytes();
        let log = engine.ledger.transcripts().put(&output).map_err(VerifyError::Log)?;
        return Ok(CheckResult {
            name: check.name.clone(),
            kind: check.kind,
            status,
            millis,
            tests: count::count(&seen, check, &finished),
            runs,
            log: Some(log),
            contacts: walls.take_contacts(),
            excerpt: if status.passed() {
                String::new()
            } else {
                excerpt(&String::from_utf8_lossy(&output))
            },
        });
    }
}

fn folder(top: &Path, check: &Check) -> Result<PathBuf, VerifyError> {
    if check.dir.is_empty() || check.dir == "." {
        return Ok(top.to_owned());
    }
    let dir = top.join(&check.dir);
    // The tree may hold a link of that name; a check runs inside its slot or not at all.
    match (dir.canonicalize(), top.canonicalize()) {
        (Ok(dir), Ok(top)) if dir.starts_with(&top) && dir.is_dir() => Ok(dir),
        _ => Err(VerifyError::NoFolder {
            check: check.name.clone(),
            dir: check.dir.clone(),
        }),
    }
}

fn run_shell(
    engine: &Engine,
    walls: &Walls,
    command: &str,
    dir: &Path,
    environment: &Environment,
    limit: Duration,
    log: &Path,
) -> Result<process::Finished, WallsError> {
    walls.run(
        Program {
            argv: process::shell(command),
            dir,
            environment,
            input: Input::Closed,
            timeout: Some(limit),
            keep_bytes: KEPT_OUTPUT,
            log: Some(log),
            redactor: engine.ledger.redactor(),
        },
        &engine.cancel,
    )
}

/// The part of a log that explains a failure: its end, where test runners and compilers sum up, cut at a line.
fn excerpt(text: &str) -> String {
    let text = text.trim_end();
    if text.len() <= QUOTED_OUTPUT {
        return text.to_owned();
    }
    let from = text.len() - QUOTED_OUTPUT;
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(from);
    let from = text[from..].find('\n').map_or(from, |newline| from + newline + 1);
    format!("… {from} bytes before this are in the log …\n{}", &text[from..])
}
