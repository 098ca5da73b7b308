//! B: where edits begin and end in an answer.

use super::*;

const A: Files = &[("a.rs", "one\ntwo\n")];

#[test]
fn search_and_replace_blocks() {
    check(&[
        case(
            "B1 five",
            A,
            "a.rs\n<<<<< SEARCH\none\n=====\nONE\n>>>>> REPLACE\n",
            Text("ONE\ntwo\n"),
        ),
        case(
            "B1 nine",
            A,
            "a.rs\n<<<<<<<<< SEARCH\none\n=========\nONE\n>>>>>>>>> REPLACE\n",
            Text("ONE\ntwo\n"),
        ),
        case(
            "B1 stray",
            A,
            "a.rs\n<<<<<<< SEARCH>  \none\n=======  \nONE\n>>>>>>> REPLACE  \n",
            Text("ONE\ntwo\n"),
        ),
        case(
            "B2",
            A,
            "a.rs\n<<<<<<< SEARCH\none\n=======\nONE\n>>>>>>> REPLACE",
            Text("ONE\ntwo\n"),
        ),
        case(
            "B3",
            A,
            "a.rs\n<<<<<<< SEARCH\none\n=======\nONE\n",
            Refused("truncated"),
        ),
        case("B3 early", A, "a.rs\n<<<<<<< SEARCH\none\n", Refused("truncated")),
        case(
            "B4",
            A,
            "a.rs\n<<<<<<< SEARCH\none\n=======\nONE\n=======\ntwo\n>>>>>>> REPLACE\n",
            Refused("malformed"),
        ),
        case(
            "B4 longer",
            &[("a.rs", "one\n=======\ntwo\n")],
            "a.rs\n<<<<<<<<< SEARCH\none\n=======\n=========\nONE\n=======\n>>>>>>>>> REPLACE\n",
            Text("ONE\n=======\ntwo\n"),
        ),
        case(
            "B5",
            A,
            &format!("a.rs\n```\n{}{}```\n", block("one\n", "ONE\n"), block("two\n", "TWO\n")),
            Text("ONE\nTWO\n"),
        ),
        case(
            "B6",
            A,
            &format!("a.rs\n{}\n```bash\ncargo test\n```\n", block("one\n", "ONE\n")),
            Text("ONE\ntwo\n"),
        ),
        case(
            "B7",
            A,
            &format!("```bash\na.rs\n{}```\n", block("one\n", "ONE\n")),
            Text("ONE\ntwo\n"),
        ),
        case(
            "B8",
            &[("a.cs", "x\n")],
            "```csharp\na.cs\nclass A {}\n```\n",
            Text("class A {}\n"),
        ),
        case(
            "B10",
            A,
            &format!("a.rs\n{}", block("a.rs\n```\none\n```\n", "a.rs\n```\nONE\n```\n")),
            Text("ONE\ntwo\n"),
        ),
        case(
            "B10 without",
            &[("a.md", "```\none\n```\n")],
            &format!("a.md\n{}", block("```\none\n```\n", "```\nONE\n```\n")),
            Text("```\nONE\n```\n"),
        ),
        case(
            "B21",
            A,
            &format!("a.rs\n{0}\n{0}", block("one\n", "ONE\n")),
            Text("ONE\ntwo\n"),
        ),
    ]);
}

#[test]
fn fences_of_whole_files() {
    check(&[
        case("B9", A, "a.rs\n```\nnew\n```\n", Text("new\n")),
        case("B9 four", A, "a.rs\n````\nnew\n````\n", Text("new\n")),
        case(
            "B11",
            &[("a.md", "x\n")],
            "a.md\n````markdown\n# A\n```sh\nls\n```\n````\n",
            Text("# A\n```sh\nls\n```\n"),
        ),
        case(
            "B11 too short",
            &[("a.md", "x\n")],
            "a.md\n```markdown\n# A\n```sh\nls\n```\n```\n",
            Refused("nested"),
        ),
        case(
            "B12",
            &[],
            "You could write:\n```\nprint(1)\n```\n",
            Refused("no_edits"),
        ),
        case(
            "B13",
            &[("a.rs", "one\n"), ("b.rs", "x\n")],
            "a.rs\n```\nnew\n```\nUse it so:\n```rust\nnew();\n```\n",
            Changes(&[("a.rs", Some("new\n"))]),
        ),
        case("B14", A, "a.rs\n```\nnew\nand more", Refused("truncated")),
        case(
            "B15",
            A,
            "<think>a.rs\n```\nbad\n```\n</think>\na.rs\n```\nnew\n```\n",
            Text("new\n"),
        ),
        case(
            "B15 closing",
            A,
            "a.rs\n```\nbad\n```\n</think>\na.rs\n```\nnew\n```\n",
            Text("new\n"),
        ),
        case("B15 open", A, "<think>a.rs\n```\nbad\n```\n", Refused("truncated")),
        case(
            "B21 whole",
            A,
            "a.rs\n```\nnew\n```\na.rs\n```\nnew\n```\n",
            Text("new\n"),
        ),
        case(
            "B21 unlike",
            A,
            "a.rs\n```\nnew\n```\na.rs\n```\nother\n```\n",
            Refused("twice"),
        ),
    ]);
}

#[test]
fn diffs() {
    let two: Files = &[("a.rs", "one\ntwo\n"), ("b.rs", "x\n")];
    check(&[
        case(
            "B16",
            two,
            "```diff\n--- a.rs\n+++ a.rs\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n--- b.rs\n+++ b.rs\n@@ -1 +1 @@\n-x\n+y\n```\n",
            Changes(&[("a.rs", Some("ONE\ntwo\n")), ("b.rs", Some("y\n"))]),
        ),
        case(
            "B17",
            A,
            "```diff\n--- a.rs\n+++ a.rs\n@@ ... @@\n-one\n+ONE\n```\n",
            Text("ONE\ntwo\n"),
        ),
        case(
            "B17 numbers",
            A,
            "```diff\n--- a.rs\n+++ a.rs\n@@ -40,9 +50,1 @@\n-two\n+TWO\n```\n",
            Text("one\nTWO\n"),
        ),
        case(
            "B18",
            two,
            "```diff\n--- a.rs\n+++ a.rs\n@@ @@\n-one\n+ONE\n```\nand\n```diff\n@@ @@\n-two\n+TWO\n```\n",
            Changes(&[("a.rs", Some("ONE\nTWO\n"))]),
        ),
        case(
            "B19",
            A,
            "```diff\n--- a.rs\n+++ a.rs\n@@ @@\n one\n@@ @@\n-two\n+TWO\n```\n",
            Text("one\nTWO\n"),
        ),
        case(
            "B19 alone",
            A,
            "```diff\n--- a.rs\n+++ a.rs\n@@ @@\n one\n```\n",
            Refused("no_change"),
        ),
        case(
            "B20",
            A,
            "```diff\n--- a.rs\n+++ a.rs\n@@ @@\n-one\n+ONE\n@@ @@\n-one\n+ONE\n```\n",
            Text("ONE\ntwo\n"),
        ),
    ]);
}
