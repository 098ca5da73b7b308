//! What an answer asks for, in one form for every format: which file, and what is to become of it. No reading of
//! text and no files.

use crate::domain::path::RepoPath;

/// One file of an answer and what is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The file; of a move, the old name.
    pub path: RepoPath,
    /// What is to become of it.
    pub action: Action,
    /// The line of the answer at which it begins, from 1.
    pub line: usize,
}

/// What is to become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is made; nothing may be there, unless it is the same to the byte.
    Create {
        /// Its text.
        text: String,
    },
    /// It gets its first text; an empty file may be there.
    Fill {
        /// Its text.
        text: String,
    },
    /// It gets this text, whether it is there or not.
    Overwrite {
        /// Its text.
        text: String,
        /// How the answer said which file it is.
        named: Named,
    },
    /// Parts of it change.
    Edit {
        /// The parts, in the order of the answer.
        steps: Vec<Step>,
    },
    /// It gets another name, and parts of it may change.
    Move {
        /// The new name.
        to: RepoPath,
        /// The parts; none where only the name changes.
        steps: Vec<Step>,
    },
    /// It goes.
    Delete,
}

/// How an answer says which file a whole text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// By its path at the block.
    Plainly,
    /// By words nearby, or by being the only file there is: such a text may be a mere part.
    Nearby,
}

/// An edit and where the answer gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of the answer, from 1.
    pub line: usize,
    /// The edit.
    pub edit: Edit,
}

/// One part of a file that changes. Each kind is looked for by the rules of its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// These lines for those: SEARCH/REPLACE and JSON.
    Swap {
        /// Lines that are there.
        search: Vec<String>,
        /// Lines that come for them.
        replace: Vec<String>,
    },
    /// A hunk of a unified diff.
    Hunk {
        /// Its lines.
        lines: Vec<EditLine>,
        /// Where its header puts it, if the header counts its lines right. Models cannot count.
        stated: Option<Stated>,
        /// What it says about the newline at the file's end.
        ending: Ending,
    },
    /// A chunk of `apply_patch`, looked for behind the chunk before it.
    Chunk {
        /// Its lines.
        lines: Vec<EditLine>,
        /// Lines that stand before it, each behind the one before.
        anchors: Vec<String>,
        /// It is the end of the file.
        at_end: bool,
        /// It is the first of its section: looking begins at the top again.
        opens: bool,
    },
}

/// The first lines of a hunk as its header has them, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// In the old file.
    pub old: usize,
    /// In the new one.
    pub new: usize,
}

/// Which side of a hunk ends the file without a newline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ending {
    /// The old one does.
    pub old_open: bool,
    /// The new one does.
    pub new_open: bool,
}

/// One line of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditLine {
    /// It is there and stays.
    Keep(String),
    /// It is there and goes.
    Remove(String),
    /// It comes.
    Add(String),
}

impl EditLine {
    /// Its text, where it is a line of the old file.
    pub fn old(&self) -> Option<&str> {
        match self {
            Self::Keep(text) | Self::Remove(text) => Some(text),
            Self::Add(_) => None,
        }
    }

    /// Its text, where it comes new.
    pub fn added(&self) -> Option<&str> {
        match self {
            Self::Add(text) => Some(text),
            Self::Keep(_) | Self::Remove(_) => None,
        }
    }
}

/// What is done to a path. A card may allow one and not the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// The file that is there gets another text.
    Change,
    /// A new file comes.
    Create,
    /// The file goes.
    Delete,
}

impl Operation {
    /// Every path that it touches and how, as far as the answer alone says it. A whole text may make a new file too.
    pub fn touches(&self) -> Vec<(&RepoPath, Access)> {
        match &self.action {
            Action::Create { .. } | Action::Fill { .. } => vec![(&self.path, Access::Create)],
            Action::Overwrite { .. } | Action::Edit { .. } => vec![(&self.path, Access::Change)],
            Action::Move { to, .. } => vec![(&self.path, Access::Delete), (to, Access::Create)],
            Action::Delete => vec![(&self.path, Access::Delete)],
        }
    }

    /// Whether both touch a path.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let theirs = other.touches();
        self.touches()
            .iter()
            .any(|(path, _)| theirs.iter().any(|(other, _)| path == other))
    }
}

impl Edit {
    /// The lines that it brings into the file.
    pub(super) fn added(&self) -> Vec<&str> {
        match self {
            Self::Swap { replace, .. } => replace.iter().map(String::as_str).collect(),
            Self::Hunk { lines, .. } | Self::Chunk { lines, .. } => lines.iter().filter_map(EditLine::added).collect(),
        }
    }

    /// Whether it changes nothing wherever it is applied.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Swap { search, replace } => search == replace,
            Self::Hunk { lines, ending, .. } => ending.old_open == ending.new_open && is_same_on_both_sides(lines),
            Self::Chunk { lines, .. } => is_same_on_both_sides(lines),
        }
    }
}

fn is_same_on_both_sides(lines: &[EditLine]) -> bool {
    let old = lines.iter().filter_map(EditLine::old);
    let new = lines.iter().filter_map(|line| match line {
        EditLine::Keep(text) | EditLine::Add(text) => Some(text.as_str()),
        EditLine::Remove(_) => None,
    });
    old.eq(new)
}
