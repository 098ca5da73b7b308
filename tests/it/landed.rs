//! Landings after history was rewritten: evidence for the tree that is there, and work that came in by another commit.

use std::path::{Path, PathBuf};

use super::sandbox::{Outcome, Sandbox};

const PLAN: &str = "[{\"id\": \"p-1\", \"title\": \"First\", \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"test ! -e red\"]}, {\"id\": \"p-2\", \"title\": \"Second\", \"files\": [\"b.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]";

fn ground() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n"), ("c.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.write(
        ".harness/config.toml",
        "format = 1\n\n[audit]\nunrecorded = \"allow\"\n",
    );
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", PLAN);
    sandbox
}

fn exec(sandbox: &Sandbox, task: &str, script: &str) {
    let _ = sandbox.harness(&["exec", task, "--", "sh", "-c", script]).exits(0);
}

fn rules(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> (i32, Vec<String>) {
    let mut all = vec!["audit", "--json"];
    all.extend(args);
    let Outcome { stdout, code, .. } = sandbox.harness_in(dir, &all);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let rules = findings.map(|finding| finding["rule"].as_str().unwrap().to_owned());
    (code, rules.filter(|rule| rule != "governance").collect())
}

/// A landing on top of what a colleague pushed meanwhile, as `git pull --rebase` leaves it.
fn rebased(colleague: &str) -> Sandbox {
    let sandbox = ground();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    exec(&sandbox, "p-1", "echo y > a.txt");
    sandbox.git(&["checkout", "-qb", "theirs", &base]);
    sandbox.write(colleague, "theirs\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Of a colleague"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["rebase", "-q", "theirs"]);
    sandbox
}

fn bare(sandbox: &Sandbox) -> PathBuf {
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "-q", "--bare", "-b", "main", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    remote
}

#[test]
fn a_rebased_landing_is_verified_anew_by_one_command_and_can_be_pushed() {
    let sandbox = rebased("c.txt");
    let _remote = bare(&sandbox);
    assert_eq!(sandbox.state("p-1"), "complete");
    let (code, found) = rules(&sandbox, &sandbox.repo(), &["--strength", "scope"]);
    assert!(code == 1 && found.contains(&"evidence".to_owned()), "{found:?}");
    let refused = sandbox.try_git(&["push", "-q", "origin", "main"]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("git harness verify --landed"),
        "{}",
        refused.stderr
    );
    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    assert!(shown.contains("git harness verify --landed p-1"), "{shown}");
    let status = sandbox.harness(&["status"]).exits(0).stdout;
    assert!(
        status.contains("nobody verified that: p-1; git harness verify --landed"),
        "{status}"
    );
    let _ = sandbox
        .harness(&["verify", "--landed"])
        .exits(0)
        .prints("passed  test ! -e red")
        .prints("recorded in");
    for strength in ["scope", "recorded"] {
        assert_eq!(
            rules(&sandbox, &sandbox.repo(), &["--strength", strength]),
            (0, Vec::new()),
            "{strength}"
        );
    }
    let _ = sandbox.harness(&["audit", "--rerun"]).exits(0);
    sandbox.git(&["push", "-q", "origin", "main"]);
    let other = sandbox.beside("other");
    sandbox.git(&[
        "clone",
        "-q",
        sandbox.beside("remote.git").to_str().unwrap(),
        other.to_str().unwrap(),
    ]);
    assert_eq!(rules(&sandbox, &other, &["--strength", "scope"]), (0, Vec::new()));
    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    assert!(!shown.contains("verify --landed"), "{shown}");
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let _ = sandbox
        .harness(&["verify", "--landed", "p-1"])
        .exits(0)
        .prints("every landing has evidence for the tree that it has");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn a_rebased_landing_whose_checks_fail_stays_what_it_is() {
    let sandbox = rebased("red");
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let told = sandbox
        .harness(&["verify", "--landed", "p-1", "--json"])
        .exits(1)
        .stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["landings"][0]["passed"], false);
    assert_eq!(told["commit"], serde_json::Value::Null);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(rules(&sandbox, &sandbox.repo(), &[]).0, 1);
}

#[test]
fn landings_of_a_range_alone_are_verified() {
    let sandbox = rebased("c.txt");
    let told = sandbox
        .harness(&["verify", "--landed", "HEAD..HEAD", "--json"])
        .exits(0)
        .stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["landings"].as_array().unwrap().len(), 0);
    let _ = sandbox
        .harness(&["verify", "--landed", "HEAD~1..HEAD"])
        .exits(0)
        .prints("p-1 as ");
    let _ = sandbox.harness(&["verify", "--landed", "HEAD~1..HEAD", "p-1"]).exits(2);
    let _ = sandbox
        .harness(&["verify", "--landed", "p-2"])
        .exits(1)
        .says("not complete");
}

/// Landed on a branch; then a maintainer squashed it, touched it up, and wrote words of their own.
fn touched_up() -> Sandbox {
    let sandbox = ground();
    sandbox.git(&["checkout", "-qb", "feature"]);
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", "y\n");
    let _ = sandbox.harness(&["submit"]).exits(0);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("a.txt", "y, but better\n");
    sandbox.git(&["commit", "-qam", "Bring the first in (#1)"]);
    sandbox
}

#[test]
fn work_that_came_in_by_another_commit_is_adopted_on_a_persons_word() {
    let sandbox = touched_up();
    assert_eq!(sandbox.state("p-1"), "passed");
    let _ = sandbox
        .harness(&["release", "p-1"])
        .exits(1)
        .says("git harness adopt p-1 COMMIT");
    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    assert!(shown.contains("git harness adopt p-1 COMMIT"), "{shown}");
    let _ = sandbox.harness(&["adopt", "p-1", "HEAD"]).exits(4).says("--yes");
    let _ = sandbox
        .harness(&["adopt", "p-1"])
        .exits(2)
        .says("the commit that holds the work is missing");
    let _ = sandbox
        .harness(&["adopt", "p-1", "HEAD", "--yes"])
        .exits(0)
        .prints("p-1 adopted as");
    let block = sandbox.git(&["log", "-1", "--format=%B"]);
    let adopted = sandbox.git(&["rev-parse", "HEAD~1"]);
    assert!(block.contains(&format!("Harness-Adopts: p-1@{adopted}")), "{block}");
    assert_eq!(sandbox.git(&["diff", "--stat", "HEAD~1", "HEAD"]), "");
    assert_eq!(sandbox.state("p-1"), "complete");
    assert_eq!(
        rules(&sandbox, &sandbox.repo(), &["--strength", "scope"]),
        (0, vec!["adopted".to_owned()])
    );
    let other = sandbox.beside("other");
    sandbox.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    let status = sandbox.harness_in(&other, &["status"]).exits(0).stdout;
    assert!(status.contains("1 of 2 complete"), "{status}");
    let _ = sandbox
        .harness(&["adopt", "p-1", "HEAD", "--yes"])
        .exits(1)
        .says("complete on main already");
    let _ = sandbox.harness(&["verify", "--landed", "p-1"]).exits(0);
    for strength in ["scope", "recorded"] {
        assert_eq!(
            rules(&sandbox, &sandbox.repo(), &["--strength", strength]),
            (0, Vec::new())
        );
    }
    // A revert of the commit that holds it opens the task again.
    sandbox.git(&["revert", "--no-edit", &adopted]);
    assert_ne!(sandbox.state("p-1"), "complete");
}

#[test]
fn what_is_not_there_is_adopted_by_nobody_who_does_not_insist() {
    let sandbox = touched_up();
    let _ = sandbox
        .harness(&["adopt", "p-1", "--as", "HEAD~1", "--yes"])
        .exits(1)
        .says("does not hold the work of p-1");
    let _ = sandbox
        .harness(&["adopt", "p-1", "feature", "--yes"])
        .exits(1)
        .says("is not on main");
    let _ = sandbox.harness(&["adopt", "p-9", "HEAD", "--yes"]).exits(2);
    let _ = sandbox
        .harness(&["adopt", "p-1", "--as", "HEAD~1", "--yes", "--insist", "-m", "I know"])
        .exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn words_about_landings_that_anybody_can_write_convince_nobody() {
    let sandbox = rebased("c.txt");
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    let say = |block: &str| {
        let message = format!("Fine\n\n{block}");
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", &message]);
    };
    // Evidence of another tree, and a block that says too much.
    let old = sandbox.git(&["log", "-1", "--format=%(trailers:key=Harness-Evidence,valueonly)"]);
    say(&format!(
        "Harness-Verifies: p-1@{landing}\nHarness-Evidence: {}\nHarness-Ledger: w:1 000000000000",
        old.trim()
    ));
    assert_eq!(
        rules(&sandbox, &sandbox.repo(), &["--strength", "scope"]),
        (1, vec!["evidence".to_owned()])
    );
    say(&format!("Harness-Verifies: p-1@{landing}\nHarness-Task: p-2"));
    let (_, found) = rules(&sandbox, &sandbox.repo(), &["--strength", "scope"]);
    assert!(found.contains(&"trailers".to_owned()), "{found:?}");
    assert_eq!(sandbox.state("p-2"), "ready");
    // A commit that nobody can reach.
    say(&format!(
        "Harness-Adopts: p-2@{}\nHarness-Card: {}",
        "1".repeat(40),
        "2".repeat(40)
    ));
    assert_eq!(sandbox.state("p-2"), "ready");
    // The right tree: history cannot tell, the journal can.
    let sandbox = rebased("c.txt");
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    let copy = sandbox.beside("copy");
    sandbox.git(&["clone", "-q", ".", copy.to_str().unwrap()]);
    let _ = sandbox.harness(&["verify", "--landed"]).exits(0);
    let said = sandbox.git(&["log", "-1", "--format=%B"]);
    sandbox.git(&["reset", "-q", "--hard", &landing]);
    let forged = said.lines().map(|line| match line.starts_with("Harness-Ledger") {
        true => "Harness-Ledger: w:1 000000000000".to_owned(),
        false => line.to_owned(),
    });
    let forged = forged.collect::<Vec<_>>().join("\n");
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", &forged]);
    let (code, found) = rules(&sandbox, &sandbox.repo(), &["--strength", "recorded"]);
    assert!(code == 1 && found.contains(&"ledger".to_owned()), "{found:?}");
}
