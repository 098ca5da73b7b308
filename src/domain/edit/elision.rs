//! Remarks with which a model leaves out what it should have written ("… rest unchanged").

use std::collections::HashSet;

/// Words of such remarks.
const WORDS: [&str; 17] = [
    "rest of the file",
    "rest of file",
    "rest of the code",
    "rest of code",
    "rest of the function",
    "rest of the class",
    "rest unchanged",
    "rest is unchanged",
    "unchanged",
    "remains the same",
    "remain the same",
    "stays the same",
    "stay the same",
    "existing code",
    "existing implementation",
    "same as before",
    "previous code",
];

/// A remark without dots is no longer than this many words.
const SHORT: usize = 5;

/// Marks that begin a comment, or an elision outside of one.
const MARKS: [&str; 11] = ["//", "#", "--", "/*", "*", "<!--", "{/*", "...", "…", ";", "%"];

/// The first line of `new` that stands for something left out and that `old` does not hold itself.
pub(super) fn remark<'a>(new: impl IntoIterator<Item = &'a str>, old: &str) -> Option<&'a str> {
    new.into_iter()
        .map(str::trim)
        .find(|line| is_remark(line) && !old.lines().any(|known| known.trim() == *line))
}

/// The first line of a whole text that stands for lines of the old one which it leaves out. Where a text is so much shorter,
/// less has to be said to be understood: `[rest of the code]`, `...`, `// other methods stay as they are`.
pub(super) fn placeholder<'a>(new: &'a str, old: &str) -> Option<&'a str> {
    let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    if count(new) + LEFT_OUT > count(old) {
        return None;
    }
    let known: HashSet<&str> = old.lines().map(str::trim).collect();
    new.lines()
        .map(str::trim)
        .find(|line| stands_for_more(line) && !known.contains(line))
}

/// How many lines have to be missing.
const LEFT_OUT: usize = 3;

/// The longest placeholder, in words.
const LONG: usize = 9;

/// Words of placeholders, by their beginnings.
const STEMS: [&str; 26] = [
    "rest",
    "remain",
    "remainder",
    "omit",
    "unchang",
    "snip",
    "elid",
    "truncat",
    "abbreviat",
    "skip",
    "same",
    "existing",
    "before",
    "above",
    "original",
    "previous",
    "continu",
    "other",
    "more",
    "keep",
    "kept",
    "stay",
    "lines",
    "etc",
    "untouched",
    "identical",
];

fn stands_for_more(line: &str) -> bool {
    let folded = line.to_lowercase();
    let inner = folded.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != '\u{2026}');
    let has_dots = |text: &str| text.contains("...") || text.contains('\u{2026}');
    let words: Vec<&str> = inner
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return has_dots(&folded) || folded.contains("[..]");
    }
    if words.len() > LONG {
        return false;
    }
    let is_set_off = MARKS.iter().any(|mark| line.starts_with(*mark))
        || line.starts_with(['[', '(', '<', '{', '"', '\'', '*', '_', '~', '-', '='])
        || has_dots(inner);
    // Between dots anything may stand: `... (lines 3-59) ...`.
    let is_dotted = has_dots(inner)
        && words.len() <= SHORT
        && (inner.starts_with(['.', '\u{2026}']) || inner.ends_with(['.', '\u{2026}']));
    let says = words
        .iter()
        .filter(|word| STEMS.iter().any(|stem| word.starts_with(stem)))
        .count();
    let is_comment = MARKS.iter().any(|mark| line.starts_with(*mark));
    let ends_like_code = line.ends_with([';', '{', '}', ',']);
    let assigns = !is_comment && line.contains('=') && !line.starts_with(['=', '-', '[', '(']);
    let is_code = assigns || ends_like_code && !is_comment && !has_dots(line) && !line.starts_with(['[', '(']);
    let calls = line
        .as_bytes()
        .windows(2)
        .any(|two| two[0].is_ascii_alphanumeric() && two[1] == b'(');
    !is_code && !calls && is_set_off && (is_dotted || says > 0 && (words.len() <= SHORT || says > 1))
}

fn is_remark(line: &str) -> bool {
    let Some(mark) = MARKS.iter().find(|mark| line.starts_with(**mark)) else {
        return false;
    };
    let folded = line.to_lowercase();
    let said = WORDS.iter().filter(|words| folded.contains(**words)).count();
    let dotted = folded.contains("...") || folded.contains('…');
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let short = words.count() <= SHORT;
    said > 0 && (dotted || short || said > 1) || is_only_dots(&line[mark.len()..], mark)
}

/// `// ...` and its like: a comment that says nothing but that something is missing. A bare `...` is Python.
fn is_only_dots(comment: &str, mark: &str) -> bool {
    let text = comment
        .trim()
        .trim_end_matches("*/}")
        .trim_end_matches("*/")
        .trim_end_matches("-->")
        .trim();
    matches!(mark, "//" | "/*" | "<!--" | "{/*" | "#") && matches!(text, "..." | "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_with_a_placeholder_is_no_whole_text() {
        let old: String = (0..60).map(|number| format!("line {number}\n")).collect();
        for line in [
            "...",
            "…",
            "    ...",
            "(...)",
            "[...]",
            "[rest of the code]",
            "(remaining lines omitted)",
            "// rest of methods",
            "<!-- rest of content -->",
            "// Other methods stay as they are",
            "// ... (lines 3-59) ...",
            "-- snip --",
            "# keep the rest",
            "# TODO: rest",
            "/* the other functions are the same */",
            "{/* remaining components */}",
            "<rest of file>",
            "// etc.",
            "; as above",
            "\"\"\" ... the remaining tests ... \"\"\"",
            "// --- 8< --- lines 10 to 50 omitted --- 8< ---",
            "**(unchanged below)**",
        ] {
            let new = format!("line 0\nline 1\n{line}\nline 59\n");
            assert_eq!(placeholder(&new, &old), Some(line.trim()), "{line}");
            // It stood there before, or nothing is missing.
            assert_eq!(placeholder(&new, &format!("{old}{line}\n")), None, "{line}");
            assert_eq!(placeholder(&format!("{old}{line}\n"), &old), None, "{line}");
        }
        for line in [
            "return rest;",
            "let remaining = total - used;",
            "def f(self): pass",
            "# Heading",
            "// Sorts by name.",
            "- Added a switch",
            "(a + b)",
            "print(\"done...\")",
            "<Rest items={items} />",
            "// counts how many times the loop ran until the time was over, for the log",
        ] {
            let new = format!("line 0\nline 1\n{line}\nline 59\n");
            assert_eq!(placeholder(&new, &old), None, "{line}");
        }
    }

    #[test]
    fn what_is_left_out_is_seen_and_what_was_there_is_not_held_against_anybody() {
        for line in [
            "// ... existing code ...",
            "    # rest of the file unchanged",
            "/* ... */",
            "<!-- ... -->",
            "// ...",
            "# …",
            "... (rest of the code)",
            "-- remains the same",
            "// The rest of the code remains the same as it was",
            "{/* existing code */}",
        ] {
            assert!(remark([line], "").is_some(), "{line}");
            assert_eq!(remark([line], &format!("a\n  {line}\n")), None, "{line}");
        }
        for line in [
            "...",
            "def f(): ...",
            "let rest = rest_of_the_file();",
            "# Heading",
            "// resting",
            "// a, b, ...",
            "// the rest of the file is read when it is asked for",
            "// keeps existing code working while the new path is tried",
        ] {
            assert_eq!(remark([line], ""), None, "{line}");
        }
    }
}
