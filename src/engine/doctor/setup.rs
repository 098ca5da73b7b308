//! Set-up: whether copies for checks can be made ready, tried out.

use crate::domain::lockfile::Proposal;
use crate::engine::Engine;
use crate::engine::project::{self, Project};
use crate::engine::slot::{Purpose, Slot};
use crate::engine::trusted::Permit;
use crate::engine::verify::{self, VerifyError};

use super::Findings;

/// Names that hold what programs need to run, and not what they make.
const NEEDED: [&str; 12] = [
    "node_modules",
    "bower_components",
    "vendor",
    "deps",
    ".venv",
    "venv",
    "env",
    ".env",
    ".env.local",
    ".env.test",
    "Pods",
    ".bundle",
];

/// Tries the set-up of every project whose commands its user trusts.
pub(super) fn set_up(engine: &Engine, projects: &[Project], findings: &mut Findings) {
    for project in projects {
        let config = &project.config;
        if config.slot.setup.is_empty() {
            lacks(engine, project, findings);
        } else if let Ok(permit) = Permit::for_checks(engine, config, &[]) {
            tried(engine, project, permit, findings);
        } else {
            findings.look("set-up", "not tried: its commands are not trusted", "git harness trust");
        }
    }
}

/// A project with lock files and no set-up: what they lock is in no copy.
fn lacks(engine: &Engine, project: &Project, findings: &mut Findings) {
    let Ok(files) = engine.git.list(project.tree, "") else {
        return;
    };
    let proposal = Proposal::of(files.iter().map(|(path, _)| path));
    let needed = |name: &String| NEEDED.contains(&name.trim_end_matches('/'));
    let mut beside = verify::ignored_beside(engine, &project.config);
    beside.retain(needed);
    if !beside.is_empty() {
        findings.look(
            "ignored files",
            format!(
                "{}: copies for checks have nothing that git ignores: not {}",
                project.target,
                beside.join(", ")
            ),
            "if checks need it, [slot] setup in .harness/config.toml makes it there; variables go into [slot] env",
        );
    }
    if !proposal.setup.is_empty() {
        findings.look(
            "set-up",
            format!(
                "{}: copies for checks hold nothing of what {} locks",
                project.target,
                proposal.inputs.join(", ")
            ),
            format!(
                "if checks need it, in .harness/config.toml: [slot] {}",
                proposal.lines().join("; ")
            ),
        );
    }
}

fn tried(engine: &Engine, project: &Project, permit: Permit, findings: &mut Findings) {
    let config = &project.config;
    let pool = engine.pool(config.worktrees_dir.as_deref());
    let environment = verify::environment(engine, config);
    let cone = config.cone_of(&project.cards);
    let result = Slot::take(&engine.ledger, &pool, Purpose::Verify, &engine.cancel)
        .map_err(VerifyError::from)
        .and_then(|mut slot| verify::set_up(engine, &permit, &mut slot, &cone, project.tree, &environment));
    match result {
        Ok(_) => findings.good(
            "set-up",
            format!(
                "{}: `{}` works in a copy",
                project.target,
                config.slot.setup.join("`, `")
            ),
        ),
        Err(VerifyError::SetUp { command, why }) => {
            let last = why
                .lines()
                .rev()
                .find(|line| !line.trim().is_empty())
                .unwrap_or("it printed nothing");
            findings.bad(
                "set-up",
                format!("{}: `{command}` fails in a copy: {last}", project.target),
                "see docs/configuration.md, Copies for checks; it runs in a copy of the branch, with network, and sees the variables of [slot] env",
            );
        }
        Err(error) => findings.bad(
            "set-up",
            error.to_string(),
            "git harness doctor again, once that is mended",
        ),
    }
}

/// The projects, where they can be read; what is wrong with them otherwise is said elsewhere.
pub(super) fn projects(engine: &mut Engine) -> Vec<Project> {
    project::projects(engine).unwrap_or_else(|_| Vec::new())
}
