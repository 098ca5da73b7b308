//! Sparse slots: of a large repository Builders and checks get the part that a card is about, and all of it lands.

use super::sandbox::{Sandbox, one_card};

/// A script that says what is there, and that it has to be just that.
const PART: &str = "seen=$(find . -type f -not -path './.git/*' | LC_ALL=C sort | tr '\\n' ' ')
test \"$seen\" = './.gitignore ./README.md ./apps/web/a.txt ./libs/core/c.txt ./part.sh ' || { echo \"$seen\" >&2; exit 1; }
";

/// A repository of several applications, of which slots hold the libraries and what a card is about.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("README.md", "read me\n"),
        ("part.sh", PART),
        ("apps/web/a.txt", "a\n"),
        ("apps/api/b.txt", "b\n"),
        ("libs/core/c.txt", "c\n"),
        ("libs/other/d.txt", "d\n"),
    ]);
    sandbox.configure("[slot]\nsparse = [\"libs/core/\"]\n");
    sandbox
}

#[test]
fn builder_and_checks_get_their_part_and_the_rest_stays_in_the_commit() {
    let sandbox = sandbox();
    sandbox.import("p.json", &one_card("p-1", "apps/web/*.txt", "sh part.sh"));
    let work = "sh part.sh && test -z \"$(git status --porcelain)\" && echo new > apps/web/a.txt";
    let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", work]).exits(0);
    let files = sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    for file in ["apps/api/b.txt", "libs/other/d.txt", ".harness/ledger/p-1.toml"] {
        assert!(files.contains(file), "{file} is not in\n{files}");
    }
    assert_eq!(sandbox.git(&["show", "HEAD:apps/web/a.txt"]), "new");
    let _ = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
    let _ = sandbox.harness(&["audit", "--rerun"]).exits(0);
    let _ = sandbox.harness(&["verify", "p-1"]).exits(0);
}

#[test]
fn what_was_left_out_is_out_of_scope_by_its_own_name() {
    let sandbox = sandbox();
    sandbox.import("p.json", &one_card("p-1", "apps/web/**", "true"));
    let work = "echo ok > apps/web/a.txt; mkdir -p apps/api; echo mine > apps/api/b.txt";
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", work])
        .exits(1)
        .says("apps/api/b.txt");
    let changes = sandbox.harness(&["show", "p-1", "--json"]).exits(0).stdout;
    let old = sandbox.git(&["rev-parse", "HEAD:apps/api/b.txt"]);
    assert!(changes.contains(&old), "it is no new file: {changes}");
}

#[test]
fn a_file_does_not_take_the_place_of_a_folder_that_was_left_out() {
    let sandbox = sandbox();
    sandbox.import("p.json", &one_card("p-1", "*", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "rm -rf apps; echo mine > apps"])
        .exits(1)
        .says("a folder that this copy leaves out");
    let _ = sandbox.git(&["cat-file", "-e", "HEAD:apps/api/b.txt"]);
}

#[test]
fn attended_work_is_verified_in_the_same_part() {
    let sandbox = sandbox();
    sandbox.import(
        "p.json",
        &one_card("p-1", "apps/web/**", "test ! -e apps/api && test -e libs/core/c.txt"),
    );
    let _ = sandbox.harness(&["next"]).exits(0);
    sandbox.write("apps/web/a.txt", "by hand\n");
    let _ = sandbox.harness(&["submit"]).exits(0);
    assert_eq!(sandbox.state("p-1"), "complete");
    let _ = sandbox.harness(&["audit", "--strength", "recorded"]).exits(0);
}

#[test]
fn a_pattern_is_no_folder() {
    let sandbox = Sandbox::new(&[("a.txt", "a\n")]);
    sandbox.configure("[slot]\nsparse = [\"libs/*\", \"../up\"]\n");
    let _ = sandbox
        .harness(&["status"])
        .exits(2)
        .says("`libs/*` is a pattern")
        .says("../up");
}
