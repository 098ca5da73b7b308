//! Paths inside a repository: bytes with `/` between parts, checked once.
//!
//! There are three rules, and each has its place. What a **tree may hold** is what git itself takes into an index
//! ([`RepoPath::in_tree`]): such a path cannot leave the work tree and is not git's own folder. What somebody **types**, and
//! what a program **names**, may besides not be taken for something else on another system ([`RepoPath::new`]). What a
//! **change may bring** is a rule of `scope`, since trees may hold odd names already.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why bytes are not a path inside the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing between two slashes, at an end, or at all.
    #[error("`{0}` has an empty part")]
    EmptyPart(String),
    /// Absolute, a drive letter, or a home folder.
    #[error("`{0}` is not relative to the repository")]
    Absolute(String),
    /// A part is `.` or `..`.
    #[error("`{0}` leaves the repository or names a folder twice (`.` and `..` are refused)")]
    Dots(String),
    /// A part is `.git`, or is taken for it by some file system.
    #[error("`{0}` names git's own folder")]
    GitFolder(String),
    /// A NUL byte.
    #[error("`{0}` holds a NUL byte")]
    Nul(String),
}

/// A path relative to the repository's top, as git stores it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// A path that is typed or brought by a change; see the module for what is refused.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, PathError> {
        let path = Self::in_tree(bytes)?;
        match path.why_not_new() {
            Some(error) => Err(error),
            None => Ok(path),
        }
    }

    /// A path that a tree holds: everything that git would check out, whatever some other system makes of its name.
    pub fn in_tree(bytes: impl Into<Vec<u8>>) -> Result<Self, PathError> {
        let bytes = bytes.into();
        let shown = || String::from_utf8_lossy(&bytes).into_owned();
        if bytes.contains(&0) {
            return Err(PathError::Nul(shown()));
        }
        if bytes.first() == Some(&b'/') {
            return Err(PathError::Absolute(shown()));
        }
        for part in bytes.split(|b| *b == b'/') {
            match part {
                b"" => return Err(PathError::EmptyPart(shown())),
                b"." | b".." => return Err(PathError::Dots(shown())),
                part if git_takes_for_its_own(part) => return Err(PathError::GitFolder(shown())),
                _ => {}
            }
        }
        Ok(Self(bytes))
    }

    /// Why nobody may type this path, nor a change bring it, though a tree may hold it.
    pub fn why_not_new(&self) -> Option<PathError> {
        let bytes = self.as_bytes();
        let shown = || self.to_text().into_owned();
        if bytes.first() == Some(&b'~') || (bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic()) {
            return Some(PathError::Absolute(shown()));
        }
        self.parts().any(is_git_folder).then(|| PathError::GitFolder(shown()))
    }

    /// The bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text where it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The path as text, with replacement characters where it is not UTF-8.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/')
    }

    /// The last part.
    pub fn file_name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// The path of the folder that holds it; `None` at the top.
    pub fn parent(&self) -> Option<RepoPath> {
        let slash = self.0.iter().rposition(|b| *b == b'/')?;
        Some(Self(self.0[..slash].to_vec()))
    }

    /// Whether it lies in the folder `dir` (given without a slash at its end), or is it.
    pub fn is_under(&self, dir: &str) -> bool {
        self.0
            .strip_prefix(dir.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    /// Whether it lies under `.harness/`, which no Builder may touch, in any spelling that some file system takes for it.
    pub fn is_harness(&self) -> bool {
        self.parts()
            .next()
            .is_some_and(|part| matches!(&*as_taken(part), ".harness" | "harnes~1"))
    }
}

/// Whether git refuses a part since it is its own folder, as it does everywhere: in any case, and in the spellings of NTFS,
/// also behind a backslash.
fn git_takes_for_its_own(part: &[u8]) -> bool {
    let taken = |part: &[u8]| {
        let stem = part.split(|byte| *byte == b':').next().unwrap_or_default();
        let end = stem.iter().rposition(|byte| !matches!(byte, b'.' | b' '));
        let stem = &stem[..end.map_or(0, |end| end + 1)];
        stem.eq_ignore_ascii_case(b".git") || stem.eq_ignore_ascii_case(b"git~1")
    };
    part.split(|byte| *byte == b'\\').any(taken)
}

/// Whether a file system may take this part for `.git`, or for a way out of the repository.
fn is_git_folder(part: &[u8]) -> bool {
    let is_git = |part: &[u8]| matches!(&*as_taken(part), ".git" | "git~1");
    // Windows takes a backslash for a slash.
    is_git(part)
        || part.contains(&b'\\')
            && part
                .split(|byte| *byte == b'\\')
                .any(|part| part == b".." || is_git(part))
}

/// A part as a file system may take it: without case, without trailing dots, blanks and `:stream` (NTFS), and without
/// the characters that HFS+ ignores.
fn as_taken(part: &[u8]) -> Cow<'_, str> {
    if part.is_ascii()
        && let Ok(text) = str::from_utf8(part)
    {
        let stem = text.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
        return match stem.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(stem.to_ascii_lowercase()),
            false => Cow::Borrowed(stem),
        };
    }
    let seen: String = String::from_utf8_lossy(part)
        .chars()
        .filter(
            |c| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'),
        )
        .flat_map(char::to_lowercase)
        .collect();
    let stem = seen.split(':').next().unwrap_or_default();
    Cow::Owned(stem.trim_end_matches(['.', ' ']).to_owned())
}

impl TryFrom<&str> for RepoPath {
    type Error = PathError;
    fn try_from(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

/// As text where it is UTF-8, else as `{"hex": "…"}`, so that no stored path is changed by storing it.
impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => {
                use serde::ser::SerializeMap;
                let hex: String = self.0.iter().map(|b| format!("{b:02x}")).collect();
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("hex", &hex)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = RepoPath;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path inside the repository")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RepoPath, E> {
                RepoPath::in_tree(text).map_err(E::custom)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<RepoPath, A::Error> {
                use serde::de::Error;
                let (key, hex): (String, String) =
                    map.next_entry()?.ok_or_else(|| A::Error::custom("empty path object"))?;
                let bytes: Option<Vec<u8>> = (key == "hex" && hex.is_ascii() && hex.len() % 2 == 0)
                    .then(|| {
                        (0..hex.len())
                            .step_by(2)
                            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).ok())
                            .collect()
                    })
                    .flatten();
                RepoPath::in_tree(bytes.ok_or_else(|| A::Error::custom("bad hex path"))?).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_taken_as_they_are() {
        for good in [
            "a",
            "src/main.rs",
            "docs/ä b.md",
            ".github/x",
            ".gitignore",
            "a.git",
            "git",
            "dir/.gitkeep",
        ] {
            assert_eq!(RepoPath::try_from(good).unwrap().as_str(), Some(good));
        }
    }

    #[test]
    fn paths_that_leave_the_tree_or_name_git_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "~/x",
            "C:/x",
            "a//b",
            "a/",
            "./a",
            "a/../b",
            ".git",
            "a/.GIT/config",
            ".git ",
            ".git.",
            "git~1/x",
            ".g\u{200c}it/x",
            ".git::$INDEX_ALLOCATION/x",
            "a\\..\\b",
            "a\\.git",
            "a\\.GIT.\\x",
            "GIT~1/config",
            "a\0b",
        ] {
            assert!(RepoPath::try_from(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_tree_may_hold_what_nobody_may_type_and_never_what_git_refuses() {
        for odd in [
            "~$Budget.xlsx",
            "~/.bashrc",
            "c:note",
            "a\\..\\b.txt",
            ".g\u{200c}it/x",
            "a\\b",
        ] {
            let path = RepoPath::in_tree(odd).unwrap();
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<RepoPath>(&json).unwrap(), path, "{odd}");
        }
        for bad in [
            "",
            "/x",
            "a//b",
            "a/",
            "./a",
            "a/../b",
            ".git",
            "a/.GIT/x",
            ".git /x",
            ".git./x",
            "GIT~1/x",
            ".git::$INDEX_ALLOCATION/x",
            "a\\.git",
            "a\\.GIT.\\x",
            "a\0b",
        ] {
            assert!(RepoPath::in_tree(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_path_that_is_not_utf8_survives_json() {
        let path = RepoPath::new(b"a/\xff".to_vec()).unwrap();
        let json = serde_json::to_string(&path).unwrap();
        assert_eq!(json, r#"{"hex":"612fff"}"#);
        assert_eq!(serde_json::from_str::<RepoPath>(&json).unwrap(), path);
    }

    #[test]
    fn under_means_the_folder_and_not_a_longer_name() {
        let path = |text: &str| RepoPath::try_from(text).unwrap();
        assert!(path(".harness/x").is_harness());
        assert!(!path(".harness2/x").is_harness());
        assert!(path(".HARNESS/x").is_harness() && path(".harness. /x").is_harness());
        assert!(path("HARNES~1/x").is_harness());
        assert_eq!(path("a/b/c").parent(), Some(path("a/b")));
        assert_eq!(path("a").parent(), None);
    }
}
