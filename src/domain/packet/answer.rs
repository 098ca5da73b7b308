//! Reading what Builders and Architects say: tolerant of form, never guessing at meaning.

use crate::domain::failure::Failure;

/// What a Builder says at its end. For people and for later tasks; it counts for nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuilderClosing {
    /// Its summary, a line for each change.
    pub summary: Vec<String>,
    /// Notes for later tasks.
    pub notes: Vec<String>,
    /// It says why it does not do the task, instead of guessing.
    pub stop: Option<Stop>,
}

/// Why a Builder does not do its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It asks.
    Unclear(String),
    /// The task needs files or functions that do not exist.
    Missing(String),
    /// The task goes against the architecture.
    Conflict(String),
    /// It cannot resolve what is in the way.
    Cannot(String),
}

impl Stop {
    fn read(line: &str) -> Option<Self> {
        let say = |label: &str| after_label(line, &[label]).filter(|text| !text.is_empty());
        say("unclear")
            .map(Self::Unclear)
            .or_else(|| say("missing").map(Self::Missing))
            .or_else(|| say("conflict").map(Self::Conflict))
            .or_else(|| say("cannot").map(Self::Cannot))
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Unclear(question) => Self::Unclear { question },
            Stop::Missing(names) => Self::Missing {
                names: names
                    .split(',')
                    .map(|name| name.trim().trim_matches('`').to_owned())
                    .filter(|name| !name.is_empty())
                    .collect(),
            },
            Stop::Conflict(why) => Self::Architecture { why },
            Stop::Cannot(why) => Self::Stuck { why },
        }
    }
}

/// A stop other than a question counts only among this many last lines: tools print such words in the middle of logs.
const CLOSING_LINES: usize = 12;

/// The most lines that are kept of a summary.
const SUMMARY: usize = 8;
/// The most notes.
const NOTES: usize = 8;

/// Reads a Builder's output: the last list in it outside of code, lines that begin with `notes:`, and the first that
/// begins with `unclear:`, `missing:`, `conflict:` or `cannot:`.
pub fn read_closing(text: &str) -> BuilderClosing {
    let mut closing = BuilderClosing::default();
    let mut in_code = false;
    let mut list: Vec<String> = Vec::new();
    let mut list_goes_on = false;
    let lines: Vec<&str> = text.lines().collect();
    let written = lines
        .iter()
        .rposition(|line| !line.trim().is_empty())
        .map_or(0, |last| last + 1);
    for (index, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            in_code = !in_code;
            list_goes_on = false;
            continue;
        }
        if in_code {
            continue;
        }
        if let Some(note) = after_label(trimmed, &["notes", "note"]) {
            if closing.notes.len() < NOTES && !note.is_empty() {
                closing.notes.push(note);
            }
            continue;
        }
        let is_close = index + CLOSING_LINES >= written;
        if let Some(stop) = Stop::read(trimmed).filter(|stop| is_close || matches!(stop, Stop::Unclear(_))) {
            closing.stop.get_or_insert(stop);
            continue;
        }
        let bullet = trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* "));
        match bullet {
            Some(item) => {
                if !list_goes_on {
                    list.clear();
                }
                list_goes_on = true;
                if list.len() < SUMMARY {
                    list.push(item.trim().to_owned());
                }
            }
            None if trimmed.is_empty() => {}
            None => list_goes_on = false,
        }
    }
    closing.summary = list;
    closing
}

fn after_label(line: &str, labels: &[&str]) -> Option<String> {
    let (label, rest) = line.split_once(':')?;
    let label = label.trim().trim_matches(['*', '-', ' ']).to_lowercase();
    labels
        .contains(&label.as_str())
        .then(|| rest.trim().trim_start_matches("**").trim().to_owned())
}

/// What an Architect answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchitectAnswer {
    /// What went wrong.
    pub diagnosis: String,
    /// The new instructions.
    pub instructions: String,
    /// New constraints.
    pub constraints: Option<Vec<String>>,
    /// A new definition of done.
    pub definition_of_done: Option<Vec<String>>,
    /// New checks.
    pub verify: Option<Vec<String>>,
    /// New allowed files.
    pub files: Option<Vec<String>>,
    /// The Builder goes on from its last changes.
    pub keep_changes: bool,
    /// Notes for later tasks.
    pub notes: Vec<String>,
}

/// Why an answer says nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It holds no instructions.
    #[error("it has no part `Corrected task instructions`")]
    NoInstructions,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Diagnosis,
    Instructions,
    Constraints,
    Done,
    Verify,
    Files,
}

/// Reads an Architect's answer by its headings: Markdown headings, bold words, or labels with a colon.
pub fn read_architect(text: &str) -> Result<ArchitectAnswer, AnswerError> {
    let mut answer = ArchitectAnswer::default();
    let mut parts: Vec<(Part, String)> = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            if let Some((part, rest)) = opens(trimmed) {
                parts.push((part, format!("{rest}\n")));
                continue;
            }
            if let Some(keep) = after_label(trimmed, &["keep", "keep changes"]) {
                answer.keep_changes = matches!(keep.to_lowercase().as_str(), "yes" | "true");
                continue;
            }
            if let Some(note) = after_label(trimmed, &["notes", "note"]) {
                answer.notes.push(note);
                continue;
            }
        }
        if let Some((_, body)) = parts.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    for (part, body) in parts {
        let list = || Some(list_of(&body)).filter(|list| !list.is_empty());
        match part {
            Part::Diagnosis => answer.diagnosis = body.trim().to_owned(),
            Part::Instructions => answer.instructions = body.trim().to_owned(),
            Part::Constraints => answer.constraints = list(),
            Part::Done => answer.definition_of_done = list(),
            Part::Verify => answer.verify = list(),
            Part::Files => answer.files = list(),
        }
    }
    if answer.instructions.is_empty() {
        return Err(AnswerError::NoInstructions);
    }
    Ok(answer)
}

fn opens(line: &str) -> Option<(Part, &str)> {
    let is_heading = line.starts_with('#') || line.starts_with("**");
    let (label, rest) = match line.split_once(':') {
        Some((label, rest)) => (label, rest.trim_start_matches("**").trim()),
        None if is_heading => (line, ""),
        None => return None,
    };
    let label = label
        .trim()
        .trim_start_matches(|c: char| matches!(c, '#' | '*' | '-' | ' ') || c.is_ascii_digit() || c == '.')
        .trim_end_matches(['*', ' ', ':'])
        .to_lowercase();
    let part = match label.as_str() {
        "diagnosis" => Part::Diagnosis,
        "corrected task instructions" | "corrected instructions" | "instructions" => Part::Instructions,
        "constraints" | "changes to constraints" => Part::Constraints,
        "changes to definition of done" | "any changes to definition of done" | "definition of done" => Part::Done,
        "updated verification steps" | "any updated verification steps" | "verification" | "verification commands" => {
            Part::Verify
        }
        "allowed files" | "files" => Part::Files,
        _ => return None,
    };
    Some((part, rest))
}

/// The entries of a list. "None", "no changes" and the like are no entries.
fn list_of(body: &str) -> Vec<String> {
    body.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("```"))
        .map(|line| {
            line.trim_start_matches(['-', '*', ' '])
                .trim()
                .trim_matches('`')
                .to_owned()
        })
        .filter(|line| {
            let folded = line.to_lowercase();
            let word = folded.trim_end_matches('.');
            !line.is_empty()
                && !matches!(
                    word,
                    "none" | "no changes" | "no change" | "nothing" | "unchanged" | "n/a"
                )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_list_outside_of_code_is_the_summary() {
        let text = "I will:\n- think\n\nDone.\n```\n- not this\n```\n- Added spawning\n- Used the config\nnotes: the loop ticks at 60 Hz\n";
        let closing = read_closing(text);
        assert_eq!(closing.summary, ["Added spawning", "Used the config"]);
        assert_eq!(closing.notes, ["the loop ticks at 60 Hz"]);
        assert_eq!(closing.stop, None);
    }

    #[test]
    fn a_builder_says_why_it_stops_instead_of_guessing() {
        for (text, wanted) in [
            (
                "unclear: which loop?",
                Failure::Unclear {
                    question: "which loop?".into(),
                },
            ),
            (
                "I looked.\n\n**missing:** `spawn()`, src/Enemy.js\n",
                Failure::Missing {
                    names: vec!["spawn()".into(), "src/Enemy.js".into()],
                },
            ),
            (
                "- conflict: the store only appends",
                Failure::Architecture {
                    why: "the store only appends".into(),
                },
            ),
            (
                "Cannot: the test needs a display",
                Failure::Stuck {
                    why: "the test needs a display".into(),
                },
            ),
        ] {
            let stop = read_closing(text).stop;
            assert_eq!(stop.map(Failure::from), Some(wanted), "{text}");
        }
        let log = format!("missing: 3 lines\n{}- Did it\n", "compiling\n".repeat(CLOSING_LINES));
        assert_eq!(read_closing(&log).stop, None, "a tool's words in the middle of a log");
        assert_eq!(read_closing("unclear:\n```\nmissing: x\n```\n").stop, None);
    }

    #[test]
    fn the_seeds_return_list_is_understood_in_several_forms() {
        let headings = "## Diagnosis\nWrong place.\n\n## Corrected task instructions\nUse the update loop.\n\n## Changes to definition of done\nNone.\n\n## Updated verification steps\n- `sh test.sh`\n\nkeep: yes\nnotes: n\n";
        let answer = read_architect(headings).unwrap();
        assert_eq!(answer.diagnosis, "Wrong place.");
        assert_eq!(answer.instructions, "Use the update loop.");
        assert_eq!(answer.definition_of_done, None);
        assert_eq!(answer.verify.unwrap(), ["sh test.sh"]);
        assert!(answer.keep_changes);
        let labels = "1. **Diagnosis**: x\n2. **Corrected task instructions**:\nDo y\n";
        assert_eq!(read_architect(labels).unwrap().instructions, "Do y");
        assert_eq!(read_architect("I am not sure."), Err(AnswerError::NoInstructions));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,300}") {
            let _ = (read_closing(&text), read_architect(&text));
        }
    }
}
