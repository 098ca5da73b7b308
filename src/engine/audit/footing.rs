//! What a range stands on: how strict to be, and what had landed before.

use std::collections::BTreeMap;

use crate::config::{PlanApproval, Unrecorded};
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::engine::history;
use crate::git::Repository;

use super::{AuditError, Auditor, Range};

/// How strict to be, by what the range stands on: a commit of the range cannot loosen it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strictness {
    pub(super) unrecorded: Unrecorded,
    pub(super) plan_approval: PlanApproval,
}

/// What a range stands on.
#[derive(Default)]
pub(super) struct Footing {
    pub(super) strictness: Strictness,
    /// Where each task had landed.
    pub(super) landed: BTreeMap<TaskId, CommitId>,
}

impl Footing {
    pub(super) fn of(git: &Repository, range: &Range) -> Result<Self, AuditError> {
        let mut footing = Self::default();
        if let Some(commit) = range.base
            && let tree = git.tree_of(commit)?
            && git.subtree(tree, ".harness")?.is_some()
        {
            if let Ok(config) = Auditor::new(git, Strictness::default()).config_of(tree) {
                footing.strictness.unrecorded = config.unrecorded;
                footing.strictness.plan_approval = config.approval.plan;
            }
            for commit in &range.strict {
                let tree = git.tree_of(*commit)?;
                if git.subtree(tree, ".harness")?.is_none() {
                    continue;
                }
                if let Ok(config) = Auditor::new(git, Strictness::default()).config_of(tree) {
                    if config.unrecorded == Unrecorded::Refuse {
                        footing.strictness.unrecorded = Unrecorded::Refuse;
                    }
                    if config.approval.plan == PlanApproval::Required {
                        footing.strictness.plan_approval = PlanApproval::Required;
                    }
                }
            }
            // What landed on the base after the two parted is no landing of what is judged: a release branch brings
            // the same work again.
            for commit in git.footing_of(&range.tips, &range.without)? {
                let before = history::of(git, commit, None)?;
                let landings = before.landings().map(|(task, commit)| (task.clone(), commit));
                footing.landed.extend(landings);
            }
        }
        Ok(footing)
    }
}
