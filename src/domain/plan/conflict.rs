//! Conflict: whether two cards may be worked on at the same time. Decided so that the answer "yes" is always right:
//! where two globs might match one path, they are taken to.

use std::fmt;

use serde::Serialize;

use crate::domain::gate::Lane;
use crate::domain::scope::overlap::overlap;

use super::card::Card;

/// Labels of work that touches everything, so that nothing goes on beside it. The seeds name these kinds.
const ALONE: [&str; 13] = [
    "shared-state",
    "core-architecture",
    "architecture",
    "routing",
    "data-model",
    "schema",
    "global-styling",
    "build-configuration",
    "build",
    "authentication",
    "auth",
    "migration",
    "migrations",
];

/// Why a card is worked on alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Alone {
    /// Its lane has `parallel = false`.
    Lane(String),
    /// It has a label of work that touches everything.
    Label(String),
}

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(name) => write!(f, "the lane {name} is not parallel"),
            Self::Label(name) => write!(f, "work labelled {name} goes alone"),
        }
    }
}

/// Why a card goes alone, if it does.
pub fn alone(card: &Card, lane: &Lane) -> Option<Alone> {
    if !lane.parallel {
        return Some(Alone::Lane(lane.name.clone()));
    }
    let same = |label: &&String| {
        let label = label.to_ascii_lowercase().replace([' ', '_'], "-");
        ALONE.contains(&&*label)
    };
    card.labels.iter().find(same).cloned().map(Alone::Label)
}

/// The first globs of two cards that one path may match both, if there are any.
pub fn shared<'a>(one: &'a Card, other: &'a Card) -> Option<(&'a str, &'a str)> {
    overlap(&one.files, &other.files)
}

/// What a card that could be next has to do with those in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// It can go on beside them.
    Free,
    /// Not now; a later card may go first.
    Overlaps,
    /// It goes alone, and nothing later may go first, or it would never come to its turn.
    WaitsAlone,
}

/// Whether a card may be worked on beside those that are in hand. `lane` gives each card's lane.
pub fn beside<'a>(card: &Card, in_hand: &[Card], lane: impl Fn(&Card) -> &'a Lane) -> Beside {
    if in_hand.is_empty() {
        Beside::Free
    } else if alone(card, lane(card)).is_some() {
        Beside::WaitsAlone
    } else if in_hand
        .iter()
        .any(|other| alone(other, lane(other)).is_some() || shared(card, other).is_some())
    {
        Beside::Overlaps
    } else {
        Beside::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::card_md::parse_card;

    fn card(id: &str, files: &str, labels: &str) -> Card {
        let text = format!(
            "+++\nid = \"{id}\"\ntitle = \"T\"\nplan = \"p\"\nfiles = [{files}]\nlabels = [{labels}]\nverify = [\"true\"]\n+++\n\n## Objective\n\nx\n\n## Definition of done\n\n- x\n"
        );
        parse_card("c.md", &text).unwrap()
    }

    #[test]
    fn cards_that_may_touch_one_file_or_go_alone_are_not_worked_on_together() {
        let lanes = Lane::built_in();
        let lane = |_: &Card| &lanes[0];
        let a = card("a", "\"src/a/**\"", "");
        let b = card("b", "\"src/b/**\"", "");
        let both = card("c", "\"src/**/mod.rs\"", "");
        let migration = card("d", "\"db/**\"", "\"Data Model\"");
        assert_eq!(beside(&a, &[], lane), Beside::Free);
        assert_eq!(beside(&b, std::slice::from_ref(&a), lane), Beside::Free);
        assert_eq!(beside(&both, std::slice::from_ref(&a), lane), Beside::Overlaps);
        assert_eq!(beside(&migration, std::slice::from_ref(&a), lane), Beside::WaitsAlone);
        assert_eq!(beside(&a, std::slice::from_ref(&migration), lane), Beside::Overlaps);
        assert_eq!(beside(&migration, &[], lane), Beside::Free);
        assert_eq!(shared(&a, &both), Some(("src/a/**", "src/**/mod.rs")));
        assert_eq!(alone(&a, &lanes[2]), Some(Alone::Lane("critical".to_owned())));
    }
}
