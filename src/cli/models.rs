//! `models`: how each model and program does, and a new beginning for one.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::domain::quality::Rate;
use crate::domain::task::books::Check;
use crate::engine::models::{self, Stand};
use crate::engine::project::Project;
use crate::report::money;
use crate::report::table::columns;

use super::context::{Context, Telling, print, print_json, target};
use super::error::CliError;
use super::exit::Exit;
use super::models_check;
use super::named::no_such_builder;

/// Show how each model does: first tries, standing, what it used
#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: Option<ModelsCommand>,
    /// The branch whose configuration counts
    #[arg(long, value_name = "BRANCH", global = true)]
    onto: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Let a model begin anew: what it was tried with before counts no more
    Reset {
        /// Its name among the builders
        name: String,
    },
    /// Give models small tasks with known answers, and keep the dated result: a drop is the model's, not the plan's
    Check {
        /// Their names among the builders [default: those that have a role]
        names: Vec<String>,
    },
}

#[derive(Serialize)]
struct Json {
    v: u32,
    models: Vec<Stand>,
}

pub fn run(args: &ModelsArgs, context: &Context) -> Result<Exit, CliError> {
    match &args.command {
        None => show(args, context),
        Some(ModelsCommand::Reset { name }) => reset(args, name, context),
        Some(ModelsCommand::Check { names }) => models_check::run(names, args.onto.as_deref(), args.json, context),
    }
}

fn show(args: &ModelsArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    let target = target(&mut engine, args.onto.as_deref())?;
    let project = Project::load(&mut engine, &target)?;
    let stands = models::stands(&engine, &project)?;
    if args.json {
        print_json(&Json { v: 1, models: stands })?;
    } else {
        print(&table(&stands, context))?;
    }
    Ok(Exit::Done)
}

fn table(stands: &[Stand], context: &Context) -> String {
    if stands.is_empty() {
        return "no model or program is configured: see `git harness init` and docs/configuration.md\n".to_owned();
    }
    let rows: Vec<Vec<String>> = stands
        .iter()
        .map(|stand| {
            let Rate { passed, tried } = stand.first_tries;
            let roles = match stand.roles.is_empty() {
                true => "no role".to_owned(),
                false => stand.roles.join(", "),
            };
            vec![
                stand.name.clone(),
                stand.model.clone().unwrap_or_default(),
                roles,
                format!("first tries {passed}/{tried}"),
                format!("threshold {:.0} %", stand.threshold * 100.0),
                models::words(stand.standing),
            ]
        })
        .collect();
    let mut text = String::new();
    for (row, stand) in columns(&rows, context.width.max(100)).into_iter().zip(stands) {
        text.push_str(row.concat().trim_end());
        text.push('\n');
        for account in &stand.used {
            if let Some(used) = money::phrase(&account.usage) {
                text.push_str(&format!("    as {}: {used}\n", account.role.name()));
            }
        }
        if stand.recorded.tried > 0 {
            let Rate { passed, tried } = stand.recorded;
            text.push_str(&format!(
                "    other clones recorded {passed} of {tried} first tries that passed\n"
            ));
        }
        if !stand.checks.is_empty() {
            text.push_str(&trend(&stand.checks));
        }
        if stand.tokens.calls > 0 {
            let percent = stand.tokens.milli / 10;
            text.push_str(&format!(
                "    counts {percent} % of the tokens that are estimated, by its last {} calls\n",
                stand.tokens.calls
            ));
        }
    }
    text
}

/// The canaries' newest results, oldest first.
fn trend(checks: &[Check]) -> String {
    let newest = &checks[checks.len().saturating_sub(TREND)..];
    let each = newest.iter().map(|check| {
        let (day, Check { passed, tried, .. }) = (check.at.strftime("%Y-%m-%d"), check);
        format!("{day} {passed}/{tried}")
    });
    let worse = match models::is_worse(checks) {
        true => ": worse than before",
        false => "",
    };
    format!("    canaries {}{worse}\n", each.collect::<Vec<_>>().join(", "))
}

/// How many results of canaries are shown.
const TREND: usize = 6;

fn reset(args: &ModelsArgs, name: &str, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.engine(Telling::Nothing)?;
    let target = target(&mut engine, args.onto.as_deref())?;
    let project = Project::load(&mut engine, &target)?;
    let stands = models::stands(&engine, &project)?;
    if !stands.iter().any(|stand| stand.name == name) {
        return Err(no_such_builder(name, &stands));
    }
    let person = engine.person()?;
    models::reset(&mut engine, name, person)?;
    print(&format!("{name} begins anew\n"))?;
    Ok(Exit::Done)
}
