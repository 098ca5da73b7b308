//! Files that cannot follow a branch: then it does not move, the paths are named, and other cards go on.

use std::fs;
use std::time::{Duration, SystemTime};

use super::sandbox::{Sandbox, one_card};

fn ready(before: impl FnOnce(&Sandbox)) -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n"), ("art/x.bin", "one\n")]);
    before(&sandbox);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox.import("q.json", &one_card("q-1", "b.txt", "true"));
    sandbox.import("r.json", &one_card("r-1", "art/**", "true"));
    sandbox
}

fn exec(sandbox: &Sandbox, task: &str, what: &str) -> super::sandbox::Outcome {
    sandbox.harness(&["exec", task, "--", "sh", "-c", what])
}

#[test]
fn an_edit_that_git_was_told_not_to_see_stops_its_own_card_alone() {
    for (hide, show) in [
        ("--skip-worktree", "--no-skip-worktree"),
        ("--assume-unchanged", "--no-assume-unchanged"),
    ] {
        let sandbox = ready(|_| {});
        sandbox.git(&["update-index", hide, "a.txt"]);
        sandbox.write("a.txt", "mine\n");
        let main = sandbox.git(&["rev-parse", "main"]);
        let _ = exec(&sandbox, "p-1", "echo y >> a.txt")
            .exits(4)
            .says("local changes in")
            .says("a.txt");
        assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
        assert_eq!(sandbox.state("p-1"), "passed");
        let _ = exec(&sandbox, "q-1", "echo y >> b.txt").exits(0);
        assert_eq!(sandbox.read("a.txt"), "mine\n", "{hide}");
        let run = sandbox.harness(&["run"]);
        assert!(!run.stderr.contains("read-tree"), "{}", run.stderr);
        assert_eq!(sandbox.state("p-1"), "passed");
        sandbox.git(&["update-index", show, "a.txt"]);
        sandbox.git(&["checkout", "-q", "a.txt"]);
        let _ = sandbox.harness(&["run", "--only", "p-1"]).exits(0);
        assert_eq!(sandbox.read("a.txt"), "x\ny\n");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn a_file_that_is_hidden_and_as_committed_follows() {
    let sandbox = ready(|_| {});
    sandbox.git(&["update-index", "--assume-unchanged", "a.txt"]);
    let _ = exec(&sandbox, "p-1", "echo y >> a.txt").exits(0);
    assert_eq!(sandbox.read("a.txt"), "x\ny\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// A filter as LFS has one: required, with its program in `$repo/../filter`.
fn filtered(sandbox: &Sandbox) {
    attributes(sandbox);
    filter(sandbox);
}

fn attributes(sandbox: &Sandbox) {
    sandbox.write(".gitattributes", "*.bin filter=demo\n");
}

fn filter(sandbox: &Sandbox) {
    let program = sandbox.script("filter", "exec cat\n");
    sandbox.git(&["config", "filter.demo.clean", &program]);
    sandbox.git(&["config", "filter.demo.smudge", &program]);
    sandbox.git(&["config", "filter.demo.required", "true"]);
}

/// A person lands a change of a file that a filter stores in another form; no Builder may.
fn landed_by_hand(sandbox: &Sandbox) {
    let _ = sandbox.harness(&["start", "r-1"]).exits(0);
    sandbox.write("art/x.bin", "two\n");
    sandbox.write("art/new.txt", "new\n");
    // Older than the index, so that git believes it without asking the filter again.
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().append(true).open(sandbox.repo().join("art/x.bin"));
    file.and_then(|file| file.set_modified(long_ago)).unwrap();
    let _ = sandbox.harness(&["submit"]).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_required_filter_that_fails_is_noticed_before_anything_moves() {
    let sandbox = ready(filtered);
    landed_by_hand(&sandbox);
    sandbox.script("filter", "exit 1\n");
    let main = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox.harness(&["rollback", "r-1"]).exits(4).says("art/x.bin");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
    assert_eq!(sandbox.read("art/x.bin"), "two\n", "the file is still there");
    let _ = exec(&sandbox, "q-1", "echo y >> b.txt").exits(0);
    sandbox.script("filter", "exec cat\n");
    let _ = sandbox.harness(&["rollback", "r-1"]).exits(0);
    assert_eq!(sandbox.read("art/x.bin"), "one\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_filter_whose_program_is_not_there_leaves_the_work_alone() {
    let sandbox = ready(filtered);
    landed_by_hand(&sandbox);
    fs::remove_file(sandbox.beside("filter")).unwrap();
    let main = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox.harness(&["rollback", "r-1"]).exits(4).says("art/x.bin");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), main);
    assert_eq!(sandbox.state("r-1"), "complete");
    assert_eq!(sandbox.read("art/x.bin"), "two\n", "the file is still there");
    let _ = sandbox.harness(&["status"]).exits(0);
    let _ = exec(&sandbox, "q-1", "echo y >> b.txt").exits(0);
}

#[test]
fn a_move_that_was_killed_and_whose_filter_fails_since_stops_nobody() {
    let sandbox = ready(attributes);
    let mut command = sandbox.harness_command();
    command.env("FAILPOINTS", "git.update-refed@2=kill");
    let work = "echo two > art/x.bin; echo new > art/new.txt";
    command.args(["exec", "r-1", "--", "sh", "-c", work]);
    let _ = Sandbox::outcome_of(command);
    let subjects = sandbox.subjects("main");
    assert!(
        subjects.iter().any(|subject| subject.contains("r-1: ")),
        "the kill came before the branch moved: {subjects:?}"
    );
    filter(&sandbox);
    sandbox.script("filter", "exit 1\n");
    let _ = exec(&sandbox, "q-1", "echo y >> b.txt").exits(0).prints("landed");
    assert_eq!(sandbox.state("r-1"), "complete");
    assert_eq!(sandbox.read("art/new.txt"), "new\n", "what can follow does");
    // A commit of everything that git can read takes nothing of the landing back.
    assert_eq!(sandbox.git(&["diff", "--cached", "--name-only"]), "");
    sandbox.script("filter", "exec cat\n");
    sandbox.git(&["checkout", "--", "art/x.bin"]);
    assert_eq!(sandbox.read("art/x.bin"), "two\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_repository_in_the_place_of_a_new_file_is_left_alone() {
    let sandbox = ready(|_| {});
    sandbox.git(&["init", "-q", "art/sub"]);
    sandbox.write("art/sub/mine.txt", "mine\n");
    let _ = exec(&sandbox, "r-1", "echo two > art/sub").exits(4).says("art/sub");
    assert_eq!(sandbox.state("r-1"), "passed");
    assert_eq!(sandbox.read("art/sub/mine.txt"), "mine\n");
    let _ = exec(&sandbox, "q-1", "echo y >> b.txt").exits(0);
}
