//! Which file is meant: names as models write them, made paths of the repository. What may be one of two files is
//! never guessed.

use std::collections::HashSet;

use crate::domain::path::RepoPath;

use super::error::AnswerError;
use super::locate::likeness;

/// What is known of the repository when an answer is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The files that the card allows: those that are there, and those that it names exactly.
    pub allowed: &'a [RepoPath],
    /// Every file that is there.
    pub all: &'a [RepoPath],
    /// The repository's folder as the model may have seen it, to take it off absolute paths.
    pub root: Option<&'a str>,
}

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To change what is there: a name that is nearly right may be put right.
    Change,
    /// To give a whole text, of a new file or an old one.
    Write,
    /// To make, move to or delete: the name is taken as it is.
    Exactly,
}

/// The longest thing that is taken for a path.
const LONGEST: usize = 250;
/// How alike a mangled name has to be to the real one.
const ALIKE: f32 = 0.8;
/// Folders that prompts use in examples.
const EXAMPLE_FOLDERS: [&str; 2] = ["path/to/", "your/path/to/"];
/// Files that have neither a folder nor an ending, and are still files.
const BARE: [&str; 8] = [
    "Makefile",
    "Dockerfile",
    "Containerfile",
    "Procfile",
    "Justfile",
    "Gemfile",
    "Rakefile",
    "LICENSE",
];
/// Words before a path that say that it is one.
const LABELS: [&str; 6] = ["file:", "filename:", "path:", "new file:", "filepath:", "file path:"];
/// Words behind a path.
const REMARKS: [&str; 7] = [
    "(new)",
    "(new file)",
    "(modified)",
    "(updated)",
    "(changed)",
    "(full file)",
    "(whole file)",
];

/// The names of a repository, ready to be asked.
pub(super) struct Names<'a> {
    known: Known<'a>,
    there: HashSet<&'a [u8]>,
    allowed: HashSet<&'a [u8]>,
}

impl<'a> Names<'a> {
    pub(super) fn of(known: Known<'a>) -> Self {
        Self {
            known,
            there: known.all.iter().map(RepoPath::as_bytes).collect(),
            allowed: known.allowed.iter().map(RepoPath::as_bytes).collect(),
        }
    }

    /// The only file that the card allows.
    pub(super) fn only(&self) -> Option<&'a RepoPath> {
        match self.known.allowed {
            [only] => Some(only),
            _ => None,
        }
    }

    pub(super) fn has_allowed(&self) -> bool {
        !self.known.allowed.is_empty()
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.there.contains(name.as_bytes()) || self.allowed.contains(name.as_bytes())
    }

    /// A line that is a path and nothing else, its decoration removed.
    pub(super) fn plain(&self, line: &str) -> Option<String> {
        let name = undecorated(without_ends(undecorated(line)));
        if name.is_empty() || name.len() > LONGEST || name.chars().all(|c| matches!(c, '.' | '/')) {
            return None;
        }
        if self.is_known(name) {
            return Some(name.to_owned());
        }
        let quoted = line.trim().starts_with('`') && !name.contains(' ');
        let strange = |c: char| c.is_whitespace() || "\"'()<>|`*?!,;{}[]=".contains(c);
        let plausible = !name.contains(strange)
            && !name.contains("://")
            && !name.ends_with('.')
            && (name.contains(['.', '/', '\\'])
                || BARE.contains(&name)
                || quoted
                || name.starts_with('~')
                || self.mangled(name).is_some());
        plausible.then(|| name.to_owned())
    }

    /// A comment that names a file and nothing else, as the first line of a block.
    pub(super) fn in_comment(&self, line: &str) -> Option<String> {
        let text = line.trim();
        let comment = ["//", "#", "--", "/*", "<!--", ";"]
            .iter()
            .find_map(|mark| text.strip_prefix(mark))?;
        let name = self.plain(comment.trim_end_matches("*/").trim_end_matches("-->").trim())?;
        (self.is_known(&name) || name.contains('/') && name.contains('.')).then_some(name)
    }

    /// The path behind a fence's marks: ```` ```src/a.rs ````, ```` ```rust src/a.rs ````, ```` ```js title="a.js" ````.
    pub(super) fn in_info(&self, info: &str) -> Option<String> {
        let value = |word: &str| {
            let (key, value) = word.split_once('=')?;
            matches!(key, "title" | "file" | "filename" | "path" | "name")
                .then(|| value.trim_matches(['"', '\'']).to_owned())
        };
        if let Some(name) = info.split_whitespace().find_map(value) {
            return self.plain(&name);
        }
        let last = info.rsplit([' ', '\t']).next().unwrap_or_default();
        let last = match last.split_once(':') {
            Some((language, path)) if !language.contains(['/', '.', '\\']) && language.len() > 1 => path,
            _ => last,
        };
        last.contains(['.', '/']).then(|| self.plain(last))?
    }

    /// The one file that a line of prose names in backticks.
    pub(super) fn mentioned(&self, line: &str) -> Option<String> {
        let mut names = line.split('`').skip(1).step_by(2).filter_map(|text| self.plain(text));
        let name = names.next()?;
        let only = names.all(|other| other == name);
        (only && (self.is_known(&name) || name.contains(['.', '/']) && !name.contains(':'))).then_some(name)
    }

    /// The path that a name means.
    pub(super) fn resolve(&self, said: &str, purpose: Purpose) -> Result<RepoPath, AnswerError> {
        let bad = |why: String| AnswerError::BadPath {
            path: said.to_owned(),
            why,
        };
        let name = self.inside_root(said.trim());
        let name = name.strip_prefix("./").unwrap_or(name);
        let slashes = name.replace('\\', "/");
        let name = if self.is_known(name) { name } else { &slashes };
        let path = match self.is_known(name) {
            true => RepoPath::in_tree(name),
            false => RepoPath::new(name),
        };
        let path = path.map_err(|error| bad(error.to_string()))?;
        if self.is_known(name) || purpose == Purpose::Exactly {
            return Ok(path);
        }
        let invented = path.parent().is_none()
            || EXAMPLE_FOLDERS.iter().any(|folder| name.starts_with(folder))
            || purpose == Purpose::Change;
        if invented && let Some(only) = self.only_of_name(path.file_name()) {
            return Ok(only);
        }
        let meant = match purpose {
            Purpose::Change => self.alike(name),
            _ => self.mangled(name),
        };
        Ok(meant.unwrap_or(path))
    }

    /// Without the repository's own folder before it.
    fn inside_root<'b>(&self, name: &'b str) -> &'b str {
        self.known
            .root
            .and_then(|root| name.strip_prefix(root.trim_end_matches('/')))
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(name)
    }

    /// The one allowed file whose last part is this.
    fn only_of_name(&self, file_name: &[u8]) -> Option<RepoPath> {
        one(self.known.allowed.iter().filter(|path| path.file_name() == file_name)).cloned()
    }

    /// The one allowed file whose name is nearly this, if no other file's is.
    fn alike(&self, name: &str) -> Option<RepoPath> {
        let bare = !name.contains('/');
        let is_alike = |path: &RepoPath| {
            let file_name = String::from_utf8_lossy(path.file_name()).into_owned();
            likeness(name, &path.to_text(), ALIKE).is_some() || (bare && likeness(name, &file_name, ALIKE).is_some())
        };
        let candidate = one(self.known.allowed.iter().filter(|path| is_alike(path)))?;
        let others = self.known.all.iter().any(|path| path != candidate && is_alike(path));
        (!others).then(|| candidate.clone())
    }

    /// The one file whose name differs only in what stands between its letters and digits (`file1_py`, `srca.rs`),
    /// for names that are no likely path themselves.
    fn mangled(&self, name: &str) -> Option<RepoPath> {
        let letters = |text: &str| -> String {
            let kept = text.chars().filter(|c| c.is_alphanumeric());
            kept.flat_map(char::to_lowercase).collect()
        };
        let wanted = letters(name);
        if name.contains('/') || wanted.len() < 4 {
            return None;
        }
        let is_same = |path: &&RepoPath| {
            letters(&path.to_text()) == wanted || letters(&String::from_utf8_lossy(path.file_name())) == wanted
        };
        let candidate = one(self.known.allowed.iter().filter(is_same))?;
        let others = self.known.all.iter().any(|path| path != candidate && is_same(&path));
        (!others).then(|| candidate.clone())
    }
}

/// The only one.
fn one<T>(mut some: impl Iterator<Item = T>) -> Option<T> {
    let first = some.next()?;
    some.next().is_none().then_some(first)
}

fn undecorated(text: &str) -> &str {
    let text = text.trim().trim_start_matches(['#', '*', '-', '>', '+', ' ']);
    let text = text
        .split_once(". ")
        .filter(|(number, _)| is_number(number))
        .map_or(text, |(_, rest)| rest);
    text.trim_start_matches(['*', '`', ' '])
        .trim_end_matches(['*', '`', ' ', ':'])
        .trim_matches('"')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without a label before it and a remark behind it.
fn without_ends(text: &str) -> &str {
    let label = LABELS.iter().find(|label| {
        text.get(..label.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(label))
    });
    let text = label.map_or(text, |label| &text[label.len()..]);
    let remark = REMARKS.iter().find(|remark| text.ends_with(**remark));
    remark.map_or(text, |remark| &text[..text.len() - remark.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Vec<RepoPath> {
        [
            "src/a.rs",
            "docs/my file.md",
            "Makefile2",
            "lib/b.py",
            "lib/deep/window.py",
        ]
        .iter()
        .map(|path| RepoPath::try_from(*path).unwrap())
        .collect()
    }

    fn names(paths: &[RepoPath]) -> Names<'_> {
        Names::of(Known {
            allowed: paths,
            all: paths,
            root: Some("/home/me/shop"),
        })
    }

    #[test]
    fn a_line_that_is_a_path_is_read_and_one_that_is_not_is_left() {
        let paths = paths();
        let names = names(&paths);
        for (line, wanted) in [
            ("src/a.rs", "src/a.rs"),
            ("**`src/a.rs`**:", "src/a.rs"),
            ("### 2. `src/new.rs` (new file)", "src/new.rs"),
            ("File: src/a.rs", "src/a.rs"),
            ("**File:** `src/a.rs`", "src/a.rs"),
            ("- docs/my file.md", "docs/my file.md"),
            ("Makefile", "Makefile"),
            ("`Brewfile`", "Brewfile"),
            ("__init__.py", "__init__.py"),
            (".env.example", ".env.example"),
        ] {
            assert_eq!(names.plain(line).as_deref(), Some(wanted), "{line}");
        }
        for line in [
            "",
            "...",
            "Done.",
            "Here it is:",
            "see https://x.org/y",
            "a/b or c",
            "Output:",
            "x = y.z()",
        ] {
            assert_eq!(names.plain(line), None, "{line}");
        }
        assert_eq!(names.plain(&"a/".repeat(200)), None);
    }

    #[test]
    fn names_in_infos_comments_and_prose_are_found() {
        let paths = paths();
        let names = names(&paths);
        for (info, wanted) in [
            ("src/a.rs", Some("src/a.rs")),
            ("rust src/a.rs", Some("src/a.rs")),
            ("rust:src/new.rs", Some("src/new.rs")),
            ("js title=\"lib/x.js\"", Some("lib/x.js")),
            ("rust", None),
        ] {
            assert_eq!(names.in_info(info).as_deref(), wanted, "{info}");
        }
        assert_eq!(names.in_comment("// src/a.rs").as_deref(), Some("src/a.rs"));
        assert_eq!(names.in_comment("# filename: lib/c.py").as_deref(), Some("lib/c.py"));
        assert_eq!(names.in_comment("# setup"), None);
        assert_eq!(
            names.mentioned("Update `src/a.rs` as follows:").as_deref(),
            Some("src/a.rs")
        );
        assert_eq!(names.mentioned("Move it from `src/a.rs` to `lib/b.py`:"), None);
        assert_eq!(names.mentioned("Call `spawn()`:"), None);
    }

    #[test]
    fn a_name_is_put_right_where_one_file_can_be_meant() {
        let paths = paths();
        let names = names(&paths);
        for (name, purpose, wanted) in [
            ("a.rs", Purpose::Write, "src/a.rs"),
            ("path/to/a.rs", Purpose::Write, "src/a.rs"),
            ("other/a.rs", Purpose::Write, "other/a.rs"),
            ("other/a.rs", Purpose::Change, "src/a.rs"),
            ("other/a.rs", Purpose::Exactly, "other/a.rs"),
            ("src\\a.rs", Purpose::Write, "src/a.rs"),
            ("srca_rs", Purpose::Write, "src/a.rs"),
            ("lib/deep/windows.py", Purpose::Change, "lib/deep/window.py"),
            ("lib/deep/windows.py", Purpose::Write, "lib/deep/windows.py"),
            ("./src/a.rs", Purpose::Exactly, "src/a.rs"),
            ("/home/me/shop/src/a.rs", Purpose::Exactly, "src/a.rs"),
        ] {
            assert_eq!(names.resolve(name, purpose).unwrap().to_text(), wanted, "{name}");
        }
        for name in [
            "/etc/passwd",
            "../x",
            "~/x",
            "C:\\x",
            "a/.git/config",
            "a\\..\\..\\x",
            ".git\\hooks\\x",
        ] {
            let refused = names.resolve(name, Purpose::Write);
            assert!(matches!(refused, Err(AnswerError::BadPath { .. })), "{name}");
        }
    }
}
