//! Places: from the lines and columns that a reader gives to offsets in its text. They come mostly in the text's order, so
//! each is found from the one before it: a plan in one long line is read in time that grows with its length.

use std::cell::Cell;
use std::ops::Range;

/// The places of one text.
pub(super) struct Places<'a> {
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
    last: Cell<Place>,
}

/// A place, all of it from 0.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    line: usize,
    column: usize,
    offset: usize,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            lines: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect(),
            last: Cell::default(),
        }
    }

    /// The word of letters, digits and the marks of numbers that stands there.
    pub(super) fn word(&self, line: u64, column: u64) -> &'a str {
        let rest = self.text.get(self.offset(line, column)..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '+' | '-' | '_' | ':'));
        &rest[..end.unwrap_or(rest.len())]
    }

    /// The offset of a line and a column in characters, both from 1; the text's end where it is shorter.
    pub(super) fn offset(&self, line: u64, column: u64) -> usize {
        let from_zero = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1) - 1;
        let (line, column) = (from_zero(line), from_zero(column));
        let Some(start) = self.lines.get(line) else {
            return self.text.len();
        };
        let last = self.last.get();
        let near = match last.line == line && last.column <= column {
            true => last,
            false => Place {
                line,
                column: 0,
                offset: *start,
            },
        };
        let rest = self.text.get(near.offset..).unwrap_or_default();
        let walked = rest
            .chars()
            .take(column - near.column)
            .map(char::len_utf8)
            .sum::<usize>();
        let offset = near.offset + walked;
        self.last.set(Place { line, column, offset });
        offset
    }

    /// From a place to the end of its line.
    pub(super) fn to_line_end(&self, line: u64, column: u64) -> Range<usize> {
        let at = self.offset(line, column);
        // The first line that begins behind it ends this one.
        let next = self.lines.partition_point(|start| *start <= at);
        let end = self.lines.get(next).map_or(self.text.len(), |start| start - 1);
        at..end.max(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From the beginning, each time.
    fn slowly(text: &str, line: u64, column: u64) -> usize {
        let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        let rest = text.get(start..).unwrap_or_default();
        start
            + rest
                .chars()
                .take(column as usize - 1)
                .map(char::len_utf8)
                .sum::<usize>()
    }

    #[test]
    fn a_place_is_found_in_any_order() {
        let text = "añb\ncd\n\ne";
        let places = Places::new(text);
        for (line, column) in [(1, 3), (1, 1), (2, 2), (1, 2), (4, 1), (3, 1), (2, 1)] {
            assert_eq!(
                places.offset(line, column),
                slowly(text, line, column),
                "{line}:{column}"
            );
        }
        assert_eq!(&text[places.to_line_end(1, 2)], "ñb");
        assert_eq!(&text[places.to_line_end(4, 1)], "e");
        assert_eq!(&text[places.to_line_end(3, 1)], "");
        assert_eq!(places.offset(99, 1), text.len());
    }

    proptest! {
        #[test]
        fn it_is_the_same_as_from_the_beginning(
            text in "[aé\n]{0,40}", asked in proptest::collection::vec((1..9u64, 1..12u64), 1..12),
        ) {
            let places = Places::new(&text);
            for (line, column) in asked {
                prop_assert_eq!(places.offset(line, column), slowly(&text, line, column));
                let span = places.to_line_end(line, column);
                prop_assert!(span.start <= span.end && span.end <= text.len());
            }
        }
    }
}
