//! Applying operations in memory: every file or none. Whether the paths are allowed is asked before any file is read.

use std::collections::HashSet;

use crate::domain::path::RepoPath;

use super::Edits;
use super::applied::{Applied, Match, NewFile};
use super::change::Change;
use super::elision;
use super::error::{AnswerError, Refusal, Several};
use super::lines::Text;
use super::locate::{self, Found, Level};
use super::notice::{Notice, hidden};
use super::operation::{Access, Action, Named, Operation, Step};
use super::policy::{Policy, Shrink};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// Nothing.
    Nothing,
    /// A regular file with these bytes.
    File(Vec<u8>),
    /// A symbolic link, which is never written through.
    Link,
    /// A folder.
    Folder,
}

/// Says whether a path may be touched so; `Err` has the reason, written for the model.
pub type Judge<'a> = dyn Fn(&RepoPath, Access) -> Result<(), String> + 'a;

/// Gives what is at a path.
pub type Read<'a> = dyn FnMut(&RepoPath) -> Present + 'a;

/// Files with fewer lines may lose any number of them.
const SMALL: usize = 10;
/// A text that only words nearby name may take away so many hundredths of a file.
const UNSURE: u8 = 50;
/// The most other files in which lines are looked for that are not where they should be.
const ELSEWHERE: usize = 32;

/// Applies edits to the files that `read` gives. Nothing is read before `judge` has allowed every path.
///
/// # Errors
///
/// One error for the whole answer, written for the model; then nothing of it counts.
pub fn apply(
    edits: &Edits,
    allowed: &[RepoPath],
    judge: &Judge,
    read: &mut Read,
    policy: &Policy,
) -> Result<Applied, AnswerError> {
    judge_all(&edits.operations, judge)?;
    let mut plan = Plan {
        judge,
        read,
        policy,
        allowed,
        applied: Applied {
            files: Vec::new(),
            matches: Vec::new(),
            notices: edits.notices.clone(),
        },
        errors: Vec::new(),
        fine: Vec::new(),
    };
    for operation in &edits.operations {
        if let Err(error) = plan.operation(operation) {
            plan.errors.push(error);
        }
    }
    plan.finish()
}

fn judge_all(operations: &[Operation], judge: &Judge) -> Result<(), AnswerError> {
    let touches = operations.iter().flat_map(Operation::touches);
    let refusals: Vec<Refusal> = touches
        .filter_map(|(path, access)| refusal(judge, path, access))
        .collect();
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(AnswerError::OutOfScope(refusals))
    }
}

fn refusal(judge: &Judge, path: &RepoPath, access: Access) -> Option<Refusal> {
    judge(path, access).err().map(|why| Refusal {
        path: path.to_string(),
        access,
        why,
    })
}

/// A plan in the making.
struct Plan<'p, 'j, 'r> {
    judge: &'p Judge<'j>,
    read: &'p mut Read<'r>,
    policy: &'p Policy,
    allowed: &'p [RepoPath],
    applied: Applied,
    errors: Vec<AnswerError>,
    /// The edits that are in order, as messages name them.
    fine: Vec<String>,
}

impl Plan<'_, '_, '_> {
    fn operation(&mut self, operation: &Operation) -> Result<(), AnswerError> {
        let path = &operation.path;
        match &operation.action {
            Action::Create { text } => self.create(path, text, false),
            Action::Fill { text } => self.create(path, text, true),
            Action::Overwrite { text, named } => self.overwrite(path, text, *named),
            Action::Edit { steps } => {
                let old = self.file(path)?;
                let new = self.edited(path, &old, steps)?;
                self.put(path, Some(&old), new, None);
                Ok(())
            }
            Action::Move { to, steps } => self.rename(path, to, steps),
            Action::Delete => {
                // What goes may be anything that is a file.
                self.file(path)?;
                self.applied.files.push(NewFile {
                    path: path.clone(),
                    bytes: None,
                    moved_from: None,
                });
                self.fine.push(format!("the deletion of `{path}`"));
                Ok(())
            }
        }
    }

    /// The bytes of a file that has to be there.
    fn file(&mut self, path: &RepoPath) -> Result<Vec<u8>, AnswerError> {
        match self.at(path)? {
            Some(bytes) => Ok(bytes),
            None => Err(AnswerError::NoSuchFile(path.to_string())),
        }
    }

    /// The bytes of a file, if it is there; nothing but a file may be.
    fn at(&mut self, path: &RepoPath) -> Result<Option<Vec<u8>>, AnswerError> {
        let what = match (self.read)(path) {
            Present::File(bytes) => return Ok(Some(bytes)),
            Present::Nothing => return Ok(None),
            Present::Link => "it is a symbolic link, which is not followed",
            Present::Folder => "it is a folder; name each file",
        };
        Err(AnswerError::NotAFile {
            path: path.to_string(),
            what: what.to_owned(),
        })
    }

    /// Makes sure that a new file can be where it is to be.
    fn can_come(&mut self, path: &RepoPath) -> Result<(), AnswerError> {
        let mut folder = path.parent();
        while let Some(above) = folder {
            let what = match (self.read)(&above) {
                Present::Nothing | Present::Folder => None,
                Present::File(_) => Some("is a file"),
                Present::Link => Some("is a symbolic link, which is not followed"),
            };
            let comes = |file: &&NewFile| file.bytes.is_some() && file.path == above;
            let what = what.or_else(|| self.applied.files.iter().find(comes).map(|_| "becomes a file"));
            if let Some(what) = what {
                return Err(AnswerError::NotAFile {
                    path: path.to_string(),
                    what: format!("`{above}` {what}"),
                });
            }
            folder = above.parent();
        }
        let inside =
            |file: &&NewFile| file.bytes.is_some() && file.path != *path && file.path.is_under(&path.to_text());
        match self.applied.files.iter().find(inside) {
            Some(file) => Err(AnswerError::NotAFile {
                path: path.to_string(),
                what: format!("`{}` makes a folder of it", file.path),
            }),
            None => Ok(()),
        }
    }

    fn create(&mut self, path: &RepoPath, text: &str, over_empty: bool) -> Result<(), AnswerError> {
        match self.at(path)? {
            None => self.can_come(path)?,
            Some(old) if old == text.as_bytes() => return Ok(()),
            Some(old) if old.is_empty() && over_empty => {}
            Some(_) => return Err(AnswerError::Exists(path.to_string())),
        }
        if let Some(line) = elision::remark(text.lines(), "") {
            return Err(elided(path, line));
        }
        self.put(path, None, text.as_bytes().to_vec(), None);
        Ok(())
    }

    fn overwrite(&mut self, path: &RepoPath, text: &str, named: Named) -> Result<(), AnswerError> {
        let Some(old) = self.at(path)? else {
            if let Some(refusal) = refusal(self.judge, path, Access::Create) {
                return Err(AnswerError::OutOfScope(vec![refusal]));
            }
            self.can_come(path)?;
            if let Some(line) = elision::remark(text.lines(), "") {
                return Err(elided(path, line));
            }
            self.put(path, None, text.as_bytes().to_vec(), None);
            return Ok(());
        };
        let old_text = self.text(path, &old)?;
        let left_out = elision::remark(text.lines(), old_text).or_else(|| elision::placeholder(text, old_text));
        if let Some(line) = left_out {
            return Err(elided(path, line));
        }
        self.shrinks(path, old_text, text, named)?;
        if hidden(text).is_some() {
            let known: HashSet<&str> = old_text.lines().collect();
            let fresh = text.lines().filter(|line| !known.contains(line));
            fresh.for_each(|line| self.flag(path, line));
        }
        let new = Text::of(old_text).dressed(text);
        self.put(path, Some(&old), new, None);
        Ok(())
    }

    fn shrinks(&mut self, path: &RepoPath, old: &str, new: &str, named: Named) -> Result<(), AnswerError> {
        let (old, new) = (old.lines().count(), new.lines().count());
        let loses = |most: u8| old >= SMALL && new * 100 < old * (100 - usize::from(most.min(100)));
        let refused = match (named, self.policy.shrink) {
            (Named::Nearby, _) if loses(UNSURE) => true,
            (_, Shrink::Refuse(most)) => loses(most),
            _ => false,
        };
        if refused {
            let path = path.to_string();
            return Err(AnswerError::Shrunk { path, old, new });
        }
        if let Shrink::Warn(most) = self.policy.shrink
            && loses(most)
        {
            let path = path.clone();
            self.applied.notices.push(Notice::Shrunk { path, old, new });
        }
        Ok(())
    }

    fn rename(&mut self, path: &RepoPath, to: &RepoPath, steps: &[Step]) -> Result<(), AnswerError> {
        let old = self.file(path)?;
        if self.at(to)?.is_some() {
            return Err(AnswerError::Exists(to.to_string()));
        }
        self.can_come(to)?;
        let new = match steps {
            [] => old,
            steps => self.edited(path, &old, steps)?,
        };
        self.applied.files.push(NewFile {
            path: path.clone(),
            bytes: None,
            moved_from: None,
        });
        self.put(to, None, new, Some(path.clone()));
        Ok(())
    }

    /// A file's bytes with every step applied. All that is wrong with the others is told at once.
    fn edited(&mut self, path: &RepoPath, old: &[u8], steps: &[Step]) -> Result<Vec<u8>, AnswerError> {
        let name = path.to_string();
        let text = self.text(path, old)?;
        let mut change = Change::of(&name, text, self.policy);
        let mut matches = Vec::new();
        let mut wrong = Vec::new();
        let by_numbers = change.by_numbers(steps);
        for step in steps {
            match if by_numbers {
                Ok(Level::Exact)
            } else {
                change.step(step)
            } {
                Ok(level) => matches.push(Match {
                    path: path.clone(),
                    line: step.line,
                    level,
                }),
                Err(error) => wrong.push(error),
            }
        }
        let new = change.to_bytes();
        let fine = matches
            .iter()
            .map(|edit| format!("the edit of `{path}` at line {}", edit.line));
        self.fine.extend(fine);
        self.applied.matches.extend(matches);
        let Some(last) = wrong.pop() else {
            for step in steps {
                step.edit.added().iter().for_each(|line| self.flag(path, line));
            }
            return Ok(new);
        };
        for error in wrong {
            let error = self.with_elsewhere(path, error);
            self.errors.push(error);
        }
        Err(self.with_elsewhere(path, last))
    }

    /// Names another file that holds the lines. It is never edited for that.
    fn with_elsewhere(&mut self, path: &RepoPath, error: AnswerError) -> AnswerError {
        let AnswerError::NotFound(mut missing) = error else {
            return error;
        };
        let wanted: Vec<&str> = missing.wanted.iter().map(String::as_str).collect();
        let others = self.allowed.iter().filter(|other| *other != path);
        let holder = others.take(ELSEWHERE).find(|other| {
            let Present::File(bytes) = (self.read)(other) else {
                return false;
            };
            let Ok(text) = std::str::from_utf8(&bytes) else {
                return false;
            };
            locate::find(&wanted, &[], &Text::of(text).lines, 0) != Found::Nowhere
        });
        let holder = holder.map(ToString::to_string);
        missing.elsewhere = holder;
        AnswerError::NotFound(missing)
    }

    fn text<'t>(&self, path: &RepoPath, bytes: &'t [u8]) -> Result<&'t str, AnswerError> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Ok(text),
            _ => Err(AnswerError::NotText(path.to_string())),
        }
    }

    /// Takes a file's new bytes, if they are new.
    fn put(&mut self, path: &RepoPath, old: Option<&[u8]>, new: Vec<u8>, moved_from: Option<RepoPath>) {
        if old.is_none()
            && moved_from.is_none()
            && let Ok(text) = std::str::from_utf8(&new)
        {
            self.flag(path, text);
        }
        if old == Some(&new[..]) {
            return;
        }
        if !self.fine.iter().any(|fine| fine.contains(&format!("`{path}`"))) {
            self.fine.push(format!("`{path}`"));
        }
        self.applied.files.push(NewFile {
            path: path.clone(),
            bytes: Some(new),
            moved_from,
        });
    }

    /// Notes characters that hide something.
    fn flag(&mut self, path: &RepoPath, text: &str) {
        let path = path.clone();
        if let Some(character) = hidden(text) {
            let notice = Notice::Hidden { path, character };
            if !self.applied.notices.contains(&notice) {
                self.applied.notices.push(notice);
            }
        }
    }

    fn finish(mut self) -> Result<Applied, AnswerError> {
        let Some(first) = self.errors.pop() else {
            return match self.applied.files.is_empty() {
                true => Err(AnswerError::NoChange),
                false => Ok(self.applied),
            };
        };
        if self.errors.is_empty() && self.fine.is_empty() {
            return Err(first);
        }
        self.errors.push(first);
        Err(AnswerError::Several(Several {
            errors: self.errors,
            fine: self.fine,
        }))
    }
}

fn elided(path: &RepoPath, line: &str) -> AnswerError {
    AnswerError::Elided {
        path: path.to_string(),
        line: line.to_owned(),
    }
}
