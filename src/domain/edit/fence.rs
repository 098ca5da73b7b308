//! Fences of Markdown: where a block of code opens and closes. No meaning of what stands inside.

/// The line that opens a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence<'a> {
    mark: u8,
    length: usize,
    indent: usize,
    /// What stands behind the marks.
    pub(super) info: &'a str,
}

impl<'a> Fence<'a> {
    /// The fence that a line opens, if it opens one.
    pub(super) fn opening(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches([' ', '\t']);
        let mark = *text.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
        let length = text.bytes().take_while(|byte| *byte == mark).count();
        let info = text[length..].trim();
        (length >= 3 && !info.contains('`')).then_some(Self {
            mark,
            length,
            indent: line.len() - text.len(),
            info,
        })
    }

    /// Whether a line closes it: the same marks, at least as many, no deeper, and nothing else.
    pub(super) fn closes(&self, line: &str) -> bool {
        Fence::opening(line).is_some_and(|other| self.is_met_by(&other) && other.info.is_empty())
    }

    /// Whether a line inside of it would open a block just like it: then its end is anybody's guess.
    pub(super) fn is_doubted_by(&self, line: &str) -> bool {
        Fence::opening(line).is_some_and(|other| self.is_met_by(&other) && !other.info.is_empty())
    }

    fn is_met_by(&self, other: &Fence) -> bool {
        other.mark == self.mark && other.length >= self.length && other.indent <= self.indent
    }

    /// A line of the block without the indent that the fence has.
    pub(super) fn inside<'b>(&self, line: &'b str) -> &'b str {
        let blank = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        &line[blank.min(self.indent)..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_closed_by_its_like() {
        let fence = Fence::opening("````rust src/a.rs").unwrap();
        assert_eq!(fence.info, "rust src/a.rs");
        assert!(!fence.closes("```") && fence.closes("````") && fence.closes("`````  "));
        assert!(!fence.closes("~~~~") && !fence.closes("  ````") && !fence.closes("```` x"));
        assert!(fence.is_doubted_by("````sh") && !fence.is_doubted_by("```sh"));
        let indented = Fence::opening("   ~~~").unwrap();
        assert!(indented.closes("~~~") && indented.closes("   ~~~"));
        assert_eq!(indented.inside("     x"), "  x");
        assert_eq!(indented.inside(" x"), "x");
        assert_eq!(Fence::opening("``x``"), None);
        assert_eq!(Fence::opening("```x``` is code"), None);
    }
}
