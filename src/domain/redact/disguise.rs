//! Known secrets in disguise: every form that anybody can undo by hand. A value is put into its forms once (reversed,
//! rotated, in hex, base64, base32), and a text is looked at as it stands, with its escapes undone, as bare letters and
//! digits, and as bytes that are written out as numbers. What is found is told as a place in the text itself.
//!
//! A form that takes a key of its own, or a program that compresses, can be undone as well; that is not looked for.

use std::collections::HashMap;
use std::ops::Range;

use super::view::View;

/// The shortest form that is looked for.
const SHORTEST: usize = 8;

/// The shortest form without its signs, of which less is told apart from prose.
const SHORTEST_BARE: usize = 12;

/// The shortest value that is looked for in either case.
const SHORTEST_FOLDED: usize = 16;

/// How often escapes are undone: text in JSON in JSON.
const LAYERS: usize = 3;

/// What finds known values in disguise.
#[derive(Debug, Default)]
pub struct Disguises {
    exact: Table,
    bare: Table,
    folded: Table,
}

impl Disguises {
    /// What finds these values.
    pub fn of<S: AsRef<str>>(values: &[S]) -> Self {
        let mut all = Self::default();
        for (number, value) in values.iter().enumerate() {
            let value = value.as_ref().trim();
            match value.len() {
                SHORTEST.. if value.is_ascii() => all.add(value.as_bytes(), number),
                // Of so little every disguise would be found in any text.
                4.. => all.exact.add(value.as_bytes().to_vec(), number, 4),
                _ => {}
            }
        }
        all
    }

    fn add(&mut self, value: &[u8], number: usize) {
        let reversed: Vec<u8> = value.iter().rev().copied().collect();
        let rotated: Vec<u8> = value.iter().map(|byte| rotated(*byte)).collect();
        let is_long = View::bare_bytes(value).len() >= SHORTEST_FOLDED;
        for variant in [value, reversed.as_slice(), rotated.as_slice()] {
            self.as_text(variant.to_vec(), number);
            if is_long {
                self.in_any_case(variant.to_vec(), number);
            }
            let hex = hex(variant);
            self.as_text(hex.to_ascii_uppercase(), number);
            self.in_any_case(hex, number);
            for offset in 0..3 {
                for alphabet in [STANDARD, URL_SAFE] {
                    self.as_text(core(variant, offset, 6, alphabet), number);
                }
            }
            for offset in 0..5 {
                for alphabet in [BASE32, BASE32_HEX] {
                    self.in_any_case(core(variant, offset, 5, alphabet), number);
                }
            }
            // A whole text that was turned round after it was written so.
            let mut turned = core(variant, 0, 6, STANDARD);
            turned.reverse();
            self.as_text(turned, number);
        }
    }

    fn as_text(&mut self, form: Vec<u8>, number: usize) {
        let bare = View::bare_bytes(&form);
        self.bare.add(bare, number, SHORTEST_BARE);
        self.exact.add(form, number, SHORTEST);
    }

    fn in_any_case(&mut self, form: Vec<u8>, number: usize) {
        let bare = View::bare_bytes(&form).to_ascii_lowercase();
        self.folded.add(bare, number, SHORTEST_BARE);
        self.exact.add(form, number, SHORTEST);
    }

    /// Where values stand in a text, and which: in order, none inside of another.
    pub fn find(&self, bytes: &[u8]) -> Vec<(Range<usize>, usize)> {
        if self.exact.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.exact.find(bytes, |at| at, &mut found);
        let mut opened = View::of(bytes);
        self.find_bare(&opened, &mut found);
        let mut changed = false;
        for _ in 0..LAYERS {
            let Some(next) = opened.opened() else { break };
            opened = next;
            changed = true;
            self.exact.find(opened.bytes(), |at| opened.place(&at), &mut found);
        }
        if changed {
            self.find_bare(&opened, &mut found);
        }
        if let Some(numbers) = View::of(bytes).numbers() {
            self.exact.find(numbers.bytes(), |at| numbers.place(&at), &mut found);
        }
        joined(found)
    }

    fn find_bare(&self, view: &View, found: &mut Vec<(Range<usize>, usize)>) {
        let mut bare = view.bare();
        self.bare.find(bare.bytes(), |at| bare.place(&at), found);
        bare.fold_case();
        self.folded.find(bare.bytes(), |at| bare.place(&at), found);
    }
}

/// Places in order; what overlaps is one.
fn joined(mut found: Vec<(Range<usize>, usize)>) -> Vec<(Range<usize>, usize)> {
    found.sort_by_key(|(at, value)| (at.start, at.end, *value));
    let mut joined: Vec<(Range<usize>, usize)> = Vec::with_capacity(found.len());
    for (at, value) in found {
        match joined.last_mut() {
            Some((last, _)) if at.start < last.end => last.end = last.end.max(at.end),
            _ => joined.push((at, value)),
        }
    }
    joined
}

/// Many words, looked for at once: by their first two bytes, then by their first four, then whole.
#[derive(Debug, Default)]
struct Table {
    bits: Vec<u64>,
    starts: HashMap<[u8; 4], Vec<(Vec<u8>, usize)>>,
}

impl Table {
    fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    fn add(&mut self, word: Vec<u8>, value: usize, shortest: usize) {
        if word.len() < shortest.max(4) {
            return;
        }
        if self.bits.is_empty() {
            self.bits = vec![0; 1024];
        }
        let pair = usize::from(word[0]) << 8 | usize::from(word[1]);
        self.bits[pair / 64] |= 1 << (pair % 64);
        let words = self.starts.entry([word[0], word[1], word[2], word[3]]).or_default();
        if !words.iter().any(|(known, _)| *known == word) {
            words.push((word, value));
        }
    }

    fn find(&self, text: &[u8], place: impl Fn(Range<usize>) -> Range<usize>, found: &mut Vec<(Range<usize>, usize)>) {
        if self.starts.is_empty() {
            return;
        }
        for (at, start) in text.windows(4).enumerate() {
            let pair = usize::from(start[0]) << 8 | usize::from(start[1]);
            if self.bits[pair / 64] & 1 << (pair % 64) == 0 {
                continue;
            }
            let words = self.starts.get(start).into_iter().flatten();
            for (word, value) in words {
                if text[at..].starts_with(word) {
                    found.push((place(at..at + word.len()), *value));
                }
            }
        }
    }
}

const fn rotated(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => other,
    }
}

fn hex(value: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    value.iter().flat_map(digits).collect()
}

pub(super) const STANDARD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub(super) const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE32_HEX: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

/// The characters that depend on the value alone, where each stands for `width` bits and `offset` bytes of something
/// else come first.
pub(super) fn core(value: &[u8], offset: usize, width: usize, alphabet: &[u8]) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(value);
    let first = (offset * 8).div_ceil(width);
    let last = padded.len() * 8 / width;
    (first..last)
        .map(|index| {
            let bit = index * width;
            let high = u16::from(padded[bit / 8]) << 8;
            let low = padded.get(bit / 8 + 1).copied().map_or(0, u16::from);
            let some = (high | low) >> (16 - width - bit % 8) & ((1 << width) - 1);
            alphabet[usize::from(some)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key of no service's shape: it has to be known by its value.
    const KEY: &str = "Quai/tx+9Zr_4m-Lw7=Vb~2kPd.8sNy";

    fn base64(bytes: &[u8], alphabet: &[u8]) -> String {
        let mut padded = bytes.to_vec();
        padded.extend([0; 3]);
        let whole = core(&padded, 0, 6, alphabet);
        let length = (bytes.len() * 8).div_ceil(6);
        let text = String::from_utf8(whole[..length].to_vec()).unwrap();
        text + &"=".repeat((4 - length % 4) % 4)
    }

    fn base32(bytes: &[u8]) -> String {
        let mut padded = bytes.to_vec();
        padded.extend([0; 5]);
        let length = (bytes.len() * 8).div_ceil(5);
        let text = String::from_utf8(core(&padded, 0, 5, BASE32)[..length].to_vec()).unwrap();
        text + &"=".repeat((8 - length % 8) % 8)
    }

    fn each(text: &str, form: impl Fn(u8) -> String) -> String {
        text.bytes().map(form).collect()
    }

    fn wrapped(text: &str, width: usize, between: &str) -> String {
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(width)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        lines.join(between)
    }

    fn turned(text: &str) -> String {
        text.chars().rev().collect()
    }

    /// Every disguise, by name: some twenty ways of writing a key down, and some of them one over the other.
    pub(crate) fn disguises(key: &str) -> Vec<(&'static str, String)> {
        let bearer = format!("Bearer {key}");
        let json = each(key, |byte| format!("\\u{byte:04x}"));
        let rot = each(key, |byte| char::from(rotated(byte)).to_string());
        vec![
            ("plain", key.to_owned()),
            ("reversed", turned(key)),
            ("rot13", rot.clone()),
            ("hex", each(key, |byte| format!("{byte:02x}"))),
            ("HEX", each(key, |byte| format!("{byte:02X}"))),
            ("hex dump", each(key, |byte| format!("{byte:02x} "))),
            ("hex with colons", each(key, |byte| format!("{byte:02X}:"))),
            ("0x", each(key, |byte| format!("0x{byte:02x}, "))),
            ("\\x", each(key, |byte| format!("\\x{byte:02X}"))),
            ("octal", each(key, |byte| format!("\\{byte:03o}"))),
            ("decimal", each(key, |byte| format!("{byte}, "))),
            ("binary", each(key, |byte| format!("{byte:08b} "))),
            ("base64", base64(key.as_bytes(), STANDARD)),
            ("base64 at 1", base64(format!("x{key}").as_bytes(), STANDARD)),
            ("base64 at 2", base64(format!("xy{key}z").as_bytes(), STANDARD)),
            ("base64 of the header", base64(bearer.as_bytes(), STANDARD)),
            ("base64url", base64(key.as_bytes(), URL_SAFE)),
            ("base64url at 1", base64(format!("x{key}").as_bytes(), URL_SAFE)),
            ("base64url at 2", base64(format!("xy{key}").as_bytes(), URL_SAFE)),
            (
                "base64 in lines",
                wrapped(&base64(key.as_bytes(), STANDARD), 16, "\r\n"),
            ),
            ("base64 reversed", turned(&base64(key.as_bytes(), STANDARD))),
            ("base64 of the reversed", base64(turned(key).as_bytes(), STANDARD)),
            ("base32", base32(key.as_bytes())),
            ("base32 in small letters", base32(key.as_bytes()).to_lowercase()),
            ("base32 at 3", base32(format!("abc{key}").as_bytes())),
            ("base32 of the reversed", base32(turned(key).as_bytes())),
            ("percent", each(key, |byte| format!("%{byte:02X}"))),
            ("percent twice", each(key, |byte| format!("%25{byte:02x}"))),
            ("JSON", json.clone()),
            ("JSON in JSON", json.replace('\\', "\\\\")),
            ("JavaScript", each(key, |byte| format!("\\u{{{byte:x}}}"))),
            ("HTML decimal", each(key, |byte| format!("&#{byte};"))),
            ("HTML hex", each(key, |byte| format!("&#x{byte:x};"))),
            (
                "HTML names",
                key.replace('/', "&sol;")
                    .replace('+', "&plus;")
                    .replace('_', "&lowbar;"),
            ),
            ("quoted-printable", each(key, |byte| format!("={byte:02X}"))),
            ("quoted-printable in lines", wrapped(key, 7, "=\r\n")),
            (
                "some of it escaped",
                key.replacen('a', "%61", 1).replacen('9', "\\u0039", 1),
            ),
            ("spread out", each(key, |byte| format!("{} ", char::from(byte)))),
            ("in pieces", wrapped(key, 5, "\" + \"")),
            ("UTF-16", each(key, |byte| format!("{}\0", char::from(byte)))),
            ("capitals", key.to_uppercase()),
        ]
    }

    #[test]
    fn a_value_is_found_in_every_disguise_and_where_it_stands() {
        let all = Disguises::of(&["another-value-11", KEY]);
        for (name, text) in disguises(KEY) {
            let whole = format!("{{\"x\": \"{text}\", \"y\": 1}}");
            let found = all.find(whole.as_bytes());
            assert_eq!(found.len(), 1, "{name}: {whole}: {found:?}");
            let (at, value) = &found[0];
            assert_eq!(*value, 1, "{name}");
            let mut left = whole.into_bytes();
            left[at.clone()].fill(b'*');
            assert!(all.find(&left).is_empty(), "{name}");
            let outside = String::from_utf8_lossy(&left).replace('*', "");
            assert!(outside.len() < 40, "{name}: {outside}");
        }
    }

    #[test]
    fn other_text_is_left_alone() {
        let all = Disguises::of(&[KEY, "Production1", "short"]);
        for text in [
            "",
            "x",
            "the production 1 of it; PRODUCTION-1",
            "Quai/tx+9Zr_4m-Lw7=Vb~2kPd.8sN",
            "&#;&#x;&;%%%\\u\\x=\\",
            "1, 2, 3, 4, 5, 6, 7, 8, 999, 1234, 00000000 11111111",
        ] {
            assert!(all.find(text.as_bytes()).is_empty(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_text_can_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..200), signs in "[\\\\%&=#x0u{};+U1-9a-f ]{0,60}") {
            let all = Disguises::of(&[KEY]);
            prop_assert!(all.find(&bytes).is_empty());
            for at in all.find(signs.as_bytes()) {
                prop_assert!(at.0.end <= signs.len());
            }
        }

        #[test]
        fn any_key_is_found(key in "[A-Za-z0-9]{16,40}[_/+.-][A-Za-z0-9]{1,9}", before in "[ -~]{0,9}") {
            let all = Disguises::of(&[&key]);
            for (name, text) in disguises(&key) {
                let whole = format!("{before}\n{text}");
                prop_assert!(!all.find(whole.as_bytes()).is_empty(), "{}: {}", name, whole);
            }
        }
    }
}
