//! Why an attempt failed: what the retry packet says, what the router decides on, and what people read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::check::{CheckResult, CheckStatus};
use super::scope::violation::{Rule, Violation};

/// Why an attempt did not become a verified change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "class")]
pub enum Failure {
    /// It reached outside its card.
    Scope {
        /// Every path and the rule it breaks.
        violations: Vec<Violation>,
    },
    /// Checks failed on the candidate tree.
    Checks {
        /// The results of all checks that ran, the failed ones among them.
        results: Vec<CheckResult>,
    },
    /// A `red_first` check passes on the base already: the card's verification is too weak.
    WeakChecks {
        /// Their names.
        checks: Vec<String>,
    },
    /// The checks pass, but with fewer tests than ran at the base.
    FewerTests {
        /// Every check after which fewer tests watch over the code.
        checks: Vec<TestsLost>,
    },
    /// The Builder's program did not end with status 0.
    BuilderExit {
        /// Its exit status; `None` where a signal ended it.
        code: Option<i32>,
        /// The end of its output.
        excerpt: String,
    },
    /// The Builder's time ran out.
    BuilderTimeout {
        /// After how many seconds.
        seconds: u64,
    },
    /// The Builder changed nothing.
    NoChange,
    /// The Builder's answer could not be read or applied; nothing of it was.
    Answer {
        /// What is wrong, written for the model.
        why: String,
        /// It failed by its form: another format may help.
        #[serde(default)]
        form: bool,
    },
    /// The Builder asked instead of guessing.
    Unclear {
        /// Its question.
        question: String,
    },
    /// The card names files or functions that do not exist.
    Missing {
        /// Their names.
        names: Vec<String>,
    },
    /// The task cannot be done without going against the architecture.
    Architecture {
        /// Why.
        why: String,
    },
    /// The Builder says that it cannot resolve it.
    Stuck {
        /// Why.
        why: String,
    },
    /// What the Builder wrote relies on systems that do not exist.
    Hallucination {
        /// Their names.
        names: Vec<String>,
    },
    /// What the Builder said it would do is no plan, or not one that the card allows.
    Proposal {
        /// What is wrong with it, one sentence each.
        problems: Vec<String>,
    },
    /// The change goes beyond the plan that came first.
    OffPlan {
        /// Files that it did not name.
        paths: Vec<String>,
    },
    /// The packet does not fit the Builder's window: a planning error.
    PacketTooLarge {
        /// What was needed and what there is.
        what: String,
    },
    /// It no longer merges with the branch.
    MergeConflict {
        /// The paths in conflict.
        paths: Vec<String>,
    },
    /// Somebody else brought the very same change to the branch meanwhile.
    AlreadyThere,
    /// A person or reviewer refused it.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// It works but violates the intent: the Architect's business, not a retry's.
        violates_intent: bool,
    },
}

/// A check that passes with fewer tests than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestsLost {
    /// The check's name.
    pub check: String,
    /// Tests that ran at the base, passed or not.
    pub was: u64,
    /// Tests that pass now; 0 where no count can be read any more.
    pub now: u64,
}

impl fmt::Display for TestsLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (was {}, now {})", self.check, self.was, self.now)
    }
}

/// How many paths that break a rule are told one by one; rows, packets and people have the count of the others.
const MOST_TOLD: usize = 50;

impl Failure {
    /// Paths that break rules, as many as anybody reads.
    pub fn out_of_scope(mut violations: Vec<Violation>) -> Self {
        let others = violations.len().saturating_sub(MOST_TOLD);
        if others > 0 {
            // What is said of all together is said in any case.
            let (whole, each): (Vec<Violation>, Vec<Violation>) =
                violations.into_iter().partition(|violation| violation.path == "(all)");
            violations = whole.into_iter().chain(each).take(MOST_TOLD).collect();
            let what = format!("{others} more paths break a rule");
            violations.push(Violation {
                path: "(all)".to_owned(),
                rule: Rule::Limit { what },
            });
        }
        Self::Scope { violations }
    }

    /// Whether it tells of whoever built: not what the card, the branch, or the window brought about.
    pub const fn is_the_builders(&self) -> bool {
        match self {
            Self::Scope { .. }
            | Self::Checks { .. }
            | Self::FewerTests { .. }
            | Self::BuilderExit { .. }
            | Self::BuilderTimeout { .. }
            | Self::NoChange
            | Self::Answer { .. }
            | Self::Proposal { .. }
            | Self::OffPlan { .. }
            | Self::Stuck { .. }
            | Self::Hallucination { .. }
            | Self::Rejected { .. } => true,
            Self::WeakChecks { .. }
            | Self::Unclear { .. }
            | Self::Missing { .. }
            | Self::Architecture { .. }
            | Self::PacketTooLarge { .. }
            | Self::MergeConflict { .. }
            | Self::AlreadyThere => false,
        }
    }

    /// A short, stable name of the class.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Scope { .. } => "scope",
            Self::Checks { .. } => "checks",
            Self::WeakChecks { .. } => "weak_checks",
            Self::FewerTests { .. } => "fewer_tests",
            Self::BuilderExit { .. } => "builder_exit",
            Self::BuilderTimeout { .. } => "builder_timeout",
            Self::NoChange => "no_change",
            Self::Answer { .. } => "answer",
            Self::Unclear { .. } => "unclear",
            Self::Missing { .. } => "missing",
            Self::Architecture { .. } => "architecture",
            Self::Stuck { .. } => "stuck",
            Self::Hallucination { .. } => "hallucination",
            Self::Proposal { .. } => "proposal",
            Self::OffPlan { .. } => "off_plan",
            Self::PacketTooLarge { .. } => "packet_too_large",
            Self::MergeConflict { .. } => "merge_conflict",
            Self::AlreadyThere => "already_there",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// One line for people; details are in the fields.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope { violations } => {
                f.write_str("reached outside its card: ")?;
                write_list(f, violations)
            }
            Self::Checks { results } => {
                let failed: Vec<String> = results
                    .iter()
                    .filter(|result| !result.status.passed())
                    .map(|result| match result.status {
                        CheckStatus::Failed(code) => format!("{} (exit {code})", result.name),
                        status => format!("{} ({status})", result.name),
                    })
                    .collect();
                f.write_str("verification failed: ")?;
                write_list(f, &failed)
            }
            Self::WeakChecks { checks } => {
                f.write_str("passes before the work is done, so it proves nothing: ")?;
                write_list(f, checks)
            }
            Self::FewerTests { checks } => {
                f.write_str("fewer tests than at the base: ")?;
                write_list(f, checks)
            }
            Self::BuilderExit { code: Some(code), .. } => write!(f, "the Builder ended with status {code}"),
            Self::BuilderExit { code: None, .. } => f.write_str("the Builder was ended by a signal"),
            Self::BuilderTimeout { seconds } => {
                write!(f, "the Builder was ended after {seconds} s")
            }
            Self::NoChange => f.write_str("the Builder changed nothing"),
            Self::Answer { why, .. } => {
                write!(f, "the answer could not be applied: {}", first_line(why))
            }
            Self::Unclear { question } => write!(f, "the Builder asks: {}", first_line(question)),
            Self::Missing { names } => {
                f.write_str("the card needs what does not exist: ")?;
                write_list(f, names)
            }
            Self::Architecture { why } => write!(f, "conflicts with the architecture: {}", first_line(why)),
            Self::Stuck { why } => write!(f, "the Builder cannot resolve it: {}", first_line(why)),
            Self::Hallucination { names } => {
                f.write_str("relies on what does not exist: ")?;
                write_list(f, names)
            }
            Self::Proposal { problems } => {
                write!(
                    f,
                    "its plan cannot be carried out: {}",
                    problems.first().map_or("", String::as_str)
                )
            }
            Self::OffPlan { paths } => {
                f.write_str("changes what its plan did not name: ")?;
                write_list(f, paths)
            }
            Self::PacketTooLarge { what } => write!(f, "the packet does not fit: {what}"),
            Self::MergeConflict { paths } => {
                f.write_str("conflicts with the branch in ")?;
                write_list(f, paths)
            }
            Self::AlreadyThere => f.write_str("no change: the branch holds all of it already"),
            Self::Rejected { by, reason, .. } => {
                write!(f, "rejected by {by}: {}", first_line(reason))
            }
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim()
}

/// At most this many entries are written out on one line.
const LISTED: usize = 3;

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, entries: &[T]) -> fmt::Result {
    for (index, entry) in entries.iter().take(LISTED).enumerate() {
        if index > 0 {
            f.write_str("; ")?;
        }
        write!(f, "{entry}")?;
    }
    match entries.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}
