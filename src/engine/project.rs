//! What holds at a branch's tip: its cards, plans, configuration and history. Read from commits, never from files.
//!
//! An uncommitted edit of a card or of the configuration is not used (design section 3); `loose_ends` names it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::config::{self, Config, Layer, Source};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::gate::Lane;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::{BlobId, CommitId, Digest, TreeId};
use crate::domain::plan::card::{Card, CardHead};
use crate::domain::plan::format::plan_file::{PlanHead, parse_plan_file};
use crate::domain::task::queue::{self, Facts, TaskView};
use crate::domain::task::state::TaskState;
use crate::domain::words::counted;
use crate::git::{Head, History, HistorySeed, ReadError};

use super::Engine;
use super::cards;
use super::history::{self, HistoryError};
use super::records::At;

/// Why a branch's plan could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The branch does not exist.
    #[error("there is no branch {0}")]
    NoBranch(String),
    /// HEAD is on a branch without a commit.
    #[error("the branch {0} has no commit yet")]
    Unborn(String),
    /// HEAD names no branch, and nothing else says which one is meant.
    #[error("HEAD is detached, so no branch is current")]
    Detached,
    /// Commits that may hold landings were left at the remote.
    #[error("this clone is shallow: the history of {0} is cut off, so nobody can tell here which tasks are complete")]
    Shallow(String),
    /// Cards, plans or configuration at the tip have mistakes.
    #[error("{} at the tip of {branch}", counted(.diagnostics.len(), "mistake"))]
    Invalid {
        /// The branch.
        branch: String,
        /// The mistakes, with the text they are in.
        diagnostics: Vec<Diagnostic>,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its history could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Everything about one target branch that the queue and the loop need.
#[derive(Debug)]
pub struct Project {
    /// The branch, without `refs/heads/`.
    pub target: String,
    /// Its tip.
    pub tip: CommitId,
    /// The tip's tree.
    pub tree: TreeId,
    /// The configuration at the tip, with the user's and the clone's laid over it.
    pub config: Config,
    /// The plans whose target this is, in the order of their names.
    pub plans: Vec<PlanHead>,
    /// Their cards in plan order.
    pub cards: Vec<Card>,
    /// The cards' blobs.
    pub blobs: BTreeMap<TaskId, BlobId>,
    heads: Vec<CardHead>,
    /// Each card's place among the cards.
    places: HashMap<TaskId, usize>,
    /// What the tip's history says of tasks.
    pub history: History,
}

impl Project {
    /// Reads the branch.
    pub fn load(engine: &mut Engine, target: &str) -> Result<Self, ProjectError> {
        let tip = engine
            .tip(target)?
            .ok_or_else(|| ProjectError::NoBranch(target.to_owned()))?;
        let tree = engine.git.tree_of(tip)?;
        let mut wrong = Vec::new();
        let config = read_config(engine, tree, &mut wrong)?;
        let mut plans = read_plans(engine, tree, &mut wrong)?;
        plans.retain(|plan| plan.target.as_deref().is_none_or(|named| named == target));
        let (cards, blobs) = cards::of_tree(engine, target, tree, &plans, &mut wrong)?;
        let (Some(mut config), true) = (config, wrong.is_empty()) else {
            return Err(ProjectError::Invalid {
                branch: target.to_owned(),
                diagnostics: wrong,
            });
        };
        config.base = Some(tip);
        engine.keep_secrets_out(&config);
        let history = read_history(engine, target, tip, cards.iter().map(|card| &card.id))?;
        Ok(Self {
            target: target.to_owned(),
            tip,
            tree,
            config,
            plans,
            heads: cards.iter().map(CardHead::from).collect(),
            places: cards
                .iter()
                .enumerate()
                .map(|(at, card)| (card.id.clone(), at))
                .collect(),
            cards,
            blobs,
            history,
        })
    }

    /// Whether every Builder and model that the configuration names is defined here, for whoever is about to hire one.
    pub fn is_staffed(&self) -> Result<(), ProjectError> {
        match &self.config.undefined[..] {
            [] => Ok(()),
            undefined => Err(ProjectError::Invalid {
                branch: self.target.clone(),
                diagnostics: undefined.to_vec(),
            }),
        }
    }

    /// The card of a task.
    pub fn card(&self, task: &TaskId) -> Option<&Card> {
        self.places.get(task).map(|at| &self.cards[*at])
    }

    /// The card of a task as the queue needs it.
    pub fn head(&self, task: &TaskId) -> Option<&CardHead> {
        self.places.get(task).map(|at| &self.heads[*at])
    }

    /// The cards as the queue needs them, in plan order.
    pub fn heads(&self) -> &[CardHead] {
        &self.heads
    }

    /// Where the records of tasks are read.
    pub fn records(&self) -> At<'_> {
        At {
            tree: self.tree,
            history: &self.history,
        }
    }

    /// The lane of a card.
    pub fn lane(&self, card: &Card) -> &Lane {
        self.config.lane(card)
    }

    /// What an approval of a plan is about: the contents of its cards.
    pub fn plan_digest(&self, plan: &PlanId) -> Digest {
        let cards = self.cards.iter().filter(|card| card.plan == *plan);
        plan_digest(cards.filter_map(|card| Some((card.id.clone(), *self.blobs.get(&card.id)?))))
    }

    /// Whether dispatch may begin on a plan.
    pub fn is_approved(&self, plan: &PlanId) -> bool {
        if self.config.approval.plan == config::PlanApproval::None {
            return true;
        }
        let wanted = self.plan_digest(plan);
        self.history
            .approvals()
            .iter()
            .any(|(approved, digest, _, _)| approved == plan && *digest == wanted)
    }

    /// Where every task stands.
    pub fn views(&self, engine: &Engine) -> Vec<TaskView> {
        let approved: BTreeSet<&PlanId> = self
            .plans
            .iter()
            .map(|plan| &plan.id)
            .filter(|plan| self.is_approved(plan))
            .collect();
        queue::views(&Facts {
            cards: &self.heads,
            replay: engine.replay(),
            landed: &|task| self.history.landing(task),
            undone: &|task, landing| history::undid(engine, &self.history, task, landing),
            claimed: &|task| self.history.claim(task),
            plan_approved: &|plan| approved.contains(plan),
        })
    }
}

/// The digest of a plan's cards, whatever order they come in.
pub fn plan_digest(cards: impl IntoIterator<Item = (TaskId, BlobId)>) -> Digest {
    let mut rows: Vec<String> = cards.into_iter().map(|(task, blob)| format!("{task} {blob}")).collect();
    rows.sort();
    Digest::of_fields(rows.iter().map(String::as_bytes))
}

/// The branches that plans land on: the current one, those that its plans name, and those that the journal knows.
pub fn targets(engine: &mut Engine) -> Result<Vec<String>, ProjectError> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |branch: &str| {
        if !found.iter().any(|known| known == branch) {
            found.push(branch.to_owned());
        }
    };
    let commit = match engine.git.head()? {
        Head::Branch { branch, commit } => {
            add(&branch);
            commit
        }
        Head::Detached { commit } => commit,
        Head::Unborn { branch } => return Err(ProjectError::Unborn(branch)),
    };
    plan_targets(engine, engine.git.tree_of(commit)?)?
        .iter()
        .for_each(|target| add(target));
    engine.replay().targets().for_each(&mut add);
    let mut existing = Vec::new();
    for branch in found {
        if engine.git.branch_tip(&branch)?.is_some() {
            existing.push(branch);
        }
    }
    if existing.is_empty() {
        return Err(ProjectError::Detached);
    }
    Ok(existing)
}

/// The branches that a tree's plans name, from the cache where the same plans were read before.
fn plan_targets(engine: &Engine, tree: TreeId) -> Result<Vec<String>, ProjectError> {
    const KIND: &str = "plan-targets";
    let Some(plans) = engine.git.subtree(tree, ".harness/plans")? else {
        return Ok(Vec::new());
    };
    let key = format!("{} {plans}", env!("CARGO_PKG_VERSION"));
    let known = engine.ledger.caches().get(KIND, &key);
    if let Some(targets) = known.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(targets);
    }
    let plans = read_plans(engine, tree, &mut Vec::new())?;
    let targets: Vec<String> = plans.into_iter().filter_map(|plan| plan.target).collect();
    if let Ok(bytes) = serde_json::to_vec(&targets) {
        engine.ledger.caches().put(KIND, &key, &bytes);
    }
    Ok(targets)
}

/// The project of every target that has a plan; the current branch first, and alone where nothing has one.
pub fn projects(engine: &mut Engine) -> Result<Vec<Project>, ProjectError> {
    let mut found = Vec::new();
    for target in targets(engine)? {
        found.push(Project::load(engine, &target)?);
    }
    if found.iter().any(|project| !project.cards.is_empty()) {
        found.retain(|project| !project.cards.is_empty());
    } else {
        found.truncate(1);
    }
    Ok(found)
}

pub(super) fn read_config(
    engine: &Engine,
    tree: TreeId,
    wrong: &mut Vec<Diagnostic>,
) -> Result<Option<Config>, ProjectError> {
    let tracked = engine.git.file(tree, ".harness/config.toml")?;
    let tracked = tracked.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let overlay = |path: &Path| std::fs::read_to_string(path).ok();
    let user_file = engine.host.config_dir.join("config.toml");
    let clone_file = engine.ledger.dir().join("config.toml");
    let (user, clone) = (overlay(&user_file), overlay(&clone_file));
    let mut layers = Vec::new();
    if let Some(text) = &tracked {
        layers.push(Source {
            file: ".harness/config.toml".to_owned(),
            text,
            layer: Layer::Tracked,
        });
    }
    if let Some(text) = &user {
        layers.push(Source {
            file: user_file.display().to_string(),
            text,
            layer: Layer::User,
        });
    }
    if let Some(text) = &clone {
        layers.push(Source {
            file: clone_file.display().to_string(),
            text,
            layer: Layer::Clone,
        });
    }
    match config::load(&layers) {
        Ok(config) => Ok(Some(config)),
        Err(mistakes) => {
            wrong.extend(mistakes);
            Ok(None)
        }
    }
}

fn read_plans(engine: &Engine, tree: TreeId, wrong: &mut Vec<Diagnostic>) -> Result<Vec<PlanHead>, ProjectError> {
    let mut plans = Vec::new();
    for (path, entry) in engine.git.list(tree, ".harness/plans")? {
        let name = path.to_text().into_owned();
        if !name.ends_with(".md") || name.matches('/').count() != 2 {
            continue;
        }
        let text = String::from_utf8_lossy(&engine.git.blob(entry.blob)?).into_owned();
        match parse_plan_file(&name, &text) {
            Ok(plan) => plans.push(plan),
            Err(mistakes) => wrong.extend(mistakes),
        }
    }
    Ok(plans)
}

/// Whether landings may lie behind what a shallow clone has: a task lands where its card is, so none does behind commits
/// that hold no card.
fn is_cut_off(engine: &Engine) -> Result<bool, ProjectError> {
    for commit in engine.git.cut_off_at()? {
        let tree = engine.git.tree_of(commit)?;
        if engine.git.subtree(tree, ".harness/tasks")?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The history of the tip, from the cache where it holds an ancestor.
pub(super) fn read_history<'t>(
    engine: &Engine,
    target: &str,
    tip: CommitId,
    tasks: impl Iterator<Item = &'t TaskId>,
) -> Result<History, ProjectError> {
    // Another name whenever a message is read otherwise than before.
    const KIND: &str = "proven-history-4";
    if is_cut_off(engine)? {
        return Err(ProjectError::Shallow(target.to_owned()));
    }
    let key = &format!("{} {target}", env!("CARGO_PKG_VERSION"));
    let caches = engine.ledger.caches();
    let seed: Option<HistorySeed> = caches
        .get(KIND, key)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut is_new = seed.as_ref().is_none_or(|seed| seed.tip() != tip);
    let mut history = history::of(&engine.git, tip, seed)?;
    let mut known = Vec::new();
    for task in tasks.filter(|task| history.landing(task).is_none()) {
        let standing = engine.replay().standing(task);
        let landing = standing.and_then(|standing| standing.landing.filter(|_| standing.state == TaskState::Passed));
        known.extend(landing.map(|landing| (task.clone(), landing)));
    }
    is_new |= history::search::complete(&engine.git, &mut history, tip, &known)?;
    let seed = HistorySeed::new(tip, history);
    if let (true, Ok(bytes)) = (is_new, serde_json::to_vec(&seed)) {
        caches.put(KIND, key, &bytes);
    }
    Ok(seed.into_history())
}
