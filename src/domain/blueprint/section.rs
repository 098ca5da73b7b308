//! The sections of a blueprint: what each is called, and what belongs into it.

/// One section. All of them are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What is built, for whom, and when it is a success.
    Brief,
    /// What users want to do.
    Stories,
    /// How the parts fit.
    Architecture,
    /// Which files there will be.
    Files,
    /// What is kept, and which states there are.
    Data,
    /// In which order it is built.
    BuildPlan,
    /// How it is tested.
    Testing,
    /// What is tested for success, failure and edge cases.
    Matrix,
    /// What may go wrong.
    Risks,
    /// What is not built.
    NonGoals,
    /// What is not decided, and what was assumed.
    Questions,
    /// Which tasks a local model can do.
    Execution,
}

impl Section {
    /// All of them, in the order in which they are asked for.
    pub const ALL: [Self; 12] = [
        Self::Brief,
        Self::Stories,
        Self::Architecture,
        Self::Files,
        Self::Data,
        Self::BuildPlan,
        Self::Testing,
        Self::Matrix,
        Self::Risks,
        Self::NonGoals,
        Self::Questions,
        Self::Execution,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Brief => "Product brief",
            Self::Stories => "User stories",
            Self::Architecture => "Architecture plan",
            Self::Files => "File structure",
            Self::Data => "Data and state model",
            Self::BuildPlan => "Build plan",
            Self::Testing => "Testing strategy",
            Self::Matrix => "Test matrix",
            Self::Risks => "Risks",
            Self::NonGoals => "Non-goals",
            Self::Questions => "Open questions",
            Self::Execution => "Local or cloud",
        }
    }

    /// What the Architect is to write in it.
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Brief => "the problem, the users, the core features, the constraints, and what counts as success",
            Self::Stories => "who wants what, and why",
            Self::Architecture => {
                "the parts, what each is for, their interfaces and contracts, the data flow, and how it is observed in operation"
            }
            Self::Files => "the files there will be, and what each is for",
            Self::Data => "what is kept and in which shape, which states there are and what moves them",
            Self::BuildPlan => {
                "the order of the tasks and why, with their dependencies, and the way back from each step"
            }
            Self::Testing => "what is tested at which level, with which commands",
            Self::Matrix => {
                "a table with a row for each story or task: success, failure, edge cases, and the check that shows it"
            }
            Self::Risks => {
                "what may go wrong in security, data integrity and migration, each with its answer; `none` where there is none"
            }
            Self::NonGoals => "what is deliberately not built",
            Self::Questions => "what a person still has to decide, and what you assumed meanwhile; or `none`",
            Self::Execution => "which tasks a local model can do, which want a stronger one in the cloud, and why",
        }
    }

    /// Other headings that mean it, in lower case; the beginning of a heading is enough.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Brief => &[
                "product brief",
                "brief",
                "problem statement",
                "concise problem statement",
                "product goal",
            ],
            Self::Stories => &["user stories", "stories"],
            Self::Architecture => &["architecture", "high-level architecture", "high level architecture"],
            Self::Files => &[
                "file structure",
                "files and folders",
                "project structure",
                "directory structure",
                "folder structure",
            ],
            Self::Data => &[
                "data and state",
                "data model",
                "state and data",
                "data/state",
                "state/data",
                "state model",
            ],
            Self::BuildPlan => &["build plan", "implementation plan", "build order", "order of work"],
            Self::Testing => &[
                "testing strategy",
                "test strategy",
                "testing plan",
                "test plan",
                "testing",
            ],
            Self::Matrix => &["test matrix", "testing matrix", "matrix of tests"],
            Self::Risks => &["risk", "threat model"],
            Self::NonGoals => &[
                "non-goals",
                "non goals",
                "nongoals",
                "explicit non-goals",
                "out of scope",
            ],
            Self::Questions => &["open questions", "questions and assumptions", "assumptions"],
            Self::Execution => &[
                "local or cloud",
                "local versus cloud",
                "local vs cloud",
                "local vs. cloud",
                "local and cloud",
                "execution strategy",
                "cloud or local",
            ],
        }
    }

    /// The section that a heading opens.
    pub fn of_heading(heading: &str) -> Option<Self> {
        let folded = heading
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' ' | '*' | '_'))
            .to_lowercase();
        let begins = |name: &&str| {
            folded
                .strip_prefix(*name)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() && c != 's'))
        };
        Self::ALL.into_iter().find(|section| section.names().iter().any(begins))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_found_by_its_own_title_and_by_those_of_the_seeds() {
        for section in Section::ALL {
            assert_eq!(Section::of_heading(section.title()), Some(section));
            assert!(!section.wanted().is_empty());
        }
        for (heading, wanted) in [
            ("Architecture plan", Some(Section::Architecture)),
            ("State/data model", Some(Section::Data)),
            ("3. **Data models**", Some(Section::Data)),
            ("Local versus cloud execution strategy", Some(Section::Execution)),
            (
                "Testing strategy, with a test matrix before any code",
                Some(Section::Testing),
            ),
            ("Threat model (top 5 risks)", Some(Section::Risks)),
            ("Risks for security", Some(Section::Risks)),
            ("Implementation plan", Some(Section::BuildPlan)),
            ("Briefly, what I think", None),
            ("Filesystem", None),
            ("Task list", None),
            ("", None),
        ] {
            assert_eq!(Section::of_heading(heading), wanted, "{heading}");
        }
    }
}
