//! The paths in the heads of a unified diff, with git's quoting.

/// A head's path without its time stamp, and without git's quotes.
pub(super) fn path(text: &str) -> String {
    let text = text.split('\t').next().unwrap_or_default().trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => text.to_owned(),
    }
}

/// The two paths of `diff --git a/x b/x`. Where blanks leave it open, the two halves have to be alike.
pub(super) fn git_paths(text: &str) -> Option<(String, String)> {
    let text = text.trim_end();
    if let Some((old, new)) = text.strip_prefix('"').and_then(|text| text.split_once("\" \"")) {
        return Some((unquoted(old), unquoted(new.trim_end_matches('"'))));
    }
    let mut places = text.match_indices(' ').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let alike = |(old, new): &(&str, &str)| {
        old.strip_prefix("a/")
            .is_some_and(|old| Some(old) == new.strip_prefix("b/"))
            || old == new
    };
    let found = places.clone().find(alike).or_else(|| places.next())?;
    Some((found.0.to_owned(), found.1.to_owned()))
}

/// Undoes git's quoting: `\303\244`, `\t`, `\"`.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(first @ b'0'..=b'3') => {
                let mut digit = || u32::from(rest.next().unwrap_or(b'0').wrapping_sub(b'0') & 7);
                let value = u32::from(first - b'0') * 64 + digit() * 8 + digit();
                bytes.push(u8::try_from(value & 255).unwrap_or(b'?'));
            }
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_git_writes_them() {
        assert_eq!(path("a/my dir/x.rs\t2026-01-01 10:00:00"), "a/my dir/x.rs");
        assert_eq!(path("\"a/\\303\\244\\t\\\"x\""), "a/ä\t\"x");
        let pair = |old: &str, new: &str| Some((old.to_owned(), new.to_owned()));
        assert_eq!(git_paths("a/x y b/x y"), pair("a/x y", "b/x y"));
        assert_eq!(git_paths("\"a/\\303\\244\" \"b/\\303\\244\""), pair("a/ä", "b/ä"));
        assert_eq!(git_paths("x"), None);
    }
}
