//! Views that a Builder leaves behind to mislead or hang whoever takes its work: all of it is refused by name.

use super::sandbox::{Sandbox, one_card};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), ("src/b.txt", "x\n"), ("test/run.sh", "true\n")]);
    sandbox.import("p.json", &one_card("p-1", "**", "sh test/run.sh"));
    sandbox
}

fn refused(script: &str, rules: &[&str]) {
    let sandbox = sandbox();
    let builder = sandbox.script("builder.sh", script);
    let outcome = sandbox.harness(&["exec", "p-1", "--", &builder]).exits(1);
    let shown = sandbox.harness(&["show", "p-1", "--json"]).stdout + &outcome.stderr;
    for rule in rules {
        assert!(shown.contains(rule), "`{rule}` is not in\n{shown}");
    }
    assert_eq!(sandbox.subjects("main").len(), 2, "nothing landed");
}

#[test]
fn what_is_no_file_is_refused_and_nothing_waits_for_it() {
    refused(
        "mkfifo src/pipe; ln -s /etc/passwd src/link; rm src/b.txt; mkfifo src/b.txt\n",
        &["src/pipe", "a named pipe", "src/link", "a symbolic link"],
    );
}

#[test]
fn a_file_that_is_also_another_is_refused() {
    refused(
        "echo y > src/a.txt; ln src/a.txt \"$TMPDIR/also\"; ln src/a.txt src/c.txt\n",
        &["src/a.txt", "src/c.txt", "a file with other hard links"],
    );
}

#[test]
fn a_folder_that_git_takes_for_a_repository_is_refused_in_every_shape() {
    for make in [
        "git init -q src/r",
        "git init -q --bare src/r",
        "mkdir src/r; echo 'ref: refs/heads/x' > src/r/HEAD; echo /elsewhere > src/r/commondir",
        "mkdir -p src/r/objects src/r/refs; echo 'ref: refs/heads/x' > src/r/HEAD",
    ] {
        refused(&format!("{make}\n"), &["src/r", "another git repository"]);
    }
}

#[test]
fn a_tree_that_is_too_deep_is_refused_before_anybody_goes_down() {
    refused(
        "i=0; while [ $i -lt 3000 ]; do mkdir dddddd && cd dddddd || exit 0; i=$((i+1)); done; echo x > f\n",
        &["65 folders deep"],
    );
}

/// The name of build output, which a tree has as a folder all the same: what stands there is no output, and a link there
/// would lead what the harness itself writes to another place.
#[test]
fn nothing_is_written_through_what_a_refused_builder_left_in_the_place_of_a_folder() {
    for leaves in ["ln -s \"$1\" build", "touch build"] {
        let sandbox = Sandbox::new(&[("a.txt", "a\n"), ("b.txt", "b\n"), ("build/config", "ours\n")]);
        sandbox.write(".gitignore", "build\n");
        sandbox.configure("");
        let elsewhere = sandbox.beside("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("config"), "precious\n").unwrap();
        sandbox.import("p.json", &one_card("p-1", "a.txt", "grep -q ours build/config"));
        let script = format!("rm -rf build; {leaves}; echo n > b.txt");
        let words = [
            "exec",
            "p-1",
            "--",
            "sh",
            "-c",
            &script,
            "sh",
            elsewhere.to_str().unwrap(),
        ];
        let _ = sandbox.harness(&words).exits(1).says("b.txt");
        let _ = sandbox
            .harness(&[
                "exec",
                "p-1",
                "--",
                "sh",
                "-c",
                "grep -q ours build/config && echo n > a.txt",
            ])
            .exits(0);
        let kept = std::fs::read_to_string(elsewhere.join("config")).unwrap();
        assert_eq!(kept, "precious\n", "{leaves}");
    }
}

#[test]
fn deletions_count_as_much_as_additions() {
    let sandbox = Sandbox::new(&[("a", "x"), ("b", "x"), ("c", "x"), ("d", "x")]);
    sandbox.configure("[policy]\nmax_files = 3\n");
    sandbox.import("p.json", &one_card("p-1", "*", "true"));
    let builder = sandbox.script("builder.sh", "rm a b c d\n");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", &builder])
        .exits(1)
        .says("more than 3 paths differ");
}

#[test]
fn what_a_check_names_needs_its_name_in_the_card() {
    let sandbox = sandbox();
    let builder = sandbox.script("builder.sh", "echo 'exit 0' > test/run.sh\n");
    let _ = sandbox
        .harness(&["exec", "p-1", "--", &builder])
        .exits(1)
        .says("test/run.sh: protected (the check sh test/run.sh names it)");
    let _ = sandbox.harness(&["plan", "lint"]).exits(0).prints("shut-by-glob");
}

/// Limits are for what a Builder makes: what the base holds has been there before.
#[test]
fn what_the_base_holds_may_be_as_deep_as_it_is() {
    let deep = format!("{}end.txt", "d/".repeat(70));
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n"), (&deep, "deep\n")]);
    sandbox.import("p.json", &one_card("p-1", "src/**", "true"));
    let _ = sandbox
        .harness(&["exec", "p-1", "--", "sh", "-c", "echo y > src/a.txt"])
        .exits(0);
    assert_eq!(sandbox.git(&["show", &format!("main:{deep}")]), "deep");
}
