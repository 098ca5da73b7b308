//! `sync`.

use clap::Args;

use crate::engine::server::Share;
use crate::engine::sync::{self, Branch, Synced};
use crate::report::table::columns;
use crate::report::text::visible;

use super::context::{Context, Telling, print, print_report, target};
use super::error::CliError;
use super::exit::Exit;

/// Take in what other clones published, and publish what this one has
///
/// Journals travel by refs of their own on the server, one for each clone. What only this clone has of the branch is
/// pushed with its journal, if the hooks have nothing against it; commits of both sides are brought together by
/// `git pull --rebase`, not here.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// The remote
    #[arg(default_value = "origin")]
    remote: String,
    /// The branch that tasks land on
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
    /// Leave packets, answers and logs where they are: rows alone travel
    #[arg(long)]
    rows_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &SyncArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let mut engine = context.engine(Telling::Lines)?;
    let target = target(&mut engine, args.onto.as_deref())?;
    let share = if args.rows_only {
        Share::Journal
    } else {
        Share::Everything
    };
    let synced = sync::sync(&mut engine, &args.remote, &target, share)?;
    if args.json {
        print_report(&synced)?;
    } else {
        print(&shown(context, &synced, &args.remote, &target))?;
    }
    Ok(exit_of(&synced))
}

fn exit_of(synced: &Synced) -> Exit {
    if synced.journals.iter().any(|journal| journal.wrong.is_some()) {
        return Exit::Damaged;
    }
    match synced.branch {
        Branch::Refused { .. } => Exit::Refused,
        Branch::Apart => Exit::PersonNeeded,
        _ => Exit::Done,
    }
}

fn shown(context: &Context, synced: &Synced, remote: &str, target: &str) -> String {
    let branch = match &synced.branch {
        Branch::Same => format!("{target} is as {remote} has it"),
        Branch::Behind => format!("{target} was behind {remote}"),
        Branch::Pushed { commits } => format!("{target}: {commits} pushed to {remote}"),
        Branch::Elsewhere => format!("there is no branch {target} here"),
        Branch::Apart => {
            format!("{target} and {remote} both have commits of their own: git pull --rebase {remote} {target}")
        }
        Branch::Refused { why } => format!("{target} is not pushed:\n  {}", why.join("\n  ")),
    };
    let mut text = format!("{}\n", visible(&branch));
    let new: u64 = synced.journals.iter().map(|journal| journal.rows).sum();
    let from = synced.journals.iter().filter(|journal| journal.rows > 0).count();
    text.push_str(&format!(
        "{new} new rows from {from} of {} clones",
        synced.journals.len()
    ));
    if synced.transcripts > 0 {
        text.push_str(&format!(", {} transcripts", synced.transcripts));
    }
    text.push_str(if synced.published {
        "; this clone's journal is published\n"
    } else {
        "; this clone's journal was published already\n"
    });
    for wrong in synced.journals.iter().filter_map(|journal| journal.wrong.as_ref()) {
        text.push_str(&format!("{} {}\n", context.colour.paint("31", "✗"), visible(wrong)));
    }
    for task in &synced.freed {
        text.push_str(&format!("{task} is done, and its claim was given back\n"));
    }
    let rows: Vec<Vec<String>> = synced
        .claims
        .iter()
        .map(|claim| {
            let why = claim.why.as_deref().unwrap_or_default();
            [&claim.what, claim.standing, &claim.host, why]
                .map(str::to_owned)
                .to_vec()
        })
        .collect();
    for row in columns(&rows, context.width) {
        text.push_str(&format!("  {}\n", row.concat().trim_end()));
    }
    text
}
