//! Our hooks in a repository: put beside what is there, chained to it, and taken away again byte for byte.
//!
//! Nothing is written into a tracked folder. Where `core.hooksPath` points somewhere, the local setting is pointed at
//! our own folder, whose files call what was there; `uninstall` puts the setting back.

mod once;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::domain::words::shell_word;
use crate::folders::make_private;

use super::command::GitError;
use super::open::Repository;

/// The hooks that we take part in everywhere that people commit. prepare-commit-msg decides; pre-commit, which can be
/// skipped, only comes before the hooks of others.
const LOCAL: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "pre-push"];
/// The one that judges every move of a branch, where the project asks for it.
const STRICT: &str = "reference-transaction";
/// The one that judges pushes on a server.
const SERVER: &str = "pre-receive";

/// Every hook that may be ours.
fn all() -> impl Iterator<Item = &'static str> {
    LOCAL.into_iter().chain([STRICT, SERVER, once::AFTER])
}

const MARK: &str = "# git-harness hook v";
const CURRENT: &str = "# git-harness hook v1\n";
const FORMER: &str = "pre-harness";

const DISPATCH: &str = include_str!("../../hooks/dispatch.sh");
const PRE_COMMIT: &str = include_str!("../../hooks/pre-commit.sh");
const DISPATCH_WITH_INPUT: &str = include_str!("../../hooks/dispatch-with-input.sh");
const REFERENCE_TRANSACTION: &str = include_str!("../../hooks/reference-transaction.sh");
const PRE_RECEIVE: &str = include_str!("../../hooks/pre-receive.sh");
const FORWARD: &str = include_str!("../../hooks/forward.sh");

/// Why hooks could not be looked at or changed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// A file operation failed.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration could not be changed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// How one hook stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HookState {
    /// Ours, and current.
    Ours,
    /// Ours, but of another version, or changed by somebody.
    Altered,
    /// Not there.
    Missing,
    /// Somebody else's stands in its place.
    Displaced,
    /// Ours, but git will not run it.
    NotExecutable,
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookReport {
    /// Its name.
    pub name: &'static str,
    /// The file that git looks for.
    pub file: PathBuf,
    /// How it stands.
    pub state: HookState,
    /// The hook that ours calls first, if there is one.
    pub chained: Option<PathBuf>,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> HookError + '_ {
    move |source| HookError::Io {
        path: path.to_owned(),
        source,
    }
}

impl Repository {
    /// The folder in which git looks for hooks, seen from this worktree.
    pub fn hooks_dir(&self) -> PathBuf {
        match self.config_value("core.hooksPath").filter(|path| !path.is_empty()) {
            Some(path) => {
                let path = match path.strip_prefix("~/") {
                    Some(rest) => PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(rest),
                    None => PathBuf::from(path),
                };
                self.work_tree().unwrap_or(self.git_dir()).join(path)
            }
            None => self.common_dir().join("hooks"),
        }
    }

    fn own_hooks_dir(&self) -> PathBuf {
        self.common_dir().join("harness").join("hooks")
    }

    fn remembered_setting(&self) -> PathBuf {
        self.common_dir().join("harness").join("hooks-path")
    }

    /// Installs our hooks, or brings them up to date. `program` is what they call.
    pub fn install_hooks(&self, program: &Path) -> Result<Vec<HookReport>, HookError> {
        self.install(program, &LOCAL)
    }

    /// The same, and the hook that judges every move of a branch while a task is open.
    pub fn install_strict_hooks(&self, program: &Path) -> Result<Vec<HookReport>, HookError> {
        let names: Vec<&str> = LOCAL.into_iter().chain([STRICT]).collect();
        self.install(program, &names)
    }

    /// Installs the hook that judges pushes to this repository.
    pub fn install_server_hook(&self, program: &Path) -> Result<Vec<HookReport>, HookError> {
        self.install(program, &[SERVER])
    }

    fn install(&self, program: &Path, names: &[&str]) -> Result<Vec<HookReport>, HookError> {
        let dir = self.hooks_dir();
        let redirected = self.config_value("core.hooksPath").is_some_and(|path| !path.is_empty());
        if redirected && dir != self.own_hooks_dir() {
            self.take_over(program, names)?;
        } else if redirected {
            let former = fs::read_to_string(self.remembered_setting()).unwrap_or_default();
            let former = former.trim_end().rsplit('\t').next().unwrap_or_default();
            self.write_own(program, former, names)?;
        } else {
            fs::create_dir_all(&dir).map_err(io_at(&dir))?;
            for name in names {
                let file = dir.join(name);
                if file.exists() && !is_ours(&file) {
                    let aside = dir.join(format!("{name}.{FORMER}"));
                    fs::rename(&file, &aside).map_err(io_at(&file))?;
                }
                let former = format!("\"${{0%/*}}/{name}.{FORMER}\"");
                write_hook(&file, &dispatcher(name, program, &former))?;
            }
        }
        Ok(self.hook_status())
    }

    /// Points git at our own folder, whose hooks call those of the folder that it pointed at.
    fn take_over(&self, program: &Path, names: &[&str]) -> Result<(), HookError> {
        let value = self.config_value("core.hooksPath").unwrap_or_default();
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        let local = call.words(["config", "--local", "--get", "core.hooksPath"]).output()?;
        let had_local = local.status.success();
        let remembered = self.remembered_setting();
        if let Some(dir) = remembered.parent() {
            make_private(dir).map_err(io_at(dir))?;
        }
        let kind = if had_local { "local" } else { "other" };
        fs::write(&remembered, format!("{kind}\t{value}\n")).map_err(io_at(&remembered))?;
        self.write_own(program, &value, names)?;
        let mut call = self.program().as_user(self.git_dir(), self.work_tree());
        call.words(["config", "--local", "core.hooksPath"])
            .word(self.own_hooks_dir())
            .bytes()?;
        Ok(())
    }

    fn write_own(&self, program: &Path, former_dir: &str, names: &[&str]) -> Result<(), HookError> {
        let own = self.own_hooks_dir();
        make_private(&own).map_err(io_at(&own))?;
        // A relative folder stays relative: hooks run at the top of the worktree that commits.
        let former = |name: &str| shell_word(&format!("{}/{name}", former_dir.trim_end_matches('/')));
        let there = self.work_tree().unwrap_or(self.git_dir()).join(former_dir);
        for entry in fs::read_dir(&there).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !names.contains(&name.as_str()) && !name.contains('.') && entry.path().is_file() {
                write_hook(&own.join(&name), &FORWARD.replace("@FORMER@", &former(&name)))?;
            }
        }
        for name in names {
            write_hook(&own.join(name), &dispatcher(name, program, &former(name)))?;
        }
        Ok(())
    }

    /// Takes our hooks away and puts back what was there. Returns the files and settings that changed.
    pub fn uninstall_hooks(&self) -> Result<Vec<String>, HookError> {
        let mut done = Vec::new();
        let remembered = self.remembered_setting();
        if let Ok(text) = fs::read_to_string(&remembered) {
            let mut call = self.program().as_user(self.git_dir(), self.work_tree());
            match text.trim_end().split_once('\t') {
                Some(("local", value)) => call.words(["config", "--local", "core.hooksPath", value]).bytes()?,
                _ => call.words(["config", "--local", "--unset", "core.hooksPath"]).bytes()?,
            };
            fs::remove_file(&remembered).map_err(io_at(&remembered))?;
            let own = self.own_hooks_dir();
            fs::remove_dir_all(&own).map_err(io_at(&own))?;
            done.push("core.hooksPath".to_owned());
        }
        let dir = self.common_dir().join("hooks");
        for name in all() {
            let file = dir.join(name);
            // Another tool may have moved ours away under a name of its own.
            for moved in [format!("{name}.legacy"), format!("{name}.old")] {
                let moved = dir.join(moved);
                if is_ours(&moved) {
                    fs::remove_file(&moved).map_err(io_at(&moved))?;
                    done.push(moved.display().to_string());
                }
            }
            if put_back(&dir, name)? {
                done.push(file.display().to_string());
            }
        }
        done.dedup();
        Ok(done)
    }

    /// How our hooks stand.
    pub fn hook_status(&self) -> Vec<HookReport> {
        let dir = self.hooks_dir();
        let wanted = |name: &&str| match *name {
            STRICT | SERVER => is_ours(&dir.join(name)) && !once::is_armed(&dir.join(name)),
            once::AFTER => false,
            _ => !self.is_bare(),
        };
        all().filter(wanted).map(|name| report(&dir, name)).collect()
    }
}

/// Takes one of our hooks away and puts back what was there. Tells whether anything changed.
fn put_back(dir: &Path, name: &str) -> Result<bool, HookError> {
    let file = dir.join(name);
    let aside = dir.join(format!("{name}.{FORMER}"));
    let ours = is_ours(&file);
    if ours {
        fs::remove_file(&file).map_err(io_at(&file))?;
    }
    let former = aside.exists() && !file.exists();
    if former {
        fs::rename(&aside, &file).map_err(io_at(&aside))?;
    }
    Ok(ours || former)
}

fn report(dir: &Path, name: &'static str) -> HookReport {
    let file = dir.join(name);
    let text = fs::read_to_string(&file);
    let executable = fs::metadata(&file).is_ok_and(|file| file.permissions().mode() & 0o111 != 0);
    let state = match &text {
        Err(error) if error.kind() == io::ErrorKind::NotFound => HookState::Missing,
        Ok(text) if text.contains(MARK) && !(text.contains(CURRENT) && is_whole(text, name)) => HookState::Altered,
        Ok(text) if text.contains(MARK) && !executable => HookState::NotExecutable,
        Ok(text) if text.contains(MARK) => HookState::Ours,
        _ => HookState::Displaced,
    };
    let aside = dir.join(format!("{name}.{FORMER}"));
    let elsewhere = text.ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("former="))?.to_owned();
        let path = PathBuf::from(line.trim_matches('\''));
        path.exists().then_some(path)
    });
    HookReport {
        name,
        state,
        chained: aside.exists().then_some(aside).or(elsewhere),
        file,
    }
}

/// Whether a hook has every line of its template that is not filled in.
fn is_whole(text: &str, name: &str) -> bool {
    let template = template(name).replace("@HOOK@", name);
    let fixed = |line: &&str| !line.contains("@FORMER@") && !line.contains("@PROGRAM@");
    template
        .lines()
        .filter(fixed)
        .all(|line| text.lines().any(|other| other == line))
}

fn is_ours(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(MARK))
}

fn template(name: &str) -> &'static str {
    match name {
        "pre-commit" => PRE_COMMIT,
        "pre-push" => DISPATCH_WITH_INPUT,
        STRICT => REFERENCE_TRANSACTION,
        SERVER => PRE_RECEIVE,
        _ => DISPATCH,
    }
}

fn dispatcher(name: &str, program: &Path, former: &str) -> String {
    template(name)
        .replace("@FORMER@", former)
        .replace("@PROGRAM@", &shell_word(&program.to_string_lossy()))
        .replace("@HOOK@", name)
}

fn write_hook(file: &Path, text: &str) -> Result<(), HookError> {
    let dir = file.parent().unwrap_or(Path::new("."));
    let temporary = tempfile::NamedTempFile::new_in(dir).map_err(io_at(file))?;
    fs::write(temporary.path(), text).map_err(io_at(file))?;
    fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).map_err(io_at(file))?;
    temporary.persist(file).map_err(|error| io_at(file)(error.error))?;
    Ok(())
}
