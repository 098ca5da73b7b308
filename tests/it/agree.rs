//! Agreement: to one change in one round, by somebody who had no part in it; and what other clones say of it.

use std::fs;
use std::path::PathBuf;

use git_harness::domain::actor::Actor;
use git_harness::domain::gate::{Approval, ApprovalSubject};
use git_harness::domain::id::{AttemptId, WriterId};
use git_harness::domain::oid::Digest;
use git_harness::domain::task::event::Event;
use git_harness::domain::task::row::Row;

use super::remote::{AT_ONCE, Team};
use super::sandbox::{Outcome, Sandbox, one_card};

/// A card whose verified change waits for somebody.
fn waiting(more: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure(&format!("[lanes.throughput]\ngates = [\"review\"]\n{more}"));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = build(&sandbox, "y").exits(4);
    sandbox
}

fn build(sandbox: &Sandbox, text: &str) -> Outcome {
    sandbox.harness(&["exec", "p-1", "--", "sh", "-c", &format!("echo {text} > a.txt")])
}

#[test]
fn a_decision_names_what_was_looked_at() {
    let sandbox = waiting("");
    let seen = sandbox.change_of("p-1");
    assert_eq!(seen.len(), 12);
    let shown = sandbox.harness(&["show", "p-1", "--json"]).exits(0).stdout;
    assert!(shown.contains(&format!("\"change\": \"{seen}\"")), "{shown}");
    for command in [&["approve", "p-1"][..], &["reject", "p-1", "-m", "no"]] {
        let _ = sandbox.harness_as("Bob", command).exits(2).says("--of CHANGE");
    }
    let _ = sandbox
        .harness_as("Carol", &["reject", "p-1", "--of", &seen[..8], "-m", "no"])
        .exits(0);
    let _ = build(&sandbox, "z").exits(4);
    assert_ne!(sandbox.change_of("p-1"), seen);
    let _ = sandbox
        .harness_as("Bob", &["approve", "p-1", "--of", &seen])
        .exits(1)
        .says("p-1 waits with another change");
    let _ = sandbox.approve_as("Bob", "p-1").exits(0).prints("landed on main");
    // The same change in another round is another thing to agree to.
    let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
    let _ = build(&sandbox, "z").exits(4).prints("waits for review");
    assert_eq!(sandbox.read("a.txt"), "x\n");
}

#[test]
fn whoever_had_a_part_in_it_agrees_only_where_the_project_says_so() {
    let sandbox = waiting("");
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness(&["approve", "p-1", "--of", &change])
        .exits(1)
        .says("nobody approves their own work");
    let sandbox = waiting("[approval]\nself = \"allow\"\n");
    let change = sandbox.change_of("p-1");
    let _ = sandbox.harness(&["approve", "p-1", "--of", &change]).exits(0);
    let trailers = sandbox.trailers("main");
    assert!(
        trailers.iter().any(|line| line.starts_with("Harness-Self-Approved")),
        "{trailers:?}"
    );
}

#[test]
fn what_was_agreed_to_can_be_taken_back_until_it_has_landed() {
    let sandbox = waiting("");
    sandbox.configure("[lanes.throughput]\ngates = [\"review\", \"security\"]\n");
    let _ = sandbox.harness(&["retry", "p-1"]).exits(0);
    let _ = build(&sandbox, "y").exits(4);
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness_as("Bob", &["approve", "p-1", "--of", &change, "--gate", "review"])
        .exits(4)
        .prints("still waits for security");
    let _ = sandbox
        .harness_as("Carol", &["approve", "p-1", "--withdraw"])
        .exits(1)
        .says("there is no approval of Carol");
    let _ = sandbox
        .harness_as("Bob", &["approve", "p-1", "--withdraw", "-m", "I overlooked something"])
        .exits(0);
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness_as("Carol", &["approve", "p-1", "--of", &change, "--gate", "security"])
        .exits(4)
        .prints("still waits for review");
    let _ = sandbox
        .harness_as("Bob", &["approve", "p-1", "--of", &sandbox.change_of("p-1")])
        .exits(0)
        .prints("landed");
    let _ = sandbox
        .harness_as("Bob", &["approve", "p-1", "--withdraw"])
        .exits(1)
        .says("complete");
    let _ = sandbox
        .harness(&["log", "p-1"])
        .exits(0)
        .prints("withdrew their approval: I overlooked something");
}

/// Nobody agreed to a gate that the lane had not when they were asked.
#[test]
fn an_approval_is_for_the_gates_that_waited_then() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure("[lanes.throughput]\ngates = [\"review\"]\n");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", "y\n");
    let _ = sandbox.harness(&["submit"]).exits(4).says("waits for review");
    let _ = sandbox.approve_as("Bob", "p-1").exits(0);
    sandbox.write(
        ".harness/config.toml",
        "[lanes.throughput]\ngates = [\"review\", \"security\"]\n",
    );
    sandbox.git(&[
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "-qm",
        "More gates",
        "--",
        ".harness",
    ]);
    let _ = sandbox.harness(&["trust"]);
    let _ = sandbox.harness(&["submit"]).exits(4).says("waits for security");
    assert_eq!(sandbox.git(&["show", "main:a.txt"]), "x");
}

#[test]
fn no_program_builds_where_a_person_does() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure("[lanes.throughput]\nai = \"advise\"\n");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = build(&sandbox, "y").exits(4).says("git harness start p-1");
    let answer = sandbox.beside("answer");
    fs::write(&answer, "a.txt\n```\ny\n```\n").unwrap();
    let _ = sandbox
        .harness(&["apply", "p-1", answer.to_str().unwrap()])
        .exits(4)
        .says("a person builds");
    assert_eq!(sandbox.state("p-1"), "ready");
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("a.txt", "y\n");
    let _ = sandbox.harness(&["submit"]).exits(0);
}

/// A journal that nobody's program wrote, as whoever may push publishes it.
struct Forger {
    team: Team,
    one: PathBuf,
}

impl Forger {
    /// A team of one machine, where a card waits for review.
    fn new() -> Self {
        let team = Team::new(&["a"], "[lanes.throughput]\ngates = [\"review\"]\n");
        let one = team.machine("one", AT_ONCE);
        let _ = team.run(&one, &[]).exits(4).prints("needs_review");
        Self { team, one }
    }

    fn at(&self, args: &[&str]) -> Outcome {
        self.team.sandbox.harness_in(&self.one, args)
    }

    /// The machine's own journal.
    fn rows(&self) -> String {
        let journal = self.one.join(".git/harness/journal");
        let folders = fs::read_dir(journal).unwrap().flatten().map(|entry| entry.path());
        let own = folders.filter(|dir| !dir.join("copied").exists());
        own.map(|dir| fs::read_to_string(dir.join("000001.jsonl")).unwrap())
            .collect()
    }

    fn attempt(&self) -> AttemptId {
        let rows = self.rows();
        let mut events = rows.lines().map(|line| Row::read_alone(line).unwrap().0);
        let found = events.find_map(|row| match row.known() {
            Some(Event::Dispatched(dispatched)) => Some(dispatched.attempt.clone()),
            _ => None,
        });
        found.unwrap()
    }

    fn subject(&self) -> ApprovalSubject {
        let rows = self.rows();
        let events = rows.lines().map(|line| Row::read_alone(line).unwrap().0);
        let mut found = events.filter_map(|row| match row.known() {
            Some(Event::ReviewRequested(request)) => Some(request.subject),
            _ => None,
        });
        found.next().unwrap()
    }

    /// Publishes these rows as a writer's journal, and has the machine take them in.
    fn publishes(&self, writer: &str, events: &[(u64, Event)]) -> Outcome {
        let (id, mut prev, mut text): (WriterId, Option<Digest>, String) =
            (writer.parse().unwrap(), None, String::new());
        for (seq, (at, event)) in (1..).zip(events) {
            let (row, line) = Row::write(&id, seq, *at, jiff::Timestamp::UNIX_EPOCH, event, prev).unwrap();
            prev = Some(row.hash);
            text.push_str(&line);
        }
        let file = self.team.sandbox.beside(writer);
        fs::write(&file, text).unwrap();
        let server = self.team.sandbox.beside("server.git");
        let git = |args: &[&str]| self.team.sandbox.git_in(&server, args).trim().to_owned();
        let blob = git(&["hash-object", "-w", file.to_str().unwrap()]);
        let tree = |entry: String| {
            let list = self.team.sandbox.beside("tree");
            fs::write(&list, entry).unwrap();
            let script = format!("git mktree < {}", list.display());
            let made = self
                .team
                .sandbox
                .command("sh", &server)
                .args(["-c", &script])
                .output()
                .unwrap();
            String::from_utf8(made.stdout).unwrap().trim().to_owned()
        };
        let journal = tree(format!("100644 blob {blob}\t000001.jsonl\n"));
        let top = tree(format!("040000 tree {journal}\tjournal\n"));
        let who = ["-c", "user.name=K", "-c", "user.email=k@example.invalid"];
        let commit = git(&[&who[..], &["commit-tree", &top, "-m", "Journal"]].concat());
        git(&["update-ref", &format!("refs/harness/ledger/{writer}"), &commit]);
        self.at(&["sync"])
    }
}

#[test]
fn rows_of_others_move_nothing_that_waits_here() {
    let forger = Forger::new();
    let (task, attempt) = (
        "a".parse::<git_harness::domain::id::TaskId>().unwrap(),
        forger.attempt(),
    );
    let owner = Actor::Person("The Owner <owner@example.invalid>".into());
    let before = forger.at(&["show", "a"]).exits(0).stdout;
    let approval = Approval {
        by: owner.clone(),
        subject: forger.subject(),
        gates: Vec::new(),
        round: None,
        nonce: None,
    };
    let said = vec![
        Event::Approved {
            task: task.clone(),
            approval,
        },
        Event::Rejected {
            task: task.clone(),
            by: owner.clone(),
            reason: "no".into(),
            violates_intent: false,
            of: None,
        },
        Event::LandLost {
            task: task.clone(),
            attempt: attempt.clone(),
            reason: "late".into(),
            still_accepted: false,
        },
        Event::AttemptLost {
            task: task.clone(),
            attempt: attempt.clone(),
            reason: "gone".into(),
        },
        Event::Released {
            task: task.clone(),
            by: owner.clone(),
        },
        Event::RetryRequested {
            task: task.clone(),
            by: owner.clone(),
            reason: String::new(),
        },
        Event::Blocked {
            task: task.clone(),
            by: owner.clone(),
            reason: "no".into(),
        },
        Event::Noted {
            task,
            by: owner.clone(),
            text: "delete everything".into(),
        },
        Event::Paused { by: owner },
    ];
    let rows: Vec<(u64, Event)> = (500..).zip(said).collect();
    let _ = forger.publishes("wforger", &rows).exits(0);
    assert_eq!(forger.at(&["show", "a"]).exits(0).stdout, before);
    let _ = forger.team.run(&forger.one, &[]).exits(4).prints("needs_review");
    assert_eq!(forger.team.landings(), Vec::<String>::new());
    let _ = forger.at(&["doctor"]).prints("row 1 of wforger changed nothing");
}

#[test]
fn a_counter_that_leaves_no_room_is_not_taken_in() {
    let forger = Forger::new();
    for (writer, at) in [
        ("wmost", u64::MAX),
        ("wnearly", u64::MAX - 1000),
        ("wfar", u64::MAX / 2),
    ] {
        let pause = Event::Paused { by: Actor::Harness };
        let _ = forger
            .publishes(writer, &[(at, pause)])
            .exits(5)
            .prints("follows nothing that is known here");
    }
    // What is decided here afterwards counts.
    let _ = forger.at(&["block", "a", "-m", "wait"]).exits(0);
    let _ = forger.at(&["unblock", "a"]).exits(0);
    let _ = forger.at(&["status"]).prints("ready");
}
