//! Reversals: commits that say they undo others. Only an ancestor can be undone, what is not taken out is judged as any
//! change, and what is taken out is held to what governs the work: a reversal, too, changes files.

use std::collections::BTreeSet;

use crate::config::{Config, Unrecorded};
use crate::domain::audit::{AuditRule, Finding};
use crate::domain::block;
use crate::domain::change::{Change, ChangeSet};
use crate::domain::gate::AiPermission;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::reversal::{self, Reversal};
use crate::domain::scope::Protected;
use crate::domain::trailer::{self, Said};
use crate::engine::history::undo::{self, Undoing};
use crate::engine::undo::{self as task_undo, LEDGER, Undone};
use crate::git::Commit;

use super::walk::TakenOut;
use super::{AuditError, Auditor, Stop};

/// The longest chain of reverts of reverts that is followed.
const MOST_REVERTS: usize = 64;

impl Auditor<'_> {
    /// A commit that says it undoes others.
    pub(super) fn reversal(&mut self, commit: &Commit, said: &Reversal) -> Result<(), Stop> {
        let Some(undoing) = undo::of(self.git, commit, said)? else {
            // What names nothing may be found by its content, when the whole course is known.
            self.opinion.speaks = Some(commit.id);
            return self.plain(commit);
        };
        let base = self.base_of(commit)?;
        let changes = self.git.diff(base, commit.tree)?;
        let is_word = changes.iter().all(|change| change.path.is_under(LEDGER));
        self.opinion.disowned = self.adoptions_of(said, &undoing, is_word)?;
        if self.brings_back_what_never_landed(&undoing)? {
            return self.plain(commit);
        }
        let undoing = self.of_task(commit, said, undoing)?;
        // A plain revert takes a record away with the landing that brought it; what else becomes of records is ours.
        let is_ours = !said.tasks.is_empty();
        let records = changes
            .iter()
            .filter(|change| is_ours || undoing.beside.contains(&change.path));
        self.records(commit, base, records)?;
        let mut taken_out = Vec::new();
        for change in changes.iter().filter(|change| !change.path.is_under(LEDGER)) {
            if undoing.conflicts.contains(&change.path) && self.is_resolution(commit, change, &undoing)? {
                let path = change.path.to_string();
                let message = format!("{path}: what it undoes conflicts with later work, and was resolved by hand");
                self.find(commit.id, None, AuditRule::Resolution, Some(path), message);
                taken_out.push(change.clone());
            } else if undoing.beside.contains(&change.path) || undoing.conflicts.contains(&change.path) {
                self.beside(commit, change, &undoing);
            } else {
                taken_out.push(change.clone());
            }
        }
        let mut landed = Vec::new();
        for undone in &undoing.undone {
            let said = trailer::read_message(&self.git.commit(*undone)?.message);
            landed.extend(said.into_iter().filter_map(|said| match said {
                Said::Landed(task) => Some(task),
                _ => None,
            }));
        }
        self.taken_out(commit, &ChangeSet::new(taken_out), &undoing.undone, landed)?;
        // What changes no file takes out nothing, whatever it says.
        if !is_word {
            self.opinion.undone = undoing.undone;
        }
        Ok(())
    }

    /// What a commit is held to that names nothing, and of which its content alone tells that it takes landings out.
    pub(super) fn by_content(&mut self, id: CommitId, undone: &[TakenOut]) -> Result<Vec<Finding>, AuditError> {
        let result = self.git.commit(id).map_err(Stop::from).and_then(|commit| {
            let changes = self.git.diff(self.base_of(&commit)?, commit.tree)?;
            let is_theirs = |change: &&Change| {
                let mut paths = undone.iter().flat_map(|(_, _, changes)| changes.paths());
                paths.any(|path| *path == change.path)
            };
            let changes = ChangeSet::new(changes.iter().filter(is_theirs).cloned().collect());
            let landings: Vec<CommitId> = undone.iter().map(|(_, landing, _)| *landing).collect();
            let tasks = undone.iter().map(|(task, ..)| task.clone()).collect();
            self.taken_out(&commit, &changes, &landings, tasks)
        });
        Ok(self.ended(id, result)?.findings)
    }

    /// The adoptions that a reversal takes back: those that the commits spoke which it names, and, where it changes no
    /// file itself, what it names of commits that do not say of themselves that they land the task.
    fn adoptions_of(&self, said: &Reversal, undoing: &Undoing, is_word: bool) -> Result<Vec<(TaskId, CommitId)>, Stop> {
        let mut found = Vec::new();
        for undone in &undoing.undone {
            let spoken = trailer::read_message(&self.git.commit(*undone)?.message);
            found.extend(spoken.into_iter().filter_map(|said| match said {
                Said::Adopted { task, landing } => Some((task, landing)),
                _ => None,
            }));
        }
        for (task, landing) in said.tasks.iter().filter(|_| is_word) {
            let claims = block::claims(&self.git.commit(*landing)?.message);
            if claims.iter().all(|claim| claim.task != *task) {
                found.push((task.clone(), *landing));
            }
        }
        Ok(found)
    }

    /// A rollback takes its task's own change out, and nothing else of the commit that brought it.
    fn of_task(&self, commit: &Commit, said: &Reversal, undoing: Undoing) -> Result<Undoing, Stop> {
        let ([(task, landing)], Some(parent)) = (&said.tasks[..], commit.parents.first()) else {
            return Ok(undoing);
        };
        let Undone::Clean(tree) = task_undo::undo(self.git, task, *landing, *parent)? else {
            return Ok(undoing);
        };
        let differing = self.git.diff(tree, commit.tree)?;
        Ok(Undoing {
            undone: undoing.undone,
            beside: differing.paths().cloned().collect(),
            conflicts: BTreeSet::new(),
            joined: Some(tree),
        })
    }

    /// A path where the commit does something else than it says.
    fn beside(&mut self, commit: &Commit, change: &Change, undoing: &Undoing) {
        let named = undoing
            .undone
            .first()
            .map(|undone| undone.short(10))
            .unwrap_or_default();
        let path = change.path.to_string();
        let message = format!("{path}: it says that it undoes {named}, and does something else");
        self.find(commit.id, None, AuditRule::Revert, Some(path), message);
        if change.path.is_harness() {
            self.plain_change(commit, change);
        }
    }

    /// What is taken out changes files like anything else: what governs the work and what is protected is for people, and
    /// so is taking back what no task brought.
    fn taken_out(
        &mut self,
        commit: &Commit,
        changes: &ChangeSet,
        undone: &[CommitId],
        mut landed: Vec<TaskId>,
    ) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        let config = self.config_of(base)?;
        let protected = Protected::new(&config.policy.protected).ok();
        let mut is_work = false;
        for change in changes {
            let path = change.path.to_string();
            let message = if change.path.is_harness() {
                format!("{path}: what governs the work was changed, by undoing")
            } else {
                is_work = true;
                let pattern = protected.as_ref().and_then(|globs| globs.pattern_for(&change.path));
                let Some(pattern) = pattern else { continue };
                format!("{path}: undone, and protected by `{pattern}`")
            };
            self.find(commit.id, None, AuditRule::Governance, Some(path), message);
        }
        if !is_work {
            return Ok(());
        }
        if landed.is_empty() && self.strictness.unrecorded == Unrecorded::Refuse {
            let names: Vec<String> = undone.iter().take(3).map(|undone| undone.short(10)).collect();
            let message = format!("it undoes {}, which no task landed", names.join(", "));
            self.find(commit.id, None, AuditRule::Governance, None, message);
        }
        landed.sort();
        landed.dedup();
        for task in landed {
            self.guarded(commit, &task, &config)?;
        }
        Ok(())
    }

    /// Whether undoing a task's landing takes back what a lane had somebody look at.
    fn guarded(&mut self, commit: &Commit, task: &TaskId, config: &Config) -> Result<(), Stop> {
        let base = self.base_of(commit)?;
        let path = task.card_path();
        let Some(text) = self.git.file(base, &path)? else {
            return Ok(());
        };
        let Ok(card) = parse_card(&path, &String::from_utf8_lossy(&text)) else {
            return Ok(());
        };
        let lane = config.lane(&card);
        let gates = lane.gates_for(&card);
        let message = match (lane.ai, &gates[..]) {
            (AiPermission::Build, []) => return Ok(()),
            (_, []) => format!(
                "it undoes {task} of the lane {}, in which models build nothing",
                lane.name
            ),
            (_, gates) => format!("it undoes {task}, which had passed {}", gates.join(", ")),
        };
        self.find(commit.id, Some(task), AuditRule::Governance, None, message);
        Ok(())
    }

    /// Whether to undo these commits is to do once more what no task did: a revert of a revert brings its first change
    /// back, and that counts as much as it did then.
    fn brings_back_what_never_landed(&self, undoing: &Undoing) -> Result<bool, Stop> {
        for undone in &undoing.undone {
            if self.chain_brings_back(*undone)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn chain_brings_back(&self, undone: CommitId) -> Result<bool, Stop> {
        let mut commit = self.git.commit(undone)?;
        let mut brings_back = false;
        for _ in 0..MOST_REVERTS {
            let before = match reversal::read(&commit.message) {
                Some(said) if commit.parents.len() == 1 => undo::of(self.git, &commit, &said)?,
                _ => None,
            };
            let Some(&before) = before.as_ref().and_then(|before| before.undone.first()) else {
                let said = trailer::read_message(&commit.message);
                let landed = said.iter().any(|said| matches!(said, Said::Landed(_)));
                return Ok(brings_back && !landed);
            };
            brings_back = !brings_back;
            commit = self.git.commit(before)?;
        }
        Ok(true)
    }
}
