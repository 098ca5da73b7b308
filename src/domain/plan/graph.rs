//! The graph of a plan: what depends on what, in which order it can be built, and how it is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::domain::id::TaskId;

use super::card::Card;

/// A mistake in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphProblem {
    /// The card that it is reported at.
    pub task: TaskId,
    /// The word in the card that is meant.
    pub needle: String,
    /// The rule's name.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// Unknown dependencies and cycles. `known` are tasks that exist besides these.
pub fn problems(cards: &[Card], known: &BTreeSet<TaskId>) -> Vec<GraphProblem> {
    let ids: BTreeSet<&TaskId> = cards.iter().map(|card| &card.id).collect();
    let mut found = Vec::new();
    for card in cards {
        for dependency in &card.depends_on {
            if !ids.contains(dependency) && !known.contains(dependency) {
                let names: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
                let fix = super::format::fields::nearest(dependency.as_str(), &names).map_or_else(
                    || "name a task of the plan, or remove it".to_owned(),
                    |near| format!("write `{near}`"),
                );
                found.push(GraphProblem {
                    task: card.id.clone(),
                    needle: dependency.to_string(),
                    code: "unknown-dependency",
                    message: format!("{} depends on {dependency}, which does not exist", card.id),
                    fix,
                });
            }
        }
    }
    for cycle in cycles(cards) {
        let mut names: Vec<&str> = cycle.iter().map(|id| id.as_str()).collect();
        names.push(cycle[0].as_str());
        found.push(GraphProblem {
            task: cycle[0].clone(),
            needle: String::new(),
            code: "cycle",
            message: format!("these tasks wait for one another: {}", names.join(" → ")),
            fix: "remove one of these dependencies".to_owned(),
        });
    }
    found
}

/// One cycle for each set of tasks that wait for one another, in the order of the arrows.
fn cycles(cards: &[Card]) -> Vec<Vec<TaskId>> {
    let edges: BTreeMap<&TaskId, &[TaskId]> = cards
        .iter()
        .map(|card| (&card.id, card.depends_on.as_slice()))
        .collect();
    let mut done: BTreeSet<&TaskId> = BTreeSet::new();
    let mut found = Vec::new();
    for card in cards {
        let mut path: Vec<&TaskId> = Vec::new();
        let mut open: Vec<(&TaskId, usize)> = vec![(&card.id, 0)];
        while let Some((task, next)) = open.pop() {
            if next == 0 {
                if done.contains(task) {
                    continue;
                }
                path.push(task);
            }
            let targets = edges.get(task).copied().unwrap_or_default();
            match targets.get(next) {
                Some(target) => {
                    open.push((task, next + 1));
                    if let Some(start) = path.iter().position(|on_path| *on_path == target) {
                        found.push(path[start..].iter().map(|id| (*id).clone()).collect());
                    } else if edges.contains_key(target) && !done.contains(target) {
                        open.push((target, 0));
                    }
                }
                None => {
                    done.insert(task);
                    path.pop();
                }
            }
        }
    }
    found
}

/// The cards in an order in which each comes after what it depends on, and plan order decides otherwise.
pub fn order(cards: &[Card]) -> Vec<usize> {
    let index: BTreeMap<&TaskId, usize> = cards.iter().enumerate().map(|(at, card)| (&card.id, at)).collect();
    let mut waits: Vec<usize> = vec![0; cards.len()];
    let mut frees: Vec<Vec<usize>> = vec![Vec::new(); cards.len()];
    for (at, card) in cards.iter().enumerate() {
        for dependency in &card.depends_on {
            if let Some(on) = index.get(dependency) {
                waits[at] += 1;
                frees[*on].push(at);
            }
        }
    }
    let mut free: BTreeSet<usize> = (0..cards.len()).filter(|at| waits[*at] == 0).collect();
    let mut ordered = Vec::with_capacity(cards.len());
    while let Some(at) = free.pop_first() {
        ordered.push(at);
        for next in &frees[at] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                free.insert(*next);
            }
        }
    }
    ordered
}

/// The dependency order as text.
pub fn text(cards: &[Card]) -> String {
    let mut out = String::new();
    let width = cards.iter().map(|card| card.id.as_str().len()).max().unwrap_or(0);
    for at in order(cards) {
        let card = &cards[at];
        let after: Vec<&str> = card.depends_on.iter().map(TaskId::as_str).collect();
        let after = if after.is_empty() {
            String::new()
        } else {
            format!("  after {}", after.join(", "))
        };
        let _ = writeln!(out, "{:width$}  {}{after}", card.id, card.title);
    }
    out
}

/// The graph for Graphviz.
pub fn dot(cards: &[Card]) -> String {
    let mut out = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for card in cards {
        let label = format!("{}\n{}", card.id, card.title)
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = writeln!(out, "  \"{}\" [label=\"{label}\"];", card.id);
    }
    for card in cards {
        for dependency in &card.depends_on {
            let _ = writeln!(out, "  \"{dependency}\" -> \"{}\";", card.id);
        }
    }
    out.push_str("}\n");
    out
}

/// The graph for Mermaid.
pub fn mermaid(cards: &[Card]) -> String {
    let mut out = String::from("flowchart LR\n");
    let name = |id: &TaskId| id.as_str().replace(['.', '-'], "_");
    for card in cards {
        let label = card.title.replace('"', "#quot;");
        let _ = writeln!(out, "  {}[\"{}: {label}\"]", name(&card.id), card.id);
    }
    for card in cards {
        for dependency in &card.depends_on {
            let _ = writeln!(out, "  {} --> {}", name(dependency), name(&card.id));
        }
    }
    out
}
