//! Known secrets taken out of bytes that pass by: each is written over, in place, so that lengths stay as they were told.

use super::disguise::Disguises;

/// How many bytes of a text one byte of a secret may take up in a disguise.
const WIDEST: usize = 16;

/// What a secret is written over with.
const MASK: u8 = b'*';

/// What takes secrets out of bytes that come in pieces. As much is held back as a secret may be long, so that none lies
/// across two pieces.
#[derive(Debug)]
pub struct Sieve<'a> {
    secrets: &'a Disguises,
    window: usize,
    held: Vec<u8>,
}

impl<'a> Sieve<'a> {
    /// One for secrets of at most this length.
    pub fn new(secrets: &'a Disguises, longest: usize) -> Self {
        Self {
            secrets,
            window: longest.saturating_mul(WIDEST).saturating_add(64),
            held: Vec::new(),
        }
    }

    /// One that goes on where another one stopped, with what that held back.
    pub fn resume(secrets: &'a Disguises, longest: usize, held: Vec<u8>) -> Self {
        Self {
            held,
            ..Self::new(secrets, longest)
        }
    }

    /// What is held back.
    pub fn into_held(self) -> Vec<u8> {
        self.held
    }

    /// Takes bytes and gives those that nothing to come can change.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        if self.held.len() <= self.window {
            return Vec::new();
        }
        mask(self.secrets, &mut self.held);
        let ready = self.held.len() - self.window;
        self.held.drain(..ready).collect()
    }

    /// Gives what was held back; nothing more comes.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        mask(self.secrets, &mut self.held);
        std::mem::take(&mut self.held)
    }
}

/// Writes over every secret in a text.
pub fn mask(secrets: &Disguises, text: &mut [u8]) {
    for (at, _) in secrets.find(text) {
        text[at].fill(MASK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_the_pieces_are_cut_nothing_of_a_secret_passes() {
        let key = "Quai-tx9Zr4mLw7Vb2kPd8sNy";
        let secrets = Disguises::of(&[key]);
        let hex: String = key.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let text = format!("{}{key}{}{hex}{}", "a".repeat(700), "b".repeat(600), "c".repeat(900));
        let wanted = text
            .replace(key, &"*".repeat(key.len()))
            .replace(&hex, &"*".repeat(hex.len()));
        for size in [1, 3, 24, 100, 777, 5000] {
            let mut sieve = Sieve::new(&secrets, key.len());
            let mut passed = Vec::new();
            for part in text.as_bytes().chunks(size) {
                passed.extend(sieve.push(part));
            }
            passed.extend(sieve.finish());
            assert_eq!(String::from_utf8(passed).unwrap(), wanted, "in pieces of {size}");
        }
    }
}
