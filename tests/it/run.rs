//! The loop: plans become commits, and what fails goes its way.

use std::fs;
use std::time::{Duration, Instant};

use super::sandbox::{ALL_TIERS, Sandbox, one_card};

/// The seeds' example: a JavaScript game, with a test that needs only sh.
fn game() -> Sandbox {
    let sandbox = Sandbox::new(&[
        (
            "src/gameLoop.js",
            "function update(dt) {\n}\n\nfunction render() {\n}\n",
        ),
        ("src/Enemy.js", "class Enemy {}\n"),
        ("src/config.js", "const config = { spawnInterval: 2 };\n"),
        (
            "test.sh",
            "# Spawning belongs into update and uses the configured interval.\nawk '/function update/{u=1} /^}/{u=0} u' src/gameLoop.js | grep -q spawnInterval || { echo 'FAIL enemy spawn timing: not in update'; exit 1; }\n! awk '/function render/{r=1} /^}/{r=0} r' src/gameLoop.js | grep -q spawn\n",
        ),
    ]);
    sandbox.import(
        "game.md",
        "# A game\n\n## Task 04: Add enemy spawn timing\n\nContext: src/config.js\n\nAllowed files: src/gameLoop.js, src/Enemy.js, src/config.js\n\nInstructions:\n- Add timed enemy spawning every 2 seconds\n- Use the spawn interval from config.js\n\nConstraints:\n- Do not modify player movement\n\nDefinition of done:\n- Enemies spawn repeatedly\n- Spawn rate uses the configured interval\n\nVerification:\n- sh test.sh\n\nStop condition: Summarize the changed files and stop\n",
    );
    sandbox
}

#[test]
fn the_seeds_card_is_built_on_the_retry_that_its_failure_output_explains() {
    let sandbox = game();
    // The first try spawns in the render loop; only a packet that quotes the failure makes it move.
    let builder = sandbox.script(
        "builder.sh",
        "cat > packet.txt\nif grep -q 'FAIL enemy spawn timing' packet.txt; then\n  printf 'function update(dt) {\\n  if (t > config.spawnInterval) spawn();\\n}\\n\\nfunction render() {\\n}\\n' > src/gameLoop.js\nelse\n  printf 'function update(dt) {\\n}\\n\\nfunction render() {\\n  spawn(config.spawnInterval);\\n}\\n' > src/gameLoop.js\nfi\nrm packet.txt\necho '- Added spawn interval handling'\n",
    );
    let name = builder.as_str();
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{name}\"]\nmodel = \"local:sh\"\n"
    ));
    let _ = sandbox.harness(&["trust"]).exits(0);
    let outcome = sandbox
        .harness(&["run"])
        .exits(0)
        .says("verification failed")
        .says("landed on main");
    assert!(
        outcome.stdout.contains("1 landed, 1 retried, 0 escalated"),
        "{}",
        outcome.stdout
    );
    assert_eq!(sandbox.state("task-04"), "complete");
    assert!(
        sandbox
            .read("src/gameLoop.js")
            .contains("if (t > config.spawnInterval)"),
        "the files follow the branch"
    );
    let trailers = sandbox.trailers("main");
    assert!(trailers.contains(&"Harness-Task: task-04".to_owned()), "{trailers:?}");
    assert!(trailers.contains(&"Harness-Attempt: 2".to_owned()), "{trailers:?}");
    assert!(trailers.contains(&"Assisted-by: local:sh".to_owned()), "{trailers:?}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let body = sandbox.git(&["log", "-1", "--format=%B", "main"]);
    assert!(body.contains("- Added spawn interval handling"), "{body}");
}

#[test]
fn what_reaches_outside_the_card_is_refused_by_name_and_nothing_of_it_lands() {
    let sandbox = game();
    let builder = sandbox.script(
        "builder.sh",
        "echo evil >> src/config.js; echo x > other.txt; rm test.sh; ln -s /etc/passwd src/link; mkdir -p .harness/tasks; echo x > .harness/tasks/x.md; git add -A; git commit -qnm 'mine' || true\n",
    );
    let outcome = sandbox.harness(&["exec", "task-04", "--", &builder]).exits(1);
    for refused in [
        "other.txt: outside the card",
        "test.sh: outside the card",
        "src/link: outside the card",
        ".harness/tasks/x.md: protected",
    ] {
        assert!(
            outcome.stderr.contains(refused),
            "{refused} is not in\n{}",
            outcome.stderr
        );
    }
    assert_eq!(
        sandbox.subjects("main").len(),
        2,
        "the Builder's own commit counts for nothing"
    );
    assert_eq!(sandbox.state("task-04"), "failed");
    assert!(!sandbox.read("src/config.js").contains("evil"));
}

#[test]
fn an_answer_from_a_file_goes_the_same_way() {
    let sandbox = game();
    let bad = sandbox.beside("bad.md");
    fs::write(&bad, "src/gameLoop.js\n```\n// ... rest of the code\n```\n").unwrap();
    let _ = sandbox
        .harness(&["apply", "task-04", bad.to_str().unwrap()])
        .exits(1)
        .says("leaves something out");
    let good = sandbox.beside("good.md");
    fs::write(
        &good,
        "```diff\n--- a/src/gameLoop.js\n+++ b/src/gameLoop.js\n@@ -1,2 +1,3 @@\n function update(dt) {\n+  spawn(config.spawnInterval);\n }\n\n function render() {\n```\n",
    )
    .unwrap();
    let _ = sandbox
        .harness(&["apply", "task-04", good.to_str().unwrap()])
        .exits(0)
        .prints("landed on main");
    assert_eq!(sandbox.state("task-04"), "complete");
}

#[test]
fn a_command_is_not_run_before_its_user_trusts_it() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]).without(ALL_TIERS);
    let mark = sandbox.beside("ran");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox.configure_unread(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"touch\", \"{}\"]\n",
        mark.display()
    ));
    let _ = sandbox.harness(&["run"]).exits(4).says("not trusted: builder sh");
    assert!(!mark.exists());
    let _ = sandbox.harness(&["trust"]).exits(0).prints("touch");
    let _ = sandbox.harness(&["run"]);
    assert!(mark.exists());
}

/// A repository whose Builder is a script, with a plan of one card that allows `a.txt`.
fn with_builder(verify: &str, script: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let builder = sandbox.script("builder.sh", script);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import("p.json", &one_card("p-1", "a.txt", verify));
    sandbox
}

#[test]
fn a_card_that_fails_twice_waits_for_the_architect_and_goes_on_with_the_answer() {
    let sandbox = with_builder(
        "grep -q right a.txt",
        "if grep -q 'write right' \"$HARNESS_PACKET\"; then echo right > a.txt; else echo wrong$$ > a.txt; fi\n",
    );
    let outcome = sandbox
        .harness(&["run"])
        .exits(4)
        .says("escalated to the Architect: repeated failure");
    assert!(
        outcome.stdout.contains("the Architect is a person"),
        "{}",
        outcome.stdout
    );
    assert_eq!(sandbox.state("p-1"), "escalated");
    let _ = sandbox
        .harness(&["packet", "p-1"])
        .exits(0)
        .prints("You are the Architect")
        .prints("verification failed");
    let answer = sandbox.beside("answer.md");
    fs::write(
        &answer,
        "## Diagnosis\nIt guesses.\n\n## Corrected task instructions\n- write right\n",
    )
    .unwrap();
    let _ = sandbox
        .harness(&["escalate", "p-1", "--answer", answer.to_str().unwrap()])
        .exits(0);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    let subjects = sandbox.subjects("main");
    assert!(subjects.contains(&"Revise task p-1: Do p-1".to_owned()), "{subjects:?}");
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints("attempt 3 (round 2")
        .prints("It guesses.");
}

#[test]
fn a_model_may_not_loosen_a_card_without_a_person() {
    let sandbox = with_builder("false", "date +%N > a.txt\n");
    let architect = sandbox.script(
        "architect.sh",
        "cat <<'E'\n## Diagnosis\nx\n## Corrected task instructions\n- x\n## Allowed files\n- a.txt\n- b.txt\n## Updated verification steps\n- true\nE\n",
    );
    sandbox.write(
        ".harness/config.toml",
        &format!(
            "{}[builders.arch]\nrun = [\"{architect}\"]\nanswer = \"stdout\"\n",
            sandbox.read(".harness/config.toml")
        ),
    );
    sandbox.write(
        ".harness/config.toml",
        &sandbox
            .read(".harness/config.toml")
            .replace("[roles]\n", "[roles]\narchitect = \"arch\"\n"),
    );
    sandbox.git(&["commit", "-qam", "Architect"]);
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox.harness(&["run"]).exits(4);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints("it would allow b.txt; it would drop or change the check false");
    assert_eq!(sandbox.state("p-1"), "blocked");
}

#[test]
fn a_check_that_passes_before_the_work_is_too_weak() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let builder = sandbox.script("builder.sh", "echo never >> a.txt\n");
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import(
        "p.yaml",
        "- id: p-1\n  title: Weak\n  files: [a.txt]\n  definition_of_done: [done]\n  verify:\n    - { name: weak, run: 'true', kind: acceptance, red_first: true }\n",
    );
    let _ = sandbox.harness(&["run"]).exits(4).says("underspecified card");
    assert_eq!(sandbox.state("p-1"), "escalated");
    assert_eq!(sandbox.read("a.txt"), "x\n", "nobody was sent to work on it");
}

#[test]
fn a_run_goes_on_with_what_does_not_depend_on_a_blocked_task() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n"), ("c.txt", "x\n")]);
    let builder = sandbox.script(
        "builder.sh",
        "case $HARNESS_TASK in p-1) exit 3;; p-2) echo y > b.txt;; p-3) echo y > c.txt;; esac\n",
    );
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n[policy.route]\nbuilder_exit = \"block\"\n"
    ));
    sandbox.import(
        "p.toml",
        "[[tasks]]\nid = \"p-1\"\ntitle = \"One\"\nfiles = [\"a.txt\"]\ndefinition_of_done = [\"x\"]\nverify = [\"true\"]\n[[tasks]]\nid = \"p-2\"\ntitle = \"Two\"\nfiles = [\"b.txt\"]\ndefinition_of_done = [\"x\"]\nverify = [\"true\"]\n[[tasks]]\nid = \"p-3\"\ntitle = \"Three\"\nfiles = [\"c.txt\"]\ndepends_on = [\"p-1\"]\ndefinition_of_done = [\"x\"]\nverify = [\"true\"]\n",
    );
    let _ = sandbox
        .harness(&["run"])
        .exits(4)
        .says("blocked: the Builder ended with status 3");
    let states: Vec<String> = sandbox.states().into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["blocked", "complete", "pending"]);
}

#[test]
fn a_person_other_than_the_author_opens_the_gate() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let builder = sandbox.script("builder.sh", "echo y > a.txt\n");
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import(
        "p.json",
        &one_card("p-1", "a.txt", "true").replace("\"title\"", "\"review\": \"person\", \"title\""),
    );
    let _ = sandbox.harness(&["run"]).exits(4).says("waits for review");
    assert_eq!(sandbox.state("p-1"), "needs_review");
    assert_eq!(sandbox.read("a.txt"), "x\n");
    let _ = sandbox.harness(&["diff", "p-1"]).exits(0).prints("+y");
    let _ = sandbox.approve_as("Bob", "p-1").exits(0).prints("landed on main");
    assert_eq!(sandbox.read("a.txt"), "y\n");
    assert!(
        sandbox
            .trailers("main")
            .contains(&"Reviewed-by: Bob <bob@example.invalid>".to_owned())
    );
}

#[test]
fn a_rejection_goes_to_the_builder_with_its_reason() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let builder = sandbox.script(
        "builder.sh",
        "if grep -q 'say please' \"$HARNESS_PACKET\"; then echo please > a.txt; else echo y > a.txt; fi\n",
    );
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import(
        "p.json",
        &one_card("p-1", "a.txt", "true").replace("\"title\"", "\"review\": \"person\", \"title\""),
    );
    let _ = sandbox.harness(&["run"]).exits(4);
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness(&["reject", "p-1", "--of", &change, "-m", "say please"])
        .exits(0);
    let _ = sandbox.harness(&["run"]).exits(4);
    let _ = sandbox.approve_as("Bob", "p-1").exits(0);
    assert_eq!(sandbox.read("a.txt"), "please\n");
}

#[test]
fn local_changes_in_the_way_of_a_landing_stop_it_and_nothing_is_lost() {
    let sandbox = with_builder("true", "echo built > a.txt\n");
    sandbox.write("a.txt", "mine\n");
    sandbox.write("b.txt", "staged\n");
    sandbox.git(&["add", "b.txt"]);
    let _ = sandbox.harness(&["run"]).exits(4).says("a.txt");
    assert_eq!(sandbox.read("a.txt"), "mine\n");
    assert_eq!(sandbox.state("p-1"), "passed");
    sandbox.git(&["checkout", "-q", "--", "a.txt"]);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "built\n");
    assert_eq!(
        sandbox.git(&["diff", "--cached", "--name-only"]),
        "b.txt",
        "other staged work stays staged"
    );
}

#[test]
fn a_branch_that_nobody_has_checked_out_is_built_all_the_same() {
    let sandbox = with_builder("true", "echo built > a.txt\n");
    sandbox.git(&["checkout", "-qb", "elsewhere"]);
    let _ = sandbox.harness(&["run", "--onto", "main"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "x\n");
    assert_eq!(sandbox.git(&["show", "main:a.txt"]), "built");
}

#[test]
fn a_red_base_is_named_before_any_builder_is_blamed() {
    let sandbox = with_builder("true", "echo built > a.txt\n");
    sandbox.configure(&format!(
        "{}[checks]\nalways = [\"unit\"]\n[checks.unit]\nrun = \"grep -q built a.txt\"\n",
        sandbox.read(".harness/config.toml")
    ));
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox
        .harness(&["run"])
        .exits(1)
        .says("the check unit fails on main before any work");
    assert_eq!(sandbox.state("p-1"), "ready");
    let _ = sandbox.harness(&["run", "--allow-red", "unit"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn a_missing_verification_program_is_named_before_anything_is_changed() {
    let sandbox = with_builder("no-such-tool --check", "echo built > a.txt\n");
    let before = sandbox.git(&["for-each-ref"]);
    let _ = sandbox
        .harness(&["run"])
        .exits(2)
        .says("needs `no-such-tool`, which is not on the PATH");
    assert_eq!(sandbox.git(&["for-each-ref"]), before);
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn a_fence_that_is_asked_for_and_not_there_is_no_silent_downgrade() {
    let sandbox = with_builder("true", "echo built > a.txt\n").without(ALL_TIERS);
    let config = sandbox.read(".harness/config.toml");
    sandbox.configure(&format!("{config}[fence]\nrequire = \"kernel\"\n"));
    let _ = sandbox
        .harness(&["run"])
        .exits(4)
        .says("asks for the fence shadow+landlock at least, and this machine has shadow")
        .says("overlay: GIT_HARNESS_FENCE_WITHOUT says so");
    assert_eq!(sandbox.state("p-1"), "ready");
    let _ = sandbox.harness(&["doctor"]).prints("the tier overlay is not used here");
    let sandbox = sandbox.without("overlay");
    let _ = sandbox.harness(&["run"]).exits(0);
    let record = sandbox.git(&["show", "HEAD:.harness/ledger/p-1.toml"]);
    assert!(record.contains("fence = \"shadow+landlock\""), "{record}");
}

#[test]
fn an_unborn_branch_a_detached_head_and_a_missing_plan_are_said_clearly() {
    let sandbox = with_builder("true", "true\n");
    let _ = sandbox
        .harness(&["run", "nope"])
        .exits(2)
        .says("there is no plan nope")
        .says("plans: p");
    let _ = sandbox
        .harness(&["run", "--onto", "nope"])
        .exits(2)
        .says("there is no branch nope");
    let _ = sandbox.harness(&["show", "p-2"]).exits(2).says("did you mean p-1?");
    let empty = sandbox.beside("empty");
    fs::create_dir(&empty).unwrap();
    let _ = sandbox
        .harness_in(&empty, &["status"])
        .exits(2)
        .says("is not in a git repository");
}

#[test]
fn ctrl_c_ends_the_builder_and_the_next_run_goes_on() {
    let sandbox = with_builder(
        "true",
        "if [ -e /nonexistent ]; then :; fi\necho started > \"$HARNESS_PACKET.started\"; touch \"$MARK\" 2>/dev/null; [ -e go ] || sleep 60\necho built > a.txt\n",
    );
    let started = sandbox.beside("cache");
    let mut child = sandbox
        .harness_command()
        .arg("run")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(300);
    while !found(&started, "packet.md.started") {
        assert!(Instant::now() < until, "the Builder never started");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(sandbox.state("p-1"), "ready", "an interruption counts for nothing");
    let quick = sandbox.script("builder.sh", "echo built > a.txt\n");
    assert!(!quick.is_empty());
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
}

fn found(dir: &std::path::Path, name: &str) -> bool {
    fs::read_dir(dir).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        path.file_name().is_some_and(|file| file == name) || (path.is_dir() && found(&path, name))
    })
}

#[test]
fn a_killed_run_is_resumed_and_a_paused_one_waits() {
    let sandbox = with_builder("true", "[ -e \"$HOME/slow\" ] && sleep 60\necho built > a.txt\n");
    let slow = sandbox.beside("home/slow");
    fs::write(&slow, "").unwrap();
    let mut child = sandbox
        .harness_command()
        .arg("run")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(300);
    while sandbox.state("p-1") != "in_progress" {
        assert!(Instant::now() < until, "it was never given out");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(&slow).unwrap();
    let _ = sandbox.harness(&["pause"]).exits(0);
    let _ = sandbox
        .harness(&["run"])
        .says("interrupted and counts for nothing")
        .prints("paused");
    assert_eq!(sandbox.state("p-1"), "ready");
    let _ = sandbox.harness(&["resume"]).exits(0);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn two_hundred_cards_become_two_hundred_green_commits_and_the_state_comes_back_from_nothing() {
    let sandbox = Sandbox::new(&[("seed.txt", "0\n")]);
    let answers = sandbox.beside("answers");
    let mut tasks = Vec::new();
    for number in 1..=200 {
        let id = format!("g-{number:03}");
        fs::create_dir_all(answers.join(&id)).unwrap();
        fs::write(
            answers.join(&id).join("1.md"),
            format!("f/{id}.txt\n```\n{number}\n```\n\n- Wrote {number}\n"),
        )
        .unwrap();
        let after = if number > 1 {
            format!(", \"dependencies\": [\"g-{:03}\"]", number - 1)
        } else {
            String::new()
        };
        tasks.push(format!(
            "{{\"id\": \"{id}\", \"title\": \"Number {number}\"{after}, \"files_allowed\": [\"f/{id}.txt\"], \"definition_of_done\": [\"x\"], \"verification\": [\"test $(ls f | wc -l) = {number}\"]}}"
        ));
    }
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"recorded\"\n[builders.recorded]\nkind = \"replay\"\ndir = \"{}\"\n",
        answers.display()
    ));
    sandbox.import("g.json", &format!("[{}]", tasks.join(",")));
    let outcome = sandbox.harness(&["run"]).exits(0);
    assert!(
        outcome.stdout.starts_with("200 landed, 0 retried"),
        "{}",
        &outcome.stdout[..200]
    );
    let landings = sandbox.git(&["log", "--format=%(trailers:key=Harness-Task,valueonly)", "main"]);
    assert_eq!(landings.lines().filter(|line| line.starts_with("g-")).count(), 200);
    for number in [1, 57, 113, 200] {
        let commit = sandbox.git(&[
            "log",
            "-1",
            "--format=%H",
            "--grep",
            &format!("Harness-Task: g-{number:03}"),
            "main",
        ]);
        let files = sandbox.git(&["ls-tree", "--name-only", &commit, "f/"]);
        assert_eq!(
            files.lines().count(),
            number,
            "g-{number:03} is green when checked out alone"
        );
    }
    let before = sandbox.states();
    assert!(before.iter().all(|(_, state)| state == "complete"));
    fs::remove_dir_all(sandbox.repo().join(".git/harness/cache")).unwrap();
    assert_eq!(sandbox.states(), before);
    let clone = sandbox.beside("clone");
    sandbox.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    let outcome = sandbox.harness_in(&clone, &["status"]).exits(0);
    assert!(
        outcome.stdout.starts_with("on main: 200 of 200 complete"),
        "history alone says what is done"
    );
}

#[test]
fn the_demo_shows_the_whole_loop() {
    let sandbox = Sandbox::new(&[]);
    let into = sandbox.beside("demo");
    let outcome = sandbox.harness(&["demo", "--into", into.to_str().unwrap()]).exits(0);
    assert!(
        outcome.stdout.contains("7 landed, 3 retried, 1 escalated, 0 blocked"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stderr
            .contains("refused: src/price.rs: outside the card's allowed files"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome
            .stdout
            .contains("shop-07  ready     Add taxes (its landing was undone)"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("Harness-Reverts: shop-07@"),
        "{}",
        outcome.stdout
    );
    let _ = sandbox
        .harness(&["demo", "--into", into.to_str().unwrap()])
        .exits(2)
        .says("exists already");
}

#[test]
fn an_answer_in_any_format_lands_and_how_it_was_read_is_told() {
    let answers = [
        (
            "src/gameLoop.js\n<<<<<<< SEARCH\nfunction update(dt) {\n=======\nfunction update(dt) {\n  spawn(config.spawnInterval);\n>>>>>>> REPLACE\n",
            "read as search_replace, 1 edits found to the letter",
        ),
        (
            "*** Begin Patch\n*** Update File: src/gameLoop.js\n@@\n function update(dt) {\n+  spawn(config.spawnInterval);\n*** End Patch\n",
            "read as apply_patch, 1 edits found to the letter",
        ),
        (
            "{\"edits\": [{\"path\": \"src/gameLoop.js\", \"search\": \"function update(dt) {   \", \"replace\": \"function update(dt) {\\n  spawn(config.spawnInterval);\"}]}\n",
            "read as json, 1 edits found but for blanks at ends of lines",
        ),
    ];
    for (answer, told) in answers {
        let sandbox = game();
        let file = sandbox.beside("answer.md");
        fs::write(&file, answer).unwrap();
        let _ = sandbox.harness(&["apply", "task-04", file.to_str().unwrap()]).exits(0);
        assert!(sandbox.read("src/gameLoop.js").contains("spawn(config.spawnInterval)"));
        let _ = sandbox.harness(&["show", "task-04"]).prints(told);
    }
}

#[test]
fn an_answer_that_reaches_outside_is_refused_as_a_whole_before_any_file_is_read() {
    let sandbox = game();
    let file = sandbox.beside("answer.md");
    let patch = "*** Begin Patch\n*** Update File: src/gameLoop.js\n@@\n-no such line\n+x\n*** Delete File: test.sh\n*** End Patch\n";
    fs::write(&file, patch).unwrap();
    let _ = sandbox
        .harness(&["apply", "task-04", file.to_str().unwrap()])
        .exits(1)
        .says("test.sh: outside the card's allowed files");
}
