//! Resolutions: what somebody made of a conflict by hand. It is one where each conflict became lines of its own sides, and
//! everything around is as git joins it; anything else is a change of its own.

use std::collections::{BTreeSet, HashSet};

use crate::domain::change::Change;
use crate::engine::history::undo::Undoing;
use crate::git::Commit;

use super::{Auditor, Stop};

/// How many letters a conflict's mark begins with.
const MARK: usize = 7;
/// The length of a commit's id, which git's own merge writes behind the marks.
const IDS: [usize; 2] = [40, 64];

impl Auditor<'_> {
    /// Whether what a reversal made of a path is one of its sides, or is made of their lines where they conflict.
    pub(super) fn is_resolution(&self, commit: &Commit, change: &Change, undoing: &Undoing) -> Result<bool, Stop> {
        let path = change.path.to_text();
        // The other side of a conflict is what stood there before what is undone.
        for undone in &undoing.undone {
            for before in self.git.commit(*undone)?.parents {
                if self.git.entry(self.git.tree_of(before)?, &path)? == change.new {
                    return Ok(true);
                }
            }
        }
        let Some((joined, new)) = undoing.joined.zip(change.new) else {
            return Ok(false);
        };
        let joined = self.git.entry(joined, &path)?.filter(|joined| joined.mode.is_file());
        let Some(joined) = joined.filter(|_| new.mode.is_file()) else {
            return Ok(false);
        };
        let before = match commit.parents.first() {
            Some(parent) => self.git.entry(self.git.tree_of(*parent)?, &path)?,
            None => None,
        };
        // To close a conflict turns no file into a program.
        if new.mode != joined.mode && Some(new.mode) != before.map(|before| before.mode) {
            return Ok(false);
        }
        let (joined, text) = (self.git.blob(joined.blob)?, self.git.blob(new.blob)?);
        Ok(is_made_of(&text, &joined))
    }
}

/// A part of a text that git joined.
#[derive(Debug, Default, PartialEq, Eq)]
struct Part<'t> {
    /// The lines of both sides of a conflict.
    either: HashSet<&'t [u8]>,
    /// The lines that stand behind it.
    then: Vec<&'t [u8]>,
}

/// Whether a text is what git joined, with lines of either side where that conflicts.
fn is_made_of(text: &[u8], joined: &[u8]) -> bool {
    let parts = parts(joined);
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    // Where one may stand in the text after each part; at first at its beginning.
    let mut places = BTreeSet::from([0]);
    for part in &parts {
        let mut next = BTreeSet::new();
        let mut reached = 0;
        for place in &places {
            // What an earlier place led to, this one leads to as well.
            let mut at = *place.max(&reached);
            loop {
                if lines[at..].starts_with(&part.then) {
                    next.insert(at + part.then.len());
                }
                match lines.get(at) {
                    Some(line) if part.either.contains(ended(line)) => at += 1,
                    _ => break,
                }
            }
            reached = at;
        }
        places = next;
    }
    places.contains(&lines.len())
}

/// A line without its end: the last one of a side may have none.
fn ended(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// A joined text by its conflicts. Where several things were undone one after the other, conflicts may hold others.
fn parts(joined: &[u8]) -> Vec<Part<'_>> {
    let mut parts = vec![Part::default()];
    let mut depth = 0_usize;
    for line in joined.split_inclusive(|byte| *byte == b'\n') {
        if is_mark(line, b'<') {
            if depth == 0 {
                parts.push(Part::default());
            }
            depth += 1;
            continue;
        }
        let Some(part) = parts.last_mut() else { continue };
        if depth == 0 {
            part.then.push(line);
        } else if is_mark(line, b'>') {
            depth -= 1;
        } else if ended(line) != [b'='; MARK] {
            part.either.insert(ended(line));
        }
    }
    parts
}

/// Whether a line begins or ends a conflict, with the commit of that side.
fn is_mark(line: &[u8], letter: u8) -> bool {
    let Some((mark, name)) = ended(line).split_at_checked(MARK) else {
        return false;
    };
    let name = name.strip_prefix(b" ").unwrap_or_default();
    let id = name.split(|byte| *byte == b':').next().unwrap_or_default();
    mark.iter().all(|byte| *byte == letter) && IDS.contains(&id.len()) && id.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::is_made_of;

    fn joined() -> String {
        let (one, other) = ("1".repeat(40), "2".repeat(40));
        format!(
            "a\n<<<<<<< {one}\nours\n=======\ntheirs\n>>>>>>> {other}\nb\n<<<<<<< {one}\nx\n=======\n>>>>>>> {other}:p\n"
        )
    }

    #[test]
    fn a_conflict_becomes_lines_of_its_own_sides() {
        for text in ["a\nours\nb\nx\n", "a\ntheirs\nb\n", "a\ntheirs\nours\nb\nx", "a\nb\n"] {
            assert!(is_made_of(text.as_bytes(), joined().as_bytes()), "{text}");
        }
    }

    #[test]
    fn nothing_else_changes() {
        for text in [
            "",
            "a\nnew\nb\nx\n",
            "ours\nb\n",
            "a\nours\nx\n",
            "a\nx\nb\n",
            "a\nours\nb\nx\nb\n",
        ] {
            assert!(!is_made_of(text.as_bytes(), joined().as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_was_joined_without_a_conflict_stays() {
        assert!(is_made_of(b"a\nb\n", b"a\nb\n"));
        assert!(!is_made_of(b"a\n", b"a\nb\n"));
        assert!(is_made_of(b"", b""));
    }
}
