//! The cards of a tree: parsed once for each blob in a process, and once for each tree in a clone.

use std::collections::{BTreeMap, HashMap};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::TaskId;
use crate::domain::oid::{BlobId, TreeId};
use crate::domain::plan::card::Card;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::plan::format::plan_file::PlanHead;

use super::Engine;
use super::project::ProjectError;

/// Cards that were parsed in this process, by blob.
pub type CardCache = HashMap<BlobId, Card>;

type Cards = (Vec<Card>, BTreeMap<TaskId, BlobId>);

/// The cards of a tree, from the cache where the same cards and plans were read before.
pub(super) fn of_tree(
    engine: &mut Engine,
    target: &str,
    tree: TreeId,
    plans: &[PlanHead],
    wrong: &mut Vec<Diagnostic>,
) -> Result<Cards, ProjectError> {
    const KIND: &str = "cards";
    let below = |dir: &str| engine.git.subtree(tree, dir);
    let (Some(tasks), Some(heads)) = (below(".harness/tasks")?, below(".harness/plans")?) else {
        return read_cards(engine, tree, plans, wrong);
    };
    // Another version may read cards differently.
    let key = format!("{} {tasks} {heads} {target}", env!("CARGO_PKG_VERSION"));
    let known = engine.ledger.caches().get(KIND, &key);
    if let Some(cards) = known.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(cards);
    }
    let cards = read_cards(engine, tree, plans, wrong)?;
    if let (true, Ok(bytes)) = (wrong.is_empty(), serde_json::to_vec(&cards)) {
        engine.ledger.caches().put(KIND, &key, &bytes);
    }
    Ok(cards)
}

fn read_cards(
    engine: &mut Engine,
    tree: TreeId,
    plans: &[PlanHead],
    wrong: &mut Vec<Diagnostic>,
) -> Result<Cards, ProjectError> {
    let mut by_id = BTreeMap::new();
    let mut blobs = BTreeMap::new();
    for (path, entry) in engine.git.list(tree, ".harness/tasks")? {
        let name = path.to_text().into_owned();
        if !name.ends_with(".md") {
            continue;
        }
        let known = engine.cards.get(&entry.blob).cloned();
        let card = match known {
            Some(card) => card,
            None => {
                let text = String::from_utf8_lossy(&engine.git.blob(entry.blob)?).into_owned();
                match parse_card(&name, &text) {
                    Ok(card) => {
                        engine.cards.insert(entry.blob, card.clone());
                        card
                    }
                    Err(mistakes) => {
                        wrong.extend(mistakes);
                        continue;
                    }
                }
            }
        };
        if card.id.card_path() != name {
            let text = String::from_utf8_lossy(&engine.git.blob(entry.blob)?).into_owned();
            let message = format!("the card of this file says that it is `{}`", card.id);
            let fix = format!("name the file {}", card.id.card_path());
            wrong.push(Diagnostic::error(&name, &text, 0..0, "wrong-file", message, fix));
            continue;
        }
        blobs.insert(card.id.clone(), entry.blob);
        by_id.insert(card.id.clone(), card);
    }
    let mut cards = Vec::with_capacity(by_id.len());
    for plan in plans {
        for id in &plan.order {
            if by_id.get(id).is_some_and(|card| card.plan == plan.id) {
                cards.extend(by_id.remove(id));
            }
        }
        let rest: Vec<TaskId> = by_id
            .values()
            .filter(|card| card.plan == plan.id)
            .map(|card| card.id.clone())
            .collect();
        cards.extend(rest.iter().filter_map(|id| by_id.remove(id)));
    }
    Ok((cards, blobs))
}
