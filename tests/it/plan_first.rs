//! Plan first: the Builder says what it will do, which is checked, agreed to, carried out, and compared.

use super::sandbox::{Sandbox, one_card};

/// A lane that plans first, and a Builder that plans and then builds as told.
fn with_builder(plan_first: &str, plan: &str, work: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    let script = format!(
        "echo asked >> \"$TMPDIR/../asked\" 2>/dev/null\nif grep -q 'WAIT for approval' \"$HARNESS_PACKET\"; then\necho spoiled > a.txt\n{plan}else\n{work}fi\n"
    );
    let builder = sandbox.script("builder.sh", &script);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n[lanes.throughput]\nplan_first = \"{plan_first}\"\n"
    ));
    let card = one_card("p-1", "a.txt", "grep -q right a.txt");
    let card = card.replace(
        "\"instructions\"",
        "\"constraints\": [\"Do not touch b\"], \"instructions\"",
    );
    sandbox.import("p.json", &card);
    sandbox
}

fn plan(files: &str, constraint: &str) -> String {
    let plan = format!(
        "{{\"plan\": \"write it\", \"files_to_modify\": [{files}], \"changes\": [{{\"file\": \"a.txt\", \"change\": \"right\"}}], \"constraint_compliance\": [{{\"constraint\": \"{constraint}\", \"how_satisfied\": \"b stays\"}}]}}"
    );
    format!("echo 'Here it is:'\necho '{plan}'\n")
}

fn good() -> String {
    plan("\"a.txt\"", "Do not touch b")
}

const WRITE: &str = "grep -q 'Carry out the plan' \"$HARNESS_PACKET\" || exit 9\necho right > a.txt\n";

#[test]
fn a_plan_that_the_card_allows_is_carried_out_in_the_same_attempt() {
    let sandbox = with_builder("check", &good(), WRITE);
    let _ = sandbox
        .harness(&["run"])
        .exits(0)
        .says("plans to change a.txt: write it");
    assert_eq!(sandbox.read("a.txt"), "right\n");
    let shown = sandbox.harness(&["show", "p-1"]).exits(0);
    let _ = shown
        .prints("plan: write it")
        .prints("would change a.txt")
        .prints("attempt 1");
    let rows = sandbox.harness(&["log", "p-1", "--json"]).exits(0).stdout;
    assert_eq!(rows.matches("\"event\":\"proposed\"").count(), 1);
    assert_eq!(rows.matches("\"event\":\"dispatched\"").count(), 1);
}

#[test]
fn a_plan_that_reaches_outside_of_its_card_fails_before_anything_is_built() {
    for (plan, why) in [
        (plan("\"a.txt\", \"b.txt\"", "Do not touch b"), "b.txt"),
        (
            plan("\".git/hooks/pre-commit\"", "Do not touch b"),
            ".git/hooks/pre-commit",
        ),
        (
            plan("\"a.txt\"", "Be nice"),
            "`constraint_compliance` does not answer: Do not touch b",
        ),
        (
            "echo I will write it.\n".to_owned(),
            "there is no JSON object with the key `plan`",
        ),
    ] {
        let sandbox = with_builder("check", &plan, WRITE);
        let _ = sandbox.harness(&["run"]).exits(4);
        assert_eq!(sandbox.state("p-1"), "escalated", "{plan}");
        let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
        assert!(
            shown.contains(&format!("refused: {why}")) || shown.contains(why),
            "{shown}"
        );
        assert!(shown.contains("its plan cannot be carried out"), "{shown}");
        assert_eq!(sandbox.read("a.txt"), "x\n", "nothing was built");
    }
}

#[test]
fn the_retry_is_told_what_was_wrong_with_the_plan() {
    let script = format!(
        "if grep -q 'does not answer: Do not touch b' \"$HARNESS_PACKET\"; then\n{}else\n{}fi\n",
        good(),
        plan("\"a.txt\"", "Be nice")
    );
    let sandbox = with_builder("check", &script, WRITE);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "right\n");
}

#[test]
fn a_change_beyond_the_plan_is_refused_though_the_card_allows_it() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("c.txt", "x\n")]);
    let script = format!(
        "if grep -q 'WAIT for approval' \"$HARNESS_PACKET\"; then\n{}else\necho right > a.txt\ngrep -q 'did not name these' \"$HARNESS_PACKET\" || echo more > c.txt\nfi\n",
        good()
    );
    let builder = sandbox.script("builder.sh", &script);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    let card = one_card("p-1", "*.txt", "cat a.t?t | grep -q right");
    let card = card.replace("\"instructions\"", "\"plan_first\": \"check\", \"instructions\"");
    sandbox.import("p.json", &card);
    let _ = sandbox
        .harness(&["run"])
        .exits(0)
        .says("changes what its plan did not name: c.txt");
    assert_eq!(
        (sandbox.read("a.txt"), sandbox.read("c.txt")),
        ("right\n".to_owned(), "x\n".to_owned())
    );
    let _ = sandbox.harness(&["show", "p-1"]).exits(0).prints("attempt 2");
}

#[test]
fn a_person_agrees_to_the_plan_before_it_is_carried_out() {
    let sandbox = with_builder("approve", &good(), WRITE);
    let _ = sandbox.harness(&["run"]).exits(4).prints("waits for plan");
    assert_eq!(sandbox.state("p-1"), "needs_review");
    let _ = sandbox.harness(&["run"]).exits(4).prints("its plan waits for somebody");
    assert_eq!(sandbox.read("a.txt"), "x\n");
    let approved = sandbox.approve_as("Bob", "p-1").exits(0);
    let _ = approved.prints("the plan of p-1 is approved; `git harness run` carries it out");
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "right\n");
    let rows = sandbox.harness(&["log", "p-1", "--json"]).exits(0).stdout;
    assert_eq!(
        rows.matches("\"event\":\"proposed\"").count(),
        1,
        "it was not asked again"
    );
}

#[test]
fn a_plan_that_a_person_rejects_is_made_anew_with_the_reason() {
    let script = format!(
        "if grep -q 'use fewer words' \"$HARNESS_PACKET\"; then touch seen\n{}else\n{}fi\n",
        good().replace("write it", "write less"),
        good()
    );
    let sandbox = with_builder("approve", &script, WRITE);
    let _ = sandbox.harness(&["run"]).exits(4);
    let change = sandbox.change_of("p-1");
    let _ = sandbox
        .harness(&["reject", "p-1", "--of", &change, "-m", "use fewer words"])
        .exits(0);
    let _ = sandbox
        .harness(&["run"])
        .exits(4)
        .says("plans to change a.txt: write less");
    let _ = sandbox.approve_as("Bob", "p-1").exits(0);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert_eq!(sandbox.read("a.txt"), "right\n");
}
