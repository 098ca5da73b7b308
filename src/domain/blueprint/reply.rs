//! What the Architect answered: more questions, that it has none, or the blueprint. Tolerant of form; an answer that
//! is none of the three is said to be so, and nothing is guessed.

use crate::domain::plan::format::markdown::{Line, heading, lines};

use super::document::Blueprint;
use super::interview::Question;
use super::topic::Topic;

/// An answer of the Architect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It asks.
    Questions(Vec<Question>),
    /// It has no more questions.
    Clear,
    /// It wrote the blueprint.
    Blueprint(Blueprint),
}

/// Why an answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is none of the three.
    #[error(
        "it holds neither numbered questions, nor `no more questions`, nor a blueprint with its sections and tasks"
    )]
    Neither,
    /// It asks, and the time for questions is over.
    #[error("it asks more, and the interview is over: what is open is to be decided, and named as an assumption")]
    Over,
}

/// The most questions of one answer that are put to a person.
const MOST_QUESTIONS: usize = 12;

/// The longest question, in characters.
const LONGEST: usize = 2000;

/// Reads an answer.
pub fn read_reply(text: &str) -> Result<Reply, ReplyError> {
    if text.trim().is_empty() {
        return Err(ReplyError::Empty);
    }
    let blueprint = Blueprint::read(text);
    if blueprint.is_meant() {
        return Ok(Reply::Blueprint(blueprint));
    }
    let questions = questions(text);
    if !questions.is_empty() {
        return Ok(Reply::Questions(questions));
    }
    if text.lines().any(says_clear) {
        return Ok(Reply::Clear);
    }
    Err(ReplyError::Neither)
}

fn says_clear(line: &str) -> bool {
    let folded = line.to_lowercase();
    let words = folded.trim_matches(|c: char| !c.is_alphanumeric());
    [
        "no more questions",
        "no further questions",
        "i have no more questions",
        "i have no further questions",
    ]
    .iter()
    .any(|said| words.starts_with(said))
}

/// Where the questions of an answer are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `1. …`
    Numbers,
    /// `- …`
    Bullets,
    /// Any line that ends with a question mark.
    Lines,
}

fn questions(text: &str) -> Vec<Question> {
    let all = lines(text);
    let headed = all.iter().position(|line| {
        heading(line).is_some_and(|(_, title)| title.trim().to_lowercase().trim_end_matches(':').ends_with("questions"))
    });
    let part = match headed {
        Some(at) => {
            let rest = &all[at + 1..];
            let level = heading(&all[at]).map_or(6, |(level, _)| level);
            let end = rest
                .iter()
                .position(|line| heading(line).is_some_and(|(other, _)| other <= level))
                .unwrap_or(rest.len());
            &rest[..end]
        }
        None => &all[..],
    };
    for style in [Style::Numbers, Style::Bullets, Style::Lines] {
        // Below no heading, what does not ask is part of some other list.
        let asks = |text: &String| text.contains('?') || headed.is_some() && style != Style::Lines;
        let found: Vec<Question> = items(part, style)
            .into_iter()
            .filter(asks)
            .take(MOST_QUESTIONS)
            .map(|text| question(&text))
            .filter(|question| !question.text.is_empty())
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn items(part: &[Line], style: Style) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in part {
        let trimmed = line.text.trim();
        if !line.in_code && heading(line).is_some() {
            goes_on = false;
            continue;
        }
        let indented = line.text.starts_with([' ', '\t']);
        let begins = match style {
            _ if line.in_code => None,
            Style::Numbers => numbered(trimmed).filter(|_| !indented || found.is_empty()),
            Style::Bullets => trimmed
                .strip_prefix("- ")
                .or_else(|| trimmed.strip_prefix("* "))
                .filter(|_| !indented || found.is_empty()),
            Style::Lines => Some(trimmed).filter(|text| text.ends_with('?')),
        };
        if let Some(text) = begins {
            found.push(text.to_owned());
            goes_on = style != Style::Lines;
        } else if trimmed.is_empty() {
            // A paragraph that is not indented is not the item's any more.
        } else if let Some(last) = found.last_mut().filter(|_| goes_on)
            && (indented || line.in_code || trimmed.starts_with(['-', '*']) || !last.contains('?'))
        {
            last.push('\n');
            last.push_str(trimmed);
        } else {
            goes_on = false;
        }
    }
    found
}

/// The text behind `1.`, `1)`, `Q1:`, `**1.**` or `**Question 1:**`.
fn numbered(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches(['*', '_']);
    let folded = bare.get(..9).map(str::to_ascii_lowercase);
    let bare = match folded {
        Some(word) if word == "question " => &bare[9..],
        _ => bare.strip_prefix(['Q', 'q']).unwrap_or(bare),
    };
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=2).contains(&digits) {
        return None;
    }
    let rest = bare[digits..].trim_start_matches(['*', '_']);
    let rest = rest.strip_prefix(['.', ')', ':'])?;
    let text = rest.trim_start_matches(['*', '_']);
    text.starts_with([' ', '\t']).then(|| text.trim())
}

/// A question, with its topic where it begins with one.
fn question(text: &str) -> Question {
    let cut = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
    let labelled = text.split_once([':', '—', '–']).and_then(|(label, rest)| {
        let rest = rest.trim_start_matches(['*', '_', ']']).trim();
        Some((Topic::of_label(label)?, rest)).filter(|(_, rest)| !rest.is_empty())
    });
    match labelled {
        Some((topic, rest)) => Question::new(Some(topic), cut(rest)),
        None => Question::new(None, cut(text)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(text: &str) -> Vec<(Option<Topic>, String)> {
        match read_reply(text) {
            Ok(Reply::Questions(questions)) => questions.into_iter().map(|one| (one.topic, one.text)).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn questions_are_found_in_the_forms_that_models_give_them() {
        let wanted = vec![
            (Some(Topic::Users), "Who uses it?".to_owned()),
            (None, "Which language?".to_owned()),
        ];
        for text in [
            "## Questions\n1. Users: Who uses it?\n2. Which language?\n",
            "Thanks.\n\n1) **Users:** Who uses it?\n\n2) Which language?\n\nTake your time.\n",
            "**Q1:** Users — Who uses it?\n**Q2:** Which language?\n",
            "### Open questions:\n- users: Who uses it?\n- Which language?\n### Later\n- What else?\n",
            "**Question 1:** Users: Who uses it?\n**Question 2:** Which language?",
        ] {
            assert_eq!(asked(text), wanted, "{text}");
        }
        assert_eq!(
            asked("So tell me.\nWho uses it?\n"),
            [(None, "Who uses it?".to_owned())]
        );
    }

    #[test]
    fn a_question_keeps_its_choices() {
        let text = "## Questions\n1. Platform requirements: Where does it run?\n   - a phone\n   - a browser\n2. When is it done\n   and who says so?\n\nI would guess a browser.\n";
        let found = asked(text);
        assert_eq!(found[0].1, "Where does it run?\n- a phone\n- a browser");
        assert_eq!(found[1].1, "When is it done\nand who says so?");
    }

    #[test]
    fn the_end_of_the_interview_and_nonsense_are_told_apart() {
        for text in [
            "no more questions",
            "All is clear.\n\n**No more questions.**\n",
            "I have no further questions.",
        ] {
            assert_eq!(read_reply(text), Ok(Reply::Clear), "{text}");
        }
        assert_eq!(read_reply(" \n"), Err(ReplyError::Empty));
        for text in ["I will start now.", "1. We build it.\n2. We ship it.\n", "fn main() {}"] {
            assert_eq!(read_reply(text), Err(ReplyError::Neither), "{text}");
        }
    }

    #[test]
    fn a_blueprint_is_one_although_it_has_open_questions() {
        let text = "# Shop\n## Product brief\nx\n## User stories\nx\n## Risks\nx\n## Open questions\n1. Which bank?\n";
        assert!(matches!(read_reply(text), Ok(Reply::Blueprint(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s)(## Questions\n)?(1\\. |\\*\\*Q1|- |Question é|## Risks\n|```json\n\\{\"tasks\")?.{0,200}") {
            let _ = read_reply(&text);
        }

        #[test]
        fn whatever_is_asked_in_our_form_is_found(texts in proptest::collection::vec("[A-Za-z][a-z ,]{0,40}[a-z]\\?", 1..6)) {
            let list: Vec<String> = texts.iter().enumerate().map(|(at, text)| format!("{}. {text}", at + 1)).collect();
            let found = asked(&format!("## Questions\n{}\n", list.join("\n")));
            let found: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
            prop_assert_eq!(found, texts);
        }
    }
}
