//! Cases of the table of edit formats, named by their rows (A1, B14, …), and properties.

use proptest::prelude::*;

use super::*;

fn known(paths: &[&str]) -> Vec<RepoPath> {
    paths.iter().map(|path| RepoPath::try_from(*path).unwrap()).collect()
}

/// Parses and applies against one file; gives the new texts.
fn run(answer: &str, files: &[(&str, &str)]) -> Result<Vec<(String, Option<String>)>, AnswerError> {
    let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    let operations = parse(answer, &known(&paths))?;
    let mut read = |path: &RepoPath| {
        files
            .iter()
            .find(|(name, _)| path.to_text() == *name)
            .map(|(_, text)| text.as_bytes().to_vec())
    };
    let applied = apply(&operations, &mut read)?;
    Ok(applied
        .into_iter()
        .map(|(path, bytes)| (path.to_string(), bytes.map(|bytes| String::from_utf8(bytes).unwrap())))
        .collect())
}

fn one(answer: &str, path: &str, old: &str) -> Result<String, AnswerError> {
    let files = run(answer, &[(path, old)])?;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].0, path);
    Ok(files[0].1.clone().unwrap_or_else(|| "(deleted)".to_owned()))
}

#[test]
fn whole_files_by_the_ways_in_which_models_name_them() {
    let cases = [
        ("A1", "src/a.rs\n```rust\nnew\n```\n"),
        ("A2", "```rust\nsrc/a.rs\nnew\n```\n"),
        ("A3", "a.rs\n```\nnew\n```\n"),
        ("A4", "### `src/a.rs`:\n```rust\nnew\n```\n"),
        ("A8", "```src/a.rs\nnew\n```\n"),
        ("A13", "path/to/a.rs\n```\nnew\n```\n"),
        ("A15", "Here it is:\n```rust\nnew\n```\n"),
        ("B6", "src/a.rs\n```\nnew\n```\nRun:\n```bash\ncargo test\n```\n"),
        ("B9", "src/a.rs\n````\nnew\n````\n"),
        (
            "B15",
            "<think>src/a.rs\n```\nbad\n```\n</think>src/a.rs\n```\nnew\n```\n",
        ),
        ("B21", "src/a.rs\n```\nnew\n```\nsrc/a.rs\n```\nnew\n```\n"),
    ];
    for (row, answer) in cases {
        assert_eq!(one(answer, "src/a.rs", "old\n").as_deref(), Ok("new\n"), "{row}");
    }
}

#[test]
fn what_is_cut_elided_or_without_a_name_is_refused() {
    let cases = [
        ("B12", "I would use a loop.", "holds no edit"),
        ("B14", "src/a.rs\n```\nnew\n", "cut off"),
        ("A18", "../x\n```\nnew\n```\n", "cannot be changed"),
        ("A18", "/etc/x.conf\n```\nnew\n```\n", "cannot be changed"),
        ("A18", ".git/hooks/x.sh\n```\nnew\n```\n", "cannot be changed"),
        (
            "C31",
            "src/a.rs\n```\n// ... rest of the code\nnew\n```\n",
            "leaves something out",
        ),
        (
            "M10",
            "src/a.rs\n```\none\n```\nsrc/a.rs\n```\ntwo\n```\n",
            "given twice",
        ),
    ];
    for (row, answer, wanted) in cases {
        let error = run(answer, &[("src/a.rs", "old\n"), ("src/b.rs", "x\n")])
            .unwrap_err()
            .to_string();
        assert!(error.contains(wanted), "{row}: {error}");
    }
    let error = run("```rust\nfn x() {}\n```\n", &[("a", ""), ("b", "")]).unwrap_err();
    assert!(matches!(error, AnswerError::NoPath(_)), "A16: {error}");
}

#[test]
fn patches_are_found_by_their_text() {
    let old = "one\ntwo\nthree\nfour\n";
    let diff = |body: &str| format!("```diff\n--- a/f.txt\n+++ b/f.txt\n{body}```\n");
    let cases = [
        (
            "B17",
            diff("@@ -99,3 +99,3 @@\n one\n-two\n+TWO\n three\n"),
            "one\nTWO\nthree\nfour\n",
        ),
        ("B17", diff("@@ ... @@\n two\n+2.5\n"), "one\ntwo\n2.5\nthree\nfour\n"),
        (
            "B20",
            diff("@@ @@\n-two\n+TWO\n@@ @@\n-two\n+TWO\n"),
            "one\nTWO\nthree\nfour\n",
        ),
        ("C12", diff("@@ @@\n-two   \n+TWO\n"), "one\nTWO\nthree\nfour\n"),
        ("E28", diff("@@ @@\n-one\n+1\n@@ @@\n-four\n+4\n"), "1\ntwo\nthree\n4\n"),
        (
            "A20",
            "--- f.txt\n+++ f.txt\n@@ @@\n-two\n".to_owned(),
            "one\nthree\nfour\n",
        ),
    ];
    for (row, answer, new) in cases {
        assert_eq!(one(&answer, "f.txt", old).as_deref(), Ok(new), "{row}");
    }
    assert_eq!(
        one("--- a/f.txt\n+++ /dev/null\n@@ @@\n-x\n", "f.txt", "x\n").as_deref(),
        Ok("(deleted)"),
        "A22"
    );
    assert_eq!(
        run("--- /dev/null\n+++ b/new/g.txt\n@@ @@\n+x\n", &[]).unwrap(),
        [("new/g.txt".to_owned(), Some("x\n".to_owned()))],
        "A22"
    );
}

#[test]
fn what_is_ambiguous_or_not_there_is_said_with_lines() {
    let error = one("--- a/f\n+++ b/f\n@@ @@\n-x\n+y\n", "f", "x\na\nx\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("lines 1, 3"), "C26: {error}");
    let error = one(
        "--- a/f\n+++ b/f\n@@ @@\n-let total = 1;\n+y\n",
        "f",
        "a\nlet totals = 1;\n",
    )
    .unwrap_err();
    assert!(error.to_string().contains("2: let totals = 1;"), "C15: {error}");
    let error = one("--- a/f\n+++ b/f\n@@ @@\n-a\n-b\n-c\n", "f", "a\n").unwrap_err();
    assert!(matches!(error, AnswerError::NotFound { .. }), "C28");
}

#[test]
fn bytes_stay_as_they_were_where_nothing_changes() {
    let patch = "--- a/f\n+++ b/f\n@@ @@\n a\n-b\n+B\n";
    assert_eq!(one(patch, "f", "a\r\nb\r\nc\r\n").unwrap(), "a\r\nB\r\nc\r\n", "D1");
    assert_eq!(one(patch, "f", "a\nb\nc").unwrap(), "a\nB\nc", "D3");
    assert_eq!(
        one("--- a/f\n+++ b/f\n@@ @@\n b\n+c\n", "f", "a\nb").unwrap(),
        "a\nb\nc",
        "D3"
    );
    assert_eq!(
        one("--- a/f\n+++ b/f\n@@ @@\n a \n-b\n+B\n", "f", "a\nb\n").unwrap(),
        "a\nB\n",
        "D9"
    );
    assert_eq!(
        one("f.txt\n```\na\nB\n```\n", "f.txt", "a\r\nb\r\n").unwrap(),
        "a\r\nB\r\n",
        "D1"
    );
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused_without_a_panic(answer in "(?s)(src/a\\.rs\n|```\n|```diff\n|--- a/src/a\\.rs\n\\+\\+\\+ b/src/a\\.rs\n|@@ @@\n|[ +\\-]?[a-c]{0,3}\n|.{0,20}){0,12}") {
        let _ = run(&answer, &[("src/a.rs", "a\nb\nc\n")]);
    }

    #[test]
    fn a_diff_of_two_texts_makes_the_one_of_the_other(
        old in proptest::collection::vec("[a-d]{1,3}", 1..12),
        new in proptest::collection::vec("[a-d]{1,3}", 1..12),
    ) {
        let (old, new) = (old.join("\n") + "\n", new.join("\n") + "\n");
        prop_assume!(old != new);
        // With all of the file as context there is one place only.
        let diff = similar::TextDiff::from_lines(&old, &new)
            .unified_diff()
            .context_radius(100)
            .header("a/src/a.rs", "b/src/a.rs")
            .to_string();
        prop_assert_eq!(one(&diff, "src/a.rs", &old), Ok(new), "{}", diff);
    }
}
