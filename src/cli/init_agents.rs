//! `init --agents`: our hook in the settings of agent programs, beside what is there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::domain::agent::hook::Caller;
use crate::domain::agent::settings::with_hook;
use crate::process::find_program;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;

impl ValueEnum for Caller {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// Puts the hook into the settings of these programs, or of those that are used here, and tells of each.
pub fn install(named: &[Caller], top: &Path, context: &Context) -> Result<String, CliError> {
    let chosen: Vec<Caller> = match named {
        [] => Caller::ALL
            .into_iter()
            .filter(|caller| is_used(*caller, top, context))
            .collect(),
        named => named.to_vec(),
    };
    if chosen.is_empty() {
        let names = Caller::ALL.map(Caller::name).join(",");
        return Ok(format!(
            "no agent program that has hooks is used here; name it: git harness init --agents={names}\n"
        ));
    }
    let mut text = String::new();
    for caller in chosen {
        text.push_str(&into_settings(caller, top)?);
    }
    Ok(text)
}

/// Whether a program is on the path, or has settings in the project.
fn is_used(caller: Caller, top: &Path, context: &Context) -> bool {
    let path = context.variables.get(OsStr::new("PATH")).map(OsString::as_os_str);
    let programs: &[&str] = match caller {
        Caller::Cursor => &["cursor-agent", "cursor"],
        Caller::Claude => &["claude"],
        Caller::Codex => &["codex"],
        Caller::Gemini => &["gemini"],
    };
    let folder = top.join(caller.settings_file());
    folder.parent().is_some_and(Path::is_dir) || programs.iter().any(|name| find_program(name, path).is_some())
}

fn into_settings(caller: Caller, top: &Path) -> Result<String, CliError> {
    let name = caller.settings_file();
    let file = top.join(name);
    let failed = |error: &io::Error| CliError::new(Exit::Refused, format!("cannot use {}: {error}", file.display()));
    let (before, is_new) = match fs::read_to_string(&file) {
        Ok(text) => (text, false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), true),
        Err(error) => return Err(failed(&error)),
    };
    Ok(match with_hook(caller, &before) {
        Ok(None) => format!("{name} calls the hook already\n"),
        Ok(Some(after)) => {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).map_err(|error| failed(&error))?;
            }
            fs::write(&file, after).map_err(|error| failed(&error))?;
            let done = if is_new { "wrote" } else { "added the hook to" };
            let trust = match caller {
                Caller::Codex => " (Codex asks once whether you trust it)",
                Caller::Gemini => " (Gemini CLI runs it in folders that you trust)",
                _ => "",
            };
            format!("{done} {name}{trust}\n")
        }
        Err(error) => format!(
            "{name} stays as it is: {error}; add this to it yourself:\n{:#}\n",
            caller.hook_settings()
        ),
    })
}
