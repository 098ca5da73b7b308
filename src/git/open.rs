//! Opening: where the repository is, as git would find it, also from inside a hook.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix::discover::upwards;

use super::command::GitProgram;
use super::owner;
use super::worktrees::leads_to;

/// How much of what was read is kept while history is walked, in bytes.
const OBJECT_CACHE: usize = 16 * 1024 * 1024;

/// Why there is no repository to work on.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither here nor above.
    #[error("{dir} is not in a git repository")]
    NotFound {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// There may be one, but it cannot be opened.
    #[error("cannot open the git repository of {dir}: {why}")]
    Unreadable {
        /// Where it was looked for.
        dir: PathBuf,
        /// What gix said.
        why: String,
    },
    /// It is of a kind that is not read here.
    #[error("{dir} is a repository {form}, in which git-harness cannot work yet")]
    Form {
        /// Where it was looked for.
        dir: PathBuf,
        /// Which kind.
        form: Form,
    },
    /// It belongs to somebody else, and git would not work in it either.
    #[error("{dir} belongs to another user (dubious ownership)")]
    Foreign {
        /// The repository.
        dir: PathBuf,
    },
    /// There is no git program.
    #[error("no `git` is on the PATH")]
    NoGit,
    /// A path could not be made absolute.
    #[error("cannot resolve {path}: {source}")]
    Resolve {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A kind of repository that is whole for git and not read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Its objects have ids of another hash.
    Hash(String),
    /// Its refs are kept otherwise than in files.
    Refs(String),
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hash(name) => write!(f, "with {name} object ids (extensions.objectFormat)"),
            Self::Refs(name) => write!(f, "that keeps its refs in a {name} (extensions.refStorage)"),
        }
    }
}

impl Form {
    /// The kind that a configuration names, if it is none of those that are read.
    fn of(value: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let other = |key: &str, ours: &str| value(key).filter(|value| !value.eq_ignore_ascii_case(ours));
        let hash = other("extensions.objectFormat", "sha1").filter(|hash| !hash.eq_ignore_ascii_case("sha256"));
        let hash = hash.map(Self::Hash);
        hash.or_else(|| other("extensions.refStorage", "files").map(Self::Refs))
    }

    /// The kind of a repository that could not be opened, by its own configuration.
    fn of_unopened(dir: &Path) -> Option<Self> {
        let (found, _) = gix::discover::upwards(dir).ok()?;
        let (git_dir, _) = found.into_repository_and_work_tree_directories();
        let common = std::fs::read_to_string(git_dir.join("commondir"));
        let common = common.map_or_else(|_| git_dir.clone(), |common| git_dir.join(common.trim_end()));
        let file = common.join("config");
        let config = gix::config::File::from_path_no_includes(file, gix::config::Source::Local).ok()?;
        Self::of(|key| config.string(key).map(|value| value.to_string()))
    }
}

/// A repository, seen from one of its worktrees.
pub struct Repository {
    pub(super) gix: gix::Repository,
    program: GitProgram,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
    index_file: PathBuf,
    /// The git folder of a partial clone, whose remote has what is missing.
    promisor: Option<PathBuf>,
    /// Its refs are kept in a form that only the git program reads.
    pub(super) refs_by_git: bool,
    /// Folders in which nothing decides how the rest is read (`deciding.rs`).
    pub(super) without_deciding: RefCell<HashSet<gix::ObjectId>>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("git_dir", &self.git_dir)
            .finish_non_exhaustive()
    }
}

/// Whether a search for a repository failed because there is none.
fn is_absent(error: &gix::Error) -> bool {
    matches!(
        error.downcast_any_ref(),
        Some(
            upwards::Error::NoGitRepository { .. }
                | upwards::Error::NoGitRepositoryWithinCeiling { .. }
                | upwards::Error::NoGitRepositoryWithinFs { .. }
        )
    )
}

/// The form of refs that git knows beside files.
const REFTABLE: &str = "reftable";

/// Whether the git program reads it, too.
fn knows_reftable(program: &GitProgram) -> bool {
    program.version().is_ok_and(|version| version >= (2, 45, 0))
}

/// Whether some objects were left at a remote.
fn is_partial(gix: &gix::Repository) -> bool {
    let config = gix.config_snapshot();
    let remotes = config.plumbing().sections_by_name("remote").into_iter().flatten();
    config.string("extensions.partialClone").is_some()
        || remotes.into_iter().any(|remote| remote.value("promisor").is_some())
}

impl Repository {
    /// Finds the repository of a folder, as git does; `GIT_DIR` and `GIT_INDEX_FILE` of a hook are honoured.
    pub fn discover(dir: &Path) -> Result<Self, OpenError> {
        Self::found(dir, gix::discover_with_environment_overrides(dir))
    }

    /// Finds the repository of a folder, whatever the environment says: for a look at another worktree.
    pub fn discover_plainly(dir: &Path) -> Result<Self, OpenError> {
        Self::found(dir, gix::discover(dir))
    }

    fn found(dir: &Path, found: Result<gix::Repository, gix::Error>) -> Result<Self, OpenError> {
        let program = GitProgram::find().ok_or(OpenError::NoGit)?;
        let mut gix = found.map_err(|error| {
            // `.` says nothing to whoever reads it in a log.
            let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
            if is_absent(&error) {
                return OpenError::NotFound { dir };
            }
            if let Some(form) = Form::of_unopened(&dir) {
                return OpenError::Form { dir, form };
            }
            OpenError::Unreadable {
                dir,
                why: error.to_string(),
            }
        })?;
        let form = Form::of(|key| gix.config_snapshot().string(key).map(|value| value.to_string()));
        let refs_by_git = form == Some(Form::Refs(REFTABLE.to_owned())) && knows_reftable(&program);
        if let Some(form) = form.filter(|_| !refs_by_git) {
            let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
            return Err(OpenError::Form { dir, form });
        }
        // A replaced object shows another history than the one that is there.
        gix.objects.ignore_replacements = true;
        let absolute = |path: &Path| {
            let path = if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            };
            path.canonicalize().map_err(|source| OpenError::Resolve {
                path: path.to_owned(),
                source,
            })
        };
        let git_dir = absolute(gix.git_dir())?;
        let common_dir = absolute(gix.common_dir())?;
        let work_tree = match gix.workdir() {
            Some(path) => Some(absolute(path)?),
            // Git names a folder that lies elsewhere to its hooks, and has them run in the worktree.
            None => Some(absolute(dir)?).filter(|dir| leads_to(dir, &git_dir)),
        };
        if owner::is_foreign(&program, dir, work_tree.as_deref(), &git_dir) {
            return Err(OpenError::Foreign {
                dir: work_tree.unwrap_or(git_dir),
            });
        }
        let index_file = std::path::absolute(gix.index_path()).unwrap_or_else(|_| git_dir.join("index"));
        let promisor = is_partial(&gix).then(|| git_dir.clone());
        Ok(Self {
            gix,
            program,
            git_dir,
            common_dir,
            work_tree,
            index_file,
            promisor,
            refs_by_git,
            without_deciding: RefCell::default(),
        })
    }

    /// Opens a git folder that this program made itself, believing nothing of the environment.
    pub(super) fn open_plain(program: GitProgram, dir: &Path) -> Result<Self, OpenError> {
        let mut gix = gix::open_opts(dir, gix::open::Options::isolated()).map_err(|error| OpenError::Unreadable {
            dir: dir.to_owned(),
            why: error.to_string(),
        })?;
        gix.objects.ignore_replacements = true;
        // Commits are looked at one after the other here, and each shares most of its trees with the next.
        gix.object_cache_size(OBJECT_CACHE);
        gix.objects
            .set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(OBJECT_CACHE)));
        Ok(Self {
            gix,
            program,
            git_dir: dir.to_owned(),
            common_dir: dir.to_owned(),
            work_tree: None,
            index_file: dir.join("index"),
            promisor: None,
            refs_by_git: false,
            without_deciding: RefCell::default(),
        })
    }

    /// This worktree's git folder.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// This worktree's top folder; `None` in a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The index that git works with here; inside a hook the one of the commit being made.
    pub fn index_file(&self) -> &Path {
        &self.index_file
    }

    /// Whether it has no worktree of its own.
    pub fn is_bare(&self) -> bool {
        self.work_tree.is_none()
    }

    /// The git program.
    pub fn program(&self) -> &GitProgram {
        &self.program
    }

    /// A value of the configuration as git sees it here now: git itself may have written it a moment ago.
    pub fn config_value(&self, key: &str) -> Option<String> {
        let mut fresh = self.gix.clone();
        // Where the file cannot be read any more, what it said is the best there is.
        let _ = fresh.reload();
        fresh.config_snapshot().string(key).map(|value| value.to_string())
    }

    /// The same repository for a view of its objects that has no configuration of its own.
    pub(super) fn promisor(&self) -> Option<PathBuf> {
        self.promisor.clone()
    }

    /// Has a view bring what is missing from where a partial clone left it.
    pub(super) fn set_promisor(&mut self, promisor: Option<PathBuf>) {
        self.promisor = promisor;
    }

    /// A call that may ask the remote of a partial clone; `None` in any other clone.
    pub(super) fn call_to_promisor(&self) -> Option<super::command::Call> {
        let git_dir = self.promisor.as_ref()?;
        Some(self.program.as_user(git_dir, None))
    }

    /// What the repository's and this worktree's own configuration files say, without what they include.
    pub fn own_settings(&self) -> Result<Vec<(String, String)>, super::command::GitError> {
        let mut found = Vec::new();
        for file in [self.common_dir.join("config"), self.git_dir.join("config.worktree")] {
            if !file.exists() {
                continue;
            }
            let mut call = self.trusted();
            let listing = call
                .words(["config", "--list", "-z", "--no-includes", "--file"])
                .word(&file)
                .bytes()?;
            found.extend(
                listing
                    .split(|byte| *byte == 0)
                    .filter(|entry| !entry.is_empty())
                    .map(|entry| {
                        let text = String::from_utf8_lossy(entry);
                        let (key, value) = text.split_once('\n').unwrap_or((&text, "true"));
                        (key.to_owned(), value.to_owned())
                    }),
            );
        }
        Ok(found)
    }

    /// Whether `refs/replace/` holds anything.
    pub fn has_replaced_objects(&self) -> Result<bool, super::command::GitError> {
        let mut call = self.trusted();
        let listing = call.words(["for-each-ref", "--count=1", "refs/replace"]).text()?;
        Ok(!listing.is_empty())
    }

    /// A trusted call on this repository.
    pub(super) fn trusted(&self) -> super::command::Call {
        self.program.trusted(&self.git_dir)
    }
}
