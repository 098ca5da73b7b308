//! Lanes and gates: which risk tier a card is in, and who must agree before its change lands.
//!
//! Generation and acceptance are separate: the author of a change never satisfies a gate on it, unless the
//! project's configuration says so in so many words, and then record and trailer say it too (design section 5).

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::id::TaskId;
use super::oid::{BlobId, Digest};
use super::plan::card::{Card, PlanFirst, Review};

/// What a lane lets a model do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AiPermission {
    /// Models may build.
    #[default]
    Build,
    /// Models may advise; only a person builds.
    Advise,
}

/// A risk tier of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What a model may do in it.
    pub ai: AiPermission,
    /// The gates, by name, each satisfied by someone other than the author.
    pub gates: Vec<String>,
    /// Attempts after the first in a round.
    pub retries: u32,
    /// Rounds after an Architect's correction before a card is blocked.
    pub corrections: u32,
    /// Whether its cards may run beside others.
    pub parallel: bool,
    /// Whether a card may open a protected file by its exact name.
    pub open_protected: bool,
    /// Whether its Builders say what they will do before they do it.
    #[serde(default)]
    pub plan_first: PlanFirst,
}

impl Lane {
    /// The three lanes that every project has: `throughput`, `core` and `critical`.
    pub fn built_in() -> [Lane; 3] {
        let lane = |name: &str, ai, gates: &[&str], parallel, open_protected| Lane {
            name: name.to_owned(),
            ai,
            gates: gates.iter().map(|gate| (*gate).to_owned()).collect(),
            retries: 1,
            corrections: 1,
            parallel,
            open_protected,
            plan_first: PlanFirst::None,
        };
        [
            lane("throughput", AiPermission::Build, &[], true, true),
            lane("core", AiPermission::Build, &["review"], true, true),
            lane(
                "critical",
                AiPermission::Advise,
                &["review", "security", "rollback-path"],
                false,
                false,
            ),
        ]
    }

    /// Whether a Builder of this card says first what it will do.
    pub fn plans_first(&self, card: &Card) -> PlanFirst {
        card.plan_first.unwrap_or(self.plan_first)
    }

    /// The gates that this card has to pass, each once, in the lane's order; `review = "person"` adds `review`.
    pub fn gates_for(&self, card: &Card) -> Vec<String> {
        let mut gates = self.gates.clone();
        if card.review == Review::Person && !gates.iter().any(|gate| gate == "review") {
            gates.push("review".to_owned());
        }
        gates
    }
}

/// What an approval is about: this card and exactly this change, whatever base it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApprovalSubject {
    /// The card's blob.
    pub card: BlobId,
    /// [`super::change::ChangeSet::digest`].
    pub changes: Digest,
}

impl ApprovalSubject {
    /// The short name of what waits: this change of this card in this round of this task, and nothing else.
    pub fn id(&self, task: &TaskId, round: u32) -> String {
        let (round, card) = (round.to_string(), self.card.to_string());
        let fields = [
            task.as_str().as_bytes(),
            round.as_bytes(),
            card.as_bytes(),
            self.changes.as_bytes(),
        ];
        Digest::of_fields(fields).short()
    }
}

/// Somebody's agreement: to one change, in one round. It ends with the round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who agreed.
    pub by: Actor,
    /// To what.
    pub subject: ApprovalSubject,
    /// For which gates; empty means all.
    pub gates: Vec<String>,
    /// In which round, where whoever wrote it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// What this agreement is called, and no other one: what a signature covers and a withdrawal names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// Whether people may approve their own work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelfApproval {
    /// They may not.
    #[default]
    Deny,
    /// A person alone may; the record says so.
    Allow,
}

/// What the gates say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateDecision {
    /// Nothing stands in the way.
    Open {
        /// Whose approvals counted.
        approved_by: Vec<Actor>,
        /// One of them was the author, which the configuration allows.
        self_approved: bool,
    },
    /// Somebody has to agree first.
    Waiting {
        /// The gates nobody has satisfied, in order.
        missing: Vec<String>,
    },
}

/// Decides whether a change may land: each gate needs an approval of exactly this subject by someone who had no part in
/// making it: who made it, who started whoever made it, who handed it in, who wrote what it was made by.
pub fn decide(
    gates: &[String],
    makers: &[Actor],
    subject: ApprovalSubject,
    approvals: &[Approval],
    self_approval: SelfApproval,
) -> GateDecision {
    let mut approved_by: Vec<Actor> = Vec::new();
    let mut self_approved = false;
    let mut missing = Vec::new();
    let is_maker = |by: &Actor| makers.iter().any(|maker| maker.is_same_as(by));
    for gate in gates {
        let counts = |approval: &&Approval| {
            approval.subject == subject
                && (approval.gates.is_empty() || approval.gates.contains(gate))
                && (!is_maker(&approval.by) || (self_approval == SelfApproval::Allow && approval.by.is_person()))
        };
        // An independent approval is preferred, so that the record says "self" only where nobody else agreed.
        let found = approvals
            .iter()
            .filter(counts)
            .min_by_key(|approval| is_maker(&approval.by));
        match found {
            Some(approval) => {
                self_approved |= is_maker(&approval.by);
                if !approved_by.contains(&approval.by) {
                    approved_by.push(approval.by.clone());
                }
            }
            None => missing.push(gate.clone()),
        }
    }
    if missing.is_empty() {
        GateDecision::Open {
            approved_by,
            self_approved,
        }
    } else {
        GateDecision::Waiting { missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(fill: &str) -> ApprovalSubject {
        ApprovalSubject {
            card: "1".repeat(40).parse().unwrap(),
            changes: Digest::of(fill.as_bytes()),
        }
    }

    fn approval(by: Actor, fill: &str) -> Approval {
        Approval {
            by,
            subject: subject(fill),
            gates: Vec::new(),
            round: None,
            nonce: None,
        }
    }

    fn ann() -> Actor {
        Actor::Person("Ann <ann@example.invalid>".into())
    }

    fn gates() -> Vec<String> {
        vec!["review".into()]
    }

    #[test]
    fn without_gates_nothing_waits() {
        let open = decide(&[], &[ann()], subject("a"), &[], SelfApproval::Deny);
        assert_eq!(
            open,
            GateDecision::Open {
                approved_by: vec![],
                self_approved: false
            }
        );
    }

    #[test]
    fn the_author_does_not_count_unless_the_project_says_so() {
        let own = [approval(ann(), "a")];
        assert!(matches!(
            decide(&gates(), &[ann()], subject("a"), &own, SelfApproval::Deny),
            GateDecision::Waiting { .. }
        ));
        assert_eq!(
            decide(&gates(), &[ann()], subject("a"), &own, SelfApproval::Allow),
            GateDecision::Open {
                approved_by: vec![ann()],
                self_approved: true
            }
        );
        let machine = Actor::Builder("qwen".into());
        let own = [approval(machine.clone(), "a")];
        assert!(matches!(
            decide(
                &gates(),
                std::slice::from_ref(&machine),
                subject("a"),
                &own,
                SelfApproval::Allow
            ),
            GateDecision::Waiting { .. }
        ));
    }

    #[test]
    fn an_approval_of_another_change_does_not_count() {
        let builder = Actor::Builder("qwen".into());
        assert!(matches!(
            decide(&gates(), &[builder], subject("b"), &[approval(ann(), "a")], SelfApproval::Deny),
            GateDecision::Waiting { missing } if missing == ["review"]
        ));
    }

    #[test]
    fn an_independent_approval_is_preferred_to_ones_own() {
        let bob = Actor::Person("Bob <bob@example.invalid>".into());
        let both = [approval(ann(), "a"), approval(bob.clone(), "a")];
        assert_eq!(
            decide(&gates(), &[ann()], subject("a"), &both, SelfApproval::Allow),
            GateDecision::Open {
                approved_by: vec![bob],
                self_approved: false
            }
        );
    }
}
