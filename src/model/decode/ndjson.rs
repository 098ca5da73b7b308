//! One JSON value a line. The values themselves are read by the wire format that knows their fields.

use super::{DecodeError, Lines};

/// Reads a stream of lines.
#[derive(Debug)]
pub struct NdjsonDecoder {
    lines: Lines,
}

impl NdjsonDecoder {
    /// A decoder that refuses lines of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            lines: Lines::new(limit),
        }
    }

    /// Adds the lines that are complete with these bytes; blank ones are left out.
    ///
    /// # Errors
    /// Where a line is too long or not UTF-8; the stream cannot be read on after that.
    pub fn feed(&mut self, bytes: &[u8], lines: &mut Vec<String>) -> Result<(), DecodeError> {
        self.lines.feed(bytes, |line| {
            if !line.trim().is_empty() {
                lines.push(line.to_owned());
            }
            Ok(())
        })
    }

    /// The line that had no end when the bytes ended, if any. Cut JSON is no JSON, so it is given out for its reader
    /// to judge.
    ///
    /// # Errors
    /// As [`NdjsonDecoder::feed`].
    pub fn finish(mut self) -> Result<Option<String>, DecodeError> {
        Ok(self.lines.finish()?.filter(|line| !line.trim().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pieces;
    use super::*;

    fn decode(parts: &[&[u8]]) -> Result<Vec<String>, DecodeError> {
        let mut decoder = NdjsonDecoder::new(100);
        let mut lines = Vec::new();
        for part in parts {
            decoder.feed(part, &mut lines)?;
        }
        lines.extend(decoder.finish()?);
        Ok(lines)
    }

    #[test]
    fn lines_by_every_line_end_and_without_a_last_one() {
        for text in ["{1}\n{2}\n", "{1}\r\n{2}\r\n", "{1}\n\n  \n{2}", "\u{feff}{1}\n{2}"] {
            assert_eq!(decode(&[text.as_bytes()]).unwrap(), ["{1}", "{2}"], "{text:?}");
        }
        assert_eq!(decode(&[b""]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        assert_eq!(decode(&[&[b'x'; 101]]), Err(DecodeError::TooLong { limit: 100 }));
        assert_eq!(decode(&[b"\xf0\x9f\n"]), Err(DecodeError::NotUtf8));
    }

    proptest! {
        #[test]
        fn any_cutting_of_the_bytes_gives_the_same_lines(
            bytes in "(\\{\"a\":1\\}|\r|\n|é|😀|x| ){0,30}",
            cuts in proptest::collection::vec(any::<usize>(), 0..12),
        ) {
            let bytes = bytes.as_bytes();
            prop_assert_eq!(decode(&pieces(bytes, &cuts)), decode(&[bytes]));
        }
    }
}
