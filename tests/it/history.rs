//! Landings and what becomes of them: rebased, squashed, cherry-picked, copied, reverted. Every story is told by git itself,
//! and looked at in the clone that worked and in a fresh one.

use std::path::PathBuf;

use super::sandbox::{Outcome, Sandbox, one_card};

/// Two tasks in two files, and one that goes on in the first file; nothing has landed.
pub fn three_cards() -> Sandbox {
    let lines: String = (1..=40).map(|line| format!("line {line}\n")).collect();
    let sandbox = Sandbox::new(&[
        ("src/a.txt", lines.as_str()),
        ("src/b.txt", "b\n"),
        ("other.txt", lines.as_str()),
    ]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    let card = |id: &str, files: &str, after: &str| {
        format!(
            "{{\"id\": \"{id}\", \"title\": \"Do {id}\", \"dependencies\": [{after}], \"files_allowed\": [\"{files}\"], \"instructions\": \"Do it\", \"definition_of_done\": [\"done\"], \"verification\": [\"true\"]}}"
        )
    };
    let cards = [
        card("t-1", "src/a.txt", ""),
        card("t-2", "src/b.txt", "\"t-1\""),
        card("t-3", "src/a.txt", "\"t-2\""),
    ];
    sandbox.import("plan.json", &format!("[{}]", cards.join(",")));
    sandbox
}

/// The first two tasks, landed on a branch that has left main where it was: one by a Builder, one through the hooks.
pub fn on_a_branch() -> Sandbox {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    land_by_hand(&sandbox, "t-2", "src/b.txt", "two\n");
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    sandbox
}

pub fn land(sandbox: &Sandbox, task: &str, command: &str) {
    let _ = sandbox.harness(&["exec", task, "--", "sh", "-c", command]).exits(0);
}

pub fn land_by_hand(sandbox: &Sandbox, task: &str, file: &str, text: &str) {
    let _ = sandbox.harness(&["start", task]).exits(0);
    sandbox.write(file, text);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", &format!("By hand: {task}")]);
    // Whoever writes next sees that it was committed.
    let _ = sandbox.harness(&["release", task]).exits(0);
}

/// Somebody else's commit on main.
pub fn others(sandbox: &Sandbox) {
    let text = sandbox.read("other.txt").replace("line 3\n", "three\n");
    sandbox.write("other.txt", &text);
    plainly(sandbox, &["commit", "-qam", "Somebody else's"]);
}

/// Git without our hooks, as a forge is.
pub fn plainly(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut all = vec!["-c", "core.hooksPath=/dev/null"];
    all.extend(args);
    sandbox.git(&all)
}

/// A clone of main alone, which has nothing of other branches.
pub fn fresh(sandbox: &Sandbox, name: &str) -> PathBuf {
    let clone = sandbox.beside(name);
    let from = format!("file://{}", sandbox.repo().display());
    let to = clone.to_str().unwrap();
    sandbox.git(&["clone", "-q", "--single-branch", "--branch", "main", &from, to]);
    clone
}

fn states_of(outcome: &Outcome) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let tasks = json["targets"][0]["tasks"].as_array().unwrap();
    tasks
        .iter()
        .map(|task| task["state"].as_str().unwrap().to_owned())
        .collect()
}

/// The states in the clone that worked and in a fresh one.
fn both(sandbox: &Sandbox, name: &str) -> [Vec<String>; 2] {
    let here = states_of(&sandbox.harness(&["status", "--json"]).exits(0));
    let clone = fresh(sandbox, name);
    [
        here,
        states_of(&sandbox.harness_in(&clone, &["status", "--json"]).exits(0)),
    ]
}

#[track_caller]
fn everywhere(sandbox: &Sandbox, name: &str, states: &[&str]) {
    let [here, there] = both(sandbox, name);
    assert_eq!(here, states, "in the clone that worked");
    assert_eq!(there, states, "in a fresh clone");
}

/// What becomes of the messages in a squash.
type Dress = fn(&str) -> String;
/// What somebody does in the worktree.
type Work = fn(&Sandbox);

const TWO_DONE: [&str; 3] = ["complete", "complete", "ready"];
const NONE_DONE: [&str; 3] = ["ready", "pending", "pending"];

/// What `git merge --squash` writes, and a forge's squash with the messages of the commits.
fn squash(sandbox: &Sandbox, message: impl Fn(&str) -> String) {
    let mut log = String::new();
    let range = "main..feature";
    for commit in sandbox.git(&["rev-list", "--reverse", range]).lines() {
        let text = sandbox.git(&["log", "-1", "--format=%B", commit]);
        log.push_str(&format!("* {text}\n\n"));
    }
    plainly(sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(sandbox, &["commit", "-q", "--cleanup=verbatim", "-m", &message(&log)]);
}

#[test]
fn a_squash_with_the_messages_in_any_dress_holds_its_landings() {
    let dresses: [(&str, Dress); 6] = [
        ("as it is", |log| format!("Title (#1)\n\n{log}")),
        ("with a co-author", |log| {
            format!("Title (#1)\n\n{log}---------\n\nCo-authored-by: Bob <b@example.invalid>\n")
        }),
        ("wrapped", |log| format!("Title (#1)\n\n{}", wrapped(log, 60))),
        ("indented", |log| {
            format!("Squashed commit of the following:\n\n{}", margin(log, "    "))
        }),
        ("quoted", |log| format!("Title\n\n{}", margin(log, "> "))),
        ("crlf", |log| format!("Title\n\n{log}").replace('\n', "\r\n")),
    ];
    for (name, dress) in dresses {
        let sandbox = on_a_branch();
        squash(&sandbox, dress);
        let [here, there] = both(&sandbox, "clone");
        assert_eq!(
            (here, there),
            (
                TWO_DONE.map(str::to_owned).to_vec(),
                TWO_DONE.map(str::to_owned).to_vec()
            ),
            "{name}"
        );
    }
}

fn margin(text: &str, with: &str) -> String {
    text.lines().map(|line| format!("{with}{line}\n")).collect()
}

fn wrapped(text: &str, at: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut length = 0;
        for (index, word) in line.split(' ').enumerate() {
            if index > 0 && length + word.len() >= at {
                out.push('\n');
                length = 0;
            } else if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
            length += word.len() + 1;
        }
        out.push('\n');
    }
    out
}

#[test]
fn a_squash_on_a_main_that_moved_holds_its_landings_and_its_revert_reopens_them() {
    let sandbox = on_a_branch();
    others(&sandbox);
    squash(&sandbox, |log| format!("Title (#1)\n\n{log}"));
    everywhere(&sandbox, "one", &TWO_DONE);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    everywhere(&sandbox, "two", &NONE_DONE);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    everywhere(&sandbox, "three", &TWO_DONE);
}

#[test]
fn a_rebase_keeps_its_landings_whoever_came_first() {
    let sandbox = on_a_branch();
    others(&sandbox);
    plainly(&sandbox, &["rebase", "-q", "main", "feature"]);
    sandbox.git(&["checkout", "-q", "main"]);
    plainly(&sandbox, &["merge", "-q", "--ff-only", "feature"]);
    sandbox.git(&["branch", "-D", "feature"]);
    everywhere(&sandbox, "clone", &TWO_DONE);
    // The same lines' file moved under it, a few lines away.
    let sandbox = on_a_branch();
    let text = sandbox.read("src/a.txt").replace("line 30\n", "thirty\n");
    sandbox.write("src/a.txt", &text);
    plainly(&sandbox, &["commit", "-qam", "Far away in the same file"]);
    plainly(&sandbox, &["rebase", "-q", "main", "feature"]);
    sandbox.git(&["checkout", "-q", "main"]);
    plainly(&sandbox, &["merge", "-q", "--ff-only", "feature"]);
    let clone = fresh(&sandbox, "clone");
    let there = states_of(&sandbox.harness_in(&clone, &["status", "--json"]).exits(0));
    assert_eq!(there[0], "complete");
}

#[test]
fn a_cherry_pick_of_one_card_is_that_card_alone() {
    let sandbox = on_a_branch();
    others(&sandbox);
    plainly(&sandbox, &["cherry-pick", "feature~1"]);
    let [here, there] = both(&sandbox, "clone");
    assert_eq!((here[0].as_str(), there[0].as_str()), ("complete", "complete"));
    assert_eq!(there, ["complete", "ready", "pending"]);
}

#[test]
fn a_block_without_its_content_completes_nothing() {
    // What each commit holds beside the block of t-1's landing.
    let cases: [(&str, Work); 4] = [
        ("nothing", |_| {}),
        ("another file", |sandbox| sandbox.write("other.txt", "x\n")),
        ("the same file, other content", |sandbox| {
            sandbox.write("src/a.txt", "evil\n")
        }),
        ("a record that claims it", |sandbox| {
            let record = sandbox.git(&["show", "feature:.harness/ledger/t-1.toml"]);
            sandbox.write(".harness/ledger/t-1.toml", &record);
        }),
    ];
    for (name, change) in cases {
        for dress in ["last", "amid"] {
            let sandbox = on_a_branch();
            let block = sandbox.git(&["log", "-1", "--format=%B", "feature~1"]);
            change(&sandbox);
            plainly(&sandbox, &["add", "-A"]);
            let message = match dress {
                "last" => block,
                _ => format!("Title\n\n{block}\n\nMore words.\n"),
            };
            plainly(&sandbox, &["commit", "-q", "--allow-empty", "-m", &message]);
            for (place, states) in both(&sandbox, "clone").into_iter().enumerate() {
                assert_ne!(states[0], "complete", "{name}, {dress}, clone {place}");
                assert_ne!(states[1], "ready", "{name}, {dress}, clone {place}");
            }
        }
    }
}

#[test]
fn a_merge_that_is_reverted_reopens_what_it_brought() {
    let sandbox = on_a_branch();
    others(&sandbox);
    plainly(&sandbox, &["merge", "-q", "--no-ff", "-m", "Merge", "feature"]);
    everywhere(&sandbox, "one", &TWO_DONE);
    plainly(&sandbox, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    everywhere(&sandbox, "two", &NONE_DONE);
    let _ = sandbox.harness(&["audit", "main~1..main"]).exits(0);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    everywhere(&sandbox, "three", &TWO_DONE);
    let _ = sandbox.harness(&["audit", "main~1..main"]).exits(0);
}

#[test]
fn a_range_that_is_reverted_in_one_commit_reopens_what_it_held() {
    for message in [
        None,
        Some("Back out last week"),
        Some("Revert \"Title\" (#7)\n\nReverts o/r#6"),
    ] {
        let sandbox = on_a_branch();
        plainly(&sandbox, &["merge", "-q", "--ff-only", "feature"]);
        others(&sandbox);
        plainly(&sandbox, &["revert", "--no-commit", "HEAD~3..HEAD~1"]);
        match message {
            None => plainly(&sandbox, &["commit", "-q", "--no-edit"]),
            Some(text) => plainly(&sandbox, &["commit", "-q", "-m", text]),
        };
        everywhere(&sandbox, "clone", &NONE_DONE);
        let audited = sandbox.harness(&["audit", "--strength", "scope", "main~1..main"]);
        assert_eq!(audited.code, 0, "{message:?}\n{}", audited.stdout);
    }
}

#[test]
fn a_rebased_rollback_still_undoes_its_landing() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    let _ = sandbox.harness(&["rollback", "t-1"]).exits(0);
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", "HEAD~2"]);
    others(&sandbox);
    plainly(&sandbox, &["rebase", "-q", "main", "feature"]);
    sandbox.git(&["checkout", "-q", "main"]);
    plainly(&sandbox, &["merge", "-q", "--ff-only", "feature"]);
    let clone = fresh(&sandbox, "clone");
    let there = states_of(&sandbox.harness_in(&clone, &["status", "--json"]).exits(0));
    assert_eq!(there, NONE_DONE);
}

#[test]
fn what_says_that_it_reverts_and_does_not_leaves_the_task_complete() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    let message = format!("Revert \"x\"\n\nThis reverts commit {landing}.\n");
    plainly(&sandbox, &["commit", "-q", "--allow-empty", "-m", &message]);
    everywhere(&sandbox, "clone", &["complete", "ready", "pending"]);
}

/// Squashes the branch with a title alone.
fn bare_squash(sandbox: &Sandbox) {
    squash(sandbox, |_| "Title (#1)\n".to_owned());
}

#[test]
fn a_squash_with_a_title_alone_is_found_by_content_and_its_revert_too() {
    let sandbox = on_a_branch();
    others(&sandbox);
    bare_squash(&sandbox);
    let here = states_of(&sandbox.harness(&["status", "--json"]).exits(0));
    assert_eq!(here, TWO_DONE, "in the clone that worked");
    // The record of the first came along; the second was a person's commit, which has none yet.
    let clone = fresh(&sandbox, "one");
    let there = states_of(&sandbox.harness_in(&clone, &["status", "--json"]).exits(0));
    assert_eq!(there[0], "complete", "in a fresh clone");
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    everywhere(&sandbox, "two", &NONE_DONE);
}

#[test]
fn a_squash_and_its_revert_are_read_at_once_in_a_fresh_clone() {
    let sandbox = on_a_branch();
    bare_squash(&sandbox);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    everywhere(&sandbox, "clone", &NONE_DONE);
}

#[test]
fn a_squash_that_left_the_records_out_is_found_where_the_work_was_done() {
    let sandbox = on_a_branch();
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    plainly(&sandbox, &["rm", "-rqf", ".harness/ledger"]);
    plainly(&sandbox, &["commit", "-qm", "Title (#1)"]);
    assert_eq!(states_of(&sandbox.harness(&["status", "--json"]).exits(0)), TWO_DONE);
}

#[test]
fn a_landing_whose_trailers_an_amend_took_is_found_by_its_content() {
    let sandbox = three_cards();
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", "Other words"]);
    everywhere(&sandbox, "clone", &["complete", "ready", "pending"]);
}

#[test]
fn a_squash_that_holds_a_landing_and_its_revert_holds_nothing_of_it() {
    let sandbox = three_cards();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    land(&sandbox, "t-1", "sed -i 's/line 5$/five/' src/a.txt");
    let _ = sandbox.harness(&["rollback", "t-1"]).exits(0);
    sandbox.write("other.txt", "x\n");
    plainly(&sandbox, &["commit", "-qam", "Something else"]);
    sandbox.git(&["branch", "feature"]);
    sandbox.git(&["reset", "-q", "--hard", &base]);
    squash(&sandbox, |log| format!("Title (#1)\n\n{log}"));
    for (place, states) in both(&sandbox, "clone").into_iter().enumerate() {
        assert_ne!(states[0], "complete", "clone {place}");
    }
}

#[test]
fn a_squash_that_a_maintainer_touched_up_is_a_claim() {
    let sandbox = on_a_branch();
    plainly(&sandbox, &["merge", "-q", "--squash", "feature"]);
    sandbox.write("src/b.txt", "touched up\n");
    plainly(&sandbox, &["add", "-A"]);
    plainly(&sandbox, &["commit", "-qm", "Title (#1)"]);
    let states = states_of(&sandbox.harness(&["status", "--json"]).exits(0));
    assert_eq!(states, ["complete", "passed", "pending"]);
    let _ = sandbox.harness(&["status"]).exits(0).prints("git harness adopt t-2");
    let _ = sandbox
        .harness(&["release", "t-2"])
        .exits(1)
        .says("which is not on main")
        .says("git harness retry t-2");
}

/// An encoding that a commit names must not show to one reader what another one does not see.
#[test]
fn lines_in_an_encoding_of_their_own_say_nothing() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let (head, tree) = (
        sandbox.git(&["rev-parse", "HEAD"]),
        sandbox.git(&["rev-parse", "HEAD^{tree}"]),
    );
    let card = sandbox.git(&["rev-parse", "HEAD:.harness/tasks/p-1.md"]);
    let body = format!("A\n\nTidy up\n\nHarness-Adopts: p-1@{head}\nHarness-Card: {card}\n");
    std::fs::write(sandbox.beside("body"), body).unwrap();
    let script = format!(
        "{{ printf 'tree {tree}\nparent {head}\n'; \
           printf '%s A <a@example.invalid> 1795000000 +0000\n' author committer; \
           printf 'encoding cp037\n\n'; iconv -f UTF-8 -t CP037 ../body; }} > ../object && \
         git reset -q --hard \"$(git hash-object -t commit -w --literally ../object)\" && git log -1 --format=%B"
    );
    let made = Sandbox::outcome_of({
        let mut command = sandbox.command("sh", &sandbox.repo());
        command.args(["-c", &script]);
        command
    });
    let _ = made.exits(0).prints("Harness-Adopts: p-1@");
    assert_eq!(sandbox.state("p-1"), "ready");
}
