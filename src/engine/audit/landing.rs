//! A landing: everything that its trailers, its card and its tree say of one another.

use crate::config::{Config, PlanApproval};
use crate::domain::audit::AuditRule;
use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::check::{Check, check_set_digest};
use crate::domain::gate::SelfApproval;
use crate::domain::id::TaskId;
use crate::domain::oid::{CommitId, Digest, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::record::TaskRecord;
use crate::domain::scope::cone::Cone;
use crate::domain::trailer::{self, EvidenceLine, Trailer};
use crate::engine::history;
use crate::engine::judge::Rules;
use crate::engine::limits;
use crate::engine::undo::LEDGER;
use crate::git::{Commit, HistorySeed, ReadError};

use super::{Auditor, Landing, Stop};

/// Keys that every landing has, once.
const WANTED: [&str; 5] = [
    trailer::TASK,
    "Harness-Attempt",
    "Harness-Card",
    "Harness-Evidence",
    "Harness-Ledger",
];

/// Keys of ours that a landing may have besides.
const ALLOWED: [&str; 1] = ["Harness-Self-Approved"];

/// What is found where a landing was moved, by a rebase or a squash, to where nobody verified it.
pub const ANOTHER_TREE: &str = "its evidence is for another tree than the one committed";

impl Auditor<'_> {
    pub(super) fn landing(&mut self, commit: &Commit, task: &TaskId, own: &[Trailer]) -> Result<(), Stop> {
        self.trailers(commit, task, own);
        let base = self.base_of(commit)?;
        let config = self.config_of(base)?;
        let path = task.card_path();
        let Some(entry) = self.card_entry(base, task)? else {
            let message = format!("there is no card of {task} at its base");
            return Err(Stop::Finding(AuditRule::Card, message));
        };
        let text = self.git.blob(entry.blob)?;
        let card = parse_card(&path, &String::from_utf8_lossy(&text))
            .map_err(|_| Stop::Finding(AuditRule::Card, format!("the card of {task} at its base has mistakes")))?;
        if trailer::value(own, "Harness-Card").is_some_and(|named| named != entry.blob.to_string()) {
            let message = "it names another card than the one at its base".to_owned();
            self.find(commit.id, Some(task), AuditRule::Card, None, message);
        }
        if card.id != *task {
            let message = format!("the card of {task} at its base says that it is {}", card.id);
            return Err(Stop::Finding(AuditRule::Card, message));
        }
        let changes = self.git.diff(base, commit.tree)?;
        // The harness writes the task's own record into its landing.
        let record = task.record_path();
        let (record, others): (Vec<&Change>, Vec<&Change>) = changes
            .iter()
            .partition(|change| change.path.as_bytes() == record.as_bytes());
        // And it may carry records that other landings lack.
        let (carried, by_builder): (Vec<&Change>, Vec<&Change>) =
            others.into_iter().partition(|change| change.path.is_under(LEDGER));
        let by_builder = ChangeSet::new(by_builder.into_iter().cloned().collect());
        let cone = config.cone_for(&card);
        let check_tree = self.git.narrowed_id(commit.tree, &cone)?;
        self.scope(commit, base, &card, &config, &by_builder)?;
        self.contents(commit, base, &card, &config, &changes)?;
        let checks = config.checks_for(&card);
        self.evidence(commit, task, own, &checks, check_tree);
        self.approvals(commit, &card, own, &config)?;
        self.plan_approval(commit, base, &card, &config)?;
        self.records(commit, base, carried.into_iter())?;
        if let [record] = record[..] {
            self.record(commit, base, task, own, record, (&by_builder, check_tree))?;
        }
        self.opinion.landings.push(Landing {
            commit: commit.id,
            parent: commit.parents.first().copied().unwrap_or(commit.id),
            task: task.clone(),
            tree: commit.tree,
            seconds: commit.seconds,
            card: entry.blob,
            config,
            cone,
            checks,
            row: trailer::value(own, "Harness-Ledger").and_then(row_place),
            squashed: None,
        });
        Ok(())
    }

    /// A card's entry in a tree.
    fn card_entry(&mut self, tree: TreeId, task: &TaskId) -> Result<Option<Entry>, ReadError> {
        let path = task.card_path();
        let Some((folder, name)) = path.rsplit_once('/') else {
            return Ok(None);
        };
        let Some(folder) = self.git.subtree(tree, folder)? else {
            return Ok(None);
        };
        let known = self.cards.take().filter(|known| known.tree() == folder);
        let cards = match known {
            Some(known) => known,
            None => self.git.folder(folder)?,
        };
        Ok(self.cards.insert(cards).file(name))
    }

    fn trailers(&mut self, commit: &Commit, task: &TaskId, own: &[Trailer]) {
        let count = |key: &str| own.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key)).count();
        for key in WANTED {
            let message = match count(key) {
                1 => continue,
                0 => format!("the trailer {key} is missing"),
                _ => format!("the trailer {key} stands more than once"),
            };
            self.find(commit.id, Some(task), AuditRule::Trailers, None, message);
        }
        for (key, _) in own {
            let is_ours = trailer::is_harness_key(key);
            let is_known = WANTED
                .iter()
                .chain(&ALLOWED)
                .any(|known| known.eq_ignore_ascii_case(key));
            if is_ours && !is_known {
                let message = format!("the trailer {key} does not belong to a landing");
                self.find(commit.id, Some(task), AuditRule::Trailers, None, message);
            }
        }
        let malformed = trailer::value(own, "Harness-Ledger").is_some_and(|text| row_place(text).is_none())
            || trailer::value(own, "Harness-Attempt").is_some_and(|text| text.parse::<u32>().is_err());
        if malformed {
            let message = "a trailer of it is malformed".to_owned();
            self.find(commit.id, Some(task), AuditRule::Trailers, None, message);
        }
    }

    fn scope(
        &mut self,
        commit: &Commit,
        base: TreeId,
        card: &Card,
        config: &Config,
        by_builder: &ChangeSet,
    ) -> Result<(), Stop> {
        let rules = Rules::new(
            card,
            config,
            self.git,
            commit.parents.first().copied().unwrap_or(commit.id),
        )?;
        let mut violations = rules.violations(self.git, base, by_builder)?;
        violations.extend(limits::broken(self.git, &config.policy, by_builder)?);
        for violation in violations {
            let (path, message) = (violation.path.clone(), violation.to_string());
            self.find(commit.id, Some(&card.id), AuditRule::Scope, Some(path), message);
        }
        Ok(())
    }

    fn evidence(&mut self, commit: &Commit, task: &TaskId, own: &[Trailer], checks: &[Check], check_tree: TreeId) {
        let Some(text) = trailer::value(own, "Harness-Evidence") else {
            return;
        };
        let Some(EvidenceLine { tree, digest, counts }) = EvidenceLine::read(text) else {
            let message = "Harness-Evidence is malformed".to_owned();
            self.find(commit.id, Some(task), AuditRule::Evidence, None, message);
            return;
        };
        let mut wrong = Vec::new();
        if tree != check_tree.to_string() {
            wrong.push(ANOTHER_TREE.to_owned());
        }
        if digest != check_set_digest(checks).short() {
            wrong.push("its evidence is for other checks than those of its card at its base".to_owned());
        }
        let all = checks.len().to_string();
        if let Some(counts) = counts.filter(|counts| counts.split_once('/') != Some((all.as_str(), all.as_str()))) {
            wrong.push(format!("its evidence says {counts}, and {all} checks had to pass"));
        }
        for message in wrong {
            self.find(commit.id, Some(task), AuditRule::Evidence, None, message);
        }
    }

    pub(super) fn approvals(
        &mut self,
        commit: &Commit,
        card: &Card,
        own: &[Trailer],
        config: &Config,
    ) -> Result<(), Stop> {
        let gates = config.lane(card).gates_for(card);
        if gates.is_empty() {
            return Ok(());
        }
        let record = self.git.file(commit.tree, &card.id.record_path())?;
        let record = record.and_then(|bytes| TaskRecord::parse(&String::from_utf8_lossy(&bytes)));
        // Without a record the change is a person's, committed through the hooks.
        let author = record.map_or_else(|| commit.author.to_string(), |record| record.author);
        let reviewers: Vec<&str> = own
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case("Reviewed-by"))
            .map(|(_, value)| value.as_str())
            .collect();
        let self_approved = trailer::value(own, "Harness-Self-Approved").is_some();
        let message = if reviewers.iter().any(|reviewer| *reviewer != author) {
            return Ok(());
        } else if reviewers.is_empty() {
            format!(
                "the gates {} were passed, and nobody is named who opened them",
                gates.join(", ")
            )
        } else if self_approved && config.approval.self_ == SelfApproval::Allow {
            return Ok(());
        } else {
            format!("its author alone opened the gates {}", gates.join(", "))
        };
        self.find(commit.id, Some(&card.id), AuditRule::Approval, None, message);
        Ok(())
    }

    pub(super) fn plan_approval(
        &mut self,
        commit: &Commit,
        base: TreeId,
        card: &Card,
        config: &Config,
    ) -> Result<(), Stop> {
        if config.approval.plan == PlanApproval::None && self.strictness.plan_approval == PlanApproval::None {
            return Ok(());
        }
        let Some(parent) = commit.parents.first() else {
            return Ok(());
        };
        let wanted = self.plan_digest(base, card)?;
        let history = history::of(self.git, *parent, self.approvals.take())?;
        let is_approved = history
            .approvals()
            .iter()
            .any(|(plan, digest, ..)| *plan == card.plan && *digest == wanted);
        self.approvals = Some(HistorySeed::new(*parent, history));
        if !is_approved {
            let message = format!("nobody approved the plan {} as it stood", card.plan);
            self.find(commit.id, Some(&card.id), AuditRule::PlanApproval, None, message);
        }
        Ok(())
    }

    fn plan_digest(&self, base: TreeId, card: &Card) -> Result<Digest, Stop> {
        let mut rows = Vec::new();
        for (path, entry) in self.git.list(base, ".harness/tasks")? {
            let name = path.to_text().into_owned();
            if !name.ends_with(".md") {
                continue;
            }
            let text = self.git.blob(entry.blob)?;
            if let Ok(other) = parse_card(&name, &String::from_utf8_lossy(&text))
                && other.plan == card.plan
            {
                rows.push((other.id, entry.blob));
            }
        }
        Ok(crate::engine::project::plan_digest(rows))
    }

    /// The record of the landing itself. After a rebase record and trailers are both of the tree that was verified, which
    /// is found once, as evidence.
    fn record(
        &mut self,
        commit: &Commit,
        base: TreeId,
        task: &TaskId,
        own: &[Trailer],
        written: &Change,
        (by_builder, check_tree): (&ChangeSet, TreeId),
    ) -> Result<(), Stop> {
        let Some(entry) = written.new else {
            return Ok(());
        };
        let text = self.git.blob(entry.blob)?;
        let record = TaskRecord::of_bytes(&text);
        let verified = trailer::value(own, "Harness-Evidence").and_then(EvidenceLine::read);
        let is_moved = verified.is_some_and(|line| line.tree != check_tree.to_string());
        let is_on_parent = match &record {
            Some(record) => record.parent_tree == base.to_string() || self.is_of_parent(commit, record)?,
            None => false,
        };
        let fits = entry.mode == FileMode::Regular
            && record.is_some_and(|record| {
                let changes = record.change_set();
                let is_change = changes.is_none_or(|changes| changes.iter().eq(by_builder.iter()));
                record.id == task.as_str()
                    && verified.is_some_and(|line| line.tree == record.check_tree)
                    && (is_moved || is_on_parent && is_change)
            });
        if !fits {
            let message = "its record is for another task, parent or tree".to_owned();
            self.find(
                commit.id,
                Some(task),
                AuditRule::Record,
                Some(task.record_path()),
                message,
            );
        }
        Ok(())
    }
}

impl Auditor<'_> {
    /// Whether a record's parent has the content of the commit's.
    fn is_of_parent(&self, commit: &Commit, record: &TaskRecord) -> Result<bool, Stop> {
        let Some(parent) = commit.parents.first() else {
            return Ok(false);
        };
        if record.parent == parent.to_string() {
            return Ok(true);
        }
        let Ok(named) = record.parent.parse::<CommitId>() else {
            return Ok(false);
        };
        let before = match record.parent_tree.parse::<TreeId>() {
            Ok(tree) => tree,
            Err(_) if self.git.contains(named.object_id()) => self.git.tree_of(named)?,
            // It was rewritten and is gone; the tree that was verified is the one that is here.
            Err(_) => return Ok(true),
        };
        let now = self.git.tree_of(*parent)?;
        if before == now || !self.git.contains(before.object_id()) {
            return Ok(true);
        }
        Ok(self.git.narrowed_id(before, &Cone::WHOLE)? == self.git.narrowed_id(now, &Cone::WHOLE)?)
    }
}

/// `<writer>:<seq> <hash>` of a trailer.
pub(super) fn row_place(text: &str) -> Option<(String, u64, String)> {
    let (place, hash) = text.split_once(' ')?;
    let (writer, seq) = place.split_once(':')?;
    Some((writer.to_owned(), seq.parse().ok()?, hash.trim().to_owned()))
}
