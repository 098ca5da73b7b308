//! C: where the lines of an edit stand, and what comes for them.

use super::*;

fn swap<'a>(row: &'a str, file: &'a str, search: &str, replace: &str, want: Want<'a>) {
    let answer = format!("a.rs\n{}", block(search, replace));
    check(&[Case {
        row,
        files: &[("a.rs", file)],
        answer: &answer,
        want,
    }]);
}

fn level(file: &str, search: &str, replace: &str) -> Level {
    let answer = format!("a.rs\n{}", block(search, replace));
    applied(&answer, &[("a.rs", file.as_bytes())]).unwrap().level()
}

fn diff<'a>(row: &'a str, file: &'a str, hunks: &str, want: Want<'a>) {
    let answer = format!("```diff\n--- a.rs\n+++ a.rs\n{hunks}```\n");
    check(&[Case {
        row,
        files: &[("a.rs", file)],
        answer: &answer,
        want,
    }]);
}

fn whole<'a>(row: &'a str, file: &'a str, text: &str, want: Want<'a>) {
    let answer = format!("a.rs\n```\n{text}```\n");
    check(&[Case {
        row,
        files: &[("a.rs", file)],
        answer: &answer,
        want,
    }]);
}

#[test]
fn one_place_and_no_other() {
    swap("C1", "one\ntwo\nthree\n", "two\n", "TWO\n", Text("one\nTWO\nthree\n"));
    swap("C2", "x = 1\ny\nx = 1\n", "x = 1\n", "x = 2\n", Refused("ambiguous"));
    swap(
        "C3",
        "  x = 1\ny\n    x = 1\n",
        "x = 1\n",
        "x = 2\n",
        Refused("ambiguous"),
    );
    swap(
        "C15",
        "let width = 10;\n",
        "let widht = 10;\n",
        "let width = 11;\n",
        Refused("not_found"),
    );
    swap("C16", "one\nTWO\n", "two\n", "TWO\n", Refused("already_there"));
    swap("C28", "one\n", "one\ntwo\nthree\n", "x\n", Refused("not_found"));
    swap("C29", "", "one\n", "x\n", Refused("not_found"));
}

#[test]
fn indents() {
    swap(
        "C4",
        "fn f() {\n    one();\n    two();\n}\n",
        "one();\ntwo();\n",
        "one();\nif x {\n    two();\n}\n",
        Text("fn f() {\n    one();\n    if x {\n        two();\n    }\n}\n"),
    );
    swap(
        "C5",
        "        one();\n        two();\n",
        "    one();\n    two();\n",
        "    one();\n        deeper();\n    two();\n",
        Text("        one();\n            deeper();\n        two();\n"),
    );
    swap(
        "C6",
        "    if a {\n        one();\n    }\n",
        "if a {\n    one();\n}\n",
        "if a {\n    ONE();\n}\n",
        Text("    if a {\n        ONE();\n    }\n"),
    );
    swap(
        "C7",
        "    one();\n    two();\n    three();\n",
        "\none();\ntwo();\n",
        "one();\nTWO();\n",
        Text("    one();\n    TWO();\n    three();\n"),
    );
    swap(
        "C7 behind",
        "one();\ntwo();\nthree();\n",
        "one();\ntwo();\n\n",
        "one();\nTWO();\n",
        Text("one();\nTWO();\nthree();\n"),
    );
    swap("C8", "  one\n      two\n", "one\ntwo\n", "x\n", Refused("not_found"));
    swap("C12", "one  \ntwo\n", "one\ntwo\n", "one\nTWO\n", Text("one  \nTWO\n"));
    assert_eq!(level("one  \ntwo\n", "one\ntwo\n", "one\nTWO\n"), Level::TrailingBlanks);
    swap(
        "C13",
        "  one \n  two\n",
        "one\ntwo\n",
        "one\nTWO\n",
        Text("  one \n  TWO\n"),
    );
    assert_eq!(level("  one \n  two\n", "one\ntwo\n", "one\nTWO\n"), Level::Indent);
    assert_eq!(level("one\n", "one\n", "ONE\n"), Level::Exact);
    swap(
        "C14",
        "say(\u{201c}hi\u{201d}) \u{2013} now\nend\n",
        "say(\"hi\") - now\nend\n",
        "say(\"hi\") - now\nEND\n",
        Text("say(\u{201c}hi\u{201d}) \u{2013} now\nEND\n"),
    );
    swap(
        "C14 twice",
        "a \u{2013} b\nx\na \u{2014} b\n",
        "a - b\n",
        "c\n",
        Refused("ambiguous"),
    );
}

#[test]
fn elisions() {
    swap(
        "C9",
        "fn f() {\n    one();\n    two();\n    three();\n}\n",
        "fn f() {\n...\n    three();\n",
        "fn g() {\n...\n    THREE();\n",
        Text("fn g() {\n    one();\n    two();\n    THREE();\n}\n"),
    );
    swap(
        "C10",
        "one\ntwo\nthree\n",
        "one\n...\nthree\n",
        "x\n",
        Refused("elided"),
    );
    swap(
        "C10 twice",
        "one\none\ntwo\nthree\n",
        "one\n...\nthree\n",
        "ONE\n...\nthree\n",
        Refused("elided"),
    );
    whole(
        "C31",
        "one\ntwo\n",
        "ONE\n// ... rest of the file unchanged\n",
        Refused("elided"),
    );
    whole(
        "C31 there before",
        "one\n// ... rest of the file unchanged\n",
        "ONE\n// ... rest of the file unchanged\n",
        Text("ONE\n// ... rest of the file unchanged\n"),
    );
}

#[test]
fn all_or_nothing() {
    let files: Files = &[("a.rs", "one\n"), ("b.rs", "two\n")];
    let answer = format!("a.rs\n{}\nb.rs\n{}", block("one\n", "ONE\n"), block("one\n", "x\n"));
    check(&[Case {
        row: "C18",
        files,
        answer: &answer,
        want: Refused("several"),
    }]);
    let bytes: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let error = applied(&answer, &bytes).unwrap_err().to_string();
    assert!(
        error.contains("in `b.rs`") && error.contains("`a.rs`"),
        "C18 both groups: {error}"
    );
    assert!(error.contains("`a.rs` holds them"), "C17: {error}");
    // C19: applying is a plan; nothing here can write.
    let plan = applied(&format!("a.rs\n{}", block("one\n", "ONE\n")), &bytes).unwrap();
    assert_eq!(changes(&plan), [("a.rs".to_owned(), Some("ONE\n".to_owned()))]);
}

#[test]
fn nothing_on_one_side() {
    let new = format!("b.rs\n{}", block("", "new\n"));
    check(&[Case {
        row: "C20",
        files: &[("a.rs", "one\n")],
        answer: &new,
        want: Changes(&[("b.rs", Some("new\n"))]),
    }]);
    swap("C21", "one\n", "", "new\n", Refused("exists"));
    swap("C22", "one\ntwo\n", "one\n", "", Text("two\n"));
    swap("C23", "one\n", "one\n", "one\n", Refused("no_change"));
    let both = format!("a.rs\n{}{}", block("one\n", "one\n"), block("two\n", "TWO\n"));
    check(&[Case {
        row: "C23 beside another",
        files: &[("a.rs", "one\ntwo\n")],
        answer: &both,
        want: Text("one\nTWO\n"),
    }]);
    whole("C30", "one\n", "one\n", Refused("no_change"));
}

#[test]
fn hunks() {
    diff("C24", "a\nb\nc\nd\n", "@@ @@\n x\n b\n-c\n+C\n", Text("a\nb\nC\nd\n"));
    diff(
        "C24 not unique",
        "b\nc\nb\nc\n",
        "@@ @@\n x\n b\n-c\n+C\n",
        Refused("not_found"),
    );
    diff("C25", "}\nx\n}\n", "@@ @@\n-}\n+};\n", Refused("ambiguous"));
    diff(
        "C26",
        "x = 1\ny\nx = 1\n",
        "@@ @@\n-x = 1\n+x = 2\n",
        Refused("ambiguous"),
    );
    diff("C27", "a\n\nb\n", "@@ @@\n a\n   \n-b\n+B\n", Text("a\n\nB\n"));
}

#[test]
fn a_text_that_takes_most_of_a_file_away_is_noted_or_refused() {
    let file: String = (0..40).map(|number| format!("line {number}\n")).collect();
    let plan = applied("a.rs\n```\none\n```\n", &[("a.rs", file.as_bytes())]).unwrap();
    assert!(
        plan.notices
            .iter()
            .any(|notice| matches!(notice, Notice::Shrunk { old: 40, new: 1, .. })),
        "C32: {:?}",
        plan.notices
    );
    // A text that only words nearby name may be a mere part.
    let nearby = applied("Here:\n```\none\n```\n", &[("a.rs", file.as_bytes())]);
    assert_eq!(nearby.unwrap_err().class(), "shrunk", "C32 nearby");
}
