//! What went wrong, told to a person on standard error and, where JSON was asked for, to a program on standard output.

use std::ffi::OsString;

use clap::ArgMatches;

use crate::domain::diagnostic::Diagnostic;
use crate::report::mistakes;

use super::context::{Context, print, redactor};
use super::error::CliError;
use super::exit::Exit;
use super::shown;

/// Whether the command that was named is to print JSON.
pub fn wants_json(matches: &ArgMatches) -> bool {
    let here = matches.try_get_one::<bool>("json").ok().flatten().copied();
    here.unwrap_or(false) || matches.subcommand().is_some_and(|(_, deeper)| wants_json(deeper))
}

/// Tells of an error.
#[expect(clippy::print_stderr, reason = "the one place where errors reach a person")]
pub fn tell(context: &Context, error: &CliError, json: bool) {
    if error.exit == Exit::Done {
        return;
    }
    let colour = context.error_colour;
    let mistakes = mistakes::render(&error.mistakes, &error.sources, colour, context.width);
    eprint!("{}", redactor().text(&mistakes));
    eprintln!("{}: {}", colour.paint("31;1", "error"), shown(&error.message));
    if let Some(hint) = &error.hint {
        eprintln!("{}: {}", colour.paint("36", "hint"), shown(hint));
    }
    if json {
        tell_program(
            &error.message,
            error.hint.as_deref(),
            error.exit.code(),
            &error.mistakes,
        );
    }
}

/// Prints help, or what is wrong with the arguments; a secret among them is not repeated.
#[expect(clippy::print_stderr, reason = "the other place where errors reach a person")]
pub fn explain(error: &clap::Error, arguments: &[OsString]) {
    let plain = error.render().to_string();
    match redactor().text(&plain) {
        std::borrow::Cow::Borrowed(_) => drop(error.print()),
        std::borrow::Cow::Owned(clean) => eprint!("{clean}"),
    }
    // Nothing was understood, so the word itself is looked for; what follows `--` is somebody else's command line.
    let mut ours = arguments.iter().take_while(|word| *word != "--");
    if error.use_stderr() && ours.any(|word| word == "--json") {
        let first = plain.lines().next().unwrap_or_default();
        tell_program(first.trim_start_matches("error: "), None, Exit::Usage.code(), &[]);
    }
}

/// The last line of what a program reads: it takes the place of the answer, or follows the events that came before.
fn tell_program(message: &str, hint: Option<&str>, exit: u8, mistakes: &[Diagnostic]) {
    #[derive(serde::Serialize)]
    struct Json<'a> {
        v: u32,
        error: Told<'a>,
    }
    #[derive(serde::Serialize)]
    struct Told<'a> {
        message: &'a str,
        hint: Option<&'a str>,
        exit: u8,
        mistakes: &'a [Diagnostic],
    }
    let error = Told {
        message,
        hint,
        exit,
        mistakes,
    };
    if let Ok(line) = serde_json::to_string(&Json { v: 1, error }) {
        // Whoever read our output may be gone; the exit code says the same.
        let _ = print(&format!("{line}\n"));
    }
}
