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

/// A JSON text with what deceives the eye escaped: it can only stand in strings there.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_deceptive(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
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
    fn json_says_the_same_and_deceives_nobody() {
        let text = serde_json::to_string("a\u{202e}b\u{2066}").unwrap();
        assert_eq!(json(&text), "\"a\\u202eb\\u2066\"");
        assert_eq!(
            serde_json::from_str::<String>(&json(&text)).unwrap(),
            "a\u{202e}b\u{2066}"
        );
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
