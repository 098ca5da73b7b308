//! The one way in which foreign text reaches a terminal: what could move the cursor, change colours, or hide is shown
//! instead of done.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::domain::trailer::is_deceptive;

/// The text with control, direction and invisible characters written out. Line ends and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let odd = |c: char| c != '\n' && c != '\t' && acts(c);
    // Most text is plain, and a long table has much of it.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.chars().any(odd) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if odd(c) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something on a terminal instead of standing there to be read.
pub fn acts(c: char) -> bool {
    c.is_control() || is_deceptive(c)
}

/// The same on one line, so that foreign text cannot look like a line of ours.
pub fn one_line(text: &str) -> String {
    visible(text.trim()).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_shown_and_words_stay() {
        assert_eq!(visible("größe\t\n"), "größe\t\n");
        assert_eq!(visible("\x1b[2J\u{202e}x\r"), "\\u{1b}[2J\\u{202e}x\\u{d}");
    }

    #[test]
    fn foreign_text_cannot_begin_a_line_of_its_own() {
        assert_eq!(one_line("lost\n✓ a-01  landed\t\n"), "lost ✓ a-01  landed");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through(text in "(?s).*") {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || is_deceptive(c)));
        }
    }
}
