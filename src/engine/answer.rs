//! Answer: from what a model wrote to a harvest. Every path is put to the card's rules before a file is read.

use std::cell::RefCell;

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::edit::{self, Access, Known, Present, Reading};
use crate::domain::failure::Failure;
use crate::domain::oid::TreeId;
use crate::domain::path::RepoPath;
use crate::domain::scope::violation::Violation;
use crate::git::{ReadError, Repository};

use super::Engine;
use super::harvest::{self, Harvested};
use super::judge::{JudgeError, Rules};
use super::project::Project;
use super::run::RunError;

/// What an answer came to.
pub enum Read {
    /// Its edits, as if they had been made in a view, and how they were read.
    Edits(Harvested, Reading),
    /// Nothing of it counts.
    Failed(Failure),
}

/// Reads the edits out of an answer and applies them in memory to the tree that the attempt starts from.
pub fn read(engine: &Engine, project: &Project, rules: &Rules, start: TreeId, text: &str) -> Result<Read, RunError> {
    let all: Vec<RepoPath> = engine.git.list(start, "")?.into_iter().map(|(path, _)| path).collect();
    let allowed: Vec<RepoPath> = all.iter().filter(|path| rules.allows(path)).cloned().collect();
    let known = Known {
        allowed: &allowed,
        all: &all,
        root: engine.git.work_tree().and_then(|top| top.to_str()),
    };
    let scope = Scope {
        git: &engine.git,
        base: project.tree,
        rules,
        broken: RefCell::default(),
        failed: RefCell::default(),
    };
    let mut unreadable = None;
    let mut look = |path: &RepoPath| {
        present(&engine.git, start, path).unwrap_or_else(|error| {
            unreadable = Some(error);
            Present::Nothing
        })
    };
    let applied = edit::parse(text, known).and_then(|edits| {
        let judge = |path: &RepoPath, access: Access| scope.judge(path, access);
        let applied = edit::apply(&edits, &allowed, &judge, &mut look, &edit::Policy::default())?;
        let reading = Reading::of(&edits, &applied);
        Ok((applied, reading))
    });
    if let Some(error) = scope.failed.take() {
        return Err(error.into());
    }
    if let Some(error) = unreadable {
        return Err(error.into());
    }
    let violations = scope.broken.take();
    if !violations.is_empty() {
        return Ok(Read::Failed(Failure::out_of_scope(violations)));
    }
    match applied {
        Ok((applied, reading)) => {
            let harvested = harvest::from_answer(&engine.git, project.tree, start, applied.files)?;
            Ok(Read::Edits(harvested, reading))
        }
        Err(edit::AnswerError::NoChange) => Ok(Read::Failed(Failure::NoChange)),
        Err(error) => Ok(Read::Failed(Failure::Answer {
            why: error.to_string(),
            form: error.is_format_failure() && !matches!(error, edit::AnswerError::Truncated(_)),
        })),
    }
}

/// Why a card's rules refuse every change of a path, if they do.
///
/// # Errors
/// The repository's.
pub(super) fn why_refused(
    engine: &Engine,
    project: &Project,
    rules: &Rules,
    path: &RepoPath,
) -> Result<Option<String>, JudgeError> {
    let scope = Scope {
        git: &engine.git,
        base: project.tree,
        rules,
        broken: RefCell::default(),
        failed: RefCell::default(),
    };
    let access = match engine.git.entry(project.tree, &path.to_text())? {
        Some(_) => Access::Change,
        None => Access::Create,
    };
    let refused = scope.judge(path, access).err();
    match scope.failed.take() {
        Some(error) => Err(error),
        None => Ok(refused),
    }
}

/// The card's rules, asked path by path.
struct Scope<'a> {
    git: &'a Repository,
    base: TreeId,
    rules: &'a Rules,
    broken: RefCell<Vec<Violation>>,
    failed: RefCell<Option<JudgeError>>,
}

impl Scope<'_> {
    fn judge(&self, path: &RepoPath, access: Access) -> Result<(), String> {
        if self.rules.is_incidental(path) {
            return Ok(());
        }
        // What stands in it is judged when it is known; here it only has to differ.
        let file = |text: &[u8]| Entry {
            mode: FileMode::Regular,
            blob: self.git.hash_blob(text),
        };
        let change = Change {
            path: path.clone(),
            old: (access != Access::Create).then(|| file(b"before")),
            new: (access != Access::Delete).then(|| file(b"after")),
        };
        match self
            .rules
            .violations(self.git, self.base, &ChangeSet::new(vec![change]))
        {
            Ok(violations) => match violations.into_iter().next() {
                None => Ok(()),
                Some(violation) => {
                    let why = violation.to_string();
                    self.broken.borrow_mut().push(violation);
                    Err(why)
                }
            },
            Err(error) => {
                let why = error.to_string();
                self.failed.replace(Some(error));
                Err(why)
            }
        }
    }
}

/// What is at a path of a tree.
fn present(git: &Repository, tree: TreeId, path: &RepoPath) -> Result<Present, ReadError> {
    let name = path.to_text();
    Ok(match git.entry(tree, &name)? {
        Some(entry) if entry.mode.is_file() => Present::File(git.blob(entry.blob)?),
        Some(_) => Present::Link,
        None if git.subtree(tree, &name)?.is_some() => Present::Folder,
        None => Present::Nothing,
    })
}
