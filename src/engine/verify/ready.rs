//! Making ready: a slot in which checks find exactly one tree, what set-up made on the base, and of earlier builds the
//! folders of `[slot] keep`, where they may.
//!
//! Set-up has the network and runs what it installs. So it runs on the base tree, which was accepted before: what a
//! candidate says of dependencies is set up once it has landed, for whoever comes after it.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::Config;
use crate::domain::check::{EvidenceRecord, FenceTier, Warmth};
use crate::domain::network::Network;
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::scope::cone::Cone;
use crate::domain::scope::ignored::Ignored;
use crate::engine::Engine;
use crate::engine::slot::{Files, Keep, Purpose, Run, Slot, SlotError};
use crate::engine::trusted::Permit;
use crate::engine::walls::{Inmate, Walls};
use crate::git::{Lent, ReadError, Repository};
use crate::process::{Ending, Environment};

use super::one::{excerpt, shell};
use super::{Ground, VerifyError, tier};

/// The time that a set-up command may take.
const SET_UP_LIMIT: Duration = Duration::from_secs(1800);

/// A slot that is ready for the checks of one tree.
#[derive(Debug)]
pub struct Ready {
    slot: Slot,
    tree: TreeId,
    /// The whole tree, its base, and what of it is here: for the repository over it.
    whole: TreeId,
    base: Option<CommitId>,
    cone: Cone,
    /// What that repository says besides the tree.
    repository: Digest,
    layered: bool,
    beneath: Vec<PathBuf>,
    warmth: Warmth,
    keep: Vec<crate::domain::path::RepoPath>,
    /// Whether nothing ran there yet.
    is_fresh: bool,
    /// Runs that passed, whose build output may stay.
    passed: Vec<Run>,
}

impl Ready {
    /// Makes a slot ready for a tree.
    pub(super) fn make(
        engine: &Engine,
        ground: &Ground,
        whole: TreeId,
        environment: &Environment,
    ) -> Result<Self, VerifyError> {
        let pool = engine.pool(ground.permit.config().worktrees_dir.as_deref());
        let slot = Slot::take(&engine.ledger, &pool, Purpose::Verify, &engine.cancel)?;
        Self::of(slot, engine, ground, whole, environment)
    }

    /// The same, with nothing that was there before.
    pub(super) fn anew(
        engine: &Engine,
        ground: &Ground,
        whole: TreeId,
        environment: &Environment,
    ) -> Result<Self, VerifyError> {
        let pool = engine.pool(ground.permit.config().worktrees_dir.as_deref());
        let mut slot = Slot::take(&engine.ledger, &pool, Purpose::Verify, &engine.cancel)?;
        slot.forget()?;
        Self::of(slot, engine, ground, whole, environment)
    }

    fn of(
        mut slot: Slot,
        engine: &Engine,
        ground: &Ground,
        whole: TreeId,
        environment: &Environment,
    ) -> Result<Self, VerifyError> {
        let Ground { permit, cone, .. } = *ground;
        let config = permit.config();
        let tree = engine.git.narrowed(whole, cone)?;
        let products = set_up(engine, &permit, &mut slot, cone, ground.base, environment)?;
        slot.fill(&engine.git, tree, &Ignored::default(), Keep::Nothing, &*engine.copying)?;
        let lent = Lent {
            base: config.base,
            tree: whole,
            cone,
            governed: false,
        };
        let repository = slot.lend(&engine.git, &lent)?;
        let kept = match ground.most {
            Warmth::Warm => slot.warm(&config.slot.keep)?,
            Warmth::Cold => None,
        };
        let warmth = match kept {
            Some(_) => Warmth::Warm,
            None => Warmth::Cold,
        };
        Ok(Self {
            slot,
            tree,
            whole,
            base: config.base,
            cone: cone.clone(),
            repository,
            layered: tier(engine)? == FenceTier::Overlay,
            beneath: kept.into_iter().chain(products).collect(),
            warmth,
            keep: config.slot.keep.clone(),
            is_fresh: true,
            passed: Vec::new(),
        })
    }

    /// Whether anything is there that others built.
    pub(super) fn warmth(&self) -> Warmth {
        self.warmth
    }

    /// The digest of what the copy's repository says besides the tree.
    pub(super) fn repository(&self) -> Digest {
        self.repository
    }

    /// The slot.
    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Begins a run, which finds the tree as it was.
    pub(super) fn begin(&mut self, engine: &Engine) -> Result<Run, VerifyError> {
        if !self.layered && !self.is_fresh {
            // What the last run left is in the folder itself.
            self.slot.fill(
                &engine.git,
                self.tree,
                &Ignored::default(),
                Keep::Nothing,
                &*engine.copying,
            )?;
            let lent = Lent {
                base: self.base,
                tree: self.whole,
                cone: &self.cone,
                governed: false,
            };
            self.repository = self.slot.lend(&engine.git, &lent)?;
        }
        self.is_fresh = false;
        Ok(self.slot.run(self.layered, self.beneath.clone())?)
    }

    /// Ends a run. What it built is put aside where it may stay later.
    pub(super) fn end(&mut self, run: Run, has_passed: bool) -> Result<(), SlotError> {
        if !has_passed || self.keep.is_empty() {
            return self.slot.drop_run(&run);
        }
        self.slot.put_aside(&run, &self.keep)?;
        self.passed.push(run);
        Ok(())
    }

    /// The tree was accepted: what its checks built in the folders that are named stays.
    pub(super) fn keep_warm(&mut self, git: &Repository) -> Result<(), SlotError> {
        let mut files = Files::new();
        for folder in &self.keep {
            files.extend(git.list(self.tree, &folder.to_text())?);
        }
        self.slot.keep_warm(&self.passed, &self.keep, &files)
    }
}

/// The digest of what decides what set-up makes; `None` where there is none.
fn set_up_digest(
    engine: &Engine,
    config: &Config,
    cone: &Cone,
    base: TreeId,
    environment: &Environment,
) -> Result<Option<Digest>, VerifyError> {
    if config.slot.setup.is_empty() {
        return Ok(None);
    }
    let mut fields: Vec<Vec<u8>> = vec![
        tier(engine)?.to_string().into_bytes(),
        environment.digest().to_string().into_bytes(),
        config.slot.setup.len().to_string().into_bytes(),
    ];
    fields.extend(config.slot.setup.iter().map(|command| command.clone().into_bytes()));
    for path in &config.slot.setup_inputs {
        let entry = engine.git.entry(base, path)?;
        let state = entry.map_or_else(|| "-".to_owned(), |entry| entry.blob.to_string());
        fields.push(format!("{path}\0{state}").into_bytes());
    }
    // What was made ready in one part of the repository is not ready in another.
    fields.extend(cone.folders().map(<[u8]>::to_vec));
    Ok(Some(Digest::of_fields(fields.iter().map(Vec::as_slice))))
}

/// The digest of everything besides the tree, the checks and the variables that decides what checks find: set-up, its
/// inputs at the base, and which folders of the machine show inside or do not. `None` where nothing is configured.
pub(super) fn digest(
    engine: &Engine,
    ground: &Ground,
    environment: &Environment,
) -> Result<Option<Digest>, VerifyError> {
    let Ground { permit, cone, base, .. } = *ground;
    let config = permit.config();
    let set_up = set_up_digest(engine, config, cone, base, environment)?;
    let listed = [
        ("caches", &config.fence_caches),
        ("show", &config.fence_show),
        ("hide", &config.fence_hide),
    ];
    let places = listed.iter().flat_map(|(name, paths)| {
        let named = |path: &PathBuf| [name.as_bytes(), b"\0", path.as_os_str().as_encoded_bytes()].concat();
        paths.iter().map(named)
    });
    let digest = set_up.map(|digest| digest.to_string().into_bytes());
    // The user's own line ends show in the copy as they would in their fresh clone.
    let line_ends = engine.git.own_line_ends().map(String::into_bytes);
    let fields: Vec<Vec<u8>> = digest.into_iter().chain(places).chain(line_ends).collect();
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(Digest::of_fields(fields.iter().map(Vec::as_slice))))
}

/// Runs the project's set-up commands on the base tree, once for each content of their inputs. Gives the place of what
/// they made.
pub fn set_up(
    engine: &Engine,
    permit: &Permit,
    slot: &mut Slot,
    cone: &Cone,
    base: TreeId,
    environment: &Environment,
) -> Result<Option<PathBuf>, VerifyError> {
    let config = permit.config();
    let Some(digest) = set_up_digest(engine, config, cone, base, environment)? else {
        return Ok(None);
    };
    let digest = digest.to_string();
    if slot.is_set_up(&digest) {
        return Ok(slot.products());
    }
    slot.clear_products()?;
    let base = engine.git.narrowed(base, cone)?;
    slot.fill(&engine.git, base, &Ignored::default(), Keep::Nothing, &*engine.copying)?;
    let run = slot.run(tier(engine)? == FenceTier::Overlay, Vec::new())?;
    let walls = Walls::around(engine, permit, slot, &run, Inmate::Check, &Network::Open)?;
    let environment = walls.with_tmp(environment);
    for command in &config.slot.setup {
        let finished = shell(
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
    let files: Files = engine.git.list(base, "")?.into_iter().collect();
    slot.keep_products(&run, &files, &digest)?;
    Ok(slot.products())
}

/// Says with each failed check that the change alters what set-up reads, where it does: what it adds is not there yet.
pub(super) fn tell_of_inputs(
    engine: &Engine,
    ground: &Ground,
    tree: TreeId,
    record: &mut EvidenceRecord,
) -> Result<(), ReadError> {
    if ground.permit.config().slot.setup.is_empty() {
        return Ok(());
    }
    let mut changed = Vec::new();
    for path in &ground.permit.config().slot.setup_inputs {
        if engine.git.entry(ground.base, path)? != engine.git.entry(tree, path)? {
            changed.push(path.as_str());
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let note = format!(
        "note: set-up ran on the base, without this change of {}; what it adds is set up once it has landed: land it in a \
         card of its own, whose checks do without",
        changed.join(", ")
    );
    for result in record.results.iter_mut().filter(|result| !result.status.passed()) {
        result.excerpt = match result.excerpt.is_empty() {
            true => note.clone(),
            false => format!("{}\n{note}", result.excerpt),
        };
    }
    Ok(())
}
