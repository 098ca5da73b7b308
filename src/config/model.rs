//! What the configuration says, as values: the types, and what holds where nothing is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::budget::Limits;
use crate::domain::check::Check;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edit::Format;
use crate::domain::gate::{Lane, SelfApproval};
use crate::domain::network::Network;
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::route::Overrides;
use crate::domain::scope::bounds::AllowedSecret;

use super::agents::AgentDef;
use super::models::ModelDef;
use super::remote::RemoteRules;

/// Who plays which role, by the names of `[builders]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Builders, the first one first.
    pub builder: Vec<String>,
    /// The Architect.
    pub architect: String,
}

/// How a program's work arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerMode {
    /// It edits the files of its view.
    Files,
    /// It prints an answer that holds the edits.
    Stdout,
}

/// A Builder or Architect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuilderDef {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: BuilderKind,
    /// It stands in the tracked file, so it runs only where the user trusts that.
    pub tracked: bool,
    /// The least share of first tries that have to pass, in thousandths, where it has one of its own.
    pub threshold_milli: Option<u32>,
}

/// What a Builder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuilderKind {
    /// Whoever sits in the worktree.
    Manual,
    /// A program.
    Command {
        /// It and its arguments; `{packet}` is replaced by the packet's file.
        run: Vec<String>,
        /// How its work arrives.
        answer: AnswerMode,
        /// The format that it is asked for where it answers with text.
        edits: Option<Format>,
        /// Seconds until it is ended.
        timeout_seconds: u64,
        /// Names of variables that it may see besides the allow-list.
        env: Vec<String>,
        /// `provider:model`, for the `Assisted-by` trailer.
        model: Option<String>,
        /// Whom it may speak to.
        network: Network,
        /// The model whose server the harness stands for, so that the program needs neither the way there nor the key.
        gateway: Option<Box<ModelDef>>,
    },
    /// An agent program that the harness knows.
    Agent(Box<AgentDef>),
    /// A model that answers with text.
    Model(Box<ModelDef>),
    /// Recorded answers.
    Replay {
        /// The folder that holds them.
        dir: PathBuf,
    },
}

impl BuilderKind {
    /// The model of `[models]` that it names.
    pub(super) fn model_mut(&mut self) -> Option<&mut ModelDef> {
        match self {
            Self::Model(model)
            | Self::Command {
                gateway: Some(model), ..
            } => Some(model),
            Self::Agent(agent) => agent.gateway.as_deref_mut(),
            Self::Command { gateway: None, .. } | Self::Manual | Self::Replay { .. } => None,
        }
    }
}

/// Whether dispatch waits for somebody to approve a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlanApproval {
    /// It does not.
    #[default]
    None,
    /// It does.
    Required,
}

/// Approvals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Approval {
    /// Of plans.
    pub plan: PlanApproval,
    /// Of one's own work.
    pub self_: SelfApproval,
}

/// How far the hooks of a worktree go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guard {
    /// They judge commits as git's own commands make them.
    #[default]
    Normal,
    /// They also judge every move of a branch while a task is open.
    Strict,
}

/// What the audit says of a commit that changes files and names no task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unrecorded {
    /// It is an error: everything on the branch comes from a card.
    #[default]
    Refuse,
    /// People commit beside the harness, and their commits are not judged.
    Allow,
}

/// Rules for every card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Paths whose changes are dropped and noted where a card does not allow them.
    pub incidental: Vec<String>,
    /// Protected patterns besides the built-in ones.
    pub protected: Vec<String>,
    /// The largest file that is taken, in bytes.
    pub max_file_bytes: u64,
    /// The most paths that one change may touch; a rename is one.
    pub max_files: usize,
    /// Files with secrets that are let in all the same.
    pub allowed_secrets: Vec<AllowedSecret>,
    /// Changes to the router's table.
    pub route: Overrides,
}

/// How slots are made ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotSetup {
    /// Commands, run once for each content of the inputs.
    pub setup: Vec<String>,
    /// Files whose content decides whether they run again.
    pub setup_inputs: Vec<String>,
    /// Folders of build output that stay warm for checks, filled by accepted work alone.
    pub keep: Vec<RepoPath>,
    /// Variables that they may see besides the allow-list.
    pub env: Vec<String>,
    /// The folders of a large repository that slots hold besides those of the card's own files; everything without.
    pub sparse: Option<Vec<RepoPath>>,
}

/// Commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The subject's template.
    pub subject: String,
    /// Whether landings carry `Signed-off-by`.
    pub sign_off: bool,
    /// Which landings the project's own commit-msg hook has a word in.
    pub hooks: CommitHooks,
}

/// Which landings the project's own commit-msg hook has a word in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CommitHooks {
    /// Those of a person who is there: `submit`.
    #[default]
    Attended,
    /// Every one.
    All,
    /// None.
    None,
}

/// The least fence that commands run in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FenceRequire {
    /// Any, also none.
    #[default]
    None,
    /// Landlock or better.
    Kernel,
    /// The overlay.
    Overlay,
}

/// Packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The most tokens of a packet, by estimate.
    pub window_tokens: usize,
    /// The most tokens of the notes in it, by estimate; the newest notes are kept.
    pub notes_tokens: usize,
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The commit that it was read at, where it was: what is checked under it stands on that commit.
    pub base: Option<CommitId>,
    /// Who plays which role.
    pub roles: Roles,
    /// Builders and Architects by name; `manual` is always there.
    pub builders: BTreeMap<String, BuilderDef>,
    /// Models by name; each is a builder too.
    pub models: BTreeMap<String, ModelDef>,
    /// Where a Builder or a model is named that nobody defines here. Users may define them for themselves, so that is no
    /// mistake where nobody is hired, as in CI.
    pub undefined: Vec<Diagnostic>,
    /// Lanes by name.
    pub lanes: BTreeMap<String, Lane>,
    /// The lane of cards that name none.
    pub default_lane: String,
    /// Checks by name.
    pub checks: BTreeMap<String, Check>,
    /// Names of checks that join every card.
    pub always: Vec<String>,
    /// Names of checks that join the cards which allow matching paths.
    pub always_in: Vec<(String, Vec<String>)>,
    /// Approvals.
    pub approval: Approval,
    /// How far the hooks go.
    pub guard: Guard,
    /// Commits without a task, in an audit.
    pub unrecorded: Unrecorded,
    /// Rules for every card.
    pub policy: Policy,
    /// How slots are made ready.
    pub slot: SlotSetup,
    /// Commits.
    pub commit: Commit,
    /// What calls may cost.
    pub budget: Limits,
    /// Whether landings carry the tracked record.
    pub ledger_track: bool,
    /// Where slots live, instead of the user's cache folder.
    pub worktrees_dir: Option<PathBuf>,
    /// The tracked file says so, not the user.
    pub worktrees_tracked: bool,
    /// Names of variables that every command may see besides the allow-list.
    pub env: Vec<String>,
    /// The least fence.
    pub fence_require: FenceRequire,
    /// Folders that programs inside the fence may change, and whose changes are thrown away; `~` is the home folder.
    pub fence_caches: Vec<PathBuf>,
    /// Those of them that the tracked file names.
    pub tracked_caches: Vec<PathBuf>,
    /// What is seen of the closed home folder besides; the user's files alone may say so.
    pub fence_show: Vec<PathBuf>,
    /// What is not seen, wherever it lies.
    pub fence_hide: Vec<PathBuf>,
    /// Packets.
    pub packet: Packet,
    /// How several machines share work.
    pub remote: RemoteRules,
}

impl Default for Config {
    fn default() -> Self {
        let manual = BuilderDef {
            name: "manual".to_owned(),
            kind: BuilderKind::Manual,
            threshold_milli: None,
            tracked: false,
        };
        Self {
            base: None,
            roles: Roles {
                builder: vec![manual.name.clone()],
                architect: manual.name.clone(),
            },
            builders: BTreeMap::from([(manual.name.clone(), manual)]),
            models: BTreeMap::new(),
            undefined: Vec::new(),
            lanes: Lane::built_in()
                .into_iter()
                .map(|lane| (lane.name.clone(), lane))
                .collect(),
            default_lane: "throughput".to_owned(),
            checks: BTreeMap::new(),
            always: Vec::new(),
            always_in: Vec::new(),
            approval: Approval::default(),
            guard: Guard::default(),
            unrecorded: Unrecorded::default(),
            policy: Policy {
                incidental: Vec::new(),
                protected: Vec::new(),
                max_file_bytes: 10 * 1024 * 1024,
                max_files: 2000,
                allowed_secrets: Vec::new(),
                route: Overrides::new(),
            },
            slot: SlotSetup::default(),
            commit: Commit {
                subject: "Task {id}: {title}".to_owned(),
                sign_off: false,
                hooks: CommitHooks::default(),
            },
            budget: Limits::default(),
            ledger_track: true,
            worktrees_dir: None,
            worktrees_tracked: false,
            env: Vec::new(),
            fence_require: FenceRequire::None,
            fence_caches: Vec::new(),
            tracked_caches: Vec::new(),
            fence_show: Vec::new(),
            fence_hide: Vec::new(),
            packet: Packet {
                window_tokens: 32_000,
                notes_tokens: 1_000,
            },
            remote: RemoteRules::default(),
        }
    }
}
