//! The books: what the journal says of whoever works, over all tasks: what each used, how its first tries went, what
//! was spent today. Folded row by row beside the tasks' stories, so that nobody has to read those for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::actor::Actor;
use crate::domain::budget::{Spent, day_of};
use crate::domain::id::{TaskId, WriterId};
use crate::domain::packet::Counted;
use crate::domain::quality::Standing;
use crate::domain::route::Trigger;
use crate::domain::usage::Usage;

use super::event::{AttemptMode, BuilderFinished, Checked, Dispatched, Event};

/// The newest first tries that are kept of each Builder: enough for every chance that it had in half a year.
const KEPT: usize = 64;

/// The newest counted packets that are kept of each model.
const COUNTED: usize = 15;

/// The newest results of canaries that are kept of each Builder.
const CHECKS: usize = 20;

/// The newest days whose money is kept; older ones are of no use to a budget.
const DAYS: usize = 16;

/// A role that calls are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Doing the work.
    Builder,
    /// Planning, and diagnosing what failed.
    Architect,
}

impl Role {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Architect => "architect",
        }
    }
}

/// What somebody used in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// In which role.
    pub role: Role,
    /// The name in the configuration.
    pub name: String,
    /// `provider:model`, where it is known.
    pub model: Option<String>,
    /// Attempts or answers.
    pub pieces: u64,
    /// What they used.
    pub usage: Usage,
    /// Whether it was this clone that spent it, and not another one whose rows came here.
    #[serde(default = "is_own")]
    pub own: bool,
}

const fn is_own() -> bool {
    true
}

impl Account {
    fn is_for_the_same_as(&self, other: &Self) -> bool {
        (self.role, &self.name, &self.model, self.own) == (other.role, &other.name, &other.model, other.own)
    }
}

/// How a Builder's first try at a card went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The card's task.
    pub task: TaskId,
    /// When it was decided.
    pub at: Timestamp,
    /// Whether it passed.
    pub passed: bool,
}

/// What is known of a Builder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its first tries, the newest last; only what it is to blame for.
    pub tries: Vec<Try>,
    /// The model that its server says has answered, the last time.
    pub answered_by: Option<String>,
    /// Packets as they were estimated and as the server counted them, the newest last.
    pub counted: Vec<Counted>,
    /// How it did on the canaries, the newest last.
    #[serde(default)]
    pub checks: Vec<Check>,
}

/// How the canaries went on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: Timestamp,
    /// How many passed.
    pub passed: usize,
    /// How many there were.
    pub tried: usize,
    /// The model that the server says has answered.
    pub answered_by: Option<String>,
}

impl Record {
    /// How it stands in its role at a time, with what its tries so far say of it.
    pub fn standing(&self, threshold: f64, now: Timestamp) -> Standing {
        let mut standing = Standing::default();
        let mut tries = Vec::with_capacity(self.tries.len());
        for one in &self.tries {
            tries.push(one.passed);
            let before = standing.at(one.at);
            standing = before.after_try(&tries, threshold, one.at);
            if before != Standing::Good && standing == Standing::Good {
                // It proved itself: what it was demoted for is over.
                tries.clear();
            }
        }
        standing.at(now)
    }

    /// Forgets what was tried with the model; the canaries' results are dated, and stay.
    fn begin_anew(&mut self) {
        self.tries.clear();
        self.counted.clear();
        self.answered_by = None;
    }

    /// How its newest first tries went.
    pub fn passes(&self) -> Vec<bool> {
        self.tries.iter().map(|one| one.passed).collect()
    }
}

/// The books.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    accounts: Vec<Account>,
    records: BTreeMap<String, Record>,
    /// What each writer of rows spent, by day, so that nobody's money is mixed with another one's.
    days: BTreeMap<WriterId, BTreeMap<Date, Spent>>,
}

impl Books {
    /// What everybody used, in the order in which they began.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What everybody used since an earlier state of these books.
    pub fn since(&self, earlier: &Self) -> Vec<Account> {
        let before = |account: &Account| earlier.accounts.iter().find(|then| then.is_for_the_same_as(account));
        let more = self.accounts.iter().map(|account| match before(account) {
            Some(then) => Account {
                pieces: account.pieces - then.pieces,
                usage: account.usage.since(&then.usage),
                ..account.clone()
            },
            None => account.clone(),
        });
        more.filter(|account| account.pieces > 0 || account.usage.calls > 0)
            .collect()
    }

    /// What is known of a Builder.
    pub fn record(&self, builder: &str) -> Option<&Record> {
        self.records.get(builder)
    }

    /// Everybody who ever built.
    pub fn builders(&self) -> impl Iterator<Item = (&str, &Record)> {
        self.records.iter().map(|(name, record)| (name.as_str(), record))
    }

    /// What some writers spent on each of the last days, by UTC and by their clocks.
    pub fn days_of(&self, counts: impl Fn(&WriterId) -> bool) -> BTreeMap<Date, Spent> {
        let mut all: BTreeMap<Date, Spent> = BTreeMap::new();
        for (_, days) in self.days.iter().filter(|(writer, _)| counts(writer)) {
            for (day, spent) in days {
                let sum = all.entry(*day).or_default();
                *sum = sum.plus(*spent);
            }
        }
        all
    }

    /// Takes in what an event says of money, by whoever wrote it.
    pub(super) fn spend(&mut self, writer: &WriterId, at: Timestamp, event: &Event) {
        let used = match event {
            Event::BuilderFinished(finished) => finished.usage,
            Event::Proposed(proposed) => proposed.usage,
            Event::ArchitectAnswered(answer) => answer.usage,
            Event::PlanConsulted(asked) => asked.usage,
            Event::ArchitectFailed { usage, .. } => *usage,
            Event::Checked(checked) => checked.usage,
            _ => None,
        };
        let Some(used) = used else { return };
        let days = self.days.entry(writer.clone()).or_default();
        let spent = days.entry(day_of(at)).or_default();
        *spent = spent.with(&used);
        while days.len() > DAYS {
            days.pop_first();
        }
    }

    /// Takes in an event that its task took; `attempt` is the claim that it is about, if it is about one. What other
    /// clones spent (not `own`) is told apart.
    pub(super) fn take(&mut self, at: Timestamp, event: &Event, attempt: Option<&Dispatched>, own: bool) {
        let at = Moment { at, own };
        match event {
            Event::BuilderFinished(finished) => {
                if let Some(dispatched) = attempt {
                    self.built(at, finished, dispatched);
                }
            }
            Event::Proposed(proposed) => {
                // Its attempt is counted when the Builder ends; here is only what the plan used.
                if let Some(dispatched) = attempt
                    && let Actor::Builder(name) = &dispatched.author
                {
                    self.pay(at, Role::Builder, name, dispatched.model.as_ref(), (0, proposed.usage));
                }
            }
            Event::ArchitectAnswered(answer) => self.asked(at, &answer.by, answer.usage),
            Event::PlanConsulted(asked) => self.asked(at, &asked.by, asked.usage),
            Event::ArchitectFailed { by, usage, .. } => self.asked(at, by, *usage),
            Event::AttemptFailed { failure, .. } if failure.is_the_builders() => self.tried(at.at, attempt, false),
            Event::Accepted(_) => self.tried(at.at, attempt, true),
            Event::Rejected { .. } => self.tried(at.at, attempt, false),
            Event::Escalated(escalated) if is_the_cards(escalated.trigger) => self.forgive(&escalated.task),
            Event::Checked(checked) => self.checked(at, checked),
            Event::ModelReset { builder, .. } => {
                self.records.entry(builder.clone()).or_default().begin_anew();
            }
            _ => {}
        }
    }

    fn built(&mut self, at: Moment, finished: &BuilderFinished, dispatched: &Dispatched) {
        let Actor::Builder(name) = &dispatched.author else {
            return;
        };
        let record = self.records.entry(name.clone()).or_default();
        if let Some(answered_by) = &finished.answered_by {
            if record.answered_by.as_ref().is_some_and(|known| known != answered_by) {
                // Another model behind the same name: what the old one did says nothing of it.
                record.begin_anew();
            }
            record.answered_by = Some(answered_by.clone());
        }
        if let Some(counted) = counted(finished, dispatched) {
            record.counted.push(counted);
            let old = record.counted.len().saturating_sub(COUNTED);
            record.counted.drain(..old);
        }
        self.pay(at, Role::Builder, name, dispatched.model.as_ref(), (1, finished.usage));
    }

    fn checked(&mut self, at: Moment, checked: &Checked) {
        let record = self.records.entry(checked.builder.clone()).or_default();
        record.checks.push(Check {
            at: at.at,
            passed: checked.passed(),
            tried: checked.results.len(),
            answered_by: checked.answered_by.clone(),
        });
        let old = record.checks.len().saturating_sub(CHECKS);
        record.checks.drain(..old);
        self.pay(
            at,
            Role::Builder,
            &checked.builder,
            checked.model.as_ref(),
            (0, checked.usage),
        );
    }

    fn asked(&mut self, at: Moment, by: &Actor, usage: Option<Usage>) {
        if let Actor::Architect(name) = by {
            self.pay(at, Role::Architect, name, None, (1, usage));
        }
    }

    fn pay(&mut self, at: Moment, role: Role, name: &str, model: Option<&String>, what: (u64, Option<Usage>)) {
        let (pieces, used) = (what.0, what.1.unwrap_or_default());
        let one = Account {
            role,
            name: name.to_owned(),
            model: model.cloned(),
            pieces,
            usage: used,
            own: at.own,
        };
        match self.accounts.iter_mut().find(|known| known.is_for_the_same_as(&one)) {
            Some(account) => {
                account.pieces += pieces;
                account.usage = account.usage.plus(&used);
            }
            None => self.accounts.push(one),
        }
    }

    /// A first try was decided. Somebody who works by hand is not judged.
    fn tried(&mut self, at: Timestamp, attempt: Option<&Dispatched>, passed: bool) {
        let Some(dispatched) = attempt.filter(|dispatched| dispatched.place.in_round == 1) else {
            return;
        };
        let (AttemptMode::Unattended, Actor::Builder(name)) = (&dispatched.mode, &dispatched.author) else {
            return;
        };
        let record = self.records.entry(name.clone()).or_default();
        record.tries.push(Try {
            task: dispatched.task.clone(),
            at,
            passed,
        });
        let old = record.tries.len().saturating_sub(KEPT);
        record.tries.drain(..old);
    }

    /// The card was to blame: what failed on it is nobody's.
    fn forgive(&mut self, task: &TaskId) {
        for record in self.records.values_mut() {
            record.tries.retain(|one| one.passed || one.task != *task);
        }
    }
}

/// When a row was written, and whether here.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Timestamp,
    own: bool,
}

/// Whether what was found later clears whoever worked on the card as it was.
const fn is_the_cards(trigger: Trigger) -> bool {
    matches!(trigger, Trigger::Underspecified | Trigger::Missing)
}

/// A packet's estimate and its count, where one call alone tells both.
fn counted(finished: &BuilderFinished, dispatched: &Dispatched) -> Option<Counted> {
    let usage = finished.usage.filter(|usage| usage.calls == 1)?;
    let cached = usage
        .cache_read
        .unwrap_or_default()
        .saturating_add(usage.cache_write.unwrap_or_default());
    let counted = Counted {
        model: dispatched.model.clone()?,
        estimated: finished.estimated?,
        reported: usage.input?.saturating_add(cached),
    };
    // What cannot be true tells nothing of the next packet.
    (counted.reported.saturating_mul(10) >= counted.estimated).then_some(counted)
}

#[cfg(test)]
mod tests;
