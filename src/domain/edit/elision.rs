//! Remarks with which a model leaves out what it should have written ("… rest unchanged").

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
