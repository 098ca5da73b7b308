//! Bytes of a stream to events, incrementally: any way of cutting the bytes into pieces gives the same events. Pure;
//! what an event means is the business of each wire format, and nothing here knows one.

pub mod ndjson;
pub mod sse;

use std::str;

/// Why a stream's bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// One event is longer than anything that a model's server sends.
    #[error("one event is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that an event may have.
        limit: usize,
    },
    /// The text is not UTF-8. Replaced characters would be applied as edits, so nothing is replaced.
    #[error("the text is not UTF-8")]
    NotUtf8,
}

/// Splits bytes at LF, CR LF and CR.
#[derive(Debug)]
struct Lines {
    limit: usize,
    rest: Vec<u8>,
    after_cr: bool,
    at_start: bool,
}

impl Lines {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            rest: Vec::new(),
            after_cr: false,
            at_start: true,
        }
    }

    /// Gives every line that is complete with these bytes.
    fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(&str) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
        let mut bytes = bytes;
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            if self.rest.len() + piece.len() > self.limit {
                return Err(DecodeError::TooLong { limit: self.limit });
            }
            self.rest.extend_from_slice(piece);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.rest);
            take(self.text(&line)?)?;
        }
        Ok(())
    }

    /// The last line where no line end came after it.
    fn finish(&mut self) -> Result<Option<String>, DecodeError> {
        let line = std::mem::take(&mut self.rest);
        let text = self.text(&line)?.to_owned();
        Ok((!text.is_empty()).then_some(text))
    }

    /// A line as text, without the byte order mark that may begin the stream.
    fn text<'a>(&mut self, line: &'a [u8]) -> Result<&'a str, DecodeError> {
        let text = str::from_utf8(line).map_err(|_| DecodeError::NotUtf8)?;
        let first = std::mem::take(&mut self.at_start);
        Ok(if first {
            text.strip_prefix('\u{feff}').unwrap_or(text)
        } else {
            text
        })
    }
}

/// What the decoders' tests share: the bytes cut at every place that a number names.
#[cfg(test)]
pub(crate) fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}
