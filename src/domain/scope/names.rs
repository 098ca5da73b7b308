//! Names of new files: what cannot be carried to every machine, or deceives whoever reads it.

use crate::domain::path::RepoPath;
use crate::domain::trailer::is_deceptive;

/// What is wrong with the name of a new path, if anything is.
pub fn odd_name(path: &RepoPath) -> Option<String> {
    let Some(text) = path.as_str() else {
        return Some("the name is not UTF-8".to_owned());
    };
    if let Some(odd) = text.chars().find(|c| c.is_control()) {
        return Some(format!("the name holds a control character (U+{:04X})", u32::from(odd)));
    }
    if let Some(odd) = text.chars().find(|c| is_deceptive(*c)) {
        return Some(format!(
            "the name holds an invisible character (U+{:04X})",
            u32::from(odd)
        ));
    }
    text.split('/').find_map(not_portable)
}

fn not_portable(part: &str) -> Option<String> {
    if part.ends_with(['.', ' ']) {
        return Some("a name may not end in a dot or blank on Windows".to_owned());
    }
    if let Some(odd) = part
        .chars()
        .find(|c| matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\'))
    {
        return Some(format!("a name may not hold `{odd}` on Windows"));
    }
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|digit| digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit())
    };
    if matches!(&*stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt") {
        return Some(format!("`{part}` is a device on Windows"));
    }
    None
}

/// The form in which two paths are the same on file systems that fold case.
pub fn folded(path: &RepoPath) -> String {
    path.to_text().chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_of_any_language_pass_and_odd_ones_are_named() {
        let odd = |bytes: &[u8]| odd_name(&RepoPath::new(bytes).unwrap());
        for good in [
            "src/größe.rs",
            "文档/说明.md",
            "a b/c.d.e",
            ".hidden",
            "common.rs",
            "com10",
        ] {
            assert_eq!(odd(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "a\nb".as_bytes(),
            b"a\x1b[2J",
            "a\u{202e}b".as_bytes(),
            b"a/con.txt",
            b"NUL",
            b"a.",
            b"a ",
            b"ab:c",
            b"a?b",
            b"\xff",
            b"com1",
        ] {
            assert!(odd(bad).is_some(), "{bad:?}");
        }
    }
}
