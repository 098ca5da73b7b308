//! Attempt: one dispatch from the claim to what became of it: build, harvest, judge, and on to the finish.
//!
//! Faults of the infrastructure end an attempt as lost, which counts for nothing; everything that the Builder did
//! wrong ends it as failed, with the reason by name.

use std::sync::Arc;

use crate::config::AnswerMode;
use crate::domain::actor::Actor;
use crate::domain::check::FenceTier;
use crate::domain::edit::Reading;
use crate::domain::failure::Failure;
use crate::domain::network::Contact;
use crate::domain::packet::answer::{BuilderClosing, read_closing};
use crate::domain::plan::card::Card;
use crate::domain::scope::violation::{Rule, Violation};
use crate::domain::task::event::{AttemptMode, BuilderFinished, Event, Harvested as HarvestedRow};
use crate::fault::{self, Point};
use crate::process::Environment;

use super::Engine;
use super::answer::{self, Read};
use super::builder::{Builder, BuilderError, Built, Job, Keys};
use super::dispatch::{self, Assignment};
use super::early;
use super::finish::{self, Finish};
use super::harvest::{self, Harvested, Limits, View};
use super::judge::{self, Judged};
use super::project::Project;
use super::proposal;
use super::purse::Account;
use super::run::{RunError, is_of_the_disk};
use super::slot::{self, Purpose, Slot, SlotError};
use super::trusted::Trusted;
use super::verify;
use super::view::{self, ViewError};
use super::walls::{Inmate, Walls};

/// Gives a card to a Builder and takes the work as far as it goes.
pub fn attempt(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    builder: &dyn Builder,
    author: Actor,
) -> Result<Finish, RunError> {
    let mut assignment = dispatch::dispatch(engine, project, card, builder, author, AttemptMode::Unattended)?;
    let planned = proposal::plan_first(engine, project, card, builder, &mut assignment);
    let worked = match planned {
        Ok(Some(finish)) => return Ok(finish),
        Ok(None) => build(engine, project, card, builder, &assignment),
        Err(error) => Err(error),
    };
    match worked {
        Ok(Work::Harvested(harvested, reading)) => {
            let finished = judge_and_finish(engine, project, card, &assignment, harvested, reading);
            match finished {
                // Whoever stopped it is there to read that nobody has the card any more.
                Err(error @ (RunError::Interrupted | RunError::Untrusted(_))) if is_with_builder(engine, card) => {
                    lose(engine, &assignment, error)
                }
                finished => finished,
            }
        }
        Ok(Work::Failed(failure)) => finish::fail(engine, &assignment.dispatched, failure),
        Err(error) => lose(engine, &assignment, error),
    }
}

/// Whether nothing of an attempt was verified yet, so that there is nothing to go on from.
fn is_with_builder(engine: &Engine, card: &Card) -> bool {
    let log = engine.replay().task(&card.id);
    log.is_some_and(|log| log.state.is_with_builder())
}

/// Records that an attempt ended for a reason outside of the work, which counts for nothing.
fn lose(engine: &mut Engine, assignment: &Assignment, error: RunError) -> Result<Finish, RunError> {
    engine.record(&[Event::AttemptLost {
        task: assignment.dispatched.task.clone(),
        attempt: assignment.dispatched.attempt.clone(),
        reason: error.to_string(),
    }])?;
    Err(error)
}

/// What a Builder left.
enum Work {
    /// Its changes, and how they were read where they came as an answer.
    Harvested(Harvested, Option<Reading>),
    Failed(Failure),
}

/// The variables that a Builder sees: the allow-list, what the configuration lets through, and what this Builder
/// asks for by name.
fn environment(engine: &Engine, project: &Project, builder: &dyn Builder) -> Environment {
    let names: Vec<String> = project
        .config
        .env
        .iter()
        .cloned()
        .chain(builder.variables().iter().cloned())
        .collect();
    Environment::allow_list(&engine.host.variables, &names)
}

fn build(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    builder: &dyn Builder,
    assignment: &Assignment,
) -> Result<Work, RunError> {
    let dispatched = &assignment.dispatched;
    let ignored = slot::ignore_rules(&engine.git, project.tree)?;
    let cone = project.config.cone_for(card);
    let mut environment = environment(engine, project, builder);
    let pool = engine.pool(project.config.worktrees_dir.as_deref());
    let mut slot = Slot::take(&engine.ledger, &pool, Purpose::Build, &engine.cancel)?;
    let top = slot.tree();
    let edits_files = builder.answers_with() == AnswerMode::Files;
    if edits_files {
        verify::set_up(engine, &project.permit(), &mut slot, &cone, project.tree, &environment)?;
    }
    if builder.looks_around() {
        view::prepare(
            &mut slot,
            &engine.git,
            project.tip,
            assignment.start,
            &cone,
            &ignored,
            &*engine.copying,
        )?;
    }
    let layered = verify::tier(engine)? == FenceTier::Overlay;
    let run = slot
        .run(layered, slot.products().into_iter().collect())
        .map_err(ViewError::from)?;
    if edits_files {
        let left = slot.tmp().join("scope.json");
        let bounds = judge::bounds(card, &project.config, &engine.git, project.tip).map_err(BuilderError::Bounds)?;
        early::leave(&left, &top, bounds).map_err(|source| BuilderError::Io {
            path: left.clone(),
            source,
        })?;
        environment.set(early::SCOPE, left.as_os_str());
    }
    let walls = Walls::around(
        engine,
        &project.permit(),
        &slot,
        &run,
        Inmate::Builder,
        builder.network(),
    )
    .map_err(BuilderError::Walls)?;
    let environment = walls.with_tmp(&environment);
    let started = engine.clock.now();
    let supply = Arc::clone(&engine.supply);
    let account = supply
        .purse
        .account(project.config.budget, engine.spent_before(&card.id, project.tip));
    let keys = Keys::default();
    let built = builder.build(&Job {
        task: &card.id,
        number: dispatched.place.number,
        files: &card.files,
        packet: &assignment.packet,
        view: &top,
        tmp: &slot.tmp(),
        walls: &walls,
        environment: &environment,
        redactor: engine.ledger.redactor(),
        cancel: &engine.cancel,
        clock: &*engine.clock,
        progress: &*engine.progress,
        account: &account,
        caches: engine.ledger.caches(),
        keys: &keys,
    });
    engine.ledger.keep_out(&keys.take());
    let taken = slot.take_layers(&run);
    let millis = u64::try_from(engine.clock.now().duration_since(started).as_millis()).unwrap_or_default();
    let contacts = walls.take_contacts();
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            // What it cost is paid, though the attempt counts for nothing.
            if account.usage().is_some() {
                let stopped = Stopped {
                    output: b"",
                    closing: &BuilderClosing::default(),
                    account: &account,
                    millis,
                    contacts,
                };
                finished(engine, assignment, stopped)?;
            }
            return Err(error.into());
        }
    };
    let (output, failure) = match &built {
        Built::Edited(output) => (output.clone(), None),
        Built::Answered(text) => (text.clone().into_bytes(), None),
        Built::Failed(failure, output) => (output.clone(), Some(failure.clone())),
    };
    let closing = read_closing(&String::from_utf8_lossy(&output));
    let stopped = Stopped {
        output: &output,
        closing: &closing,
        account: &account,
        millis,
        contacts,
    };
    finished(engine, assignment, stopped)?;
    if let Err(error) = taken {
        return left_so(error);
    }
    if let Some(stop) = closing.stop {
        return Ok(Work::Failed(stop.into()));
    }
    if let Some(failure) = failure {
        return Ok(Work::Failed(failure));
    }
    let limits = Limits {
        file_bytes: project.config.policy.max_file_bytes,
        files: project.config.policy.max_files,
    };
    match built {
        Built::Answered(text) => {
            let rules = finish::rules(&engine.git, project, card)?;
            Ok(match answer::read(engine, project, &rules, assignment.start, &text)? {
                Read::Edits(harvested, reading) => Work::Harvested(harvested, Some(reading)),
                Read::Failed(failure) => Work::Failed(failure),
            })
        }
        _ => {
            let rules = finish::rules(&engine.git, project, card)?;
            let held = view::held(&engine.git, project.tree, &cone)?;
            let places = slot.may_differ(&engine.git, held).map_err(SlotError::from)?;
            let view = View {
                top: &top,
                base: project.tree,
                held,
                places: places.as_deref(),
                untouched: &slot.untouched(&engine.git),
                ignored: &ignored,
                opens: &|path| rules.opens(path),
                allowed: rules.allowed(),
            };
            Ok(Work::Harvested(harvest::harvest(&engine.git, &view, limits)?, None))
        }
    }
}

/// What cannot be taken out of a copy was left so by whoever worked there, unless the machine is at its end.
fn left_so(error: SlotError) -> Result<Work, RunError> {
    if is_of_the_disk(&error) {
        return Err(error.into());
    }
    Ok(Work::Failed(Failure::out_of_scope(vec![Violation {
        path: "(all)".to_owned(),
        rule: Rule::Unreadable { why: error.to_string() },
    }])))
}

/// What a Builder that stopped leaves besides its work.
struct Stopped<'a> {
    output: &'a [u8],
    closing: &'a BuilderClosing,
    account: &'a Account,
    millis: u64,
    contacts: Vec<Contact>,
}

/// Records that the Builder stopped, and what it said.
fn finished(engine: &mut Engine, assignment: &Assignment, stopped: Stopped) -> Result<(), RunError> {
    let dispatched = &assignment.dispatched;
    let answer = engine
        .ledger
        .transcripts()
        .put(stopped.output)
        .map_err(RunError::Transcript)?;
    let mut events = vec![Event::BuilderFinished(BuilderFinished {
        task: dispatched.task.clone(),
        attempt: dispatched.attempt.clone(),
        answer: Some(answer),
        summary: stopped.closing.summary.clone(),
        notes: stopped.closing.notes.clone(),
        usage: stopped.account.usage(),
        millis: stopped.millis,
        contacts: stopped.contacts,
        answered_by: stopped.account.answered_by(),
        estimated: u64::try_from(assignment.estimated).ok(),
    })];
    events.extend(stopped.closing.notes.iter().map(|text| Event::Noted {
        task: dispatched.task.clone(),
        by: dispatched.author.clone(),
        text: text.clone(),
    }));
    engine.record(&events)?;
    fault::at(Point::Built).map_err(RunError::Transcript)
}

fn judge_and_finish(
    engine: &mut Engine,
    project: &Trusted,
    card: &Card,
    assignment: &Assignment,
    harvested: Harvested,
    reading: Option<Reading>,
) -> Result<Finish, RunError> {
    let dispatched = &assignment.dispatched;
    let changes = harvested.changes().clone();
    let rules = finish::rules(&engine.git, project, card)?;
    let (judged, dropped) = judge::judge(&engine.git, harvested, &rules, engine.ledger.redactor())?;
    // What the card may have meant is told at once; the rest stands in `show`.
    for what in dropped.iter().filter(|what| what.contains("does not name it exactly")) {
        let text = format!("left out: {what}");
        engine.tell(&Event::Told {
            task: Some(card.id.clone()),
            text,
        });
    }
    let beyond = proposal::beyond(engine, project, card, &changes);
    let tree = match &judged {
        // What nobody agreed to is nothing to go on from.
        Judged::InScope(_) if !beyond.is_empty() => None,
        Judged::InScope(candidate) => Some(candidate.tree()),
        Judged::Refused { kept, .. } => *kept,
        Judged::Empty => None,
    };
    if let Some(tree) = tree {
        keep(engine, assignment, tree)?;
    }
    engine.record(&[Event::Harvested(HarvestedRow {
        task: card.id.clone(),
        attempt: dispatched.attempt.clone(),
        tree,
        changes,
        dropped,
        reading,
    })])?;
    match judged {
        Judged::InScope(_) if !beyond.is_empty() => {
            finish::fail(engine, dispatched, Failure::OffPlan { paths: beyond })
        }
        Judged::InScope(candidate) => finish::finish(engine, project, card, dispatched, candidate),
        Judged::Refused { violations, .. } => finish::fail(engine, dispatched, Failure::out_of_scope(violations)),
        Judged::Empty => finish::fail(engine, dispatched, Failure::NoChange),
    }
}

/// Keeps a candidate's objects from git's garbage collection, and for `diff`.
fn keep(engine: &Engine, assignment: &Assignment, tree: crate::domain::oid::TreeId) -> Result<(), RunError> {
    let dispatched = &assignment.dispatched;
    let commit = engine.git.commit_unsigned(&crate::git::NewCommit {
        tree,
        parents: &[dispatched.base],
        message: &format!("Attempt {} of {}\n", dispatched.place.number, dispatched.task),
        seconds: engine.clock.now().as_second(),
    })?;
    fault::at(Point::CandidateKeep).map_err(RunError::Transcript)?;
    let name = format!("refs/harness/attempts/{}/{}", dispatched.task, dispatched.place.number);
    let old = engine.git.reference(&name)?;
    engine
        .git
        .compare_and_swap(&name, commit, old, "harness: keep a candidate")
        .map_err(RunError::KeepCandidate)?;
    fault::at(Point::CandidateKept).map_err(RunError::Transcript)
}

impl From<BuilderError> for RunError {
    fn from(error: BuilderError) -> Self {
        match error {
            BuilderError::Cancelled => Self::Interrupted,
            other => Self::Builder(other),
        }
    }
}
