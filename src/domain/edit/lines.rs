//! A file as lines that keep their own ends, so that what an edit does not touch stays as it was to the byte.

/// A line: its text and its end (`\n`, `\r\n`, or nothing for a last line without).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) end: &'static str,
}

impl Line {
    /// Whether a line of an edit has this text. A carriage return at the end of what was said belongs to the line's end.
    pub(super) fn says(&self, said: &str) -> bool {
        said == self.text || (self.end == "\r\n" && said.strip_suffix('\r') == Some(&self.text))
    }
}

/// The lines of a file, and the mark before them that says that it is UTF-8.
#[derive(Debug, Clone)]
pub(super) struct Text {
    mark: &'static str,
    pub(super) lines: Vec<Line>,
    /// The end that new lines get: that of the first line.
    pub(super) style: &'static str,
}

/// The mark that some editors put before UTF-8.
const MARK: &str = "\u{feff}";

impl Text {
    pub(super) fn of(text: &str) -> Self {
        let rest = text.strip_prefix(MARK);
        let lines: Vec<Line> = rest.unwrap_or(text).split_inclusive('\n').map(line).collect();
        let style = lines.iter().map(|line| line.end).find(|end| !end.is_empty());
        Self {
            mark: if rest.is_some() { MARK } else { "" },
            style: style.unwrap_or("\n"),
            lines,
        }
    }

    /// Whether the last line has no newline.
    pub(super) fn is_open(&self) -> bool {
        self.lines.last().is_some_and(|line| line.end.is_empty())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let parts = self.lines.iter().flat_map(|line| [line.text.as_str(), line.end]);
        std::iter::once(self.mark).chain(parts).collect::<String>().into_bytes()
    }

    /// A new text in this one's manner: its mark, the ends of the lines that stay, its style for those that come, and
    /// no newline at its end where the last line stays and had none.
    pub(super) fn dressed(&self, new: &str) -> Vec<u8> {
        let mut new = Self::of(new);
        if !self.mark.is_empty() {
            new.mark = self.mark;
        }
        // Only a text that tells one end from another is taken at its word: one kind alone is how the model writes.
        let has = |end: &str| new.lines.iter().any(|line| line.end == end);
        if !(self.lines.is_empty() || has("\r\n") && has("\n")) {
            let (old_texts, new_texts) = (self.texts(), new.texts());
            let mut ends = vec![self.style; new_texts.len()];
            for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old_texts, &new_texts) {
                if let similar::DiffOp::Equal {
                    old_index,
                    new_index,
                    len,
                } = op
                {
                    for at in 0..len {
                        ends[new_index + at] = self.lines[old_index + at].end;
                    }
                }
            }
            for (line, end) in new.lines.iter_mut().zip(ends) {
                line.end = end;
            }
            new.style = self.style;
        }
        let open = new.is_open() && self.is_open();
        new.close(open);
        new.to_bytes()
    }

    fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }

    /// Gives every line an end, but the last where the file is to stay open.
    pub(super) fn close(&mut self, open: bool) {
        let count = self.lines.len();
        for (index, line) in self.lines.iter_mut().enumerate() {
            if index + 1 == count && open {
                line.end = "";
            } else if line.end.is_empty() {
                line.end = self.style;
            }
        }
    }
}

fn line(line: &str) -> Line {
    let (text, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
        (Some(text), _) => (text, "\r\n"),
        (None, Some(text)) => (text, "\n"),
        (None, None) => (line, ""),
    };
    Line {
        text: text.to_owned(),
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_given_back_to_the_byte() {
        for text in ["", "a", "a\n", "a\r\nb\nc", "\u{feff}a\r\n", "a\r\r\n\r\n", "\n\n"] {
            assert_eq!(Text::of(text).to_bytes(), text.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn a_new_text_takes_the_manner_of_the_old() {
        for (old, new, dressed) in [
            ("a\r\nb\r\n", "a\nB\n", "a\r\nB\r\n"),
            ("a\nb\n", "a\nB", "a\nB\n"),
            ("a\nb", "A\nb\n", "A\nb"),
            ("a\nb", "a\nB\n", "a\nB\n"),
            ("\u{feff}a\n", "b\n", "\u{feff}b\n"),
            ("a\r\nb\n", "c\nb\n", "c\r\nb\n"),
            ("a\nb\n", "a\r\nc\r\n", "a\nc\n"),
            ("a\nb\n", "a\r\nb\n", "a\r\nb\n"),
            ("", "a\n", "a\n"),
        ] {
            assert_eq!(Text::of(old).dressed(new), dressed.as_bytes(), "{old:?} {new:?}");
        }
    }
}
