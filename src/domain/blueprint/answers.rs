//! A person's answers in a file: one for each question by its number, or one text for all of them.

/// What a person answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// An answer for each question, by its place; empty where it is left to the Architect.
    pub texts: Vec<String>,
    /// The person wants the blueprint now.
    pub enough: bool,
}

/// The word on a line of its own that ends the interview.
const ENOUGH: &str = "/done";

/// Reads the answers to `count` questions. Lines that begin with a number and `.`, `)` or `:` begin an answer; without
/// any such line the whole text answers the first question, and stands for the rest too.
pub fn read_answers(text: &str, count: usize) -> Answers {
    let mut texts = vec![String::new(); count];
    let enough = text.lines().any(|line| line.trim() == ENOUGH);
    let plain = text.lines().filter(|line| line.trim() != ENOUGH);
    let mut open: Option<usize> = None;
    let mut unnumbered = String::new();
    for line in plain {
        if let Some((number, rest)) = numbered(line).filter(|(number, _)| (1..=count).contains(number)) {
            open = Some(number - 1);
            texts[number - 1] = format!("{rest}\n");
            continue;
        }
        let body = open.map_or(&mut unnumbered, |at| &mut texts[at]);
        body.push_str(line);
        body.push('\n');
    }
    if open.is_none()
        && let Some(first) = texts.first_mut()
    {
        *first = unnumbered;
    }
    Answers {
        texts: texts.into_iter().map(|text| text.trim().to_owned()).collect(),
        enough,
    }
}

fn numbered(line: &str) -> Option<(usize, &str)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number = line.get(..digits)?.parse().ok()?;
    let rest = line[digits..].strip_prefix(['.', ')', ':'])?;
    // `3.5 seconds` is an answer and not the beginning of one.
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (number, rest.trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_find_their_questions() {
        for (text, count, wanted, enough) in [
            (
                "1. Ann\n2) a browser\n   and a phone\n",
                2,
                vec!["Ann", "a browser\n   and a phone"],
                false,
            ),
            ("2: later\n", 2, vec!["", "later"], false),
            ("Just Ann.\nNobody else.\n", 1, vec!["Just Ann.\nNobody else."], false),
            ("All as you think.\n/done\n", 2, vec!["All as you think.", ""], true),
            (
                "1. 3.5 seconds\n3.5 at most\n7. is no question\n",
                1,
                vec!["3.5 seconds\n3.5 at most\n7. is no question"],
                false,
            ),
            ("", 0, vec![], false),
            ("text", 0, vec![], false),
        ] {
            let read = read_answers(text, count);
            assert_eq!(read.texts, wanted, "{text:?}");
            assert_eq!(read.enough, enough, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn there_is_one_answer_for_each_question(text in "(?s)[0-9.): a\n/doneé]{0,60}", count in 0_usize..5) {
            prop_assert_eq!(read_answers(&text, count).texts.len(), count);
        }
    }
}
