//! What an interview is about: the twelve topics that have to be clear before anything is planned.

use serde::{Deserialize, Serialize};

/// One topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// What it is for.
    ProductGoal,
    /// Who uses it.
    Users,
    /// What it has to do.
    CoreFeatures,
    /// What it does not have to do.
    NonGoals,
    /// Language, framework, infrastructure, budget, security.
    TechnicalConstraints,
    /// Where it runs.
    PlatformRequirements,
    /// Where its parts lie.
    FileStructure,
    /// What goes where.
    DataFlow,
    /// What it remembers.
    StateManagement,
    /// What may happen that rarely does.
    EdgeCases,
    /// What its tests have to show.
    TestingExpectations,
    /// When it is done.
    DefinitionOfDone,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ProductGoal,
        Self::Users,
        Self::CoreFeatures,
        Self::NonGoals,
        Self::TechnicalConstraints,
        Self::PlatformRequirements,
        Self::FileStructure,
        Self::DataFlow,
        Self::StateManagement,
        Self::EdgeCases,
        Self::TestingExpectations,
        Self::DefinitionOfDone,
    ];

    /// Its name for people and prompts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProductGoal => "product goal",
            Self::Users => "users",
            Self::CoreFeatures => "core features",
            Self::NonGoals => "non-goals",
            Self::TechnicalConstraints => "technical constraints",
            Self::PlatformRequirements => "platform requirements",
            Self::FileStructure => "file structure",
            Self::DataFlow => "data flow",
            Self::StateManagement => "state management",
            Self::EdgeCases => "edge cases",
            Self::TestingExpectations => "testing expectations",
            Self::DefinitionOfDone => "definition of done",
        }
    }

    /// The topic of a label such as `Users` or `**edge cases**`.
    pub fn of_label(label: &str) -> Option<Self> {
        let folded = label
            .trim_matches(|c: char| matches!(c, '*' | '_' | '[' | ']' | '`') || c.is_whitespace())
            .to_lowercase()
            .replace("non goals", "non-goals");
        Self::ALL.into_iter().find(|topic| topic.name() == folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_known_by_its_name_and_asked_for_by_the_template() {
        let template = crate::domain::packet::Template::Plan.built_in().replace('\n', " ");
        for topic in Topic::ALL {
            assert_eq!(
                Topic::of_label(&format!("**{}**", topic.name().to_uppercase())),
                Some(topic)
            );
            assert!(template.contains(topic.name()), "{}", topic.name());
        }
        assert_eq!(Topic::of_label("Money"), None);
    }
}
