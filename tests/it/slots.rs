//! A Builder's copy is filled, and its work taken, by what differs alone: whatever was done there, by this Builder or the one
//! before it, what lands is what `git add` would take. Debug builds look everywhere besides, and stop where that tells more.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::sandbox::Sandbox;

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }
}

const FOLDERS: [&str; 7] = ["w", "w/a", "w/a/b", "w/a-b", "w/c", "w/c d/e", "w/new/deep"];
const FILES: [&str; 7] = ["f", "g", "h.txt", "it is", "x.o", "-n", "f0"];

/// Something that a Builder may do.
fn step(dice: &mut Dice) -> String {
    let (folder, other) = (dice.of(&FOLDERS), dice.of(&FOLDERS));
    let file = format!("{folder}/{}", dice.of(&FILES));
    let number = dice.roll(1000);
    match dice.roll(13) {
        0 | 1 => format!("mkdir -p '{folder}' && echo {number} > '{file}'"),
        2 => format!("test -f '{file}' && echo more >> '{file}'"),
        3 => format!("rm -rf '{file}'"),
        4 => format!("rm -rf '{folder}'; mkdir -p w"),
        5 => format!(
            "test -d '{folder}' && test ! -e '{other}/moved' && mkdir -p '{other}' && mv '{folder}' '{other}/moved'"
        ),
        6 => format!("test -f '{file}' && chmod +x '{file}'"),
        7 => format!("test -f '{file}' && chmod -x '{file}'"),
        // As long and as old as before.
        8 => format!(
            "test -s '{file}' && cp -p '{file}' w/old.o && tr 0-9a-z 1-9a-z0 < w/old.o > '{file}' && touch -r w/old.o '{file}'"
        ),
        // A folder that hides the one before it.
        9 => format!("rm -rf '{folder}' && mkdir -p '{folder}' && echo {number} > '{folder}/again'"),
        10 => format!("rm -rf '{folder}' && mkdir -p w && echo {number} > '{folder}'"),
        // What is ignored stays for the next one.
        11 => {
            format!("mkdir -p '{folder}/out' && echo {number} > '{folder}/out/built' && ln -sfn /etc '{folder}/link.o'")
        }
        _ => format!("rm -rf '{file}' && mkdir -p '{file}' && echo {number} > '{file}/in'"),
    }
}

/// The tree of `w` as git itself takes it after the same work in a clone.
fn by_git(repo: &Path, dir: &Path, script: &str) -> String {
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program).args(args).current_dir(dir).output().unwrap();
        assert!(done.status.success(), "{args:?} {done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    fs::create_dir_all(dir).unwrap();
    run("git", &["clone", "-q", "--no-local", repo.to_str().unwrap(), "."]);
    run("sh", &["-c", script]);
    run("git", &["add", "-A"]);
    run("git", &["write-tree", "--prefix=w/"])
}

#[test]
fn whatever_a_builder_does_lands_as_git_would_take_it() {
    const WORKS: usize = 12;
    for seed in 0..2 {
        let files = [
            "w/f",
            "w/a/f",
            "w/a/g",
            "w/a/b/h.txt",
            "w/a-b/f",
            "w/c/it is",
            "w/c/x",
            "w/c d/e/f0",
            "w/run.sh",
        ];
        let mut files: Vec<(&str, &str)> = files.into_iter().map(|file| (file, "start 12\n")).collect();
        files.push((".gitignore", "out/\n*.o\n"));
        let sandbox = Sandbox::new(&files);
        let _ = sandbox.harness(&["init"]).exits(0);
        let card = |number: usize| {
            format!(
                "{{\"id\": \"w-{number}\", \"title\": \"Work\", \"files_allowed\": [\"w/**\"], \"instructions\": \"Do it\", \
                 \"definition_of_done\": [\"done\"], \"verification\": [\"true\"]}}"
            )
        };
        let cards: Vec<String> = (0..WORKS).map(card).collect();
        sandbox.import("p.json", &format!("[{}]", cards.join(",")));
        let mut dice = Dice(seed);
        for number in 0..WORKS {
            let steps: Vec<String> = (0..dice.roll(9) + 1).map(|_| step(&mut dice)).collect();
            let script = format!("{}\nmkdir -p w && echo {number} > w/last", steps.join("\n"));
            let task = format!("w-{number}");
            if dice.roll(3) == 0 {
                // Work that comes to nothing is nothing to go on from.
                let failing = format!("{script}\nexit 3");
                let _ = sandbox.harness(&["exec", &task, "--", "sh", "-c", &failing]).exits(1);
                continue;
            }
            let clone = sandbox.beside(&format!("clone-{number}"));
            let expected = by_git(&sandbox.repo(), &clone, &script);
            let _ = sandbox.harness(&["exec", &task, "--", "sh", "-c", &script]).exits(0);
            assert_eq!(
                sandbox.git(&["rev-parse", "main:w"]),
                expected,
                "seed {seed}, work {number}:\n{script}"
            );
        }
    }
}
