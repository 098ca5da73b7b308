//! A row of a journal: an event and its place in the order of all events (design sections 4 and 9).
//!
//! Stored as one line of JSON. The hash is over the raw bytes before `,"hash":`, with the previous row's hash inside,
//! so nothing is ever serialised again to be checked. Rows of a kind that this version does not know are kept.

use jiff::Timestamp;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, MapAccess};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;

use super::event::Event;

/// The version of the row format that is written.
pub const FORMAT: u32 = 1;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whose journal it is in.
    pub writer: WriterId,
    /// Its number there, from 1, without gaps.
    pub seq: u64,
    /// A Lamport counter: larger than that of every row that the writer had seen.
    pub at: u64,
    /// When it was written, by the writer's clock.
    pub time: Timestamp,
    /// What happened.
    pub event: RowEvent,
    /// The hash that the next row names.
    pub hash: Digest,
}

/// The event of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowEvent {
    /// One that this version knows.
    Known(Box<Event>),
    /// One of a later version.
    Unknown {
        /// Its name.
        name: String,
        /// Whoever does not understand it must not write.
        must: bool,
    },
}

/// Why a line is not a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// It is not JSON of the right shape.
    #[error("it is not a row: {0}")]
    Shape(String),
    /// Its bytes do not give its hash.
    #[error("its bytes do not give its hash")]
    Hash,
    /// It does not name the row before it.
    #[error("it does not follow the row before it")]
    Chain,
}

#[derive(Serialize)]
struct Head<'a> {
    v: u32,
    writer: &'a WriterId,
    seq: u64,
    at: u64,
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
    prev: Option<Digest>,
}

#[derive(Deserialize)]
struct Line<'a> {
    v: u32,
    writer: WriterId,
    seq: u64,
    at: u64,
    time: Timestamp,
    event: String,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    must: bool,
    prev: Option<Digest>,
    hash: Digest,
}

/// A row's name and data as the two fields that an event is read from, so that its text is read once.
struct Fields<'a> {
    name: &'a str,
    data: &'a RawValue,
    next: u8,
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let key = match self.next {
            0 => "event",
            1 => "data",
            _ => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        self.next += 1;
        match self.next {
            1 => seed.deserialize(BorrowedStrDeserializer::new(self.name)),
            _ => seed.deserialize(self.data),
        }
    }
}

const HASH_FIELD: &str = ",\"hash\":\"";

impl Row {
    /// Makes the row that follows `prev`, and the line that stores it (with its end).
    pub fn write(
        writer: &WriterId,
        seq: u64,
        at: u64,
        time: Timestamp,
        event: &Event,
        prev: Option<Digest>,
    ) -> Result<(Self, String), RowError> {
        let shape = |error: serde_json::Error| RowError::Shape(error.to_string());
        let mut line = serde_json::to_string(&Head {
            v: FORMAT,
            writer,
            seq,
            at,
            time,
            event,
            prev,
        })
        .map_err(shape)?;
        line.pop(); // the closing brace comes after the hash
        let hash = Digest::of(line.as_bytes());
        line.push_str(HASH_FIELD);
        line.push_str(&hash.to_string());
        line.push_str("\"}\n");
        let row = Self {
            writer: writer.clone(),
            seq,
            at,
            time,
            event: RowEvent::Known(Box::new(event.clone())),
            hash,
        };
        Ok((row, line))
    }

    /// Writes what a line says as another writer's row: same time and counter, of whatever version it is. `renamed` is given
    /// the data, in which attempts may have other names from here on.
    pub fn anew(
        line: &str,
        writer: &WriterId,
        seq: u64,
        prev: Option<Digest>,
        renamed: impl FnOnce(&str) -> String,
    ) -> Result<(Digest, String), RowError> {
        let shape = |error: serde_json::Error| RowError::Shape(error.to_string());
        let parsed: Line = serde_json::from_str(line).map_err(shape)?;
        let mut line = format!(
            r#"{{"v":{},"writer":{},"seq":{seq},"at":{},"time":{},"event":{}"#,
            parsed.v,
            json(writer)?,
            parsed.at,
            json(&parsed.time)?,
            json(&parsed.event)?,
        );
        if let Some(data) = parsed.data {
            line.push_str(",\"data\":");
            line.push_str(&renamed(data.get()));
        }
        if parsed.must {
            line.push_str(",\"must\":true");
        }
        line.push_str(",\"prev\":");
        line.push_str(&json(&prev)?);
        let hash = Digest::of(line.as_bytes());
        line.push_str(HASH_FIELD);
        line.push_str(&hash.to_string());
        line.push_str("\"}\n");
        Ok((hash, line))
    }

    /// Reads a line (without its end) and checks its hash and that it follows `prev`.
    pub fn read(line: &str, prev: Option<Digest>) -> Result<Self, RowError> {
        let (row, before) = Self::read_alone(line)?;
        if before != prev {
            return Err(RowError::Chain);
        }
        Ok(row)
    }

    /// Reads a line (without its end), checks its hash, and says which row it follows.
    pub fn read_alone(line: &str) -> Result<(Self, Option<Digest>), RowError> {
        let shape = |error: serde_json::Error| RowError::Shape(error.to_string());
        let at = line.rfind(HASH_FIELD).ok_or(RowError::Hash)?;
        let parsed: Line = serde_json::from_str(line).map_err(shape)?;
        if Digest::of(&line.as_bytes()[..at]) != parsed.hash {
            return Err(RowError::Hash);
        }
        let row = Self {
            event: event_of(&parsed)?,
            writer: parsed.writer,
            seq: parsed.seq,
            at: parsed.at,
            time: parsed.time,
            hash: parsed.hash,
        };
        Ok((row, parsed.prev))
    }

    /// The known event, if it is one.
    pub fn known(&self) -> Option<&Event> {
        match &self.event {
            RowEvent::Known(event) => Some(event),
            RowEvent::Unknown { .. } => None,
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, RowError> {
    serde_json::to_string(value).map_err(|error| RowError::Shape(error.to_string()))
}

fn event_of(line: &Line) -> Result<RowEvent, RowError> {
    let unknown = || RowEvent::Unknown {
        name: line.event.clone(),
        must: line.must,
    };
    let Some(data) = line.data else {
        return Ok(unknown());
    };
    let fields = Fields {
        name: &line.event,
        data,
        next: 0,
    };
    match Event::deserialize(MapAccessDeserializer::new(fields)) {
        Ok(event) => Ok(RowEvent::Known(Box::new(event))),
        // A row of our own format whose event we know must be readable; all else is somebody's later version.
        Err(error) if line.v == FORMAT && !error.to_string().starts_with("unknown variant") && !line.must => {
            Err(RowError::Shape(error.to_string()))
        }
        Err(_) => Ok(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Event {
        Event::Paused {
            by: crate::domain::actor::Actor::Harness,
        }
    }

    fn line() -> (Row, String) {
        let writer = WriterId::new("w1").unwrap();
        Row::write(&writer, 1, 1, Timestamp::UNIX_EPOCH, &told(), None).unwrap()
    }

    #[test]
    fn a_row_survives_its_line() {
        let (row, line) = line();
        assert_eq!(Row::read(line.trim_end(), None), Ok(row));
        assert!(
            line.starts_with(
                r#"{"v":1,"writer":"w1","seq":1,"at":1,"time":"1970-01-01T00:00:00Z","event":"paused","data":"#
            ),
            "{line}"
        );
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (_, line) = line();
        let line = line.trim_end();
        for at in 0..line.len() {
            let mut bytes = line.as_bytes().to_vec();
            bytes[at] ^= 1;
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert!(Row::read(text, None).is_err(), "byte {at}: {text}");
            }
        }
    }

    #[test]
    fn a_row_of_a_later_version_is_kept_and_may_stop_writers() {
        let body = r#"{"v":2,"writer":"w1","seq":1,"at":1,"time":"1970-01-01T00:00:00Z","event":"teleported","data":{"x":1},"must":true,"prev":null"#;
        let line = format!("{body},\"hash\":\"{}\"}}", Digest::of(body.as_bytes()));
        let row = Row::read(&line, None).unwrap();
        assert_eq!(
            row.event,
            RowEvent::Unknown {
                name: "teleported".into(),
                must: true
            }
        );
    }
}
