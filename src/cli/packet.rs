//! `packet`: the exact text that a Builder or the Architect would get, or what it is made of.

use clap::Args;
use serde::Serialize;

use crate::domain::id::TaskId;
use crate::domain::packet::{Account, Budget, Fate, Rendered, estimate_tokens};
use crate::domain::task::state::TaskState;
use crate::engine::asking::Asking;
use crate::engine::builder::{Builder, builder_for};
use crate::engine::packet;
use crate::report::table::columns;
use crate::report::text::visible;

use super::context::{Context, print, print_json, project_of};
use super::error::CliError;
use super::exit::Exit;

/// Print the packet that a task's next attempt would get; for an escalated task the Architect's
#[derive(Debug, Args)]
pub struct PacketArgs {
    /// The task
    task: TaskId,
    /// Tell what it is made of: the tokens of each section, what was left out, and why
    #[arg(long)]
    explain: bool,
    /// The same as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    v: u32,
    tokens: usize,
    estimated: usize,
    room: Option<usize>,
    budget: String,
    older_notes: usize,
    sections: &'a [Account],
    text: &'a str,
}

pub fn run(args: &PacketArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let project = project_of(&mut engine, &args.task)?;
    let views = project.views(&engine);
    let state = views
        .into_iter()
        .find(|view| view.id == args.task)
        .map(|view| view.state);
    let Some(card) = project.card(&args.task) else {
        return Ok(Exit::NothingReady);
    };
    let for_architect = state == Some(TaskState::Escalated);
    let reader = match for_architect {
        true => project.config.architect(),
        false => project.config.builder_for(card),
    };
    let reader: Option<Box<dyn Builder>> = reader.map(builder_for);
    let budget = match &reader {
        Some(reader) => packet::budget(&engine, &project, &**reader),
        None => Budget::default(),
    };
    let (rendered, older_notes) = if for_architect {
        (packet::escalation(&engine, &project, card, &budget), 0)
    } else {
        let asking = reader.map_or(Asking::Commit, |reader| Asking::of(&*reader));
        let draft = packet::draft(&engine, &project, card, asking, &budget);
        let older = draft.as_ref().map_or(0, |draft| draft.older_notes);
        (draft.map(|draft| draft.rendered), older)
    };
    let rendered =
        rendered.map_err(|error| CliError::new(Exit::Refused, format!("the packet of {}: {error}", card.id)))?;
    if args.json {
        print_json(&Json {
            v: 1,
            tokens: rendered.tokens,
            estimated: rendered.estimated,
            room: budget.room(),
            budget: budget.to_string(),
            older_notes,
            sections: &rendered.accounts,
            text: &rendered.text,
        })?;
    } else if args.explain {
        print(&explained(&rendered, &budget, older_notes, context.width))?;
    } else {
        print(&visible(&rendered.text))?;
    }
    Ok(Exit::Done)
}

/// A line for each section, what was left out, and where the room comes from.
fn explained(rendered: &Rendered, budget: &Budget, older_notes: usize, width: usize) -> String {
    let rows: Vec<Vec<String>> = rendered
        .accounts
        .iter()
        .map(|account| {
            let tokens = match account.fate {
                Fate::Kept => format!("{} tokens", account.tokens),
                Fate::Cut => format!("{} of {} tokens", account.tokens, account.whole),
                Fate::Dropped => format!("left out ({} tokens)", account.whole),
            };
            let name = match (account.name.as_str(), account.shows.as_str()) {
                (name, "") => name.to_owned(),
                (name, shows) => format!("{name} ({shows})"),
            };
            let why = account.why.clone().unwrap_or_default();
            vec![account.kind.name().to_owned(), name, tokens, why]
        })
        .collect();
    let mut text: String = columns(&rows, width)
        .into_iter()
        .map(|row| format!("  {}\n", row.concat().trim_end()))
        .collect();
    if older_notes > 0 {
        text.push_str(&format!(
            "  {older_notes} older notes are left out: packet.notes_tokens\n"
        ));
    }
    let bytes = rendered.text.len();
    text.push_str(&format!(
        "about {} tokens ({bytes} bytes); room for {budget}\n",
        rendered.tokens
    ));
    text.push_str(&match budget.scale.calls {
        0 => format!(
            "estimated as a third of the bytes ({}), more for dense files; nothing is known of this reader yet\n",
            estimate_tokens(&rendered.text)
        ),
        calls => format!(
            "{} tokens by the bare estimate; its server counted {} % of that in the last {calls} calls\n",
            rendered.estimated,
            budget.scale.milli / 10
        ),
    });
    text.push_str("what gives way first: notes, long output, other files, then lines of allowed files that the card does not name\n");
    text
}
