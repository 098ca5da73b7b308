//! An interview: what is to be built, what the Architect asked, what a person answered, and what comes next. It is
//! kept as TOML, so that a person can read it and mend an answer.

use serde::{Deserialize, Serialize};

use crate::domain::id::PlanId;

use super::topic::Topic;

/// The most rounds of questions; an Architect that still asks has to plan with what it knows.
const MOST_TURNS: usize = 12;

/// A question of the Architect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What it is about, where the Architect said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// The question.
    pub text: String,
    /// The answer; empty where it is left to the Architect, `None` while nobody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Question {
    /// One that nobody answered yet.
    pub const fn new(topic: Option<Topic>, text: String) -> Self {
        Self {
            topic,
            text,
            answer: None,
        }
    }
}

/// One round of questions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The questions.
    pub questions: Vec<Question>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The Architect asks.
    Ask,
    /// A person answers.
    Answer,
    /// The Architect writes the blueprint.
    Write,
}

/// Why a text is no interview.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterviewError {
    /// It cannot be read.
    #[error("it is no interview: {0}")]
    Syntax(String),
    /// A later program wrote it.
    #[error("its format is {0}, which this program does not know")]
    Format(u32),
}

const FORMAT: u32 = 1;

/// An interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interview {
    v: u32,
    /// The plan that comes of it.
    pub plan: PlanId,
    /// What is to be built, in the person's words.
    pub goal: String,
    /// Files of the repository that the Architect is shown: `path` or `path:first-last`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    /// Nothing more is asked: the Architect has no more questions, or the person has had enough.
    #[serde(default)]
    pub closed: bool,
    /// The rounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
}

impl Interview {
    /// One that begins.
    pub fn new(plan: PlanId, goal: &str, context: Vec<String>) -> Self {
        Self {
            v: FORMAT,
            plan,
            goal: goal.trim().to_owned(),
            context,
            closed: false,
            turns: Vec::new(),
        }
    }

    /// What comes next.
    pub fn step(&self) -> Step {
        match self.pending().is_empty() {
            _ if self.closed => Step::Write,
            false => Step::Answer,
            true if self.turns.len() >= MOST_TURNS => Step::Write,
            true => Step::Ask,
        }
    }

    /// The questions of the last round that nobody answered.
    pub fn pending(&self) -> Vec<&Question> {
        let last = self.turns.last().into_iter().flat_map(|turn| &turn.questions);
        last.filter(|question| question.answer.is_none()).collect()
    }

    /// Takes questions in.
    pub fn ask(&mut self, questions: Vec<Question>) {
        self.turns.push(Turn { questions });
    }

    /// Answers the first of the open questions; an empty text leaves it to the Architect.
    pub fn answer(&mut self, text: &str) {
        let open = self.turns.last_mut().into_iter().flat_map(|turn| &mut turn.questions);
        if let Some(question) = open.into_iter().find(|question| question.answer.is_none()) {
            question.answer = Some(text.trim().to_owned());
        }
    }

    /// Asks nothing more. What is open is left to the Architect.
    pub fn close(&mut self) {
        while !self.pending().is_empty() {
            self.answer("");
        }
        self.closed = true;
    }

    /// How many questions were asked, and how many of them have an answer of a person.
    pub fn counts(&self) -> (usize, usize) {
        let all = || self.turns.iter().flat_map(|turn| &turn.questions);
        let answered = all().filter(|question| question.answer.as_ref().is_some_and(|answer| !answer.is_empty()));
        (all().count(), answered.count())
    }

    /// What was asked and answered, as the Architect reads it; nothing where nothing was asked.
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for question in self.turns.iter().flat_map(|turn| &turn.questions) {
            let topic = question
                .topic
                .map(|topic| format!("({}) ", topic.name()))
                .unwrap_or_default();
            let answer = match question.answer.as_deref() {
                None => "not answered yet",
                Some("") => "left to you: decide it, and name your decision as an assumption",
                Some(answer) => answer,
            };
            text.push_str(&format!("Q: {topic}{}\nA: {answer}\n\n", question.text));
        }
        text
    }

    /// The file's text.
    pub fn render(&self) -> Result<String, InterviewError> {
        let body = toml::to_string_pretty(self).map_err(|error| InterviewError::Syntax(error.to_string()))?;
        Ok(format!(
            "# What was asked and answered before the plan {} was written.\n{body}",
            self.plan
        ))
    }

    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self, InterviewError> {
        let read: Self =
            toml::from_str(text).map_err(|error| InterviewError::Syntax(error.to_string().trim().to_owned()))?;
        match read.v {
            FORMAT => Ok(read),
            other => Err(InterviewError::Format(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interview() -> Interview {
        Interview::new("shop".parse().unwrap(), "A small shop\n", vec!["docs/idea.md".into()])
    }

    fn question(text: &str) -> Question {
        Question::new(Some(Topic::Users), text.to_owned())
    }

    #[test]
    fn it_goes_on_until_it_is_closed() {
        let mut interview = interview();
        assert_eq!(interview.step(), Step::Ask);
        interview.ask(vec![question("Who?"), question("How many?"), question("Why?")]);
        assert_eq!(interview.step(), Step::Answer);
        interview.answer(" Ann ");
        interview.answer("");
        assert_eq!(interview.pending().len(), 1);
        interview.close();
        assert_eq!((interview.step(), interview.counts()), (Step::Write, (3, 1)));
        insta::assert_snapshot!(interview.transcript());
        insta::assert_snapshot!(interview.render().unwrap());
    }

    #[test]
    fn an_architect_that_never_ends_is_ended() {
        let mut interview = interview();
        for _ in 0..MOST_TURNS {
            assert_eq!(interview.step(), Step::Ask);
            interview.ask(vec![question("Really?")]);
            interview.answer("Yes");
        }
        assert_eq!(interview.step(), Step::Write);
    }

    #[test]
    fn a_file_of_another_time_or_kind_is_refused() {
        let text = interview().render().unwrap();
        assert_eq!(
            Interview::parse(&text.replace("v = 1", "v = 2")),
            Err(InterviewError::Format(2))
        );
        for wrong in ["", "v = 1", &text.replace("goal", "gaol"), "\u{0}"] {
            assert!(
                matches!(Interview::parse(wrong), Err(InterviewError::Syntax(_))),
                "{wrong:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_people_and_models_say_survives_the_file(texts in proptest::collection::vec("(?s).{0,40}", 1..6)) {
            let mut interview = interview();
            for text in &texts {
                interview.ask(vec![question(text)]);
                interview.answer(text);
            }
            prop_assert_eq!(Interview::parse(&interview.render().unwrap()), Ok(interview));
        }
    }
}
