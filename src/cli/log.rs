//! `log`.

use clap::Args;
use jiff::Timestamp;

use super::context::{Context, print, project_of};
use super::error::CliError;
use super::exit::Exit;
use crate::domain::id::TaskId;
use crate::domain::task::event::{Event, Sink};
use crate::domain::task::row::Row;
use crate::engine::{Engine, overview, records};
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
    let mut recorded = recorded(&mut engine, args.task.as_ref())?;
    let wanted = |row: &Row| {
        let event = row.known();
        event.is_some_and(|event| args.task.is_none() || event.task() == args.task.as_ref())
    };
    let is_any = match args.number {
        Some(number) => {
            let rows = last(&engine.ledger, number, wanted)?;
            recorded.extend(events(&rows).map(|(at, event)| (at, event.clone())));
            recorded.sort_by_key(|(at, _)| *at);
            let shown = &recorded[recorded.len().saturating_sub(number)..];
            show(shown.iter().map(|(at, event)| (*at, event)), args.json)?;
            number == 0 || !shown.is_empty()
        }
        None => show_all(&engine.ledger, &recorded, wanted, args.json)?,
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

/// What records tell of landings that this clone's journal does not know, oldest first.
fn recorded(engine: &mut Engine, only: Option<&TaskId>) -> Result<Vec<(Timestamp, Event)>, CliError> {
    let mut found: Vec<(Timestamp, Event)> = Vec::new();
    for overview in overview::overviews(engine)? {
        let unknown = |task: &TaskId| {
            let log = engine.replay().task(task);
            only.is_none_or(|only| only == task) && log.is_none_or(|log| log.landed.is_empty())
        };
        for (record, landing) in records::all(engine, overview.records(), unknown)? {
            let Ok(task) = TaskId::new(record.id.as_str()) else {
                continue;
            };
            let seconds = engine.git.commit(landing)?.seconds;
            let Ok(at) = Timestamp::from_second(seconds) else {
                continue;
            };
            let rest = records::beyond(&record, engine.replay().task(&task));
            let event = Event::Recorded {
                task,
                landing,
                record: Box::new(rest),
            };
            // Two targets may hold the same landing.
            if !found.iter().any(|(_, known)| *known == event) {
                found.push((at, event));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found)
}

/// Prints the rows that are wanted as they are read, and what records tell where its time comes. Tells whether there is
/// any.
fn show_all(
    ledger: &Ledger,
    recorded: &[(Timestamp, Event)],
    wanted: impl Fn(&Row) -> bool,
    json: bool,
) -> Result<bool, CliError> {
    let (mut rows, mut shown, mut is_any) = (Vec::new(), Ok(()), !recorded.is_empty());
    let mut recorded = recorded.iter().peekable();
    ledger.each_row(&mut |row| {
        if !wanted(&row) || shown.is_err() {
            return;
        }
        is_any = true;
        let mut before = Vec::new();
        while let Some((at, event)) = recorded.next_if(|(at, _)| *at <= row.time) {
            before.push((*at, event));
        }
        if !before.is_empty() {
            shown = show(events(&rows), json).and_then(|()| show(before.into_iter(), json));
            rows.clear();
        }
        rows.push(row);
        if rows.len() == AT_ONCE {
            shown = show(events(&rows), json);
            rows.clear();
        }
    })?;
    shown.and_then(|()| show(events(&rows), json))?;
    show(recorded.map(|(at, event)| (*at, event)), json)?;
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

fn events(rows: &[Row]) -> impl Iterator<Item = (Timestamp, &Event)> {
    rows.iter().filter_map(|row| Some((row.time, row.known()?)))
}

fn show<'a>(events: impl Iterator<Item = (Timestamp, &'a Event)>, json: bool) -> Result<(), CliError> {
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
