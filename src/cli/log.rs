//! `log`.

use clap::Args;

use super::context::{Context, print, project_of};
use super::error::CliError;
use super::exit::Exit;
use crate::domain::id::TaskId;
use crate::domain::task::event::Sink;
use crate::report::chronicle;
use crate::report::json::JsonLines;

/// Print what happened, oldest first
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only this task
    task: Option<TaskId>,
    /// Only the last N events
    #[arg(short = 'n', long, value_name = "N")]
    number: Option<usize>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &LogArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let rows = engine.ledger.every_row()?;
    let wanted: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.time, row.known()?)))
        .filter(|(_, event)| args.task.is_none() || event.task() == args.task.as_ref())
        .collect();
    if let Some(task) = args.task.as_ref().filter(|_| wanted.is_empty()) {
        // A task that nobody began yet is there all the same.
        project_of(&mut engine, task)?;
    }
    let from = args.number.map_or(0, |number| wanted.len().saturating_sub(number));
    if args.json {
        let mut sink = JsonLines(std::io::stdout().lock());
        for (time, event) in &wanted[from..] {
            sink.event(*time, event);
        }
    } else if wanted.is_empty() {
        print("nothing has happened yet\n")?;
    } else {
        let lines: Vec<String> = wanted[from..]
            .iter()
            .map(|(time, event)| chronicle::line(*time, event))
            .collect();
        print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    }
    Ok(Exit::Done)
}
