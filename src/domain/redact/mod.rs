//! Redaction: secrets in foreign text are replaced by `[redacted:kind:hash]` before the text is kept or shown.
//!
//! What is known by value is found as it stands and in every disguise that can be undone by hand (`disguise.rs`); what is
//! not known is found by the shapes of well-known keys. The hash is keyed by the repository's salt, so that equal secrets can be told
//! apart from others without anybody learning them. Redacting twice changes nothing. Where the values come from, and
//! where the text goes, is for others.

mod disguise;
mod known;
mod pattern;
mod sieve;
mod stream;
mod view;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use memchr::memmem;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

pub use disguise::Disguises;
pub use sieve::{Sieve, mask};
pub use stream::Stream;

/// The text that stands for everything where the search itself could not be built.
const WITHHELD: &[u8] = b"[redacted: the search for secrets could not be built]";

/// The most bytes for which building the search costs more than looking for what every secret has.
const LITTLE: usize = 64 * 1024;

/// How often a text is searched again after something in it was replaced; twice is enough but for made-up text.
const MOST_ROUNDS: usize = 8;

/// What finds and replaces secrets. Its search is built when it is first used.
#[derive(Debug)]
pub struct Redactor {
    key: [u8; 32],
    values: Vec<String>,
    search: OnceLock<Option<Search>>,
    disguises: OnceLock<Disguises>,
}

/// One compiled search: what was redacted before, what is known, and what looks like a key.
#[derive(Debug)]
struct Search {
    regex: Regex,
    /// The value that each form of a known secret stands for.
    forms: Vec<usize>,
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub at: Range<usize>,
    /// What it is.
    pub kind: &'static str,
    /// Its shape is so particular, or it is known by value, that it is no accident in a source file.
    pub sure: bool,
    value: Option<usize>,
}

impl Redactor {
    /// Knows secrets by value, besides the shapes of keys. Values under 8 characters, and plain words and numbers under
    /// 12, are left out: they would hide half of every log.
    pub fn new<S: AsRef<str>>(values: &[S], salt: &[u8]) -> Self {
        let mut values: Vec<String> = values
            .iter()
            .map(|value| value.as_ref().trim().to_owned())
            .filter(|value| known::is_worth_hiding(value))
            .collect();
        values.sort();
        values.dedup();
        Self {
            key: *blake3::hash(salt).as_bytes(),
            values,
            search: OnceLock::new(),
            disguises: OnceLock::new(),
        }
    }

    /// The same, knowing more values.
    #[must_use]
    pub fn and_knowing<S: AsRef<str>>(&self, more: &[S]) -> Self {
        let more = more.iter().map(|value| value.as_ref().to_owned());
        let values: Vec<String> = self.values.iter().cloned().chain(more).collect();
        Self {
            key: self.key,
            ..Self::new(&values, &[])
        }
    }

    /// Whether a value is known, or not worth knowing.
    pub fn knows(&self, value: &str) -> bool {
        let value = value.trim();
        !known::is_worth_hiding(value) || self.values.iter().any(|known| known == value)
    }

    /// Whether a text may hold a secret: never wrong in saying no.
    fn may_hold(&self, bytes: &[u8]) -> bool {
        let known = |value: &String| {
            known::forms(value)
                .iter()
                .any(|form| memmem::find(bytes, form).is_some())
        };
        pattern::ALL.iter().any(|pattern| pattern.may_be_in(bytes)) || self.values.iter().any(known)
    }

    fn search(&self) -> Option<&Search> {
        self.search.get_or_init(|| Search::new(&self.values)).as_ref()
    }

    /// Every secret in a text, in order, none inside of another; `None` where the search could not be built.
    pub fn find(&self, bytes: &[u8]) -> Option<Vec<Found>> {
        // A hook looks at little, mostly without anything like a secret, and is to be gone at once.
        let plain = if self.search.get().is_none() && bytes.len() <= LITTLE && !self.may_hold(bytes) {
            Vec::new()
        } else {
            self.search()?.find(bytes)
        };
        Some(self.with_disguised(plain, bytes))
    }

    /// With the known values that stand there in disguise.
    fn with_disguised(&self, plain: Vec<Found>, bytes: &[u8]) -> Vec<Found> {
        if self.values.is_empty() {
            return plain;
        }
        let disguises = self.disguises.get_or_init(|| Disguises::of(&self.values));
        let hidden = disguises.find(bytes);
        if hidden.is_empty() {
            return plain;
        }
        let hidden = hidden.into_iter().map(|(at, value)| Found {
            at,
            kind: "known",
            sure: true,
            value: Some(value),
        });
        let mut all: Vec<Found> = plain.into_iter().chain(hidden).collect();
        all.sort_by_key(|found| found.at.start);
        let mut joined: Vec<Found> = Vec::with_capacity(all.len());
        for found in all {
            match joined.last_mut() {
                Some(last) if found.at.start < last.at.end => {
                    last.at.end = last.at.end.max(found.at.end);
                    last.sure |= found.sure;
                }
                _ => joined.push(found),
            }
        }
        joined
    }

    /// The bytes without secrets.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut clean = Cow::Borrowed(bytes);
        // What stood against a secret, and was no word of its own, may be one once that is replaced.
        for _ in 0..MOST_ROUNDS {
            let Some(found) = self.find(&clean) else {
                return Cow::Borrowed(WITHHELD);
            };
            if found.is_empty() {
                return clean;
            }
            clean = Cow::Owned(self.replaced(&clean, &found));
        }
        clean
    }

    fn replaced(&self, bytes: &[u8], found: &[Found]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(bytes.len());
        let mut from = 0;
        for one in found {
            clean.extend_from_slice(&bytes[from..one.at.start]);
            clean.extend_from_slice(self.tag(one, &bytes[one.at.clone()]).as_bytes());
            from = one.at.end;
        }
        clean.extend_from_slice(&bytes[from..]);
        clean
    }

    /// The text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(same) if std::ptr::eq(same, text.as_bytes()) => Cow::Borrowed(text),
            other => Cow::Owned(String::from_utf8_lossy(&other).into_owned()),
        }
    }

    /// A redaction of bytes that come in pieces.
    pub fn stream(&self) -> Stream<'_> {
        Stream::new(self)
    }

    fn tag(&self, found: &Found, bytes: &[u8]) -> String {
        // Every form of a known value has the value's hash, so that they are seen to be the same.
        let secret = found.value.map_or(bytes, |value| self.values[value].as_bytes());
        let hash = blake3::keyed_hash(&self.key, secret).to_hex();
        format!("[redacted:{}:{}]", found.kind, &hash[..8])
    }
}

impl Search {
    fn new(values: &[String]) -> Option<Self> {
        let mut forms: Vec<(Vec<u8>, usize)> = values
            .iter()
            .enumerate()
            .flat_map(|(index, value)| known::forms(value).into_iter().map(move |form| (form, index)))
            .collect();
        // The first that matches at a place wins: the longest has to come first.
        forms.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        let mut patterns = vec![pattern::TAG.to_owned()];
        patterns.extend(forms.iter().map(|(form, _)| known::literal(form)));
        patterns.extend(pattern::ALL.iter().map(|pattern| pattern.regex.to_owned()));
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false).nfa_size_limit(None).onepass(false))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(&patterns)
            .ok()?;
        Some(Self {
            regex,
            forms: forms.into_iter().map(|(_, value)| value).collect(),
        })
    }

    fn find(&self, bytes: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(hit) = self.regex.find(regex_automata::Input::new(bytes).range(from..)) {
            let id = hit.pattern().as_usize();
            let at = hit.range();
            from = at.end;
            if id == 0 {
                continue;
            }
            match id.checked_sub(1 + self.forms.len()) {
                None => found.push(Found {
                    at,
                    kind: "known",
                    sure: true,
                    value: Some(self.forms[id - 1]),
                }),
                Some(index) => {
                    let pattern = &pattern::ALL[index];
                    match pattern.secret(bytes, at.clone()) {
                        Some(at) => found.push(Found {
                            at,
                            kind: pattern.kind,
                            sure: pattern.sure,
                            value: None,
                        }),
                        // Something longer may begin within what only looked like a key.
                        None => from = at.start + 1,
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
