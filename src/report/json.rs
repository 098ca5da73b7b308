//! Events for programs: one JSON object a line, `{"v":1,"at":…,"event":…,"data":…}`. The names and fields are those of
//! the journal's rows.

use std::io::Write;

use serde::Serialize;

use crate::domain::task::event::{Event, Sink};

/// Writes events to a stream.
pub struct JsonLines<W: Write>(pub W);

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    at: jiff::Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

impl<W: Write> Sink for JsonLines<W> {
    fn event(&mut self, at: jiff::Timestamp, event: &Event) {
        let line = Line { v: 1, at, event };
        if let Ok(text) = serde_json::to_string(&line) {
            // Whoever reads may have gone; the work goes on.
            let _ = writeln!(self.0, "{}", super::text::json(&text)).and_then(|()| self.0.flush());
        }
    }
}
