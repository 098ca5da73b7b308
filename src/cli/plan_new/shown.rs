//! What `plan new` shows: prompts, questions, mistakes, cards, and what to do next.

use std::fmt::Write as _;

use serde::Serialize;

use crate::config::settings_of;
use crate::domain::blueprint::Topic;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::path::RepoPath;
use crate::domain::plan::card::{Card, CardCheck};
use crate::domain::scope::Protected;
use crate::domain::usage::Usage;
use crate::domain::words::counted;
use crate::engine::import::Import;
use crate::engine::planning::{Judged, Past, Planning};
use crate::report::table::columns;
use crate::report::text::{one_line, visible};

use super::super::context::{Context, print, print_json};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::tell_next;

/// How far it went.
pub enum Outcome {
    /// Somebody has to ask the Architect this.
    Prompt(String),
    /// A person has to answer.
    Questions,
    /// The blueprint is not good enough.
    Mistakes(Judged),
    /// The cards can be committed.
    Ready(Import),
    /// They are.
    Committed {
        import: Import,
        commit: Option<CommitId>,
        target: String,
    },
}

#[derive(Serialize)]
struct Json<'a> {
    v: u32,
    plan: &'a PlanId,
    step: &'static str,
    asked: usize,
    answered: usize,
    prompt: Option<&'a str>,
    questions: Vec<JsonQuestion<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    found: &'a [Diagnostic],
    tasks: Vec<&'a TaskId>,
    commit: Option<CommitId>,
    interview: Option<String>,
    blueprint: Option<String>,
    consulted: usize,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct JsonQuestion<'a> {
    number: usize,
    topic: Option<&'static str>,
    text: &'a str,
}

/// What is shown of a plan in the making.
pub struct Shown<'a> {
    pub context: &'a Context,
    pub planning: &'a Planning,
    pub past: Past,
    /// Nothing is dispatched before somebody approves the plan.
    pub needs_approval: bool,
}

impl Shown<'_> {
    /// For people.
    pub fn text(&self, outcome: &Outcome) -> Result<Exit, CliError> {
        let plan = self.planning.plan();
        match outcome {
            Outcome::Prompt(prompt) => {
                print(prompt)?;
                self.next(&format!(
                    "give this to the Architect, and its answer back: git harness plan new {plan} --from FILE"
                ));
            }
            Outcome::Questions => {
                print(&questions(self.planning))?;
                self.next(&format!(
                    "answer as `1. …` in a file: git harness plan new {plan} --answers FILE; a line `/done` ends the interview"
                ));
            }
            Outcome::Mistakes(judged) => return Err(self.mistakes(judged)),
            Outcome::Ready(import) => {
                print(&self.cards(import))?;
                self.next(&format!("git harness plan new {plan} --commit"));
            }
            Outcome::Committed { import, commit, target } => {
                let count = counted(import.plan.cards.len(), "card");
                print(&match commit {
                    Some(commit) => format!("{count} of plan {plan} committed on {target} as {}\n", commit.short(10)),
                    None => format!("{count} of plan {plan}: everything is there already\n"),
                })?;
                self.next(&match self.needs_approval {
                    true => format!("read it, then say so: git harness plan approve {plan}"),
                    false => "git harness run, or git harness next".to_owned(),
                });
            }
        }
        Ok(exit_of(outcome))
    }

    fn next(&self, text: &str) {
        tell_next(self.context, text);
    }

    /// For programs.
    pub fn json(&self, outcome: &Outcome) -> Result<Exit, CliError> {
        let (asked, answered) = self.planning.interview.counts();
        let blueprint = || Some(self.planning.blueprint_path().display().to_string());
        let mut json = Json {
            v: 1,
            plan: self.planning.plan(),
            step: "",
            asked,
            answered,
            prompt: None,
            questions: Vec::new(),
            found: &[],
            tasks: Vec::new(),
            commit: None,
            interview: Some(self.planning.interview_path().display().to_string()),
            blueprint: None,
            consulted: self.past.asked,
            usage: self.past.usage,
        };
        match outcome {
            Outcome::Prompt(prompt) => {
                json.step = "ask_architect";
                json.prompt = Some(prompt);
            }
            Outcome::Questions => {
                json.step = "answer";
                let pending = self.planning.interview.pending().into_iter().enumerate();
                json.questions = pending
                    .map(|(at, question)| JsonQuestion {
                        number: at + 1,
                        topic: question.topic.map(Topic::name),
                        text: &question.text,
                    })
                    .collect();
            }
            Outcome::Mistakes(judged) => {
                json.step = "mend";
                json.found = &judged.mistakes;
                json.blueprint = blueprint();
            }
            Outcome::Ready(import) => {
                json.step = "commit";
                json.tasks = ids(import);
                json.blueprint = blueprint();
            }
            Outcome::Committed { import, commit, .. } => {
                json.step = "done";
                json.tasks = ids(import);
                json.commit = *commit;
                // Both are part of the commit from now on.
                json.interview = None;
            }
        }
        print_json(&json)?;
        Ok(exit_of(outcome))
    }

    fn mistakes(&self, judged: &Judged) -> CliError {
        let plan = self.planning.plan();
        let (what, more) = match judged.is_wrong() {
            true => ("has mistakes", ""),
            false => ("has weak places", ", or take it as it is: --allow-weak"),
        };
        let path = self.planning.blueprint_path();
        let message = format!("the blueprint of {plan} {what}; it is kept in {}", path.display());
        CliError {
            mistakes: judged.mistakes.clone(),
            sources: judged.sources.clone(),
            ..CliError::new(Exit::Refused, message)
        }
        .hint(format!(
            "mend it there and run `git harness plan new {plan} --continue`; or ask the Architect: --print prints what, --from FILE reads the answer{more}"
        ))
    }

    /// The cards as a person looks at them before they are committed, with every command that will be run for them.
    pub fn cards(&self, import: &Import) -> String {
        let (asked, answered) = self.planning.interview.counts();
        let plan = &import.plan;
        let mut text = format!(
            "{}: {}, {} (asked {asked}, answered {answered})\n",
            plan.id,
            one_line(&plan.title),
            counted(plan.cards.len(), "card"),
        );
        if let Some(usage) = self.past.usage {
            let _ = writeln!(text, "the Architect used {usage}, in {} calls", self.past.asked);
        }
        text.push('\n');
        let rows: Vec<Vec<String>> = plan
            .cards
            .iter()
            .map(|card| vec![card.id.to_string(), card.lane.clone(), card.title.clone()])
            .collect();
        for (row, card) in columns(&rows, self.context.width).into_iter().zip(&plan.cards) {
            let _ = writeln!(text, "{}", row.concat());
            let _ = writeln!(text, "  files   {}", one_line(&card.files.join(", ")));
            for file in protected(card) {
                let _ = writeln!(text, "  opens   {}, which is protected", one_line(file));
            }
            for (command, with) in commands(card) {
                let _ = writeln!(text, "  runs    {}", one_line(&command));
                for with in with {
                    let _ = writeln!(text, "            with {}", one_line(&with));
                }
            }
            if !card.stop_condition.is_empty() {
                let _ = writeln!(text, "  stops   {}", one_line(&card.stop_condition));
            }
        }
        let _ = writeln!(text, "\nthe blueprint: {}", self.planning.blueprint_path().display());
        text
    }
}

const fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Prompt(_) | Outcome::Questions => Exit::PersonNeeded,
        Outcome::Mistakes(_) => Exit::Refused,
        Outcome::Ready(_) | Outcome::Committed { .. } => Exit::Done,
    }
}

fn ids(import: &Import) -> Vec<&TaskId> {
    import.plan.cards.iter().map(|card| &card.id).collect()
}

/// The open questions, numbered.
fn questions(planning: &Planning) -> String {
    let mut text = String::new();
    for (at, question) in planning.interview.pending().into_iter().enumerate() {
        let topic = question
            .topic
            .map(|topic| format!("{}: ", topic.name()))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{}. {topic}{}",
            at + 1,
            visible(&question.text).replace('\n', "\n   ")
        );
    }
    text
}

fn commands(card: &Card) -> Vec<(String, Vec<String>)> {
    let of = |check: &CardCheck| match check {
        CardCheck::Text(text) => (text.clone(), Vec::new()),
        CardCheck::Inline(check) => (check.run.clone(), settings_of(check)),
    };
    card.verify.iter().map(of).collect()
}

/// The files that a card opens although a pattern of the program protects them.
fn protected(card: &Card) -> Vec<&String> {
    let Ok(protected) = Protected::new::<&str>(&[]) else {
        return card.files.iter().collect();
    };
    let is_covered = |file: &&String| RepoPath::new(file.as_str()).is_ok_and(|path| protected.covers(&path).is_some());
    card.files.iter().filter(is_covered).collect()
}
