//! Folders deeper than a path may be long, with few descriptors to remove them: they cost whoever made them their attempt,
//! and nobody else anything.

use std::fs;

use super::sandbox::{ALL_TIERS, Outcome, Sandbox};

const TIERS: [&str; 3] = ["", "overlay", ALL_TIERS];

/// Goes down in the folder that is named, and leaves a closed one on the way.
const DEEP: &str = "import os, sys
os.mkdir(sys.argv[1])
os.chdir(sys.argv[1])
for level in range(2500):
    os.mkdir('d')
    os.chdir('d')
    if level == 2200:
        os.chmod('..', 0o500)";

fn sandbox(without: &'static str) -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("deep.py", DEEP)]).without(without);
    let card = |id: &str, check: &str| {
        serde_json::json!({
            "id": id, "title": id, "files_allowed": ["src/**"], "instructions": "Do it",
            "definition_of_done": ["done"], "verification": [check],
        })
    };
    let leaves = "python3 deep.py out && cat src/* | grep -q y";
    let cards = [
        card("p-1", "cat src/* | grep -q y"),
        card("p-2", leaves),
        card("p-3", leaves),
    ];
    sandbox.import("p.json", &serde_json::json!(cards).to_string());
    sandbox
}

/// One attempt by a program that may open as many files as a desktop's, or fewer.
fn exec(sandbox: &Sandbox, task: &str, builder: &str) -> Outcome {
    let mut command = sandbox.command("sh", &sandbox.repo());
    command
        .args(["-c", "ulimit -n 200; exec \"$@\"", "sh"])
        .arg(Sandbox::program())
        .args(["exec", task, "--", "sh", "-c", builder]);
    Sandbox::outcome_of(command)
}

#[test]
fn a_deep_folder_is_in_nobodys_way() {
    std::thread::scope(|scope| {
        for without in TIERS {
            scope.spawn(move || {
                let sandbox = sandbox(without);
                // In scope, out of it, and where nobody looks.
                for place in ["src/deep", "deep", "out", "$TMPDIR/deep"] {
                    let done = exec(&sandbox, "p-1", &format!("python3 deep.py {place}"));
                    assert_eq!(done.code, 1, "without {without:?}: {place}: {}", done.stderr);
                    assert!(!done.stderr.contains("cannot prepare"), "{}", done.stderr);
                }
                let _ = exec(&sandbox, "p-1", "echo y > src/a.txt").exits(0);
                // The check leaves one, and the next one finds its place clean.
                for task in ["p-2", "p-3"] {
                    let _ = exec(&sandbox, task, &format!("echo y {task} > src/a.txt")).exits(0);
                }
            });
        }
    });
}

/// What cannot be removed is put aside, by name, and the next attempt works in the same place.
#[test]
fn what_cannot_be_removed_is_put_aside() {
    let sandbox = sandbox(ALL_TIERS);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let frozen = "mkdir -p src/f/g && touch src/f/g/h && chattr +i src/f/g/h && chattr +i src/f/g";
    let made = exec(&sandbox, "p-1", &format!("{frozen}; exit 3"));
    let pool = sandbox.beside("cache/git-harness/slots");
    let clone = fs::read_dir(&pool).unwrap().next().unwrap().unwrap().path();
    let left = clone.join("build-1/tree/src/f/g");
    let is_frozen = fs::remove_dir_all(&left).is_err() && left.exists();
    assert_eq!(made.code, 1, "{}", made.stderr);
    if !is_frozen {
        // Not every file system has such a mark.
        return;
    }
    let done = exec(&sandbox, "p-1", "echo y > src/a.txt");
    let aside = clone.join("aside/build-1-1");
    let was_there = aside.join("src/f/g/h").exists();
    for path in ["src/f/g", "src/f/g/h"] {
        for top in [&aside, &clone.join("build-1/tree")] {
            let _ = std::process::Command::new("chattr")
                .arg("-i")
                .arg(top.join(path))
                .output();
        }
    }
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(was_there);
}
