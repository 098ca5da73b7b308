//! What a landing's new contents hold that a reader does not see, or that must not be kept: text whose order deceives,
//! and secrets by their shape.

use crate::config::Config;
use crate::domain::audit::AuditRule;
use crate::domain::change::{Change, ChangeSet};
use crate::domain::oid::TreeId;
use crate::domain::plan::card::Card;
use crate::domain::redact::Redactor;
use crate::engine::leak;
use crate::git::{Commit, ReadError};

use super::{Auditor, Stop};

impl Auditor<'_> {
    pub(super) fn contents(
        &mut self,
        commit: &Commit,
        base: TreeId,
        card: &Card,
        config: &Config,
        changes: &ChangeSet,
    ) -> Result<(), Stop> {
        // Nobody's values are known here.
        let shapes = Redactor::new::<&str>(&[], b"");
        for violation in leak::in_tree(self.git, base, changes, &shapes, &config.policy.allowed_secrets)? {
            let (path, message) = (violation.path.clone(), violation.to_string());
            self.find(commit.id, Some(&card.id), AuditRule::Secret, Some(path), message);
        }
        for change in changes {
            if let Some(line) = self.turned(change)? {
                let path = Some(change.path.to_text().into_owned());
                let message = format!(
                    "{}: line {line} holds a mark that changes the order in which text is shown",
                    change.path
                );
                self.find(commit.id, Some(&card.id), AuditRule::HiddenText, path, message);
            }
        }
        Ok(())
    }

    /// The first line of new content that turns text round, which its old content did not anywhere.
    fn turned(&self, change: &Change) -> Result<Option<usize>, ReadError> {
        let Some(new) = change.new.filter(|new| new.mode.is_file()) else {
            return Ok(None);
        };
        let Some(line) = first_turned(&self.git.blob(new.blob)?) else {
            return Ok(None);
        };
        let before = match change.old.filter(|old| old.mode.is_file()) {
            Some(old) => first_turned(&self.git.blob(old.blob)?),
            None => None,
        };
        Ok(before.is_none().then_some(line))
    }
}

/// The first line with a mark that embeds, overrides or isolates a direction. Marks that only name one, as many
/// languages need them, turn nothing round.
fn first_turned(content: &[u8]) -> Option<usize> {
    if is_binary(content) {
        return None;
    }
    let turns = |mark: &[u8]| matches!(mark, [0xe2, 0x80, 0xaa..=0xae] | [0xe2, 0x81, 0xa6..=0xa9]);
    let at = content.windows(3).position(turns)?;
    Some(1 + content[..at].iter().filter(|byte| **byte == b'\n').count())
}

/// Whether nobody reads this as text: it is none, and git shows it as binary or it says what it is. A stray byte does not make
/// a binary file of a source.
fn is_binary(content: &[u8]) -> bool {
    const LOOKED_AT: usize = 8000;
    let has_nul = content[..content.len().min(LOOKED_AT)].contains(&0);
    (has_nul || content.starts_with(b"%PDF-")) && std::str::from_utf8(content).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_turn_text_round_are_found_and_others_are_not() {
        for mark in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            assert_eq!(first_turned(format!("one\ntwo {mark} x").as_bytes()), Some(2));
        }
        let png = [b"\x89PNG\r\n\x1a\n\0\xff".as_slice(), "\u{202e}".as_bytes()].concat();
        assert_eq!(first_turned(&png), None);
        assert_eq!(
            first_turned(&[b"%PDF-1.7\n\xe2\xe3", "\u{202e}".as_bytes()].concat()),
            None
        );
        // Neither a stray byte nor a NUL alone makes a text unreadable.
        assert_eq!(first_turned(&[b"\xff", "\u{202e}".as_bytes()].concat()), Some(1));
        assert_eq!(first_turned("\0\u{202e}".as_bytes()), Some(1));
        for mark in ['\u{200e}', '\u{200f}', '\u{2026}', '\u{206a}', 'ע'] {
            assert_eq!(first_turned(format!("one\ntwo {mark} x").as_bytes()), None);
        }
    }
}
