//! Time and randomness, handed in, so that a run can be repeated to the byte.
//!
//! Anyone may hold a [`Clock`]; nobody else may ask the machine for the time or for random bytes.

use jiff::Timestamp;

/// Where time and random names come from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Seconds that nobody can set: since this machine started, those asleep included. How long something took, also
    /// from one process to the next. After a restart they are fewer, so what is measured is never too long.
    fn steady_seconds(&self) -> u64 {
        // Where somebody made the time up, it is as steady as they made it.
        u64::try_from(self.now().as_second()).unwrap_or(0)
    }

    /// A random name of `len` characters from `0-9a-z`, for writers, slots and temporary files.
    fn random_name(&self, len: usize) -> String;
}

/// The machine's clock and its random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady_seconds(&self) -> u64 {
        let since_start = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        u64::try_from(since_start.tv_sec).unwrap_or(0)
    }

    fn random_name(&self, len: usize) -> String {
        use std::hash::{BuildHasher, Hasher};
        // Each RandomState is seeded by the operating system; 64 bits of it make twelve characters.
        const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut name = String::with_capacity(len);
        while name.len() < len {
            let mut bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
            for _ in 0..12.min(len - name.len()) {
                name.push(char::from(ALPHABET[(bits % 36) as usize]));
                bits /= 36;
            }
        }
        name
    }
}
