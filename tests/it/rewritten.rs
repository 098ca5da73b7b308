//! What rewriting makes of landings and of the records that they carried: rebases, picks with a note, mails, release
//! branches that are merged back. What was honest before is honest afterwards, and one command verifies what is new.

use std::path::PathBuf;

use super::sandbox::{Outcome, Sandbox};

fn card(id: &str, file: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"title\": \"Do {id}\", \"files\": [\"{file}\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}}"
    )
}

fn ground() -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"),
        ("b.txt", "x\n"),
        ("c.txt", "x\n"),
    ]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.write(
        ".harness/config.toml",
        "format = 1\n\n[audit]\nunrecorded = \"allow\"\n",
    );
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    let cards = [card("p-1", "a.txt"), card("p-2", "b.txt"), card("p-3", "d.txt")];
    sandbox.import("p.json", &format!("[{}]", cards.join(", ")));
    sandbox.git(&["tag", "base"]);
    sandbox
}

/// Two landings: one by a plain commit, whose record the next one carries.
fn two(sandbox: &Sandbox) {
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", "one\n2\n3\n4\n5\n6\n7\n8\n9\n");
    sandbox.git(&["commit", "-qam", "Do it by hand"]);
    exec(sandbox, "p-2", "echo y > b.txt");
    assert!(sandbox.git(&["show", "--stat", "HEAD"]).contains("ledger/p-1.toml"));
}

fn exec(sandbox: &Sandbox, task: &str, script: &str) {
    let _ = sandbox.harness(&["exec", task, "--", "sh", "-c", script]).exits(0);
}

fn plainly(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.git(&[&["-c", "core.hooksPath=/dev/null"], args].concat())
}

/// A colleague's commit on a branch.
fn colleague(sandbox: &Sandbox, branch: &str, path: &str, text: &str) {
    sandbox.git(&["checkout", "-q", branch]);
    sandbox.write(path, text);
    sandbox.git(&["add", "-A"]);
    plainly(sandbox, &["commit", "-qm", "Of a colleague"]);
}

fn fresh(sandbox: &Sandbox, args: &[&str]) -> PathBuf {
    let clone = sandbox.beside("fresh");
    let _ = std::fs::remove_dir_all(&clone);
    let from = format!("file://{}", sandbox.repo().display());
    let to = clone.to_str().unwrap();
    sandbox.git(&[&["clone", "-q"], args, &[&from, to]].concat());
    clone
}

/// What is found of a range, but for what is always said where plans change.
fn found(outcome: &Outcome) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let all = findings.map(|finding| (text(finding, "rule"), text(finding, "message")));
    all.filter(|(rule, _)| rule != "governance").collect()
}

fn audited(sandbox: &Sandbox, range: &str) -> Vec<(String, String)> {
    found(&sandbox.harness(&["audit", "--json", "--strength", "scope", range]))
}

const NOTHING: [(String, String); 0] = [];

#[test]
fn a_landing_that_is_picked_with_a_note_is_one() {
    let sandbox = ground();
    sandbox.git(&["branch", "release"]);
    two(&sandbox);
    sandbox.git(&["checkout", "-q", "release"]);
    sandbox.git(&["cherry-pick", "-x", "main~1", "main"]);
    let message = sandbox.git(&["log", "-1", "--format=%B"]);
    assert!(message.trim_end().ends_with(')'), "{message}");
    assert_eq!(audited(&sandbox, "base..release"), NOTHING);
    // A maintainer signs it off, and says what they touched.
    let signed = format!(
        "{}\nSigned-off-by: Max <max@example.invalid>\n[max: one word]\n",
        message.trim_end()
    );
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", &signed]);
    assert!(
        !sandbox
            .git(&["log", "-1", "--format=%(trailers:key=Harness-Task)"])
            .is_empty()
    );
    assert_eq!(audited(&sandbox, "base..release"), NOTHING);
    // Prose that nobody's tool wrote makes it no trailers to git; to us it is a claim, as in a squash, and content bears it
    // out.
    let prose = message.replace("(cherry", "As (cherry");
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", &prose]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%(trailers:key=Harness-Task)"]), "");
    assert_eq!(audited(&sandbox, "base..release"), NOTHING);
}

#[test]
fn a_record_that_was_carried_is_right_after_every_rewrite() {
    for (way, path, text) in [
        ("rebase", "c.txt", "theirs\n"),
        ("rebase", "a.txt", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n"),
        ("pick", "c.txt", "theirs\n"),
        ("mail", "c.txt", "theirs\n"),
        ("mail", "", ""),
    ] {
        let sandbox = ground();
        two(&sandbox);
        sandbox.git(&["branch", "-q", "side"]);
        sandbox.git(&["reset", "-q", "--hard", "base"]);
        if !path.is_empty() {
            colleague(&sandbox, "main", path, text);
        }
        match way {
            "rebase" => {
                plainly(&sandbox, &["rebase", "-q", "main", "side"]);
                sandbox.git(&["checkout", "-q", "main"]);
                plainly(&sandbox, &["merge", "-q", "--ff-only", "side"]);
            }
            "pick" => {
                plainly(&sandbox, &["cherry-pick", "side~1", "side"]);
            }
            _ => {
                let mails = sandbox.beside("mails");
                sandbox.git(&["format-patch", "-q", "-o", mails.to_str().unwrap(), "base..side"]);
                let mut mails: Vec<_> = std::fs::read_dir(mails)
                    .unwrap()
                    .map(|mail| mail.unwrap().path())
                    .collect();
                mails.sort();
                for mail in mails {
                    plainly(&sandbox, &["am", "-q", mail.to_str().unwrap()]);
                }
            }
        }
        sandbox.git(&["branch", "-qD", "side"]);
        let _ = sandbox.harness(&["verify", "--landed"]).exits(0);
        assert_eq!(audited(&sandbox, "base..main"), NOTHING, "{way} {path}");
        let clone = fresh(&sandbox, &[]);
        let there = sandbox.harness_in(&clone, &["audit", "--json", "--strength", "scope", "origin/main~2.."]);
        assert_eq!(found(&there), NOTHING, "{way} {path}");
        for task in ["p-1", "p-2"] {
            assert_eq!(sandbox.state(task), "complete", "{way} {path}");
        }
    }
}

#[test]
fn a_carried_record_of_a_landing_that_was_left_behind_is_named_and_no_more() {
    let sandbox = ground();
    sandbox.git(&["branch", "release"]);
    two(&sandbox);
    sandbox.git(&["checkout", "-q", "release"]);
    plainly(&sandbox, &["cherry-pick", "main"]);
    let rules = |found: Vec<(String, String)>| found.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    let wanted = ["elsewhere", "evidence"];
    let mut here = rules(audited(&sandbox, "base..release"));
    here.sort();
    assert_eq!(here, wanted);
    let clone = fresh(&sandbox, &["--single-branch", "--branch", "release"]);
    let there = sandbox.harness_in(&clone, &["audit", "--json", "--strength", "scope", "HEAD~1.."]);
    let mut there = rules(found(&there));
    there.sort();
    assert_eq!(there, wanted, "where its landing is not at hand");
    // By hand it is what it was before: a record of work that nobody did.
    sandbox.git(&["checkout", "-q", "-b", "other", "base"]);
    sandbox.git(&["checkout", "-q", "main", "--", ".harness/ledger/p-1.toml"]);
    let record = sandbox.read(".harness/ledger/p-1.toml");
    let landing = sandbox.git(&["rev-parse", "main~1"]);
    sandbox.write(".harness/ledger/p-1.toml", &record.replace(&landing, &"1".repeat(40)));
    sandbox.git(&["add", "-A"]);
    plainly(&sandbox, &["commit", "-qm", "Keep the books"]);
    assert_eq!(rules(audited(&sandbox, "base..other")), ["record"]);
}

#[test]
fn a_rollback_that_was_rebased_is_right() {
    let sandbox = ground();
    exec(&sandbox, "p-2", "echo y > b.txt");
    let _ = sandbox.harness(&["rollback", "p-2"]).exits(0);
    sandbox.git(&["branch", "side"]);
    sandbox.git(&["reset", "-q", "--hard", "base"]);
    colleague(&sandbox, "main", "c.txt", "theirs\n");
    plainly(&sandbox, &["rebase", "-q", "main", "side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    plainly(&sandbox, &["merge", "-q", "--ff-only", "side"]);
    let rules: Vec<String> = audited(&sandbox, "base..main")
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert_eq!(rules, ["evidence"], "of the landing alone, which is on another tree");
    assert_eq!(sandbox.state("p-2"), "ready");
}

#[test]
fn what_was_reverted_comes_back_by_a_pick() {
    let sandbox = ground();
    exec(&sandbox, "p-2", "echo y > b.txt");
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    plainly(&sandbox, &["cherry-pick", &landing]);
    assert_eq!(sandbox.state("p-2"), "complete");
    assert_eq!(audited(&sandbox, "base..main"), NOTHING);
    // Once more, with nothing that undid it, is once too often.
    sandbox.write("b.txt", "something else\n");
    plainly(&sandbox, &["commit", "-qam", "Something else"]);
    plainly(&sandbox, &["cherry-pick", "-X", "theirs", &landing]);
    let rules: Vec<String> = audited(&sandbox, "base..main")
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert!(rules.contains(&"again".to_owned()), "{rules:?}");
}

#[test]
fn a_release_branch_has_landings_of_its_own_and_comes_back() {
    let sandbox = ground();
    sandbox.git(&["branch", "release"]);
    two(&sandbox);
    sandbox.git(&["checkout", "-q", "release"]);
    plainly(&sandbox, &["cherry-pick", "main~1", "main"]);
    assert_eq!(audited(&sandbox, "main..release"), NOTHING, "the trees are the same");
    // A release branch of which the trees are other ones: the command is the same as on main.
    sandbox.git(&["checkout", "-q", "-b", "older", "base"]);
    colleague(&sandbox, "older", "c.txt", "only here\n");
    plainly(&sandbox, &["cherry-pick", "main~1", "main"]);
    let rules: Vec<String> = audited(&sandbox, "main..older")
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert_eq!(rules, ["evidence", "evidence"]);
    let told = sandbox.harness(&["verify", "--landed", "main..older"]).exits(0).stdout;
    assert!(told.contains("on older"), "{told}");
    assert_eq!(audited(&sandbox, "main..older"), NOTHING);
    let told = sandbox.harness(&["verify", "--landed"]).exits(0).stdout;
    assert!(told.contains("every landing has evidence"), "{told}");
    // Both come back; what landed on main landed once.
    sandbox.git(&["checkout", "-q", "main"]);
    for branch in ["release", "older"] {
        plainly(&sandbox, &["merge", "-q", "--no-ff", "--no-edit", branch]);
        assert_eq!(audited(&sandbox, "main^1..main"), NOTHING, "{branch}");
    }
    assert_eq!(audited(&sandbox, "base..main"), NOTHING);
    // A landing of the same task with other work is no copy.
    sandbox.git(&["checkout", "-q", "-b", "twice", "base"]);
    let _ = sandbox.harness(&["retry", "p-2"]);
    colleague(&sandbox, "twice", "b.txt", "z\n");
    let block = sandbox.git(&["log", "-1", "--format=%(trailers)", "release"]);
    plainly(
        &sandbox,
        &["commit", "-q", "--amend", "-m", &format!("Again\n\n{block}")],
    );
    sandbox.git(&["checkout", "-q", "main"]);
    plainly(
        &sandbox,
        &["merge", "-q", "-X", "ours", "--no-ff", "--no-edit", "twice"],
    );
    let rules: Vec<String> = audited(&sandbox, "main^1..main")
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert!(rules.contains(&"again".to_owned()), "{rules:?}");
}
