//! A: which file is meant.

use super::*;

const ONE: Files = &[("src/a.rs", "old\n")];
const TWO: Files = &[("src/a.rs", "old\n"), ("src/b.rs", "old\n")];
const BLOCK: &str = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n";

#[test]
fn names_where_models_put_them() {
    let of_a: &[(&str, Option<&str>)] = &[("src/a.rs", Some("new\n"))];
    let a = || Changes(of_a);
    let fenced = |path: &str, open: &str| format!("{open}\n{path}\n{BLOCK}```\n");
    check(&[
        case("A1", TWO, &format!("src/a.rs\n{BLOCK}"), a()),
        case("A1 fence", TWO, &format!("src/a.rs\n```\n{BLOCK}```\n"), a()),
        case("A1 whole", TWO, "src/a.rs\n```rust\nnew\n```\n", a()),
        case("A2", TWO, &fenced("src/a.rs", "```"), a()),
        case("A3", TWO, &format!("a.rs\n{BLOCK}"), a()),
        case(
            "A3 two of that name",
            &[("src/a.rs", "old\n"), ("lib/a.rs", "old\n")],
            &format!("a.rs\n{BLOCK}"),
            Refused("no_such_file"),
        ),
        case("A4 heading", TWO, "### src/a.rs\n```\nnew\n```\n", a()),
        case("A4 colon", TWO, &format!("src/a.rs:\n{BLOCK}"), a()),
        case("A4 quoted", TWO, &format!("`src/a.rs`\n{BLOCK}"), a()),
        case("A4 bold", TWO, &format!("**`src/a.rs`**:\n{BLOCK}"), a()),
        case("A7", TWO, &format!("```\nsrc/a.rs\n```\n\n```\n{BLOCK}```\n"), a()),
        case("A8", TWO, "```src/a.rs\nnew\n```\n", a()),
        case("A8 and a line", TWO, "src/a.rs\n```src/b.rs\nnew\n```\n", a()),
        case("A10 one file", ONE, BLOCK, a()),
        case("A10", TWO, BLOCK, Refused("no_path")),
        case("A11", ONE, &format!("...\n{BLOCK}"), a()),
        case("A13", TWO, "path/to/a.rs\n```\nnew\n```\n", a()),
        case(
            "A14",
            TWO,
            "I change `src/a.rs` so.\n\nIt is better then:\n\n```\nnew\n```\n",
            a(),
        ),
        case("A15", ONE, "Here:\n```rust\nnew\n```\n", a()),
        case("A15 shell", ONE, "Run:\n```bash\nnew\n```\n", Refused("no_edits")),
        case("A16", TWO, "Here:\n```rust\nnew\n```\n", Refused("no_path")),
        case("A17", ONE, &format!("{}\n```\nnew\n```\n", "x/".repeat(130)), a()),
    ]);
}

#[test]
fn names_that_are_not_quite_right() {
    let python: Files = &[("lib/file1.py", "old\n"), ("lib/other.py", "old\n")];
    check(&[
        case(
            "A5 mangled",
            python,
            "file1_py\n```\nnew\n```\n",
            Changes(&[("lib/file1.py", Some("new\n"))]),
        ),
        case(
            "A5 backslash",
            python,
            &format!("lib\\file1.py\n{BLOCK}"),
            Changes(&[("lib/file1.py", Some("new\n"))]),
        ),
        case(
            "A5 alike",
            python,
            &format!("lib/filee1.py\n{BLOCK}"),
            Changes(&[("lib/file1.py", Some("new\n"))]),
        ),
        case(
            "A5 two alike",
            &[("lib/file1.py", "old\n"), ("lib/file2.py", "old\n")],
            &format!("lib/file.py\n{BLOCK}"),
            Refused("no_such_file"),
        ),
        case(
            "A6",
            python,
            "lib/fresh.py\n```\nnew\n```\n",
            Changes(&[("lib/fresh.py", Some("new\n"))]),
        ),
        case(
            "A6 scope",
            python,
            "forbidden/x.py\n```\nnew\n```\n",
            Refused("out_of_scope"),
        ),
        case(
            "A9",
            python,
            &format!(
                "lib/file1.py\n{}\n{}",
                block("old\n", "new\n"),
                block("more\n", "most\n")
            ),
            Refused("several"),
        ),
        case(
            "A12",
            python,
            &format!("lib/file2.py\n{}", block("", "new\n")),
            Changes(&[("lib/file2.py", Some("new\n"))]),
        ),
        case(
            "A19",
            &[("forbidden/x.py", "old\n")],
            &format!("forbidden/x.py\n{BLOCK}"),
            Refused("out_of_scope"),
        ),
        case(
            "A21",
            &[("docs/my file.md", "old\n")],
            "```diff\n--- a/docs/my file.md\n+++ b/docs/my file.md\n@@ -1 +1 @@\n-old\n+new\n```\n",
            Text("new\n"),
        ),
    ]);
    check(&[case(
        "A9",
        &[("lib/file1.py", "old\nmore\n"), ("lib/other.py", "more\n")],
        &format!(
            "lib/file1.py\n{}\n{}",
            block("old\n", "new\n"),
            block("more\n", "most\n")
        ),
        Changes(&[("lib/file1.py", Some("new\nmost\n"))]),
    )]);
}

#[test]
fn paths_that_lead_out_are_refused_before_anything_is_read() {
    for path in [
        "/etc/passwd",
        "../x.rs",
        "~/x.rs",
        "C:\\x.rs",
        ".git/config",
        "src/../../x.rs",
    ] {
        let whole = format!("{path}\n```\nnew\n```\n");
        check(&[case("A18", ONE, &whole, Refused("bad_path"))]);
        let patch = format!("*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n");
        check(&[case("A18 patch", ONE, &patch, Refused("bad_path"))]);
    }
    check(&[
        case(
            "A18 inside",
            ONE,
            &format!("/home/me/shop/src/a.rs\n{BLOCK}"),
            Text("new\n"),
        ),
        case(
            "A18 link",
            &[("src/l.rs", "(a symbolic link)")],
            "src/l.rs\n```\nnew\n```\n",
            Refused("not_a_file"),
        ),
        case(
            "A18 through a link",
            &[("src/l", "(a symbolic link)")],
            "src/l/x.rs\n```\nnew\n```\n",
            Refused("not_a_file"),
        ),
    ]);
}

#[test]
fn heads_of_diffs() {
    let plain = "--- src/a.rs\n+++ src/a.rs\n@@ -1 +1 @@\n-old\n+new\n";
    let git = "diff --git a/src/a.rs b/src/a.rs\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-old\n+new\n";
    let half = "--- src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-old\n+new\n";
    let create = "--- /dev/null\n+++ b/src/n.rs\n@@ -0,0 +1 @@\n+new\n";
    let delete = "--- a/src/a.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n";
    let away = "--- a/forbidden/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n";
    check(&[
        case("A20 plain", TWO, plain, Text("new\n")),
        case("A20", TWO, git, Text("new\n")),
        case("A20 half", TWO, half, Text("new\n")),
        case(
            "A20 a folder named a",
            &[("a/x.rs", "old\n"), ("x.rs", "other\n")],
            "--- a/x.rs\n+++ a/x.rs\n@@ -1 +1 @@\n-old\n+new\n",
            Changes(&[("a/x.rs", Some("new\n"))]),
        ),
        case("A22 create", TWO, create, Changes(&[("src/n.rs", Some("new\n"))])),
        case("A22 delete", TWO, delete, Changes(&[("src/a.rs", None)])),
        case("A22 scope", &[("forbidden/x", "old\n")], away, Refused("out_of_scope")),
    ]);
}
