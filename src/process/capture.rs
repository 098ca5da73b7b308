//! Output of a program in bounded memory: its beginning and its end, and how much was left out between.

/// What is kept of a stream.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// The beginning.
    pub head: Vec<u8>,
    /// The end, where the beginning does not reach it.
    pub tail: Vec<u8>,
    /// Bytes between the two that were not kept.
    pub dropped: u64,
    keep: usize,
}

impl Captured {
    /// Keeps at most about `keep` bytes: half for the beginning, half for the end.
    pub fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// Takes more output.
    pub fn push(&mut self, mut bytes: &[u8]) {
        let half = self.keep / 2;
        if self.head.len() < half {
            let (first, rest) = bytes.split_at(bytes.len().min(half - self.head.len()));
            self.head.extend_from_slice(first);
            bytes = rest;
        }
        self.tail.extend_from_slice(bytes);
        // Cut rarely, so that a long stream costs one move of memory for each half that passes.
        if self.tail.len() > 2 * half {
            let out = self.tail.len() - half;
            self.tail.drain(..out);
            self.dropped += out as u64;
        }
    }

    /// The whole, with a line where something was left out.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        if self.dropped > 0 {
            bytes.extend_from_slice(format!("\n… {} bytes left out …\n", self.dropped).as_bytes());
        }
        bytes.extend_from_slice(&self.tail);
        bytes
    }

    /// The whole as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.to_bytes()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_kept_whole_and_long_output_at_both_ends() {
        let mut short = Captured::new(100);
        short.push(b"one ");
        short.push(b"two");
        assert_eq!(short.text(), "one two");

        let mut long = Captured::new(20);
        for number in 0..1000 {
            long.push(format!("{number:04} ").as_bytes());
        }
        let text = long.text();
        assert!(text.starts_with("0000 0001 "), "{text}");
        assert!(text.ends_with("0998 0999 "), "{text}");
        assert_eq!(long.dropped as usize + long.head.len() + long.tail.len(), 5000);
        assert!(long.tail.len() <= 20);
    }
}
