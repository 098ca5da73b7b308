//! The tracked record of every landing, also of those whose own commit could not bring it, and what it is good for:
//! any clone reads it, and a single task is taken out of a squash by it.

use super::sandbox::{Sandbox, one_card};

/// Two tasks of their own files, and one that builds on the first.
const PLAN: &str = "[{\"id\": \"p-1\", \"title\": \"First\", \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}, {\"id\": \"p-2\", \"title\": \"Second\", \"files\": [\"b.txt\", \"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]";

fn ground() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"), ("b.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", PLAN);
    sandbox
}

/// Lands a task by a plain commit through the hooks.
fn commit(sandbox: &Sandbox, task: &str, path: &str, text: &str) {
    let _ = sandbox.harness(&["start", task]).exits(0);
    sandbox.write(path, text);
    sandbox.git(&["commit", "-qam", "By hand"]);
    assert_eq!(sandbox.state(task), "complete");
}

fn exec(sandbox: &Sandbox, task: &str, script: &str) {
    let _ = sandbox.harness(&["exec", task, "--", "sh", "-c", script]).exits(0);
}

fn record(sandbox: &Sandbox, rev: &str, task: &str) -> Option<String> {
    let shown = sandbox.try_git(&["show", &format!("{rev}:.harness/ledger/{task}.toml")]);
    (shown.code == 0).then_some(shown.stdout)
}

fn audit(sandbox: &Sandbox) {
    let _ = sandbox.harness(&["audit"]).exits(0);
    let _ = sandbox.harness(&["audit", "--strength", "scope"]).exits(0);
}

#[test]
fn a_record_names_the_blobs_of_each_path_and_what_it_stood_on() {
    let sandbox = ground();
    let before = sandbox.git(&["rev-parse", "HEAD:a.txt"]);
    let parent = sandbox.git(&["rev-parse", "HEAD^{tree}"]);
    exec(&sandbox, "p-1", "echo y > a.txt");
    let record = record(&sandbox, "HEAD", "p-1").unwrap();
    let after = sandbox.git(&["rev-parse", "HEAD:a.txt"]);
    for line in [
        "v = 2".to_owned(),
        format!("parent_tree = \"{parent}\""),
        format!("old = \"100644 {before}\""),
        format!("new = \"100644 {after}\""),
        "path = \"a.txt\"".to_owned(),
        "outcome = \"landed by attempt 1 of round 1, made in a copy\"".to_owned(),
    ] {
        assert!(record.contains(&line), "{line} in\n{record}");
    }
    audit(&sandbox);
}

#[test]
fn the_next_commit_of_the_harness_brings_the_record_of_a_plain_commit() {
    for next in ["exec", "submit", "import", "rollback"] {
        let sandbox = ground();
        commit(&sandbox, "p-1", "a.txt", "y\n");
        let landing = sandbox.git(&["rev-parse", "HEAD"]);
        assert_eq!(record(&sandbox, "HEAD", "p-1"), None);
        match next {
            "exec" => exec(&sandbox, "p-2", "echo y > b.txt"),
            "submit" => {
                let _ = sandbox.harness(&["start", "p-2"]).exits(0);
                sandbox.write("b.txt", "y\n");
                let _ = sandbox.harness(&["submit"]).exits(0);
            }
            "import" => sandbox.import("q.json", &one_card("q-1", "c.txt", "true")),
            _ => {
                let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
            }
        }
        let record = record(&sandbox, "HEAD", "p-1").unwrap();
        assert!(record.contains(&format!("landing = \"{landing}\"")), "{next}\n{record}");
        assert!(record.contains("made in a worktree"), "{next}\n{record}");
        assert!(record.contains("result = \"passed\""), "{next}\n{record}");
        let status = match next {
            "rollback" => format!("status = \"rolled back ({landing})\""),
            _ => "status = \"complete\"".to_owned(),
        };
        assert!(record.contains(&status), "{next}\n{record}");
        audit(&sandbox);
        // Once is enough.
        let head = sandbox.git(&["rev-parse", "HEAD:.harness/ledger/p-1.toml"]);
        sandbox.import("r.json", &one_card("r-1", "d.txt", "true"));
        assert_eq!(
            sandbox.git(&["rev-parse", "HEAD:.harness/ledger/p-1.toml"]),
            head,
            "{next}"
        );
    }
}

#[test]
fn a_plain_revert_keeps_the_record() {
    let sandbox = ground();
    exec(&sandbox, "p-1", "echo y > a.txt");
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    let revert = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(record(&sandbox, "HEAD", "p-1"), None, "git knows nothing of records");
    exec(&sandbox, "p-2", "echo y > b.txt");
    let kept = record(&sandbox, "HEAD", "p-1").unwrap();
    assert!(kept.contains(&format!("status = \"reverted ({revert})\"")), "{kept}");
    assert!(kept.contains(&format!("landing = \"{landing}\"")), "{kept}");
    assert!(kept.contains("landed by attempt 1"), "{kept}");
    audit(&sandbox);
    // Built again, it says that it was there before.
    exec(&sandbox, "p-1", "echo z > a.txt");
    let again = record(&sandbox, "HEAD", "p-1").unwrap();
    assert!(
        again.contains("status = \"complete\"") && again.contains("earlier = ["),
        "{again}"
    );
    audit(&sandbox);
}

#[test]
fn another_clone_carries_what_history_alone_tells_and_the_journal_makes_it_whole() {
    let sandbox = ground();
    commit(&sandbox, "p-1", "a.txt", "y\n");
    let other = sandbox.beside("other");
    sandbox.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    sandbox.git_in(&other, &["config", "user.name", "Other"]);
    sandbox.git_in(&other, &["config", "user.email", "other@example.invalid"]);
    let _ = sandbox.harness_in(&other, &["init"]).exits(0);
    let _ = sandbox.harness_in(&other, &["trust"]).exits(0);
    let _ = sandbox
        .harness_in(&other, &["exec", "p-2", "--", "sh", "-c", "echo y > b.txt"])
        .exits(0);
    let thin = sandbox.git_in(&other, &["show", "HEAD:.harness/ledger/p-1.toml"]);
    assert!(thin.contains("source = \"history\""), "{thin}");
    let _ = sandbox.harness_in(&other, &["audit", "--strength", "scope"]).exits(0);
    sandbox.git(&["pull", "-q", "--ff-only", other.to_str().unwrap(), "main"]);
    sandbox.import("q.json", &one_card("q-1", "c.txt", "true"));
    let whole = record(&sandbox, "HEAD", "p-1").unwrap();
    assert!(
        !whole.contains("source = ") && whole.contains("result = \"passed\""),
        "{whole}"
    );
    let _ = sandbox.harness(&["audit", "--strength", "scope"]).exits(0);
}

#[test]
fn records_that_nobody_could_write_are_found() {
    let forgeries: [(&str, &str); 5] = [
        ("a task that never landed", "sed 's/p-1/p-2/' $L/p-1.toml > $L/p-2.toml"),
        (
            "another note",
            "printf '[[notes]]\\nby = \"x\"\\ntext = \"y\"\\n' >> $L/p-1.toml",
        ),
        ("undone, says who?", "sed -i 's/complete/rolled back/' $L/p-1.toml"),
        ("taken away", "rm $L/p-1.toml"),
        ("no record", "echo > $L/note.txt"),
    ];
    for (name, script) in forgeries {
        let sandbox = ground();
        exec(&sandbox, "p-1", "echo y > a.txt");
        let script = format!("L=.harness/ledger; {script}");
        let _ = Sandbox::outcome_of({
            let mut command = sandbox.command("sh", &sandbox.repo());
            command.args(["-c", &script]);
            command
        })
        .exits(0);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "Tidy up"]);
        let found = sandbox.harness(&["audit", "--strength", "scope"]).exits(1);
        assert!(found.stdout.contains("record"), "{name}: {}", found.stdout);
    }
}

fn squashed() -> Sandbox {
    let sandbox = ground();
    sandbox.git(&["checkout", "-qb", "feature"]);
    commit_on_feature(&sandbox, "p-1", "sed -i s/1/one/ a.txt");
    commit_on_feature(&sandbox, "p-2", "echo y > b.txt; sed -i s/9/nine/ a.txt");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "--squash", "-q", "feature"]);
    sandbox.git(&["commit", "-q", "--no-edit"]);
    sandbox
}

/// By submit, since it lands where HEAD is.
fn commit_on_feature(sandbox: &Sandbox, task: &str, script: &str) {
    let _ = sandbox.harness(&["start", task]).exits(0);
    let mut command = sandbox.command("sh", &sandbox.repo());
    command.args(["-c", script]);
    let _ = Sandbox::outcome_of(command).exits(0);
    let _ = sandbox.harness(&["submit"]).exits(0);
}

#[test]
fn one_task_of_a_squash_is_rolled_back_alone() {
    let sandbox = squashed();
    assert_eq!(sandbox.state("p-1"), "complete");
    assert_eq!(sandbox.state("p-2"), "complete");
    sandbox.write("c.txt", "later\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Later"]);
    let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
    assert_eq!(sandbox.read("b.txt"), "y\n");
    assert_eq!(sandbox.read("c.txt"), "later\n");
    assert_eq!(sandbox.state("p-1"), "ready");
    assert_eq!(sandbox.state("p-2"), "complete");
    let _ = sandbox
        .harness(&["audit", "--strength", "scope", "HEAD~1..HEAD"])
        .exits(0);
    let _ = sandbox.harness(&["rollback", "p-2"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    assert_eq!(sandbox.read("b.txt"), "x\n");
}

#[test]
fn a_task_of_a_squash_whose_lines_others_changed_is_told_by_its_paths() {
    let sandbox = squashed();
    sandbox.write("a.txt", "uno\n2\n3\n4\n5\n6\n7\n8\nnine\n");
    sandbox.git(&["commit", "-qam", "Later"]);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let _ = sandbox
        .harness(&["rollback", "p-1"])
        .exits(1)
        .says("undoing p-1 conflicts with later work in a.txt");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn a_rollback_that_did_not_move_the_branch_is_over() {
    let sandbox = ground();
    exec(&sandbox, "p-1", "echo y > a.txt");
    sandbox.write("a.txt", "dirty\n");
    assert_ne!(sandbox.harness(&["rollback", "p-1"]).code, 0);
    let log = sandbox.harness(&["log"]).exits(0).stdout;
    let count = |words: &str| log.matches(words).count();
    assert_eq!(count("rolling back"), count("the rollback did not come about"), "{log}");
    sandbox.git(&["checkout", "-q", "a.txt"]);
    let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "ready");
}

/// A clone without a journal, on which nothing was ever built.
fn fresh(sandbox: &Sandbox) -> std::path::PathBuf {
    let other = sandbox.beside("fresh");
    sandbox.git(&["clone", "-q", ".", other.to_str().unwrap()]);
    other
}

#[test]
fn any_clone_reads_what_the_records_tell_and_tells_nothing_twice() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let plan = PLAN.replace(
        "\"files\": [\"b.txt\", \"a.txt\"]",
        "\"dependencies\": [\"p-1\"], \"files\": [\"b.txt\"]",
    );
    sandbox.import("p.json", &plan);
    let _ = sandbox.harness(&["note", "p-1", "Mind the zebra"]).exits(0);
    exec(&sandbox, "p-1", "echo y > a.txt");
    let other = fresh(&sandbox);
    for (dir, where_) in [(sandbox.repo(), "at home"), (other, "in a fresh clone")] {
        let said = |args: &[&str]| sandbox.harness_in(&dir, args).exits(0).stdout;
        for (args, word) in [
            (&["show", "p-1"][..], "Mind the zebra"),
            (&["show", "p-1"], "passed true"),
            (&["show", "p-1"], "M a.txt"),
            (&["search", "zebra"], "zebra"),
            (&["packet", "p-2"], "Mind the zebra"),
        ] {
            let text = said(args);
            assert_eq!(text.matches(word).count(), 1, "{where_}: {args:?}\n{text}");
        }
        let log = said(&["log", "p-1"]);
        let landed = log.lines().filter(|line| line.contains("landed ")).count();
        assert_eq!(landed, 1, "{where_}\n{log}");
        let json = said(&["show", "p-1", "--json"]);
        assert!(json.contains("\"record\": {"), "{json}");
    }
    let dir = sandbox.beside("fresh");
    let log = sandbox.harness_in(&dir, &["log"]).exits(0).stdout;
    assert!(log.contains("says its record"), "{log}");
    let json = sandbox.harness_in(&dir, &["log", "--json", "-n", "1"]).exits(0).stdout;
    assert!(json.contains("\"event\":\"recorded\""), "{json}");
    let models = sandbox.harness_in(&dir, &["models"]).exits(0).stdout;
    assert!(models.contains("other clones recorded 1 of 1 first tries"), "{models}");
    // What was undone is told as undone, whatever its record still says.
    sandbox.git_in(&dir, &["config", "user.name", "Other"]);
    sandbox.git_in(&dir, &["config", "user.email", "other@example.invalid"]);
    sandbox.git_in(&dir, &["revert", "--no-edit", "HEAD"]);
    let show = sandbox.harness_in(&dir, &["show", "p-1"]).exits(0).stdout;
    assert!(
        show.contains("status   reverted (") && show.contains("Mind the zebra"),
        "{show}"
    );
}
