//! Landings that are made again: rebased in all of git's ways, amended by whoever made them, reverted by a commit whose words
//! were amended away. In the clone that worked and in a fresh one.

use std::path::{Path, PathBuf};

use super::history::{fresh, land, land_by_hand, on_a_branch, others, plainly, three_cards};
use super::sandbox::{Sandbox, one_card};

/// A way of landing, by its name.
type Way = (&'static str, fn(&Sandbox));

/// A server that others push to as well.
fn served(sandbox: &Sandbox) -> PathBuf {
    let server = sandbox.beside("server.git");
    sandbox.git(&["clone", "-q", "--bare", ".", server.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    sandbox.git(&["fetch", "-q", "origin"]);
    sandbox.git(&["branch", "-q", "--set-upstream-to=origin/main", "main"]);
    let theirs = sandbox.beside("theirs");
    sandbox.git(&["clone", "-q", server.to_str().unwrap(), theirs.to_str().unwrap()]);
    theirs
}

fn others_push(sandbox: &Sandbox, theirs: &Path, name: &str) {
    std::fs::write(theirs.join(name), "theirs\n").unwrap();
    sandbox.git_in(theirs, &["pull", "-q", "--rebase"]);
    sandbox.git_in(theirs, &["add", "-A"]);
    sandbox.git_in(theirs, &["commit", "-qm", &format!("Their {name}")]);
    sandbox.git_in(theirs, &["push", "-q"]);
}

/// With what an editor would do to the list of commits, and to a message.
fn rebase(sandbox: &Sandbox, list: &str, message: &str, args: &[&str]) {
    let mut command = sandbox.command("git", &sandbox.repo());
    command.args(["rebase", "-q", "--autostash"]).args(args);
    command.env("GIT_SEQUENCE_EDITOR", list).env("GIT_EDITOR", message);
    let _ = Sandbox::outcome_of(command).exits(0);
}

#[test]
fn rebases_pass_whatever_is_open_or_was_just_committed() {
    let sandbox = three_cards();
    let theirs = served(&sandbox);
    let _ = sandbox.harness(&["start", "t-1"]).exits(0);
    sandbox.write("src/a.txt", "mine\n");
    sandbox.git(&["commit", "-qam", "Mine"]);
    // No command of the harness has seen that commit yet.
    others_push(&sandbox, &theirs, "one.txt");
    sandbox.git(&["pull", "-q", "--rebase"]);
    assert_eq!(sandbox.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    assert!(sandbox.trailers("HEAD").iter().any(|line| line == "Harness-Task: t-1"));

    let _ = sandbox.harness(&["start", "t-2"]).exits(0);
    sandbox.write("src/b.txt", "half done\n");
    others_push(&sandbox, &theirs, "two.txt");
    sandbox.git(&["pull", "-q", "--rebase", "--autostash"]);
    rebase(
        &sandbox,
        "sed -i 1s/^pick/reword/",
        "sed -i '1s/$/ (again)/'",
        &["-i", "HEAD~2"],
    );
    rebase(&sandbox, "sed -i 2s/^pick/squash/", "true", &["-i", "HEAD~3"]);
    rebase(
        &sandbox,
        "true",
        "true",
        &["--exec", "git commit -q --amend --no-edit", "HEAD~1"],
    );
    assert_eq!(sandbox.read("src/b.txt"), "half done\n");
    sandbox.git(&["commit", "-qam", "Mine, too"]);
    assert!(sandbox.trailers("HEAD").iter().any(|line| line == "Harness-Task: t-2"));
}

#[test]
fn whoever_made_a_landing_may_amend_it() {
    let ways: [Way; 3] = [
        ("exec", |sandbox| land(sandbox, "t-1", "echo first > src/a.txt")),
        ("commit", |sandbox| land_by_hand(sandbox, "t-1", "src/a.txt", "first\n")),
        ("submit", |sandbox| {
            let _ = sandbox.harness(&["start", "t-1"]).exits(0);
            sandbox.write("src/a.txt", "first\n");
            let _ = sandbox.harness(&["submit"]).exits(0);
        }),
    ];
    for (way, landing) in ways {
        let sandbox = three_cards();
        let base = sandbox.git(&["rev-parse", "HEAD"]);
        landing(&sandbox);
        sandbox.write("src/a.txt", "second\n");
        sandbox.git(&["commit", "-qa", "--amend", "--no-edit"]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{way}");
        assert_eq!(
            sandbox.git(&["rev-list", "--count", &format!("{base}..HEAD")]),
            "1",
            "{way}"
        );
        let _ = sandbox
            .harness(&["verify", "--landed"])
            .exits(0)
            .prints("every landing has evidence");
        let _ = sandbox
            .harness(&["audit", &format!("{base}..HEAD")])
            .exits(0)
            .prints("clean");
        assert_eq!(sandbox.state("t-1"), "complete", "{way}");
        // Other words, and nothing else.
        sandbox.git(&["commit", "-q", "--amend", "-m", "In other words"]);
        assert!(
            sandbox.trailers("HEAD").iter().any(|line| line == "Harness-Task: t-1"),
            "{way}"
        );
        let clone = fresh(&sandbox, "fresh");
        let _ = sandbox
            .harness_in(&clone, &["audit", &format!("{base}..HEAD")])
            .exits(0)
            .prints("clean");
        // What is outside of the card stays outside.
        sandbox.write("src/b.txt", "not mine\n");
        let refused = sandbox.try_git(&["commit", "-qa", "--amend", "--no-edit"]);
        let _ = refused.exits(1).says("src/b.txt");
    }
}

#[test]
fn a_landing_that_was_amended_behind_our_back_is_verified_as_it_is() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "echo first > src/a.txt");
    sandbox.write("src/a.txt", "second\n");
    plainly(&sandbox, &["commit", "-qa", "--amend", "--no-edit"]);
    let _ = sandbox
        .harness(&["audit", &format!("{base}..HEAD")])
        .exits(1)
        .prints("another tree");
    let _ = sandbox.harness(&["verify", "--landed"]).exits(0).prints("t-1 as");
    assert_eq!(sandbox.state("t-1"), "complete");
    let clone = fresh(&sandbox, "fresh");
    let _ = sandbox
        .harness_in(&clone, &["audit", &format!("{base}..HEAD")])
        .exits(0)
        .prints("clean");
    let _ = sandbox
        .harness_in(&clone, &["status"])
        .exits(0)
        .prints("1 of 3 complete");
}

#[test]
fn a_landing_that_lost_its_words_counts_everywhere_once_it_is_verified() {
    let sandbox = three_cards();
    land_by_hand(&sandbox, "t-1", "src/a.txt", "first\n");
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", "In other words"]);
    let _ = sandbox.harness(&["verify", "--landed"]).exits(0).prints("t-1 as");
    let clone = fresh(&sandbox, "fresh");
    let _ = sandbox
        .harness_in(&clone, &["status"])
        .exits(0)
        .prints("1 of 3 complete");
}

#[test]
fn a_revert_whose_words_were_amended_away_reopens_its_task() {
    let ways: [fn(&Sandbox); 2] = [
        |sandbox| land(sandbox, "t-1", "echo first > src/a.txt"),
        |sandbox| land_by_hand(sandbox, "t-1", "src/a.txt", "first\n"),
    ];
    for landing in ways {
        let sandbox = three_cards();
        let base = sandbox.git(&["rev-parse", "HEAD"]);
        landing(&sandbox);
        assert_eq!(sandbox.state("t-1"), "complete");
        sandbox.git(&["revert", "--no-edit", "HEAD"]);
        plainly(&sandbox, &["commit", "-q", "--amend", "-m", "In other words"]);
        assert_eq!(sandbox.state("t-1"), "ready");
        let _ = sandbox
            .harness(&["audit", &format!("{base}..HEAD")])
            .exits(0)
            .prints("clean");
        let clone = fresh(&sandbox, "fresh");
        let _ = sandbox
            .harness_in(&clone, &["status"])
            .exits(0)
            .prints("0 of 3 complete");
        // It lands once more, and that is the first time for whoever reads history.
        land(&sandbox, "t-1", "echo again > src/a.txt");
        let _ = sandbox
            .harness(&["audit", &format!("{base}..HEAD")])
            .exits(0)
            .prints("clean");
        assert_eq!(sandbox.state("t-1"), "complete");
    }
}

#[test]
fn whoever_renames_what_a_task_made_takes_nothing_back() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "echo first > src/a.txt");
    land(&sandbox, "t-2", "rm src/b.txt");
    assert_eq!(sandbox.state("t-2"), "complete");
    plainly(&sandbox, &["mv", "src/a.txt", "src/c.txt"]);
    sandbox.write("src/b.txt", "b\n");
    sandbox.git(&["add", "-A"]);
    plainly(&sandbox, &["commit", "-qm", "Put things elsewhere"]);
    assert_eq!(sandbox.state("t-1"), "complete");
    assert_eq!(sandbox.state("t-2"), "complete");
}

#[test]
fn commits_in_two_worktrees_do_not_take_each_others_hooks_away() {
    let sandbox = three_cards();
    sandbox.import("more.json", &one_card("u-1", "other.txt", "true"));
    let other = sandbox.beside("other");
    sandbox.git(&["worktree", "add", "-q", "-b", "side", other.to_str().unwrap()]);
    let _ = sandbox.harness(&["start", "t-1"]).exits(0);
    sandbox.write("src/a.txt", "mine\n");
    // While this commit is in the editor, another one is made and amended elsewhere; then the trailers are thrown away.
    let editor = sandbox.script(
        "editor",
        &format!(
            "#!/bin/sh\nenv -u GIT_DIR -u GIT_INDEX_FILE -u GIT_EDITOR -u GIT_PREFIX -u GIT_WORK_TREE sh -ec 'cd {0}; {1} start u-1; echo x > other.txt; GIT_EDITOR=: git commit -qam theirs; echo y > other.txt; GIT_EDITOR=: git commit -qa --amend -m theirs' || exit 7\nsed -i '/^Harness-/d; 1s/^/Mine/' \"$1\"\n",
            other.display(),
            Sandbox::program().display(),
        ),
    );
    let mut command = sandbox.command("git", &sandbox.repo());
    command.args(["commit", "-qa", "--no-verify"]).env("GIT_EDITOR", editor);
    let _ = Sandbox::outcome_of(command).exits(128).says("has lost the trailers");
}

#[test]
fn a_squash_is_judged_block_by_block() {
    let sandbox = on_a_branch();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let range = format!("{base}..HEAD");
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(&sandbox, &["commit", "-q", "--no-edit"]);
    let _ = sandbox.harness(&["audit", &range]).exits(0).prints("2 landings");
    let _ = sandbox
        .harness(&["verify", "--landed"])
        .exits(0)
        .prints("every landing has evidence");
    let clone = fresh(&sandbox, "fresh");
    let _ = sandbox.harness_in(&clone, &["audit", &range]).exits(0).prints("clean");
    let _ = sandbox
        .harness_in(&clone, &["status"])
        .exits(0)
        .prints("2 of 3 complete");

    // The same, with something in it that neither brought.
    sandbox.git(&["reset", "-q", "--hard", &base]);
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    sandbox.write("other.txt", "smuggled\n");
    sandbox.git(&["add", "-A"]);
    plainly(&sandbox, &["commit", "-q", "--no-edit"]);
    let found = sandbox.harness(&["audit", &range]).exits(1);
    let _ = found.prints("another tree").prints("other.txt: changed without a task");

    // And where others had moved main: nobody verified what came of it, until somebody does.
    sandbox.git(&["reset", "-q", "--hard", &base]);
    others(&sandbox);
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(&sandbox, &["commit", "-q", "--no-edit"]);
    let _ = sandbox
        .harness(&["audit", "HEAD~1..HEAD"])
        .exits(1)
        .prints("another tree");
    let _ = sandbox
        .harness(&["verify", "--landed"])
        .exits(0)
        .prints("t-1 as")
        .prints("t-2 as");
    let _ = sandbox.harness(&["audit", "HEAD~2..HEAD"]).exits(0).prints("clean");
}

#[test]
fn a_squash_with_a_title_alone_is_judged_by_its_records() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "echo first > src/a.txt");
    land(&sandbox, "t-2", "echo second > src/b.txt; chmod +x src/b.txt");
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(&sandbox, &["commit", "-q", "-m", "A title alone (#1)"]);
    let said = sandbox.harness(&["status"]).exits(0).prints("2 of 3 complete");
    assert!(!said.stdout.contains("rewritten"), "{}", said.stdout);
    let _ = sandbox
        .harness(&["audit", &format!("{base}..HEAD")])
        .exits(0)
        .prints("2 landings");
    let clone = fresh(&sandbox, "fresh");
    let _ = sandbox
        .harness_in(&clone, &["audit", &format!("{base}..HEAD")])
        .exits(0)
        .prints("clean");
    // The button of a forge takes it back, and names no commit.
    plainly(&sandbox, &["revert", "--no-commit", "HEAD"]);
    plainly(
        &sandbox,
        &[
            "commit",
            "-q",
            "-m",
            "Revert \"A title alone (#1)\" (#2)\n\nReverts o/r#1",
        ],
    );
    let _ = sandbox.harness(&["status"]).exits(0).prints("0 of 3 complete");
    let _ = sandbox
        .harness(&["audit", &format!("{base}..HEAD")])
        .exits(0)
        .prints("clean");
}
