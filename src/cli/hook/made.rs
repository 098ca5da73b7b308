//! The commit itself, once git has made it and before the branch moves: where git did not tell what it would be, it is held
//! against what was found out beforehand.

use std::io::Read;

use crate::cli::context::{Context, Telling};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::domain::commit_message::{Parted, Style, encoded};
use crate::domain::oid::TreeId;
use crate::domain::trailer;
use crate::engine::Engine;
use crate::engine::attended::{self, Candidate, Verdict};
use crate::engine::making::{self, Making};
use crate::engine::trusted::Trusted;
use crate::git::Commit;

use super::commit::not_accepted;
use super::push::moved_to;
use super::settings::setting;
use super::{here, refused, say};

fn program() -> Result<std::path::PathBuf, CliError> {
    Ok(std::env::current_exe()?)
}

/// Has the commit looked at that is about to be made.
pub(super) fn ask(engine: &Engine) -> Result<(), CliError> {
    let _turn = engine.ledger.locks().hooks()?;
    Ok(engine.git.ask_when_made(&program()?)?)
}

/// Has the commit looked at once more, when it has taken the place of another one.
fn ask_afterwards(engine: &Engine) -> Result<(), CliError> {
    let _turn = engine.ledger.locks().hooks()?;
    Ok(engine.git.ask_when_amended(&program()?)?)
}

/// Takes these hooks away, unless a commit in another worktree waits for them.
fn ask_no_more(engine: &Engine) -> Result<(), CliError> {
    let _turn = engine.ledger.locks().hooks()?;
    match making::is_another(engine)? {
        true => Ok(()),
        false => Ok(engine.git.ask_no_more()?),
    }
}

/// `hook commit-made`: called once for the transaction that moves the branch.
pub(super) fn ask_of_made(context: &Context) -> Result<(), CliError> {
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    commit_made(context, &lines)
}

/// Holds the commit that a transaction brings against what was found out about it.
pub(super) fn commit_made(context: &Context, lines: &str) -> Result<(), CliError> {
    let engine = context.engine(Telling::Lines)?;
    let Some(making) = making::current(&engine).map_err(refused)? else {
        return Ok(());
    };
    let Ok((branch, tip)) = attended::branch(&engine) else {
        return Ok(());
    };
    let Some(new) = moved_to(lines, &format!("refs/heads/{branch}")) else {
        return Ok(());
    };
    let verdict = match engine.git.contains(new.object_id()) && tip == making.head {
        true => {
            let commit = engine.git.commit(new)?;
            match commit.tree == making.tree {
                true => hold(context, &engine, &making, &commit),
                false => Ok(()),
            }
        }
        false => Ok(()),
    };
    let still_lacks = making::current(&engine)
        .map_err(refused)?
        .is_some_and(|making| making.lacks.is_some());
    if !still_lacks {
        making::forget(&engine).map_err(refused)?;
        ask_no_more(&engine)?;
    }
    verdict
}

fn hold(context: &Context, engine: &Engine, making: &Making, commit: &Commit) -> Result<(), CliError> {
    if commit.parents == making.on {
        let Some(block) = &making.block else {
            return Ok(());
        };
        has_block(commit, block, making)?;
        return match making.on == [making.head] {
            true => Ok(()),
            false => amended(engine, making, commit),
        };
    }
    let again = making.or.as_ref().filter(|or| or.on == commit.parents);
    let Some(again) = again else {
        return Err(stands_elsewhere(making, commit));
    };
    let block = match &again.block {
        Some(block) => block.clone(),
        None => {
            let Some(mut here) = here(context)? else {
                return Ok(());
            };
            let candidate = Candidate {
                parent: again.on[0],
                tree: commit.tree,
            };
            let candidate = attended::without_records(&here.engine, &here.head, candidate).map_err(refused)?;
            let trusted = Trusted::of(&here.engine, &here.project).map_err(refused)?;
            let verdict = attended::judge(&mut here.engine, &trusted, &here.open, candidate).map_err(refused)?;
            match verdict {
                Verdict::Accepted { trailers, .. } => trailers,
                Verdict::Empty => return Ok(()),
                other => return Err(not_accepted(&here, &other)),
            }
        }
    };
    let lacking = Making {
        block: Some(block),
        lacks: Some(commit.id),
        ..making.clone()
    };
    making::keep(engine, &lacking).map_err(refused)?;
    ask_afterwards(engine)
}

/// The task's commit was made again. Where its record tells of the one before, it is looked at once more.
fn amended(engine: &Engine, making: &Making, commit: &Commit) -> Result<(), CliError> {
    if new_tree(engine, commit)?.is_none() {
        return Ok(());
    }
    let lacking = Making {
        lacks: Some(commit.id),
        ..making.clone()
    };
    making::keep(engine, &lacking).map_err(refused)?;
    ask_afterwards(engine)
}

/// The commit's tree with the record that it should have, where it has another one.
fn new_tree(engine: &Engine, commit: &Commit) -> Result<Option<TreeId>, CliError> {
    let found = attended::open(engine).map_err(refused)?;
    let found = match found {
        Some(open) => Some(open),
        None => attended::just_landed(engine).map_err(refused)?,
    };
    match found {
        Some(open) => attended::with_new_record(engine, &open, commit).map_err(refused),
        None => Ok(None),
    }
}

/// The commit has our block as its trailers, and words of a person above it.
fn has_block(commit: &Commit, block: &str, making: &Making) -> Result<(), CliError> {
    let message = &commit.message;
    let parted = Parted::of(message.as_bytes(), Style::default(), block);
    let own = trailer::trailers(message);
    let ours = trailer::trailers(&format!("x\n\n{block}"));
    let is_untouched = making
        .handed
        .as_ref()
        .is_some_and(|handed| parted.is_as(&Parted::of(handed, Style::edited(handed, None), "")));
    let wrong = if parted.is_empty() || is_untouched {
        "its message was left empty"
    } else if !parted.foreign.is_empty() {
        "its message holds `Harness-` lines that the harness did not write"
    } else if !ours
        .iter()
        .filter(|(key, _)| key.starts_with("Harness-"))
        .all(|line| own.contains(line))
    {
        "its message has lost the trailers of the task"
    } else {
        return Ok(());
    };
    Err(CliError::new(
        Exit::Refused,
        format!("task {}: this commit is refused: {wrong}", making.task),
    )
    .hint("commit again; without --no-verify the message is put right"))
}

fn stands_elsewhere(making: &Making, commit: &Commit) -> CliError {
    let task = &making.task;
    if commit.parents == [making.head] {
        return CliError::new(
            Exit::Refused,
            format!("task {task} is committed already, and this commit would land it once more"),
        )
        .hint("`git commit --amend` changes that commit; for another one give it words of its own (git commit -m)");
    }
    CliError::new(
        Exit::Refused,
        format!(
            "task {task} is open here, and this amends {}, which is not its commit",
            making.head.short(10)
        ),
    )
    .hint(format!(
        "commit without --amend, or give the task back first (git harness release {task})"
    ))
}

/// `hook commit-amended`: git has made a commit in another one's place that had no trailers yet, since git had not told that
/// it would. They are put in as a person would, by one more amend that changes the message alone.
pub(super) fn commit_amended(context: &Context) -> Result<(), CliError> {
    let engine = context.engine(Telling::Lines)?;
    let making = making::current(&engine).map_err(refused)?;
    making::forget(&engine).map_err(refused)?;
    ask_no_more(&engine)?;
    let Some((block, lacks, making)) = making.and_then(|making| Some((making.block.clone()?, making.lacks?, making)))
    else {
        return Ok(());
    };
    let (_, tip) = attended::branch(&engine).map_err(refused)?;
    if tip != lacks {
        return Ok(());
    }
    let raw = engine.git.raw_message(tip)?;
    let parted = Parted::of(&raw, Style::default(), &block);
    let encoding = setting(context, &engine, "i18n.commitEncoding");
    let commit = engine.git.commit(tip)?;
    let tree = new_tree(&engine, &commit)?;
    let mended = parted.finished(&encoded(&block, encoding.as_deref()));
    let (message, what) = match has_block(&commit, &block, &making) {
        Ok(()) => (raw, "record of task {} was brought up to date"),
        Err(_) if tree.is_some() => (mended, "trailers and the record of task {} were put back"),
        Err(_) => (mended, "trailers of task {} were put back"),
    };
    match tree {
        Some(tree) => {
            let changed = engine.git.diff(commit.tree, tree)?;
            engine.git.remake(&message, tree, &changed)?;
        }
        None => engine.git.reword(&message)?,
    }
    let (_, now) = attended::branch(&engine).map_err(refused)?;
    say(&format!(
        "the {}: the commit is {}",
        what.replace("{}", making.task.as_str()),
        now.short(10)
    ));
    Ok(())
}
