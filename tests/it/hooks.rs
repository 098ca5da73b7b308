//! Hooks beside those of others.

use super::sandbox::{Sandbox, write_executable};

fn executable(sandbox: &Sandbox, path: &str, text: &str) {
    sandbox.write(path, "");
    write_executable(&sandbox.repo().join(path), text.as_bytes());
}

#[test]
fn a_hook_that_is_there_runs_first_and_comes_back_byte_for_byte() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let former = "#!/bin/sh\necho former ran >&2\n";
    executable(&sandbox, ".git/hooks/prepare-commit-msg", former);
    let _ = sandbox
        .harness(&["hooks", "install"])
        .exits(0)
        .prints("prepare-commit-msg.pre-harness first");
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    sandbox.write("a.txt", "y\n");
    let commit = sandbox.try_git(&["commit", "-qam", "Change"]);
    assert_eq!(commit.code, 0);
    assert!(commit.stderr.contains("former ran"), "{}", commit.stderr);
    let _ = sandbox.harness(&["hooks", "uninstall"]).exits(0);
    assert_eq!(sandbox.read(".git/hooks/prepare-commit-msg"), former);
    assert!(
        !sandbox
            .repo()
            .join(".git/hooks/prepare-commit-msg.pre-harness")
            .exists()
    );
    assert!(!sandbox.repo().join(".git/hooks/commit-msg").exists());
    let _ = sandbox.harness(&["hooks", "status"]).exits(1).prints("displaced");
}

#[test]
fn a_hooks_folder_in_the_tree_is_chained_and_not_written_to() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    executable(&sandbox, ".husky/_/pre-commit", "#!/bin/sh\necho husky ran >&2\n");
    executable(&sandbox, ".husky/_/post-commit", "#!/bin/sh\necho husky after >&2\n");
    sandbox.git(&["config", "core.hooksPath", ".husky/_"]);
    let before = sandbox.git(&["status", "--porcelain", "--ignored"]);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    assert_eq!(sandbox.git(&["status", "--porcelain", "--ignored"]), before);
    sandbox.write("a.txt", "y\n");
    let commit = sandbox.try_git(&["commit", "-qam", "Change"]);
    assert!(
        commit.stderr.contains("husky ran") && commit.stderr.contains("husky after"),
        "{}",
        commit.stderr
    );
    let _ = sandbox.harness(&["hooks", "uninstall"]).exits(0);
    assert_eq!(sandbox.git(&["config", "core.hooksPath"]), ".husky/_");
}

#[test]
fn a_displaced_or_altered_hook_is_told() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["hooks", "status"]).exits(1).prints("missing");
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    executable(&sandbox, ".git/hooks/prepare-commit-msg", "#!/bin/sh\nexit 0\n");
    let _ = sandbox.harness(&["hooks", "status"]).exits(1).prints("displaced");
    let text = sandbox
        .read(".git/hooks/commit-msg")
        .replace("exec \"$program\"", "true \"$program\"");
    executable(&sandbox, ".git/hooks/commit-msg", &text);
    let _ = sandbox.harness(&["hooks", "status"]).exits(1).prints("altered");
}

#[test]
fn a_missing_program_refuses_only_where_a_task_is_open() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let gone = sandbox
        .read(".git/hooks/prepare-commit-msg")
        .replace(Sandbox::program().to_str().unwrap(), "/nowhere/git-harness")
        // Whoever runs this may have it installed.
        .replace("command -v git-harness", "command -v git-harness-is-gone");
    assert!(gone.contains("git-harness-is-gone"));
    executable(&sandbox, ".git/hooks/prepare-commit-msg", &gone);
    sandbox.write("a.txt", "y\n");
    sandbox.git(&["commit", "-qam", "No task is open"]);
    sandbox.write(".git/harness/open", "p-1\n");
    sandbox.write("a.txt", "z\n");
    let refused = sandbox.try_git(&["commit", "-qam", "A task is open"]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("the program is gone") && refused.stderr.contains("hint:"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_hook_of_an_earlier_version_makes_room_and_keeps_what_it_called() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    let ours = sandbox
        .read(".git/hooks/commit-msg")
        .replace("commit-msg", "pre-commit");
    executable(&sandbox, ".git/hooks/pre-commit", &ours);
    executable(&sandbox, ".git/hooks/pre-commit.pre-harness", "#!/bin/sh\nexit 0\n");
    sandbox.write("a.txt", "y\n");
    sandbox.git(&["commit", "-qam", "It still lets commits through"]);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    assert_ne!(sandbox.read(".git/hooks/pre-commit"), ours);
    let _ = sandbox.harness(&["hooks", "uninstall"]).exits(0);
    assert_eq!(sandbox.read(".git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
    assert!(!sandbox.repo().join(".git/hooks/pre-commit.pre-harness").exists());
}

#[test]
fn scope_is_judged_before_the_hooks_of_others_run() {
    let sandbox = super::messages::opened();
    let slow = "#!/bin/sh\necho slow >> out\n";
    // One that stood there, and a tool that moves ours aside and calls it first.
    let _ = sandbox.harness(&["hooks", "uninstall"]).exits(0);
    executable(&sandbox, ".git/hooks/pre-commit", slow);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    for moved in [false, true] {
        if moved {
            let ours = sandbox.read(".git/hooks/pre-commit");
            executable(&sandbox, ".git/hooks/pre-commit.legacy", &ours);
            std::fs::remove_file(sandbox.repo().join(".git/hooks/pre-commit.pre-harness")).unwrap();
            executable(
                &sandbox,
                ".git/hooks/pre-commit",
                &slow.replace("echo", "\"$0.legacy\" || exit 1\necho"),
            );
        }
        sandbox.write("b.txt", "outside\n");
        let refused = sandbox.try_git(&["commit", "-qam", "Outside"]);
        assert!(
            refused.stderr.contains("b.txt: outside the card's allowed files"),
            "{}",
            refused.stderr
        );
        assert!(!sandbox.repo().join("out").exists(), "it ran before scope was judged");
        sandbox.git(&["restore", "--staged", "--worktree", "b.txt"]);
        sandbox.write("a.txt", "good\n");
        sandbox.git(&["commit", "-qam", "Inside"]);
        assert_eq!(sandbox.read("out"), "slow\n");
        std::fs::remove_file(sandbox.repo().join("out")).unwrap();
        sandbox.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}
