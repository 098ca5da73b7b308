//! Overview: where every task of a target stands, read from caches as far as they hold. For commands that look at the
//! whole queue and at no card in particular, however long the plan is.
//!
//! What it says is what [`Project`] would say; what is not cached yet is read as a project, once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::{Config, PlanApproval};
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::plan::card::{Card, CardHead};
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::task::queue::{self, Facts, TaskView};
use crate::git::{History, ReadError};

use super::Engine;
use super::project::{self, Project, ProjectError};
use super::records::At;
use super::{history, landed};

/// A plan's cards as the queue needs them, in plan order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Heads {
    /// The plans whose target this is.
    pub(super) plans: Vec<PlanId>,
    /// Their cards.
    pub(super) cards: Vec<CardHead>,
    /// Each card's blob.
    pub(super) blobs: Vec<BlobId>,
}

const KIND: &str = "heads";

/// The most rewritten landings that an overview looks at.
const MOST_REWRITTEN: usize = 20;

/// The key of a target's cards: what they are read from, and by which version.
fn key(engine: &Engine, target: &str, tree: TreeId) -> Result<Option<String>, ReadError> {
    let below = |dir: &str| engine.git.subtree(tree, dir);
    let (Some(tasks), Some(plans)) = (below(".harness/tasks")?, below(".harness/plans")?) else {
        return Ok(None);
    };
    Ok(Some(format!("{} {tasks} {plans} {target}", env!("CARGO_PKG_VERSION"))))
}

/// Where every task of one target stands.
#[derive(Debug)]
pub struct Overview {
    /// The branch, without `refs/heads/`.
    pub target: String,
    /// Its tip.
    pub tip: CommitId,
    /// The configuration there, with the user's and the clone's laid over it.
    pub config: Config,
    /// The cards, in plan order.
    pub cards: Vec<CardHead>,
    tree: TreeId,
    approved: BTreeSet<PlanId>,
    history: History,
}

impl Overview {
    /// Looks at a branch.
    pub fn load(engine: &mut Engine, target: &str) -> Result<Self, ProjectError> {
        let tip = engine
            .git
            .branch_tip(target)?
            .ok_or_else(|| ProjectError::NoBranch(target.to_owned()))?;
        let tree = engine.git.tree_of(tip)?;
        let mut wrong = Vec::new();
        let config = project::read_config(engine, tree, &mut wrong)?;
        let heads = cached(engine, target, tree)?;
        let (Some(config), Some(heads)) = (config, heads) else {
            let project = Project::load(engine, target)?;
            let heads = heads_of(&project);
            keep(engine, target, project.tree, &heads)?;
            return Ok(Self::of(target, tip, tree, heads, project.config, project.history));
        };
        let history = project::read_history(engine, target, tip, heads.cards.iter().map(|card| &card.id))?;
        Ok(Self::of(target, tip, tree, heads, config, history))
    }

    fn of(target: &str, tip: CommitId, tree: TreeId, heads: Heads, config: Config, history: History) -> Self {
        let approved = heads.plans.iter().filter(|plan| match config.approval.plan {
            PlanApproval::None => true,
            PlanApproval::Required => {
                let of_plan = heads
                    .cards
                    .iter()
                    .zip(&heads.blobs)
                    .filter(|(card, _)| card.plan == **plan);
                let wanted = project::plan_digest(of_plan.map(|(card, blob)| (card.id.clone(), *blob)));
                let mut approvals = history.approvals().iter();
                approvals.any(|(approved, digest, ..)| approved == *plan && *digest == wanted)
            }
        });
        Self {
            target: target.to_owned(),
            tip,
            tree,
            approved: approved.cloned().collect(),
            cards: heads.cards,
            config,
            history,
        }
    }

    /// The whole card of a task of this target.
    pub fn card(&self, engine: &Engine, task: &TaskId) -> Result<Option<Card>, ProjectError> {
        if self.cards.iter().all(|card| card.id != *task) {
            return Ok(None);
        }
        let file = task.card_path();
        let Some(bytes) = engine.git.file(self.tree, &file)? else {
            return Ok(None);
        };
        match parse_card(&file, &String::from_utf8_lossy(&bytes)) {
            Ok(card) => Ok(Some(card)),
            Err(diagnostics) => Err(ProjectError::Invalid {
                branch: self.target.clone(),
                diagnostics,
            }),
        }
    }

    /// The landing of a task that is complete here.
    pub fn landing(&self, task: &TaskId) -> Option<CommitId> {
        self.history.landing(task)
    }

    /// Complete tasks whose landing is another commit than the one that this clone made, with a tree that nobody
    /// verified. Not more than [`MOST_REWRITTEN`] are looked at.
    pub fn rewritten(&self, engine: &Engine) -> Result<Vec<TaskId>, ReadError> {
        let moved = self.history.landings().filter(|(task, landing)| {
            let standing = engine.replay().standing(task);
            standing.is_some_and(|standing| standing.landing.is_some_and(|made| made != *landing))
        });
        let mut found = Vec::new();
        for (task, landing) in moved.take(MOST_REWRITTEN) {
            if landed::is_stale(&engine.git, &self.history, task, landing)?
                && !self.is_as_verified_here(engine, landing)?
            {
                found.push(task.clone());
            }
        }
        Ok(found)
    }

    /// Whether a commit has the very tree that one of the landings was verified on which it joins, as a squash has that lost
    /// their words on a branch that had not moved.
    fn is_as_verified_here(&self, engine: &Engine, commit: CommitId) -> Result<bool, ReadError> {
        for (task, _) in self.history.landings().filter(|(_, landing)| *landing == commit) {
            let made = engine.replay().standing(task).and_then(|standing| standing.landing);
            let made = made.filter(|made| engine.git.contains(made.object_id()));
            let (Some(made), Some(wanted)) = (made, landed::Wanted::of(&engine.git, task, commit)?) else {
                continue;
            };
            if wanted.is_verified_by(&engine.git, made)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where the records of tasks are read.
    pub fn records(&self) -> At<'_> {
        At {
            tree: self.tree,
            history: &self.history,
        }
    }

    /// Where one task stands.
    pub fn view(&self, engine: &Engine, task: &TaskId) -> Option<TaskView> {
        let card = self.cards.iter().find(|card| card.id == *task)?;
        Some(self.judged(engine, |facts| queue::view(facts, card)))
    }

    /// Where every task stands, in the order of the cards.
    pub fn views(&self, engine: &Engine) -> Vec<TaskView> {
        self.judged(engine, queue::views)
    }

    fn judged<T>(&self, engine: &Engine, judge: impl FnOnce(&Facts) -> T) -> T {
        judge(&Facts {
            cards: &self.cards,
            replay: engine.replay(),
            landed: &|task| self.history.landing(task),
            undone: &|task, landing| history::undid(engine, &self.history, task, landing),
            claimed: &|task| self.history.claim(task),
            plan_approved: &|plan| self.approved.contains(plan),
        })
    }
}

/// The overview of every target that has a plan; the current branch first, and alone where nothing has one.
pub fn overviews(engine: &mut Engine) -> Result<Vec<Overview>, ProjectError> {
    let mut found = Vec::new();
    for target in project::targets(engine)? {
        found.push(Overview::load(engine, &target)?);
    }
    if found.iter().any(|overview| !overview.cards.is_empty()) {
        found.retain(|overview| !overview.cards.is_empty());
    } else {
        found.truncate(1);
    }
    Ok(found)
}

fn heads_of(project: &Project) -> Heads {
    let blob = |card: &CardHead| project.blobs.get(&card.id).copied();
    let (cards, blobs) = project
        .heads()
        .iter()
        .filter_map(|card| Some((card.clone(), blob(card)?)))
        .unzip();
    Heads {
        plans: project.plans.iter().map(|plan| plan.id.clone()).collect(),
        cards,
        blobs,
    }
}

fn cached(engine: &Engine, target: &str, tree: TreeId) -> Result<Option<Heads>, ReadError> {
    let Some(key) = key(engine, target, tree)? else {
        return Ok(None);
    };
    let bytes = engine.ledger.caches().get(KIND, &key);
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn keep(engine: &Engine, target: &str, tree: TreeId, heads: &Heads) -> Result<(), ReadError> {
    if let (Some(key), Ok(bytes)) = (key(engine, target, tree)?, serde_json::to_vec(heads)) {
        engine.ledger.caches().put(KIND, &key, &bytes);
    }
    Ok(())
}
