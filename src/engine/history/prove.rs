//! Whether a commit holds the content that its blocks speak of. A block names the tree that was verified; it is believed
//! where that tree is the commit's, or comes out again when the commit's change is put on an older base, as it was before
//! a rebase, a cherry-pick or a squash moved it. Ids of trees are hashes: nothing else can come out the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::{self, Config, Layer, Source};
use crate::domain::block::Claim;
use crate::domain::change::{Change, ChangeSet, Entry};
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::record::TaskRecord;
use crate::domain::scope::Allowed;
use crate::domain::scope::cone::Cone;
use crate::git::{How, Merge, PlainView, ReadError, Repository, Saying};

use super::HistoryError;

/// How many commits back an older base is looked for.
const BASES: usize = 224;
/// How many commits of a branch may have been moved together.
const MOVED: usize = 32;
/// How many older bases are tried where the same files changed there.
const JOINS: usize = 8;
/// How many trees are put together in one go, and how many merges are made, so that a history of false claims costs
/// little.
const BUDGET: u32 = 40_000;
const MERGES: u32 = 256;

/// What changes of a commit, path by path.
type Edits = BTreeMap<RepoPath, (Option<Entry>, Option<Entry>)>;

/// Who holds claims against content.
pub struct Prover<'a> {
    git: &'a Repository,
    configs: HashMap<BlobId, Option<Arc<Config>>>,
    budget: u32,
    merges: u32,
}

impl<'a> Prover<'a> {
    /// With nothing read yet.
    pub fn new(git: &'a Repository) -> Self {
        Self {
            git,
            configs: HashMap::new(),
            budget: BUDGET,
            merges: MERGES,
        }
    }

    /// Whether a merge may be needed to hold these claims against the commit.
    pub fn needs_scratch(&mut self, saying: &Saying, claims: &[Claim]) -> Result<bool, HistoryError> {
        match claims {
            [claim] => Ok(!self.is_verified(saying, claim)?),
            _ => Ok(false),
        }
    }

    /// How each claim of a commit is borne out, if it is. `changes` is what the commit changes but for what governs the
    /// work; `moved` is where the branch was moved from, as far as that is known.
    pub fn prove(
        &mut self,
        saying: &Saying,
        claims: &[Claim],
        changes: &ChangeSet,
        scratch: Option<&PlainView>,
        moved: &mut Option<(CommitId, TreeId)>,
    ) -> Result<Vec<Option<How>>, HistoryError> {
        if let [claim] = claims {
            if self.is_verified(saying, claim)? {
                return Ok(vec![Some(How::Verified)]);
            }
            if self.rewritten(saying, claim, scratch, moved)? {
                return Ok(vec![Some(How::Rewritten)]);
            }
        }
        let parts = self.parts(saying, claims, changes)?;
        self.squashed(saying, claims, &parts, changes)
    }

    /// Whether the commit's tree is the one that was verified.
    fn is_verified(&mut self, saying: &Saying, claim: &Claim) -> Result<bool, HistoryError> {
        let cone = self.cone(saying.tree, claim)?;
        Ok(self.git.narrowed_id(saying.tree, &cone)? == claim.tree)
    }

    /// What the checks of a claim's card saw of a tree.
    fn cone(&mut self, tree: TreeId, claim: &Claim) -> Result<Cone, HistoryError> {
        let config = self.config(tree)?;
        match config {
            Some(config) if config.slot.sparse.is_some() => {
                let card = self.card(claim)?;
                Ok(card.map_or(Cone::WHOLE, |card| config.cone_for(&card)))
            }
            _ => Ok(Cone::WHOLE),
        }
    }

    fn config(&mut self, tree: TreeId) -> Result<Option<Arc<Config>>, HistoryError> {
        const FILE: &str = ".harness/config.toml";
        let Some(entry) = self.git.entry(tree, FILE)? else {
            return Ok(None);
        };
        if let Some(known) = self.configs.get(&entry.blob) {
            return Ok(known.clone());
        }
        let text = self.git.blob(entry.blob)?;
        let source = Source {
            file: FILE.to_owned(),
            text: &String::from_utf8_lossy(&text),
            layer: Layer::Tracked,
        };
        let config = config::load(&[source]).ok().map(Arc::new);
        self.configs.insert(entry.blob, config.clone());
        Ok(config)
    }

    /// The card that a claim names, if it is here and the task's.
    fn card(&self, claim: &Claim) -> Result<Option<Card>, HistoryError> {
        if !self.git.contains(claim.card.object_id()) {
            return Ok(None);
        }
        let text = self.git.blob(claim.card)?;
        let card = parse_card(&claim.task.card_path(), &String::from_utf8_lossy(&text)).ok();
        Ok(card.filter(|card| card.id == claim.task))
    }

    /// What of a commit's change each claim speaks of: what its record says, else the paths that its card allows.
    fn parts(&self, saying: &Saying, claims: &[Claim], changes: &ChangeSet) -> Result<Vec<Part>, HistoryError> {
        let mut parts = Vec::new();
        for claim in claims {
            let record = self.git.file(saying.tree, &claim.task.record_path())?;
            let record = record.and_then(|bytes| TaskRecord::of_bytes(&bytes));
            let recorded = record
                .filter(|record| record.id == claim.task.as_str() && record.check_tree == claim.tree.to_string())
                .and_then(|record| record.change_set());
            if let Some(recorded) = recorded {
                let edits = edits_of(recorded.iter().filter(|change| !change.path.is_harness()));
                parts.push(Part {
                    edits,
                    is_recorded: true,
                });
                continue;
            }
            let allowed = self.card(claim)?.and_then(|card| Allowed::new(&card.files).ok());
            let of_card = |change: &&Change| allowed.as_ref().is_some_and(|globs| globs.matches(&change.path));
            parts.push(Part {
                edits: edits_of(changes.iter().filter(of_card)),
                is_recorded: false,
            });
        }
        Ok(parts)
    }

    /// Whether the commit brings a part, or what another part made of it.
    fn holds(&self, saying: &Saying, parts: &[Part], at: usize, changes: &ChangeSet) -> Result<bool, HistoryError> {
        let mut any = false;
        for (path, (_, new)) in &parts[at].edits {
            let here = self.git.entry(saying.tree, &path.to_text())?;
            let later = |other: &Part| other.edits.get(path).is_some_and(|(_, new)| *new == here);
            let others = parts.iter().enumerate().filter(|(index, _)| *index != at);
            if here != *new && !others.map(|(_, part)| part).any(later) {
                return Ok(false);
            }
            any |= changes.paths().any(|changed| changed == path);
        }
        Ok(any)
    }

    /// Whether the verified tree comes out when the commit's change, with those of the commits before it that were moved
    /// along, is put on an older base.
    fn rewritten(
        &mut self,
        saying: &Saying,
        claim: &Claim,
        scratch: Option<&PlainView>,
        moved: &mut Option<(CommitId, TreeId)>,
    ) -> Result<bool, HistoryError> {
        let Some(parent) = saying.parents.first() else {
            return Ok(false);
        };
        let cone = self.cone(saying.tree, claim)?;
        if let Some((from, base)) = *moved
            && self.git.contains(from.object_id())
        {
            let edits = self.edits(self.git.tree_of(from)?, saying.tree)?;
            // Where the branch came from is known, so this one is cheap.
            if self.holds_old(base, &edits)? && self.put_on(base, &edits, &cone)? == claim.tree {
                return Ok(true);
            }
        }
        if self.budget == 0 && self.merges == 0 {
            return Ok(false);
        }
        let before = self.git.first_parents(*parent, BASES + MOVED)?;
        for (steps, (from, from_tree)) in before.iter().take(MOVED).enumerate() {
            if self.budget == 0 {
                break;
            }
            let edits = self.edits(*from_tree, saying.tree)?;
            for (_, base) in before.iter().skip(steps + 1).take(BASES) {
                if self.comes_out(*base, &edits, &cone, claim.tree)? {
                    *moved = Some((*from, *base));
                    return Ok(true);
                }
            }
        }
        let (Some(view), Some((_, parent_tree))) = (scratch, before.first()) else {
            return Ok(false);
        };
        for (_, base) in before.iter().skip(1).take(JOINS) {
            if self.merges == 0 {
                break;
            }
            self.merges -= 1;
            if let Merge::Clean(tree) = view.join_in_view(*parent_tree, *base, saying.tree)?
                && view.narrowed_id(tree, &cone)? == claim.tree
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What differs between two trees, but for what governs the work.
    fn edits(&self, old: TreeId, new: TreeId) -> Result<Edits, HistoryError> {
        let changes = self.git.diff(old, new)?;
        Ok(edits_of(changes.iter().filter(|change| !change.path.is_harness())))
    }

    /// Whether a tree comes out when edits are made on a base that holds what they changed.
    fn comes_out(&mut self, base: TreeId, edits: &Edits, cone: &Cone, wanted: TreeId) -> Result<bool, ReadError> {
        if self.budget == 0 {
            return Ok(false);
        }
        self.budget -= 1;
        Ok(self.holds_old(base, edits)? && self.put_on(base, edits, cone)? == wanted)
    }

    /// Whether a tree has every path as it was before the edits.
    fn holds_old(&self, base: TreeId, edits: &Edits) -> Result<bool, ReadError> {
        for (path, (old, _)) in edits {
            if self.git.entry(base, &path.to_text())? != *old {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn put_on(&self, base: TreeId, edits: &Edits, cone: &Cone) -> Result<TreeId, ReadError> {
        let edits: Vec<(RepoPath, Option<Entry>)> = edits.iter().map(|(path, (_, new))| (path.clone(), *new)).collect();
        self.git.edited_id(base, &edits, cone)
    }

    /// The claims of a squash: each one's part on top of those before it, in whatever order comes out, from the parent or
    /// an older base.
    fn squashed(
        &mut self,
        saying: &Saying,
        claims: &[Claim],
        parts: &[Part],
        changes: &ChangeSet,
    ) -> Result<Vec<Option<How>>, HistoryError> {
        let mut best = vec![None; claims.len()];
        let mut is_there = Vec::new();
        for at in 0..parts.len() {
            is_there.push(self.holds(saying, parts, at, changes)?);
        }
        let Some(parent) = saying.parents.first().filter(|_| is_there.contains(&true)) else {
            return Ok(best);
        };
        let bases = match self.budget {
            0 => Vec::new(),
            _ => self.git.first_parents(*parent, BASES)?,
        };
        for (steps, (_, base)) in bases.into_iter().enumerate() {
            let how = if steps == 0 { How::Verified } else { How::Rewritten };
            let found = self.chain(base, saying, claims, parts, &is_there, how)?;
            if count(&found) > count(&best) {
                best = found;
            }
            if count(&best) == claims.len() {
                return Ok(best);
            }
        }
        // The blobs that the record names are here, whatever stood around them.
        for (at, part) in parts.iter().enumerate() {
            if part.is_recorded && is_there[at] && best[at].is_none() {
                best[at] = Some(How::Rewritten);
            }
        }
        Ok(best)
    }

    fn chain(
        &mut self,
        base: TreeId,
        saying: &Saying,
        claims: &[Claim],
        parts: &[Part],
        is_there: &[bool],
        how: How,
    ) -> Result<Vec<Option<How>>, HistoryError> {
        let mut found = vec![None; claims.len()];
        let mut so_far = Edits::new();
        let mut open: Vec<usize> = (0..claims.len()).filter(|at| is_there[*at]).collect();
        loop {
            let mut next = None;
            for (place, &at) in open.iter().enumerate() {
                if self.budget == 0 {
                    return Ok(found);
                }
                self.budget -= 1;
                let mut edits = so_far.clone();
                edits.extend(parts[at].edits.iter().map(|(path, edit)| (path.clone(), *edit)));
                let cone = self.cone(saying.tree, &claims[at])?;
                if self.put_on(base, &edits, &cone)? == claims[at].tree {
                    next = Some((place, edits));
                    break;
                }
            }
            let Some((place, edits)) = next else {
                return Ok(found);
            };
            found[open.remove(place)] = Some(how);
            so_far = edits;
        }
    }
}

/// What a claim speaks of.
struct Part {
    edits: Edits,
    /// Its record says so; else its card allows it.
    is_recorded: bool,
}

fn edits_of<'c>(changes: impl Iterator<Item = &'c Change>) -> Edits {
    changes
        .map(|change| (change.path.clone(), (change.old, change.new)))
        .collect()
}

fn count(found: &[Option<How>]) -> usize {
    found.iter().filter(|how| how.is_some()).count()
}
