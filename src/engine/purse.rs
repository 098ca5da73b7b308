//! The purse: what calls may cost, judged before each of them, by their worst case. One for everybody who works in this
//! process, so that two calls at the same time cannot both take what is left of a run; what is left of a day is shared with
//! every process, branch and clone of this user through the till.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use crate::domain::budget::{Budget, Limits, Refusal, Span, Spent, admit};
use crate::domain::usage::Usage;
use crate::ledger::{Ticket, Till, Whose};

/// What this process spends.
#[derive(Debug, Default)]
pub struct Purse(Arc<Mutex<Drawer>>);

#[derive(Debug, Clone, Copy, Default)]
struct Drawer {
    /// By all calls that ended.
    spent: Spent,
    /// The worst case of all calls that are under way, in micro-dollars.
    reserved: u64,
}

/// Where a day's money is kept.
#[derive(Debug, Clone)]
pub struct Day {
    /// The till.
    pub till: Arc<Till>,
    /// Whose money it is.
    pub whose: Whose,
    /// What the clone's own journal tells of each day.
    pub journal: Vec<(Date, Spent)>,
}

impl Day {
    /// What is spent and put aside today.
    ///
    /// # Errors
    /// Where the till cannot be read.
    pub fn spent(&self) -> io::Result<Spent> {
        self.till.spent(&self.whose, &self.journal)
    }
}

/// What was spent when a piece of work begins.
#[derive(Debug, Clone)]
pub struct Before {
    /// On its task.
    pub task: Spent,
    /// On this day, with everybody who shares it.
    pub day: Day,
}

/// Why a call is not made.
#[derive(Debug, thiserror::Error)]
pub enum NotCovered {
    /// A budget does not cover it.
    #[error(transparent)]
    Budget(#[from] Refusal),
    /// What others spent today cannot be known.
    #[error("the day has a budget, and what was spent of it cannot be kept in {dir}: {source}")]
    Till {
        /// Where.
        dir: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Purse {
    /// Opens the account of a piece of work.
    pub fn account(&self, limits: Limits, before: Before) -> Account {
        Account(Arc::new(Inner {
            drawer: Arc::clone(&self.0),
            limits,
            before,
            mine: Mutex::default(),
        }))
    }
}

/// The account of one piece of work: what it has used so far, from whom, and whether a further call is covered. Whoever
/// calls for it, from whatever thread, has it in hand.
#[derive(Debug, Clone)]
pub struct Account(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    drawer: Arc<Mutex<Drawer>>,
    limits: Limits,
    before: Before,
    mine: Mutex<Mine>,
}

#[derive(Debug, Default)]
struct Mine {
    spent: Spent,
    reserved: u64,
    used: Usage,
    answered_by: Option<String>,
}

impl Inner {
    fn mine(&self) -> MutexGuard<'_, Mine> {
        locked(&self.mine)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is whole, whatever became of whoever made it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    /// Reserves what a call costs at the most.
    ///
    /// # Errors
    /// The budget that does not cover it.
    pub fn reserve(&self, worst: Option<u64>) -> Result<Reserved, NotCovered> {
        let Inner { limits, before, .. } = &*self.0;
        // Held while the till is asked, so that nobody in this process takes the same money meanwhile.
        let mut drawer = locked(&self.0.drawer);
        let mut mine = self.0.mine();
        let aside = |micro_dollars| Spent {
            micro_dollars,
            unknown_calls: 0,
        };
        let task = before.task.plus(mine.spent).plus(aside(mine.reserved));
        let run = drawer.spent.plus(aside(drawer.reserved));
        let covers = |day: Spent| {
            let all = [
                (Span::Task, limits.task, task),
                (Span::Run, limits.run, run),
                (Span::Day, limits.day, day),
            ];
            let budgets: Vec<Budget> = all
                .into_iter()
                .filter_map(|(span, limit, spent)| limit.map(|limit| Budget { span, limit, spent }))
                .collect();
            admit(&budgets, worst)
        };
        let put_aside = worst.unwrap_or_default();
        let ticket = if limits.day.is_some() {
            let Day { till, whose, journal } = &before.day;
            let failed = |source| NotCovered::Till {
                dir: till.dir().display().to_string(),
                source,
            };
            let taken = till.reserve(whose, journal, put_aside, |spent| {
                covers(spent.map_err(failed)?).map_err(NotCovered::from)
            })?;
            Some(taken.map_err(failed)?)
        } else {
            covers(Spent::default())?;
            None
        };
        drawer.reserved = drawer.reserved.saturating_add(put_aside);
        mine.reserved = mine.reserved.saturating_add(put_aside);
        Ok(Reserved {
            account: self.clone(),
            worst: put_aside,
            ticket,
        })
    }

    /// Adds what calls used that nobody put money aside for.
    pub fn add(&self, usage: &Usage) {
        self.note(usage);
        let paid = Spent::default().with(usage);
        // Where nobody gives a price or a budget, there is nothing to hold.
        if paid.micro_dollars > 0 || paid.unknown_calls > 0 && self.0.limits.day.is_some() {
            let day = &self.0.before.day;
            // Where it cannot be written, the journal tells it, and a budget of the day stops the next call.
            let _ = day.till.pay(&day.whose, paid);
        }
    }

    fn note(&self, usage: &Usage) {
        let mut mine = self.0.mine();
        mine.used = mine.used.plus(usage);
        mine.spent = mine.spent.with(usage);
        drop(mine);
        let mut drawer = locked(&self.0.drawer);
        drawer.spent = drawer.spent.with(usage);
    }

    /// Notes which model the server says has answered.
    pub fn note_model(&self, name: &str) {
        self.0.mine().answered_by = Some(name.to_owned());
    }

    /// The model that the server says has answered the last call.
    pub fn answered_by(&self) -> Option<String> {
        self.0.mine().answered_by.clone()
    }

    /// All of it; `None` where no call was made.
    pub fn usage(&self) -> Option<Usage> {
        Some(self.0.mine().used).filter(|usage| !usage.is_unknown())
    }
}

/// Money put aside for a call that is under way. Where the process ends before it tells what the call cost, it stays put
/// aside for that day.
#[derive(Debug)]
#[must_use = "it is free again as soon as this is dropped"]
pub struct Reserved {
    account: Account,
    worst: u64,
    ticket: Option<Ticket>,
}

impl Reserved {
    /// Pays with it what the call used.
    pub fn pay(mut self, usage: &Usage) {
        let day = &self.account.0.before.day;
        match self.ticket.take() {
            // Where it cannot be written, the whole of it stays put aside.
            Some(ticket) => drop(day.till.settle(&ticket, Spent::default().with(usage))),
            None => return self.account.add(usage),
        }
        self.account.note(usage);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let inner = &*self.account.0;
        if let Some(ticket) = self.ticket.take() {
            // The call was not made. Where that cannot be written, it counts as if it had been.
            let _ = inner.before.day.till.settle(&ticket, Spent::default());
        }
        let mut drawer = locked(&inner.drawer);
        drawer.reserved = drawer.reserved.saturating_sub(self.worst);
        drop(drawer);
        let mut mine = inner.mine();
        mine.reserved = mine.reserved.saturating_sub(self.worst);
    }
}

#[cfg(test)]
mod tests;
