//! Worlds: a repository, a home and a scratch folder of its own for every case, copied from a template that
//! `world.sh` makes once for each kind.

use super::place::place;
use super::tier::Tier;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every script of a case begins with.
const PRELUDE: &str = include_str!("prelude.sh");

/// How a repository is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// No harness: a pre-commit hook as projects write them.
    Plain,
    /// The harness, with its usual hooks; the task is open in the worktree.
    Hooks,
    /// The same with `[hooks] guard = "strict"`.
    Strict,
    /// The harness; the task is ready for a Builder.
    Builder,
    /// The harness, where people also commit without a task.
    Honest,
}

impl Kind {
    /// Its name, as `world.sh` and the cases know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hooks => "hooks",
            Self::Strict => "strict",
            Self::Builder => "builder",
            Self::Honest => "honest",
        }
    }
}

/// The templates of one run of the suite.
pub struct Templates {
    dir: tempfile::TempDir,
}

impl Templates {
    /// Makes a template of each kind.
    pub fn new(kinds: &[Kind]) -> Self {
        let dir = tempfile::tempdir_in(place()).unwrap();
        for kind in kinds {
            let world = World::bare(&dir.path().join(kind.name()), *kind);
            let made = world.sh(&world.root, include_str!("world.sh"));
            assert_eq!(made.code, 0, "{}", made.text);
        }
        Self { dir }
    }

    /// A world of its own; gone when it is dropped.
    pub fn world(&self, kind: Kind) -> World {
        let own = tempfile::tempdir_in(place()).unwrap();
        let root = own.path().canonicalize().unwrap().join("w");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.dir.path().join(kind.name()))
            .arg(&root)
            .status()
            .unwrap();
        assert!(copied.success());
        World {
            root,
            kind,
            base: String::new(),
            _own: Some(own),
        }
    }
}

/// A repository, a home and a scratch folder.
pub struct World {
    /// The folder that holds all of it.
    pub root: PathBuf,
    kind: Kind,
    /// The governed branch before the attack.
    pub base: String,
    _own: Option<tempfile::TempDir>,
}

/// What a script said, both streams together, and how it ended.
pub struct Said {
    /// The text.
    pub text: String,
    /// The exit code; -1 for a signal.
    pub code: i32,
}

impl World {
    fn bare(root: &Path, kind: Kind) -> Self {
        for folder in ["home", "scratch"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Self {
            root: root.canonicalize().unwrap(),
            kind,
            base: String::new(),
            _own: None,
        }
    }

    /// The repository.
    pub fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// Has the repository's owner trust its commands.
    pub fn trust(&self) {
        let said = self.harness(&["trust"]);
        assert_eq!(said.code, 0, "{}", said.text);
    }

    /// Notes where the governed branch stands.
    pub fn note_base(&mut self) {
        self.base = self.git(&["rev-parse", "refs/heads/main"]);
    }

    /// A script with the prelude, the case and what is to be done, as one text: a Builder in a fence reads no file.
    pub fn script(&self, case: &str, then: &str) -> String {
        format!(
            "REPO='{}'; T='{}'; MODE='{}'; BASE='{}'; FIXTURES='{}'\n{PRELUDE}\n{case}\n{then}\n",
            self.repo().display(),
            self.root.join("scratch").display(),
            self.kind.name(),
            self.base,
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks").display(),
        )
    }

    /// Runs a shell script in a folder, with nothing of the machine's environment.
    pub fn sh(&self, dir: &Path, script: &str) -> Said {
        self.run(
            Command::new("sh")
                .arg("-c")
                .arg(script)
                .arg(self.kind.name())
                .current_dir(dir),
        )
    }

    /// Runs the program in the repository.
    pub fn harness(&self, args: &[&str]) -> Said {
        self.harness_in(&self.repo(), args)
    }

    /// Runs the program in a folder.
    pub fn harness_in(&self, dir: &Path, args: &[&str]) -> Said {
        self.run(
            Command::new(env!("CARGO_BIN_EXE_git-harness"))
                .args(args)
                .current_dir(dir),
        )
    }

    /// Has the harness start a Builder, with a file and a pipe that are open for it to inherit.
    pub fn builder(&self, args: &[&str]) -> Said {
        let inherited = self.root.join("scratch/inherited");
        let script = r#"exec 9>>"$0"
            { git-harness exec "$@" 7>&1 >&8 8>&-; echo $? > "$0.status"; } 8>&1 | cat > "$0.pipe"
            exit "$(cat "$0.status")""#;
        self.run(
            Command::new("sh")
                .args(["-c", script])
                .arg(inherited)
                .args(args)
                .current_dir(self.repo()),
        )
    }

    /// Runs git in the repository as somebody who believes nothing in it; it has to succeed.
    pub fn git(&self, args: &[&str]) -> String {
        let said = self.try_git(&self.repo(), args);
        assert_eq!(said.code, 0, "git {args:?}: {}", said.text);
        said.text.trim_end().to_owned()
    }

    /// Runs git in a folder as somebody who believes nothing in it.
    pub fn try_git(&self, dir: &Path, args: &[&str]) -> Said {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
            .args(["-c", "core.commitGraph=false", "-c", "core.quotePath=false"])
            .args(["-c", "advice.graftFileDeprecated=false"])
            .args(args)
            .current_dir(dir);
        let command = self.surroundings(&mut command);
        command
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null");
        said(command)
    }

    fn run(&self, command: &mut Command) -> Said {
        said(self.surroundings(command))
    }

    fn surroundings<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let own = Path::new(env!("CARGO_BIN_EXE_git-harness"))
            .parent()
            .unwrap()
            .to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap();
        command.env_clear();
        // So that all of it can be tried with other forms of repositories.
        for form in ["GIT_DEFAULT_HASH", "GIT_DEFAULT_REF_FORMAT"] {
            command.envs(std::env::var_os(form).map(|value| (form, value)));
        }
        command
            .env("PATH", path)
            .env("HOME", self.root.join("home"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("XDG_CONFIG_HOME", self.root.join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_HARNESS_FENCE_WITHOUT", Tier::wanted().without())
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "120")
            .env("DEPLOY_TOKEN", "token-of-this-machine")
            .stdin(Stdio::null())
    }
}

/// Both streams go to one file, as on a terminal; a process that lives on in the background holds nobody up.
fn said(command: &mut Command) -> Said {
    let file = tempfile::tempfile().unwrap();
    let status = command
        .stdout(file.try_clone().unwrap())
        .stderr(file.try_clone().unwrap())
        .status()
        .unwrap();
    let mut text = Vec::new();
    std::io::Seek::rewind(&mut &file).unwrap();
    std::io::Read::read_to_end(&mut &file, &mut text).unwrap();
    Said {
        text: String::from_utf8_lossy(&text).into_owned(),
        code: status.code().unwrap_or(-1),
    }
}
