//! A mistake in something that a person or a model wrote: where it is, what it is, and how to mend it.
//!
//! Plans, cards and configuration report all their mistakes as a list of these; what is shown of them is the
//! edge's business.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// Whether a diagnostic stops the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is written until it is mended.
    Error,
    /// Worth a look; the work goes on.
    Warning,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as the user named it or relative to the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of the file that are meant.
    #[serde(skip)]
    pub span: Range<usize>,
    /// Whether it stops the work.
    pub severity: Severity,
    /// A short, stable name of the rule, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Diagnostic {
    /// An error at `span` of `text`; line and column are counted from it. A span that lies outside the text, or
    /// inside a character, is moved to the nearest place that exists.
    pub fn error(
        file: impl Into<String>,
        text: &str,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(span.start), floor(span.end));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: start..end.max(start),
            severity: Severity::Error,
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_characters_from_one() {
        let at = |offset: usize| {
            let found = Diagnostic::error("f", "ä = 1\nbad key\n", offset..offset + 3, "c", "m", "x");
            (found.line, found.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(3), (1, 3));
        assert_eq!(at(7), (2, 1));
        assert_eq!(at(1), (1, 1), "inside a character");
        assert_eq!(at(999), (3, 1), "behind the end");
    }
}
