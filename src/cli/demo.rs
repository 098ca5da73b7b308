//! `demo`: the main job on a small crate. The answers come from files; everything else is the real thing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use crate::clock::{Clock, SystemClock};
use crate::domain::check::Check;
use crate::domain::id::TaskId;
use crate::domain::plan::format::SourceFile;
use crate::domain::scope::cone::Cone;
use crate::engine::Engine;
use crate::engine::project::Project;
use crate::engine::run::{RunError, RunOptions, run as run_plan};
use crate::engine::trusted::{self, Trusted};
use crate::engine::verify::Ground;
use crate::engine::{import, rollback, verify};
use crate::git::Repository;
use crate::process::find_program;

use super::context::{Context, Telling, print};
use super::error::CliError;
use super::exit::Exit;
use super::{run, status};

/// Show the whole loop on a small Rust crate with recorded answers
///
/// A plan of seven cards is built: most land at once, one needs its retry, one reaches outside its card and is refused,
/// one goes to the Architect, and one is rolled back at the end. Only the answers are recorded.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Make the repository in this new folder [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

macro_rules! files {
    ($($name:literal => $path:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/demo/", $path)))),*]
    };
}

/// The crate before any work.
const CRATE: [(&str, &str); 9] = files![
    "Cargo.toml" => "crate/Cargo.toml",
    "Cargo.lock" => "crate/Cargo.lock",
    ".gitignore" => "crate/gitignore",
    "src/lib.rs" => "crate/src/lib.rs",
    "src/main.rs" => "crate/src/main.rs",
    "src/amount.rs" => "crate/src/amount.rs",
    "src/cart.rs" => "crate/src/cart.rs",
    "src/discount.rs" => "crate/src/discount.rs",
    "src/price.rs" => "crate/src/price.rs",
];

/// What the Builder and the Architect answered.
const ANSWERS: [(&str, &str); 12] = files![
    "shop-01/1.md" => "answers/shop-01/1.md",
    "shop-02/1.md" => "answers/shop-02/1.md",
    "shop-03/1.md" => "answers/shop-03/1.md",
    "shop-03/2.md" => "answers/shop-03/2.md",
    "shop-04/1.md" => "answers/shop-04/1.md",
    "shop-04/2.md" => "answers/shop-04/2.md",
    "shop-05/1.md" => "answers/shop-05/1.md",
    "shop-05/2.md" => "answers/shop-05/2.md",
    "shop-05/3.md" => "answers/shop-05/3.md",
    "shop-05/architect-1.md" => "answers/shop-05/architect-1.md",
    "shop-06/1.md" => "answers/shop-06/1.md",
    "shop-07/1.md" => "answers/shop-07/1.md",
];

const TAX: &str = include_str!("../../templates/demo/crate/src/tax.rs");
const PLAN: &str = include_str!("../../templates/demo/plan.md");
const CONFIG: &str = "format = 1\n\n[roles]\nbuilder = \"recorded\"\narchitect = \"recorded\"\n";

pub fn run(args: &DemoArgs, context: &Context) -> Result<Exit, CliError> {
    context.catch_interrupts();
    let path = context.variables.get(std::ffi::OsStr::new("PATH"));
    if find_program("cargo", path.map(std::ffi::OsString::as_os_str)).is_none() {
        return Err(CliError::new(
            Exit::Usage,
            "the demo builds a real crate, and `cargo` is not on the PATH",
        )
        .hint("install Rust, or put its programs on the PATH"));
    }
    let top = folder(args, context)?;
    let repository = top.join("shop");
    lay_out(&top, &repository)?;
    print(&format!(
        "A small crate in {}: the answers of its Builder and its Architect are recorded, the rest is real.\n\n",
        repository.display()
    ))?;
    let started = Instant::now();
    let here = context.in_dir(&repository);
    let git = Repository::create(&repository, "main", "Begin a shop", ("Demo", "demo@example.invalid"))
        .map_err(|error| CliError::new(Exit::Refused, error.to_string()))?;
    let ledger_dir = git.common_dir().join("harness");
    fs::create_dir_all(&ledger_dir)?;
    fs::write(
        ledger_dir.join("config.toml"),
        format!(
            "[builders.recorded]\nkind = \"replay\"\ndir = {}\n\n[worktrees]\ndir = {}\n",
            quoted(&top.join("answers")),
            quoted(&top.join("slots"))
        ),
    )?;
    let mut engine = here.engine(Telling::Lines)?;
    let project = Project::load(&mut engine, "main")?;
    let source = SourceFile {
        name: "shop.md",
        text: PLAN,
    };
    let prepared = import::prepare(&engine, &project, &[source], Some("shop".parse().map_err(usage)?), None)?;
    import::commit(&mut engine, &project, &prepared, "shop.md")?;
    let project = Project::load(&mut engine, "main")?;
    // Its commands are ours, and the folder is new.
    let ours = trusted::entries(&engine, &project)?;
    engine.trust_for_now(&ours);
    require_builds(&mut engine, &project)?;
    print(&format!(
        "$ git harness plan import shop.md --commit\n{} cards\n\n$ git harness run\n",
        project.cards.len()
    ))?;
    let summary = run_plan(&mut engine, "main", &RunOptions::default())?;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    print(&run::shown(&here, &summary, millis))?;
    print("\n$ git harness rollback shop-07\n")?;
    let project = Project::load(&mut engine, "main")?;
    let person = engine.person()?;
    let task: TaskId = "shop-07".parse().map_err(usage)?;
    let trusted = Trusted::of(&engine, &project)?;
    rollback::rollback(&mut engine, &trusted, &[task], &person, "the tax rules changed")?;
    let project = Project::load(&mut engine, "main")?;
    print(&format!(
        "\n$ git log -3\n{}\n",
        engine
            .git
            .log_text(project.tip, 3)
            .map_err(|error| CliError::new(Exit::Refused, error.to_string()))?
    ))?;
    let views = project.views(&engine);
    print(&format!(
        "\n$ git harness status\n{}",
        status::table(&here, &project.target, &project.heads().iter().zip(&views).collect())
    ))?;
    print(&format!(
        "\nLook round:\n  cd {}\n  git log --stat\n  git harness show shop-05        a task with its whole story\n  git harness show --full shop-04  packets and answers too\n  git harness diff shop-03\n  git harness log\n",
        repository.display()
    ))?;
    Ok(Exit::Done)
}

/// Where the crate does not build before any work, the recorded answers would be blamed for it.
fn require_builds(engine: &mut Engine, project: &Project) -> Result<(), CliError> {
    let build = Check::from_command("cargo build --offline --quiet");
    engine.trust_for_now(&[project.config.listed_check(&build.name, &build)]);
    let ground = Ground::new(Trusted::of(engine, project)?.permit(), &Cone::WHOLE, project.tree);
    let record = verify::check_tree(engine, &ground, project.tree, &[build]).map_err(RunError::from)?;
    match record.results.into_iter().find(|result| !result.status.passed()) {
        None => Ok(()),
        Some(result) => Err(CliError::new(
            Exit::Usage,
            format!("a crate cannot be built here: {}: {}\n{}", result.name, result.status, result.excerpt),
        )
        .hint("see to it that `cargo build` works in a new folder, then try again; `git harness doctor` tells of the fence")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn usage(error: crate::domain::id::IdError) -> CliError {
    CliError::new(Exit::Usage, error.to_string())
}

/// The folder of the demonstration. It stays, so that people can look round.
fn folder(args: &DemoArgs, context: &Context) -> Result<PathBuf, CliError> {
    match &args.into {
        Some(dir) => {
            let dir = std::path::absolute(super::context::from_dir(context, dir))?;
            if dir.exists() {
                return Err(
                    CliError::new(Exit::Usage, format!("{} exists already", dir.display())).hint("name a new folder")
                );
            }
            fs::create_dir_all(&dir)?;
            Ok(dir)
        }
        None => {
            let name = format!("git-harness-demo-{}", Arc::new(SystemClock).random_name(8));
            let dir = std::env::temp_dir().join(name);
            fs::create_dir_all(&dir)?;
            Ok(dir)
        }
    }
}

fn lay_out(top: &Path, repository: &Path) -> Result<(), CliError> {
    let harness = [(".harness/config.toml", CONFIG), ("src/tax.rs", TAX)];
    for (name, text) in CRATE.iter().chain(&harness) {
        write(&repository.join(name), text)?;
    }
    for (name, text) in ANSWERS {
        write(&top.join("answers").join(name), text)?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    Ok(fs::write(file, text)?)
}

fn quoted(path: &Path) -> String {
    toml_edit::Value::from(path.to_string_lossy().into_owned()).to_string()
}
