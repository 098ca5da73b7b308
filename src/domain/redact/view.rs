//! A text looked at in another way, each byte with the place in the text that it stands for.

use std::ops::Range;

/// A text looked at in another way.
#[derive(Debug, Clone)]
pub(super) struct View {
    bytes: Vec<u8>,
    /// Where each byte begins and ends in the text; none where the view is the text.
    places: Option<Vec<(u32, u32)>>,
}

impl View {
    /// The text as it stands. What is longer than any file that is taken is looked at up to there.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let length = bytes.len().min(u32::MAX as usize);
        Self {
            bytes: bytes[..length].to_vec(),
            places: None,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The place in the text of a part of this view.
    pub(super) fn place(&self, at: &Range<usize>) -> Range<usize> {
        match &self.places {
            None => at.clone(),
            Some(places) => places[at.start].0 as usize..places[at.end - 1].1 as usize,
        }
    }

    /// With its escapes undone, once; `None` where it has none.
    pub(super) fn opened(&self) -> Option<Self> {
        let is_sign = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&' | b'=' | b'0' | b'+');
        let mut from = self.bytes.iter().position(is_sign)?;
        let mut view = self.part(0..from);
        let mut changed = false;
        while from < self.bytes.len() {
            match escape(&self.bytes[from..], from.checked_sub(1).map(|at| self.bytes[at])) {
                Some((byte, length)) => {
                    changed = true;
                    if let Some(byte) = byte {
                        view.push(byte, self.place(&(from..from + length)));
                    }
                    from += length;
                }
                None => {
                    view.push(self.bytes[from], self.place(&(from..from + 1)));
                    from += 1;
                }
            }
        }
        changed.then_some(view)
    }

    /// Letters and digits alone.
    pub(super) fn bare(&self) -> Self {
        let mut view = self.part(0..0);
        for (at, byte) in self.bytes.iter().enumerate() {
            if byte.is_ascii_alphanumeric() {
                view.push(*byte, self.place(&(at..at + 1)));
            }
        }
        view
    }

    /// The letters and digits of a form that is looked for.
    pub(super) fn bare_bytes(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().copied().filter(u8::is_ascii_alphanumeric).collect()
    }

    pub(super) fn fold_case(&mut self) {
        self.bytes.make_ascii_lowercase();
    }

    /// The bytes that are written out as numbers (`[115, 107]`, `01110011`); `None` where there are hardly any.
    pub(super) fn numbers(&self) -> Option<Self> {
        let mut view = self.part(0..0);
        let (mut at, mut count) = (0, 0);
        while at < self.bytes.len() {
            let digits = self.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let word = at..at + digits.max(1);
            match number(&self.bytes[word.clone()]) {
                Some(byte) => {
                    view.push(byte, self.place(&word));
                    count += 1;
                }
                None if b" \t\r\n,;[](){}\"'".contains(&self.bytes[at]) => {}
                // Nothing goes on across what is no number.
                None if view.bytes.last() == Some(&0) => {}
                None => view.push(0, self.place(&word)),
            }
            at = word.end;
        }
        (count >= 8).then_some(view)
    }

    fn part(&self, at: Range<usize>) -> Self {
        let places = at.clone().map(|at| self.place(&(at..at + 1)));
        Self {
            places: Some(places.map(|place| small(&place)).collect()),
            bytes: self.bytes[at].to_vec(),
        }
    }

    fn push(&mut self, byte: u8, place: Range<usize>) {
        self.bytes.push(byte);
        if let Some(places) = &mut self.places {
            places.push(small(&place));
        }
    }
}

fn small(place: &Range<usize>) -> (u32, u32) {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (number(place.start), number(place.end))
}

/// The byte that a word of digits writes out.
fn number(word: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(word).ok()?;
    match word.len() {
        1..=3 => text.parse().ok(),
        8 => u8::from_str_radix(text, 2).ok(),
        _ => None,
    }
}

/// What an escape at the beginning of a text stands for, and its length: no byte for the end of a line that goes on.
fn escape(text: &[u8], before: Option<u8>) -> Option<(Option<u8>, usize)> {
    let hex = |from: usize, digits: usize| {
        let part = text.get(from..from + digits)?;
        let code = part
            .iter()
            .try_fold(0_u32, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))?;
        u8::try_from(code).ok()
    };
    let coded = |from: usize, digits: usize| Some((Some(hex(from, digits)?), from + digits));
    match (text[0], text.get(1)?) {
        (b'\\', b'u') if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(12).position(|byte| *byte == b'}')?;
            Some((Some(hex(3, end - 3)?), end + 1))
        }
        (b'\\', b'u') => coded(2, 4),
        (b'\\', b'U') => coded(2, 8),
        (b'\\', b'x') => coded(2, 2),
        (b'\\', b'n') => Some((Some(b'\n'), 2)),
        (b'\\', b'r') => Some((Some(b'\r'), 2)),
        (b'\\', b't') => Some((Some(b'\t'), 2)),
        (b'\\', b'0'..=b'7') => {
            let digits = text[1..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
            let (sum, length) = digits.fold((0_u32, 1), |(sum, length), byte| {
                (sum * 8 + u32::from(byte - b'0'), length + 1)
            });
            Some((Some(u8::try_from(sum).ok()?), length))
        }
        (b'\\', sign) if sign.is_ascii_punctuation() => Some((Some(*sign), 2)),
        (b'%', b'u') => coded(2, 4),
        (b'%', _) => coded(1, 2),
        (b'=', b'\n') => Some((None, 2)),
        (b'=', b'\r') if text.get(2) == Some(&b'\n') => Some((None, 3)),
        (b'=', _) => coded(1, 2),
        (b'+', _) if matches!(before, Some(b'U' | b'u')) => coded(1, 4),
        (b'0', b'x' | b'X')
            if !before.is_some_and(|byte| byte.is_ascii_alphanumeric())
                && !text.get(4).is_some_and(u8::is_ascii_hexdigit) =>
        {
            coded(2, 2)
        }
        (b'&', b'#') => {
            let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
            let from = if is_hex { 3 } else { 2 };
            let is_digit = |byte: &&u8| {
                if is_hex {
                    byte.is_ascii_hexdigit()
                } else {
                    byte.is_ascii_digit()
                }
            };
            let digits = text[from..].iter().take(8).take_while(is_digit).count();
            let written = std::str::from_utf8(&text[from..from + digits]).ok()?;
            let byte = u8::try_from(u32::from_str_radix(written, if is_hex { 16 } else { 10 }).ok()?).ok()?;
            let end = from + digits;
            Some((Some(byte), end + usize::from(text.get(end) == Some(&b';'))))
        }
        (b'&', _) => {
            let end = text.iter().take(12).position(|byte| *byte == b';')?;
            let name = &text[1..end];
            let (_, byte) = NAMED.iter().find(|(known, _)| known.as_bytes() == name)?;
            Some((Some(*byte), end + 1))
        }
        _ => None,
    }
}

/// The signs of a key that have names in HTML.
const NAMED: [(&str, u8); 22] = [
    ("amp", b'&'),
    ("lt", b'<'),
    ("gt", b'>'),
    ("quot", b'"'),
    ("apos", b'\''),
    ("sol", b'/'),
    ("bsol", b'\\'),
    ("plus", b'+'),
    ("equals", b'='),
    ("lowbar", b'_'),
    ("hyphen", b'-'),
    ("dash", b'-'),
    ("period", b'.'),
    ("colon", b':'),
    ("comma", b','),
    ("semi", b';'),
    ("num", b'#'),
    ("commat", b'@'),
    ("percnt", b'%'),
    ("excl", b'!'),
    ("dollar", b'$'),
    ("ast", b'*'),
];
