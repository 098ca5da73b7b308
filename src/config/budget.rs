//! `[budget]`: what calls may cost, in dollars. Every layer may have one, and the smallest of them holds: no file can
//! loosen what another one asks for.

use crate::domain::plan::format::node::Entry;

use super::reader::Reader;

/// What a budget is for.
pub(super) const BUDGET: [&str; 3] = ["task", "run", "day"];

impl Reader<'_, '_> {
    pub(super) fn budget(&mut self, entry: &Entry) {
        let Some(micro) = self.decimal(&entry.node, 6, "dollars, such as 2 or \"0.50\"") else {
            return;
        };
        let budget = &mut self.config.budget;
        let limit = match entry.key.as_str() {
            "task" => &mut budget.task,
            "run" => &mut budget.run,
            _ => &mut budget.day,
        };
        *limit = Some(limit.map_or(micro, |earlier| earlier.min(micro)));
    }
}
