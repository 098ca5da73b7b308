//! Names of new files: what cannot be carried to every machine, or deceives whoever reads it.

use unicode_normalization::UnicodeNormalization;

use crate::domain::path::RepoPath;
use crate::domain::trailer::is_deceptive;

use super::violation::Rule;

/// The deepest path: folders and the name.
pub const MOST_DEPTH: usize = 64;
/// The longest path, in bytes; some systems take no longer one.
pub const MOST_PATH: usize = 1024;
/// The longest name of a file or folder, in bytes.
const MOST_NAME: usize = 255;

/// The rule that the name of a new path breaks, if it breaks one.
pub fn wrong_name(path: &RepoPath) -> Option<Rule> {
    too_long(path.as_bytes())
        .map(|what| Rule::Limit { what })
        .or_else(|| path.why_not_new().map(|error| Rule::Name { why: error.to_string() }))
        .or_else(|| odd_name(path).map(|why| Rule::Name { why }))
}

/// The limit that a path goes over, if any.
pub fn too_long(path: &[u8]) -> Option<String> {
    let depth = 1 + path.iter().filter(|byte| **byte == b'/').count();
    if depth > MOST_DEPTH {
        return Some(format!("{depth} folders deep, and at most {MOST_DEPTH} are taken"));
    }
    if path.len() > MOST_PATH {
        return Some(format!(
            "a path of {} bytes, and at most {MOST_PATH} are taken",
            path.len()
        ));
    }
    let longest = path
        .split(|byte| *byte == b'/')
        .map(<[u8]>::len)
        .max()
        .unwrap_or_default();
    (longest > MOST_NAME).then(|| format!("a name of {longest} bytes, and at most {MOST_NAME} are taken"))
}

/// What is wrong with the name of a new path, if anything is.
fn odd_name(path: &RepoPath) -> Option<String> {
    let Some(text) = path.as_str() else {
        return Some("the name is not UTF-8".to_owned());
    };
    let odd = deceives(text).map(|why| format!("the name {why}"));
    odd.or_else(|| text.split('/').find_map(not_portable))
}

/// What in a name or a glob is not what it seems to be, if anything is.
pub(super) fn deceives(text: &str) -> Option<String> {
    let holds = |what: &str, odd: char| format!("holds {what} (U+{:04X})", u32::from(odd));
    let mut before = ' ';
    for c in text.chars() {
        if c.is_control() {
            return Some(holds("a control character", c));
        }
        // The picture variant of a sign stands behind it, and nowhere else.
        if is_deceptive(c) || is_unseen(c) || c == '\u{fe0f}' && before.is_ascii() {
            return Some(holds("an invisible character", c));
        }
        if is_private(c) {
            return Some(holds("a character that means nothing elsewhere", c));
        }
        before = c;
    }
    text.split(|c: char| !c.is_alphabetic()).find_map(mixed)
}

/// Characters without a shape of their own, besides those that change how a line looks.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What some systems write in place of characters that they do not allow, and what is no character at all.
const fn is_private(c: char) -> bool {
    matches!(c, '\u{f000}'..='\u{f0ff}' | '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe
}

/// A word that mixes Latin letters with others that look just like them.
fn mixed(word: &str) -> Option<String> {
    let odd = word.chars().find(|c| looks_latin(*c))?;
    word.chars().any(|c| c.is_ascii_alphabetic()).then(|| {
        let code = u32::from(odd);
        format!("mixes Latin letters with one that only looks like them (`{word}`, U+{code:04X})")
    })
}

/// Cyrillic and Greek letters that cannot be told from Latin ones.
fn looks_latin(c: char) -> bool {
    "\u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{456}\u{458}\u{455}\u{4bb}\u{501}\u{51b}\u{51d}\u{4cf}\
     \u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{423}\u{425}\u{406}\u{408}\u{405}\
     \u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\u{3a1}\u{3a4}\u{3a5}\u{3a7}\u{3bf}\u{3bd}"
        .contains(c)
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
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|digit| {
            matches!(digit, "¹" | "²" | "³") || digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit()
        })
    };
    let device = matches!(&*stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$");
    if device || numbered("com") || numbered("lpt") {
        return Some(format!("`{part}` is a device on Windows"));
    }
    is_short_name(part).then(|| format!("`{part}` may be another file's short name on Windows"))
}

/// `GITMOD~1`, `AGENTS~1.MD`: what Windows may take for a file with a longer name.
fn is_short_name(part: &str) -> bool {
    let (stem, extension) = part.split_once('.').unwrap_or((part, ""));
    let Some((name, number)) = stem.rsplit_once('~') else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && !name.is_empty() && stem.chars().count() <= 8 && extension.chars().count() <= 3
}

/// The form in which two paths are the same on file systems that fold case or the parts of letters.
pub fn folded(path: &RepoPath) -> String {
    fold(&path.to_text())
}

/// The same for a text.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // By way of capitals, since some letters have more than one small form.
    let capitals = text.nfd().flat_map(char::to_uppercase);
    capitals.flat_map(char::to_lowercase).nfc().collect()
}

/// The path as a file system may take it that folds names, ends them before dots, blanks and colons, and does not see
/// some characters: what protects a file protects all of its names.
pub(super) fn as_seen(path: &RepoPath) -> String {
    let text = path.to_text();
    let seen = text.split('/').map(|part| {
        let visible: String = part.chars().filter(|c| !is_deceptive(*c)).collect();
        let stem = visible.split(':').next().unwrap_or_default();
        fold(stem.trim_end_matches(['.', ' ']))
    });
    seen.collect::<Vec<_>>().join("/")
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
            "backup~",
            "a.~1~",
            "Δx μm.csv",
            "отчёт-v2.md",
            "✔️ done.md",
            "写真\u{3000}1.jpg",
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
            "com¹.txt".as_bytes(),
            b"con .txt",
            b"conin$",
            b"AGENTS~1.MD",
            b"harnes~1/x",
            "p\u{430}ypal.js".as_bytes(),
            "a\u{ad}b".as_bytes(),
            "a\u{fe0f}b".as_bytes(),
            "a\u{e0041}".as_bytes(),
            "a\u{2028}b".as_bytes(),
            "a\u{f03a}b".as_bytes(),
            "a\u{fffe}".as_bytes(),
        ] {
            assert!(odd(bad).is_some(), "{bad:?}");
        }
    }
}
