//! Which paragraphs are trailer blocks: the rule that `git interpret-trailers` documents. A block is a paragraph of
//! trailers alone, or one in which a line stands that git itself writes (a sign-off, or the note of `git cherry-pick -x`)
//! and of whose lines a quarter are trailers. What stands between those is somebody's remark.
//!
//! Bytes, so that a message in any encoding can be looked at.

/// What git itself writes into a block: with it, remarks may stand there, too.
const BY_GIT: [&[u8]; 2] = [b"Signed-off-by: ", b"(cherry picked from commit "];

/// A line of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A trailer.
    Pair {
        /// Its key.
        key: &'a [u8],
        /// What stands behind the colon.
        value: &'a [u8],
    },
    /// It begins with a blank: the trailer before it goes on.
    Folded(&'a [u8]),
    /// Neither: a remark, or the note of a cherry-pick.
    Other,
}

impl<'a> Line<'a> {
    /// What a line is.
    pub fn of(line: &'a [u8]) -> Self {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Self::Folded(line);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Self::Other;
        };
        let key = line[..colon].trim_ascii_end();
        let is_key = !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        match is_key {
            true => Self::Pair {
                key,
                value: &line[colon + 1..],
            },
            false => Self::Other,
        }
    }
}

/// Whether the lines of a paragraph are a trailer block to git.
pub fn is_block(lines: &[&[u8]]) -> bool {
    let (mut trailers, mut others) = (0_usize, 0_usize);
    let mut by_git = false;
    // Whether a folded line has a trailer to go on with.
    let mut goes_on = false;
    for line in lines {
        let is_by_git = BY_GIT.iter().any(|prefix| line.starts_with(prefix));
        by_git |= is_by_git;
        match Line::of(line) {
            _ if is_by_git => (trailers, goes_on) = (trailers + 1, true),
            Line::Pair { .. } => (trailers, goes_on) = (trailers + 1, true),
            Line::Folded(_) if goes_on => {}
            Line::Folded(_) | Line::Other => (others, goes_on) = (others + 1, false),
        }
    }
    trailers > 0 && (others == 0 || by_git && trailers * 3 >= others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(paragraph: &str) -> bool {
        is_block(&paragraph.lines().map(str::as_bytes).collect::<Vec<_>>())
    }

    #[test]
    fn a_paragraph_is_a_block_where_git_says_so() {
        for block in [
            "A: b",
            "A: b\n c",
            "A : b\n\tc\nB-2:",
            "Harness-Task: a\n(cherry picked from commit 1234567)",
            "(cherry picked from commit 1234567)",
            "Signed-off-by: A <a@b>\n[ann: touched up]\nHarness-Task: a",
            "[ann: touched up]\nSigned-off-by: A <a@b>",
            "one\ntwo\nthree\nSigned-off-by: A <a@b>",
        ] {
            assert!(is(block), "{block}");
        }
        for prose in [
            "prose",
            "",
            " A: b",
            "A: b\nprose",
            "prose\n more\nA: b",
            "A: b\n[ann: touched up]",
            "Signed-off-by:A <a@b>\nprose",
            "one\ntwo\nthree\nfour\nSigned-off-by: A <a@b>",
            "(cherry-picked from commit 1234567)",
        ] {
            assert!(!is(prose), "{prose}");
        }
    }

    #[test]
    fn lines_are_told_apart() {
        let pair = |key: &'static str, value: &'static str| Line::Pair {
            key: key.as_bytes(),
            value: value.as_bytes(),
        };
        assert_eq!(Line::of(b"A-b : c: d"), pair("A-b", " c: d"));
        assert_eq!(Line::of(b"A:"), pair("A", ""));
        assert_eq!(Line::of(b"\tA: b"), Line::Folded(b"\tA: b"));
        for other in ["a b: c", ": c", "[a: b]", "(cherry picked from commit 12)", "\u{e4}: b"] {
            assert_eq!(Line::of(other.as_bytes()), Line::Other, "{other}");
        }
    }
}
