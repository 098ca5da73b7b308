//! What a Builder says it will do before it does it: read from its answer, and held against its card. Text in, facts
//! out; whether its paths are allowed is asked of whoever knows the card's rules.

use serde_json::Value;

use super::path::RepoPath;
use super::plan::card::Card;

/// What a Builder will do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// In words.
    pub plan: String,
    /// The files that it will change.
    pub files: Vec<String>,
    /// How it keeps each constraint: the constraint, and how.
    pub compliance: Vec<(String, String)>,
}

/// The keys that an answer has to have.
const KEYS: [&str; 4] = ["plan", "files_to_modify", "changes", "constraint_compliance"];

impl Proposal {
    /// Reads an answer: one JSON object, which may stand in a fence or between words.
    ///
    /// # Errors
    /// What is wrong with its form, one sentence each, written for whoever gave it.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let Some(value) = object_in(text) else {
            return Err(vec![
                "there is no JSON object with the key `plan` in the answer; give one, whole, and nothing else"
                    .to_owned(),
            ]);
        };
        let missing: Vec<String> = KEYS
            .iter()
            .filter(|key| value.get(**key).is_none_or(Value::is_null))
            .map(|key| format!("the key `{key}` is missing"))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut wrong = Vec::new();
        let mut list = |key: &str| match &value[key] {
            Value::Array(entries) => entries.clone(),
            _ => {
                wrong.push(format!("`{key}` has to be a list"));
                Vec::new()
            }
        };
        let (files, changes, answers) = (list("files_to_modify"), list("changes"), list("constraint_compliance"));
        let files: Vec<String> = files.iter().filter_map(|file| words(file, &["file", "path"])).collect();
        if files.is_empty() {
            wrong.push("`files_to_modify` names no file".to_owned());
        }
        if changes.is_empty() {
            wrong.push("`changes` names no change".to_owned());
        }
        let compliance = answers
            .iter()
            .filter_map(|answer| {
                let constraint = words(answer, &["constraint"])?;
                let how = words_of_object(answer, &["how_satisfied", "how", "explanation", "compliance"]);
                Some((constraint, how.unwrap_or_default()))
            })
            .collect();
        match wrong.is_empty() {
            true => Ok(Self {
                plan: words(&value["plan"], &[]).unwrap_or_else(|| value["plan"].to_string()),
                files,
                compliance,
            }),
            false => Err(wrong),
        }
    }

    /// What keeps it from being carried out: paths that the card's rules refuse, for which `refused` gives the reason,
    /// and constraints of the card without an answer.
    pub fn problems(&self, card: &Card, mut refused: impl FnMut(&RepoPath) -> Option<String>) -> Vec<String> {
        let of_files = self
            .files
            .iter()
            .filter_map(|file| match RepoPath::in_tree(file.clone()) {
                Ok(path) => refused(&path),
                Err(error) => Some(format!("`{file}` is no path of this project: {error}")),
            });
        let mut problems: Vec<String> = of_files.collect();
        for constraint in &card.constraints {
            match self.compliance.iter().find(|(named, _)| same(named, constraint)) {
                None => problems.push(format!("`constraint_compliance` does not answer: {constraint}")),
                Some((_, how)) if how.trim().is_empty() => {
                    problems.push(format!("`how_satisfied` is empty for: {constraint}"));
                }
                Some(_) => {}
            }
        }
        problems
    }

    /// Files of a change that it does not name.
    pub fn beyond<'a>(files: &[String], changed: impl Iterator<Item = &'a RepoPath>) -> Vec<String> {
        let named: Vec<RepoPath> = files
            .iter()
            .filter_map(|file| RepoPath::in_tree(file.clone()).ok())
            .collect();
        changed
            .filter(|path| !named.contains(path))
            .map(ToString::to_string)
            .collect()
    }
}

/// Whether two texts say the same constraint: in the same letters and digits, whatever stands between them.
fn same(one: &str, other: &str) -> bool {
    let essence = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    essence(one) == essence(other)
}

/// The first JSON object of a text that has a plan.
fn object_in(text: &str) -> Option<Value> {
    let starts = text.char_indices().filter(|(_, c)| *c == '{').map(|(at, _)| at);
    starts
        .take(MOST_TRIES)
        .filter_map(|at| {
            serde_json::Deserializer::from_str(&text[at..])
                .into_iter::<Value>()
                .next()?
                .ok()
        })
        .find(|value| value.get("plan").is_some())
}

/// The most braces that are tried as the beginning of the object.
const MOST_TRIES: usize = 64;

/// A text, or that of a key of an object.
fn words(value: &Value, keys: &[&str]) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Object(_) => words_of_object(value, keys),
        _ => None,
    }
}

fn words_of_object(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| value.get(*key)?.as_str().map(|text| text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::plan::format::card_md::parse_card;

    const GOOD: &str = r#"{"plan": "Add a timer", "files_to_modify": ["src/a.js"],
        "changes": [{"file": "src/a.js", "change": "a timer"}],
        "constraint_compliance": [{"constraint": "Do not touch scoring", "how_satisfied": "scoring stays"}]}"#;

    fn card() -> Card {
        let text = "+++\nid = \"g-1\"\ntitle = \"t\"\nplan = \"g\"\nfiles = [\"src/a.js\"]\nverify = [\"true\"]\n+++\n## Instructions\n- x\n## Constraints\n- Do not touch scoring\n## Definition of done\n- y\n";
        parse_card("c", text).unwrap()
    }

    fn problems(text: &str) -> Vec<String> {
        match Proposal::read(text) {
            Ok(proposal) => proposal.problems(&card(), |path| {
                (path.to_text() != "src/a.js").then(|| format!("{path} is outside of the card"))
            }),
            Err(problems) => problems,
        }
    }

    #[test]
    fn a_plan_is_found_in_a_fence_or_between_words() {
        for text in [GOOD.to_owned(), format!("Sure {{ok}}:\n```json\n{GOOD}\n```\nDone.")] {
            assert_eq!(problems(&text), Vec::<String>::new(), "{text}");
        }
        let proposal = Proposal::read(GOOD).unwrap();
        assert_eq!(
            (proposal.plan.as_str(), proposal.files.as_slice()),
            ("Add a timer", &["src/a.js".to_owned()][..])
        );
        // Other words for the same, as models use them.
        let other = GOOD
            .replace("how_satisfied", "explanation")
            .replace("[\"src/a.js\"]", "[{\"path\": \"src/a.js\"}]");
        assert_eq!(problems(&other), Vec::<String>::new());
        assert_eq!(
            problems(&GOOD.replace("Do not touch", "do NOT `touch`")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wanted) in [
            (
                "I would add a timer.".to_owned(),
                "there is no JSON object with the key `plan`",
            ),
            (GOOD.replace("\"changes\"", "\"edits\""), "the key `changes` is missing"),
            (GOOD.replace("[\"src/a.js\"]", "[]"), "`files_to_modify` names no file"),
            (
                GOOD.replace("[\"src/a.js\"]", "\"src/a.js\""),
                "`files_to_modify` has to be a list",
            ),
            (
                GOOD.replace("[\"src/a.js\"]", "[\"src/b.js\"]"),
                "src/b.js is outside of the card",
            ),
            (
                GOOD.replace("[\"src/a.js\"]", "[\"../b.js\"]"),
                "`../b.js` is no path of this project",
            ),
            (
                GOOD.replace("scoring stays", " "),
                "`how_satisfied` is empty for: Do not touch scoring",
            ),
            (
                GOOD.replace("Do not touch scoring", "Be nice"),
                "does not answer: Do not touch scoring",
            ),
            (GOOD[..GOOD.len() - 1].to_owned(), "there is no JSON object"),
        ] {
            let found = problems(&text);
            assert!(
                found.iter().any(|problem| problem.contains(wanted)),
                "{text}\n{found:?}"
            );
        }
    }

    #[test]
    fn a_change_is_compared_with_what_was_named() {
        let path = |text: &str| RepoPath::new(text.to_owned()).unwrap();
        let (a, b) = (path("src/a.js"), path("src/b.js"));
        let files = ["src/a.js".to_owned()];
        assert_eq!(Proposal::beyond(&files, [&a].into_iter()), Vec::<String>::new());
        assert_eq!(Proposal::beyond(&files, [&a, &b].into_iter()), ["src/b.js"]);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(text in "(\\{|\\}|\"plan\":|\\[|\\]|\"x\"|,|[a-z]|\n){0,60}") {
            let _ = problems(&text);
        }
    }
}
