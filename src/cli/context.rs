//! What every command starts from: the repository, the ledger, the machine, and how to show things. The environment
//! is read here, once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::clock::{Clock, SystemClock};
use crate::config::paths::folders;
use crate::config::secret_values;
use crate::domain::check::FenceTier;
use crate::domain::id::TaskId;
use crate::domain::redact::Redactor;
use crate::domain::task::event::Event;
use crate::engine::overview::{self, Overview};
use crate::engine::project::{self, Project};
use crate::engine::{Engine, Host, attended, trusted};
use crate::git::{Head, Repository};
use crate::ledger::Ledger;
use crate::process::Cancel;
use crate::report::Silence;
use crate::report::json::JsonLines;
use crate::report::progress::Progress;
use crate::report::table::Colour;
use crate::report::terminal::Lines;
use crate::report::text::visible;

use super::error::CliError;
use super::exit::Exit;
use super::named::no_such_task;
use super::voice::Voice;

/// How much is told while a command works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Lines for people on standard error.
    Lines,
    /// JSON lines on standard output.
    Json,
    /// Nothing.
    Nothing,
}

/// What every command starts from.
pub struct Context {
    /// The folder that the command works in.
    pub dir: PathBuf,
    /// The environment.
    pub variables: BTreeMap<OsString, OsString>,
    /// Whether to colour what goes to standard output.
    pub colour: Colour,
    /// Whether to colour what goes to standard error.
    pub error_colour: Colour,
    /// Whether standard error is a terminal that can draw lines anew.
    pub moving: bool,
    /// The width of the terminal, in characters.
    pub width: usize,
    /// Set by Ctrl-C.
    pub cancel: Cancel,
}

impl Context {
    /// Reads the environment and the terminal.
    pub fn new(dir: PathBuf) -> Self {
        let variables: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        let wanted = variables
            .get(OsStr::new("NO_COLOR"))
            .is_none_or(|value| value.is_empty())
            && variables.get(OsStr::new("TERM")).is_none_or(|term| term != "dumb");
        // Runners keep what they show, and some give their jobs a terminal.
        let in_ci = variables
            .get(OsStr::new("CI"))
            .is_some_and(|ci| !ci.is_empty() && ci != "false");
        let dumb = variables.get(OsStr::new("TERM")).is_none_or(|term| term == "dumb");
        let colour = |terminal: bool| {
            if wanted && terminal { Colour::On } else { Colour::Off }
        };
        let width = variables
            .get(OsStr::new("COLUMNS"))
            .and_then(|columns| columns.to_str()?.parse().ok())
            .or_else(terminal_width)
            .unwrap_or(100);
        Self {
            dir,
            colour: colour(std::io::stdout().is_terminal()),
            error_colour: colour(std::io::stderr().is_terminal()),
            moving: std::io::stderr().is_terminal() && !dumb && !in_ci,
            width,
            variables,
            cancel: Cancel::new(),
        }
    }

    /// The same for another folder.
    pub fn in_dir(&self, dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            variables: self.variables.clone(),
            cancel: self.cancel.clone(),
            ..*self
        }
    }

    /// Makes Ctrl-C ask the work to stop, instead of ending the program in the middle of it.
    pub fn catch_interrupts(&self) {
        let cancel = self.cancel.clone();
        // Where no handler can be set, Ctrl-C ends the program, and the next run resumes.
        let _ = ctrlc::set_handler(move || cancel.cancel());
    }

    fn host(&self) -> Result<Host, CliError> {
        let folders = folders(&self.variables).map_err(|error| {
            CliError::new(Exit::Usage, error.to_string()).hint("set HOME, or XDG_CONFIG_HOME and XDG_CACHE_HOME")
        })?;
        Ok(Host {
            cache_dir: folders.cache,
            config_dir: folders.config,
            variables: self.variables.clone(),
        })
    }

    /// Opens the repository of the folder.
    pub fn repository(&self) -> Result<Repository, CliError> {
        Ok(Repository::discover(&self.dir)?)
    }

    /// An engine that may write.
    pub fn engine(&self, telling: Telling) -> Result<Engine, CliError> {
        self.engine_that_tells(&self.voice(telling))
    }

    /// The same, once whatever an interruption left half done is finished.
    pub fn settled_engine(&self, telling: Telling) -> Result<Engine, CliError> {
        let mut engine = self.engine(telling)?;
        attended::settle(&mut engine)?;
        Ok(engine)
    }

    /// The same for one of several that tell of their work together.
    pub fn engine_that_tells(&self, voice: &Voice) -> Result<Engine, CliError> {
        let git = self.repository()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ledger = Ledger::open(&git.common_dir().join("harness"), clock.clone())?;
        let sink = Box::new(voice.clone());
        let mut engine = Engine::new(git, ledger, self.host()?, clock, self.cancel.clone(), sink);
        if let Some(watcher) = voice.watcher() {
            engine.progress = watcher;
        }
        if let Some(watcher) = voice.copying() {
            engine.copying = watcher;
        }
        Ok(engine)
    }

    /// An engine that changes nothing, for commands that only read. It is never taken apart: the process ends soon, and
    /// in a long plan that would take longer than to print it.
    pub fn reading_engine(&self) -> Result<ManuallyDrop<Engine>, CliError> {
        self.reading_engine_of(self.repository()?).map(ManuallyDrop::new)
    }

    /// The same for a repository that was found already.
    pub fn reading_engine_of(&self, git: Repository) -> Result<Engine, CliError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ledger = Ledger::open_to_read(&git.common_dir().join("harness"), clock.clone())?;
        Ok(Engine::new(
            git,
            ledger,
            self.host()?,
            clock,
            self.cancel.clone(),
            Box::new(Silence),
        ))
    }

    /// Who is told of what happens.
    pub fn voice(&self, telling: Telling) -> Voice {
        match telling {
            Telling::Lines if self.moving => Voice::moving(Progress::new(self.error_colour)),
            Telling::Lines => Voice::new(Lines::new(std::io::stderr(), self.error_colour)),
            Telling::Json => Voice::new(JsonLines(std::io::stdout())),
            Telling::Nothing => Voice::new(Silence),
        }
    }
}

/// How wide the terminal is, where standard output or standard error is one.
fn terminal_width() -> Option<usize> {
    let of = |size: rustix::io::Result<rustix::termios::Winsize>| match size.ok()?.ws_col {
        0 => None,
        columns => Some(usize::from(columns)),
    };
    of(rustix::termios::tcgetwinsize(std::io::stdout()))
        .or_else(|| of(rustix::termios::tcgetwinsize(std::io::stderr())))
}

/// Takes secrets out of what is shown: by the shapes of keys, and by the values of variables that are named for one.
pub fn redactor() -> &'static Redactor {
    static REDACTOR: OnceLock<Redactor> = OnceLock::new();
    REDACTOR.get_or_init(|| {
        let variables = std::env::vars_os().collect();
        // What is shown and not kept needs no salt of a repository, only one that nobody can guess from outside.
        Redactor::new(&secret_values(&variables, &[]), SystemClock.random_name(32).as_bytes())
    })
}

/// Prints to standard output, without secrets. A reader that is gone ends the command in peace.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(redactor().text(text).as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => CliError::from(error),
            _ => CliError::new(Exit::Refused, format!("cannot write to standard output: {error}")),
        })
}

/// Prints a value as JSON, on lines that people can read too.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::new(Exit::Refused, error.to_string()))?;
    print(&format!("{}\n", crate::report::text::json(&text)))
}

/// The first version of a report's layout: its own fields, and the version before them.
#[derive(serde::Serialize)]
struct FirstVersion<'a, T> {
    v: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Prints a report as JSON in the first version of its layout.
pub fn print_report(report: &impl serde::Serialize) -> Result<(), CliError> {
    print_json(&FirstVersion { v: 1, report })
}

/// The branch that a command without `--onto` is about.
pub fn target(engine: &mut Engine, onto: Option<&str>) -> Result<String, CliError> {
    if let Some(branch) = onto {
        return Ok(branch.to_owned());
    }
    let mut projects = project::projects(engine)?;
    match projects.len() {
        1 => Ok(projects.remove(0).target),
        _ => {
            if let Head::Branch { branch, .. } = engine.git.head()?
                && projects.iter().any(|project| project.target == branch)
            {
                return Ok(branch);
            }
            let names: Vec<String> = projects.into_iter().map(|project| project.target).collect();
            Err(CliError::new(
                Exit::Usage,
                format!("plans land on several branches: {}", names.join(", ")),
            )
            .hint("name one with --onto BRANCH"))
        }
    }
}

/// The project that has a task.
pub fn project_of(engine: &mut Engine, task: &TaskId) -> Result<Project, CliError> {
    let mut projects = project::projects(engine)?;
    match projects.iter().position(|project| project.card(task).is_some()) {
        Some(at) => Ok(projects.swap_remove(at)),
        None => Err(no_such_task(task, projects.iter().flat_map(Project::heads))),
    }
}

/// The overview that has a task: for commands that look at one card and change nothing.
pub fn overview_of(engine: &mut Engine, task: &TaskId) -> Result<Overview, CliError> {
    let mut overviews = overview::overviews(engine)?;
    let has = |overview: &Overview| overview.cards.iter().any(|card| card.id == *task);
    match overviews.iter().position(has) {
        Some(at) => Ok(overviews.swap_remove(at)),
        None => Err(no_such_task(
            task,
            overviews.iter().flat_map(|overview| &overview.cards),
        )),
    }
}

/// Says once in a command that this machine gives programs less than the strongest fence. Where that is not enough,
/// nothing runs; where it is, whoever reads should not have to ask for it.
pub fn tell_of_weak_fence(engine: &mut Engine) -> Result<(), CliError> {
    let found = engine.fence()?;
    let tier = found.fence.tier();
    let what = match tier {
        FenceTier::Overlay => return Ok(()),
        FenceTier::ShadowLandlock => "its changes go into the copy itself, and it sees other processes and sockets",
        FenceTier::Shadow => "nothing holds a program in its copy",
    };
    let text = format!("fence: only {tier} here: {what}; `git harness doctor` says why");
    engine.tell(&Event::Told { task: None, text });
    Ok(())
}

/// Tells of what stays untrusted because it stood there before, and of what is trusted from now on.
pub fn told_of_trust(engine: &Engine, project: &Project) -> Result<String, CliError> {
    let left = trusted::unknown(engine, trusted::entries(engine, project)?);
    Ok(match left.is_empty() {
        true => String::new(),
        false => format!(
            "not trusted yet: {}\nread them (`git harness trust --show`), then say so: git harness trust\n",
            visible(&trusted::named(&left))
        ),
    })
}

/// A path as an absolute one, seen from the command's folder.
pub fn from_dir(context: &Context, path: &Path) -> PathBuf {
    // `./plan.md` is not what anybody wrote.
    if context.dir == Path::new(".") {
        return path.to_owned();
    }
    context.dir.join(path)
}
