//! What an entry of a card means is decided once: whatever other work makes or removes, it stays a name or a glob.

use super::sandbox::{ALL_TIERS, Sandbox};

fn sandbox(without: &'static str, cards: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("app/[id]/p", "1\n"),
        ("app/i/p", "1\n"),
        ("src/a.txt", "a\n"),
        ("src/b.txt", "b\n"),
    ])
    .without(without);
    sandbox.configure("[roles]\nbuilder = \"manual\"\n");
    let tasks: String = cards
        .iter()
        .map(|(id, files)| {
            format!(
                "[[tasks]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nfiles = {files}\ndefinition_of_done = [\"done\"]\nverify = [\"true\"]\n"
            )
        })
        .collect();
    sandbox.import("p.toml", &tasks);
    let _ = sandbox.harness(&["trust"]).exits(0);
    sandbox
}

const CARDS: [(&str, &str); 6] = [
    ("t-1", "[\"app/**\", \"src/**\"]"),
    ("t-2", "[\"app/[id]/**\"]"),
    ("t-3", "[\"src/[ab].txt\"]"),
    ("t-4", "[\"app/[new]/**\"]"),
    ("t-5", "[\"app/[id]/**\"]"),
    ("t-6", "[\"app/[id]/**\", \"app/i/p\"]"),
];

#[test]
fn a_name_stays_a_name_when_other_work_removes_what_it_names() {
    for without in ["", "overlay", ALL_TIERS] {
        let sandbox = sandbox(without, &CARDS);
        let exec = |task: &str, script: &str| sandbox.harness(&["exec", task, "--", "sh", "-c", script]);
        let _ = exec(
            "t-1",
            "rm -r 'app/[id]'; mkdir 'app/[new]'; echo 1 > 'app/[new]/p'; echo 1 > 'src/[ab].txt'",
        )
        .exits(0);
        // Its folder is gone, and other folders are as little its as before.
        let _ = exec("t-2", "echo evil > app/i/p").exits(1).says("app/i/p");
        let _ = exec("t-2", "mkdir 'app/[id]'; echo 2 > 'app/[id]/p'").exits(0);
        // A file of this very name is there by now, and it is a glob still.
        let _ = exec("t-3", "echo 3 > src/a.txt; echo 3 > 'src/[ab].txt'").exits(0);
        // A card for what other work was to make first.
        let _ = exec("t-4", "echo 4 > 'app/[new]/p'").exits(0);
        let _ = sandbox.harness(&["audit"]).exits(0);
    }
}

#[test]
fn every_way_of_landing_and_the_audit_say_the_same() {
    let sandbox = sandbox("", &CARDS);
    let _ = sandbox.harness(&["hooks", "install"]).exits(0);
    sandbox.git(&["rm", "-rq", "app/[id]"]);
    sandbox.git(&["commit", "-qm", "Remove it"]);
    // A version of the card that says something else does not make its entries new.
    let card = sandbox.read(".harness/tasks/t-2.md");
    sandbox.write(".harness/tasks/t-2.md", &card.replace("Do t-2", "Do it"));
    sandbox.git(&["commit", "-qam", "Say it otherwise"]);
    let _ = sandbox.harness(&["start", "t-2"]).exits(0);
    sandbox.write("app/i/p", "evil\n");
    sandbox.git(&["add", "app/i/p"]);
    let _ = sandbox.try_git(&["commit", "-qm", "Work"]).exits(1);
    let _ = sandbox.harness(&["submit"]).exits(1);
    sandbox.git(&["reset", "-q", "--hard"]);
    sandbox.write("app/[id]/p", "2\n");
    sandbox.git(&["add", "app/[id]/p"]);
    let _ = sandbox.try_git(&["commit", "-qm", "Work"]).exits(0);
    // One that opens both did not turn the first into the second.
    let _ = sandbox
        .harness(&[
            "exec",
            "t-6",
            "--",
            "sh",
            "-c",
            "echo 6 > app/i/p; echo 6 > 'app/[id]/p'",
        ])
        .exits(0);
    // Past all hooks, the audit looks at the same tree.
    let landing = sandbox.git(&["log", "-1", "--format=%B", "main~1"]);
    sandbox.write("app/i/p", "evil\n");
    sandbox.git(&[
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "-qam",
        &landing.replace("t-2", "t-5"),
    ]);
    let found = sandbox.harness(&["audit", "HEAD^..HEAD"]).exits(1);
    assert!(
        format!("{}{}", found.stdout, found.stderr).contains("app/i/p"),
        "{}\n{}",
        found.stdout,
        found.stderr
    );
}
