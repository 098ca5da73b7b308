//! Audit: commits that are there already, each judged against each of its parents with the card at its base (design
//! section 6). For CI, for a server, and for `pre-push`.
//!
//! Nothing of this clone is believed: the commits are read through a [`PlainView`](crate::git::PlainView), cards and
//! configuration come from the commits themselves, and only the strengths that say so look at the journal or run anything.

mod content;
mod footing;
mod landing;
mod ledger;
mod other;
mod prove;
mod push;
mod records;
mod renewal;
mod resolution;
mod reversal;
mod squash;
mod stop;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{self, Config, Layer, Source, Unrecorded};
use crate::domain::audit::{AuditReport, AuditRule, Finding, Level};
use crate::domain::check::Check;
use crate::domain::id::TaskId;
use crate::domain::oid::{BlobId, CommitId, TreeId};
use crate::domain::reversal as undoing;
use crate::domain::scope::cone::Cone;
use crate::domain::trailer::{self, APPROVES, REVISES, TASK};
use crate::git::{Commit, Folder, HistorySeed, PlainError, PlainView, ReadError, Repository, WriteError};

use super::history::HistoryError;

use footing::{Footing, Strictness};
use stop::Stop;

pub use landing::ANOTHER_TREE;
pub use ledger::hold_against_journal;
pub use prove::{ProveError, prove};
pub use push::{BEGINNING, Judged as JudgedRefs, Move, judge_push};
pub use renewal::Renewal;

/// Why nothing could be said. Not a finding: the audit itself failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The repository could not be looked at plainly.
    #[error(transparent)]
    Plain(#[from] PlainError),
    /// History could not be walked.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A merge could not be made again.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The landings before the range could not be told.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Objects are missing here; they may be borrowed from another store.
    #[error("objects of the range are not in this repository's own store")]
    Borrowed,
}

/// Which commits are judged.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// Reachable from these,
    pub tips: Vec<CommitId>,
    /// and not from these.
    pub without: Vec<CommitId>,
    /// What the range stands on: its configuration says how strict the audit is, and its history which tasks had
    /// landed before.
    pub base: Option<CommitId>,
    /// Others whose configuration it may not be looser than.
    pub strict: Vec<CommitId>,
}

/// A landing that was judged, for the strengths that look further.
#[derive(Debug)]
pub struct Landing {
    /// Its commit.
    pub commit: CommitId,
    /// Its parent.
    pub parent: CommitId,
    /// The task.
    pub task: TaskId,
    /// Its tree.
    pub tree: TreeId,
    /// The committer's time, in seconds since 1970.
    pub seconds: i64,
    /// The card's blob at its parent.
    pub card: BlobId,
    /// The configuration at its parent.
    pub config: Arc<Config>,
    /// What its checks saw of the tree.
    pub cone: Cone,
    /// What had to pass.
    pub checks: Vec<Check>,
    /// The row that it names: writer, number, the hash's beginning.
    pub row: Option<(String, u64, String)>,
    /// Of a squash: the tree that this task was verified on, before what came after it.
    pub squashed: Option<TreeId>,
}

/// The commits that the audit judged, and what it found.
#[derive(Debug)]
pub struct Judged {
    /// The answer so far.
    pub report: AuditReport,
    /// The landings that a further strength can look at.
    pub landings: Vec<Landing>,
    /// What was verified of landings after they were made.
    pub renewals: Vec<Renewal>,
}

/// Judges a range by history alone.
pub fn audit(view: &PlainView, range: &Range) -> Result<Judged, AuditError> {
    let footing = Footing::of(view, range)?;
    walk::walk(view, range, footing)
}

/// Whether what landings and other commits of the harness say holds, for a push. People's own commits and merges are
/// not judged.
pub fn audit_own(view: &PlainView, range: &Range) -> Result<AuditReport, AuditError> {
    let mut judged = audit(view, range)?;
    judged.report.findings.retain(|finding| {
        let of_people = matches!(
            finding.rule,
            AuditRule::Unrecorded | AuditRule::Merge | AuditRule::Message
        );
        finding.level == Level::Error && (!of_people || finding.task.is_some())
    });
    Ok(judged.report)
}

/// The same as [`audit`], whatever the configuration says of people's own commits.
pub fn audit_strictly(view: &PlainView, range: &Range) -> Result<AuditReport, AuditError> {
    let mut footing = Footing::of(view, range)?;
    footing.strictness.unrecorded = Unrecorded::Refuse;
    Ok(walk::walk(view, range, footing)?.report)
}

/// Who judges one commit after the other, each for itself; what was read for one serves the next.
struct Auditor<'a> {
    git: &'a Repository,
    strictness: Strictness,
    configs: HashMap<Option<BlobId>, Option<Arc<Config>>>,
    /// The commit that was judged before, and its tree: most often the next one's parent.
    before: Option<(CommitId, TreeId)>,
    /// The cards of the last base.
    cards: Option<Folder>,
    /// The history up to the last landing whose plan's approval was asked about.
    approvals: Option<HistorySeed>,
    /// Of the commit that is being judged.
    opinion: Opinion,
}

/// What one commit is, and what is wrong with it, looked at by itself.
#[derive(Debug, Default)]
struct Opinion {
    findings: Vec<Finding>,
    /// The tasks that it lands; only a squash lands several.
    landings: Vec<Landing>,
    /// What is wrong where a task had not landed before.
    unless_landed: Vec<Finding>,
    /// What it says was verified.
    renewals: Vec<Renewal>,
    /// The tasks that it adopts, with the commits that hold their work.
    adopted: Vec<(TaskId, CommitId)>,
    /// The commits that it undoes.
    undone: Vec<CommitId>,
    /// The commit itself, where it is a merge that is not what git makes of its parents.
    merged: Option<CommitId>,
    /// The adoptions that it takes back.
    disowned: Vec<(TaskId, CommitId)>,
    /// The commit itself, where it speaks of undoing something and names nothing that is here.
    speaks: Option<CommitId>,
}

impl<'a> Auditor<'a> {
    fn new(git: &'a Repository, strictness: Strictness) -> Self {
        Self {
            git,
            strictness,
            configs: HashMap::new(),
            before: None,
            cards: None,
            approvals: None,
            opinion: Opinion::default(),
        }
    }

    fn judge(&mut self, id: CommitId) -> Result<Opinion, AuditError> {
        let result = match self.git.commit(id) {
            Ok(commit) => {
                let result = self.judge_commit(&commit);
                self.before = Some((id, commit.tree));
                result
            }
            Err(error) => Err(error.into()),
        };
        self.ended(id, result)
    }

    /// The opinion of a commit that was judged to its end, or as far as that went.
    fn ended(&mut self, id: CommitId, result: Result<(), Stop>) -> Result<Opinion, AuditError> {
        match result {
            Ok(()) => {}
            Err(Stop::Finding(rule, message)) => self.find(id, None, rule, None, message),
            Err(Stop::Error(error)) => return Err(error),
        }
        Ok(std::mem::take(&mut self.opinion))
    }

    fn judge_commit(&mut self, commit: &Commit) -> Result<(), Stop> {
        if let Some(squash) = self.squashed(commit)? {
            self.characters(commit, None)?;
            return self.squash(commit, &squash);
        }
        if commit.parents.len() < 2 && Self::says_of_landings(&commit.message) {
            self.characters(commit, None)?;
            return self.said_of_landings(commit);
        }
        let own = trailer::trailers(&commit.message);
        let task = trailer::value(&own, TASK).and_then(|text| text.parse::<TaskId>().ok());
        self.message(commit, task.as_ref(), &own)?;
        let has = |key: &str| own.iter().any(|(name, _)| name.eq_ignore_ascii_case(key));
        if commit.parents.len() > 1 {
            return self.merge(commit);
        }
        if has(TASK) {
            return match task {
                Some(task) => self.landing(commit, &task, &own),
                None => Err(Stop::Finding(
                    AuditRule::Trailers,
                    format!("it does not name exactly one task in {TASK}"),
                )),
            };
        }
        if has(REVISES) {
            return self.revision(commit, &own);
        }
        if has(APPROVES) {
            return self.approval(commit);
        }
        self.without_a_task(commit)
    }

    /// A commit that undoes something, or does whatever else.
    fn without_a_task(&mut self, commit: &Commit) -> Result<(), Stop> {
        match undoing::read(&commit.message) {
            Some(said) => self.reversal(commit, &said),
            None => self.plain(commit),
        }
    }

    /// A commit of the harness that only says something changes no file. That its words are there hides nothing: what it
    /// changes all the same is judged as if they were not.
    fn says_only(&mut self, commit: &Commit, what: &str) -> Result<(), Stop> {
        if self.base_of(commit)? == commit.tree {
            return Ok(());
        }
        let message = format!("{what} changes no file, and this commit does");
        self.find(commit.id, None, AuditRule::Trailers, None, message);
        self.without_a_task(commit)
    }

    /// No line that looks like ours but stands where no reader of trailers finds it, and nothing that deceives.
    fn message(&mut self, commit: &Commit, task: Option<&TaskId>, own: &[trailer::Trailer]) -> Result<(), Stop> {
        let ours = own.iter().filter(|(key, _)| trailer::is_harness_key(key)).count();
        let lines = trailer::harness_lines(&commit.message);
        if lines.len() != ours {
            self.find(
                commit.id,
                task,
                AuditRule::Trailers,
                None,
                "`Harness-` lines stand outside the message's trailer block; a squash merge does that".to_owned(),
            );
        }
        self.characters(commit, task)
    }

    /// Nothing that deceives whoever reads the message, and nothing of ours in it that git shows and nobody else sees.
    fn characters(&mut self, commit: &Commit, task: Option<&TaskId>) -> Result<(), Stop> {
        let decoded = match commit.is_encoded {
            true => Some(self.git.shown_message(commit.id)?),
            false => None,
        };
        let shown = decoded.as_ref().unwrap_or(&commit.message);
        let message = if shown.chars().any(deceives) {
            "its message holds control or direction characters"
        } else if decoded.is_some() && trailer::harness_lines(shown) != trailer::harness_lines(&commit.message) {
            "its encoding makes other `Harness-` lines of its message than those that are stored"
        } else {
            return Ok(());
        };
        self.find(commit.id, task, AuditRule::Message, None, message.to_owned());
        Ok(())
    }

    fn find(
        &mut self,
        commit: CommitId,
        task: Option<&TaskId>,
        rule: AuditRule,
        path: Option<String>,
        message: String,
    ) {
        // What a merge holds of its own is a person's work without a task, too.
        let of_people = matches!(rule, AuditRule::Unrecorded | AuditRule::Merge) && task.is_none();
        if of_people && self.strictness.unrecorded == Unrecorded::Allow {
            return;
        }
        self.opinion.findings.push(Finding {
            commit,
            task: task.cloned(),
            rule,
            level: rule.level(),
            path,
            message,
        });
    }

    /// The tree of a commit's only parent; the empty one for a first commit.
    fn base_of(&self, commit: &Commit) -> Result<TreeId, ReadError> {
        match (commit.parents.first(), self.before) {
            (None, _) => Ok(self.git.empty_tree()),
            (Some(parent), Some((before, tree))) if before == *parent => Ok(tree),
            (Some(parent), _) => self.git.tree_of(*parent),
        }
    }

    /// The configuration that a tree brings, without anybody's own files.
    fn config_of(&mut self, tree: TreeId) -> Result<Arc<Config>, Stop> {
        const FILE: &str = ".harness/config.toml";
        let blob = self.git.entry(tree, FILE)?.map(|entry| entry.blob);
        let config = match self.configs.get(&blob) {
            Some(known) => known.clone(),
            None => {
                let read = match blob {
                    None => Some(Config::default()),
                    Some(blob) => {
                        let bytes = self.git.blob(blob)?;
                        let source = Source {
                            file: FILE.to_owned(),
                            text: &String::from_utf8_lossy(&bytes),
                            layer: Layer::Tracked,
                        };
                        config::load(&[source]).ok()
                    }
                };
                self.configs.entry(blob).or_insert(read.map(Arc::new)).clone()
            }
        };
        config.ok_or_else(|| Stop::Finding(AuditRule::Unreadable, format!("{FILE} at its base has mistakes")))
    }
}

/// Characters that drive a terminal or turn the direction of what is read.
fn deceives(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
