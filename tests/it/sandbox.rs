//! A repository of its own for each test: own home, own configuration, nothing of the machine's.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What is kept of the environment of whoever runs the tests. The two of git choose what form new repositories have.
const KEPT: [&str; 5] = [
    "PATH",
    "RUSTUP_HOME",
    "CARGO_HOME",
    "GIT_DEFAULT_HASH",
    "GIT_DEFAULT_REF_FORMAT",
];

/// A temporary folder with a home and a repository.
pub struct Sandbox {
    _dir: tempfile::TempDir,
    root: PathBuf,
    /// Tiers of the fence that this machine is to lack.
    without: &'static str,
}

/// What a command gave.
#[must_use = "look at the output or the status"]
pub struct Outcome {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code.
    pub code: i32,
}

impl Outcome {
    /// Asserts an exit code, and gives itself back.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Asserts that standard error holds a text.
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in\n{}", self.stderr);
        self
    }

    /// Asserts that standard output holds a text.
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not in\n{}", self.stdout);
        self
    }
}

impl Sandbox {
    /// A repository with one commit that holds these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir_in(super::place::place()).unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir(root.join("home")).unwrap();
        fs::create_dir(root.join("repo")).unwrap();
        fs::write(
            root.join("home/.gitconfig"),
            "[user]\n\tname = Ann\n\temail = ann@example.invalid\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgsign = false\n",
        )
        .unwrap();
        let sandbox = Self {
            _dir: dir,
            root,
            without: "",
        };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.write(".gitignore", "/out\n");
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "Begin"]);
        sandbox
    }

    /// The same on a machine that lacks tiers of the fence: `overlay`, or `overlay,shadow+landlock` for all of them.
    pub fn without(self, without: &'static str) -> Self {
        Self { without, ..self }
    }

    /// The repository's folder.
    pub fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// A folder beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file of the repository.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.repo().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Writes an executable script beside the repository and gives its path.
    pub fn script(&self, name: &str, text: &str) -> String {
        let file = self.root.join(name);
        write_executable(&file, format!("#!/bin/sh\n{text}").as_bytes());
        file.to_string_lossy().into_owned()
    }

    /// Copies the program under test to a place of its own and gives its path.
    pub fn copy_of_program(&self, name: &str) -> PathBuf {
        let file = self.root.join(name);
        write_executable(&file, &fs::read(Self::program()).unwrap());
        file
    }

    /// Reads a file of the repository.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repo().join(path)).unwrap()
    }

    /// A program in a folder of the sandbox, with nothing of the machine's in its environment but the path and the form that
    /// new repositories have.
    pub fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if std::env::var_os("RUSTUP_HOME").is_none()
            && let Some(home) = std::env::var_os("HOME")
        {
            // The demonstration builds a real crate; its toolchain is found through the home of whoever runs the tests.
            command.env("RUSTUP_HOME", Path::new(&home).join(".rustup"));
        }
        command
            .env("HOME", self.root.join("home"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("XDG_CONFIG_HOME", self.root.join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_HARNESS_FENCE_WITHOUT", self.without)
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "120");
        command
    }

    /// The program in a folder, ready to be started by the test itself.
    pub fn harness_command_in(&self, dir: &Path) -> Command {
        self.command(Self::program(), dir)
    }

    /// Runs git in a folder; it has to succeed.
    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let outcome = outcome(self.command("git", dir).args(args).output().unwrap());
        assert_eq!(outcome.code, 0, "git {args:?}\n{}{}", outcome.stdout, outcome.stderr);
        outcome.stdout.trim_end().to_owned()
    }

    /// The path of the program under test.
    pub fn program() -> PathBuf {
        PathBuf::from(env!("CARGO_BIN_EXE_git-harness"))
    }

    /// The program, ready to be started by the test itself.
    pub fn harness_command(&self) -> Command {
        self.command(Self::program(), &self.repo())
    }

    /// Runs a command to its end.
    pub fn outcome_of(mut command: Command) -> Outcome {
        outcome(command.output().unwrap())
    }

    /// Runs the program in the repository.
    pub fn harness(&self, args: &[&str]) -> Outcome {
        self.harness_in(&self.repo(), args)
    }

    /// Runs the program in a folder.
    pub fn harness_in(&self, dir: &Path, args: &[&str]) -> Outcome {
        outcome(self.command(Self::program(), dir).args(args).output().unwrap())
    }

    /// Runs the program as another person.
    pub fn harness_as(&self, name: &str, args: &[&str]) -> Outcome {
        let mut command = self.command(Self::program(), &self.repo());
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), name);
            command.env(
                format!("GIT_{who}_EMAIL"),
                format!("{}@example.invalid", name.to_lowercase()),
            );
        }
        outcome(command.args(args).output().unwrap())
    }

    /// Approves what waits, as another person.
    pub fn approve_as(&self, name: &str, task: &str) -> Outcome {
        let change = self.change_of(task);
        self.harness_as(name, &["approve", task, "--of", &change])
    }

    /// Approves a plan as it stands.
    pub fn approve_plan(&self, plan: &str) -> Outcome {
        let shown = self.harness(&["plan", "show", plan]).stdout;
        let (_, rest) = shown.split_once("(as ").unwrap_or_default();
        let name = rest.split_once(')').unwrap_or_default().0;
        self.harness(&["plan", "approve", plan, "--of", name])
    }

    /// The name of the change that waits, as `show` prints it.
    pub fn change_of(&self, task: &str) -> String {
        let shown = self.harness(&["show", task]).stdout;
        let mut lines = shown.lines();
        let name = lines.find_map(|line| line.trim_start().strip_prefix("change "));
        name.unwrap_or_default().trim().to_owned()
    }

    /// Runs git in the repository; it has to succeed.
    pub fn git(&self, args: &[&str]) -> String {
        let outcome = self.try_git(args);
        assert_eq!(outcome.code, 0, "git {args:?}\n{}{}", outcome.stdout, outcome.stderr);
        outcome.stdout.trim_end().to_owned()
    }

    /// Runs git in the repository.
    pub fn try_git(&self, args: &[&str]) -> Outcome {
        outcome(self.command("git", &self.repo()).args(args).output().unwrap())
    }

    /// Runs git in the repository with somebody's answers on its standard input.
    pub fn git_with_answers(&self, args: &[&str], answers: &str) -> Outcome {
        use std::io::Write;
        let mut child = self
            .command("git", &self.repo())
            .args(args)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        outcome(child.wait_with_output().unwrap())
    }

    /// The subjects of the commits on a branch, oldest first.
    pub fn subjects(&self, branch: &str) -> Vec<String> {
        let log = self.git(&["log", "--reverse", "--format=%s", branch]);
        log.lines().map(str::to_owned).collect()
    }

    /// The trailers of a commit.
    pub fn trailers(&self, rev: &str) -> Vec<String> {
        let text = self.git(&["log", "-1", "--format=%(trailers:only,unfold)", rev]);
        text.lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The state of every task, by `status --json`.
    pub fn states(&self) -> Vec<(String, String)> {
        let outcome = self.harness(&["status", "--json"]).exits(0);
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let targets = json["targets"].as_array().unwrap();
        targets
            .iter()
            .flat_map(|target| target["tasks"].as_array().unwrap())
            .map(|task| {
                (
                    task["id"].as_str().unwrap().to_owned(),
                    task["state"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    /// The state of one task.
    pub fn state(&self, task: &str) -> String {
        let states = self.states();
        states
            .into_iter()
            .find(|(id, _)| id == task)
            .unwrap_or_else(|| panic!("no task {task}"))
            .1
    }

    /// Writes a plan beside the repository, imports it, and commits its cards.
    pub fn import(&self, name: &str, text: &str) {
        let file = self.root.join(name);
        fs::write(&file, text).unwrap();
        let _ = self
            .harness(&["plan", "import", "--commit", file.to_str().unwrap()])
            .exits(0);
    }

    /// Commits a configuration, and trusts what it runs.
    pub fn configure(&self, text: &str) {
        self.configure_unread(text);
        let _ = self.harness(&["trust"]);
    }

    /// Commits a configuration that nobody here has trusted yet.
    pub fn configure_unread(&self, text: &str) {
        self.write(".harness/config.toml", text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "Configure"]);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an output is turned into an outcome")]
fn outcome(output: Output) -> Outcome {
    Outcome {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Every tier: programs work in a copy, and nothing else holds them.
pub const ALL_TIERS: &str = "overlay,shadow+landlock";

/// A plan of one card, in the notation of the seeds.
pub fn one_card(id: &str, files: &str, verify: &str) -> String {
    format!(
        "[{{\"id\": \"{id}\", \"title\": \"Do {id}\", \"files_allowed\": [\"{files}\"], \"instructions\": \"Do it\", \"definition_of_done\": [\"done\"], \"verification\": [\"{verify}\"]}}]"
    )
}

/// Writes a file that can be started at once.
///
/// Another process writes it: whatever this one holds open for writing, a child that another test starts just then holds
/// too until it becomes its program, and the kernel starts nothing that somebody may still write to ("Text file busy").
pub fn write_executable(file: &Path, content: &[u8]) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(file)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = writer.stdin.take().unwrap();
    pipe.write_all(content).unwrap();
    drop(pipe);
    assert!(writer.wait().unwrap().success(), "{} was not written", file.display());
}
