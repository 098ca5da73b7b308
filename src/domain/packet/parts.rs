//! The parts that packets are put together from.

use std::fmt::Write as _;

use crate::domain::check::Check;
use crate::domain::failure::Failure;
use crate::domain::plan::card::Card;

use super::boundary::Boundary;

/// What a Builder is told when its card says nothing of stopping.
const STOP: &str = "Summarize the changed files and stop.";

/// The task as a packet states it.
pub(super) fn task(card: &Card, checks: &[Check]) -> String {
    let mut text = format!("Task {}: {}\n", card.id, card.title);
    let mut part = |title: &str, body: &str| {
        if !body.trim().is_empty() {
            let _ = write!(text, "\n{title}:\n{}\n", body.trim());
        }
    };
    part("Objective", &card.objective);
    part("Instructions", &card.instructions);
    part(
        "Allowed files (a change of any other file is refused)",
        &bullets(&card.files),
    );
    part("Constraints", &bullets(&card.constraints));
    part("Definition of done", &bullets(&card.definition_of_done));
    let commands: Vec<String> = checks
        .iter()
        .map(|check| match check.name == check.run {
            true => check.run.clone(),
            false => format!("{} ({}): {}", check.name, check.kind, check.run),
        })
        .collect();
    part("Verification that will be run", &bullets(&commands));
    let stop = if card.stop_condition.is_empty() {
        STOP
    } else {
        &card.stop_condition
    };
    part("Stop condition", stop);
    text
}

pub(super) fn bullets<S: AsRef<str>>(entries: &[S]) -> String {
    entries.iter().map(|entry| format!("- {}\n", entry.as_ref())).collect()
}

/// What others wrote of a failure: what has to stand between boundaries.
pub(super) fn foreign(failure: &Failure) -> Vec<&str> {
    match failure {
        Failure::Checks { results } => results.iter().map(|result| result.excerpt.as_str()).collect(),
        Failure::BuilderExit { excerpt: text, .. }
        | Failure::Answer { why: text, .. }
        | Failure::Unclear { question: text }
        | Failure::Architecture { why: text }
        | Failure::Stuck { why: text }
        | Failure::Rejected { reason: text, .. } => vec![text],
        _ => Vec::new(),
    }
}

/// What happened, as data. `most` bytes of each check's output.
pub(super) fn failure_output(failure: &Failure, most: usize, boundary: &Boundary) -> String {
    let quote = |text: &str| boundary.quote(text);
    match failure {
        Failure::Checks { results } => {
            let failed = results.iter().filter(|result| !result.status.passed());
            failed
                .map(|result| {
                    format!(
                        "{}: {}\n{}",
                        result.name,
                        result.status,
                        quote(&ends_of(&result.excerpt, most))
                    )
                })
                .collect()
        }
        Failure::BuilderExit { excerpt, .. } => {
            format!("{failure}\n{}", quote(&ends_of(excerpt, most)))
        }
        Failure::Answer { why, .. } => quote(&ends_of(why, most)),
        Failure::Scope { violations } => bullets(&violations.iter().map(ToString::to_string).collect::<Vec<_>>()),
        Failure::MergeConflict { paths } => {
            format!("Conflicts with the branch in:\n{}", bullets(paths))
        }
        Failure::Unclear { question: why } | Failure::Architecture { why } | Failure::Stuck { why } => {
            format!("The Builder says:\n{}", quote(why))
        }
        Failure::Missing { names } => format!("These do not exist:\n{}", bullets(names)),
        Failure::Hallucination { names } => {
            format!(
                "The Builder's change relies on what does not exist:\n{}",
                bullets(names)
            )
        }
        Failure::Proposal { problems } => format!("Your plan cannot be carried out:\n{}", bullets(problems)),
        Failure::OffPlan { paths } => format!("Your plan did not name these files:\n{}", bullets(paths)),
        Failure::Rejected { by, reason, .. } => format!("Rejected by {by}:\n{}", quote(reason)),
        Failure::FewerTests { checks } => bullets(&checks.iter().map(ToString::to_string).collect::<Vec<_>>()),
        other => format!("{other}\n"),
    }
}

/// What is to be done about it.
pub(super) fn correction(failure: &Failure, card: &Card) -> String {
    match failure {
        Failure::Scope { .. } => format!(
            "Change none of the files above. The allowed files are:\n{}{}\n",
            bullets(&card.files),
            if card.stop_condition.is_empty() {
                STOP
            } else {
                &card.stop_condition
            }
        ),
        Failure::Checks { results } => {
            let names: Vec<&str> = results
                .iter()
                .filter(|result| !result.status.passed())
                .map(|result| result.name.as_str())
                .collect();
            format!(
                "Make these checks pass without changing them: {}. The definition of done is:\n{}",
                names.join(", "),
                bullets(&card.definition_of_done)
            )
        }
        Failure::FewerTests { .. } => match card.tests_removed {
            0 => "Bring back every test that was removed, renamed away, or told to be skipped; this task may remove none.\n"
                .to_owned(),
            most => format!("Bring back tests that were removed or are skipped: this task may remove at most {most}.\n"),
        },
        Failure::NoChange => "Nothing was changed. Make the change that the task asks for.\n".to_owned(),
        Failure::Answer { .. } => {
            "Give the answer again in exactly the format below; nothing of the last one was applied.\n".to_owned()
        }
        Failure::BuilderTimeout { seconds } => {
            format!("Finish within {seconds} seconds; do only what the task asks for.\n")
        }
        Failure::Hallucination { .. } => {
            "Use only what exists in the project: the names above stand for nothing. Do not make them up.\n".to_owned()
        }
        Failure::Proposal { .. } => "Give the plan again, in exactly the format below, without these mistakes.\n".to_owned(),
        Failure::OffPlan { .. } => "Carry out the plan below and nothing else: leave the files above as they were.\n".to_owned(),
        Failure::MergeConflict { .. } => "Make the change again on the files as they are now.\n".to_owned(),
        _ => "Resolve what is described above.\n".to_owned(),
    }
}

/// The beginning and the end of a long text: a quarter of the room for what went wrong first, the rest for the last words.
fn ends_of(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let boundary = |from: usize| {
        (from..=text.len())
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(text.len())
    };
    let (head, tail) = (boundary(most / 4), boundary(text.len() - (most - most / 4)));
    let (head, tail) = (&text[..head], &text[tail..]);
    let left_out = text.len() - head.len() - tail.len();
    format!("{}\n… {left_out} bytes are left out …\n{tail}", head.trim_end())
}
