//! The router's vocabulary and table: what follows a failure (design section 5, step 10).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Why the Architect is called in. The eight of the seeds, and a person's own wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The Builder failed the same task more than once.
    RepeatedFailure,
    /// Checks fail in a way that the Builder cannot resolve.
    Unresolvable,
    /// The task conflicts with the architecture.
    ArchitectureConflict,
    /// Required files or functions do not exist.
    Missing,
    /// The Builder changed files outside its card, again.
    ScopeViolation,
    /// The Builder relies on systems that do not exist.
    Hallucination,
    /// It works but violates the intent.
    ViolatesIntent,
    /// The card is underspecified, or its verification is too weak.
    Underspecified,
    /// A person asked for it.
    Requested,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RepeatedFailure => "repeated failure",
            Self::Unresolvable => "a failure that the Builder cannot resolve",
            Self::ArchitectureConflict => "conflict with the architecture",
            Self::Missing => "missing files or functions",
            Self::ScopeViolation => "repeated scope violation",
            Self::Hallucination => "reliance on systems that do not exist",
            Self::ViolatesIntent => "works, but violates the intent",
            Self::Underspecified => "underspecified card",
            Self::Requested => "a person asked for it",
        })
    }
}

/// What follows a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The same Builder tries again, with the failure in its packet.
    Retry,
    /// The Architect diagnoses.
    Escalate(Trigger),
    /// A person has to go on; the reason tells them how.
    Block(String),
}

/// A project's word on one class of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// Retry within the round, then escalate.
    Retry,
    /// Escalate at once.
    Escalate,
    /// Block at once.
    Block,
}

/// A project's changes to the table, by [`Failure::class`].
pub type Overrides = BTreeMap<String, Course>;

/// What a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct RouteInput<'a> {
    /// The failure.
    pub failure: &'a Failure,
    /// Attempts of this round so far by whoever made the last one.
    pub in_round: u32,
    /// Attempts that each Builder has in a round after its first.
    pub retries: u32,
    /// Somebody else of the chain has attempts left in this round.
    pub others_left: bool,
    /// The attempt before failed in the very same way.
    pub same_again: bool,
    /// Rounds that corrections have opened.
    pub corrections_used: u32,
    /// Rounds that corrections may open.
    pub corrections_allowed: u32,
}

/// The table: a class of failure, what follows it first, and what the Architect is told in the end.
fn table(failure: &Failure) -> (Course, Trigger) {
    match failure {
        Failure::Scope { .. } => (Course::Retry, Trigger::ScopeViolation),
        Failure::Checks { .. }
        | Failure::FewerTests { .. }
        | Failure::BuilderExit { .. }
        | Failure::BuilderTimeout { .. }
        | Failure::NoChange
        | Failure::Proposal { .. }
        | Failure::OffPlan { .. }
        | Failure::Answer { .. } => (Course::Retry, Trigger::RepeatedFailure),
        Failure::MergeConflict { .. } => (Course::Retry, Trigger::ArchitectureConflict),
        // Another try finds nothing to do, and there is nothing to correct: somebody says what becomes of the card.
        Failure::AlreadyThere => (Course::Block, Trigger::RepeatedFailure),
        Failure::Missing { .. } => (Course::Escalate, Trigger::Missing),
        Failure::Architecture { .. } => (Course::Escalate, Trigger::ArchitectureConflict),
        Failure::Stuck { .. } => (Course::Escalate, Trigger::Unresolvable),
        Failure::Hallucination { .. } => (Course::Escalate, Trigger::Hallucination),
        Failure::Unclear { .. } | Failure::WeakChecks { .. } | Failure::PacketTooLarge { .. } => {
            (Course::Escalate, Trigger::Underspecified)
        }
        Failure::Rejected {
            violates_intent: true, ..
        } => (Course::Escalate, Trigger::ViolatesIntent),
        Failure::Rejected { .. } => (Course::Retry, Trigger::RepeatedFailure),
    }
}

/// What the Architect is told of a failure that no attempt was needed, or is left, to find.
pub fn trigger_of(failure: &Failure) -> Trigger {
    table(failure).1
}

/// Decides what follows a failure.
pub fn decide(input: &RouteInput, overrides: &Overrides) -> Decision {
    let (course, trigger) = table(input.failure);
    let course = overrides.get(input.failure.class()).copied().unwrap_or(course);
    let trigger = match trigger {
        // Another try that fails in the same words shows that more of them will not help.
        Trigger::RepeatedFailure if input.same_again => Trigger::Unresolvable,
        other => other,
    };
    match course {
        Course::Retry if input.in_round <= input.retries || input.others_left => Decision::Retry,
        Course::Block => Decision::Block(input.failure.to_string()),
        Course::Retry | Course::Escalate if input.corrections_used < input.corrections_allowed => {
            Decision::Escalate(trigger)
        }
        Course::Retry | Course::Escalate => Decision::Block(format!(
            "the Architect's corrections are used up ({}); last: {}",
            input.corrections_allowed, input.failure
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failures() -> Vec<Failure> {
        let text = String::new;
        let rejected = |violates_intent| Failure::Rejected {
            by: text(),
            reason: text(),
            violates_intent,
        };
        vec![
            Failure::Scope { violations: vec![] },
            Failure::Checks { results: vec![] },
            Failure::WeakChecks { checks: vec![] },
            Failure::FewerTests { checks: vec![] },
            Failure::BuilderExit {
                code: Some(1),
                excerpt: text(),
            },
            Failure::BuilderTimeout { seconds: 1 },
            Failure::NoChange,
            Failure::Answer {
                why: text(),
                form: false,
            },
            Failure::Unclear { question: text() },
            Failure::Missing { names: vec![] },
            Failure::Architecture { why: text() },
            Failure::Stuck { why: text() },
            Failure::Hallucination { names: vec![] },
            Failure::Proposal { problems: vec![] },
            Failure::OffPlan { paths: vec![] },
            Failure::PacketTooLarge { what: text() },
            Failure::MergeConflict { paths: vec![] },
            Failure::AlreadyThere,
            rejected(false),
            rejected(true),
        ]
    }

    fn input(failure: &Failure, in_round: u32, corrections_used: u32) -> RouteInput<'_> {
        RouteInput {
            failure,
            in_round,
            retries: 1,
            others_left: false,
            same_again: false,
            corrections_used,
            corrections_allowed: 1,
        }
    }

    #[test]
    fn the_table_as_people_read_it() {
        let mut text = String::new();
        for failure in failures() {
            let after = |in_round, corrections| match decide(&input(&failure, in_round, corrections), &Overrides::new())
            {
                Decision::Retry => "retry".to_owned(),
                Decision::Escalate(trigger) => format!("escalate ({trigger})"),
                Decision::Block(_) => "block".to_owned(),
            };
            text.push_str(&format!(
                "{}: {} → {} → {}\n",
                failure.class(),
                after(1, 0),
                after(2, 0),
                after(2, 1)
            ));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_project_may_change_a_row() {
        let overrides = Overrides::from([
            ("scope".to_owned(), Course::Block),
            ("checks".to_owned(), Course::Escalate),
        ]);
        let scope = Failure::Scope { violations: vec![] };
        assert!(matches!(decide(&input(&scope, 1, 0), &overrides), Decision::Block(_)));
        let checks = Failure::Checks { results: vec![] };
        assert_eq!(
            decide(&input(&checks, 1, 0), &overrides),
            Decision::Escalate(Trigger::RepeatedFailure)
        );
    }

    #[test]
    fn the_same_failure_twice_is_one_that_the_builder_cannot_resolve() {
        let checks = Failure::Checks { results: vec![] };
        let again = RouteInput {
            same_again: true,
            ..input(&checks, 2, 0)
        };
        let decided = decide(&again, &Overrides::new());
        assert_eq!(decided, Decision::Escalate(Trigger::Unresolvable));
        let scope = Failure::Scope { violations: vec![] };
        let again = RouteInput {
            failure: &scope,
            ..again
        };
        let decided = decide(&again, &Overrides::new());
        assert_eq!(decided, Decision::Escalate(Trigger::ScopeViolation));
    }

    proptest! {
        #[test]
        fn every_task_ends_after_a_bounded_number_of_attempts(
            picks in proptest::collection::vec(0..failures().len(), 64), retries in 0..4u32, corrections in 0..4u32
        ) {
            let failures = failures();
            let (mut in_round, mut used, mut attempts) = (0, 0, 0);
            for pick in picks {
                in_round += 1;
                attempts += 1;
                let input = RouteInput {
                    failure: &failures[pick],
                    in_round,
                    retries,
                    others_left: false,
                    same_again: false,
                    corrections_used: used,
                    corrections_allowed: corrections,
                };
                match decide(&input, &Overrides::new()) {
                    Decision::Retry => {}
                    Decision::Escalate(_) => { used += 1; in_round = 0; }
                    Decision::Block(_) => break,
                }
                prop_assert!(attempts <= (retries + 1) * (corrections + 1));
            }
        }
    }
}
