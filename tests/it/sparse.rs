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
    sandbox.configure("[slot]\nsparse = [\"lib/core\"]\n");
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let linted = sandbox.harness(&["plan", "lint"]);
    let said = linted.stdout + &linted.stderr;
    assert!(said.contains("there is no such folder on main"), "{said}");
}

/// Imports a card and builds it by a script.
fn builds(sandbox: &Sandbox, id: &str, files: &str, verify: &str, script: &str) -> super::sandbox::Outcome {
    sandbox.import(&format!("{id}.json"), &one_card(id, files, verify));
    sandbox.harness(&["exec", id, "--", "sh", "-c", script])
}

#[test]
fn a_card_that_may_touch_anything_is_verified_with_all_of_it() {
    let sandbox = sandbox();
    let check = "test -z \\\"$(find . -name bad.txt)\\\"";
    let _ = builds(&sandbox, "p-1", "**", check, "echo x > apps/web/bad.txt").exits(1);
}

#[test]
fn a_folder_that_is_held_whole_may_become_a_file() {
    let sandbox = sandbox();
    let script = "rm -rf libs/core; echo x > libs/core";
    let _ = builds(&sandbox, "p-1", "libs/**", "true", script).exits(0);
    assert_eq!(sandbox.git(&["show", "HEAD:libs/core"]), "x");
}

#[test]
fn set_up_is_done_for_each_part() {
    let sandbox = sandbox();
    sandbox.write(".gitignore", "ready\n");
    sandbox.configure("[slot]\nsparse = []\nsetup = [\"for dir in apps/*/; do touch $dir/ready; done\"]\n");
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = builds(
        &sandbox,
        "p-1",
        "apps/web/*",
        "test -e apps/web/ready",
        "echo n > apps/web/a.txt",
    )
    .exits(0);
    let _ = builds(
        &sandbox,
        "q-1",
        "apps/api/*",
        "test -e apps/api/ready",
        "echo n > apps/api/b.txt",
    )
    .exits(0);
}

#[test]
fn a_check_is_held_with_the_folder_that_it_runs_in() {
    let sandbox = sandbox();
    sandbox.configure("[slot]\nsparse = []\n[checks]\nalways = [\"api\"]\n[checks.api]\nrun = \"test -e b.txt\"\ndir = \"apps/api\"\n");
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = builds(&sandbox, "p-1", "apps/web/*", "true", "echo n > apps/web/a.txt").exits(0);
    let _ = sandbox.harness(&["audit", "--rerun"]).exits(0);
}

#[test]
fn what_was_tracked_in_another_part_is_no_build_output_of_this_one() {
    for without in ["", super::sandbox::ALL_TIERS] {
        let sandbox = Sandbox::new(&[("apps/web/a.txt", "a\n"), ("libs/b.txt", "b\n")]).without(without);
        sandbox.write(".gitignore", "dist/\n");
        sandbox.write("libs/dist/bundle", "x\n");
        sandbox.git(&["add", "-f", "libs/dist/bundle"]);
        sandbox.configure("[slot]\nsparse = []\n");
        let (with, less) = ("test -e libs/dist/bundle", "test ! -e libs/dist/bundle");
        let _ = builds(&sandbox, "p-1", "**", with, "echo n > libs/b.txt").exits(0);
        let _ = builds(&sandbox, "q-1", "apps/web/*", less, "echo n > apps/web/a.txt").exits(0);
    }
}

#[test]
fn what_a_builder_brings_back_unchanged_is_no_change() {
    let sandbox = sandbox();
    sandbox.configure("[slot]\nsparse = []\n[policy]\nmax_files = 1\n");
    let script = "git ls-files -z | xargs -0 git update-index --no-skip-worktree && git checkout -q -- . && echo n > apps/web/a.txt";
    let _ = builds(&sandbox, "p-1", "apps/web/*", "true", script).exits(0);
    assert_eq!(
        sandbox.git(&["diff", "--name-only", "HEAD~1", "--", "apps", "libs"]),
        "apps/web/a.txt"
    );
}

#[test]
fn a_rollback_is_checked_with_what_it_undoes() {
    let sandbox = sandbox();
    sandbox.configure(
        "[slot]\nsparse = []\n[checks]\nalways = [\"pair\"]\n[checks.pair]\nrun = \"test ! -e apps/web/x.txt || test -e apps/web/y.txt\"\n",
    );
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = builds(&sandbox, "y-1", "apps/web/y.txt", "true", "echo y > apps/web/y.txt").exits(0);
    let _ = builds(&sandbox, "x-1", "apps/web/x.txt", "true", "echo x > apps/web/x.txt").exits(0);
    let _ = sandbox.harness(&["rollback", "y-1"]).exits(1).says("pair");
}

#[test]
fn no_builder_is_blamed_for_a_base_that_is_red_where_its_card_is() {
    let sandbox = sandbox();
    sandbox.write("apps/web/broken", "x\n");
    sandbox.configure(
        "[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"sh\", \"-c\", \"echo n > apps/web/a.txt\"]\n[slot]\nsparse = []\n[checks]\nalways = [\"whole\"]\n[checks.whole]\nrun = \"test ! -e apps/web/broken\"\n",
    );
    sandbox.import("p.json", &one_card("p-1", "apps/web/a.txt", "true"));
    let _ = sandbox.harness(&["trust"]).exits(0);
    let _ = sandbox.harness(&["run"]).exits(1).says("whole").says("before any work");
    assert_eq!(sandbox.state("p-1"), "ready");
}

#[test]
fn a_part_that_changes_while_a_builder_works_is_the_one_that_lands() {
    let sandbox = sandbox();
    let config = sandbox.repo().join(".harness/config.toml");
    let script = format!(
        "cd {0} && printf '[slot]\\nsparse = []\\n' > {1} && git commit -qam Less && cd - > /dev/null && echo n > apps/web/a.txt",
        sandbox.repo().display(),
        config.display()
    );
    // Only a Builder that nothing holds can do that itself; it stands for somebody else who does.
    let sandbox = sandbox.without(super::sandbox::ALL_TIERS);
    let _ = builds(&sandbox, "p-1", "apps/web/*", "true", &script).exits(0);
    let report = sandbox.harness(&["audit", "--strength", "recorded"]).stdout;
    assert!(!report.contains("another tree"), "{report}");
}
