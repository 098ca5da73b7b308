//! `log`.

use clap::Args;

use crate::domain::id::TaskId;
use crate::domain::task::event::Sink;
use crate::report::json::JsonLines;
use crate::report::terminal::Lines;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;

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
    let engine = context.reading_engine()?;
    let wanted: Vec<_> = engine
        .ledger
        .rows()
        .iter()
        .filter_map(|row| Some((row.time, row.known()?)))
        .filter(|(_, event)| args.task.is_none() || event.task() == args.task.as_ref())
        .collect();
    let from = args.number.map_or(0, |number| wanted.len().saturating_sub(number));
    let mut sink: Box<dyn Sink> = if args.json {
        Box::new(JsonLines(std::io::stdout().lock()))
    } else {
        Box::new(Lines::new(std::io::stdout().lock(), context.colour))
    };
    for (time, event) in &wanted[from..] {
        sink.event(*time, event);
    }
    Ok(Exit::Done)
}
