//! Kinds of repositories: what works, and what is named in one sentence where it does not, never as damage.

use std::fs;

use super::sandbox::{Sandbox, one_card};

fn fresh(sandbox: &Sandbox, name: &str, forms: &[&str]) -> std::path::PathBuf {
    let dir = sandbox.beside(name);
    sandbox.git(&[&["init", "-q", "-b", "main"], forms, &[dir.to_str().unwrap()]].concat());
    fs::write(dir.join("a.txt"), "x\n").unwrap();
    sandbox.git_in(&dir, &["add", "-A"]);
    sandbox.git_in(&dir, &["commit", "-qm", "Begin"]);
    dir
}

/// A whole life of four cards in a repository of some form: by hand, handed in, by a Builder, by the queue and by an answer.
fn works(sandbox: &Sandbox, dir: &std::path::Path) {
    let harness = |args: &[&str]| sandbox.harness_in(dir, args);
    let git = |args: &[&str]| sandbox.git_in(dir, args);
    let _ = harness(&["init"]).exits(0);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "Set up"]);
    for id in [
        "p-1",
        "p-2",
        "p-3",
        "z-card-whose-name-is-rather-long-for-a-trailer-of-one-line-1",
    ] {
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
    let _ = harness(&["exec", "p-3", "--", "sh", "-c", "echo exec > a.txt; chmod +x a.txt"]).exits(0);
    let answer = sandbox.beside("answer.txt");
    fs::write(&answer, "b.txt\n```\nanswer\n```\n").unwrap();
    let long = "z-card-whose-name-is-rather-long-for-a-trailer-of-one-line-1";
    let _ = harness(&["apply", long, answer.to_str().unwrap()]).exits(0);
    for line in git(&["log", "--format=%(trailers)"]).lines() {
        assert!(line.chars().count() <= 72, "{line}");
    }
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "exec\n");
    let _ = harness(&["run"]);
    let _ = harness(&["status"]).exits(0).prints("4 of 4 complete");
    let _ = harness(&["audit", "--strength", "recorded"]).exits(0);
    let _ = harness(&["rollback", long]).exits(0);
    assert!(!dir.join("b.txt").exists());
    git(&["revert", "--no-edit", "HEAD"]);
    let _ = harness(&["status"]).exits(0).prints("4 of 4 complete");
    git(&["revert", "--no-edit", "HEAD~2"]);
    let _ = harness(&["status"]).exits(0).prints("3 of 4 complete");
    let _ = harness(&["rollback", "p-3"]).exits(0);
    assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "submit\n");
    let _ = harness(&["show", "p-3"]).exits(0);
    let _ = harness(&["diff", "p-2"]).exits(0).prints("submit");
    let _ = harness(&["audit", "--rerun"]).exits(0);
    git(&["fsck", "--strict"]);
    // Git's own state is no file there either.
    git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    fs::write(dir.join("a.txt"), "side\n").unwrap();
    git(&["commit", "-qam", "side"]);
    git(&["checkout", "-q", "main"]);
    let mut pick = sandbox.command("git", dir);
    pick.args(["cherry-pick", "side"]);
    let _ = Sandbox::outcome_of(pick).exits(1);
    let _ = harness(&["start", "p-3"]).exits(4).says("a cherry-pick");
    git(&["cherry-pick", "--abort"]);
}

/// What git does to commits, with a task open, in a repository of some form: what git is in the middle of is told there as well.
fn histories(sandbox: &Sandbox, main: &std::path::Path) {
    let linked = sandbox.beside("linked");
    let _ = sandbox.harness_in(main, &["init"]).exits(0);
    sandbox.git_in(main, &["add", "-A"]);
    sandbox.git_in(main, &["commit", "-qm", "Set up"]);
    for id in ["h-1", "h-2", "h-3"] {
        let file = sandbox.beside(&format!("{id}.json"));
        fs::write(&file, one_card(id, "*.txt", "true")).unwrap();
        let _ = sandbox
            .harness_in(main, &["plan", "import", "--commit", file.to_str().unwrap()])
            .exits(0);
    }
    sandbox.git_in(main, &["branch", "-q", "h-base"]);
    sandbox.git_in(
        main,
        &["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap()],
    );
    for (number, dir) in [main, &linked].into_iter().enumerate() {
        let harness = |args: &[&str]| sandbox.harness_in(dir, args);
        let git = |args: &[&str]| sandbox.git_in(dir, args);
        let fails = |args: &[&str]| {
            let mut command = sandbox.command("git", dir);
            command.args(args);
            let _ = Sandbox::outcome_of(command).exits(1);
        };
        let here = git(&["branch", "--show-current"]);
        // Others work beside: one side joins without a conflict, the other with one.
        for (side, file) in [("joins", "other.md"), ("clashes", "a.txt")] {
            git(&["checkout", "-q", "-b", &format!("{side}-{number}"), &here]);
            fs::write(dir.join(file), format!("{side}\n")).unwrap();
            git(&["add", file]);
            git(&["commit", "-qm", side]);
        }
        git(&["checkout", "-q", &here]);
        let task = format!("h-{}", number + 1);
        let _ = harness(&["start", &task]).exits(0);
        git(&["merge", "-q", "--no-edit", "--no-ff", &format!("joins-{number}")]);
        fs::write(dir.join("a.txt"), format!("work on {task}\n")).unwrap();
        git(&["commit", "-qam", "Work"]);
        git(&["commit", "-q", "--amend", "-m", "Better words"]);
        assert_eq!(
            sandbox.git_in(dir, &["log", "-1", "--format=%(trailers:key=Harness-Task,valueonly)"]),
            task
        );
        let landing = git(&["rev-parse", "HEAD"]);
        let _ = harness(&["start", "h-3"]).exits(0);
        for (verb, word) in [
            ("cherry-pick", "a cherry-pick"),
            ("merge", "a merge"),
            ("rebase", "a rebase"),
        ] {
            fails(&[verb, &format!("clashes-{number}")]);
            let _ = harness(&["submit"]).exits(4).says(word);
            git(&[verb, "--abort"]);
        }
        // One that is resolved by hand and gone on with keeps its words and takes no trailers of the task.
        fails(&["cherry-pick", &format!("clashes-{number}")]);
        fs::write(dir.join("a.txt"), "both\n").unwrap();
        git(&["add", "a.txt"]);
        git(&["-c", "core.editor=true", "cherry-pick", "--continue"]);
        assert_eq!(git(&["log", "-1", "--format=%B"]), "clashes");
        fails(&["revert", "--no-edit", &landing]);
        let _ = harness(&["submit"]).exits(4).says("a revert");
        git(&["revert", "--abort"]);
        git(&["revert", "--no-edit", "HEAD"]);
        git(&["revert", "--no-edit", &landing]);
        assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "x\n");
        git(&["bisect", "start", "HEAD", "HEAD~2"]);
        let _ = harness(&["submit"]).exits(4).says("a bisect");
        git(&["bisect", "reset"]);
        let states = || harness(&["status"]).exits(0);
        if number == 0 {
            let _ = states().prints("0 of 3 complete");
        }
        git(&["revert", "--no-edit", "HEAD"]);
        let _ = harness(&["release", "h-3"]).exits(0);
        // The landing on another branch, and the branch on another base.
        git(&["checkout", "-q", "-b", &format!("release-{number}"), "h-base"]);
        git(&["cherry-pick", &landing]);
        assert_eq!(
            git(&["log", "-1", "--format=%(trailers:key=Harness-Task,valueonly)"]),
            task
        );
        fs::write(dir.join("b.md"), "b\n").unwrap();
        git(&["add", "b.md"]);
        git(&["commit", "-qm", "One more"]);
        git(&["rebase", "-q", &format!("joins-{number}")]);
        assert_eq!(git(&["log", "-1", "--format=%s", "HEAD~1"]), "Better words");
        git(&["checkout", "-q", &here]);
        let _ = states().prints("1 of 3 complete");
    }
}

fn in_form(what: fn(&Sandbox, &std::path::Path), forms: &[&str]) -> bool {
    let sandbox = Sandbox::new(&[]);
    let help = sandbox.try_git(&["init", "-h"]);
    let wants_reftable = forms.iter().any(|form| form.contains("ref-format"));
    if wants_reftable && !(help.stdout + &help.stderr).contains("--ref-format") {
        return false;
    }
    what(&sandbox, &fresh(&sandbox, "form", forms));
    true
}

const HASH: &str = "--object-format=sha256";
const REFS: &str = "--ref-format=reftable";

#[test]
fn work_is_done_in_a_repository_with_sha_256_ids() {
    assert!(in_form(works, &[HASH]));
}

#[test]
fn work_is_done_in_a_repository_that_keeps_its_refs_in_a_reftable() {
    if !in_form(works, &[REFS]) {
        eprintln!("skipped: this git knows no reftable");
    }
}

#[test]
fn git_does_what_it_does_in_a_repository_that_keeps_its_refs_in_a_reftable() {
    if !in_form(histories, &[REFS]) {
        eprintln!("skipped: this git knows no reftable");
    }
}

#[test]
fn git_does_what_it_does_in_a_repository_of_both_forms() {
    if !in_form(histories, &[HASH, REFS]) {
        eprintln!("skipped: this git knows no reftable");
    }
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
