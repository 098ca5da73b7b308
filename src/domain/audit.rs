//! The audit's vocabulary: what can be wrong with a commit, how bad it is, and how sure an answer is (design
//! section 6). Finding it out is `engine::audit`'s.

use std::fmt;

use serde::Serialize;

use super::id::TaskId;
use super::oid::CommitId;

/// How much an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// History alone: cards, trailers, trees.
    Scope,
    /// Also the journal's accepted rows. A landing without its row is a finding, never clean.
    Recorded,
    /// Also the checks, run again by the audit itself. Trusts no one.
    Proved,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Scope => "scope",
            Self::Recorded => "recorded",
            Self::Proved => "proved",
        })
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Somebody should look at it: people may do this, Builders may not, and history cannot tell which it was.
    Warning,
    /// It may not stand on a governed branch.
    Error,
}

/// Declares the rules once: the variant, its stable name, its level, and what it means.
macro_rules! rules {
    ($($variant:ident, $name:literal, $level:ident, $meaning:literal;)*) => {
        /// What a commit can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditRule {
            $(#[doc = $meaning] $variant,)*
        }

        impl AuditRule {
            /// Every rule, in the order in which they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, which never changes.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How bad it is.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level),* }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

rules! {
    Unreadable, "unreadable", Error, "A commit, its tree, or what governs it cannot be read.";
    Unrecorded, "unrecorded", Error, "A commit changes files and names no task.";
    Trailers, "trailers", Error, "Trailers are missing, doubled, malformed, in the wrong place, or on a commit that may change nothing and does.";
    Message, "message", Error, "A message holds characters that deceive or drive a terminal.";
    Card, "card", Error, "A landing names no card, or another one than the card at its base.";
    Scope, "scope", Error, "A landing changes a path that its card does not allow.";
    Secret, "secret", Error, "A landing brings in what has the shape of a key or password.";
    HiddenText, "hidden-text", Warning, "A landing brings in text that is shown in another order than it is read.";
    Evidence, "evidence", Error, "A landing's evidence is for another tree, for other checks, or not all green.";
    Adopted, "adopted", Warning, "That a commit holds a task's work is a person's word, and nobody verified its tree.";
    Elsewhere, "elsewhere", Warning, "A record or a verification speaks of a landing that is not in this history.";
    Approval, "approval", Error, "A gate of the card's lane was satisfied by nobody else than the author.";
    PlanApproval, "plan-approval", Error, "A landing's plan was not approved as it stood.";
    Record, "record", Error, "A tracked record was changed by something else than its landing, or says something else.";
    Again, "again", Error, "A task lands twice, or an accepted row serves two landings.";
    Merge, "merge", Error, "A merge holds content that neither side brought.";
    Resolution, "resolution", Warning, "A merge's conflicts were resolved by hand, and nothing verified the result.";
    Revert, "revert", Error, "A commit that says it undoes another one does something else.";
    Revision, "revision", Error, "A revision changes more than its card, or loosens the card without a person.";
    Governance, "governance", Warning, "Cards, plans or configuration were changed; a person should have done it.";
    Rewind, "rewind", Error, "A push takes landings out of the history of a branch that a server judges.";
    Ledger, "ledger", Error, "The journal has no accepted row for a landing, or one for another change.";
    Time, "time", Warning, "A landing's time is more than a day away from its acceptance.";
    Proof, "proof", Error, "A landing's checks fail when they are run again.";
}

impl fmt::Display for AuditRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for AuditRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Something wrong with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The commit.
    pub commit: CommitId,
    /// The task that it names, if it names one.
    pub task: Option<TaskId>,
    /// What it breaks.
    pub rule: AuditRule,
    /// How bad that is.
    pub level: Level,
    /// The path that it is about, where it is about one.
    pub path: Option<String>,
    /// What was found, in a sentence.
    pub message: String,
}

/// What the audit says of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How much the answer rests on.
    pub strength: Strength,
    /// Commits that were judged.
    pub commits: usize,
    /// Landings among them.
    pub landings: usize,
    /// What was found, in the order of the commits.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Whether nothing may be wrong but what somebody should look at.
    pub fn is_clean(&self) -> bool {
        self.errors().next().is_none()
    }

    /// What is wrong, without what somebody should only look at.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_each_rule_has_its_own() {
        let names: Vec<&str> = AuditRule::ALL.iter().map(|rule| rule.name()).collect();
        insta::assert_snapshot!(names.join(" "), @"unreadable unrecorded trailers message card scope secret hidden-text evidence adopted elsewhere approval plan-approval record again merge resolution revert revision governance rewind ledger time proof");
    }
}
