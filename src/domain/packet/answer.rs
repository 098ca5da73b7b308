//! Reading what Builders and Architects say: tolerant of form, never guessing at meaning.

/// What a Builder says at its end. For people and for later tasks; it counts for nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuilderClosing {
    /// Its summary, a line for each change.
    pub summary: Vec<String>,
    /// Notes for later tasks.
    pub notes: Vec<String>,
    /// It asks instead of guessing.
    pub unclear: Option<String>,
}

/// The most lines that are kept of a summary.
const SUMMARY: usize = 8;
/// The most notes.
const NOTES: usize = 8;

/// Reads a Builder's output: the last list in it outside of code, and lines that begin with `notes:` or `unclear:`.
pub fn read_closing(text: &str) -> BuilderClosing {
    let mut closing = BuilderClosing::default();
    let mut in_code = false;
    let mut list: Vec<String> = Vec::new();
    let mut list_goes_on = false;
    for line in text.lines() {
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
        if let Some(question) = after_label(trimmed, &["unclear"]) {
            closing.unclear.get_or_insert(question);
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
        assert_eq!(closing.unclear, None);
        assert_eq!(
            read_closing("unclear: which loop?").unclear.as_deref(),
            Some("which loop?")
        );
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
