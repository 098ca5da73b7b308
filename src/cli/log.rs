//! `log`.

use clap::Args;

use super::context::{Context, print, project_of};
use super::error::CliError;
use super::exit::Exit;
use crate::domain::id::TaskId;
use crate::domain::task::event::Sink;
use crate::domain::task::row::Row;
use crate::ledger::Ledger;
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

/// Rows that are printed at once.
const AT_ONCE: usize = 1000;

pub fn run(args: &LogArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let wanted = |row: &Row| {
        let event = row.known();
        event.is_some_and(|event| args.task.is_none() || event.task() == args.task.as_ref())
    };
    let is_any = match args.number {
        Some(number) => {
            let rows = last(&engine.ledger, number, wanted)?;
            show(&rows, args.json)?;
            number == 0 || !rows.is_empty()
        }
        None => show_all(&engine.ledger, wanted, args.json)?,
    };
    if is_any {
        return Ok(Exit::Done);
    }
    if let Some(task) = &args.task {
        // A task that nobody began yet is there all the same.
        project_of(&mut engine, task)?;
    }
    if !args.json {
        print("nothing has happened yet\n")?;
    }
    Ok(Exit::Done)
}

/// Prints the rows that are wanted as they are read. Tells whether there is any.
fn show_all(ledger: &Ledger, wanted: impl Fn(&Row) -> bool, json: bool) -> Result<bool, CliError> {
    let (mut rows, mut shown, mut is_any) = (Vec::new(), Ok(()), false);
    ledger.each_row(&mut |row| {
        if wanted(&row) && shown.is_ok() {
            is_any = true;
            rows.push(row);
        }
        if rows.len() == AT_ONCE {
            shown = show(&rows, json);
            rows.clear();
        }
    })?;
    shown.and_then(|()| show(&rows, json))?;
    Ok(is_any)
}

/// The last rows that are wanted.
fn last(ledger: &Ledger, number: usize, wanted: impl Fn(&Row) -> bool) -> Result<Vec<Row>, CliError> {
    let mut found = Vec::new();
    if number > 0 {
        ledger.each_row_backwards(&mut |row| {
            found.extend(wanted(&row).then_some(row));
            found.len() < number
        })?;
    }
    found.reverse();
    Ok(found)
}

fn show(rows: &[Row], json: bool) -> Result<(), CliError> {
    let events = rows.iter().filter_map(|row| Some((row.time, row.known()?)));
    if json {
        let mut sink = JsonLines(std::io::stdout().lock());
        events.for_each(|(time, event)| sink.event(time, event));
        return Ok(());
    }
    print(
        &events
            .map(|(time, event)| chronicle::line(time, event) + "\n")
            .collect::<String>(),
    )
}
