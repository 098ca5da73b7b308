//! What a fresh clone has besides its files: a repository to ask, and submodules. A check and a Builder find them in their
//! copies, with nothing that leads out of there.

use std::fs;

use super::sandbox::{Sandbox, one_card};

/// Tiers of the fence that a machine lacks: none, the overlay, everything.
const TIERS: [&str; 3] = ["", "overlay", "overlay,shadow+landlock"];

/// A repository with a script as its check, a tag, a remote, settings and a stash of its owner's.
fn sandbox(check: &str, without: &'static str) -> Sandbox {
    let sandbox = Sandbox::new(&[("work/a", "a\n"), ("tool/check.sh", check)]).without(without);
    sandbox.git(&["tag", "-a", "v1.0", "-m", "One"]);
    sandbox.git(&["tag", "light"]);
    sandbox.git(&["remote", "add", "origin", "https://example.invalid/x.git"]);
    sandbox.git(&["config", "secret.word", "hidden"]);
    sandbox.configure("");
    sandbox.import("p.json", &one_card("p-1", "work/**", "sh -e tool/check.sh"));
    sandbox
}

#[test]
fn a_check_asks_git_and_finds_a_clean_clone_of_the_candidate() {
    let check = "
test -z \"$(git status --porcelain)\"
git describe | grep -q '^v1.0-'
git describe --tags --match light | grep -q '^light-'
git ls-files | grep -qx work/new
test \"$(git ls-files | wc -l)\" -eq \"$(find . -type f -not -path './.git/*' | wc -l)\"
git log --format=%s | grep -qx Begin
git log -1 --name-only --format= | grep -qx work/new
git diff --exit-code
test \"$(git diff HEAD^ --name-only)\" = work/new
test -z \"$(git remote)\"
test -z \"$(git stash list)\"
! git config --get secret.word
! git for-each-ref refs/harness | grep .
echo generated > work/a
! git diff --exit-code --quiet
git status --porcelain | grep -qx ' M work/a'
";
    for without in TIERS {
        let sandbox = sandbox(check, without);
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "echo new > work/new"])
            .exits(0);
        assert_eq!(sandbox.state("p-1"), "complete", "{without}");
        let _ = sandbox.harness(&["audit", "--rerun"]).exits(0);
    }
}

#[test]
fn attended_work_is_checked_in_the_same_clone() {
    let check =
        "test -z \"$(git status --porcelain)\"; git describe; git log -1 --name-only --format= | grep -qx work/new";
    for way in ["submit", "commit"] {
        let sandbox = sandbox(check, "");
        let _ = sandbox.harness(&["hooks", "install"]).exits(0);
        let _ = sandbox.harness(&["start", "p-1"]).exits(0);
        sandbox.write("work/new", "new\n");
        match way {
            "submit" => drop(sandbox.harness(&["submit"]).exits(0)),
            _ => {
                sandbox.git(&["add", "-A"]);
                sandbox.git(&["commit", "-qm", "Work"]);
            }
        }
        assert_eq!(sandbox.state("p-1"), "complete", "{way}");
    }
}

#[test]
fn the_base_itself_is_described_as_in_a_clone() {
    let sandbox = Sandbox::new(&[("work/a", "a\n"), ("tool/check.sh", "test \"$(git describe)\" = v2")]);
    sandbox.configure("[checks]\nalways = [\"here\"]\n[checks.here]\nrun = \"sh -e tool/check.sh\"\n");
    sandbox.import("p.json", &one_card("p-1", "work/**", "true"));
    sandbox.git(&["tag", "-a", "v2", "-m", "Two"]);
    let _ = sandbox.harness(&["verify"]).exits(0);
}

#[test]
fn a_builder_finds_the_same() {
    let work = "git describe --tags && test -z \"$(git status --porcelain)\" && test -z \"$(git remote)\" &&
        ! git config --get secret.word && echo new > work/new && git add -A && git commit -qm mine";
    for without in TIERS {
        let sandbox = sandbox("true", without);
        let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", work]).exits(0);
        assert_eq!(
            sandbox.subjects("main").last().map(String::as_str),
            Some("Task p-1: Do p-1")
        );
    }
}

#[test]
fn nothing_that_a_check_does_to_its_repository_reaches_ours() {
    let check = "git tag mine; echo x > work/x; git add -A; git commit -qm mine; git update-ref refs/heads/main HEAD";
    for without in TIERS {
        let sandbox = sandbox(check, without);
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", "echo new > work/new"])
            .exits(0);
        assert_eq!(sandbox.git(&["tag", "--list"]), "light\nv1.0", "{without}");
        assert_eq!(sandbox.git(&["ls-tree", "HEAD", "work/x"]), "");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

/// A repository with a submodule in which is another one.
fn with_submodules() -> Sandbox {
    let sandbox = Sandbox::new(&[("work/a", "a\n")]);
    for name in ["inner", "library"] {
        let dir = sandbox.beside(name);
        fs::create_dir(&dir).unwrap();
        sandbox.git_in(&dir, &["init", "-q", "-b", "main"]);
        fs::write(dir.join("file"), format!("{name}\n")).unwrap();
        fs::write(dir.join(".gitignore"), "built/\n").unwrap();
        fs::write(dir.join(".gitattributes"), "*.dos text eol=crlf\n").unwrap();
        fs::write(dir.join("w.dos"), "w\n").unwrap();
        if name == "library" {
            add_submodule(&sandbox, &dir, "../inner", "deep");
        }
        sandbox.git_in(&dir, &["add", "-A"]);
        sandbox.git_in(&dir, &["commit", "-qm", "One"]);
    }
    add_submodule(&sandbox, &sandbox.repo(), "../library", "vendor/lib");
    sandbox.git(&["commit", "-qam", "A library"]);
    sandbox.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "update",
        "--init",
        "--recursive",
    ]);
    sandbox
}

fn add_submodule(sandbox: &Sandbox, dir: &std::path::Path, from: &str, at: &str) {
    let from = sandbox.beside(from.trim_start_matches("../"));
    let from = from.to_str().unwrap();
    sandbox.git_in(
        dir,
        &[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            from,
            at,
        ],
    );
}

const LOOKS: &str =
    "grep -qx library vendor/lib/f*; grep -qx inner vendor/lib/deep/f*; test $(cat vendor/lib/*.dos | wc -c) -eq 3";

#[test]
fn submodules_are_there_with_what_is_in_them() {
    for without in TIERS {
        let sandbox = with_submodules().without(without);
        sandbox.configure("");
        let check = format!("set -e; {LOOKS}; test -z \\\"$(git status --porcelain)\\\"");
        sandbox.import("p.json", &one_card("p-1", "work/**", &check));
        let work = format!("set -e; {LOOKS}; mkdir vendor/lib/built; echo x > vendor/lib/built/x; echo new > work/new");
        let _ = sandbox.harness(&["exec", "p-1", "--", "sh", "-c", &work]).exits(0);
        assert_eq!(
            sandbox.git(&["diff", "--name-only", "HEAD^", "HEAD", "--", "work", "vendor"]),
            "work/new"
        );
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn what_is_changed_in_a_submodule_is_refused_by_name() {
    for (work, without) in [
        ("echo x >> vendor/lib/file", ""),
        ("rm vendor/lib/deep/file", "overlay"),
        ("echo x > vendor/lib/new", "overlay,shadow+landlock"),
    ] {
        let sandbox = with_submodules().without(without);
        sandbox.configure("");
        sandbox.import("p.json", &one_card("p-1", "**", "true"));
        let _ = sandbox
            .harness(&["exec", "p-1", "--", "sh", "-c", &format!("{work}; echo new > work/new")])
            .exits(1)
            .says("vendor/lib: files inside a submodule");
    }
}

#[test]
fn a_linked_worktree_has_the_submodules_of_the_repository() {
    let sandbox = with_submodules();
    sandbox.configure("");
    sandbox.git(&["worktree", "add", "-q", "../linked", "-b", "other"]);
    let check = format!("set -e; {LOOKS}");
    let linked = sandbox.beside("linked");
    fs::write(sandbox.beside("p.json"), one_card("p-1", "work/**", &check)).unwrap();
    let plan = sandbox.beside("p.json");
    let _ = sandbox
        .harness_in(&linked, &["plan", "import", "--commit", plan.to_str().unwrap()])
        .exits(0);
    let _ = sandbox
        .harness_in(&linked, &["exec", "p-1", "--", "sh", "-c", "echo new > work/new"])
        .exits(0);
}

#[test]
fn what_cannot_be_had_is_named_before_the_check_runs() {
    let sandbox = Sandbox::new(&[
        ("work/a", "a\n"),
        (".gitattributes", "*.bin filter=lfs -text\n*.odd filter=odd\n"),
        ("data/odd.odd", "odd\n"),
        (".gitmodules", "[submodule \"gone\"]\n\tpath = gone\n\turl = ../gone\n"),
        (
            "data/x.bin",
            &format!(
                "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 4\n",
                "a".repeat(64)
            ),
        ),
    ]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},gone", head.replace('a', "b")),
    ]);
    sandbox.git(&["commit", "-qm", "A submodule that is not here"]);
    sandbox.git(&["config", "filter.odd.clean", "cat"]);
    fs::create_dir_all(sandbox.repo().join("gone")).unwrap();
    sandbox.configure("");
    sandbox.import("p.json", &one_card("p-1", "work/**", "grep -q version data/*.bin"));
    let outcome = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo b > work/a"])
        .exits(0);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let at = |text: &str| lines.iter().position(|line| line.contains(text));
    let told = at("the copy for the checks lacks").unwrap();
    assert!(told < at("✓ grep").unwrap(), "{}", outcome.stderr);
    for (path, hint) in [
        ("data/x.bin", "git lfs fetch"),
        ("gone", "git submodule update --init"),
        ("data/odd.odd", "the filter `odd`"),
    ] {
        assert!(
            lines[told].contains(path) && lines[told].contains(hint),
            "{}",
            lines[told]
        );
    }
    let _ = sandbox.harness(&["show", "p-1"]).exits(0).prints("lacked data/x.bin");
    // A check that fails says it too.
    sandbox.import("q.json", &one_card("q-1", "work/**", "! grep -q version data/*.bin"));
    let _ = sandbox
        .harness(&["exec", "q-1", "--", "sh", "-c", "echo c > work/a"])
        .exits(1)
        .says("git lfs fetch");
}
