//! Everything that can happen, in one vocabulary (design section 5).
//!
//! The journal, the terminal, JSON streams and later the board are readers of the same events. An event is plain
//! data that proves nothing; its payload types live in the domain, so that no room above is pulled down. Variants
//! are named for what happened. Those with [`Event::is_recorded`] become rows of the journal; the rest exist for
//! people who watch.

use serde::{Deserialize, Serialize};

use crate::domain::actor::Actor;
use crate::domain::change::ChangeSet;
use crate::domain::check::{CheckKind, CheckResult, EvidenceRecord};
use crate::domain::edit::Reading;
use crate::domain::failure::Failure;
use crate::domain::gate::{Approval, ApprovalSubject};
use crate::domain::id::{AttemptId, PlanId, TaskId, WriterId};
use crate::domain::network::Contact;
use crate::domain::oid::{BlobId, CommitId, Digest, TreeId};
use crate::domain::record::TaskRecord;
use crate::domain::route::Trigger;
use crate::domain::usage::Usage;

/// A reader of events as they happen: a terminal, a stream, a test. The engine prints nothing itself.
pub trait Sink {
    /// Takes note of an event that happened `at` this time.
    fn event(&mut self, at: jiff::Timestamp, event: &Event);
}

/// Where an attempt is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum AttemptMode {
    /// In a view of its own, by `run`, `exec` or `apply`.
    Unattended,
    /// By whoever sits in this worktree, after `next` or `start`.
    Attended {
        /// The worktree's top folder.
        worktree: String,
        /// The branch that was checked out there, where whoever wrote it told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
}

/// Which place an attempt has in its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptPlace {
    /// The task's attempts are numbered for ever, from 1.
    pub number: u32,
    /// The round, from 1.
    pub round: u32,
    /// The place within the round, from 1; 2 is the first retry.
    pub in_round: u32,
}

/// A card was handed out. The intent of a build: it is on disk before the Builder starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatched {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// Its place.
    pub place: AttemptPlace,
    /// Where it is made.
    #[serde(flatten)]
    pub mode: AttemptMode,
    /// Who makes it: the author of whatever comes of it.
    pub author: Actor,
    /// Who started it, or handed the answer in, where whoever wrote it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<Actor>,
    /// The provider and model, where known, for the `Assisted-by` trailer.
    pub model: Option<String>,
    /// The commit that the work starts from.
    pub base: CommitId,
    /// The card's blob in the base: pinned for this attempt.
    pub card: BlobId,
    /// The packet, as a transcript.
    pub packet: Digest,
    /// The tree of an earlier attempt that this one goes on from, if any.
    pub from_tree: Option<TreeId>,
    /// The remote on which the task was claimed: what comes of it lands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_on: Option<String>,
}

/// A Builder stopped. Its claims count for nothing; they are kept for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuilderFinished {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The Builder's whole output, as a transcript.
    pub answer: Option<Digest>,
    /// Its own summary, cut and cleaned: the commit's bullets.
    pub summary: Vec<String>,
    /// Notes for later tasks.
    pub notes: Vec<String>,
    /// What it used, where known.
    pub usage: Option<Usage>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What it asked of the network by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// The model that the server says has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// The packet's tokens as they were estimated, before any scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<u64>,
}

/// A Builder said what it will do before it does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// Its whole answer, as a transcript.
    pub answer: Digest,
    /// What it will do, in words.
    pub plan: String,
    /// The files that it will change.
    pub files: Vec<String>,
    /// What keeps it from being carried out.
    pub problems: Vec<String>,
    /// What it used.
    pub usage: Option<Usage>,
}

/// The change set was taken from the Builder's view and is a tree now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Harvested {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The base with the in-scope changes: the candidate where everything was in scope, else what a retry may go on
    /// from. `None` where nothing was in scope.
    pub tree: Option<TreeId>,
    /// What differs from the base.
    pub changes: ChangeSet,
    /// What was left behind and why (build output, incidental files).
    pub dropped: Vec<String>,
    /// How it was read, where it came as an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

/// The lane's gates wait for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRequested {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// What an approval has to be about.
    pub subject: ApprovalSubject,
    /// The gates that wait.
    pub gates: Vec<String>,
    /// Who handed the change in, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

/// A verified change passed its gates. Serves one landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The candidate tree that was verified.
    pub tree: TreeId,
    /// The commit that the landing will stand on.
    pub parent: CommitId,
    /// The card's blob at that commit.
    pub card: BlobId,
    /// The evidence.
    pub evidence: EvidenceRecord,
    /// Who approved, where gates asked for it.
    pub approved_by: Vec<Actor>,
    /// The author approved its own work, which the configuration allows.
    pub self_approved: bool,
    /// The author and committer dates of the landing commit, in seconds since 1970, so that it can be made again.
    pub commit_seconds: i64,
}

/// The branch is about to move. Names the commit, which is built beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandIntended {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The landing commit.
    pub commit: CommitId,
    /// The branch, without `refs/heads/`.
    pub target: String,
    /// Where it stands before.
    pub old: CommitId,
}

/// The branch holds the landing commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The landing commit.
    pub commit: CommitId,
    /// The branch.
    pub target: String,
}

/// The Architect is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// The task.
    pub task: TaskId,
    /// What made the router, or a person, escalate.
    pub trigger: Trigger,
    /// The escalation packet, as a transcript; `None` while nobody has been asked yet.
    pub packet: Option<Digest>,
    /// Who decided it.
    pub by: Actor,
    /// A person's reason, or the failure in one line.
    pub reason: String,
}

/// The Architect answered; nothing is applied yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchitectAnswered {
    /// The task.
    pub task: TaskId,
    /// Who answered.
    pub by: Actor,
    /// The answer, as a transcript.
    pub answer: Digest,
    /// Its diagnosis, cut.
    pub diagnosis: String,
    /// Notes for later tasks.
    pub notes: Vec<String>,
    /// What it used, where known.
    pub usage: Option<Usage>,
}

/// The Architect was asked for a plan: for questions, or for the blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanConsulted {
    /// The plan.
    pub plan: PlanId,
    /// Who was asked.
    pub by: Actor,
    /// What was asked, as a transcript.
    pub packet: Digest,
    /// The answer, as a transcript; `None` where there is none.
    pub answer: Option<Digest>,
    /// Why there is no answer.
    pub reason: Option<String>,
    /// What it used, where known.
    pub usage: Option<Usage>,
}

/// A card changed in history. Opens a new round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRevised {
    /// The task.
    pub task: TaskId,
    /// The revision's own commit.
    pub commit: CommitId,
    /// The card before.
    pub old: BlobId,
    /// The card after.
    pub new: BlobId,
    /// Who wrote it.
    pub by: Actor,
    /// The next attempt goes on from the last one's in-scope changes instead of the base.
    pub keep_changes: bool,
    /// It came from the Architect and so counts among `corrections`.
    pub correction: bool,
}

/// Cards of a plan are about to be committed: what is recorded once the branch holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportIntended {
    /// The plan.
    pub plan: PlanId,
    /// The cards that are new or change.
    pub cards: Vec<TaskId>,
    /// Where they come from.
    pub source: String,
    /// The commit, built beforehand.
    pub commit: CommitId,
    /// The branch.
    pub target: String,
    /// Where it stands before.
    pub parent: CommitId,
}

impl ImportIntended {
    /// That the branch holds them.
    pub fn done(&self) -> Event {
        Event::PlanImported {
            plan: self.plan.clone(),
            target: self.target.clone(),
            commit: Some(self.commit),
            cards: self.cards.clone(),
            source: self.source.clone(),
        }
    }
}

/// A card is about to be changed in history: what is recorded once the branch holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionIntended {
    /// The task.
    pub task: TaskId,
    /// The revision; its commit is built beforehand.
    pub revision: CardRevised,
    /// The branch.
    pub target: String,
    /// Where it stands before.
    pub parent: CommitId,
}

/// A task came back: one commit undoes its landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    /// The task.
    pub task: TaskId,
    /// The landing that is undone.
    pub reverted: CommitId,
    /// The commit that undoes it.
    pub commit: CommitId,
    /// Who asked for it.
    pub by: Actor,
}

/// How a canary went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryResult {
    /// Its name.
    pub name: String,
    /// The class of what failed; `None` where it passed.
    pub failure: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A model was given the canaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its name among the Builders.
    pub builder: String,
    /// `provider:model`, where known.
    pub model: Option<String>,
    /// Who wanted it.
    pub by: Actor,
    /// The model that the server says has answered.
    pub answered_by: Option<String>,
    /// How each went.
    pub results: Vec<CanaryResult>,
    /// What they used.
    pub usage: Option<Usage>,
}

impl Checked {
    /// How many passed.
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.failure.is_none()).count()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event", content = "data")]
pub enum Event {
    /// See [`ImportIntended`].
    ImportIntended(ImportIntended),
    /// Cards came in, or changed, by `plan import` or `plan edit`.
    PlanImported {
        /// The plan.
        plan: PlanId,
        /// The branch that its tasks land on.
        target: String,
        /// The commit that holds the cards; `None` while they are not committed.
        commit: Option<CommitId>,
        /// The cards that were new or changed.
        cards: Vec<TaskId>,
        /// Where they came from, as the user named it.
        source: String,
    },
    /// See [`PlanConsulted`].
    PlanConsulted(PlanConsulted),
    /// A run began.
    RunStarted {
        /// The plan, or `None` for all.
        plan: Option<PlanId>,
        /// The target branch.
        target: String,
        /// Checks that were red on the base and were allowed to be.
        allowed_red: Vec<String>,
    },
    /// A run ended.
    RunFinished {
        /// Tasks landed.
        landed: u32,
        /// Tasks blocked or waiting.
        stuck: u32,
        /// It was interrupted and can be resumed.
        interrupted: bool,
    },
    /// Somebody asked the run to stop after the step in hand.
    Paused {
        /// Who.
        by: Actor,
    },
    /// Somebody lifted the pause.
    Resumed {
        /// Who.
        by: Actor,
    },
    /// See [`Dispatched`].
    Dispatched(Dispatched),
    /// A Builder said what it will do.
    Proposed(Proposed),
    /// See [`BuilderFinished`].
    BuilderFinished(BuilderFinished),
    /// See [`Harvested`].
    Harvested(Harvested),
    /// Every check has a result.
    Verified {
        /// The task.
        task: TaskId,
        /// The attempt.
        attempt: AttemptId,
        /// The results and what they hold for.
        evidence: EvidenceRecord,
    },
    /// The attempt did not become a verified change.
    AttemptFailed {
        /// The task.
        task: TaskId,
        /// The attempt.
        attempt: AttemptId,
        /// Why.
        failure: Failure,
    },
    /// The attempt ended through no fault of its Builder: a kill, no model, no disk. Counts for nothing.
    AttemptLost {
        /// The task.
        task: TaskId,
        /// The attempt.
        attempt: AttemptId,
        /// What happened.
        reason: String,
    },
    /// A person's commit was refused in attended mode. Uses up no attempt.
    CommitRefused {
        /// The task.
        task: TaskId,
        /// Why.
        failure: Failure,
    },
    /// See [`ReviewRequested`].
    ReviewRequested(ReviewRequested),
    /// Somebody agreed.
    Approved {
        /// The task.
        task: TaskId,
        /// Who, to what, for which gates.
        approval: Approval,
    },
    /// Somebody refused a verified change.
    Rejected {
        /// The task.
        task: TaskId,
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
        /// It works but violates the intent.
        violates_intent: bool,
        /// What was looked at, where whoever wrote it told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<ApprovalSubject>,
    },
    /// Somebody took an agreement back, before it landed.
    ApprovalWithdrawn {
        /// The task.
        task: TaskId,
        /// Who: whoever had agreed.
        by: Actor,
        /// To what.
        subject: ApprovalSubject,
        /// The approvals, by the names that they were given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        nonces: Vec<String>,
        /// Why.
        reason: String,
    },
    /// See [`Accepted`].
    Accepted(Accepted),
    /// See [`LandIntended`].
    LandIntended(LandIntended),
    /// See [`Landed`].
    Landed(Landed),
    /// A landing did not happen: the branch moved, a file was in the way, the card changed.
    LandLost {
        /// The task.
        task: TaskId,
        /// The attempt.
        attempt: AttemptId,
        /// Why.
        reason: String,
        /// The accepted change still stands and is tried again; else the work starts again.
        still_accepted: bool,
    },
    /// See [`Escalated`].
    Escalated(Escalated),
    /// See [`ArchitectAnswered`].
    ArchitectAnswered(ArchitectAnswered),
    /// The Architect could not be asked, or gave no whole answer.
    ArchitectFailed {
        /// The task.
        task: TaskId,
        /// Who was asked.
        by: Actor,
        /// Why there is no answer.
        reason: String,
        /// What it used all the same.
        usage: Option<Usage>,
    },
    /// See [`RevisionIntended`].
    RevisionIntended(RevisionIntended),
    /// See [`CardRevised`].
    CardRevised(CardRevised),
    /// Only a person can go on.
    Blocked {
        /// The task.
        task: TaskId,
        /// Who says so.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// A person lifted a block. Opens a new round.
    Unblocked {
        /// The task.
        task: TaskId,
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// A person wants another try. Opens a new round.
    RetryRequested {
        /// The task.
        task: TaskId,
        /// Who.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// Whoever held the task gave it back.
    Released {
        /// The task.
        task: TaskId,
        /// Who.
        by: Actor,
    },
    /// A rollback is about to move the branch.
    RollbackIntended {
        /// The tasks, newest landing first, each with the landing that is undone.
        tasks: Vec<(TaskId, CommitId)>,
        /// The branch.
        target: String,
        /// Where it stands before.
        old: CommitId,
        /// The last of the commits that undo them, built beforehand.
        new: CommitId,
    },
    /// See [`RolledBack`].
    RolledBack(RolledBack),
    /// Somebody said that another commit holds a task's work.
    Adopted {
        /// The task.
        task: TaskId,
        /// The commit that says so.
        commit: CommitId,
        /// The commit that holds it.
        landing: CommitId,
        /// Who.
        by: Actor,
    },
    /// The checks of a task passed on its landing as it is.
    LandingVerified {
        /// The task.
        task: TaskId,
        /// The landing.
        landing: CommitId,
        /// What they gave.
        evidence: EvidenceRecord,
        /// Who had them run.
        by: Actor,
    },
    /// What a tracked record tells of a landing that this clone has no journal of. Told, never written.
    Recorded {
        /// The task.
        task: TaskId,
        /// The landing.
        landing: CommitId,
        /// The record, without what the journal tells itself.
        record: Box<TaskRecord>,
    },
    /// A rollback did not come about: the branch is as it was.
    RollbackLost {
        /// The last of its commits, as the intent named it.
        new: CommitId,
        /// Why.
        reason: String,
    },
    /// Something to remember for later tasks.
    Noted {
        /// The task it was learnt on.
        task: TaskId,
        /// Who.
        by: Actor,
        /// What.
        text: String,
    },
    /// A model was given the canaries.
    Checked(Checked),
    /// A model begins anew: what it was tried with before says nothing of it any more.
    ModelReset {
        /// Its name among the Builders.
        builder: String,
        /// Who wants it.
        by: Actor,
    },
    /// A model was passed over from then on, since it is not good enough for its role.
    Demoted {
        /// Its name among the Builders.
        builder: String,
        /// Why, and who goes on.
        why: String,
    },
    /// The journal's torn tail was cut off and kept aside.
    JournalRepaired {
        /// How many bytes were cut.
        bytes: u64,
        /// The file that keeps them.
        kept_in: String,
    },
    /// A clone goes on under another name, since its journal was somebody else's as well. As many rows follow in the
    /// journal as are named here: what these said, anew.
    JournalBegunAnew {
        /// The name before.
        former: WriterId,
        /// What was not published under it: number and hash of each row there.
        rows: Vec<(u64, Digest)>,
    },
    /// A transcript is to be nowhere any more: who has it of this journal's writer takes it away.
    TranscriptErased {
        /// Its name.
        digest: Digest,
        /// Who wants it.
        by: Actor,
    },
    /// A check began. Not recorded.
    CheckStarted {
        /// The task; `None` for checks on the base.
        task: Option<TaskId>,
        /// The check's name.
        check: String,
        /// Its kind.
        kind: CheckKind,
    },
    /// A check ended. Not recorded.
    CheckFinished {
        /// The task; `None` for checks on the base.
        task: Option<TaskId>,
        /// Its result.
        result: CheckResult,
    },
    /// Something people may want to know. Not recorded.
    Told {
        /// The task it is about, if any.
        task: Option<TaskId>,
        /// One sentence.
        text: String,
    },
}

impl Event {
    /// Whether the event becomes a row of the journal.
    pub const fn is_recorded(&self) -> bool {
        !matches!(
            self,
            Self::CheckStarted { .. } | Self::CheckFinished { .. } | Self::Told { .. } | Self::Recorded { .. }
        )
    }

    /// The task it is about, if it is about one.
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Dispatched(Dispatched { task, .. })
            | Self::BuilderFinished(BuilderFinished { task, .. })
            | Self::Proposed(Proposed { task, .. })
            | Self::Harvested(Harvested { task, .. })
            | Self::Verified { task, .. }
            | Self::AttemptFailed { task, .. }
            | Self::AttemptLost { task, .. }
            | Self::CommitRefused { task, .. }
            | Self::ReviewRequested(ReviewRequested { task, .. })
            | Self::Approved { task, .. }
            | Self::Rejected { task, .. }
            | Self::ApprovalWithdrawn { task, .. }
            | Self::Accepted(Accepted { task, .. })
            | Self::LandIntended(LandIntended { task, .. })
            | Self::Landed(Landed { task, .. })
            | Self::LandLost { task, .. }
            | Self::Escalated(Escalated { task, .. })
            | Self::ArchitectAnswered(ArchitectAnswered { task, .. })
            | Self::ArchitectFailed { task, .. }
            | Self::RevisionIntended(RevisionIntended { task, .. })
            | Self::CardRevised(CardRevised { task, .. })
            | Self::Blocked { task, .. }
            | Self::Unblocked { task, .. }
            | Self::RetryRequested { task, .. }
            | Self::Released { task, .. }
            | Self::RolledBack(RolledBack { task, .. })
            | Self::Adopted { task, .. }
            | Self::LandingVerified { task, .. }
            | Self::Recorded { task, .. }
            | Self::Noted { task, .. } => Some(task),
            Self::CheckStarted { task, .. } | Self::CheckFinished { task, .. } | Self::Told { task, .. } => {
                task.as_ref()
            }
            Self::ImportIntended(_)
            | Self::PlanImported { .. }
            | Self::PlanConsulted(_)
            | Self::RunStarted { .. }
            | Self::RunFinished { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::RollbackIntended { .. }
            | Self::RollbackLost { .. }
            | Self::Checked(_)
            | Self::ModelReset { .. }
            | Self::Demoted { .. }
            | Self::JournalRepaired { .. }
            | Self::JournalBegunAnew { .. }
            | Self::TranscriptErased { .. } => None,
        }
    }
}
