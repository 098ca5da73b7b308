//! Entries of `files`, one by one: whether they can be read, what they are where they are a name, and what is wrong with them.

use globset::GlobBuilder;

use crate::domain::path::{PathError, RepoPath};

use super::names::deceives;

/// Why a glob is no good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` {why}")]
pub struct GlobError {
    /// Its place in the list, from 0.
    pub index: usize,
    /// The glob.
    pub glob: String,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub fix: String,
}

/// Whether a glob has any character that stands for others.
pub fn has_wildcard(glob: &str) -> bool {
    glob.contains(['*', '?', '[', '{'])
}

/// A name as a glob that matches nothing else: `[id]` is `[[]id]`.
pub fn escaped(name: &str) -> String {
    let mut glob = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        match c {
            '*' | '?' | '[' | '{' | '}' => glob.extend(['[', c, ']']),
            c => glob.push(c),
        }
    }
    glob
}

/// The name that an escaped one is; `None` for a glob that may match more.
pub(super) fn unescaped(glob: &str) -> Option<String> {
    let mut name = String::with_capacity(glob.len());
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '[' => {
                name.push(
                    rest.next()
                        .filter(|c| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!'))?,
                );
                rest.next().filter(|c| *c == ']')?;
            }
            '*' | '?' | '{' => return None,
            c => name.push(c),
        }
    }
    Some(name)
}

/// Why an entry is no good, and what to write instead.
pub(super) type Wrong = (String, String);

pub(super) fn compile(glob: &str) -> Result<globset::Glob, Wrong> {
    // `{{name}}` is what templates are called, and alternatives of one are nobody's.
    if glob.contains("{{") {
        let why = "is no glob with its double braces, and no file of that name is there";
        return Err((
            why.to_owned(),
            "name a file that is there, or escape it: `[{]`".to_owned(),
        ));
    }
    GlobBuilder::new(glob)
        .literal_separator(true)
        .backslash_escape(false)
        .build()
        .map_err(|error| {
            (
                format!("is no glob: {}, and no file of that name is there", error.kind()),
                "close every bracket and brace, or name a file that is there".to_owned(),
            )
        })
}

/// What is wrong with an entry in any tree.
pub(super) fn check(entry: &str) -> Result<(), Wrong> {
    let wrong = |why: &str, fix: String| Err((why.to_owned(), fix));
    if entry.trim().is_empty() {
        return wrong("is empty", "remove it, or name a file".to_owned());
    }
    if let Some(dir) = entry.strip_suffix('/') {
        return wrong(
            "names a folder, and folders hold no changes",
            format!("write `{dir}/**` for all files below it"),
        );
    }
    let plain = entry.replace(['*', '?'], "x");
    match RepoPath::in_tree(plain.as_str()) {
        Ok(path) if path.is_harness() => wrong(
            "opens the harness's own files, which no card may",
            "change cards with `git harness plan edit`".to_owned(),
        ),
        Ok(_) => Ok(()),
        Err(PathError::Absolute(_)) => wrong(
            "is not relative to the repository",
            format!("write `{}`", entry.trim_start_matches('/')),
        ),
        Err(PathError::Dots(_)) => wrong(
            "leaves the repository, or goes round (`.` and `..` are refused)",
            format!("write `{}`", entry.trim_start_matches("./").trim_start_matches("../")),
        ),
        Err(PathError::GitFolder(_)) => wrong("names git's own folder", "remove it".to_owned()),
        Err(error) => wrong("is no path in a repository", error.to_string()),
    }
}

/// What is wrong with an entry unless it is exactly a path of the tree: something else was meant, or is seen.
pub fn doubt(entry: &str) -> Option<GlobError> {
    let doubt = |why: String, fix: String| {
        Some(GlobError {
            index: 0,
            glob: entry.to_owned(),
            why,
            fix,
        })
    };
    if entry.contains('\\') {
        let fix = format!("write `{}`", entry.replace('\\', "/"));
        return doubt("has a backslash".to_owned(), fix);
    }
    if let Some(why) = deceives(entry) {
        return doubt(why, "write the name as it is in the tree".to_owned());
    }
    if let Some(exclusion) = entry.strip_prefix('!') {
        let fix = format!("remove `!{exclusion}` and name what is allowed");
        return doubt("excludes, and only inclusions are read".to_owned(), fix);
    }
    let plain = entry.replace(['*', '?'], "x");
    match RepoPath::new(plain.as_str()) {
        Ok(_) => {}
        Err(PathError::Absolute(_)) => {
            let from_home = entry.trim_start_matches("~/");
            let below = match from_home.get(1..3) {
                Some(":/" | ":\\") => &from_home[3..],
                _ => from_home,
            };
            let fix = match below == entry {
                true => "name a file that is there".to_owned(),
                false => format!("write `{below}`"),
            };
            return doubt(
                "is not relative to the repository, nor a file that is there".to_owned(),
                fix,
            );
        }
        Err(_) => {
            return doubt(
                "names git's own folder on some systems".to_owned(),
                "remove it".to_owned(),
            );
        }
    }
    match (unescaped(entry), compile(entry)) {
        (None, Err((why, fix))) => doubt(why, fix),
        _ => None,
    }
}
