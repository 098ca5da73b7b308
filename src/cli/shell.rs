//! `completions` and `man`.

use clap::Args;
use clap_complete::Shell;

use super::context::print;
use super::error::CliError;
use super::{Exit, definition};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page
#[derive(Debug, Args)]
pub struct ManArgs {}

pub fn completions(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "git-harness", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub fn man(_args: &ManArgs) -> Result<Exit, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(definition()).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}
