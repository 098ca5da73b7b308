//! This machine: git, who commits, what programs outside of the overlay fence can reach, and whether what the project
//! runs is here.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::config::{BuilderKind, Config};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::words::counted;
use crate::engine::Engine;
use crate::engine::project::{self, ProjectError};
use crate::process::find_program;

use super::Findings;

/// The first git whose `merge-tree` writes trees.
const OLDEST_GIT: (u32, u32, u32) = (2, 38, 0);

pub(super) fn git(engine: &Engine, findings: &mut Findings) {
    match engine.git.program().version() {
        Ok(version) if version >= OLDEST_GIT => {
            let (major, minor, patch) = version;
            findings.good("git", format!("git {major}.{minor}.{patch}"));
        }
        Ok((major, minor, _)) => findings.bad(
            "git",
            format!("git {major}.{minor} cannot merge without a worktree"),
            "install git 2.38 or newer",
        ),
        Err(error) => findings.bad("git", error.to_string(), "install git"),
    }
}

/// The tier of the fence that passes its test here, and why stronger ones do not.
pub(super) fn fence(engine: &Engine, findings: &mut Findings) {
    let found = match engine.fence() {
        Ok(found) => found,
        Err(error) => {
            return findings.bad(
                "fence",
                error.to_string(),
                "see whether the cache folder can be written",
            );
        }
    };
    let tier = found.fence.tier();
    for (stronger, why) in &found.failed {
        findings.look(
            "fence",
            format!("the tier {stronger} is not used here: {why}"),
            "a kernel or container that allows user namespaces (overlay) or has Landlock (5.19 or newer)",
        );
    }
    findings.good("fence", format!("{tier}, which passed its own test"));
}

pub(super) fn identity(engine: &Engine, findings: &mut Findings) {
    match engine.git.identity() {
        Ok(identity) => findings.good("identity", format!("commits are {identity}'s")),
        Err(error) => findings.bad(
            "identity",
            error.to_string(),
            "git config --global user.name NAME, and user.email ADDRESS",
        ),
    }
}

/// Sockets through which a program without the overlay fence can have others act for it.
pub(super) fn sockets(engine: &Engine, findings: &mut Findings) {
    let variable = |name: &str| engine.host.variables.get(OsStr::new(name)).map(PathBuf::from);
    let mut places: Vec<PathBuf> = [
        "/run/docker.sock",
        "/var/run/docker.sock",
        "/run/containerd/containerd.sock",
    ]
    .map(PathBuf::from)
    .into();
    places.extend(variable("SSH_AUTH_SOCK"));
    if let Some(run) = variable("XDG_RUNTIME_DIR") {
        places.extend(["bus", "gnupg/S.gpg-agent", "podman/podman.sock"].map(|name| run.join(name)));
    }
    if let Some(home) = variable("HOME") {
        places.push(home.join(".gnupg/S.gpg-agent"));
    }
    let found: BTreeSet<PathBuf> = places
        .into_iter()
        .filter(|path| std::fs::metadata(path).is_ok_and(|file| file.file_type().is_socket()))
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    for path in found {
        findings.look(
            "sockets",
            format!("{} can be reached by whatever runs here", path.display()),
            "the overlay fence hides it; without that fence, run Builders where it is not",
        );
    }
    findings.good_without_other("sockets", "no agent or container socket was found");
}

fn mistake(findings: &mut Findings, branch: &str, one: &Diagnostic) {
    let what = format!("{branch}: {}:{}: {}", one.file, one.line, one.message);
    findings.bad("project", what, one.fix.clone());
}

/// The project's configuration can be read, and the programs that it names are here.
pub(super) fn project(engine: &mut Engine, findings: &mut Findings) {
    let projects = match project::projects(engine) {
        Ok(projects) => projects,
        Err(ProjectError::Invalid { branch, diagnostics }) => {
            return diagnostics
                .iter()
                .take(5)
                .for_each(|one| mistake(findings, &branch, one));
        }
        Err(error @ ProjectError::Shallow(_)) => {
            return findings.bad("project", error.to_string(), "git fetch --unshallow");
        }
        Err(error) => return findings.look("project", error.to_string(), "git harness init"),
    };
    let path = engine.host.variables.get(OsStr::new("PATH")).cloned();
    let is_here = |program: &str| Path::new(program).is_absolute() || find_program(program, path.as_deref()).is_some();
    for project in &projects {
        let config: &Config = &project.config;
        for one in &config.undefined {
            mistake(findings, &project.target, one);
        }
        for builder in config.builders.values() {
            let run = match &builder.kind {
                BuilderKind::Command { run, .. } => run,
                BuilderKind::Agent(agent) => &agent.run,
                _ => continue,
            };
            if let Some(program) = run
                .first()
                .filter(|program| !program.contains('/') && !is_here(program))
            {
                findings.bad(
                    "programs",
                    format!(
                        "the builder {} wants `{program}`, which is not on the PATH",
                        builder.name
                    ),
                    "install it, or change [builders]",
                );
            }
        }
        let programs: BTreeSet<&str> = config
            .checks
            .values()
            .filter_map(crate::domain::check::Check::program)
            .filter(|program| !is_here(program))
            .collect();
        for program in programs {
            findings.bad(
                "programs",
                format!("a check wants `{program}`, which is not on the PATH"),
                "install it, or change [checks]",
            );
        }
        if config.undefined.is_empty() {
            let cards = counted(project.cards.len(), "card");
            let target = &project.target;
            findings.good("project", format!("{target}: {cards}, configuration without a mistake"));
        }
    }
    findings.good_without_other("programs", "what builders and checks start is on the PATH");
}
