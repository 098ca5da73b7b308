//! `approve` and `reject`: what a person says of a change that waits. Each is one row of the journal, written only where
//! what was looked at still waits, and what it sets free is done at once.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::domain::gate::{Approval, SelfApproval};
use crate::domain::id::TaskId;
use crate::domain::task::event::{AttemptMode, Event, ReviewRequested};
use crate::domain::task::replay::{Replay, TaskLog};
use crate::domain::task::state::TaskState;
use crate::engine::finish::Finish;
use crate::engine::project::Project;
use crate::engine::trusted::Trusted;
use crate::engine::{proposal, run};

use super::context::{Context, Telling, print};
use super::decide::{Decision, begin};
use super::error::CliError;
use super::exit::Exit;
use super::of::{self, Of};

/// Agree to a verified change; it lands at once
///
/// Nobody agrees to what they made, started or wrote. An approval is for one change in one round: it ends with a
/// rejection, a rollback, a revision or a new round, and can be withdrawn until it has landed.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The task
    task: TaskId,
    #[command(flatten)]
    of: Of,
    /// Only for this gate
    #[arg(long, value_name = "NAME")]
    gate: Vec<String>,
    /// Take back what you agreed to
    #[arg(long, conflicts_with = "gate")]
    withdraw: bool,
    /// Why, for a withdrawal
    #[arg(
        short = 'm',
        long,
        value_name = "TEXT",
        requires = "withdraw",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,
}

/// Refuse a verified change; its Builder gets the reason
#[derive(Debug, Args)]
pub struct RejectArgs {
    /// The task
    task: TaskId,
    #[command(flatten)]
    of: Of,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    reason: String,
    /// It works but violates the intent: the Architect's business
    #[arg(long)]
    intent: bool,
}

pub fn approve(args: &ApproveArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Lines)?;
    if args.withdraw {
        return withdraw(&mut decision, args);
    }
    let (review, log) = waiting(&decision, context, &args.task, &args.of, "approved")?;
    let makers = log.makers();
    let is_own = makers.iter().any(|maker| maker.is_same_as(&decision.person));
    if is_own && decision.project.config.approval.self_ == SelfApproval::Deny {
        return Err(CliError::new(
            Exit::Refused,
            format!(
                "{} made this change, or started whoever made it, and nobody approves their own work",
                decision.person
            ),
        )
        .hint("somebody else approves it; a project of one person may set [approval] self = \"allow\""));
    }
    for gate in &args.gate {
        if !review.gates.contains(gate) {
            return Err(
                CliError::new(Exit::Usage, format!("{} does not wait for the gate {gate}", args.task))
                    .hint(format!("gates: {}", review.gates.join(", "))),
            );
        }
    }
    Trusted::of(&decision.engine, &decision.project)?;
    let approval = Approval {
        by: decision.person.clone(),
        subject: review.subject,
        // Those that wait now: a gate that the lane gets later is not agreed to.
        gates: match args.gate.is_empty() {
            true => review.gates.clone(),
            false => args.gate.clone(),
        },
        round: Some(log.round),
        nonce: Some(decision.engine.clock.random_name(20)),
    };
    let approved = Event::Approved {
        task: args.task.clone(),
        approval,
    };
    say(&mut decision, &args.task, &review, approved, "approved")?;
    land(&mut decision, args, &log)
}

/// Lands what an approval has set free, where nothing else is waited for.
fn land(decision: &mut Decision, args: &ApproveArgs, log: &TaskLog) -> Result<Exit, CliError> {
    let is_attended = log
        .open()
        .is_some_and(|open| matches!(open.mode, AttemptMode::Attended { .. }));
    if is_attended {
        print(&format!(
            "{} is approved; commit it, or `git harness submit`\n",
            args.task
        ))?;
        return Ok(Exit::Done);
    }
    if proposal::is_waiting(log) {
        if let Some(card) = decision.project.card(&args.task).cloned() {
            proposal::let_go_on(&mut decision.engine, &card, decision.person.clone())?;
        }
        print(&format!(
            "the plan of {} is approved; `git harness run` carries it out\n",
            args.task
        ))?;
        return Ok(Exit::Done);
    }
    let target = decision.project.target.clone();
    match run::land_if_open(&mut decision.engine, &target, &args.task)? {
        Some(Finish::Landed(landed)) => {
            print(&format!(
                "{} landed on {target} as {}\n",
                args.task,
                landed.commit.short(10)
            ))?;
            Ok(Exit::Done)
        }
        Some(Finish::Waiting(gates)) => {
            print(&format!("{} still waits for {}\n", args.task, gates.join(", ")))?;
            Ok(Exit::PersonNeeded)
        }
        Some(Finish::InTheWay(why)) => {
            Err(CliError::new(Exit::PersonNeeded, why).hint("it stays accepted; `git harness run` lands it later"))
        }
        Some(Finish::Closed(why)) => Err(as_it_is(decision, &args.task, &format!("{}: {why}", args.task))),
        Some(Finish::Failed(failure)) => Err(CliError::new(Exit::Refused, failure.to_string())),
        None => Ok(Exit::Done),
    }
}

pub fn reject(args: &RejectArgs, context: &Context) -> Result<Exit, CliError> {
    let mut decision = begin(context, &args.task, Telling::Nothing)?;
    let (review, _) = waiting(&decision, context, &args.task, &args.of, "rejected")?;
    let rejected = Event::Rejected {
        task: args.task.clone(),
        by: decision.person.clone(),
        reason: args.reason.clone(),
        violates_intent: args.intent,
        of: Some(review.subject),
    };
    say(&mut decision, &args.task, &review, rejected, "rejected")?;
    print(&format!(
        "{} is rejected; `git harness run` goes on from there\n",
        args.task
    ))?;
    Ok(Exit::Done)
}

/// Takes a person's own approvals back.
fn withdraw(decision: &mut Decision, args: &ApproveArgs) -> Result<Exit, CliError> {
    let (task, person) = (&args.task, decision.person.clone());
    let withdrawn = |replay: &Replay| {
        let log = replay.task(task)?;
        let is_theirs = |approval: &&Approval| approval.by.is_same_as(&person);
        let own: Vec<&Approval> = log.approvals.iter().filter(is_theirs).collect();
        let subject = own.last()?.subject;
        let can = match log.state {
            TaskState::NeedsReview => true,
            TaskState::Passed => log.reviewed.is_some() && !log.has_begun_to_land(),
            _ => false,
        };
        can.then(|| Event::ApprovalWithdrawn {
            task: task.clone(),
            by: person.clone(),
            subject,
            nonces: own.iter().filter_map(|approval| approval.nonce.clone()).collect(),
            reason: args.reason.clone(),
        })
    };
    let rows = decision
        .engine
        .record_if(|replay| withdrawn(replay).into_iter().collect())?;
    if rows.is_empty() {
        let why = format!("there is no approval of {person} that {task} could still lose");
        return Err(as_it_is(decision, task, &why));
    }
    print(&format!("{task} waits again for what {person} had agreed to\n"))?;
    Ok(Exit::Done)
}

/// What waits, if it is what was looked at.
fn waiting(
    decision: &Decision,
    context: &Context,
    task: &TaskId,
    of: &Of,
    what: &str,
) -> Result<(ReviewRequested, TaskLog), CliError> {
    decision.only_in(task, &[TaskState::NeedsReview], what)?;
    let log = decision.engine.replay().task(task).filter(|log| log.open().is_some());
    let Some(log) = log else {
        return Err(CliError::new(
            Exit::Refused,
            format!("{task} waits for nothing that is known here"),
        ));
    };
    Ok((of::seen(of, context, task, log, what)?, log.clone()))
}

/// Writes a decision, if what it is about still waits when nobody else can write.
fn say(
    decision: &mut Decision,
    task: &TaskId,
    review: &ReviewRequested,
    event: Event,
    what: &str,
) -> Result<(), CliError> {
    let rows = decision.engine.record_if(|replay| {
        let log = replay.task(task).filter(|log| log.state == TaskState::NeedsReview);
        let waits = log.and_then(|log| log.review.as_ref());
        let still = waits.is_some_and(|now| now.subject == review.subject && now.attempt == review.attempt);
        still.then_some(event).into_iter().collect()
    })?;
    match rows.is_empty() {
        false => Ok(()),
        true => Err(as_it_is(
            decision,
            task,
            &format!("{task} was not {what}: somebody else was quicker"),
        )),
    }
}

/// Whoever comes too late is told how things stand now.
fn as_it_is(decision: &mut Decision, task: &TaskId, what: &str) -> CliError {
    let target = decision.project.target.clone();
    let now = Project::load(&mut decision.engine, &target).ok().and_then(|project| {
        let views = project.views(&decision.engine);
        views.into_iter().find(|view| view.id == *task)
    });
    let state = match now {
        Some(view) => match (view.landed, view.reason) {
            (Some(commit), _) => format!("it is {} now, as {}", view.state, commit.short(10)),
            (None, Some(reason)) => format!("it is {} now: {reason}", view.state),
            (None, None) => format!("it is {} now", view.state),
        },
        None => "how it stands now could not be read".to_owned(),
    };
    CliError::new(Exit::Refused, what.to_owned()).hint(format!("{state}; `git harness show {task}` tells its story"))
}
