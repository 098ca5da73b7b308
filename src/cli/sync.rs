//! `sync`.

use clap::Args;

use crate::domain::id::WriterId;
use crate::domain::oid::Digest;
use crate::domain::words::counted;
use crate::engine::server::{ServerError, Share};
use crate::engine::sync::{self, Branch, Synced, Wishes};
use crate::report::table::columns;
use crate::report::text::visible;

use super::context::{Context, Telling, print, print_report, target};
use super::error::CliError;
use super::exit::Exit;

/// The most odd refs and claims that are listed.
const MOST_SHOWN: usize = 20;
const MOST_CLAIMS: usize = 50;

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
    /// Go on under another name: where the journal of this clone was replaced on the server, or another clone writes it, too
    ///
    /// An image that was started twice, or a backup that was put back, has the name of a clone that lives. Rows behind what
    /// both have in common are written anew under a new name, and the folder of before is put aside; nothing is lost.
    #[arg(long)]
    new_writer: bool,
    /// Take a transcript of this clone out of it and out of what it publishes; others do the same at their next sync
    #[arg(long, value_name = "DIGEST", conflicts_with = "rows_only")]
    erase: Vec<Digest>,
    /// Let what is decided in this clone count here, too: approvals, rejections, blocks
    #[arg(long, value_name = "WRITER")]
    believe: Vec<WriterId>,
    /// Let it count no more
    #[arg(long, value_name = "WRITER")]
    doubt: Vec<WriterId>,
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
    let wishes = Wishes {
        new_writer: args.new_writer,
        by: if args.erase.is_empty() {
            None
        } else {
            Some(engine.person()?)
        },
        erase: args.erase.clone(),
    };
    let synced = sync::sync(&mut engine, &args.remote, &target, share, &wishes)?;
    let named = args.believe.iter().map(|writer| (writer, true));
    for (writer, is_believed) in named.chain(args.doubt.iter().map(|writer| (writer, false))) {
        if !engine
            .ledger
            .believe(writer, is_believed)
            .map_err(ServerError::Journal)?
        {
            return Err(CliError::new(Exit::Usage, format!("no journal of {writer} was taken in"))
                .hint("`git harness sync` ends with the name of its own clone; names of others are in `git harness sync --json`"));
        }
    }
    if args.json {
        print_report(&synced)?;
    } else {
        print(&shown(context, &synced, &args.remote, &target))?;
        if let Some(writer) = engine.ledger.writer() {
            print(&format!("this clone writes as {writer}\n"))?;
        }
    }
    match &synced.own_wrong {
        Some(wrong) => Err(
            CliError::new(Exit::Damaged, format!("this clone's journal is not published: {wrong}")).hint(format!(
                "git harness sync --new-writer {} goes on under another name; nothing is lost",
                args.remote
            )),
        ),
        None => Ok(exit_of(&synced)),
    }
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
    text.push_str(match (&synced.own_wrong, synced.published) {
        (Some(_), _) => "; this clone's journal is not published\n",
        (None, true) => "; this clone's journal is published\n",
        (None, false) => "; this clone's journal was published already\n",
    });
    if let Some(anew) = &synced.anew {
        text.push_str(&format!(
            "this clone goes on as {}: {} written anew; what stood here is in {}\n",
            anew.writer,
            counted(anew.rows, "row"),
            visible(&anew.aside.display().to_string())
        ));
    }
    if synced.erased > 0 {
        text.push_str(&format!("{} erased\n", counted(synced.erased, "transcript")));
    }
    for journal in &synced.journals {
        if let (Some(wrong), Some(mend)) = (&journal.wrong, &journal.mend) {
            let mark = context.colour.paint("31", "✗");
            text.push_str(&format!("{mark} {}\n    {}\n", visible(wrong), visible(mend)));
        }
    }
    for odd in synced.odd.iter().take(MOST_SHOWN) {
        let mark = context.colour.paint("33", "!");
        text.push_str(&format!(
            "{mark} {}: {}\n    {}\n",
            visible(&odd.reference),
            visible(&odd.why),
            visible(&odd.mend)
        ));
    }
    if synced.odd.len() > MOST_SHOWN {
        let more = synced.odd.len() - MOST_SHOWN;
        text.push_str(&format!(
            "  and {more} more: git harness doctor --remote {}\n",
            visible(remote)
        ));
    }
    for task in &synced.freed {
        text.push_str(&format!("{task} is done, and its claim was given back\n"));
    }
    let rows: Vec<Vec<String>> = synced
        .claims
        .iter()
        .take(MOST_CLAIMS)
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
    if synced.claims.len() > MOST_CLAIMS {
        text.push_str(&format!("  and {} more claims\n", synced.claims.len() - MOST_CLAIMS));
    }
    text
}
