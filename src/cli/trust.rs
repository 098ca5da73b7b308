//! `trust`.

use clap::Args;

use crate::config::words_of;
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
    let mut lines: Vec<String> = Vec::new();
    for project in project::projects(&mut engine)? {
        let listed = project.config.commands();
        let mut add = |line: String| {
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        for command in &listed {
            add(line(command.kind, &command.name, &command.words));
        }
        for card in &project.cards {
            for check in project.config.checks_for(card) {
                if project.config.checks.get(&check.name) != Some(&check) {
                    add(line("check", card.id.as_str(), &words_of(&check)));
                }
            }
        }
        if !args.show {
            trust_project(context, &engine, &project)?;
        }
    }
    if lines.is_empty() {
        print("this repository names no command, so there is nothing to trust\n")?;
        return Ok(Exit::Done);
    }
    print(&format!("{}\n", lines.join("\n")))?;
    if !args.show {
        print("trusted, until one of these changes\n")?;
    }
    Ok(Exit::Done)
}

/// One line for one command, whatever it holds: what breaks a line is written out, and words are told apart.
fn line(kind: &str, name: &str, words: &[String]) -> String {
    let shown = |word: &String| visible(word).replace('\n', "\\n").replace('\t', "\\t");
    let apart: Vec<String> = match words {
        [one] => vec![shown(one)],
        several => several
            .iter()
            .map(|word| match word.contains(char::is_whitespace) || word.is_empty() {
                true => format!("'{}'", shown(word)),
                false => shown(word),
            })
            .collect(),
    };
    let name = visible(name);
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("{name}: ")
    };
    format!("{kind:9} {name}{}", apart.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_can_look_like_two_or_like_another() {
        let shown = |words: &[&str]| {
            line(
                "builder",
                "q",
                &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(shown(&["sh", "-c", "a b"]), "builder   q: sh -c 'a b'");
        assert_eq!(
            shown(&["true\ncheck     a: harmless"]),
            "builder   q: true\\ncheck     a: harmless"
        );
        assert_eq!(shown(&["a\u{1b}[8mhidden"]), "builder   q: a\\u{1b}[8mhidden");
    }
}
