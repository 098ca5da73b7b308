//! The record: what survives, what is noticed, and what is refused.

use std::fs;
use std::path::PathBuf;

use super::sandbox::{Sandbox, one_card};

fn segment(sandbox: &Sandbox) -> PathBuf {
    let journal = sandbox.repo().join(".git/harness/journal");
    let writer = fs::read_dir(journal).unwrap().next().unwrap().unwrap().path();
    writer.join("000001.jsonl")
}

fn landed() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt; echo '- Wrote y'"])
        .exits(0);
    sandbox
}

/// A file in the copy that checks run in, found below the sandbox's cache folder.
fn in_the_copy_for_checks(sandbox: &Sandbox, name: &str) -> PathBuf {
    let slots = sandbox.beside("cache/git-harness/slots");
    let pool = fs::read_dir(slots).unwrap().next().unwrap().unwrap().path();
    pool.join("verify-1").join(name)
}

/// Only our own hand writes into the copy where there is an overlay, so what is in it is not looked at again. Whoever believes
/// nobody reads all of it, and puts right what somebody changed there, however well they hid it.
#[test]
fn a_file_that_somebody_changed_in_a_copy_is_put_right_before_checks_are_run_again() {
    let sandbox = Sandbox::new(&[("a.txt", "base\n"), ("b.txt", "base\n")]);
    let checked = |id: &str, file: &str| one_card(id, file, "grep -q base b.txt && test ! -e more.txt");
    sandbox.import("p.json", &checked("p-1", "a.txt"));
    let work = ["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"];
    let _ = sandbox.harness(&work).exits(0);
    let file = in_the_copy_for_checks(&sandbox, "tree/b.txt");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "evil\n").unwrap();
    fs::File::open(&file).unwrap().set_modified(before).unwrap();
    fs::write(in_the_copy_for_checks(&sandbox, "tree/more.txt"), "").unwrap();
    let _ = sandbox
        .harness(&["audit", "--rerun", "--disposable", "main~1..main"])
        .exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "base\n");
    sandbox.import("q.json", &checked("q-1", "c.txt"));
    let work = ["exec", "q-1", "--", "sh", "-c", "echo y > c.txt"];
    let _ = sandbox.harness(&work).exits(0);
}

#[test]
fn where_programs_write_into_the_copy_itself_nothing_is_believed_of_it() {
    for (without, is_kept) in [("", true), ("overlay", false)] {
        let sandbox = Sandbox::new(&[("a.txt", "base\n")]).without(without);
        sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
            .exits(0);
        let cache = fs::metadata(in_the_copy_for_checks(&sandbox, "files")).unwrap();
        let is_believed = cache.modified().unwrap() > std::time::SystemTime::UNIX_EPOCH;
        assert_eq!(is_believed, is_kept, "without {without}");
    }
}

#[test]
fn clean_stash_and_an_old_checkout_lose_nothing() {
    let sandbox = landed();
    let before = sandbox.states();
    sandbox.git(&["clean", "-fdxq"]);
    sandbox.write("b.txt", "x\n");
    sandbox.git(&["stash", "-a", "-q"]);
    let story = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    sandbox.git(&["checkout", "-q", "HEAD~2"]);
    sandbox.git(&["checkout", "-q", "main"]);
    assert_eq!(sandbox.states(), before);
    assert_eq!(sandbox.harness(&["show", "p-1"]).exits(0).stdout, story);
}

#[test]
fn a_torn_tail_is_cut_and_kept_and_a_damaged_middle_stops_everything() {
    let sandbox = landed();
    let file = segment(&sandbox);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, [&whole[..], b"{\"v\":1,\"wri"].concat()).unwrap();
    let _ = sandbox.harness(&["note", "p-1", "after a kill"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    let kept: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().flatten().collect();
    assert!(kept.iter().any(|entry| entry.file_name() == "torn.1"));
    let mut damaged = fs::read(&file).unwrap();
    damaged[100] ^= 1;
    fs::write(&file, &damaged).unwrap();
    let _ = sandbox
        .harness(&["note", "p-1", "x"])
        .exits(5)
        .says("the journal is damaged")
        .says("line 1");
    let _ = sandbox.harness(&["status"]).exits(5);
    assert_eq!(fs::read(&file).unwrap(), damaged, "nothing was changed");
}

#[test]
fn the_landing_commit_holds_the_tracked_record() {
    let sandbox = landed();
    let record = sandbox.git(&["show", "HEAD:.harness/ledger/p-1.toml"]);
    for wanted in [
        "id = \"p-1\"",
        "status = \"complete\"",
        "files_changed = [\"M a.txt\"]",
        "fence = \"",
        "result = \"passed\"",
        "outcome = \"landed\"",
    ] {
        assert!(record.contains(wanted), "{wanted} is not in\n{record}");
    }
    let card = sandbox.git(&["rev-parse", "HEAD:.harness/tasks/p-1.md"]);
    assert!(sandbox.trailers("HEAD").contains(&format!("Harness-Card: {card}")));
}

#[test]
fn what_the_project_remembers_is_found_by_its_words() {
    let sandbox = landed();
    let _ = sandbox.harness(&["note", "p-1", "The spawn timing is 60 Hz."]).exits(0);
    let _ = sandbox
        .harness(&["search", "SPAWN", "hz"])
        .exits(0)
        .prints("p-1  ")
        .prints("noted: The spawn timing is 60 Hz.");
    let _ = sandbox
        .harness(&["search", "do p-1"])
        .exits(0)
        .prints(".harness/tasks/p-1.md: ");
    let _ = sandbox
        .harness(&["search", "nobody-said-this"])
        .exits(0)
        .prints("nothing speaks of that; --full looks");
    let _ = sandbox.harness(&["search", " "]).exits(2).says("nothing to look for");
    // The packet quotes the stop condition, which stands in no card.
    let _ = sandbox
        .harness(&["search", "--full", "summarize the changed files and stop"])
        .exits(0)
        .prints("dispatched, its packet: ");
    let answer = sandbox.harness(&["search", "--json", "-n", "1", "p-1"]).exits(0).stdout;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["count"].as_u64().unwrap() > 1, "{answer}");
    assert_eq!(answer["found"].as_array().unwrap().len(), 1);
    assert_eq!(answer["found"][0]["task"], "p-1");
    assert_eq!(answer["found"][0]["kind"], "event");
}

#[test]
fn a_plain_revert_opens_the_task_again_and_a_revert_of_it_closes_it() {
    let sandbox = landed();
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(sandbox.state("p-1"), "ready");
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(sandbox.state("p-1"), "complete");
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo z > a.txt"])
        .exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    assert!(sandbox.trailers("HEAD").contains(&"Harness-Attempt: 2".to_owned()));
}

#[test]
fn a_landing_on_another_branch_is_told_and_not_repeated() {
    let sandbox = landed();
    sandbox.git(&["branch", "kept"]);
    sandbox.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(sandbox.state("p-1"), "passed");
    let _ = sandbox.harness(&["status"]).exits(0).prints("landed elsewhere as");
    let _ = sandbox.harness(&["retry", "p-1"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn known_evidence_is_reused_and_said() {
    let sandbox = landed();
    let _ = sandbox.harness(&["verify", "p-1"]).exits(0).prints("reused");
    sandbox.write("a.txt", "other\n");
    sandbox.git(&["commit", "-qam", "Other"]);
    let outcome = sandbox.harness(&["verify", "p-1"]).exits(0);
    assert!(!outcome.stdout.contains("reused"), "{}", outcome.stdout);
}

#[test]
fn two_processes_never_take_one_card() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let linked: Vec<PathBuf> = (0..4).map(|number| sandbox.beside(&format!("w{number}"))).collect();
    for (number, path) in linked.iter().enumerate() {
        sandbox.git(&[
            "worktree",
            "add",
            "-q",
            path.to_str().unwrap(),
            "-b",
            &format!("b{number}"),
        ]);
    }
    let children: Vec<_> = linked
        .iter()
        .map(|path| {
            sandbox
                .harness_command()
                .args(["-C", path.to_str().unwrap(), "next"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let taken = children
        .into_iter()
        .filter(|_| true)
        .map(|child| child.wait_with_output().unwrap())
        .filter(|output| output.status.success())
        .count();
    assert_eq!(taken, 1);
}

#[test]
fn every_reading_command_speaks_json_with_a_version() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &super::sandbox::one_card("p-1", "a.txt", "true"));
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let json = |args: &[&str]| -> serde_json::Value {
        let text = sandbox.harness(args).exits(0).stdout;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["v"], 1, "{args:?}");
        value
    };
    assert_eq!(json(&["status", "--json"])["targets"][0]["tasks"][0]["id"], "p-1");
    assert_eq!(json(&["next", "--peek", "--json"])["card"]["id"], "p-1");
    assert_eq!(json(&["show", "p-1", "--json"])["task"]["state"], "ready");
    assert_eq!(
        json(&["plan", "graph", "--json"])["targets"][0]["tasks"][0]["plan"],
        "p"
    );
    assert_eq!(json(&["hooks", "status", "--json"])["hooks"][0]["state"], "ours");
    let found = &json(&["plan", "lint", "--json"])["found"];
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["code"].is_string() && one["line"].is_u64()),
        "{found}"
    );
}
