//! Paying for what a program asks through the gateway: each call is held against the budgets by its worst case, and paid
//! with what it used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::budget::worst_case;
use crate::domain::usage::{Price, Usage};
use crate::engine::purse::{Account, Reserved};
use crate::model::relay::ask::Most;
use crate::model::relay::{Call, Payer};

/// Whoever pays for a program's calls.
#[derive(Debug)]
pub(super) struct Program {
    account: Account,
    price: Price,
    asked: Arc<AtomicBool>,
}

impl Program {
    /// Pays from an account by a model's price; sets `asked` once there is anything to pay.
    pub(super) fn new(account: &Account, price: Price, asked: &Arc<AtomicBool>) -> Self {
        Self {
            account: account.clone(),
            price,
            asked: Arc::clone(asked),
        }
    }
}

impl Payer for Program {
    fn reserve(&self, most: &Most) -> Result<Box<dyn Call>, String> {
        let worst = most
            .output
            .and_then(|output| worst_case(&self.price, most.input, output));
        let reserved = self.account.reserve(worst).map_err(|error| error.to_string())?;
        self.asked.store(true, Ordering::Relaxed);
        Ok(Box::new(Open {
            reserved: Some(reserved),
            price: self.price,
            worst,
        }))
    }
}

/// A call that is under way.
struct Open {
    reserved: Option<Reserved>,
    price: Price,
    worst: Option<u64>,
}

impl Open {
    fn pay(&mut self, used: &Usage) {
        if let Some(reserved) = self.reserved.take() {
            reserved.pay(used);
        }
    }
}

impl Call for Open {
    fn turned_away(mut self: Box<Self>) {
        self.pay(&Usage::nothing());
    }

    fn answered(mut self: Box<Self>, used: &Usage, sent: u64, text: u64) {
        let paid = used.priced_against(&self.price, self.worst, sent, text);
        self.pay(&paid);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Nobody knows what became of it.
        let unknown = Usage::default().priced(&Price::default(), self.worst);
        self.pay(&unknown);
    }
}
