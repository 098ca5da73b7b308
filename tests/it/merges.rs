//! Merges: what a landing on a branch that moved comes to is decided by the commits and the attributes in them, and by
//! nothing that lies about in this clone.

use std::fs;

use super::sandbox::{Outcome, Sandbox, one_card};

/// What lies about, in words and as an act.
type Plant<'a> = (&'a str, &'a dyn Fn(&Sandbox));

/// A Builder changes the line that somebody else changes meanwhile; `plant` is what lies about when they are joined.
fn both_change(attributes: &str, plant: &dyn Fn(&Sandbox)) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new(&[
        (".gitattributes", attributes),
        ("work/a.txt", "one\n"),
        ("sub/x", "x\n"),
    ])
    .without("overlay,shadow+landlock");
    sandbox.configure("");
    sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
    plant(&sandbox);
    let repo = sandbox.repo();
    let meanwhile = format!(
        "cd {} && echo theirs > work/a.txt && git commit -qm Meanwhile work/a.txt",
        repo.display()
    );
    let work = format!("({meanwhile}); echo mine > work/a.txt");
    let outcome = sandbox.harness_in(&repo.join("sub"), &["exec", "p-1", "--", "sh", "-c", &work]);
    (sandbox, outcome)
}

#[test]
fn nothing_uncommitted_and_nothing_of_the_clone_joins_a_conflict() {
    let plants: [Plant; 5] = [
        ("nothing", &|_| {}),
        ("attributes in the worktree", &|sandbox| {
            fs::write(sandbox.repo().join(".gitattributes"), "* merge=union\n").unwrap();
        }),
        ("attributes where the command is given", &|sandbox| {
            sandbox.write("sub/.gitattributes", "* merge=union\n");
            sandbox.write("sub/work/.gitattributes", "* merge=union\n");
        }),
        ("attributes of the git folder", &|sandbox| {
            fs::create_dir_all(sandbox.repo().join(".git/info")).unwrap();
            fs::write(sandbox.repo().join(".git/info/attributes"), "* merge=union\n").unwrap();
        }),
        ("a driver for every file", &|sandbox| {
            sandbox.git(&["config", "merge.default", "union"]);
        }),
    ];
    for (what, plant) in plants {
        let (sandbox, outcome) = both_change("", plant);
        let _ = outcome.exits(1).says("work/a.txt");
        assert_eq!(sandbox.git(&["show", "HEAD:work/a.txt"]), "theirs", "{what}");
    }
}

#[test]
fn a_merge_driver_of_the_clone_does_not_run() {
    let (sandbox, outcome) = both_change("*.txt merge=mine\n", &|sandbox| {
        let program = sandbox.script(
            "driver",
            &format!("touch {}; cp \"$2\" \"$1\"", sandbox.beside("ran").display()),
        );
        sandbox.git(&["config", "merge.mine.driver", &format!("{program} %A %B")]);
    });
    let _ = outcome.exits(1);
    assert!(!sandbox.beside("ran").exists(), "the driver ran");
    assert_eq!(sandbox.git(&["show", "HEAD:work/a.txt"]), "theirs");
}

#[test]
fn committed_attributes_join_as_they_do_everywhere() {
    let (sandbox, outcome) = both_change("*.txt merge=union\n", &|_| {});
    let _ = outcome.exits(0);
    assert_eq!(sandbox.git(&["show", "HEAD:work/a.txt"]), "theirs\nmine");
    let _ = sandbox.harness(&["audit", "--strength", "recorded"]);
}

#[test]
fn settings_of_the_clone_do_not_choose_how_a_rollback_is_joined() {
    let mut trees = Vec::new();
    for settings in [
        &[][..],
        &[
            ("merge.renames", "false"),
            ("merge.directoryRenames", "true"),
            ("diff.renames", "false"),
        ],
    ] {
        let sandbox = Sandbox::new(&[("work/a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n")]);
        sandbox.configure("");
        sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "sed -i s/2/two/ work/a.txt"])
            .exits(0);
        sandbox.git(&["mv", "work/a.txt", "work/b.txt"]);
        sandbox.git(&["commit", "-qm", "Rename"]);
        for (key, value) in settings {
            sandbox.git(&["config", key, value]);
        }
        let _ = sandbox.harness(&["rollback", "p-1"]).exits(0);
        trees.push(sandbox.git(&["rev-parse", "HEAD:work"]));
    }
    assert_eq!(trees[0], trees[1]);
}
