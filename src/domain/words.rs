//! How a number of things is said in messages, commits and tables, and how a text becomes one word of a command line.

/// A number with its noun: `one card`, `3 cards`, `no cards`.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("one {noun}"),
        more => format!("{more} {noun}s"),
    }
}

/// A text as one word of the shell.
pub fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{counted, shell_word};

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }

    #[test]
    fn one_is_no_plural() {
        let said = [0, 1, 2].map(|number| counted(number, "card"));
        assert_eq!(said, ["no cards", "one card", "2 cards"]);
    }
}
