//! Excerpts of files.

use super::boundary::Boundary;

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

    /// What is shown of the file, for people: `whole file`, `lines 1-9 of 80`.
    pub fn shows(&self) -> String {
        if self.is_whole() {
            return "whole file".to_owned();
        }
        let shown = u32::try_from(self.text.lines().count()).unwrap_or(u32::MAX);
        let last = self.first_line + shown.max(1) - 1;
        format!("lines {}-{last} of {}", self.first_line, self.total_lines)
    }

    /// As it stands in a packet.
    pub fn render(&self, boundary: &Boundary) -> String {
        format!("{} ({}):\n{}", self.path, self.shows(), boundary.quote(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_ends_are_cut() {
        let whole = "a\nb\nc\n";
        let cut = |lines| Excerpt::cut("f".into(), whole, lines);
        assert_eq!(cut(Some((2, 9))).text, "b\nc\n");
        assert_eq!(cut(Some((9, 9))).text, "");
        assert!(cut(None).is_whole());
        assert!(!cut(Some((2, 3))).is_whole());
        assert_eq!(cut(Some((2, 2))).shows(), "lines 2-2 of 3");
        assert_eq!(cut(None).shows(), "whole file");
    }
}
