//! The two prompts of planning. What is left out first where a prompt is too long: excerpts, from the last one on.

use minijinja::{Environment, UndefinedBehavior, context};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::packet::{Boundary, Budget, Excerpt, estimate_tokens};

use super::ground::{Ground, listing};
use super::interview::Interview;
use super::section::Section;

/// Why there is no prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Even without any excerpt it does not fit.
    #[error("it needs about {needed} tokens at the least, and the window has room for {room}")]
    TooLong {
        /// Tokens needed.
        needed: usize,
        /// Tokens there are.
        room: usize,
    },
    /// The template is no template, or names a variable that there is not.
    #[error("{0}; the variables are: goal, context, failure, answer")]
    Template(String),
}

/// A blueprint that is to be mended.
#[derive(Debug, Clone, Copy)]
pub struct Mend<'a> {
    /// Its text.
    pub draft: &'a str,
    /// What is wrong with it.
    pub mistakes: &'a [Diagnostic],
}

/// The most mistakes that are named at a time.
const MOST_MISTAKES: usize = 60;

/// The prompt for the next questions.
///
/// # Errors
/// See [`PromptError`].
pub fn interview_prompt(
    template: &str,
    interview: &Interview,
    ground: &Ground,
    budget: &Budget,
) -> Result<String, PromptError> {
    let parts = Parts {
        template,
        interview,
        ground,
        mend: None,
        answer: ASK,
    };
    parts.fit(budget)
}

/// The prompt for the blueprint, or for a better one.
///
/// # Errors
/// See [`PromptError`].
pub fn blueprint_prompt(
    template: &str,
    interview: &Interview,
    ground: &Ground,
    mend: Option<Mend>,
    budget: &Budget,
) -> Result<String, PromptError> {
    let parts = Parts {
        template,
        interview,
        ground,
        mend,
        answer: &answer_part(interview.plan.as_str()),
    };
    parts.fit(budget)
}

/// What a prompt is made of.
struct Parts<'a> {
    template: &'a str,
    interview: &'a Interview,
    ground: &'a Ground,
    mend: Option<Mend<'a>>,
    answer: &'a str,
}

impl Parts<'_> {
    fn fit(&self, budget: &Budget) -> Result<String, PromptError> {
        let room = budget.room().unwrap_or(usize::MAX);
        let mut needed = 0;
        for kept in (0..=self.ground.excerpts.len()).rev() {
            let text = self.fill(&self.ground.excerpts[..kept])?;
            needed = budget.scale.of(estimate_tokens(&text));
            if needed <= room {
                return Ok(text);
            }
        }
        Err(PromptError::TooLong { needed, room })
    }

    fn fill(&self, excerpts: &[Excerpt]) -> Result<String, PromptError> {
        let files = listing(&self.ground.files).join("\n");
        let mut quoted: Vec<&str> = excerpts.iter().map(|excerpt| excerpt.text.as_str()).collect();
        quoted.push(&files);
        quoted.extend(self.mend.map(|mend| mend.draft));
        let boundary = Boundary::around(self.ground.seed, &quoted);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let failure = self.mend.map(|mend| mend_part(mend, &boundary)).unwrap_or_default();
        let values = context! {
            goal => self.interview.goal.trim(),
            context => self.context(&files, excerpts, &boundary).trim(),
            failure => failure.trim(),
            answer => self.answer.trim(),
            // The other templates' variables stand for nothing here.
            task => "", correction => "", expected => "", actual => "", question => "",
        };
        let text = environment
            .render_str(self.template, &values)
            .map_err(|error| PromptError::Template(error.to_string()))?;
        for (name, value) in [("goal", self.interview.goal.trim()), ("answer", self.answer.trim())] {
            if !text.contains(value) {
                return Err(PromptError::Template(format!(
                    "it has to hold {{{{ {name} }}}} as it is"
                )));
            }
        }
        Ok(format!("{}\n", text.trim_end()))
    }

    fn context(&self, files: &str, excerpts: &[Excerpt], boundary: &Boundary) -> String {
        let rule = match (files, excerpts, self.mend) {
            ("", [], None) => String::new(),
            _ => format!("{}\n", boundary.rule()),
        };
        let transcript = self.interview.transcript();
        let interview = match transcript.as_str() {
            "" => String::new(),
            said => format!("The interview so far:\n\n{said}"),
        };
        format!("{rule}{}{interview}", self.ground.render(files, excerpts, boundary))
    }
}

const ASK: &str = "How to answer:
Ask at most five questions at a time, the most important first, as a numbered list that names the topic of each:

## Questions
1. Users: Who uses it, and how many at the same time?
2. Edge cases: What happens when the network is gone? I would keep the last state and say so.

Where a good answer is plain, propose it in the question. Do not ask again what was answered or left to you.
When nothing is left to ask, answer with the single line `no more questions`; the blueprint is asked for then.";

fn mend_part(mend: Mend, boundary: &Boundary) -> String {
    let mut text = String::from(
        "Your last blueprint has mistakes. Mend all of them, and write the whole blueprint again, with all sections and all tasks.\n\nThe mistakes:\n",
    );
    for mistake in mend.mistakes.iter().take(MOST_MISTAKES) {
        let task = mistake
            .file
            .strip_prefix(".harness/tasks/")
            .and_then(|name| name.strip_suffix(".md"));
        let place = task.map_or_else(|| format!("line {}", mistake.line), |task| format!("task {task}"));
        text.push_str(&format!(
            "- {place}: {}. To mend it: {}\n",
            mistake.message, mistake.fix
        ));
    }
    if mend.mistakes.len() > MOST_MISTAKES {
        text.push_str(&format!("- and {} more\n", mend.mistakes.len() - MOST_MISTAKES));
    }
    text.push_str(&format!("\nYour last blueprint:\n{}", boundary.quote(mend.draft)));
    text
}

fn answer_part(plan: &str) -> String {
    let sections: Vec<String> = Section::ALL
        .into_iter()
        .map(|section| format!("## {}\n({})\n", section.title(), section.wanted()))
        .collect();
    format!(
        "How to answer:
With one Markdown document and nothing round it. All of these sections, under these headings:

# Title of the plan

{}
## Task list
(all tasks in one block of JSON of this form)

{}
Of the tasks: ids are `{plan}-01`, `{plan}-02` and so on, in the order of work. `files_allowed` are globs in which `*` stops at a
slash; new files are named in full, and so are manifests, lock files, configuration of builds and tests, CI files and
whatever a verification command names, since no glob opens those. `.harness/` belongs to nobody. `context` are relevant files to
be read, whole or by lines. `verification` are commands that end with 0 if all is well and run without a network; at least one
of each task is of kind `acceptance` and shows its own definition of done, with `red_first` where it has to fail before
the work. Kinds: test lint typecheck build static security browser visual acceptance.
",
        sections.join("\n"),
        example(plan)
    )
}

/// One task with every field.
fn example(plan: &str) -> String {
    format!(
        r#"```json
{{
  "tasks": [
    {{
      "id": "{plan}-01",
      "title": "Add enemy spawn timing",
      "objective": "Enemies come in waves that the configuration times.",
      "dependencies": [],
      "files_allowed": ["src/gameLoop.js", "src/config.js", "test/spawn.js"],
      "context": ["src/render.js:10-80"],
      "instructions": ["Spawn an enemy every config.spawnInterval seconds, in the update loop", "Write test/spawn.js"],
      "constraints": ["Do not change player movement or scoring"],
      "definition_of_done": ["Enemies spawn repeatedly", "The rate is the configured one", "Existing tests still pass"],
      "verification": [
        "npm test",
        {{ "name": "spawn", "run": "node test/spawn.js", "kind": "acceptance", "red_first": true }}
      ],
      "stop_condition": "Summarize the changed files and stop.",
      "lane": "throughput"
    }}
  ]
}}
```
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::blueprint::{KnownTask, Question, Reply, read_reply};
    use crate::domain::oid::Digest;
    use crate::domain::packet::Template;
    use crate::domain::path::RepoPath;
    use crate::domain::plan::format::{ImportOptions, SourceFile, read_plan};

    fn interview() -> Interview {
        let mut interview = Interview::new("shop".parse().unwrap(), "A small shop", Vec::new());
        interview.ask(vec![Question::new(None, "For whom?".to_owned())]);
        interview.answer("For Ann");
        interview
    }

    fn ground() -> Ground {
        Ground {
            files: vec![RepoPath::try_from("src/a.rs").unwrap()],
            lanes: vec!["throughput".into(), "core".into()],
            checks: vec![("test".into(), "cargo test".into())],
            builders: vec!["local".into()],
            tasks: vec![KnownTask {
                id: "old-01".into(),
                title: "Begin".into(),
                state: "complete".into(),
            }],
            excerpts: vec![Excerpt::cut("AGENTS.md".into(), "Be brief.\n", None)],
            seed: Digest::of(b"test"),
        }
    }

    fn budget(most: usize) -> Budget {
        Budget {
            most: Some(most),
            ..Budget::default()
        }
    }

    #[test]
    fn the_architect_is_asked_for_questions() {
        let prompt = interview_prompt(Template::Plan.built_in(), &interview(), &ground(), &budget(9999)).unwrap();
        insta::assert_snapshot!(prompt);
    }

    #[test]
    fn the_architect_is_asked_for_the_blueprint_and_to_mend_it() {
        let mistakes = [
            Diagnostic::error("blueprint.md", "a\nb\n", 2..3, "c", "the section is empty", "fill it"),
            Diagnostic::error(".harness/tasks/shop-01.md", "", 0..0, "c", "it has no check", "add one"),
        ];
        let mend = Mend {
            draft: "# Shop\n",
            mistakes: &mistakes,
        };
        let prompt = blueprint_prompt(
            Template::Blueprint.built_in(),
            &interview(),
            &ground(),
            Some(mend),
            &budget(9999),
        )
        .unwrap();
        insta::assert_snapshot!(prompt);
    }

    #[test]
    fn the_example_is_a_blueprint_that_can_be_read() {
        let text = answer_part("shop");
        let Ok(Reply::Blueprint(blueprint)) = read_reply(&text) else {
            panic!("{text}");
        };
        assert_eq!(blueprint.sections.len(), Section::ALL.len());
        let source = SourceFile {
            name: "b.md",
            text: &blueprint.text,
        };
        let plan = read_plan(&[source], &ImportOptions::default()).unwrap();
        let card = &plan.cards[0];
        assert_eq!(card.id.as_str(), "shop-01");
        assert_eq!(card.verify.len(), 2);
        assert!(!card.constraints.is_empty() && !card.objective.is_empty() && !card.stop_condition.is_empty());
    }

    #[test]
    fn excerpts_are_left_out_before_the_interview_is() {
        let mut ground = ground();
        ground
            .excerpts
            .push(Excerpt::cut("long.md".into(), &"long line\n".repeat(4000), None));
        let prompt = interview_prompt(Template::Plan.built_in(), &interview(), &ground, &budget(2000)).unwrap();
        assert!(prompt.contains("Be brief.") && !prompt.contains("long line"));
        let error = interview_prompt(Template::Plan.built_in(), &interview(), &ground, &budget(10)).unwrap_err();
        assert!(matches!(error, PromptError::TooLong { room: 10, .. }));
    }
}
