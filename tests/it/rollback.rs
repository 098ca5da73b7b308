//! Back again.

use super::sandbox::Sandbox;

fn two_landed() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import(
        "p.json",
        "[{\"id\": \"p-1\", \"title\": \"First\", \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}, {\"id\": \"p-2\", \"title\": \"Second\", \"dependencies\": [\"p-1\"], \"files\": [\"b.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]",
    );
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
        .exits(0);
    let _ = sandbox
        .harness(&["exec", "p-2", "--", "sh", "-c", "echo y > b.txt"])
        .exits(0);
    sandbox
}

#[test]
fn a_task_that_others_build_on_is_rolled_back_only_with_them_and_newest_first() {
    let sandbox = two_landed();
    let _ = sandbox
        .harness(&["rollback", "p-1"])
        .exits(1)
        .says("p-1 is built on by p-2")
        .says("--with-dependants");
    let _ = sandbox
        .harness(&["rollback", "p-1", "--with-dependants", "-m", "not wanted"])
        .exits(0);
    let subjects = sandbox.subjects("main");
    assert_eq!(
        &subjects[subjects.len() - 2..],
        ["Roll back task p-2: Second", "Roll back task p-1: First"]
    );
    assert_eq!(sandbox.read("a.txt"), "x\n");
    assert!(!sandbox.repo().join("b.txt").exists());
    let states: Vec<String> = sandbox.states().into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["ready", "pending"]);
    assert!(
        sandbox
            .git(&["show", "HEAD:.harness/ledger/p-1.toml"])
            .contains("rolled back")
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_conflict_leaves_everything_as_it_was() {
    let sandbox = two_landed();
    sandbox.write("a.txt", "later work\n");
    sandbox.git(&["commit", "-qam", "Later"]);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let _ = sandbox
        .harness(&["rollback", "p-1", "--with-dependants"])
        .exits(1)
        .says("conflicts with later work in a.txt");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn everything_since_a_time_comes_back() {
    let sandbox = two_landed();
    let _ = sandbox
        .harness(&["rollback", "--since", "yesterday"])
        .exits(2)
        .says("`yesterday` is no time");
    let _ = sandbox
        .harness(&["rollback", "--since", "2 hours ago"])
        .exits(0)
        .prints("p-2 is open again")
        .prints("p-1 is open again");
    assert_eq!(sandbox.read("a.txt"), "x\n");
    let _ = sandbox.harness(&["rollback", "p-1"]).exits(2).says("not complete");
}

#[test]
fn a_plain_revert_reopens_the_task_also_where_it_names_the_commit_by_a_short_id() {
    let sandbox = two_landed();
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(sandbox.state("p-2"), "ready");
    let first = sandbox.git(&["rev-parse", "--short", "HEAD~2"]);
    sandbox.git(&["revert", "--no-commit", "HEAD~2"]);
    // What `git revert --reference` writes.
    sandbox.git(&[
        "commit",
        "-qm",
        "Take the first back",
        "-m",
        &format!("This reverts commit {first} (Task p-1: First, 2026-01-01)."),
    ]);
    assert_eq!(sandbox.state("p-1"), "ready");
    assert_eq!(sandbox.state("p-2"), "pending");
}
