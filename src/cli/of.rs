//! `--of CHANGE`: which change a decision is about. A decision names what was looked at, so that nobody agrees to what came
//! in its place meanwhile; on a terminal it is shown and asked for instead.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use crate::domain::id::{PlanId, TaskId};
use crate::domain::task::event::ReviewRequested;
use crate::domain::task::replay::TaskLog;
use crate::report::text::visible;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;

/// As few characters of a name are enough.
const FEWEST: usize = 8;

/// Which change.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// The change that you looked at, as `git harness show` names it; asked for on a terminal
    #[arg(long = "of", value_name = "CHANGE")]
    change: Option<String>,
}

/// What waits is what was looked at.
pub(super) fn seen(
    of: &Of,
    context: &Context,
    task: &TaskId,
    log: &TaskLog,
    what: &str,
) -> Result<ReviewRequested, CliError> {
    let waiting = log.review.clone().zip(log.change_id(task));
    let Some((review, id)) = waiting else {
        return Err(CliError::new(
            Exit::Refused,
            format!("{task} waits for nothing that is known here"),
        ));
    };
    let show = format!("git harness show {task}");
    match &of.change {
        Some(named) if is_named(named, &id) => Ok(review),
        Some(named) => Err(CliError::new(
            Exit::Refused,
            format!("{named} is not what waits: {task} waits with another change"),
        )
        .hint(format!("look at it (`{show}` names it), then decide"))),
        None if is_terminal() => match asked(context, &told(task, log, &id), what)? {
            true => Ok(review),
            false => Err(CliError::new(Exit::Refused, "nothing was decided".to_owned())),
        },
        None => Err(
            CliError::new(Exit::Usage, format!("which change of {task} is {what} is not said")).hint(format!(
                "look at it, then name it: `{show}` prints its name, for --of CHANGE"
            )),
        ),
    }
}

/// The plan as it stands is the one that was looked at.
pub(super) fn plan_seen(of: &Of, context: &Context, plan: &PlanId, id: &str, text: &str) -> Result<(), CliError> {
    let show = format!("git harness plan show {plan}");
    match &of.change {
        Some(named) if is_named(named, id) => Ok(()),
        Some(named) => Err(CliError::new(
            Exit::Refused,
            format!("{named} is not what stands there: plan {plan} has changed"),
        )
        .hint(format!("look at it (`{show}` names it), then approve it"))),
        None if is_terminal() => match asked(context, text, "approved")? {
            true => Ok(()),
            false => Err(CliError::new(Exit::Refused, "nothing was approved".to_owned())),
        },
        None => Err(CliError::new(
            Exit::Usage,
            format!("which state of plan {plan} is approved is not said"),
        )
        .hint(format!(
            "look at it, then name it: `{show}` prints its name, for --of CHANGE"
        ))),
    }
}

fn is_named(named: &str, id: &str) -> bool {
    named.len() >= FEWEST && id.starts_with(named)
}

fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// What a decision is about, in a few lines.
fn told(task: &TaskId, log: &TaskLog, id: &str) -> String {
    let mut text = format!("{task}, change {id}\n");
    let Some(last) = log.last() else { return text };
    text.push_str(&format!("  by {}\n", last.dispatched.author));
    if let Some(proposed) = last.proposed.as_ref().filter(|_| last.harvested.is_none()) {
        text.push_str(&format!("  plan: {}\n", proposed.plan));
        text.extend(proposed.files.iter().map(|file| format!("    would change {file}\n")));
    }
    for change in last.harvested.iter().flat_map(|harvested| &harvested.changes) {
        text.push_str(&format!("    {} {}\n", change.kind().letter(), change.path));
    }
    for result in last.evidence.iter().flat_map(|evidence| &evidence.results) {
        text.push_str(&format!("    {} {}\n", result.status, result.name));
    }
    text.push_str(&format!("  the whole of it: git harness diff {task}\n"));
    text
}

/// Shows it on the terminal and asks.
fn asked(context: &Context, text: &str, what: &str) -> Result<bool, CliError> {
    let mut terminal = std::io::stderr();
    let question = context.error_colour.paint("1", &format!("Is this {what}? [y/N] "));
    write!(terminal, "{}{question}", visible(text))?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
