//! The ratchet on tests: who removes or ignores one is refused by name, unless the card says so.

use std::fs;

use super::sandbox::{ALL_TIERS, Sandbox};

/// A suite that needs only sh: a line `test NAME` runs, `ignored NAME` is skipped, and pytest's line closes.
const SUITE: &str = "ran=$(grep -c '^test ' tests.txt); ignored=$(grep -c '^ignored ' tests.txt)\necho '900 passed in 0.01s'\ngrep '^test ' tests.txt\necho \"==== $ran passed, $ignored skipped in 0.01s ====\"\n";

/// A repository with that suite of three tests and a card for `src.txt` and `tests.txt`.
fn suite(verify: &str, more: &str, builder: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("src.txt", "x\n"),
        ("tests.txt", "test a\ntest b\ntest c\n"),
        ("suite.sh", SUITE),
    ]);
    let builder = sandbox.script("builder.sh", builder);
    sandbox.configure(&format!(
        "[roles]\nbuilder = \"sh\"\n[builders.sh]\nrun = [\"{builder}\"]\n"
    ));
    sandbox.import(
        "p.toml",
        &format!(
            "[[tasks]]\nid = \"p-1\"\ntitle = \"Work\"\nfiles = [\"src.txt\", \"tests.txt\"]\ndefinition_of_done = [\"done\"]\nverify = {verify}\n{more}\n"
        ),
    );
    let _ = sandbox.harness(&["trust"]).exits(0);
    sandbox
}

const PLAIN: &str = "[\"sh suite.sh\"]";

#[test]
fn a_builder_that_deletes_a_test_is_refused_by_name_and_told_to_bring_it_back() {
    let sandbox = suite(
        PLAIN,
        "",
        "cp \"$HARNESS_PACKET\" \"$0.packet\"\necho y > src.txt\nif grep -q 'Bring back every test' \"$HARNESS_PACKET\"; then printf 'test a\\ntest b\\ntest c\\n' > tests.txt; else printf 'test a\\ntest b\\n' > tests.txt; fi\n",
    );
    // The script leaves its packet beside the repository, for the test to read.
    let sandbox = sandbox.without(ALL_TIERS);
    let outcome = sandbox.harness(&["run"]).exits(0);
    let _ = outcome
        .says("fewer tests than at the base: sh suite.sh (was 3, now 2)")
        .says("3 tests")
        .says("landed on main");
    let packet = fs::read_to_string(sandbox.beside("builder.sh.packet")).unwrap();
    assert!(packet.contains("- sh suite.sh (was 3, now 2)"), "{packet}");
    assert_eq!(sandbox.read("tests.txt").lines().count(), 3);
}

#[test]
fn a_test_that_is_ignored_is_a_test_that_is_gone() {
    let sandbox = suite(
        PLAIN,
        "",
        "printf 'test a\\ntest b\\nignored c\\n' > tests.txt; date +%N > src.txt\n",
    );
    let _ = sandbox
        .harness(&["exec", "p-1", "--", sandbox.beside("builder.sh").to_str().unwrap()])
        .exits(1)
        .says("sh suite.sh (was 3, now 2)");
    assert_eq!(sandbox.subjects("main").len(), 3, "nothing landed");
}

#[test]
fn a_card_that_lets_tests_go_lands_with_exactly_so_many_fewer() {
    let sandbox = suite(PLAIN, "tests_removed = 1", "printf 'test a\\n' > tests.txt\n");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", sandbox.beside("builder.sh").to_str().unwrap()])
        .exits(1)
        .says("(was 3, now 1)");
    let one = sandbox.script("one.sh", "printf 'test a\\ntest b\\n' > tests.txt\n");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", &one])
        .exits(0)
        .prints("landed on main");
    assert_eq!(sandbox.read("tests.txt").lines().count(), 2);
}

#[test]
fn tests_that_are_red_at_the_base_are_mended_and_not_removed() {
    let red = "[\"sh suite.sh && ! grep red tests.txt\"]";
    let sandbox = suite(red, "", "grep -v red tests.txt > t; mv t tests.txt\n");
    sandbox.write("tests.txt", "test a\ntest red\n");
    sandbox.git(&["commit", "-qam", "A red test"]);
    let builder = sandbox.beside("builder.sh");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", builder.to_str().unwrap()])
        .exits(1)
        .says("(was 2, now 1)");
    let mend = sandbox.script("mend.sh", "printf 'test a\\ntest mended\\n' > tests.txt\n");
    let _ = sandbox.harness(&["exec", "p-1", "--", &mend]).exits(0);
}

#[test]
fn a_known_runner_may_not_fall_silent() {
    // The command names pytest, so that silence is odd; the suite itself is in scope here.
    let sandbox = suite(
        "[\"sh ./tests.txt # pytest\"]",
        "",
        "echo 'exit 0' > tests.txt; echo y > src.txt\n",
    );
    sandbox.write("tests.txt", "echo '==== 5 passed in 0.1s ===='\n");
    sandbox.git(&["commit", "-qam", "A suite in scope"]);
    let builder = sandbox.beside("builder.sh");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", builder.to_str().unwrap()])
        .exits(1)
        .says("(was 5, now 0)");
}

#[test]
fn a_report_is_read_where_the_check_names_one_and_a_committed_one_counts_for_nothing() {
    let cases = "sed -n 's/^test \\(.*\\)/<testcase name=\"\\1\"\\/>/p' tests.txt";
    let script =
        format!("grep -q silent tests.txt || {{ echo '<testsuite>'; {cases}; echo '</testsuite>'; }} > src.txt");
    let check = format!(
        "[{{ name = \"unit\", run = \"\"\"{}\"\"\", report = \"src.txt\" }}]",
        script.replace('\\', "\\\\")
    );
    let sandbox = suite(&check, "", "printf 'test a\\n' > tests.txt\n");
    let builder = sandbox.beside("builder.sh");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", builder.to_str().unwrap()])
        .exits(1)
        .says("unit (was 3, now 1)");
    let fake = sandbox.script(
        "fake.sh",
        "echo silent > tests.txt; echo '<testsuite><testcase/><testcase/><testcase/></testsuite>' > src.txt\n",
    );
    let _ = sandbox
        .harness(&["exec", "p-1", "--", &fake])
        .exits(1)
        .says("unit (was 3, now 0)");
    let more = sandbox.script("more.sh", "printf 'test a\\ntest b\\ntest c\\ntest d\\n' > tests.txt\n");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", &more])
        .exits(0)
        .says("unit  4 tests");
}

#[test]
fn a_commit_by_hand_is_held_to_the_same() {
    let sandbox = suite(PLAIN, "", "true\n");
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let _ = sandbox.harness(&["start", "p-1"]).exits(0);
    sandbox.write("tests.txt", "test a\n");
    let refused = sandbox.try_git(&["commit", "-qam", "Fewer"]);
    assert_ne!(refused.code, 0);
    let _ = refused.says("fewer tests than at the base: sh suite.sh (was 3, now 1)");
    sandbox.write("tests.txt", "test a\ntest b\ntest c\ntest d\n");
    sandbox.git(&["commit", "-qam", "More"]);
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn a_check_that_told_of_tests_once_may_not_fall_silent_after_a_commit_from_outside() {
    let sandbox = suite(
        "[\"sh ./tests.txt\"]",
        "",
        "echo 'exit 0' > tests.txt; echo y > src.txt\n",
    );
    sandbox.write("tests.txt", "echo '==== 5 passed in 0.1s ===='\n");
    sandbox.git(&["commit", "-qam", "A suite that names no runner"]);
    let _ = sandbox.harness(&["verify", "p-1"]).exits(0);
    // No check ever ran on this base.
    sandbox.write("src.txt", "from outside\n");
    sandbox.git(&["commit", "-qam", "Outside"]);
    let builder = sandbox.beside("builder.sh");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", builder.to_str().unwrap()])
        .exits(1)
        .says("sh ./tests.txt (was 5, now 0)");
}
