//! Kinds of repositories: what works, and what is named in one sentence where it does not, never as damage.

use std::fs;

use super::sandbox::{Outcome, Sandbox, one_card};

fn fresh(sandbox: &Sandbox, name: &str, form: &str) -> std::path::PathBuf {
    let dir = sandbox.beside(name);
    sandbox.git(&["init", "-q", "-b", "main", form, dir.to_str().unwrap()]);
    fs::write(dir.join("a.txt"), "x\n").unwrap();
    sandbox.git_in(&dir, &["add", "-A"]);
    sandbox.git_in(&dir, &["commit", "-qm", "Begin"]);
    dir
}

fn is_named(outcome: Outcome, what: &str) {
    let outcome = outcome.exits(2).says(what).says("cannot work yet");
    assert!(!outcome.stderr.contains("fsck"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("damaged"), "{}", outcome.stderr);
    assert!(outcome.stderr.lines().count() <= 3, "{}", outcome.stderr);
}

#[test]
fn a_repository_with_sha_256_ids_is_named() {
    let sandbox = Sandbox::new(&[]);
    let dir = fresh(&sandbox, "sha256", "--object-format=sha256");
    let linked = sandbox.beside("linked");
    sandbox.git_in(&dir, &["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::create_dir(dir.join("below")).unwrap();
    for at in [&dir, &linked, &dir.join("below")] {
        for command in ["init", "doctor", "status", "audit"] {
            is_named(sandbox.harness_in(at, &[command]), "sha256 object ids");
        }
    }
    // The way that is named works.
    let copy = sandbox.beside("copy");
    let line = "git init -q -b main --object-format=sha1 \"$1\" && git fast-export --all | git -C \"$1\" fast-import --quiet && git -C \"$1\" checkout -q main";
    let mut command = sandbox.command("sh", &dir);
    command.args(["-c", line, "sh", copy.to_str().unwrap()]);
    let _ = Sandbox::outcome_of(command).exits(0);
    let _ = sandbox.harness_in(&copy, &["init"]).exits(0);
}

#[test]
fn work_is_done_in_a_repository_that_keeps_its_refs_in_a_reftable() {
    let sandbox = Sandbox::new(&[]);
    let help = sandbox.try_git(&["init", "-h"]);
    if !(help.stdout + &help.stderr).contains("--ref-format") {
        return eprintln!("skipped: this git knows no reftable");
    }
    let dir = fresh(&sandbox, "reftable", "--ref-format=reftable");
    let harness = |args: &[&str]| sandbox.harness_in(&dir, args);
    let git = |args: &[&str]| sandbox.git_in(&dir, args);
    let _ = harness(&["init"]).exits(0);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "Set up"]);
    for id in ["p-1", "p-2", "p-3"] {
        let file = sandbox.beside(&format!("{id}.json"));
        fs::write(&file, one_card(id, "*.txt", "true")).unwrap();
        let _ = harness(&["plan", "import", "--commit", file.to_str().unwrap()]).exits(0);
    }
    let _ = harness(&["next"]).exits(0);
    fs::write(dir.join("a.txt"), "commit\n").unwrap();
    git(&["commit", "-qam", "By hand"]);
    let _ = harness(&["start", "p-2"]).exits(0);
    fs::write(dir.join("a.txt"), "submit\n").unwrap();
    let _ = harness(&["submit"]).exits(0);
    let _ = harness(&["exec", "p-3", "--", "sh", "-c", "echo exec > a.txt"]).exits(0);
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "exec\n");
    let _ = harness(&["run"]);
    let _ = harness(&["status"]).exits(0).prints("3 of 3 complete");
    let _ = harness(&["audit", "--strength", "recorded"]).exits(0);
    let _ = harness(&["rollback", "p-3"]).exits(0);
    assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "submit\n");
    // Git's own state is no file there either.
    git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    fs::write(dir.join("a.txt"), "side\n").unwrap();
    git(&["commit", "-qam", "side"]);
    git(&["checkout", "-q", "main"]);
    let mut pick = sandbox.command("git", &dir);
    pick.args(["cherry-pick", "side"]);
    let _ = Sandbox::outcome_of(pick).exits(1);
    let _ = harness(&["start", "p-3"]).exits(4).says("a cherry-pick");
}

#[test]
fn hooks_that_were_installed_beside_a_redirected_folder_are_said_to_be() {
    let sandbox = Sandbox::new(&[]);
    sandbox.git(&["config", "core.hooksPath", ".husky"]);
    let outcome = sandbox
        .harness(&["init"])
        .exits(0)
        .prints("hook prepare-commit-msg installed");
    assert!(!outcome.stdout.contains("could not"), "{}", outcome.stdout);
}

/// A clone of a server that gives objects one by one, with a checkout of a part.
fn partial() -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("far/b.txt", "far\n"), ("top.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "src/**", "grep -q far far/b.txt"));
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    sandbox.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let clone = sandbox.beside("clone");
    let address = format!("file://{}", sandbox.repo().display());
    let words = [
        "clone",
        "-q",
        "--filter=blob:none",
        "--sparse",
        &address,
        clone.to_str().unwrap(),
    ];
    sandbox.git_in(&sandbox.beside(""), &words);
    let _ = sandbox.harness_in(&clone, &["init"]).exits(0);
    let _ = sandbox.harness_in(&clone, &["trust"]);
    (sandbox, clone)
}

#[test]
fn a_partial_clone_with_a_sparse_checkout_brings_what_is_asked_for() {
    let (sandbox, clone) = partial();
    let _ = sandbox.harness_in(&clone, &["status"]).exits(0).prints("p-1");
    let build = ["exec", "p-1", "--", "sh", "-c", "echo good > src/a.txt"];
    let _ = sandbox.harness_in(&clone, &build).exits(0);
    assert_eq!(sandbox.git_in(&clone, &["show", "main:src/a.txt"]), "good");
    assert_eq!(sandbox.git_in(&clone, &["status", "--porcelain"]), "");
    let _ = sandbox.harness_in(&clone, &["audit"]).exits(0);
    let _ = sandbox.harness_in(&clone, &["rollback", "p-1"]).exits(0);
}

#[test]
fn a_partial_clone_whose_server_is_away_says_so_and_is_not_damaged() {
    let (sandbox, clone) = partial();
    fs::rename(sandbox.repo(), sandbox.beside("away")).unwrap();
    let build = ["exec", "p-1", "--", "sh", "-c", "echo good > src/a.txt"];
    let outcome = sandbox.harness_in(&clone, &build).exits(1).says("partial clone");
    assert!(!outcome.stderr.contains("fsck"), "{}", outcome.stderr);
}

#[test]
fn whoever_may_not_read_the_ledger_may_push() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: only root becomes somebody else");
    }
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.git(&["init", "-q", "--shared=0666"]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    let server = sandbox.beside("server.git");
    sandbox.git(&["init", "-q", "--bare", "--shared=0666", server.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    sandbox.git(&["config", "--global", "safe.directory", "*"]);
    for dir in ["", "home", "repo"] {
        fs::set_permissions(sandbox.beside(dir), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let mut open = sandbox.command("chmod", &sandbox.repo());
    open.args([
        "-R",
        "a+rwX",
        ".git/objects",
        ".git/refs",
        ".git/logs",
        server.to_str().unwrap(),
    ]);
    let _ = Sandbox::outcome_of(open).exits(0);
    let mut push = sandbox.command("setpriv", &sandbox.repo());
    push.args([
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "--",
        "git",
        "push",
        "-q",
        "origin",
        "main",
    ]);
    let outcome = Sandbox::outcome_of(push).exits(0);
    assert!(!outcome.stderr.contains("Permission denied"), "{}", outcome.stderr);
}
