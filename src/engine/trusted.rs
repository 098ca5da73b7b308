//! Trusted: a project whose commands this user lets run here. Whatever starts a program takes one, and only this file
//! makes it; so a tip is looked at anew wherever a branch is read, and nothing runs because it came in time.
//!
//! What stands in a list is trusted entry by entry: what a user writes grows their trust by exactly that, and what stood
//! there before, untrusted, stays so.

use std::collections::BTreeSet;
use std::io;
use std::ops::Deref;

use crate::config::{Config, FenceRequire, Listed, Trust, TrustError};
use crate::domain::check::{Check, FenceTier};
use crate::domain::oid::Digest;
use crate::domain::plan::card::{Card, CardCheck};
use crate::git::ReadError;

use super::Engine;
use super::project::Project;

/// Where the prompts of a repository lie.
const TEMPLATES: &str = ".harness/templates";

/// How many things a message names.
const MOST_NAMED: usize = 5;

/// Why nothing of a project may run here.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    /// It names what this user never agreed to.
    #[error("not trusted: {}", named(.0))]
    Commands(Vec<Listed>),
    /// It asks for more confinement than there is.
    #[error("the configuration asks for the fence {least} at least, and this machine has {tier}{}", reasons(.failed))]
    Fence {
        /// What it asks for.
        least: FenceTier,
        /// What there is.
        tier: FenceTier,
        /// Why there is no more.
        failed: Vec<(FenceTier, String)>,
    },
    /// The fence could not be tested.
    #[error("the fence cannot be tested: {0}")]
    Untested(#[from] io::Error),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The first few of a list, by name.
pub fn named(listed: &[Listed]) -> String {
    let mut names: Vec<String> = listed.iter().take(MOST_NAMED).map(Listed::label).collect();
    if listed.len() > MOST_NAMED {
        names.push(format!("{} more", listed.len() - MOST_NAMED));
    }
    names.join(", ")
}

fn reasons(failed: &[(FenceTier, String)]) -> String {
    failed.iter().map(|(tier, why)| format!("\n{tier}: {why}")).collect()
}

/// A project at one tip, all of whose commands this user trusts.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'p> {
    project: &'p Project,
}

impl Deref for Trusted<'_> {
    type Target = Project;

    fn deref(&self) -> &Project {
        self.project
    }
}

impl<'p> Trusted<'p> {
    /// Asks whether everything that a project runs, opens, or says to Builders is trusted here.
    ///
    /// # Errors
    /// It is not, or the machine confines less than the project asks for.
    pub fn of(engine: &Engine, project: &'p Project) -> Result<Self, Untrusted> {
        confined(engine, &project.config)?;
        let untrusted = unknown(engine, entries(engine, project)?);
        match untrusted.is_empty() {
            true => Ok(Self { project }),
            false => Err(Untrusted::Commands(untrusted)),
        }
    }

    /// The project itself.
    pub fn project(&self) -> &'p Project {
        self.project
    }

    /// What lets its programs start.
    pub fn permit(&self) -> Permit<'p> {
        Permit {
            config: &self.project.config,
            asks: true,
        }
    }
}

/// What lets programs start as a configuration says. Made of a project that is trusted, or of a landing whose commands are.
#[derive(Debug, Clone, Copy)]
pub struct Permit<'a> {
    config: &'a Config,
    /// Each check is looked at once more before it starts.
    asks: bool,
}

impl<'a> Permit<'a> {
    /// For the checks of a landing, which may stand in no tip any more.
    ///
    /// # Errors
    /// This user never agreed to them.
    pub fn for_checks(engine: &Engine, config: &'a Config, checks: &[Check]) -> Result<Self, Untrusted> {
        let mut listed = config.listed_set_up();
        listed.extend(checks.iter().map(|check| config.listed_check(&check.name, check)));
        let untrusted = unknown(engine, listed);
        match untrusted.is_empty() {
            true => Ok(Self { config, asks: true }),
            false => Err(Untrusted::Commands(untrusted)),
        }
    }

    /// For whoever says that the machine is thrown away afterwards, and everything on it.
    pub fn on_a_disposable_machine(config: &'a Config) -> Self {
        Self { config, asks: false }
    }

    /// The configuration.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// Asks once more, as the last thing before a check starts: the card that names it may be older than the tip.
    pub(super) fn allows(&self, engine: &Engine, check: &Check) -> Result<(), Untrusted> {
        let listed = self.config.listed_check(&check.name, check);
        match !self.asks || engine.trust().has(listed.digest) {
            true => Ok(()),
            false => Err(Untrusted::Commands(vec![listed])),
        }
    }
}

/// Whether this machine confines programs as a configuration asks for.
fn confined(engine: &Engine, config: &Config) -> Result<(), Untrusted> {
    let least = match config.fence_require {
        FenceRequire::None => return Ok(()),
        FenceRequire::Kernel => FenceTier::ShadowLandlock,
        FenceRequire::Overlay => FenceTier::Overlay,
    };
    let found = engine.fence()?;
    let tier = found.fence.tier();
    match tier < least {
        false => Ok(()),
        true => Err(Untrusted::Fence {
            least,
            tier,
            failed: found
                .failed
                .iter()
                .map(|(tier, why)| (*tier, why.to_string()))
                .collect(),
        }),
    }
}

/// Everything of a project that runs, opens something, or is said to Builders.
///
/// # Errors
/// The repository's.
pub fn entries(engine: &Engine, project: &Project) -> Result<Vec<Listed>, ReadError> {
    let mut found = project.config.commands();
    for card in &project.cards {
        found.extend(of_card(&project.config, card));
    }
    for (path, entry) in engine.git.list(project.tree, TEMPLATES)? {
        found.push(Listed::template(&path.to_text(), entry.blob));
    }
    Ok(found)
}

/// The commands that stand in a card itself, and not in the configuration.
pub fn of_card(config: &Config, card: &Card) -> Vec<Listed> {
    let own = card.verify.iter().filter(|check| match check {
        CardCheck::Text(text) => !config.checks.contains_key(text),
        CardCheck::Inline(_) => true,
    });
    own.map(|check| config.listed_check(card.id.as_str(), &check.resolve(&config.checks)))
        .collect()
}

/// What of a list this user does not trust.
pub fn unknown(engine: &Engine, listed: Vec<Listed>) -> Vec<Listed> {
    if listed.is_empty() {
        return listed;
    }
    let trust = engine.trust();
    let mut seen = BTreeSet::new();
    let is_new = |listed: &Listed| !trust.has(listed.digest) && seen.insert(listed.digest);
    let mut is_new = is_new;
    listed.into_iter().filter(|listed| is_new(listed)).collect()
}

/// Trusts what this user wrote with the command that they gave, and nothing that stood there before it.
///
/// # Errors
/// It cannot be kept.
pub fn wrote(engine: &Engine, written: &[Listed], before: &[Listed]) -> Result<(), TrustError> {
    let stood: BTreeSet<Digest> = before.iter().map(|listed| listed.digest).collect();
    let new = written.iter().map(|listed| listed.digest);
    engine.trust().add(new.filter(|digest| !stood.contains(digest)))
}

/// Trusts everything of a project: this user has read the list.
///
/// # Errors
/// It cannot be kept.
pub fn agree(engine: &Engine, listed: &[Listed]) -> Result<(), TrustError> {
    engine.trust().add(listed.iter().map(|listed| listed.digest))
}

impl Engine {
    /// What this user trusts in this clone, as it is written now.
    pub(super) fn trust(&self) -> Trust {
        Trust::of(&self.host.config_dir, self.git.common_dir(), &self.for_now)
    }

    /// Trusts things for as long as this process lives: what the program itself brings along.
    pub fn trust_for_now(&mut self, listed: &[Listed]) {
        self.for_now.extend(listed.iter().map(|listed| listed.digest));
    }
}
