//! `plan new|import|lint|show|graph|approve`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::domain::actor::Actor;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::id::PlanId;
use crate::domain::oid::{BlobId, CommitId, Digest};
use crate::domain::path::RepoPath;
use crate::domain::plan::format::SourceFile;
use crate::domain::plan::lint::{Files, LintFacts, lint};
use crate::domain::trailer::approval_message;
use crate::domain::words::counted;
use crate::engine::Engine;
use crate::engine::commit::commit_words;
use crate::engine::import;
use crate::engine::project::{self, Project};
use crate::engine::trusted;
use crate::git::Head;
use crate::report::mistakes;

use super::context::{Context, Telling, print, print_json, told_of_trust};
use super::error::CliError;
use super::exit::Exit;
use super::named::{NO_PLAN, projects_with};
use super::of::{self, Of};
use super::plan_graph;
use super::{plan_edit, plan_new, status};

/// Bring plans in, look at them, and approve them
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    New(Box<plan_new::NewArgs>),
    Import(ImportArgs),
    Edit(plan_edit::EditArgs),
    Lint(LintArgs),
    /// Print a plan's blueprint, and where its tasks stand
    Show(PlanArgs),
    Graph(plan_graph::GraphArgs),
    /// Say that you approve a plan as it stands
    Approve(ApprovePlanArgs),
}

/// Read a plan and make its cards
///
/// Reads native cards, a Markdown plan with a heading for each task, `tasks/0x01-task.md` files, and JSON, YAML and
/// TOML task lists. Importing again updates cards that nobody began.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A file, or a folder of task files
    path: PathBuf,
    /// Commit the cards onto the branch at once
    #[arg(long)]
    commit: bool,
    /// The branch that the tasks land on [default: the current one]
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
    /// The plan's id [default: from the file]
    #[arg(long, value_name = "ID")]
    plan: Option<PlanId>,
    /// The lane of cards that name none
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
}

/// Look for weak cards
#[derive(Debug, Args)]
pub struct LintArgs {
    /// The plan [default: all]
    plan: Option<PlanId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which plan.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The plan [default: all]
    plan: Option<PlanId>,
}

/// Which plan, and which state of it.
#[derive(Debug, Args)]
pub struct ApprovePlanArgs {
    /// The plan [default: the only one]
    plan: Option<PlanId>,
    #[command(flatten)]
    of: Of,
}

pub fn run(command: &PlanCommand, context: &Context) -> Result<Exit, CliError> {
    match command {
        PlanCommand::New(args) => plan_new::run(args, context),
        PlanCommand::Import(args) => import_plan(args, context),
        PlanCommand::Edit(args) => plan_edit::run(args, context),
        PlanCommand::Lint(args) => lint_plans(args, context),
        PlanCommand::Show(args) => show(args, context),
        PlanCommand::Graph(args) => plan_graph::run(args, context),
        PlanCommand::Approve(args) => approve(args, context),
    }
}

/// The files of a plan, by the names that messages use.
pub fn read_sources(path: &Path) -> Result<Vec<(String, String)>, CliError> {
    let failed = |path: &Path, error: &std::io::Error| {
        CliError::new(Exit::Usage, format!("cannot read {}: {error}", path.display())).hint(match error.kind() {
            std::io::ErrorKind::InvalidData => "save it as UTF-8",
            _ => "name a file, or a folder of task files",
        })
    };
    let mut files = Vec::new();
    if path.is_dir() {
        let mut found: Vec<PathBuf> = fs::read_dir(path)
            .map_err(|error| failed(path, &error))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect();
        found.sort();
        for path in found {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
            files.push((path.display().to_string(), without_mark(text)));
        }
        if files.is_empty() {
            return Err(
                CliError::new(Exit::Usage, format!("{} holds no task files", path.display()))
                    .hint("a folder of tasks holds files such as 0x01-task.md"),
            );
        }
    } else {
        let text = fs::read_to_string(path).map_err(|error| failed(path, &error))?;
        files.push((path.display().to_string(), without_mark(text)));
    }
    Ok(files)
}

/// Without the mark that some editors put before UTF-8, and with line ends that others know.
fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    match text.contains('\r') && !text.contains('\n') {
        true => text.replace('\r', "\n"),
        false => text,
    }
}

/// The branch that an import is for.
pub fn target_of(engine: &Engine, onto: Option<&str>) -> Result<String, CliError> {
    if let Some(branch) = onto {
        if engine.git.branch_tip(branch)?.is_none() {
            let Head::Branch { commit, .. } = engine.git.head()? else {
                return Err(project::ProjectError::NoBranch(branch.to_owned()).into());
            };
            let reference = format!("refs/heads/{branch}");
            engine
                .git
                .compare_and_swap(&reference, commit, None, "harness: a branch for a plan")
                .map_err(|error| CliError::new(Exit::Usage, error.to_string()))?;
        }
        return Ok(branch.to_owned());
    }
    match engine.git.head()? {
        Head::Branch { branch, .. } => Ok(branch),
        Head::Unborn { branch } => Err(project::ProjectError::Unborn(branch).into()),
        Head::Detached { .. } => Err(project::ProjectError::Detached.into()),
    }
}

fn import_plan(args: &ImportArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Nothing)?;
    let files = read_sources(&super::context::from_dir(context, &args.path))?;
    let text = import_files(args, &mut engine, &files)?;
    print(&text)?;
    Ok(Exit::Done)
}

fn import_files(args: &ImportArgs, engine: &mut Engine, files: &[(String, String)]) -> Result<String, CliError> {
    let target = target_of(engine, args.onto.as_deref())?;
    let project = Project::load(engine, &target)?;
    let sources: Vec<SourceFile> = files.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let prepared =
        import::prepare(engine, &project, &sources, args.plan.clone(), args.lane.clone()).map_err(|error| {
            let mut error = CliError::from(error);
            error.sources = files.to_vec();
            error
        })?;
    let cards = counted(prepared.plan.cards.len(), "card");
    let count = format!(
        "{cards} of plan {}: {} new, {} changed",
        prepared.plan.id,
        prepared.new.len(),
        prepared.changed.len()
    );
    if !args.commit {
        let Some(top) = engine.git.work_tree() else {
            return Err(CliError::new(Exit::Usage, "a bare repository has no files to write to").hint("add --commit"));
        };
        for filed in &prepared.files {
            let file = top.join(filed.path());
            if let Some(dir) = file.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(file, filed.text())?;
        }
        return Ok(format!(
            "{count}; written to .harness/, not committed\nnext: git harness plan import {} --commit\n",
            args.path.display()
        ));
    }
    let commit = commit_import(engine, &project, &prepared, &args.path.display().to_string())?;
    let project = Project::load(engine, &target)?;
    let weak = warnings(engine, &project, Some(&prepared.plan.id))?.len();
    let lint = match weak {
        0 => String::new(),
        count => format!(
            "{}: git harness plan lint {}\n",
            counted(count, "weak place"),
            prepared.plan.id
        ),
    };
    let trust = told_of_trust(engine, &project)?;
    Ok(match commit {
        Some(commit) => format!(
            "{count}; committed on {target} as {}\n{lint}{trust}next: git harness run, or git harness next\n",
            commit.short(10)
        ),
        None => format!("{count}; everything is there already\n{trust}"),
    })
}

/// Commits an import, and trusts what it brought.
pub fn commit_import(
    engine: &mut Engine,
    project: &Project,
    prepared: &import::Import,
    source: &str,
) -> Result<Option<CommitId>, CliError> {
    engine.person()?;
    let before = trusted::entries(engine, project)?;
    let commit = import::commit(engine, project, prepared, source)?;
    let project = Project::load(engine, &project.target)?;
    let cards = prepared.plan.cards.iter();
    let written: Vec<_> = cards.flat_map(|card| trusted::of_card(&project.config, card)).collect();
    trusted::wrote(engine, &written, &before)?;
    Ok(commit)
}

/// A weak place, and the file that it is in: its name and its text.
type Weakness = (Diagnostic, (String, String));

/// Folders that copies are to hold and that are not there: what a build needs of them would be missed card after card.
fn missing_folders(engine: &Engine, project: &Project) -> Result<Vec<Weakness>, CliError> {
    const FILE: &str = ".harness/config.toml";
    let text = engine.git.file(project.tree, FILE)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut found = Vec::new();
    for folder in project.config.slot.sparse.iter().flatten() {
        let name = folder.to_text();
        if engine.git.subtree(project.tree, &name)?.is_none() {
            let at = text.find(&*name).unwrap_or_default();
            let message = format!(
                "slot.sparse names {name}, and there is no such folder on {}",
                project.target
            );
            let fix = "name a folder as it stands in the tree, or take it out";
            let mistake = Diagnostic::error(FILE, &text, at..at + name.len(), "missing-folder", message, fix);
            found.push((mistake.as_warning(), (FILE.to_owned(), text.clone())));
        }
    }
    Ok(found)
}

/// Weak places of a project's cards, with the texts that they are in.
fn warnings(engine: &Engine, project: &Project, plan: Option<&PlanId>) -> Result<Vec<Weakness>, CliError> {
    let tree = engine.git.list(project.tree, "")?;
    let texts: HashMap<&RepoPath, BlobId> = tree.iter().map(|(path, entry)| (path, entry.blob)).collect();
    let files = Files::new(tree.iter().map(|(path, _)| path.clone()).collect());
    let lanes: Vec<String> = project.config.lanes.keys().cloned().collect();
    let mut found = Vec::new();
    for card in project
        .cards
        .iter()
        .filter(|card| plan.is_none_or(|plan| card.plan == *plan))
    {
        let file = card.id.card_path();
        let blob = RepoPath::try_from(file.as_str()).ok().and_then(|path| texts.get(&path));
        let text = blob.map(|blob| engine.git.blob(*blob)).transpose()?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let checks = project.config.checks_for(card);
        let facts = LintFacts {
            files: &files,
            checks: &checks,
            lanes: &lanes,
        };
        for mistake in lint(card, &file, &text, &facts) {
            found.push((mistake, (file.clone(), text.clone())));
        }
    }
    found.extend(missing_folders(engine, project)?);
    Ok(found)
}

fn lint_plans(args: &LintArgs, context: &Context) -> Result<Exit, CliError> {
    #[derive(serde::Serialize)]
    struct Json {
        v: u32,
        found: Vec<Diagnostic>,
    }
    let mut engine = context.reading_engine()?;
    let mut found = Vec::new();
    for project in projects_with(&mut engine, args.plan.as_ref())? {
        found.extend(warnings(&engine, &project, args.plan.as_ref())?);
    }
    if args.json {
        let found = found.into_iter().map(|(mistake, _)| mistake).collect();
        print_json(&Json { v: 1, found })?;
        return Ok(Exit::Done);
    }
    let mut count = 0;
    for (mistake, source) in found {
        count += usize::from(mistake.severity == Severity::Warning);
        print(&mistakes::render(&[mistake], &[source], context.colour, context.width))?;
    }
    print(&format!("{}\n", counted(count, "weak place")))?;
    Ok(Exit::Done)
}

fn show(args: &PlanArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.reading_engine()?;
    for project in projects_with(&mut engine, args.plan.as_ref())? {
        if project.plans.is_empty() {
            print(&status::table(context, &project.target, &Vec::new()))?;
        }
        for plan in project
            .plans
            .iter()
            .filter(|plan| args.plan.as_ref().is_none_or(|id| plan.id == *id))
        {
            let approved = if project.is_approved(&plan.id) {
                ""
            } else {
                ", not approved"
            };
            let digest = project.plan_digest(&plan.id).short();
            print(&format!("{}: {}{approved} (as {digest})\n", plan.id, plan.title))?;
            if !plan.body.is_empty() {
                print(&format!("\n{}\n\n", crate::report::text::visible(&plan.body)))?;
            }
            let views = project.views(&engine);
            let rows = project
                .heads()
                .iter()
                .zip(&views)
                .filter(|(card, _)| card.plan == plan.id);
            print(&status::table(context, &project.target, &rows.collect()))?;
        }
    }
    Ok(Exit::Done)
}

fn approve(args: &ApprovePlanArgs, context: &Context) -> Result<Exit, CliError> {
    let mut engine = context.settled_engine(Telling::Nothing)?;
    let person = engine.person()?;
    let projects = projects_with(&mut engine, args.plan.as_ref())?;
    let found: Vec<(&Project, PlanId)> = projects
        .iter()
        .flat_map(|project| project.plans.iter().map(move |plan| (project, plan.id.clone())))
        .filter(|(_, plan)| args.plan.as_ref().is_none_or(|wanted| plan == wanted))
        .collect();
    let [(project, plan)] = &found[..] else {
        let hint = match found[..] {
            [] => format!("there is none yet: {NO_PLAN}"),
            _ => "`git harness plan show` lists them".to_owned(),
        };
        return Err(CliError::new(Exit::Usage, "name the plan to approve").hint(hint));
    };
    let digest = project.plan_digest(plan);
    let said = |(approved, of, _, by): &(PlanId, Digest, CommitId, String)| {
        approved == plan && *of == digest && Actor::Person(by.clone()) == person
    };
    if project.history.approvals().iter().any(said) {
        print(&format!("{person} has approved plan {plan} as it stands\n"))?;
        return Ok(Exit::Done);
    }
    let cards = project.cards.iter().filter(|card| card.plan == *plan);
    let lines: String = cards.map(|card| format!("  {}: {}\n", card.id, card.title)).collect();
    let text = format!("plan {plan}, as {}\n{lines}", digest.short());
    of::plan_seen(&args.of, context, plan, &digest.short(), &text)?;
    let commit = commit_words(&engine, &project.target, &approval_message(plan, digest, &person))?;
    print(&format!(
        "{person} approves plan {plan} as it stands, in {}\n",
        commit.short(10)
    ))?;
    Ok(Exit::Done)
}
