//! Errors at the edge: every error of the library becomes a message, a hint where there is one, and an exit code,
//! here and nowhere else.

use crate::domain::blueprint::PromptError;
use crate::domain::diagnostic::Diagnostic;
use crate::engine::accept::AcceptError;
use crate::engine::backfill::BackfillError;
use crate::engine::builder::BuilderError;
use crate::engine::canary::CanaryError;
use crate::engine::commit::CommitFilesError;
use crate::engine::dispatch::DispatchError;
use crate::engine::import::ImportError;
use crate::engine::planning::PlanningError;
use crate::engine::project::ProjectError;
use crate::engine::rollback::RollbackError;
use crate::engine::run::RunError;
use crate::engine::server::{AdvanceError, ServerError};
use crate::engine::walls::WallsError;
use crate::git::hooks::HookError;
use crate::git::{IdentityError, MoveError, RemoteError, WriteError};
use crate::ledger::{AppendError, JournalError, TakeInError};
use crate::model::Action;

use super::exit::Exit;

mod repository;
mod trust;

/// What a person is told.
#[derive(Debug)]
pub struct CliError {
    /// What happened, and where.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Mistakes in what they wrote.
    pub mistakes: Vec<Diagnostic>,
    /// The texts that the mistakes are in, by file name.
    pub sources: Vec<(String, String)>,
    /// The exit code.
    pub exit: Exit,
}

impl CliError {
    /// An error without a hint.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            mistakes: Vec::new(),
            sources: Vec::new(),
            exit,
        }
    }

    /// The user stopped it.
    fn stopped() -> Self {
        Self::new(Exit::Interrupted, "stopped; nothing is lost").hint("run the same command again to go on")
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<CanaryError> for CliError {
    fn from(error: CanaryError) -> Self {
        match error {
            CanaryError::Import(error) => error.into(),
            CanaryError::Run(error) => error.into(),
        }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        // Whoever read our output has what they wanted.
        let exit = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Exit::Done,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}

impl From<IdentityError> for CliError {
    fn from(error: IdentityError) -> Self {
        Self::new(Exit::Usage, error.to_string())
            .hint("git config user.name \"Your Name\" && git config user.email you@example.com")
    }
}

impl From<JournalError> for CliError {
    fn from(error: JournalError) -> Self {
        match &error {
            JournalError::Damaged { .. } => Self::new(Exit::Damaged, format!("the journal is damaged: {error}"))
                .hint("nothing was changed; restore the file from a backup, or move the writer's folder away to begin a new journal"),
            JournalError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Self::new(Exit::Refused, error.to_string())
                    .hint("this command writes: run it as the user that the repository belongs to")
            }
            _ => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

impl From<AppendError> for CliError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Journal(error) => error.into(),
            AppendError::NeedsNewer(_) => Self::new(Exit::Usage, error.to_string()).hint("install a newer git-harness"),
            AppendError::ReadOnly => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

impl From<ProjectError> for CliError {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Unborn(_) => Self::new(Exit::Usage, error.to_string())
                .hint("make a first commit: git commit --allow-empty -m \"Begin\""),
            ProjectError::Detached => {
                Self::new(Exit::Usage, error.to_string()).hint("check a branch out, or name one with --onto BRANCH")
            }
            ProjectError::NoBranch(ref branch) => {
                let hint = format!("make it with `git branch {branch}`, or name another with --onto");
                Self::new(Exit::Usage, error.to_string()).hint(hint)
            }
            ProjectError::Shallow(_) => Self::new(Exit::Refused, error.to_string())
                .hint("git fetch --unshallow; in CI, check out with the whole history (fetch-depth: 0)"),
            ProjectError::Invalid { ref branch, .. } => {
                let message = format!("cards, plans or configuration at the tip of {branch} have mistakes");
                let ProjectError::Invalid { diagnostics, .. } = error else {
                    return Self::new(Exit::Usage, message);
                };
                Self {
                    mistakes: diagnostics,
                    ..Self::new(Exit::Usage, message).hint("mend them, commit, and try again")
                }
            }
            ProjectError::Read(error) => error.into(),
            ProjectError::History(error) => error.into(),
        }
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        let message = error.to_string();
        match error {
            ImportError::Invalid(mistakes) => Self {
                mistakes,
                ..Self::new(Exit::Usage, message)
            },
            ImportError::Door(_) => {
                Self::new(Exit::Usage, message).hint("nothing was changed; mend the source of the plan")
            }
            ImportError::Begun(_) => Self::new(Exit::Refused, message)
                .hint("leave their cards as they are, or change them with `git harness plan edit ID`"),
            ImportError::GivenBefore(_) | ImportError::OtherPlan(_) => {
                Self::new(Exit::Usage, message).hint("give these tasks other ids")
            }
            ImportError::Read(error) => error.into(),
            ImportError::Commit(error) => error.into(),
            ImportError::Append(error) => error.into(),
            ImportError::Interrupted(_) => Self::new(Exit::Refused, message),
        }
    }
}

impl From<PlanningError> for CliError {
    fn from(error: PlanningError) -> Self {
        let message = error.to_string();
        match error {
            PlanningError::Begun(plan) => Self::new(Exit::Usage, message).hint(format!(
                "go on with it: git harness plan new {plan} --continue; or forget it: --restart"
            )),
            PlanningError::NotBegun(plan) => {
                Self::new(Exit::Usage, message).hint(format!("begin it: git harness plan new {plan} --goal \"…\""))
            }
            PlanningError::Exists(_) => Self::new(Exit::Usage, message)
                .hint("give the new one another id, or change the cards: git harness plan edit ID"),
            PlanningError::Busy(_) => Self::new(Exit::Refused, message).hint("wait for it, or stop it there"),
            PlanningError::Interview { .. } => {
                Self::new(Exit::Usage, message).hint("mend the file, or begin anew: --restart")
            }
            PlanningError::Reply(_) => Self::new(Exit::Refused, message)
                .hint("nothing was changed; ask the Architect again: --print prints what"),
            PlanningError::NothingAsked(plan) => {
                Self::new(Exit::Usage, message).hint(format!("go on: git harness plan new {plan} --continue"))
            }
            PlanningError::Context { .. } => {
                Self::new(Exit::Usage, message).hint("name a file as `git ls-files` does, or commit it first")
            }
            PlanningError::Prompt {
                source: PromptError::TooLong { .. },
                ..
            } => Self::new(Exit::Usage, message).hint(
                "show the Architect less (--context), give its model a larger `context`, ask another with --architect NAME, or by hand with --print",
            ),
            PlanningError::Prompt { template, .. } => Self::new(Exit::Usage, message)
                .hint(format!("look at .harness/templates/{template}.md, if there is one")),
            PlanningError::Ask(error) => match *error {
                RunError::Builder(BuilderError::NotPaid(_)) => Self::new(Exit::PersonNeeded, message)
                    .hint("what was said is kept; raise [budget], go on another day, or ask by hand with --print"),
                RunError::Builder(BuilderError::Provider { ref fault, .. }) if fault.action() != Action::AskPerson => {
                    Self::new(Exit::PersonNeeded, message).hint(
                        "what was said is kept; go on later with --continue, ask another with --architect NAME, or ask by hand with --print",
                    )
                }
                other => other.into(),
            },
            PlanningError::Interrupted(plan) => {
                Self::new(Exit::Interrupted, message).hint(format!("go on: git harness plan new {plan} --continue"))
            }
            PlanningError::Journal(error) => error.into(),
            PlanningError::Io(error) => error.into(),
            PlanningError::Read(error) => error.into(),
            PlanningError::Import(error) => error.into(),
        }
    }
}

impl From<CommitFilesError> for CliError {
    fn from(error: CommitFilesError) -> Self {
        match error {
            CommitFilesError::Move(error) => error.into(),
            CommitFilesError::Append(error) => error.into(),
            other => Self::new(Exit::Refused, other.to_string()),
        }
    }
}

impl From<MoveError> for CliError {
    fn from(error: MoveError) -> Self {
        let hint = match error.way_out() {
            Some(way_out) => format!("{way_out}; then run the command again"),
            None => "run the command again".to_owned(),
        };
        Self::new(Exit::PersonNeeded, error.to_string()).hint(hint)
    }
}

impl From<BackfillError> for CliError {
    fn from(error: BackfillError) -> Self {
        match error {
            BackfillError::Project(error) => (*error).into(),
            BackfillError::Read(error) => error.into(),
            BackfillError::Write(error) => error.into(),
            BackfillError::Path(_) => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

impl From<RollbackError> for CliError {
    fn from(error: RollbackError) -> Self {
        let message = error.to_string();
        match error {
            RollbackError::NotComplete(..) => {
                Self::new(Exit::Usage, message).hint("`git harness status` shows what is complete")
            }
            RollbackError::Dependants { .. } => Self::new(Exit::Refused, message),
            RollbackError::Conflict { .. } => Self::new(Exit::Refused, message)
                .hint("nothing was changed; roll the later work back first, or undo it by hand"),
            RollbackError::Red { .. } => Self::new(Exit::Refused, message).hint("nothing was changed"),
            RollbackError::Untrusted(error) => error.into(),
            RollbackError::Read(error) => error.into(),
            RollbackError::Move(error) => error.into(),
            RollbackError::Append(error) => error.into(),
            _ => Self::new(Exit::Refused, message),
        }
    }
}

impl From<AcceptError> for CliError {
    fn from(error: AcceptError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}

impl From<HookError> for CliError {
    fn from(error: HookError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}

impl From<ServerError> for CliError {
    fn from(error: ServerError) -> Self {
        let message = error.to_string();
        match error {
            ServerError::Remote(RemoteError::Unknown(_)) => {
                Self::new(Exit::Usage, message).hint("`git remote -v` lists them; `git remote add NAME ADDRESS` adds one")
            }
            ServerError::Remote(RemoteError::SeveralAddresses(name)) => Self::new(Exit::Usage, message)
                .hint(format!("leave one: git config --get-all remote.{name}.pushurl")),
            ServerError::Remote(RemoteError::NoBranch { remote, branch }) => {
                Self::new(Exit::Usage, message).hint(format!("git push {remote} {branch}"))
            }
            ServerError::Remote(RemoteError::Stopped(_)) => Self::stopped(),
            ServerError::Unpushed { branch, remote } => Self::new(Exit::PersonNeeded, message).hint(format!(
                "publish them first: git push {remote} {branch}; where both have their own: git pull --rebase {remote} {branch}"
            )),
            ServerError::Remote(RemoteError::Exchange { remote, .. }) | ServerError::Refused { remote, .. } => {
                Self::new(Exit::Refused, message).hint(format!("nothing is lost; git harness doctor --remote {remote}"))
            }
            ServerError::Behind { branch, remote } => {
                Self::new(Exit::PersonNeeded, message).hint(format!(
                    "git pull --rebase --autostash {remote} {branch}, then the same command again"
                ))
            }
            ServerError::Journal(TakeInError::Fork(_) | TakeInError::Damaged { .. }) => Self::new(Exit::Damaged, message)
                .hint("nothing was changed; `git harness sync --new-writer` goes on under another name, and nothing is lost"),
            ServerError::Read(error) => error.into(),
            _ => Self::new(Exit::Refused, message),
        }
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        match error {
            RunError::Untrusted(error) => error.into(),
            RunError::Door(_) => Self::new(Exit::Usage, message).hint("nothing was changed; leave such text out"),
            RunError::Project(error) => error.into(),
            RunError::Append(error) => error.into(),
            RunError::Read(error) => error.into(),
            RunError::Write(error) => error.into(),
            RunError::Commit(error) => error.into(),
            RunError::Resume(error) => error.into(),
            RunError::Interrupted => Self::stopped(),
            RunError::RedOnBase { check, excerpt, .. } => Self::new(Exit::Refused, format!("{message}\n{excerpt}"))
                .hint(format!(
                    "mend it first, so that no Builder is blamed for it, or allow it: --allow-red \"{check}\""
                )),
            RunError::NoProgram { ref program, .. } => {
                let hint = format!("install {program}, or mend the check; nothing was changed");
                Self::new(Exit::Usage, message).hint(hint)
            }
            RunError::Server(error) | RunError::Advance(AdvanceError::Server(error)) => error.into(),
            RunError::Advance(AdvanceError::Move(error)) => error.into(),
            RunError::Advance(AdvanceError::ClaimLost(task)) => Self::new(Exit::PersonNeeded, message).hint(format!(
                "keep your work aside and give it back here: git harness release {task}"
            )),
            RunError::AlreadyRunning(_) => {
                Self::new(Exit::Refused, message).hint("wait for it, or stop it with Ctrl-C there")
            }
            RunError::NoBuilder(_) => {
                Self::new(Exit::Usage, message).hint("define it under [builders.NAME] in .harness/config.toml")
            }
            RunError::Dispatch(DispatchError::NotReady { ref task, .. }) => {
                let hint = format!("`git harness show {task}` tells why");
                Self::new(Exit::NothingReady, message).hint(hint)
            }
            RunError::Dispatch(DispatchError::PersonBuilds { ref task, .. }) => {
                Self::new(Exit::PersonNeeded, message).hint(format!("build it yourself: git harness start {task}"))
            }
            RunError::Builder(BuilderError::NoKey { .. }) => Self::new(Exit::Usage, message)
                .hint("look at key_env or key_cmd of the model in your own configuration"),
            RunError::Builder(BuilderError::NotPaid(_)) => Self::new(Exit::PersonNeeded, message)
                .hint("raise [budget], or wait: a day's budget is new at midnight UTC; nothing is lost"),
            RunError::Builder(BuilderError::Provider { fault, .. }) => match fault.action() {
                Action::AskPerson => Self::new(Exit::Usage, message)
                    .hint("look at [models] in .harness/config.toml and in your own configuration; nothing is lost"),
                Action::Switch => Self::new(Exit::PersonNeeded, message)
                    .hint("go on with another model: git harness run --builder NAME"),
                Action::Retry { .. } | Action::GiveUp => Self::new(Exit::PersonNeeded, message)
                    .hint("the attempt counts for nothing; run the same command again later"),
            },
            RunError::Builder(BuilderError::Walls(WallsError::Start(_))) => {
                Self::new(Exit::Usage, message).hint("look at `run` of the builder in .harness/config.toml")
            }
            _ => Self::new(Exit::Refused, message),
        }
    }
}
