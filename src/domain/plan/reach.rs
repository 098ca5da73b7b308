//! Reach: entries of `files` that mean something else than they seem to, or that no change can ever use. They are told where
//! a card is imported or linted, and not when its work is refused.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::path::RepoPath;
use crate::domain::scope::names::wrong_name;
use crate::domain::scope::violation::Violation;
use crate::domain::scope::{GlobError, doubt, has_wildcard};

use super::card::Card;
use super::files::Files;

/// The entries that are good only as a path of the tree, and are none.
pub fn doubts<E>(files: &[String], mut there: impl FnMut(&str) -> Result<bool, E>) -> Result<Vec<GlobError>, E> {
    let mut found = Vec::new();
    for (index, entry) in files.iter().enumerate() {
        if let Some(error) = doubt(entry)
            && !there(entry)?
        {
            found.push(GlobError { index, ..error });
        }
    }
    Ok(found)
}

/// The same as mistakes of the texts that a card was read from.
pub fn as_mistakes(doubts: Vec<GlobError>, sources: &[(&str, &str)]) -> Vec<Diagnostic> {
    let place = |entry: &str| {
        let found = sources
            .iter()
            .find_map(|(file, text)| Some((*file, *text, text.find(entry)?)));
        match (found, sources.first()) {
            (Some((file, text, at)), _) => (file, text, at..at + entry.len()),
            (None, Some((file, text))) => (*file, *text, 0..0),
            (None, None) => ("", "", 0..0),
        }
    };
    doubts
        .into_iter()
        .map(|error| {
            let (file, text, at) = place(&error.glob);
            Diagnostic::error(file, text, at, "bad-glob", error.to_string(), error.fix)
        })
        .collect()
}

/// An entry that no change can use: why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Never {
    /// The entry.
    pub entry: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// The entries of a card that no change can use on a tree with these files.
pub fn never(card: &Card, files: &Files) -> Vec<Never> {
    let mut found = Vec::new();
    for entry in card.files.iter().filter(|entry| !has_wildcard(entry)) {
        let Ok(path) = RepoPath::in_tree(entry.as_str()) else {
            continue;
        };
        let mut tell = |why: String, fix: String| {
            found.push(Never {
                entry: entry.clone(),
                why,
                fix,
            });
        };
        if files.contains(&path) {
            continue;
        }
        if files.holds(entry) {
            tell(
                format!("`{entry}` is a folder, and folders hold no changes"),
                format!("write `{entry}/**` for all files below it"),
            );
        } else if let Some(rule) = wrong_name(&path) {
            let why = Violation {
                path: entry.clone(),
                rule,
            };
            tell(
                format!("no change may bring this name: {why}"),
                "name the file otherwise, or commit it outside of a task".to_owned(),
            );
        } else if let Some(with) = files.same_as(&path) {
            tell(
                format!("`{entry}` would be the same as {with} on some file systems"),
                format!("write it as {with} is written, or allow {with} too and have the task take it away"),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::format::card_md::parse_card;

    fn card(files: &str) -> Card {
        let text = format!(
            "+++\nid = \"t-1\"\ntitle = \"T\"\nplan = \"p\"\nfiles = {files}\nverify = [\"true\"]\n+++\n## Instructions\n- Do it\n## Definition of done\n- d\n"
        );
        parse_card("t.md", &text).unwrap()
    }

    #[test]
    fn what_can_never_land_is_told_and_what_can_is_not() {
        let tree = ["src/a.rs", "Src2/x", "aux.h", "app/[id]/page.tsx", "~$B.xlsx"];
        let tree = Files::new(tree.iter().map(|name| RepoPath::in_tree(*name).unwrap()).collect());
        for (files, codes) in [
            ("[\"src/a.rs\", \"src/new.rs\", \"aux.h\", \"src2/**\"]", 0),
            ("[\"app/[id]/page.tsx\", \"app/[id]/new.tsx\", \"~$B.xlsx\"]", 0),
            ("[\"src\"]", 1),
            ("[\"con.txt\", \"a?b\", \"com1\"]", 2),
            ("[\"SRC/b.rs\", \"src/A.rs\", \"src2/y\"]", 3),
        ] {
            assert_eq!(never(&card(files), &tree).len(), codes, "{files}");
        }
        let there = |name: &str| Ok::<_, std::convert::Infallible>(tree.holds(name));
        let none = doubts(&card("[\"~$B.xlsx\", \"app/[id]/**\"]").files, there).unwrap();
        assert!(none.is_empty());
        let found = doubts(&card("[\"~$C.xlsx\", \"!x\", \"a\\\\b\"]").files, there).unwrap();
        assert_eq!(found.len(), 3);
    }
}
