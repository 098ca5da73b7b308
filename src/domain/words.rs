//! How a number of things is said in messages, commits and tables, and how a text becomes one word of a command line.

use super::trailer::is_deceptive;

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

/// Words as one line of the shell, which takes them apart in exactly this way. What ends a line or is not seen is written
/// out, as `$'…'` of bash, zsh and ksh says it.
pub fn shell_line(words: &[String]) -> String {
    let line: Vec<String> = words.iter().map(|word| shown_word(word)).collect();
    line.join(" ")
}

fn shown_word(word: &str) -> String {
    let acts = |c: char| c.is_control() || is_deceptive(c);
    let is_plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if word.chars().any(acts) {
        let mut shown = String::from("$'");
        for c in word.chars() {
            match c {
                '\n' => shown.push_str("\\n"),
                '\t' => shown.push_str("\\t"),
                '\'' | '\\' => shown.extend(['\\', c]),
                c if acts(c) && u32::from(c) < 0x80 => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
                c if acts(c) => shown.push_str(&format!("\\U{:08x}", u32::from(c))),
                c => shown.push(c),
            }
        }
        shown.push('\'');
        return shown;
    }
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => shell_word(word),
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, shell_line, shell_word};

    #[test]
    fn a_shell_takes_a_word_as_it_is() {
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }

    #[test]
    fn a_shell_takes_a_line_apart_as_it_was_put_together() {
        let words = [
            "a",
            "",
            "it's",
            "x\ny",
            "\u{202e}\\'",
            "\x1b[8m7",
            "~",
            "a=b",
            "$HOME",
            "é",
        ]
        .map(str::to_owned);
        let line = shell_line(&words);
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
        let bash = std::process::Command::new("bash")
            .args(["-c", &format!("printf '%s\\0' {line}")])
            .env("LC_ALL", "C.UTF-8")
            .output();
        // Not every machine has one.
        if let Ok(bash) = bash {
            let read = String::from_utf8_lossy(&bash.stdout).into_owned();
            let read: Vec<&str> = read.trim_end_matches('\0').split('\0').collect();
            assert_eq!(read, words);
        }
    }

    #[test]
    fn one_is_no_plural() {
        let said = [0, 1, 2].map(|number| counted(number, "card"));
        assert_eq!(said, ["no cards", "one card", "2 cards"]);
    }
}
