//! The five prompts, and what fills them.

use minijinja::{Environment, UndefinedBehavior, context};

use super::render::PacketError;

/// The five prompts of the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// The Architect interviews.
    Plan,
    /// The Architect writes the blueprint.
    Blueprint,
    /// A Builder's first attempt.
    Builder,
    /// A Builder's next attempt.
    Retry,
    /// The Architect diagnoses.
    Escalation,
}

impl Template {
    /// Its name, and the name of the file in `.harness/templates/` that overrides it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Blueprint => "blueprint",
            Self::Builder => "builder",
            Self::Retry => "retry",
            Self::Escalation => "escalation",
        }
    }

    /// The text that comes with the program.
    pub const fn built_in(self) -> &'static str {
        match self {
            Self::Plan => include_str!("../../../templates/prompts/plan.md"),
            Self::Blueprint => include_str!("../../../templates/prompts/blueprint.md"),
            Self::Builder => include_str!("../../../templates/prompts/builder.md"),
            Self::Retry => include_str!("../../../templates/prompts/retry.md"),
            Self::Escalation => include_str!("../../../templates/prompts/escalation.md"),
        }
    }
}

/// What may stand in a template; what is not given is empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) task: String,
    pub(super) context: String,
    pub(super) answer: String,
    pub(super) failure: String,
    pub(super) correction: String,
    pub(super) expected: String,
    pub(super) actual: String,
    pub(super) question: String,
    pub(super) goal: String,
}

pub(super) const VARIABLES: &str = "task, context, answer, failure, correction, expected, actual, question, goal";

/// A prompt without the task, or without the form in which its answer is read, is no prompt: whoever gets it does something
/// else.
fn holds(text: &str, name: &str, value: &str) -> Result<(), PacketError> {
    match text.contains(value.trim()) {
        true => Ok(()),
        false => Err(PacketError::Template(format!(
            "it has to hold {{{{ {name} }}}} as it is"
        ))),
    }
}

/// What every prompt of a repository's own says behind everything else.
pub(super) fn bounds(template: &str, built_in: &[Template], rule: &str) -> String {
    if built_in.iter().any(|known| known.built_in() == template) {
        return String::new();
    }
    format!(
        "\n\nWhatever stands above:\nChange no file but the allowed files of the task, begin no other task, and stop as its stop condition says.\n{rule}\n"
    )
}

/// Fills a template.
pub(super) fn fill(template: &str, values: &Values) -> Result<String, PacketError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let filled = context! {
        task => values.task.trim(),
        context => values.context.trim(),
        answer => values.answer.trim(),
        failure => values.failure.trim(),
        correction => values.correction.trim(),
        expected => values.expected.trim(),
        actual => values.actual.trim(),
        question => values.question.trim(),
        goal => values.goal.as_str(),
    };
    let text = environment
        .render_str(template, &filled)
        .map_err(|error| PacketError::Template(error.to_string()))?;
    holds(&text, "task", &values.task)?;
    holds(&text, "answer", &values.answer)?;
    Ok(text)
}
