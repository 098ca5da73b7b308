//! What a Builder made is merged with a branch that moved on meanwhile: whoever moved it is named where the two do not go
//! together, and what is there already does not land once more.

use super::sandbox::{Sandbox, one_card};

/// A change of the Builder's is accepted, and waits since something of the user's is in its way.
fn waiting(files: &str, builder: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("src/c.txt", "one\ntwo\nthree\nfour\nfive\nsix\n"),
        ("src/d.txt", "d\n"),
    ]);
    sandbox.import("p.json", &one_card("p-1", files, "true"));
    sandbox.write("src/c.txt", "in the way\n");
    let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", builder]).exits(4);
    assert_eq!(sandbox.state("p-1"), "passed");
    sandbox.git(&["checkout", "-q", "--", "src/c.txt"]);
    sandbox
}

#[test]
fn a_rename_by_a_person_is_a_conflict_and_no_breach_of_the_card() {
    let sandbox = waiting("src/**", "sed -i s/two/TWO/ src/c.txt");
    std::fs::create_dir(sandbox.repo().join("lib")).unwrap();
    sandbox.git(&["mv", "src/c.txt", "lib/c.txt"]);
    sandbox.git(&["commit", "-qm", "Move it"]);
    let tip = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox.harness(&["run"]);
    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    assert!(shown.contains("conflicts with the branch in src/c.txt"), "{shown}");
    assert!(shown.contains("lib/c.txt (its name on the branch now"), "{shown}");
    assert!(!shown.contains("reached outside"), "{shown}");
    assert_eq!(sandbox.git(&["rev-parse", "main"]), tip);
}

#[test]
fn a_rename_within_the_card_is_followed() {
    let sandbox = waiting("src/**", "sed -i s/two/TWO/ src/c.txt");
    sandbox.git(&["mv", "src/c.txt", "src/e.txt"]);
    sandbox.git(&["commit", "-qm", "Move it"]);
    let _ = sandbox.harness(&["run"]).exits(0);
    assert!(sandbox.git(&["show", "main:src/e.txt"]).contains("TWO"));
    assert_eq!(sandbox.state("p-1"), "complete");
}

#[test]
fn what_the_branch_holds_already_does_not_land_as_a_record_alone() {
    let sandbox = waiting("src/**", "sed -i s/two/TWO/ src/c.txt");
    let text = sandbox.git(&["show", "main:src/c.txt"]).replace("two", "TWO");
    sandbox.write("src/c.txt", &format!("{text}\n"));
    sandbox.git(&["commit", "-qam", "The same by hand"]);
    let tip = sandbox.git(&["rev-parse", "main"]);
    let _ = sandbox.harness(&["run"]);
    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
    assert!(
        shown.contains("no change: the branch holds all of it already"),
        "{shown}"
    );
    assert_eq!(sandbox.git(&["rev-parse", "main"]), tip);
    assert_eq!(sandbox.state("p-1"), "blocked");
}
