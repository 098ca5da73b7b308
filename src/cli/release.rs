//! `release`: a task goes back to those who may take it, here and where it was claimed.

use clap::Args;

use crate::domain::claim::Standing;
use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::domain::task::state::TaskState;
use crate::engine::attended;

use super::context::{Context, Telling, print};
use super::decide::{Decision, begin};
use super::error::CliError;
use super::exit::Exit;

/// Give a task back; files stay as they are
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// The task
    task: TaskId,
    /// Give its claim on this remote back, too
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Take the claim away from another machine, which will then land nothing for it
    #[arg(long, requires = "remote")]
    theirs: bool,
}

/// States in which somebody has a task.
const IN_HAND: [TaskState; 5] = [
    TaskState::InProgress,
    TaskState::Retrying,
    TaskState::NeedsReview,
    TaskState::Passed,
    TaskState::Failed,
];

pub fn run(args: &ReleaseArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    if let Some(remote) = &args.remote {
        give_back_there(&mut decision, args, remote)?;
    }
    if decision.state == TaskState::Complete {
        print(&format!("{} is complete, and no longer open\n", args.task))?;
        return Ok(Exit::Done);
    }
    if let Some(landing) = elsewhere(&decision, &args.task) {
        let short = landing.short(10);
        return Err(CliError::new(
            Exit::Refused,
            format!("{} landed as {short}, which is not on {}; nobody has it in hand", args.task, decision.project.target),
        )
        .hint(format!(
            "git harness adopt {0} COMMIT, where a commit of the branch holds its work; git harness retry {0} has it built again",
            args.task
        )));
    }
    if args.remote.is_none() {
        decision.only_in(&args.task, &IN_HAND, "given back")?;
    }
    if IN_HAND.contains(&decision.state) {
        let by = decision.person.clone();
        attended::release(&mut decision.engine, &args.task, by)?;
        print(&format!("{} is free again; files stay as they are\n", args.task))?;
    }
    Ok(Exit::Done)
}

/// A landing that the ledger knows and the branch lacks.
fn elsewhere(decision: &Decision, task: &TaskId) -> Option<CommitId> {
    let views = decision.project.views(&decision.engine);
    views.into_iter().find(|view| view.id == *task)?.landed_elsewhere
}

fn give_back_there(decision: &mut Decision, args: &ReleaseArgs, remote: &str) -> Result<(), CliError> {
    let target = decision.project.target.clone();
    let engine = &mut decision.engine;
    engine.join(remote, &target)?;
    let said = match (engine.claim_of(&args.task)?, args.theirs) {
        (Standing::Free, _) => format!("{} is not claimed on {remote}\n", args.task),
        (Standing::Mine | Standing::Ours | Standing::Lapsed, false) => {
            engine.hold_again(&args.task)?;
            engine.give_back(&args.task)?;
            format!("{} is free again on {remote}\n", args.task)
        }
        (Standing::Held { .. } | Standing::Parked, false) => {
            return Err(CliError::new(
                Exit::Refused,
                format!("{} is claimed on {remote} by another machine", args.task),
            )
            .hint("if that one will not come back: the same with --theirs"));
        }
        (_, true) if engine.free_claim(&args.task)? => format!("{} is free again on {remote}\n", args.task),
        (_, true) => {
            return Err(
                CliError::new(Exit::Refused, format!("the claim of {} moved meanwhile", args.task))
                    .hint("its holder lives; look again"),
            );
        }
    };
    print(&said)
}
