//! What a message says of being undone: the one reader of git's "This reverts commit …", of the forges' sentences and of
//! our own rollbacks. What it says is a claim; whether it is true is for whoever can look at the trees.

use super::id::TaskId;
use super::oid::CommitId;
use super::trailer::{self, REVERTS};

/// The shortest id that git prints for a commit.
const SHORTEST_ID: usize = 4;
/// The longest id that there is: SHA-256.
const LONGEST_ID: usize = 64;
/// The most commits that one message is believed to name.
const MOST_NAMED: usize = 256;

/// Pieces without which no message speaks of undoing, for a quick look over many; each is without its first letter, so
/// that it may be a capital.
pub const WORDS: [&str; 10] = [
    "evert",
    "oll back",
    "olls back",
    "olled back",
    "ollback",
    "ack out",
    "acks out",
    "acked out",
    "ndo",
    "ndid",
];

/// The words themselves, and pairs of words: "window" and "random" speak of nothing.
const UNDOING: [&str; 12] = [
    "revert",
    "reverts",
    "reverted",
    "reverting",
    "rollback",
    "rollbacks",
    "undo",
    "undoes",
    "undoing",
    "undone",
    "undid",
    "unrevert",
];
const GOING: [&str; 8] = [
    "roll", "rolls", "rolled", "rolling", "back", "backs", "backed", "backing",
];

/// A commit that is said to be undone, in full or shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id, or the beginning of it: lower-case hexadecimal digits.
    pub id: String,
    /// For a merge, the side that is kept ("reversing changes made to …").
    pub kept: Option<String>,
}

/// What a message says of being undone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reversal {
    /// The commits that git's own sentence names.
    pub commits: Vec<Named>,
    /// The landings that our own trailer names.
    pub tasks: Vec<(TaskId, CommitId)>,
}

impl Reversal {
    /// Whether nothing is named; the message may speak of it nevertheless, as forges do ("Reverts o/r#1").
    pub fn names_nothing(&self) -> bool {
        self.commits.is_empty() && self.tasks.is_empty()
    }
}

/// What a message says of being undone; `None` where it does not speak of it.
pub fn read(message: &str) -> Option<Reversal> {
    let message = without_borrowed_subject(message);
    let tasks = rolled_back(message);
    if !tasks.is_empty() {
        return Some(Reversal {
            commits: Vec::new(),
            tasks,
        });
    }
    speaks(message).then(|| Reversal {
        commits: named(message),
        tasks,
    })
}

/// A message without a subject that git made of another commit's: what is to be squashed into a revert is none.
fn without_borrowed_subject(message: &str) -> &str {
    let is_borrowed = ["fixup! ", "squash! ", "amend! "]
        .iter()
        .any(|mark| message.starts_with(mark));
    match message.split_once('\n') {
        Some((_, rest)) if is_borrowed => rest,
        None if is_borrowed => "",
        _ => message,
    }
}

/// Whether a message speaks of undoing something, in whatever words.
pub fn speaks(message: &str) -> bool {
    if !WORDS.iter().any(|word| message.contains(word)) {
        return false;
    }
    let mut before: Option<String> = None;
    message
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .any(|word| {
            let word = word.to_lowercase();
            let goes = before.as_deref().is_some_and(|before| match word.as_str() {
                "back" => before.starts_with("roll") && GOING.contains(&before),
                "out" => before.starts_with("back") && GOING.contains(&before),
                _ => false,
            });
            let speaks = goes || UNDOING.contains(&word.as_str());
            before = Some(word);
            speaks
        })
}

/// The landings that trailers of ours name: `<id>@<oid>`, which may be folded.
fn rolled_back(message: &str) -> Vec<(TaskId, CommitId)> {
    let mut found = Vec::new();
    for block in trailer::blocks(message) {
        if let Some((task, landing)) = trailer::value(&block, REVERTS).and_then(|text| text.split_once('@'))
            && let (Ok(task), Ok(landing)) = (task.trim().parse(), landing.trim().parse())
        {
            found.push((task, landing));
        }
    }
    found
}

/// The commits that git's sentence names. Forges wrap bodies, so any blank will do; several stand where a squash joined
/// several reverts.
fn named(message: &str) -> Vec<Named> {
    let words: Vec<&str> = message.split_whitespace().filter(|word| !is_quote(word)).collect();
    let mut found: Vec<Named> = Vec::new();
    for (at, three) in words.windows(3).enumerate() {
        if found.len() == MOST_NAMED {
            break;
        }
        let is_sentence = three[0] == "This" && three[1] == "reverts" && matches!(three[2], "commit" | "commits");
        let Some(id) = words.get(at + 3).filter(|_| is_sentence).and_then(|word| id_of(word)) else {
            continue;
        };
        let rest = &words[at + 4..];
        let kept = match rest {
            ["reversing", "changes", "made", "to", kept, ..] => id_of(kept),
            _ => None,
        };
        let one = Named { id, kept };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// What stands before the lines of a quotation or of a list.
fn is_quote(word: &str) -> bool {
    matches!(word, ">" | ">>" | "*")
}

/// The id that a word is, but for the mark behind it.
fn id_of(word: &str) -> Option<String> {
    let id = word.trim_end_matches([',', '.', ';', ')', ':']);
    let is_id = (SHORTEST_ID..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(message: &str) -> Vec<String> {
        let read = read(message).unwrap_or_default();
        read.commits.into_iter().map(|named| named.id).collect()
    }

    #[test]
    fn the_sentences_of_git_and_of_forges_are_read() {
        let (full, kept) = ("3".repeat(40), "4".repeat(40));
        assert_eq!(
            ids(&format!("Revert \"x\"\n\nThis reverts commit {full}.\n")),
            [full.as_str()]
        );
        assert_eq!(
            ids("Revert \"x\"\n\nThis reverts commit 3333333 (x, 2026-01-01).\n"),
            ["3333333"]
        );
        let merge = format!("Revert \"Merge\"\n\nThis reverts commit {full}, reversing\nchanges made to {kept}.\n");
        let read = read(&merge).unwrap();
        assert_eq!(read.commits[0].kept.as_deref(), Some(kept.as_str()));
        let wrapped = format!("Revert \"x\"\r\n\r\n> This reverts\r\n> commit\r\n> {full}.\r\n");
        assert_eq!(ids(&wrapped), [full.as_str()]);
        let two = format!("Revert two (#4)\n\n* This reverts commit {full}.\n\n* This reverts commit {kept}.\n");
        assert_eq!(ids(&two), [full.as_str(), kept.as_str()]);
        let long = "5".repeat(64);
        assert_eq!(
            ids(&format!("Revert\n\nThis reverts commit {long}.\n")),
            [long.as_str()]
        );
    }

    #[test]
    fn a_message_may_speak_of_it_and_name_nothing() {
        for message in [
            "Revert \"x\" (#2)\n\nReverts o/r#1\n",
            "Back out x\n",
            "This reverts merge request !1\n",
            "Undo it\n",
        ] {
            assert!(read(message).unwrap().names_nothing(), "{message}");
        }
        for message in [
            "Roll it back: rolled back\n",
            "Backs out of it\n",
            "Auto-revert\n",
            "rollback\n",
        ] {
            assert!(speaks(message), "{message}");
        }
        for message in [
            "Add a thing\n",
            "Fix window title\n",
            "Random vendors abandon it\n",
            "Add convertor\n",
            "Scroll back and forth\n",
            "Pack out of order\n",
            "Redundant\n",
        ] {
            assert_eq!(read(message), None, "{message}");
        }
        assert_eq!(ids("This reverts commit abc.\n"), [] as [&str; 0], "too short");
    }

    #[test]
    fn what_is_to_be_squashed_into_a_revert_is_none() {
        assert_eq!(
            read("fixup! This reverts commit 3333333 (x, 2026-01-01).\n\nMore of it\n"),
            None
        );
        assert_eq!(read("squash! Revert \"x\"\n"), None);
        assert_eq!(
            ids("amend! x\n\nThis reverts commit 3333333 (x, 2026-01-01).\n"),
            ["3333333"]
        );
    }

    #[test]
    fn our_own_trailer_names_the_task() {
        let oid = "3".repeat(40);
        let message = format!("Roll back task a: t\n\n- Undoes {oid}\n\nHarness-Reverts: a@{oid}\n");
        let read = read(&message).unwrap();
        assert_eq!(read.tasks, [(TaskId::new("a").unwrap(), oid.parse().unwrap())]);
        assert_eq!(read.commits, []);
    }

    proptest! {
        #[test]
        fn reading_never_panics(message in "(?s).*") {
            let _ = read(&message);
        }
    }
}
