//! Judge: a harvest against its card. What is in scope becomes a tree; one bad path fails the attempt.

use std::collections::HashSet;

use crate::config::Config;
use crate::domain::change::{Change, ChangeSet};
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::plan::card::Card;
use crate::domain::redact::Redactor;
use crate::domain::scope::bounds::{AllowedSecret, Bounds};
use crate::domain::scope::near::Near;
use crate::domain::scope::violation::Violation;
use crate::domain::scope::{Allowed, GlobError, Named, Protected, Terms, verdict};
use crate::git::{ReadError, Repository, WriteError};

use super::forms;
use super::harvest::Harvested;
use super::leak;
use super::meant;

/// How many paths that were left behind are noted one by one.
const MOST_NOTES: usize = 100;

/// Why a harvest could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The card's or the policy's globs are unusable; `plan lint` refuses such cards before they are committed.
    #[error("the allowed files of {card} cannot be read: {why}")]
    Globs {
        /// The card.
        card: String,
        /// The first reason.
        why: String,
    },
    /// The base could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The candidate could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A change set that the card allows, and the candidate tree made of it.
#[derive(Debug)]
#[must_use = "a candidate that nobody verifies never lands"]
pub struct InScope {
    base: TreeId,
    tree: TreeId,
    changes: ChangeSet,
}

impl InScope {
    /// The tree that the work started from.
    pub fn base(&self) -> TreeId {
        self.base
    }

    /// The base with the changes.
    pub fn tree(&self) -> TreeId {
        self.tree
    }

    /// The changes.
    pub fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// A change set that was judged before, now on another base: after a merge, or taken up again from the ledger.
    /// It is judged anew, so nothing is believed.
    pub fn again(
        git: &Repository,
        base: TreeId,
        tree: TreeId,
        rules: &Rules,
    ) -> Result<Result<Self, Vec<Violation>>, JudgeError> {
        let changes = git.diff(base, tree)?;
        let violations = rules.violations(git, base, &changes)?;
        if !violations.is_empty() {
            return Ok(Err(violations));
        }
        Ok(Ok(Self { base, tree, changes }))
    }
}

/// What the judge said.
#[derive(Debug)]
pub enum Judged {
    /// Everything is in scope.
    InScope(InScope),
    /// Something is not.
    Refused {
        /// Every path that breaks a rule.
        violations: Vec<Violation>,
        /// The base with what was in scope, for a retry to go on from.
        kept: Option<TreeId>,
    },
    /// Nothing changed.
    Empty,
}

/// What a card's changes are judged by under a configuration, for work on a commit.
pub fn bounds(card: &Card, config: &Config, git: &Repository, base: CommitId) -> Result<Bounds, ReadError> {
    let meant::Entries { files, globs } = meant::entries(card, git, base)?;
    Ok(Bounds {
        task: card.id.clone(),
        files,
        globs,
        checks: config.checks_for(card),
        protected: config.policy.protected.clone(),
        incidental: config.policy.incidental.clone(),
        allowed_secrets: config.policy.allowed_secrets.clone(),
        open_protected: config.lane(card).open_protected,
    })
}

/// The rules of one card, compiled once.
pub struct Rules {
    /// As the card says it.
    said: Allowed,
    /// As it is meant in the tree that the rules were made for.
    allowed: Allowed,
    protected: Protected,
    incidental: Option<Allowed>,
    allowed_secrets: Vec<AllowedSecret>,
    open_protected: bool,
    named: Named,
}

impl Rules {
    /// Compiles the rules of a card under a configuration, for work on a commit.
    pub fn new(card: &Card, config: &Config, git: &Repository, base: CommitId) -> Result<Self, JudgeError> {
        Self::of(&bounds(card, config, git, base)?, git, git.tree_of(base)?)
    }

    /// Compiles the rules of a card's bounds, for work on a tree: what an entry of the card is depends on what is there.
    pub fn of(bounds: &Bounds, git: &Repository, base: TreeId) -> Result<Self, JudgeError> {
        let globs = |errors: Vec<GlobError>| JudgeError::Globs {
            card: bounds.task.to_string(),
            why: errors.first().map(ToString::to_string).unwrap_or_default(),
        };
        let said = Allowed::new(&bounds.files).map_err(globs)?;
        let said = said.with_globs(bounds.globs.iter().cloned());
        Ok(Self {
            allowed: read_in(git, base, &said)?,
            said,
            protected: Protected::new(&bounds.protected).map_err(globs)?,
            incidental: match &bounds.incidental[..] {
                [] => None,
                some => Some(Allowed::new(some).map_err(globs)?),
            },
            allowed_secrets: bounds.allowed_secrets.clone(),
            open_protected: bounds.open_protected,
            named: Named::of(&bounds.checks),
        })
    }

    /// Whether the card's globs match a path; protected files are looked at by the verdict.
    pub fn allows(&self, path: &RepoPath) -> bool {
        self.allowed.matches(path)
    }

    /// Whether the card opens a path: by its exact name, or by a glob where it is not protected.
    pub(super) fn opens(&self, path: &RepoPath) -> bool {
        self.allowed.names_exactly(path) || self.allowed.matches(path) && self.protected.pattern_for(path).is_none()
    }

    /// Whether the project drops changes of this path without a word to the Builder.
    pub(super) fn is_incidental(&self, path: &RepoPath) -> bool {
        !self.opens(path) && self.incidental.as_ref().is_some_and(|globs| globs.matches(path))
    }

    /// The allowed files, as they are meant in the tree that the rules were made for.
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// The secrets that the project lets in by name and digest.
    pub(super) fn allowed_secrets(&self) -> &[AllowedSecret] {
        &self.allowed_secrets
    }

    /// Judges changes that are in git already.
    pub fn violations(
        &self,
        git: &Repository,
        base: TreeId,
        changes: &ChangeSet,
    ) -> Result<Vec<Violation>, JudgeError> {
        self.judge(git, base, changes, &|_| None)
    }

    /// Judges changes whose new contents may not be in git yet.
    fn judge(
        &self,
        git: &Repository,
        base: TreeId,
        changes: &ChangeSet,
        new: &forms::Content,
    ) -> Result<Vec<Violation>, JudgeError> {
        let there = git.list_near(base, &Near::to(changes))?;
        // The branch may have moved since the rules were made.
        let allowed = read_in(git, base, &self.said)?;
        let terms = Terms {
            allowed: &allowed,
            protected: &self.protected,
            named: &self.named,
            open_protected: self.open_protected,
        };
        let mut found = verdict(changes, &terms, &there);
        for other in forms::violations(git, base, changes, &self.protected, new)? {
            if !found.iter().any(|known| known.path == other.path) {
                found.push(other);
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

/// The allowed files as they are meant in a tree.
fn read_in(git: &Repository, base: TreeId, allowed: &Allowed) -> Result<Allowed, ReadError> {
    allowed.at(|name| git.holds(base, name))
}

/// Judges a harvest, and writes what is in scope of it.
#[expect(clippy::needless_pass_by_value, reason = "a harvest is judged once")]
pub fn judge(
    git: &Repository,
    harvested: Harvested,
    rules: &Rules,
    redactor: &Redactor,
) -> Result<(Judged, Vec<String>), JudgeError> {
    let base = harvested.base();
    let mut notes = harvested.dropped().to_vec();
    let (incidental, taken): (Vec<Change>, Vec<Change>) = harvested
        .changes()
        .iter()
        .cloned()
        .partition(|change| rules.is_incidental(&change.path));
    notes.extend(incidental.iter().map(|change| format!("{} (incidental)", change.path)));
    let changes = ChangeSet::new(taken);
    let content = |blob| harvested.content(blob).map(<[u8]>::to_vec);
    let mut violations = rules.judge(git, base, &changes, &content)?;
    violations.extend(harvested.refused().iter().cloned());
    violations.extend(leak::in_harvest(
        git,
        &harvested,
        &changes,
        redactor,
        rules.allowed_secrets(),
    )?);
    let broken: HashSet<&str> = violations.iter().map(|violation| violation.path.as_str()).collect();
    let in_scope: Vec<&Change> = changes
        .iter()
        .filter(|change| !broken.contains(&*change.path.to_text()))
        .collect();
    let tree = write(git, &harvested, &in_scope)?;
    let judged = if !violations.is_empty() {
        Judged::Refused {
            violations,
            kept: (!in_scope.is_empty()).then_some(tree),
        }
    } else if changes.is_empty() {
        Judged::Empty
    } else {
        Judged::InScope(InScope { base, tree, changes })
    };
    let others = notes.len().saturating_sub(MOST_NOTES);
    if others > 0 {
        notes.truncate(MOST_NOTES);
        notes.push(format!("and {others} more"));
    }
    Ok((judged, notes))
}

fn write(git: &Repository, harvested: &Harvested, changes: &[&Change]) -> Result<TreeId, WriteError> {
    let contents: Vec<&[u8]> = changes
        .iter()
        .filter_map(|change| harvested.content(change.new?.blob))
        .collect();
    // What a pointer names is there before the pointer is.
    for object in changes.iter().filter_map(|change| harvested.object(change.new?.blob)) {
        git.keep_lfs(object)?;
    }
    if !contents.is_empty() {
        git.write_blobs(&contents)?;
    }
    let edits: Vec<_> = changes.iter().map(|change| (change.path.clone(), change.new)).collect();
    if edits.is_empty() {
        return Ok(harvested.base());
    }
    git.write_tree(harvested.base(), &edits)
}
