//! The audit: what is on a branch already, judged by somebody who believes nobody.

use super::sandbox::{Sandbox, one_card};

/// A repository with three tasks, two of them landed by a Builder and one by a person through the hooks.
fn landed() -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("src/b.txt", "x\n"), ("secret.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "src/a.txt", "grep -q good src/a.txt"));
    sandbox.import("q.json", &one_card("q-1", "src/b.txt", "true"));
    sandbox.import("r.json", &one_card("r-1", "src/c.txt", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo good > src/a.txt"])
        .exits(0);
    let _ = sandbox.harness(&["start", "q-1"]).exits(0);
    sandbox.write("src/b.txt", "by hand\n");
    sandbox.git(&["commit", "-qam", "By hand"]);
    let _ = sandbox.harness(&["next"]).exits(0);
    let _ = sandbox.harness(&["release", "r-1"]).exits(0);
    sandbox
}

/// Commits without any hook, as a tool does that runs none.
fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "-A"]);
    sandbox.git(&[
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        message,
    ]);
}

/// The rules that the audit of the last commit finds broken.
fn rules(sandbox: &Sandbox, range: &str) -> Vec<String> {
    let outcome = sandbox.harness(&["audit", "--json", "--strength", "scope", range]);
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let mut rules: Vec<String> = findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect();
    rules.dedup();
    let wrong = findings.iter().any(|finding| finding["level"] == "error");
    assert_eq!(outcome.code, i32::from(wrong), "{}", outcome.stdout);
    rules
}

#[test]
fn what_the_harness_landed_is_clean_at_every_strength() {
    let sandbox = landed();
    let text = sandbox.harness(&["audit", "--strength", "scope"]).exits(0).stdout;
    assert!(text.contains("2 landings, strength scope: no error"), "{text}");
    let _ = sandbox
        .harness(&["audit"])
        .exits(0)
        .prints("strength recorded: no error");
    let _ = sandbox
        .harness(&["audit", "--rerun", "--sarif"])
        .exits(0)
        .prints("\"strength\": \"proved\"");
    let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
    sandbox.git(&["revert", "--no-edit", "HEAD~1"]);
    let _ = sandbox.harness(&["audit"]).exits(0);
    // A fresh clone knows no journal: what it can say, it says.
    let clone = sandbox.beside("clone");
    sandbox.git(&["clone", "-q", sandbox.repo().to_str().unwrap(), clone.to_str().unwrap()]);
    let _ = sandbox.harness_in(&clone, &["audit"]).exits(0).prints("strength scope");
    let _ = sandbox
        .harness_in(&clone, &["audit", "--strength", "recorded"])
        .exits(1)
        .prints("it is unrecorded");
}

#[test]
fn every_way_to_put_something_on_the_branch_is_named() {
    let sandbox = landed();
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let landing = sandbox.git(&["log", "-1", "--format=%B", "HEAD"]);
    let reset = || {
        sandbox.git(&["reset", "-q", "--hard", &base]);
    };
    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, "No task at all");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["unrecorded"]);
    reset();

    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, &landing);
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["scope", "evidence", "again"]);
    reset();

    sandbox.write("src/c.txt", "new\n");
    commit(&sandbox, "Mine\n\nHarness-Task: r-1");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["trailers"]);
    reset();

    sandbox.write("src/c.txt", "new\n");
    commit(&sandbox, "Mine\n\nHarness-Task: r-9\n");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["trailers", "card"]);
    reset();

    sandbox.write(".harness/ledger/r-1.toml", "v = 1\n");
    commit(&sandbox, "A record of my own");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["record"]);
    reset();

    let card = sandbox.read(".harness/tasks/r-1.md").replace("src/c.txt", "**");
    sandbox.write(".harness/tasks/r-1.md", &card);
    commit(&sandbox, "A wider card");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["governance"]);
    reset();

    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, &format!("Revert \"x\"\n\nThis reverts commit {base}."));
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["revert"]);
    reset();

    // A revert of a revert does the first thing once more.
    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, "Payload");
    sandbox.git(&["-c", "core.hooksPath=/dev/null", "revert", "--no-edit", "HEAD"]);
    sandbox.git(&["-c", "core.hooksPath=/dev/null", "revert", "--no-edit", "HEAD"]);
    assert_eq!(rules(&sandbox, "HEAD~2..HEAD~1"), ["governance"]);
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["unrecorded"]);
    reset();

    sandbox.git(&["checkout", "-qb", "side", "HEAD~1"]);
    commit(&sandbox, "Nothing");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    sandbox.write("secret.txt", "smuggled in a merge\n");
    commit(&sandbox, "Merge");
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD"), ["merge"]);
    reset();

    sandbox.git(&["reset", "-q", "--hard", "HEAD"]);
    let _ = sandbox.harness(&["start", "r-1"]).exits(0);
    let key = format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ012345");
    sandbox.write("src/c.txt", &format!("one\nif (user != \"\u{202e}x\") {key}\n"));
    commit(&sandbox, "A landing in part\n\nHarness-Task: r-1\n");
    let found = rules(&sandbox, "HEAD~1..HEAD");
    assert_eq!(found, ["trailers", "secret", "hidden-text"]);
    reset();
    let _ = sandbox.harness(&["release", "r-1"]).exits(0);

    // A commit that is undone again is in history all the same.
    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, "Payload");
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(rules(&sandbox, "HEAD~2..HEAD"), ["unrecorded", "governance"]);
}

#[test]
fn a_landing_that_is_dated_back_is_held_against_the_journal() {
    let sandbox = landed();
    let row = sandbox.git(&["log", "-1", "--format=%B", "HEAD"]);
    let outcome = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
    assert!(!outcome.stdout.contains("time"), "{}", outcome.stdout);
    let mut amend = std::process::Command::new("git");
    let date = "2020-01-01T00:00:00Z";
    amend
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
        ])
        .args(["commit", "-q", "--amend", "--date", date, "-m", &row])
        .env("GIT_COMMITTER_DATE", date)
        .current_dir(sandbox.repo());
    assert!(amend.status().unwrap().success());
    let outcome = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
    assert!(
        outcome.stdout.contains("h before its acceptance in the journal"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn replaced_objects_grafts_and_shallow_clones_hide_nothing() {
    let sandbox = landed();
    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, "Payload");
    let payload = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["replace", &payload, "HEAD~1"]);
    assert_eq!(rules(&sandbox, "HEAD~1..HEAD").len(), 1);
    sandbox.git(&["replace", "-d", &payload]);
    sandbox.write("src/c.txt", "more\n");
    commit(&sandbox, "More");
    let tip = sandbox.git(&["rev-parse", "HEAD"]);
    let before = sandbox.git(&["rev-parse", "HEAD~2"]);
    sandbox.write(".git/info/grafts", &format!("{tip} {before}\n"));
    let found = sandbox.harness(&["audit", "--strength", "scope"]).exits(1);
    assert!(found.stdout.contains("secret.txt"), "{}", found.stdout);
    std::fs::remove_file(sandbox.repo().join(".git/info/grafts")).unwrap();
    let url = format!("file://{}", sandbox.repo().display());
    let shallow = sandbox.beside("shallow");
    sandbox.git(&["clone", "-q", "--depth", "1", &url, shallow.to_str().unwrap()]);
    let _ = sandbox
        .harness_in(&shallow, &["audit", "HEAD"])
        .exits(2)
        .says("shallow")
        .says("unshallow");
}

#[test]
fn a_server_refuses_a_push_that_the_audit_finds_wrong_and_keeps_nothing_of_it() {
    let sandbox = landed();
    let server = sandbox.beside("server.git");
    let path = server.to_str().unwrap();
    sandbox.git(&["clone", "-q", "--bare", sandbox.repo().to_str().unwrap(), path]);
    let _ = sandbox
        .harness_in(&server, &["hooks", "install", "--server"])
        .exits(0)
        .prints("pre-receive");
    sandbox.git(&["remote", "add", "origin", path]);
    let _ = sandbox
        .harness(&["exec", "r-1", "--", "sh", "-c", "echo c > src/c.txt"])
        .exits(0);
    sandbox.git(&["push", "-q", "origin", "main"]);
    sandbox.write("secret.txt", "changed\n");
    commit(&sandbox, "Payload");
    let payload = sandbox.git(&["rev-parse", "HEAD"]);
    for target in ["main", "refs/heads/elsewhere", "refs/tags/v1", "refs/notes/x"] {
        let push = sandbox.try_git(&["push", "--no-verify", "-q", "origin", &format!("HEAD:{target}")]);
        assert_ne!(push.code, 0, "{target}");
        assert!(
            push.stderr.contains("this push is refused") && push.stderr.contains("secret.txt: changed without a task"),
            "{}",
            push.stderr
        );
    }
    let there = sandbox.try_git(&["-C", path, "cat-file", "-e", &payload]);
    assert_ne!(there.code, 0, "nothing of a refused push is kept");
    sandbox.git(&["-C", path, "config", "harness.auditRefs", "refs/heads/main"]);
    sandbox.git(&["push", "--no-verify", "-q", "origin", "HEAD:refs/heads/elsewhere"]);
    sandbox.git(&["push", "--no-verify", "-q", "origin", ":refs/heads/elsewhere"]);
    let _ = sandbox.harness_in(&server, &["hooks", "uninstall"]).exits(0);
    sandbox.git(&["push", "--no-verify", "-q", "origin", "HEAD:main"]);
}

#[test]
fn a_strict_guard_lets_no_branch_move_to_work_without_the_open_task() {
    let sandbox = landed();
    sandbox.write(".harness/config.toml", "[hooks]\nguard = \"strict\"\n");
    sandbox.git(&["commit", "-qam", "Be strict"]);
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox
        .harness(&["hooks", "install"])
        .exits(0)
        .prints("reference-transaction");
    sandbox.git(&["checkout", "-qb", "side"]);
    sandbox.write("secret.txt", "free, with no task open\n");
    sandbox.git(&["commit", "-qam", "Side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    // Main goes on, so that a picked commit is another one than its original.
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "Meanwhile"]);
    let _ = sandbox.harness(&["start", "r-1"]).exits(0);
    let side = sandbox.git(&["rev-parse", "side"]);
    let tree = sandbox.git(&["rev-parse", "side^{tree}"]);
    let forged = sandbox.git(&["commit-tree", "-p", "HEAD", "-m", "Mine", &tree]);
    for (what, args) in [
        ("update-ref", vec!["update-ref", "refs/heads/main", forged.as_str()]),
        ("cherry-pick", vec!["cherry-pick", side.as_str()]),
        ("reset", vec!["reset", "-q", "--hard", forged.as_str()]),
        ("merge", vec!["merge", "-q", "--no-edit", "side"]),
    ] {
        let outcome = sandbox.try_git(&args);
        assert_ne!(outcome.code, 0, "{what}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains("task r-1 is open on main"),
            "{what}: {}",
            outcome.stderr
        );
        let _ = sandbox.try_git(&["cherry-pick", "--abort"]);
        let _ = sandbox.try_git(&["merge", "--abort"]);
        sandbox.git(&["reset", "-q", "--hard", "HEAD"]);
    }
    // What a remote has comes in with a merge, and the task itself lands.
    sandbox.git(&["update-ref", "refs/remotes/origin/side", &side]);
    sandbox.git(&["merge", "-q", "--no-edit", "side"]);
    sandbox.write("src/c.txt", "done\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Done"]);
    assert_eq!(sandbox.state("r-1"), "complete");
}

/// The tracked configuration names a Builder that each user defines for themselves. CI and colleagues have none.
#[test]
fn a_builder_that_nobody_defines_here_hinders_only_who_hires_it() {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]);
    sandbox.write(".harness/config.toml", "[roles]\nbuilder = \"local\"\n");
    let definition = "[builders.local]\nrun = [\"sh\", \"-c\", \"echo good > src/a.txt\"]\n";
    sandbox.write(".git/harness/config.toml", definition);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "src/a.txt", "grep -q good src/a.txt"));
    let _ = sandbox.harness(&["run"]).exits(0);
    sandbox.write(".git/harness/config.toml", "");
    let audit = sandbox.harness(&["audit"]).exits(0).stdout;
    assert!(audit.contains("one landing, strength recorded: no error"), "{audit}");
    let _ = sandbox.harness(&["status"]).exits(0).prints("complete");
    let mistake = "there is no builder `local`";
    let run = sandbox.harness(&["run"]).exits(2);
    let _ = run.says(&format!(".harness/config.toml:2:11: {mistake}"));
    let doctor = sandbox.harness(&["doctor"]).stdout;
    assert!(
        doctor.contains(&format!(".harness/config.toml:2: {mistake}")),
        "{doctor}"
    );
}

/// So many commits that several cores share them: what is found stands in their order, and what commits say of one
/// another is seen across the whole range.
#[test]
fn findings_of_a_long_range_stand_in_the_order_of_its_commits() {
    let sandbox = landed();
    let landing = sandbox.git(&["log", "-1", "--grep=Harness-Task: p-1", "--format=%B"]);
    let start = sandbox.git(&["rev-parse", "HEAD"]);
    let mut import = String::new();
    for number in 0..700 {
        let message = match number {
            350 => landing.trim_end().to_owned(),
            _ => format!("Plain {number}\n"),
        };
        let from = match number {
            0 => format!("from {start}\n", start = start.trim()),
            _ => String::new(),
        };
        import.push_str(&format!(
            "commit refs/heads/long\ncommitter A <a@example.invalid> {} +0000\ndata {}\n{message}\n{from}M 100644 inline n{number}.txt\ndata 2\nx\n\n",
            1_800_000_000 + number,
            message.len(),
        ));
    }
    let file = sandbox.beside("import");
    std::fs::write(&file, import).unwrap();
    let feed = format!("git fast-import --quiet < '{}'", file.display());
    let fed = Sandbox::outcome_of({
        let mut command = sandbox.command("sh", &sandbox.repo());
        command.args(["-c", &feed]);
        command
    });
    assert_eq!(fed.code, 0, "{}", fed.stderr);
    let range = format!("{}..long", start.trim());
    let json = sandbox
        .harness(&["audit", "--json", "--strength", "scope", &range])
        .exits(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let mut found: Vec<&str> = findings.iter().map(|one| one["commit"].as_str().unwrap()).collect();
    found.dedup();
    let listing = sandbox.git(&["rev-list", "--reverse", &range]);
    let commits: Vec<&str> = listing.lines().collect();
    assert_eq!(commits.len(), 700);
    assert_eq!(found, commits);
    let again: Vec<&str> = findings
        .iter()
        .filter(|one| one["rule"] == "again")
        .map(|one| one["commit"].as_str().unwrap())
        .collect();
    assert_eq!(again.first(), Some(&commits[350]), "{again:?}");
}

#[test]
fn a_card_in_another_tasks_file_is_no_card() {
    let sandbox = landed();
    let landing = sandbox.git(&["log", "-1", "--grep=Harness-Task: p-1", "--format=%B"]);
    sandbox.git(&["mv", ".harness/tasks/r-1.md", ".harness/tasks/s-1.md"]);
    commit(&sandbox, "Move a card");
    let _ = sandbox
        .harness(&["status"])
        .exits(2)
        .says(".harness/tasks/s-1.md")
        .says("says that it is `r-1`");
    commit(&sandbox, &landing.replace("p-1", "s-1"));
    assert!(rules(&sandbox, "HEAD~1..HEAD").contains(&"card".to_owned()));
}
