//! `trust`.

use clap::Args;

use crate::config::BuilderKind;
use crate::engine::project;
use crate::report::text::visible;

use super::context::{Context, Telling, print, trust_project};
use super::error::CliError;
use super::exit::Exit;

/// Trust the commands that this repository names: its checks, set-up and Builders
///
/// What you import or edit yourself is trusted already; this is for what arrived with a clone or a pull.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Show the commands and trust nothing
    #[arg(long)]
    show: bool,
}

pub fn run(args: &TrustArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Nothing)?;
    let mut text = String::new();
    for project in project::projects(&mut engine)? {
        for card in &project.cards {
            for check in project.config.checks_for(card) {
                let line = format!("check   {}: {}\n", card.id, check.run);
                if !text.contains(&line) {
                    text.push_str(&line);
                }
            }
        }
        for command in &project.config.slot.setup {
            text.push_str(&format!("set-up  {command}\n"));
        }
        for builder in project.config.builders.values() {
            if let BuilderKind::Command { run, .. } = &builder.kind {
                text.push_str(&format!("builder {}: {}\n", builder.name, run.join(" ")));
            }
        }
        if !args.show {
            trust_project(context, &engine, &project)?;
        }
    }
    print(&visible(&text))?;
    if !args.show {
        print("trusted, until one of these changes\n")?;
    }
    Ok(Exit::Done)
}
