//! `doctor`.

use clap::Args;

use crate::engine::doctor::{self, Health, Symptom};
use crate::report::text::visible;

use super::context::{Context, print, print_json};
use super::error::CliError;
use super::exit::Exit;

/// Look for what is wrong with this machine, this clone, and what guards it
///
/// Displaced or altered hooks, planted settings, foreign `.git` files, reachable sockets, loose permissions, a damaged
/// journal, missing programs, a set-up that fails: each with the way to mend it. Changes nothing of yours; set-up commands that you
/// trust are tried in a copy.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Try out this remote instead: whether machines can share work there. Makes refs of its own and takes them away
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Json<'a> {
    v: u32,
    symptoms: &'a [Symptom],
}

pub fn run(args: &DoctorArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let symptoms = match &args.remote {
        Some(name) => doctor::examine_remote(&mut engine, name),
        None => doctor::examine(&mut engine),
    };
    if args.json {
        print_json(&Json {
            v: 1,
            symptoms: &symptoms,
        })?;
    } else {
        print(&shown(context, &symptoms))?;
    }
    let worst = symptoms.iter().map(|symptom| symptom.health).max();
    Ok(if worst == Some(Health::Bad) {
        Exit::Refused
    } else {
        Exit::Done
    })
}

fn shown(context: &Context, symptoms: &[Symptom]) -> String {
    let mut text = String::new();
    for symptom in symptoms {
        let (code, mark) = match symptom.health {
            Health::Good => ("32", "✓"),
            Health::Look => ("33", "!"),
            Health::Bad => ("31", "✗"),
        };
        text.push_str(&format!(
            "{} {:12} {}\n",
            context.colour.paint(code, mark),
            symptom.name,
            visible(&symptom.found).replace('\n', " ")
        ));
        if !symptom.fix.is_empty() {
            text.push_str(&format!("{:15}mend: {}\n", "", visible(&symptom.fix)));
        }
    }
    text
}
