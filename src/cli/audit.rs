//! `audit`.

use std::ffi::OsStr;
use std::io::Read;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;

use clap::{Args, ValueEnum};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::domain::audit::{AuditReport, Level};
use crate::domain::oid::CommitId;
use crate::domain::words::counted;
use crate::engine::Engine;
use crate::engine::audit::{self, AuditError, BEGINNING, JudgedRefs, Move, ProveError, Range};
use crate::engine::history::HistoryError;
use crate::engine::project::ProjectError;
use crate::engine::trusted::Permit;
use crate::git::{Head, PlainError, PlainView, Repository};
use crate::report::sarif::sarif;
use crate::report::text::visible;

use super::context::{Context, Telling, print, print_json, print_report};
use super::error::CliError;
use super::exit::Exit;

/// Judge every commit of a range against each parent, with the card at its base
///
/// Nothing of this clone is believed: cards and configuration come from the commits themselves. `scope` looks at history
/// alone; `recorded` also wants each landing's row in the journal; `--rerun` runs the checks again and trusts no one.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Commits to judge, such as `origin/main..HEAD` [default: all since the harness came into this history]
    range: Option<String>,
    /// How much the answer has to rest on [default: recorded where there is a journal, else scope]
    #[arg(long, value_name = "STRENGTH")]
    strength: Option<Wanted>,
    /// Run the checks of every landing again
    #[arg(long)]
    rerun: bool,
    /// With --rerun: this machine is thrown away afterwards, so run checks that nobody trusted
    #[arg(long, requires = "rerun")]
    disposable: bool,
    /// Warnings are errors too
    #[arg(long)]
    strict: bool,
    /// Judge a push, as git's pre-receive hook gives it on standard input
    #[arg(long, conflicts_with_all = ["range", "rerun", "strength"])]
    server: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "sarif")]
    json: bool,
    /// Print SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Scope,
    Recorded,
}

impl From<HistoryError> for CliError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Read(error) => error.into(),
            HistoryError::Write(error) => error.into(),
            HistoryError::Plain(error) => Self::new(Exit::Refused, error.to_string())
                .hint("look whether the folder for temporary files can be written"),
        }
    }
}

impl From<AuditError> for CliError {
    fn from(error: AuditError) -> Self {
        let failed = Self::new(Exit::Usage, error.to_string());
        match error {
            AuditError::Plain(PlainError::Shallow) => {
                failed.hint("git fetch --unshallow; in CI, check out with the whole history (fetch-depth: 0)")
            }
            AuditError::Borrowed => failed.hint("git repack -a -d, then remove .git/objects/info/alternates"),
            _ => failed,
        }
    }
}

impl From<ProveError> for CliError {
    fn from(error: ProveError) -> Self {
        Self::new(Exit::Usage, format!("the checks could not be run again: {error}"))
    }
}

pub fn run(args: &AuditArgs, context: &Context) -> Result<Exit, CliError> {
    let report = if args.server {
        judge_push(context)?
    } else {
        context.catch_interrupts();
        judge(args, context)?
    };
    if args.sarif {
        print_json(&sarif(&report))?;
    } else if args.json {
        print_report(&report)?;
    } else {
        print(&shown(context, &report, args.server))?;
    }
    let clean = report.is_clean() && (!args.strict || report.findings.is_empty());
    Ok(if clean { Exit::Done } else { Exit::Refused })
}

fn judge(args: &AuditArgs, context: &Context) -> Result<AuditReport, CliError> {
    let telling = if args.json || args.sarif {
        Telling::Nothing
    } else {
        Telling::Lines
    };
    let mut engine = if args.rerun {
        context.engine(telling)?
    } else {
        context.reading_engine_of(context.repository()?)?
    };
    let range = range_of(args, &engine)?;
    let view = engine.git.plain_view().map_err(AuditError::from)?;
    // Apart from the other: what the audit writes there to make merges again hides what is missing.
    let apart = engine.git.plain_view().map_err(AuditError::from)?;
    let place = apart.place();
    let (is_connected, judged) = thread::scope(|scope| {
        let is_connected = scope.spawn(|| place.is_connected(&range.tips, &range.without));
        let judged = audit::audit(&view, &range);
        (is_connected.join().unwrap_or_else(|panic| resume_unwind(panic)), judged)
    });
    if !is_connected.map_err(AuditError::from)? {
        return Err(AuditError::Borrowed.into());
    }
    let mut judged = judged?;
    let has_journal = engine.ledger.count() > 0;
    let recorded = args.strength == Some(Wanted::Recorded) || (args.strength.is_none() && has_journal);
    if recorded {
        audit::hold_against_journal(&view, &mut judged, &engine.ledger.every_row()?)?;
    }
    if args.rerun {
        for landing in judged.landings.iter().filter(|_| !args.disposable) {
            Permit::for_checks(&engine, &landing.config, &landing.checks)?;
        }
        audit::prove(&mut engine, &mut judged, args.disposable)?;
    }
    Ok(judged.report)
}

fn range_of(args: &AuditArgs, engine: &Engine) -> Result<Range, CliError> {
    let Some(text) = &args.range else {
        let tip = match engine.git.head()? {
            Head::Branch { commit, .. } | Head::Detached { commit } => commit,
            Head::Unborn { branch } => {
                return Err(ProjectError::Unborn(branch).into());
            }
        };
        let Some(adopted) = engine.git.first_change_of(tip, &BEGINNING)? else {
            return Err(CliError::new(
                Exit::NothingReady,
                "this history has no card and no configuration of the harness",
            )
            .hint("name a range: git harness audit origin/main..HEAD"));
        };
        return Ok(Range {
            tips: vec![tip],
            without: vec![adopted],
            base: Some(adopted),
            strict: Vec::new(),
        });
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (Some(from), to.trim_start_matches('.')),
        None => (None, text.as_str()),
    };
    let named = |name: &str| {
        let name = if name.is_empty() { "HEAD" } else { name };
        engine.git.resolve(name).map_err(|error| {
            CliError::new(Exit::Usage, error.to_string())
                .hint("name commits that are in this clone; in CI, check out the whole history (fetch-depth: 0)")
        })
    };
    let base = from.map(named).transpose()?;
    Ok(Range {
        tips: vec![named(to)?],
        without: base.into_iter().collect(),
        base,
        strict: Vec::new(),
    })
}

/// Judges what a push brings, from git's lines `<old> <new> <ref>`. Objects may still be in the push's quarantine.
fn judge_push(context: &Context) -> Result<AuditReport, CliError> {
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let git = context.repository()?;
    let view = match quarantine(context) {
        Some(stores) => git.plain_view_of(&stores),
        None => git.plain_view(),
    }
    .map_err(AuditError::from)?;
    let (governed, named) = governed_refs(&git)?;
    let judged = JudgedRefs {
        is_judged: &|name| governed.is_match(name),
        named,
    };
    let moves = lines.lines().filter_map(|line| {
        let [old, new, name] = line.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        // Zeros: it is not there. What is no commit holds no work.
        let commit = |text: &str| text.parse::<CommitId>().ok().and_then(|id| peeled(&view, id));
        Some(Move {
            name: name.to_owned(),
            old: commit(old),
            new: commit(new),
        })
    });
    Ok(audit::judge_push(&git, &view, &judged, &moves.collect::<Vec<_>>())?)
}

/// The refs that a server's owner wants judged: `harness.auditRefs`, patterns with blanks between them; all without. And
/// whether they were named.
fn governed_refs(git: &Repository) -> Result<(GlobSet, bool), CliError> {
    let wanted = git.config_value("harness.auditRefs");
    let named = wanted.is_some();
    let wanted = wanted.unwrap_or_else(|| "refs/**".to_owned());
    let mut globs = GlobSetBuilder::new();
    for pattern in wanted.split_whitespace() {
        let glob = Glob::new(pattern)
            .map_err(|error| CliError::new(Exit::Usage, format!("harness.auditRefs: `{pattern}`: {}", error.kind())))?;
        globs.add(glob);
    }
    let built = globs.build();
    let built = built.map_err(|error| CliError::new(Exit::Usage, format!("harness.auditRefs: {error}")))?;
    Ok((built, named))
}

fn peeled(view: &PlainView, id: CommitId) -> Option<CommitId> {
    view.contains(id.object_id())
        .then(|| view.resolve(&id.to_string()).ok())
        .flatten()
}

/// The object stores that git hands a hook while a push is in quarantine: the new objects, and what they build on.
fn quarantine(context: &Context) -> Option<Vec<PathBuf>> {
    context.variables.get(OsStr::new("GIT_QUARANTINE_PATH"))?;
    let new = context.variables.get(OsStr::new("GIT_OBJECT_DIRECTORY"))?;
    let others = context.variables.get(OsStr::new("GIT_ALTERNATE_OBJECT_DIRECTORIES"));
    let others = others.map(std::env::split_paths).into_iter().flatten();
    Some(std::iter::once(PathBuf::from(new)).chain(others).collect())
}

fn shown(context: &Context, report: &AuditReport, refusing: bool) -> String {
    let mut text = String::new();
    let mut last = None;
    for finding in &report.findings {
        if last != Some(finding.commit) {
            let task = finding
                .task
                .as_ref()
                .map(|task| format!("  {task}"))
                .unwrap_or_default();
            text.push_str(&format!("{}{task}\n", finding.commit.short(10)));
            last = Some(finding.commit);
        }
        let (code, mark) = match finding.level {
            Level::Error => ("31", "✗"),
            Level::Warning => ("33", "!"),
        };
        text.push_str(&format!(
            "  {} {:13} {}\n",
            context.colour.paint(code, mark),
            finding.rule,
            visible(&finding.message).replace('\n', " ")
        ));
    }
    let errors = report.errors().count();
    let warnings = report.findings.len() - errors;
    let verdict = match (errors, warnings) {
        (0, 0) => "clean".to_owned(),
        (0, warnings) => format!("no error, {warnings} to look at"),
        (errors, 0) => format!("{errors} wrong"),
        (errors, warnings) => format!("{errors} wrong, {warnings} to look at"),
    };
    let push = if refusing && errors > 0 {
        "this push is refused: "
    } else {
        ""
    };
    text.push_str(&format!(
        "{push}{}, {}, strength {}: {verdict}\n",
        counted(report.commits, "commit"),
        counted(report.landings, "landing"),
        report.strength
    ));
    text
}
