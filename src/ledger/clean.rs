//! What the ledger keeps is clean: secrets are taken out of rows before they are written, whatever event holds them.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use crate::clock::Clock;
use crate::domain::redact::Redactor;
use crate::domain::task::event::Event;
use crate::fault::{self, Point};

/// The salt of this clone's hashes of secrets: made once, never published.
pub(super) fn salt(dir: &Path, clock: &dyn Clock) -> io::Result<Vec<u8>> {
    let file = dir.join("salt");
    if let Some(salt) = read_salt(dir) {
        return Ok(salt);
    }
    let salt = clock.random_name(32);
    // tempfile makes files for their owner alone. Of two that make one at once, the first wins for both.
    let mut temporary = tempfile::NamedTempFile::new_in(dir)?;
    fault::at(Point::SaltWrite)?;
    temporary.write_all(salt.as_bytes())?;
    match temporary.persist_noclobber(&file) {
        Ok(_) => {
            fault::at(Point::SaltWritten)?;
            Ok(salt.into_bytes())
        }
        Err(error) => read_salt(dir).ok_or(error.error),
    }
}

/// The salt, where there is one already.
pub(super) fn read_salt(dir: &Path) -> Option<Vec<u8>> {
    fs::read(dir.join("salt")).ok().filter(|salt| !salt.is_empty())
}

/// The event without secrets. Names and ids hold none; where one does, the row is refused rather than changed into
/// something that does not read back.
pub(super) fn event<'a>(redactor: &Redactor, event: &'a Event) -> io::Result<Cow<'a, Event>> {
    let mut value = serde_json::to_value(event)?;
    if !clean(redactor, &mut value) {
        return Ok(Cow::Borrowed(event));
    }
    serde_json::from_value(value)
        .map(Cow::Owned)
        .map_err(|_| io::Error::other("a secret stands where a name belongs, so nothing of it is written"))
}

/// Cleans every text of a value; whether there was anything to clean.
fn clean(redactor: &Redactor, value: &mut Value) -> bool {
    match value {
        Value::String(text) => match redactor.text(text) {
            Cow::Borrowed(_) => false,
            Cow::Owned(clean) => {
                *text = clean;
                true
            }
        },
        // Every one is cleaned, also behind the first that had to be.
        Value::Array(entries) => {
            entries
                .iter_mut()
                .filter_map(|entry| clean(redactor, entry).then_some(()))
                .count()
                > 0
        }
        Value::Object(fields) => {
            fields
                .values_mut()
                .filter_map(|field| clean(redactor, field).then_some(()))
                .count()
                > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::Actor;

    #[test]
    fn free_text_is_cleaned_and_a_name_is_not_changed() {
        let secret = "kn0wn-by-value";
        let redactor = Redactor::new(&[secret], b"salt");
        let noted = |text: &str, task: &str| Event::Noted {
            task: task.parse().unwrap(),
            by: Actor::Harness,
            text: text.to_owned(),
        };
        let clean = noted("nothing", "t-1");
        assert_eq!(*event(&redactor, &clean).unwrap(), clean);
        let text = format!(
            "{:?}",
            event(&redactor, &noted(&format!("it is {secret}"), "t-1")).unwrap()
        );
        assert!(
            text.contains("it is [redacted:known:") && !text.contains(secret),
            "{text}"
        );
        assert!(event(&redactor, &noted("x", secret)).is_err());
    }

    #[test]
    fn the_salt_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let first = salt(dir.path(), &crate::clock::SystemClock).unwrap();
        assert_eq!(salt(dir.path(), &crate::clock::SystemClock).unwrap(), first);
        assert_eq!(first.len(), 32);
    }
}
