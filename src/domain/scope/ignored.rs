//! What a tree's own `.gitignore` files ignore: build output that a Builder leaves behind and nobody wants.
//!
//! Only rules that are committed count. A user's own excludes, or ones that a Builder wrote, decide nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::domain::path::RepoPath;

/// The rules of every `.gitignore` of one tree, by folder.
#[derive(Debug, Default)]
pub struct Ignored {
    levels: BTreeMap<Vec<u8>, Gitignore>,
}

impl Ignored {
    /// Adds the `.gitignore` of the folder `dir` (empty for the top). Lines that are no patterns are passed over, as
    /// git does.
    pub fn add(&mut self, dir: &[u8], text: &str) {
        let mut builder = GitignoreBuilder::new("");
        // As some editors begin a file; git passes over it, too.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for line in text.lines() {
            let _ = builder.add_line(None, &without_alternatives(line));
        }
        if let Ok(rules) = builder.build() {
            self.levels.insert(dir.to_vec(), rules);
        }
    }

    /// Whether the path, or a folder above it, is ignored.
    pub fn is_ignored(&self, path: &RepoPath, is_dir: bool) -> bool {
        if self.levels.is_empty() {
            return false;
        }
        let bytes = path.as_bytes();
        let folders = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'/')
            .any(|(end, _)| self.decides(&bytes[..end], true));
        folders || self.decides(bytes, is_dir)
    }

    /// The nearest `.gitignore` that has a matching pattern decides.
    fn decides(&self, path: &[u8], is_dir: bool) -> bool {
        let mut end = path.len();
        loop {
            let slash = path[..end].iter().rposition(|byte| *byte == b'/');
            let dir = slash.map_or(&path[..0], |at| &path[..at]);
            if let Some(rules) = self.levels.get(dir) {
                let below = if dir.is_empty() { path } else { &path[dir.len() + 1..] };
                match rules.matched(&*String::from_utf8_lossy(below), is_dir) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
            match slash {
                Some(at) => end = at,
                None => return false,
            }
        }
    }
}

/// A pattern in which braces stand for themselves, as they do for git; for the matcher they would hold alternatives.
fn without_alternatives(line: &str) -> Cow<'_, str> {
    if !line.contains(['{', '}']) {
        return Cow::Borrowed(line);
    }
    let mut escaped = String::with_capacity(line.len() + 4);
    let (mut is_escaped, mut class) = (false, None);
    for (at, letter) in line.char_indices() {
        match (letter, class) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            // A bracket that stands first in a class does not end it.
            ('[', None) => class = Some(at + 1),
            ('!' | '^', Some(start)) if at == start => class = Some(at + 1),
            (']', Some(start)) if at > start => class = None,
            ('{' | '}', None) => escaped.push('\\'),
            _ => {}
        }
        escaped.push(letter);
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::try_from(text).unwrap()
    }

    #[test]
    fn folders_files_and_exceptions_follow_git() {
        let mut rules = Ignored::default();
        rules.add(b"", "/target\n*.log\nnode_modules/\n");
        rules.add(b"web", "!keep.log\ndist\n");
        for ignored in [
            "target/debug/x",
            "a/b.log",
            "web/node_modules/x/y.js",
            "web/dist/app.js",
        ] {
            assert!(rules.is_ignored(&path(ignored), false), "{ignored}");
        }
        for kept in [
            "src/target",
            "web/keep.log",
            "dist/app.js",
            "web/src/x.js",
            "node_modules",
        ] {
            assert!(!rules.is_ignored(&path(kept), false), "{kept}");
        }
        assert!(rules.is_ignored(&path("node_modules"), true));
    }

    #[test]
    fn braces_are_letters_as_they_are_for_git() {
        let mut rules = Ignored::default();
        rules.add(b"", "*.{js,map}\n[{]x\n\\{y\nlone{z\n");
        for kept in ["src/a.js", "a.map", "y", "lone"] {
            assert!(!rules.is_ignored(&path(kept), false), "{kept}");
        }
        for ignored in ["a.{js,map}", "{x", "{y", "lone{z"] {
            assert!(rules.is_ignored(&path(ignored), false), "{ignored}");
        }
    }

    #[test]
    fn a_mark_before_the_first_rule_is_no_part_of_it() {
        let mut rules = Ignored::default();
        rules.add(b"", "\u{feff}build/\r\n*.o\r\n");
        assert!(rules.is_ignored(&path("build/x"), false) && rules.is_ignored(&path("a.o"), false));
    }

    #[test]
    fn a_file_in_an_ignored_folder_cannot_be_brought_back() {
        let mut rules = Ignored::default();
        rules.add(b"", "out/\n!out/x\n");
        assert!(rules.is_ignored(&path("out/x"), false));
    }
}
