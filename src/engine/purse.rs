//! The purse: what calls may cost, judged before each of them. One for everybody who works in this process, so that
//! two calls at the same time cannot both take what is left; what other processes spent is read from the journal when
//! a piece of work begins.

use std::cell::{Cell, RefCell};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::budget::{Budget, Limits, Refusal, Span, Spent, admit};
use crate::domain::usage::Usage;

/// What this process spends.
#[derive(Debug, Default)]
pub struct Purse(Mutex<Till>);

#[derive(Debug, Clone, Copy, Default)]
struct Till {
    /// By all calls that ended.
    spent: Spent,
    /// What of that is in the journal.
    recorded: Spent,
    /// The worst case of all calls that are under way, in micro-dollars.
    reserved: u64,
}

/// What the journal says was spent when a piece of work begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// On its task.
    pub task: Spent,
    /// On this day.
    pub day: Spent,
}

impl Purse {
    /// Opens the account of a piece of work. It is closed once what it used is in the journal.
    pub fn account(&self, limits: Limits, before: Before) -> Account<'_> {
        Account {
            purse: self,
            limits,
            before,
            recorded: self.till().recorded,
            mine: Cell::default(),
            used: Cell::default(),
            answered_by: RefCell::default(),
        }
    }

    fn till(&self) -> MutexGuard<'_, Till> {
        // Each change of it is whole, whatever became of whoever made it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The account of one piece of work: what it has used so far, from whom, and whether a further call is covered.
#[derive(Debug)]
pub struct Account<'a> {
    purse: &'a Purse,
    limits: Limits,
    before: Before,
    /// What this process had in the journal when the account was opened, which `before` holds too.
    recorded: Spent,
    mine: Cell<Spent>,
    used: Cell<Usage>,
    answered_by: RefCell<Option<String>>,
}

impl Account<'_> {
    /// Reserves what a call costs at the most.
    ///
    /// # Errors
    /// The budget that does not cover it.
    pub fn reserve(&self, worst: Option<u64>) -> Result<Reserved<'_>, Refusal> {
        let mut till = self.purse.till();
        let reserved = Spent {
            micro_dollars: till.reserved,
            unknown_calls: 0,
        };
        let run = till.spent.plus(reserved);
        let all = [
            (Span::Task, self.limits.task, self.before.task.plus(self.mine.get())),
            (Span::Run, self.limits.run, run),
            (
                Span::Day,
                self.limits.day,
                self.before.day.plus(run.since(self.recorded)),
            ),
        ];
        let budgets: Vec<Budget> = all
            .into_iter()
            .filter_map(|(span, limit, spent)| limit.map(|limit| Budget { span, limit, spent }))
            .collect();
        admit(&budgets, worst)?;
        let worst = worst.unwrap_or_default();
        till.reserved = till.reserved.saturating_add(worst);
        Ok(Reserved {
            purse: self.purse,
            worst,
        })
    }

    /// Adds what calls used.
    pub fn add(&self, usage: &Usage) {
        self.used.set(self.used.get().plus(usage));
        self.mine.set(self.mine.get().with(usage));
        let mut till = self.purse.till();
        till.spent = till.spent.with(usage);
    }

    /// Notes which model the server says has answered.
    pub fn note_model(&self, name: &str) {
        self.answered_by.replace(Some(name.to_owned()));
    }

    /// The model that the server says has answered the last call.
    pub fn answered_by(&self) -> Option<String> {
        self.answered_by.borrow().clone()
    }

    /// All of it; `None` where no call was made.
    pub fn usage(&self) -> Option<Usage> {
        Some(self.used.get()).filter(|usage| !usage.is_unknown())
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        let mut till = self.purse.till();
        till.recorded = till.recorded.plus(self.mine.get());
    }
}

/// Money put aside for a call that is under way.
#[derive(Debug)]
#[must_use = "it is free again as soon as this is dropped"]
pub struct Reserved<'a> {
    purse: &'a Purse,
    worst: u64,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut till = self.purse.till();
        till.reserved = till.reserved.saturating_sub(self.worst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(task: Option<u64>, run: Option<u64>, day: Option<u64>) -> Limits {
        Limits { task, run, day }
    }

    fn paid(micro: u64) -> Usage {
        Usage {
            micro_dollars: Some(micro),
            calls: 1,
            ..Usage::default()
        }
    }

    #[test]
    fn two_calls_at_the_same_time_cannot_both_take_what_is_left() {
        let purse = Purse::default();
        let run = limits(None, Some(100), None);
        let (one, other) = (
            purse.account(run, Before::default()),
            purse.account(run, Before::default()),
        );
        let held = one.reserve(Some(60)).unwrap();
        assert!(matches!(
            other.reserve(Some(60)),
            Err(Refusal::TooDear { left: 40, .. })
        ));
        drop(held);
        one.add(&paid(30));
        assert!(other.reserve(Some(70)).is_ok());
        assert!(other.reserve(Some(71)).is_err());
    }

    #[test]
    fn what_is_in_the_journal_counts_once() {
        let purse = Purse::default();
        let day = limits(None, None, Some(100));
        let first = purse.account(day, Before::default());
        first.add(&paid(40));
        drop(first);
        // Its row is in the journal now, and so in what the next account begins with.
        let before = Before {
            day: Spent::default().with(&paid(40)),
            ..Before::default()
        };
        let second = purse.account(day, before);
        assert!(second.reserve(Some(60)).is_ok());
        assert!(second.reserve(Some(61)).is_err());
        // What somebody else spends meanwhile counts, too.
        let third = purse.account(day, before);
        third.add(&paid(10));
        assert!(second.reserve(Some(51)).is_err());
        drop(third);
        assert!(second.reserve(Some(51)).is_err());
        assert!(second.reserve(Some(50)).is_ok());
    }

    #[test]
    fn a_task_has_a_budget_of_its_own() {
        let purse = Purse::default();
        let task = limits(Some(50), None, None);
        let one = purse.account(task, Before::default());
        one.add(&paid(45));
        assert!(one.reserve(Some(6)).is_err());
        assert!(purse.account(task, Before::default()).reserve(Some(50)).is_ok());
        assert!(one.reserve(None).is_err(), "an unknown price is not nothing");
        assert_eq!(one.usage(), Some(paid(45)));
    }
}
