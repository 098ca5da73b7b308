//! What calls used and cost, for people: a phrase for one task, a table by role and model.

use crate::domain::budget::{Limits, Spent};
use crate::domain::task::books::{Account, Role};
use crate::domain::usage::{Dollars, Usage};

use super::table::columns;

/// What a task used, in few words: `1540 tokens, $0.004500`; nothing where no call was made.
pub fn phrase(usage: &Usage) -> Option<String> {
    if usage.is_unknown() {
        return None;
    }
    let known = [usage.input, usage.cache_read, usage.cache_write, usage.output];
    let tokens = match known.into_iter().flatten().reduce(u64::saturating_add) {
        Some(tokens) => format!("{tokens} tokens"),
        None => "tokens unknown".to_owned(),
    };
    let cost = usage.micro_dollars.unwrap_or_default() + usage.at_most;
    let cost = match usage.unpriced {
        0 if usage.at_most > 0 => format!("at most {}", Dollars(cost)),
        0 => Dollars(cost).to_string(),
        _ if usage.micro_dollars.is_none() => "cost unknown".to_owned(),
        _ => format!("more than {}", Dollars(cost)),
    };
    Some(format!("{tokens}, {cost}"))
}

/// A line for everybody who used anything, by role and model; empty where nobody did.
pub fn by_role(accounts: &[Account], width: usize) -> String {
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .filter(|account| !account.usage.is_unknown())
        .map(|account| {
            let name = match &account.model {
                Some(model) if *model != account.name => format!("{} ({model})", account.name),
                _ => account.name.clone(),
            };
            let name = if account.own {
                name
            } else {
                format!("{name} in other clones")
            };
            let pieces = match (account.role, account.pieces) {
                (Role::Builder, 1) => "1 attempt".to_owned(),
                (Role::Builder, many) => format!("{many} attempts"),
                (Role::Architect, 1) => "1 question".to_owned(),
                (Role::Architect, many) => format!("{many} questions"),
            };
            vec![
                account.role.name().to_owned(),
                name,
                format!("{pieces}: {}", account.usage),
            ]
        })
        .collect();
    let lines = columns(&rows, width).into_iter();
    lines.map(|row| format!("  {}\n", row.concat())).collect()
}

/// What is spent of the day's budget, where there is one.
pub fn today(limits: Limits, spent: Spent) -> Option<String> {
    let limit = limits.day?;
    let unknown = match spent.unknown_calls {
        0 => String::new(),
        calls => format!(", and {calls} calls of unknown cost"),
    };
    Some(format!(
        "spent today: {} of {}{unknown}",
        Dollars(spent.micro_dollars),
        Dollars(limit)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::Price;

    #[test]
    fn what_is_not_known_is_never_a_price() {
        let used = Usage {
            input: Some(1200),
            output: Some(340),
            ..Usage::default()
        };
        let price = Price {
            input: Some(1_000_000),
            output: Some(1_000_000),
            ..Price::default()
        };
        let (paid, unknown) = (used.priced(&price, None), used.priced(&Price::default(), None));
        let cut = Usage::default().priced(&price, Some(70));
        for (usage, wanted) in [
            (Usage::default(), None),
            (paid, Some("1540 tokens, $0.001540")),
            (unknown, Some("1540 tokens, cost unknown")),
            (paid.plus(&unknown), Some("3080 tokens, more than $0.001540")),
            (paid.plus(&cut), Some("1540 tokens, at most $0.001610")),
            (cut, Some("tokens unknown, at most $0.000070")),
        ] {
            assert_eq!(phrase(&usage).as_deref(), wanted);
        }
    }
}
