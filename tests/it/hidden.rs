//! What the tip of a branch does not show: landings that were taken back without a word before others went on in the same
//! files, and landings that one clone alone can tell.

use super::history::{fresh, land, land_by_hand, others, plainly, three_cards};
use super::sandbox::Sandbox;

fn states(sandbox: &Sandbox, clone: &std::path::Path) -> Vec<String> {
    let json = sandbox.harness_in(clone, &["status", "--json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let tasks = json["targets"][0]["tasks"].as_array().unwrap();
    tasks
        .iter()
        .map(|task| task["state"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn everywhere(sandbox: &Sandbox, name: &str, first: &str) {
    assert_eq!(states(sandbox, &sandbox.repo())[0], first, "in the clone that worked");
    assert_eq!(states(sandbox, &fresh(sandbox, name))[0], first, "in a fresh clone");
}

#[test]
fn a_range_that_was_taken_back_in_other_words_stays_so_when_its_file_is_changed_again() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    others(&sandbox);
    plainly(&sandbox, &["revert", "--no-commit", "HEAD~2.."]);
    plainly(&sandbox, &["commit", "-qm", "Tidy up"]);
    let taken_back = sandbox.git(&["rev-parse", "HEAD"]);
    let text = sandbox.read("src/a.txt").replace("line 30\n", "thirty\n");
    sandbox.write("src/a.txt", &text);
    plainly(&sandbox, &["commit", "-qam", "Go on in the same file"]);
    others(&sandbox);
    everywhere(&sandbox, "one", "ready");
    // Brought back, as wordlessly.
    plainly(&sandbox, &["revert", "--no-commit", &taken_back]);
    plainly(&sandbox, &["commit", "-qm", "Think better of it"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/; s/line 6$/six/' src/a.txt");
    everywhere(&sandbox, "two", "complete");
}

#[test]
fn what_was_taken_back_and_put_there_again_is_there() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    let with = sandbox.read("src/a.txt");
    plainly(&sandbox, &["revert", "--no-commit", "HEAD"]);
    plainly(&sandbox, &["commit", "-qm", "Tidy up"]);
    sandbox.write("src/a.txt", &with);
    plainly(&sandbox, &["commit", "-qam", "Think better of it"]);
    sandbox.write("src/a.txt", &with.replace("line 30\n", "thirty\n"));
    plainly(&sandbox, &["commit", "-qam", "Go on"]);
    everywhere(&sandbox, "one", "complete");
}

#[test]
fn what_one_clone_alone_can_tell_is_told_by_an_adoption() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land_by_hand(&sandbox, "t-1", "src/a.txt", "mine\n");
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    others(&sandbox);
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(&sandbox, &["commit", "-qm", "Title (#4)"]);
    assert_eq!(states(&sandbox, &sandbox.repo())[0], "complete");
    assert_eq!(states(&sandbox, &fresh(&sandbox, "one"))[0], "ready");
    let _ = sandbox.harness(&["adopt", "t-1", "HEAD", "--yes"]).exits(0);
    everywhere(&sandbox, "two", "complete");
    let _ = sandbox
        .harness(&["adopt", "t-1", "HEAD~1", "--yes"])
        .exits(1)
        .says("complete");
    let _ = sandbox.harness(&["verify", "--landed"]).exits(0);
    let audited = sandbox.harness(&["audit", "--strength", "scope", "HEAD~2.."]);
    assert_eq!(audited.code, 0, "{}", audited.stdout);
}
