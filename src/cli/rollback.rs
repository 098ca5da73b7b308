//! `rollback`.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::id::TaskId;
use crate::engine::project::Project;
use crate::engine::rollback::{dependants, landed_since, rollback};
use crate::engine::trusted::Trusted;
use crate::engine::undo::own_changes;

use super::context::{Context, Telling, print, project_of, target};
use super::decide::Why;
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
    /// Every task that landed since, such as "2 hours ago", 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "task")]
    since: Option<String>,
    /// With --since: the branch that they landed on
    #[arg(long, value_name = "BRANCH", requires = "since")]
    onto: Option<String>,
    /// Also roll back complete tasks that build on it
    #[arg(long)]
    with_dependants: bool,
    #[command(flatten)]
    why: Why,
}

pub fn run(args: &RollbackArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Lines)?;
    let person = engine.person()?;
    let (project, tasks) = match (&args.task, &args.since) {
        (Some(task), _) => (project_of(&mut engine, task)?, vec![task.clone()]),
        (None, since) => {
            let since = since.as_deref().unwrap_or_default();
            let from = time(since, engine.clock.now()).ok_or_else(|| {
                CliError::new(Exit::Usage, format!("`{since}` is no time")).hint(
                    "write \"30 minutes ago\", \"2 hours ago\", \"3 days ago\", 2026-01-31 (from midnight UTC), or 2026-01-31T12:00:00Z",
                )
            })?;
            let target = target(&mut engine, args.onto.as_deref())?;
            let project = Project::load(&mut engine, &target)?;
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
    let trusted = Trusted::of(&engine, &project)?;
    let undone = rollback(&mut engine, &trusted, &all, &person, &args.why.reason)?;
    for (task, commit) in undone {
        let made = engine.git.commit(commit)?;
        let is_word = own_changes(&engine.git, &made)?.is_empty();
        let what = match is_word {
            true => "takes its adoption back and leaves the files as they are",
            false => "undoes it",
        };
        print(&format!("{task} is open again; {} {what}\n", commit.short(10)))?;
    }
    Ok(Exit::Done)
}

/// A time as people write it.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
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
    (ago == "ago").then(|| now.checked_sub(span).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (text, then) in [
            ("2 hours ago", "2026-01-31T10:00:00Z"),
            ("2026-01-30", "2026-01-30T00:00:00Z"),
            ("2026-01-29T12:00:00Z", "2026-01-29T12:00:00Z"),
        ] {
            assert_eq!(time(text, now), then.parse().ok(), "{text}");
        }
        for wrong in ["", "yesterday", "2 moons ago", "2 hours", "99999999999999999 weeks ago"] {
            assert_eq!(time(wrong, now), None, "{wrong}");
        }
    }
}
