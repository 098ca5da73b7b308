//! What runners print in earnest, and what a test might print in their place.

use proptest::prelude::*;

use super::*;

type Counted = (Runner, u64, u64, u64);

fn counted(output: &str) -> Option<Counted> {
    count(output).map(|count| (count.runner, count.passed, count.failed, count.skipped))
}

const CARGO: &str = "\
running 3 tests
test a ... ok
test b ... ok
test c ... ignored

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s

     Running tests/it.rs (target/debug/deps/it-0)

running 1 test
test story ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

   Doc-tests crate

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

#[test]
fn each_runner_is_read_by_its_closing_lines() {
    let cases: [(&str, Counted); 14] = [
        (CARGO, (Runner::Cargo, 3, 0, 1)),
        (
            "     Summary [   0.012s] 7 tests run: 5 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 2 skipped\n",
            (Runner::Nextest, 5, 2, 2),
        ),
        (
            "a.py ..s [100%]\n===== 1 failed, 4 passed, 2 skipped, 1 xfailed, 3 warnings in 0.12s =====\n",
            (Runner::Pytest, 4, 1, 3),
        ),
        ("...\n3 passed in 61.20s (0:01:01)\n", (Runner::Pytest, 3, 0, 0)),
        ("===== no tests ran in 0.01s =====\n", (Runner::Pytest, 0, 0, 0)),
        (
            "=== RUN   TestA\n=== RUN   TestA/sub\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/sub (0.00s)\n=== RUN   TestB\n--- SKIP: TestB (0.00s)\nPASS\nok  \tx/y\t0.003s\n",
            (Runner::Go, 2, 0, 1),
        ),
        (
            "{\"Action\":\"run\",\"Package\":\"x\",\"Test\":\"TestA\"}\n{\"Action\":\"output\",\"Package\":\"x\",\"Test\":\"TestA\",\"Output\":\"--- PASS: TestZ (0.00s)\\n\"}\n{\"Action\":\"pass\",\"Package\":\"x\",\"Test\":\"TestA\",\"Elapsed\":0}\n{\"Action\":\"pass\",\"Package\":\"x\",\"Elapsed\":0.1}\n",
            (Runner::Go, 1, 0, 0),
        ),
        (
            "ok  \tx/y\t(cached)\nok  \tx/z\t0.01s\n?   \tx/w\t[no test files]\nFAIL\tx/v\t0.1s\nFAIL\n",
            (Runner::GoPackages, 2, 1, 0),
        ),
        (
            "TAP version 13\nok 1 - a\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 1\n# duration_ms 5.1\n",
            (Runner::Node, 2, 0, 2),
        ),
        (
            "✔ a (0.5ms)\nℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 45.2\n",
            (Runner::Node, 1, 0, 0),
        ),
        (
            "Test Suites: 1 passed, 1 total\nTests:       1 skipped, 5 passed, 6 total\nSnapshots:   0 total\nTime:        0.4 s\n",
            (Runner::Jest, 5, 0, 1),
        ),
        ("Tests:       0 total\n", (Runner::Jest, 0, 0, 0)),
        (
            "\n Test Files  1 passed (1)\n      Tests  1 failed | 5 passed | 2 todo (8)\n   Start at  10:00:00\n",
            (Runner::Vitest, 5, 1, 2),
        ),
        (
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m5 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (5)\u{1b}[39m\r\n",
            (Runner::Vitest, 5, 0, 0),
        ),
    ];
    for (output, expected) in cases {
        assert_eq!(counted(output), Some(expected), "{output}");
    }
}

#[test]
fn what_is_no_runners_closing_tells_nothing() {
    for output in [
        "",
        "done in 0.1s",
        "5 passed",
        "compiled 3 files in 1.2s",
        "test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        "Tests:       5 passed, 9 total",
        "      Tests  5 passed (9)",
        "# tests 9\n# pass 9\n",
        "running 12 tests\n",
        "ok  \tx\t0.0s [no tests to run]",
    ] {
        assert_eq!(counted(output), None, "{output}");
    }
}

#[test]
fn a_line_that_a_test_prints_in_the_middle_does_not_outvote_the_runner() {
    let fake_result =
        "test result: ok. 900 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s\n";
    let fake_block = format!("running 900 tests\n{fake_result}");
    let same_total = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s\n";
    let others = "===== 900 passed in 0.01s =====\nTests:       900 passed, 900 total\n";
    for fake in [fake_result, &fake_block, "running 900 tests\n", same_total, others] {
        let spoofed = CARGO.replacen("test b ... ok\n", &format!("{fake}test b ... ok\n"), 1);
        assert_eq!(counted(&spoofed), Some((Runner::Cargo, 3, 0, 1)), "{fake}");
    }
    let pytest = format!("a.py {CARGO}\n900 passed in 0.01s\n===== 4 passed in 0.12s =====\n");
    assert_eq!(counted(&pytest), Some((Runner::Pytest, 4, 0, 0)));
    let tap = "# tests 900\n# pass 900\nok 1 - a\n# tests 1\n# suites 0\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n";
    assert_eq!(counted(tap), Some((Runner::Node, 1, 0, 0)));
}

#[test]
fn of_an_output_without_its_middle_only_totals_at_the_end_are_believed() {
    assert_eq!(count_cut(CARGO), None);
    assert!(count_cut("… 5 bytes left out …\n4 passed in 0.12s\n").is_some());
}

#[test]
fn the_cases_of_a_report_are_counted_and_not_its_claims() {
    let report = "\u{feff}<?xml version=\"1.0\"?>\n<testsuites tests=\"900\"><!-- <testcase/> -->\n<testsuite name=\"a > b\" tests='900'>\
        <properties><property name=\"x\" value=\"y\"/></properties>\
        <testcase name=\"1\"/><testcase name=\"2\"><system-out><![CDATA[<testcase/>]]></system-out></testcase>\
        <testcase name=\"3\"><failure message=\"&lt;\">no</failure></testcase>\
        <testcase name=\"4\"><error/></testcase><testcase name=\"5\"><skipped/></testcase>\
        </testsuite></testsuites>\n";
    let count = read_junit(report).unwrap();
    assert_eq!((count.passed, count.failed, count.skipped), (2, 2, 1));
}

#[test]
fn a_report_that_could_mislead_is_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><testsuite>&b;</testsuite>";
    assert_eq!(read_junit(bomb), Err(JunitError::DocumentType));
    let deep = format!("<testsuite>{}", "<a>".repeat(100));
    assert_eq!(read_junit(&deep), Err(JunitError::TooDeep));
    let large = format!("<testsuite>{}</testsuite>", " ".repeat(MOST_BYTES));
    assert!(matches!(read_junit(&large), Err(JunitError::TooLarge(_))));
    for bad in [
        "",
        "42 passed",
        "<html></html>",
        "<testsuite>",
        "<testsuite></testcase>",
        "<testsuite/><testsuite/>",
        "<testsuite/>text",
        "<testsuite><testcase name=\"",
        "<testsuite><!-- ",
        "<testsuite>< ></testsuite>",
    ] {
        assert!(matches!(read_junit(bad), Err(JunitError::Malformed { .. })), "{bad}");
    }
}

#[test]
fn fewer_tests_than_at_the_base_need_the_cards_word() {
    let count = |passed, failed, skipped| TestCount {
        runner: Runner::Cargo,
        passed,
        failed,
        skipped,
    };
    let hold = |may_fall, base: Option<TestCount>, now: Option<TestCount>| {
        Ratchet { may_fall }.hold(base.as_ref(), now.as_ref())
    };
    assert_eq!(hold(0, Some(count(5, 0, 0)), Some(count(5, 0, 3))), Ok(()));
    assert_eq!(hold(0, None, None), Ok(()), "nothing is known, nothing is held");
    assert_eq!(
        hold(0, Some(count(5, 0, 0)), Some(count(4, 0, 1))),
        Err(FewerTests { was: 5, now: 4 }),
        "a skipped test does not watch"
    );
    assert_eq!(
        hold(0, Some(count(3, 2, 0)), Some(count(3, 0, 0))),
        Err(FewerTests { was: 5, now: 3 }),
        "a red test is mended, not removed"
    );
    assert_eq!(hold(0, Some(count(5, 0, 0)), None), Err(FewerTests { was: 5, now: 0 }));
    assert_eq!(hold(1, Some(count(5, 0, 0)), Some(count(4, 0, 0))), Ok(()));
    assert!(hold(1, Some(count(5, 0, 0)), Some(count(3, 0, 0))).is_err());
}

proptest! {
    #[test]
    fn no_output_and_no_report_makes_a_reader_stumble(text in "(?s).{0,400}") {
        let _ = count(&text);
        let _ = read_junit(&text);
    }

    #[test]
    fn almost_right_text_makes_no_reader_stumble(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "running ", "9", " tests\n", "test result: ok. ", " passed; ", "Tests:", "  ", " | ", "(", ")", "18446744073709551615",
            "Summary [", "] ", " run: ", "# tests ", "# todo ", "\n", "<", "testcase", "/>", ">", "\"", "<!--", "\u{1b}[", "\u{1b}]", "ä", "ok  \t", "--- PASS: ",
            " passed", ", ", " total", " in 1s", " failed",
        ]), 0..60),
    ) {
        let text = parts.concat();
        let _ = count(&text);
        let _ = read_junit(&format!("<testsuite>{text}"));
    }
}
