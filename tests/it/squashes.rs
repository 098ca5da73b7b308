//! Squashes and rewritten branches that are rarer than others: two plans at once, a change of a mode alone, a main that was
//! rebased and pushed by force, a card that was taken back on the way.

use std::path::Path;

use super::history::{fresh, land, land_by_hand, others, plainly, three_cards};
use super::sandbox::{Sandbox, one_card};

/// The states of the tasks that a clone knows, by their names.
fn states(sandbox: &Sandbox, clone: &Path) -> Vec<(String, String)> {
    let json = sandbox.harness_in(clone, &["status", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let tasks = json["targets"][0]["tasks"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    tasks
        .iter()
        .map(|task| (text(&task["id"]), text(&task["state"])))
        .collect()
}

#[track_caller]
fn are(sandbox: &Sandbox, clone: &Path, wanted: &[(&str, &str)]) {
    let states = states(sandbox, clone);
    for (task, state) in wanted {
        let found = states
            .iter()
            .find(|(id, _)| id == task)
            .map(|(_, state)| state.as_str());
        assert_eq!(found, Some(*state), "{task} in {states:?}");
    }
}

/// Puts what was landed since a commit on a branch `feature`, and main back to it.
fn onto_a_branch(sandbox: &Sandbox, base: &str) {
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", base]);
    others(sandbox);
}

fn squash(sandbox: &Sandbox) {
    let messages = sandbox.git(&["log", "--reverse", "--format=* %B", "main..feature"]);
    plainly(sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(
        sandbox,
        &[
            "commit",
            "-q",
            "--cleanup=verbatim",
            "-m",
            &format!("Title (#1)\n\n{messages}"),
        ],
    );
}

#[test]
fn a_squash_brings_the_cards_of_two_plans_and_one_of_them_can_be_taken_back() {
    let sandbox = three_cards();
    sandbox.import("second.json", &one_card("u-1", "lib/**", "true"));
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    land(&sandbox, "u-1", "mkdir -p lib; echo 1 > lib/u.txt");
    onto_a_branch(&sandbox, &base);
    squash(&sandbox);
    are(&sandbox, &sandbox.repo(), &[("t-1", "complete"), ("u-1", "complete")]);
    are(
        &sandbox,
        &fresh(&sandbox, "one"),
        &[("t-1", "complete"), ("u-1", "complete")],
    );
    let _ = sandbox.harness(&["rollback", "u-1"]).exits(0);
    assert!(!sandbox.repo().join("lib/u.txt").exists());
    are(&sandbox, &sandbox.repo(), &[("t-1", "complete"), ("u-1", "ready")]);
    are(
        &sandbox,
        &fresh(&sandbox, "two"),
        &[("t-1", "complete"), ("u-1", "ready")],
    );
}

#[test]
fn a_squash_without_a_card_that_was_taken_back_on_the_way_brings_the_others() {
    let sandbox = three_cards();
    sandbox.import("second.json", &one_card("u-1", "lib/**", "true"));
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    land(&sandbox, "u-1", "mkdir -p lib; echo 1 > lib/u.txt");
    plainly(&sandbox, &["revert", "--no-edit", "HEAD~1"]);
    onto_a_branch(&sandbox, &base);
    squash(&sandbox);
    let clone = fresh(&sandbox, "one");
    are(&sandbox, &clone, &[("u-1", "complete")]);
    for place in [sandbox.repo(), clone] {
        let found = states(&sandbox, &place);
        assert!(
            found.iter().any(|(id, state)| id == "t-1" && state != "complete"),
            "{found:?}"
        );
    }
}

#[test]
fn a_mode_alone_is_a_change_in_a_squash_too() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "chmod +x src/a.txt");
    onto_a_branch(&sandbox, &base);
    squash(&sandbox);
    are(&sandbox, &sandbox.repo(), &[("t-1", "complete")]);
    are(&sandbox, &fresh(&sandbox, "one"), &[("t-1", "complete")]);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    are(&sandbox, &sandbox.repo(), &[("t-1", "ready")]);
    are(&sandbox, &fresh(&sandbox, "two"), &[("t-1", "ready")]);
}

#[test]
fn a_main_that_was_rebased_and_forced_holds_its_landings_in_every_clone() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    land_by_hand(&sandbox, "t-2", "src/b.txt", "two\n");
    let clone = fresh(&sandbox, "before");
    are(&sandbox, &clone, &[("t-1", "complete"), ("t-2", "complete")]);
    // Somebody puts a commit below them.
    sandbox.git(&["branch", "old"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    others(&sandbox);
    sandbox.git(&["branch", "below"]);
    sandbox.git(&["reset", "-q", "--hard", "old"]);
    plainly(&sandbox, &["rebase", "-q", "below"]);
    sandbox.git_in(
        &clone,
        &["fetch", "-q", "--force", "origin", "+main:refs/remotes/origin/main"],
    );
    sandbox.git_in(&clone, &["reset", "-q", "--hard", "origin/main"]);
    for place in [sandbox.repo(), clone, fresh(&sandbox, "after")] {
        are(
            &sandbox,
            &place,
            &[("t-1", "complete"), ("t-2", "complete"), ("t-3", "ready")],
        );
    }
}

#[test]
fn who_has_the_same_patch_twice_takes_back_what_is_named() {
    let sandbox = three_cards();
    sandbox.import("second.json", &one_card("u-1", "lib/**", "true"));
    land(&sandbox, "u-1", "mkdir -p lib; echo 1 > lib/u.txt");
    // The same patch once more, by hand: away and there again.
    sandbox.git(&["rm", "-q", "lib/u.txt"]);
    plainly(&sandbox, &["commit", "-qm", "Try without"]);
    sandbox.write("lib/u.txt", "1\n");
    sandbox.git(&["add", "-A"]);
    plainly(&sandbox, &["commit", "-qm", "Not so good"]);
    are(&sandbox, &sandbox.repo(), &[("u-1", "complete")]);
    are(&sandbox, &fresh(&sandbox, "one"), &[("u-1", "complete")]);
    // The twin is taken back, and with it all that stands of the work.
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    are(&sandbox, &sandbox.repo(), &[("u-1", "ready")]);
    are(&sandbox, &fresh(&sandbox, "two"), &[("u-1", "ready")]);
}

#[test]
fn an_answer_that_begins_with_a_mark_of_its_encoding_is_read_like_any_other() {
    let answers = [
        "src/b.txt\n<<<<<<< SEARCH\nb\n=======\none\n>>>>>>> REPLACE\n",
        "--- a/src/b.txt\n+++ b/src/b.txt\n@@ -1 +1 @@\n-b\n+one\n",
        "{\"edits\": [{\"path\": \"src/b.txt\", \"search\": \"b\\n\", \"replace\": \"one\\n\"}]}",
    ];
    for answer in answers {
        let sandbox = Sandbox::new(&[("src/b.txt", "b\n")]);
        sandbox.import("p.json", &one_card("p-1", "src/**", "grep -rqx one src"));
        let file = sandbox.beside("answer");
        std::fs::write(&file, format!("\u{feff}{answer}")).unwrap();
        let _ = sandbox.harness(&["apply", "p-1", file.to_str().unwrap()]).exits(0);
        assert_eq!(sandbox.git(&["show", "main:src/b.txt"]), "one", "{answer}");
    }
}
