//! What `plan new` shows: prompts, questions, mistakes, cards, and what to do next.

use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};
use crate::domain::oid::CommitId;
use crate::domain::plan::card::{Card, CardCheck};
use crate::engine::import::Import;
use crate::engine::planning::{Judged, Planning};
use crate::report::table::columns;
use crate::report::text::{one_line, visible};

use super::super::context::{Context, print, print_json};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::tell_next;
use super::NewArgs;

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
}

#[derive(Serialize)]
struct JsonQuestion<'a> {
    number: usize,
    topic: Option<&'static str>,
    text: &'a str,
}

/// Shows it.
pub fn show(args: &NewArgs, context: &Context, planning: &Planning, outcome: &Outcome) -> Result<Exit, CliError> {
    let exit = match outcome {
        Outcome::Prompt(_) if args.print => Exit::Done,
        Outcome::Prompt(_) | Outcome::Questions => Exit::PersonNeeded,
        Outcome::Mistakes(_) => Exit::Refused,
        Outcome::Ready(_) | Outcome::Committed { .. } => Exit::Done,
    };
    if args.json {
        print_json(&json(planning, outcome))?;
        return Ok(exit);
    }
    let plan = planning.plan();
    match outcome {
        Outcome::Prompt(prompt) => {
            print(prompt)?;
            tell_next(
                context,
                &format!("give this to the Architect, and its answer back: git harness plan new {plan} --from FILE"),
            );
        }
        Outcome::Questions => {
            print(&questions(planning))?;
            tell_next(
                context,
                &format!(
                    "answer as `1. …` in a file: git harness plan new {plan} --answers FILE; a line `/done` ends the interview"
                ),
            );
        }
        Outcome::Mistakes(judged) => return Err(mistakes(planning, judged)),
        Outcome::Ready(import) => {
            print(&cards(context, planning, import))?;
            tell_next(context, &format!("git harness plan new {plan} --commit"));
        }
        Outcome::Committed { import, commit, target } => {
            let count = counted(import.plan.cards.len());
            print(&match commit {
                Some(commit) => format!("{count} of plan {plan} committed on {target} as {}\n", commit.short(10)),
                None => format!("{count} of plan {plan}: everything is there already\n"),
            })?;
            tell_next(context, "git harness run, or git harness next");
        }
    }
    Ok(exit)
}

fn json<'a>(planning: &'a Planning, outcome: &'a Outcome) -> Json<'a> {
    let (asked, answered) = planning.interview.counts();
    let mut json = Json {
        v: 1,
        plan: planning.plan(),
        step: "",
        asked,
        answered,
        prompt: None,
        questions: Vec::new(),
        found: &[],
        tasks: Vec::new(),
        commit: None,
        interview: Some(planning.interview_path().display().to_string()),
        blueprint: None,
    };
    let ids = |import: &'a Import| import.plan.cards.iter().map(|card| &card.id).collect();
    match outcome {
        Outcome::Prompt(prompt) => {
            json.step = "ask_architect";
            json.prompt = Some(prompt);
        }
        Outcome::Questions => {
            json.step = "answer";
            let pending = planning.interview.pending().into_iter().enumerate();
            json.questions = pending
                .map(|(at, question)| JsonQuestion {
                    number: at + 1,
                    topic: question.topic.map(crate::domain::blueprint::Topic::name),
                    text: &question.text,
                })
                .collect();
        }
        Outcome::Mistakes(judged) => {
            json.step = "mend";
            json.found = &judged.mistakes;
            json.blueprint = Some(planning.blueprint_path().display().to_string());
        }
        Outcome::Ready(import) => {
            json.step = "commit";
            json.tasks = ids(import);
            json.blueprint = Some(planning.blueprint_path().display().to_string());
        }
        Outcome::Committed { import, commit, .. } => {
            json.step = "done";
            // Both are part of the commit from now on.
            json.interview = None;
            json.tasks = ids(import);
            json.commit = *commit;
        }
    }
    json
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

fn mistakes(planning: &Planning, judged: &Judged) -> CliError {
    let plan = planning.plan();
    let (what, more) = match judged.is_wrong() {
        true => ("has mistakes", ""),
        false => ("has weak places", ", or take it as it is: --allow-weak"),
    };
    let message = format!(
        "the blueprint of {plan} {what}; it is kept in {}",
        planning.blueprint_path().display()
    );
    CliError {
        mistakes: judged.mistakes.clone(),
        sources: judged.sources.clone(),
        ..CliError::new(Exit::Refused, message)
    }
    .hint(format!(
        "mend it there and run `git harness plan new {plan} --continue`; or ask the Architect: --print prints what, --from FILE reads the answer{more}"
    ))
}

fn counted(cards: usize) -> String {
    match cards {
        1 => "one card".to_owned(),
        more => format!("{more} cards"),
    }
}

/// The cards as a person looks at them before they are committed, with every command that will be run for them.
fn cards(context: &Context, planning: &Planning, import: &Import) -> String {
    let (asked, answered) = planning.interview.counts();
    let mut text = format!(
        "{}: {}, {} (asked {asked}, answered {answered})\n\n",
        import.plan.id,
        one_line(&import.plan.title),
        counted(import.plan.cards.len()),
    );
    let rows: Vec<Vec<String>> = import
        .plan
        .cards
        .iter()
        .map(|card| vec![card.id.to_string(), card.lane.clone(), card.title.clone()])
        .collect();
    for (row, card) in columns(&rows, context.width).into_iter().zip(&import.plan.cards) {
        let _ = writeln!(text, "{}", row.concat());
        let _ = writeln!(text, "  files   {}", one_line(&card.files.join(", ")));
        for command in commands(card) {
            let _ = writeln!(text, "  runs    {}", one_line(&command));
        }
    }
    text.push_str(&format!("\nthe blueprint: {}\n", planning.blueprint_path().display()));
    text
}

fn commands(card: &Card) -> Vec<String> {
    let of = |check: &CardCheck| match check {
        CardCheck::Text(text) => text.clone(),
        CardCheck::Inline(check) => check.run.clone(),
    };
    card.verify.iter().map(of).collect()
}
