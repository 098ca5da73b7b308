//! Plans in: every format, every mistake, and what may change afterwards.

use std::fs;

use super::sandbox::{ALL_TIERS, Sandbox, one_card};

#[test]
fn every_mistake_is_reported_with_its_place_and_nothing_is_written() {
    let sandbox = Sandbox::new(&[]);
    let file = sandbox.beside("p.yaml");
    fs::write(
        &file,
        "- id: p-1\n  titel: One\n  files: [../x, '']\n  verify: [true]\n  dependencies: [p-9]\n- id: P-1\n  title: Two\n  files: [a]\n  definition_of_done: [x]\n  verify: [\"true\"]\n- id: p-2\n  title: A\n  files: [a]\n  definition_of_done: [x]\n  verify: [\"true\"]\n  dependencies: [p-3]\n- id: p-3\n  title: B\n  files: [a]\n  definition_of_done: [x]\n  verify: [\"true\"]\n  dependencies: [p-2]\n",
    )
    .unwrap();
    let outcome = sandbox
        .harness(&["plan", "import", "--commit", file.to_str().unwrap()])
        .exits(2);
    for wanted in [
        "`titel` is not a key of a card",
        "write `title`",
        "`../x` leaves the repository",
        "`` is empty",
        "the task has no definition of done",
        "the ids P-1 and p-1 differ in case only",
        "depends on p-9, which does not exist",
        "these tasks wait for one another: p-2 → p-3 → p-2",
        "nothing was written",
    ] {
        assert!(
            outcome.stderr.contains(wanted),
            "`{wanted}` is not in\n{}",
            outcome.stderr
        );
    }
    assert!(!sandbox.repo().join(".harness").exists());
    assert_eq!(sandbox.subjects("main"), ["Begin"]);
}

#[test]
fn importing_again_updates_what_nobody_began_and_refuses_the_rest() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let plan = one_card("p-1", "a.txt", "true");
    sandbox.import("p.json", &plan);
    let count = sandbox.subjects("main").len();
    sandbox.import("p.json", &plan);
    assert_eq!(
        sandbox.subjects("main").len(),
        count,
        "the same plan again changes nothing"
    );
    sandbox.import("p.json", &plan.replace("Do it", "Do it well"));
    assert!(sandbox.read(".harness/tasks/p-1.md").contains("Do it well"));
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    let file = sandbox.beside("p.json");
    fs::write(&file, plan).unwrap();
    let _ = sandbox
        .harness(&["plan", "import", "--commit", file.to_str().unwrap()])
        .exits(1)
        .says("these tasks were begun, so an import does not touch them: p-1");
}

#[test]
fn an_id_is_never_given_twice_even_when_its_card_is_gone() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox.git(&["rm", "-q", "-r", ".harness"]);
    sandbox.git(&["commit", "-qm", "Away with it"]);
    let file = sandbox.beside("again.json");
    fs::write(&file, one_card("P-1", "a.txt", "true")).unwrap();
    let _ = sandbox
        .harness(&["plan", "import", "--commit", file.to_str().unwrap()])
        .exits(2)
        .says("given before");
}

#[test]
fn lint_names_weak_places_with_the_fix() {
    let sandbox = Sandbox::new(&[
        ("src/a.rs", ""),
        ("src/a_test.rs", ""),
        ("Cargo.toml", ""),
        ("Cargo.lock", ""),
    ]);
    sandbox.import(
        "p.json",
        "[{\"id\": \"p-1\", \"title\": \"T\", \"files\": [\"src/*\", \"Cargo.toml\"], \"instructions\": \"See docs/b.md\", \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]",
    );
    let outcome = sandbox.harness(&["plan", "lint"]).exits(0);
    for wanted in [
        "no check is of this card's own definition of done",
        "the card has no stop condition",
        "opens both sources and tests",
        "the text names docs/b.md",
        "Cargo.toml is allowed without Cargo.lock",
    ] {
        assert!(
            outcome.stdout.contains(wanted),
            "`{wanted}` is not in\n{}",
            outcome.stdout
        );
    }
}

#[test]
fn a_plan_waits_for_its_approval_and_a_changed_card_needs_a_new_one() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.configure("[approval]\nplan = \"required\"\n");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    assert_eq!(sandbox.state("p-1"), "pending");
    let _ = sandbox.harness(&["next"]).exits(3);
    // Nobody agrees to whatever stands there.
    let _ = sandbox.harness(&["plan", "approve", "p"]).exits(2).says("--of CHANGE");
    let _ = sandbox
        .harness(&["plan", "approve", "p", "--of", "0123456789ab"])
        .exits(1)
        .says("plan p has changed");
    let _ = sandbox.approve_plan("p").exits(0).prints("approves plan p");
    assert_eq!(sandbox.state("p-1"), "ready");
    assert!(sandbox.trailers("main")[0].starts_with("Harness-Approves: p "));
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true").replace("Do it", "Do more"));
    assert_eq!(sandbox.state("p-1"), "pending");
}

#[test]
fn the_graph_is_drawn_in_three_ways() {
    let sandbox = Sandbox::new(&[]);
    sandbox.import(
        "p.json",
        "[{\"id\": \"b\", \"title\": \"B\", \"dependencies\": [\"a\"], \"files\": [\"x\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}, {\"id\": \"a\", \"title\": \"A\", \"files\": [\"x\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]",
    );
    insta::assert_snapshot!(sandbox.harness(&["plan", "graph"]).exits(0).stdout, @r"
    a  A
    b  B  after a
    ");
    let _ = sandbox
        .harness(&["plan", "graph", "--dot"])
        .exits(0)
        .prints("\"a\" -> \"b\";");
    let _ = sandbox
        .harness(&["plan", "graph", "--mermaid"])
        .exits(0)
        .prints("a --> b");
}

#[test]
fn the_third_seeds_folder_of_tasks_is_read() {
    let sandbox = Sandbox::new(&[("src/lib.rs", "")]);
    let dir = sandbox.beside("contracts/tasks");
    fs::create_dir_all(&dir).unwrap();
    let task = |what: &str| {
        format!(
            "## Objective\n{what}\n\n## Files to Modify\n- src/lib.rs\n\n## Steps\n1. Do it\n\n## Completion Criteria\n- `sh check.sh` passes\n"
        )
    };
    fs::write(dir.join("0x01-task.md"), task("Set up")).unwrap();
    fs::write(dir.join("0x02-task.md"), task("Go on")).unwrap();
    let _ = sandbox
        .harness(&["plan", "import", "--commit", dir.to_str().unwrap()])
        .exits(0)
        .prints("2 cards of plan contracts");
    let states = sandbox.states();
    assert_eq!(
        states,
        [
            ("0x01".to_owned(), "ready".to_owned()),
            ("0x02".to_owned(), "pending".to_owned())
        ]
    );
}

#[test]
fn status_as_people_read_it() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["status"]).exits(0).prints("no plan on main yet");
    sandbox.import(
        "p.json",
        "[{\"id\": \"p-1\", \"title\": \"First\", \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}, {\"id\": \"p-2\", \"title\": \"Second\", \"dependencies\": [\"p-1\"], \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]",
    );
    let _ = sandbox.harness(&["block", "p-1", "-m", "wait for the lawyer"]).exits(0);
    let sandbox = sandbox.without(ALL_TIERS);
    insta::assert_snapshot!(sandbox.harness(&["status"]).exits(0).stdout, @r"
    on main: 0 of 2 complete
      p-1  blocked  First (wait for the lawyer)
      p-2  pending  Second (after p-1)
    fence: shadow
    ");
}

#[test]
fn a_card_is_edited_with_a_commit_of_its_own() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let file = sandbox.beside("card.md");
    let card = sandbox.read(".harness/tasks/p-1.md");
    fs::write(&file, card.replace("a.txt", "b.txt")).unwrap();
    let _ = sandbox
        .harness(&[
            "plan",
            "edit",
            "p-1",
            "--from",
            file.to_str().unwrap(),
            "-m",
            "another file",
        ])
        .exits(0);
    assert!(sandbox.read(".harness/tasks/p-1.md").contains("b.txt"));
    assert_eq!(sandbox.trailers("HEAD"), ["Harness-Revises: p-1"]);
    fs::write(&file, card.replace("files =", "fils =")).unwrap();
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", file.to_str().unwrap()])
        .exits(2)
        .says("write `files`");
    let _ = sandbox.harness(&["plan", "edit", "p-1"]).exits(2).says("--from FILE");
}

#[test]
fn a_folder_of_native_cards_comes_in_as_it_is_and_keeps_its_plan_and_order() {
    let source = Sandbox::new(&[("a.txt", "x\n")]);
    source.import(
        "game.json",
        "[{\"id\": \"game-01\", \"title\": \"First\", \"files\": [\"a.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}, \
          {\"id\": \"game-02\", \"title\": \"Second\", \"dependencies\": [\"game-01\"], \"files\": [\"b.txt\"], \"definition_of_done\": [\"x\"], \"verify\": [\"true\"]}]",
    );
    let other = Sandbox::new(&[("a.txt", "x\n")]);
    let cards = source.repo().join(".harness/tasks");
    let _ = other
        .harness(&["plan", "import", "--commit", cards.to_str().unwrap()])
        .exits(0);
    for card in ["game-01", "game-02"] {
        let file = format!(".harness/tasks/{card}.md");
        assert_eq!(other.read(&file), source.read(&file));
    }
    let states = other.states();
    assert_eq!(
        states,
        [("game-01", "ready"), ("game-02", "pending")].map(|(id, state)| (id.to_owned(), state.to_owned()))
    );
}

#[test]
fn what_was_imported_to_be_looked_at_is_committed_as_it_is_told() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let file = sandbox.beside("p.json");
    std::fs::write(&file, one_card("p-1", "a.txt", "grep -q y a.txt")).unwrap();
    let file = file.to_str().unwrap();
    let told = sandbox.harness(&["plan", "import", file]).exits(0);
    let _ = told.prints(&format!("next: git harness plan import {file} --commit"));
    let _ = sandbox.harness(&["plan", "import", file, "--commit"]).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn a_file_of_ones_own_where_a_card_would_be_is_in_the_way_still() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let file = sandbox.beside("p.json");
    std::fs::write(&file, one_card("p-1", "a.txt", "grep -q y a.txt")).unwrap();
    let file = file.to_str().unwrap();
    let _ = sandbox.harness(&["plan", "import", file]).exits(0);
    let card = sandbox.read(".harness/tasks/p-1.md");
    sandbox.write(".harness/tasks/p-1.md", &format!("{card}\nMine.\n"));
    let refused = sandbox.harness(&["plan", "import", file, "--commit"]);
    assert_ne!(refused.code, 0);
    assert!(
        sandbox.read(".harness/tasks/p-1.md").ends_with("Mine.\n"),
        "nothing of it is lost"
    );
}
