//! `search`: what the project remembers of some words.

use clap::Args;

use crate::domain::search::Words;
use crate::engine::search::{self, Found, Place, SearchError};
use crate::report::table::cut;
use crate::report::text::one_line;

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Search plans, cards, and everything that happened
///
/// All words have to be there, in any order and whatever their case; quote words that stand together.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for
    #[arg(required = true)]
    words: Vec<String>,
    /// Look into packets, answers and logs, too
    #[arg(long)]
    full: bool,
    /// At most so many, the latest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    number: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The longest line that is shown, in characters.
const SHOWN: usize = 160;

impl From<SearchError> for CliError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Project(error) => error.into(),
            SearchError::Record(error) => error.into(),
            SearchError::Read(error) => error.into(),
            SearchError::Journal(error) => error.into(),
            SearchError::Transcript(_) => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

#[derive(serde::Serialize)]
struct Answer<'a> {
    v: u32,
    /// How many there are, of which some may not be told.
    count: usize,
    found: &'a [Found],
}

pub fn run(args: &SearchArgs, context: &Context) -> Result<Exit, CliError> {
    let words = Words::new(&args.words).ok_or_else(|| CliError::new(Exit::Usage, "there is nothing to look for"))?;
    let mut engine = context.reading_engine()?;
    let mut found = Vec::new();
    search::search(&mut engine, &words, args.full, &mut |one| found.push(one))?;
    let count = found.len();
    let found = &found[count.saturating_sub(args.number)..];
    if args.json {
        print_json(&Answer { v: 1, count, found })?;
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        let more = if args.full {
            ""
        } else {
            "; --full looks into packets, answers and logs, too"
        };
        print(&format!("nothing speaks of that{more}\n"))?;
        return Ok(Exit::Done);
    }
    if found.len() < count {
        print(&format!("… {} more before these: -n {count}\n", count - found.len()))?;
    }
    print(&found.iter().map(line).collect::<String>())?;
    Ok(Exit::Done)
}

fn line(found: &Found) -> String {
    let place = match &found.place {
        Place::File { path, .. } | Place::Record { path, .. } => path.clone(),
        Place::Event { at, event } => format!("{}  {event}", at.strftime("%Y-%m-%d %H:%M:%SZ")),
        Place::Transcript { at, event, role, .. } => {
            format!("{}  {event}, its {role}", at.strftime("%Y-%m-%d %H:%M:%SZ"))
        }
    };
    // A card's path names its task.
    let task = match (&found.task, &found.place) {
        (Some(task), Place::Event { .. } | Place::Transcript { .. }) => format!("{task}  "),
        _ => String::new(),
    };
    format!("{}\n", one_line(&format!("{task}{place}: {}", cut(&found.line, SHOWN))))
}
