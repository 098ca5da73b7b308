//! `trust`.

use clap::Args;

use crate::config::Listed;
use crate::domain::words::shell_line;
use crate::engine::{project, trusted};
use crate::report::text::one_line;

use super::context::{Context, Telling, print};
use super::error::CliError;
use super::exit::Exit;

/// Trust the commands and templates that this repository names: checks, set-up, Builders, prompts
///
/// What you import or edit yourself is trusted already; this is for what arrived with a clone or a pull, or was written
/// by hand. Each command is shown as you could paste it into a shell.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Show them and trust nothing; what is not trusted yet is marked with `new`
    #[arg(long)]
    show: bool,
}

pub fn run(args: &TrustArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Nothing)?;
    let mut listed: Vec<Listed> = Vec::new();
    for project in project::projects(&mut engine)? {
        listed.extend(trusted::entries(&engine, &project)?);
    }
    if listed.is_empty() {
        print("this repository names no command, so there is nothing to trust\n")?;
        return Ok(Exit::Done);
    }
    let new = trusted::unknown(&engine, listed.clone());
    let mut lines: Vec<String> = Vec::new();
    for one in &listed {
        let is_new = new.iter().any(|other| other.digest == one.digest);
        let text = lines_of(one, is_new);
        if !lines.contains(&text) {
            lines.push(text);
        }
    }
    print(&format!("{}\n", lines.join("\n")))?;
    if !args.show {
        trusted::agree(&engine, &listed)?;
        print("trusted, until one of these changes\n")?;
    }
    Ok(Exit::Done)
}

/// A command and what it runs with, a line for each, whatever they hold.
pub(super) fn lines_of(one: &Listed, is_new: bool) -> String {
    let words = match one.kind {
        // A line of the shell already, unless it would be more than one here.
        "check" | "set-up" => shell_command(&one.words.concat()),
        _ => shell_line(&one.words),
    };
    let name = match one.name.as_str() {
        "" => String::new(),
        name => format!("{}: ", one_line(name)),
    };
    let mark = if is_new { "  (new)" } else { "" };
    let mut text = format!("{:9} {name}{words}{mark}", one.kind);
    for with in &one.with {
        text.push_str(&format!("\n{:9}   with {}", "", shell_line(std::slice::from_ref(with))));
    }
    text
}

/// A command line for the shell, on one line.
fn shell_command(text: &str) -> String {
    let quoted = shell_line(&[text.to_owned()]);
    match quoted.starts_with('$') {
        true => format!("sh -c {quoted}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Source, load};

    fn shown(tracked: &str) -> String {
        let source = Source {
            file: "t".into(),
            text: tracked,
            layer: Layer::Tracked,
        };
        let commands = load(&[source]).unwrap().commands();
        let lines: Vec<String> = commands.iter().map(|one| lines_of(one, false)).collect();
        lines.join("\n")
    }

    #[test]
    fn no_command_can_look_like_two_or_like_another() {
        let builder = |run: &str| shown(&format!("[builders.q]\nrun = {run}\n"));
        assert_eq!(builder(r#"["sh", "-c", "a b"]"#), "builder   q: sh -c 'a b'");
        assert_eq!(
            builder(r#"["sh", "-c", "one' 'two"]"#),
            r"builder   q: sh -c 'one'\'' '\''two'"
        );
        assert_eq!(
            builder(r#"["true\ncheck     a: harmless"]"#),
            r"builder   q: $'true\ncheck     a: harmless'"
        );
        assert_eq!(builder(r#"["a\u001b[8mhidden"]"#), r"builder   q: $'a\x1b[8mhidden'");
        let check = shown("[checks.c]\nrun = \"make 'x y'\"\nnetwork = \"open\"\n");
        assert_eq!(check, "check     c: make 'x y'\n            with 'network open'");
        let check = shown("[checks.c]\nrun = \"a\\ncheck b\"\n");
        assert_eq!(check, r"check     c: sh -c $'a\ncheck b'");
    }
}
