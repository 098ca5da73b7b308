//! Somebody who knows nothing of it: wrong names, wrong places, nothing there yet. Every answer says what to do next, and
//! is JSON for whoever asked for JSON.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::sandbox::{Outcome, Sandbox, one_card};

/// What a program reads of an error: one object, which says what the exit code says.
fn told(outcome: &Outcome) -> Value {
    let value: Value = serde_json::from_str(outcome.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(value["v"], 1);
    assert_eq!(value["error"]["exit"], outcome.code);
    let message = value["error"]["message"].as_str().unwrap();
    assert!(outcome.stderr.contains(message), "{message}\n{}", outcome.stderr);
    value
}

#[test]
fn an_error_is_json_too_for_who_asked_for_json() {
    let sandbox = Sandbox::new(&[]);
    let outside = sandbox.beside("nothing");
    fs::create_dir(&outside).unwrap();
    for command in [
        &["status", "--json"][..],
        &["plan", "graph", "--json"],
        &["run", "--json"],
        &["log", "--json"],
        &["audit", "--sarif", "--json"],
    ] {
        let outcome = sandbox.harness_in(&outside, command).exits(2);
        told(&outcome);
        assert_eq!(outcome.stdout.lines().count(), 1, "{command:?}");
    }
    let outcome = sandbox.harness(&["next", "--peek", "--json"]).exits(3);
    let error = told(&outcome);
    assert_eq!(error["error"]["message"], "no card is ready");
    assert!(error["error"]["hint"].as_str().unwrap().contains("git harness status"));

    sandbox.configure("format = 1\n[roles\n");
    let outcome = sandbox.harness(&["status", "--json"]).exits(2);
    let mistakes = &told(&outcome)["error"]["mistakes"];
    assert_eq!(mistakes[0]["file"], ".harness/config.toml");
    assert_eq!(mistakes[0]["line"], 2);

    // What stands behind `--` is somebody else's command line.
    let outcome = sandbox.harness(&["exec", "--nonsense", "--", "x", "--json"]).exits(2);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_name_that_is_not_there_is_said_and_not_passed_over() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(2)
        .says("there is no plan yet: git harness plan new");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    for command in [
        &["run", "--only", "p-2"][..],
        &["run", "--from", "p-2"],
        &["log", "p-2"],
        &["show", "p-2"],
    ] {
        let _ = sandbox
            .harness(command)
            .exits(2)
            .says("there is no task p-2")
            .says("did you mean p-1?");
    }
    for command in [&["run", "--builder", "nobody"][..], &["models", "check", "nobody"]] {
        let _ = sandbox
            .harness(command)
            .exits(2)
            .says("there is no builder `nobody`")
            .says("hint: none is configured");
    }
    for command in [
        &["run", "q"][..],
        &["next", "q"],
        &["next", "--peek", "q"],
        &["status", "q"],
        &["plan", "show", "q"],
        &["plan", "lint", "q"],
        &["plan", "graph", "q"],
        &["plan", "approve", "q"],
    ] {
        let _ = sandbox
            .harness(command)
            .exits(2)
            .says("there is no plan q")
            .says("hint: plans: p");
    }
    let _ = sandbox
        .harness(&["log", "p-1"])
        .exits(0)
        .prints("nothing has happened yet");
}

#[test]
fn where_nothing_is_yet_every_command_says_so() {
    let sandbox = Sandbox::new(&[]);
    for command in [&["plan", "show"][..], &["plan", "graph"], &["status"]] {
        let _ = sandbox
            .harness(command)
            .exits(0)
            .prints("no plan on main yet: git harness plan new");
    }
    let _ = sandbox.harness(&["log"]).exits(0).prints("nothing has happened yet");
    let _ = sandbox
        .harness(&["plan", "approve"])
        .exits(2)
        .says("there is none yet: git harness plan new");
    let outcome = sandbox.harness(&["trust"]).exits(0);
    assert_eq!(
        outcome.stdout,
        "this repository names no command, so there is nothing to trust\n"
    );
    let _ = sandbox.harness(&["run"]).exits(3).prints("no plan on main yet");
}

#[test]
fn a_finished_plan_has_nothing_to_do() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
        .exits(0);
    let body = sandbox.git(&["log", "-1", "--format=%b"]);
    assert!(body.starts_with("- Changed a.txt\n- Verified with: true\n"), "{body}");
    let outcome = sandbox.harness(&["run"]).exits(3);
    assert_eq!(
        outcome.stdout,
        "nothing to do: every task that this run is about is complete on main\n"
    );
    let diff = sandbox.harness(&["diff", "p-1"]).exits(0).stdout;
    assert!(diff.starts_with("diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n"));
    assert!(!diff.contains(".harness/ledger"), "{diff}");
}

#[test]
fn a_day_is_a_time_to_roll_back_to() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox
        .harness(&["rollback", "--since", "2001-02-03"])
        .exits(0)
        .prints("nothing landed since then");
    let _ = sandbox
        .harness(&["rollback", "--since", "never"])
        .exits(2)
        .says("`never` is no time")
        .says("2026-01-31 (from midnight UTC)");
}

#[test]
fn a_place_without_work_is_told_by_its_whole_name() {
    let sandbox = Sandbox::new(&[]);
    let outside = sandbox.beside("no repository");
    fs::create_dir(&outside).unwrap();
    let outcome = sandbox.harness_in(&outside, &["status"]).exits(2);
    let line = format!("error: {} is not in a git repository\n", outside.display());
    assert!(outcome.stderr.starts_with(&line), "{}", outcome.stderr);

    let bare = sandbox.beside("bare.git");
    sandbox.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let _ = sandbox
        .harness_in(&bare, &["init"])
        .exits(2)
        .says("a bare repository has no files to set up")
        .says("git harness hooks install --server");

    let unborn = sandbox.beside("unborn");
    fs::create_dir(&unborn).unwrap();
    sandbox.git_in(&unborn, &["init", "-q"]);
    for command in [&["status"][..], &["init"], &["audit"], &["run"]] {
        let _ = sandbox
            .harness_in(&unborn, command)
            .exits(2)
            .says("the branch main has no commit yet")
            .says("git commit --allow-empty");
    }
}

#[test]
fn a_second_init_writes_nothing() {
    let sandbox = Sandbox::new(&[]);
    let _ = sandbox.harness(&["init"]).exits(0).prints("next: commit these files");
    fs::remove_file(sandbox.repo().join("AGENTS.md")).unwrap();
    let _ = sandbox
        .harness(&["init"])
        .exits(0)
        .prints(".harness/config.toml is there already and stays as it is")
        .prints("next: git harness status");
    assert!(!sandbox.repo().join("AGENTS.md").exists());
}

#[test]
fn help_is_a_word_too() {
    let sandbox = Sandbox::new(&[]);
    let _ = sandbox
        .harness(&["help"])
        .exits(0)
        .prints("Usage: git harness [OPTIONS] <COMMAND>");
    let _ = sandbox
        .harness(&["help", "plan", "import"])
        .exits(0)
        .prints("Usage: git harness plan import");
}

#[test]
fn an_answer_that_cannot_be_read_changes_nothing() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox.harness(&["escalate", "p-1"]).exits(0).prints("git harness run");
    let answer = sandbox.beside("answer.md");
    fs::write(&answer, "I would rather not.\n").unwrap();
    let outcome = sandbox
        .harness(&["escalate", "p-1", "--answer", answer.to_str().unwrap()])
        .exits(2);
    let _ = outcome
        .says("it has no part `Corrected task instructions`")
        .says("nothing was changed")
        .says("git harness packet p-1");
    assert_eq!(sandbox.state("p-1"), "escalated");
    fs::write(&answer, "## Corrected task instructions\nWrite y.\n").unwrap();
    let _ = sandbox
        .harness(&["escalate", "p-1", "--answer", answer.to_str().unwrap()])
        .exits(0)
        .prints("p-1 is answered; `git harness run` goes on with it");
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn a_reason_is_more_than_nothing() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    for command in [&["block", "p-1", "-m", ""][..], &["note", "p-1", ""]] {
        let _ = sandbox.harness(command).exits(2).says("a value is required");
    }
    assert_eq!(sandbox.state("p-1"), "ready");
    let _ = sandbox.harness(&["block", "p-1", "-m", "wait"]).exits(0);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints("because  wait")
        .prints("next     git harness plan edit p-1, or git harness unblock p-1");
}

#[test]
fn what_waits_says_for_whom() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let plan = "## Task 01: One\nObjective: a file\n### Allowed files\n- a.txt\n### Definition of done\n- x\n### Verification\n- acceptance: true\n### Stop condition\nStop.\n";
    let second = plan.replace("01: One", "02: Two") + "### Depends on\n01\n";
    sandbox.import("plan.md", &format!("{plan}\n{second}"));
    let _ = sandbox
        .harness(&["start", "task-02"])
        .exits(3)
        .says("task-02 is pending: it waits for task-01");
    let _ = sandbox.harness(&["plan", "lint"]).exits(0).prints("no weak places");
}

#[test]
fn a_packet_does_not_act_on_the_terminal() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox.harness(&["note", "p-1", "red \u{1b}[31m"]).exits(0);
    for command in [&["packet", "p-1"][..], &["next"], &["next"]] {
        let outcome = sandbox.harness(command).exits(0).prints("red \\u{1b}[31m");
        assert!(!outcome.stdout.contains('\u{1b}'), "{command:?}");
    }
}

#[test]
fn a_mistake_in_one_long_line_is_told() {
    let sandbox = Sandbox::new(&[]);
    let file = sandbox.beside("p.json");
    fs::write(
        &file,
        format!("[{{\"id\": \"p-1\", \"title\": \"{}\", 7", "x".repeat(100_000)),
    )
    .unwrap();
    let _ = sandbox
        .harness(&["plan", "import", file.to_str().unwrap()])
        .exits(2)
        .says("p.json:1:100")
        .says("the plan has mistakes; nothing was written");
}

#[test]
fn a_repository_that_names_no_command_needs_no_trust() {
    let sandbox = Sandbox::new(&[]);
    let _ = sandbox.harness(&["run"]).exits(3).prints("no plan on main yet");
    sandbox.configure_unread("format = 1\n[checks.test]\nrun = \"true\"\n");
    let _ = sandbox.harness(&["run"]).exits(4).says("not trusted: check `true`");
}

#[test]
fn ctrl_c_while_checks_run_gives_the_card_back_at_once() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let builder = sandbox.script("builder.sh", "echo y > a.txt\n");
    sandbox.configure(&format!(
        "format = 1\n[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "sleep 60"));
    let mut command = sandbox.harness_command();
    command
        .args(["run", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut run = command.spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"event\":\"check_started\"")));
    let pid = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let last: Value = serde_json::from_str(&lines.map(Result::unwrap).last().unwrap()).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(last["error"]["exit"], 130);
    assert_eq!(sandbox.state("p-1"), "ready", "nobody has it any more");
    let _ = sandbox.harness(&["log", "p-1"]).exits(0).prints("stopped by the user");
}
