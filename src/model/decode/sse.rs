//! Server-sent events, as far as models' servers use them: names and data. Ids and reconnection times mean nothing to
//! a request that is never resumed.

use super::{DecodeError, Lines};

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data, the lines of it joined by line feeds.
    pub data: String,
}

/// Reads a stream of events.
#[derive(Debug)]
pub struct SseDecoder {
    lines: Lines,
    pending: Pending,
}

#[derive(Debug)]
struct Pending {
    limit: usize,
    name: String,
    data: Option<String>,
}

impl SseDecoder {
    /// A decoder that refuses events of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            lines: Lines::new(limit),
            pending: Pending {
                limit,
                name: String::new(),
                data: None,
            },
        }
    }

    /// Adds the events that are complete with these bytes.
    ///
    /// # Errors
    /// Where a line or an event is too long, or a line is not UTF-8; the stream cannot be read on after that.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<SseEvent>) -> Result<(), DecodeError> {
        let pending = &mut self.pending;
        self.lines.feed(bytes, |line| {
            if line.is_empty() {
                events.extend(pending.take());
                return Ok(());
            }
            pending.field(line)
        })
    }

    /// The event that was begun when the bytes ended, if any. Servers leave out the last blank line, and an event that
    /// was cut in its middle is no valid JSON, so it is given out for its reader to judge.
    ///
    /// # Errors
    /// As [`SseDecoder::feed`].
    pub fn finish(mut self) -> Result<Option<SseEvent>, DecodeError> {
        if let Some(line) = self.lines.finish()? {
            self.pending.field(&line)?;
        }
        Ok(self.pending.take())
    }
}

impl Pending {
    fn field(&mut self, line: &str) -> Result<(), DecodeError> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                let data = match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data
                    }
                    none => none.insert(String::new()),
                };
                if data.len() + value.len() > self.limit {
                    return Err(DecodeError::TooLong { limit: self.limit });
                }
                data.push_str(value);
            }
            // An empty name is a comment, which keeps the connection alive; ids and times mean nothing here.
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| SseEvent { name, data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pieces;
    use super::*;

    fn decode(parts: &[&[u8]]) -> Result<Vec<(String, String)>, DecodeError> {
        let mut decoder = SseDecoder::new(1000);
        let mut events = Vec::new();
        for part in parts {
            decoder.feed(part, &mut events)?;
        }
        events.extend(decoder.finish()?);
        Ok(events.into_iter().map(|event| (event.name, event.data)).collect())
    }

    #[test]
    fn every_shape_of_an_event() {
        let table: [(&str, &[(&str, &str)]); 17] = [
            ("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]),
            ("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]),
            ("data: a\ndata: b\n\n", &[("", "a\nb")]),
            ("data:a\n\n", &[("", "a")]),
            ("data:  a\n\n", &[("", " a")]),
            ("data: a:b\n\n", &[("", "a:b")]),
            (
                ": OPENROUTER PROCESSING\n\n: again\n\ndata: a\n: inside\n\n",
                &[("", "a")],
            ),
            ("event: message\ndata: a\n\n", &[("message", "a")]),
            ("event: error\ndata: overloaded\n\n", &[("error", "overloaded")]),
            ("event: lost\n\ndata: a\n\n", &[("", "a")]),
            ("id: 7\nretry: 10\ndata: a\n\n", &[("", "a")]),
            ("data\n\n", &[("", "")]),
            ("\u{feff}data: a\n\n", &[("", "a")]),
            ("data: a\n\n\n\n\n", &[("", "a")]),
            ("data: a\n", &[("", "a")]),
            ("data: [DONE]", &[("", "[DONE]")]),
        ];
        for (text, wanted) in table {
            let wanted: Vec<(String, String)> = wanted
                .iter()
                .map(|(name, data)| ((*name).to_owned(), (*data).to_owned()))
                .collect();
            assert_eq!(decode(&[text.as_bytes()]), Ok(wanted), "{text:?}");
        }
    }

    #[test]
    fn characters_and_line_ends_may_be_cut_anywhere() {
        let bytes = "event: é\r\ndata: ü😀\r\ndata: x\r\n\r\ndata: y\r\n\r\n".as_bytes();
        let whole = decode(&[bytes]).unwrap();
        assert_eq!(whole.len(), 2);
        let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(decode(&one_by_one), Ok(whole));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let long = format!("data: {}", "x".repeat(1000));
        assert_eq!(decode(&[long.as_bytes()]), Err(DecodeError::TooLong { limit: 1000 }));
        let many = "data: 0123456789\n".repeat(200);
        assert_eq!(decode(&[many.as_bytes()]), Err(DecodeError::TooLong { limit: 1000 }));
        assert_eq!(decode(&[b"data: \xff\n\n"]), Err(DecodeError::NotUtf8));
        assert_eq!(decode(&[b"data: \xc3"]), Err(DecodeError::NotUtf8));
    }

    proptest! {
        #[test]
        fn any_cutting_of_the_bytes_gives_the_same_events(
            text in "(data: |data:|event: |: |\r|\n|\r\n|\n\n|é|😀|x|\\[DONE\\]|\u{feff}){0,40}",
            cuts in proptest::collection::vec(any::<usize>(), 0..12),
        ) {
            let bytes = text.as_bytes();
            prop_assert_eq!(decode(&pieces(bytes, &cuts)), decode(&[bytes]));
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            cuts in proptest::collection::vec(any::<usize>(), 0..6),
        ) {
            prop_assert_eq!(decode(&pieces(&bytes, &cuts)), decode(&[&bytes]));
        }
    }
}
