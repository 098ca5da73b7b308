//! Shallow clones: what is complete is told by history, so nothing is handed out where it is cut off.

use super::sandbox::{Sandbox, one_card};

fn shallow(sandbox: &Sandbox, depth: &str) -> std::path::PathBuf {
    let clone = sandbox.beside(&format!("shallow-{depth}"));
    let url = format!("file://{}", sandbox.repo().display());
    sandbox.git(&["clone", "-q", "--depth", depth, &url, clone.to_str().unwrap()]);
    clone
}

#[test]
fn what_was_cut_off_is_not_handed_out_again() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n"), ("b.txt", "x\n")]);
    sandbox.import("p.json", &one_card("p-1", "a.txt", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"])
        .exits(0);
    sandbox.write("c.txt", "of somebody\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "Of somebody"]);
    let clone = shallow(&sandbox, "1");
    let tip = sandbox.git_in(&clone, &["rev-parse", "HEAD"]);
    for command in [
        &["status"][..],
        &["next", "--peek"],
        &["next"],
        &["start", "p-1"],
        &["exec", "p-1", "--", "sh", "-c", "echo z > a.txt"],
        &["run"],
        &["verify", "--landed"],
        &["adopt", "p-1", "HEAD"],
        &["rollback", "p-1"],
    ] {
        let _ = sandbox
            .harness_in(&clone, command)
            .exits(1)
            .says("this clone is shallow: the history of main is cut off")
            .says("git fetch --unshallow");
    }
    let _ = sandbox
        .harness_in(&clone, &["doctor"])
        .exits(1)
        .prints("git fetch --unshallow");
    assert_eq!(sandbox.git_in(&clone, &["rev-parse", "HEAD"]), tip);
    // What was read in between is not remembered as the whole.
    sandbox.git_in(&clone, &["fetch", "-q", "--unshallow"]);
    let _ = sandbox.harness_in(&clone, &["status"]).exits(0).prints("complete");
}

/// A task lands where its card is, so that nothing is missing behind commits without cards.
#[test]
fn a_project_that_began_after_the_cut_works() {
    let sandbox = Sandbox::new(&[("a.txt", "x\n")]);
    sandbox.write("a.txt", "more\n");
    sandbox.git(&["commit", "-qam", "More"]);
    let clone = shallow(&sandbox, "1");
    let plan = sandbox.beside("p.json");
    std::fs::write(&plan, one_card("p-1", "a.txt", "true")).unwrap();
    for words in [
        &["plan", "import", "--commit", plan.to_str().unwrap()][..],
        &["exec", "p-1", "--", "sh", "-c", "echo y > a.txt"],
    ] {
        let _ = sandbox.harness_in(&clone, words).exits(0);
    }
    let _ = sandbox.harness_in(&clone, &["status"]).exits(0).prints("complete");
}
