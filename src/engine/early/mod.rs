//! Early: an edit that an agent program is about to make, judged before it happens.
//!
//! This saves tokens and time; it holds nothing. What a program does without asking is found by the harvest and by the
//! hooks of git (design section 6). The rules are those of the judge, for the card that is open in the worktree.

mod places;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::agent::hook::Call;
use crate::domain::agent::reply::Refusal;
use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::gate::AiPermission;
use crate::domain::oid::{CommitId, TreeId};
use crate::domain::path::RepoPath;
use crate::domain::scope::bounds::Bounds;
use crate::domain::scope::violation::{Rule, Violation};
use crate::domain::task::state::TaskState;
use crate::git::{Head, OpenError, ReadError, Repository};

use super::Engine;
use super::attended::{self, AttendedError};
use super::judge::{self, JudgeError, Rules};
use super::project::{self, ProjectError};
use super::slot;

pub use places::PlaceError;
use places::places;

/// The variable that names what the harness left for the hooks of a program that it started.
pub const SCOPE: &str = "HARNESS_SCOPE";

/// Why an edit could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum EarlyError {
    /// Its name is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A repository could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The open task could not be found out.
    #[error(transparent)]
    Attended(#[from] AttendedError),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The configuration at HEAD could not be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The rules could not be made.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// What the harness left cannot be read.
    #[error("cannot read {file}, where the harness left what bounds this work: {why}")]
    Left {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// The configuration has mistakes.
    #[error("the configuration at HEAD has mistakes: {}", .0.first().map(|one| one.message.as_str()).unwrap_or_default())]
    Config(Vec<Diagnostic>),
}

/// A folder in which a task is worked on, and what bounds it.
struct Guard {
    git: Repository,
    top: PathBuf,
    bounds: Bounds,
    rules: Rules,
    tree: TreeId,
    /// Its state, where nobody but a person may go on.
    waits: Option<&'static str>,
}

/// The worktree that a folder lies in, if the mark of an open task is in it. Folders that are not there yet lie in the
/// next one above.
fn marked_worktree(folder: &Path) -> Result<Option<Repository>, EarlyError> {
    let Some(there) = folder.ancestors().find(|dir| dir.is_dir()) else {
        return Ok(None);
    };
    match Repository::discover_plainly(there) {
        Ok(git) => {
            let is_marked = git.work_tree().is_some() && attended::mark_of(&git).exists();
            Ok(is_marked.then_some(git))
        }
        Err(OpenError::NotFound { .. } | OpenError::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Guard {
    /// The guard of an engine's worktree; `None` where no task is open after all.
    fn of(engine: Engine) -> Result<Option<Self>, EarlyError> {
        let Some(open) = attended::open(&engine)? else {
            return Ok(None);
        };
        let head = commit_at_head(&engine.git)?;
        let tree = engine.git.tree_of(head)?;
        let mut wrong = Vec::new();
        let Some(config) = project::read_config(&engine, tree, &mut wrong)? else {
            return Err(EarlyError::Config(wrong));
        };
        let state = engine.replay().task(&open.card.id).map(|log| log.state);
        let waits = state.filter(|state| state.waits_for_person()).map(TaskState::as_str);
        // Whoever asks here is a program; the lane may want a person's own hands.
        let lane = config.lane(&open.card);
        let waits = waits.or((lane.ai == AiPermission::Advise).then_some("in a lane in which a person builds"));
        let bounds = judge::bounds(&open.card, &config, &engine.git, head)?;
        Self::new(engine.git, tree, bounds, waits).map(Some)
    }

    /// The guard of a Builder's view, by what the harness left for it.
    fn of_view(left: &Path) -> Result<Self, EarlyError> {
        let failed = |why: String| EarlyError::Left {
            file: left.to_owned(),
            why,
        };
        let bytes = fs::read(left).map_err(|error| failed(error.to_string()))?;
        let view: View = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        let git = Repository::discover_plainly(&view.top)?;
        let tree = git.tree_of(commit_at_head(&git)?)?;
        Self::new(git, tree, view.bounds, None)
    }

    fn new(git: Repository, tree: TreeId, bounds: Bounds, waits: Option<&'static str>) -> Result<Self, EarlyError> {
        let top = git.work_tree().ok_or(AttendedError::NoWorktree)?.to_owned();
        Ok(Self {
            rules: Rules::of(&bounds, &git, tree)?,
            git,
            top,
            bounds,
            tree,
            waits,
        })
    }

    fn refuse(&self, violations: Vec<Violation>) -> Option<Refusal> {
        (!violations.is_empty()).then(|| Refusal::Scope {
            task: self.bounds.task.clone(),
            violations,
            files: self.bounds.files.clone(),
        })
    }

    /// Judges files below its top.
    fn judge(&self, files: &[(PathBuf, bool)]) -> Result<Option<Refusal>, EarlyError> {
        if let Some(state) = self.waits {
            let task = self.bounds.task.clone();
            return Ok(Some(Refusal::Waits { task, state }));
        }
        let mut changes = Vec::new();
        let mut violations = Vec::new();
        for (file, deletes) in files {
            let below = file.strip_prefix(&self.top).unwrap_or(file);
            match RepoPath::new(below.as_os_str().as_bytes()) {
                Ok(path) => changes.push(self.change(path, *deletes)?),
                Err(error) => violations.push(Violation {
                    path: below.to_string_lossy().into_owned(),
                    rule: Rule::Name { why: error.to_string() },
                }),
            }
        }
        let changes = ChangeSet::new(changes);
        let found = self.rules.violations(&self.git, self.tree, &changes)?;
        if !found.is_empty() {
            let ignored = slot::ignore_rules(&self.git, self.tree)?;
            // What the harvest drops without blame is not blamed here either.
            let is_dropped = |violation: &Violation| {
                violation.rule == Rule::OutsideCard
                    && changes.iter().any(|change| {
                        change.path.to_text() == violation.path
                            && (self.rules.is_incidental(&change.path)
                                || change.old.is_none()
                                    && !self.rules.allowed().names_exactly(&change.path)
                                    && ignored.is_ignored(&change.path, false))
                    })
            };
            violations.extend(found.into_iter().filter(|violation| !is_dropped(violation)));
        }
        Ok(self.refuse(violations))
    }

    /// The change that an edit would make, with some content or other.
    fn change(&self, path: RepoPath, deletes: bool) -> Result<Change, EarlyError> {
        let old = match path.as_str() {
            Some(text) => self.git.entry(self.tree, text)?,
            None => None,
        };
        let new = Entry {
            // Who writes to a link writes to what it leads to, or puts a file in its place.
            mode: match old.map(|entry| entry.mode) {
                Some(mode @ (FileMode::Executable | FileMode::Gitlink)) => mode,
                _ => FileMode::Regular,
            },
            // Which blob is not known yet; it is none that is there.
            blob: self.git.hash_blob(b"not written yet"),
        };
        Ok(Change {
            path,
            old: old.or_else(|| deletes.then_some(new)),
            new: (!deletes).then_some(new),
        })
    }
}

/// The tree of HEAD's commit.
fn commit_at_head(git: &Repository) -> Result<CommitId, EarlyError> {
    match git.head()? {
        Head::Branch { commit, .. } | Head::Detached { commit } => Ok(commit),
        Head::Unborn { .. } => Err(AttendedError::Detached.into()),
    }
}

/// What the harness leaves for the hooks of a Builder's program.
#[derive(Debug, Serialize, Deserialize)]
struct View {
    #[serde(with = "crate::process::fence::paths::one")]
    top: PathBuf,
    bounds: Bounds,
}

/// Leaves what the hooks of a Builder's program need, for `HARNESS_SCOPE` to name.
///
/// # Errors
/// Where the file cannot be written.
pub fn leave(file: &Path, top: &Path, bounds: Bounds) -> io::Result<()> {
    let view = View {
        top: top.to_owned(),
        bounds,
    };
    fs::write(file, serde_json::to_vec(&view)?)
}

/// Judges a call. `open` makes the engine of a repository in which a task may be open; `here` is the folder that the
/// program was started in, and `left` what the harness left for a program that it started itself.
pub fn judge<E: From<EarlyError>>(
    call: &Call,
    here: &Path,
    left: Option<&Path>,
    open: impl Fn(Repository) -> Result<Engine, E>,
) -> Result<Option<Refusal>, E> {
    let mut folders: Vec<PathBuf> = call.folders.iter().map(|folder| here.join(folder)).collect();
    folders.push(here.to_owned());
    let mut files = Vec::new();
    for touch in &call.touches {
        let found = places(&folders[0], &touch.path).map_err(EarlyError::from)?;
        files.extend(found.into_iter().map(|place| (place, touch.deletes)));
    }
    let mut guards = Guards::default();
    for folder in &folders {
        guards.look(folder, &open)?;
    }
    // Where a task is open in a worktree that the program works in, nothing outside of that is touched either.
    let at_work = guards.found.len();
    if let Some(left) = left {
        // What lies outside of its view is the fence's business.
        guards.found.push(Guard::of_view(left)?);
    }
    for (file, _) in &files {
        if let Some(folder) = file.parent() {
            guards.look(folder, &open)?;
        }
    }
    let guards = guards.found;
    let (mut below, mut outside) = (vec![Vec::new(); guards.len()], Vec::new());
    for (file, deletes) in files {
        let holding = guards
            .iter()
            .enumerate()
            .filter(|(_, guard)| file.starts_with(&guard.top));
        match holding.max_by_key(|(_, guard)| guard.top.components().count()) {
            Some((number, _)) => below[number].push((file, deletes)),
            None => outside.push(Violation {
                path: file.to_string_lossy().into_owned(),
                rule: Rule::OutsideCard,
            }),
        }
    }
    for (guard, files) in guards.iter().zip(&below).filter(|(_, files)| !files.is_empty()) {
        if let Some(refusal) = guard.judge(files)? {
            return Ok(Some(refusal));
        }
    }
    Ok(guards[..at_work].first().and_then(|guard| guard.refuse(outside)))
}

/// The guards of every worktree that was looked for.
#[derive(Default)]
struct Guards {
    found: Vec<Guard>,
    looked: BTreeSet<PathBuf>,
}

impl Guards {
    fn look<E: From<EarlyError>>(
        &mut self,
        folder: &Path,
        open: impl Fn(Repository) -> Result<Engine, E>,
    ) -> Result<(), E> {
        if !self.looked.insert(folder.to_owned()) {
            return Ok(());
        }
        let Some(git) = marked_worktree(folder)? else {
            return Ok(());
        };
        if self.found.iter().all(|guard| Some(&*guard.top) != git.work_tree()) {
            self.found.extend(Guard::of(open(git)?)?);
        }
        Ok(())
    }
}
