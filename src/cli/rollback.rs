//! `rollback`.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::domain::id::TaskId;
use crate::engine::project::{self, Project};
use crate::engine::rollback::{dependants, landed_since, rollback};

use super::context::{Context, Telling, print, project_of, require_trust};
use super::error::CliError;
use super::exit::Exit;

/// Undo the landing of a task, or of all since a time, newest first
///
/// Each gets a commit of its own. The task is open again afterwards.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The task
    #[arg(required_unless_present = "since")]
    task: Option<TaskId>,
    /// Every task that landed since, such as "2 hours ago" or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "task")]
    since: Option<String>,
    /// Also roll back complete tasks that build on it
    #[arg(long)]
    with_dependants: bool,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub fn run(args: &RollbackArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Lines)?;
    let person = engine.person()?;
    let (project, tasks) = match (&args.task, &args.since) {
        (Some(task), _) => (project_of(&mut engine, task)?, vec![task.clone()]),
        (None, since) => {
            let since = since.as_deref().unwrap_or_default();
            let from = time(since).ok_or_else(|| {
                CliError::new(Exit::Usage, format!("`{since}` is no time"))
                    .hint("write \"30 minutes ago\", \"2 hours ago\", \"3 days ago\", or 2026-01-31T12:00:00Z")
            })?;
            let mut projects = project::projects(&mut engine)?;
            let project: Project = projects.remove(0);
            let tasks = landed_since(&engine, &project, from.as_second())?;
            (project, tasks)
        }
    };
    if tasks.is_empty() {
        print("nothing landed since then\n")?;
        return Ok(Exit::Done);
    }
    let mut all = tasks.clone();
    for task in &tasks {
        let more: Vec<TaskId> = dependants(&project, task)
            .into_iter()
            .filter(|other| !tasks.contains(other))
            .collect();
        if !more.is_empty() && !args.with_dependants {
            return Err(crate::engine::rollback::RollbackError::Dependants {
                task: task.clone(),
                dependants: more,
            }
            .into());
        }
        for other in more {
            if !all.contains(&other) {
                all.push(other);
            }
        }
    }
    require_trust(context, &engine, &project)?;
    let undone = rollback(&mut engine, &project, &all, &person, &args.reason)?;
    for (task, commit) in undone {
        print(&format!("{task} is open again; {} undoes it\n", commit.short(10)))?;
    }
    Ok(Exit::Done)
}

/// A time as people write it.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let mut words = text.split_whitespace();
    let (number, unit, ago) = (words.next()?, words.next()?, words.next()?);
    let number: i64 = number.parse().ok()?;
    let seconds = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" | "min" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        _ => return None,
    };
    let span = SignedDuration::from_secs(number.checked_mul(seconds)?);
    (ago == "ago")
        .then(|| Timestamp::now().checked_sub(span).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        assert!(time("2 hours ago").is_some_and(|then| then < Timestamp::now()));
        assert!(time("2026-01-31T12:00:00Z").is_some());
        for wrong in ["", "yesterday", "2 moons ago", "2 hours", "99999999999999999 weeks ago"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
