//! What calls the Architect in: every trigger, from what a Builder, a check or a person really does to what is recorded.

use super::sandbox::{Sandbox, one_card};

/// A repository with a script as the Builder and a card that allows `a.txt`.
fn with_builder(verify: &str, script: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let builder = sandbox.script("builder.sh", script);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import("p.json", &one_card("p-1", "a.txt", verify));
    sandbox
}

/// Runs, and asserts what the Architect is called for after how many attempts: in the journal and in `show`.
fn calls_for(sandbox: &Sandbox, trigger: &str, words: &str, attempts: usize) {
    let _ = sandbox.harness(&["run"]).exits(4);
    assert_eq!(sandbox.state("p-1"), "escalated");
    let rows = sandbox.harness(&["log", "p-1", "--json"]).exits(0).stdout;
    let events: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let named = |name: &str| events.iter().filter(|row| row["event"] == name).count();
    let escalated = events.iter().find(|row| row["event"] == "escalated").unwrap();
    assert_eq!(escalated["data"]["trigger"], trigger, "{rows}");
    assert_eq!(named("dispatched"), attempts, "{rows}");
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints(&format!("escalated by git-harness: {words}"));
    let _ = sandbox.harness(&["packet", "p-1"]).exits(0).prints(words);
}

#[test]
fn different_failures_are_a_repeated_failure() {
    let script = "if grep -q 'attempt failed' \"$HARNESS_PACKET\"; then echo two > a.txt; else echo one > a.txt; fi\n";
    let sandbox = with_builder("cat a.txt; exit 1", script);
    calls_for(&sandbox, "repeated_failure", "repeated failure", 2);
}

#[test]
fn the_same_failure_twice_is_one_that_the_builder_cannot_resolve() {
    // The file differs each time, and so do the times in the output; what failed is the same.
    let script = "if grep -q 'attempt failed' \"$HARNESS_PACKET\"; then echo two > a.txt; else echo one > a.txt; fi\n";
    let sandbox = with_builder("echo FAIL spawn after $$ ms; exit 1", script);
    let words = "a failure that the Builder cannot resolve";
    calls_for(&sandbox, "unresolvable", words, 2);
}

#[test]
fn a_builder_that_says_it_cannot_is_believed_at_once() {
    let sandbox = with_builder("true", "echo 'cannot: the test needs a display'\n");
    let words = "a failure that the Builder cannot resolve: the Builder cannot resolve it: the test needs a display";
    calls_for(&sandbox, "unresolvable", words, 1);
}

#[test]
fn a_task_against_the_architecture_goes_to_the_architect_at_once() {
    let sandbox = with_builder("true", "echo y > a.txt; echo 'conflict: the store only appends'\n");
    let words = "conflict with the architecture: conflicts with the architecture: the store only appends";
    calls_for(&sandbox, "architecture_conflict", words, 1);
}

#[test]
fn files_of_the_card_that_are_not_there_call_before_any_attempt() {
    let sandbox = with_builder("true", "true\n");
    let card = sandbox.read(".harness/tasks/p-1.md");
    let file = sandbox.beside("card.md");
    std::fs::write(
        &file,
        card.replace("verify =", "context = [\"docs/none.md\"]\nverify ="),
    )
    .unwrap();
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", file.to_str().unwrap()])
        .exits(0);
    calls_for(&sandbox, "missing", "missing files or functions", 0);
}

#[test]
fn functions_that_the_builder_does_not_find_call_at_once() {
    let sandbox = with_builder("true", "echo 'missing: spawn() in src/Enemy.js'\n");
    let words = "missing files or functions: the card needs what does not exist: spawn() in src/Enemy.js";
    calls_for(&sandbox, "missing", words, 1);
}

#[test]
fn leaving_the_card_twice_is_a_scope_violation() {
    let sandbox = with_builder("true", "date +%N >> b.txt; echo y > a.txt\n");
    calls_for(&sandbox, "scope_violation", "repeated scope violation", 2);
}

#[test]
fn a_module_that_only_the_change_speaks_of_is_a_hallucination() {
    let check =
        "grep -q ghostlib a.txt && echo \\\"ModuleNotFoundError: No module named 'ghostlib'\\\" && exit 1; true";
    let sandbox = with_builder(check, "echo 'import ghostlib' > a.txt\n");
    let words = "reliance on systems that do not exist: relies on what does not exist: ghostlib";
    calls_for(&sandbox, "hallucination", words, 1);
}

#[test]
fn a_module_that_was_missing_before_is_nobodys_invention() {
    let check = "echo \\\"ModuleNotFoundError: No module named 'oldlib'\\\"; exit 1";
    let sandbox = with_builder(check, "echo y > a.txt\n");
    let words = "a failure that the Builder cannot resolve";
    calls_for(&sandbox, "unresolvable", words, 2);
}

#[test]
fn a_change_that_works_and_misses_the_intent_is_the_architects() {
    let sandbox = with_builder("true", "date +%N > a.txt\n");
    let card = sandbox.read(".harness/tasks/p-1.md");
    let file = sandbox.beside("card.md");
    std::fs::write(&file, card.replace("verify =", "review = \"person\"\nverify =")).unwrap();
    let _ = sandbox
        .harness(&["plan", "edit", "p-1", "--from", file.to_str().unwrap()])
        .exits(0);
    let _ = sandbox.harness(&["run"]).exits(4);
    assert_eq!(sandbox.state("p-1"), "needs_review");
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness(&[
            "reject",
            "p-1",
            "--of",
            &change,
            "--intent",
            "-m",
            "nobody wanted a clock",
        ])
        .exits(0);
    calls_for(&sandbox, "violates_intent", "works, but violates the intent", 1);
}

#[test]
fn a_card_that_leaves_a_question_open_is_underspecified() {
    let sandbox = with_builder("true", "echo y > a.txt; echo 'unclear: which of the two loops?'\n");
    let words = "underspecified card: the Builder asks: which of the two loops?";
    calls_for(&sandbox, "underspecified", words, 1);
    assert_eq!(sandbox.subjects("main").len(), 3, "nothing of it landed");
}

#[test]
fn a_person_calls_the_architect_when_they_like() {
    let sandbox = with_builder("true", "true\n");
    let _ = sandbox
        .harness(&["escalate", "p-1", "-m", "I do not like the plan"])
        .exits(0);
    let _ = sandbox
        .harness(&["show", "p-1"])
        .exits(0)
        .prints("a person asked for it: I do not like the plan");
}
