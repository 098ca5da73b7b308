//! Where a repository is checked out: folders that are away, seen under another path, or in no usual place. A branch that
//! git counts as checked out never moves without its files.

use std::fs;

use super::sandbox::{Sandbox, one_card};

fn prepare(sandbox: &Sandbox) {
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "*.txt", "true"));
}

fn ready() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    prepare(&sandbox);
    sandbox
}

const BUILD: [&str; 6] = ["exec", "p-1", "--", "sh", "-c", "echo new > new.txt; echo y >> a.txt"];

/// The target is checked out in a linked worktree; the repository's own folder has another branch.
fn elsewhere(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.git(&["checkout", "-qb", "away"]);
    let linked = sandbox.beside("wt");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    linked
}

#[test]
fn nothing_lands_on_a_branch_whose_worktree_is_away_until_it_is_back() {
    let sandbox = ready();
    let linked = elsewhere(&sandbox);
    let unmounted = sandbox.beside("wt.unmounted");
    fs::rename(&linked, &unmounted).unwrap();
    let main = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox
        .harness(&BUILD)
        .exits(4)
        .says("main is checked out in")
        .says("which is not there");
    let _ = sandbox.harness(&["run"]);
    assert_eq!(sandbox.state("p-1"), "passed");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
    let q = sandbox.beside("q.json");
    fs::write(&q, one_card("q-1", "c.txt", "true")).unwrap();
    let import = ["plan", "import", "--commit", "--onto", "main", q.to_str().unwrap()];
    let _ = sandbox.harness(&import).exits(4).says("git worktree repair");
    let doctor = sandbox.harness(&["doctor"]);
    assert!(doctor.stdout.contains("nothing lands on main"), "{}", doctor.stdout);
    fs::rename(&unmounted, &linked).unwrap();
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.git_in(&linked, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(linked.join("new.txt")).unwrap(), "new\n");
}

#[test]
fn a_deleted_worktree_is_given_up_by_the_command_that_the_refusal_names() {
    let sandbox = ready();
    let linked = elsewhere(&sandbox);
    fs::remove_dir_all(&linked).unwrap();
    let _ = sandbox.harness(&BUILD).exits(4).says("git worktree prune");
    sandbox.git(&["worktree", "prune"]);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn a_folder_that_another_worktree_took_is_not_written_to() {
    let sandbox = ready();
    let linked = elsewhere(&sandbox);
    fs::remove_dir_all(&linked).unwrap();
    sandbox.git(&[
        "clone",
        "-q",
        sandbox.repo().to_str().unwrap(),
        linked.to_str().unwrap(),
    ]);
    let _ = sandbox.harness(&BUILD).exits(4).says("something else");
    assert!(!linked.join("new.txt").exists());
    assert_eq!(sandbox.git_in(&linked, &["status", "--porcelain"]), "");
}

#[test]
fn files_follow_in_a_worktree_that_git_names_by_a_relative_path() {
    let sandbox = ready();
    let linked = elsewhere(&sandbox);
    let admin = sandbox.repo().join(".git/worktrees/wt");
    fs::write(admin.join("gitdir"), "../../../../wt/.git\n").unwrap();
    fs::write(linked.join(".git"), "gitdir: ../repo/.git/worktrees/wt\n").unwrap();
    for dir in [sandbox.repo(), linked.clone()] {
        assert_eq!(sandbox.harness_in(&dir, &["status"]).code, 0);
    }
    let _ = sandbox.harness(&BUILD).exits(0);
    assert_eq!(sandbox.git_in(&linked, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(linked.join("new.txt")).unwrap(), "new\n");
}

#[test]
fn files_follow_a_branch_that_moves_by_way_of_a_symbolic_one() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    sandbox.git(&["branch", "-m", "main", "trunk"]);
    sandbox.git(&["symbolic-ref", "refs/heads/main", "refs/heads/trunk"]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    let file = sandbox.beside("p.json");
    fs::write(&file, one_card("p-1", "*.txt", "true")).unwrap();
    let _ = sandbox
        .harness(&["plan", "import", "--commit", "--onto", "main", file.to_str().unwrap()])
        .exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "the cards are there");
    let _ = sandbox.harness(&BUILD).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(
        sandbox.git(&["rev-parse", "main"]),
        sandbox.git(&["rev-parse", "trunk"])
    );
    assert_eq!(sandbox.git(&["symbolic-ref", "refs/heads/main"]), "refs/heads/trunk");
    assert_eq!(sandbox.read("new.txt"), "new\n");
}

/// A repository whose git folder is elsewhere; git itself does not know from a linked worktree where the main one is.
fn separate() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    fs::create_dir(sandbox.beside("store")).unwrap();
    let store = sandbox.beside("store/proj.git");
    sandbox.git(&["init", "-q", "--separate-git-dir", store.to_str().unwrap()]);
    prepare(&sandbox);
    sandbox
}

#[test]
fn nothing_is_written_beside_a_separate_git_folder() {
    let sandbox = separate();
    let linked = sandbox.beside("wt");
    sandbox.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    let main = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox
        .harness_in(&linked, &BUILD)
        .exits(4)
        .says("nothing says where its files are");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
    let left: Vec<_> = fs::read_dir(sandbox.beside("store")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the git folder");
    // In the worktree itself nobody has to guess.
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.read("new.txt"), "new\n");
}

#[test]
fn a_separate_git_folder_that_names_its_worktree_is_landed_on_from_anywhere() {
    let sandbox = separate();
    let linked = sandbox.beside("wt");
    sandbox.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    sandbox.git(&["config", "core.worktree", sandbox.repo().to_str().unwrap()]);
    let _ = sandbox.harness_in(&linked, &BUILD).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.read("new.txt"), "new\n");
}

#[test]
fn a_worktree_that_was_moved_by_hand_is_worked_in_where_it_is() {
    let sandbox = ready();
    let linked = elsewhere(&sandbox);
    let moved = sandbox.beside("moved");
    fs::rename(&linked, &moved).unwrap();
    let _ = sandbox.harness_in(&moved, &BUILD).exits(0);
    assert_eq!(sandbox.git_in(&moved, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(moved.join("new.txt")).unwrap(), "new\n");
}
