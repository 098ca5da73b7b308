//! Attended mode: a person works in their own worktree, with no model at all.

use super::sandbox::{Sandbox, one_card};

fn ready() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let _ = sandbox
        .harness(&["init"])
        .exits(0)
        .prints("hook prepare-commit-msg installed");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q good a.txt"));
    sandbox
}

#[test]
fn next_hands_the_card_out_and_prints_the_same_packet_again() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next", "--peek"]).exits(0).prints("p-1  Do p-1");
    assert_eq!(sandbox.state("p-1"), "ready", "a peek takes nothing");
    let first = sandbox.harness(&["next"]).exits(0);
    assert!(first.stdout.contains("Task p-1: Do p-1"), "{}", first.stdout);
    let again = sandbox.harness(&["next"]).exits(0);
    assert_eq!(first.stdout, again.stdout);
    assert_eq!(sandbox.state("p-1"), "in_progress");
    let _ = sandbox.harness(&["start", "p-1"]).exits(0).prints("Task p-1");
    let _ = sandbox.harness(&["release", "p-1"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn the_open_task_keeps_its_card_until_it_is_taken_anew() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next", "--refresh"]).exits(3).says("no task is open");
    let packet = sandbox.harness(&["next"]).exits(0).stdout;
    let same = sandbox.harness(&["next", "--refresh"]).exits(0);
    assert_eq!(same.stdout, packet);
    assert!(same.stderr.contains("as it was handed out"), "{}", same.stderr);
    let card = sandbox
        .read(".harness/tasks/p-1.md")
        .replace("[\"a.txt\"]", "[\"a.txt\", \"b.txt\"]");
    let file = sandbox.beside("card.md");
    std::fs::write(&file, card).unwrap();
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", file.to_str().unwrap()])
        .exits(0)
        .prints("git harness next --refresh");
    sandbox.write("a.txt", "good\n");
    sandbox.write("b.txt", "good\n");
    assert_eq!(sandbox.harness(&["next"]).exits(0).stdout, packet, "it keeps its card");
    let _ = sandbox.harness(&["next", "--refresh"]).exits(0).prints("b.txt");
    assert_eq!(sandbox.state("p-1"), "in_progress");
    let _ = sandbox.harness(&["submit"]).exits(0);
    assert_eq!(sandbox.git(&["show", "HEAD:b.txt"]), "good");
    let _ = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
}

#[test]
fn submit_lands_what_the_card_allows_and_leaves_other_work_alone() {
    let sandbox = ready();
    let _ = sandbox.harness(&["submit"]).exits(3).says("no task is open");
    let _ = sandbox.harness(&["next"]).exits(0);
    let _ = sandbox
        .harness(&["submit"])
        .exits(1)
        .says("nothing that the card allows has changed");
    sandbox.write("a.txt", "bad\n");
    let _ = sandbox
        .harness(&["submit"])
        .exits(1)
        .says("grep -q good a.txt: failed (exit 1)");
    assert_eq!(sandbox.state("p-1"), "in_progress", "a refusal uses up no attempt");
    sandbox.write("a.txt", "good\n");
    sandbox.write("b.txt", "mine\n");
    let _ = sandbox
        .harness(&["submit"])
        .exits(0)
        .says("left out")
        .prints("landed as");
    assert_eq!(sandbox.state("p-1"), "complete");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), " M b.txt");
    assert_eq!(sandbox.git(&["show", "HEAD:a.txt"]), "good");
    assert!(
        sandbox
            .git(&["show", "--stat", "HEAD"])
            .contains(".harness/ledger/p-1.toml")
    );
    let _ = sandbox.harness(&["next"]).exits(3);
}

#[test]
fn git_commit_is_judged_verified_and_gets_its_trailers() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("b.txt", "outside\n");
    let refused = sandbox.try_git(&["commit", "-qam", "Outside"]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("b.txt: outside the card's allowed files"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("git restore --staged"), "{}", refused.stderr);
    let refused = sandbox.try_git(&["commit", "-qnam", "Outside, and no hooks please"]);
    assert_ne!(refused.code, 0, "--no-verify does not skip the hook that decides");
    sandbox.git(&["restore", "b.txt"]);
    sandbox.write("a.txt", "bad\n");
    let refused = sandbox.try_git(&["commit", "-qam", "Red"]);
    assert!(
        refused.stderr.contains("grep -q good a.txt: failed"),
        "{}",
        refused.stderr
    );
    sandbox.write("a.txt", "good\n");
    sandbox.git(&["commit", "-qam", "My own words"]);
    let trailers = sandbox.trailers("HEAD");
    assert!(trailers.contains(&"Harness-Task: p-1".to_owned()), "{trailers:?}");
    assert!(
        trailers
            .iter()
            .any(|line| line.starts_with("Harness-Evidence: ") && line.len() <= 72),
        "{trailers:?}"
    );
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "My own words");
    assert_eq!(sandbox.state("p-1"), "complete");
    // The next command notices the commit and closes the task, so later commits pass untouched.
    let _ = sandbox.harness(&["next"]).exits(3);
    sandbox.write("b.txt", "later\n");
    sandbox.git(&["commit", "-qam", "Something else"]);
    assert!(sandbox.trailers("HEAD").is_empty());
}

#[test]
fn partial_commits_and_amends_are_judged_by_what_they_commit() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("a.txt", "good\n");
    sandbox.write("b.txt", "staged, but not committed\n");
    sandbox.git(&["add", "b.txt"]);
    sandbox.git(&["commit", "-qm", "Only a", "a.txt"]);
    assert_eq!(sandbox.git(&["show", "--name-only", "--format=", "HEAD"]), "a.txt");
    assert_eq!(sandbox.git(&["diff", "--cached", "--name-only"]), "b.txt");
    sandbox.git(&["reset", "-q", "b.txt"]);
    sandbox.git(&["checkout", "-q", "b.txt"]);
    sandbox.write("a.txt", "good, and better\n");
    sandbox.git(&["commit", "-qa", "--amend", "-m", "Better"]);
    let trailers = sandbox.trailers("HEAD");
    assert_eq!(
        trailers.iter().filter(|line| line.starts_with("Harness-Task:")).count(),
        1,
        "{trailers:?}"
    );
    sandbox.write("b.txt", "more\n");
    sandbox.git(&["add", "-A"]);
    assert_ne!(
        sandbox.try_git(&["commit", "-q", "--amend", "--no-edit"]).code,
        0,
        "an amend may not reach further"
    );
}

#[test]
fn a_commit_of_chosen_hunks_is_judged_by_the_hunks_that_were_chosen() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("a.txt", "good\n");
    sandbox.write("b.txt", "not chosen\n");
    let commit = sandbox.git_with_answers(&["commit", "-q", "-p", "-m", "Only a"], "y\nn\n");
    assert_eq!(commit.code, 0, "{}", commit.stderr);
    assert_eq!(sandbox.git(&["show", "--name-only", "--format=", "HEAD"]), "a.txt");
    assert!(sandbox.trailers("HEAD").contains(&"Harness-Task: p-1".to_owned()));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), " M b.txt");
}

#[test]
fn trailers_that_somebody_else_writes_are_refused() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("a.txt", "good\n");
    sandbox.git(&["add", "-A"]);
    // prepare-commit-msg puts the right ones in the place of forged ones.
    sandbox.git(&["commit", "-qm", "Mine\n\nHarness-Task: other\nHarness-Evidence: forged"]);
    let trailers = sandbox.trailers("HEAD");
    assert!(trailers.contains(&"Harness-Task: p-1".to_owned()), "{trailers:?}");
    assert!(
        !trailers
            .iter()
            .any(|line| line.contains("forged") || line.contains("other")),
        "{trailers:?}"
    );
}

#[test]
fn trailers_that_are_forged_where_nothing_is_added_or_in_an_editor_are_refused() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    let forged = "Mine\n\nHarness-Task: p-1\nHarness-Evidence: forged";
    let empty = sandbox.try_git(&["commit", "-q", "--allow-empty", "-m", forged]);
    assert!(empty.stderr.contains("did not write"), "{}", empty.stderr);
    sandbox.write("a.txt", "good\n");
    sandbox.git(&["add", "-A"]);
    let editor = "core.editor=printf '\\nHarness-Evidence: forged\\n' >>";
    let edited = sandbox.try_git(&["-c", editor, "commit", "-q", "-m", "Mine", "-e"]);
    assert!(edited.stderr.contains("Harness-Evidence: forged"), "{}", edited.stderr);
    assert_eq!(sandbox.git(&["log", "--format=%s", "--grep=Mine"]), "");
}

#[test]
fn whoever_submits_says_what_they_did_and_why() {
    let sandbox = ready();
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("a.txt", "good\n");
    let _ = sandbox
        .harness(&["submit", "-m", " \n"])
        .exits(2)
        .says("it says nothing");
    let many = "one line\n".repeat(11);
    let _ = sandbox.harness(&["submit", "-m", &many]).exits(2).says("11 lines");
    let words = "- Say good, since bad was wrong\n- Keep the rest";
    let long = format!("As {}", "long ".repeat(30));
    let _ = sandbox
        .harness(&["submit", "-m", words, "--message", "-As asked", "-m", &long])
        .exits(0);
    let body = sandbox.git(&["log", "-1", "--format=%b"]);
    assert!(
        body.starts_with("- Say good, since bad was wrong\n- Keep the rest\n- As asked\n- As long"),
        "{body}"
    );
    assert_eq!(body.matches("long").count(), 30, "nothing is cut: {body}");
}

#[test]
fn nobody_approves_their_own_work() {
    let sandbox = ready();
    sandbox.import(
        "q.json",
        &one_card("q-1", "b.txt", "true").replace("\"title\"", "\"review\": \"person\", \"title\""),
    );
    let _ = sandbox.harness(&["start", "q-1"]).exits(0);
    sandbox.write("b.txt", "reviewed\n");
    let _ = sandbox.harness(&["submit"]).exits(4).says("waits for review");
    let _ = sandbox
        .harness(&["approve", "q-1", "--of", &sandbox.change_of("q-1")])
        .exits(1)
        .says("nobody approves their own work");
    let _ = sandbox.approve_as("Bob", "q-1").exits(0);
    let _ = sandbox.harness(&["submit"]).exits(0);
    assert!(
        sandbox
            .trailers("HEAD")
            .contains(&"Reviewed-by: Bob <bob@example.invalid>".to_owned())
    );
}

#[test]
fn a_linked_worktree_has_a_task_of_its_own() {
    let sandbox = ready();
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    let _ = sandbox.harness_in(&linked, &["start", "p-1"]).exits(0);
    sandbox.write("b.txt", "free\n");
    sandbox.git(&["commit", "-qam", "The main worktree is free"]);
    std::fs::write(linked.join("b.txt"), "outside\n").unwrap();
    let path = linked.to_str().unwrap();
    let refused = sandbox.try_git(&["-C", path, "commit", "-qam", "Outside"]);
    assert!(refused.stderr.contains("b.txt: outside"), "{}", refused.stderr);
}

#[test]
fn a_push_is_refused_where_a_commit_that_lands_a_task_reaches_outside_its_card() {
    let sandbox = ready();
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "-q", "--bare", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    sandbox.git(&["push", "-q", "origin", "main"]);
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("a.txt", "good\n");
    sandbox.git(&["commit", "-qam", "Good"]);
    sandbox.git(&["push", "-q", "origin", "main"]);
    // A tool that runs no hooks writes what they would have refused.
    sandbox.write("b.txt", "outside\n");
    sandbox.git(&[
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "-qam",
        "Bad\n\nHarness-Task: p-1",
    ]);
    let _ = sandbox.harness(&["next"]).exits(3);
    assert!(
        !sandbox.repo().join(".git/harness/open").exists(),
        "a push is judged also where no task is open"
    );
    let push = sandbox.try_git(&["push", "-q", "origin", "main"]);
    assert_ne!(push.code, 0);
    assert!(
        push.stderr.contains("b.txt: outside the card's allowed files"),
        "{}",
        push.stderr
    );
}

#[test]
fn a_merge_during_a_task_brings_what_others_did_and_nothing_else() {
    let sandbox = ready();
    sandbox.git(&["checkout", "-qb", "others"]);
    sandbox.write("b.txt", "theirs\n");
    sandbox.git(&["commit", "-qam", "Theirs"]);
    sandbox.git(&["checkout", "-q", "main"]);
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.git(&["merge", "-q", "--no-ff", "--no-commit", "others"]);
    sandbox.write(".gitignore", "smuggled\n");
    sandbox.git(&["add", "-A"]);
    let refused = sandbox.try_git(&["commit", "-q", "--no-edit"]);
    assert!(refused.stderr.contains(".gitignore: protected"), "{}", refused.stderr);
    sandbox.git(&["checkout", "-q", "HEAD", "--", ".gitignore"]);
    sandbox.git(&["commit", "-q", "--no-edit"]);
    assert!(sandbox.trailers("HEAD").is_empty());
    assert_eq!(sandbox.git(&["show", "HEAD:b.txt"]), "theirs");
    assert_eq!(sandbox.state("p-1"), "in_progress");
    sandbox.write("a.txt", "good\n");
    let _ = sandbox.harness(&["submit"]).exits(0);
}
