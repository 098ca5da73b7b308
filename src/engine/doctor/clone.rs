//! This clone: its hooks and `.git` files, settings that name programs, what hides history, who may write to our state.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::engine::Engine;
use crate::git::hooks::HookState;
use crate::git::{Away, Repository, Worktree};

use super::Findings;

/// Every worktree finds our hooks, and its `.git` leads where it should.
pub(super) fn worktrees(engine: &Engine, findings: &mut Findings) {
    let worktrees = match engine.git.worktrees() {
        Ok(worktrees) => worktrees,
        Err(error) => return findings.bad("worktrees", error.to_string(), "git worktree repair"),
    };
    for worktree in &worktrees {
        if let Some(away) = worktree.away {
            away_from(worktree, away, findings);
            if away != Away::NotIts {
                continue;
            }
        }
        dot_git(engine, worktree, findings);
        let here = worktree.path.display();
        match Repository::discover_plainly(&worktree.path) {
            Ok(git) if git.common_dir() == engine.git.common_dir() => hooks(&git, worktree, findings),
            Ok(git) => findings.bad(
                "git-file",
                format!("{here} leads to another repository: {}", git.common_dir().display()),
                format!("look at {here}/.git; `git worktree repair` writes it anew"),
            ),
            Err(error) => findings.bad("git-file", format!("{here}: {error}"), "git worktree repair"),
        }
    }
    if engine.git.is_bare() {
        for report in engine.git.hook_status() {
            findings.good("hooks", format!("{} is {:?}", report.name, report.state));
        }
    }
    findings.good_without_other("hooks", "ours are in place in every worktree");
    findings.good_without_other("git-file", "every worktree leads to this repository");
}

/// A branch that is checked out where nothing can follow cannot be landed on.
fn away_from(worktree: &Worktree, away: Away, findings: &mut Findings) {
    let stays = match &worktree.branch {
        Some(branch) => format!(", so nothing lands on {branch}"),
        None => String::new(),
    };
    findings.look(
        "worktrees",
        format!("there is a worktree in {}, {away}{stays}", worktree.path.display()),
        away.way_out(),
    );
}

fn hooks(git: &Repository, worktree: &Worktree, findings: &mut Findings) {
    for report in git.hook_status() {
        let what = match report.state {
            HookState::Ours => {
                loose(&report.file, "hooks", findings);
                continue;
            }
            HookState::Altered => "is ours, but not as this version writes it",
            HookState::Missing => "is missing",
            HookState::Displaced => "is somebody else's and does not call ours",
            HookState::NotExecutable => "is not executable, so git passes it over",
        };
        findings.bad(
            "hooks",
            format!("{} of {} {what}", report.name, worktree.path.display()),
            format!("git -C {} harness hooks install", worktree.path.display()),
        );
    }
}

/// The `.git` file of a linked worktree and the folder that it names have to name each other.
fn dot_git(engine: &Engine, worktree: &Worktree, findings: &mut Findings) {
    let dot_git = worktree.path.join(".git");
    let is_main = worktree.git_dir == engine.git.common_dir();
    let Ok(text) = fs::read_to_string(&dot_git) else {
        if !is_main {
            findings.bad(
                "git-file",
                format!("{} is no file", dot_git.display()),
                "git worktree repair",
            );
        }
        return;
    };
    let named = text
        .trim_end()
        .strip_prefix("gitdir: ")
        .map(|dir| worktree.path.join(dir));
    let same = named
        .and_then(|dir| dir.canonicalize().ok())
        .zip(worktree.git_dir.canonicalize().ok())
        .is_some_and(|(named, own)| named == own);
    if !same {
        findings.bad(
            "git-file",
            format!("{} does not name {}", dot_git.display(), worktree.git_dir.display()),
            "git worktree repair, after a look at what it names",
        );
    }
}

/// Settings that make git run a program or look elsewhere, by the beginning and the end of their names.
const PROGRAMS: [(&str, &str); 21] = [
    ("core.fsmonitor", ""),
    ("core.sshcommand", ""),
    ("core.gitproxy", ""),
    ("core.editor", ""),
    ("core.pager", ""),
    ("core.attributesfile", ""),
    ("core.alternaterefscommand", ""),
    ("core.worktree", ""),
    ("sequence.editor", ""),
    ("diff.external", ""),
    ("diff.", ".command"),
    ("diff.", ".textconv"),
    ("filter.", ".clean"),
    ("filter.", ".smudge"),
    ("filter.", ".process"),
    ("merge.", ".driver"),
    ("gpg.", "program"),
    ("credential.", "helper"),
    ("include", ".path"),
    ("uploadpack.packobjectshook", ""),
    ("remote.", ".vcs"),
];

/// What the repository's own configuration makes git do.
pub(super) fn settings(engine: &Engine, findings: &mut Findings) {
    let entries = match engine.git.own_settings() {
        Ok(entries) => entries,
        Err(error) => return findings.bad("settings", error.to_string(), "git config --local --list"),
    };
    for (key, value) in entries {
        let lower = key.to_lowercase();
        if lower == "core.worktree" && leads_back(engine) {
            // Git itself writes this line for each submodule.
            continue;
        }
        let is_lfs = lower.starts_with("filter.lfs.") && value.starts_with("git-lfs ");
        let runs = PROGRAMS.iter().any(|(head, tail)| {
            lower.starts_with(head) && lower.ends_with(tail) && (!tail.is_empty() || lower == *head)
        }) || (lower.starts_with("alias.") && value.starts_with('!'));
        if runs && !is_lfs && !matches!(value.as_str(), "false" | "true") {
            findings.look(
                "settings",
                format!("this repository's configuration sets {key} = {value}"),
                format!("if nobody here set it: git config --unset-all {key}"),
            );
        }
    }
    findings.good_without_other("settings", "the repository's own configuration runs no program");
}

/// Whether the worktree here leads back to this git folder, as that of a submodule does.
fn leads_back(engine: &Engine) -> bool {
    let back = engine.git.work_tree().map(|top| top.join(".git"));
    let named = back.and_then(|file| fs::read_to_string(file).ok());
    let (Some(top), Some(named)) = (engine.git.work_tree(), named) else {
        return false;
    };
    let named = named.trim_end().strip_prefix("gitdir: ").map(|path| top.join(path));
    named.and_then(|path| path.canonicalize().ok()).as_deref() == Some(engine.git.git_dir())
}

/// Whatever shows another history than the one that is there.
pub(super) fn history(engine: &Engine, findings: &mut Findings) {
    let common = engine.git.common_dir();
    for (file, what, fix) in [
        ("info/grafts", "grafts change parents", "remove it"),
        (
            "info/attributes",
            "attributes that no commit holds",
            "remove it if nobody here wrote it",
        ),
        (
            "objects/info/alternates",
            "objects are borrowed from another store",
            "git repack -a -d, then remove it",
        ),
    ] {
        if fs::metadata(common.join(file)).is_ok_and(|file| file.len() > 0) {
            findings.look("history", format!("{}: {what}", common.join(file).display()), fix);
        }
    }
    if engine.git.is_shallow() {
        findings.look("history", "this clone is shallow", "git fetch --unshallow");
    }
    match engine.git.has_replaced_objects() {
        Ok(false) => {}
        Ok(true) => findings.look(
            "history",
            "refs/replace/ shows other objects than those that are there",
            "git replace -l, then git replace -d ID",
        ),
        Err(error) => findings.bad("history", error.to_string(), "git fsck"),
    }
    findings.good_without_other("history", "nothing stands between git and its objects");
}

/// Nobody else may write what we believe.
pub(super) fn permissions(engine: &Engine, findings: &mut Findings) {
    for path in [engine.ledger.dir(), &engine.host.config_dir] {
        loose(path, "permissions", findings);
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            loose(&entry.path(), "permissions", findings);
        }
    }
    findings.good_without_other("permissions", "state and trust are for their owner alone");
}

fn loose(path: &Path, name: &'static str, findings: &mut Findings) {
    let Ok(found) = fs::symlink_metadata(path) else {
        return;
    };
    if !found.is_symlink() && found.mode() & 0o022 != 0 {
        findings.bad(
            name,
            format!("others may write to {}", path.display()),
            format!("chmod go-w {}", path.display()),
        );
    }
}

/// The journal is whole, and this version understands it.
pub(super) fn journal(engine: &Engine, findings: &mut Findings) {
    // A checkpoint spares other commands the closed segments; here every row is read.
    let mut rows = 0;
    if let Err(error) = engine.ledger.each_row(&mut |_| rows += 1) {
        return findings.bad(
            "journal",
            error.to_string(),
            "keep a copy of the folder, then put back the last whole copy of the segment",
        );
    }
    for oddity in engine.replay().oddities() {
        findings.look(
            "journal",
            format!(
                "row {} of {} changed nothing: {}",
                oddity.seq, oddity.writer, oddity.why
            ),
            "git harness log shows what stands around it",
        );
    }
    findings.good_without_other("journal", &format!("{rows} rows, every hash right"));
}
