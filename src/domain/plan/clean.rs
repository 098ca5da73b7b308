//! Clean: what others wrote, made fit to stand in a file of `.harness/` that every clone reads. Nothing in it acts on a
//! terminal or turns the reading direction, and no text ends the section that it stands in.

use super::card::Card;

/// The text without characters that act instead of standing there to be read. Line ends and tabs stay.
pub fn text(given: &str) -> String {
    let mut clean = String::with_capacity(given.len());
    let mut rest = given.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_line = c == '\r' && rest.peek() == Some(&'\n');
        if ends_line || !is_hidden(c) {
            clean.push(c);
        }
    }
    clean
}

/// Whether a text holds nothing that acts.
pub fn is_clean(given: &str) -> bool {
    text(given).len() == given.len()
}

/// Control characters, and marks that turn the direction in which a line is read.
fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    turns || c.is_control() && c != '\n' && c != '\t'
}

/// The same as the body of a section: headings that would end it go one level down, and what is fenced ends in it.
pub fn body(given: &str) -> String {
    let (mut clean, mut fence) = (String::with_capacity(given.len()), None);
    for line in text(given).split_inclusive('\n') {
        let trimmed = line.trim();
        match fence {
            Some(mark) if trimmed == mark => fence = None,
            Some(_) => {}
            None => fence = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)),
        }
        if fence.is_none() && line.starts_with("## ") {
            clean.push('#');
        }
        clean.push_str(line);
    }
    if let Some(mark) = fence {
        let end = if clean.ends_with('\n') { "" } else { "\n" };
        clean.push_str(&format!("{end}{mark}\n"));
    }
    clean
}

/// An entry of a list: one line.
fn entry(given: &str) -> String {
    let words: Vec<&str> = given
        .split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    text(&words.join(" "))
}

/// A card whose texts are clean.
pub fn card(given: &Card) -> Card {
    let mut clean = given.clone();
    clean.title = entry(&given.title);
    for text in [&mut clean.objective, &mut clean.instructions, &mut clean.stop_condition] {
        *text = body(text);
        // Whoever gave none had none.
        text.truncate(text.trim_end().len());
    }
    for list in [&mut clean.constraints, &mut clean.definition_of_done] {
        list.iter_mut().for_each(|line| *line = entry(line));
    }
    clean
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::plan::format::card_md::{parse_card, render_card};

    fn base() -> Card {
        parse_card(
            "t.md",
            "+++\nid = \"t-1\"\ntitle = \"T\"\nplan = \"p\"\nfiles = [\"a\"]\nverify = [\"x\"]\n+++\n## Instructions\nDo\n## Definition of done\n- d\n## Stop condition\nStop.\n",
        )
        .unwrap()
    }

    #[test]
    fn headings_go_down_and_fences_end() {
        assert_eq!(body("Do.\n## Notes\nx\n"), "Do.\n### Notes\nx\n");
        assert_eq!(body("```\n## in code\n```\n"), "```\n## in code\n```\n");
        assert_eq!(body("Do.\n```sh\nmake"), "Do.\n```sh\nmake\n```\n");
        assert_eq!(text("a\u{1b}]0;owned\u{7}b\u{202e}c\r\nd\re"), "a]0;ownedbc\r\nde");
        assert_eq!(text("👩\u{200d}💻 می\u{200c}خواهم"), "👩\u{200d}💻 می\u{200c}خواهم");
    }

    proptest! {
        #[test]
        fn no_instructions_make_a_card_that_cannot_be_read(words in "(?s)((## [A-Za-z ]{0,12}|```|~~~|[+]{3}|- x|\\PC{0,6}|\u{1b}|\u{202e})\n?){0,12}") {
            let mut given = base();
            given.instructions = words;
            let clean = card(&given);
            let read = parse_card("t.md", &render_card(&clean)).unwrap();
            prop_assert_eq!(read.stop_condition, "Stop.");
            prop_assert_eq!(read.definition_of_done, vec!["d".to_owned()]);
            prop_assert_eq!(read.instructions.trim(), clean.instructions.trim());
        }
    }
}
