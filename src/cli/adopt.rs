//! `adopt`: a person says that a commit of the branch holds the work of tasks that landed elsewhere.

use std::io::{BufRead, IsTerminal};

use clap::Args;
use serde::Serialize;

use crate::domain::id::TaskId;
use crate::domain::oid::CommitId;
use crate::engine::adopt::{self, AdoptError, Candidate};
use crate::engine::landed::Content;

use super::context::{Context, Telling, print, print_json, project_of};
use super::decide::Why;
use super::error::CliError;
use super::exit::Exit;

/// Say that a commit of the branch holds the work of tasks that landed elsewhere
///
/// A squash or a rewritten branch may hold work that no message names any more. This records it in a commit without
/// changes, with a block for each task. It is your word: `git harness verify --landed` makes it more than that.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git harness adopt shop-01 shop-02 4f2a91c      these two came in with that squash
  git harness adopt shop-03 --as HEAD --yes      without a terminal to ask at
  git harness verify --landed shop-01 shop-02    then run their checks on it")]
pub struct AdoptArgs {
    /// The tasks, and last the commit that holds their work
    #[arg(required = true, value_name = "ID")]
    what: Vec<String>,
    /// The commit, in place of the last word
    #[arg(long = "as", value_name = "COMMIT")]
    commit: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Also where a path is still what it was before the task
    #[arg(long)]
    insist: bool,
    #[command(flatten)]
    why: Why,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl From<AdoptError> for CliError {
    fn from(error: AdoptError) -> Self {
        let message = error.to_string();
        match error {
            AdoptError::Read(error) => error.into(),
            AdoptError::Commit(error) => error.into(),
            AdoptError::Append(error) => error.into(),
            AdoptError::Complete { task, .. } => {
                Self::new(Exit::Refused, message).hint(format!("`git harness show {task}` tells its story"))
            }
            AdoptError::NotThere { .. } => {
                Self::new(Exit::Refused, message).hint("name the commit of the branch that holds the work: git log")
            }
            AdoptError::NoCard { .. } => Self::new(Exit::Usage, message).hint("`git harness status` lists the tasks"),
            AdoptError::NoContent { task, .. } => Self::new(Exit::Refused, message).hint(format!(
                "git harness retry {task} has it built again; --insist adopts it all the same, and the audit will say so"
            )),
        }
    }
}

#[derive(Serialize)]
struct Json<'a> {
    v: u32,
    commit: String,
    landing: String,
    adopted: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    task: &'a TaskId,
    found: bool,
}

pub fn run(args: &AdoptArgs, context: &Context) -> Result<Exit, CliError> {
    let (tasks, name) = split(args)?;
    let mut engine = context.settled_engine(if args.json { Telling::Nothing } else { Telling::Lines })?;
    let person = engine.person()?;
    let Some(first) = tasks.first() else {
        return Err(CliError::new(
            Exit::Usage,
            "name a task and the commit that holds its work",
        ));
    };
    let project = project_of(&mut engine, first)?;
    let commit = engine
        .git
        .resolve(&name)
        .map_err(|_| CliError::new(Exit::Usage, format!("there is no commit `{name}`")).hint("`git log` names them"))?;
    let locks = engine.ledger.locks();
    let _turn = locks.landing(&project.target)?;
    let found = adopt::look(&engine, &project, &tasks, commit, args.insist)?;
    if !args.yes {
        ask(&found, commit, &project.target)?;
    }
    let said_in = adopt::adopt(&mut engine, &project, &tasks, commit, &person, &args.why.reason)?;
    if args.json {
        print_json(&Json {
            v: 1,
            commit: said_in.to_string(),
            landing: commit.to_string(),
            adopted: found
                .iter()
                .map(|one| One {
                    task: &one.task,
                    found: one.content == Content::There,
                })
                .collect(),
        })?;
        return Ok(Exit::Done);
    }
    let names: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
    print(&format!(
        "{} adopted as {} in {}\n",
        names.join(", "),
        commit.short(10),
        said_in.short(10)
    ))?;
    super::tell_next(
        context,
        &format!(
            "git harness verify --landed {} runs their checks on it",
            names.join(" ")
        ),
    );
    Ok(Exit::Done)
}

/// The tasks and the commit.
fn split(args: &AdoptArgs) -> Result<(Vec<TaskId>, String), CliError> {
    let (tasks, commit) = match (&args.commit, &args.what[..]) {
        (Some(commit), tasks) => (tasks, commit.clone()),
        (None, [tasks @ .., commit]) if !tasks.is_empty() => (tasks, commit.clone()),
        _ => {
            return Err(CliError::new(Exit::Usage, "the commit that holds the work is missing")
                .hint("git harness adopt ID COMMIT; `git harness show ID` says where it landed"));
        }
    };
    let mut found = Vec::new();
    for text in tasks {
        let task: TaskId = text
            .parse()
            .map_err(|_| CliError::new(Exit::Usage, format!("`{text}` is no task's id")))?;
        if !found.contains(&task) {
            found.push(task);
        }
    }
    Ok((found, commit))
}

#[expect(clippy::print_stderr, reason = "a question stands beside the output")]
fn ask(found: &[Candidate], commit: CommitId, target: &str) -> Result<(), CliError> {
    let mut lines = String::new();
    for one in found {
        let how = match one.content {
            Content::There => "every path of it is there",
            Content::NotThere => "it is NOT there: a path is still what it was before",
            Content::Unclear => "whether it is there cannot be told",
        };
        lines.push_str(&format!("  {}: {how}\n", one.task));
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::new(
            Exit::PersonNeeded,
            format!(
                "a person has to say that {} holds the work\n{}",
                commit.short(10),
                lines.trim_end()
            ),
        )
        .hint("the same with --yes"));
    }
    eprint!("{lines}Does {} hold this work, on {target}? [y/N] ", commit.short(10));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::new(Exit::PersonNeeded, "nothing was adopted")),
    }
}
