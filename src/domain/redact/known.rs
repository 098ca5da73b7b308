//! Secrets that are known by value: which are worth hiding, and the forms in which they turn up.

use std::fmt::Write as _;

use super::disguise::{STANDARD, URL_SAFE, core};

/// The shortest value, and the shortest form of one, that is looked for.
const SHORTEST: usize = 8;

/// Whether a value can be replaced everywhere without making text unreadable: a database's password `postgres` is also
/// its name.
pub(super) fn is_worth_hiding(value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_lowercase()) || value.bytes().all(|byte| byte.is_ascii_digit());
    value.len() >= if plain { 12 } else { SHORTEST }
}

/// The forms of a value: as it stands, its long lines, URL-encoded, and in base64 wherever it begins in a longer text.
pub(super) fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = vec![value.as_bytes().to_vec()];
    if value.contains('\n') {
        // A log may indent or number the lines of a key file.
        forms.extend(
            value
                .lines()
                .map(str::trim)
                .filter(|line| line.len() >= 16 && !line.starts_with("-----"))
                .map(|line| line.as_bytes().to_vec()),
        );
        forms.push(value.replace('\n', "\\n").into_bytes());
    }
    forms.push(url_encoded(value, "%20"));
    forms.push(url_encoded(value, "+"));
    for alphabet in [STANDARD, URL_SAFE] {
        for offset in 0..3 {
            forms.push(core(value.as_bytes(), offset, 6, alphabet));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort();
    forms.dedup();
    forms
}

/// A pattern that matches exactly these bytes.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut pattern = String::with_capacity(bytes.len() * 4);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            pattern.push(char::from(*byte));
        } else {
            let _ = write!(pattern, "\\x{byte:02x}");
        }
    }
    pattern
}

fn url_encoded(value: &str, blank: &str) -> Vec<u8> {
    let mut encoded = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        match byte {
            b' ' => encoded.push_str(blank),
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded.into_bytes()
}
