//! `plan edit`.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::domain::id::TaskId;
use crate::domain::plan::clean;
use crate::domain::plan::format::card_md::parse_card;
use crate::domain::plan::graph;
use crate::domain::plan::reach;
use crate::engine::Engine;
use crate::engine::attended;
use crate::engine::project::Project;
use crate::engine::revise;
use crate::engine::trusted;

use super::context::{Context, Telling, print, project_of, told_of_trust};
use super::decide::{Why, read_input};
use super::error::CliError;
use super::exit::Exit;

/// Change a card, with a commit of its own; a begun task starts a new round
#[derive(Debug, Args)]
pub struct EditArgs {
    /// The task
    task: TaskId,
    /// The card's new text, from a file or `-`, instead of an editor
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    why: Why,
}

pub fn run(args: &EditArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Nothing)?;
    let person = engine.person()?;
    let project = project_of(&mut engine, &args.task)?;
    let file = args.task.card_path();
    let old_text = engine.git.file(project.tree, &file)?.unwrap_or_default();
    let old_text = String::from_utf8_lossy(&old_text).into_owned();
    let text = match &args.from {
        Some(from) => read_input(context, from)?,
        None => in_editor(&engine, &args.task, &old_text)?,
    };
    let mistakes = |mistakes| CliError {
        mistakes,
        sources: vec![(file.clone(), text.clone())],
        ..CliError::new(Exit::Usage, "the card has mistakes; nothing was changed")
    };
    let new = clean::card(&parse_card(&file, &text).map_err(mistakes)?);
    let doubts = reach::doubts(&new.files, |name| engine.git.holds(project.tree, name))?;
    if !doubts.is_empty() {
        return Err(mistakes(reach::as_mistakes(doubts, &[(&file, &text)])));
    }
    let Some(old) = project.card(&args.task).cloned() else {
        return Err(CliError::new(Exit::Usage, format!("there is no card of {}", args.task)));
    };
    if new.id != old.id || new.plan != old.plan {
        return Err(CliError::new(Exit::Usage, "a card keeps its id and its plan").hint("make a new card for new work"));
    }
    if new == old {
        print("the card is as it was\n")?;
        return Ok(Exit::Done);
    }
    let others: Vec<_> = project
        .cards
        .iter()
        .filter(|card| card.id != new.id)
        .cloned()
        .chain([new.clone()])
        .collect();
    if let Some(problem) = graph::problems(&others, &std::collections::BTreeSet::new())
        .into_iter()
        .next()
    {
        return Err(CliError::new(Exit::Usage, problem.message).hint(problem.fix));
    }
    let before = trusted::entries(&engine, &project)?;
    revise::commit_revision(&mut engine, &project, &old, &new, &person, false, &args.why.reason)?;
    let project = Project::load(&mut engine, &project.target)?;
    trusted::wrote(&engine, &trusted::of_card(&project.config, &new), &before)?;
    print(&format!("{} is changed on {}\n", args.task, project.target))?;
    print(&told_of_trust(&engine, &project)?)?;
    if attended::open(&engine)?.is_some_and(|open| open.card.id == args.task) {
        print("it is open here, with its card as it was handed out: git harness next --refresh\n")?;
    }
    Ok(Exit::Done)
}

/// The text as the user's editor leaves it.
fn in_editor(engine: &Engine, task: &TaskId, text: &str) -> Result<String, CliError> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() {
        return Err(CliError::new(Exit::Usage, "there is no terminal for an editor")
            .hint(format!("give the new text: git harness plan edit {task} --from FILE")));
    }
    let dir = tempfile::tempdir()?;
    let file = dir.path().join(format!("{task}.md"));
    fs::write(&file, text)?;
    engine
        .git
        .edit_file(&file)
        .map_err(|error| CliError::new(Exit::Refused, error.to_string()).hint("set GIT_EDITOR or core.editor"))?;
    Ok(fs::read_to_string(&file)?)
}
