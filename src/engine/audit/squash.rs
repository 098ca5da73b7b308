//! Squashes: one commit that brings the work of several tasks, or of one whose block stands amid the body. Each block, or
//! where the message has none each record that came with it, is a claim; it counts as far as content bears it out, as it
//! does for the states of tasks. What the commit brings besides is judged as any change.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::audit::{AuditRule, Finding};
use crate::domain::block::{self, Claim};
use crate::domain::change::{Change, ChangeSet, FileMode};
use crate::domain::check::check_set_digest;
use crate::domain::id::TaskId;
use crate::domain::oid::TreeId;
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::record::TaskRecord;
use crate::domain::reversal;
use crate::domain::scope::Allowed;
use crate::domain::scope::violation::Violation;
use crate::domain::trailer::{self, TASK, Trailer, VERIFIES};
use crate::engine::facts::block_of;
use crate::engine::history;
use crate::engine::judge::Rules;
use crate::engine::limits;
use crate::engine::undo::LEDGER;
use crate::git::{Commit, How};

use super::landing::{ANOTHER_TREE, row_place};
use super::{Auditor, Landing, Stop, renewal};

/// What a squash says that it brings.
pub(super) struct Squash {
    claims: Vec<Claim>,
    /// How content bears each out, if it does.
    proven: Vec<Option<How>>,
    /// The message has blocks; else records tell.
    is_told: bool,
}

/// A claim that holds, with the card that it is judged by.
struct Member<'c> {
    claim: &'c Claim,
    how: How,
    card: Card,
    config: Arc<Config>,
    check_tree: TreeId,
}

impl Auditor<'_> {
    /// Whether a commit is a squash: its message has more blocks than the one that git finds, or none, and the records of
    /// tasks came with their work.
    pub(super) fn squashed(&mut self, commit: &Commit) -> Result<Option<Squash>, Stop> {
        let base = self.base_of(commit)?;
        let claims = block::claims(&commit.message);
        let own = trailer::trailers(&commit.message);
        let is_landing = own.iter().any(|(key, _)| key.eq_ignore_ascii_case(TASK));
        if commit.parents.len() != 1 || commit.tree == base || (claims.len() == 1 && is_landing) {
            return Ok(None);
        }
        let is_told = !claims.is_empty();
        let says_more = own.iter().any(|(key, _)| trailer::is_harness_key(key));
        let claims = match (is_told, is_landing || says_more) {
            (true, _) => claims,
            (false, true) => return Ok(None),
            // A revert of a revert brings records back, too.
            (false, false) if reversal::speaks(&commit.message) => return Ok(None),
            (false, false) => self.recorded(commit, base)?,
        };
        if claims.is_empty() {
            return Ok(None);
        }
        let proven = history::borne_out(self.git, commit, &claims)?;
        // A record alone says nothing.
        let is_one = is_told || proven.iter().any(Option::is_some);
        Ok(is_one.then_some(Squash {
            claims,
            proven,
            is_told,
        }))
    }

    /// What the records claim that a commit brings.
    fn recorded(&self, commit: &Commit, base: TreeId) -> Result<Vec<Claim>, Stop> {
        let folder = |tree| self.git.subtree(tree, LEDGER);
        let (before, after) = (folder(base)?, folder(commit.tree)?);
        let Some(after) = after.filter(|after| before != Some(*after)) else {
            return Ok(Vec::new());
        };
        let mut claims = Vec::new();
        for change in &self.git.diff(before.unwrap_or_else(|| self.git.empty_tree()), after)? {
            let name = change.path.to_text();
            let task = name.strip_suffix(".toml").and_then(|name| name.parse::<TaskId>().ok());
            let (Some(task), Some(new)) = (task, change.new) else {
                continue;
            };
            let record = TaskRecord::of_bytes(&self.git.blob(new.blob)?);
            claims.extend(record.and_then(|record| history::claim_of(&task, &record)));
        }
        Ok(claims)
    }

    pub(super) fn squash(&mut self, commit: &Commit, squash: &Squash) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        let changes = self.git.diff(base, commit.tree)?;
        if squash.is_told {
            self.told(commit, squash);
        }
        let mut members = Vec::new();
        for (claim, how) in squash.claims.iter().zip(&squash.proven) {
            let Some((card, config)) = self.card_of(commit, base, claim)? else {
                continue;
            };
            match how {
                Some(how) => members.push(Member {
                    claim,
                    how: *how,
                    check_tree: self.git.narrowed_id(commit.tree, &config.cone_for(&card))?,
                    card,
                    config,
                }),
                None => self.not_borne_out(commit, claim, &card, &changes),
            }
        }
        // The one that came last was verified as the whole is; without it, something else came in.
        let is_whole = members.iter().any(|member| member.claim.tree == member.check_tree);
        for member in &members {
            self.member(commit, base, squash, member, is_whole)?;
        }
        self.brought_besides(commit, base, squash, &members, &changes)
    }

    /// Lines of ours that are no whole block, and what was verified on the branch before it was squashed.
    fn told(&mut self, commit: &Commit, squash: &Squash) {
        if block::begun(&commit.message) > squash.claims.len() {
            let message = "a block of it is not whole".to_owned();
            self.find(commit.id, None, AuditRule::Trailers, None, message);
        }
        for block in trailer::blocks(&commit.message) {
            if let Some((task, landing)) = trailer::value(&block, VERIFIES).and_then(trailer::task_at) {
                self.opinion
                    .renewals
                    .extend(renewal::renewal(&block, commit.id, task, landing));
            }
        }
    }

    /// The card that a claim names, at the base, or as the squash brings it, and the configuration beside it.
    fn card_of(&mut self, commit: &Commit, base: TreeId, claim: &Claim) -> Result<Option<(Card, Arc<Config>)>, Stop> {
        let (task, path) = (&claim.task, claim.task.card_path());
        let mut any = false;
        for tree in [base, commit.tree] {
            let Some(entry) = self.git.entry(tree, &path)? else {
                continue;
            };
            any = true;
            if entry.blob != claim.card {
                continue;
            }
            let text = self.git.blob(entry.blob)?;
            if let Ok(card) = parse_card(&path, &String::from_utf8_lossy(&text))
                && card.id == *task
            {
                return Ok(Some((card, self.config_of(tree)?)));
            }
        }
        let message = match any {
            true => "it names another card than the one at its base".to_owned(),
            false => format!("there is no card of {task} at its base"),
        };
        self.find(commit.id, Some(task), AuditRule::Card, None, message);
        Ok(None)
    }

    /// A block whose work is not in the commit. Where the task landed before, or its landing was undone on the branch, that
    /// is as it should be.
    fn not_borne_out(&mut self, commit: &Commit, claim: &Claim, card: &Card, changes: &ChangeSet) {
        let allowed = Allowed::new(&card.files).ok();
        let touches = allowed.is_some_and(|allowed| changes.paths().any(|path| allowed.matches(path)));
        if !touches && reversal::speaks(&commit.message) {
            return;
        }
        self.opinion.unless_landed.push(Finding {
            commit: commit.id,
            task: Some(claim.task.clone()),
            rule: AuditRule::Evidence,
            level: AuditRule::Evidence.level(),
            path: None,
            message: format!(
                "it speaks of {}, and does not hold what was verified for it",
                claim.task
            ),
        });
    }

    /// A task whose work the squash brings.
    fn member(
        &mut self,
        commit: &Commit,
        base: TreeId,
        squash: &Squash,
        member: &Member,
        is_whole: bool,
    ) -> Result<(), Stop> {
        let Member {
            claim, card, config, ..
        } = member;
        let task = &claim.task;
        let checks = config.checks_for(card);
        if !is_whole || member.how != How::Verified {
            self.find(
                commit.id,
                Some(task),
                AuditRule::Evidence,
                None,
                ANOTHER_TREE.to_owned(),
            );
        }
        if claim.checks != check_set_digest(&checks).short() {
            let message = "its evidence is for other checks than those of its card at its base".to_owned();
            self.find(commit.id, Some(task), AuditRule::Evidence, None, message);
        }
        let record = self.git.file(commit.tree, &task.record_path())?;
        let record = record.and_then(|bytes| TaskRecord::of_bytes(&bytes));
        let own = match (squash.is_told, &record) {
            (true, _) => block_of(commit, task).unwrap_or_default(),
            (false, Some(record)) => reviewers(record),
            (false, None) => Vec::new(),
        };
        self.approvals(commit, card, &own, config)?;
        self.plan_approval(commit, base, card, config)?;
        let row = claim.row.as_ref();
        self.opinion.landings.push(Landing {
            commit: commit.id,
            parent: commit.parents.first().copied().unwrap_or(commit.id),
            task: task.clone(),
            tree: commit.tree,
            seconds: commit.seconds,
            card: claim.card,
            config: config.clone(),
            cone: config.cone_for(card),
            checks,
            row: row.and_then(|(place, hash)| row_place(&format!("{place} {hash}"))),
            squashed: Some(claim.tree),
        });
        Ok(())
    }

    /// Everything that the commit changes: in scope of one of its tasks, or without any.
    fn brought_besides(
        &mut self,
        commit: &Commit,
        base: TreeId,
        squash: &Squash,
        members: &[Member],
        changes: &ChangeSet,
    ) -> Result<(), Stop> {
        let (governing, work): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| change.path.is_harness());
        let work = ChangeSet::new(work.into_iter().cloned().collect());
        let mut others = Vec::new();
        for change in governing {
            match change.path.is_under(LEDGER) {
                true if self.is_own_record(commit, squash, change)? => {}
                true => others.push(change),
                false => self.plain_change(commit, change),
            }
        }
        self.records(commit, base, others.into_iter())?;
        let mut broken: BTreeMap<String, Vec<(TaskId, Violation)>> = BTreeMap::new();
        let parent = commit.parents.first().copied().unwrap_or(commit.id);
        for member in members {
            let rules = Rules::new(&member.card, &member.config, self.git, parent)?;
            for violation in rules.violations(self.git, base, &work)? {
                let of_path = broken.entry(violation.path.clone()).or_default();
                if of_path.iter().all(|(task, _)| *task != member.claim.task) {
                    of_path.push((member.claim.task.clone(), violation));
                }
            }
        }
        for change in &work {
            let path = change.path.to_text().into_owned();
            let found = broken.get(&path).map_or(&[][..], Vec::as_slice);
            if found.len() < members.len() {
                continue;
            }
            let is_named = |task: &TaskId| {
                let member = members.iter().find(|member| member.claim.task == *task);
                let allowed = member.and_then(|member| Allowed::new(&member.card.files).ok());
                allowed.is_some_and(|allowed| allowed.matches(&change.path))
            };
            match found.iter().find(|(task, _)| is_named(task)) {
                Some((task, violation)) => {
                    self.find(
                        commit.id,
                        Some(task),
                        AuditRule::Scope,
                        Some(path),
                        violation.to_string(),
                    );
                }
                // People's own work on the branch was squashed along.
                None => self.plain_change(commit, change),
            }
        }
        if let Some(first) = members.first() {
            for violation in limits::broken(self.git, &first.config.policy, &work)? {
                let (path, message) = (violation.path.clone(), violation.to_string());
                self.find(
                    commit.id,
                    Some(&first.claim.task),
                    AuditRule::Scope,
                    Some(path),
                    message,
                );
            }
            self.contents(commit, base, &first.card, &first.config, changes)?;
        }
        Ok(())
    }

    /// Whether a record is the one of a task of the squash: of what was verified, or of what was undone on the branch.
    fn is_own_record(&self, commit: &Commit, squash: &Squash, change: &Change) -> Result<bool, Stop> {
        let mut claims = squash.claims.iter().zip(&squash.proven);
        let name = change.path.to_text();
        let Some((claim, how)) = claims.find(|(claim, _)| claim.task.record_path() == *name) else {
            return Ok(false);
        };
        let Some(entry) = change.new.filter(|new| new.mode == FileMode::Regular) else {
            return Ok(false);
        };
        let record = TaskRecord::of_bytes(&self.git.blob(entry.blob)?);
        Ok(record.is_some_and(|record| {
            let is_of_claim = record.id == claim.task.as_str()
                && record.check_tree == claim.tree.to_string()
                && record.card == claim.card.to_string();
            let is_undone = !record.is_complete() && !record.undone.is_empty() && reversal::speaks(&commit.message);
            is_of_claim && (how.is_some() && record.is_complete() || how.is_none() && is_undone)
        }))
    }
}

/// Who agreed to a landing, as its record tells.
fn reviewers(record: &TaskRecord) -> Vec<Trailer> {
    let mut found: Vec<Trailer> = record
        .approved_by
        .iter()
        .map(|by| ("Reviewed-by".to_owned(), by.clone()))
        .collect();
    if record.self_approved {
        found.push(("Harness-Self-Approved".to_owned(), "yes".to_owned()));
    }
    found
}
