//! Redaction of bytes that come in pieces, where a secret may be cut by the border between two of them.
//!
//! Whole lines are let through at once, since no secret but a private key goes over lines. The open line is held back
//! up to a bound, and a private key from its beginning to its end.

use super::Redactor;

/// The most bytes of an open line that are held back.
const LINE: usize = 4 * 1024;
/// The most bytes that are held back at all: a private key, or one endless word.
const MOST: usize = 64 * 1024;

const KEY: &[u8] = b"PRIVATE KEY";
const KEY_BEGIN: &[u8] = b"-----BEGIN ";
const KEY_END: &[u8] = b"-----END ";

/// A redaction in progress.
#[derive(Debug)]
pub struct Stream<'a> {
    redactor: &'a Redactor,
    held: Vec<u8>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(redactor: &'a Redactor) -> Self {
        Self {
            redactor,
            held: Vec::new(),
        }
    }

    /// Takes bytes and gives those that nothing to come can change.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let cut = self.cut();
        if cut == 0 {
            return Vec::new();
        }
        let clean = self.redactor.bytes(&self.held[..cut]).into_owned();
        self.held.drain(..cut);
        clean
    }

    /// Gives what was held back; nothing more comes.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let clean = self.redactor.bytes(&self.held).into_owned();
        self.held.clear();
        clean
    }

    /// How many of the held bytes can be let through.
    fn cut(&self) -> usize {
        let held = &self.held;
        let lines = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let open = held.len() - lines;
        let mut cut = if open > LINE { held.len() - LINE } else { lines };
        let last_key = rfind(held, KEY_BEGIN);
        if let Some(begin) = last_key.filter(|begin| is_open_key(&held[*begin..])) {
            cut = cut.min(begin);
        }
        if cut > 0 && (cut != lines || last_key.is_some()) {
            // The border is in a line or in a key: no secret may lie across it, nor may one that still grows.
            for found in self.redactor.find(held).unwrap_or_default() {
                if found.at.start < cut && (cut < found.at.end || found.at.end == held.len()) {
                    cut = found.at.start;
                }
            }
        }
        if held.len() - cut > MOST {
            return held.len() - LINE;
        }
        cut
    }
}

/// Whether a text that begins like a private key has not come to the key's end yet.
fn is_open_key(rest: &[u8]) -> bool {
    let line_end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let is_key = line_end == rest.len() || find(&rest[..line_end], KEY).is_some();
    // A line behind it that can be none of a key ends the wait.
    let goes_on = rest.split(|byte| *byte == b'\n').skip(1).all(may_be_body);
    let ended = find(rest, KEY_END).is_some_and(|end| {
        let mark = &rest[end..];
        mark.contains(&b'\n') || find(mark, b"KEY-----").is_some()
    });
    is_key && goes_on && !ended
}

/// Whether a line may belong to a private key; a log may have indented or quoted it.
fn may_be_body(line: &[u8]) -> bool {
    let is_body = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-:, \t\r>|#*.".contains(byte);
    line.len() <= 200 && line.iter().all(is_body)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn rfind(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).rposition(|window| window == part)
}
