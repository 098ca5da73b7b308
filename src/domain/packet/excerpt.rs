//! Excerpts of files, and fences round text that somebody else wrote.

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file.
    pub path: String,
    /// The number of its first line here, from 1.
    pub first_line: u32,
    /// The lines.
    pub text: String,
    /// How many lines the whole file has.
    pub total_lines: u32,
}

impl Excerpt {
    /// Cuts lines `first..=last` out of a file; the whole file without.
    pub fn cut(path: String, whole: &str, lines: Option<(u32, u32)>) -> Self {
        let total = u32::try_from(whole.lines().count()).unwrap_or(u32::MAX);
        let (first, last) = lines.unwrap_or((1, total.max(1)));
        let wanted = whole
            .lines()
            .skip(first.saturating_sub(1) as usize)
            .take((last.saturating_sub(first) as usize).saturating_add(1));
        Self {
            path,
            first_line: first,
            text: wanted.map(|line| format!("{line}\n")).collect(),
            total_lines: total,
        }
    }

    /// How many lines the whole file has.
    pub fn lines(&self) -> usize {
        self.total_lines as usize
    }

    /// Whether it is the whole file.
    pub fn is_whole(&self) -> bool {
        self.first_line == 1 && self.text.lines().count() as u64 >= u64::from(self.total_lines)
    }

    /// As it stands in a packet.
    pub fn render(&self) -> String {
        let shown = u32::try_from(self.text.lines().count()).unwrap_or(u32::MAX);
        let place = if self.is_whole() {
            format!("{} (whole file)", self.path)
        } else {
            let last = self.first_line + shown.max(1) - 1;
            format!(
                "{} (lines {}-{last} of {})",
                self.path, self.first_line, self.total_lines
            )
        };
        format!("{place}:\n{}", fenced(&self.text))
    }
}

/// Text as data: between fences longer than any run of backticks in it.
pub fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    format!("{fence}text\n{text}{end}{fence}\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_ends_are_cut() {
        let whole = "a\nb\nc\n";
        let cut = |lines| Excerpt::cut("f".into(), whole, lines);
        assert_eq!(cut(Some((2, 9))).text, "b\nc\n");
        assert_eq!(cut(Some((9, 9))).text, "");
        assert!(cut(None).is_whole());
        assert!(!cut(Some((2, 3))).is_whole());
        assert_eq!(cut(Some((2, 2))).render(), "f (lines 2-2 of 3):\n```text\nb\n```\n");
    }

    proptest! {
        #[test]
        fn no_text_can_close_its_fence(text in "[a`\n]{0,40}") {
            let fenced = fenced(&text);
            let fence: String = fenced.chars().take_while(|c| *c == '`').collect();
            let closing = fenced.lines().filter(|line| *line == fence).count();
            prop_assert_eq!(closing, 1);
        }
    }
}
