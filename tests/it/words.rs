//! What a message says hides nothing of what its commit does: words about landings, words of undoing, and words in an
//! encoding that two readers could read in two ways.

use super::sandbox::{Sandbox, one_card};

fn ground(config: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.write(".harness/config.toml", &format!("format = 1\n{config}"));
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox.import("q.json", &one_card("q-1", "b.txt", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
        .exits(0);
    sandbox
}

fn plainly(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.git(&[&["-c", "core.hooksPath=/dev/null"], args].concat())
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "-A"]);
    plainly(sandbox, &["commit", "-q", "--allow-empty", "-m", message]);
}

/// The rules that a commit breaks, each once, and whether one of them is an error.
fn found(sandbox: &Sandbox, range: &str) -> (bool, Vec<String>) {
    let outcome = sandbox.harness(&["audit", "--json", "--strength", "scope", range]);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut rules: Vec<String> = findings.map(|one| one["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules.dedup();
    (outcome.code == 1, rules)
}

const ALLOW: &str = "\n[audit]\nunrecorded = \"allow\"\n";

fn verification(landing: &str, evidence: &str) -> String {
    format!(
        "Verify\n\nHarness-Verifies: p-1@{landing}\nHarness-Evidence: {evidence}\nHarness-Ledger: w1:1 abcdefabcdef\n"
    )
}

/// A verification of the landing at the tip of `main`, made up.
fn verifies(sandbox: &Sandbox) -> String {
    let landing = sandbox.git(&["rev-parse", "main"]);
    let evidence = sandbox.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Harness-Evidence,valueonly)",
        "main",
    ]);
    verification(&landing, evidence.trim())
}

#[test]
fn what_only_says_something_and_changes_files_hides_none_of_them() {
    for unrecorded in ["allow", "refuse"] {
        let sandbox = ground(&format!("\n[audit]\nunrecorded = \"{unrecorded}\"\n"));
        let landing = sandbox.git(&["rev-parse", "HEAD"]);
        let card = sandbox.git(&["rev-parse", "HEAD:.harness/tasks/p-1.md"]);
        let digest = "0123456789abcdef".repeat(4);
        let plain = "Fine work\n".to_owned();
        let words = [
            verifies(&sandbox),
            format!("Adopt\n\nHarness-Adopts: p-1@{landing}\nHarness-Card: {card}\n"),
            format!("Approve\n\nHarness-Approves: plan {digest}\n"),
        ];
        for message in [plain].iter().chain(&words) {
            plainly(&sandbox, &["reset", "-q", "--hard", &landing]);
            let record = sandbox.read(".harness/ledger/p-1.toml");
            sandbox.write(".harness/ledger/q-1.toml", &record.replace("\"p-1\"", "\"q-1\""));
            let config = sandbox.read(".harness/config.toml");
            sandbox.write(".harness/config.toml", &format!("{config}\n# Looser\n"));
            sandbox.write("evil.sh", "echo evil\n");
            commit(&sandbox, message);
            let (is_wrong, rules) = found(&sandbox, "HEAD^..");
            let wanted: &[&str] = match unrecorded {
                "allow" => &["governance", "record"],
                _ => &["governance", "record", "unrecorded"],
            };
            for rule in wanted {
                assert!(
                    rules.iter().any(|found| found == rule),
                    "{rule} in {rules:?}: {message}"
                );
            }
            assert!(is_wrong, "{message}");
            assert_eq!(
                rules.contains(&"trailers".to_owned()),
                message.contains("Harness-"),
                "{rules:?}"
            );
            // One file is enough, whatever the project says of work without a task.
            plainly(&sandbox, &["reset", "-q", "--hard", &landing]);
            sandbox.write("evil.sh", "echo evil\n");
            commit(&sandbox, message);
            let (is_wrong, _) = found(&sandbox, "HEAD^..");
            assert_eq!(
                is_wrong,
                unrecorded == "refuse" || message.contains("Harness-"),
                "{message}"
            );
        }
    }
}

#[test]
fn a_revert_with_other_words_behind_it_is_no_clean_one() {
    let sandbox = ground(ALLOW);
    let block = verifies(&sandbox).replace("Verify\n", "");
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    let message = sandbox.git(&["log", "-1", "--format=%B"]);
    plainly(
        &sandbox,
        &[
            "commit",
            "-q",
            "--amend",
            "-m",
            &format!("{}\n{block}", message.trim_end()),
        ],
    );
    let (is_wrong, rules) = found(&sandbox, "HEAD^..");
    assert!(is_wrong && rules.contains(&"trailers".to_owned()), "{rules:?}");
}

#[test]
fn a_verification_of_what_is_not_here_is_named() {
    let sandbox = ground(ALLOW);
    let blob = sandbox.git(&["rev-parse", "HEAD:a.txt"]);
    for landing in ["1".repeat(40), blob] {
        let before = sandbox.git(&["rev-parse", "HEAD"]);
        let evidence = format!("{} 0123456789ab", "3".repeat(40));
        commit(&sandbox, &verification(&landing, &evidence));
        assert_eq!(
            found(&sandbox, "HEAD^.."),
            (false, vec!["elsewhere".to_owned()]),
            "{landing}"
        );
        let recorded = sandbox
            .harness(&["audit", "--strength", "recorded", "HEAD^.."])
            .exits(1)
            .stdout;
        assert!(recorded.contains("unrecorded"), "{recorded}");
        let _ = sandbox.harness(&["status"]).exits(0);
        plainly(&sandbox, &["reset", "-q", "--hard", &before]);
    }
    // Colours in its words are as wrong as anywhere.
    commit(
        &sandbox,
        &verifies(&sandbox).replace("Verify", "Verify \u{1b}[32mfine\u{1b}[0m"),
    );
    assert_eq!(found(&sandbox, "HEAD^.."), (true, vec!["message".to_owned()]));
}

#[test]
fn what_undoes_and_names_nothing_is_held_to_what_governs_the_work() {
    let sandbox = ground("\n[policy]\nprotected = [\"a.txt\"]\n");
    // The card names the file exactly, so that it could land.
    let landing = sandbox.git(&["rev-parse", "HEAD"]);
    plainly(&sandbox, &["revert", "--no-edit", "HEAD"]);
    let by_name = found(&sandbox, "HEAD^..");
    assert_eq!(by_name, (false, vec!["governance".to_owned()]));
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", "Undo it"]);
    assert_eq!(found(&sandbox, "HEAD^.."), by_name);
    let text = sandbox
        .harness(&["audit", "--strength", "scope", "HEAD^.."])
        .exits(0)
        .stdout;
    assert!(text.contains("a.txt: undone, and protected by"), "{text}");
    assert_eq!(sandbox.state("p-1"), "ready");
    // Its record goes with it, and does not become another one.
    let record = sandbox.git(&["show", &format!("{landing}:.harness/ledger/p-1.toml")]);
    sandbox.write(
        ".harness/ledger/p-1.toml",
        &record.replace("Person", "Nobody").replace("complete", "fine"),
    );
    sandbox.git(&["add", "-A"]);
    plainly(&sandbox, &["commit", "-q", "--amend", "-m", "Undo it"]);
    let (is_wrong, rules) = found(&sandbox, "HEAD^..");
    assert!(is_wrong && rules.contains(&"record".to_owned()), "{rules:?}");
}

#[test]
fn a_message_is_read_in_its_own_encoding() {
    let sandbox = ground(ALLOW);
    let file = sandbox.beside("message");
    let told = file.to_str().unwrap().to_owned();
    std::fs::write(&file, b"\x1b$B$\"\x1b(B\n").unwrap();
    let said_in = |encoding: &str| {
        let setting = format!("i18n.commitEncoding={encoding}");
        let mut call = sandbox.command("git", &sandbox.repo());
        // Git decodes a commit as a whole, and a `+` in its dates is none of UTF-7.
        call.env("GIT_AUTHOR_DATE", "1700000000 -0100")
            .env("GIT_COMMITTER_DATE", "1700000000 -0100")
            .args(["-c", "core.hooksPath=/dev/null", "-c", &setting])
            .args(["commit", "-q", "--allow-empty", "-F", &told]);
        assert!(call.status().unwrap().success());
    };
    said_in("ISO-2022-JP");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "\u{3042}");
    assert_eq!(found(&sandbox, "HEAD^.."), (false, Vec::new()));
    // What `git log` shows as words of ours, and nobody else does.
    let landing = sandbox.git(&["rev-parse", "HEAD~1"]);
    std::fs::write(
        &file,
        format!("Fine\n\n+AEg-arness-Adopts: q-1+AEA-{landing}\n+AEg-arness-Card: {landing}\n"),
    )
    .unwrap();
    said_in("UTF-7");
    assert!(
        sandbox
            .git(&["log", "-1", "--format=%B"])
            .contains("Harness-Adopts: q-1@")
    );
    let (_, rules) = found(&sandbox, "HEAD^..");
    assert_eq!(rules, ["message"]);
    assert_eq!(sandbox.state("q-1"), "ready");
}
