//! A worktree in which git is in the middle of something: nothing is taken, handed in or moved there, and the command is
//! named that ends it. Files cannot be half of one thing and half of another.

use super::sandbox::{Sandbox, one_card};

/// `main` and `side` change `a.txt` differently; the card allows both files.
fn ready() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "*.txt", "true"));
    sandbox.git(&["checkout", "-qb", "side"]);
    sandbox.write("a.txt", "side\n");
    sandbox.git(&["commit", "-qam", "side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("a.txt", "main\n");
    sandbox.git(&["commit", "-qam", "main"]);
    sandbox
}

type Begin = fn(&Sandbox);

/// Every operation that git knows, stopped in its midst; its name; what ends it.
const OPERATIONS: [(&str, Begin, &str); 8] = [
    (
        "a merge",
        |sandbox| drop(sandbox.try_git(&["merge", "side"])),
        "git merge --abort",
    ),
    (
        "a merge",
        |sandbox| drop(sandbox.git(&["merge", "-q", "--no-commit", "-s", "ours", "side"])),
        "git merge --abort",
    ),
    (
        "a cherry-pick",
        |sandbox| drop(sandbox.try_git(&["cherry-pick", "side"])),
        "git cherry-pick --abort",
    ),
    (
        "a revert",
        |sandbox| drop(sandbox.git(&["revert", "--no-commit", "HEAD"])),
        "git revert --abort",
    ),
    (
        "a rebase",
        |sandbox| drop(sandbox.try_git(&["rebase", "side"])),
        "git rebase --abort",
    ),
    ("git am", am, "git am --abort"),
    (
        "a bisect",
        |sandbox| drop(sandbox.git(&["bisect", "start"])),
        "git bisect reset",
    ),
    ("a cherry-pick", sequence, "git cherry-pick --abort"),
];

fn am(sandbox: &Sandbox) {
    let patch = sandbox.git(&["format-patch", "-1", "--stdout", "side"]);
    let file = sandbox.beside("side.patch");
    std::fs::write(&file, patch + "\n").unwrap();
    let _ = sandbox.try_git(&["am", file.to_str().unwrap()]);
}

/// Of two commits the first conflicts, and is committed by hand: only the list of what remains tells.
fn sequence(sandbox: &Sandbox) {
    sandbox.git(&["checkout", "-q", "side"]);
    sandbox.write("b.txt", "side\n");
    sandbox.git(&["commit", "-qam", "side again"]);
    sandbox.git(&["checkout", "-q", "main"]);
    let _ = sandbox.try_git(&["cherry-pick", "side~1", "side"]);
    sandbox.git(&["checkout", "--ours", "a.txt"]);
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "by hand"]);
}

#[test]
fn no_card_is_taken_while_git_is_in_the_middle_of_something() {
    for (what, begin, end) in OPERATIONS {
        let sandbox = ready();
        begin(&sandbox);
        for take in [&["next"][..], &["start", "p-1"]] {
            let outcome = sandbox.harness(take).exits(4).says(what).says(end);
            assert_eq!(outcome.stdout, "", "no packet");
        }
        assert_eq!(sandbox.state("p-1"), "ready", "{what}");
    }
}

#[test]
fn nothing_is_handed_in_while_git_is_in_the_middle_of_something() {
    for (what, begin, end) in OPERATIONS {
        let sandbox = ready();
        let _ = sandbox.harness(&["start", "p-1"]).exits(0);
        begin(&sandbox);
        let state = sandbox.state("p-1");
        let before = (
            sandbox.git(&["rev-parse", "main"]),
            sandbox.git(&["status", "--porcelain"]),
        );
        let _ = sandbox.harness(&["submit"]).exits(4).says(what).says(end);
        let _ = sandbox.harness(&["next", "--refresh"]);
        let after = (
            sandbox.git(&["rev-parse", "main"]),
            sandbox.git(&["status", "--porcelain"]),
        );
        assert_eq!(after, before, "{what}");
        assert_eq!(sandbox.state("p-1"), state, "{what}");
    }
}

#[test]
fn no_branch_moves_under_an_operation_and_the_work_waits_for_its_end() {
    for (what, begin, end) in OPERATIONS {
        let sandbox = ready();
        begin(&sandbox);
        let before = (
            sandbox.git(&["rev-parse", "main"]),
            sandbox.git(&["status", "--porcelain"]),
        );
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "echo new > c.txt"])
            .exits(4)
            .says(what);
        let file = sandbox.beside("q.json");
        std::fs::write(&file, one_card("q-1", "c.txt", "true")).unwrap();
        let import = ["plan", "import", "--commit", "--onto", "main", file.to_str().unwrap()];
        let _ = sandbox.harness(&import).exits(4).says(what).says(end);
        let after = (
            sandbox.git(&["rev-parse", "main"]),
            sandbox.git(&["status", "--porcelain"]),
        );
        assert_eq!(after, before, "{what}");
        let abort: Vec<&str> = end.split(' ').skip(1).collect();
        sandbox.git(&abort);
        let _ = sandbox.harness(&["run"]).exits(0);
        assert_eq!(sandbox.git(&["show", "main:c.txt"]), "new", "{what}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{what}");
    }
}

#[test]
fn a_conflict_without_an_operation_is_no_place_to_work_in() {
    let sandbox = ready();
    sandbox.write("a.txt", "stashed\n");
    sandbox.git(&["stash", "-q"]);
    sandbox.write("a.txt", "other\n");
    sandbox.git(&["commit", "-qam", "other"]);
    let _ = sandbox.try_git(&["stash", "pop"]);
    assert!(sandbox.git(&["status", "--porcelain"]).contains("UU a.txt"));
    let _ = sandbox.harness(&["next"]).exits(4).says("a.txt").says("git add");
    assert_eq!(sandbox.state("p-1"), "ready");
    // Another path than the conflict's: git would refuse, and says so.
    let build = ["exec", "p-1", "--", "sh", "-c", "echo new > c.txt"];
    let _ = sandbox.harness(&build).exits(4).says("a conflict").says("a.txt");
    assert_eq!(sandbox.state("p-1"), "passed");
    assert!(
        sandbox.git(&["status", "--porcelain"]).contains("UU a.txt"),
        "as it was"
    );
    sandbox.git(&["checkout", "-q", "--theirs", "a.txt"]);
    sandbox.git(&["add", "a.txt"]);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    assert_eq!(sandbox.read("a.txt"), "stashed\n", "the user's own stays");
}

#[test]
fn no_card_is_taken_where_head_is_on_no_branch() {
    let sandbox = ready();
    sandbox.git(&["checkout", "-q", "--detach"]);
    let _ = sandbox
        .harness(&["next"])
        .exits(2)
        .says("HEAD is on no branch")
        .says("git switch");
    let _ = sandbox.harness(&["start", "p-1"]).exits(2).says("git switch");
    assert_eq!(sandbox.state("p-1"), "ready");
    // Nobody works here, so nothing keeps an unattended landing from its branch.
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo new > c.txt"])
        .exits(0);
    sandbox.git(&["switch", "-q", "main"]);
    assert_eq!(sandbox.read("c.txt"), "new\n");
}

#[test]
fn branches_that_a_rebase_brings_along_are_not_moved_under_it() {
    let sandbox = ready();
    sandbox.git(&["checkout", "-qb", "top"]);
    sandbox.write("b.txt", "top\n");
    sandbox.git(&["commit", "-qam", "top"]);
    let _ = sandbox.try_git(&["rebase", "--update-refs", "side"]);
    let main = sandbox.git(&["rev-parse", "main"]);
    let build = ["exec", "p-1", "--", "sh", "-c", "echo new > c.txt"];
    let _ = sandbox.harness(&build).exits(4).says("a rebase");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
}
