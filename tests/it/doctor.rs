//! The doctor: each thing that is wrong is named, with the way to mend it, and mending it helps.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::sandbox::{Sandbox, one_card};

fn healthy() -> Sandbox {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    let _ = sandbox.harness(&["init"]).exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Set up"]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    sandbox
}

#[test]
fn a_healthy_clone_has_nothing_wrong() {
    let sandbox = healthy();
    let text = sandbox.harness(&["doctor"]).exits(0).stdout;
    for good in [
        "ours are in place in every worktree",
        "every worktree leads to this repository",
        "state and trust are for their owner alone",
        "every hash right",
        "one card",
    ] {
        assert!(text.contains(good), "`{good}` is not in\n{text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.harness(&["doctor", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(json["v"], 1);
}

#[test]
fn what_was_planted_is_found_with_the_way_to_mend_it() {
    let sandbox = healthy();
    let doctor = |wanted: &str, fix: &str| {
        let text = sandbox.harness(&["doctor"]).stdout;
        assert!(text.contains(wanted), "`{wanted}` is not in\n{text}");
        assert!(text.contains(fix), "`{fix}` is not in\n{text}");
    };
    sandbox.git(&["config", "core.hooksPath", "/dev/null"]);
    doctor("prepare-commit-msg of", "harness hooks install");
    sandbox.git(&["config", "--unset", "core.hooksPath"]);

    sandbox.git(&["config", "core.fsmonitor", "/tmp/evil.sh"]);
    sandbox.git(&["config", "alias.status", "!evil"]);
    doctor("core.fsmonitor = /tmp/evil.sh", "git config --unset-all core.fsmonitor");
    doctor("alias.status = !evil", "--unset-all alias.status");
    sandbox.git(&["config", "--unset", "core.fsmonitor"]);
    sandbox.git(&["config", "--unset", "alias.status"]);

    sandbox.write(".git/info/grafts", "x\n");
    doctor("grafts change parents", "remove it");
    fs::remove_file(sandbox.repo().join(".git/info/grafts")).unwrap();
    sandbox.git(&["replace", "HEAD", "HEAD~1"]);
    doctor("refs/replace/", "git replace -d");
    sandbox.git(&["replace", "-d", &sandbox.git(&["rev-parse", "HEAD"])]);

    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    let other = sandbox.beside("other");
    sandbox.git(&["init", "-q", other.to_str().unwrap()]);
    fs::write(linked.join(".git"), format!("gitdir: {}/.git\n", other.display())).unwrap();
    doctor("does not name", "git worktree repair");
    fs::remove_dir_all(&linked).unwrap();
    sandbox.git(&["worktree", "prune"]);

    let state = sandbox.repo().join(".git/harness");
    fs::set_permissions(state.join("journal"), fs::Permissions::from_mode(0o777)).unwrap();
    doctor("others may write to", "chmod go-w");
    fs::set_permissions(state.join("journal"), fs::Permissions::from_mode(0o700)).unwrap();

    let _ = sandbox.harness(&["doctor"]).exits(0);
    sandbox.write(".harness/config.toml", "[checks.x]\nrun = \"no-such-program --all\"\n");
    sandbox.git(&["commit", "-qam", "Configure"]);
    let _ = sandbox.harness(&["doctor"]).exits(1).prints("wants `no-such-program`");
}
