//! `diff`.

use clap::Args;

use crate::domain::change::{Change, Entry};
use crate::domain::id::TaskId;
use crate::engine::undo::LEDGER;
use crate::git::Repository;
use crate::report::text::visible;

use super::context::{Context, overview_of, print};
use super::error::CliError;
use super::exit::Exit;

/// Show what a task changed
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The task
    task: TaskId,
    /// An attempt's number [default: the landing, else the last attempt]
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
}

pub fn run(args: &DiffArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let overview = overview_of(&mut engine, &args.task)?;
    let log = engine.replay().task(&args.task);
    let landing = overview.landing(&args.task).filter(|_| args.attempt.is_none());
    let (old, new) = match landing {
        Some(commit) => {
            let commit = engine.git.commit(commit)?;
            let before = match commit.parents.first() {
                Some(parent) => engine.git.tree_of(*parent)?,
                None => engine.git.empty_tree(),
            };
            (before, commit.tree)
        }
        None => {
            let attempts = log.map(|log| log.attempts.as_slice()).unwrap_or_default();
            let wanted = attempts
                .iter()
                .rev()
                .filter(|attempt| {
                    args.attempt
                        .is_none_or(|number| attempt.dispatched.place.number == number)
                })
                .find_map(|attempt| Some((attempt.dispatched.base, attempt.harvested.as_ref()?.tree?)));
            let Some((base, tree)) = wanted else {
                return Err(
                    CliError::new(Exit::NothingReady, format!("no attempt of {} left a change", args.task))
                        .hint(format!("`git harness show {}` tells its story", args.task)),
                );
            };
            (engine.git.tree_of(base)?, tree)
        }
    };
    let mut text = String::new();
    // Records are the harness's own, and `show` tells what is in them.
    for change in &engine.git.diff(old, new)? {
        if !change.path.is_under(LEDGER) {
            text.push_str(&one_change(&engine.git, change)?);
        }
    }
    print(&visible(&text))?;
    Ok(Exit::Done)
}

/// One changed path, as git shows it: what is no text is only named.
fn one_change(git: &Repository, change: &Change) -> Result<String, CliError> {
    let side = |entry: Option<Entry>, prefix: &str| -> Result<(String, Vec<u8>), CliError> {
        Ok(match entry {
            Some(entry) if entry.mode.is_file() => (format!("{prefix}/{}", change.path), git.blob(entry.blob)?),
            Some(_) => (format!("{prefix}/{}", change.path), Vec::new()),
            None => ("/dev/null".to_owned(), Vec::new()),
        })
    };
    let ((old, before), (new, after)) = (side(change.old, "a")?, side(change.new, "b")?);
    let mut text = format!("diff --git a/{0} b/{0}\n", change.path);
    match (change.old, change.new) {
        (None, Some(entry)) => text.push_str(&format!("new file mode {}\n", entry.mode.as_octal())),
        (Some(entry), None) => text.push_str(&format!("deleted file mode {}\n", entry.mode.as_octal())),
        (Some(was), Some(is)) if was.mode != is.mode => {
            text.push_str(&format!(
                "old mode {}\nnew mode {}\n",
                was.mode.as_octal(),
                is.mode.as_octal()
            ));
        }
        _ => {}
    }
    match (String::from_utf8(before), String::from_utf8(after)) {
        (Ok(before), Ok(after)) => text.push_str(
            &similar::TextDiff::from_lines(&before, &after)
                .unified_diff()
                .header(&old, &new)
                .to_string(),
        ),
        _ => text.push_str(&format!("Binary files {old} and {new} differ\n")),
    }
    Ok(text)
}
