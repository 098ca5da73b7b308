//! Landed: what evidence a landing needs for the tree that it has now, and where that stands.
//!
//! A landing's own evidence is for the tree that was verified. After a rebase, a squash or a cherry-pick the commit holds
//! another one, and a landing that somebody adopted has no evidence at all. `verify --landed` runs the checks on the tree
//! as it is, and says so in a commit without changes; the audit holds what that says against the landing itself.

use crate::config::{self, Config, Layer, Source};
use crate::domain::block;
use crate::domain::change::Change;
use crate::domain::check::{Check, check_set_digest};
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::record::TaskRecord;
use crate::domain::scope::Allowed;
use crate::domain::scope::cone::Cone;
use crate::domain::trailer::{self, EVIDENCE, EvidenceLine};
use crate::git::{History, ReadError, Repository, Verified};

use super::facts::block_of;

/// What has to be verified of a landing.
#[derive(Debug)]
pub struct Wanted {
    /// The card that it was built for.
    pub card: Card,
    /// The configuration that it stood on.
    pub config: Config,
    /// What its checks see of the tree.
    pub cone: Cone,
    /// The checks.
    pub checks: Vec<Check>,
    /// The tree that the landing stands on.
    pub base: TreeId,
    /// The landing's tree.
    pub tree: TreeId,
    /// What the checks run on.
    pub check_tree: TreeId,
    /// The digest of the checks.
    pub digest: Digest,
}

impl Wanted {
    /// What a task's landing needs, by the card and the configuration at its base; where it brought the card itself, as a
    /// squash of a plan with its work does, by those. `None` where there is no card that can be read.
    pub fn of(git: &Repository, task: &TaskId, landing: CommitId) -> Result<Option<Self>, ReadError> {
        let commit = git.commit(landing)?;
        let base = match commit.parents.first() {
            Some(parent) => git.tree_of(*parent)?,
            None => git.empty_tree(),
        };
        for tree in [base, commit.tree] {
            let path = task.card_path();
            let card = match git.file(tree, &path)? {
                Some(text) => parse_card(&path, &String::from_utf8_lossy(&text)).ok(),
                None => None,
            };
            if let (Some(card), Some(config)) = (card, tracked_config(git, tree)?) {
                let (cone, checks) = (config.cone_for(&card), config.checks_for(&card));
                return Ok(Some(Self {
                    check_tree: git.narrowed_id(commit.tree, &cone)?,
                    digest: check_set_digest(&checks),
                    base,
                    tree: commit.tree,
                    card,
                    config,
                    cone,
                    checks,
                }));
            }
        }
        Ok(None)
    }

    /// Whether evidence is for this tree and these checks.
    pub fn fits(&self, evidence: EvidenceLine) -> bool {
        evidence.tree == self.check_tree.to_string() && evidence.digest == self.digest.short()
    }

    /// Whether any of some changes is of a file that the card allows.
    pub fn touches<'c>(&self, mut changes: impl Iterator<Item = &'c Change>) -> bool {
        let allowed = Allowed::new(&self.card.files).ok();
        allowed.is_some_and(|allowed| changes.any(|change| allowed.matches(&change.path)))
    }

    /// Whether what somebody said later is.
    pub fn is_said_by(&self, said: &Verified) -> bool {
        self.fits(EvidenceLine {
            tree: &said.tree,
            digest: &said.digest,
            counts: None,
        })
    }

    /// Whether nobody verified the landing as it is. In a squash of several, each was verified on what stood before it, and
    /// the last as the whole is.
    pub fn is_missing(&self, git: &Repository, history: &History, landing: CommitId) -> Result<bool, ReadError> {
        let task = &self.card.id;
        if history.verifications(task).any(|said| self.is_said_by(said)) || self.is_verified_by(git, landing)? {
            return Ok(false);
        }
        let claims = block::claims(&git.commit(landing)?.message);
        let own = claims.iter().find(|claim| claim.task == *task);
        let is_of_checks = own.is_some_and(|own| own.checks == self.digest.short());
        let is_whole = claims.iter().any(|claim| claim.tree == self.check_tree);
        Ok(!(is_of_checks && is_whole && history.how(task).is_none()))
    }

    /// Whether the landing's own evidence is.
    pub fn is_verified_by(&self, git: &Repository, landing: CommitId) -> Result<bool, ReadError> {
        let commit = git.commit(landing)?;
        let block = block_of(&commit, &self.card.id);
        let evidence = block.as_deref().and_then(|block| trailer::value(block, EVIDENCE));
        Ok(evidence
            .and_then(EvidenceLine::read)
            .is_some_and(|line| self.fits(line)))
    }
}

/// Whether a landing has no evidence for the tree that it has.
pub fn is_stale(git: &Repository, history: &History, task: &TaskId, landing: CommitId) -> Result<bool, ReadError> {
    match Wanted::of(git, task, landing)? {
        Some(wanted) => wanted.is_missing(git, history, landing),
        None => Ok(false),
    }
}

/// The configuration that a tree brings, without anybody's own files.
fn tracked_config(git: &Repository, tree: TreeId) -> Result<Option<Config>, ReadError> {
    const FILE: &str = ".harness/config.toml";
    let Some(bytes) = git.file(tree, FILE)? else {
        return Ok(Some(Config::default()));
    };
    let source = Source {
        file: FILE.to_owned(),
        text: &String::from_utf8_lossy(&bytes),
        layer: Layer::Tracked,
    };
    Ok(config::load(&[source]).ok())
}

/// Whether a commit holds a task's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Every path is what the task made of it.
    There,
    /// A path is still what it was before the task.
    NotThere,
    /// Neither: somebody went on from it, or nothing tells what the task changed.
    Unclear,
}

/// Whether a tree holds a change set.
pub fn content(git: &Repository, tree: TreeId, changes: &[Change]) -> Result<Content, ReadError> {
    let mut content = match changes.is_empty() {
        true => Content::Unclear,
        false => Content::There,
    };
    for change in changes {
        let holds = match change.path.as_str() {
            Some(path) => git.entry(tree, path)?,
            None => return Ok(Content::Unclear),
        };
        if holds == change.new {
            continue;
        }
        if holds == change.old {
            return Ok(Content::NotThere);
        }
        content = Content::Unclear;
    }
    Ok(content)
}

/// What the record of a task in some trees says that it changed, the first that holds one.
pub fn recorded_change(git: &Repository, task: &TaskId, trees: &[TreeId]) -> Result<Vec<Change>, ReadError> {
    for tree in trees {
        let record = git.file(*tree, &task.record_path())?;
        let record = record.and_then(|bytes| TaskRecord::of_bytes(&bytes));
        if let Some(changes) = record.and_then(|record| record.change_set()) {
            return Ok(changes);
        }
    }
    Ok(Vec::new())
}
