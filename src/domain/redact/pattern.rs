//! Secrets that are not known but look like the keys of well-known services.
//!
//! Each pattern begins with fixed characters, which is what makes the search fast. What a pattern cannot say about its
//! surroundings, or about chance, is asked afterwards.

use std::ops::Range;

use memchr::memmem;

/// What stands for a secret that was redacted before, with the header that it was the value of.
pub(super) const TAG: &str = r#"(?:(?:[Aa]uthorization|AUTHORIZATION)\\?["']?[ \t]*[:=][ \t]*\\?["']?(?:[A-Za-z]{3,12}[ \t]+)?)?\[redacted:[a-z-]+:[0-9a-f]{8}\]"#;

/// The look of one kind of key.
pub(super) struct Pattern {
    pub(super) kind: &'static str,
    pub(super) regex: &'static str,
    /// Whatever matches holds one of these.
    marks: &'static [&'static str],
    /// In a source file it is no accident: documentation is full of the others.
    pub(super) sure: bool,
    part: Part,
}

/// Which part of a match is the secret, and what more it takes to be one.
enum Part {
    /// All of it.
    Whole,
    /// All of it, where no letter or digit stands before or behind, and it looks drawn by lot.
    Word,
    /// What follows the header's name and scheme.
    Header,
    /// What stands between the user's name and the `@` of an address.
    Password,
}

/// The thirteen.
pub(super) const ALL: [Pattern; 13] = [
    Pattern {
        kind: "anthropic-key",
        regex: r"sk-ant-[A-Za-z0-9_-]{20,}",
        marks: &["sk-ant-"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "api-key",
        regex: r"sk-[A-Za-z0-9_-]{20,}",
        marks: &["sk-"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "github-token",
        regex: r"gh[pousr]_[A-Za-z0-9]{30,}",
        marks: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "github-token",
        regex: r"github_pat_[A-Za-z0-9_]{30,}",
        marks: &["github_pat_"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "gitlab-token",
        regex: r"glpat-[A-Za-z0-9_-]{20,}",
        marks: &["glpat-"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "slack-token",
        regex: r"xox[abeoprs]-[0-9][A-Za-z0-9-]{9,}",
        marks: &["xox"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "aws-key",
        regex: r"(?:AKIA|ASIA)[A-Z0-9]{16}",
        marks: &["AKIA", "ASIA"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "google-key",
        regex: r"AIza[A-Za-z0-9_-]{35}",
        marks: &["AIza"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "jwt",
        regex: r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        marks: &["eyJ"],
        sure: false,
        part: Part::Whole,
    },
    Pattern {
        kind: "private-key",
        regex: r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s>|#*]|\\[nr])*(?:(?:Proc-Type|DEK-Info|Version|Comment):[^\n\\]*(?:[\s>|#*]|\\[nr])*)*(?:[A-Za-z0-9+/=]{16,}(?:[\s>|#*]|\\[nr])*)+(?:[A-Za-z0-9+/=]{0,15}(?:[\s>|#*]|\\[nr])*-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        marks: &["PRIVATE KEY"],
        sure: true,
        part: Part::Whole,
    },
    Pattern {
        kind: "registry-token",
        regex: r"(?:npm_|hf_)[A-Za-z0-9]{30,}",
        marks: &["npm_", "hf_"],
        sure: true,
        part: Part::Word,
    },
    Pattern {
        kind: "authorization",
        regex: r#"(?:[Aa]uthorization|AUTHORIZATION)\\?["']?[ \t]*[:=][ \t]*\\?["']?(?:[A-Za-z]{3,12}[ \t]+)?[A-Za-z0-9+/=._~:-]{8,}"#,
        marks: &["uthorization", "AUTHORIZATION"],
        sure: false,
        part: Part::Header,
    },
    Pattern {
        kind: "url-password",
        regex: r#"://[^\s/:@"'<>\[\\]*:[^\s/@"'<>\[\\$*{][^\s/@"'<>\\]*@"#,
        marks: &["://"],
        sure: false,
        part: Part::Password,
    },
];

impl Pattern {
    /// Whether a text may hold a match: cheap, and never wrong in saying no.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.marks
            .iter()
            .any(|mark| memmem::find(bytes, mark.as_bytes()).is_some())
    }

    /// Where the secret stands in a match, if it is one.
    pub(super) fn secret(&self, bytes: &[u8], at: Range<usize>) -> Option<Range<usize>> {
        match self.part {
            Part::Whole => Some(at),
            Part::Word => (stands_alone(bytes, &at) && is_drawn(&bytes[at.clone()])).then_some(at),
            Part::Header => {
                let text = &bytes[at.clone()];
                let is_value = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=._~:-".contains(byte);
                let length = text.iter().rev().take_while(|byte| is_value(byte)).count();
                // Without a blank the value was taken together with the name's colon.
                let colon = text.iter().position(|byte| matches!(byte, b':' | b'='))? + 1;
                let start = at.start + (text.len() - length).max(colon);
                let value = &bytes[start..at.end];
                (value.len() >= 8 && is_mixed(value)).then_some(start..at.end)
            }
            Part::Password => {
                let colon = bytes[at.start + 3..at.end].iter().position(|byte| *byte == b':')?;
                Some(at.start + 3 + colon + 1..at.end - 1)
            }
        }
    }
}

/// Whether neither side goes on as a word does. A line end that JSON wrote out and a terminal's colour are no letters.
fn stands_alone(bytes: &[u8], at: &Range<usize>) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if bytes.get(at.end).is_some_and(is_word) {
        return false;
    }
    let before = &bytes[..at.start];
    let Some(last) = before.last().filter(|byte| is_word(byte)) else {
        return true;
    };
    let rest = &before[..before.len() - 1];
    match last {
        b'n' | b'r' | b't' if rest.ends_with(b"\\") => true,
        b'm' => {
            let codes = rest
                .iter()
                .rev()
                .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
                .count();
            rest[..rest.len() - codes].ends_with(b"\x1b[")
        }
        // `%3Dsk-…`, `%22sk-…`: the end of a URL's escape.
        byte if byte.is_ascii_hexdigit() => {
            rest.last().is_some_and(u8::is_ascii_hexdigit) && rest[..rest.len() - 1].ends_with(b"%")
        }
        _ => false,
    }
}

/// Whether characters look drawn by lot: digits and letters, and either both cases or a run that is longer than a word.
fn is_drawn(word: &[u8]) -> bool {
    let count = |test: fn(&u8) -> bool| word.iter().filter(|byte| test(byte)).count();
    let digits = count(u8::is_ascii_digit);
    let upper = count(u8::is_ascii_uppercase);
    let lower = count(u8::is_ascii_lowercase);
    let run = word
        .split(|byte| matches!(byte, b'-' | b'_'))
        .map(<[u8]>::len)
        .max()
        .unwrap_or_default();
    digits >= 2 && upper + lower >= 1 && (run >= 20 || upper >= 2 && lower >= 2)
}

/// Whether a header's value is more than a word of prose.
fn is_mixed(value: &[u8]) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    let upper = value[1..].iter().any(u8::is_ascii_uppercase);
    let lower = value.iter().any(u8::is_ascii_lowercase);
    digit || upper && lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::bytes_regex;

    use super::*;

    proptest! {
        #[test]
        fn whatever_matches_holds_a_mark(seeds in ALL.map(|pattern| bytes_regex(&format!("(?-u){}", pattern.regex)).unwrap())) {
            for (pattern, text) in ALL.iter().zip(&seeds) {
                prop_assert!(pattern.may_be_in(text), "{} {:?}", pattern.kind, String::from_utf8_lossy(text));
            }
        }
    }
}
