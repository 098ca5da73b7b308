//! Revisions: how an Architect may change a card, and what of it needs a person first.

use std::fmt;

use super::card::{Card, CardCheck, Review};

/// What an Architect wants changed. `None` leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// New instructions.
    pub instructions: Option<String>,
    /// New constraints.
    pub constraints: Option<Vec<String>>,
    /// A new definition of done.
    pub definition_of_done: Option<Vec<String>>,
    /// New checks.
    pub verify: Option<Vec<String>>,
    /// New allowed files.
    pub files: Option<Vec<String>>,
}

/// A change that loosens a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Widening {
    /// A glob that the card did not have.
    File(String),
    /// A check that is gone or changed.
    Check(String),
    /// A part of the definition of done is gone or changed.
    Done(String),
    /// A constraint is gone or changed.
    Constraint(String),
    /// The review is gone.
    Review,
    /// The Builder would not plan first any more, or nobody would agree to its plan.
    PlanFirst,
    /// Another lane.
    Lane(String),
    /// More retries.
    Retries,
    /// More tests may go.
    TestsRemoved(u32),
}

impl fmt::Display for Widening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(glob) => write!(f, "it would allow {glob}"),
            Self::Check(name) => write!(f, "it would drop or change the check {name}"),
            Self::Done(entry) => write!(f, "it would drop or change a part of the definition of done: {entry}"),
            Self::Constraint(entry) => write!(f, "it would drop or change a constraint: {entry}"),
            Self::Review => f.write_str("it would drop the review"),
            Self::PlanFirst => f.write_str("it would drop the plan that comes first"),
            Self::Lane(lane) => write!(f, "it would move the card to the lane {lane}"),
            Self::Retries => f.write_str("it would allow more retries"),
            Self::TestsRemoved(number) => write!(f, "it would let {number} tests go"),
        }
    }
}

/// The card with a correction, and everything about it that loosens the card.
pub fn apply(correction: &Correction, card: &Card) -> (Card, Vec<Widening>) {
    let mut new = card.clone();
    if let Some(text) = &correction.instructions {
        new.instructions = text.clone();
    }
    if let Some(list) = &correction.constraints {
        new.constraints = list.clone();
    }
    if let Some(list) = &correction.definition_of_done {
        new.definition_of_done = list.clone();
    }
    if let Some(files) = &correction.files {
        new.files = files.clone();
    }
    if let Some(commands) = &correction.verify {
        // A command that the card has already keeps its kind and its other settings.
        new.verify = commands
            .iter()
            .map(|command| {
                let same = card.verify.iter().find(|check| match check {
                    CardCheck::Text(text) => text == command,
                    CardCheck::Inline(check) => check.run == *command || check.name == *command,
                });
                same.cloned().unwrap_or_else(|| CardCheck::Text(command.clone()))
            })
            .collect();
    }
    let mut widenings = compare(card, &new);
    widenings.extend(less_asked(card, &new));
    (new, widenings)
}

/// What of the old card's demands the new one does not make any more.
fn less_asked(old: &Card, new: &Card) -> Vec<Widening> {
    let gone = |old: &[String], new: &[String]| old.iter().find(|entry| !new.contains(entry)).cloned();
    let mut found = Vec::new();
    found.extend(gone(&old.definition_of_done, &new.definition_of_done).map(Widening::Done));
    found.extend(gone(&old.constraints, &new.constraints).map(Widening::Constraint));
    found
}

/// Everything in which the new card is looser than the old one.
pub fn compare(old: &Card, new: &Card) -> Vec<Widening> {
    let mut found: Vec<Widening> = Vec::new();
    found.extend(
        new.files
            .iter()
            .filter(|glob| !old.files.contains(glob))
            .cloned()
            .map(Widening::File),
    );
    found.extend(
        old.verify
            .iter()
            .filter(|check| !new.verify.contains(check))
            .map(|check| {
                Widening::Check(match check {
                    CardCheck::Text(text) => text.clone(),
                    CardCheck::Inline(check) => check.name.clone(),
                })
            }),
    );
    if old.review == Review::Person && new.review == Review::None {
        found.push(Widening::Review);
    }
    // Without a word of its own the lane decides, which may be more or less.
    if old.plan_first > new.plan_first {
        found.push(Widening::PlanFirst);
    }
    if old.lane != new.lane {
        found.push(Widening::Lane(new.lane.clone()));
    }
    if new.retries.unwrap_or(0) > old.retries.unwrap_or(0) {
        found.push(Widening::Retries);
    }
    if new.tests_removed > old.tests_removed {
        found.push(Widening::TestsRemoved(new.tests_removed));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::card_md::parse_card;

    fn card(head: &str) -> Card {
        let text = format!(
            "+++\nid = \"t-1\"\ntitle = \"T\"\nplan = \"p\"\nfiles = [\"a\"]\nverify = [\"x\"]\n{head}+++\n## Definition of done\n- d\n"
        );
        parse_card("t.md", &text).unwrap()
    }

    fn widened(old: &str, new: &str) -> Vec<String> {
        compare(&card(old), &card(new))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn letting_more_tests_go_needs_a_person_and_fewer_does_not() {
        assert_eq!(widened("", "tests_removed = 2\n"), ["it would let 2 tests go"]);
        assert_eq!(
            widened("tests_removed = 1\n", "tests_removed = 2\n"),
            ["it would let 2 tests go"]
        );
        assert!(widened("tests_removed = 2\n", "").is_empty());
        assert!(widened("tests_removed = 2\n", "tests_removed = 2\n").is_empty());
    }
}
