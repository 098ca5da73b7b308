//! Reading: what the commit is that git is about to make. Git's state files, the hook's arguments and objects tell it;
//! nothing looks at the command line of another process.
//!
//! Git tells no hook of an amend: `commit --amend` and `commit -C HEAD` call prepare-commit-msg with the same words, and so
//! do `commit -m` and `commit --amend -m`. What is likelier is taken here, the other reading is kept beside it, and the
//! commit itself decides once it is there.

use crate::domain::oid::TreeId;
use crate::domain::trailer::{self, TASK};
use crate::engine::making::Otherwise;
use crate::engine::{Engine, history};
use crate::git::{Authorship, Commit, History, HistorySeed};

use super::{AttendedError, Open};

/// How long a commit is so new that another one may carry its very second, in seconds.
const JUST_NOW: i64 = 2;

/// Where the message came from, by the words that git gives prepare-commit-msg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Only an editor will tell.
    Editor,
    /// `-m`, `-F` or `--fixup`.
    Given,
    /// A template, which an editor shows.
    Template,
    /// A merge or squash that git prepared.
    Joined,
    /// Another commit's: `-c`, `-C` or `--amend`.
    Reused(String),
}

impl Source {
    /// Reads the words behind the message file.
    pub fn of(words: &[String]) -> Self {
        match words.first().map(String::as_str) {
            Some("message") => Self::Given,
            Some("template") => Self::Template,
            Some("merge" | "squash") => Self::Joined,
            Some("commit") => Self::Reused(words.get(1).cloned().unwrap_or_default()),
            _ => Self::Editor,
        }
    }
}

/// The commit to be, as far as git tells of it.
#[derive(Debug, Clone)]
pub struct Hints {
    /// Where its message comes from.
    pub source: Source,
    /// Its author, as git exports it.
    pub author: Option<Authorship>,
    /// The user set dates themselves, so that they tell nothing.
    pub dates_are_set: bool,
}

/// What the commit is, most likely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The open task's commit, on HEAD.
    New {
        /// Git may mean an amend of HEAD, which is not the task's.
        doubt: bool,
    },
    /// The task's commit, made again with other contents.
    Amend(Otherwise),
    /// HEAD made again with other words alone: what its trailers say still holds.
    Reword(Otherwise),
    /// A commit that says nothing of a task; it may be an amend of HEAD after all.
    Ordinary(Option<Otherwise>),
}

/// How HEAD stands to the open task.
enum Standing {
    /// The task is not committed.
    Before,
    /// HEAD is its commit.
    Is,
    /// HEAD is another commit behind it.
    After,
}

/// Reads a commit with this tree that is about to be made on HEAD, or in its place.
pub fn read(
    engine: &Engine,
    open: &Open,
    head: &Commit,
    tree: TreeId,
    hints: &Hints,
) -> Result<Reading, AttendedError> {
    let is_the_task = match standing(engine, open, head)? {
        Standing::Before => false,
        Standing::Is => true,
        Standing::After => return Ok(Reading::Ordinary(None)),
    };
    let is_same_tree = tree == head.tree;
    if !is_the_task && !is_same_tree {
        let doubt = match &hints.source {
            Source::Reused(_) => true,
            Source::Given => is_authored_as(engine, head, hints)?,
            Source::Editor | Source::Template | Source::Joined => false,
        };
        return Ok(Reading::New { doubt });
    }
    // What has no parent, or several, is no landing, and neither is what is made in its place.
    let again = (head.parents.len() == 1).then(|| Otherwise {
        on: head.parents.clone(),
        block: block_of(&head.message).filter(|_| is_same_tree),
    });
    let Some(again) = again.filter(|again| is_the_task || again.block.is_some()) else {
        return Ok(Reading::Ordinary(None));
    };
    Ok(match guess(engine, head, hints)? {
        Guess::Yes if again.block.is_some() => Reading::Reword(again),
        Guess::Yes => Reading::Amend(again),
        Guess::Maybe => Reading::Ordinary(Some(again)),
        Guess::No => Reading::Ordinary(None),
    })
}

/// Whether the open task is committed already, so that what comes is an amend or somebody's other work.
pub fn is_committed(engine: &Engine, open: &Open, head: &Commit) -> Result<bool, AttendedError> {
    Ok(!matches!(standing(engine, open, head)?, Standing::Before))
}

/// Whether HEAD is being amended.
enum Guess {
    Yes,
    Maybe,
    No,
}

fn guess(engine: &Engine, head: &Commit, hints: &Hints) -> Result<Guess, AttendedError> {
    Ok(match &hints.source {
        // Git takes an old message over unless one is given.
        Source::Editor | Source::Template | Source::Joined => Guess::No,
        Source::Reused(word) if word == "HEAD" => Guess::Yes,
        Source::Reused(_) => Guess::Maybe,
        Source::Given => {
            let is_old = |author: &Authorship| engine.clock.now().as_second() - author.seconds >= JUST_NOW;
            let tells = hints.author.as_ref().is_some_and(is_old) && !hints.dates_are_set;
            match tells && is_authored_as(engine, head, hints)? {
                true => Guess::Yes,
                false => Guess::Maybe,
            }
        }
    })
}

/// Whether a message given by hand comes with HEAD's own author and date, as that of an amend does.
fn is_authored_as(engine: &Engine, head: &Commit, hints: &Hints) -> Result<bool, AttendedError> {
    Ok(hints.author == Some(engine.git.authorship(head.id)?))
}

fn standing(engine: &Engine, open: &Open, head: &Commit) -> Result<Standing, AttendedError> {
    let log = engine.replay().task(&open.card.id);
    let Some(row) = log.and_then(|log| log.accepted.as_ref()).map(|row| &row.accepted) else {
        return Ok(match names(head, open) {
            true => Standing::Is,
            false => Standing::Before,
        });
    };
    if row.attempt != open.dispatched.attempt || row.parent == head.id {
        return Ok(Standing::Before);
    }
    if head.parents == [row.parent] && (head.tree == row.tree || names(head, open)) {
        return Ok(Standing::Is);
    }
    let since = HistorySeed::new(row.parent, History::default());
    let history = history::of(&engine.git, head.id, Some(since))?;
    let is_committed = history.landing(&open.card.id).is_some();
    Ok(match is_committed {
        true => Standing::After,
        false => Standing::Before,
    })
}

/// Whether a commit's trailers name the task, in the round that is open.
fn names(commit: &Commit, open: &Open) -> bool {
    let own = trailer::trailers(&commit.message);
    let attempt = trailer::value(&own, "Harness-Attempt").and_then(|text| text.parse().ok());
    trailer::value(&own, TASK) == Some(open.card.id.as_str()) && attempt == Some(open.dispatched.place.number)
}

/// The block that the harness wrote into a message: from its first line to the end of the last paragraph.
pub fn block_of(message: &str) -> Option<String> {
    let own = trailer::trailers(message);
    trailer::value(&own, TASK)?;
    let text = message.trim_end();
    let start = text.rfind("\n\n").map_or(0, |at| at + 2);
    let paragraph = &text[start..];
    let first = paragraph
        .split_inclusive('\n')
        .scan(0, |at, line| {
            let here = *at;
            *at += line.len();
            Some((here, line))
        })
        .find_map(|(at, line)| trailer::harness_lines(line).first().map(|_| at))?;
    Some(format!("{}\n", &paragraph[first..]))
}
